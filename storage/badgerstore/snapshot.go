package badgerstore

import (
	"bytes"
	"errors"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// snapshot is the committed state at one moment: one read transaction of Badger, which many goroutines may read.
type snapshot struct {
	txn  *badger.Txn
	uses int // guarded by snapshots.mu; the transaction ends at 0
}

// get reads the content under a whole key, in memory of its own; not nil when it is there.
func (s *snapshot) get(key []byte) (content []byte, ok bool, err error) {
	item, err := s.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, unnamed(err)
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, false, err
	}
	content, err = open(key, value)
	return content, err == nil, err
}

// unnamed drops the key that Badger puts before the cause in an error's text: keys hold e-mail addresses, and errors
// are logged.
func unnamed(err error) error {
	text := err.Error()
	if i := strings.LastIndex(text, keyEnds); i >= 0 {
		text = text[i+len(keyEnds):]
	}
	return errors.New(text)
}

// keyEnds is what stands between a quoted key and the cause.
const keyEnds = `" err: `

// scan walks the keys from prefix+from on that begin with prefix, until yield says no. The key is good until yield
// returns; the content may be kept.
func (s *snapshot) scan(prefix, from string, yield func(key, content []byte) bool) error {
	it := s.txn.NewIterator(badger.IteratorOptions{Prefix: []byte(prefix)})
	defer it.Close()
	for it.Seek([]byte(prefix + from)); it.Valid(); it.Next() {
		item, more := it.Item(), false
		key := item.Key()
		err := item.Value(func(value []byte) error {
			content, err := open(key, value)
			if err == nil {
				more = yield(key, own(content))
			}
			return err
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// own copies content that belongs to Badger. Content of no bytes is not nil: the row is there.
func own(content []byte) []byte {
	if len(content) == 0 {
		return []byte{}
	}
	return bytes.Clone(content)
}

// snapshots hands out the newest snapshot, and ends those that nobody reads any more.
type snapshots struct {
	db *badger.DB

	mu      sync.Mutex // guards the fields below and every snapshot's uses
	newest  *snapshot
	readers sync.WaitGroup // of the views; added to under mu, while the store is open
	closed  bool
}

// publish makes what has been committed by now the newest snapshot.
func (s *snapshots) publish() {
	fresh := &snapshot{txn: s.db.NewTransaction(false), uses: 1}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.newest
	s.newest = fresh
	if old != nil {
		s.leave(old)
	}
}

// acquire is the newest snapshot for a view; nil when the store is closed.
func (s *snapshots) acquire() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.newest.uses++
	s.readers.Add(1)
	return s.newest
}

// release ends what acquire began.
func (s *snapshots) release(snap *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(snap)
	s.readers.Done()
}

// leave gives up one use; mu is held.
func (s *snapshots) leave(snap *snapshot) {
	if snap.uses--; snap.uses == 0 {
		snap.txn.Discard()
	}
}

// close waits for the views and ends the newest snapshot. There is no committer any more.
func (s *snapshots) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.readers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(s.newest)
}
