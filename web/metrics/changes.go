package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
)

// lanes are the roads a change comes by, as labels, by their numbers.
var lanes = [...]string{model.LaneLive: "live", model.LaneHandIn: "hand_in", model.LaneLost: "lost", model.LaneOffice: "office"}

// outcomes are what is counted of a change, by the outcome's number.
const outcomes = int(model.OutcomeDismissed) + 1

// changes counts what devices and the office ask for. Every series a push needs is looked up here once.
type changes struct {
	outcome [len(lanes)][outcomes]prometheus.Counter
	repeats [len(lanes)]prometheus.Counter
	age     [len(lanes)]prometheus.Observer
	took    [len(lanes)]prometheus.Observer
	failed  *prometheus.CounterVec
	dropped prometheus.Counter
}

// failures are why a push was not decided.
const (
	failedEnded    = "ended"
	failedOlder    = "older"
	failedFull     = "full"
	failedCanceled = "canceled"
	failedError    = "error"
)

func newChanges(m *Metrics) changes {
	var c changes
	outcome := m.counter("fieldsync_changes_total", "Changes that were decided, by the lane they came on and what became of them; "+
		"retry means that nothing was decided and the device sends it again.", "lane", "outcome")
	repeats := m.counter("fieldsync_changes_repeated_total", "Changes that had been decided before and were answered with the stored outcome.", "lane")
	age := m.histogram("fieldsync_change_age_seconds", "Time from when a change was made on the device, as estimated, to its commit: "+
		"how long work lies on phones.", offline, "lane")
	took := m.histogram("fieldsync_push_duration_seconds", "Time from a push being read to its being durable, answered or not; "+
		"one push holds 1 to 200 changes.", quick, "lane")
	c.failed = m.counter("fieldsync_push_failures_total", "Pushes of which nothing was decided: the session had ended, the device has a newer "+
		"connection, the disk is full, the connection went away, or an error that the log tells.", "reason")
	c.dropped = m.counter("fieldsync_request_changes_dropped_total", "Changes of requests of the API of which nothing is kept, because their unit "+
		"had one that does not stand.").WithLabelValues()
	for lane, name := range lanes {
		for o := range outcomes {
			c.outcome[lane][o] = outcome.WithLabelValues(name, model.Outcome(o).String())
		}
		c.repeats[lane] = repeats.WithLabelValues(name)
		c.age[lane], c.took[lane] = age.WithLabelValues(name), took.WithLabelValues(name)
	}
	for _, reason := range []string{failedEnded, failedOlder, failedFull, failedCanceled, failedError} {
		c.failed.WithLabelValues(reason)
	}
	return c
}

// Pushed counts one push of a device or an office user: its answers, or why there are none.
func (m *Metrics) Pushed(lane model.Lane, sent []model.Submitted, answers []model.Answer, now model.Instant, took time.Duration, err error) {
	if m == nil || int(lane) >= len(lanes) {
		return
	}
	if err != nil {
		m.changes.failed.WithLabelValues(failure(err)).Inc()
		return
	}
	m.changes.took[lane].Observe(took.Seconds())
	m.changes.count(lane, answers)
	for i := range min(len(sent), len(answers)) {
		if a := answers[i]; a.Repeat || a.Outcome == model.OutcomeRetry || a.Outcome == model.OutcomeRefused {
			continue // nothing was committed of it now
		}
		m.changes.age[lane].Observe(float64(now-m.cfg.Occurred(sent[i].Change.Occurred, now)) / 1000)
	}
}

// Submitted counts one request of the office's API that was decided. A rehearsal keeps nothing and must not be told.
func (m *Metrics) Submitted(s model.Settlement, took time.Duration, err error) {
	if m == nil || err != nil {
		return // an error is counted where it is answered
	}
	m.changes.took[model.LaneOffice].Observe(took.Seconds())
	if s.Repeat {
		m.changes.repeats[model.LaneOffice].Add(float64(len(s.Answers)))
		return
	}
	kept := make([]model.Answer, 0, len(s.Answers))
	for i, a := range s.Answers {
		if i >= len(s.Dropped) || !s.Dropped[i] {
			kept = append(kept, a)
		}
	}
	m.changes.dropped.Add(float64(len(s.Answers) - len(kept)))
	m.changes.count(model.LaneOffice, kept)
}

// count adds each outcome once, since a counter that many cores share costs more than an addition.
func (c *changes) count(lane model.Lane, answers []model.Answer) {
	var n [outcomes]int
	repeats := 0
	for _, a := range answers {
		switch {
		case a.Repeat:
			repeats++
		case int(a.Outcome) < outcomes:
			n[a.Outcome]++
		}
	}
	for o, n := range n {
		if n > 0 {
			c.outcome[lane][o].Add(float64(n))
		}
	}
	if repeats > 0 {
		c.repeats[lane].Add(float64(repeats))
	}
}

// failure names why a push or a pull was not answered.
func failure(err error) string {
	var ended *model.EndedError
	switch {
	case errors.As(err, &ended):
		return failedEnded
	case errors.Is(err, session.ErrOlder):
		return failedOlder
	case errors.Is(err, session.ErrLater):
		return failedFull
	case errors.Is(err, context.Canceled):
		return failedCanceled
	}
	return failedError
}
