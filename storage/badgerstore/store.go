package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Store is a [storage.Store] on a local disk. One process at a time may have it open.
type Store struct {
	cfg       Config
	db        *badger.DB
	lives     []model.Incarnation
	queue     *queue
	snapshots snapshots
	ended     chan struct{} // closed by the committer at its end
	closing   sync.Once
	closeErr  error
	observer  atomic.Pointer[func(Commit)] // nil: nobody is told of commits

	// Of the committer alone.
	full bool // the disk was nearly full at the last commit
}

// Open opens the store in cfg.Dir, or makes it there, and starts its committer, which Close ends. It reads all tables
// once to verify them: some seconds for every gigabyte.
func Open(cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	made, err := preflight(cfg)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", cfg.Dir, err)
	}
	if runtime.GOOS != "linux" {
		cfg.Logger.Warn("commits may not survive a power cut on this system", slog.String("os", runtime.GOOS))
	}
	db, err := badger.Open(cfg.options())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", cfg.Dir, err)
	}
	lives, err := live(db, cfg, made)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", cfg.Dir, err), db.Close())
	}
	s := &Store{cfg: cfg, db: db, lives: lives, queue: newQueue(), ended: make(chan struct{})}
	s.snapshots.db, s.snapshots.recent.plant = db, cfg.plant
	s.snapshots.recent.forget()
	s.snapshots.publish(func(func(string, []byte) bool) {})
	go s.commitAll()
	return s, nil
}

// Apply is the contract's.
func (s *Store) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	if weight > storage.MaxCommitChanges {
		return storage.Head{}, fmt.Errorf("%w: %d changes", storage.ErrTooBig, weight)
	}
	if err := ctx.Err(); err != nil {
		return storage.Head{}, err
	}
	c := &call{tenant: t, weight: max(weight, 1), decide: decide, done: make(chan struct{})}
	if err := s.queue.add(c); err != nil {
		return storage.Head{}, err
	}
	return s.queue.wait(ctx, c)
}

// View is the contract's. It goes on when the disk is full, and when a commit is in doubt: it shows what was answered.
func (s *Store) View(ctx context.Context, t model.TenantID, read func(storage.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	snap := s.snapshots.acquire()
	if snap == nil {
		return storage.ErrClosed
	}
	defer s.snapshots.release(snap)
	r := newReader(snap, t, s.lives)
	if r.err != nil {
		return r.err
	}
	if err := read(r); r.err == nil {
		return err
	}
	return r.err
}

// Close is the contract's. Calls that no commit has taken get ErrClosed; it waits for views.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.queue.close()
		<-s.ended
		s.snapshots.close()
		s.closeErr = s.db.Close()
	})
	return s.closeErr
}
