package main

import (
	"encoding/json"
	"fmt"
	"testing"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestScenario13_Replacement (domain G13): Amy puts Cal in Ben's place. Cal has Ben's four open jobs and their history in one step; what
// Ben wrote and worked keeps his name, and his late end of a job does not override that Cal works on it.
func TestScenario13_Replacement(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	must(t, acceptPassword+"\n", "users", "add", "cal@acme.test", "--name", "Cal", "--password-stdin", "--tenant", "acme", "--data", s.data)
	amy, ben, cal := s.at("amy", "desk"), s.at("ben", "Ben's phone"), s.at("cal", "Cal's phone")
	for _, p := range []*someone{amy, ben, cal} {
		p.signsIn()
	}
	var jobs []device.Record
	for i := range 4 {
		jobs = append(jobs, amy.gives(fmt.Sprintf("Boiler %d", 101+i), ben))
	}
	before := ben.writes(1, jobs[1])
	ben.does(jobs[1], workflow.KindStart)
	ben.worked(45)
	ben.isSettled()
	ben.offline()
	ben.does(jobs[1], workflow.KindDone)
	late := []string{ben.says(jobs[1], 9)}

	var done api.Replaced
	check(t, json.Unmarshal([]byte(s.command("users", "replace", "ben@acme.test", "cal@acme.test", "--as", "amy@acme.test", "--json")), &done))
	if done.Jobs != 4 || len(done.Ended) != 1 || done.Ended[0].Fate != model.FateHandIn.String() || done.Active || !done.Successor.Active {
		t.Errorf("replacing Ben comes to %+v", done)
	}
	for _, job := range jobs {
		cal.s.eventually("Cal has the job", func() bool { _, ok, err := cal.Show(job.ID); return ok && err == nil }, cal.station)
	}
	cal.shows(before, jobs[1])
	cal.does(jobs[1], workflow.KindStart)
	cal.isSettled()

	heard := ben.tape.length()
	ben.online()
	if end := ben.stops(protocol.CodeRemoved); end.Reason != model.EndRemoved {
		t.Errorf("Ben's phone is told %+v", end)
	}
	ben.hasReceiptsFor(late)
	ben.readsNothing(heard, late)

	both := append(before, late...)
	cal.shows(both, jobs[1])
	amy.shows(both, jobs[1])
	amy.isSettled()
	amy.finds(jobs[1], "in_progress")
	notes, err := amy.List(model.Notes, jobs[1].ID)
	check(t, err)
	for _, n := range notes {
		if by := personIn(n, model.NoteAuthor); by != ben.Who().User {
			t.Errorf("a note of Ben's is %v's", by)
		}
	}
	if got := s.hoursOf("ben"); len(got.Events) != 1 || got.Events[0].Minutes != 45 {
		t.Errorf("Ben's hours = %+v; want his 45 minutes", got.Events)
	}
	if _, err := cli(t, acceptPassword+"\n", "users", "add", "ben@acme.test", "--password-stdin", "--tenant", "acme", "--data", s.data); err == nil {
		t.Error("Ben's login goes to another person")
	}
}
