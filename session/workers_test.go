package session

import (
	"sync"
	"testing"
	"testing/synctest"
)

// TestWorkersRest: a worker takes turn after turn, no more rest than are allowed, and nobody does when the last connection has
// gone: the bubble ends only when every goroutine has.
func TestWorkersRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w workers
		w.enter()
		var done sync.WaitGroup
		for range 3 {
			for range 2 * maxResting {
				done.Add(1)
				w.do(done.Done)
			}
			done.Wait()
			synctest.Wait()
			if n := len(w.resting); n == 0 || n > maxResting {
				t.Errorf("%d rest, want some and at most %d", n, maxResting)
			}
		}
		w.leave()
		if w.resting != nil {
			t.Error("somebody rests though nobody is connected")
		}
		done.Add(1)
		w.do(done.Done)
		done.Wait()
	})
}
