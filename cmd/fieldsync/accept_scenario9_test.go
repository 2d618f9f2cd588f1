package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestScenario9_ReleaseByTheOffice (domain G9): Amy releases the phone that is active and lets it finish first; the other one
// is then let in without a question.
func TestScenario9_ReleaseByTheOffice(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the built program and its phones for some seconds")
	}
	s := openScene(t)
	amy, a, b := s.at("amy", "desk"), s.at("ben", "phone A"), s.at("ben", "phone B")
	amy.signsIn()
	a.signsIn()
	job := amy.gives("Boiler", a)
	b.isAskedAbout(a)

	notes := a.writes(20, job)
	s.command("sessions", "end", "ben@acme.test", "--reason", "phone B takes over")

	if end := a.stops(protocol.CodeEnded); end.Reason != model.EndOffice {
		t.Errorf("phone A is told %+v", end)
	}
	a.hasReceiptsFor(notes)
	b.signsIn()
	b.shows(notes, job)
	amy.shows(notes, job)
}
