package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestScenario12_Leaver (domain G12): Amy removes Ben while he is offline with two hours of work. His jobs are nobody's, his phone reads
// nothing more, his hours are in and flagged, and what else he did waits for Amy, who lets it in.
func TestScenario12_Leaver(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	amy, ben := s.at("amy", "desk"), s.at("ben", "phone")
	amy.signsIn()
	ben.signsIn()
	job := amy.gives("Boiler", ben)
	ben.isSettled()
	ben.offline()
	ben.does(job, workflow.KindStart)
	notes := ben.writes(2, job)
	ben.does(job, workflow.KindDone)
	ben.worked(120)

	var left api.Left
	check(t, json.Unmarshal([]byte(s.command("users", "deactivate", "ben@acme.test", "--as", "amy@acme.test", "--reason", "left on Friday", "--json")), &left))
	if left.Jobs != 1 || len(left.Ended) != 1 || left.Ended[0].Fate != model.FateHeld.String() {
		t.Errorf("removing Ben comes to %+v; want one job and one session, and the rest held", left)
	}
	amy.finds(job, "unassigned")

	heard, calls := ben.tape.length(), ben.dials.Load()
	ben.online()
	if end := ben.stops(protocol.CodeRemoved); end.Reason != model.EndRemoved {
		t.Errorf("Ben's phone is told %+v", end)
	}
	ben.readsNothing(heard, notes)
	ben.staysAway(calls)
	if err := ben.signIn(t.Context(), acceptPassword, ""); err == nil {
		t.Error("Ben signs in")
	}

	events := s.hoursOf("ben").Events
	if len(events) != 1 || events[0].Minutes != 120 || !slices.Contains(events[0].Flags, workflow.FlagRemovedUser) {
		t.Errorf("Ben's hours = %+v; want his two, flagged", events)
	}
	amy.finds(job, "unassigned")
	amy.shows(nil, job)
	held := s.held()
	if len(held) != 4 {
		t.Fatalf("%d changes wait for Amy, want his start, two notes and the end", len(held))
	}
	for _, h := range held {
		s.command("held", "release", h.Change.String(), "--as", "amy@acme.test", "--why", "his last day")
	}
	if items := s.command("review", "list", "--state", "resolved", "--kind", "held", "--as", "amy@acme.test", "--json"); strings.Count(items, "his last day") != len(held) {
		t.Errorf("why it was let in is not in every item: %s", items)
	}
	amy.shows(notes, job)
}

// does says on a device what somebody does on a job.
func (p *someone) does(on device.Record, kind string) {
	p.s.t.Helper()
	_, err := p.Save(create(model.VisitEvents, val(model.FieldParent, model.Ref(on.ID)), val(model.VisitEventKind, model.Text(kind)), val(model.VisitEventVisit, model.Int(1))))
	check(p.s.t, err)
}

// worked so many minutes, as somebody enters by hand.
func (p *someone) worked(minutes int64) {
	p.s.t.Helper()
	_, err := p.Save(create(model.TimesheetEvents, val(model.TimeKind, model.Text("manual_entry")), val(model.TimeAmount, model.Int(minutes))))
	check(p.s.t, err)
}

// finds a job in a state.
func (p *someone) finds(job device.Record, status string) {
	p.s.t.Helper()
	var got string
	p.s.eventually(p.set.label+" finds the job "+status, func() bool {
		r, ok, err := p.Show(job.ID)
		got = r.Value(model.JobStatus).Text()
		return ok && err == nil && got == status
	}, p.station)
}

// held is what waits for Amy.
func (s *scene) held() []api.Held {
	s.t.Helper()
	var all []api.Held
	check(s.t, json.Unmarshal([]byte(s.command("held", "list", "--as", "amy@acme.test", "--json")), &all))
	return all
}

// hoursOf is somebody's timesheet of these days.
func (s *scene) hoursOf(login string) api.Timesheet {
	s.t.Helper()
	var sheets []api.Timesheet
	today := time.Now().UTC()
	check(s.t, json.Unmarshal([]byte(s.command("timesheets", "list", "--worker", login+"@acme.test", "--json",
		"--from", today.AddDate(0, 0, -2).Format(time.DateOnly), "--to", today.AddDate(0, 0, 3).Format(time.DateOnly), "--as", "amy@acme.test")), &sheets))
	if len(sheets) != 1 {
		s.t.Fatalf("%d timesheets of %s, want one", len(sheets), login)
	}
	return sheets[0]
}
