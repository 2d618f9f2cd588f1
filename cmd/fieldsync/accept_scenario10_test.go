package main

import (
	"testing"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
)

// TestScenario10_FlakyTrain (domain G10): Ben's connection breaks 200 times. That is no takeover and no question, nothing comes
// twice or anew, and the office sees him signed in all the while.
func TestScenario10_FlakyTrain(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	amy, ben := s.at("amy", "desk"), s.at("ben", "phone")
	amy.signsIn()
	ben.signsIn()
	job := amy.gives("Boiler", ben)
	ben.isSettled()
	was, seen, heard := ben.Who(), s.board()["ben@acme.test"], ben.tape.length()

	var notes []string
	for tunnel := range 200 {
		if tunnel%10 == 0 {
			notes = append(notes, ben.says(job, tunnel))
		}
		calls := ben.dials.Load()
		ben.dropsTheLine()
		s.eventually("the phone calls again", func() bool {
			return ben.dials.Load() > calls && ben.Status().State == device.StateConnected
		}, ben.station)
		if tunnel%50 > 0 {
			continue
		}
		if now := s.board()["ben@acme.test"]; now.Epoch != seen.Epoch || now.Session != seen.Session {
			t.Fatalf("after %d tunnels the office sees %+v", tunnel+1, now)
		}
	}
	ben.isSettled()
	if ben.Who() != was {
		t.Errorf("the phone is %+v, and was %+v", ben.Who(), was)
	}
	ben.gotNothingAnew(heard)
	amy.shows(notes, job)
	ben.shows(notes, job)
	ben.signsIn() // on the same phone: no question either
}

// gotNothingAnew says that since a moment on the tape no page began the device's data from nothing.
func (p *someone) gotNothingAnew(since int) {
	p.s.t.Helper()
	for _, frame := range p.tape.from(since) {
		m, err := protocol.Decode(frame)
		check(p.s.t, err)
		if page, ok := m.(*protocol.Page); ok && page.Header.Reconcile {
			p.s.t.Fatal("the phone had to download everything anew")
		}
	}
}
