package engine

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// fill sends what the view shows and the device surely has not: one step for what was revealed and what changed. It
// says whether a pass that began at this very snapshot came to its end, which is what a checkpoint needs: the end of
// an older pass would show half of a commit (CE-19).
func (r *reading) fill(had surely) bool {
	c := &r.c
	for {
		here := false
		if c.pass == nil {
			c.pass = &pass{target: r.view, n0: r.head.Seq}
			c.j = min(c.j+1, 100)
			here = true
		}
		if !r.walk(had) {
			return false
		}
		c.l, c.w = c.pass.target, c.pass.n0
		c.pass = nil
		if here || planted("checkpoint-at-pass-end") {
			return true
		}
	}
}

// walk goes on with the running pass, in key order. It says whether the pass came to its end.
func (r *reading) walk(had surely) bool {
	p := r.c.pass
	for id := range r.candidates(p) {
		r.breathe()
		rec := r.record(id)
		if rec == nil || !access.Visible(rec, p.target) {
			continue
		}
		if planted("limit-counts-scanned") && rec.Seq > r.c.w {
			r.used += 20
		}
		if planted("leak-hidden-counted") {
			r.used += 8 * len(rec.Cells)
		}
		row := r.missingOf(rec, had)
		if len(row.Fields) == 0 {
			continue // does not count, and does not move the position
		}
		if !r.add(row) {
			return false
		}
		p.k, p.begun = id, true
	}
	return true
}

// missingOf is the cells of a record that the device must get: of every class of the target, all fields when the device
// surely has none of it, those newer than the cut when it surely had it at the cut and ever since; nothing when the
// class was delivered. The comparison is with the cut, never with the position of a pass (CE-18).
func (r *reading) missingOf(rec *model.Record, had surely) model.Row {
	p, shown := r.c.pass, r.c.pass.target.Classes.Of(rec.Collection)
	surelyHad := coveredBy(rec, had)
	if planted("whole-if-entered-after") {
		surelyHad = surelyHad && enteredBy(rec, p.target, had.s)
	}
	stamps := r.stamps(rec)
	var need [8]int8 // per class: 0 nothing, 1 newer than the cut, 2 all
	for class := model.Class(0); class < 8; class++ {
		switch {
		case !shown.Has(class) || r.delivered(rec, class, stamps[class]):
		case surelyHad && (had.view.Sees(rec.Collection, class) || planted("reveal-by-stamp")):
			need[class] = 1
		default:
			need[class] = 2
		}
	}
	if need == ([8]int8{}) {
		return model.Row{}
	}
	cut := had.s
	if planted("newer-than-position") {
		cut = max(cut, r.c.w)
	}
	return access.Project(r.table, rec, p.target, func(cell model.Cell) bool {
		class, ok := r.table.Class(rec.Collection, cell.Field)
		return ok && (need[class] == 2 || need[class] == 1 && (rec.Stamp(cell) > cut || rec.Seq > cut && planted("leak-hidden-change-sent")))
	})
}

// stamps is when anything of each class of a record was written last.
func (r *reading) stamps(rec *model.Record) (out [8]model.Seq) {
	for _, cell := range rec.Cells {
		if class, ok := r.table.Class(rec.Collection, cell.Field); ok {
			out[class] = max(out[class], rec.Stamp(cell))
		}
	}
	return out
}

// delivered says whether everything of a class of this record, last written at stamp, is on the device, in base or staging.
func (r *reading) delivered(rec *model.Record, class model.Class, stamp model.Seq) bool {
	if !r.c.l.Sees(rec.Collection, class) {
		return false
	}
	if planted("leak-hidden-change-sent") {
		stamp = rec.Seq
	}
	for _, m := range rec.Memberships {
		if m.Open() && r.c.l.In(m.Audience) && max(stamp, m.Intervals[len(m.Intervals)-1].In) <= r.c.w {
			return true
		}
	}
	return false
}

// coveredBy says whether the record was visible through the floor's audiences at every moment from the cut to the
// latest page: a gap means that the device may have been told to drop it (CE-4).
func coveredBy(rec *model.Record, had surely) bool {
	for at := had.s; ; {
		reach, covered := at, false
		for _, m := range rec.Memberships {
			if !had.view.In(m.Audience) {
				continue
			}
			for _, iv := range m.Intervals {
				switch {
				case iv.In > at || iv.Out != 0 && iv.Out <= at:
				case iv.Out == 0 || iv.Out > had.h:
					return true
				default:
					reach, covered = max(reach, iv.Out), true
				}
			}
		}
		if !covered {
			return false
		}
		at = reach
	}
}

// enteredBy is of the planted bug whole-if-entered-after: the record came into an audience it is in at a commit or
// before.
func enteredBy(r *model.Record, v model.View, at model.Seq) bool {
	return slices.ContainsFunc(r.Memberships, func(m model.Membership) bool {
		return m.Open() && v.In(m.Audience) && m.Intervals[len(m.Intervals)-1].In <= at
	})
}

// add puts a row into the page. A record met twice in one page is merged.
func (r *reading) add(row model.Row) bool {
	if i, ok := r.at[row.ID]; ok {
		have := &r.page.Rows[i]
		for _, f := range row.Fields {
			at, found := slices.BinarySearchFunc(have.Fields, f.Field, func(a model.FieldValue, no model.FieldNo) int {
				return int(int64(a.Field) - int64(no))
			})
			if found {
				have.Fields[at] = f
			} else {
				have.Fields = slices.Insert(have.Fields, at, f)
			}
		}
		return true
	}
	size := 24
	for _, f := range row.Fields {
		size += f.Value.Size()
	}
	if !r.emit(size) {
		return false
	}
	r.at[row.ID] = len(r.page.Rows)
	r.page.Rows = append(r.page.Rows, row)
	return true
}
