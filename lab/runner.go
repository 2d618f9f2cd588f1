package lab

import (
	"context"
	"sync"
)

// Runner runs a client in the background while its person is online, and tells whoever waits that something changed. Its
// methods may be called at any time, from anywhere.
type Runner struct {
	mu      sync.Mutex         // guards the fields below
	stop    context.CancelFunc // of the run; nil: there is none
	done    chan struct{}      // closed when the last run has returned
	err     error              // what it returned
	changed chan struct{}      // closed, and replaced, when something changed
}

// NewRunner makes a runner. It starts nothing.
func NewRunner() *Runner { return &Runner{changed: make(chan struct{})} }

// Start begins a run, unless one goes on.
func (r *Runner) Start(run func(ctx context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	r.stop, r.done, r.err = stop, done, nil
	go func() {
		err := run(ctx)
		stop()
		r.mu.Lock()
		r.err, r.stop = err, nil
		r.mu.Unlock()
		close(done)
		r.Ring()
	}()
}

// Stop ends the run and waits for it.
func (r *Runner) Stop() {
	r.mu.Lock()
	stop, done := r.stop, r.done
	r.mu.Unlock()
	if stop != nil {
		stop()
	}
	if done != nil {
		<-done
	}
}

// Ended is what the last run returned; running is true, and err nil, while one goes on.
func (r *Runner) Ended() (err error, running bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err, r.stop != nil
}

// Ring says that something changed.
func (r *Runner) Ring() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

// Next is closed at the next change.
func (r *Runner) Next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Follow passes on the word of a client, until ctx ends. The client may be replaced: whoever does so rings afterwards.
func (r *Runner) Follow(ctx context.Context, changed func() <-chan struct{}) {
	for {
		next := r.Next() // before the client is asked for, so that its replacement is not missed
		select {
		case <-changed():
			r.Ring()
		case <-next:
		case <-ctx.Done():
			return
		}
	}
}

// Until waits for something to be so.
func (r *Runner) Until(ctx context.Context, so func() (bool, error)) error {
	for {
		next := r.Next()
		if ok, err := so(); ok || err != nil {
			return err
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
