package model

import "slices"

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

// Kinds of items of review, besides the flags of the workflow.
const (
	InboxConflict  = "conflict"           // two writers met in a field; the losing value is there
	InboxHeld      = "held"               // a change waits for the office
	InboxClaim     = "claim"              // a claim was recorded, not applied
	InboxAlarm     = "alarm"              // one id came with two contents
	InboxDuplicate = "duplicate_customer" // two customers may be one
	InboxField     = "field_edit"         // somebody in the field changed a customer, a site or a contact, and it stands
	InboxStock     = "negative_stock"     // by the books less than nothing is left of a part at a place; closed by itself
)

// Kinds that a reader is told besides: they are told apart when items are read.
const (
	InboxProposal  = "proposal"  // a conflict in which the field says something of what is the office's
	InboxRecovered = "recovered" // held work on what was deleted meanwhile
	InboxHours     = "hours"     // entries of one worker's hours that somebody must look at; no record, and gone when they are
)

// itemKinds is every kind of item, InboxKinds every kind that a reader may be told.
var (
	itemKinds  = []string{InboxConflict, InboxHeld, "duplicate_visit", "needs_review", "late_work", InboxAlarm, InboxClaim, "incomplete_requirements", InboxDuplicate, InboxStock, InboxField}
	InboxKinds = append(slices.Clone(itemKinds), InboxProposal, InboxRecovered, InboxHours)
)

// Grades of conflicts: how it came to it.
const (
	GradeParallel = "parallel"        // neither writer knew of the other's value
	GradeConflict = "conflict"        // one of them knew, and both cannot stand: what is said once, or what a reviewer overrules
	GradeLate     = "late"            // the job was over when it came
	GradeReplaced = "replaced_device" // it came from a device whose session had ended
)

// Grades is every grade.
var Grades = []string{GradeParallel, GradeConflict, GradeLate, GradeReplaced}

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

	Values []Assign // what is let in instead of what the change says of these fields
}
