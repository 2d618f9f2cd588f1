package model

// Action is what somebody may do, or may not.
type Action uint8

// The actions.
const (
	ActionSee Action = iota + 1
	ActionCreate
	ActionEdit
	ActionDelete
)

var actionNames = [...]string{"", "see", "create", "edit", "delete"}

// String is the action's name.
func (a Action) String() string {
	if int(a) >= len(actionNames) {
		return ""
	}
	return actionNames[a]
}

// ParseAction is the inverse of String; ok is false for any other text.
func ParseAction(s string) (Action, bool) {
	for a := ActionSee; a <= ActionDelete; a++ {
		if actionNames[a] == s {
			return a, true
		}
	}
	return 0, false
}

// Inquiry asks whether a user may do something, and why (domain V18).
type Inquiry struct {
	User    UserID
	Session UserKind // as which they are asked about (domain V20); 0: the account's own kind
	Action  Action
	// Collection that is seen at all, or that a record would be made in; 0: the record's own.
	Collection Collection
	// Record that is seen, edited or deleted, or that a new one would hang on; zero: none.
	Record RecordID
}

// Ground is a decision and what it rests on. Rule and the other texts are named in sync/access; those that do not
// apply are empty.
type Ground struct {
	Allow      bool
	Rule       string
	Permission string // "mobile.customers"
	Level      string // what it is set to
	Setting    string // "hidden_job_card=site_only"
	Label      string // of the record: internal, field, client
	Since      string // the first day on which phones carry the job that it is or hangs on, as 2026-03-01
	Until      string // the last
	Text       string // the same in words
}

// Explanation is the answer to an inquiry, as far as the caller sees what it is about.
type Explanation struct {
	Inquiry
	Ground
	Fields   []FieldGround // ascending; of what the caller sees of the record, or of the collection
	AssignTo []Assignable  // of making an assignment: whom, where that is a list
}

// Assignable is somebody whom another may assign. Who has left is given nothing all the same.
type Assignable struct {
	User   UserID
	Name   string
	Active bool
}

// FieldGround is the decision about one field.
type FieldGround struct {
	Field FieldNo
	Class Class
	Ground
}

// Glance asks for a page of what a user holds now, as one kind of session (domain V20). Session 0 is the account's own
// kind.
type Glance struct {
	User    UserID
	Session UserKind
	Query   Query
}
