package session_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestHelloIsRefusedInOneWay(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p, other := w.newPhone(), w.newPhone()
		check(t, p.signIn(0))
		var first []byte
		for _, c := range []struct {
			name   string
			key    *phone
			change func(*protocol.Hello)
		}{
			{"unknown device", p, func(h *protocol.Hello) { h.Device[0] ^= 1 }},
			{"unknown tenant", p, func(h *protocol.Hello) { h.Tenant[0] ^= 1 }},
			{"wrong token", p, func(h *protocol.Hello) { h.Secret[0] ^= 1 }},
			{"token stolen by another key", other, func(h *protocol.Hello) { h.Device, h.Secret = p.in.Device, p.in.Token }},
		} {
			l, challenge := p.dial()
			l.send(c.key.hello(challenge, c.change))
			frame, err := l.conn.Recv(t.Context())
			check(t, err)
			if first == nil {
				first = frame
			}
			if !bytes.Equal(frame, first) {
				t.Errorf("%s: another answer: %s, want %s", c.name, protocol.Describe(frame), protocol.Describe(first))
			}
			<-l.served
		}
		if m, _ := protocol.Decode(first); m.(*protocol.Bye).Code != protocol.CodeNotSignedIn {
			t.Errorf("the answer is %s", protocol.Describe(first))
		}
	})
}

func TestGreetingEnds(t *testing.T) {
	for _, c := range []struct {
		why  string
		code protocol.Code
		do   func(p *phone, l *line, c *protocol.Challenge)
	}{
		{"no hello in time", protocol.CodeIdle, func(*phone, *line, *protocol.Challenge) {}},
		{"a message before the hello", protocol.CodeProtocol, func(_ *phone, l *line, _ *protocol.Challenge) { l.send(&protocol.Ping{}) }},
		{"no frame of ours", protocol.CodeProtocol, func(_ *phone, l *line, _ *protocol.Challenge) {
			check(l.t, l.conn.Send(l.t.Context(), []byte("GET / HTTP/1.1")))
		}},
		{"a version nobody speaks", protocol.CodeTooOld, func(p *phone, l *line, c *protocol.Challenge) {
			l.send(p.hello(c, func(h *protocol.Hello) { h.Version = 0 }))
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				p := w.newPhone()
				check(t, p.signIn(0))
				l, challenge := p.dial()
				began := time.Now()
				c.do(p, l, challenge)
				l.closed(c.code)
				if c.code == protocol.CodeIdle && time.Since(began) != 10*time.Second {
					t.Errorf("closed after %v, want 10 s", time.Since(began))
				}
			})
		})
	}
}

func TestPushIsAnsweredInOrderAndOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		a, b := p.pushOf(p.hours("shift_start"), p.hours("break_start")), p.pushOf(p.hours("break_end"))
		l.send(a)
		l.send(b)
		l.send(a)
		for i, want := range []struct {
			number uint64
			n      int
			repeat bool
		}{{1, 2, false}, {2, 1, false}, {1, 2, true}} {
			got := expect[*protocol.Answers](l)
			if got.Number != want.number || len(got.Answers) != want.n {
				t.Fatalf("answers %d = push %d with %d, want push %d with %d", i, got.Number, len(got.Answers), want.number, want.n)
			}
			for _, answer := range got.Answers {
				if answer.Outcome != model.OutcomeApplied || answer.Repeat != want.repeat {
					t.Errorf("answers %d: %+v, want applied, repeat %v", i, answer, want.repeat)
				}
			}
		}
		l.hangUp()
	})
}

func TestNothingIsAnsweredThatIsInDoubt(t *testing.T) {
	for _, c := range []struct {
		why  string
		err  error
		code protocol.Code
	}{
		{"a commit in doubt", errors.New("commit in doubt"), protocol.CodeTrouble},
		{"the session ended meanwhile", &model.EndedError{Ended: model.Ended{Reason: model.EndReset}}, protocol.CodeReset},
		{"a newer connection", session.ErrOlder, protocol.CodeReplaced},
	} {
		t.Run(c.why, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				p := w.newPhone()
				check(t, p.signIn(0))
				l := p.connect(false)
				w.engine.fail = func(string) error { return c.err }
				l.send(p.pushOf(p.hours("shift_start")))
				bye := l.closed(c.code)
				if c.code == protocol.CodeTrouble && (bye.After < 5000 || bye.After > 10_000 || bytes.Contains([]byte(bye.Text), []byte("doubt"))) {
					t.Errorf("bye = %+v, want a time to stay away and no detail", bye)
				}
			})
		})
	}
}

func TestAFullStoreIsAnsweredAndGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		w.engine.fail = func(string) error { return session.ErrLater }
		push := p.pushOf(p.hours("shift_start"))
		l.send(push)
		if m := expect[*protocol.ErrorMessage](l); m.Code != protocol.CodeUnavailable || m.Ref != push.Number {
			t.Errorf("got %+v", m)
		}
		w.engine.fail = nil
		l.send(push)
		if a := expect[*protocol.Answers](l); a.Answers[0].Outcome != model.OutcomeApplied || a.Answers[0].Repeat {
			t.Errorf("sent again: %+v", a.Answers[0])
		}
		l.hangUp()
	})
}

func TestAPanicEndsOneConnectionOnly(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		w.engine.fail = func(string) error { panic("poison") }
		l.send(p.pushOf(p.hours("shift_start")))
		if err := <-l.served; err == nil {
			t.Error("Serve = nil after a panic")
		}
		w.engine.fail = nil
		p.connect(false).hangUp()
	})
}

func TestHandInTakesAndReadsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		older.connect(false).hangUp()
		check(t, newer.signIn(older.in.Epoch))
		l := older.connect(true)
		for _, m := range []protocol.Message{
			&protocol.Resume{Follow: true}, &protocol.Got{}, &protocol.Holdings{Last: true}, &protocol.Search{Words: "boiler", Limit: 1},
		} {
			l.send(m)
			if got := expect[*protocol.ErrorMessage](l); got.Code != protocol.CodeLane {
				t.Errorf("%s on the hand-in lane = %+v", m.Type(), got)
			}
		}
		l.send(older.pushOf(older.hours("shift_start")))
		if a := expect[*protocol.Answers](l); !a.Answers[0].Outcome.In() {
			t.Errorf("hours handed in = %+v", a.Answers[0])
		}
		w.job(w.ben, 0)
		l.silent()
	})
}

// TestF13_AnEarlierSessionOfADeviceReportsAndHandsIn: another session has followed on the device, and what the earlier one left
// there comes in none the less, though its report is no news.
func TestF13_AnEarlierSessionOfADeviceReportsAndHandsIn(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		p.connect(false).hangUp()
		_, err := w.gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice, By: w.amy})
		check(t, err)
		earlier := *p
		check(t, p.signIn(0))
		l := earlier.connect(true)
		l.send(&protocol.Ping{Report: model.Report{Unsent: 1}})
		expect[*protocol.Pong](l)
		l.send(earlier.pushOf(earlier.hours("shift_start")))
		if a := expect[*protocol.Answers](l); !a.Answers[0].Outcome.In() {
			t.Errorf("hours handed in = %+v", a.Answers[0])
		}
		l.hangUp()
	})
}

func TestALostDeviceHandsInAndIsWiped(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		ended, err := w.engine.SetDeviceState(t.Context(), w.tenant, engine.DeviceMark{Device: p.in.Device, State: engine.DeviceLost, By: w.amy}, w.now())
		check(t, err)
		w.gate.Tell(ended...)
		l.closed(protocol.CodeRevoked)
		l = p.connect(true)
		l.send(p.pushOf(p.hours("shift_start")))
		expect[*protocol.Answers](l)
		l.send(&protocol.Bye{Code: protocol.CodeHandedIn})
		if bye := l.closed(protocol.CodeLostTaken); !bye.Code.Wipes() {
			t.Error("the device keeps what it holds")
		}

		_, err = w.engine.SetDeviceState(t.Context(), w.tenant, engine.DeviceMark{Device: p.in.Device, State: engine.DeviceStolen, By: w.amy}, w.now())
		check(t, err)
		l, c := p.dial()
		l.send(p.hello(c, func(h *protocol.Hello) { h.HandIn = true }))
		l.closed(protocol.CodeStolen)
	})
}

// A device whose session ended before it was reported lost is wiped all the same, one that was found is not, and a
// stolen one learns of it by its next ping.
func TestF5_ItIsTheDeviceThatIsLost(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		mark := func(state uint8) {
			t.Helper()
			_, err := w.engine.SetDeviceState(t.Context(), w.tenant, engine.DeviceMark{Device: p.in.Device, State: state, By: w.amy}, w.now())
			check(t, err)
		}
		check(t, p.signIn(0))
		l := p.connect(false)
		_, err := w.gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice, By: w.amy})
		check(t, err)
		l.closed(protocol.CodeEnded)
		mark(engine.DeviceLost)
		if err := p.signIn(0); !errors.Is(err, model.ErrLost) {
			t.Errorf("sign-in on a lost device = %v", err)
		}
		l = p.connect(true)
		l.send(&protocol.Bye{Code: protocol.CodeHandedIn})
		l.closed(protocol.CodeLostTaken)

		mark(engine.DeviceInUse)
		l = p.connect(true)
		l.send(&protocol.Bye{Code: protocol.CodeHandedIn})
		l.hangUp()

		check(t, p.signIn(0))
		l = p.connect(false)
		mark(engine.DeviceStolen)
		l.send(&protocol.Ping{})
		for {
			m := l.recv()
			if bye, ok := m.(*protocol.Bye); ok {
				if bye.Code != protocol.CodeStolen {
					t.Errorf("bye = %v, want stolen", bye.Code)
				}
				return
			}
		}
	})
}

func TestBadFramesHaveTheirFates(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		check(t, l.conn.Send(t.Context(), []byte{0x91, 0x7f})) // message 127
		if m := expect[*protocol.ErrorMessage](l); m.Code != protocol.CodeUnknownMessage {
			t.Errorf("an unknown message = %+v", m)
		}
		l.send(&protocol.Pong{})
		if m := expect[*protocol.ErrorMessage](l); m.Code != protocol.CodeUnexpected {
			t.Errorf("a message of the server = %+v", m)
		}
		l.send(&protocol.Got{Cursor: [8]byte{1}}) // of a page that was never sent: passed over
		check(t, l.conn.Send(t.Context(), []byte{0x92, 0x06}))
		l.closed(protocol.CodeProtocol)

		l = p.connect(false)
		l.send(p.hello(&protocol.Challenge{}, nil))
		l.closed(protocol.CodeProtocol)
	})
}

func TestPingPongAndSilence(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		time.Sleep(50 * time.Second) // fake
		l.send(&protocol.Ping{Wall: 42, Report: model.Report{Unsent: 3}})
		if pong := expect[*protocol.Pong](l); pong.Wall != 42 || pong.Time != w.now() {
			t.Errorf("pong = %+v", pong)
		}
		live, err := w.engine.Sessions(t.Context(), w.tenant)
		if err != nil || len(live) != 1 || live[0].Report.Unsent != 3 {
			t.Errorf("the board says %+v, %v; want 3 unsent", live, err)
		}
		began := time.Now()
		l.closed(protocol.CodeIdle)
		if time.Since(began) != time.Minute {
			t.Errorf("dead after %v, want a minute", time.Since(began))
		}
	})
}

func TestANewerConnectionReplacesTheOlder(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		older := p.connect(false)
		newer := p.connect(false)
		if bye := older.closed(protocol.CodeReplaced); !bye.Code.Reconnects() {
			t.Error("a network flap must not be a kick (domain F3)")
		}
		// The end of the older one must not have taken the newer one out of the hub.
		newest := p.connect(false)
		newer.closed(protocol.CodeReplaced)
		if _, err := w.gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice}); err != nil {
			t.Fatal(err)
		}
		newest.closed(protocol.CodeEnded)
	})
}

func TestCE21_ALateWordAboutAnOlderSessionEndsNobodyElse(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		first := older.in
		check(t, newer.signIn(first.Epoch))
		l := newer.connect(false)
		w.hub.Ended(model.Ended{
			Tenant: w.tenant, User: w.ben, Device: first.Device, Session: first.Session, Epoch: first.Epoch, Reason: model.EndSuperseded,
		})
		l.silent()
	})
}

// stuck is a connection whose other side takes nothing after the welcome.
type stuck struct {
	protocol.Conn
	frames int
}

func (s *stuck) Send(ctx context.Context, frame []byte) error {
	if s.frames++; s.frames > 2 {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Conn.Send(ctx, frame)
}

func TestASlowDeviceIsLeftAndMakesNoMemory(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		ours, theirs := protocol.Pipe()
		l := &line{t: t, phone: p, conn: ours, served: make(chan error, 1)}
		go func() {
			l.served <- w.server.Serve(context.Background(), &stuck{Conn: theirs}, session.Peer{Host: host})
		}()
		l.send(p.hello(expect[*protocol.Challenge](l), nil))
		expect[*protocol.Welcome](l)
		began := time.Now()
		taken := make(chan int)
		go func() {
			sent := 0
			for sent < 1000 && ours.Send(t.Context(), []byte{0x91, 0x7f}) == nil { // each asks for an answer
				sent++
			}
			taken <- sent
		}()
		if sent := <-taken; sent > 100 {
			t.Errorf("%d frames were taken from a device that takes nothing", sent)
		}
		if err := <-l.served; !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second {
			t.Errorf("Serve = %v after %v, want the write deadline after 10 s", err, time.Since(began))
		}
		var closed *protocol.CloseError
		if _, err := ours.Recv(t.Context()); !errors.As(err, &closed) || closed.Code != protocol.CodeSlow {
			t.Errorf("the device hears %v, want that it is slow", err)
		}
	})
}

func TestShutdownLetsWhatBeganFinish(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		waiting, _ := w.newPhone().dial() // has not said hello
		commit := make(chan struct{})
		w.engine.fail = func(string) error { <-commit; return nil }
		l.send(p.pushOf(p.hours("shift_start")))
		synctest.Wait()
		down := make(chan error, 1)
		go func() { down <- w.hub.Shutdown(t.Context(), 2*time.Second) }()
		waiting.closed(protocol.CodeRestart)
		synctest.Wait()
		select {
		case err := <-down:
			t.Fatalf("Shutdown returned while a push was being committed: %v", err)
		default:
		}
		close(commit)
		if a := expect[*protocol.Answers](l); a.Answers[0].Outcome != model.OutcomeApplied {
			t.Errorf("the push that had begun = %+v", a.Answers[0])
		}
		if bye := l.closed(protocol.CodeRestart); bye.After < 2000 || bye.After > 4000 {
			t.Errorf("stay away %d ms, want 2 to 4 s", bye.After)
		}
		check(t, <-down)
		ours, theirs := protocol.Pipe()
		late := &line{t: t, conn: ours, served: make(chan error, 1)}
		go func() { late.served <- w.server.Serve(context.Background(), theirs, session.Peer{}) }()
		late.closed(protocol.CodeRestart)
	})
}
