package writing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// job is what domain (d) says of a job: who it was given to, and what happened. One visit, everybody leads, offers
// need an answer.
type job struct {
	assignments []assignment
	events      []event
	status      string // of derive; empty: not derived yet
	states      map[model.RecordID]string
	replaced    []model.RecordID // by whom was there before them and completed the job
}

type assignment struct {
	id    model.RecordID
	user  model.UserID
	since model.Instant
	taken model.Instant // when the one before them completed the job in their place; 0: nobody did
}

type event struct {
	id     model.ChangeID
	kind   string
	by     model.UserID
	at     model.Instant
	office bool
	of     model.RecordID
	idle   bool // recorded as history, without effect
}

func (j *job) String() string {
	out := ""
	for _, a := range j.assignments {
		out += fmt.Sprintf(" to %s at %s", short(a.user), span(a.since-began))
	}
	for _, e := range j.events {
		who := short(e.by)
		if e.office {
			who = "office"
		}
		out += fmt.Sprintf(" %s by %s at %s", e.kind, who, span(e.at-began))
		if e.idle {
			out += " (idle)"
		}
	}
	return out
}

func (j *job) clone() *job {
	return &job{assignments: slices.Clone(j.assignments), events: slices.Clone(j.events)}
}

func (j *job) add(a assignment) { j.assignments, j.status = append(j.assignments, a), "" }

// tell adds an event in its place: by occurrence, the field before the office, whatever came first.
func (j *job) tell(e event) {
	j.events, j.status = append(j.events, e), ""
	slices.SortFunc(j.events, func(a, b event) int {
		if a.at == b.at && a.office != b.office {
			if b.office {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.at, b.at), a.id.Compare(b.id))
	})
}

// settle keeps who was replaced, at a commit: what they do later does not open the job again (row d).
func (j *job) settle(now model.Instant) {
	j.derive()
	for i := range j.assignments {
		if a := &j.assignments[i]; a.taken == 0 && slices.Contains(j.replaced, a.id) {
			a.taken, j.status = now, ""
		}
	}
}

// worker is one person's work on the job.
type worker struct {
	id       model.RecordID
	user     model.UserID
	since    model.Instant
	state    string
	began    model.Instant // first travel or work
	finished model.Instant
	taken    model.Instant // when the office took the job away
}

func (x *worker) has() bool { return x.taken == 0 && x.state != "declined" }

func (x *worker) beganBy(t model.Instant) bool { return x.began != 0 && x.began <= t }

// derive is the status of the job and the state of each assignment.
func (j *job) derive() (string, map[model.RecordID]string) {
	if j.status != "" {
		return j.status, j.states
	}
	j.states, j.replaced = map[model.RecordID]string{}, nil
	workers := j.workers()
	cancelled, closed := j.overlays()
	finished, counted := j.finish(workers, cancelled)
	for _, x := range workers {
		j.states[x.id] = x.state
	}
	j.status = j.name(workers, cancelled, closed, finished && counted)
	return j.status, j.states
}

// workers replays each person's events; of several assignments of one person the last counts.
func (j *job) workers() []*worker {
	last := map[model.UserID]assignment{}
	for _, a := range j.assignments {
		l, ok := last[a.user]
		newer := a.since > l.since || a.since == l.since && a.id.Compare(l.id) > 0
		if stands := a.taken == 0; !ok || stands && l.taken != 0 || stands == (l.taken == 0) && newer {
			last[a.user] = a
		}
	}
	var out []*worker
	for _, a := range j.assignments {
		if last[a.user] != a {
			j.states[a.id] = "withdrawn"
			continue
		}
		x := &worker{id: a.id, user: a.user, since: a.since, taken: a.taken, state: "offered"}
		for _, e := range j.events {
			x.live(e)
		}
		switch {
		case x.taken == 0, x.state == "done" && x.finished <= x.taken:
			x.taken = 0
		case x.state != "declined":
			x.state = "withdrawn"
		}
		out = append(out, x)
	}
	return out
}

func (x *worker) live(e event) {
	mine := !e.office && e.by == x.user && x.state != "done" && x.state != "declined"
	here := e.office && (e.of.IsZero() || e.of == x.id)
	switch {
	case e.idle:
	case here && e.kind == "withdraw" && !e.of.IsZero() && (x.taken == 0 || e.at < x.taken):
		x.taken = e.at
	case here && e.kind == "pause" && x.state == "working", mine && e.kind == "pause" && x.state == "working":
		x.state = "paused"
	case here && e.kind == "resume" && x.state == "paused":
		x.state = "working"
	case !mine:
	case e.kind == "accept" && x.state == "offered":
		x.state = "accepted"
	case e.kind == "decline" && x.began == 0:
		x.state = "declined"
	case e.kind == "travel":
		if !slices.Contains([]string{"working", "paused"}, x.state) {
			x.state = "travelling"
		}
		x.begin(e.at)
	case e.kind == "start", e.kind == "resume":
		x.state = "working"
		x.begin(e.at)
	case e.kind == "done":
		x.state, x.finished = "done", e.at
		x.begin(e.at)
	}
}

func (x *worker) begin(at model.Instant) {
	if x.began == 0 {
		x.began = at
	}
}

// overlays are the office decisions that stand above the events; 0: there is none.
func (j *job) overlays() (cancelled, closed model.Instant) {
	for _, e := range j.events {
		if !e.office || e.idle {
			continue
		}
		switch e.kind {
		case "cancel":
			if cancelled == 0 && closed == 0 {
				cancelled = e.at
			}
		case "reinstate":
			cancelled = 0
		case "close":
			closed = e.at
		case "reopen":
			cancelled, closed = 0, 0
		}
	}
	return cancelled, closed
}

// finish says whether the job was finished, and whether that stands against a cancellation: rows d and g of (d).
func (j *job) finish(workers []*worker, cancelled model.Instant) (finished, counts bool) {
	var has, back []*worker
	for _, x := range workers {
		if x.has() {
			has = append(has, x)
		}
	}
	for _, x := range workers {
		if x.taken == 0 || x.finished == 0 || !x.beganBy(x.taken) {
			continue
		}
		if slices.ContainsFunc(has, func(s *worker) bool { return s.began != 0 }) {
			continue // another has begun: the job follows them
		}
		back = append(back, x)
	}
	done := func(list []*worker, before bool) bool {
		return slices.ContainsFunc(list, func(x *worker) bool { return x.finished != 0 && (!before || x.beganBy(cancelled)) })
	}
	if len(back) > 0 {
		for _, s := range has { // whoever was there before them stays withdrawn: their work counts, they read no more
			s.state = "withdrawn"
			j.replaced = append(j.replaced, s.id)
		}
		return true, cancelled == 0 || done(back, true)
	}
	return done(has, false), done(has, false) && (cancelled == 0 || done(has, true))
}

// answer is what becomes of an acceptance or a refusal of an offer: a claim, judged by what stands now (T2, T3).
func (j *job) answer(u model.UserID, kind string) want {
	j.status, j.states = "", map[model.RecordID]string{}
	workers := j.workers()
	cancelled, closed := j.overlays()
	i := slices.IndexFunc(workers, func(x *worker) bool { return x.user == u })
	switch {
	case i < 0 || workers[i].taken != 0:
		return record(model.ReasonNotYours)
	case closed != 0:
		return record(model.ReasonClosed)
	case cancelled != 0:
		return record(model.ReasonOverruled)
	case kind == "decline" && (workers[i].began != 0 || workers[i].state == "declined"):
		return record(model.ReasonOwnLater)
	case kind == "accept" && workers[i].state == "declined":
		return record(model.ReasonNotYours)
	default:
		return in
	}
}

func (j *job) name(workers []*worker, cancelled, closed model.Instant, finished bool) string {
	switch {
	case closed != 0:
		return "closed"
	case finished:
		return "completed"
	case cancelled != 0:
		return "cancelled"
	}
	for _, s := range [][2]string{
		{"working", "in_progress"}, {"travelling", "travelling"}, {"paused", "paused"},
		{"accepted", "scheduled"}, {"offered", "offered"}, {"done", "in_progress"},
	} {
		if slices.ContainsFunc(workers, func(x *worker) bool { return x.has() && x.state == s[0] }) {
			return s[1]
		}
	}
	return "unassigned"
}
