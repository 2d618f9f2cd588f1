package storagetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

func rows(t *testing.T, f fixture) {
	w := NewWorld(f.lineage(t))
	long := strings.Repeat("k", storage.MaxKeyBytes)
	var all []storage.RowWrite
	for _, key := range []string{"", "\x00", "a", "a\x00", "a\xff", "a\xff\xff", "b", "\xff", "\xff\xff", long} {
		for _, table := range []storage.Table{storage.TableTenant, storage.TableAccounts, storage.TableAudit} {
			all = append(all, storage.RowWrite{Table: table, Key: key, Value: fmt.Appendf(nil, "%d %q", table, key)})
		}
	}
	f.write(t, all...)
	w.Apply(&storage.WriteSet{Rows: all})
	f.agrees(t, w, nil, 0)

	more := []storage.RowWrite{
		{Table: storage.TableAccounts, Key: "a"}, // removes it
		{Table: storage.TableAccounts, Key: "never was"},
		{Table: storage.TableAccounts, Key: "b", Value: []byte{}},
		{Table: storage.TableAudit, Key: "twice", Value: []byte("first")},
		{Table: storage.TableAudit, Key: "twice", Value: []byte("second")},
	}
	f.write(t, more...)
	w.Apply(&storage.WriteSet{Rows: more})
	f.agrees(t, w, nil, 0)
	f.view(t, func(r storage.Reader) {
		if v, ok := r.Row(storage.TableAccounts, "b"); !ok || len(v) != 0 {
			t.Errorf("a row of no bytes = %q, %v, want to be there", v, ok)
		}
		if v, ok := r.Row(storage.TableAccounts, "a"); ok {
			t.Errorf("a removed row = %q", v)
		}
	})
}

// family writes n parents, which are members of office, with n children each.
func family(t *testing.T, f fixture, n byte) {
	t.Helper()
	f.apply(t, func(r storage.Reader) (*storage.WriteSet, error) {
		w := &storage.WriteSet{}
		for p := byte(1); p <= n; p++ {
			w.Records = append(w.Records, rec(p, r.Head().Next(), 0, in(office, 1)))
			for c := byte(1); c <= n; c++ {
				w.Records = append(w.Records, rec(100+p*n+c, r.Head().Next(), p))
			}
		}
		return w, nil
	})
}

// walks nests walks in a view and in a decision, whose own commit has pending writes where drivers differ most.
func walks(t *testing.T, f fixture) {
	const n = 6
	family(t, f, n)
	nested := func(r storage.Reader) (count int) {
		for p := range r.Members(office, model.RecordID{}) {
			for range r.Since(office, 0) {
				break
			}
			for c := range r.Children(p, model.Tasks) {
				if child, ok := r.Record(c); ok && child.Parent() == p {
					count++
				}
			}
		}
		return count
	}
	f.view(t, func(r storage.Reader) {
		if got := nested(r); got != n*n {
			t.Errorf("in a view: %d grandchildren, want %d", got, n*n)
		}
		if got := letters(r.Members(office, named(4))); got != "\x05\x06" {
			t.Errorf("members after the fourth = %q, want the fifth and sixth", got)
		}
		if got := slices.Collect(r.Since(office, 1<<64-1)); len(got) != 0 {
			t.Errorf("changes after the last number there is = %v", got)
		}
		walk := r.Members(office, model.RecordID{})
		if first, second := letters(walk), letters(walk); first != second {
			t.Errorf("a walk walked again = %q, then %q", first, second)
		}
	})
	f.apply(t, func(r storage.Reader) (*storage.WriteSet, error) {
		if got := nested(r); got != n*n {
			t.Errorf("in a decision: %d grandchildren, want %d", got, n*n)
		}
		return nil, nil
	})
}

func tenants(t *testing.T, f fixture) {
	other := f
	other.tenant[2] = 1 // next to the first in any order
	family(t, f, 2)
	f.write(t, put("row", "mine"))
	other.agrees(t, NewWorld(other.lineage(t)), []model.RecordID{named(1)}, audiences)
	if h := other.write(t, put("row", "theirs")); h.Seq != 1 {
		t.Errorf("another tenant's first commit = %d, want 1", h.Seq)
	}
	if got, _ := f.row(t, storage.TableNumbers, "row"); got != "mine" {
		t.Errorf("row = %q, want mine", got)
	}
	directory := fixture{f.Store, storage.Directory}
	directory.write(t, storage.RowWrite{Table: storage.TableTenants, Key: "acme", Value: f.tenant[:]})
	if _, ok := directory.row(t, storage.TableTenants, "acme"); !ok {
		t.Error("the directory's row is not there")
	}
	_, err := f.Apply(t.Context(), storage.Directory, 1, func(r storage.Reader) (*storage.WriteSet, error) {
		return &storage.WriteSet{Records: []*model.Record{rec('a', r.Head().Next(), 0)}}, nil
	})
	if err == nil {
		t.Error("a record in the directory was taken")
	}
}

func kept(t *testing.T, f fixture) {
	f.apply(t, func(storage.Reader) (*storage.WriteSet, error) {
		return &storage.WriteSet{
			Records: []*model.Record{rec('a', 1, 'j', in(office, 1))},
			Rows:    []storage.RowWrite{put("row", "first")},
		}, nil
	})
	var row []byte
	var record *model.Record
	keep := func(r storage.Reader) {
		row, _ = r.Row(storage.TableNumbers, "row")
		record, _ = r.Record(named('a'))
	}
	f.view(t, keep)
	was, text := bytes.Clone(row), fmt.Sprintf("%+v", record)
	for seq := model.Seq(2); seq < 40; seq++ {
		f.apply(t, func(r storage.Reader) (*storage.WriteSet, error) {
			if seq == 2 {
				keep(r)
			}
			return &storage.WriteSet{
				Records: []*model.Record{rec('a', seq, 0, in(sue, seq))},
				Rows:    []storage.RowWrite{put("row", "later")},
			}, nil
		})
	}
	if got := fmt.Sprintf("%+v", record); got != text || !bytes.Equal(row, was) {
		t.Errorf("after other commits: %s, %q, want %s, %q", got, row, text, was)
	}
}
