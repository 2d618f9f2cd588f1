package writing

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

var (
	seeds  = flag.Int("seeds", 240, "how many histories TestHistories runs")
	seed   = flag.Uint64("seed", 1, "the first seed")
	steps  = flag.Int("steps", 500, "steps of a history")
	traced = flag.Bool("trace", false, "print what happens")
)

// TestHistories runs random histories. A failure is shrunk, traced, and says how to run it again.
func TestHistories(t *testing.T) {
	var sum Counts
	n := *seeds
	if testing.Short() {
		n = min(n, 40)
	}
	for i := range n {
		opt := Options{Seed: *seed + uint64(i), Steps: *steps}
		if *traced {
			opt.Trace = os.Stdout
		}
		r := Run(opt)
		sum.Add(r.Counts)
		if len(r.Fails) > 0 {
			report(t, opt, r)
			return
		}
	}
	t.Logf("%+v", sum)
}

func report(t *testing.T, opt Options, r Result) {
	t.Helper()
	for _, f := range r.Fails {
		t.Errorf("seed %d: %s", opt.Seed, f)
	}
	short := Shrink(opt)
	opt.Trace = os.Stdout
	Replay(opt, short)
	t.Logf("shrunk to %d steps: %v", len(short), short)
	t.Log("rerun: " + rerun(opt))
}

func rerun(opt Options) string {
	return fmt.Sprintf("go test ./sync/simtest/writing -run TestHistories -count=1 -args -seeds=1 -seed=%d -steps=%d -trace", opt.Seed, opt.Steps)
}
