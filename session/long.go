package session

import (
	"runtime"
	"sync/atomic"
	"time"
)

// long is the pages that take long: a right that goes takes thousands of records from hundreds of phones at once. At most half
// of the processors look for them at a time, and half of the time while somebody's work is being taken, so that it does not
// wait for them.
type long struct {
	places  chan struct{}
	pushing atomic.Int32 // frames of changes that are being decided
}

func newLong() *long { return &long{places: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))} }

// turnstile is where one page stands.
type turnstile struct {
	of    *long
	held  bool
	began time.Time // of what it does since it let others go first
}

// stint is how long a page that takes long is worked at in one go.
const stint = time.Millisecond

// pass lets a page that takes long go on. It is called again and again.
func (t *turnstile) pass() {
	if !t.held {
		t.of.places <- struct{}{}
		t.held, t.began = true, time.Now()
		return
	}
	worked := time.Since(t.began)
	if worked < stint {
		return
	}
	if t.of.pushing.Load() > 0 {
		time.Sleep(worked)
	} else {
		runtime.Gosched()
	}
	t.began = time.Now()
}

// leave says that the page is made.
func (t *turnstile) leave() {
	if t.held {
		<-t.of.places
		t.held = false
	}
}
