package engine

import (
	"context"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Exposure says what a device held at the last checkpoint that it confirmed (domain f.5, S20), and what may have been sent to it
// since, until its session ended: a page of records by id, as the caller sees them now, and how many there are of each
// collection. It is computed of the view that the device confirmed, of those that its user had since, and of the records'
// intervals, which are kept 45 days; where they are not kept any more, and where nothing was ever confirmed, it is all that the device can have held, and says so.
//
// It is durably noted who asked, by, before anything is told. model.ErrUnknown when there is no such device; the errors of
// [desk.oversees].
func (e *Engine) Exposure(ctx context.Context, c model.Caller, q model.ExposureQuery, by model.UserID, now model.Instant) (model.Exposure, error) {
	var out model.Exposure
	err := e.at(ctx, c, func(d *desk) (err error) {
		out, err = d.exposure(q)
		return err
	})
	if err != nil {
		return model.Exposure{}, err
	}
	err = e.apply(ctx, c.Tenant, 1, now, func(t *tx) error {
		d, _ := t.device(q.Device)
		t.audit(model.AuditEntry{Kind: model.AuditExposure, Actor: t.doer(by), Subject: toDevice(q.Device, d.User)})
		return nil
	})
	if err != nil {
		return model.Exposure{}, err
	}
	return out, nil
}

func (d *desk) exposure(q model.ExposureQuery) (out model.Exposure, err error) {
	if err := d.oversees(); err != nil {
		return out, err
	}
	dev, ok := d.device(q.Device)
	if !ok {
		return out, model.ErrUnknown
	}
	x, err := d.exposed(dev)
	if err != nil {
		return out, err
	}
	out = model.Exposure{
		Device: dev.ID, User: dev.User, State: StateName(dev.State), At: x.held.At, Seen: dev.Seen,
		Superset: x.superset, Counts: map[model.Collection]int{},
	}
	if x.held.Seq == 0 {
		out.At = 0
	}
	for no, classes := range x.reach.All() {
		out.Narrowed = out.Narrowed || d.view.Classes.Of(no)&classes != classes
	}
	for _, id := range x.candidates() {
		r, _ := d.r.Record(id) // not remembered: it may be all that a device holds
		one, ok := d.expose(x, r)
		if !ok {
			continue
		}
		out.Counts[r.Collection]++
		if q.Collection != 0 && r.Collection != q.Collection || id.Compare(q.After) <= 0 {
			continue
		}
		if len(out.Records) == min(q.Limit, model.MaxListing) {
			if out.Next.IsZero() {
				out.Next = out.Records[len(out.Records)-1].ID
			}
			continue
		}
		out.Records = append(out.Records, one)
	}
	return out, nil
}

// exposed is what decides whether a device held a record.
type exposed struct {
	*desk
	held     storage.Confirmed
	superset bool
	later    []model.Audience // what may have been sent to it after the checkpoint
	until    model.Seq        // and up to which commit
	reach    model.Reach      // the collections that the device was shown anything of, then or later
}

// exposed finds out about a device. Rights that cannot be read now were not served either: what came later is then of the
// view that was confirmed.
func (d *desk) exposed(dev storage.Device) (x *exposed, err error) {
	x = &exposed{desk: d, until: d.head.Seq}
	x.held, _ = d.confirmed(dev.ID)
	later := together(x.held.View, x.held.Also)
	x.superset = x.held.Seq == 0 || !planted("exposure-ignores-horizon") && x.held.Seq < d.head.Horizon
	if x.held.Until != 0 {
		x.until = x.held.Until
	}
	s, _, _ := d.session(dev.Session)
	if p, err := d.person(dev.User, s.Kind); err == nil && p.err == nil && x.held.Until == 0 {
		later = together(later, p.views[lastStep])
	}
	x.later, x.reach = later.Audiences, later.Classes
	return x, d.err
}

// wasShown notes what a device was shown until this commit: what it has not confirmed of it may have been sent all the same.
func (t *tx) wasShown(d model.DeviceID, v model.View) {
	if planted("exposure-forgets-views") {
		return
	}
	c, _ := t.confirmed(d)
	c.Also = together(c.Also, v)
	t.putConfirmed(d, c)
}

// lastShown notes what a device was shown until its session ended: nothing is sent to it any more.
func (t *tx) lastShown(u model.UserID, s storage.Slot) {
	if p, err := t.person(u, s.Kind); err == nil && p.err == nil {
		t.wasShown(s.Device, p.views[lastStep])
	}
	if c, ok := t.confirmed(s.Device); ok && c.Until == 0 {
		c.Until = t.seq()
		t.putConfirmed(s.Device, c)
	}
}

// together is what either of two views shows.
func together(v, w model.View) model.View {
	for no := range v.Classes {
		v.Classes[no] |= w.Classes[no]
	}
	v.Audiences = sortedAudiences(slices.Concat(v.Audiences, w.Audiences))
	return v
}

// candidates proposes what the device may have held, by id.
func (x *exposed) candidates() (ids []model.RecordID) {
	for _, a := range x.later {
		ids = slices.AppendSeq(ids, x.r.Members(a, model.RecordID{}))
		if !planted("exposure-forgets-exits") {
			ids = slices.AppendSeq(ids, x.r.Since(a, x.held.Seq))
		}
	}
	if x.superset { // what left before the horizon is in no audience's index any more
		for no := range x.reach.All() {
			ids = slices.AppendSeq(ids, x.r.Records(no, model.Place{}))
		}
	}
	return sortedIDs(ids)
}

// expose is one record as the caller sees it, if the device held it or may have.
func (d *desk) expose(x *exposed, r *model.Record) (one model.Exposed, ok bool) {
	if r == nil || x.reach.Of(r.Collection) == 0 {
		return one, false
	}
	held := showedAt(r, x.held.View.Audiences, x.held.Seq)
	later := !held && x.cameLater(r)
	if x.superset {
		held, later = madeBy(r) <= x.until, false
	}
	if !held && !later {
		return one, false
	}
	one = model.Exposed{ID: r.ID, Collection: r.Collection, Later: later, Deleted: r.Deleted}
	if r.Deleted {
		return one, planted("exposure-to-everybody") || d.view.Classes.Of(r.Collection) != 0 && d.sawEnd(r)
	}
	if _, sees := d.show(r); !planted("exposure-to-everybody") && !sees {
		return one, false
	}
	one.Name = d.nameOf(r)
	return one, true
}

// cameLater says whether a record was in an audience of the device's after its checkpoint and before its session ended.
func (x *exposed) cameLater(r *model.Record) bool {
	for _, m := range r.Memberships {
		if _, ok := slices.BinarySearch(x.later, m.Audience); !ok {
			continue
		}
		for _, iv := range m.Intervals {
			if iv.First <= x.until && (iv.Out == 0 || iv.Out > x.held.Seq) {
				return true
			}
		}
	}
	return false
}

// madeBy is the commit that a record was made in.
func madeBy(r *model.Record) model.Seq {
	if c, ok := r.Cell(model.FieldParent); ok {
		return r.Writes[c.Write].Seq
	}
	return 0
}

// nameOf is what a record is called, as far as the caller sees it: the first of its texts that says so.
func (d *desk) nameOf(r *model.Record) string {
	spec, ok := d.table.Spec(r.Collection)
	if !ok {
		return ""
	}
	row := access.Project(d.table, r, d.view, nil)
	for _, name := range []string{"name", "title", "number", "address", "label"} {
		if f, ok := spec.Named(name); ok {
			if v, ok := row.Find(f.No); ok && v.Kind() == model.KindText {
				return v.Text()
			}
		}
	}
	return ""
}
