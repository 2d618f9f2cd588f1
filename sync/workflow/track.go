package workflow

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// track is one worker on one visit: the assignment that counts, what was said of it, and what came of it.
type track struct {
	Assignment
	state     string
	began     model.Instant // first travel or work; 0: never
	worked    model.Instant // first work; 0: never
	done      model.Instant // 0: not
	withdrawn model.Instant // 0: it stands
	lapsed    bool          // declined by time, and by nobody
}

// tracksOf groups assignments by worker and visit: the newest counts, whoever was taken off and put on again goes on
// where they were. The others are older.
func tracksOf(j Job) (tracks []*track, older []Assignment) {
	all := slices.Clone(j.Assignments)
	for i := range all {
		all[i].Visit = max(1, all[i].Visit)
	}
	slices.SortFunc(all, func(a, b Assignment) int {
		return cmp.Or(a.User.Compare(b.User), cmp.Compare(a.Visit, b.Visit), compareBool(a.open(), b.open()),
			cmp.Compare(a.Since, b.Since), a.ID.Compare(b.ID))
	})
	for i, a := range all {
		if i+1 < len(all) && all[i+1].User == a.User && all[i+1].Visit == a.Visit && !a.User.IsZero() {
			older = append(older, a)
			continue
		}
		tracks = append(tracks, &track{Assignment: a})
	}
	slices.SortFunc(tracks, func(a, b *track) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), a.ID.Compare(b.ID))
	})
	return tracks, older
}

// replay runs the events that concern the assignment through its states.
func (t *track) replay(events []Event, autoAccept bool) {
	t.withdrawn = t.Withdrawn
	t.state = StateOffered
	if autoAccept && !t.User.IsZero() {
		t.state = StateAccepted
	}
	for i := range events {
		e := &events[i]
		t.lapse(e.At)
		switch {
		case e.Idle:
		case e.Office:
			t.office(e)
		case e.Worker == t.User && e.Visit == t.Visit:
			t.field(e)
		}
	}
	t.lapse(farthest)
	if t.withdrawn != 0 && !(t.state == StateDone && t.done <= t.withdrawn) {
		t.state = withdrawnAs(t.state)
	} else {
		t.withdrawn = 0 // done before it was taken away: done stays done (T9)
	}
}

// lapse declines an offer that lapsed before an instant, when it had not been answered (T4). Who was at work had.
func (t *track) lapse(before model.Instant) {
	if t.Lapsed != 0 && t.Lapsed < before && t.state == StateOffered {
		t.state, t.lapsed = StateDeclined, true
	}
}

// withdrawnAs: who had declined before has declined.
func withdrawnAs(state string) string {
	if state == StateDeclined {
		return StateDeclined
	}
	return StateWithdrawn
}

func (t *track) office(e *Event) {
	if !e.Of.IsZero() && e.Of != t.ID {
		return
	}
	switch {
	case e.Kind == KindWithdraw && e.Of == t.ID && (t.withdrawn == 0 || e.At < t.withdrawn):
		t.withdrawn = e.At
	case e.Kind == KindPause && t.state == StateWorking:
		t.state = StatePaused
	case e.Kind == KindResume && t.state == StatePaused:
		t.state = StateWorking
	}
}

// field: facts are taken as said. Work implies acceptance; done ends the visit, and what occurred after it changes
// nothing any more.
func (t *track) field(e *Event) {
	if t.state == StateDone || t.state == StateDeclined {
		return
	}
	switch e.Kind {
	case KindAccept:
		if t.state == StateOffered {
			t.state = StateAccepted
		}
	case KindDecline:
		if t.began == 0 {
			t.state = StateDeclined
		}
	case KindTravel:
		t.begin(e.At)
		if t.worked == 0 {
			t.state = StateTravelling // a later trip, for parts, does not end the work
		}
	case KindStart, KindResume:
		t.work(e.At)
		t.state = StateWorking
	case KindPause:
		if t.state == StateWorking {
			t.state = StatePaused
		}
	case KindDone:
		t.begin(e.At)
		t.done, t.state = e.At, StateDone
	}
}

func (t *track) begin(at model.Instant) {
	if t.began == 0 {
		t.began = at
	}
}

func (t *track) work(at model.Instant) {
	t.begin(at)
	if t.worked == 0 {
		t.worked = at
	}
}

// beganBy says whether the worker began no later than at: where an event and an office action share an instant the
// event came first (domain (d), Ordering).
func (t *track) beganBy(at model.Instant) bool { return t.began != 0 && t.began <= at }

// stands says whether the assignment is the worker's.
func (t *track) stands() bool { return t.withdrawn == 0 && t.state != StateDeclined }
