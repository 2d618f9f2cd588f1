package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/fieldsync/fieldsync/sync/model"
)

// The store's own row is its format and the incarnations of its lives, oldest first: 8 bytes each, big-endian.

func encodeLives(lives []model.Incarnation) []byte {
	b := binary.BigEndian.AppendUint64(nil, formatVersion)
	for _, inc := range lives {
		b = binary.BigEndian.AppendUint64(b, uint64(inc))
	}
	return b
}

func decodeLives(b []byte) (lives []model.Incarnation, err error) {
	if len(b) < 16 || len(b)%8 != 0 {
		return nil, errDamaged
	}
	if v := binary.BigEndian.Uint64(b); v != formatVersion {
		return nil, fmt.Errorf("the store is of format %d and this program's is %d: open it with the version that made it, or name another directory", v, formatVersion)
	}
	for b = b[8:]; len(b) > 0; b = b[8:] {
		lives = append(lives, model.Incarnation(binary.BigEndian.Uint64(b)))
	}
	return lives, nil
}

// live reads the store's lives, and begins one when the store is new or restored. made says whether FORMAT was there.
func live(db *badger.DB, c Config, made bool) ([]model.Incarnation, error) {
	lives, err := readLives(db, made)
	if err != nil {
		return nil, err
	}
	if len(lives) == 0 || c.Restored {
		if lives, err = beginLife(db, c, lives); err != nil {
			return nil, err
		}
	}
	if !made {
		return lives, markMade(c.Dir)
	}
	return lives, nil
}

// readLives reads the store's row. No row in a store that was made means that Badger lost data; keys without FORMAT
// and without the row mean that the data are somebody else's.
func readLives(db *badger.DB, made bool) (lives []model.Incarnation, err error) {
	err = db.View(func(txn *badger.Txn) error {
		s := &snapshot{txn: txn}
		row, ok, err := s.read([]byte(keyStore))
		switch {
		case err != nil:
			return err
		case ok:
			lives, err = decodeLives(row)
			return err
		case made:
			return errors.New("the store's own row is gone: data were lost; restore a backup")
		}
		it := txn.NewIterator(badger.IteratorOptions{})
		defer it.Close()
		if it.Rewind(); it.Valid() {
			return errors.New("the directory holds other data")
		}
		return nil
	})
	return lives, err
}

func beginLife(db *badger.DB, c Config, lives []model.Incarnation) ([]model.Incarnation, error) {
	if c.NewIncarnation == nil {
		return nil, errors.New("a new life needs Config.NewIncarnation")
	}
	inc := c.NewIncarnation()
	if n := len(lives); inc == 0 || n > 0 && inc <= lives[n-1] {
		return nil, fmt.Errorf("incarnation %d is not above those before", inc)
	}
	lives = append(lives, inc)
	err := db.Update(func(txn *badger.Txn) error {
		return txn.Set([]byte(keyStore), seal(nil, []byte(keyStore), encodeLives(lives)))
	})
	return lives, err
}
