package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// loop is one closed loop: devices that each keep so many changes on the way, over a warm-up and a time that counts.
type loop struct {
	writers     []Writer
	outstanding int
	warm, span  time.Duration
	server      func() (Usage, error)
}

// loopResult is what a loop measured within the time that counts.
type loopResult struct {
	acked   int
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
func (l *loop) run(ctx context.Context) (loopResult, error) {
	begin := time.Now()
	from := begin.Add(l.warm)
	to := from.Add(l.span)
	lanes := make([]lane, len(l.writers))
	var running sync.WaitGroup
	for i, w := range l.writers {
		running.Go(func() { lanes[i].err = lanes[i].drive(w, l.outstanding, from, to) })
	}
	watched := l.watch(ctx, from, to)
	running.Wait()
	out := loopResult{latency: newLatencies()}
	var err error
	out.metered, err = watched()
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
		return out, fmt.Errorf("nothing was acknowledged within %s", l.span)
	}
	return out, errors.Join(errs...)
}

// watch measures what is used between two moments. The function it returns waits for it.
func (l *loop) watch(ctx context.Context, from, to time.Time) func() (metered, error) {
	var m metered
	done := make(chan error, 1)
	go func() {
		if !pause(ctx, time.Until(from)) {
			done <- nil
			return
		}
		end, err := meter(l.server)
		if err == nil {
			pause(ctx, time.Until(to))
			m, err = end()
		}
		done <- err
	}()
	return func() (metered, error) {
		err := <-done
		return m, err
	}
}

// drive is the loop of one device.
func (n *lane) drive(w Writer, outstanding int, from, to time.Time) error {
	if err := n.send(w, outstanding); err != nil {
		return err
	}
	for len(n.sent) > 0 {
		acked, err := w.Recv()
		if err != nil {
			return err
		}
		now := time.Now()
		if acked > len(n.sent) {
			return fmt.Errorf("%d changes were acknowledged and %d were on the way", acked, len(n.sent))
		}
		if now.After(from) && now.Before(to) {
			for _, at := range n.sent[:acked] {
				n.samples = append(n.samples, now.Sub(at))
			}
		}
		n.sent = append(n.sent[:0], n.sent[acked:]...)
		if acked > 0 && now.Before(to) {
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
