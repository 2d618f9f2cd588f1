package model

// Outcome is what became of a change: exactly one, durable, for ever (domain R1).
type Outcome uint8

// The outcomes. Their numbers stand on the wire and on disk. OutcomeRetry is an answer of the transport, never
// stored: nothing was decided, the device sends the change again.
const (
	OutcomeRetry     Outcome = 0
	OutcomeApplied   Outcome = 1 // it is the current state
	OutcomeMerged    Outcome = 2 // it is the current state, over something newer; what it beat is kept
	OutcomeRecorded  Outcome = 3 // kept as history or proposal; the current state is unchanged
	OutcomeHeld      Outcome = 4 // waits for the office, with its content
	OutcomeRefused   Outcome = 5 // malformed; the device keeps its copy and says why
	OutcomeDismissed Outcome = 6 // was held; the office decided against it, content kept
)

var outcomeNames = [...]string{"retry", "applied", "merged", "recorded", "held", "refused", "dismissed"}

// String is the outcome's name.
func (o Outcome) String() string { return outcomeNames[o] }

// In says whether the change took the place its policy gives it.
func (o Outcome) In() bool { return o >= OutcomeApplied && o <= OutcomeRecorded }

// Reason says why an outcome is what it is. It reveals nothing: missing, hidden, foreign and never-existed are one
// reason with the same bytes (domain S2).
type Reason uint16

// The reasons. Their numbers stand on the wire and on disk; SPEC.md says what a device shows for each.
const (
	ReasonNone Reason = 0

	// held
	ReasonMissing  Reason = 1  // the record or its parent is not there for this author
	ReasonRight    Reason = 2  // the author may not make this edit now
	ReasonAge      Reason = 3  // its base is older than the stubs kept
	ReasonStacked  Reason = 4  // it stands on an edit that is held
	ReasonGroup    Reason = 5  // another member of its group is held, or the group is incomplete
	ReasonAfterEnd Reason = 6  // made after the device learnt of the end of its session
	ReasonWindow   Reason = 7  // handed in later than the hand-in window
	ReasonLost     Reason = 8  // from a device reported lost
	ReasonContent  Reason = 9  // the id is known with other content
	ReasonUnknown  Reason = 10 // names a collection or field this server does not know yet
	ReasonRemoved  Reason = 11 // the author, or whom an assignment names, is no longer with the company (domain f.6)

	// recorded
	ReasonLater     Reason = 20 // a newer value stands by the field's policy
	ReasonHandedIn  Reason = 21 // a claim from a device that is not live any more
	ReasonExists    Reason = 22 // the record exists already
	ReasonNotYours  Reason = 23 // the work is somebody else's now
	ReasonOwnLater  Reason = 24 // a later edit of your own is already there
	ReasonClosed    Reason = 25 // the job does not take it any more; kept with the job
	ReasonOverruled Reason = 26 // an office decision stands above it
	ReasonWaits     Reason = 27 // work on the job waits for the office

	// refused: malformed
	ReasonBody     Reason = 40 // the body does not decode
	ReasonValue    Reason = 41 // a value is not of its field's type or within its bounds
	ReasonShape    Reason = 42 // the change lacks something its operation needs
	ReasonReadonly Reason = 43 // the field is written by the server alone
	ReasonBase     Reason = 44 // the base token is not one of ours
	ReasonTooLarge Reason = 45 // a limit of SPEC.md is exceeded
	ReasonLinked   Reason = 46 // people are linked to the customer, who would be shown another one's work
	ReasonAlias    Reason = 47 // the customer is another one: its id stays, so that it resolves
)

// Answer is what a device hears of one change of a push.
type Answer struct {
	Outcome Outcome
	Reason  Reason
	Repeat  bool    // it had been decided before; this is the stored answer
	Receipt Receipt // sealed; the device gives it back when it offers the change again after a restore
}

// Receipt is a sealed acknowledgement: outcome and position, readable by the server alone. Zero: none.
type Receipt [16]byte
