package storagetest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The random world is small, so that histories of one record get long.
const (
	randomRecords   = 24
	randomAudiences = 5
	randomSteps     = 250
)

// random runs a history that only its seed decides, beside the naive world. To run a failure again, run the check
// alone: the seed is fixed.
func random(t *testing.T, f fixture) {
	const seed = 20260701
	w := NewWorld(f.lineage(t))
	var ids []model.RecordID
	for i := range randomRecords {
		ids = append(ids, model.RecordID{byte(i + 1), byte(i)})
	}
	for step := range uint64(randomSteps) {
		var wrote *storage.WriteSet
		f.apply(t, func(r storage.Reader) (*storage.WriteSet, error) {
			// A source of its own each time, since a decision may run more than once.
			g := generator{rand.New(rand.NewPCG(seed, step)), r, ids}
			wrote = g.writeSet()
			return wrote, nil
		})
		w.Apply(wrote)
		if step%10 == 0 || step > randomSteps-5 {
			f.view(t, func(r storage.Reader) {
				if diff := w.differ(r, ids, randomAudiences); diff != "" {
					t.Fatalf("seed %d, step %d: %s", seed, step, diff)
				}
			})
		}
	}
}

type generator struct {
	*rand.Rand
	r   storage.Reader
	ids []model.RecordID
}

func (g generator) writeSet() *storage.WriteSet {
	w := &storage.WriteSet{}
	for range 1 + g.IntN(4) {
		id := g.ids[g.IntN(len(g.ids))]
		if slices.ContainsFunc(w.Records, func(r *model.Record) bool { return r.ID == id }) {
			continue
		}
		have, ok := g.r.Record(id)
		switch {
		case !ok:
			have = &model.Record{ID: id, Collection: model.Tasks}
		case have.Deleted && g.IntN(2) == 0:
			w.Forget = append(w.Forget, id)
			continue
		}
		w.Records = append(w.Records, g.change(have.Clone()))
	}
	for range g.IntN(3) {
		row := storage.RowWrite{Table: storage.Table(1 + g.IntN(3)), Key: string(g.ids[g.IntN(9)][:2])}
		if g.IntN(3) > 0 {
			row.Value = []byte{byte(g.IntN(256))}
		}
		w.Rows = append(w.Rows, row)
	}
	if g.IntN(4) == 0 {
		w.Head = &storage.HeadChange{Time: model.Instant(g.IntN(1000)), Horizon: g.r.Head().Seq / 2}
	}
	return w
}

// change does to a record what an engine does: fields, parents, memberships, deletion.
func (g generator) change(r *model.Record) *model.Record {
	r.Seq = g.r.Head().Next()
	if r.Deleted {
		g.purge(r)
		return r
	}
	write := model.Write{Seq: r.Seq, Change: model.ChangeID{byte(g.IntN(256))}}
	if len(r.Cells) == 0 || g.IntN(4) == 0 {
		r.Set(model.FieldParent, model.Ref(g.ids[g.IntN(len(g.ids))]), write)
	}
	r.Set(model.FieldNo(2+g.IntN(4)), model.Int(int64(g.IntN(9))), write)
	for a := range model.Audience(randomAudiences) {
		if g.IntN(3) == 0 {
			g.flip(r, a)
		}
	}
	if g.IntN(8) == 0 {
		r.Deleted, r.Cells, r.Writes = true, nil, nil
		for i, m := range r.Memberships {
			if m.Open() {
				r.Memberships[i].Intervals[len(m.Intervals)-1].Out = r.Seq
			}
		}
	}
	g.purge(r)
	return r
}

// flip lets the record enter or leave an audience.
func (g generator) flip(r *model.Record, a model.Audience) {
	i, ok := slices.BinarySearchFunc(r.Memberships, a, func(m model.Membership, a model.Audience) int {
		return int(m.Audience) - int(a)
	})
	if !ok {
		r.Memberships = slices.Insert(r.Memberships, i, model.Membership{Audience: a})
	}
	m := &r.Memberships[i]
	if m.Open() {
		m.Intervals[len(m.Intervals)-1].Out = r.Seq
		return
	}
	m.Intervals = append(m.Intervals, model.Interval{First: r.Seq, In: r.Seq})
	if len(m.Intervals) > model.MaxIntervals {
		m.Intervals[1].First = m.Intervals[0].First
		m.Intervals = m.Intervals[1:]
	}
}

// purge drops what ended at or before the horizon.
func (g generator) purge(r *model.Record) {
	horizon := g.r.Head().Horizon
	for i := range r.Memberships {
		m := &r.Memberships[i]
		m.Intervals = slices.DeleteFunc(m.Intervals, func(v model.Interval) bool { return v.Out != 0 && v.Out <= horizon })
	}
	r.Memberships = slices.DeleteFunc(r.Memberships, func(m model.Membership) bool { return len(m.Intervals) == 0 })
}
