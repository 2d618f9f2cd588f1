package writing

import (
	"fmt"
	"maps"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Fields that only the table names.
const (
	jobInstructions model.FieldNo = 17
	taskTitle       model.FieldNo = 2
	customerName    model.FieldNo = 2
	customerPhone   model.FieldNo = 4
	draftAnswers    model.FieldNo = 4
	fileKind        model.FieldNo = 2
	fileHash        model.FieldNo = 3
	fileCaption     model.FieldNo = 9
	fileTag         model.FieldNo = 10
)

// follow does what an outcome says was done.
func (o *oracle) follow(k *work, w want, out model.Outcome, h how) {
	o.losses = append(o.losses, w.losses...)
	if !out.In() {
		return
	}
	switch k.c.Op {
	case model.OpCreate:
		o.create(k, out, h)
	case model.OpEdit:
		if len(w.wins) > 0 {
			o.write(o.recs[k.c.Record], k, w.wins, h)
		}
	default:
		if r := o.recs[k.c.Record]; r != nil && out == model.OutcomeApplied {
			o.own(r).deleted = true
		}
	}
	if out == model.OutcomeApplied {
		o.w.counts.Applied++
	}
}

// own is a record of which the oracle may change the cells.
func (o *oracle) own(r *rec) *rec {
	c := *r
	c.cells = maps.Clone(r.cells)
	if r.job != nil {
		c.job = r.job.clone()
	}
	o.recs[r.id] = &c
	o.touch[r.id] = true
	return &c
}

func (o *oracle) create(k *work, out model.Outcome, h how) {
	if o.recs[k.c.Record] != nil || out == model.OutcomeRecorded && (h.lane == model.LaneHandIn && o.claim(k) && !h.released) {
		return
	}
	r := &rec{
		id: k.c.Record, coll: k.c.Collection, parent: k.parent(), author: k.author,
		cells: map[model.FieldNo]cell{}, known: map[model.UserID]bool{},
	}
	if r.coll == model.Jobs {
		r.job = &job{visit: 1}
		o.jobs = append(o.jobs, r.id)
	}
	o.recs[r.id] = r
	o.write(r, k, k.c.Fields, h)
	o.event(k, out, h)
}

// event adds what concerns a job to it.
func (o *oracle) event(k *work, out model.Outcome, h how) {
	parent := o.recs[k.parent()]
	if parent == nil || parent.job == nil {
		return
	}
	at := min(k.at, h.now)
	defer func() { o.recs[parent.id].job.settle(h.now) }()
	switch k.c.Collection {
	case model.Assignments:
		a := assignment{id: k.c.Record, user: model.UserID(model.RefOf(k.value(model.AssignmentUser))), visit: parent.job.visit, since: at}
		if o.w.stands > 0 {
			a.by = at + model.Instant(o.w.stands)
		}
		o.own(parent).job.add(a)
	case model.VisitEvents:
		e := k.event(parent.job, h)
		e.idle = out == model.OutcomeRecorded && (e.kind == "accept" || e.kind == "decline") || parent.job.tooLate(e)
		o.own(parent).job.tell(e)
	case model.OfficeEvents:
		o.own(parent).job.tell(event{
			id: k.c.ID, kind: k.value(model.OfficeEventKind).Text(), at: at, office: true,
			of: model.RefOf(k.value(model.OfficeEventOf)), idle: out == model.OutcomeRecorded,
		})
		if k.value(model.OfficeEventKind).Text() == "reopen" && out == model.OutcomeApplied {
			o.recs[parent.id].job.visit++
		}
	}
}

// write gives cells their new values.
func (o *oracle) write(r *rec, k *work, fields []model.Assign, h how) {
	r = o.own(r)
	var seq model.Seq
	o.w.view(func(rd storage.Reader) { seq = rd.Head().Seq })
	for _, a := range fields {
		hist := r.cells[a.Field].hist
		r.cells[a.Field] = cell{value: a.Value, by: k.c.ID, late: h.late, hist: append(hist[:len(hist):len(hist)], entry{seq, k.c.ID})}
	}
}

// fork remembers the records as they are; the function it gives goes back to them.
func (o *oracle) fork() func() {
	recs, jobs, losses := maps.Clone(o.recs), slices.Clone(o.jobs), slices.Clone(o.losses)
	return func() { o.recs, o.jobs, o.losses = recs, jobs, losses }
}

// compare checks a record of the store against what it must be.
func (o *oracle) compare(r *rec) {
	if r == nil {
		return
	}
	o.w.view(func(rd storage.Reader) {
		have, ok := rd.Record(r.id)
		if !ok {
			o.w.failf("%s is not in the store", o.title(r))
			return
		}
		if have.Deleted != r.deleted {
			o.w.failf("%s: deleted is %v, must be %v", o.title(r), have.Deleted, r.deleted)
		}
		if have.Deleted {
			return
		}
		for f, c := range r.cells {
			got, _ := have.Cell(f)
			if got.Value != c.value || have.Writes[got.Write].Change != c.by {
				o.w.failf("%s.%d is %v by %s, must be %v by %s", o.title(r), f, got.Value, short(have.Writes[got.Write].Change), c.value, short(c.by))
			} else if last := c.hist[len(c.hist)-1]; have.Stamp(got) != last.seq && f != model.FieldParent {
				o.w.failf("I4: %s.%d was written at %d and has stamp %d", o.title(r), f, last.seq, have.Stamp(got))
			}
		}
		o.authored(r, have)
		if r.job != nil {
			o.compareJob(r, have, rd)
		}
	})
}

// compareJob: status and states are what the events amount to in the order they occurred, whatever order they came in.
func (o *oracle) compareJob(r *rec, have *model.Record, rd storage.Reader) {
	if got := have.Value(model.JobVisit).Int(); got != r.job.visit {
		o.w.failf("T13: %s is at visit %d, must be at %d", o.title(r), got, r.job.visit)
	}
	status, states := r.job.derive()
	if got := have.Value(model.JobStatus).Text(); got != status {
		o.w.failf("(d): %s is %q, must be %q by %v", o.title(r), got, status, r.job)
	}
	o.compareVisits(r, rd)
	for id, state := range states {
		a, ok := rd.Record(id)
		if !ok {
			o.w.failf("assignment %s is not in the store", short(id))
			continue
		}
		if got := a.Value(model.AssignmentState).Text(); got != state {
			o.w.failf("(d): an assignment of %s is %q, must be %q by %v", o.title(r), got, state, r.job)
		}
	}
}

func (o *oracle) title(r *rec) string {
	spec, ok := o.w.table.Spec(r.coll)
	if !ok {
		return short(r.id)
	}
	return spec.Name + " " + short(r.id)
}

var ops = map[model.Op]string{model.OpCreate: "create", model.OpEdit: "edit", model.OpDelete: "delete"}

// describe is a change in a trace.
func (o *oracle) describe(k *work) string {
	out := fmt.Sprintf("%s: %s %d/%s", short(k.c.ID), ops[k.c.Op], k.c.Collection, short(k.c.Record))
	for _, a := range k.c.Fields {
		out += fmt.Sprintf(" %d=%v", a.Field, clip(a.Value.String()))
	}
	for _, id := range k.c.Over {
		out += " over " + short(id)
	}
	if !k.c.Group.IsZero() {
		out += fmt.Sprintf(" group %s/%d", short(k.c.Group), k.c.GroupSize)
	}
	if k.c.AfterEnd {
		out += " after the end"
	}
	return out + " by " + k.author.name
}

func clip(s string) string { return s[:min(len(s), 8)] }
