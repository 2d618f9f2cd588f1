package memstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/storage/storagetest"
	"github.com/fieldsync/fieldsync/sync/model"
)

var tenant = model.TenantID{1}

func TestStore(t *testing.T) {
	storagetest.Run(t, func(testing.TB) storage.Store { return memstore.New(1 << 16) })
}

func TestSharedCommit(t *testing.T) {
	s := memstore.New(5)
	storagetest.Together(t, s, tenant, func(decides ...storage.Decide) []error {
		_, errs := s.Together(tenant, decides...)
		return errs
	})
}

// row is a decision that writes one row.
func row(key, value string) storage.Decide {
	return func(storage.Reader) (*storage.WriteSet, error) {
		return &storage.WriteSet{Rows: []storage.RowWrite{
			{Table: storage.TableNumbers, Key: key, Value: []byte(value)},
		}}, nil
	}
}

func read(t *testing.T, s storage.Store, key string) (value string, head storage.Head) {
	t.Helper()
	err := s.View(t.Context(), tenant, func(r storage.Reader) error {
		b, _ := r.Row(storage.TableNumbers, key)
		value, head = string(b), r.Head()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return value, head
}

func TestCloneIsABackup(t *testing.T) {
	s := memstore.New(5)
	commit(t, s, row("k", "one"))
	backup := s.Clone()
	commit(t, s, row("k", "two"))
	commit(t, s, row("k", "three"))
	if got, _ := read(t, backup, "k"); got != "one" {
		t.Fatalf("the backup has %q, want one", got)
	}
	if err := backup.NewLife(5); err == nil {
		t.Error("an incarnation was taken twice")
	}
	if err := backup.NewLife(9); err != nil {
		t.Fatal(err)
	}
	h := commit(t, backup, row("k", "other"))
	if want := (model.Stamp{Incarnation: 9, Seq: 2}); h.Lineage.Stamp(h.Seq) != want {
		t.Errorf("the first commit of the second life = %v, want %v", h.Lineage.Stamp(h.Seq), want)
	}
	if got, ok := h.Lineage.Within(model.Stamp{Incarnation: 5, Seq: 3}); !ok || got != 1 {
		t.Errorf("commit 3 of the first life = %d, %v, want 1", got, ok)
	}
	if got, h := read(t, s, "k"); got != "three" || len(h.Lineage) != 1 {
		t.Errorf("the original has %q and %v, want three and one life", got, h.Lineage)
	}
}

func commit(t *testing.T, s *memstore.Store, d storage.Decide) storage.Head {
	t.Helper()
	h, err := s.Apply(t.Context(), tenant, 1, d)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTogether(t *testing.T) {
	s := memstore.New(5)
	no := errors.New("no")
	head, errs := s.Together(tenant,
		row("k", "one"),
		func(storage.Reader) (*storage.WriteSet, error) { return nil, no },
		func(r storage.Reader) (*storage.WriteSet, error) {
			b, _ := r.Row(storage.TableNumbers, "k")
			return row("k", fmt.Sprintf("%s at %d", b, r.Head().Next()))(r)
		},
	)
	if head.Seq != 1 || errs[0] != nil || !errors.Is(errs[1], no) || errs[2] != nil {
		t.Errorf("Together = commit %d, %v, want 1 and one error", head.Seq, errs)
	}
	if got, _ := read(t, s, "k"); got != "one at 1" {
		t.Errorf("k = %q, want what the third made of the first's", got)
	}
}

// BenchmarkApply is what a simulated commit costs: a record that moves in two audiences, and an outcome.
func BenchmarkApply(b *testing.B) {
	s := memstore.New(5)
	ctx := b.Context()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := s.Apply(ctx, tenant, 1, storagetest.Change(uint64(i)))
		if err != nil {
			b.Fatal(err)
		}
	}
}
