package session

import (
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
)

// The window of hellos: connections that were challenged and have not said a good hello. All phones of a company may stand
// behind one address, and they all come back at once after a restart; what a hello costs is one signature.
const (
	maxHellos           = 1000
	maxHellosPerAddress = 100
)

// How long those who find the window full are to stay away: they come back over a time that grows with their number, at most so
// many a second, or they would stand there again all at once.
const (
	awayLeast = time.Second
	awayMost  = 2 * time.Minute // and as much again at random: not beyond the five minutes of a device's own patience (SPEC 9.4)
	awayRate  = 200             // that come back in a second
)

// door counts who is in the window. The zero value is ready.
type door struct {
	mu        sync.Mutex // guards the fields below
	all       callers
	addresses map[string]*callers // of those from which somebody is inside
}

// callers are how many are in the window, and how many were turned away and are expected back.
type callers struct {
	inside int
	away   float64
	at     time.Time // when away was so
}

// turn turns one more away, and says for how long at least.
func (c *callers) turn(now time.Time) time.Duration {
	back := max(0, now.Sub(c.at).Seconds()) * awayRate
	c.away, c.at = max(0, c.away-back)+1, now
	if planted("away-all-alike") {
		return awayLeast
	}
	return min(awayLeast+time.Duration(c.away/awayRate*float64(time.Second)), awayMost)
}

// enter lets a connection into the window; leave, which may be called more than once, lets it out. When there is no room, the
// code says for whom, and wait how long the device is to stay away at least.
func (d *door) enter(address string, now time.Time) (leave func(), code protocol.Code, wait time.Duration) {
	address = network(address)
	d.mu.Lock()
	defer d.mu.Unlock()
	from := d.addresses[address]
	switch {
	case planted("hellos-unbounded"):
	case from != nil && from.inside >= maxHellosPerAddress:
		return nil, protocol.CodeTooMany, from.turn(now)
	case d.all.inside >= maxHellos:
		return nil, protocol.CodeOverloaded, d.all.turn(now)
	}
	if from == nil {
		if d.addresses == nil {
			d.addresses = map[string]*callers{}
		}
		from = &callers{}
		d.addresses[address] = from
	}
	d.all.inside++
	from.inside++
	return sync.OnceFunc(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.all.inside--
		if from.inside--; from.inside == 0 {
			delete(d.addresses, address)
		}
	}), protocol.CodeNone, 0
}
