package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// memoryEvery is how often a server looks whether it holds memory that it does not need.
const memoryEvery = 3 * time.Second

// giveBack gives memory back to the system when a burst is over, until end is called. All phones of a company come back at
// once after a restart, and what that took would stay for minutes: Go collects again when as much has been allocated
// anew as is in use, and a server whose phones are idle allocates next to nothing. It is for a process that is one server: the
// memory of the process is all it sees.
func giveBack() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	looking.Go(func() { looks(ctx) })
	return func() {
		cancel()
		looking.Wait()
	}
}

func looks(ctx context.Context) {
	turn := time.NewTicker(memoryEvery)
	defer turn.Stop()
	var burst burst
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
		if burst.over(allocated()) {
			debug.FreeOSMemory()
		}
	}
}

// burst watches what a process allocates. The zero value has seen nothing.
type burst struct{ last, given uint64 }

// over says whether much was allocated since it last said so, and little since the last call. allocated is since the
// process was started, inUse what the process holds of the system's memory, both in bytes.
func (b *burst) over(allocated, inUse uint64) bool {
	calm := allocated-b.last < inUse/20
	b.last = allocated
	if !calm || allocated-b.given < inUse/4 {
		return false
	}
	b.given = allocated
	return true
}

// allocated is what over takes.
func allocated() (allocated, inUse uint64) {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	var n [3]uint64
	for i, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			n[i] = s.Value.Uint64()
		}
	}
	return n[0], n[1] - n[2]
}
