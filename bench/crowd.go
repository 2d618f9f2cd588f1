package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// crowd is the scenarios of many devices that have little to do. Each server is fresh: its memory is what is looked at.
func (r *runner) crowd(ctx context.Context, t contender) (err error) {
	s, err := r.start(ctx, t, r.plan.crowdNeed())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	crowd, err := s.driver.Crowd(ctx, r.plan.crowdNeed().Crowd)
	if err != nil {
		return err
	}
	connected := 0
	if r.plan.has(scenarioIdle) {
		if connected, err = r.idle(ctx, s, crowd); err != nil {
			return fmt.Errorf("%s, idle: %w", t.Name(), err)
		}
	}
	if !r.plan.has(scenarioResume) {
		return crowd.Leave(ctx)
	}
	if err := r.resume(ctx, s, crowd, connected); err != nil {
		return fmt.Errorf("%s, resume: %w", t.Name(), err)
	}
	return nil
}

// idle measures what connections cost that say nothing.
func (r *runner) idle(ctx context.Context, s *side, crowd Crowd) (connected int, err error) {
	before, err := s.usage()
	if errors.Is(err, errUnknown) {
		r.report.remark("idle connections of the %s: %v", s.target.Name(), err)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, n := range r.plan.idle {
		r.tell("%s: %d idle connections", s.target.Name(), n)
		began := time.Now()
		if err := crowd.Connect(ctx, connected, n); err != nil {
			return connected, err
		}
		took := time.Since(began)
		connected = n
		if !pause(ctx, r.plan.settle) {
			return connected, ctx.Err()
		}
		now, err := s.usage()
		if err != nil {
			return connected, err
		}
		at := place{scenarioIdle, n, fmt.Sprintf("idle connections, %d", n)}
		r.note(s, at, figureEach, float64(now.Memory-before.Memory)/1024/float64(n))
		r.note(s, at, figureWhole, float64(now.Memory)/(1<<20))
		r.note(s, at, figureConnect, took.Seconds())
		if err := s.heap(ctx, fmt.Sprintf("idle-%d", n)); err != nil {
			return connected, err
		}
	}
	return connected, nil
}

// resume measures how long it takes until everybody who was away is current again.
func (r *runner) resume(ctx context.Context, s *side, crowd Crowd, connected int) error {
	n := r.plan.resumes
	if connected < n { // everybody must have been there once: nobody comes back who never was
		if err := crowd.Connect(ctx, connected, n); err != nil {
			return err
		}
	}
	if err := crowd.Leave(ctx); err != nil {
		return err
	}
	if err := crowd.Publish(ctx, r.plan.news); err != nil {
		return err
	}
	r.tell("%s: %d resumes at once", s.target.Name(), n)
	hashed, tells := crowd.Hashes(ctx)
	end, err := meter(s.usage)
	if err != nil {
		return err
	}
	stop, err := s.profile(ctx, scenarioResume)
	if err != nil {
		return err
	}
	t := newTimes()
	err = errors.Join(crowd.Return(ctx, n, t.note), stop())
	if err != nil {
		return err
	}
	used, err := end()
	if err != nil {
		return err
	}
	r.report.disturbed(used.others)
	at := place{scenarioResume, n, fmt.Sprintf("resumes at once, %d", n)}
	r.note(s, at, figureLastCurrent, t.last.Seconds())
	r.note(s, at, figureHalfCurrent, time.Duration(t.all.ValueAtQuantile(50)).Seconds())
	if used.server.CPU > 0 {
		r.note(s, at, figureServerSeconds, used.server.CPU.Seconds())
		r.note(s, at, figureClientSeconds, used.client.CPU.Seconds())
		r.note(s, at, figureWhole, float64(used.server.Memory)/(1<<20))
	}
	if after, ok := crowd.Hashes(ctx); ok && tells {
		r.note(s, at, figureHashes, float64(after-hashed))
	}
	r.report.check(s.target.Name(), checkCurrent, n, crowd.Wrong())
	return crowd.Leave(ctx)
}

// times takes moments since it was made.
type times struct {
	began time.Time

	mu   sync.Mutex // guards the fields below
	all  *hdrhistogram.Histogram
	last time.Duration
}

func newTimes() *times { return &times{began: time.Now(), all: newLatencies()} }

func (t *times) note() {
	passed := time.Since(t.began)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = max(t.last, passed)
	_ = t.all.RecordValue(int64(passed)) // beyond the range it is cut off there
}
