package payroll_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/payroll"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

const minute = 60_000

func TestE16_RoundingIsSymmetric(t *testing.T) {
	for _, test := range []struct{ ms, minutes, want int64 }{
		{7*minute + 29_999, 15, 0},
		{7*minute + 30_000, 15, 15 * minute},
		{-7*minute - 30_000, 15, -15 * minute},
		{-7*minute - 29_999, 15, 0},
		{8 * minute, 6, 6 * minute},
		{9 * minute, 6, 12 * minute},
		{12_345, 0, 12_345},
	} {
		if got := payroll.Round(test.ms, test.minutes); got != test.want {
			t.Errorf("%d ms to %d min = %d, want %d", test.ms, test.minutes, got, test.want)
		}
	}
}

// TestE19_DifferencesAddUp: whatever was exported and whatever there is now, the difference makes the one the other, and
// nothing is different afterwards.
func TestE19_DifferencesAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 19))
	random := func() []payroll.Sum {
		var sheet workflow.Sheet
		for at := int64(0); at < 3*24*60*minute; at += r.Int64N(600 * minute) {
			end := at + 1 + r.Int64N(300*minute)
			sheet.Spans = append(sheet.Spans, workflow.Span{Start: model.Instant(at), End: model.Instant(end), Sort: []string{"work", "travel"}[r.IntN(2)]})
			at = end
		}
		return payroll.Sums(&sheet, 0, 3*24*60*minute, nil, 15)
	}
	for range 2000 {
		exported, now := random(), random()
		diff := payroll.Difference(now, exported)
		got := payroll.Add(exported, diff)
		if !slices.Equal(got, now) {
			t.Fatalf("%v and %v are %v, want %v", exported, diff, got, now)
		}
		if more := payroll.Difference(now, got); len(more) != 0 {
			t.Fatalf("there is still a difference: %v", more)
		}
	}
}

func TestE19_TheSameLinesAreTheSameBytes(t *testing.T) {
	b := payroll.Batch{
		ID: model.BatchID{1}, From: 20_000, To: 20_007, Made: 1_790_000_000_000, Rounding: 15,
		Sheets: []payroll.Sheet{{
			Worker: model.UserID{2}, Person: "E-17", Name: "=Ben, the \"boiler\" man", From: 20_000, To: 20_007,
			Lines: []payroll.Sum{{Day: 20_001, Sort: "work", Raw: 28_800_250, Paid: 28_800_000}},
		}, {
			Worker: model.UserID{2}, From: 19_993, To: 20_000, Adjusts: true, Lines: []payroll.Sum{{Day: 19_995, Sort: "work", Raw: -500, Paid: 0}},
		}},
	}
	text := b.CSV()
	for _, want := range []string{
		",regular,02000000000000000000000000000000,E-17,\"'=Ben, the \"\"boiler\"\" man\",,2024-10-04,2024-10-11,2024-10-05,work,28800.25,28800\n",
		",adjustment,02000000000000000000000000000000,,,,2024-09-27,2024-10-04,2024-09-29,work,-0.5,0\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
	again := b
	again.Sheets = slices.Clone(b.Sheets)
	if !bytes.Equal(again.CSV(), text) || again.Hash() != b.Hash() {
		t.Error("the same lines are other bytes")
	}
	json, err := b.JSON()
	if err != nil || !strings.Contains(string(json), `"raw_seconds":28800.25,"paid_seconds":28800}`) || !strings.Contains(string(json), `"name":"=Ben, the \"boiler\" man"`) {
		t.Errorf("as JSON: %s, %v", json, err)
	}
	again.Sheets[0].Lines = []payroll.Sum{{Day: 20_001, Sort: "work", Raw: 1, Paid: 1}}
	if again.Hash() == b.Hash() {
		t.Error("other lines have the same hash")
	}
	if b.Lines()[0].ID == b.Lines()[1].ID {
		t.Error("two lines have one id")
	}
}

// TestC_HelpersHaveLinesOfTheirOwn: the time of a helper is a line beside the person's, of the same day and sort, and rounded by itself.
func TestC_HelpersHaveLinesOfTheirOwn(t *testing.T) {
	sheet := workflow.Sheet{
		Spans:   []workflow.Span{{Start: 0, End: 100 * minute, Sort: "work"}, {Start: 100 * minute, End: 110 * minute, Sort: "travel"}},
		Helpers: []workflow.Helped{{Name: "Tom", Spans: []workflow.Span{{Start: 0, End: 52 * minute, Sort: "work"}}}},
		Amounts: []workflow.Amount{{Sort: "manual", At: 5 * minute, Minutes: 20, Helpers: []string{"Tom"}}},
	}
	got := payroll.Sums(&sheet, 0, 24*60*minute, nil, 15)
	want := []payroll.Sum{
		{Sort: "manual", Raw: 20 * minute, Paid: 15 * minute},
		{Sort: "travel", Raw: 10 * minute, Paid: 15 * minute},
		{Sort: "work", Raw: 100 * minute, Paid: 105 * minute},
		{Helper: "Tom", Sort: "manual", Raw: 20 * minute, Paid: 15 * minute},
		{Helper: "Tom", Sort: "work", Raw: 52 * minute, Paid: 45 * minute},
	}
	if !slices.Equal(got, want) {
		t.Errorf("the lines are %+v, want %+v", got, want)
	}
	if diff := payroll.Difference(got, want[:4]); len(diff) != 1 || diff[0] != want[4] {
		t.Errorf("a helper who was named later is %+v", diff)
	}
}
