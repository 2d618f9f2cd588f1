package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// The people of the tests: a and b are staff, s is a subcontractor. Each has one assignment of the same letter.
func user(c byte) (id model.UserID) {
	id[0] = c
	return id
}

func record(c byte) (id model.RecordID) {
	id[0] = c
	return id
}

// script builds a job from lines such as "a start 905", "office cancel 940", "office withdraw a 910". Times are
// instants; only their order matters. A visit other than the first is written "a start 905 2".
type script struct {
	job  workflow.Job
	next byte
}

func on(assignments ...workflow.Assignment) *script {
	return &script{job: workflow.Job{Visit: 1, Rule: model.CompleteLead, Assignments: assignments}}
}

func lead(c byte, since model.Instant) workflow.Assignment {
	return workflow.Assignment{ID: record(c), User: user(c), Lead: true, Visit: 1, Since: since}
}

func helper(c byte, since model.Instant) workflow.Assignment {
	a := lead(c, since)
	a.Lead = false
	return a
}

func (s *script) event(line string) workflow.Event {
	w := strings.Fields(line)
	s.next++
	e := workflow.Event{Kind: w[1], Visit: 1}
	e.Change[0] = s.next
	if w[0] == "office" {
		e.Office = true
	} else {
		e.Worker = user(w[0][0])
	}
	rest := w[2:]
	if rest[0][0] >= 'a' {
		e.Of, rest = record(rest[0][0]), rest[1:]
	}
	e.At = number(rest[0])
	if len(rest) > 1 {
		e.Visit = int64(number(rest[1]))
	}
	return e
}

func number(s string) (n model.Instant) {
	for _, c := range s {
		n = 10*n + model.Instant(c-'0')
	}
	return n
}

func (s *script) with(lines ...string) *script {
	for _, l := range lines {
		s.job.Events = append(s.job.Events, s.event(l))
	}
	return s
}

func (s *script) derive() workflow.Derived { return workflow.Derive(s.job) }

func (s *script) state(c byte) string { return s.derive().States[record(c)] }

func TestD_StatusFollowsTheEvents(t *testing.T) {
	for _, test := range []struct {
		events    []string
		status    string
		state     string
		started   model.Instant
		completed model.Instant
		why       string
	}{
		{nil, "offered", "offered", 0, 0, "assigned, not answered"},
		{[]string{"a accept 1"}, "scheduled", "accepted", 0, 0, "T2"},
		{[]string{"a decline 1"}, "unassigned", "declined", 0, 0, "T3"},
		{[]string{"a accept 1", "a travel 2"}, "travelling", "travelling", 0, 0, "T5"},
		{[]string{"a accept 1", "a travel 2", "a start 3"}, "in_progress", "working", 3, 0, "T6"},
		{[]string{"a accept 1", "a start 3"}, "in_progress", "working", 3, 0, "T6: without travel"},
		{[]string{"a start 3"}, "in_progress", "working", 3, 0, "work implies acceptance"},
		{[]string{"a start 3", "a pause 4"}, "paused", "paused", 3, 0, "T7"},
		{[]string{"a start 3", "a pause 4", "a resume 5"}, "in_progress", "working", 3, 0, "T7"},
		{[]string{"a start 3", "office pause 4"}, "paused", "paused", 3, 0, "T7: the office pauses"},
		{[]string{"a start 3", "office pause 4", "a resume 5"}, "in_progress", "working", 3, 0, "working time is fact"},
		{[]string{"a start 3", "a done 6"}, "completed", "done", 3, 6, "T8"},
		{[]string{"a start 3", "a pause 4", "a done 6"}, "completed", "done", 3, 6, "T8: from paused"},
		{[]string{"a start 3", "a done 6", "a travel 2"}, "completed", "done", 3, 6, "a late earlier event pulls nothing back"},
		{[]string{"a start 3", "a travel 4"}, "in_progress", "working", 3, 0, "a trip for parts does not end the work"},
		{[]string{"a start 3", "a done 6", "a start 8"}, "completed", "done", 3, 6, "done ends the visit"},
		{[]string{"a decline 1", "a accept 2"}, "unassigned", "declined", 0, 0, "declined is not taken back by accepting"},
		{[]string{"a start 3", "a decline 5"}, "in_progress", "working", 3, 0, "who has begun cannot decline"},
		{[]string{"a start 3", "a done 6", "office close 9"}, "closed", "done", 3, 6, "T12"},
		{[]string{"office cancel 5"}, "cancelled", "offered", 0, 0, "T10"},
		{[]string{"a accept 1", "office cancel 5", "office reinstate 7"}, "scheduled", "accepted", 0, 0, "T11"},
		{[]string{"a start 3", "office cancel 5"}, "cancelled", "working", 3, 0, "T10: never clears times (R10)"},
		{[]string{"office withdraw a 5"}, "unassigned", "withdrawn", 0, 0, "T9"},
		{[]string{"a start 3", "a done 4", "office withdraw a 5"}, "completed", "done", 3, 4, "T9: done is not taken away"},
	} {
		s := on(lead('a', 0)).with(test.events...)
		d := s.derive()
		if d.Status != test.status || s.state('a') != test.state || d.Started != test.started || d.Completed != test.completed {
			t.Errorf("%v: %s, %s, started %d, completed %d; want %s, %s, %d, %d: %s", test.events, d.Status, s.state('a'), d.Started, d.Completed,
				test.status, test.state, test.started, test.completed, test.why)
		}
	}
}

func TestD_NobodyAssigned(t *testing.T) {
	s := on()
	if got := s.derive().Status; got != "unassigned" {
		t.Errorf("status %s", got)
	}
	s.job.Draft = true
	if got := s.derive().Status; got != "draft" {
		t.Errorf("draft has status %s", got)
	}
	s = on(lead('a', 0))
	s.job.AutoAccept = true
	if got := s.derive().Status; got != "scheduled" {
		t.Errorf("with automatic accept: %s", got)
	}
}

func TestD_CompletionRule(t *testing.T) {
	for _, test := range []struct {
		rule      model.CompletionRule
		events    []string
		status    string
		completed model.Instant
		why       string
	}{
		{model.CompleteLead, []string{"a start 1", "b start 2", "b done 5"}, "in_progress", 0, "a helper's done does not complete"},
		{model.CompleteLead, []string{"a start 1", "b start 2", "a done 5"}, "completed", 5, "the lead's done does, helpers need not"},
		{model.CompleteLead, []string{"b start 2", "b done 5"}, "offered", 0, "the lead has yet to come"},
		{model.CompleteAny, []string{"a start 1", "b start 2", "b done 5"}, "completed", 5, ""},
		{model.CompleteAny, []string{"a start 1", "a done 7", "b start 2", "b done 5"}, "completed", 5, "the earliest done"},
		{model.CompleteAll, []string{"a start 1", "a done 7", "b start 2"}, "in_progress", 0, ""},
		{model.CompleteAll, []string{"a start 1", "a done 7", "b start 2", "b done 5"}, "completed", 7, "the last one"},
		{model.CompleteAll, []string{"a start 1", "a done 7", "b decline 2"}, "completed", 7, "who declined is not waited for"},
		{0, []string{"a start 1", "a done 7"}, "completed", 7, "the default is lead"},
	} {
		s := on(lead('a', 0), helper('b', 0)).with(test.events...)
		s.job.Rule = test.rule
		if d := s.derive(); d.Status != test.status || d.Completed != test.completed {
			t.Errorf("rule %d, %v: %s at %d, want %s at %d: %s", test.rule, test.events, d.Status, d.Completed, test.status, test.completed, test.why)
		}
	}
}

func TestD_WithoutALeadTheFirstLeads(t *testing.T) {
	s := on(helper('b', 2), helper('a', 1)).with("b start 3", "b done 4")
	if got := s.derive().Status; got != "offered" {
		t.Errorf("the second's done: %s", got)
	}
	if got := s.with("a start 3", "a done 9").derive(); got.Status != "completed" || got.Completed != 9 {
		t.Errorf("the first's done: %s at %d", got.Status, got.Completed)
	}
}

func TestT13_ANewVisitIsAFence(t *testing.T) {
	s := on(lead('a', 0)).with("a start 3", "a done 6", "office reopen 9")
	again := lead('c', 9)
	again.User, again.Visit = user('a'), 2
	s.job.Assignments, s.job.Visit = append(s.job.Assignments, again), 2
	if d := s.derive(); d.Status != "offered" || d.Completed != 0 || d.States[record('a')] != "done" {
		t.Errorf("reopened: %+v", d)
	}
	s.with("a start 4 1", "a done 12 1") // row l: of the first visit, whenever they came
	if d := s.derive(); d.Status != "offered" || d.Started != 0 {
		t.Errorf("work of visit 1 moves visit 2: %+v", d)
	}
	if d := s.with("a start 13 2").derive(); d.Status != "in_progress" || d.Started != 13 {
		t.Errorf("work of visit 2: %+v", d)
	}
}

func TestT13_ReopeningEndsACancellation(t *testing.T) {
	s := on(lead('a', 0)).with("a start 3", "office cancel 5", "a done 7", "office reopen 9")
	s.job.Visit = 2
	if got := s.derive().Status; got != "unassigned" {
		t.Errorf("status %s, want unassigned: the second visit was never cancelled", got)
	}
}

func TestT9_TakenOffAndPutOnAgain(t *testing.T) {
	again := lead('c', 6)
	again.User = user('a')
	s := on(lead('a', 0), again).with("a start 3", "office withdraw a 5", "a done 8")
	d := s.derive()
	if d.Status != "completed" || d.Completed != 8 || d.Started != 3 {
		t.Errorf("%+v", d)
	}
	if d.States[record('a')] != "withdrawn" || d.States[record('c')] != "done" {
		t.Errorf("states %v", d.States)
	}
	if len(d.Flags) != 0 {
		t.Errorf("flags %v: it is their work", d.Flags)
	}
}

func TestD_FieldFirstWhereInstantsMeet(t *testing.T) {
	s := on(lead('a', 0)).with("office cancel 5", "a start 5", "a done 7")
	if d := s.derive(); d.Status != "completed" || !slices.Equal(d.Flags, []string{"needs_review"}) {
		t.Errorf("%s %v, want completed and needs_review", d.Status, d.Flags)
	}
}

func TestD_IdleEventsDoNothing(t *testing.T) {
	s := on(lead('a', 0)).with("a accept 1", "office cancel 2", "a start 3")
	for i := range s.job.Events {
		s.job.Events[i].Idle = true
	}
	if d := s.derive(); d.Status != "offered" || d.Started != 0 || len(d.Flags) != 0 {
		t.Errorf("%+v", d)
	}
}
