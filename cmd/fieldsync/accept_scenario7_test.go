package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestScenario7_DeviceSwapWithUnsentWork (domain G7): Ben signs in on another phone while the first is out of reach with
// unsent work. How many the question says is as the phone last told it; one that was cut off before could not.
func TestScenario7_DeviceSwapWithUnsentWork(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	amy, a, b := s.at("amy", "desk"), s.at("ben", "phone A"), s.at("ben", "phone B")
	amy.signsIn()
	a.signsIn()
	job := amy.gives("Boiler", a)
	a.isSettled()

	a.offline()
	notes := a.writes(5, job)
	a.hasUnsent(5)

	question := b.isAskedAbout(a)
	b.saysYes(question)

	heard, calls := a.tape.length(), a.dials.Load()
	a.online()
	if end := a.stops(protocol.CodeSuperseded); end.Reason != model.EndSuperseded || end.At == 0 {
		t.Errorf("phone A is told %+v", end)
	}
	a.hasReceiptsFor(notes)
	a.readsNothing(heard, notes)
	a.staysAway(calls)

	amy.shows(notes, job)
	b.shows(notes, job)
	b.isLive()
}

// TestAKickedPhoneWith300UnsentLosesNone: all 300 are settled through the hand-in lane, none twice, none lost, and nothing of what
// they say comes back to the device (domain F7 to F10).
func TestAKickedPhoneWith300UnsentLosesNone(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	amy, ben := s.at("amy", "desk"), s.at("ben", "phone")
	amy.signsIn()
	ben.signsIn()
	job := amy.gives("Boiler", ben)
	ben.isSettled()

	ben.offline()
	notes := ben.writes(300, job)
	ben.hasUnsent(300)
	s.command("sessions", "end", "ben@acme.test", "--now", "--reason", "the phone goes to Cal")

	heard, calls := ben.tape.length(), ben.dials.Load()
	ben.online()
	ben.stops(protocol.CodeEnded)
	ben.hasReceiptsFor(notes)
	ben.readsNothing(heard, notes)
	ben.staysAway(calls)
	amy.shows(notes, job)
}
