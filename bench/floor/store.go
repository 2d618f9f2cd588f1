package floor

import (
	"encoding/binary"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// Keys:
//
//	'r' record(16)           seq(8) and the record, encoded
//	'f' seq(8) record(16)    empty: the feed
//	's' user(8)              seq(8) of what the user wrote last
//	'o' change(16)           seq(8): the outcome
const (
	keyRecord  = 'r'
	keyFeed    = 'f'
	keyStatus  = 's'
	keyOutcome = 'o'
)

// store is Badger with the defaults, made durable.
type store struct{ db *badger.DB }

func openStore(dir string) (*store, error) {
	o := badger.DefaultOptions(dir)
	o.Logger = nil
	o.SyncWrites = true
	o.DetectConflicts = false // one committer does all writes
	db, err := badger.Open(o)
	if err != nil {
		return nil, fmt.Errorf("open the floor's store: %w", err)
	}
	return &store{db}, nil
}

func recordKey(id [16]byte) []byte { return append([]byte{keyRecord}, id[:]...) }

func outcomeKey(change [16]byte) []byte { return append([]byte{keyOutcome}, change[:]...) }

func statusKey(user uint64) []byte { return binary.BigEndian.AppendUint64([]byte{keyStatus}, user) }

func feedKey(seq uint64, id [16]byte) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{keyFeed}, seq), id[:]...)
}

// commit writes what the calls put, as one transaction that is on the disk when it returns.
func (s *store) commit(seq uint64, calls []call) error {
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	number := binary.BigEndian.AppendUint64(nil, seq)
	for i := range calls {
		for j := range calls[i].records {
			if err := write(txn, seq, number, calls[i].conn.user, &calls[i].records[j]); err != nil {
				return err
			}
		}
	}
	if planted("floor-writes-nothing") {
		return nil
	}
	return txn.Commit()
}

// write is one change: five keys.
func write(txn *badger.Txn, seq uint64, number []byte, user uint64, r *Record) error {
	key := recordKey(r.ID)
	old, err := txn.Get(key)
	switch {
	case err == nil:
		err = old.Value(func(v []byte) error {
			return txn.Delete(feedKey(binary.BigEndian.Uint64(v), r.ID))
		})
		if err != nil {
			return err
		}
	case err != badger.ErrKeyNotFound: //nolint:errorlint // badger returns it as it is, and this is every change's road
		return err
	}
	if err := txn.Set(key, append(binary.BigEndian.AppendUint64(nil, seq), r.bytes()...)); err != nil {
		return err
	}
	if err := txn.Set(feedKey(seq, r.ID), nil); err != nil {
		return err
	}
	if err := txn.Set(statusKey(user), number); err != nil {
		return err
	}
	return txn.Set(outcomeKey(r.Change), number)
}

// frameSize is how many bytes of records go into one frame of a download.
const frameSize = 96 << 10

// fetch gives the records that are newer than a commit, in frames: the walk of the feed, and a read for each record.
func (s *store) fetch(since uint64, send func(upto uint64, final bool, count int, records []byte) error) error {
	return s.db.View(func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchValues = false
		o.Prefix = []byte{keyFeed}
		feed := txn.NewIterator(o)
		defer feed.Close()
		var page []byte
		count, upto := 0, since
		for feed.Seek(feedKey(since+1, [16]byte{})); feed.Valid(); feed.Next() {
			key := feed.Item().Key()
			item, err := txn.Get(recordKey([16]byte(key[9:])))
			if err != nil {
				return err
			}
			upto = binary.BigEndian.Uint64(key[1:])
			err = item.Value(func(v []byte) error {
				page = append(page, v[8:]...)
				return nil
			})
			if err != nil {
				return err
			}
			if count++; len(page) < frameSize {
				continue
			}
			if err := send(upto, false, count, page); err != nil {
				return err
			}
			page, count = page[:0], 0
		}
		return send(upto, true, count, page)
	})
}
