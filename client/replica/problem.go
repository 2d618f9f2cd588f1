package replica

import "github.com/fieldsync/fieldsync/sync/model"

// ProblemKind is what is wrong with a change of the user's.
type ProblemKind uint8

// The kinds.
const (
	ProblemHeld      ProblemKind = iota + 1 // waits for the office
	ProblemRefused                          // the server cannot take it as it is
	ProblemDismissed                        // the office decided against it
	ProblemGone                             // not answered yet, and what it is about was taken back from this device
)

// Problem is a change that did not simply go through. The user's copy of what they did is in it.
type Problem struct {
	Entry

	Kind ProblemKind
	Why  string // for the user
	Next string // what the user can do
}

// Problems is what the user should see, oldest first: their work is never silently gone.
func (r *Replica) Problems() (out []Problem, err error) {
	err = r.local.View(func(rd Reader) error {
		v := r.view(rd)
		for _, it := range r.order {
			p := Problem{Entry: it.entry(), Why: Why(it.reason)}
			switch {
			case it.troubled():
				p.Kind, p.Next = answered(it.outcome, it.reason)
			case it.included || it.closed || it.answered || hours(it.change.Collection):
				continue
			default:
				shown, err := v.reachable(it)
				if err != nil {
					return err
				}
				if shown {
					continue
				}
				p.Kind, p.Why, p.Next = ProblemGone, "what it is about is no longer on this device", "nothing: it is handed in all the same"
			}
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

// reachable says whether what a change is about is on this device: the record of an edit, the parent of a creation.
func (v *view) reachable(it *item) (bool, error) {
	id := it.change.Record
	if it.change.Op == model.OpCreate {
		parent, ok := it.assigns(model.FieldParent)
		if !ok || parent.Value.IsNull() {
			return true, nil
		}
		id = model.RefOf(parent.Value)
	}
	_, ok, err := v.lay(id)
	if ok || err != nil {
		return ok, err
	}
	for _, other := range v.overlay(id) { // hidden by the user's own deletion
		if other.change.Op == model.OpDelete {
			_, ok, err = readRow(v.rd, BucketBase, id)
		}
	}
	return ok, err
}

func answered(o model.Outcome, why model.Reason) (ProblemKind, string) {
	switch o {
	case model.OutcomeRefused:
		return ProblemRefused, "correct it and save it again, then close this"
	case model.OutcomeDismissed:
		return ProblemDismissed, "read it and close this"
	}
	switch why {
	case model.ReasonUnknown:
		return ProblemHeld, "nothing: the server must be brought up to date"
	case model.ReasonAfterEnd, model.ReasonWindow, model.ReasonLost, model.ReasonRemoved:
		return ProblemHeld, "tell the office that it is waiting for them"
	default:
		return ProblemHeld, "nothing: the office decides"
	}
}

var reasons = map[model.Reason]string{
	model.ReasonMissing:   "what it belongs to is not there, or not yours",
	model.ReasonRight:     "you may not change this now",
	model.ReasonAge:       "it was made too long ago",
	model.ReasonStacked:   "it stands on a change that waits for the office",
	model.ReasonGroup:     "it belongs together with a change that waits for the office",
	model.ReasonAfterEnd:  "it was made after this device was signed out",
	model.ReasonWindow:    "it was handed in late",
	model.ReasonRemoved:   "the account is closed",
	model.ReasonLost:      "this device was reported lost",
	model.ReasonContent:   "the server knows another change of this number",
	model.ReasonUnknown:   "the server does not know this kind of entry yet",
	model.ReasonLater:     "a newer value stands",
	model.ReasonHandedIn:  "it came from a device that is not in use any more",
	model.ReasonExists:    "it exists already",
	model.ReasonNotYours:  "the work is somebody else's now",
	model.ReasonOwnLater:  "a later change of your own stands",
	model.ReasonClosed:    "the job is closed; it is kept with it",
	model.ReasonOverruled: "the office decided otherwise",
	model.ReasonWaits:     "work on the job waits for the office",
	model.ReasonBody:      "the server cannot read it",
	model.ReasonValue:     "a value is not possible here",
	model.ReasonShape:     "something is missing in it",
	model.ReasonReadonly:  "this cannot be changed by hand",
	model.ReasonBase:      "the server does not know what it was made on",
	model.ReasonTooLarge:  "it is too large",
	model.ReasonLinked:    "people of this customer have accounts",
	model.ReasonAlias:     "this customer is another one now",
}

// Why is a reason in words for the user; empty for none.
func Why(r model.Reason) string {
	if r == model.ReasonNone {
		return ""
	}
	if s, ok := reasons[r]; ok {
		return s
	}
	return "for a reason this app does not know"
}

// CloseProblem takes a problem off the list: the user has seen it. A change that the server has not answered for is not
// forgotten by it.
func (r *Replica) CloseProblem(id model.ChangeID) error {
	it, ok := r.items[id]
	if !ok {
		return ErrUnknown
	}
	return r.update(func(t *txn) error {
		t.change(it, func(c *item) { c.closed = true })
		return nil
	})
}
