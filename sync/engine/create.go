package engine

import (
	"slices"

	"github.com/fieldsync/fieldsync/storage"
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
	if f.namesLeaver(c) && a.released {
		return refused(model.ReasonRemoved)
	} else if f.namesLeaver(c) && !planted("leavers-assigned") {
		return held(model.ReasonRemoved)
	}
	if planted("leak-duplicate-warned") && f.warnsOfDuplicate(c) {
		return recorded(model.ReasonExists)
	}
	if spec.No == model.TimesheetCorrections {
		if v := f.corrects(c); v.outcome != 0 {
			return v
		}
	}
	if have := f.record(c.Record); have != nil {
		if spec.Append && have.Collection == spec.No && f.author(have) == c.Author {
			return applied // the fact is there: no second effect
		}
		return recorded(model.ReasonExists)
	}
	if f.sameFile(c, spec, parent) {
		return recorded(model.ReasonExists)
	}
	if v := f.revises(c, spec, a); v.outcome != 0 {
		return v
	}
	if v := f.unites(c, a); v.outcome != 0 {
		return v
	}
	if f.full(c, spec, parent) || f.overlinks(c) {
		return held(model.ReasonTooLarge)
	}
	v = applied
	if spec.No == model.VisitEvents || spec.No == model.OfficeEvents {
		if v = f.judgeEvent(c, parent, b, a); v.outcome == model.OutcomeHeld {
			return v
		}
	}
	if spec.No == model.TaskEvents {
		v = f.judgeTick(c, parent)
	}
	if spec.No == model.FieldDefinitions && !f.define(saidBy(c, nil), true) {
		return refused(model.ReasonValue)
	}
	f.insert(c, spec, v)
	return v
}

// mayCreate says whether the author may make this record with these fields: each by its own writers, and none of a
// class the author does not see, whatever it says. Nothing is looked up by a reference, so that a Hidden user's
// customer id is answered the same whether it exists or not (domain S2).
func (f *frame) mayCreate(c *model.Change, spec *model.Spec, parent *model.Record) bool {
	s := f.making(spec, parent)
	for _, x := range c.Fields {
		if spec.No == model.Assignments && x.Field == model.AssignmentUser {
			s.Target = model.UserID(model.RefOf(x.Value))
			s.Fellow = f.fellow(s.Target) || planted("dispatcher-assigns-anybody")
		}
	}
	if !access.MayCreate(f.who, spec, s) {
		return false
	}
	for _, x := range c.Fields {
		field, _ := spec.Field(x.Field)
		if !f.editing(spec, field, s).Allow {
			return false
		}
	}
	return true
}

// namesLeaver says whether a change gives work to somebody who has left the company. Whoever is no user at all is nobody's
// secret, and no business of this.
func (f *frame) namesLeaver(c *model.Change) bool {
	if c.Collection != model.Assignments {
		return false
	}
	for _, x := range c.Fields {
		u := model.RefOf(x.Value)
		if x.Field != model.AssignmentUser || u.IsZero() {
			continue
		}
		a, ok := get(f.tx, storage.TableAccounts, string(u[:]), storage.ParseAccount)
		return ok && !a.Active
	}
	return false
}

// making is what rights ask of a record that is to be made below another one; nil: below nothing.
func (f *frame) making(spec *model.Spec, parent *model.Record) access.Situation {
	if parent == nil {
		return access.Situation{Author: true, Creator: true}
	}
	s := f.situation(parent)
	s.Author, s.Exists = true, false
	s.Assigned = s.Assigned || spec.Nature == model.Fact && f.knownTo(parent)
	return s
}

// editing says why the author may give a field a value, or may not: one of a class that they do not see is not there.
func (f *frame) editing(spec *model.Spec, field *model.Field, s access.Situation) access.Ground {
	if !f.view.Sees(spec.No, field.Class) {
		return access.Ground{Rule: access.RuleClass, Class: field.Class}
	}
	return access.Edit(f.who, spec, field, s)
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
		if hangs(spec) {
			return nil, refused(model.ReasonShape)
		}
		return nil, verdict{}
	}
	p := f.live(id)
	there := f.adds(spec, p)
	if f.releasing && p != nil {
		there = true // to the office every record of the tenant exists
	}
	if planted("held-creation-ignored") {
		there = true
	}
	if !there && p != nil && planted("leak-parent-told") {
		return nil, held(model.ReasonRight)
	}
	if !there {
		return nil, missing(id)
	}
	if p != nil && spec.Parent != 0 && p.Collection != spec.Parent {
		return nil, refused(model.ReasonShape)
	}
	return p, verdict{}
}

// hangs says whether a record of the collection is nothing without what it hangs on.
func hangs(spec *model.Spec) bool {
	return spec.Fields[0].Required || spec.No == model.VisitEvents || spec.No == model.OfficeEvents || spec.No == model.Assignments
}

// adds says whether a record is there for its author to hang a new one on.
func (f *frame) adds(spec *model.Spec, parent *model.Record) bool {
	return f.shown(parent) || spec.Nature == model.Fact && f.knownTo(parent)
}

// serverFields is about how many fields the server adds to a new record.
const serverFields = 4

// insert writes a new record with what the server adds to it, and places it.
func (f *frame) insert(c *model.Change, spec *model.Spec, v verdict) {
	w := f.write(c)
	r := f.edit(c.Record)
	r.Collection = spec.No
	r.Deleted = false
	r.Cells = slices.Grow(r.Cells, len(c.Fields)+serverFields)
	r.Set(model.FieldParent, model.Null(), w)
	for _, x := range c.Fields {
		if field, _ := spec.Field(x.Field); f.keepsPlace(c, field) {
			r.Set(x.Field, x.Value, w)
		}
	}
	f.complete(r, c, w, v)
	f.entered = append(f.entered, r.ID)
	f.settle(r.ID)
	switch r.Collection {
	case model.Customers:
		f.raiseAlike(c, r)
		f.beginsUnion(&model.Record{}, r, w)
	case model.Jobs:
		f.raiseAlias(r)
	case model.Files:
		f.indexFile(r)
	case model.PartsMovements:
		f.keepStock(c, r, w)
	case model.JobOrigins:
		f.raiseTypedAlike(r)
	}
	f.derive(r, w)
	f.marksLate(c, spec, r)
}

// write is the entry a change leaves in a record's table of writes.
func (f *frame) write(c *model.Change) model.Write {
	at, _ := f.estimate(c)
	if planted("arrival-orders") {
		at = f.received
	}
	return model.Write{
		Seq: f.seq(), Change: c.ID, Occurred: at, Author: c.Author,
		Office: f.conn.Kind == model.Desktop, Over: c.Over,
	}
}
