package lab

import (
	"sync/atomic"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// clock is a phone's clock. It can be set wrong; like a real one, that moves the time on the wall alone and not the one
// that counts since the phone was started. It survives the app.
type clock struct {
	system func() client.Moment
	wrong  atomic.Int64 // milliseconds
}

// wrongs are what a clock is set to, one after the other: by how much it is fast.
var wrongs = []time.Duration{0, 3 * time.Hour, -24 * time.Hour}

func newClock() *clock { return &clock{system: client.SystemClock()} }

// moment is what the phone's clocks say.
func (c *clock) moment() client.Moment {
	m := c.system()
	m.Wall += model.Instant(c.wrong.Load())
	return m
}

// fast is by how much it is ahead; negative: behind.
func (c *clock) fast() time.Duration { return time.Duration(c.wrong.Load()) * time.Millisecond }

// turn sets it to the next of wrongs, the first of which is right.
func (c *clock) turn() time.Duration {
	now := c.fast()
	next := wrongs[0]
	for i, w := range wrongs {
		if w == now {
			next = wrongs[(i+1)%len(wrongs)]
		}
	}
	c.wrong.Store(next.Milliseconds())
	return next
}
