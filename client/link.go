package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// link is one connection. One goroutine reads it; everything else belongs to the goroutine that called connect.
type link struct {
	c      *Client
	conn   protocol.Conn
	handIn bool
	wait   *backoff

	frames  chan []byte // from the reader; closed when it ends
	readErr error       // why the reader ended; set before frames is closed

	maxChanges, maxBytes int // in flight
	skew                 int64
	missed               int  // pings without a pong
	reported             bool // this connection has said what the clock is off by
	stale                int  // pages that continued another cursor
	resting              bool // nothing is pushed until rest fires
	barred               bool // the server will never take what is next; nothing more on this connection
	draining             bool
	leaving              bool // the user signed out, and the server was told
	emptied              bool // all was sent, and the server was told
	said                 bool // on the hand-in lane: nothing more will come; the server has the last word
	ping, rest           *time.Timer
	drained              *time.Timer // fires when the end that was said did not come
}

// readAhead is how many frames wait while one is handled: the server's window of pages and a few answers, so that
// neither side waits for the other to read.
const readAhead = 8

// errBadServer says that the server does not keep the protocol.
var errBadServer = errors.New("the server said something unexpected")

// connect holds one connection until it ends, and says why it did.
func (c *Client) connect(ctx context.Context, handIn bool, wait *backoff) error {
	c.set(func(s *liveStatus) { s.State, s.Retry = StateConnecting, time.Time{} })
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialling, stop := context.WithTimeout(ctx, c.cfg.Patience)
	conn, err := c.cfg.Dial(dialling)
	stop()
	if err != nil {
		c.set(func(s *liveStatus) { s.Trouble = "no connection" })
		return fmt.Errorf("dial: %w", err)
	}
	l := &link{
		c: c, conn: conn, handIn: handIn, wait: wait, frames: make(chan []byte, readAhead),
		ping: time.NewTimer(c.pingDelay()), rest: time.NewTimer(time.Hour), drained: stopped(),
	}
	var running sync.WaitGroup
	running.Go(func() { l.read(ctx) })
	err = l.hold(ctx)
	_ = conn.Close(closing(err), "") // it may be closed already; there is nobody to tell
	cancel()
	running.Wait()
	l.ping.Stop()
	l.rest.Stop()
	l.drained.Stop()
	c.mu.Lock()
	c.r.Disconnected()
	c.mu.Unlock()
	c.set(func(s *liveStatus) { s.State, s.Draining, s.Rows = StateConnecting, false, 0 })
	c.unanswered()
	c.cfg.Log.Info("connection ended", slog.Bool("hand_in", handIn), slog.Any("why", err))
	return err
}

// stopped is a timer that is set later.
func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

const (
	maxDrain = 10 * 60 * 1000   // ms that a drain is taken to last at most
	lateEnd  = 10 * time.Second // how long after its time an end may come
)

// drain notes that the session is about to end. Whoever asked for its place may think better of it: then no end comes, and
// the session goes on.
func (l *link) drain(m *protocol.Drain) {
	l.draining, l.emptied = true, false
	l.drained.Reset(time.Duration(min(m.Millis, maxDrain))*time.Millisecond + lateEnd)
	l.c.set(func(s *liveStatus) { s.Draining = true })
}

// closing is what the other side is told.
func closing(err error) protocol.Code {
	switch {
	case errors.Is(err, errBadServer):
		return protocol.CodeProtocol
	case errors.Is(err, errDead):
		return protocol.CodeIdle
	default:
		return protocol.CodeNone
	}
}

// errDead says that the other side has not answered two pings.
var errDead = errors.New("the server does not answer")

func (c *Client) pingDelay() time.Duration {
	d := c.cfg.PingEvery
	return d - d/5 + spread(c.cfg.Random, 2*d/5)
}

func (l *link) read(ctx context.Context) {
	defer close(l.frames)
	for {
		frame, err := l.conn.Recv(ctx)
		if err != nil {
			l.readErr = err
			return
		}
		select {
		case l.frames <- frame:
		case <-ctx.Done():
			l.readErr = ctx.Err()
			return
		}
	}
}

func (l *link) send(ctx context.Context, m protocol.Message) error {
	ctx, cancel := context.WithTimeout(ctx, l.c.cfg.Patience)
	defer cancel()
	if err := l.conn.Send(ctx, protocol.Encode(m)); err != nil {
		return l.cutOff(fmt.Errorf("send %s: %w", m.Type(), err))
	}
	return nil
}

// cutOff says why nothing can be sent any more: a server that ended the connection had told why before it did, and that
// may wait here unheard while we were about to speak. Whatever else waits is sent again.
func (l *link) cutOff(unsent error) error {
	late := time.NewTimer(l.c.cfg.Patience)
	defer late.Stop()
	for {
		select {
		case frame, ok := <-l.frames:
			if !ok {
				var closed *protocol.CloseError
				if errors.As(l.readErr, &closed) {
					return l.lost()
				}
				return unsent
			}
			if m, err := protocol.Decode(frame); err == nil {
				if bye, ok := m.(*protocol.Bye); ok {
					return l.parted(bye)
				}
			}
		case <-late.C:
			return unsent
		}
	}
}

// local runs one operation on the replica.
func (l *link) local(f func(*replica.Replica) error) error {
	l.c.mu.Lock()
	err := f(l.c.r)
	l.c.mu.Unlock()
	if err != nil {
		return errors.Join(errLocal, err)
	}
	return nil
}

// hold greets and then listens.
func (l *link) hold(ctx context.Context) error {
	if err := l.greet(ctx); err != nil {
		return err
	}
	l.wait.failures = 0
	select {
	case <-l.c.woken: // that was for this connection
	default:
	}
	state := StateConnected
	if l.handIn {
		state = StateHandIn
	}
	l.c.set(func(s *liveStatus) { s.State, s.Trouble, s.Code = state, "", protocol.CodeNone })
	if !l.handIn {
		if err := l.resume(ctx); err != nil {
			return err
		}
	}
	for {
		if err := l.pump(ctx); err != nil {
			return err
		}
		select {
		case frame, ok := <-l.frames:
			if !ok {
				return l.lost()
			}
			if err := l.hear(ctx, frame); err != nil {
				return err
			}
		case <-l.ping.C:
			if err := l.report(ctx); err != nil {
				return err
			}
		case <-l.rest.C:
			l.resting = false
		case <-l.drained.C:
			l.draining = false
			l.c.set(func(s *liveStatus) { s.Draining = false })
		case <-l.c.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// expect waits for the next message of the greeting.
func (l *link) expect(ctx context.Context) (protocol.Message, error) {
	late := time.NewTimer(l.c.cfg.Patience)
	defer late.Stop()
	select {
	case frame, ok := <-l.frames:
		if !ok {
			return nil, l.lost()
		}
		m, err := protocol.Decode(frame)
		if err != nil {
			return nil, errors.Join(errBadServer, err)
		}
		if bye, ok := m.(*protocol.Bye); ok {
			return nil, l.parted(bye)
		}
		return m, nil
	case <-late.C:
		return nil, errDead
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *link) greet(ctx context.Context) error {
	m, err := l.expect(ctx)
	if err != nil {
		return err
	}
	challenge, ok := m.(*protocol.Challenge)
	if !ok {
		return errBadServer
	}
	hello, err := l.hello(challenge)
	if err != nil {
		return err
	}
	if err := l.send(ctx, hello); err != nil {
		return err
	}
	if m, err = l.expect(ctx); err != nil {
		return err
	}
	switch m := m.(type) {
	case *protocol.Welcome:
		return l.welcome(m)
	case *protocol.Wipe: // in its place
		if err := l.wipe(ctx, m); err != nil {
			return err
		}
		if _, err := l.expect(ctx); err != nil {
			return err
		}
	}
	return errBadServer
}

func (l *link) hello(challenge *protocol.Challenge) (*protocol.Hello, error) {
	var hello *protocol.Hello
	err := l.local(func(r *replica.Replica) error {
		hello = r.Hello(l.handIn)
		return nil
	})
	if err != nil {
		return nil, err
	}
	hello.Version = min(protocol.Version, max(challenge.Newest, 1))
	hello.Features, hello.App = protocol.FeatureZstd|protocol.FeatureWipe, l.c.cfg.App
	hello.Signature, err = l.c.cfg.Signer.Sign(protocol.HelloProof(challenge, hello, l.c.cfg.Host))
	if err != nil {
		return nil, fmt.Errorf("sign the hello: %w", err)
	}
	return hello, nil
}

func (l *link) welcome(w *protocol.Welcome) error {
	now := l.c.cfg.Clock()
	l.skew = int64(now.Wall - w.Time)
	l.c.set(func(s *liveStatus) { s.searches = w.Features&protocol.FeatureSearch != 0 })
	l.maxChanges, l.maxBytes = int(min(w.MaxChanges, protocol.MaxChanges)), int(min(w.MaxBytes, protocol.MaxFrame))
	return l.local(func(r *replica.Replica) error {
		if w.User != r.Who().User {
			return &StoppedError{Code: protocol.CodeProtocol, Text: "the server takes this device for another user's"}
		}
		_, err := r.Welcome(w, now)
		return err
	})
}

func (l *link) resume(ctx context.Context) error {
	var m *protocol.Resume
	err := l.local(func(r *replica.Replica) error {
		m = r.Resume(true)
		return nil
	})
	if err != nil {
		return err
	}
	return l.send(ctx, m)
}

// lost says how a connection ended whose reader ended. A close code counts as a last word.
func (l *link) lost() error {
	var closed *protocol.CloseError
	if errors.As(l.readErr, &closed) {
		return l.parted(&protocol.Bye{Code: closed.Code})
	}
	if errors.Is(l.readErr, io.EOF) && l.said {
		return errHandedIn
	}
	if errors.Is(l.readErr, io.EOF) {
		return errors.New("closed by the server")
	}
	return fmt.Errorf("receive: %w", l.readErr)
}

// parted hears the server's last word. What it asks for is in the range of its code.
func (l *link) parted(b *protocol.Bye) error {
	if l.said && !b.Code.Wipes() {
		return errHandedIn
	}
	err := l.local(func(r *replica.Replica) error {
		if err := r.Bye(b); err != nil || !b.Code.Wipes() {
			return err
		}
		return r.Wipe()
	})
	if err != nil {
		return err
	}
	text := b.Text
	if text == "" {
		text = b.Code.String()
	}
	l.c.set(func(s *liveStatus) { s.Code, s.Trouble = b.Code, text })
	switch {
	case b.Code.Wipes():
		return ErrWiped
	case b.Code.Stops():
		return &StoppedError{Code: b.Code, Text: text, End: replica.EndOf(b)}
	}
	l.wait.asked = time.Duration(min(b.After, uint64(maxAfter.Milliseconds()))) * time.Millisecond
	l.wait.long = b.Code == protocol.CodeReplaced
	return fmt.Errorf("closed by the server: %s", text)
}

// maxAfter bounds how long a server may send a device away.
const maxAfter = 24 * time.Hour

// report pings, with what the office wants to know of a device that may vanish (domain F6).
func (l *link) report(ctx context.Context) error {
	if l.missed >= 2 {
		return errDead
	}
	l.missed++
	l.reported = true
	l.ping.Reset(l.c.pingDelay())
	now := l.c.cfg.Clock()
	ping := &protocol.Ping{Wall: now.Wall, Report: model.Report{Skew: l.skew, Version: l.c.cfg.App}}
	n, oldest := l.c.Unsent()
	ping.Report.Unsent, ping.Report.Oldest = uint32(n), oldest
	ping.Report.Space = l.space()
	return l.send(ctx, ping)
}

// space is what the phone has left. A report of 0 says nothing, so a phone without a free byte says that it has one.
func (l *link) space() int64 {
	if l.c.cfg.Space == nil {
		return 0
	}
	if n := l.c.cfg.Space(); n != 0 {
		return max(n, 0)
	}
	return 1
}
