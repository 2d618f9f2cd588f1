package replica

import (
	"maps"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Record is a record as the user sees it: what the server said, with the user's own changes on top.
type Record struct {
	model.Row
	Own     bool            // made here, and no checkpoint has it yet
	Pending []model.FieldNo // fields that show a change of the user's own, ascending
}

// Value is a field's value, null when it has none.
func (r Record) Value(f model.FieldNo) model.Value {
	v, _ := field(r.Row, f)
	return v
}

// Parent is the record this one hangs on, or the zero id.
func (r Record) Parent() model.RecordID { return parentOf(r.Row) }

// view computes what is shown. It is good for one transaction.
type view struct {
	rd    Reader
	r     *Replica
	meta  *meta
	fresh []*item // changes being saved in this very transaction
	memo  map[model.RecordID]sight
}

type sight uint8

const (
	unseen sight = iota
	looking
	hidden
	visible
)

func (r *Replica) view(rd Reader) *view {
	return &view{rd: rd, r: r, meta: &r.meta, memo: map[model.RecordID]sight{}}
}

// overlay is the user's changes of a record that no checkpoint has named, oldest first.
func (v *view) overlay(id model.RecordID) (out []*item) {
	out = v.r.of[id]
	for _, it := range v.fresh {
		if it.change.Record == id {
			out = append(out[:len(out):len(out)], it)
		}
	}
	return out
}

// lay computes a record without asking whether its parent is shown.
func (v *view) lay(id model.RecordID) (rec Record, ok bool, err error) {
	rec.Row, ok, err = readRow(v.rd, BucketBase, id)
	if err != nil {
		return Record{}, false, err
	}
	for _, it := range v.overlay(id) {
		switch it.change.Op {
		case model.OpCreate:
			if !ok {
				rec, ok = Record{Row: model.Row{ID: id, Collection: it.change.Collection}, Own: true}, true
			}
		case model.OpDelete:
			if ok {
				return Record{}, false, nil
			}
		}
		if ok {
			v.assign(&rec, it)
		}
	}
	return rec, ok, nil
}

// assign lays a change on the fields that base shows. What base does not show of a record that is not the user's own
// creation is hidden from them by now, if it was masked; a field that never had a value is not hidden.
func (v *view) assign(rec *Record, it *item) {
	for _, a := range it.change.Fields {
		if !rec.Own && v.meta.hides(rec.Collection, a.Field) {
			continue
		}
		setField(&rec.Row, a.Field, a.Value)
		if i, ok := slices.BinarySearch(rec.Pending, a.Field); !ok {
			rec.Pending = slices.Insert(rec.Pending, i, a.Field)
		}
	}
}

// show is a record with the rule of orphans: a child whose parent is not shown is hidden (feed-verification CE-22).
func (v *view) show(id model.RecordID) (Record, bool, error) {
	rec, ok, err := v.lay(id)
	if err != nil || !ok {
		v.memo[id] = hidden
		return Record{}, false, err
	}
	ok, err = v.parentShown(id, rec.Parent())
	if err != nil || !ok {
		return Record{}, false, err
	}
	return rec, true, nil
}

// parentShown says whether the record that another hangs on is shown; a ring of parents shows nobody.
func (v *view) parentShown(id, parent model.RecordID) (bool, error) {
	if parent.IsZero() || v.r.bug("no-orphan-rule") {
		v.memo[id] = visible
		return true, nil
	}
	v.memo[id] = looking
	above := v.memo[parent]
	if above == unseen {
		_, ok, err := v.show(parent)
		if err != nil {
			return false, err
		}
		if above = hidden; ok {
			above = visible
		}
	}
	if above != visible {
		v.memo[id] = hidden
		return false, nil
	}
	v.memo[id] = visible
	return true, nil
}

// Show is one record as the user sees it; ok is false when they do not.
func (r *Replica) Show(id model.RecordID) (rec Record, ok bool, err error) {
	err = r.local.View(func(rd Reader) error {
		rec, ok, err = r.view(rd).show(id)
		return err
	})
	return rec, ok, err
}

// List is what the user sees of a collection, ascending by id; under a parent when it is not zero.
func (r *Replica) List(c model.Collection, parent model.RecordID) (out []Record, err error) {
	ids := map[model.RecordID]bool{}
	for id, p := range r.dir {
		if p.collection == c && (parent.IsZero() || p.parent == parent) {
			ids[id] = true
		}
	}
	for _, it := range r.order {
		if it.change.Collection == c && !it.included {
			ids[it.change.Record] = true
		}
	}
	all, err := r.showAll(ids)
	for _, rec := range all {
		if parent.IsZero() || rec.Parent() == parent {
			out = append(out, rec)
		}
	}
	return out, err
}

// Shown is everything the user sees, ascending by id.
func (r *Replica) Shown() ([]Record, error) {
	ids := map[model.RecordID]bool{}
	for id := range r.dir {
		ids[id] = true
	}
	for _, it := range r.order {
		ids[it.change.Record] = true
	}
	return r.showAll(ids)
}

func (r *Replica) showAll(ids map[model.RecordID]bool) (out []Record, err error) {
	err = r.local.View(func(rd Reader) error {
		v := r.view(rd)
		for _, id := range slices.SortedFunc(maps.Keys(ids), model.RecordID.Compare) {
			rec, ok, err := v.show(id)
			if err != nil {
				return err
			}
			if ok {
				out = append(out, rec)
			}
		}
		return nil
	})
	return out, err
}

// Base is what the last checkpoint left, without the user's own changes and without the rule of orphans, ascending by
// id: what the server says this user may see.
func (r *Replica) Base() ([]model.Row, error) { return r.rows(BucketBase) }

// Staging is what has come since the last checkpoint, ascending by id.
func (r *Replica) Staging() ([]model.Row, error) { return r.rows(BucketStaging) }

func (r *Replica) rows(b Bucket) (out []model.Row, err error) {
	err = r.local.View(func(rd Reader) error {
		return scanRows(rd, b, func(row model.Row) error {
			out = append(out, row)
			return nil
		})
	})
	slices.SortFunc(out, func(a, b model.Row) int { return a.ID.Compare(b.ID) })
	return out, err
}
