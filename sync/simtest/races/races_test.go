package races

import (
	"flag"
	"testing"
)

var (
	seeds = flag.Uint64("seeds", 100, "how many races")
	first = flag.Uint64("seed", 1, "the seed of the first")
)

// TestF1_RacesOfOneSlot: whatever the devices of one user and the office do at the same moment, one register of the live
// epoch explains it, and nothing is lost.
func TestF1_RacesOfOneSlot(t *testing.T) {
	live := 0
	for seed := *first; seed < *first+*seeds; seed++ {
		faults, n := Simulate(t, seed)
		live += n
		for _, f := range faults {
			t.Errorf("seed %d: %s\nagain: go test ./sync/simtest/races -run F1 -seeds=1 -seed=%d", seed, f, seed)
		}
	}
	t.Logf("%d races, %d live commits", *seeds, live)
}
