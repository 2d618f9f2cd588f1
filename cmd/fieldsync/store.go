package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

// openStore opens the store in the data directory, and makes both when they are not there.
func openStore(set *settings, log *slog.Logger) (storage.Store, error) {
	if err := os.MkdirAll(set.data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	store, err := badgerstore.Open(badgerstore.Config{Dir: set.data, Logger: log, NewIncarnation: newIncarnation})
	if err != nil {
		return nil, err // it says which store could not be opened
	}
	return store, nil
}

// newIncarnation names a life of the store: fresh for ever, since time only grows and the rest is random
// (write-verification W4).
func newIncarnation() model.Incarnation {
	var low [2]byte
	rand.Read(low[:])
	return model.Incarnation(time.Now().UnixMilli())<<16 | model.Incarnation(binary.BigEndian.Uint16(low[:]))
}
