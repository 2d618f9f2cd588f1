package races

import (
	"context"
	"iter"
	"math/rand/v2"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

// turns is a memstore whose callers take turns: each waits before its commit and before it hears of it.
type turns struct {
	*memstore.Store
	rng    *rand.Rand
	wait   func(struct{}) bool // of whoever's turn it is; nil: nobody else is there
	clock  int64               // grows with every call and answer
	unsure int                 // crashed commits
	last   span                // of the commit that was answered last
}

// span is when a commit began and was durable.
type span struct{ from, to int64 }

// tick is a moment that no other has.
func (s *turns) tick() int64 {
	s.clock++
	return s.clock
}

func (s *turns) pause() {
	if s.wait != nil {
		s.wait(struct{}{})
	}
}

// Apply is the contract's; one commit in twenty crashes, half of those when it is durable.
func (s *turns) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	if s.wait == nil {
		return s.Store.Apply(ctx, t, weight, decide)
	}
	s.pause()
	made := span{from: s.tick()}
	defer func() {
		made.to = s.tick()
		s.pause()
		s.last = made
	}()
	fate := s.rng.IntN(40)
	to := s.Store
	if fate == 0 {
		to = to.Clone()
	}
	head, err := to.Apply(ctx, t, weight, decide)
	if err != nil || fate > 1 {
		return head, err
	}
	s.unsure++
	return storage.Head{}, storage.ErrUnknown
}

// play lets all go on by turns until the last has finished.
func (s *turns) play(all []func()) {
	type turn struct {
		wait func(struct{}) bool
		next func() (struct{}, bool)
	}
	var left []*turn
	for _, run := range all {
		one := &turn{}
		next, stop := iter.Pull(func(yield func(struct{}) bool) {
			one.wait = yield
			s.wait = yield
			run()
		})
		defer stop()
		one.next = next
		left = append(left, one)
	}
	for len(left) > 0 {
		i := s.rng.IntN(len(left))
		s.wait = left[i].wait
		if _, more := left[i].next(); !more {
			left = append(left[:i], left[i+1:]...)
		}
	}
	s.wait = nil
}
