package bench

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// place is where a figure stands.
type place struct {
	scenario string
	size     int
	title    string
}

// figure is one thing that is measured of a point, and its unit.
type figure struct{ name, unit string }

// The figures. Names and units are in the JSON and do not change.
var (
	figureRate          = figure{"rate", "changes/s"}
	figureP50           = figure{"p50", "ms"}
	figureP99           = figure{"p99", "ms"}
	figureServer        = figure{"server_cpu", "cores"}
	figureClient        = figure{"client_cpu", "cores"}
	figureCost          = figure{"server_cpu_per_change", "ms"}
	figureTime          = figure{"time", "s"}
	figureRecords       = figure{"records", "records/s"}
	figureBytes         = figure{"bytes_per_record", "bytes"}
	figureServerTime    = figure{"server_cpu_time", "ms"}
	figureClientTime    = figure{"client_cpu_time", "ms"}
	figureLast          = figure{"last_p50", "ms"}
	figureAck           = figure{"ack_p50", "ms"}
	figureRequest       = figure{"request", "ms"}
	figureConfirm       = figure{"confirm", "ms"}
	figureHalfConfirmed = figure{"half_confirmed", "s"}
	figureLastConfirmed = figure{"last_confirmed", "s"}
	figureSent          = figure{"bytes", "bytes"}
	figureQuietP50      = figure{"push_p50_quiet", "ms"}
	figureQuietP99      = figure{"push_p99_quiet", "ms"}
	figurePushP50       = figure{"push_p50", "ms"}
	figurePushP99       = figure{"push_p99", "ms"}
	figurePushSlower    = figure{"push_p50_by_quiet", ""}
	figureQuestion      = figure{"question_p50", "ms"}
	figureAnswered      = figure{"answered_p50", "ms"}
	figureAttempts      = figure{"attempts", "attempts/s"}
	figureWrong         = figure{"answers_401", ""}
	figureLimited       = figure{"answers_429", ""}
	figureBusy          = figure{"answers_503", ""}
	figureGrowth        = figure{"memory_growth", "MB"}
	figureEach          = figure{"memory_per_connection", "KB"}
	figureWhole         = figure{"memory", "MB"}
	figureConnect       = figure{"connect", "s"}
	figureLastCurrent   = figure{"last_current", "s"}
	figureHalfCurrent   = figure{"half_current", "s"}
	figureServerSeconds = figure{"server_cpu_total", "s"}
	figureClientSeconds = figure{"client_cpu_total", "s"}
	figureHashes        = figure{"password_hashes", ""}
)

// What is checked.
const (
	checkAcked   = "every acknowledged change is read back"
	checkSync    = "every first sync is the projection of what was put in"
	checkHeard   = "every listener heard every change as it was"
	checkTaken   = "every device from which records were taken has none left, and no other lost any"
	checkGiven   = "every device that was given them again has all, as they are"
	checkMoved   = "every device that was left got its bye, and no push or hello of it was taken after; every one moved to wrote"
	checkGuessed = "every guess at a password was refused with 401, 429 or 503"
	checkCurrent = "every device that came back has what was published"
)

// Report is what a run measured. Its JSON is described in docs/reference/performance.md; Format grows when a reader has
// to know.
type Report struct {
	Format  int       `json:"format"` // 1
	Version string    `json:"version"`
	Machine Machine   `json:"machine"`
	Started time.Time `json:"started"`
	Took    float64   `json:"took_s"`
	Repeat  int       `json:"repeat"`
	Quick   bool      `json:"quick"` // too small for the figures to mean anything: no bar is judged
	// Others is the most that anything else on this machine took while something was measured, in cores. Above a quarter
	// the figures are worth little, and of the ratios only the large differences.
	Others  float64  `json:"other_cpu"`
	Results []Result `json:"results"`
	Checks  []Check  `json:"checks"`
	Notes   []string `json:"notes"`

	plan plan
}

// Machine is what it was measured on.
type Machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
}

// Result is one point of a scenario.
type Result struct {
	Scenario string   `json:"scenario"`
	Size     int      `json:"size"` // devices, connections or records
	Title    string   `json:"title"`
	Figures  []Figure `json:"figures"`
}

// Figure is one thing measured of a point.
type Figure struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Gateway *Values `json:"gateway"` // null: not measured
	Floor   *Values `json:"floor"`
	// Ratio is the gateway's by the floor's: the median of those of each repetition. Null where there is none.
	Ratio *float64 `json:"ratio"`
	Bar   *Bar     `json:"bar,omitempty"`
}

// Values is a figure in all repetitions.
type Values struct {
	Median float64   `json:"median"`
	All    []float64 `json:"all"` // in order; a repetition of several downloads has several
}

// Bar is what a figure is held to.
type Bar struct {
	Of    string   `json:"of"` // "ratio" or "gateway"
	Least *float64 `json:"at_least,omitempty"`
	Most  *float64 `json:"at_most,omitempty"`
	Met   bool     `json:"met"`
}

// Check is what was compared with the generator's own books.
type Check struct {
	Name    string   `json:"name"`
	Target  string   `json:"target"`
	Checked int      `json:"checked"`
	Wrong   []string `json:"wrong"` // empty: nothing
}

func newReport(repeat int, p plan, notes []string) *Report {
	return &Report{
		Format: 1, Started: time.Now().UTC(), Repeat: repeat, Quick: !p.judged, Notes: notes, plan: p,
		Machine: Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()},
		Results: []Result{}, Checks: []Check{},
	}
}

// note adds a value.
func (r *runner) note(s *side, at place, f figure, value float64) {
	fig := r.report.result(at).figure(f)
	to := &fig.Gateway
	if s.target.floor {
		to = &fig.Floor
	}
	if *to == nil {
		*to = &Values{}
	}
	(*to).All = append((*to).All, value)
}

func (r *Report) result(at place) *Result {
	i := slices.IndexFunc(r.Results, func(x Result) bool { return x.Scenario == at.scenario && x.Size == at.size })
	if i < 0 {
		i = len(r.Results)
		r.Results = append(r.Results, Result{Scenario: at.scenario, Size: at.size, Title: at.title})
	}
	return &r.Results[i]
}

func (r *Result) figure(f figure) *Figure {
	i := slices.IndexFunc(r.Figures, func(x Figure) bool { return x.Name == f.name })
	if i < 0 {
		i = len(r.Figures)
		r.Figures = append(r.Figures, Figure{Name: f.name, Unit: f.unit})
	}
	return &r.Figures[i]
}

// maxWrong is how many words about what is wrong a check keeps.
const maxWrong = 20

// check adds what was compared.
func (r *Report) check(target, name string, checked int, wrong []string) {
	i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Name == name && c.Target == target })
	if i < 0 {
		i = len(r.Checks)
		r.Checks = append(r.Checks, Check{Name: name, Target: target, Wrong: []string{}})
	}
	c := &r.Checks[i]
	c.Checked += checked
	c.Wrong = append(c.Wrong, wrong[:min(len(wrong), maxWrong-min(len(c.Wrong), maxWrong))]...)
}

// remark adds a note, once.
func (r *Report) remark(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(r.Notes, text) {
		r.Notes = append(r.Notes, text)
	}
}

// disturbed keeps the most that anything else took.
func (r *Report) disturbed(others float64) { r.Others = max(r.Others, others) }

// quiet is how much anything else may take, in cores, before a reader must be told.
const quiet = 0.25

// finish works out medians, ratios and bars.
func (r *Report) finish() {
	r.Took = time.Since(r.Started).Seconds()
	if r.Notes == nil {
		r.Notes = []string{}
	}
	if r.Others > quiet {
		r.remark("other work took up to %.1f cores of this machine meanwhile: do not compare these figures with another run's", r.Others)
	}
	for i := range r.Results {
		for j := range r.Results[i].Figures {
			r.Results[i].Figures[j].finish()
		}
	}
	if r.Quick {
		return
	}
	for _, b := range bars() {
		b.judge(r)
	}
}

func (f *Figure) finish() {
	for _, v := range []*Values{f.Gateway, f.Floor} {
		if v != nil {
			v.Median = median(v.All)
		}
	}
	if f.Gateway == nil || f.Floor == nil {
		return
	}
	if len(f.Gateway.All) != len(f.Floor.All) {
		f.ratio(f.Gateway.Median, f.Floor.Median)
		return
	}
	var ratios []float64
	for i, v := range f.Gateway.All {
		if f.Floor.All[i] != 0 {
			ratios = append(ratios, v/f.Floor.All[i])
		}
	}
	if len(ratios) > 0 {
		f.ratio(median(ratios), 1)
	}
}

func (f *Figure) ratio(gateway, floor float64) {
	if ratio := gateway / floor; floor != 0 && !math.IsInf(ratio, 0) && !math.IsNaN(ratio) {
		f.Ratio = &ratio
	}
}

// median is the middle one, or the middle between the two middle ones.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Wrong says what was acknowledged, sent or shown and is not so; empty: nothing.
func (r *Report) Wrong() (out []string) {
	for _, c := range r.Checks {
		for _, w := range c.Wrong {
			out = append(out, c.Target+": "+w)
		}
	}
	return out
}

// Missed names the figures that are below their bar.
func (r *Report) Missed() (out []string) {
	for _, x := range r.Results {
		for _, f := range x.Figures {
			if f.Bar != nil && !f.Bar.Met {
				out = append(out, fmt.Sprintf("%s: %s", x.Title, f.Name))
			}
		}
	}
	return out
}
