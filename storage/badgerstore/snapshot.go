package badgerstore

import (
	"bytes"
	"errors"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4"

	"github.com/fieldsync/fieldsync/storage"
)

// snapshot is the committed state at one moment: one read transaction of Badger, which many goroutines may read.
type snapshot struct {
	txn    *badger.Txn
	recent *recent
	shared shared
	number uint64 // in the order of the commits
	uses   int    // guarded by snapshots.mu; the transaction ends at 0
}

// get finds the content under a whole key; not nil when it is there. It is shared: it must not be changed.
func (s *snapshot) get(key []byte) (content []byte, ok bool, err error) {
	if content, known := s.recent.find(&s.recent.rows, key, s.number); known {
		return content, content != nil, nil
	}
	content, ok, err = s.read(key)
	if err == nil {
		s.recent.learn(&s.recent.rows, string(key), content, s.number)
	}
	return content, ok, err
}

// outline is get for the outline of a record. It is remembered by itself: who looks at thousands must not drive out the rows
// that others look at all the time.
func (s *snapshot) outline(key []byte) (content []byte, ok bool, err error) {
	for _, of := range []*memory{&s.recent.lines, &s.recent.rows} {
		if content, known := s.recent.find(of, key, s.number); known {
			return content, content != nil, nil
		}
	}
	content, ok, err = s.read(key)
	if line, whole := storage.CutOutline(content); err == nil && (whole || !ok) {
		s.recent.learn(&s.recent.lines, string(key), line, s.number)
	}
	return content, ok, err
}

// read is get from the disk.
func (s *snapshot) read(key []byte) (content []byte, ok bool, err error) {
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

// scan is a [scan] of the snapshot. What is yielded may be kept.
func (s *snapshot) scan(prefix, from string, yield func(key string, content []byte) bool) error {
	w := walk{prefix: prefix, from: from}
	if known, ok := s.recent.find(&s.recent.walks, []byte(prefix), s.number); ok && w.again(known, yield) {
		return nil
	}
	if keys, ok := s.shared.find(prefix, from); ok {
		for _, key := range keys {
			if !yield(key, []byte{}) {
				break
			}
		}
		return nil
	}
	whole, err := s.search(prefix, from, func(key string, content []byte) bool {
		w.met(key)
		return yield(key, content)
	})
	if err == nil && whole && w.worth() {
		s.recent.learn(&s.recent.walks, prefix, w.found, s.number)
		s.shared.keep(&w)
	}
	return err
}

// search is scan on the disk. It says whether it came to the end.
func (s *snapshot) search(prefix, from string, yield func(key string, content []byte) bool) (whole bool, err error) {
	it := s.txn.NewIterator(badger.IteratorOptions{Prefix: []byte(prefix)})
	defer it.Close()
	for it.Seek([]byte(prefix + from)); it.Valid(); it.Next() {
		item, more := it.Item(), false
		key := item.Key()
		err := item.Value(func(value []byte) error {
			content, err := open(key, value)
			if err == nil {
				more = yield(string(key), own(content))
			}
			return err
		})
		if err != nil || !more {
			return false, err
		}
	}
	return true, nil
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
	db     *badger.DB
	recent recent
	number uint64 // of the last publish, whose caller alone reads it

	mu      sync.Mutex // guards the fields below and every snapshot's uses
	newest  *snapshot
	readers sync.WaitGroup // of the views; added to under mu, while the store is open
	closed  bool
}

// publish makes what has been committed by now the newest snapshot; rows are what the commit wrote.
func (s *snapshots) publish(rows func(yield func(key string, content []byte) bool)) {
	s.number++
	s.recent.wrote(s.number, rows)
	fresh := &snapshot{txn: s.db.NewTransaction(false), recent: &s.recent, number: s.number, uses: 1}
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
