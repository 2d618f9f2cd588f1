package badgerstore

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/fieldsync/fieldsync/storage"
)

// commitAll makes one commit after another until the queue is closed. While one is being written the next one decides,
// on what that one has decided, and takes in whoever comes meanwhile.
func (s *Store) commitAll() {
	defer close(s.ended)
	var last *writing
	for {
		calls := s.queue.take()
		if len(calls) == 0 {
			_ = last.wait() // its calls were told
			return
		}
		if err := s.ready(last); err != nil {
			for _, c := range calls {
				c.answer(storage.Head{}, err)
			}
			continue
		}
		under := last.batch() // before the snapshot: a commit that ends in between is in both, one that ended before is in it
		if s.cfg.plant.underIgnored {
			under = nil
		}
		if s.cfg.plant.begin != nil {
			s.cfg.plant.begin(last.wait)
		}
		b := newBatch(s.snapshots.acquire(), under, s.lives)
		for room := storage.MaxCommitChanges; len(calls) > 0; calls = s.queue.more(room, last) {
			room -= s.decide(b, calls)
		}
		last = s.commit(b, last)
	}
}

// decide lets calls decide, and says how much of a commit is used by them. What there is no room for goes back to the
// front of the queue and decides again.
func (s *Store) decide(b *batch, calls []*call) (used int) {
	for i, c := range calls {
		err := b.run(c)
		if errors.Is(err, errNoRoom) {
			s.queue.giveBack(calls[i:])
			return storage.MaxCommitChanges
		}
		b.calls, b.errs = append(b.calls, c), append(b.errs, err)
		used += c.weight
	}
	return used
}

// ready says why nothing may be written now. The free space is looked at before every commit, since a commit is what
// uses it: a watcher beside would be late when commits are big, and busy when there are none.
func (s *Store) ready(last *writing) error {
	if last.over() && last.wait() != nil {
		return last.wait()
	}
	err := enough(s.cfg, s.cfg.LowWater, "take changes")
	if full := err != nil; full != s.full {
		s.full = full
		if full {
			s.cfg.Logger.Error("the store takes no changes", slog.Any("cause", err))
		} else {
			s.cfg.Logger.Info("the store takes changes again")
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", storage.ErrFull, err)
	}
	return nil
}

// writing is a commit that is being written, or was. A nil one is none.
type writing struct {
	b     *batch
	ended chan struct{}
	doubt error // why it is in doubt; to be read when ended is closed
}

// over says whether it has been written.
func (w *writing) over() bool {
	if w == nil {
		return true
	}
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

func (w *writing) wait() (doubt error) {
	if w == nil {
		return nil
	}
	<-w.ended
	return w.doubt
}

// batch is what is being written, for the next one to decide on; nil when it has been.
func (w *writing) batch() *batch {
	if w.over() {
		return nil
	}
	return w.b
}

// commit waits for the last commit, and then writes what a batch has decided, makes it visible, and answers, in that
// order; for the writing it does not wait. Errors of calls wait for it as well: they may rest on what was decided
// before. Nothing is written any more once a commit is in doubt.
func (s *Store) commit(b *batch, last *writing) *writing {
	w := &writing{b: b, ended: make(chan struct{}), doubt: last.wait()}
	b.under = nil // it is in the newest snapshot
	if s.cfg.plant.ackFirst {
		b.answer(nil)
	}
	if b.empty() || w.doubt != nil {
		s.finish(w)
		return w
	}
	go func() {
		begun := time.Now()
		err := s.write(b)
		if told := s.observer.Load(); told != nil {
			(*told)(Commit{Decisions: len(b.calls), Bytes: b.bytes, Took: time.Since(begun), Err: err})
		}
		if err != nil {
			// Badger reports an error to a commit that may be in its log already. Only reading the disk again tells.
			w.doubt = fmt.Errorf("%w: %w", storage.ErrUnknown, err)
		} else {
			s.snapshots.publish(b.rows)
		}
		s.finish(w)
	}()
	return w
}

// finish answers for a commit, and ends it.
func (s *Store) finish(w *writing) {
	w.b.answer(w.doubt)
	s.snapshots.release(w.b.snap)
	close(w.ended)
	s.queue.wake()
}

// Commit is what there is to know of a commit from outside.
type Commit struct {
	Decisions int           // calls of Apply that shared it
	Bytes     int           // keys, contents and storage.RowCost of what was written
	Took      time.Duration // writing it and syncing it to disk
	Err       error         // it is in doubt
}

// Observe has told called after every commit from now on, before it is answered, in place of whoever was called until
// then; nil: nobody. It is called for one commit at a time, and must not block or call the store.
func (s *Store) Observe(told func(Commit)) {
	if told == nil {
		s.observer.Store(nil)
		return
	}
	s.observer.Store(&told)
}

func (s *Store) write(b *batch) error {
	if s.cfg.plant.commit != nil {
		if err := s.cfg.plant.commit(); err != nil {
			return err
		}
	}
	return b.write(s.db)
}
