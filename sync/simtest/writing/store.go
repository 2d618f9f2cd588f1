package writing

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

// crash is what befalls a commit.
type crash uint8

const (
	noCrash     crash = iota
	crashBefore       // decided, and lost
	crashAfter        // durable, and nobody heard of it
)

// faulty is a memstore whose commits can crash, and which can let something happen between the receipt of a commit and
// its beginning.
type faulty struct {
	*memstore.Store

	next    crash  // what befalls the next commit
	before  func() // runs when the next commit was received and has not begun
	durable bool   // the commit that crashed last is there

	share   func() // brings another commit, which the next one then shares
	waiting *call  // the one that waits for it
}

// call is a commit that waits for another to share.
type call struct {
	decide storage.Decide
	done   bool
	head   storage.Head
	err    error
}

// Apply is the contract's, with what befalls it.
func (s *faulty) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
	if share := s.share; share != nil {
		s.share, s.waiting = nil, &call{decide: decide}
		first := s.waiting
		share()
		if s.waiting = nil; first.done {
			return first.head, first.err
		}
	} else if first := s.waiting; first != nil && !first.done {
		head, errs := s.Together(t, decide, first.decide)
		first.done, first.head, first.err = true, head, errs[1]
		return head, errs[0]
	}
	what := s.next
	s.next = noCrash
	if what == noCrash {
		return s.Store.Apply(ctx, t, weight, decide)
	}
	to := s.Store
	if what == crashBefore {
		to = s.Store.Clone()
	}
	if _, err := to.Apply(ctx, t, weight, decide); err != nil {
		return storage.Head{}, err
	}
	s.durable = what == crashAfter
	return storage.Head{}, storage.ErrUnknown
}
