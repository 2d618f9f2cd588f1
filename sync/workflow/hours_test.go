package workflow_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// rule is a company that pays short breaks.
var rule = workflow.Rule{PaidBreak: 20 * minute}

func (s *times) hours(corrections ...workflow.Correction) workflow.Sheet {
	return workflow.Hours(s.list, corrections, rule, noon+100*hour)
}

// from is the last event, told by another device.
func (s *times) from(device byte) *times {
	s.list[len(s.list)-1].Device = model.DeviceID{device}
	return s
}

func TestE14_E15_BreaksAndPauses(t *testing.T) {
	for _, test := range []struct {
		s    *times
		want int64 // minutes
		why  string
	}{
		{shift().add("work_start", noon).add("work_pause", noon+hour).add("work_resume", noon+2*hour).add("work_end", noon+3*hour), 120, "a pause stops the job's timer"},
		{shift().add("work_start", noon).add("break_start", noon+hour).add("break_end", noon+hour+20*minute).add("work_end", noon+3*hour), 180, "a short rest counts as worked"},
		{shift().add("work_start", noon).add("break_start", noon+hour).add("break_end", noon+hour+30*minute).add("work_end", noon+3*hour), 150, "a meal does not, though the timer ran"},
		{shift().add("work_start", noon).add("work_end", noon+hour).add("break_start", noon+hour).add("break_end", noon+hour+10*minute), 70, "a short rest between two jobs does"},
		{shift().add("work_start", noon).add("break_start", noon+hour).add("work_end", noon+3*hour), 180, "a break that nobody ended takes nothing"},
	} {
		if got := workflow.PaidTime(test.s.hours().Spans) / minute; got != test.want {
			t.Errorf("%d min, want %d: %s", got, test.want, test.why)
		}
	}
}

func TestE12_ForgottenEnds(t *testing.T) {
	s := shift().add("shift_start", noon).add("work_start", noon+minute).add("shift_end", noon+8*hour).add("work_start", noon+24*hour).add("work_end", noon+25*hour)
	sheet := s.hours()
	e := find(sheet.Entries, "work")
	if e.End != 0 || !e.Has("missing_end") || e.Suggest != noon+8*hour {
		t.Errorf("%+v; want it open, with the end of the shift suggested", e)
	}
	if got := workflow.PaidTime(sheet.Spans); got != hour {
		t.Errorf("paid %d min, want 60: what is open is never closed into pay", got/minute)
	}
	long := shift().add("work_start", noon).add("work_end", noon+20*hour).hours()
	if e := long.Entries[0]; e.End != noon+20*hour || !e.Has("long") {
		t.Errorf("%+v; want what the worker ended, and a flag", e)
	}
	other := shift().add("work_start", noon).add("work_end", noon+80*hour).hours()
	if len(other.Entries) != 2 || len(other.Spans) != 0 {
		t.Errorf("%+v; want an end three days later not to be that of this beginning", other.Entries)
	}
}

// TestR10_BeginningAgainShortensNothing: a second start while the first runs, by the same phone or by another one.
func TestR10_BeginningAgainShortensNothing(t *testing.T) {
	s := shift().add("work_start", noon).add("work_start", noon+2*hour).add("work_end", noon+3*hour)
	if got := workflow.PaidTime(s.hours().Spans); got != 3*hour {
		t.Errorf("paid %d min, want 180", got/minute)
	}
	if got := find(s.hours().Entries, "work"); !got.Has("restarted") {
		t.Errorf("%+v lacks restarted", got)
	}
}

func TestE24_TwoDevices(t *testing.T) {
	both := shift().add("work_start", noon).from(1).add("work_start", noon+hour).from(2).add("work_end", noon+2*hour).from(1).add("work_end", noon+3*hour).from(2)
	sheet := both.hours()
	if got := workflow.PaidTime(sheet.Spans); got != 3*hour {
		t.Errorf("paid %d min, want the union of 180", got/minute)
	}
	for _, e := range sheet.Entries {
		if !e.Has("two_devices") || e.Device.IsZero() {
			t.Errorf("%+v; want both flagged, with their device", e)
		}
	}
	swapped := shift().add("work_start", noon).from(1).add("work_end", noon+2*hour).from(2).hours()
	if got := workflow.PaidTime(swapped.Spans); got != 2*hour || len(swapped.Entries) != 1 {
		t.Errorf("begun on one phone and ended on the next: %+v", swapped.Entries)
	}
}

func TestE29_FutureIsNotPaidUntilReviewed(t *testing.T) {
	s := shift().add("work_start", noon).add("work_end", noon+hour)
	s.list[1].Flags = []string{workflow.FlagFuture}
	if sheet := s.hours(); len(sheet.Spans) != 0 || !sheet.Entries[0].Has("future") {
		t.Errorf("%+v; want it kept, flagged and not paid", sheet)
	}
	seen := workflow.Correction{Change: model.ChangeID{9}, Of: s.list[1].Change, At: noon + hour, Office: true, Made: noon}
	if got := workflow.PaidTime(s.hours(seen).Spans); got != hour {
		t.Errorf("paid %d min after the office said so, want 60", got/minute)
	}
}

func TestE30_ManualEntriesArePaidInFull(t *testing.T) {
	s := shift().add("manual_entry", noon).add("manual_entry", noon)
	s.list[0].Amount, s.list[1].Amount = 90, 60
	sheet := s.hours()
	if len(sheet.Amounts) != 2 || sheet.Amounts[0].Minutes+sheet.Amounts[1].Minutes != 150 {
		t.Errorf("%+v; want both, since they say how long and not when", sheet.Amounts)
	}
}

// TestE17_WhatStands: the office's word is paid by, the worker's before there is one, and afterwards it is a dispute.
func TestE17_WhatStands(t *testing.T) {
	s := shift().add("work_start", noon).add("work_end", noon+4*hour)
	fix := func(n byte, hours int64, office bool, made model.Instant, late bool) workflow.Correction {
		return workflow.Correction{Change: model.ChangeID{n, 7}, Of: s.list[1].Change, At: noon + model.Instant(hours*hour), Office: office, Made: noon + made, Late: late}
	}
	for _, test := range []struct {
		list     []workflow.Correction
		want     int64
		disputed bool
		why      string
	}{
		{nil, 4, false, "as it was told"},
		{[]workflow.Correction{fix(1, 3, false, 1, false)}, 3, false, "the worker's own, before it is approved"},
		{[]workflow.Correction{fix(1, 3, false, 1, true)}, 4, true, "the worker's own, afterwards"},
		{[]workflow.Correction{fix(1, 3, false, 1, false), fix(2, 2, true, 2, false)}, 2, false, "the office's, which has read it"},
		{[]workflow.Correction{fix(1, 3, false, 3, false), fix(2, 2, true, 2, false)}, 2, true, "a dispute of the office's"},
		{[]workflow.Correction{fix(1, 3, true, 3, false), fix(2, 2, true, 2, false)}, 3, false, "the office's last"},
		{[]workflow.Correction{{Change: model.ChangeID{1}, Of: s.list[1].Change, Void: true, Office: true, Made: noon}}, 0, false, "an end that does not count: what is open is not paid"},
	} {
		sheet := s.hours(test.list...)
		disputed := slices.ContainsFunc(sheet.Entries, func(e workflow.Entry) bool { return e.Has("disputed") })
		if got := workflow.PaidTime(sheet.Spans) / hour; got != test.want || disputed != test.disputed {
			t.Errorf("paid %d h, disputed %t; want %d, %t: %s", got, disputed, test.want, test.disputed, test.why)
		}
		if e := sheet.Entries[0]; e.RawStart != noon || e.End != 0 && e.RawEnd != noon+4*hour {
			t.Errorf("%+v; want the raw edges as they were", e)
		}
		slices.Reverse(test.list)
		if again := s.hours(test.list...); !reflect.DeepEqual(again, sheet) {
			t.Errorf("in another order: %+v, want %+v", again, sheet)
		}
	}
}

func TestE18_TimeThatNoEventToldOf(t *testing.T) {
	own := workflow.Correction{Change: model.ChangeID{1}, At: noon, Minutes: 30, Made: noon}
	for _, test := range []struct {
		list []workflow.Correction
		want int64
		why  string
	}{
		{[]workflow.Correction{own}, 30, "the worker's, before it is approved"},
		{[]workflow.Correction{{Change: model.ChangeID{1}, At: noon, Minutes: 30, Made: noon, Late: true}}, 0, "and afterwards: nobody has answered"},
		{[]workflow.Correction{own, {Change: model.ChangeID{2}, Of: own.Change, Minutes: 20, Office: true, Made: noon + 1}}, 20, "as the office has it"},
		{[]workflow.Correction{own, {Change: model.ChangeID{2}, Of: own.Change, Void: true, Office: true, Made: noon + 1}}, 0, "not at all, says the office"},
		{[]workflow.Correction{{Change: model.ChangeID{3}, At: noon, Minutes: -15, Office: true, Made: noon}}, -15, "taken away"},
	} {
		var got int64
		for _, a := range shift().hours(test.list...).Amounts {
			got += a.Minutes
		}
		if got != test.want {
			t.Errorf("%d min, want %d: %s", got, test.want, test.why)
		}
	}
}

// TestE8_MidnightSplitsAddUp: days of zones whose clocks are changed, and where the parts lie.
func TestE8_MidnightSplitsAddUp(t *testing.T) {
	for _, test := range []struct {
		zone, from, to string
		want           []int64 // minutes
	}{
		{"Europe/London", "2026-10-24T22:00:00+01:00", "2026-10-25T06:00:00Z", []int64{120, 420}},
		{"Europe/London", "2026-03-28T22:00:00Z", "2026-03-29T06:00:00+01:00", []int64{120, 300}},
		{"America/New_York", "2026-10-31T22:00:00-04:00", "2026-11-01T06:00:00-05:00", []int64{120, 420}},
		{"Pacific/Auckland", "2026-04-04T22:00:00+13:00", "2026-04-05T06:00:00+12:00", []int64{120, 420}},
		{"Australia/Lord_Howe", "2026-04-04T22:00:00+11:00", "2026-04-05T06:00:00+10:30", []int64{120, 390}},
		{"America/Santiago", "2026-09-05T23:00:00-04:00", "2026-09-06T02:00:00-03:00", []int64{60, 60}}, // midnight is left out
		{"UTC", "2026-01-01T23:59:00Z", "2026-01-04T00:00:00Z", []int64{1, 1440, 1440}},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		at := func(text string) model.Instant {
			when, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return model.Instant(when.UnixMilli())
		}
		span := workflow.Span{Start: at(test.from), End: at(test.to), Sort: "work"}
		var got []int64
		var sum int64
		for _, d := range workflow.Days([]workflow.Span{span}, zone) {
			got = append(got, d.Length()/minute)
			sum += d.Length()
			if d.Start != span.Start && workflow.DayStart(d.Day, zone) != d.Start {
				t.Errorf("%s: %s begins at %d, not at its midnight", test.zone, d.Day, d.Start)
			}
		}
		if !slices.Equal(got, test.want) || sum != span.Length() {
			t.Errorf("%s: %v min, want %v, adding up to %d", test.zone, got, test.want, span.Length()/minute)
		}
	}
}

// TestE7_ZonesChangeNoInstant: where a phone says it is changes nothing of what it told.
func TestE7_ZonesChangeNoInstant(t *testing.T) {
	at := func(offset int, zone string) model.Instant {
		o := told(noon+minute, noon, minute)
		o.Clock.Offset, o.Clock.Zone = offset, zone
		got, _ := workflow.Estimate(o, noon+hour, 0, 0)
		return got
	}
	if a, b := at(0, "Europe/London"), at(-300, "America/New_York"); a != b || a != noon+minute {
		t.Errorf("%d and %d, want the same", a-noon, b-noon)
	}
}

func TestE3_MovedClocks(t *testing.T) {
	was := workflow.Told{Boot: 1, Mark: noon, Elapsed: 0, Wall: noon, At: noon}
	for _, test := range []struct {
		wall    model.Instant
		elapsed int64
		want    bool
		why     string
	}{
		{noon + hour, hour, false, "as it goes"},
		{noon + hour + 90*second, hour, false, "less than is noted"},
		{noon + 100*hour + 5*hour, 100 * hour, false, "less than a tenth"},
		{noon + 2*hour, hour, true, "put forward: the wall's hour is 200 % of the real one"},
		{noon - hour, hour, true, "put back"},
	} {
		if got := was.Moved(told(test.wall, noon, test.elapsed)); got != test.want {
			t.Errorf("%t, want %t: %s", got, test.want, test.why)
		}
	}
	other := told(noon-hour, noon, hour)
	other.Clock.Boot = 2
	if was.Moved(other) || was.Before(other) {
		t.Error("an event of another boot is held against it (E2)")
	}
}

// TestE9_PayIsTheUnion: for random entries, minute by minute.
func TestE9_PayIsTheUnion(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 500 {
		var list []workflow.Entry
		var in [200]bool
		for range r.IntN(8) {
			from := r.IntN(150)
			to := from + 1 + r.IntN(49)
			list = append(list, workflow.Entry{
				Sort: []string{"work", "travel"}[r.IntN(2)], Start: noon + model.Instant(from*minute), End: noon + model.Instant(to*minute),
			})
			for m := from; m < to; m++ {
				in[m] = true
			}
		}
		var want int64
		for _, worked := range in {
			if worked {
				want += minute
			}
		}
		spans := workflow.Pay(list, rule)
		if got := workflow.PaidTime(spans); got != want {
			t.Fatalf("%d min, want %d: %+v", got/minute, want/minute, list)
		}
		for i := 1; i < len(spans); i++ {
			if spans[i].Start < spans[i-1].End {
				t.Fatalf("%+v overlap", spans)
			}
		}
	}
}
