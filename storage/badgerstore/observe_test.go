package badgerstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
)

// TestObserve: whoever observes is told of every commit that writes, before it is answered, and no more once somebody
// else does.
func TestObserve(t *testing.T) {
	broken := errors.New("the disk is on fire")
	var fault error
	cfg := config(t.TempDir())
	cfg.PlantCommit(func() error { return fault })
	s := open(t, cfg)
	apply := func(decide storage.Decide) error {
		_, err := s.Apply(t.Context(), tenant, 1, decide)
		return err
	}
	var told []badgerstore.Commit
	s.Observe(func(c badgerstore.Commit) { told = append(told, c) })
	if err := apply(row("a", "some content")); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || told[0].Decisions != 1 || told[0].Bytes < len("some content") || told[0].Took <= 0 || told[0].Err != nil {
		t.Errorf("told %+v, want one commit", told)
	}
	nothing := func(storage.Reader) (*storage.WriteSet, error) { return nil, nil }
	if err := apply(nothing); err != nil || len(told) != 1 {
		t.Errorf("a decision that writes nothing: %v, told %d times", err, len(told))
	}
	s.Observe(nil)
	if err := apply(row("b", "")); err != nil || len(told) != 1 {
		t.Errorf("after nobody observes any more: %v, told %d times", err, len(told))
	}
	s.Observe(func(c badgerstore.Commit) { told = append(told, c) })
	fault = broken
	if err := apply(row("c", "")); !errors.Is(err, storage.ErrUnknown) {
		t.Fatalf("a commit that failed: %v", err)
	}
	if len(told) != 2 || !errors.Is(told[1].Err, broken) {
		t.Errorf("told %+v, want the failure last", told)
	}
}

// TestUsage: every file of the store is in one part, holes are not counted, and the volume's free space is told.
func TestUsage(t *testing.T) {
	dir := t.TempDir()
	cfg := config(dir)
	free := uint64(1 << 63) // more than a signed number holds
	cfg.PlantFree(func(string) (uint64, error) { return free, nil })
	s := open(t, cfg)
	if _, err := s.Apply(t.Context(), tenant, 1, row("a", "b")); err != nil {
		t.Fatal(err)
	}
	before, err := s.Usage()
	if err != nil || before.Log == 0 || before.Other == 0 || before.Free != 1<<63-1 {
		t.Errorf("usage = %+v, %v", before, err)
	}
	for name, size := range map[string]int{"999999.sst": 10_000, "999999.vlog": 20_000, "999999.mem": 30_000, "odd": 40_000} {
		if err := os.WriteFile(filepath.Join(dir, "data", name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(filepath.Join(dir, "data", name))
	}
	hole, err := os.Create(filepath.Join(dir, "data", "hole"))
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(hole.Name())
	if err := errors.Join(hole.Truncate(1<<40), hole.Close()); err != nil {
		t.Fatal(err)
	}
	free = 5
	after, err := s.Usage()
	if err != nil || after.Free != 5 {
		t.Errorf("usage = %+v, %v", after, err)
	}
	for part, grown := range map[string]struct{ by, least int64 }{
		"tables": {after.Tables - before.Tables, 10_000}, "value log": {after.ValueLog - before.ValueLog, 20_000},
		"log": {after.Log - before.Log, 30_000}, "other": {after.Other - before.Other, 40_000},
	} {
		if grown.by < grown.least || grown.by > grown.least+1<<20 {
			t.Errorf("%s has grown by %d, want %d and a little", part, grown.by, grown.least)
		}
	}
}
