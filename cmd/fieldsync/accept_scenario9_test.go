package main

import (
	"errors"
	"strings"
	"testing"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestScenario9_ReleaseByTheOffice (domain G9): the company lets nobody in on a second phone. Amy releases the one that is
// active and lets it finish first; the other one is then let in.
func TestScenario9_ReleaseByTheOffice(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	amy, a, b := s.at("amy", "desk"), s.at("ben", "phone A"), s.at("ben", "phone B")
	amy.signsIn()
	a.signsIn()
	job := amy.gives("Boiler", a)
	s.setting("policy_mobile=refuse")
	b.isRefusedFor(a)

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

// setting changes the company's settings from the terminal.
func (s *scene) setting(pair string) {
	s.t.Helper()
	if said := must(s.t, "", "tenants", "settings", "acme", pair, "--data", s.data); !strings.Contains(said, "policy_mobile") {
		s.t.Errorf("the settings after %s: %s", pair, said)
	}
}

// isRefusedFor another device, with advice, and learns of no epoch to say yes to.
func (p *someone) isRefusedFor(other *someone) {
	p.s.t.Helper()
	err := p.signIn(p.s.t.Context(), acceptPassword, "")
	no, ok := errors.AsType[*device.SignInError](err)
	if !ok || no.Code != "release_first" || !strings.Contains(no.Detail, "fieldsync sessions end") {
		p.s.t.Fatalf("%s is told %v while %s is live", p.set.label, err, other.set.label)
	}
}
