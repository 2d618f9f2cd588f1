//go:build plant

package reading

import (
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// bug is a mistake that the checker must find.
type bug struct {
	name  string
	seeds int // within how many histories; 0: only by its directed test
}

var bugs = []bug{
	{"reveal-by-stamp", 40},
	{"mask-dropped", 40},
	{"mask-names-lost", 40},
	{"forgets-other-audience", 40},
	{"retract-ignores-entered", 40},
	{"resume-forgets-view", 40},
	{"floor-not-lowered", 100},
	{"had-only-at-cut", 300},
	{"resume-forgets-view+floor-not-lowered+had-only-at-cut", 40},
	{"gains-join-pass", 100},
	{"newer-than-position", 0},
	{"checkpoint-at-pass-end", 40},
	{"retract-one-snapshot", 40},
	{"staging-not-retracted", 40},
	{"retract-only-at-checkpoint", 40},
	{"late-page-accepted", 40},
	{"latest-interval-only", 200},
	{"whole-if-entered-after", 100},
	{"no-horizon-check", 300},
	{"horizon-on-cut", 100},
	{"no-orphan-rule", 100},
	{"rows-by-stored-seq", 100},
	{"limit-counts-scanned", 100},
	{"ack-by-number", 100},
	{"constant-budget", 0},
	{"projection-off", 40},
	{"intervals-unbounded", 0},
	{"ranges-merged-by-commit", 300},
	{"lost-audience-not-walked", 40},
	{"gained-audience-not-walked", 40},
	{"gained-class-not-walked", 40},
	{"feed-unprojected", 100},
	{"feed-of-everybody", 100},
	{"deletions-unchronicled", 100},
	{"desk-sees-everything", 40},
	{"visits-outstay", 100},
	{"window-ignored", 100},
	{"window-by-own-clock", 100},
	{"turn-forgets-children", 100},
	{"exit-not-retracted", 100},
	{"calendar-goes-back", 100},
}

// plant turns bugs on, in the engine and in the replica.
func plant(t *testing.T, names string) Options {
	t.Helper()
	on := func(name string) bool {
		for _, b := range strings.Split(names, "+") {
			if b == name {
				return true
			}
		}
		return false
	}
	engine.Plant = on
	t.Cleanup(func() { engine.Plant = nil })
	return Options{Plant: on}
}

// TestDirectedFindsPlantedBugs: what random histories hardly meet, a script meets at once.
func TestPlantedDirected(t *testing.T) {
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			opt := plant(t, b.name)
			var by []string
			for _, c := range directed {
				if f := attempt(opt, c.run); f != nil {
					by = append(by, c.name)
				}
			}
			t.Log(by)
			if len(by) == 0 && b.seeds == 0 {
				t.Error("no script finds it, nor is a history asked to")
			}
		})
	}
}

// TestPlantedBugs: every planted bug is found, or the checker has gone blind.
func TestPlantedBugs(t *testing.T) {
	for _, b := range bugs {
		if b.seeds == 0 {
			continue // its script finds it
		}
		t.Run(b.name, func(t *testing.T) {
			opt := plant(t, b.name)
			total := 0
			for seed := *first; seed < *first+uint64(b.seeds); seed++ {
				stats := Stats{}
				f := Run(seed, history.Of(seed, *steps), opt, stats)
				total += stats["steps"]
				if f != nil {
					t.Logf("seed %d, after %d steps in all: %v", seed, total, f)
					return
				}
			}
			t.Errorf("not found in %d histories", b.seeds)
		})
	}
}

// TestShrink: a failure becomes short, and stays the same failure.
func TestShrink(t *testing.T) {
	opt := plant(t, "gains-join-pass")
	all := history.Of(8, 400)
	f := Run(8, all, opt, Stats{})
	if f == nil {
		t.Skip("seed 8 does not meet the bug any more")
	}
	at, short := Shrink(8, all, opt, f, 300)
	t.Logf("%d steps of %d: %v", len(at), f.Step, short)
	if len(at) > f.Step/2 {
		t.Errorf("%d steps left of %d", len(at), f.Step)
	}
	if again := Run(8, all.Only(at), opt, Stats{}); again == nil || again.Kind != f.Kind {
		t.Errorf("the short history fails with %v, want %s", again, f.Kind)
	}
}
