package hook

import (
	"context"
	"net"
	"time"
)

// The bounds that the tests speak of.
const (
	PageSize    = pageSize
	StreakDown  = streakDown
	Knock       = knock
	MaxKept     = maxKept
	MaxSkipping = maxSkipping
	MaxAttempts = maxAttempts
	Grace       = grace
	MaxLead     = maxLead
)

// Schedule is how long after each attempt the next one comes.
func Schedule() []time.Duration { return schedule[:] }

// MessageID is the id of a message.
var MessageID = messageID

// Public says whether an address is one of the internet at large.
var Public = public

// SetDial has connections made in another way.
func (d *Deliverer) SetDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	d.transport.DialContext = dial
}

// Dial makes a connection as a delivery does.
func (d *Deliverer) Dial(ctx context.Context, address string) (net.Conn, error) {
	return d.transport.DialContext(ctx, "tcp", address)
}

// SetResolver has names looked up by another resolver; the guard stays.
func (d *Deliverer) SetResolver(r *net.Resolver) {
	dialer := &net.Dialer{Resolver: r, Control: guard}
	d.transport.DialContext = dialer.DialContext
}
