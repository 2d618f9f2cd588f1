package session_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/session"
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
