package session

import "runtime"

// long is the pages that take long: a right that goes takes thousands of records from hundreds of phones at once. At most half
// of the processors look for them at a time, so that the work of all others goes on beside it.
type long chan struct{}

func newLong() long { return make(long, max(1, runtime.GOMAXPROCS(0)/2)) }

// turnstile is where one page stands.
type turnstile struct {
	of   long
	held bool
}

// pass lets a page that takes long go on. It is called again and again: whoever has something small to do comes first.
func (t *turnstile) pass() {
	if t.held {
		runtime.Gosched()
		return
	}
	t.of <- struct{}{}
	t.held = true
}

// leave says that the page is made.
func (t *turnstile) leave() {
	if t.held {
		<-t.of
		t.held = false
	}
}
