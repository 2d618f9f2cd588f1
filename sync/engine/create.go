package engine

import (
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// create makes a record. The record's id is what deduplicates it: a second creation is recorded.
func (f *frame) create(c *model.Change, spec *model.Spec, b base, a ask) verdict {
	parent, v := f.parentOf(c, spec)
	if v.outcome != 0 {
		return v
	}
	if !a.released && !f.mayCreate(c, spec, parent) {
		return held(model.ReasonRight) // before the id is looked up, which may be one that is hidden
	}
	if have := f.record(c.Record); have != nil {
		if spec.Append && have.Collection == spec.No && f.author(have) == c.Author {
			return applied // the fact is there: no second effect
		}
		return recorded(model.ReasonExists)
	}
	if f.full(c, spec, parent) {
		return held(model.ReasonTooLarge)
	}
	v = applied
	if spec.No == model.VisitEvents || spec.No == model.OfficeEvents {
		if v = f.judgeEvent(c, parent, b, a); v.outcome == model.OutcomeHeld {
			return v
		}
	}
	if spec.No == model.FieldDefinitions && !f.define(c) {
		return refused(model.ReasonValue)
	}
	f.insert(c, spec, v)
	return v
}

// mayCreate says whether the author may make this record with these fields: each by its own writers, and none of a
// class the author does not see, whatever it says. Nothing is looked up by a reference, so that a Hidden user's
// customer id is answered the same whether it exists or not (domain S2).
func (f *frame) mayCreate(c *model.Change, spec *model.Spec, parent *model.Record) bool {
	s := access.Situation{Author: true, Creator: true}
	if parent != nil {
		s = f.situation(parent)
		s.Author, s.Exists = true, false
		s.Assigned = s.Assigned || spec.Nature == model.Fact && f.knownTo(parent)
	}
	for _, x := range c.Fields {
		if spec.No == model.Assignments && x.Field == model.AssignmentUser {
			s.Target = model.UserID(model.RefOf(x.Value))
		}
	}
	if !access.MayCreate(f.who, spec, s) {
		return false
	}
	for _, x := range c.Fields {
		field, _ := spec.Field(x.Field)
		if !access.MayEdit(f.who, spec, field, s) || !f.view.Sees(spec.No, field.Class) {
			return false
		}
	}
	return true
}

// parentOf finds what a new record hangs on. A parent that the author neither sees nor, for a fact, ever saw is
// missing, with the same bytes as one that never was.
func (f *frame) parentOf(c *model.Change, spec *model.Spec) (*model.Record, verdict) {
	var id model.RecordID
	for _, x := range c.Fields {
		if x.Field == model.FieldParent {
			id = model.RefOf(x.Value)
		}
	}
	if id.IsZero() {
		switch {
		case spec.Fields[0].Required, spec.No == model.VisitEvents, spec.No == model.OfficeEvents, spec.No == model.Assignments:
			return nil, refused(model.ReasonShape) // what is nothing without its job
		}
		return nil, verdict{}
	}
	p := f.live(id)
	there := f.shown(p) || spec.Nature == model.Fact && f.knownTo(p)
	if f.releasing && p != nil {
		there = true // to the office every record of the tenant exists
	}
	if planted("held-creation-ignored") {
		there = true
	}
	if !there {
		return nil, missing(id)
	}
	if p != nil && spec.Parent != 0 && p.Collection != spec.Parent {
		return nil, refused(model.ReasonShape)
	}
	return p, verdict{}
}

// insert writes a new record with what the server adds to it, and places it.
func (f *frame) insert(c *model.Change, spec *model.Spec, v verdict) {
	w := f.write(c)
	r := f.edit(c.Record)
	r.Collection = spec.No
	r.Deleted = false
	r.Set(model.FieldParent, model.Null(), w)
	for _, x := range c.Fields {
		r.Set(x.Field, x.Value, w)
	}
	f.complete(r, c, w, v)
	f.entered = append(f.entered, r.ID)
	f.settle(r.ID)
	f.derive(r)
}

// write is the entry a change leaves in a record's table of writes.
func (f *frame) write(c *model.Change) model.Write {
	at, _ := f.estimate(c)
	return model.Write{
		Seq: f.seq(), Change: c.ID, Occurred: at, Author: c.Author,
		Office: f.conn.Kind == model.Desktop, Over: c.Over,
	}
}
