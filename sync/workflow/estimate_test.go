package workflow_test

import (
	"math"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones of E5, wherever the tests run

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

const (
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
)

// noon is some instant; the tests say times from it.
const noon model.Instant = 1_790_000_000_000

func told(wall model.Instant, mark model.Instant, elapsed int64) model.Occurrence {
	return model.Occurrence{Wall: wall, Elapsed: elapsed, Clock: model.Clock{Boot: 1, Mark: mark}}
}

func TestE2_Estimate(t *testing.T) {
	for _, test := range []struct {
		o                  model.Occurrence
		received, previous model.Instant
		skew               int64
		want               model.Instant
		most               int64 // of fuzz
		why                string
	}{
		{told(noon+37*minute, noon, 5*minute), noon + hour, 0, 37 * minute, noon + 5*minute, 3 * second, "same boot as the mark: mark and monotonic, whatever the wall says"},
		{told(noon+37*minute, 0, 0), noon + hour, 0, 37 * minute, noon, 2 * minute, "after a reboot: wall and what it was off at upload"},
		{told(noon-3*hour, 0, 9), noon, 0, -3 * hour, noon, 2 * minute, "a slow clock"},
		{told(noon, noon, 2*hour), noon + hour, 0, 0, noon + hour, 2 * hour, "never later than receipt"},
		{told(noon, noon, 5*minute), noon + hour, noon + 6*minute, 0, noon + 6*minute, 2 * minute, "never before the event before it"},
		{told(noon, noon, 5*minute), noon + hour, noon + 2*hour, 0, noon + hour, 3 * hour, "never later than receipt, whatever came before"},
		{told(noon, noon, -5), noon + hour, 0, 0, noon, 2 * minute, "monotonic time that runs backwards: the wall"},
		{told(0, 0, 0), noon, 0, 0, noon, 2 * minute, "no clock at all: receipt"},
		{told(math.MaxInt64, math.MaxInt64, math.MaxInt64), noon, 0, math.MinInt64, noon, math.MaxInt64, "a clock gone mad"},
		{told(noon, noon, 72*hour), noon + 80*hour, 0, 0, noon + 72*hour, 30 * second, "three days offline drift by seconds"},
	} {
		at, fuzz := workflow.Estimate(test.o, test.received, test.previous, test.skew)
		if at != test.want || fuzz < 0 || fuzz > test.most {
			t.Errorf("%d (%d off), want %d within %d: %s", at-noon, fuzz, test.want-noon, test.most, test.why)
		}
	}
}

func FuzzEstimate(f *testing.F) {
	f.Add(int64(noon), int64(noon), int64(5), int64(noon), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, wall, mark, elapsed, received, previous, skew int64) {
		const year9999 = 253_402_300_799_999
		received, previous = min(max(received, 0), year9999), min(max(previous, 0), year9999)
		at, fuzz := workflow.Estimate(told(model.Instant(wall), model.Instant(mark), elapsed), model.Instant(received), model.Instant(previous), skew)
		if at > model.Instant(received) || at < model.Instant(min(previous, received)) || fuzz < 0 {
			t.Errorf("at %d, %d off; received %d, previous %d", at, fuzz, received, previous)
		}
	})
}

func TestE3_ClockFlags(t *testing.T) {
	for _, test := range []struct {
		off  int64
		want []string
	}{
		{0, nil}, {2 * minute, nil}, {-2*minute - 1, []string{"skew"}}, {15 * minute, []string{"skew"}}, {37 * minute, []string{"skew_review"}},
	} {
		o := told(noon+model.Instant(test.off), noon, 0)
		if got := workflow.ClockFlags(o, noon+hour, noon); !slices.Equal(got, test.want) {
			t.Errorf("%d ms off: %v, want %v", test.off, got, test.want)
		}
	}
	future := told(noon+hour, 0, 0)
	if got := workflow.ClockFlags(future, noon, noon); !slices.Contains(got, "future") {
		t.Errorf("an hour ahead of receipt: %v, want future (E29)", got)
	}
}

// TestE5_NightsOfTheClockChange: durations come from instants, so that the night shift of the change is 9 or 7 hours.
func TestE5_NightsOfTheClockChange(t *testing.T) {
	for _, test := range []struct {
		zone  string
		start time.Time // wall time of 22:00 the evening before, in that zone
		want  int64
	}{
		{"Europe/London", time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC), 9 * hour},
		{"Europe/London", time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC), 7 * hour},
		{"America/New_York", time.Date(2026, 10, 31, 22, 0, 0, 0, time.UTC), 9 * hour},
		{"Pacific/Auckland", time.Date(2026, 4, 4, 22, 0, 0, 0, time.UTC), 9 * hour},
		{"Australia/Lord_Howe", time.Date(2026, 4, 4, 22, 0, 0, 0, time.UTC), 8*hour + 30*minute},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		local := func(add int) model.Instant {
			y, m, d := test.start.Date()
			return model.Instant(time.Date(y, m, d, 22+add, 0, 0, 0, zone).UnixMilli())
		}
		s := shift()
		s.add("work_start", local(0))
		s.add("work_end", local(8))
		if got := paid(s.entries(local(8))); got != test.want {
			t.Errorf("%s, 22:00 to 06:00: %d min, want %d", test.zone, got/minute, test.want/minute)
		}
	}
}
