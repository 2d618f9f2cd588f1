package badgerstore_test

import (
	"os"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/storage/storagetest"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestMain runs the test binary as the process that crash_test.go kills, when it is asked to.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashing(dir)
		return
	}
	os.Exit(m.Run())
}

var tenant = model.TenantID{1}

const firstLife model.Incarnation = 7 << 16

func TestStore(t *testing.T) {
	storagetest.Run(t, func(tb testing.TB) storage.Store {
		tb.Helper()
		return open(tb, config(tb.TempDir()))
	})
}

func TestReopen(t *testing.T) {
	cfg := config(t.TempDir())
	storagetest.Reopen(t, func(tb testing.TB) storage.Store {
		tb.Helper()
		s := open(tb, cfg)
		cfg.NewIncarnation = nil // needed for a new store only
		return s
	})
}

func config(dir string) badgerstore.Config {
	return badgerstore.Config{
		Dir:            dir,
		NewIncarnation: func() model.Incarnation { return firstLife },
		LowWater:       64 << 20,
		OpenWater:      64 << 20,
	}
}

func open(tb testing.TB, cfg badgerstore.Config) *badgerstore.Store {
	tb.Helper()
	s, err := badgerstore.Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// row is a decision that writes one row.
func row(key, value string) storage.Decide {
	return func(storage.Reader) (*storage.WriteSet, error) {
		return &storage.WriteSet{Rows: []storage.RowWrite{
			{Table: storage.TableNumbers, Key: key, Value: []byte(value)},
		}}, nil
	}
}

// read is a row's value, "" when it is not there, and the head.
func read(tb testing.TB, s storage.Store, key string) (value string, head storage.Head) {
	tb.Helper()
	err := s.View(tb.Context(), tenant, func(r storage.Reader) error {
		b, _ := r.Row(storage.TableNumbers, key)
		value, head = string(b), r.Head()
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return value, head
}

func commit(t *testing.T, s storage.Store, d storage.Decide) storage.Head {
	t.Helper()
	h, err := s.Apply(t.Context(), tenant, 1, d)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestRestoredBeginsALife(t *testing.T) {
	cfg := config(t.TempDir())
	s := open(t, cfg)
	commit(t, s, row("k", "one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Restored = true
	if _, err := badgerstore.Open(cfg); err == nil {
		t.Fatal("an incarnation was taken twice")
	}
	cfg.NewIncarnation = func() model.Incarnation { return firstLife + 1 }
	s = open(t, cfg)
	_, h := read(t, s, "k")
	if got, want := h.Lineage.Stamp(1), (model.Stamp{Incarnation: firstLife, Seq: 1}); got != want {
		t.Errorf("commit 1 = %v, want %v", got, want)
	}
	h = commit(t, s, row("k", "two"))
	if got, want := h.Lineage.Stamp(2), (model.Stamp{Incarnation: firstLife + 1, Seq: 2}); got != want {
		t.Errorf("commit 2 = %v, want %v", got, want)
	}
}

// TestSettings: these are what makes commits durable and atomic at all.
func TestSettings(t *testing.T) {
	cfg := config(t.TempDir())
	s := open(t, cfg)
	o := s.Badger().Opts()
	if !o.SyncWrites || o.DetectConflicts || o.CompactL0OnClose {
		t.Errorf("SyncWrites %v, DetectConflicts %v, CompactL0OnClose %v, want true, false, false",
			o.SyncWrites, o.DetectConflicts, o.CompactL0OnClose)
	}
	if size := s.Badger().MaxBatchSize(); size < storage.MaxCommitBytes+storage.MaxCommitBytes/8 {
		t.Errorf("a transaction holds %d bytes, want more than a commit of %d", size, storage.MaxCommitBytes)
	}
	const rows = storage.MaxCommitBytes / storage.RowCost
	if n := s.Badger().MaxBatchCount(); n < rows+storage.MaxCommitChanges {
		t.Errorf("a transaction holds %d rows, want more than a commit of %d", n, rows)
	}
	if o.ValueThreshold <= storage.MaxValueBytes {
		t.Errorf("values above %d go to the value log, want none", o.ValueThreshold)
	}
	cfg = config(t.TempDir())
	cfg.PlantSyncOff()
	if open(t, cfg).Badger().Opts().SyncWrites {
		t.Error("the planted bug is not there")
	}
}
