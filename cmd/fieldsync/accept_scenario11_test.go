package main

import (
	"errors"
	"testing"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestScenario11_StolenPhone (domain G11): Ben's phone is stolen with unsent work. At the next contact it is wiped, nothing that it has
// changes anything, and Ben works on another one.
func TestScenario11_StolenPhone(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	amy, a, b := s.at("amy", "desk"), s.at("ben", "phone A"), s.at("ben", "phone B")
	amy.signsIn()
	a.signsIn()
	job := amy.gives("Boiler", a)
	a.isSettled()
	a.offline()
	stolen := a.writes(3, job)

	s.command("devices", "mark", a.Who().Device.String(), "stolen")
	b.signsIn() // nobody is asked about a phone that is stolen
	mine := b.writes(1, job)

	heard := a.tape.length()
	a.online()
	a.isWiped()
	a.readsNothing(heard, stolen)
	b.isSettled()
	amy.shows(mine, job)
	b.shows(mine, job)
}

// isWiped says that the device erased all it had of its user.
func (p *someone) isWiped() {
	p.s.t.Helper()
	var err error
	p.s.eventually(p.set.label+" is wiped", func() bool {
		var running bool
		err, running = p.ended()
		return !running
	}, p.station)
	if !errors.Is(err, device.ErrWiped) {
		p.s.t.Fatalf("%s ended with %v, want it wiped", p.set.label, err)
	}
	list, listErr := p.List(model.Jobs, model.RecordID{})
	if len(list) > 0 || listErr != nil || len(p.Outbox()) > 0 {
		p.s.t.Errorf("%s still has %d jobs and %d changes: %v", p.set.label, len(list), len(p.Outbox()), listErr)
	}
}
