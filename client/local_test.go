package client_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
)

var testKey = bytes.Repeat([]byte{7}, 32)

func openSQLite(t *testing.T, file string) *client.SQLite {
	t.Helper()
	s, err := client.OpenSQLite(file, testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestLocal is the suite of the contract replica.Local: one line for each thing that it says must be.
func TestLocal(t *testing.T) {
	makers := map[string]func(t *testing.T) replica.Local{
		"memory": func(*testing.T) replica.Local { return replica.NewMemory() },
		"sqlite": func(t *testing.T) replica.Local { return openSQLite(t, filepath.Join(t.TempDir(), "a b?#%.db")) },
	}
	rules := []struct {
		name string
		run  func(*testing.T, replica.Local)
	}{
		{"reads what was written", localReads},
		{"all or nothing", localRollsBack},
		{"a panic is a crash", localPanics},
		{"scans", localScans},
		{"closes", localCloses},
	}
	for name, open := range makers {
		for _, rule := range rules {
			t.Run(name+"/"+rule.name, func(t *testing.T) { rule.run(t, open(t)) })
		}
	}
}

func put(t *testing.T, l replica.Local, b replica.Bucket, k byte, v string) {
	t.Helper()
	if err := l.Update(func(tx replica.Tx) error { return tx.Put(b, replica.Key{k}, []byte(v)) }); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, l replica.Local, b replica.Bucket, k byte) (out string) {
	t.Helper()
	err := l.View(func(r replica.Reader) error {
		v, err := r.Get(b, replica.Key{k})
		out = string(v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func localReads(t *testing.T, l replica.Local) {
	put(t, l, replica.BucketBase, 1, "a")
	put(t, l, replica.BucketBase, 1, "b")
	put(t, l, replica.BucketStaging, 1, strings.Repeat("c", 200<<10))
	if get(t, l, replica.BucketBase, 1) != "b" || len(get(t, l, replica.BucketStaging, 1)) != 200<<10 || get(t, l, replica.BucketBase, 2) != "" {
		t.Error("a value is not what was last put under its bucket and key")
	}
	err := l.Update(func(tx replica.Tx) error {
		if err := errors.Join(tx.Delete(replica.BucketBase, replica.Key{1}), tx.Delete(replica.BucketBase, replica.Key{9})); err != nil {
			return err
		}
		v, err := tx.Get(replica.BucketBase, replica.Key{1})
		if v != nil {
			t.Error("a transaction does not read its own deletion")
		}
		return err
	})
	if err != nil || get(t, l, replica.BucketBase, 1) != "" {
		t.Errorf("after a deletion: %q, %v", get(t, l, replica.BucketBase, 1), err)
	}
}

func localRollsBack(t *testing.T, l replica.Local) {
	put(t, l, replica.BucketBase, 1, "before")
	put(t, l, replica.BucketBase, 3, "stays")
	boom := errors.New("boom")
	err := l.Update(func(tx replica.Tx) error {
		return errors.Join(
			tx.Put(replica.BucketBase, replica.Key{1}, []byte("x")), tx.Put(replica.BucketBase, replica.Key{1}, []byte("y")),
			tx.Put(replica.BucketBase, replica.Key{2}, []byte("z")), tx.Delete(replica.BucketBase, replica.Key{3}), boom)
	})
	if !errors.Is(err, boom) {
		t.Errorf("err = %v, want f's own", err)
	}
	if a, b, c := get(t, l, replica.BucketBase, 1), get(t, l, replica.BucketBase, 2), get(t, l, replica.BucketBase, 3); a != "before" || b != "" || c != "stays" {
		t.Errorf("after a failed transaction: %q, %q, %q", a, b, c)
	}
}

func localPanics(t *testing.T, l replica.Local) {
	put(t, l, replica.BucketBase, 1, "before")
	func() {
		defer func() { _ = recover() }()
		_ = l.Update(func(tx replica.Tx) error {
			_ = tx.Put(replica.BucketBase, replica.Key{1}, []byte("x"))
			panic("crash")
		})
	}()
	if got := get(t, l, replica.BucketBase, 1); got != "before" {
		t.Errorf("after a panic: %q", got)
	}
	put(t, l, replica.BucketBase, 1, "works on")
}

func localScans(t *testing.T, l replica.Local) {
	for k := range byte(20) {
		put(t, l, replica.BucketOutbox, k, string('a'+rune(k)))
	}
	put(t, l, replica.BucketBase, 99, "another bucket")
	var keys []byte
	stop := errors.New("enough")
	err := l.View(func(r replica.Reader) error {
		return r.Scan(replica.BucketOutbox, func(k replica.Key, v []byte) error {
			again, err := r.Get(replica.BucketOutbox, k)
			if !bytes.Equal(again, v) || string(v) != string('a'+rune(k[0])) {
				t.Errorf("key %d: scanned %q, read %q, %v", k[0], v, again, err)
			}
			keys = append(keys, k[0])
			return err
		})
	})
	slices.Sort(keys)
	if err != nil || len(slices.Compact(keys)) != 20 {
		t.Errorf("scanned %d keys, %v, want 20", len(keys), err)
	}
	n := 0
	err = l.View(func(r replica.Reader) error {
		return r.Scan(replica.BucketOutbox, func(replica.Key, []byte) error { n++; return stop })
	})
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("a scan that is stopped: %d keys, %v", n, err)
	}
}

func localCloses(t *testing.T, l replica.Local) {
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	if err := l.View(func(replica.Reader) error { return nil }); !errors.Is(err, replica.ErrClosed) {
		t.Errorf("View of a closed Local: %v", err)
	}
	if err := l.Update(func(replica.Tx) error { return nil }); !errors.Is(err, replica.ErrClosed) {
		t.Errorf("Update of a closed Local: %v", err)
	}
}

// The file is sealed (domain S17): it shows neither a value nor an id, another key opens nothing, and what is erased
// is gone.
func TestSealed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "alice")
	s := openSQLite(t, file)
	id := replica.Key([]byte("sixteen bytes id"))
	secret := []byte("12 Acacia Avenue, key under the mat")
	err := s.Update(func(tx replica.Tx) error { return tx.Put(replica.BucketBase, id, secret) })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{file, file + "-wal"} {
		raw, _ := os.ReadFile(f)
		if bytes.Contains(raw, secret[:12]) || bytes.Contains(raw, id[:8]) {
			t.Errorf("%s shows what it should seal", f)
		}
	}
	if _, err := client.OpenSQLite(file, bytes.Repeat([]byte{8}, 32)); !errors.Is(err, client.ErrKey) {
		t.Errorf("another key: %v, want ErrKey", err)
	}
	if _, err := client.OpenSQLite(file, []byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}
