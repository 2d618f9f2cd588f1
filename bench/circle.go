package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// circle is a writer's changes on their way to those who hear them, one at a time.
type circle struct {
	each, last, ack *hdrhistogram.Histogram // nanoseconds

	mu     sync.Mutex // guards the fields below
	key    Key
	known  bool // key is set
	early  map[Key][]time.Time
	sent   time.Time
	heard  int
	of     int
	full   chan struct{} // closed when all have heard it
	wrong  []string
	over   bool
	failed error
	broke  chan struct{} // closed when failed is set
}

func newCircle(of int) *circle {
	return &circle{each: newLatencies(), last: newLatencies(), ack: newLatencies(), of: of, broke: make(chan struct{}), early: map[Key][]time.Time{}}
}

// hearTime bounds how long a change may take to everybody.
const hearTime = 10 * time.Second

// rounds sends one change after the other, each when the last was heard by all.
func (c *circle) rounds(ctx context.Context, w Writer, n int, beat time.Duration) error {
	for range n {
		began := time.Now()
		if err := c.round(ctx, w); err != nil {
			return err
		}
		if !pause(ctx, beat-time.Since(began)) {
			return ctx.Err()
		}
	}
	return nil
}

func (c *circle) round(ctx context.Context, w Writer) error {
	full := make(chan struct{})
	c.mu.Lock()
	c.known, c.heard, c.full, c.sent = false, 0, full, time.Now()
	c.mu.Unlock()
	keys, err := w.Send(1)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.key, c.known = keys[0], true
	for _, at := range c.early[c.key] { // a listener was faster than Send's return
		c.count(at)
	}
	clear(c.early)
	c.mu.Unlock()
	for acked := 0; acked == 0; {
		if acked, err = w.Recv(); err != nil {
			return err
		}
	}
	c.mu.Lock()
	_ = c.ack.RecordValue(int64(time.Since(c.sent))) // beyond the range it is cut off there
	c.mu.Unlock()
	late := time.NewTimer(hearTime)
	defer late.Stop()
	select {
	case <-full:
		return nil
	case <-c.broke:
		return c.failed
	case <-late.C:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.wrong = append(c.wrong, fmt.Sprintf("a change was heard by %d of %d within %s", c.heard, c.of, hearTime))
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hear listens until the circle is over.
func (c *circle) hear(l Listener) {
	for {
		keys, err := l.Hear()
		now := time.Now()
		c.mu.Lock()
		if err != nil {
			if !c.over && c.failed == nil {
				c.failed = fmt.Errorf("a listener: %w", err)
				close(c.broke)
			}
			c.mu.Unlock()
			return
		}
		for _, key := range keys {
			switch {
			case !c.known:
				c.early[key] = append(c.early[key], now)
			case key == c.key:
				c.count(now)
			}
		}
		c.mu.Unlock()
	}
}

// count takes one listener's word. The caller holds mu.
func (c *circle) count(at time.Time) {
	_ = c.each.RecordValue(int64(at.Sub(c.sent))) // beyond the range it is cut off there
	if c.heard++; c.heard == c.of {
		_ = c.last.RecordValue(int64(at.Sub(c.sent)))
		close(c.full)
	}
}

func (c *circle) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
}
