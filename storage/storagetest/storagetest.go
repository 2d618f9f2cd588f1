// Package storagetest proves that a store keeps the contract of package storage. Every driver runs it.
//
// It compares a driver with [World], a naive store whose answers are full walks. [Twice] is a store that runs every
// decision twice, as a driver over a network does.
package storagetest

import (
	"context"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// check is one promise of the contract. Checks share a store, each with tenants of its own.
type check struct {
	name string
	why  string
	run  func(t *testing.T, f fixture)
}

var checks = []check{
	{"Script", "each operation does what it says, and nothing else", script},
	{"Head", "numbers are gapless, time and horizon never go back, the lineage begins at 0", head},
	{"Rows", "keys are bytes: order, prefixes and tables do not run into each other", rows},
	{"Walks", "walks nest, stop early, and start where they are told", walks},
	{"Tenants", "tenants have nothing in common", tenants},
	{"Errors", "an error, a panic or a bad write set costs its own call only, and leaves nothing", faults},
	{"TooBig", "what exceeds a commit is refused, and the store goes on", tooBig},
	{"Cancelled", "a cancelled call writes nothing", cancelled},
	{"Kept", "what a reader returned stays as it was", kept},
	{"Snapshot", "a view does not move while commits go on", snapshot},
	{"Random", "indexes and rows agree with a full walk over random histories", random},
	{"Counter", "decisions that share a commit see each other; no call is lost or doubled", counter},
	{"Views", "a view sees whole commits and every one that was answered", views},
}

// Run proves that the stores that open makes keep the contract. A store must be empty; Run closes it.
func Run(t *testing.T, open func(testing.TB) storage.Store) {
	for _, kind := range []struct {
		name string
		wrap func(storage.Store) storage.Store
	}{
		{"Once", func(s storage.Store) storage.Store { return s }},
		{"Twice", func(s storage.Store) storage.Store { return Twice{s} }},
	} {
		t.Run(kind.name, func(t *testing.T) {
			s := kind.wrap(open(t))
			for i, c := range checks {
				t.Run(c.name, func(t *testing.T) {
					c.run(t, fixture{s, model.TenantID{1, byte(i + 1)}})
					if t.Failed() {
						t.Logf("the promise: %s", c.why)
					}
				})
			}
			t.Run("Close", func(t *testing.T) { closes(t, s) })
		})
	}
}

// Twice is a store that calls every decision twice and uses the second result.
type Twice struct{ storage.Store }

// Apply is the contract's.
func (s Twice) Apply(ctx context.Context, t model.TenantID, weight int, d storage.Decide) (storage.Head, error) {
	return s.Store.Apply(ctx, t, weight, func(r storage.Reader) (*storage.WriteSet, error) {
		_, _ = d(r)
		return d(r)
	})
}

// fixture is a store and a tenant that one check has for itself.
type fixture struct {
	storage.Store
	tenant model.TenantID
}

// apply commits, and fails the test when that fails.
func (f fixture) apply(tb testing.TB, d storage.Decide) storage.Head {
	tb.Helper()
	h, err := f.Apply(tb.Context(), f.tenant, 1, d)
	if err != nil {
		tb.Fatalf("Apply: %v", err)
	}
	return h
}

// write commits rows of one table.
func (f fixture) write(tb testing.TB, rows ...storage.RowWrite) storage.Head {
	tb.Helper()
	return f.apply(tb, func(storage.Reader) (*storage.WriteSet, error) { return &storage.WriteSet{Rows: rows}, nil })
}

// view reads, and fails the test when that fails.
func (f fixture) view(tb testing.TB, read func(storage.Reader)) {
	tb.Helper()
	err := f.View(tb.Context(), f.tenant, func(r storage.Reader) error {
		read(r)
		return nil
	})
	if err != nil {
		tb.Fatalf("View: %v", err)
	}
}

// row is a row's value as text; ok is false when it is not there.
func (f fixture) row(tb testing.TB, table storage.Table, key string) (value string, ok bool) {
	tb.Helper()
	f.view(tb, func(r storage.Reader) {
		var b []byte
		b, ok = r.Row(table, key)
		value = string(b)
	})
	return value, ok
}

// put writes a row of the table the checks write text to.
func put(key, value string) storage.RowWrite {
	return storage.RowWrite{Table: storage.TableNumbers, Key: key, Value: []byte(value)}
}

func closes(t *testing.T, s storage.Store) {
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	tenant := model.TenantID{1}
	_, err := s.Apply(t.Context(), tenant, 1, func(storage.Reader) (*storage.WriteSet, error) { return nil, nil })
	if !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Apply after Close: %v, want ErrClosed", err)
	}
	if err := s.View(t.Context(), tenant, func(storage.Reader) error { return nil }); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("View after Close: %v, want ErrClosed", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

// errText is an error of a decision.
type errText string

func (e errText) Error() string { return string(e) }
