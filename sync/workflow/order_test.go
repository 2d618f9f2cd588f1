package workflow_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// random is a job of up to four workers and two visits with a few events, legal or not.
func random(r *rand.Rand) workflow.Job {
	j := workflow.Job{Visit: 1 + r.Int64N(2), Rule: model.CompletionRule(r.IntN(4)), AutoAccept: r.IntN(2) == 0, Draft: r.IntN(4) == 0}
	for i := range r.IntN(5) {
		a := workflow.Assignment{ID: record(byte(10 + i)), User: user(byte(1 + r.IntN(3))), Lead: r.IntN(2) == 0, Visit: 1 + r.Int64N(2), Since: model.Instant(r.IntN(10))}
		if r.IntN(5) == 0 {
			a.Withdrawn = model.Instant(1 + r.IntN(20))
		}
		if r.IntN(4) == 0 {
			a.Lapsed = model.Instant(1 + r.IntN(20))
		}
		j.Assignments = append(j.Assignments, a)
	}
	field := []string{"accept", "decline", "travel", "start", "start", "pause", "resume", "done", "done"}
	office := []string{"cancel", "reinstate", "withdraw", "withdraw", "pause", "resume", "close", "reopen"}
	for i := range r.IntN(9) {
		e := workflow.Event{At: model.Instant(1 + r.IntN(20)), Office: r.IntN(3) == 0, Visit: 1 + r.Int64N(2), Idle: r.IntN(12) == 0}
		e.Change[0] = byte(i)
		if e.Office {
			e.Kind, e.Of = office[r.IntN(len(office))], record(byte(10+r.IntN(4)))
		} else {
			e.Kind, e.Worker = field[r.IntN(len(field))], user(byte(1+r.IntN(4)))
		}
		j.Events = append(j.Events, e)
	}
	return j
}

// TestR4_ArrivalOrderChangesNothing: any order of arrival, and an event that comes twice, derive the same.
func TestR4_ArrivalOrderChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 20_000 {
		j := random(r)
		want := workflow.Derive(j)
		if len(j.Events) > 0 {
			j.Events = append(j.Events, j.Events[0])
		}
		r.Shuffle(len(j.Events), func(i, k int) { j.Events[i], j.Events[k] = j.Events[k], j.Events[i] })
		r.Shuffle(len(j.Assignments), func(i, k int) { j.Assignments[i], j.Assignments[k] = j.Assignments[k], j.Assignments[i] })
		if got := workflow.Derive(j); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nin another order\n%+v\nof %+v", want, got, j)
		}
	}
}

// TestD_DeriveHolds: what must be true of every job, whatever happened to it.
func TestD_DeriveHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 20_000 {
		j := random(r)
		d := workflow.Derive(j)
		if len(d.States) != len(j.Assignments) {
			t.Fatalf("%d states of %d assignments: %+v", len(d.States), len(j.Assignments), j)
		}
		if d.Status == "completed" && d.Completed == 0 {
			t.Fatalf("completed at no time: %+v", j)
		}
		for _, id := range d.Superseded {
			if d.States[id] != "withdrawn" || d.Completed == 0 && d.Status != "cancelled" {
				t.Fatalf("superseded by nothing: %+v of %+v", d, j)
			}
		}
	}
}

// TestR2_FactsAreNeverRefused: a fact is applied, recorded or held, and staff's are never held.
func TestR2_FactsAreNeverRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	kinds := []string{"travel", "start", "pause", "resume", "done"}
	for range 20_000 {
		j := random(r)
		e := workflow.Event{Kind: kinds[r.IntN(5)], Worker: user(byte(1 + r.IntN(4))), Visit: r.Int64N(3), At: model.Instant(r.IntN(25))}
		e.Change[0] = 200
		external := r.IntN(2) == 0
		before := len(j.Events)
		out, _, _ := workflow.JudgeEvent(j, e, external)
		if out != model.OutcomeApplied && out != model.OutcomeRecorded && (out != model.OutcomeHeld || !external) {
			t.Fatalf("%+v is %s on %+v", e, out, j)
		}
		if len(j.Events) != before {
			t.Fatal("JudgeEvent changed the job")
		}
	}
}

// TestD_CompletedStaysCompleted: on a job that nobody was taken off, no field event pulls a completion back. Phones are
// offline for any time, but each sends what its worker did in the order it was done.
func TestD_CompletedStaysCompleted(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	kinds := []string{"accept", "decline", "travel", "start", "pause", "resume", "done"}
	seen := 0
	for range 20_000 {
		s := on(lead('a', 0), helper('b', 0))
		s.job.Rule = model.CompletionRule(1 + r.IntN(3))
		var clock [2]model.Instant
		for i := range 8 {
			who := r.IntN(2)
			clock[who] += model.Instant(1 + r.IntN(5))
			e := workflow.Event{Kind: kinds[r.IntN(7)], Worker: user("ab"[who]), Visit: 1, At: clock[who]}
			e.Change[0] = byte(i)
			was := s.derive()
			out, _, _ := workflow.JudgeEvent(s.job, e, false)
			e.Idle = out == model.OutcomeRecorded && (e.Kind == "accept" || e.Kind == "decline")
			s.job.Events = append(s.job.Events, e)
			if was.Status != "completed" {
				continue
			}
			if seen++; s.derive().Status != "completed" {
				t.Fatalf("%+v pulled back %+v: %+v", e, was, s.job.Events)
			}
		}
	}
	if seen == 0 {
		t.Error("nothing was ever completed")
	}
}

func FuzzDerive(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		j := random(r)
		want := workflow.Derive(j)
		r.Shuffle(len(j.Events), func(i, k int) { j.Events[i], j.Events[k] = j.Events[k], j.Events[i] })
		if got := workflow.Derive(j); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nin another order\n%+v\nof %+v", want, got, j)
		}
	})
}

func BenchmarkDerive(b *testing.B) {
	s := on(lead('a', 0), helper('b', 0)).with("a accept 1", "a travel 2", "a start 3", "b start 4", "a pause 5", "a resume 6", "b done 7", "a done 8")
	b.ReportAllocs()
	for b.Loop() {
		s.derive()
	}
}

// BenchmarkDeriveLong is a job with 200 events of ten workers.
func BenchmarkDeriveLong(b *testing.B) {
	s := on()
	kinds := []string{"travel", "start", "pause", "resume"}
	for w := range 10 {
		s.job.Assignments = append(s.job.Assignments, workflow.Assignment{ID: record(byte(10 + w)), User: user(byte(1 + w)), Lead: w == 0, Visit: 1})
		for i := range 20 {
			e := workflow.Event{Kind: kinds[i%len(kinds)], Worker: user(byte(1 + w)), Visit: 1, At: model.Instant(10*i + w)}
			e.Change = model.ChangeID{byte(w), byte(i)}
			s.job.Events = append(s.job.Events, e)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		s.derive()
	}
}

// BenchmarkHours is what a worker's 100 events of a week, two of them corrected, amount to.
func BenchmarkHours(b *testing.B) {
	var events []workflow.Time
	for i := range 100 {
		kind := []string{"work_start", "work_end"}[i%2]
		at := noon + model.Instant(i)*90*minute
		events = append(events, workflow.Time{Change: model.ChangeID{byte(i), 1}, Kind: kind, At: at, Raw: at})
	}
	corrections := []workflow.Correction{
		{Change: model.ChangeID{1, 2}, Of: events[3].Change, At: events[3].At - 10*minute, Office: true, Made: noon},
		{Change: model.ChangeID{2, 2}, Of: events[9].Change, Void: true, Office: true, Made: noon},
	}
	b.ReportAllocs()
	for b.Loop() {
		workflow.Hours(events, corrections, workflow.Rule{}, noon+200*hour)
	}
}
