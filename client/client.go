package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
)

// Signer holds the device's P-256 key, in the phone's key store where there is one. Sign is of the SHA-256 of proof,
// ASN.1.
type Signer interface {
	Sign(proof []byte) (signature []byte, err error)
}

// Config is what a client is made of. A zero duration means the default named beside it.
type Config struct {
	Replica *replica.Replica                                 // required; it belongs to the client from now on
	Dial    func(ctx context.Context) (protocol.Conn, error) // required: opens a connection to the server
	Signer  Signer                                           // required
	Host    string                                           // the host that is dialled, as in the URL: lower-case, a port only when it is not 443
	Clock   func() replica.Moment                            // nil: SystemClock
	Random  io.Reader                                        // jitter; nil: the operating system's
	Log     *slog.Logger                                     // nil discards
	App     string                                           // version of the app
	Space   func() int64                                     // free bytes on the phone, for the report; nil, or less than 0: unknown

	FirstDelay time.Duration // most before the first reconnection; each next one doubles it; 30 s, negative: none
	MaxDelay   time.Duration // 5 min
	PingEvery  time.Duration // give or take a fifth; 25 s
	Patience   time.Duration // for the server's part of the greeting, and for a frame to be taken; 10 s
}

// Client keeps one user's replica and the server in touch. All methods may be called at any time, from anywhere.
type Client struct {
	cfg    Config
	wake   chan struct{} // there may be something to send
	woken  chan struct{} // there may be a network
	notify chan struct{} // the status or the data changed

	mu   sync.Mutex // guards the fields below, and the replica
	r    *replica.Replica
	live liveStatus

	searches map[uint64]*searching // at the server, by their numbers
	searched uint64                // number of the last
}

// New makes a client; Run starts it.
func New(cfg Config) (*Client, error) {
	if cfg.Replica == nil || cfg.Dial == nil || cfg.Signer == nil {
		return nil, errors.New("a client needs Replica, Dial and Signer")
	}
	if cfg.Clock == nil {
		cfg.Clock = SystemClock()
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		value *time.Duration
		zero  time.Duration
	}{
		{&cfg.FirstDelay, 30 * time.Second},
		{&cfg.MaxDelay, 5 * time.Minute},
		{&cfg.PingEvery, 25 * time.Second},
		{&cfg.Patience, 10 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	return &Client{cfg: cfg, r: cfg.Replica, wake: make(chan struct{}, 1), woken: make(chan struct{}, 1), notify: make(chan struct{}, 1)}, nil
}

// StoppedError is why Run will not go on by itself: a person must act, by signing in or by updating the app.
type StoppedError struct {
	Code protocol.Code // 0: it had stopped before this Run
	End  replica.End   // how the session ended, when it did
	Text string        // for a person
}

// Error says why.
func (e *StoppedError) Error() string { return fmt.Sprintf("stopped: %s %s", e.Code, e.Text) }

// ErrWiped says that the server had this user's data erased from this device.
var ErrWiped = errors.New("this user's data was erased from this device")

// Run connects, and reconnects, until ctx ends (then it returns nil) or a person must act: *StoppedError, after what
// was unsent has been handed in; ErrWiped. Any other error is of the local database. Run it once at a time.
func (c *Client) Run(ctx context.Context) error {
	err := c.run(ctx)
	c.set(func(s *liveStatus) { *s = liveStatus{State: restingState(err), Trouble: s.Trouble, Code: s.Code} })
	return err
}

func restingState(err error) State {
	var stopped *StoppedError
	switch {
	case errors.As(err, &stopped):
		return StateStopped
	case errors.Is(err, ErrWiped):
		return StateWiped
	default:
		return StateOff
	}
}

// HandIn hands in what is unsent and returns: nothing is read. It is for a partition whose user is signed out, while
// somebody else uses the device (domain F13).
func (c *Client) HandIn(ctx context.Context) error {
	err := c.handIn(ctx, &StoppedError{})
	c.set(func(s *liveStatus) { *s = liveStatus{State: StateOff, Trouble: s.Trouble} })
	var stopped *StoppedError
	if errors.As(err, &stopped) && stopped.Code == protocol.CodeNone {
		return nil
	}
	return err
}

func (c *Client) run(ctx context.Context) error {
	var wait backoff
	for {
		if end, over := c.over(); over {
			return c.handIn(ctx, &StoppedError{End: end, Text: end.Text})
		}
		err := c.connect(ctx, false, &wait)
		var stop *StoppedError
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the end of ctx is how Run is ended
		case errors.As(err, &stop):
			if stop.Code == protocol.CodeRefused || stop.Code == protocol.CodeProtocol {
				return stop // these close the hand-in lane too
			}
			return c.handIn(ctx, stop)
		case err != nil && final(err):
			return err
		}
		if !c.pause(ctx, wait.next(&c.cfg)) {
			return nil
		}
	}
}

// over says whether this device must not connect by itself.
func (c *Client) over() (replica.End, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end, ended := c.r.Ended()
	return end, ended || c.r.SignedOff()
}

// handIn sends what is unsent on the write-only lane; then it returns why it was there (domain F7).
func (c *Client) handIn(ctx context.Context, why *StoppedError) error {
	var wait backoff
	for {
		if n, _ := c.Unsent(); n == 0 && !c.owes(why) {
			return why
		}
		err := c.connect(ctx, true, &wait)
		var stop *StoppedError
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the end of ctx is how Run is ended
		case errors.As(err, &stop):
			if why.Code == protocol.CodeNone && stop.Code != protocol.CodeHandedIn {
				return stop
			}
			return why
		case err != nil && final(err):
			return err
		}
		if n, _ := c.Unsent(); n == 0 && (errors.Is(err, errHandedIn) || !c.owes(why)) {
			return why
		}
		if !c.pause(ctx, wait.next(&c.cfg)) {
			return nil
		}
	}
}

// final says whether an error is of this device and not of the road.
func final(err error) bool {
	return errors.Is(err, ErrWiped) || errors.Is(err, replica.ErrBroken) || errors.Is(err, errLocal)
}

// errLocal marks errors of the local database.
var errLocal = errors.New("local database")

// pause waits before a reconnection; Wake ends it early. false: ctx is over.
func (c *Client) pause(ctx context.Context, d time.Duration) bool {
	c.set(func(s *liveStatus) { s.State, s.Retry = StateWaiting, time.Now().Add(d) })
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.woken:
		return true
	case <-ctx.Done():
		return false
	}
}

// backoff is how long to stay away.
type backoff struct {
	failures int           // since the last welcome
	asked    time.Duration // by the server's last word; 0: not
	long     bool          // another connection of this device is there: do not fight it
}

// next draws the delay before the next connection: the server's word, or anything up to a bound that doubles. All
// phones lose a server at the same moment, and must not come back at the same moment.
func (b *backoff) next(cfg *Config) time.Duration {
	bound := max(cfg.FirstDelay, 0) << min(b.failures, 20)
	if bound > cfg.MaxDelay || b.long {
		bound = cfg.MaxDelay
	}
	b.failures++
	asked, long := b.asked, b.long
	b.asked, b.long = 0, false
	switch {
	case asked > 0:
		return asked
	case long:
		return bound/2 + spread(cfg.Random, bound/2)
	default:
		return spread(cfg.Random, bound)
	}
}

// spread is anything from nothing to d.
func spread(random io.Reader, d time.Duration) time.Duration {
	var b [4]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return d
	}
	n := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	return time.Duration(float64(d) * float64(n) / (1 << 32))
}
