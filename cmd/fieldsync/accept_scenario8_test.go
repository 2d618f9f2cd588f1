package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"testing"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// racer is one of two devices on which Ben signs in at the same moment, by tickets.
type racer struct {
	*handset
	in  replica.Identity
	err error
}

// signsIn spends a ticket that was made beforehand.
func (r *racer) signsIn(ticket [32]byte, takeOver string) {
	public, err := protocol.PublicKey(r.key)
	check(r.t, err)
	r.in, r.err = device.SignIn(r.t.Context(), nil, "http://"+r.s.address, device.Credentials{
		Tenant: r.tenant, Ticket: hex.EncodeToString(ticket[:]), Device: r.in.Device, PublicKey: public, Label: r.label, TakeOver: takeOver,
	})
}

// ticket is a sign-in of Ben without a password.
func (s *stage) ticket(login string) [32]byte {
	s.t.Helper()
	k, err := s.gate.Issue(s.t.Context(), s.tenants["acme"], model.NewTicket{Kind: model.TicketSignIn, User: s.users[login], Proven: s.operator.now()})
	check(s.t, err)
	return k.Secret
}

// TestScenario8_LoginRace (domain G8): two devices sign in at the same moment, over and over. One of them is live each time, the
// other is asked about it, and nothing is applied under both sessions.
func TestScenario8_LoginRace(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	live := ""
	for round := range 40 {
		pair := [2]*racer{{handset: s.newHandset("acme", "ben")}, {handset: s.newHandset("acme", "ben")}}
		tickets := [2][32]byte{s.ticket("ben@acme"), s.ticket("ben@acme")}
		var both sync.WaitGroup
		for i, r := range pair {
			r.label = []string{"A", "B"}[i]
			both.Go(func() { r.signsIn(tickets[i], live) })
		}
		both.Wait()
		winner, loser := pair[0], pair[1]
		if winner.err != nil {
			winner, loser = loser, winner
		}
		active, asked := errors.AsType[*device.ActiveError](loser.err)
		if winner.err != nil || !asked || active.Device != winner.label {
			t.Fatalf("round %d: %v and %v; want one let in and one asked about it", round, winner.err, loser.err)
		}
		live = active.Epoch
		if bearer, err := s.engine.Bearer(t.Context(), s.tenants["acme"], sha256.Sum256(winner.in.Secret[:])); err != nil || bearer.Session != winner.in.Session {
			t.Fatalf("round %d: the one that was let in is not live: %v", round, err)
		}
		sessions, err := s.engine.Sessions(t.Context(), s.tenants["acme"])
		check(t, err)
		if len(sessions) != 1 || sessions[0].Session != winner.in.Session {
			t.Fatalf("round %d: %d sessions are live", round, len(sessions))
		}
	}
}
