package reading

import (
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// desk is a back office that took a snapshot over the office's API and follows the change feed.
type desk struct {
	who    *rights
	have   rows
	cursor string
}

// deskEvery is after how many steps the desks look. It draws nothing, so that histories stay what their seeds say.
const deskEvery = 24

// desks lets every office user's back office catch up, and compares what it has with the books: the snapshot in every
// company; in one that lives by the rules of the trade, what followed from the feed too (records of an abstract company
// come and go by no change).
func (w *world) desks() {
	for _, r := range w.people {
		if r.kind != model.Desktop {
			continue
		}
		d := w.deskOf(r)
		fresh := &desk{who: r}
		w.snapshot(fresh)
		if diff := w.truth.differ(fresh.have, w.offers(r)); diff != "" {
			w.fail("desk", "the snapshot of %s %s", short(r.user), diff)
		}
		if !w.real {
			continue
		}
		w.follow(d)
		if diff := w.truth.differ(plain(d.have), plain(fresh.have)); diff != "" {
			w.fail("feed", "who follows %s's change feed %s", short(r.user), diff)
		}
		w.stats["desk looks"]++
	}
}

func (w *world) deskOf(r *rights) *desk {
	for _, d := range w.offices {
		if d.who == r {
			return d
		}
	}
	d := &desk{who: r}
	w.snapshot(d)
	w.offices = append(w.offices, d)
	return d
}

func (w *world) caller(r *rights) model.Caller {
	return model.Caller{Tenant: w.tenant, User: r.user, Scopes: model.AllScopes()}
}

func (w *world) snapshot(d *desk) {
	d.have = rows{}
	d.cursor = must(w.eng.Snapshot(w.ctx, w.caller(d.who), nil, func(s model.Shown) error {
		d.have[s.ID] = s.Row
		return nil
	}))
}

// follow reads the feed to its end; when it is gone, for rights are others now, it begins anew.
func (w *world) follow(d *desk) {
	for {
		page, err := w.eng.Events(w.ctx, w.caller(d.who), d.cursor, nil, 7)
		if errors.Is(err, model.ErrGone) {
			w.stats["feeds begun anew"]++
			w.snapshot(d)
			continue
		}
		check(err)
		for _, e := range page.Events {
			d.hear(e)
		}
		w.stats["events"] += len(page.Events)
		d.cursor = page.Cursor
		if !page.More {
			return
		}
	}
}

func (d *desk) hear(e model.Event) {
	if e.Op == model.OpDelete {
		delete(d.have, e.Record)
		return
	}
	row := d.have[e.Record]
	row.ID, row.Collection = e.Record, e.Collection
	row.Fields = slices.Clone(row.Fields)
	for _, f := range e.Fields {
		at, ok := slices.BinarySearchFunc(row.Fields, f.Field, func(v model.FieldValue, no model.FieldNo) int {
			return int(int64(v.Field) - int64(no))
		})
		if ok {
			row.Fields[at].Value = f.After
		} else {
			row.Fields = slices.Insert(row.Fields, at, model.FieldValue{Field: f.Field, Value: f.After})
		}
	}
	d.have[e.Record] = row
}

// offers is what the books show an office user: without what hangs on something that is not shown.
func (w *world) offers(r *rights) rows {
	out := w.truth.project(w.sees(r, tiers-1))
	for again := true; again; {
		again = false
		for id := range out {
			parent := w.truth.facts[id].parent()
			if _, ok := out[parent]; !ok && !parent.IsZero() {
				delete(out, id)
				again = true
			}
		}
	}
	return out
}

// plain leaves out fields of no value: a feed does not tell of them.
func plain(in rows) rows {
	out := rows{}
	for id, row := range in {
		row.Fields = slices.DeleteFunc(slices.Clone(row.Fields), func(v model.FieldValue) bool { return v.Value.IsNull() })
		out[id] = row
	}
	return out
}
