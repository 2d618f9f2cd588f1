package session_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestSignInRefusesInOneWay(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		for _, c := range []struct {
			change func(*session.SignInRequest)
			want   error
			why    string
		}{
			{func(r *session.SignInRequest) { r.Password = "wrong" }, model.ErrSignIn, "a wrong password"},
			{func(r *session.SignInRequest) { r.Login = "nobody" }, model.ErrSignIn, "nobody of that name"},
			{func(r *session.SignInRequest) { r.Tenant = "nowhere" }, model.ErrSignIn, "no such company"},
			{func(r *session.SignInRequest) { r.PublicKey = nil }, session.ErrKey, "no key"},
			{func(r *session.SignInRequest) { r.PublicKey[9] ^= 1 }, session.ErrKey, "not a point of the curve"},
		} {
			r := p.request()
			r.PublicKey = append([]byte(nil), r.PublicKey...)
			c.change(&r)
			if _, err := w.gate.SignIn(t.Context(), r); !errors.Is(err, c.want) || err.Error() != c.want.Error() {
				t.Errorf("SignIn = %v, want exactly %v: %s", err, c.want, c.why)
			}
		}
		r := p.request()
		r.Tenant, r.Login = " ACME", "Ben "
		if _, err := w.gate.SignIn(t.Context(), r); err != nil {
			t.Errorf("SignIn = %v, want nil: names are folded", err)
		}
	})
}

func TestS13_GuessingIsLimitedAndLocksNobodyOut(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		known := w.newPhone()
		check(t, known.signIn(0))
		stranger := w.newPhone()
		r := stranger.request()
		r.Password = "wrong"
		var limit *session.LimitError
		tries := 0
		for ; tries < 50; tries++ {
			if _, err := w.gate.SignIn(t.Context(), r); errors.As(err, &limit) {
				break
			}
		}
		if tries != 5 {
			t.Errorf("%d guesses from one address, want 5", tries)
		}
		for i := range 300 { // from everywhere
			r.Address = fmt.Sprint("10.1.", i/250, ".", i%250)
			_, err := w.gate.SignIn(t.Context(), r)
			if limit = nil; errors.As(err, &limit) {
				break
			}
		}
		if limit == nil {
			t.Error("guessing from many addresses is never limited")
		}
		if err := known.signIn(0); err != nil {
			t.Errorf("SignIn of the known device = %v, want nil: it must not be locked out", err)
		}
		time.Sleep(limit.Wait + time.Second) // fake
		if _, err := w.gate.SignIn(t.Context(), r); !errors.Is(err, model.ErrSignIn) {
			t.Errorf("SignIn after the wait = %v, want ErrSignIn", err)
		}
	})
}

// TestS13_AKnownDeviceIsKnownAsItsOwners: who has a device of their own guesses at others as anybody else may.
func TestS13_AKnownDeviceIsKnownAsItsOwners(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		known := w.newPhone()
		check(t, known.signIn(0))
		var limit *session.LimitError
		tries := 0
		for ; tries < 200; tries++ {
			r := known.request()
			r.Device, r.Login, r.Password = known.in.Device, fmt.Sprint("somebody", tries), "wrong"
			if _, err := w.gate.SignIn(t.Context(), r); errors.As(err, &limit) {
				break
			}
		}
		if limit == nil {
			t.Errorf("%d guesses at others from one address are not limited", tries)
		}
	})
}

func TestF2_AnUnreachableDeviceIsSupersededAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		var active *model.Active
		if err := newer.signIn(0); !errors.As(err, &active) || active.Epoch != older.in.Epoch || active.Device != "Pixel" {
			t.Fatalf("SignIn = %v, want active elsewhere on the Pixel", err)
		}
		began := time.Now()
		check(t, newer.signIn(active.Epoch))
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the takeover waited %v for a device that is not there", waited)
		}
		if newer.in.Epoch <= older.in.Epoch {
			t.Errorf("epoch %d after %d", newer.in.Epoch, older.in.Epoch)
		}
		l, c := older.dial()
		l.send(older.hello(c, nil))
		bye := l.closed(protocol.CodeSuperseded)
		if bye.Reason != model.EndSuperseded || bye.At == 0 {
			t.Errorf("bye = %+v, want a reason and a time", bye)
		}
	})
}

func TestF2_AReachableDeviceDrainsFirst(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		l := older.connect(false)
		done := make(chan error, 1)
		go func() { done <- newer.signIn(older.in.Epoch) }()
		if drain := expect[*protocol.Drain](l); drain.Reason != model.EndSuperseded || drain.Millis != 30_000 {
			t.Errorf("drain = %+v", drain)
		}
		l.send(older.pushOf(older.hours("shift_start")))
		if a := expect[*protocol.Answers](l); a.Answers[0].Outcome != model.OutcomeApplied {
			t.Errorf("answer while draining = %v: commits go on until the takeover", a.Answers[0])
		}
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("the takeover did not wait: %v", err)
		default:
		}
		began := time.Now()
		l.send(&protocol.Ping{Report: model.Report{Unsent: 0}})
		check(t, <-done)
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the takeover waited %v for a device that is empty", waited)
		}
		for {
			m := l.recv()
			if bye, ok := m.(*protocol.Bye); ok {
				if bye.Code != protocol.CodeSuperseded {
					t.Errorf("bye = %d", bye.Code)
				}
				break
			}
			if m.Type() != protocol.TypePong {
				t.Errorf("got a %s", m.Type())
			}
		}
	})
}

func TestF2_ADeviceThatDoesNotDrainIsNotWaitedForLonger(t *testing.T) {
	for name, test := range map[string]struct {
		answers bool
		waits   time.Duration
	}{
		"one that answers":         {answers: true, waits: 30 * time.Second},
		"one that is out of reach": {answers: false, waits: 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				older, newer := w.newPhone(), w.newPhone()
				check(t, older.signIn(0))
				l := older.connect(false)
				began, done := time.Now(), make(chan error, 1)
				go func() { done <- newer.signIn(older.in.Epoch) }()
				expect[*protocol.Drain](l)
				if test.answers {
					l.send(&protocol.Ping{Report: model.Report{Unsent: 3}})
					expect[*protocol.Pong](l)
				}
				check(t, <-done)
				if waited := time.Since(began); waited != test.waits {
					t.Errorf("waited %v, want %v", waited, test.waits)
				}
				l.closed(protocol.CodeSuperseded)
			})
		})
	}
}

// TestF2_ASignInThatIsRefusedDrainsNobody: the live device hears nothing of a takeover that cannot be.
func TestF2_ASignInThatIsRefusedDrainsNobody(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		l := older.connect(false)
		var active *model.Active
		if err := newer.signIn(older.in.Epoch - 1); !errors.As(err, &active) {
			t.Fatalf("a takeover of another epoch = %v, want the question", err)
		}
		l.send(&protocol.Ping{})
		expect[*protocol.Pong](l)
		l.hangUp()
	})
}

func TestF3_TheSameDeviceIsNeverAsked(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		p.connect(false).hangUp()
		if err := p.signIn(0); err != nil {
			t.Fatalf("the second sign-in of one device = %v, want nil", err)
		}
		p.connect(false).hangUp()
	})
}

func TestF14_TheOfficeEndsASession(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		ended, err := w.gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice, By: w.amy})
		if err != nil || len(ended) != 1 || ended[0].Device != p.in.Device {
			t.Fatalf("End = %+v, %v", ended, err)
		}
		if bye := l.closed(protocol.CodeEnded); bye.By != "Amy" || bye.At != w.now() || bye.Reason != model.EndOffice || bye.Text == "" {
			t.Errorf("bye = %+v, want who, when, why and what now (domain F5)", bye)
		}
		if again, err := w.gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice}); len(again) > 0 || err != nil {
			t.Errorf("the second End = %+v, %v, want nothing", again, err)
		}
	})
}

// TestW18_EachComesInByTheirOwnDoor, and a portal session has no key that a connection could be proven with.
func TestW18_EachComesInByTheirOwnDoor(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		if _, err := w.gate.SignInPortal(t.Context(), p.request()); !errors.Is(err, model.ErrNoPortal) {
			t.Errorf("an engineer at the portal = %v, want ErrNoPortal", err)
		}
		company := model.RecordID{9}
		_, err := w.engine.AddAccount(t.Context(), w.tenant, engine.NewAccount{Login: "cora", Name: "Cora", Kind: model.Portal, Company: company, Password: cheap}, w.now())
		check(t, err)
		r := p.request()
		r.Login = "cora"
		if _, err := w.gate.SignIn(t.Context(), r); !errors.Is(err, model.ErrNoLane) {
			t.Errorf("a client at the field's door = %v, want ErrNoLane", err)
		}
		in, err := w.gate.SignInPortal(t.Context(), r)
		check(t, err)
		key, _, err := w.engine.DeviceKey(t.Context(), w.tenant, in.Device)
		check(t, err)
		if len(key) == len(r.PublicKey) || string(key) == string(r.PublicKey) {
			t.Error("a portal session goes by the key that was shown")
		}
		if err := w.gate.SignOut(t.Context(), w.tenant, in.Token); !errors.Is(err, model.ErrToken) {
			t.Errorf("a client at the field's way out = %v, want ErrToken", err)
		}
		var active *model.Active
		if _, err := w.gate.SignInPortal(t.Context(), r); !errors.As(err, &active) || active.Epoch != in.Epoch {
			t.Errorf("a second sign-in = %v, want the question", err)
		}
		r.Password = "wrong"
		var limit *session.LimitError
		for range 10 {
			if _, err = w.gate.SignInPortal(t.Context(), r); errors.As(err, &limit) {
				break
			}
		}
		if limit == nil {
			t.Error("the portal's door may be knocked at without end")
		}
	})
}

func TestSignOut(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		if err := w.gate.SignOut(t.Context(), w.tenant, [32]byte{1}); !errors.Is(err, model.ErrToken) {
			t.Errorf("SignOut with another token = %v", err)
		}
		check(t, w.gate.SignOut(t.Context(), w.tenant, p.in.Token))
		l.closed(protocol.CodeSignedOut)

		check(t, p.signIn(0))
		l = p.connect(false)
		l.send(&protocol.Bye{Reason: model.EndSignedOut})
		l.closed(protocol.CodeSignedOut)
		if live, err := w.engine.Sessions(t.Context(), w.tenant); err != nil || len(live) != 0 {
			t.Errorf("after signing out over the connection: %v, %v", live, err)
		}
	})
}
