package workflow_test

import (
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

func TestC_HelpersNamed(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, "Tom": {"Tom"}, " Tom , Ali,Tom,": {"Ali", "Tom"}, "a,b,c,d,e,f,g,h,i,j,k": {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
	} {
		if got := workflow.HelpersIn(text); !slices.Equal(got, want) {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
}

// TestC_HelpersTimeRunsWithTheWorkers: from the event that names them until the work stops; on the union, less the worker's unpaid breaks, and
// nothing of travel (WP3, E10).
func TestC_HelpersTimeRunsWithTheWorkers(t *testing.T) {
	const minute = 60_000
	n := byte(0)
	at := func(kind string, job byte, minutes int64, helpers ...string) workflow.Time {
		n++
		when := model.Instant(minutes * minute)
		return workflow.Time{Change: model.ChangeID{n}, Kind: kind, Job: model.RecordID{job}, At: when, Raw: when, Wall: when, Helpers: helpers}
	}
	events := []workflow.Time{
		at(workflow.TimeTravelStart, 1, 0, "Tom"), at(workflow.TimeTravelEnd, 1, 10),
		at(workflow.TimeWorkStart, 1, 10, "Ali", "Tom"), at(workflow.TimeWorkPause, 1, 40), at(workflow.TimeWorkResume, 1, 50, "Tom"), at(workflow.TimeWorkEnd, 1, 150),
		at(workflow.TimeBreakStart, 0, 60), at(workflow.TimeBreakEnd, 0, 90),
		at(workflow.TimeWorkStart, 2, 140, "Tom"), at(workflow.TimeWorkEnd, 2, 160),
		at(workflow.TimeWorkStart, 3, 200, "Tom"), // it is not known when that ended
	}
	sheet := workflow.Hours(events, nil, workflow.Rule{PaidBreak: 20 * minute}, 300*minute)
	got := map[string]int64{}
	for _, h := range sheet.Helpers {
		got[h.Name] = workflow.PaidTime(h.Spans) / minute
	}
	// Tom: 10 to 40, 50 to 60, 90 to 160, of which ten minutes are two jobs'; Ali: until the pause.
	if len(got) != 2 || got["Tom"] != 30+10+70 || got["Ali"] != 30 {
		t.Errorf("paid to helpers: %v", got)
	}
	slices.Reverse(events)
	if again := workflow.Hours(events, nil, workflow.Rule{PaidBreak: 20 * minute}, 300*minute); !slices.EqualFunc(again.Helpers, sheet.Helpers, func(a, b workflow.Helped) bool {
		return a.Name == b.Name && slices.Equal(a.Spans, b.Spans)
	}) {
		t.Errorf("in another order: %v", again.Helpers)
	}
}
