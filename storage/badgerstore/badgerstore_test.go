package badgerstore_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/storage/storagetest"
	"github.com/fieldsync/fieldsync/sync/model"
)

var tenant = model.TenantID{1}

const firstLife model.Incarnation = 7 << 16

func TestStore(t *testing.T) {
	storagetest.Run(t, func(t testing.TB) storage.Store { return open(t, config(t)) })
}

// config is a store in a directory of the test's own.
func config(t testing.TB) badgerstore.Config {
	return badgerstore.Config{
		Dir:            t.TempDir(),
		NewIncarnation: func() model.Incarnation { return firstLife },
		LowWater:       64 << 20,
		OpenWater:      64 << 20,
	}
}

func open(t testing.TB, cfg badgerstore.Config) *badgerstore.Store {
	t.Helper()
	s, err := badgerstore.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
