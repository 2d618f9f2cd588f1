// Package memstore is a store in memory: the reference for the contract, and the store of the simulation.
//
// It keeps rows encoded, so that nothing it returns is shared with what was written. It does not survive its process;
// [Store.Clone] is its backup.
//
// One call is one commit; [Store.Together] makes the commits of several calls that a busy store on disk makes. A View
// holds up Apply, and the other way round, so neither function may call the store.
package memstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/internal/sorted"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Store is a [storage.Store].
type Store struct {
	mu      sync.RWMutex // guards the fields below
	lives   []model.Incarnation
	tenants map[model.TenantID]*tenant
	closed  bool
}

// tenant is what one tenant has. Its tables are keyed as keys.go says.
type tenant struct {
	head    storage.Head
	records map[model.RecordID][]byte
	rows    sorted.Map[[]byte]
	places  sorted.Map[struct{}]
	members sorted.Map[struct{}]
	since   sorted.Map[struct{}]
}

// New makes an empty store in its first life.
func New(first model.Incarnation) *Store {
	return &Store{lives: []model.Incarnation{first}, tenants: map[model.TenantID]*tenant{}}
}

// Clone is a store of its own with the same content: a backup, or a backup restored when [Store.NewLife] follows.
func (s *Store) Clone() *Store {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &Store{lives: slices.Clone(s.lives), tenants: make(map[model.TenantID]*tenant, len(s.tenants))}
	for id, t := range s.tenants {
		// Rows are never changed in place, so the copies may share them.
		out.tenants[id] = &tenant{
			head:    t.head,
			records: maps.Clone(t.records),
			rows:    t.rows.Clone(),
			places:  t.places.Clone(),
			members: t.members.Clone(),
			since:   t.since.Clone(),
		}
	}
	return out
}

// NewLife begins another life of the store, for all tenants from their next commit on. The incarnation must be above
// every one before.
func (s *Store) NewLife(inc model.Incarnation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := s.lives[len(s.lives)-1]; inc <= last {
		return fmt.Errorf("incarnation %d is not above %d", inc, last)
	}
	s.lives = append(s.lives, inc)
	return nil
}

// Apply is the contract's; every call is a commit of its own. A weight above the limit of a commit is too big.
func (s *Store) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	if weight > storage.MaxCommitChanges {
		return storage.Head{}, fmt.Errorf("%w: %d changes", storage.ErrTooBig, weight)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return storage.Head{}, err
	}
	head, errs := s.commit(t, decide)
	if errs[0] != nil {
		return storage.Head{}, errs[0]
	}
	return head, nil
}

// Together decides several calls in one commit, in their order, and answers with the head after it and each call's
// error. The store must be open.
func (s *Store) Together(t model.TenantID, decides ...storage.Decide) (storage.Head, []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(t, decides...)
}

// View is the contract's.
func (s *Store) View(ctx context.Context, t model.TenantID, read func(storage.Reader) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	r := s.reader(t)
	if err := read(r); r.err == nil {
		return err
	}
	return r.err
}

// Close is the contract's.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return storage.ErrClosed
	}
	return ctx.Err()
}

// reader reads a tenant's present state. A tenant without commits reads as an empty one.
func (s *Store) reader(id model.TenantID) *reader {
	t := s.tenants[id]
	if t == nil {
		t = &tenant{}
	}
	return &reader{t: t, head: t.head.Living(s.lives)}
}

func (s *Store) commit(id model.TenantID, decides ...storage.Decide) (storage.Head, []error) {
	t := s.tenants[id]
	if t == nil {
		t = &tenant{records: map[model.RecordID][]byte{}}
	}
	r := &reader{t: t, head: t.head.Living(s.lives)}
	wrote, errs := false, make([]error, len(decides))
	for i, decide := range decides {
		r.err = nil
		w, err := call(decide, r)
		if r.err != nil {
			err = r.err
		}
		if err == nil && w != nil {
			if err = t.write(id, r.head, w); err == nil {
				wrote, r.head = true, r.head.With(w.Head)
				r.turn++
			}
		}
		errs[i] = err
	}
	if !wrote {
		return r.head, errs
	}
	t.head = r.head
	t.head.Seq++
	s.tenants[id] = t
	return t.head, errs
}

// call turns a panic into an error of the call, so that one decision cannot take the store with it.
func call(decide storage.Decide, r storage.Reader) (w *storage.WriteSet, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decide panicked: %v", p)
		}
	}()
	return decide(r)
}
