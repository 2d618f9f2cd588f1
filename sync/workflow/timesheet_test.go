package workflow_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// times is timesheet events of one worker on one job.
type times struct{ list []workflow.Time }

func shift() *times { return &times{} }

func (s *times) add(kind string, at model.Instant) *times {
	e := workflow.Time{Kind: kind, Job: record('j'), At: at, Raw: at}
	if kind == "shift_start" || kind == "shift_end" {
		e.Job = model.RecordID{}
	}
	e.Change[0] = byte(len(s.list) + 1)
	s.list = append(s.list, e)
	return s
}

func (s *times) entries(now model.Instant) []workflow.Entry {
	return workflow.Entries(s.list, workflow.Rule{}, now)
}

func paid(list []workflow.Entry) int64 { return workflow.PaidTime(workflow.Pay(list, workflow.Rule{})) }

// bare is entries without what they are made of.
func bare(list []workflow.Entry) (out []workflow.Entry) {
	for _, e := range list {
		out = append(out, workflow.Entry{Sort: e.Sort, Job: e.Job, Start: e.Start, End: e.End, Flags: e.Flags})
	}
	return out
}

func find(list []workflow.Entry, sort string) workflow.Entry {
	for _, e := range list {
		if e.Sort == sort {
			return e
		}
	}
	return workflow.Entry{}
}

func TestE_EventsBecomeEntries(t *testing.T) {
	s := shift().add("shift_start", noon).add("travel_start", noon+minute).add("travel_end", noon+20*minute).
		add("work_start", noon+20*minute).add("work_pause", noon+40*minute).add("work_resume", noon+60*minute).
		add("work_end", noon+90*minute).add("break_start", noon+95*minute).add("break_end", noon+110*minute).add("shift_end", noon+2*hour)
	want := []workflow.Entry{
		{Sort: "shift", Start: noon, End: noon + 2*hour},
		{Sort: "travel", Job: record('j'), Start: noon + minute, End: noon + 20*minute},
		{Sort: "work", Job: record('j'), Start: noon + 20*minute, End: noon + 40*minute},
		{Sort: "work", Job: record('j'), Start: noon + 60*minute, End: noon + 90*minute},
		{Sort: "break", Job: record('j'), Start: noon + 95*minute, End: noon + 110*minute},
	}
	got := bare(s.entries(noon + 3*hour))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if got := paid(got); got != 69*minute {
		t.Errorf("paid %d min, want 69: the pause is not work (E14)", got/minute)
	}
}

func TestE10_OverlapIsPaidOnTheUnion(t *testing.T) {
	s := shift().add("work_start", noon).add("work_end", noon+60*minute)
	s.list = append(s.list,
		workflow.Time{Change: model.ChangeID{99}, Kind: "work_start", Job: record('k'), At: noon + 30*minute},
		workflow.Time{Change: model.ChangeID{98}, Kind: "work_end", Job: record('k'), At: noon + 90*minute})
	got := s.entries(noon + 2*hour)
	for _, e := range got {
		if !slices.Contains(e.Flags, "overlap") {
			t.Errorf("%+v lacks overlap: both are flagged, both kept", e)
		}
	}
	if sum := paid(got); len(got) != 2 || sum != 90*minute {
		t.Errorf("%d entries, %d min paid; want 2, 90", len(got), sum/minute)
	}
}

func TestE9_TouchingIsNoOverlap(t *testing.T) {
	got := shift().add("travel_start", noon).add("travel_end", noon+hour).add("work_start", noon+hour).add("work_end", noon+2*hour).entries(noon + 2*hour)
	for _, e := range got {
		if slices.Contains(e.Flags, "overlap") {
			t.Errorf("%+v", e)
		}
	}
}

func TestE11_JobTimeOutsideTheShift(t *testing.T) {
	in := shift().add("shift_start", noon).add("work_start", noon+minute).add("work_end", noon+hour).add("shift_end", noon+2*hour)
	out := shift().add("shift_start", noon).add("work_start", noon+minute).add("work_end", noon+3*hour).add("shift_end", noon+2*hour)
	if e := find(in.entries(noon+4*hour), "work"); slices.Contains(e.Flags, "outside_shift") {
		t.Errorf("inside: %+v", e)
	}
	if e := find(out.entries(noon+4*hour), "work"); !slices.Contains(e.Flags, "outside_shift") || e.End != noon+3*hour {
		t.Errorf("outside: %+v; want a flag, and the time as it was", e)
	}
}

func TestE12_MissingEndStaysOpen(t *testing.T) {
	s := shift().add("work_start", noon)
	if e := find(s.entries(noon+16*hour), "work"); e.End != 0 || slices.Contains(e.Flags, "missing_end") {
		t.Errorf("after 16 h: %+v", e)
	}
	if e := find(s.entries(noon+17*hour), "work"); e.End != 0 || !slices.Contains(e.Flags, "missing_end") {
		t.Errorf("after 17 h: %+v; want open and flagged, never closed", e)
	}
}

func TestE13_DoubleTaps(t *testing.T) {
	s := shift().add("work_start", noon).add("work_start", noon+59*second).add("work_end", noon+hour).add("work_end", noon+hour+10*second)
	got := s.entries(noon + 2*hour)
	if len(got) != 1 || got[0].Start != noon || got[0].End != noon+hour || !slices.Contains(got[0].Flags, "double_tap") {
		t.Errorf("%+v; want one entry from the first tap", got)
	}
}

func TestE1_NothingIsDropped(t *testing.T) {
	got := shift().add("work_end", noon).entries(noon + hour)
	if len(got) != 1 || got[0].End != noon || !slices.Contains(got[0].Flags, "missing_start") {
		t.Errorf("an end alone: %+v", got)
	}
	s := shift().add("manual_entry", noon)
	s.list[0].Amount = 45
	got = s.entries(noon + hour)
	sheet := workflow.Hours(s.list, nil, workflow.Rule{}, noon+hour)
	if len(got) != 1 || !slices.Contains(got[0].Flags, "manual") || len(sheet.Amounts) != 1 || sheet.Amounts[0].Minutes != 45 {
		t.Errorf("a manual entry: %+v (E30)", got)
	}
}

// TestR10_EventsNeverShortenHours: for random events, their order does not matter, no entry runs backwards, and one
// more closed piece of work never lowers what is paid.
func TestR10_EventsNeverShortenHours(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	kinds := []string{"shift_start", "shift_end", "travel_start", "travel_end", "work_start", "work_pause", "work_resume", "work_end", "break_start", "break_end", "manual_entry", "nonsense"}
	for range 3000 {
		s := shift()
		for range r.IntN(12) {
			s.add(kinds[r.IntN(len(kinds))], noon+model.Instant(r.IntN(600))*minute)
			s.list[len(s.list)-1].Amount = r.Int64N(100)
		}
		now := noon + 600*minute
		want := s.entries(now)
		for _, e := range want {
			if e.Start != 0 && e.End != 0 && e.End < e.Start {
				t.Fatalf("%+v runs backwards", e)
			}
		}
		before := paid(want)
		other := model.Instant(r.IntN(600)) * minute
		more := append(slices.Clone(s.list),
			workflow.Time{Change: model.ChangeID{250}, Kind: "work_start", Job: record('z'), At: noon + other},
			workflow.Time{Change: model.ChangeID{251}, Kind: "work_end", Job: record('z'), At: noon + other + hour})
		if got := paid(workflow.Entries(more, workflow.Rule{}, now)); got < before {
			t.Fatalf("more work pays %d instead of %d: %+v", got, before, s.list)
		}
		r.Shuffle(len(s.list), func(i, k int) { s.list[i], s.list[k] = s.list[k], s.list[i] })
		if got := s.entries(now); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nin another order\n%+v", want, got)
		}
	}
}
