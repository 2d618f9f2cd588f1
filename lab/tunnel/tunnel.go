package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// Config is what a tunnel is made of.
type Config struct {
	Listener net.Listener                                // required: where the phone connects; Run closes it
	Dial     func(ctx context.Context) (net.Conn, error) // required: reaches the gateway
	Seed     uint64                                      // of what is lost and when
}

// Stats is what has gone through a tunnel.
type Stats struct {
	Open   int    // connections that stand now
	Opened uint64 // connections there were, those that were refused among them
	Broken uint64 // of which the network, not an end, has made an end
	Lost   uint64 // packets that were lost, and sent again
	Up     uint64 // bytes delivered to the gateway
	Down   uint64 // bytes delivered to the phone
}

// Tunnel carries connections. Its methods may be called at any time, from anywhere.
type Tunnel struct {
	cfg Config

	mu       sync.Mutex // guards the fields below, and the fields of every conn that say so
	weather  Weather
	blocked  bool // by Cut, until the next Set
	conns    map[*conn]struct{}
	deserted []*conn // broken for the phone, and not yet given up by the gateway; oldest first
	stats    Stats
}

// dialTimeout bounds how long the gateway is called.
const dialTimeout = 10 * time.Second

// maxDeserted is how many ends the gateway may have that lead nowhere; then the oldest is closed.
const maxDeserted = 16

// New makes a tunnel in clear weather. Run starts it.
func New(cfg Config) (*Tunnel, error) {
	if cfg.Listener == nil || cfg.Dial == nil {
		return nil, errors.New("a tunnel needs Listener and Dial")
	}
	return &Tunnel{cfg: cfg, conns: map[*conn]struct{}{}}, nil
}

// Listen makes a tunnel from a free port of this computer to a gateway, "127.0.0.1:8080".
func Listen(ctx context.Context, gateway string, seed uint64) (*Tunnel, error) {
	on, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for a phone: %w", err)
	}
	return New(Config{Listener: on, Seed: seed, Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", gateway)
	}})
}

// Addr is where the phone connects.
func (t *Tunnel) Addr() net.Addr { return t.cfg.Listener.Addr() }

// Weather is how things are.
func (t *Tunnel) Weather() Weather {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.weather
}

// Stats is what has gone through so far.
func (t *Tunnel) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	for c := range t.conns {
		if !c.broken {
			s.Open++
		}
	}
	return s
}

// Set changes the weather, for open connections too: under Airplane they break at once, and those of which Silent has
// swallowed something break as soon as it ends. It also ends what Cut began.
func (t *Tunnel) Set(w Weather) error {
	if err := w.Check(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.weather, t.blocked = w, false
	for c := range t.conns {
		if w.Mode == Airplane || w.Mode != Silent && c.holed {
			t.breakOff(c)
		}
	}
	return nil
}

// Cut closes every connection and refuses new ones until the next Set: what happens to the sockets of a process that is
// killed. The gateway's end is closed too, where the network lets it know.
func (t *Tunnel) Cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.blocked = true
	for c := range t.conns {
		switch {
		case c.broken: // it is the process's no more
		case c.holed, t.weather.Mode == Silent:
			t.breakOff(c)
		default:
			c.reset()
			c.close()
		}
	}
}

// Close closes the listener: of a tunnel that never runs, since Run does it at its end. It may be called more than once.
func (t *Tunnel) Close() error {
	if err := t.cfg.Listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close a tunnel: %w", err)
	}
	return nil
}

// Run carries connections until ctx ends, and returns nil after the last of its goroutines has. It fails when the
// listener does. Run it once.
func (t *Tunnel) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	stop := context.AfterFunc(ctx, func() { t.cfg.Listener.Close() })
	defer func() {
		stop()
		cancel()
		t.cfg.Listener.Close()
		t.mu.Lock()
		for c := range t.conns {
			c.close()
		}
		t.mu.Unlock()
		running.Wait()
	}()
	for {
		phone, err := t.cfg.Listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				phone.Close()
			}
			return nil
		case err != nil:
			return fmt.Errorf("accept a phone: %w", err)
		}
		if c := t.admit(phone); c != nil {
			running.Go(func() { t.carry(ctx, c) })
		}
	}
}

// admit takes a connection in, or refuses it.
func (t *Tunnel) admit(phone net.Conn) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Opened++
	c := &conn{phone: phone, number: t.stats.Opened, began: time.Now(), over: make(chan struct{})}
	if t.blocked || t.weather.Mode == Airplane {
		c.reset()
		return nil
	}
	c.holed = t.weather.Mode == Silent // the gateway does not even hear of it
	t.conns[c] = struct{}{}
	return c
}

// carry holds one connection until it ends.
func (t *Tunnel) carry(ctx context.Context, c *conn) {
	defer t.forget(c)
	defer context.AfterFunc(ctx, c.close)()
	t.mu.Lock()
	alone := c.holed
	t.mu.Unlock()
	if alone {
		c.swallow()
		return
	}
	dialling, stop := context.WithTimeout(ctx, dialTimeout)
	gate, err := t.cfg.Dial(dialling)
	stop()
	if err != nil {
		c.reset()
		return
	}
	if !c.join(gate) {
		return
	}
	var running sync.WaitGroup
	running.Go(func() { t.direct(c, upward) })
	running.Go(func() { t.direct(c, downward) })
	running.Wait()
}

func (t *Tunnel) forget(c *conn) {
	c.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.conns, c)
	t.deserted = slices.DeleteFunc(t.deserted, func(o *conn) bool { return o == c })
}

// breakOff breaks a connection as a network does: the phone's end is reset, the gateway's hears nothing more. The caller
// holds mu.
func (t *Tunnel) breakOff(c *conn) {
	if c.broken {
		return
	}
	c.broken, c.holed = true, true
	t.stats.Broken++
	c.reset()
	if t.deserted = append(t.deserted, c); len(t.deserted) > maxDeserted {
		t.deserted[0].close()
		t.deserted = slices.Delete(t.deserted, 0, 1)
	}
}
