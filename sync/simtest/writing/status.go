package writing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// job is what domain (d) says of a job: who it was given to, and what happened. Everybody leads, offers need an answer.
type job struct {
	visit       int64 // the present one, from 1
	assignments []assignment
	events      []event
	status      string // of derive; empty: not derived yet
	states      map[model.RecordID]string
	replaced    []model.RecordID // by whom was there before them and completed the job
}

type assignment struct {
	id     model.RecordID
	user   model.UserID
	visit  int64
	since  model.Instant
	by     model.Instant // by when it must be answered; 0: it stands
	lapsed bool          // it was not
	taken  model.Instant // when the one before them completed the job in their place; 0: nobody did
}

type event struct {
	id     model.ChangeID
	kind   string
	by     model.UserID
	visit  int64 // under which it was captured
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
	return &job{visit: j.visit, assignments: slices.Clone(j.assignments), events: slices.Clone(j.events)}
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
	visit    int64
	since    model.Instant
	state    string
	began    model.Instant // first travel or work
	finished model.Instant
	taken    model.Instant // when the office took the job away
	until    model.Instant // by when an offer that lapsed was to be answered; 0: it did not lapse
	lapsed   bool          // declined by that
}

func (x *worker) has() bool { return x.taken == 0 && x.state != "declined" }

func (x *worker) beganBy(t model.Instant) bool { return x.began != 0 && x.began <= t }

// past is a job with what happened played once more.
type past struct {
	all       []*worker
	workers   []*worker // of the present visit
	has       []*worker // whose job it is
	back      []*worker // who was taken off, had begun, and finished: the job is theirs after all (row d)
	cancelled model.Instant
	closed    model.Instant
	finished  bool // and nothing stands above it
}

func (j *job) play() (p past) {
	j.states = map[model.RecordID]string{}
	p.all = j.workers()
	for _, x := range p.all {
		if x.visit == j.visit {
			p.workers = append(p.workers, x)
		}
	}
	p.cancelled, p.closed = j.overlays()
	p.finish()
	return p
}

// derive is the status of the job and the state of each assignment.
func (j *job) derive() (string, map[model.RecordID]string) {
	if j.status != "" {
		return j.status, j.states
	}
	p := j.play()
	j.replaced = nil
	if len(p.back) > 0 {
		for _, s := range p.has { // whoever was there before them stays withdrawn: their work counts, they read no more
			s.state = "withdrawn"
			j.replaced = append(j.replaced, s.id)
		}
	}
	for _, x := range p.all {
		j.states[x.id] = x.state
	}
	j.status = p.name()
	return j.status, j.states
}

// workers replays each person's events; of several assignments of one person the last counts.
func (j *job) workers() []*worker {
	type turn struct {
		user  model.UserID
		visit int64
	}
	last := map[turn]assignment{}
	for _, a := range j.assignments {
		l, ok := last[turn{a.user, a.visit}]
		newer := a.since > l.since || a.since == l.since && a.id.Compare(l.id) > 0
		open := func(a assignment) bool { return a.taken == 0 && !a.lapsed }
		if stands := open(a); !ok || stands && !open(l) || stands == open(l) && newer {
			last[turn{a.user, a.visit}] = a
		}
	}
	var out []*worker
	for _, a := range j.assignments {
		if last[turn{a.user, a.visit}] != a {
			j.states[a.id] = "withdrawn"
			continue
		}
		x := &worker{id: a.id, user: a.user, visit: a.visit, since: a.since, taken: a.taken, state: "offered"}
		if a.lapsed {
			x.until = a.by
		}
		for _, e := range j.events {
			x.lapse(e.at)
			x.live(e)
		}
		x.lapse(never)
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
	mine := !e.office && e.by == x.user && e.visit == x.visit && x.state != "done" && x.state != "declined"
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

// finish says who finished the job, and whether that stands against a cancellation: rows d and g of (d).
func (p *past) finish() {
	for _, x := range p.workers {
		if x.has() {
			p.has = append(p.has, x)
		}
	}
	for _, x := range p.workers {
		if x.taken != 0 && x.finished != 0 && x.beganBy(x.taken) && !p.taken() {
			p.back = append(p.back, x)
		}
	}
	whose := p.has
	if len(p.back) > 0 {
		whose = p.back
	}
	p.finished = slices.ContainsFunc(whose, func(x *worker) bool {
		return x.finished != 0 && (p.cancelled == 0 || x.beganBy(p.cancelled))
	})
}

// taken says whether whoever has the job now has begun.
func (p *past) taken() bool {
	return slices.ContainsFunc(p.has, func(x *worker) bool { return x.began != 0 })
}

// find is a person's work on a visit; nil: they never had it.
func (p *past) find(u model.UserID, visit int64) *worker {
	for _, x := range p.all {
		if x.user == u && x.visit == visit {
			return x
		}
	}
	return nil
}

// answer is what becomes of an acceptance or a refusal of an offer: a claim, judged by what stands now (T2, T3).
func (j *job) answer(e event, moved bool) want {
	j = j.clone()
	p := j.play()
	x, kind := p.find(e.by, e.visit), e.kind
	switch {
	case x == nil || x.taken != 0:
		return record(model.ReasonNotYours)
	case p.closed != 0, e.visit != j.visit:
		return record(model.ReasonClosed)
	case p.cancelled != 0:
		return record(model.ReasonOverruled)
	case x.lapsed && (e.at > x.until || kind == "accept" && p.given(x)): // T4
		return record(model.ReasonNotYours)
	case kind == "decline" && (x.began != 0 || x.state == "declined" && !x.lapsed):
		return record(model.ReasonOwnLater)
	case kind == "accept" && x.state == "declined" && !x.lapsed:
		return record(model.ReasonNotYours)
	case kind == "accept" && moved: // c: of the new day only after it was confirmed again
		return record(model.ReasonOverruled)
	default:
		return in
	}
}

// order is what becomes of an action of the office: what is not a transition of T7, T9 to T13 is history.
func (j *job) order(kind string, of model.RecordID) want {
	status, states := j.clone().derive()
	over := status == "completed" || status == "closed"
	legal := map[string]bool{
		"cancel": !over && status != "cancelled", "reinstate": status == "cancelled", "close": status == "completed",
		"reopen": over, "pause": status == "in_progress", "resume": status == "paused",
		"withdraw": states[of] != "" && !slices.Contains([]string{"done", "declined", "withdrawn"}, states[of]),
	}
	switch {
	case legal[kind]:
		return in
	case over:
		return record(model.ReasonClosed)
	default:
		return record(model.ReasonOverruled)
	}
}

// fact is what becomes of work that was done: the rows of (d), by what is known now, the event among it.
func (j *job) fact(e event, external bool) want {
	late := j.tooLate(e)
	j = j.clone()
	j.tell(e)
	p := j.play()
	x := p.find(e.by, e.visit)
	switch {
	case x == nil || x.state == "declined":
		if external {
			return hold(model.ReasonRight)
		}
		return record(model.ReasonNotYours)
	case external && x.taken != 0 && !x.beganBy(x.taken): // f
		return hold(model.ReasonRight)
	case p.closed != 0, e.visit != j.visit: // h, l
		return record(model.ReasonClosed)
	case p.cancelled != 0: // g
		if p.finished && x.beganBy(p.cancelled) {
			return in
		}
		return record(model.ReasonOverruled)
	case late && !external: // e, o
		return record(model.ReasonNotYours)
	case x.taken == 0, external, slices.Contains(p.back, x): // a, f, d
		return in
	default: // d, e
		return record(model.ReasonNotYours)
	}
}

// tooLate says whether an end comes when the work was given to somebody who has begun: the job is theirs (rows e and o).
func (j *job) tooLate(e event) bool {
	p := j.clone().play()
	x := p.find(e.by, e.visit)
	return e.kind == "done" && e.visit == j.visit && x != nil && x.taken != 0 && p.taken()
}

func (p *past) name() string {
	switch {
	case p.closed != 0:
		return "closed"
	case p.finished:
		return "completed"
	case p.cancelled != 0:
		return "cancelled"
	}
	for _, s := range [][2]string{
		{"working", "in_progress"},
		{"travelling", "travelling"},
		{"paused", "paused"},
		{"accepted", "scheduled"},
		{"offered", "offered"},
		{"done", "in_progress"},
	} {
		if slices.ContainsFunc(p.workers, func(x *worker) bool { return x.has() && x.state == s[0] }) {
			return s[1]
		}
	}
	return "unassigned"
}
