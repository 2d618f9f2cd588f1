package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// HeldFor lists the changes that wait for the office as a caller may see them: through the one projection, without what
// is about a record, or hangs on one, that they do not see.
func (e *Engine) HeldFor(ctx context.Context, c model.Caller) ([]model.HeldChange, error) {
	held, err := e.Held(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	var out []model.HeldChange
	err = e.at(ctx, c, func(d *desk) error {
		for i := range held {
			if h, ok := d.held(&held[i]); ok {
				out = append(out, h)
			}
		}
		return nil
	})
	return out, err
}

// Decided gives those of changes which a device knows as held that do not wait for the office as its user's, so that it asks about
// them again. What was never its user's answers as what is not known any more: nobody learns of a stranger's change.
func (e *Engine) Decided(ctx context.Context, c model.Connection, held []model.ChangeID) (out []model.ChangeID, err error) {
	err = e.read(ctx, c.Tenant, func(t *tx) error {
		out = nil
		for _, change := range held {
			if !t.waitsFor(c, change) {
				out = append(out, change)
			}
		}
		return nil
	})
	return out, err
}

// waitsFor says whether a change waits for the office as a device's user sent it. A second content under one id waits beside the
// first, whatever becomes of that, and is known to the device that sent it by the id that both have there.
func (t *tx) waitsFor(c model.Connection, change model.ChangeID) bool {
	if o, known := t.outcome(change); known && o.Code == model.OutcomeHeld {
		if h, ok := t.heldOf(change); ok && (h.Author == c.User || planted("held-of-others")) {
			return true
		}
	}
	for _, k := range t.keys(storage.TableHeld, string(change[:])) {
		h, ok := get(t, storage.TableHeld, k, storage.ParseHeld)
		if ok && len(k) > len(change) && h.Author == c.User && h.Device == c.Device {
			if o, _ := t.outcome(h.Change); o.Code == model.OutcomeHeld {
				return true
			}
		}
	}
	return false
}

func (d *desk) held(h *HeldChange) (model.HeldChange, bool) {
	c := d.ofStayed(&h.Content)
	out := model.HeldChange{
		Change: h.Change, Author: h.Author, Device: h.Device, Since: h.Since, Reason: h.Reason, Op: c.Op,
		Collection: c.Collection, Record: c.Record, Group: c.Group, Second: h.Reason == model.ReasonContent,
	}
	if _, known := d.table.Spec(c.Collection); !known { // of a newer peer, or not even that
		return out, d.view.Classes != model.Reach{}
	}
	if d.view.Classes.Of(c.Collection) == 0 || d.foreign(c.Record) {
		return out, false
	}
	r := model.Record{ID: c.Record, Collection: c.Collection, Writes: []model.Write{{Author: h.Author, Change: h.Change}}}
	for _, x := range c.Fields {
		if x.Field == model.FieldParent && d.foreign(model.RefOf(x.Value)) {
			return out, false
		}
		r.Cells = append(r.Cells, model.Cell{Field: x.Field, Value: x.Value})
	}
	if there := d.live(c.Record); there == nil && !d.wouldSee(&r) && !planted("held-of-everybody") {
		return out, false
	}
	out.Fields = access.Project(d.table, &r, d.view, nil).Fields
	return out, len(out.Fields) > 0 || len(c.Fields) == 0
}

// wouldSee says whether the caller would be shown a record that is not there yet.
func (d *desk) wouldSee(r *model.Record) bool {
	spec, ok := d.table.Spec(r.Collection)
	if !ok {
		return false
	}
	for _, name := range access.Audiences(spec, d.circle(spec, r)) {
		if d.names[name] {
			return true
		}
	}
	return false
}

// foreign says whether a record is there that the caller does not see. One that never was is nobody's secret.
func (d *desk) foreign(id model.RecordID) bool {
	r := d.record(id)
	return r != nil && !r.Deleted && !d.shown(r)
}
