package badgerstore

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/fieldsync/fieldsync/storage"
)

// commitAll makes one commit after another until the queue is closed.
func (s *Store) commitAll() {
	defer close(s.ended)
	for {
		calls := s.queue.take()
		if len(calls) == 0 {
			return
		}
		if err := s.ready(); err != nil {
			for _, c := range calls {
				c.answer(storage.Head{}, err)
			}
			continue
		}
		s.commit(calls)
	}
}

// ready says why nothing may be written now. The free space is looked at before every commit, since a commit is what
// uses it: a watcher beside would be late when commits are big, and busy when there are none.
func (s *Store) ready() error {
	if s.doubt != nil {
		return s.doubt
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

// commit lets the calls decide, writes what they decided, makes it visible, and answers, in that order. What there is
// no room for goes back to the front of the queue and decides again. Errors of calls wait for the commit as well:
// they may rest on what an earlier call of it has decided.
func (s *Store) commit(calls []*call) {
	b := newBatch(s.snapshots.newest, s.lives) // read without its lock: this goroutine alone replaces it
	errs := make([]error, 0, len(calls))
	for i, c := range calls {
		err := b.run(c)
		if errors.Is(err, errNoRoom) {
			s.queue.giveBack(calls[i:])
			calls = calls[:i]
			break
		}
		errs = append(errs, err)
	}
	answer := func(doubt error) {
		for i, c := range calls {
			if doubt != nil {
				errs[i] = doubt
			}
			c.answer(b.head(c.tenant), errs[i])
		}
	}
	if s.cfg.plant.ackFirst {
		answer(nil)
		answer = func(error) {}
	}
	if b.empty() {
		answer(nil)
		return
	}
	if err := s.write(b); err != nil {
		// Badger reports an error to a commit that may be in its log already. Only reading the disk again tells.
		s.doubt = fmt.Errorf("%w: %w", storage.ErrUnknown, err)
		answer(s.doubt)
		return
	}
	s.snapshots.publish()
	answer(nil)
}

func (s *Store) write(b *batch) error {
	if s.cfg.plant.commit != nil {
		if err := s.cfg.plant.commit(); err != nil {
			return err
		}
	}
	return b.write(s.db)
}
