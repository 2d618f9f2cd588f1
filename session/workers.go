package session

import "sync"

// workers take turns. A new goroutine begins with a small stack, and to grow it again and again on the way down to the disk
// costs a device that follows as much as the reading there. So whoever has finished a turn rests, as long as there are
// connections, and takes another.
type workers struct {
	mu      sync.Mutex    // guards the fields below
	resting []chan func() // of one slot each; who rested last comes first
	serving int           // connections
}

// maxResting bounds the workers that rest, of some tens of kilobytes each.
const maxResting = 128

// enter says that a connection is there that may have something to do.
func (w *workers) enter() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serving++
}

// leave says that it is gone. With the last one nobody rests any more.
func (w *workers) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.serving--; w.serving > 0 {
		return
	}
	for _, r := range w.resting {
		close(r)
	}
	w.resting = nil
}

// do lets a worker do something. It does not wait for it.
func (w *workers) do(f func()) {
	w.mu.Lock()
	last := len(w.resting) - 1
	if last < 0 {
		w.mu.Unlock()
		go w.work(f)
		return
	}
	r := w.resting[last]
	w.resting = w.resting[:last]
	w.mu.Unlock()
	r <- f
}

func (w *workers) work(f func()) {
	next := make(chan func(), 1)
	for more := true; more; f, more = <-next {
		f()
		if !w.rest(next) {
			return
		}
	}
}

// rest says whether the worker is to wait for more.
func (w *workers) rest(next chan func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.serving == 0 || len(w.resting) >= maxResting {
		return false
	}
	w.resting = append(w.resting, next)
	return true
}
