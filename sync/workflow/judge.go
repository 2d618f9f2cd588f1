package workflow

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// ruling is what becomes of an event.
type ruling struct {
	outcome model.Outcome
	reason  model.Reason
	flags   []string
}

func applied(flags ...string) ruling { return ruling{model.OutcomeApplied, model.ReasonNone, flags} }

func recorded(why model.Reason, flags ...string) ruling {
	return ruling{model.OutcomeRecorded, why, flags}
}

func held(why model.Reason) ruling { return ruling{model.OutcomeHeld, why, nil} }

// JudgeEvent says what becomes of an event that is not in j.Events yet, by the table of domain (d). external says that
// its author is a subcontractor. The flags are added to the job's and stay until the office takes them off.
//
// A fact that is recorded belongs into j.Events from then on, since it may be half of what a later one completes; a
// fact that is held does not. A claim or an office action that is recorded goes in with Idle set, or not at all; so does
// an end that is [Overtaken].
func JudgeEvent(j Job, e Event, external bool) (model.Outcome, model.Reason, []string) {
	e.Visit = max(1, e.Visit)
	var r ruling
	switch e.Kind {
	case KindCancel, KindReinstate, KindWithdraw, KindClose, KindReopen:
		if !e.Office {
			r = held(model.ReasonRight)
		} else {
			r = judgeOffice(j, e)
		}
	case KindAccept, KindDecline:
		r = judgeClaim(analyse(j), e)
	case KindTravel, KindStart, KindPause, KindResume, KindDone:
		if e.Office {
			r = judgeOffice(j, e)
			break
		}
		late := Overtaken(j, e)
		j.Events = append(slices.Clone(j.Events), e)
		if r = judgeFact(analyse(j), e, external); late && r.outcome == model.OutcomeApplied && !external {
			r = recorded(model.ReasonNotYours, FlagDuplicate)
		}
	default:
		r = held(model.ReasonUnknown)
	}
	return r.outcome, r.reason, r.flags
}

// Overtaken says whether a worker's done, whether it is in j.Events or not, comes after their work was given up and whoever has it
// now has begun: it is kept as history, though it may have occurred before, and the job follows who does the work (rows e
// and o).
func Overtaken(j Job, e Event) bool {
	if e.Office || e.Kind != KindDone {
		return false
	}
	j.Events = slices.DeleteFunc(slices.Clone(j.Events), func(x Event) bool { return x.Change == e.Change })
	a := analyse(j)
	e.Visit = max(1, e.Visit)
	t := a.find(e)
	return t != nil && t.withdrawn != 0 && t.Visit == a.job.Visit &&
		slices.ContainsFunc(a.present, func(s *track) bool { return s.stands() && s.began != 0 })
}

// judgeOffice: the transitions T7 and T9 to T13. What is not one of them is kept as history.
func judgeOffice(j Job, e Event) ruling {
	d := Derive(j)
	var legal bool
	over := d.Status == StatusCompleted || d.Status == StatusClosed
	switch e.Kind {
	case KindCancel:
		legal = !over && d.Status != StatusCancelled
	case KindReinstate:
		legal = d.Status == StatusCancelled
	case KindClose:
		legal = d.Status == StatusCompleted
		if legal && e.Waits {
			return recorded(model.ReasonWaits)
		}
	case KindReopen:
		legal = over
	case KindPause:
		legal = d.Status == StatusInProgress
	case KindResume:
		legal = d.Status == StatusPaused
	case KindWithdraw:
		state, ok := d.States[e.Of]
		legal = ok && state != StateDone && state != StateDeclined && state != StateWithdrawn
	}
	switch {
	case legal:
		return applied()
	case over:
		return recorded(model.ReasonClosed)
	default:
		return recorded(model.ReasonOverruled)
	}
}

// judgeClaim: judged by what stands now (domain R2; T2, T3). An answer of before an offer lapsed was on its way when it
// did: it counts, unless somebody else was given the work since and accepted (T4).
func judgeClaim(a *analysis, e Event) ruling {
	t := a.find(e)
	switch {
	case t == nil, t.withdrawn != 0:
		return recorded(model.ReasonNotYours)
	case e.Visit != a.job.Visit, a.closed != 0:
		return recorded(model.ReasonClosed)
	case a.cancelled != 0:
		return recorded(model.ReasonOverruled)
	case t.lapsed && e.At > t.Lapsed:
		return recorded(model.ReasonNotYours)
	case t.lapsed && e.Kind == KindAccept && a.taken(t):
		return recorded(model.ReasonNotYours, FlagReview)
	case e.Kind == KindDecline && (t.began != 0 || t.state == StateDeclined && !t.lapsed):
		return recorded(model.ReasonOwnLater)
	case e.Kind == KindDecline:
		return applied()
	case t.state == StateDeclined && !t.lapsed:
		return recorded(model.ReasonNotYours)
	case a.job.Rescheduled != 0:
		return recorded(model.ReasonOverruled) // of the new window only after it was confirmed again (row c)
	default:
		return applied()
	}
}

// judgeFact: a already contains e.
func judgeFact(a *analysis, e Event, external bool) ruling {
	t := a.find(e)
	switch {
	case t == nil, t.state == StateDeclined:
		if external {
			return held(model.ReasonRight)
		}
		return recorded(model.ReasonNotYours, FlagReview)
	case external && t.withdrawn != 0 && !t.beganBy(t.withdrawn):
		return held(model.ReasonRight) // row f
	case e.Visit < a.job.Visit:
		return recorded(model.ReasonClosed) // row l: it goes to the visit it was captured under
	case e.Visit > a.job.Visit:
		return recorded(model.ReasonClosed, FlagReview)
	case a.closed != 0:
		return recorded(model.ReasonClosed, FlagLate) // row h
	case a.cancelled != 0:
		return a.judgeCancelled(t)
	case t.withdrawn != 0:
		return a.judgeGone(t, external)
	case a.job.Rescheduled != 0 && !t.beganBy(a.job.Rescheduled):
		return applied(FlagReview) // row c
	default:
		return applied()
	}
}

// judgeCancelled is row g.
func (a *analysis) judgeCancelled(t *track) ruling {
	switch {
	case !t.beganBy(a.cancelled):
		return recorded(model.ReasonOverruled, FlagLate, FlagReview)
	case a.counts:
		return applied(FlagReview)
	default:
		return recorded(model.ReasonOverruled)
	}
}

// judgeGone is rows d, e and f, of a worker who was taken off.
func (a *analysis) judgeGone(t *track, external bool) ruling {
	duplicate := a.duplicate(t)
	switch {
	case external && duplicate:
		return applied(FlagDuplicate, FlagReview)
	case external, a.counts && slices.Contains(a.revived, t):
		return applied(FlagReview)
	case duplicate:
		return recorded(model.ReasonNotYours, FlagDuplicate)
	default:
		return recorded(model.ReasonNotYours, FlagReview)
	}
}
