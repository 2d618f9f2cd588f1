package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
)

// TestRS12_TheFourFaultsOfOthers: what other gateways do to two devices of one user (reliability-security §1.2), tried on this one with
// real phones. Each has its planted bug where it is guarded: epoch-outside-commit and clean-up-by-user (make races), takeover-undrained
// (session), end-not-kept (client).
func TestRS12_TheFourFaultsOfOthers(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	amy, a, b := s.at("amy", "desk"), s.at("ben", "phone A"), s.at("ben", "phone B")
	amy.signsIn()
	a.signsIn()
	job := amy.gives("Boiler", a)
	a.isSettled()

	// Messages lost in a takeover: phone A is sending when phone B takes its place.
	question := b.isAskedAbout(a)
	written := a.writes(40, job)
	calls := a.dials.Load()
	b.saysYes(question)
	a.stops(protocol.CodeSuperseded)
	a.hasReceiptsFor(written)
	amy.shows(written, job)
	b.shows(written, job)

	// Two live sessions: there is one, and it is phone B's.
	if live := s.board()["ben@acme.test"]; live.Label != "phone B" {
		t.Errorf("live is %+v, want phone B alone", live)
	}

	// Endless mutual kicks: phone A stays away though it is woken, and phone B was never disturbed.
	calm := b.dials.Load()
	a.staysAway(calls)
	b.isLive()

	// The dying client deletes the new one's registration: phone A is long gone, and phone B is still reached, on the connection it has.
	amy.gives("Pump", b)
	if b.dials.Load() != calm {
		t.Errorf("phone B called %d times since", b.dials.Load()-calm)
	}
	s.command("sessions", "end", "ben@acme.test", "--reason", "end of the test")
	b.stops(protocol.CodeEnded)
}
