package storagetest

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// World is one tenant of a naive store: it has no index, and answers everything by walking all it has.
type World struct {
	head    storage.Head
	turn    int
	records map[model.RecordID]*model.Record
	rows    map[string][]byte // table byte + key
}

// NewWorld makes an empty tenant of a store whose lineage is given.
func NewWorld(l model.Lineage) *World {
	return &World{
		head:    storage.Head{Lineage: l},
		records: map[model.RecordID]*model.Record{},
		rows:    map[string][]byte{},
	}
}

// Apply writes write sets as one commit.
func (w *World) Apply(sets ...*storage.WriteSet) {
	for _, ws := range sets {
		w.write(ws)
	}
	w.head.Seq++
	w.turn = 0
}

func (w *World) write(ws *storage.WriteSet) {
	for _, r := range ws.Records {
		w.records[r.ID] = r.Clone()
	}
	for _, id := range ws.Forget {
		delete(w.records, id)
	}
	for _, row := range ws.Rows {
		key := string([]byte{byte(row.Table)}) + row.Key
		if row.Value == nil {
			delete(w.rows, key)
		} else {
			w.rows[key] = slices.Clone(row.Value)
		}
	}
	w.head = w.head.With(ws.Head)
	w.turn++
}

// Head is the contract's.
func (w *World) Head() storage.Head { return w.head }

// Turn is the contract's.
func (w *World) Turn() int { return w.turn }

// Failed is the contract's: nothing fails in memory.
func (w *World) Failed() bool { return false }

// Record is the contract's.
func (w *World) Record(id model.RecordID) (*model.Record, bool) {
	r, ok := w.records[id]
	return r, ok
}

// Outline is the contract's.
func (w *World) Outline(id model.RecordID) (*model.Record, bool) {
	r, ok := w.records[id]
	if !ok {
		return nil, false
	}
	return &model.Record{ID: r.ID, Collection: r.Collection, Seq: r.Seq, Deleted: r.Deleted, Memberships: r.Memberships}, true
}

// Row is the contract's.
func (w *World) Row(t storage.Table, key string) ([]byte, bool) {
	v, ok := w.rows[string([]byte{byte(t)})+key]
	return v, ok
}

// Rows is the contract's.
func (w *World) Rows(t storage.Table, prefix, from string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, key := range slices.Sorted(maps.Keys(w.rows)) {
			if strings.HasPrefix(key, string([]byte{byte(t)})+prefix) && key[1:] >= prefix+from && !yield(key[1:], w.rows[key]) {
				return
			}
		}
	}
}

// Children is the contract's.
func (w *World) Children(parent model.RecordID, c model.Collection) iter.Seq[model.RecordID] {
	return w.which(func(r *model.Record) (model.Seq, bool) {
		return 0, !r.Deleted && !parent.IsZero() && r.Parent() == parent && r.Collection == c
	})
}

// Records is the contract's.
func (w *World) Records(c model.Collection, after model.Place) iter.Seq[model.RecordID] {
	var places []string
	for id, r := range w.records {
		parent := r.Parent()
		if place := string(parent[:]) + string(id[:]); !r.Deleted && r.Collection == c && place > string(after.Parent[:])+string(after.ID[:]) {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return func(yield func(model.RecordID) bool) {
		for _, place := range places {
			if !yield(model.RecordID([]byte(place[16:]))) {
				return
			}
		}
	}
}

// place is where a record stands, or would with no parent.
func (w *World) place(id model.RecordID) model.Place {
	if r := w.records[id]; r != nil {
		return r.Place()
	}
	return model.Place{ID: id}
}

// Members is the contract's.
func (w *World) Members(a model.Audience, after model.RecordID) iter.Seq[model.RecordID] {
	return w.which(func(r *model.Record) (model.Seq, bool) {
		m, ok := membership(r, a)
		return 0, ok && m.Open() && !r.Deleted && r.ID.Compare(after) > 0
	})
}

// Since is the contract's, and names no record that only seemed to change.
func (w *World) Since(a model.Audience, after model.Seq) iter.Seq[model.RecordID] {
	return w.which(func(r *model.Record) (model.Seq, bool) {
		m, ok := membership(r, a)
		if !ok || len(m.Intervals) == 0 {
			return 0, false
		}
		at := r.Seq
		if !m.Open() {
			at = m.Intervals[len(m.Intervals)-1].Out
		}
		return at, at > after
	})
}

// which is the records that pass, by the number that pass gives them, then by id.
func (w *World) which(pass func(*model.Record) (model.Seq, bool)) iter.Seq[model.RecordID] {
	at := map[model.RecordID]model.Seq{}
	for id, r := range w.records {
		if s, ok := pass(r); ok {
			at[id] = s
		}
	}
	return slices.Values(slices.SortedFunc(maps.Keys(at), func(a, b model.RecordID) int {
		return cmp.Or(cmp.Compare(at[a], at[b]), a.Compare(b))
	}))
}

func membership(r *model.Record, a model.Audience) (model.Membership, bool) {
	for _, m := range r.Memberships {
		if m.Audience == a {
			return m, true
		}
	}
	return model.Membership{}, false
}

// differ says in what a reader does not agree with the world, or "". Since may name more than the world does.
func (w *World) differ(r storage.Reader, ids []model.RecordID, audiences model.Audience) string {
	if got, want := fmt.Sprint(r.Head()), fmt.Sprint(w.head); got != want {
		return fmt.Sprintf("Head = %s, want %s", got, want)
	}
	if r.Turn() != w.turn {
		return fmt.Sprintf("Turn = %d, want %d", r.Turn(), w.turn)
	}
	for _, id := range append(ids, model.RecordID{}, model.RecordID{0xff}) {
		got, _ := r.Record(id)
		want := w.records[id]
		if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
			return fmt.Sprintf("Record(%s) = %s, want %s", id, g, w)
		}
		got, _ = r.Outline(id)
		want, _ = w.Outline(id)
		if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
			return fmt.Sprintf("Outline(%s) = %s, want %s", id, g, w)
		}
		for _, c := range []model.Collection{model.Notes, model.Tasks, model.Jobs} {
			if got, want := slices.Collect(r.Children(id, c)), slices.Collect(w.Children(id, c)); !slices.Equal(got, want) {
				return fmt.Sprintf("Children(%s, %d) = %s, want %s", id, c, got, want)
			}
		}
		for _, c := range []model.Collection{model.Notes, model.Jobs} {
			after := w.place(id)
			if got, want := slices.Collect(r.Records(c, after)), slices.Collect(w.Records(c, after)); !slices.Equal(got, want) {
				return fmt.Sprintf("Records(%d, %s) = %s, want %s", c, after, got, want)
			}
		}
		for a := range audiences {
			got, want := slices.Collect(r.Members(a, id)), slices.Collect(w.Members(a, id))
			if !slices.Equal(got, want) {
				return fmt.Sprintf("Members(%d, %s) = %s, want %s", a, id, got, want)
			}
		}
	}
	for a := range audiences {
		for after := model.Seq(0); after <= w.head.Seq; after += 1 + w.head.Seq/7 {
			got, want := slices.Collect(r.Since(a, after)), slices.Collect(w.Since(a, after))
			if !inOrder(got, want) {
				return fmt.Sprintf("Since(%d, %d) = %s, want %s", a, after, got, want)
			}
		}
	}
	for t := storage.TableTenant; t <= storage.LastTable; t++ {
		for _, prefix := range []string{"", "a", "a\xff"} {
			for _, from := range []string{"", "\x00", "a", "\xff"} {
				if got, want := listing(r.Rows(t, prefix, from)), listing(w.Rows(t, prefix, from)); got != want {
					return fmt.Sprintf("Rows(%d, %q, %q) = %s, want %s", t, prefix, from, got, want)
				}
			}
		}
	}
	return ""
}

// inOrder says whether got has all of want in want's order, and nothing twice.
func inOrder(got, want []model.RecordID) bool {
	seen := map[model.RecordID]bool{}
	for _, id := range got {
		if seen[id] {
			return false
		}
		seen[id] = true
		if len(want) > 0 && want[0] == id {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func listing(rows iter.Seq2[string, []byte]) string {
	var b strings.Builder
	for key, value := range rows {
		fmt.Fprintf(&b, "%q=%q ", key, value)
	}
	return b.String()
}

// agrees fails the test when the fixture's tenant is not what the world is.
func (f fixture) agrees(tb testing.TB, w *World, ids []model.RecordID, audiences model.Audience) {
	tb.Helper()
	f.view(tb, func(r storage.Reader) {
		if diff := w.differ(r, ids, audiences); diff != "" {
			tb.Fatal(diff)
		}
	})
}

// lineage is the lineage of the fixture's tenant.
func (f fixture) lineage(tb testing.TB) (l model.Lineage) {
	tb.Helper()
	f.view(tb, func(r storage.Reader) { l = r.Head().Lineage })
	return l
}
