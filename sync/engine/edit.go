package engine

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/merge"
	"github.com/fieldsync/fieldsync/sync/model"
)

// edited gives fields of a record new values, each judged by its own policy: the unit of conflict is the field
// (domain R3). The change is in when every field has the place its policy gives it.
func (f *frame) edited(c *model.Change, spec *model.Spec, b base, a ask) verdict {
	c = f.ofStayed(c)
	r := f.live(c.Record)
	if planted("leak-hidden-told") && r != nil && !a.released && !f.shown(r) {
		return held(model.ReasonRight)
	}
	if r == nil || r.Collection != spec.No || !a.released && !f.shown(r) {
		return missing(c.Record)
	}
	s := f.situation(r)
	for _, x := range c.Fields {
		field, _ := spec.Field(x.Field)
		if a.released || planted("restored-without-right") {
			continue
		}
		if planted("leak-reference-looked-up") && f.live(model.RefOf(x.Value)) != nil {
			return held(model.ReasonRight)
		}
		// A base is compared for fields in the author's present view only; anything else is missing (DESIGN §12.9).
		switch g := f.editing(spec, field, s); {
		case g.Allow:
		case g.Rule == access.RuleClass:
			return missing(c.Record)
		default:
			return held(model.ReasonRight)
		}
	}
	if f.hidesWork(r, c) {
		return refused(model.ReasonReadonly)
	}
	if v := f.stacked(c, a); v.outcome != 0 {
		return v
	}
	if v := f.unites(c, a); v.outcome != 0 {
		return v
	}
	if !f.redefines(c, r) {
		return refused(model.ReasonValue)
	}
	if f.outgrows(r, c) || f.overlinks(c) {
		return held(model.ReasonTooLarge)
	}
	return f.settleFields(c, spec, b, a)
}

// stacked holds an edit that stands on a held one: its value contains the held one's. What stands on a refused, a
// losing or a dismissed one is judged alone: it is often the repair (CE-9).
func (f *frame) stacked(c *model.Change, a ask) verdict {
	if a.released || planted("stack-on-held-applied") {
		return verdict{}
	}
	var waits []string
	for _, o := range c.Over {
		if out, ok := f.outcome(o); ok && out.Code == model.OutcomeHeld {
			waits = append(waits, string(o[:]))
		}
	}
	if waits == nil {
		return verdict{}
	}
	return held(model.ReasonStacked, waits...)
}

// settleFields decides field by field and writes the winners in one go. The losing value of each conflict is kept.
func (f *frame) settleFields(c *model.Change, spec *model.Spec, b base, a ask) verdict {
	w, r := f.write(c), f.record(c.Record)
	k := fieldCase{r: r, base: b, open: f.visitOpen(r), change: c, write: w, ask: a}
	v := recorded(model.ReasonNone)
	clean := true
	var winners []model.Assign
	for _, x := range c.Fields {
		k.field, _ = spec.Field(x.Field)
		k.x = f.noLater(k.field, x)
		x = k.x
		d := f.field(k)
		clean = clean && d.stands && !d.conflict
		if d.reason != model.ReasonNone {
			v.reason = d.reason
		}
		switch {
		case d.stands:
			winners = append(winners, x)
			if d.conflict {
				f.lose(loss{record: r, field: k.field, value: r.Value(x.Field), by: d.current, stands: x.Value, beaten: w, grade: f.grade(k, d)})
			}
		case d.reason != model.ReasonOwnLater && k.field.Policy != model.PolicyMax:
			f.lose(loss{record: r, field: k.field, value: x.Value, by: w, stands: r.Value(x.Field), beaten: d.current, grade: f.grade(k, d)})
		}
	}
	if len(winners) == 0 {
		return v
	}
	e := f.edit(r.ID)
	if planted("stale-copy") && f.conn.Lane != model.LaneOffice {
		for _, cell := range slices.Clone(e.Cells) { // the device's copy of the whole record, in which nothing newer was
			if s, ok := spec.Field(cell.Field); ok && s.Policy == model.PolicyThreeWay && e.Stamp(cell) > b.at.Seq {
				e.Set(cell.Field, model.Null(), w)
			}
		}
	}
	for _, x := range winners {
		e.Set(x.Field, x.Value, w)
	}
	if planted("whole-record") {
		for _, cell := range slices.Clone(e.Cells) {
			e.Set(cell.Field, cell.Value, w)
		}
	}
	f.settleEdited(r, e, w)
	if clean {
		f.tellsOffice(c, spec, a)
		return applied
	}
	v.outcome = model.OutcomeMerged
	return v
}

// tellsOffice puts it before the office that somebody in the field changed the directory: it stands, since they often have the better
// telephone, and somebody has a look (domain (c), customers, sites, contacts). Of values that met there is an item already, and what the office let
// in it has looked at.
func (f *frame) tellsOffice(c *model.Change, spec *model.Spec, a ask) {
	if spec.Scope != model.ScopeDirectory || a.released || f.conn.Kind == model.Desktop || planted("directory-untold") {
		return
	}
	more := f.guarded(c)
	f.review(review{
		kind: model.InboxField, change: c.ID, record: c.Record, of: spec.No, author: c.Author,
		same: append(c.Record[:len(c.Record):len(c.Record)], guardedBy(more)...), more: more,
	})
}

// fieldCase is one field of an edit, and all that its decision may look at.
type fieldCase struct {
	r      *model.Record
	x      model.Assign
	field  *model.Field
	base   base
	open   bool
	change *model.Change
	write  model.Write
	ask    ask
}

// decision is what became of one field of an edit.
type decision struct {
	stands   bool
	conflict bool
	reason   model.Reason
	current  model.Write // who wrote what stood before
}

func (f *frame) field(k fieldCase) decision {
	cell, ok := k.r.Cell(k.x.Field)
	if !ok {
		return decision{stands: true}
	}
	cur := f.said(k.r, cell)
	d := decision{stands: true, current: cur}
	if slices.Contains(cur.Over, k.change.ID) && !planted("release-wins") {
		return decision{reason: model.ReasonOwnLater, current: cur} // a later edit of the author's own is already there
	}
	climbs := k.field.Policy == model.PolicyMax // whoever knew of which: nothing is lost in the lesser
	once := k.field.Policy == model.PolicyOnce && !cell.Value.IsNull() && !slices.Contains(k.change.Over, cur.Change)
	d.conflict = !climbs && f.conflict(k, cell, cur)
	if !d.conflict && !once && !climbs || k.ask.force || planted("release-wins") && k.ask.released {
		return d
	}
	incoming := merge.Side{Value: k.x.Value, Change: k.change.ID, Occurred: k.write.Occurred, Office: k.write.Office}
	current := merge.Side{Value: cell.Value, Change: cur.Change, Occurred: cur.Occurred, Office: cur.Office}
	if merge.Resolve(k.field.Policy, current, incoming, k.open) == merge.Keep && !planted("last-upload-wins") {
		d.stands, d.reason = false, model.ReasonLater
	}
	return d
}

// noLater is a value as it is taken: a mark of the future, which a clock that is wrong makes, would stand for ever.
func (f *frame) noLater(field *model.Field, x model.Assign) model.Assign {
	if field.Policy == model.PolicyMax && !x.Value.IsNull() && x.Value.Int() > int64(f.received) && !planted("read-tomorrow") {
		x.Value = model.Int(int64(f.received))
	}
	return x
}

// conflict says whether the cell holds a write that the author had not seen (write-verification, conflict).
func (f *frame) conflict(k fieldCase, cell model.Cell, cur model.Write) bool {
	if planted("conflict-by-writer") {
		return cur.Author != k.change.Author && k.r.Stamp(cell) > k.base.at.Seq
	}
	if slices.Contains(k.change.Over, cur.Change) {
		return false
	}
	seen, ok := f.head.Lineage.Within(k.base.at)
	if planted("leak-conflict-by-record") && ok && k.r.Seq > seen {
		return true
	}
	if ok && cur.Seq <= seen {
		return false
	}
	switch {
	case k.base.at.Incarnation == f.head.Lineage.Present():
		return true
	case cur.Orig.Incarnation == k.base.at.Incarnation && cur.Orig.Seq <= k.base.at.Seq && cur.Orig.Seq > 0:
		return false // a re-offered write that the author had seen in the old life
	default:
		return cell.Value.Hash() != k.x.Seen
	}
}

// relinked places a record anew that names others now. What hangs on it stays, but on a job that has another client: a parent is never
// edited, and else only a job's assignments move what is below, which settle sees to.
func (t *tx) relinked(was, r *model.Record) {
	switch {
	case r.Collection == model.Jobs && t.client(was) != t.client(r) && !planted("notes-stay-with-client"):
		t.settleJob(r.ID)
	case r.Collection == model.Jobs:
		t.refer(r.ID)
	}
	t.settle(r.ID)
}

// settleEdited places an edited record anew, and does what goes with it.
func (f *frame) settleEdited(was, r *model.Record, w model.Write) {
	f.relinked(was, r)
	f.derive(r, w)
	f.closes(was, r, w)
	switch {
	case r.Collection == model.FieldDefinitions && !planted("rights-unchanged"):
		f.define(r.Value, false) // it is taken: what stands now are words of two who were each asked
	case r.Collection == model.JobOrigins:
		f.raiseTypedAlike(f.record(r.ID))
	case r.Collection == model.Customers:
		f.beginsUnion(was, f.record(r.ID), w)
	case r.Collection == model.Jobs && r.Value(model.JobCustomer) != was.Value(model.JobCustomer):
		f.answerLink(was, f.record(r.ID), w)
		f.raiseAlias(f.record(r.ID))
	}
	if planted("leak-link-echoed") {
		f.echoesLink(f.record(r.ID), w)
	}
}
