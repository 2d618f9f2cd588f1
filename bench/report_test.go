package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func ptr(v float64) *float64 { return &v }

func TestNumbers(t *testing.T) {
	cases := []struct {
		value float64
		want  string
		why   string
	}{
		{0, "0", "nothing"},
		{0.0042, "0.004", "not more than three places"},
		{0.523, "0.523", "a ratio"},
		{5.0801, "5.08", "three digits"},
		{13.44, "13.4", "three digits"},
		{100, "100", "no place where there are three digits before it"},
		{9743.4, "9,743", "a rate"},
		{1234567, "1,234,567", "a large one"},
	}
	for _, c := range cases {
		if got := number(&c.value); got != c.want {
			t.Errorf("number(%v) = %q, want %q: %s", c.value, got, c.want, c.why)
		}
	}
	if got := number(nil); got != "–" {
		t.Errorf("number(nil) = %q", got)
	}
}

func TestMedian(t *testing.T) {
	cases := []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3},
	}
	for _, c := range cases {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.values, got, c.want)
		}
	}
}

func TestRatioIsTheMedianOfEachRepetitions(t *testing.T) {
	cases := []struct {
		gateway, floor *Values
		want           *float64
		why            string
	}{
		{&Values{All: []float64{50, 10, 90}}, &Values{All: []float64{100, 100, 100}}, ptr(0.5), "the middle one"},
		{&Values{All: []float64{1, 100}}, &Values{All: []float64{2, 200}}, ptr(0.5), "drift that hits both alike does not show"},
		{&Values{All: []float64{6}}, &Values{All: []float64{2, 4}}, ptr(2), "not as many: of the medians"},
		{&Values{All: []float64{6}}, &Values{All: []float64{0}}, nil, "nothing to compare with"},
		{&Values{All: []float64{6}}, nil, nil, "the floor has no such thing"},
	}
	for _, c := range cases {
		f := Figure{Gateway: c.gateway, Floor: c.floor}
		f.finish()
		if (f.Ratio == nil) != (c.want == nil) || f.Ratio != nil && *f.Ratio != *c.want {
			t.Errorf("ratio = %v, want %v: %s", number(f.Ratio), number(c.want), c.why)
		}
	}
}

// reportOf is a report of one figure of the 64 devices that the bars know.
func reportOf(gateway, floor float64) *Report {
	p := whole()
	r := &runner{report: newReport(1, p, nil)}
	at := place{scenarioPush, 64, "durable pushes, 64 devices"}
	r.note(&side{r: r}, at, figureRate, gateway)
	r.note(&side{r: r, target: contender{floor: true}}, at, figureRate, floor)
	return r.report
}

func TestBars(t *testing.T) {
	cases := []struct {
		gateway, floor float64
		met            bool
	}{{5000, 9000, true}, {4500, 9000, true}, {4499, 9000, false}}
	for _, c := range cases {
		r := reportOf(c.gateway, c.floor)
		r.finish()
		bar := r.Results[0].Figures[0].Bar
		if bar == nil || bar.Met != c.met || (len(r.Missed()) == 0) != c.met {
			t.Errorf("%v of %v: bar %+v, missed %q; want met %v", c.gateway, c.floor, bar, r.Missed(), c.met)
		}
	}
	r := reportOf(1, 9000)
	r.Quick = true
	r.finish()
	if len(r.Missed()) > 0 {
		t.Errorf("a quick run missed %q: its figures mean nothing", r.Missed())
	}
}

// TestEveryBarIsOfWhatIsMeasured: a bar of a size that is not measured would never be missed.
func TestEveryBarIsOfWhatIsMeasured(t *testing.T) {
	p := whole()
	sizes := map[string][]int{
		scenarioPush: p.push, scenarioDrain: {p.drain}, scenarioSync + "_" + string(Plain): {p.records},
		scenarioListen: {p.listeners}, scenarioRevoke: {p.revokes},
		scenarioKick: {p.seats * p.moves}, scenarioFlood: {p.guessers}, scenarioIdle: p.idle, scenarioResume: {p.resumes},
	}
	for _, b := range bars() {
		found := false
		for _, n := range sizes[b.scenario] {
			found = found || n == b.size
		}
		if !found {
			t.Errorf("the bar of %s, %d devices, is of nothing that is measured: %v", b.scenario, b.size, sizes[b.scenario])
		}
	}
}

func TestChecks(t *testing.T) {
	r := newReport(2, whole(), nil)
	r.check("gateway", checkAcked, 10, nil)
	r.check("gateway", checkAcked, 5, []string{"one is lost"})
	r.check("floor", checkAcked, 7, make([]string, 2*maxWrong))
	if len(r.Checks) != 2 || r.Checks[0].Checked != 15 || len(r.Checks[1].Wrong) != maxWrong {
		t.Errorf("checks = %+v", r.Checks)
	}
	if wrong := r.Wrong(); len(wrong) != 1+maxWrong || wrong[0] != "gateway: one is lost" {
		t.Errorf("Wrong() = %q", wrong)
	}
}

func TestTableAndJSON(t *testing.T) {
	r := reportOf(4000, 9743.4)
	r.check("gateway", checkAcked, 12000, []string{"of 12000 acknowledged notes 3 are lost"})
	r.check("floor", checkAcked, 100, nil)
	r.Version, r.Others = "1.2", 0.9
	r.remark("made smaller")
	r.remark("made smaller")
	r.finish()
	var table bytes.Buffer
	if err := r.Table(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"durable pushes, 64 devices", "4,000", "9,743", "0.411   ≥ 0.500 missed", "WRONG: gateway: every acknowledged change is read back, 12000 compared",
		"3 are lost", "ok: floor", "note: made smaller", "other work took up to 0.9 cores",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
	if strings.Count(table.String(), "made smaller") != 1 {
		t.Error("a note is told twice")
	}
	var text bytes.Buffer
	if err := r.JSON(&text); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(text.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if f := back.Results[0].Figures[0]; f.Name != "rate" || f.Gateway.Median != 4000 || f.Bar == nil || f.Bar.Met {
		t.Errorf("the JSON reads back as %+v", f)
	}
}

// TestTheReferenceNamesEverything: docs/reference/performance.md is what a reader of the JSON goes by.
func TestTheReferenceNamesEverything(t *testing.T) {
	raw, err := os.ReadFile("../docs/reference/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	for name := range labels {
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("the figure %s is not in the reference", name)
		}
	}
	for _, name := range Scenarios() {
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("the scenario %s is not in the reference", name)
		}
	}
}
