package reading

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

var (
	seeds = flag.Uint64("seeds", 240, "how many histories")
	first = flag.Uint64("seed", 1, "the seed of the first")
	steps = flag.Int("steps", 400, "steps of a history")
	only  = flag.String("only", "", "the places of the steps to play, as a shrunk failure names them")
	trace = flag.Bool("show", false, "show every step") // go test keeps -trace for itself
)

func options(t *testing.T) Options {
	t.Helper()
	if !*trace {
		return Options{}
	}
	return Options{Trace: func(line string) { fmt.Println(line) }}
}

// TestHistories plays random histories against the oracle.
func TestHistories(t *testing.T) {
	stats := Stats{}
	for seed := *first; seed < *first+*seeds; seed++ {
		all := history.Of(seed, *steps)
		if *only != "" {
			all = all.Only(places(t, *only))
		}
		failure := Run(seed, all, options(t), stats)
		if failure == nil {
			continue
		}
		again := fmt.Sprintf("go test ./sync/simtest/reading -run TestHistories -seeds=1 -seed=%d -steps=%d -show", seed, *steps)
		if *only == "" {
			at, short := Shrink(seed, all, Options{}, failure, 400)
			again += " -only=" + strings.Trim(strings.ReplaceAll(fmt.Sprint(at), " ", ","), "[]")
			t.Errorf("%d steps are enough: %v", len(at), short)
		}
		t.Fatalf("seed %d: %v\nagain: %s", seed, failure, again)
	}
	t.Log(stats)
}

func places(t *testing.T, list string) (at []int) {
	t.Helper()
	for _, s := range strings.Split(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, n)
	}
	return at
}
