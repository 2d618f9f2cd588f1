package workflow_test

import (
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// arrival is one event that comes in, what becomes of it, and the job's status after it.
type arrival struct {
	event   string
	outcome model.Outcome
	reason  model.Reason
	flags   []string
	status  string
}

var (
	review    = []string{"needs_review"}
	late      = []string{"late_work"}
	lateFlags = []string{"late_work", "needs_review"}
	duplicate = []string{"duplicate_visit"}
)

// play judges events one by one, as the engine does: what is not held goes into the job.
func play(t *testing.T, s *script, external bool, arrivals ...arrival) {
	t.Helper()
	for _, a := range arrivals {
		e := s.event(a.event)
		outcome, reason, flags := workflow.JudgeEvent(s.job, e, external)
		if outcome != a.outcome || reason != a.reason || !slices.Equal(flags, a.flags) {
			t.Errorf("%s: %s (%d) %v, want %s (%d) %v", a.event, outcome, reason, flags, a.outcome, a.reason, a.flags)
		}
		claim := e.Office || e.Kind == "accept" || e.Kind == "decline"
		e.Idle = claim && outcome == model.OutcomeRecorded
		if outcome != model.OutcomeHeld {
			s.job.Events = append(s.job.Events, e)
		}
		if got := s.derive().Status; got != a.status {
			t.Errorf("%s: the job is %s, want %s", a.event, got, a.status)
		}
	}
}

const (
	applied  = model.OutcomeApplied
	recorded = model.OutcomeRecorded
	held     = model.OutcomeHeld
)

func TestD_RowA_Nothing(t *testing.T) {
	play(t, on(lead('a', 800)), false,
		arrival{"a accept 810", applied, 0, nil, "scheduled"},
		arrival{"a travel 900", applied, 0, nil, "travelling"},
		arrival{"a start 905", applied, 0, nil, "in_progress"},
		arrival{"a pause 930", applied, 0, nil, "paused"},
		arrival{"a resume 940", applied, 0, nil, "in_progress"},
		arrival{"a done 1020", applied, 0, nil, "completed"},
	)
}

func TestD_RowC_Rescheduled(t *testing.T) {
	s := on(lead('a', 800))
	s.job.Rescheduled = 910
	play(t, s, false,
		arrival{"a accept 820", recorded, model.ReasonOverruled, nil, "offered"},
		arrival{"a start 905", applied, 0, nil, "in_progress"},
		arrival{"a done 1000", applied, 0, nil, "completed"},
	)
	s = on(lead('a', 800))
	s.job.Rescheduled = 910
	play(t, s, false,
		arrival{"a start 915", applied, 0, review, "in_progress"},
		arrival{"a done 1000", applied, 0, review, "completed"},
	)
	s = on(lead('a', 800))
	s.job.Rescheduled = 910
	play(t, s, false, arrival{"a decline 820", applied, 0, nil, "unassigned"})
}

// TestD_RowD: reassigned to b, who has not begun.
func TestD_RowD_Reassigned(t *testing.T) {
	given := func() *script {
		return on(lead('a', 800), lead('b', 910)).with("office withdraw a 910", "b accept 912")
	}
	t.Run("began before and complete", func(t *testing.T) {
		s := given()
		play(t, s, false,
			arrival{"a start 905", recorded, model.ReasonNotYours, review, "scheduled"},
			arrival{"a done 1000", applied, 0, review, "completed"},
		)
		d := s.derive()
		if d.Completed != 1000 || d.States[record('b')] != "withdrawn" || !slices.Equal(d.Superseded, []model.RecordID{record('b')}) {
			t.Errorf("%+v; want completed by a, and b withdrawn", d)
		}
		if d.States[record('a')] != "withdrawn" {
			t.Errorf("a is %s: the work counts, the job is not theirs to read again (R6)", d.States[record('a')])
		}
		// b is told at once. What b began without knowing is judged by that, and never pulls the status back.
		s.job.Assignments[1].Withdrawn = 1015
		play(t, s, false, arrival{"b start 1030", recorded, model.ReasonNotYours, duplicate, "completed"})
	})
	t.Run("began before, not complete", func(t *testing.T) {
		play(t, given(), false,
			arrival{"a start 905", recorded, model.ReasonNotYours, review, "scheduled"},
			arrival{"a pause 930", recorded, model.ReasonNotYours, review, "scheduled"},
		)
	})
	t.Run("began after", func(t *testing.T) {
		play(t, given(), false,
			arrival{"a start 915", recorded, model.ReasonNotYours, review, "scheduled"},
			arrival{"a done 1000", recorded, model.ReasonNotYours, review, "scheduled"},
		)
	})
	t.Run("claims", func(t *testing.T) {
		play(t, given(), false,
			arrival{"a accept 820", recorded, model.ReasonNotYours, nil, "scheduled"},
			arrival{"a decline 820", recorded, model.ReasonNotYours, nil, "scheduled"},
		)
	})
}

// TestD_RowE is scenario 6: both worked, and the status follows b.
func TestD_RowE_BothWorked(t *testing.T) {
	s := on(lead('a', 800), lead('b', 910)).with("office withdraw a 910", "b start 930")
	play(t, s, false,
		arrival{"a accept 820", recorded, model.ReasonNotYours, nil, "in_progress"},
		arrival{"a start 905", recorded, model.ReasonNotYours, duplicate, "in_progress"},
		arrival{"a done 1000", recorded, model.ReasonNotYours, duplicate, "in_progress"},
		arrival{"b done 1100", applied, 0, nil, "completed"},
	)
	if d := s.derive(); d.Completed != 1100 || !slices.Equal(d.Flags, duplicate) {
		t.Errorf("%+v; want b's completion and duplicate_visit", d)
	}
}

func TestD_RowF_SubcontractorUnassigned(t *testing.T) {
	given := func() *script { return on(lead('s', 800)).with("office withdraw s 910") }
	play(t, given(), true,
		arrival{"s accept 820", recorded, model.ReasonNotYours, nil, "unassigned"},
		arrival{"s start 905", applied, 0, review, "unassigned"},
		arrival{"s done 1000", applied, 0, review, "completed"},
	)
	play(t, given(), true,
		arrival{"s start 915", held, model.ReasonRight, nil, "unassigned"},
		arrival{"s done 1000", held, model.ReasonRight, nil, "unassigned"},
	)
}

// TestD_RowG is scenarios 4 and 5.
func TestD_RowG_Cancelled(t *testing.T) {
	t.Run("began before and complete", func(t *testing.T) {
		s := on(lead('a', 800)).with("office cancel 940")
		play(t, s, false,
			arrival{"a start 905", recorded, model.ReasonOverruled, nil, "cancelled"},
			arrival{"a done 1020", applied, 0, review, "completed"},
		)
		if d := s.derive(); d.Started != 905 || d.Completed != 1020 || !slices.Equal(d.Flags, review) {
			t.Errorf("%+v; want 905 to 1020", d)
		}
	})
	t.Run("began after", func(t *testing.T) {
		s := on(lead('a', 800)).with("office cancel 850")
		play(t, s, false,
			arrival{"a start 905", recorded, model.ReasonOverruled, lateFlags, "cancelled"},
			arrival{"a done 1020", recorded, model.ReasonOverruled, lateFlags, "cancelled"},
		)
		if d := s.derive(); d.Started != 905 || d.Completed != 0 || !slices.Equal(d.Flags, lateFlags) {
			t.Errorf("%+v; want the times to stay (R10)", d)
		}
	})
	t.Run("claims", func(t *testing.T) {
		play(t, on(lead('a', 800)).with("office cancel 850"), false,
			arrival{"a accept 820", recorded, model.ReasonOverruled, nil, "cancelled"},
		)
	})
}

func TestD_RowH_Closed(t *testing.T) {
	play(t, on(lead('a', 800), helper('b', 800)).with("a start 900", "a done 1000", "office close 1100"), false,
		arrival{"b accept 820", recorded, model.ReasonClosed, nil, "closed"},
		arrival{"b start 905", recorded, model.ReasonClosed, late, "closed"},
		arrival{"b done 1005", recorded, model.ReasonClosed, late, "closed"},
	)
}

func TestD_RowL_Reopened(t *testing.T) {
	s := on(lead('a', 800)).with("office reopen 910")
	again := lead('c', 910)
	again.User, again.Visit = user('b'), 2
	s.job.Assignments, s.job.Visit = append(s.job.Assignments, again), 2
	play(t, s, false,
		arrival{"a accept 820", recorded, model.ReasonClosed, nil, "offered"},
		arrival{"a start 905", recorded, model.ReasonClosed, nil, "offered"},
		arrival{"a done 1000", recorded, model.ReasonClosed, nil, "offered"},
		arrival{"b start 1000 2", applied, 0, nil, "in_progress"},
	)
}

func TestD_Strangers(t *testing.T) {
	play(t, on(lead('a', 800)), false,
		arrival{"x start 905", recorded, model.ReasonNotYours, review, "offered"},
		arrival{"x accept 905", recorded, model.ReasonNotYours, nil, "offered"},
		arrival{"a start 906 7", recorded, model.ReasonNotYours, review, "offered"},
	)
	play(t, on(lead('a', 800)), true, arrival{"x start 905", held, model.ReasonRight, nil, "offered"})
	play(t, on(lead('a', 800)).with("a decline 810"), false, arrival{"a start 905", recorded, model.ReasonNotYours, review, "unassigned"})
	play(t, on(lead('a', 800)).with("a decline 810"), true, arrival{"a start 905", held, model.ReasonRight, nil, "unassigned"})
}

func TestT10_OfficeActions(t *testing.T) {
	play(t, on(lead('a', 800)), false,
		arrival{"office pause 801", recorded, model.ReasonOverruled, nil, "offered"},
		arrival{"office close 802", recorded, model.ReasonOverruled, nil, "offered"},
		arrival{"office reinstate 803", recorded, model.ReasonOverruled, nil, "offered"},
		arrival{"office cancel 804", applied, 0, nil, "cancelled"},
		arrival{"office cancel 805", recorded, model.ReasonOverruled, nil, "cancelled"},
		arrival{"office reinstate 806", applied, 0, nil, "offered"},
		arrival{"a start 807", applied, 0, nil, "in_progress"},
		arrival{"office pause 808", applied, 0, nil, "paused"},
		arrival{"office resume 809", applied, 0, nil, "in_progress"},
		arrival{"a done 810", applied, 0, nil, "completed"},
		arrival{"office cancel 811", recorded, model.ReasonClosed, nil, "completed"},
		arrival{"office withdraw a 812", recorded, model.ReasonClosed, nil, "completed"},
		arrival{"office close 813", applied, 0, nil, "closed"},
		arrival{"office close 814", recorded, model.ReasonClosed, nil, "closed"},
		arrival{"a cancel 815", held, model.ReasonRight, nil, "closed"},
		arrival{"a nonsense 816", held, model.ReasonUnknown, nil, "closed"},
	)
	play(t, on(lead('a', 800)), false,
		arrival{"office withdraw x 801", recorded, model.ReasonOverruled, nil, "offered"},
		arrival{"office withdraw a 802", applied, 0, nil, "unassigned"},
		arrival{"office withdraw a 803", recorded, model.ReasonOverruled, nil, "unassigned"},
	)
}
