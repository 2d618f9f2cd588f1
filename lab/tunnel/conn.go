package tunnel

import (
	"net"
	"sync"
	"time"
)

// conn is one connection of a phone. Two goroutines a direction carry it: one takes bytes in and decides what becomes
// of them, one delivers them when their time has come.
type conn struct {
	phone  net.Conn
	number uint64
	began  time.Time
	over   chan struct{} // closed by close

	mu     sync.Mutex // guards the fields below
	gate   net.Conn   // nil: not reached yet
	closed bool

	broken bool // guarded by the tunnel's mu: reset for the phone
	holed  bool // guarded by the tunnel's mu: something was swallowed, so nothing may be delivered any more
}

// Directions.
const (
	upward   = 0 // from the phone to the gateway
	downward = 1
)

// parcel is bytes on their way.
type parcel struct {
	bytes []byte
	due   time.Duration // after the beginning of the connection; never before the parcel ahead of it
}

// inFlight is how many parcels are on their way at most; then the sender waits, as behind a full window.
const inFlight = 64

// readSize is how much is taken in at once.
const readSize = 16 << 10

// join gives the connection its other end; false when it is over already.
func (c *conn) join(gate net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		gate.Close()
		return false
	}
	c.gate = gate
	return true
}

// close ends both sides.
func (c *conn) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	close(c.over)
	c.phone.Close()
	if c.gate != nil {
		c.gate.Close()
	}
}

// reset closes the phone's end without a farewell, where the network knows how.
func (c *conn) reset() {
	if tcp, ok := c.phone.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // what cannot be reset is closed
	}
	c.phone.Close()
}

// swallow takes in what the phone says and gives nothing, until the connection ends.
func (c *conn) swallow() {
	buf := make([]byte, readSize)
	for {
		if _, err := c.phone.Read(buf); err != nil {
			return
		}
	}
}

// direct carries one direction until it ends, and then ends the connection. What the phone closes behind a network that
// gives nothing through is not closed for the gateway.
func (t *Tunnel) direct(c *conn, direction uint64) {
	from, to := c.phone, c.gate
	if direction == downward {
		from, to = c.gate, c.phone
	}
	parcels := make(chan parcel, inFlight)
	var running sync.WaitGroup
	running.Go(func() { t.deliver(c, to, parcels, direction) })
	t.take(c, from, parcels, direction)
	close(parcels)
	running.Wait()
	if direction == downward || !t.deserts(c) {
		c.close()
	}
}

// deserts says whether the gateway is left alone with its end of a connection whose phone has gone.
func (t *Tunnel) deserts(c *conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.holed = c.holed || t.weather.Mode == Silent; c.holed {
		t.breakOff(c)
	}
	return c.broken
}

// take reads one side and decides what becomes of what it says.
func (t *Tunnel) take(c *conn, from net.Conn, parcels chan<- parcel, direction uint64) {
	p := newPath(t.cfg.Seed, c.number, direction)
	buf := make([]byte, readSize)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			due, ok := t.fate(c, p, n)
			if ok && !c.hand(parcels, parcel{append([]byte(nil), buf[:n]...), due}) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// fate is when bytes arrive; false when they do not.
func (t *Tunnel) fate(c *conn, p *path, n int) (due time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case c.holed:
		return 0, false
	case t.weather.Mode == Silent:
		c.holed = true
		return 0, false
	case t.weather.Mode != Bad:
		return 0, true
	}
	due, lost, ok := p.send(time.Since(c.began), n, t.weather)
	t.stats.Lost += uint64(lost)
	if !ok {
		t.breakOff(c)
	}
	return due, ok
}

// hand puts a parcel on its way; false when the connection is over.
func (c *conn) hand(parcels chan<- parcel, p parcel) bool {
	select {
	case parcels <- p:
		return true
	case <-c.over:
		return false
	}
}

// deliver gives parcels to the other side, each in its time. When that side takes nothing any more the rest is dropped,
// so that whoever hands parcels in never waits for nobody.
func (t *Tunnel) deliver(c *conn, to net.Conn, parcels <-chan parcel, direction uint64) {
	for p := range parcels {
		if !c.wait(p.due) || !t.passes(c) {
			continue
		}
		if _, err := to.Write(p.bytes); err != nil {
			t.unheard(c)
			continue
		}
		t.count(len(p.bytes), direction)
	}
}

// wait waits for a moment; false when the connection ended before it.
func (c *conn) wait(due time.Duration) bool {
	d := due - time.Since(c.began)
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.over:
		return false
	}
}

// passes says whether a parcel may be delivered now: what is on its way when the network falls silent is swallowed too.
func (t *Tunnel) passes(c *conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.weather.Mode == Silent {
		c.holed = true
	}
	return !c.holed
}

// unheard ends a connection one side of which takes nothing any more, unless the network has broken it.
func (t *Tunnel) unheard(c *conn) {
	t.mu.Lock()
	broken := c.broken
	t.mu.Unlock()
	if !broken {
		c.close()
	}
}

func (t *Tunnel) count(n int, direction uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if direction == upward {
		t.stats.Up += uint64(n)
	} else {
		t.stats.Down += uint64(n)
	}
}
