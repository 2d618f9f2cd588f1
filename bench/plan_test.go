package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestPlan(t *testing.T) {
	p, notes, err := newPlan(Config{Scenarios: []string{"push", "sync"}, Devices: 20})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.push, []int{1, 16, 20}) {
		t.Errorf("with 20 devices there are pushes of %v", p.push)
	}
	if len(notes) == 0 || !strings.Contains(notes[0], "20 devices") {
		t.Errorf("nobody is told: %q", notes)
	}
	if n := p.workNeed(); n.Writers != 20 || n.Readers == 0 || n.Listeners != 0 {
		t.Errorf("need = %+v", n)
	}
	if p.crowdNeed() != (Need{}) {
		t.Errorf("a crowd is needed for pushes: %+v", p.crowdNeed())
	}
	if p, _, _ := newPlan(Config{Scenarios: []string{"revoke"}}); p.workNeed() != (Need{Holders: p.revokes + p.beside}) || p.revokes == 0 {
		t.Errorf("taking rights back needs %+v", p.workNeed())
	}
	if p, _, _ := newPlan(Config{Scenarios: []string{"kick"}}); p.workNeed() != (Need{Seats: p.seats + p.beside, Tickets: p.moves}) || p.seats == 0 {
		t.Errorf("ending sessions needs %+v", p.workNeed())
	}
	if p, _, _ := newPlan(Config{}); p.workNeed().Tickets != 2*p.moves || p.workNeed().Tickets > 64 {
		t.Errorf("each person needs %d tickets; a gateway keeps 64 of each", p.workNeed().Tickets)
	}
	if p, _, _ := newPlan(Config{Scenarios: []string{"takeover"}, Devices: 2}); p.seats != 2 {
		t.Errorf("with 2 devices %d people move", p.seats)
	}
	if p.room(1, 1) < 20_000 || p.room(256, 1) > 2000 {
		t.Errorf("room for %d changes of one device and %d of 256: too few, or the jobs take minutes to make", p.room(1, 1), p.room(256, 1))
	}
}

func TestPlanRefuses(t *testing.T) {
	for _, cfg := range []Config{
		{Scenarios: []string{"push", "pull"}}, {For: -time.Second}, {For: time.Hour}, {Repeat: -1}, {Repeat: 101},
	} {
		if _, _, err := newPlan(cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("newPlan(%+v) = %v, want ErrConfig", cfg, err)
		}
	}
}

func TestEach(t *testing.T) {
	var calls, at, most atomic.Int32
	err := Each(t.Context(), 100, 7, func(int) error {
		calls.Add(1)
		for n := at.Add(1); ; {
			if m := most.Load(); m >= n || most.CompareAndSwap(m, n) {
				break
			}
		}
		defer at.Add(-1)
		return nil
	})
	if err != nil || calls.Load() != 100 || most.Load() > 7 {
		t.Errorf("Each = %v, %d calls, %d at a time; want 100, at most 7", err, calls.Load(), most.Load())
	}
	bad := errors.New("bad")
	calls.Store(0)
	err = Each(t.Context(), 1000, 1, func(i int) error {
		calls.Add(1)
		if i == 3 {
			return bad
		}
		return nil
	})
	if !errors.Is(err, bad) || calls.Load() > 6 {
		t.Errorf("Each = %v after %d calls, want to stop at the first error", err, calls.Load())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Each(gone, 10, 2, func(int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Each = %v when its context has ended", err)
	}
}

func TestPhrasesAreTheirKeys(t *testing.T) {
	a, b := Key{1}, Key{2}
	if once, again := Phrase(a, 300), Phrase(a, 300); once != again || once == Phrase(b, 300) || Sheet(a) == Sheet(b) {
		t.Error("a phrase must be the same for the same key, and for no other")
	}
	size := 0
	for _, f := range Sheet(a) {
		size += len(f)
	}
	if size < 420 || size > 520 {
		t.Errorf("a sheet has %d bytes, want about 500 with its numbers", size)
	}
}
