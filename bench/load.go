package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// loop is one closed loop: devices that each keep so many changes on the way, over a warm-up and while something else
// goes on, which is what counts.
type loop struct {
	writers     []Writer
	outstanding int
	warm        time.Duration
	while       func(ctx context.Context) error
	server      func() (Usage, error)
	phase       atomic.Int32
}

// The phases of a loop.
const (
	warming int32 = iota
	counting
	over
)

// span is nothing that goes on for so long.
func span(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		pause(ctx, d)
		return ctx.Err()
	}
}

// loopResult is what a loop measured within the time that counts.
type loopResult struct {
	acked   int
	took    time.Duration           // that counts
	latency *hdrhistogram.Histogram // nanoseconds
	metered
}

// lane is one device's part of it.
type lane struct {
	sent    []time.Time // of what is on the way, oldest first
	samples []time.Duration
	err     error
}

// newLatencies is a histogram from a microsecond to ten minutes, to three digits. Values are nanoseconds.
func newLatencies() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(time.Microsecond), int64(10*time.Minute), 3)
}

// run runs the loop to its end: whatever was sent has been answered when it returns.
func (l *loop) run(ctx context.Context) (out loopResult, err error) {
	lanes := make([]lane, len(l.writers))
	var running sync.WaitGroup
	for i, w := range l.writers {
		running.Go(func() { lanes[i].err = lanes[i].drive(w, l.outstanding, &l.phase) })
	}
	err = l.watch(ctx, &out)
	l.phase.Store(over)
	running.Wait()
	out.latency = newLatencies()
	errs := []error{err}
	for i := range lanes {
		errs = append(errs, lanes[i].err)
		out.acked += len(lanes[i].samples)
		for _, d := range lanes[i].samples {
			_ = out.latency.RecordValue(int64(d)) // beyond the range it is cut off there
		}
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	if out.acked == 0 && errors.Join(errs...) == nil {
		return out, fmt.Errorf("nothing was acknowledged within %s", out.took)
	}
	return out, errors.Join(errs...)
}

// watch lets the loop warm up, and measures what is used while that goes on which is to.
func (l *loop) watch(ctx context.Context, out *loopResult) error {
	if !pause(ctx, l.warm) {
		return ctx.Err()
	}
	end, err := meter(l.server)
	if err != nil {
		return err
	}
	began := time.Now()
	l.phase.Store(counting)
	err = l.while(ctx)
	l.phase.Store(over)
	out.took = time.Since(began)
	used, unknown := end()
	out.metered = used
	return errors.Join(err, unknown)
}

// drive is the loop of one device.
func (n *lane) drive(w Writer, outstanding int, phase *atomic.Int32) error {
	if err := n.send(w, outstanding); err != nil {
		return err
	}
	for len(n.sent) > 0 {
		acked, err := w.Recv()
		if err != nil {
			return err
		}
		if acked > len(n.sent) {
			return fmt.Errorf("%d changes were acknowledged and %d were on the way", acked, len(n.sent))
		}
		now, at := time.Now(), phase.Load()
		if at == counting {
			for _, sent := range n.sent[:acked] {
				n.samples = append(n.samples, now.Sub(sent))
			}
		}
		n.sent = append(n.sent[:0], n.sent[acked:]...)
		if acked > 0 && at != over {
			if err := n.send(w, acked); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *lane) send(w Writer, changes int) error {
	now := time.Now()
	if _, err := w.Send(changes); err != nil {
		return err
	}
	for range changes {
		n.sent = append(n.sent, now)
	}
	return nil
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
