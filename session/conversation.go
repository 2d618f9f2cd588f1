package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Errors that an Engine wraps to tell a conversation more than that there is trouble.
var (
	// ErrLater says that nothing was decided and reading goes on: the store takes no changes now.
	ErrLater = errors.New("the store takes no changes now")
	// ErrOlder says that the device has a newer connection: this one is not answered.
	ErrOlder = errors.New("the device has a newer connection")
)

// Engine is what a conversation asks of the engine.
type Engine interface {
	// StoreName is the opaque name of the store's present life, for the challenge.
	StoreName(ctx context.Context, t model.TenantID) ([8]byte, error)
	// DeviceKey is the public key a hello is checked with; model.ErrToken when the device is not known.
	DeviceKey(ctx context.Context, t model.TenantID, d model.DeviceID) ([]byte, error)
	// Hello opens a connection whose proof has been checked.
	Hello(ctx context.Context, h model.Hello, now model.Instant) (model.Greeted, error)
	// Push accepts one frame inside one commit and answers in its order, after it is durable. *model.EndedError when
	// the session is over, ErrOlder, ErrLater; after any other error nothing is known.
	Push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error)
	// Pull answers the next page, or nil when there is nothing to say.
	Pull(ctx context.Context, p model.Pull, now model.Instant) (*model.Page, error)
	// Reconcile answers a device that listed what it holds.
	Reconcile(ctx context.Context, c model.Connection, held []model.RecordID, now model.Instant) (*model.Page, error)
	// Note keeps a device's report.
	Note(ctx context.Context, c model.Connection, r model.Report, now model.Instant) error
	// End ends a session of this epoch, durably; nil when none was.
	End(ctx context.Context, t model.TenantID, u model.UserID, epoch model.Epoch, why model.EndReason, by model.UserID, now model.Instant) (*model.Ended, error)
}

// Config is what a server is made of. A zero duration means the default named beside it.
type Config struct {
	Engine Engine           // required
	Hub    *Hub             // required
	Log    *slog.Logger     // nil discards
	Clock  func() time.Time // nil: time.Now
	Random io.Reader        // nonces and jitter; nil: the operating system's
	// Name is the display name of whoever ended a session, for the person whose session it was; nil or empty: untold.
	Name func(t model.TenantID, u model.UserID) string

	HelloTimeout time.Duration // from the challenge to a good hello; 10 s
	IdleTimeout  time.Duration // without a frame: two missed pings of 25 s ± 20 %; 60 s
	WriteTimeout time.Duration // for one frame to be taken; 10 s
	RefreshEvery time.Duration // a cursor ages even when nothing is new; 1 h
	Pace         time.Duration // between two looks for something new; 100 ms
	After        time.Duration // how long a device is asked to stay away after trouble; 5 s, and as much again at random
}

// Server holds conversations.
type Server struct{ cfg Config }

// NewServer makes a server.
func NewServer(cfg Config) (*Server, error) {
	if cfg.Engine == nil || cfg.Hub == nil {
		return nil, errors.New("a session server needs Engine and Hub")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	for _, d := range []struct {
		value *time.Duration
		zero  time.Duration
	}{
		{&cfg.HelloTimeout, 10 * time.Second},
		{&cfg.IdleTimeout, time.Minute},
		{&cfg.WriteTimeout, 10 * time.Second},
		{&cfg.RefreshEvery, time.Hour},
		{&cfg.Pace, 100 * time.Millisecond},
		{&cfg.After, 5 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	return &Server{cfg: cfg}, nil
}

// Peer is what is known of a connection before it says hello.
type Peer struct {
	Tenant   model.TenantID // which company the device asked for; the hello decides
	Host     string         // the host the device meant to reach: lower-case, a port only when it is not 443
	Address  string         // for the log
	Admitted func()         // called once the hello was good; may be nil
}

// Serve holds the conversation with one device until it ends, closes conn, and returns after everything it started
// has ended. The error says why the connection ended; nil when the device or the server ended it in order.
func (s *Server) Serve(ctx context.Context, conn protocol.Conn, p Peer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &conversation{
		cfg: &s.cfg, conn: conn, peer: p, began: s.cfg.Clock(), idle: true,
		frames: make(chan []byte), out: make(chan []byte, 1), sent: make(chan error, 1),
		quiet: time.NewTimer(s.cfg.IdleTimeout), refresh: time.NewTimer(s.cfg.RefreshEvery), rest: time.NewTimer(s.cfg.Pace),
		grid: time.Now(),
	}
	var running sync.WaitGroup
	running.Go(func() { c.read(ctx) })
	running.Go(func() { c.write(ctx) })
	err := c.hold(ctx)
	if err == nil {
		err = c.cause
	}
	c.farewell(err)
	cancel()
	close(c.out)
	running.Wait()
	c.stop()
	if c.member != nil {
		s.cfg.Hub.leave(c.member)
	}
	return err
}

// conversation is the state of one connection. Everything but the channels belongs to the goroutine that called
// Serve.
type conversation struct {
	cfg   *Config
	conn  protocol.Conn
	peer  Peer
	began time.Time

	frames  chan []byte // from the reader; closed when it ends
	readErr error       // why the reader ended; set before frames is closed
	out     chan []byte // to the writer, only while it is idle
	sent    chan error  // from the writer, once a frame
	idle    bool        // the writer has nothing

	member  *member
	who     model.Connection
	handIn  bool
	lost    bool // on the hand-in lane: the device was reported lost
	zstd    bool
	parted  bool  // the last word has been given to the writer
	cause   error // what is behind a bye that says trouble
	feed    feed
	due     intents
	drain   *drainRequest
	quiet   *time.Timer
	refresh *time.Timer
	rest    *time.Timer
	grid    time.Time // the feed is looked at so many paces after it
	counts  struct{ frames, changes, pages int }
}

// intents are what is to be said, before it is encoded.
type intents struct {
	answers  []*protocol.Answers
	changes  int // answered in answers
	pong     *protocol.Pong
	refusals []*protocol.ErrorMessage
	drain    *protocol.Drain
	bye      *protocol.Bye
}

// maxRefusals bounds the frames a device may have refused unread before nothing more is read from it.
const maxRefusals = 16

// full says whether so much waits for the device that nothing more is read from it.
func (d *intents) full() bool {
	return d.changes >= protocol.MaxChanges || len(d.answers) >= protocol.MaxChanges || len(d.refusals) >= maxRefusals
}

// errGone is how a conversation ends in order: what was due has been said.
var errGone = errors.New("gone")

// hold runs the conversation; a panic in the engine ends this connection alone.
func (c *conversation) hold(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.cfg.Log.Error("panic in a conversation", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	var ok bool
	if c.member, ok = c.cfg.Hub.enter(); !ok {
		c.due.bye = c.leavingBye()
		return c.run(ctx)
	}
	defer func() { c.drain.finish() }()
	if err := c.greet(ctx); err != nil {
		return ended(err)
	}
	return c.run(ctx)
}

// run says what is due and hears what comes, until the conversation is over.
func (c *conversation) run(ctx context.Context) error {
	for {
		if err := c.speak(ctx); err != nil {
			return ended(err)
		}
		frames := c.frames
		if c.due.full() || c.due.bye != nil {
			frames = nil
		}
		select {
		case err := <-c.sent:
			c.idle = true
			if err != nil {
				return ended(fmt.Errorf("send: %w", err))
			}
		case frame, ok := <-frames:
			if !ok {
				return ended(c.readErr)
			}
			c.quiet.Reset(c.cfg.IdleTimeout)
			if err := c.hear(ctx, frame); err != nil {
				return ended(err)
			}
		case <-c.wake():
			c.post(c.cfg.Hub.collect(c.member))
		case <-c.quiet.C:
			c.bye(&protocol.Bye{Code: protocol.CodeIdle, Text: "nothing was heard for too long"})
		case <-c.refresh.C:
			c.refresh.Reset(c.cfg.RefreshEvery)
			c.feed.refresh = true
			c.stir()
		case <-c.rest.C:
			c.feed.resting = c.feed.resting && !c.feed.dirty
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ended turns the everyday ends of a connection into no error: a phone that goes away in order or in a lift.
func ended(err error) error {
	var closed *protocol.CloseError
	if errors.As(err, &closed) {
		return nil
	}
	for _, everyday := range []error{errGone, io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed} {
		if errors.Is(err, everyday) {
			return nil
		}
	}
	return err
}

// wake is where the hub rings; nobody rings for a connection it has not admitted.
func (c *conversation) wake() <-chan struct{} {
	if c.member == nil {
		return nil
	}
	return c.member.wake
}

// post takes the hub's mail.
func (c *conversation) post(m mail) {
	if m.notify {
		c.stir()
	}
	if m.drain != nil {
		first := m.drain
		for first.before != nil {
			first = first.before
		}
		first.before, c.drain = c.drain, m.drain
		c.due.drain = &protocol.Drain{Reason: m.drain.reason, Millis: uint64(m.drain.within.Milliseconds())}
	}
	switch {
	case m.ended != nil:
		c.bye(c.endedBye(*m.ended))
	case m.replaced:
		c.bye(&protocol.Bye{Code: protocol.CodeReplaced, Text: "this device opened another connection"})
	case m.leaving:
		c.bye(c.leavingBye())
	}
}

// bye says the last word once; the first reason stands, unless a terminal one comes after a passing one.
func (c *conversation) bye(b *protocol.Bye) {
	if c.due.bye == nil || !c.due.bye.Code.Stops() && b.Code.Stops() {
		c.due.bye = b
	}
}

// read hands over what comes, one frame at a time: a device that sends faster than it is answered waits in its own
// socket.
func (c *conversation) read(ctx context.Context) {
	defer close(c.frames)
	for {
		frame, err := c.conn.Recv(ctx)
		if err != nil {
			c.readErr = err
			return
		}
		select {
		case c.frames <- frame:
		case <-ctx.Done():
			c.readErr = ctx.Err()
			return
		}
	}
}

// write sends what it is given and says how it went.
func (c *conversation) write(ctx context.Context) {
	for frame := range c.out {
		deadline, cancel := context.WithTimeout(ctx, c.cfg.WriteTimeout)
		err := c.conn.Send(deadline, frame)
		cancel()
		c.sent <- err
	}
}

func (c *conversation) stop() {
	c.quiet.Stop()
	c.refresh.Stop()
	c.rest.Stop()
}

func (c *conversation) now() model.Instant { return model.Instant(c.cfg.Clock().UnixMilli()) }

// later is when a device may come back after trouble: never all at once.
func (c *conversation) later(least time.Duration) uint64 {
	var b [2]byte
	if _, err := io.ReadFull(c.cfg.Random, b[:]); err != nil {
		return uint64(2 * least.Milliseconds())
	}
	spread := float64(b[0])/256 + float64(b[1])/65536
	return uint64(float64(least.Milliseconds()) * (1 + spread))
}
