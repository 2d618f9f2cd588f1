package session_test

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// meanwhile is the engine, with something that happens between a hello's commit and the word of it.
type meanwhile struct {
	*gateway
	do func()
}

func (m *meanwhile) Hello(ctx context.Context, h model.Hello, now model.Instant) (model.Greeted, error) {
	greeted, err := m.gateway.Hello(ctx, h, now)
	if m.do != nil {
		m.do()
	}
	return greeted, err
}

// TestAnEndThatCrossesAHello: a session that is ended before the hub knows its connection leaves none open behind it.
func TestAnEndThatCrossesAHello(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		e := &meanwhile{gateway: w.engine}
		var err error
		w.server, err = session.NewServer(session.Config{Engine: e, Hub: w.hub, Sight: w.engine.Audiences, Search: w.engine.Search})
		check(t, err)
		e.do = func() {
			_, err := w.gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice, By: w.amy})
			check(t, err)
		}
		l, challenge := p.dial()
		l.send(p.hello(challenge, nil))
		l.closed(protocol.CodeEnded)
	})
}

// TestCE14_ATwinIsToldAtOnce: when a copy of a phone comes and gets a new identity, the slot is the copy's, and the
// connection of the other is told.
func TestCE14_ATwinIsToldAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		p.connect(false).hangUp()
		copied := *p
		l := p.connect(false)
		l.send(p.pushOf(p.hours("shift_start"))) // its token is in use now, which the copy does not have
		expect[*protocol.Answers](l)
		twin := copied.connect(false)
		if copied.in.Device == p.in.Device {
			t.Fatal("the copy has the same identity")
		}
		l.closed(protocol.CodeReidentified)
		twin.silent()
	})
}

// TestF5_AStolenPhoneThatIsConnectedIsWiped: its last word is not that what it holds is still taken.
func TestF5_AStolenPhoneThatIsConnectedIsWiped(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		ended, err := w.engine.SetDeviceState(t.Context(), w.tenant, engine.DeviceMark{Device: p.in.Device, State: engine.DeviceStolen, By: w.amy}, w.now())
		check(t, err)
		w.gate.Tell(ended...)
		if bye := l.closed(protocol.CodeStolen); !bye.Code.Wipes() {
			t.Error("a stolen phone keeps what it holds")
		}
	})
}

// TestAnEndWakesNobodyElse: what an end writes is told as every commit is. A company of ten thousand does not look for
// what is new because one phone signed out.
func TestAnEndWakesNobodyElse(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, _ := s.follow()
		desk := s.newPhone()
		r := desk.request()
		r.Login = "amy"
		for _, end := range []func(other *line){
			func(*line) {
				_, err := s.gate.End(t.Context(), s.tenant, model.Ending{User: s.amy, Reason: model.EndOffice, Note: "a look at the desk"})
				check(t, err)
			},
			func(other *line) { other.send(&protocol.Bye{Reason: model.EndSignedOut}) },
		} {
			var err error
			desk.in, err = s.gate.SignIn(t.Context(), r)
			check(t, err)
			desk.token = 0
			other := desk.connect(false)
			synctest.Wait()
			before := s.looks.Load()
			end(other)
			expect[*protocol.Bye](other)
			synctest.Wait()
			if n := s.looks.Load() - before; n != 0 {
				t.Errorf("the end of another's session cost %d looks", n)
			}
		}
		l.hangUp()
	})
}

// slowly is a connection whose frames of one kind are on their way until told.
type slowly struct {
	protocol.Conn
	what   protocol.Type
	arrive chan struct{}
}

func (s *slowly) Send(ctx context.Context, frame []byte) error {
	if m, err := protocol.Decode(frame); err == nil && m.Type() == s.what {
		<-s.arrive
	}
	return s.Conn.Send(ctx, frame)
}

// dialThrough is dial over a connection that the test has in its hand.
func (p *phone) dialThrough(wrap func(protocol.Conn) protocol.Conn) *line {
	p.w.t.Helper()
	ours, theirs := protocol.Pipe()
	l := &line{t: p.w.t, phone: p, conn: ours, served: make(chan error, 1)}
	go func() {
		l.served <- p.w.server.Serve(context.Background(), wrap(theirs), session.Peer{Tenant: p.w.tenant, Host: host})
	}()
	l.send(p.hello(expect[*protocol.Challenge](l), nil))
	p.token = expect[*protocol.Welcome](l).Token
	return l
}

// TestTheCloseHasTheCodeOfTheBye: what comes after the last word does not change it.
func TestTheCloseHasTheCodeOfTheBye(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		arrive := make(chan struct{})
		older := p.dialThrough(func(c protocol.Conn) protocol.Conn { return &slowly{c, protocol.TypeBye, arrive} })
		newer := p.connect(false)
		synctest.Wait() // the older one's last word is on its way
		_, err := w.gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice})
		check(t, err)
		synctest.Wait()
		close(arrive)
		older.closed(protocol.CodeReplaced)
		newer.closed(protocol.CodeEnded)
	})
}

// lingering is a connection that takes its time to close, as a WebSocket does.
type lingering struct {
	protocol.Conn
	closing, gone chan struct{}
}

func (l *lingering) Close(code protocol.Code, reason string) error {
	close(l.closing)
	<-l.gone
	return l.Conn.Close(code, reason)
}

// TestF14_TheConnectionThatLivesIsAskedToDrain: after a network flap two connections of the device may be in the hub.
func TestF14_TheConnectionThatLivesIsAskedToDrain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		var flaps []*lingering
		for range 8 { // the hub looks through them in any order
			flap := &lingering{closing: make(chan struct{}), gone: make(chan struct{})}
			p.dialThrough(func(c protocol.Conn) protocol.Conn { flap.Conn = c; return flap })
			flaps = append(flaps, flap)
		}
		l := p.connect(false)
		for _, flap := range flaps {
			<-flap.closing
		}
		done := make(chan error, 1)
		go func() {
			_, err := w.gate.End(t.Context(), w.tenant, model.Ending{User: w.ben, Epoch: p.in.Epoch, Reason: model.EndOffice, Choice: model.EndDrain})
			done <- err
		}()
		expect[*protocol.Drain](l)
		l.emptied(protocol.CodeEnded)
		check(t, <-done)
		for _, flap := range flaps {
			close(flap.gone)
		}
	})
}

// poisoned is a connection that panics.
type poisoned struct {
	protocol.Conn
	sends, receives bool
	frames          atomic.Int32
}

func (p *poisoned) Send(ctx context.Context, frame []byte) error {
	if p.frames.Add(1) > 2 && p.sends {
		panic("poison")
	}
	return p.Conn.Send(ctx, frame)
}

func (p *poisoned) Recv(ctx context.Context) ([]byte, error) {
	if p.frames.Load() > 1 && p.receives {
		panic("poison")
	}
	return p.Conn.Recv(ctx)
}

func TestAPanicOfAConnectionEndsItAlone(t *testing.T) {
	for _, poison := range []*poisoned{{sends: true}, {receives: true}} {
		bubble(t, func(t *testing.T, w *world) {
			p := w.newPhone()
			check(t, p.signIn(0))
			l := p.dialThrough(func(c protocol.Conn) protocol.Conn { poison.Conn = c; return poison })
			_ = l.conn.Send(t.Context(), protocol.Encode(&protocol.Ping{})) // it may be over already
			if err := <-l.served; err == nil {
				t.Error("Serve = nil after a panic")
			}
			p.connect(false).hangUp()
			if n := w.hub.Connected(); n != 0 {
				t.Errorf("%d connections are left", n)
			}
		})
	}
}

// broken is a connection that cannot be written to after the welcome.
type broken struct {
	protocol.Conn
	frames int
	err    error
}

func (b *broken) Send(ctx context.Context, frame []byte) error {
	if b.frames++; b.frames > 2 {
		return b.err
	}
	return b.Conn.Send(ctx, frame)
}

func TestHowAWriteFails(t *testing.T) {
	for _, c := range []struct {
		why  string
		err  error
		want error
		code protocol.Code
	}{
		{"the phone is in a lift", io.ErrUnexpectedEOF, nil, protocol.CodeNone},
		{"the socket's deadline came before ours", os.ErrDeadlineExceeded, os.ErrDeadlineExceeded, protocol.CodeSlow},
	} {
		bubble(t, func(t *testing.T, w *world) {
			p := w.newPhone()
			check(t, p.signIn(0))
			l := p.dialThrough(func(conn protocol.Conn) protocol.Conn { return &broken{Conn: conn, err: c.err} })
			l.send(&protocol.Ping{})
			if err := <-l.served; !errors.Is(err, c.want) {
				t.Errorf("%s: Serve = %v, want %v", c.why, err, c.want)
			}
			_, err := l.conn.Recv(t.Context())
			var closed *protocol.CloseError
			if c.code == protocol.CodeNone && !errors.Is(err, io.EOF) || c.code != protocol.CodeNone && (!errors.As(err, &closed) || closed.Code != c.code) {
				t.Errorf("%s: closed with %v, want %d", c.why, err, c.code)
			}
		})
	}
}

// TestIdleIsSilence: a device that is heard, if only by pings, is not idle, however long it takes. Nor is one that waits
// for us.
func TestIdleIsSilence(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		for range 20 {
			time.Sleep(59 * time.Second) // fake
			l.send(&protocol.Ping{})
			expect[*protocol.Pong](l)
		}
		w.engine.fail = func(string) error { time.Sleep(70 * time.Second); return nil }
		l.send(p.pushOf(p.hours("shift_start")))
		time.Sleep(25 * time.Second)
		l.send(&protocol.Ping{})
		expect[*protocol.Answers](l)
		expect[*protocol.Pong](l)
		l.hangUp()
	})
}
