package bench

import (
	"context"
	"sync"
)

// Opening is how many connections a driver opens at a time. The gateway admits 100 that have not said hello from one
// address (session: maxHellosPerAddress), and tells the others to come again; a generator that did as they do would
// measure its own patience. The floor is driven alike.
const Opening = 96

// Each calls f for 0 to n-1, so many at a time, and returns the first error after all that were begun have ended.
func Each(ctx context.Context, n, at int, f func(i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var running sync.WaitGroup
	for range min(n, at) {
		running.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}
