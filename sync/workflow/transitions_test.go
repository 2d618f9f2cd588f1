package workflow_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// transition is one event on a job, what becomes of it, and what the job is then. a leads, and z was never on the job.
type transition struct {
	before  []string
	event   string
	outcome model.Outcome
	status  string
	why     string
}

// judges checks transitions of a job of a's.
func judges(t *testing.T, list ...transition) {
	t.Helper()
	for _, x := range list {
		s := on(lead('a', 0)).with(x.before...)
		e := s.event(x.event)
		outcome, _, _ := workflow.JudgeEvent(s.job, e, false)
		e.Idle = outcome == recorded && (e.Office || e.Kind == workflow.KindAccept || e.Kind == workflow.KindDecline)
		if outcome != held {
			s.job.Events = append(s.job.Events, e)
		}
		if got := s.derive().Status; outcome != x.outcome || got != x.status {
			t.Errorf("%v, then %q: %v and %s, want %v and %s: %s", x.before, x.event, outcome, got, x.outcome, x.status, x.why)
		}
	}
}

func TestT1_AssigningOffers(t *testing.T) {
	for _, auto := range []bool{false, true} {
		s := on(lead('a', 0))
		s.job.AutoAccept = auto
		want := map[bool]string{false: "offered", true: "scheduled"}[auto]
		if got := s.derive().Status; got != want || on().derive().Status != "unassigned" {
			t.Errorf("assigned, automatic acceptance %v: %s, want %s", auto, got, want)
		}
	}
}

func TestT2_Accepting(t *testing.T) {
	judges(t,
		transition{nil, "a accept 1", applied, "scheduled", "it is offered to them"},
		transition{nil, "z accept 1", recorded, "offered", "it is not"},
		transition{[]string{"office withdraw a 1"}, "a accept 2", recorded, "unassigned", "nor any more"},
		transition{[]string{"a decline 1"}, "a accept 2", recorded, "unassigned", "they declined"},
		transition{[]string{"office cancel 1"}, "a accept 2", recorded, "cancelled", "it was overruled"},
	)
}

func TestT3_Declining(t *testing.T) {
	judges(t,
		transition{nil, "a decline 1", applied, "unassigned", "it is offered to them"},
		transition{[]string{"a accept 1"}, "a decline 2", applied, "unassigned", "who accepted may still"},
		transition{[]string{"a travel 1"}, "a decline 2", recorded, "travelling", "who has begun may not"},
		transition{nil, "z decline 1", recorded, "offered", "it is another's"},
	)
}

// TestT4_Lapsing: an offer that was to be answered by 5.
func TestT4_Lapsing(t *testing.T) {
	lapsed := lead('a', 0)
	lapsed.Lapsed = 5
	for _, x := range []struct {
		transition
		states string // a's and b's, who is asked at 6
	}{
		{transition{nil, "a accept 5", applied, "scheduled", "it was in time"}, "accepted offered"},
		{transition{nil, "a accept 6", recorded, "offered", "it was not"}, "declined offered"},
		{transition{[]string{"b accept 7"}, "a accept 5", recorded, "scheduled", "another has it"}, "declined accepted"},
		{transition{[]string{"b decline 7"}, "a accept 5", applied, "scheduled", "another did not want it"}, "accepted declined"},
		{transition{[]string{"a accept 3"}, "b accept 7", applied, "scheduled", "it came before b's"}, "accepted accepted"},
		{transition{nil, "a decline 4", applied, "offered", "and it was an answer"}, "declined offered"},
		{transition{nil, "a decline 6", recorded, "offered", "which nobody waited for"}, "declined offered"},
		{transition{nil, "a start 4", applied, "in_progress", "work in time is an answer"}, "working offered"},
		{transition{nil, "a start 6", recorded, "offered", "the work was not theirs any more"}, "declined offered"},
		{transition{[]string{"office cancel 7"}, "a accept 5", recorded, "cancelled", "the office decided otherwise"}, "declined offered"},
	} {
		s := on(lapsed, lead('b', 6)).with(x.before...)
		e := s.event(x.event)
		outcome, _, _ := workflow.JudgeEvent(s.job, e, false)
		e.Idle = outcome == recorded && (e.Kind == workflow.KindAccept || e.Kind == workflow.KindDecline)
		s.job.Events = append(s.job.Events, e)
		if got := s.derive().Status; outcome != x.outcome || got != x.status || s.state('a')+" "+s.state('b') != x.states {
			t.Errorf("%v, then %q: %v, %s, a %s, b %s; want %v, %s, %s: %s", x.before, x.event, outcome, got, s.state('a'), s.state('b'), x.outcome, x.status, x.states, x.why)
		}
	}
	if d := on(lapsed, lead('b', 6)).with("a accept 3", "b accept 7").derive(); len(d.Flags) != 1 || d.Flags[0] != workflow.FlagReview {
		t.Errorf("two have what one was to have: %v", d.Flags)
	}
}

func TestT5_Travelling(t *testing.T) {
	judges(t,
		transition{[]string{"a accept 1"}, "a travel 2", applied, "travelling", ""},
		transition{nil, "a travel 2", applied, "travelling", "who travels accepts"},
		transition{nil, "z travel 2", recorded, "offered", "it is another's"},
		transition{nil, "office travel 2", recorded, "offered", "the office does not travel"},
	)
}

func TestT6_Starting(t *testing.T) {
	judges(t,
		transition{[]string{"a travel 1"}, "a start 2", applied, "in_progress", ""},
		transition{[]string{"a accept 1"}, "a start 2", applied, "in_progress", "without travel"},
		transition{nil, "office start 2", recorded, "offered", "the office does not work"},
	)
}

func TestT7_Pausing(t *testing.T) {
	judges(t,
		transition{[]string{"a start 1"}, "a pause 2", applied, "paused", "the worker"},
		transition{[]string{"a start 1"}, "office pause 2", applied, "paused", "the office"},
		transition{[]string{"a start 1", "office pause 2"}, "a resume 3", applied, "in_progress", "who works works"},
		transition{[]string{"a start 1", "a pause 2"}, "office resume 3", applied, "in_progress", ""},
		transition{[]string{"a accept 1"}, "office pause 2", recorded, "scheduled", "nothing was started"},
		transition{[]string{"a start 1"}, "office resume 2", recorded, "in_progress", "nothing is paused"},
	)
}

func TestT8_Finishing(t *testing.T) {
	judges(t,
		transition{[]string{"a start 1"}, "a done 2", applied, "completed", "from working"},
		transition{[]string{"a start 1", "a pause 2"}, "a done 3", applied, "completed", "from paused"},
		transition{[]string{"a start 1"}, "z done 2", recorded, "in_progress", "of a stranger"},
		transition{[]string{"a start 1"}, "office done 2", recorded, "in_progress", "the office says close"},
	)
}

func TestT9_Withdrawing(t *testing.T) {
	judges(t,
		transition{[]string{"a accept 1"}, "office withdraw a 2", applied, "unassigned", "any that is open"},
		transition{[]string{"a start 1"}, "office withdraw a 2", applied, "unassigned", ""},
		transition{[]string{"a start 1", "a done 2"}, "office withdraw a 3", recorded, "completed", "what is done is not"},
		transition{[]string{"a accept 1"}, "a withdraw a 2", held, "scheduled", "only the office"},
	)
}

func TestT10_Cancelling(t *testing.T) {
	judges(t,
		transition{[]string{"a start 1"}, "office cancel 2", applied, "cancelled", "any that is open"},
		transition{[]string{"a start 1", "a done 2"}, "office cancel 3", recorded, "completed", "not what is completed"},
		transition{[]string{"a start 1", "a done 2", "office close 3"}, "office cancel 4", recorded, "closed", "nor closed"},
		transition{nil, "a cancel 2", held, "offered", "only the office"},
	)
	if d := on(lead('a', 0)).with("a start 1", "office cancel 2").derive(); d.Started != 1 {
		t.Errorf("cancelled: started at %d, want 1", d.Started)
	}
}

func TestT11_Reinstating(t *testing.T) {
	judges(t,
		transition{[]string{"a accept 1", "office cancel 2"}, "office reinstate 3", applied, "scheduled", "as it was"},
		transition{[]string{"a accept 1"}, "office reinstate 3", recorded, "scheduled", "it was not cancelled"},
		transition{[]string{"office cancel 2"}, "a reinstate 3", held, "cancelled", "only the office"},
	)
}

func TestT12_Closing(t *testing.T) {
	judges(t,
		transition{[]string{"a start 1", "a done 2"}, "office close 3", applied, "closed", ""},
		transition{[]string{"a start 1"}, "office close 3", recorded, "in_progress", "it is not completed"},
		transition{[]string{"a start 1", "a done 2"}, "a close 3", held, "completed", "only the office"},
	)
}

func TestT13_Reopening(t *testing.T) {
	judges(t,
		transition{[]string{"a start 1"}, "office reopen 3", recorded, "in_progress", "it is open"},
		transition{[]string{"office cancel 2"}, "office reopen 3", recorded, "cancelled", "that is reinstating"},
		transition{[]string{"a start 1", "a done 2"}, "a reopen 3", held, "completed", "only the office"},
	)
	for _, before := range [][]string{{"a start 1", "a done 2"}, {"a start 1", "a done 2", "office close 3"}} {
		s := on(lead('a', 0)).with(before...)
		if out, _, _ := workflow.JudgeEvent(s.job, s.event("office reopen 4"), false); out != applied {
			t.Errorf("%v, then reopened: %v, want applied", before, out)
		}
	}
}

// TestDe_AnEndOfBeforeComesTooLate: what was finished before the work was given to another counts until the other has begun.
func TestDe_AnEndOfBeforeComesTooLate(t *testing.T) {
	for _, begun := range []bool{false, true} {
		s := on(lead('a', 0), lead('b', 5)).with("a start 1", "office withdraw a 5")
		if begun {
			s.with("b start 6")
		}
		late := s.event("a done 4")
		out, _, _ := workflow.JudgeEvent(s.job, late, false)
		if got := workflow.Overtaken(s.job, late); got != begun || (out == recorded) != begun {
			t.Errorf("another has begun %v: %v, overtaken %v", begun, out, got)
		}
	}
}
