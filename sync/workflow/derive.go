package workflow

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Derive computes status and states. The order of j.Events and j.Assignments does not matter.
func Derive(j Job) Derived {
	a := analyse(j)
	d := Derived{Status: a.status(), States: a.states, Visits: a.visits(), Flags: a.flags()}
	if a.counts {
		d.Completed = a.completed
	}
	for _, t := range a.present {
		if t.worked != 0 && (d.Started == 0 || t.worked < d.Started) {
			d.Started = t.worked
		}
	}
	for _, t := range a.tracks {
		d.States[t.ID] = t.state
	}
	for _, t := range a.superseded {
		d.States[t.ID] = StateWithdrawn
		d.Superseded = append(d.Superseded, t.ID)
	}
	slices.SortFunc(d.Superseded, model.RecordID.Compare)
	return d
}

// analysis is a job with its events replayed.
type analysis struct {
	job        Job
	events     []Event
	tracks     []*track // of every visit
	present    []*track // of the present visit
	firms      []*track // companies that the present visit was given to: they have the job, and do no work themselves
	states     map[model.RecordID]string
	cancelled  model.Instant // 0: it is not, or it was reinstated
	closed     model.Instant // 0: it is not, or it was reopened
	revived    []*track      // taken off after they had begun, and their completion is the job's (rows d, f)
	superseded []*track      // standing, not begun, and the worker before them completed the job
	completed  model.Instant // by the completion rule; 0: not met
	counts     bool          // completed is what the job is: no cancellation stands above it
}

func analyse(j Job) *analysis {
	j.Visit = max(1, j.Visit)
	a := &analysis{job: j, events: ordered(j.Events), states: map[model.RecordID]string{}}
	var older []Assignment
	a.tracks, older = tracksOf(j)
	for _, o := range older {
		a.states[o.ID] = StateWithdrawn
	}
	for _, t := range a.tracks {
		t.replay(a.events, j.AutoAccept)
		switch {
		case t.Visit != j.Visit:
		case t.User.IsZero():
			a.firms = append(a.firms, t)
		default:
			a.present = append(a.present, t)
		}
	}
	a.overlay()
	a.complete()
	return a
}

// overlay finds the office decisions that stand above the events.
func (a *analysis) overlay() {
	for _, e := range a.events {
		if !e.Office || e.Idle {
			continue
		}
		switch e.Kind {
		case KindCancel:
			if a.cancelled == 0 && a.closed == 0 {
				a.cancelled = e.At
			}
		case KindReinstate:
			a.cancelled = 0
		case KindClose:
			a.closed = e.At
		case KindReopen:
			a.closed, a.cancelled = 0, 0
		}
	}
}

// complete applies the completion rule to the workers who count: those whose assignment stands, and in the place of a
// successor who has not begun those who had begun before they were taken off, and finished (rows d and f of (d)).
func (a *analysis) complete() {
	var standing, revived []*track
	replaced := map[*track]bool{}
	for _, t := range a.present {
		switch {
		case t.stands():
			standing = append(standing, t)
		case t.withdrawn != 0 && t.done != 0 && t.beganBy(t.withdrawn) && !a.successorBegan(t):
			revived = append(revived, t)
			for _, s := range a.successors(t) {
				replaced[s] = true
			}
		}
	}
	if len(revived) > 0 {
		counted := slices.DeleteFunc(slices.Clone(standing), func(t *track) bool { return replaced[t] })
		if a.met(append(counted, revived...)) {
			a.revived = revived // their assignments stay withdrawn: what they may read is another matter (R6)
			a.superseded = slices.DeleteFunc(standing, func(t *track) bool { return !replaced[t] })
			return
		}
	}
	a.met(standing)
}

// met sets completed, and whether it counts: against a cancellation only the work of those counts who had begun
// before it (row g).
func (a *analysis) met(workers []*track) bool {
	all := func(*track) bool { return true }
	a.completed = completion(a.job.Rule, workers, all)
	a.counts = a.completed != 0
	if a.cancelled != 0 {
		before := completion(a.job.Rule, workers, func(t *track) bool { return t.beganBy(a.cancelled) })
		if a.counts = before != 0; a.counts {
			a.completed = before
		}
	}
	return a.completed != 0
}

// completion is when the rule was met by these workers; 0: it is not.
func completion(rule model.CompletionRule, workers []*track, counts func(*track) bool) model.Instant {
	var first, last model.Instant
	open := len(workers) == 0
	lead := leads(workers)
	for _, t := range workers {
		if t.done == 0 || !counts(t) {
			open = true
			continue
		}
		last = max(last, t.done)
		if (rule == model.CompleteAny || lead[t]) && (first == 0 || t.done < first) {
			first = t.done
		}
	}
	switch {
	case rule != model.CompleteAll:
		return first
	case open:
		return 0
	default:
		return last
	}
}

// leads is who leads: whoever was named, or whoever was assigned first.
func leads(workers []*track) map[*track]bool {
	out := map[*track]bool{}
	var first *track
	for _, t := range workers {
		if t.Lead {
			out[t] = true
		}
		if first == nil || t.Since < first.Since || t.Since == first.Since && t.ID.Compare(first.ID) < 0 {
			first = t
		}
	}
	if len(out) == 0 && first != nil {
		out[first] = true
	}
	return out
}

// successors is who has the work of a worker that was taken off: whoever was assigned then or later, and of a lead
// whoever leads now.
func (a *analysis) successors(gone *track) []*track {
	var out []*track
	for _, t := range a.present {
		if t.stands() && (t.Since >= gone.withdrawn || gone.Lead && t.Lead) {
			out = append(out, t)
		}
	}
	return out
}

// taken says whether somebody who was asked after an offer had lapsed has the job.
func (a *analysis) taken(gone *track) bool {
	return slices.ContainsFunc(a.present, func(t *track) bool {
		return t != gone && t.stands() && t.state != StateOffered && t.Since >= gone.Lapsed
	})
}

// duplicate says whether somebody else did the work that a worker was taken off: whoever has it now has begun, or
// whoever had it before completed it (row e).
func (a *analysis) duplicate(t *track) bool {
	return a.successorBegan(t) || len(a.revived) > 0 && !slices.Contains(a.revived, t)
}

func (a *analysis) successorBegan(gone *track) bool {
	return slices.ContainsFunc(a.successors(gone), func(t *track) bool { return t.began != 0 })
}

// status: overlays, then completion, then the state of whoever is furthest into the work. Completion comes before
// the others, since the lead's done completes and helpers need not say theirs.
func (a *analysis) status() string {
	switch {
	case a.closed != 0:
		return StatusClosed
	case a.counts:
		return StatusCompleted
	case a.cancelled != 0:
		return StatusCancelled
	}
	states := map[string]bool{}
	for _, t := range a.present {
		if t.stands() {
			states[t.state] = true
		}
	}
	for _, s := range []struct{ state, status string }{
		{StateWorking, StatusInProgress},
		{StateTravelling, StatusTravelling},
		{StatePaused, StatusPaused},
		{StateAccepted, StatusScheduled},
		{StateOffered, StatusOffered},
		{StateDone, StatusInProgress}, // somebody's part is done, and whoever completes the job has yet to come
	} {
		if states[s.state] {
			return s.status
		}
	}
	if slices.ContainsFunc(a.firms, (*track).stands) {
		return StatusOffered // to a company: nobody of it has the job yet
	}
	if a.job.Draft {
		return StatusDraft
	}
	return StatusUnassigned
}

// flags is what the events show by themselves, whatever order they came in.
func (a *analysis) flags() []string {
	var out []string
	flag := func(on bool, f string) {
		if on {
			out = append(out, f)
		}
	}
	flag(a.counts && a.cancelled != 0, FlagReview)
	for _, t := range a.present {
		flag(t.Lapsed != 0 && t.stands() && !t.lapsed && a.taken(t), FlagReview) // two have what one was to have (T4)
		late := a.cancelled != 0 && t.began != 0 && !t.beganBy(a.cancelled)
		flag(late, FlagLate)
		flag(late, FlagReview)
		if t.began != 0 && !t.stands() {
			duplicate := a.duplicate(t)
			flag(duplicate, FlagDuplicate)
			flag(!duplicate, FlagReview)
		}
	}
	for _, e := range a.events {
		if e.Office || e.Idle || e.Visit != a.job.Visit || claim(e.Kind) {
			continue
		}
		flag(a.closed != 0 && e.At > a.closed, FlagLate)
		flag(a.find(e) == nil, FlagReview)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// find is the worker on the visit an event is of, or nil: a stranger.
func (a *analysis) find(e Event) *track {
	for _, t := range a.tracks {
		if t.User == e.Worker && t.Visit == e.Visit {
			return t
		}
	}
	return nil
}

func claim(kind string) bool { return kind == KindAccept || kind == KindDecline }
