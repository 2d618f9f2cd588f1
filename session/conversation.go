package session

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
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
	// DeviceKey is the public key a hello is checked with, and whose device it is; model.ErrToken when it is not known.
	DeviceKey(ctx context.Context, t model.TenantID, d model.DeviceID) (key []byte, of model.UserID, err error)
	// Hello opens a connection whose proof has been checked.
	Hello(ctx context.Context, h model.Hello, now model.Instant) (model.Greeted, error)
	// Push accepts one frame inside one commit and answers in its order, after it is durable. *model.EndedError when
	// the session is over, ErrOlder, ErrLater; after any other error nothing is known.
	Push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error)
	// Pull answers the next page, or nil when there is nothing to say.
	Pull(ctx context.Context, p model.Pull, now model.Instant) (*model.Page, error)
	// Reconcile answers a device that listed what it holds.
	Reconcile(ctx context.Context, c model.Connection, held []model.RecordID, now model.Instant) (*model.Page, error)
	// Note keeps what was learnt of a device: its report, and which checkpoint it holds.
	Note(ctx context.Context, c model.Connection, n model.Note, now model.Instant) error
	// Decided says which of a user's changes wait for the office no more.
	Decided(ctx context.Context, c model.Connection, held []model.ChangeID) ([]model.ChangeID, error)
	// Wipe says whether the connection's device is to erase what it holds, and notes, durably, that it is told so now.
	Wipe(ctx context.Context, c model.Connection, now model.Instant) (due bool, err error)
	// Wiped notes that it has, and how many unsent changes went with the rest.
	Wiped(ctx context.Context, c model.Connection, erased uint64, now model.Instant) error
	// End ends a user's sessions, durably, and gives those that ended.
	End(ctx context.Context, t model.TenantID, e model.Ending, now model.Instant) ([]model.Ended, error)
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
	// Sight says which audiences a device is in: those of its connection's view, ascending, at some moment after the call
	// began; *model.EndedError when its session is over, model.ErrStolen when nothing is taken from the device. Required.
	// Whoever gives it must tell the hub of every commit ([Hub.Committed]), or devices hear of none: so a commit costs only
	// the connections that may see something of it.
	Sight func(ctx context.Context, c model.Connection) ([]model.Audience, error)
	// Search finds records in what a connection's user is shown at some moment after the call began; errors are those of
	// Engine.Pull. Required.
	Search func(ctx context.Context, c model.Connection, q model.Search) (model.Found, error)

	HelloTimeout time.Duration // from the challenge to a good hello; 10 s
	IdleTimeout  time.Duration // without a frame: two missed pings of 25 s ± 20 %; 60 s
	WriteTimeout time.Duration // for one frame to be taken; 10 s
	RefreshEvery time.Duration // a cursor ages even when nothing is new; 1 h
	Pace         time.Duration // from a checkpoint's page to the next page; 100 ms
	After        time.Duration // how long a device is asked to stay away after trouble; 5 s, and as much again at random
}

// Server holds conversations.
type Server struct {
	cfg      Config
	searches limiter // by device
	door     door
	workers  workers
	long     *long
}

// NewServer makes a server.
func NewServer(cfg Config) (*Server, error) {
	if cfg.Engine == nil || cfg.Hub == nil || cfg.Sight == nil || cfg.Search == nil {
		return nil, errors.New("a session server needs Engine, Hub, Sight and Search")
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
	return &Server{cfg: cfg, long: newLong()}, nil
}

// Peer is what is known of a connection before it says hello.
type Peer struct {
	Tenant   model.TenantID // which company the device asked for; the hello decides
	Host     string         // the host the device meant to reach: lower-case, a port only when it is not 443
	Address  string         // for the log and the audit
	Admitted func()         // called once the hello was good; may be nil
}

// Serve holds the conversation with one device until it ends, closes conn, and returns after everything it started
// has ended. The error says why the connection ended; nil when the device or the server ended it in order. The caller's
// goroutine reads the connection.
func (s *Server) Serve(ctx context.Context, conn protocol.Conn, p Peer) error {
	ctx, cancel := context.WithCancel(model.WithOrigin(ctx, model.Origin{Address: p.Address}))
	defer cancel()
	c := &conversation{
		cfg: &s.cfg, searches: &s.searches, door: &s.door, left: func() {}, workers: &s.workers, long: s.long, conn: conn, peer: p, ctx: ctx, cancel: cancel, began: s.cfg.Clock(), idle: true,
		inbox: inbox{busy: true, bell: make(chan struct{}, 1), took: make(chan struct{}, 1)}, over: make(chan struct{}),
	}
	s.workers.enter()
	defer s.workers.leave()
	c.start()
	c.read()
	<-c.over
	c.left()
	c.note(context.WithoutCancel(ctx), model.Note{Over: true})
	if c.member != nil {
		s.cfg.Hub.leave(c.member)
	}
	return c.err
}

// conversation is the state of one connection. Everything but inbox belongs to the goroutine whose turn it is.
type conversation struct {
	cfg      *Config
	searches *limiter // the server's
	door     *door    // the server's
	workers  *workers // the server's
	long     *long    // the server's
	conn     protocol.Conn
	peer     Peer
	ctx      context.Context // the conversation's life: timers and the hub start turns in it
	cancel   context.CancelFunc
	began    time.Time

	inbox   inbox
	idle    bool // nothing is being written
	writing sync.WaitGroup
	over    chan struct{} // closed when all has ended but the reader
	err     error         // why; set before over is closed

	member    *member
	who       model.Connection
	handIn    bool
	wipes     bool          // the device answers a wipe
	wiping    protocol.Code // of the bye that is due when the device has erased what it holds; CodeNone: none is
	zstd      bool
	left      func() // leaves the window of hellos; it may be called again
	parted    bool   // the last word has been given to the writer
	cause     error  // what is behind a bye that says trouble
	feed      feed
	held      map[model.ChangeID]bool // changes that the device knows as held
	undecided bool                    // whether the office has decided any of them is to be looked at
	due       intents
	drain     *drainRequest
	quiet     alarm
	refresh   alarm
	age       alarm // set when the session's end is near
	rest      alarm
	until     model.Instant // when the session ends of itself
	report    *model.Report // the last; nil: none yet
	counts    struct{ frames, changes, pages int }
}

// intents are what is to be said, before it is encoded.
type intents struct {
	answers  []*protocol.Answers
	changes  int // answered in answers
	pong     *protocol.Pong
	refusals []*protocol.ErrorMessage
	drain    *protocol.Drain
	wipe     *protocol.Wipe
	bye      *protocol.Bye
	searches []search
	busy     []uint64 // numbers of searches that are not looked for
}

// maxRefusals bounds the frames a device may have refused unread before nothing more is read from it.
const maxRefusals = 16

// full says whether so much waits for the device that nothing more is read from it.
func (d *intents) full() bool {
	return d.changes >= protocol.MaxChanges || len(d.answers) >= protocol.MaxChanges || len(d.refusals)+len(d.busy) >= maxRefusals
}

// errGone is how a conversation ends in order: what was due has been said.
var errGone = errors.New("gone")

// hold begins the conversation.
func (c *conversation) hold() (parked bool, err error) {
	var ok bool
	if c.member, ok = c.cfg.Hub.enter(func() { c.kick(eventMail) }); !ok {
		c.due.bye = c.leavingBye()
	} else if c.knock() {
		if err := c.greet(c.ctx); err != nil {
			return false, ended(err)
		}
	}
	c.inbox.hush()
	return c.run()
}

// run says what is due and hears what came, until the conversation is over or nothing is left to do: then it is parked,
// and whoever brings something starts the next turn.
func (c *conversation) run() (parked bool, err error) {
	for {
		if err := c.speak(c.ctx); err != nil {
			return false, ended(err)
		}
		wanted := eventsAll
		if c.due.full() || c.due.bye != nil {
			wanted &^= eventsHeard
		}
		e, frame := c.inbox.take(wanted)
		if e == eventNone {
			return true, nil
		}
		if err := c.handle(e, frame); err != nil {
			return false, ended(err)
		}
	}
}

// handle takes one thing that came. That the pace is over needs nothing but the turn it brings.
func (c *conversation) handle(e event, frame []byte) error {
	switch e {
	case eventSent:
		return c.wrote()
	case eventFrame:
		c.quiet.set(c.cfg.IdleTimeout)
		return c.hear(c.ctx, frame)
	case eventGone:
		return c.inbox.readErr
	case eventMail:
		c.post(c.cfg.Hub.collect(c.member))
	case eventQuiet:
		if c.quiet.due() {
			c.bye(&protocol.Bye{Code: protocol.CodeIdle, Text: "nothing was heard for too long"})
		}
	case eventRefresh:
		c.refresh.set(c.cfg.RefreshEvery)
		c.ages()
		c.feed.refresh = true
		c.stir()
	case eventAge:
		return c.aged(c.ctx)
	case eventOver:
		return c.ctx.Err()
	}
	return nil
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

// post takes the hub's mail.
func (c *conversation) post(m mail) {
	if m.notify {
		c.stir()
	}
	if m.held {
		c.undecided = true
	}
	if m.drain != nil {
		first := m.drain
		for first.before != nil {
			first = first.before
		}
		first.before, c.drain = c.drain, m.drain
		c.due.drain = &protocol.Drain{Reason: m.drain.reason, Millis: uint64(m.drain.within.Milliseconds())}
		c.withhold(m.drain.within)
	}
	switch {
	case m.ended != nil:
		c.part(*m.ended)
	case m.replaced:
		c.bye(&protocol.Bye{Code: protocol.CodeReplaced, Text: "this device opened another connection"})
	case m.leaving:
		c.bye(c.leavingBye())
	}
}

// part says how the session ended. No reason says of a device whether it is lost or stolen, and a stolen one keeps nothing.
func (c *conversation) part(e model.Ended) {
	if e.Reason == model.EndRevoked {
		if _, err := c.cfg.Sight(c.ctx, c.who); errors.Is(err, model.ErrStolen) {
			_ = c.trouble(err) // it has a bye of its own
			return
		}
	}
	c.bye(c.endedBye(e))
}

// bye says the last word once; the first reason stands, unless a terminal one comes after a passing one, in time.
func (c *conversation) bye(b *protocol.Bye) {
	if !c.parted && (c.due.bye == nil || !c.due.bye.Code.Stops() && b.Code.Stops()) {
		c.due.bye = b
	}
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
