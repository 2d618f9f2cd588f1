package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestRSS11_ALiveSocketExpires: at the moment, though nothing is committed or sent then; the lane stays open, and signing in
// again on the device is no question.
func TestRSS11_ALiveSocketExpires(t *testing.T) {
	if wrong := socketAges(t); wrong != "" {
		t.Error(wrong)
	}
}

func socketAges(t *testing.T) (wrong string) {
	bubble(t, func(t *testing.T, w *world) {
		const life = 20*time.Minute + 10*time.Second
		_, err := w.engine.Configure(t.Context(), w.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
			s.Sessions.Absolute = life.Milliseconds()
			return nil
		}}, w.now())
		check(t, err)
		p := w.newPhone()
		check(t, p.signIn(0))
		began := time.Now()
		l := p.connect(false)
		for time.Since(began) < life-10*time.Second {
			time.Sleep(30 * time.Second)
			l.send(&protocol.Ping{})
			expect[*protocol.Pong](l)
		}
		bye, ok := l.recv().(*protocol.Bye)
		if !ok || bye.Code != protocol.CodeExpired {
			wrong = fmt.Sprintf("the socket of an expired session is told %+v", bye)
			l.hangUp()
			return
		}
		if at := time.Since(began); at != life || bye.Reason != model.EndExpired || bye.By != "" || bye.Fate != model.FateHandIn {
			t.Errorf("after %v: %+v, want an end of age at %v, by nobody", at, bye, life)
		}
		l.hangUp()
		lane := p.connect(true)
		lane.send(p.pushOf(p.hours("shift_start")))
		if a := expect[*protocol.Answers](lane); a.Answers[0].Outcome != model.OutcomeApplied {
			t.Errorf("hours handed in = %+v, want applied", a.Answers[0])
		}
		lane.hangUp()
		check(t, p.signIn(0))
		p.connect(false).hangUp()
	})
	return wrong
}

// TestF6_AWelcomeGivesTheLease: as the company sets it.
func TestF6_AWelcomeGivesTheLease(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l, c := p.dial()
		l.send(p.hello(c, nil))
		if got, want := expect[*protocol.Welcome](l).Lease, uint64((7 * 24 * time.Hour).Milliseconds()); got != want {
			t.Errorf("lease = %d ms, want %d", got, want)
		}
		l.hangUp()
	})
}
