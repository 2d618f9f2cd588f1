package model

// InboxQuery asks for a page of what needs a person. Zero conditions hold of everything.
type InboxQuery struct {
	Item   RecordID // this one alone, whatever its state
	Kind   string   // of [InboxKinds]
	Grade  string
	State  string   // open, resolved; empty: both
	Job    RecordID // what is about this job, or hangs on it
	Person UserID   // whose work it is
	After  string   // Next of the page before
	Limit  int      // items at most, up to [MaxListing]
}

// Kinds of what needs a person, as a reader is told them. Those that an item of review does not have itself are told apart
// when it is read.
const (
	InboxProposal  = "proposal"  // a conflict in which the field says something of what is the office's
	InboxRecovered = "recovered" // held work on what was deleted meanwhile
	InboxHours     = "hours"     // entries of one worker's hours that somebody must look at; no record, and gone when they are
)

// InboxKinds is every kind there is.
var InboxKinds = []string{
	"conflict", InboxProposal, "held", InboxRecovered, "claim", "alarm", "duplicate_visit", "late_work", "needs_review",
	"incomplete_requirements", "duplicate_customer", InboxHours,
}

// Inbox is a page of what needs a person, the newest first, as far as a caller may see it.
type Inbox struct {
	Items  []InboxItem
	Counts map[string]int // by kind, of all that is asked for but for its kind
	Next   string         // where the next page begins; empty: that was all
}

// InboxItem is something that needs a person.
type InboxItem struct {
	ID        RecordID
	Kind      string
	State     string
	Grade     string
	Count     int64 // how many of the same it stands for
	At, First Instant
	Of        Collection // of the subject
	Subject   RecordID
	Job       RecordID // that the subject is or hangs on; zero: none
	Author    UserID   // whose work it is
	Change    ChangeID // the latest that it is about
	Reason    Reason
	Field     FieldNo     // of a conflict
	Lost      Value       // what lost
	Said      Instant     // when that was said
	Standing  *Standing   // what stands now; nil: the record is gone
	Held      *HeldChange // the content of what waits, or was claimed
	Flags     []string    // of hours
	Other     RecordID    // of a possible duplicate: the record that was there before
	Decision  string
	Why       string
	By        UserID  // who decided it
	Decided   Instant // when
}

// Standing is a field's value as it stands, and who said it when.
type Standing struct {
	Value  Value
	Author UserID
	At     Instant
}

// Ruling is what somebody decides of work that is held.
type Ruling struct {
	Change  ChangeID
	Dismiss bool   // else it is let in
	Force   bool   // what stands now has been seen, and this is to stand instead
	Why     string // as they typed it
}
