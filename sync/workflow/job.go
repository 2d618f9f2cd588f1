package workflow

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Event is one fact or claim of the field, or one action of the office, about a job.
type Event struct {
	Change model.ChangeID
	Kind   string
	Worker model.UserID // of a field event
	Visit  int64        // the visit it was captured under
	At     model.Instant
	Office bool
	Of     model.RecordID // the assignment that an office withdrawal or pause is of; zero: all
	Waits  bool           // of a close: work on the job waits for the office, which has not said that it may
	Idle   bool           // a claim or an office action that was recorded, or an end that was overtaken: history, without effect
}

// Kinds of events: of the field accept and decline, which are claims, and travel to done, which are facts; of the
// office pause, resume and cancel to reopen.
const (
	KindAccept    = "accept"
	KindDecline   = "decline"
	KindTravel    = "travel"
	KindStart     = "start"
	KindPause     = "pause"
	KindResume    = "resume"
	KindDone      = "done"
	KindCancel    = "cancel"
	KindReinstate = "reinstate"
	KindWithdraw  = "withdraw"
	KindClose     = "close"
	KindReopen    = "reopen"
)

// States of an assignment.
const (
	StateOffered    = "offered"
	StateAccepted   = "accepted"
	StateDeclined   = "declined"
	StateWithdrawn  = "withdrawn"
	StateTravelling = "travelling"
	StateWorking    = "working"
	StatePaused     = "paused"
	StateDone       = "done"
)

// Statuses of a job.
const (
	StatusDraft      = "draft"
	StatusUnassigned = "unassigned"
	StatusOffered    = "offered"
	StatusScheduled  = "scheduled"
	StatusTravelling = "travelling"
	StatusInProgress = "in_progress"
	StatusPaused     = "paused"
	StatusCompleted  = "completed"
	StatusClosed     = "closed"
	StatusCancelled  = "cancelled"
)

// Flags of a job, beside its status.
const (
	FlagReview     = "needs_review"
	FlagIncomplete = "incomplete_requirements"
	FlagLate       = "late_work"
	FlagDuplicate  = "duplicate_visit"
)

// Assignment is a worker on a visit, or a company that has yet to say who goes.
type Assignment struct {
	ID        model.RecordID
	User      model.UserID // zero: a company's (domain W24)
	Lead      bool
	Visit     int64
	Since     model.Instant
	Withdrawn model.Instant // when the office took it away; 0: it stands
	Lapsed    model.Instant // by when it should have been answered, and was not as far as was known then (T4); 0: it has not lapsed
}

// open says whether nothing has ended the assignment but what its events may.
func (a *Assignment) open() bool { return a.Withdrawn == 0 && a.Lapsed == 0 }

// Job is all that decides about a job's status.
type Job struct {
	Visit       int64 // the present one, from 1
	Rule        model.CompletionRule
	AutoAccept  bool
	Draft       bool
	Assignments []Assignment
	Events      []Event // in any order

	// Rescheduled is when the office moved the work to another day, as far as the author of the event that is being
	// judged had not seen it; 0: not. [Derive] does not look at it.
	Rescheduled model.Instant
}

// Derived is what a job's events amount to.
type Derived struct {
	Status    string
	Started   model.Instant // first work of the present visit; 0: none. Cancelling never clears it
	Completed model.Instant // when the completion rule was met; 0: it is not
	States    map[model.RecordID]string
	Visits    []Visit
	Flags     []string // sorted; those the events show. Flags of JudgeEvent are kept besides
	// Superseded is the standing assignments that ended because the worker before them completed the job (row d).
	// Whoever commits that keeps the committed time as their Withdrawn, so that their later work is judged by it.
	Superseded []model.RecordID
}

// ordered sorts events by occurrence. Where an instant is shared the field comes first (domain (d), Ordering), then
// the change id decides, which means nothing but is the same everywhere. A change that is there twice counts once.
func ordered(events []Event) []Event {
	order := make([]*Event, len(events)) // which move faster than events do
	for i := range events {
		order[i] = &events[i]
	}
	slices.SortFunc(order, func(a, b *Event) int {
		switch {
		case a.At != b.At:
			return cmp.Compare(a.At, b.At)
		case a.Office != b.Office:
			return compareBool(a.Office, b.Office)
		default:
			return a.Change.Compare(b.Change)
		}
	})
	out := make([]Event, 0, len(events))
	for _, e := range order {
		if n := len(out); n > 0 && out[n-1].Change == e.Change {
			continue
		}
		out = append(out, *e)
		out[len(out)-1].Visit = max(1, e.Visit)
	}
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
