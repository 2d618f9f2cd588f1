package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// deleted turns a record into a tombstone, and what hangs on it too. A deletion that its author made without having
// seen a later write loses to it: work done meanwhile is not thrown away (domain (c), job.delete).
func (f *frame) deleted(c *model.Change, spec *model.Spec, b base, a ask) verdict {
	if _, dropped := f.stays(c.Record); dropped && spec.No == model.Files {
		return applied // it is not there, and what it is the same as stays
	}
	r := f.live(c.Record)
	if planted("leak-deleted-told") && r == nil && f.record(c.Record) != nil {
		return recorded(model.ReasonLater)
	}
	if r == nil || r.Collection != spec.No || !a.released && !f.shown(r) {
		return missing(c.Record)
	}
	if !a.released && !access.MayDelete(f.who, spec, f.situation(r)) && !planted("removed-by-anybody") {
		return held(model.ReasonRight)
	}
	if v := f.keepsFile(r, a); v.outcome != 0 {
		return v
	}
	if v := f.keepsName(r); v.outcome != 0 {
		return v
	}
	if v := f.stacked(c, a); v.outcome != 0 {
		return v
	}
	if !a.force {
		for _, cell := range r.Cells {
			k := fieldCase{r: r, base: b, change: c, x: model.Assign{Field: cell.Field, Seen: cell.Value.Hash()}}
			field, ok := spec.Field(cell.Field)
			if ok && f.view.Sees(spec.No, field.Class) && f.conflict(k, cell, f.said(r, cell)) {
				return recorded(model.ReasonLater)
			}
		}
	}
	job, w := f.jobOf(r), f.write(c)
	left := MaxAggregate + 1
	f.bury(r.ID, w, &left)
	if r.Collection == model.Jobs {
		f.refer(r.ID)
	}
	if r.Collection == model.Assignments && job != nil {
		f.settleJob(job.ID)
	}
	if job != nil && job.ID != r.ID {
		f.derive(job, w)
	}
	return applied
}

// bury closes every membership of a record and of what hangs on it. A tombstone keeps the intervals and its parent, and
// nothing of what it said.
func (t *tx) bury(id model.RecordID, w model.Write, left *int) {
	for _, child := range t.offspring(t.record(id)) {
		t.bury(child, w, left)
	}
	if *left--; *left < 0 {
		t.fail(errTooMany)
		return
	}
	e := t.edit(id)
	e.Deleted = true
	t.deaths[id] = w
	if number := e.Value(model.JobNumber); e.Collection == model.Jobs && !number.IsNull() {
		t.remove(storage.TableNumbers, number.Text())
	}
	if e.Collection == model.Files {
		t.indexFile(e)
	}
	e.Keep(model.FieldParent)
	if e.Collection == model.Jobs {
		t.window(e)
	}
	t.place(e)
	switch e.Collection {
	case model.Customers:
		t.link(e)
		t.indexAlike(e)
	case model.JobOrigins:
		t.indexAlike(e)
	}
}
