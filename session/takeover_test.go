package session_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestF2_ADyingConnectionTakesNobodyElsesPlace: the old device's connection leaves after the new one has come, or after it
// has come back itself; the living one is still known, and asked to drain (reliability-security RS-E4).
func TestF2_ADyingConnectionTakesNobodyElsesPlace(t *testing.T) {
	if wrong := dyingConnection(false) + dyingConnection(true); wrong != "" {
		t.Error(wrong)
	}
}

func dyingConnection(same bool) string {
	hub, rung := session.NewHub(), 0
	old := model.Connection{Tenant: model.TenantID{1}, User: model.UserID{2}, Device: model.DeviceID{3}, Epoch: 1}
	now := old
	now.Epoch = 2
	if !same {
		now.Device = model.DeviceID{4}
	}
	leave := hub.Live(old, func() {})
	hub.Live(now, func() { rung++ })
	leave()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nobody answers
	if hub.Drain(ctx, now.Tenant, now.User, now.Epoch, model.EndOffice, 1); rung != 1 {
		return "the device that is live is not known any more"
	}
	return ""
}

// dying is accounts in a process that dies before a takeover is durable.
type dying struct{ session.Accounts }

var errDied = errors.New("died before the commit")

func (d dying) SignIn(ctx context.Context, s model.SignIn, now model.Instant) (model.SignedIn, error) {
	if s.Rehearse {
		return d.Accounts.SignIn(ctx, s, now)
	}
	return model.SignedIn{}, errDied
}

// TestF5_NobodyIsToldOfWhatIsNotDurable: a takeover that never came to be leaves the old device alone.
func TestF5_NobodyIsToldOfWhatIsNotDurable(t *testing.T) {
	if wrong := toldEarly(t); wrong != "" {
		t.Error(wrong)
	}
}

func toldEarly(t *testing.T) (wrong string) {
	bubble(t, func(t *testing.T, w *world) {
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		rung := 0
		w.hub.Live(model.Connection{
			Tenant: w.tenant, User: w.ben, Device: older.in.Device, Session: older.in.Session, Epoch: older.in.Epoch,
		}, func() { rung++ })
		gate, err := session.NewGate(session.GateConfig{Accounts: dying{w.engine}, Hub: w.hub, Passwords: w.passwords, Drain: -1})
		check(t, err)
		r := newer.request()
		r.TakeOver = older.in.Epoch
		if _, err := gate.SignIn(t.Context(), r); !errors.Is(err, errDied) {
			t.Fatal(err)
		}
		if rung > 0 {
			wrong = "the old device is told of a takeover that is not durable"
		}
	})
	return wrong
}

// full is a store that decides and then has no room for what was decided.
type full struct{ storage.Store }

func (s full) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	return s.Store.Apply(ctx, t, weight, func(r storage.Reader) (*storage.WriteSet, error) {
		set, err := decide(r)
		if err == nil {
			return nil, storage.ErrFull
		}
		return set, err
	})
}

// TestF5_NobodyIsToldOfAnEndThatIsNotDurable: neither of one by the office nor of one by a reset. What is told is terminal, and the
// session lives.
func TestF5_NobodyIsToldOfAnEndThatIsNotDurable(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		link, err := w.gate.Issue(t.Context(), w.tenant, model.NewTicket{Kind: model.TicketReset, User: w.ben, By: w.amy})
		check(t, err)
		rung := 0
		w.hub.Live(model.Connection{
			Tenant: w.tenant, User: w.ben, Device: p.in.Device, Session: p.in.Session, Epoch: p.in.Epoch,
		}, func() { rung++ })
		accounts := engine.New(engine.Config{Store: full{w.engine.store}, Random: rand.Reader, Decode: protocol.DecodeChange})
		gate, err := session.NewGate(session.GateConfig{Accounts: accounts, Hub: w.hub, Passwords: w.passwords, Drain: -1})
		check(t, err)
		ended, err := gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice, By: w.amy, Choice: model.EndNow})
		if !errors.Is(err, storage.ErrFull) || ended != nil {
			t.Errorf("End = %+v, %v, want none and ErrFull", ended, err)
		}
		reset := session.ResetRequest{Tenant: "acme", Link: link.Secret, Password: "a new password"}
		if err := gate.Reset(t.Context(), reset); !errors.Is(err, storage.ErrFull) {
			t.Errorf("Reset = %v, want ErrFull", err)
		}
		if rung > 0 {
			t.Errorf("the device is told %d times of an end that is not durable", rung)
		}
	})
}
