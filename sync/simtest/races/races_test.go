package races

import (
	"flag"
	"testing"
)

var (
	seeds = flag.Int("seeds", 500, "how many races are played")
	seed  = flag.Uint64("seed", 1, "the first seed")
)

// TestF1_OneLiveDevice plays races. A failure says how to play it again.
func TestF1_OneLiveDevice(t *testing.T) {
	var sum Counts
	for i := range *seeds {
		s := *seed + uint64(i)
		counts, fails := Play(s)
		sum.Add(counts)
		for _, f := range fails {
			t.Errorf("seed %d: %s", s, f)
		}
		if len(fails) > 0 {
			t.Fatalf("rerun: go test ./sync/simtest/races -count=1 -args -seeds=1 -seed=%d", s)
		}
	}
	t.Logf("%+v, 0 violations", sum)
}
