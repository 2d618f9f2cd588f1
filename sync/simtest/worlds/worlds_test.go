package worlds

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

var (
	seeds = flag.Uint64("seeds", 60, "how many pairs of worlds")
	first = flag.Uint64("seed", 0, "the seed of the first; 0: a fresh one")
	steps = flag.Int("steps", 64, "steps of a script")
	only  = flag.String("only", "", "the places of the steps to play, as a shrunk failure names them")
)

// report is what TestMain says at the end.
var report []string

// TestMain makes what is made once and kept, which must not belong to one test's bubble, and says what was found.
func TestMain(m *testing.M) {
	flag.Parse()
	packed, _ := protocol.Compress(make([]byte, 4096))
	_, _ = protocol.DecodePageBody(packed, true)
	key()
	if *first == 0 {
		*first = uint64(time.Now().Unix())
	}
	code := m.Run()
	verdict := "verdict: the two worlds cannot be told apart"
	if code != 0 {
		verdict = "verdict: FAILED"
	}
	fmt.Println(strings.Join(append(report, verdict), "\n"))
	os.Exit(code)
}

// play runs a pair in a bubble of its own.
func play(t *testing.T, seed uint64, steps history.Steps, customers int, stats *Stats) (failure *Failure) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		failure = Run(seed, steps, Options{Customers: customers, Now: time.Now, Rest: func(d time.Duration) {
			synctest.Wait()
			time.Sleep(d)
			synctest.Wait()
		}}, stats)
	})
	return failure
}

// script is a seed's, or what is left of it.
func script(t *testing.T, seed uint64) history.Steps {
	t.Helper()
	all := history.Of(seed, *steps)
	if *only == "" {
		return all
	}
	var at []int
	for _, s := range strings.Split(*only, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, n)
	}
	return all.Only(at)
}

// TestWorlds: what a user may not see changes no byte of what their phone is told (DESIGN I9).
func TestWorlds(t *testing.T) {
	n := *seeds
	if testing.Short() {
		n = min(n, 8)
	}
	var mu sync.Mutex // guards total
	total := newStats()
	t.Run("pairs", func(t *testing.T) {
		workers := uint64(runtime.GOMAXPROCS(0))
		for k := range workers {
			t.Run(fmt.Sprint(k), func(t *testing.T) {
				t.Parallel()
				stats := newStats()
				for seed := *first + k; seed < *first+n && !t.Failed(); seed += workers {
					compare(t, seed, stats)
				}
				mu.Lock()
				defer mu.Unlock()
				total.Add(stats)
			})
		}
	})
	t.Logf("the office and strangers: %v; the phone heard: %v", total.Outcomes, total.Heard)
	if !t.Failed() {
		report = append(report, fmt.Sprintf("%d pairs of worlds from seed %d, %d frames and %d bytes compared: 0 differences",
			n, *first, total.Frames, total.Bytes))
	}
}

// TestS7_OthersDoNotHaveOnesWorkJudged: these differed while the first record of an audience had all held work of the company
// judged again, and while work on a job that phones do not carry waited until the job came into somebody's audience: what
// became of it told of others.
func TestS7_OthersDoNotHaveOnesWorkJudged(t *testing.T) {
	for _, seed := range []uint64{1795748208, 1795748491, 1795748502, 1795749559} {
		if failure := play(t, seed, history.Of(seed, 64), 0, newStats()); failure != nil {
			t.Errorf("seed %d: %v", seed, failure)
		}
	}
}

// compare plays a pair, and shortens its script when the worlds differ.
func compare(t *testing.T, seed uint64, stats *Stats) {
	t.Helper()
	all := script(t, seed)
	failure := play(t, seed, all, 0, stats)
	if failure == nil {
		return
	}
	again := fmt.Sprintf("go test ./sync/simtest/worlds -run 'TestWorlds$' -seeds=1 -seed=%d -steps=%d", seed, *steps)
	if *only == "" {
		short := failure
		at := history.Shrink(min(failure.Step, len(all)), 200, func(at []int) (int, bool) {
			f := play(t, seed, all.Only(at), 0, newStats())
			if f == nil || f.Kind != failure.Kind {
				return 0, false
			}
			short = f
			return f.Step, true
		})
		again += " -only=" + strings.Trim(strings.ReplaceAll(fmt.Sprint(at), " ", ","), "[]")
		t.Errorf("%d steps are enough: %v", len(at), short)
	}
	t.Errorf("seed %d: %v\nagain: %s", seed, failure, again)
}

// TestS1_TenThousandCustomers: whether the company has no customer or 10,000, of just the names that are typed.
func TestS1_TenThousandCustomers(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 1000
	}
	stats := newStats()
	for seed, played := *first, 0; played < 2; seed++ {
		if furnish(seed).customer {
			continue // who may look at customers would see them
		}
		if f := play(t, seed, history.Of(seed, *steps), many, stats); f != nil {
			t.Errorf("seed %d: %v", seed, f)
		}
		played++
	}
	report = append(report, fmt.Sprintf("0 customers and %d: %d frames compared", many, stats.Frames))
}
