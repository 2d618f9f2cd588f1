package badgerstore_test

import (
	"bytes"
	"errors"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestPreflight: what Badger would make an empty store of is not opened.
func TestPreflight(t *testing.T) {
	for _, row := range []struct {
		why    string
		damage func(dir string) error
		want   string
	}{
		{"Badger would delete the tables", func(dir string) error {
			return os.Remove(filepath.Join(dir, "data", "MANIFEST"))
		}, "no MANIFEST"},
		{"even when nothing but FORMAT tells that there was a store", func(dir string) error {
			return os.RemoveAll(filepath.Join(dir, "data"))
		}, "no MANIFEST"},
		{"a later program's", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("fieldsync badgerstore 99\n"), 0o600)
		}, "99"},
		{"the rows are gone, though Badger is content", func(dir string) error {
			if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil {
				return err
			}
			other, err := badgerstore.Open(config(dir + "-other"))
			if err != nil {
				return err
			}
			err = other.Badger().Update(func(txn *badger.Txn) error { return txn.Delete([]byte{0}) })
			if err = errors.Join(err, other.Close()); err != nil {
				return err
			}
			return os.Rename(filepath.Join(dir+"-other", "data"), filepath.Join(dir, "data"))
		}, "data were lost"},
	} {
		dir := filepath.Join(t.TempDir(), "store")
		s, err := badgerstore.Open(config(dir))
		if err != nil {
			t.Fatal(err)
		}
		commit(t, s, func(storage.Reader) (*storage.WriteSet, error) { return &storage.WriteSet{}, nil })
		if err := errors.Join(s.Close(), row.damage(dir)); err != nil {
			t.Fatal(err)
		}
		s, err = badgerstore.Open(config(dir))
		if err == nil {
			err = errors.Join(errors.New("it opened"), s.Close())
		}
		if !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: Open = %v, want it to say %q", row.why, err, row.want)
		}
	}
}

// TestInterruptedCreation: a store that was never finished is made again, since nobody was answered.
func TestInterruptedCreation(t *testing.T) {
	cfg := config(t.TempDir())
	if err := open(t, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(cfg.Dir, "FORMAT")); err != nil {
		t.Fatal(err)
	}
	s := open(t, cfg)
	if h := commit(t, s, row("k", "v")); h.Lineage.Present() != firstLife {
		t.Errorf("lineage %v, want the one that was begun", h.Lineage)
	}
}

func TestForeignData(t *testing.T) {
	dir := t.TempDir()
	o := badger.DefaultOptions(filepath.Join(dir, "data")).WithLogger(nil)
	db, err := badger.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(txn *badger.Txn) error { return txn.Set([]byte("k"), []byte("v")) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err := badgerstore.Open(config(dir)); err == nil {
		t.Error("somebody else's database was opened")
		_ = s.Close()
	}
}

// TestDamagedValue damages stored values behind the store's back. Whoever reads one must hear of it, and nobody else.
func TestDamagedValue(t *testing.T) {
	s := open(t, config(t.TempDir()))
	record := func(id byte, seq model.Seq) *model.Record {
		inside := []model.Membership{{Audience: 1, Intervals: []model.Interval{{First: seq, In: seq}}}}
		r := &model.Record{ID: model.RecordID{id}, Seq: seq, Memberships: inside}
		r.Set(model.FieldParent, model.Ref(model.RecordID{3}), model.Write{Seq: seq})
		return r
	}
	commit(t, s, func(storage.Reader) (*storage.WriteSet, error) {
		w, err := row("k", "value")(nil)
		w.Records = []*model.Record{record(1, 1), record(2, 1)}
		return w, err
	})
	keys := stored(t, s)
	delete(keys, "\x00") // the store's own row is read at Open
	for _, damage := range []struct {
		why string
		do  func(key, value []byte) []byte
	}{
		{"a flipped bit", func(_, v []byte) []byte { v[len(v)-1] ^= 1; return v }},
		{"a byte too few", func(_, v []byte) []byte { return v[:len(v)-1] }},
		{"a byte too many", func(_, v []byte) []byte { return append(v, 0) }},
		{"nothing", func(_, _ []byte) []byte { return nil }},
		{"the value of another key", func(k, _ []byte) []byte {
			for key, value := range keys {
				if key != string(k) && key[17] == k[17] {
					return bytes.Clone(value)
				}
			}
			return nil
		}},
	} {
		for key, value := range keys {
			set(t, s, key, damage.do([]byte(key), bytes.Clone(value)))
			if !hears(t, s, key[17:18]) {
				t.Errorf("%s under a key of part %q: a view heard nothing", damage.why, key[17:18])
			}
			set(t, s, key, value)
			if hears(t, s, key[17:18]) {
				t.Errorf("a repaired key of part %q: a view failed", key[17:18])
			}
		}
	}
	damaged := "\x01" + string(tenant[:]) + "r\x01"
	for key := range keys {
		if strings.HasPrefix(key, damaged) {
			set(t, s, key, []byte("rubbish"))
		}
	}
	_, err := s.Apply(t.Context(), tenant, 1, func(r storage.Reader) (*storage.WriteSet, error) {
		return &storage.WriteSet{Records: []*model.Record{record(1, r.Head().Next())}}, nil
	})
	if err == nil {
		t.Error("a damaged record was replaced, though its index rows cannot be known")
	}
	if h := commit(t, s, row("k", "other")); h.Seq <= 1 {
		t.Errorf("the other calls' commit = %d", h.Seq)
	}
}

// stored is every key and value as they stand in Badger.
func stored(t *testing.T, s *badgerstore.Store) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := s.Badger().View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.DefaultIteratorOptions)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			v, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			all[string(it.Item().KeyCopy(nil))] = v
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// set writes past the store, and makes the store see it by a commit that has nothing to do with it.
func set(t *testing.T, s *badgerstore.Store, key string, value []byte) {
	t.Helper()
	if err := s.Badger().Update(func(txn *badger.Txn) error { return txn.Set([]byte(key), value) }); err != nil {
		t.Fatal(err)
	}
	_, err := s.Apply(t.Context(), model.TenantID{2}, 1, row("any", "thing"))
	if err != nil {
		t.Fatal(err)
	}
	s.Forget()
}

// paths are the ways to read, by the part of the keys that they read.
var paths = map[string][]func(storage.Reader){
	"h": {func(storage.Reader) {}},
	"r": {func(r storage.Reader) { r.Record(model.RecordID{1}); r.Record(model.RecordID{2}) }},
	"t": {
		func(r storage.Reader) { r.Row(storage.TableNumbers, "k") },
		func(r storage.Reader) { drain(maps.Keys(maps.Collect(r.Rows(storage.TableNumbers, "", "")))) },
	},
	"c": {func(r storage.Reader) { drain(r.Children(model.RecordID{3}, model.Notes)) }},
	"m": {func(r storage.Reader) { drain(r.Members(1, model.RecordID{})) }},
	"s": {func(r storage.Reader) { drain(r.Since(1, 0)) }},
}

func drain[T any](walk iter.Seq[T]) {
	for range walk {
		continue
	}
}

// hears says whether every way to read the keys of a part fails.
func hears(t *testing.T, s *badgerstore.Store, part string) bool {
	t.Helper()
	for _, path := range paths[part] {
		err := s.View(t.Context(), tenant, func(r storage.Reader) error {
			path(r)
			return nil
		})
		if err == nil {
			return false
		}
	}
	return true
}

// TestErrorsNameNoKeys: keys hold e-mail addresses and ids, and what is returned is logged.
func TestErrorsNameNoKeys(t *testing.T) {
	s := open(t, config(t.TempDir()))
	commit(t, s, row("k", "v"))
	if err := s.Badger().Close(); err != nil {
		t.Fatal(err)
	}
	s.Forget()
	err := s.View(t.Context(), tenant, func(storage.Reader) error { return nil })
	if err == nil || strings.Contains(err.Error(), `\x01`) {
		t.Errorf("View of a closed database = %v, want an error without the key", err)
	}
}
