package workflow

import "github.com/fieldsync/fieldsync/sync/model"

// Visit is one worker's work on one visit of a job, as what they said amounts to. It is theirs whatever becomes of the job:
// two who worked on one have a visit each (rows d and e).
type Visit struct {
	Worker model.UserID
	Number int64
	State  string
	Began  model.Instant // first travel or work
	Ended  model.Instant // 0: no end was said
}

// States of a visit.
const (
	VisitOpen      = "open"
	VisitDone      = "done"
	VisitWithdrawn = "withdrawn" // given up or taken away before an end was said
)

// visits is those of everybody who began, in the order in which they did. An end that came too late for the job is the end of
// its visit all the same.
func (a *analysis) visits() []Visit {
	out := make([]Visit, 0, len(a.tracks))
	for i := range a.events {
		if e := &a.events[i]; !e.Office && !claim(e.Kind) {
			out = adds(out, e)
		}
	}
	for i := range out {
		v := &out[i]
		if t := a.find(Event{Worker: v.Worker, Visit: v.Number}); v.State == VisitOpen && t != nil && !t.stands() {
			v.State = VisitWithdrawn
		}
	}
	return out
}

// adds runs one more fact.
func adds(visits []Visit, e *Event) []Visit {
	i := 0
	for i < len(visits) && (visits[i].Worker != e.Worker || visits[i].Number != e.Visit) {
		i++
	}
	switch {
	case i < len(visits):
	case e.Kind == KindPause:
		return visits // of nothing that began
	default:
		visits = append(visits, Visit{Worker: e.Worker, Number: e.Visit, State: VisitOpen, Began: e.At})
	}
	if v := &visits[i]; e.Kind == KindDone && v.State == VisitOpen {
		v.State, v.Ended = VisitDone, e.At
	}
	return visits
}
