package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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

// seed makes the random history. It is fixed, so that a failure is run again by running the check alone.
const seed = 20260701

// random runs a history that only its seed decides, beside the naive world.
func random(t *testing.T, f fixture) {
	h := newHistory(f.lineage(t))
	for range randomSteps {
		h.step(t, f)
	}
}

// Reopen proves that a store is the same after it was closed and opened again. open opens one and the same store,
// which is empty at first.
func Reopen(t *testing.T, open func(testing.TB) storage.Store) {
	s := open(t)
	f := fixture{s, model.TenantID{1}}
	h := newHistory(f.lineage(t))
	for range 4 {
		for range 25 {
			h.step(t, f)
		}
		if err := f.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		f.Store = open(t)
		f.agrees(t, h.world, h.ids, randomAudiences)
	}
	if err := f.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// history is a random history so far.
type history struct {
	world *World
	ids   []model.RecordID
	steps uint64
}

func newHistory(l model.Lineage) *history { return &history{world: NewWorld(l), ids: randomIDs()} }

func randomIDs() (ids []model.RecordID) {
	for i := range byte(randomRecords) {
		ids = append(ids, model.RecordID{i + 1, i})
	}
	return ids
}

// RandomWrites is what a random decision writes in the world of a random history.
func RandomWrites(random *rand.Rand, r storage.Reader) *storage.WriteSet {
	return generator{random, r, randomIDs()}.writeSet()
}

// RandomLook picks something to look up in the world of a random history, and says what a reader answers to it.
func RandomLook(random *rand.Rand) func(storage.Reader) string {
	id, audience := randomIDs()[random.IntN(randomRecords)], model.Audience(random.IntN(randomAudiences))
	table, key := storage.Table(1+random.IntN(3)), string(id[:2])
	of := []model.Collection{0, model.Tasks, model.Notes}[random.IntN(3)]
	back := model.Seq(random.IntN(6))
	looks := []func(storage.Reader) string{
		func(r storage.Reader) string {
			rec, ok := r.Record(id)
			return fmt.Sprintf("Record(%s) = %+v, %v", id, rec, ok)
		},
		func(r storage.Reader) string {
			rec, ok := r.Outline(id)
			return fmt.Sprintf("Outline(%s) = %+v, %v", id, rec, ok)
		},
		func(r storage.Reader) string {
			value, ok := r.Row(table, key)
			return fmt.Sprintf("Row(%d, %q) = %q, %v", table, key, value, ok)
		},
		func(r storage.Reader) string {
			return fmt.Sprintf("Rows(%d) = %s", table, listing(r.Rows(table, "", "")))
		},
		func(r storage.Reader) string {
			return fmt.Sprintf("Rows(%d, from %q) = %s", table, key, listing(r.Rows(table, "", key)))
		},
		func(r storage.Reader) string {
			return fmt.Sprintf("Children(%s, %d) = %s", id, of, slices.Collect(r.Children(id, of)))
		},
		func(r storage.Reader) string {
			after := r.Head().Seq - min(back, r.Head().Seq)
			return fmt.Sprintf("Since(%d, %d) = %s", audience, after, slices.Collect(r.Since(audience, after)))
		},
		func(r storage.Reader) string {
			return fmt.Sprintf("Members(%d, %s) = %s", audience, id, slices.Collect(r.Members(audience, id)))
		},
		func(r storage.Reader) string {
			return fmt.Sprintf("Members(%d) = %s", audience, slices.Collect(r.Members(audience, model.RecordID{})))
		},
	}
	return looks[random.IntN(len(looks))]
}

// step commits once and compares, not always, since comparing is most of the work.
func (h *history) step(t *testing.T, f fixture) {
	t.Helper()
	var wrote *storage.WriteSet
	f.apply(t, func(r storage.Reader) (*storage.WriteSet, error) {
		wrote = h.decide(r)
		return wrote, nil
	})
	h.world.Apply(wrote)
	if h.steps++; h.steps%10 != 0 {
		return
	}
	f.view(t, func(r storage.Reader) {
		if diff := h.world.differ(r, h.ids, randomAudiences); diff != "" {
			t.Fatalf("seed %d, step %d: %s", seed, h.steps, diff)
		}
	})
}

// decide is what the present step writes. The source is its own each time, since a decision may run more than once.
func (h *history) decide(r storage.Reader) *storage.WriteSet {
	g := generator{rand.New(rand.NewPCG(seed, h.steps)), r, h.ids}
	return g.writeSet()
}

// Together proves that decisions of one commit see each other, whole, over random histories. together applies
// decisions of one tenant in one commit, in their order, and returns their errors. The tenant must be empty.
func Together(t *testing.T, s storage.Store, tenant model.TenantID, together func(...storage.Decide) []error) {
	f := fixture{s, tenant}
	h := newHistory(f.lineage(t))
	for commit := range 40 {
		var decides []storage.Decide
		for range 6 {
			decides = append(decides, func(r storage.Reader) (*storage.WriteSet, error) {
				defer func() { h.steps++ }()
				if diff := h.world.differ(r, h.ids, randomAudiences); diff != "" {
					return nil, errText(diff)
				}
				w := h.decide(r)
				if h.steps%4 == 3 {
					w.Records = append(w.Records, tooLarge(r))
					return w, nil
				}
				h.world.write(w)
				return w, nil
			})
		}
		for i, err := range together(decides...) {
			if refused := (commit*6+i)%4 == 3; refused != errors.Is(err, storage.ErrTooBig) || !refused && err != nil {
				t.Fatalf("seed %d, commit %d, call %d: %v", seed, commit+1, i, err)
			}
		}
		h.world.Apply()
		f.agrees(t, h.world, h.ids, randomAudiences)
	}
}

// tooLarge is a record that cannot be written, after others that could.
func tooLarge(r storage.Reader) *model.Record {
	rec := &model.Record{ID: model.RecordID{0xfe}, Collection: model.Notes, Seq: r.Head().Next()}
	rec.Set(2, model.Text(strings.Repeat("x", storage.MaxValueBytes)), model.Write{Seq: rec.Seq})
	return rec
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
			have = &model.Record{ID: id, Collection: []model.Collection{model.Tasks, model.Notes}[int(id[1])%2]}
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

// flip lets the record enter or leave an audience, as an engine does: what enters and leaves within one commit, in two
// decisions, stands where it left before.
func (g generator) flip(r *model.Record, a model.Audience) {
	i, ok := slices.BinarySearchFunc(r.Memberships, a, func(m model.Membership, a model.Audience) int {
		return int(m.Audience) - int(a)
	})
	if !ok {
		r.Memberships = slices.Insert(r.Memberships, i, model.Membership{Audience: a})
	}
	m := &r.Memberships[i]
	last := len(m.Intervals) - 1
	switch {
	case m.Open() && m.Intervals[last].First == r.Seq:
		if m.Intervals = m.Intervals[:last]; last == 0 {
			r.Memberships = slices.Delete(r.Memberships, i, i+1)
		}
		return
	case m.Open():
		m.Intervals[last].Out = r.Seq
		return
	case last >= 0 && m.Intervals[last].Out == r.Seq:
		m.Intervals[last].Out = 0
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
