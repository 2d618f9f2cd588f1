package model

import (
	"errors"
	"fmt"
)

// Errors of the office's API.
var (
	ErrReused  = errors.New("the idempotency key was used for another request")
	ErrGone    = errors.New("the history does not reach back that far, or the rights have changed since")
	ErrScoped  = errors.New("the key's scopes do not allow it")
	ErrLevel   = errors.New("the user's levels do not allow it")
	ErrHistory = errors.New("not a cursor of this feed")
)

// Caller is whoever uses the office's API: a user of the office, acted for by a key, a session or the operator. A key and
// a session are good for as long as they stand: each decision asks for them again.
type Caller struct {
	Tenant  TenantID
	User    UserID
	Key     KeyID     // zero: a session of the user's own, or the operator
	Session SessionID // zero: a key, or the operator
	Epoch   Epoch     // of the session
	Scopes  Scopes    // what of the user's rights may be used
}

// APIKey is a key of a back end. Its secret is never stored; see engine.AddKey.
type APIKey struct {
	ID      KeyID
	User    UserID // whose rights it uses
	Name    string // what its owner calls it: "ERP, nightly"
	Scopes  Scopes
	Made    Instant
	MadeBy  UserID  // zero: the operator
	Expires Instant // 0: never
	Used    Instant // to the hour; 0: not yet
}

// Shown is a record as one caller sees it: what [access.Project] shows of it.
type Shown struct {
	Row
	Tag     Tag     // changes exactly when what is shown of the record changes: its ETag
	Created Instant // estimated, of the record's creation
	Updated Instant // estimated, of the latest change to what is shown
}

// Tag tells two states of what a caller sees of a record apart. It is keyed by the tenant's secret.
type Tag [16]byte

// Query asks for records of one collection.
type Query struct {
	Collection Collection
	Parent     RecordID // only those that hang on it; zero: all
	After      Place    // only those that stand behind it: the position of a page
	Limit      int      // records at most, 1 to MaxListing
	Where      []Condition
}

// MaxListing is how many records a page of a listing has at most.
const MaxListing = 500

// Condition is asked of what is shown of a record; a field that is not shown matches nothing.
type Condition struct {
	Field  FieldNo
	Op     Comparison
	Values []Value // any of them for CompareIs, one otherwise
}

// Comparison is how a condition compares.
type Comparison uint8

// The comparisons.
const (
	CompareIs    Comparison = iota + 1 // is one of the values; null is no value
	CompareFrom                        // is the value or above; numbers and texts (dates)
	CompareBelow                       // is below the value; numbers and texts
	CompareHas                         // contains the text, whatever its case
)

// Listing is a page of records, in the order of their places.
type Listing struct {
	Records []Shown
	Next    Place  // the position to go on from; zero: that was all
	Base    string // base token of this snapshot, for edits that stand on it
}

// Look is some records as a caller sees them at one moment.
type Look struct {
	Records []Shown // in the order asked for; what the caller does not see is left out
	Base    string  // base token of this snapshot

	Means map[RecordID]RecordID // of what was asked for, customers whom the caller sees and who are another one: which
}

// Request is one request of the API to change things. Everything in it is one decision.
type Request struct {
	// Key makes it repeatable: the same Key with the same Print gets the answers of the first time, with another Print
	// it is ErrReused. Zero: it is not repeatable. It is remembered for RequestLife.
	Key, Print [16]byte
	Expect     []Expectation // must hold inside the commit, or the request is *StaleError
	Units      []int         // lengths of runs of changes that stand or fall together; nil: each change alone
	Rehearse   bool          // only say what would come of it; nothing is kept
	Note       []byte        // of whoever asks, given back with a repeat; at most 64 KiB
}

// RequestLife is how long a repeatable request is remembered: 24 hours, in milliseconds.
const RequestLife = 24 * 3600 * 1000

// Expectation is what a caller believes of a record: an If-Match.
type Expectation struct {
	Record RecordID
	Tag    Tag
}

// Settlement is what became of a request.
type Settlement struct {
	Answers []Answer // one a change
	// Dropped names the changes of which nothing is kept: their unit had one that was neither applied nor merged. The
	// one at fault has its reason; the others of its unit have the outcome retry.
	Dropped []bool
	Repeat  bool   // the answers are those of the first time
	Note    []byte // of a repeat: the first request's
}

// StaleError says that a record is not what the caller believed: another change came first.
type StaleError struct {
	Record RecordID
	Tag    Tag // as it is now; zero: it is gone, or not the caller's to see
}

// Error says so.
func (e *StaleError) Error() string { return fmt.Sprintf("record %s has changed meanwhile", e.Record) }

// Event is one line of the history: what one change did to one record, as far as a caller may see it.
type Event struct {
	ID         MessageID // random to whoever sees it, and always the same
	Seq        Seq       // the commit
	Index      uint32    // within the commit
	Time       Instant
	Occurred   Instant // estimated; when it happened
	Op         Op
	Collection Collection
	Record     RecordID
	Change     ChangeID // zero for what no change asked for
	Author     UserID
	Device     DeviceID // zero: no device
	Office     bool     // said by the office
	Lane       Lane
	Lost       bool         // of the history of a record alone: the change's values did not stand. Before is what lost, After what stood instead
	Fields     []EventField // ascending by field
}

// EventField is a field that an event changed.
type EventField struct {
	Field         FieldNo
	Before, After Value
}

// Position is a place in the history: everything up to and with this event has been read.
type Position struct {
	Seq   Seq
	Index uint32
}

// Before says whether the place is before another.
func (p Position) Before(o Position) bool {
	return p.Seq < o.Seq || p.Seq == o.Seq && p.Index < o.Index
}

// Events is a page of the history.
type Events struct {
	Events   []Event
	Position Position // after the last line that was looked at, shown or not; never leaves the server
	Cursor   string   // the same, sealed, with the view it was read under
	More     bool     // there is more to look at now
}

// Hook is a webhook: an address of the back office that is told of events.
type Hook struct {
	ID       HookID
	URL      string
	Name     string
	Owner    UserID // whose view of the events it gets
	Scopes   Scopes
	Events   []string // "jobs.created", "jobs.*", "*"; empty: all
	Secrets  [][]byte // newest first; the second is still signed with until Until
	Until    Instant
	Position Position // told, or kept as a delivery, up to here
	State    HookState
	Why      string // why it is off
	Made     Instant
	Failing  Instant // since when nothing has got through; 0: the last delivery did
}

// HookState says whether a webhook is told.
type HookState uint8

// The states. Their numbers stand on disk.
const (
	HookOn  HookState = 1
	HookOff HookState = 2 // by a person, by an answer 410, or because its owner may not any more
)

// Delivery is a message to a webhook that has not got through yet, or is given up.
type Delivery struct {
	Hook     HookID
	ID       MessageID // the same for every attempt; derived from hook and event
	Type     string
	At       Position // of the event; whoever sends it renders it anew, under the rights of then
	Body     []byte
	Made     Instant
	Attempts int
	Next     Instant // when it is tried again; 0: not by itself
	Status   int     // of the last answer; 0: there was none
	Error    string  // of the last attempt
	Dead     Instant // when it was given up; 0: it is still tried
}

// HeldChange is a change that waits for the office, as far as a caller may see it.
type HeldChange struct {
	Change     ChangeID
	Author     UserID
	Device     DeviceID
	Since      Instant // when it was received
	Reason     Reason
	Op         Op
	Collection Collection
	Record     RecordID
	Fields     []FieldValue
	Group      GroupID
	Second     bool // another content came under its id before; it cannot be released
}
