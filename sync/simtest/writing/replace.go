package writing

import (
	"context"
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// replace has one person take another's place: the other's phones hand in what they have, and what was theirs to do is the
// heir's (W33, row o).
func (w *World) replace(u, heir *user) {
	_, err := w.eng.Replace(context.Background(), w.tenant, engine.Replacement{
		Leaving: engine.Leaving{User: u.id, By: w.amy.id, Note: "by hand", Ask: engine.Ask{Confirmed: true}}, Heir: heir.id,
	}, w.now)
	w.logf("%s takes the place of %s: %v", heir.name, u.name, err)
	if errors.Is(err, storage.ErrUnknown) {
		if !w.store.durable {
			return
		}
		err = nil
	}
	if err != nil {
		w.failf("W33: %s is not replaced: %v", u.name, err)
		return
	}
	w.counts.Replaced++
	w.watchSlots()
	u.since, heir.since = w.now, w.now
	w.o.touch = map[model.RecordID]bool{}
	w.o.handsOn(u, heir)
	w.o.settle()
	w.away = u
}

// readmit lets in again whoever was replaced.
func (w *World) readmit() {
	w.logf("%s is let in again", w.away.name)
	_, err := w.eng.Reactivate(context.Background(), w.tenant, w.away.id, w.amy.id, w.now)
	if errors.Is(err, storage.ErrUnknown) {
		if !w.store.durable {
			return
		}
		err = nil
	}
	if err != nil {
		w.failf("W32: %s is not let in again: %v", w.away.name, err)
	}
	w.away.since = w.now
	w.away = nil
	w.regained()
}

// heirStep is somebody's place taken, or the end of that.
func (w *World) heirStep() {
	switch {
	case w.cal == nil:
	case w.away == nil && w.dice(40):
		w.replace(w.ben, w.cal)
	case w.away != nil && w.dice(15):
		w.readmit()
	}
}

// namesLeaver says whether a change gives work to somebody who is no longer there.
func (o *oracle) namesLeaver(k *work) bool {
	return k.c.Collection == model.Assignments && o.w.away != nil && model.RefOf(k.value(model.AssignmentUser)) == model.RecordID(o.w.away.id)
}

// handsOn gives the open work of one person to another.
func (o *oracle) handsOn(u, heir *user) {
	now := o.w.committedTime()
	for _, open := range o.openWork(u) {
		j := o.own(o.recs[open.job]).job
		j.take(open.id, now)
		j.settle(now)
		if a := j.find(open.id); a.visit == j.visit && !j.on(heir) {
			j.add(o.handedOn(open.job, heir, assignment{user: heir.id, visit: j.visit, since: now}))
			j.settle(now)
		}
	}
}

// openWork is the assignments of a person that stand and are not done, of jobs that are not over, in the order of their ids.
func (o *oracle) openWork(u *user) (out []dueOffer) {
	for _, id := range o.jobs {
		if r := o.recs[id]; !r.deleted {
			status, states := r.job.derive()
			for _, a := range r.job.assignments {
				if over := status == "completed" || status == "closed"; !over && a.user == u.id && !slices.Contains([]string{"withdrawn", "declined", "done"}, states[a.id]) {
					out = append(out, dueOffer{id, a.id})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b dueOffer) int { return a.id.Compare(b.id) })
	return out
}

// handedOn finds the assignment that the store made for an heir: its id is the server's.
func (o *oracle) handedOn(job model.RecordID, heir *user, a assignment) assignment {
	o.w.view(func(r storage.Reader) {
		for id := range r.Children(job, model.Assignments) {
			made, _ := r.Record(id)
			known := slices.ContainsFunc(o.recs[job].job.assignments, func(x assignment) bool { return x.id == id })
			if !known && model.UserID(model.RefOf(made.Value(model.AssignmentUser))) == heir.id {
				a.id = id
			}
		}
	})
	if a.id.IsZero() {
		o.w.failf("W33: %s has not the job %s", heir.name, short(job))
	}
	if o.w.stands > 0 {
		a.by = a.since + model.Instant(o.w.stands)
	}
	return a
}

// take takes an assignment from whoever has it.
func (j *job) take(id model.RecordID, now model.Instant) {
	for i := range j.assignments {
		if a := &j.assignments[i]; a.id == id {
			a.taken, j.status = now, ""
		}
	}
}

func (j *job) find(id model.RecordID) (out assignment) {
	for _, a := range j.assignments {
		if a.id == id {
			out = a
		}
	}
	return out
}

// on says whether a person has the job's present visit.
func (j *job) on(u *user) bool {
	_, states := j.derive()
	return slices.ContainsFunc(j.assignments, func(a assignment) bool {
		return a.user == u.id && a.visit == j.visit && states[a.id] != "withdrawn" && states[a.id] != "declined"
	})
}

// authored: what somebody wrote, said or worked is theirs for ever, whoever takes their place (W33).
func (o *oracle) authored(r *rec, have *model.Record) {
	spec, _ := o.w.table.Spec(r.coll)
	for _, name := range []string{"author", "worker", "creator"} {
		f, ok := spec.Named(name)
		if !ok || f.Policy != model.PolicyServer {
			continue
		}
		if got := model.UserID(model.RefOf(have.Value(f.No))); got != r.author.id {
			o.w.failf("W33: the %s of %s is %s, must be %s", name, o.title(r), short(got), r.author.name)
		}
	}
}
