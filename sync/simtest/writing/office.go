package writing

import (
	"context"
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// mint makes a change that no replica made: the office's API, or a stranger's client.
func (w *World) mint(u *user, c model.Change) (model.Change, [][]byte) {
	if c.ID.IsZero() {
		c.ID = ident[model.ChangeID](w)
	}
	if c.Record.IsZero() {
		c.Record = model.RecordID(c.ID)
	}
	c.Author = u.id
	c.Occurred = model.Occurrence{Wall: w.now, Clock: model.Clock{User: u.id}}
	slices.SortFunc(c.Fields, func(a, b model.Assign) int { return int(int64(a.Field) - int64(b.Field)) })
	body, blobs, err := protocol.EncodeChange(&c)
	w.must(err)
	return protocol.DecodeChange(string(body), texts(blobs)), blobs
}

func texts(blobs [][]byte) []string {
	out := make([]string, len(blobs))
	for i, b := range blobs {
		out[i] = string(b)
	}
	return out
}

func ident[T ~[16]byte](w *World) (id T) {
	for i := range id {
		id[i] = byte(w.rng.Uint32())
	}
	return id
}

// does is what the office does through its API: a change with what its user saw on their screen.
func (w *World) does(c model.Change) *work {
	desk := w.desk()
	seen := map[place]sight{}
	k := &work{author: w.amy, at: w.now, past: map[model.FieldNo]map[model.ChangeID]bool{}}
	if desk != nil {
		c.Base = string(desk.cut.base)
		if c.Op == model.OpEdit {
			var d replica.Draft
			d.Op, d.Record = c.Op, c.Record
			for _, a := range c.Fields {
				d.Fields = append(d.Fields, model.FieldValue{Field: a.Field, Value: a.Value})
			}
			seen = w.o.look(desk, []replica.Draft{d})
		}
	}
	for _, a := range c.Fields {
		k.past[a.Field] = seen[place{c.Record, a.Field}].past
	}
	k.c, _ = w.mint(w.amy, c)
	w.o.know(k)
	return k
}

// desk is the office's console: a device of the office whose pages its API edits stand on; nil: none is signed in.
func (w *World) desk() *phone {
	for _, p := range w.phones {
		if p.user.office() && p.cut.base != nil {
			return p
		}
	}
	return nil
}

// office commits what the office does, in one frame, and tries again while the commit is in doubt.
func (w *World) office(c crash, list ...*work) []model.Answer {
	var changes []model.Submitted
	for _, k := range list {
		changes = append(changes, model.Submitted{Change: k.c})
	}
	conn := model.Connection{Tenant: w.tenant, User: w.amy.id, Lane: model.LaneOffice}
	answers, err := w.push(conn, &phone{name: "the office"}, changes, nil, c)
	if errors.Is(err, storage.ErrUnknown) {
		answers, err = w.push(conn, &phone{name: "the office"}, changes, nil, noCrash)
	}
	if err != nil {
		w.failf("the office is not heard: %v", err)
	}
	return answers
}

// create is a creation by the office.
func (w *World) create(coll model.Collection, fields ...model.Assign) *work {
	c := model.Change{Op: model.OpCreate, Collection: coll, Fields: fields}
	if spec, _ := w.table.Spec(coll); !spec.Append {
		c.Record = ident[model.RecordID](w)
	}
	return w.does(c)
}

func set(f model.FieldNo, v model.Value) model.Assign { return model.Assign{Field: f, Value: v} }

// newJob makes a job and gives it to somebody.
func (w *World) newJob(to *user) model.RecordID {
	job := w.create(model.Jobs, set(model.JobTitle, w.value()), set(model.JobDescription, w.value()))
	list := []*work{job}
	if to != nil {
		list = append(list, w.assignment(job.c.Record, to))
	}
	w.office(noCrash, list...)
	return job.c.Record
}

func (w *World) assignment(job model.RecordID, to *user) *work {
	return w.create(model.Assignments, set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(to.id)))
}

// orders is an action of the office on a job.
func (w *World) orders(job model.RecordID, kind string, of model.RecordID) *work {
	fields := []model.Assign{set(model.FieldParent, model.Ref(job)), set(model.OfficeEventKind, model.Text(kind))}
	if !of.IsZero() {
		fields = append(fields, set(model.OfficeEventOf, model.Ref(of)))
	}
	return w.create(model.OfficeEvents, fields...)
}

// reassign takes a job from whoever has it and gives it to another.
func (w *World) reassign(job model.RecordID, to *user) {
	var list []*work
	for _, u := range w.users {
		for _, a := range w.o.standing(job, u) {
			if u != to {
				list = append(list, w.orders(job, "withdraw", a))
			}
		}
	}
	if len(w.o.standing(job, to)) == 0 {
		list = append(list, w.assignment(job, to))
	}
	if len(list) > 0 {
		w.logf("the office gives job %s to %s", short(job), to.name)
		w.office(noCrash, list...)
	}
}

// standing is the assignments by which a user has a job.
func (o *oracle) standing(job model.RecordID, u *user) (out []model.RecordID) {
	j := o.recs[job].job
	_, states := j.derive()
	for _, a := range j.assignments {
		if s := states[a.id]; a.user == u.id && a.visit == j.visit && s != "withdrawn" && s != "declined" {
			out = append(out, a.id)
		}
	}
	return out
}

// edits is an edit by the office of what its console shows; nil where that is a change of the console's own, which the
// API does not know.
func (w *World) edits(coll model.Collection, r model.RecordID, fields ...model.Assign) *work {
	if desk := w.desk(); desk != nil {
		if shown, ok, _ := desk.Show(r); ok {
			for i := range fields {
				if slices.Contains(shown.Pending, fields[i].Field) || shown.Own {
					return nil
				}
				fields[i].Seen = shown.Value(fields[i].Field).Hash()
			}
		}
	}
	return w.does(model.Change{Op: model.OpEdit, Collection: coll, Record: r, Fields: fields})
}

// kick ends a user's session.
func (w *World) kick(u *user, why model.EndReason) {
	_, err := w.eng.End(context.Background(), w.tenant, model.Ending{User: u.id, Reason: why, By: w.amy.id, Note: "by hand"}, w.now)
	if err != nil && !errors.Is(err, storage.ErrUnknown) {
		w.failf("end the session of %s: %v", u.name, err)
	}
	w.logf("the office ends the session of %s", u.name)
	w.watchSlots()
}

// aged says that a held change may have taken effect once before, and would again: it was too old when it came, and is
// not kept from it by the record that it makes.
func (o *oracle) aged(f *fate) bool {
	based := o.bases[f.work.c.Base].time
	kind := f.work.value(model.VisitEventKind).Text()
	answer := f.work.c.Collection == model.VisitEvents && (kind == "accept" || kind == "decline")
	return based != 0 && f.since-based > ageLimit && (f.work.c.Op != model.OpCreate || answer)
}

// release lets held work in, with its group; the oracle says whether it may be.
func (w *World) release(id model.ChangeID, force bool) error {
	o := w.o
	members := o.members(id)
	err := w.eng.Release(context.Background(), w.tenant, id, force, model.UserID{}, w.now)
	w.logf("the office releases %s (force %v): %v", short(id), force, err)
	if errors.Is(err, storage.ErrUnknown) {
		if !w.store.durable {
			return err
		}
		err = nil // it is in, and nobody knows
	}
	o.touch = map[model.RecordID]bool{}
	back := o.fork()
	var wants []want
	possible, aged := o.whole(members), false
	for _, f := range members {
		aged = aged || o.aged(f)
		h := how{lane: model.LaneLive, user: f.work.author, now: o.w.committedTime(), released: true, late: true, force: force}
		want := o.expect(f.work, h)
		possible = possible && want.mayBeIn()
		wants = append(wants, want)
		if possible {
			o.follow(f.work, want, want.out, h)
		}
	}
	switch {
	case err == nil && (!possible || aged || len(members) == 0):
		w.failf("released %s, which must not be: %v, held for age %v, of %d", short(id), wants, aged, len(members))
	case err != nil && possible && !aged && len(members) > 0:
		w.failf("not released %s: %v, must be %v", short(id), err, wants)
	case err != nil:
		back()
		return err
	}
	for i, f := range members {
		now := o.row(f.work.c.ID)
		o.agree(f.work, wants[i], now.Code, now.Reason)
		f.out, f.reason = now.Code, now.Reason
		w.counts.Released++
	}
	o.settle()
	return err
}

// members is a held change and what is held with it, in their devices' order.
func (o *oracle) members(id model.ChangeID) []*fate {
	f := o.fates[id]
	if f == nil || f.out != model.OutcomeHeld {
		return nil
	}
	if f.work.c.Group.IsZero() {
		return []*fate{f}
	}
	var out []*fate
	for _, k := range o.groups[f.work.c.Group] {
		if m := o.fates[k.c.ID]; m != nil && m.work == k && m.out == model.OutcomeHeld {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b *fate) int { return int(int64(a.work.number) - int64(b.work.number)) })
	return out
}

// whole says whether the members are all that their group has, besides hours.
func (o *oracle) whole(members []*fate) bool {
	if len(members) == 0 || members[0].work.c.Group.IsZero() {
		return true
	}
	return len(members) == members[0].work.c.GroupSize
}

// dismiss decides against held work, with its group.
func (w *World) dismiss(id model.ChangeID) {
	o := w.o
	members := o.members(id)
	err := w.eng.Dismiss(context.Background(), w.tenant, id, model.UserID{}, w.now)
	w.logf("the office dismisses %s: %v", short(id), err)
	if errors.Is(err, storage.ErrUnknown) {
		if !w.store.durable {
			return
		}
		err = nil
	}
	if err != nil {
		if len(members) > 0 || !errors.Is(err, engine.ErrNotHeld) {
			w.failf("not dismissed %s: %v", short(id), err)
		}
		return
	}
	o.touch = map[model.RecordID]bool{}
	for _, f := range members {
		f.out = model.OutcomeDismissed
		o.stored(f.work, f.out)
	}
	o.settle()
}
