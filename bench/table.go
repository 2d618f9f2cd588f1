package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// JSON writes the report as JSON.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Table writes the report for a person.
func (r *Report) Table(w io.Writer) error {
	fmt.Fprintf(w, "fieldsync %s, %d processors, %s/%s, %s; %s, %.0f s in all. Server and generator share the machine.\n\n",
		r.Version, r.Machine.CPUs, r.Machine.OS, r.Machine.Arch, r.Machine.Go, times1(r.Repeat), r.Took)
	const line = "  %-28s%12s%12s%9s   %s"
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf(line, "", "gateway", "floor", "ratio", "bar"), " "))
	for _, x := range r.Results {
		fmt.Fprintln(w, x.Title)
		for _, f := range x.Figures {
			text := fmt.Sprintf(line, f.label(), f.Gateway.text(), f.Floor.text(), number(f.Ratio), f.Bar.text())
			fmt.Fprintln(w, strings.TrimRight(text, " "))
		}
	}
	fmt.Fprintln(w)
	for _, c := range r.Checks {
		verdict := "ok"
		if len(c.Wrong) > 0 {
			verdict = "WRONG"
		}
		fmt.Fprintf(w, "%s: %s: %s, %d compared\n", verdict, c.Target, c.Name, c.Checked)
		for _, text := range c.Wrong {
			fmt.Fprintf(w, "    %s\n", text)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	if r.Quick {
		fmt.Fprintln(w, "note: a quick run is too small for its figures to mean anything; no bar is judged")
	}
	return nil
}

func times1(n int) string {
	if n == 1 {
		return "measured once"
	}
	return fmt.Sprintf("measured %d times, medians", n)
}

// labels of figures whose names do not speak for themselves.
var labels = map[string]string{
	figureRate.name:          "changes/s",
	figureP50.name:           "p50, ms",
	figureP99.name:           "p99, ms",
	figureServer.name:        "server, cores",
	figureClient.name:        "generator, cores",
	figureCost.name:          "server, ms a change",
	figureTime.name:          "s",
	figureRecords.name:       "records/s",
	figureBytes.name:         "bytes a record",
	figureServerTime.name:    "server, ms",
	figureClientTime.name:    "generator, ms",
	figureLast.name:          "last listener p50, ms",
	figureAck.name:           "writer's answer p50, ms",
	figureRequest.name:       "the office's answer, ms",
	figureConfirm.name:       "answer to confirmation, ms",
	figureHalfConfirmed.name: "half of them confirmed, s",
	figureLastConfirmed.name: "last one confirmed, s",
	figureSent.name:          "bytes in all",
	figureQuietP50.name:      "others' p50 before, ms",
	figureQuietP99.name:      "others' p99 before, ms",
	figurePushP50.name:       "others' p50 meanwhile, ms",
	figurePushP99.name:       "others' p99 meanwhile, ms",
	figurePushSlower.name:    "others' p50 by before",
	figureQuestion.name:      "the question p50, ms",
	figureAnswered.name:      "answer p50, ms",
	figureAttempts.name:      "attempts/s",
	figureWrong.name:         "answered 401",
	figureLimited.name:       "answered 429",
	figureBusy.name:          "answered 503",
	figureGrowth.name:        "memory grew by, MB",
	figureEach.name:          "KB a connection",
	figureWhole.name:         "server's memory, MB",
	figureConnect.name:       "connecting them, s",
	figureLastCurrent.name:   "last one current, s",
	figureHalfCurrent.name:   "half of them current, s",
	figureServerSeconds.name: "server, s",
	figureClientSeconds.name: "generator, s",
	figureHashes.name:        "passwords hashed",
}

func (f *Figure) label() string {
	if text, ok := labels[f.Name]; ok {
		return text
	}
	return f.Name
}

func (v *Values) text() string {
	if v == nil {
		return "–"
	}
	return number(&v.Median)
}

// number shows three digits, and all before the point.
func number(v *float64) string {
	if v == nil {
		return "–"
	}
	digits := 0
	for limit := 100.0; *v < limit && digits < 4 && *v != 0; limit /= 10 {
		digits++
	}
	text := strconv.FormatFloat(*v, 'f', min(digits, 3), 64)
	whole, rest, _ := strings.Cut(text, ".")
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && r != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if rest != "" {
		b.WriteString("." + rest)
	}
	return b.String()
}

func (b *Bar) text() string {
	if b == nil {
		return ""
	}
	var parts []string
	if b.Least != nil {
		parts = append(parts, "≥ "+number(b.Least))
	}
	if b.Most != nil {
		parts = append(parts, "≤ "+number(b.Most))
	}
	verdict := "missed"
	if b.Met {
		verdict = "ok"
	}
	return strings.Join(parts, ", ") + " " + verdict
}
