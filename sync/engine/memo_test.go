package engine_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"

	disk "github.com/dgraph-io/badger/v4"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestDamageIsNotRemembered: who sees what is worked out from rows, of which some cannot be read. Everybody who asks
// hears of it: a view without the audiences that are damaged would have phones drop their work.
func TestDamageIsNotRemembered(t *testing.T) {
	dir := t.TempDir()
	open := func() storage.Store {
		s, err := badgerstore.Open(badgerstore.Config{
			Dir: dir, NewIncarnation: func() model.Incarnation { return 1 << 32 }, LowWater: -1, OpenWater: -1,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	c := newCompanyOn(t, s)
	c.push(c.office(), c.change(c.amy, model.OpCreate, model.Jobs, model.RecordID{}, set(model.JobTitle, model.Text("Boiler"))))
	conn := c.phone(c.ben, model.Mobile)
	if seen, err := c.e.Audiences(t.Context(), conn); err != nil || len(seen) == 0 {
		t.Fatalf("audiences %v, %v, want some", seen, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, dir, "\x01"+string(c.id[:])+"t"+string([]byte{byte(storage.TableAudiences)}))
	s = open()
	defer s.Close()
	c.e = engine.New(engine.Config{Store: s, Random: rand.Reader, Decode: func(body string, _ []string) model.Change { return c.contents[body] }})
	for range 2 {
		if seen, err := c.e.Audiences(t.Context(), conn); err == nil {
			t.Errorf("audiences %v though they cannot be read, want an error", seen)
		}
		if p, err := c.e.Pull(t.Context(), model.Pull{Connection: conn}, c.now); err == nil {
			t.Errorf("a page %+v of who sees nobody knows what, want an error", p)
		}
	}
}

// damage flips a bit of every value of a closed store whose key begins with prefix.
func damage(t *testing.T, dir, prefix string) {
	t.Helper()
	o := disk.DefaultOptions(filepath.Join(dir, "data")).WithLogger(nil)
	o.ExternalMagicVersion = 9
	db, err := disk.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]byte{}
	err = db.View(func(txn *disk.Txn) error {
		it := txn.NewIterator(disk.IteratorOptions{Prefix: []byte(prefix)})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			v, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			v[len(v)-1] ^= 1
			rows[string(it.Item().KeyCopy(nil))] = bytes.Clone(v)
		}
		return nil
	})
	if len(rows) == 0 {
		err = errors.Join(err, errors.New("nothing to damage"))
	}
	for key, v := range rows {
		err = errors.Join(err, db.Update(func(txn *disk.Txn) error { return txn.Set([]byte(key), v) }))
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
