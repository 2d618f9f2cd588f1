package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/storage/storagetest"
	"github.com/fieldsync/fieldsync/sync/model"
)

// gate is a store whose next commit can be held up, so that the calls of a test share the commit after it.
type gate struct {
	*badgerstore.Store
	barrier atomic.Pointer[barrier] // of the next commit; nil: it goes through
	commits atomic.Int32
	fault   error // of the commits after the first
}

type barrier struct {
	held   chan struct{} // closed when the commit has come to the barrier
	opened chan struct{} // closed to let it through
}

func gated(t *testing.T, fault error) *gate {
	g := &gate{fault: fault}
	cfg := config(t.TempDir())
	cfg.PlantCommit(func() error {
		if b := g.barrier.Swap(nil); b != nil {
			close(b.held)
			<-b.opened
		}
		if g.commits.Add(1) > 1 {
			return g.fault
		}
		return nil
	})
	g.Store = open(t, cfg)
	return g
}

// hold begins a commit of another tenant, and returns when it is held up.
func (g *gate) hold(t *testing.T, wait *sync.WaitGroup) *barrier {
	t.Helper()
	b := &barrier{make(chan struct{}), make(chan struct{})}
	g.barrier.Store(b)
	wait.Go(func() {
		// What has begun runs to its end, whatever the test does meanwhile.
		if _, err := g.Apply(t.Context(), model.TenantID{9}, 1, row("first", "")); err != nil {
			t.Errorf("the call that had begun: %v", err)
		}
	})
	<-b.held
	return b
}

// together applies calls in one commit and answers with what each heard.
func (g *gate) together(t *testing.T, calls ...storage.Decide) ([]storage.Head, []error) {
	t.Helper()
	heads, errs := make([]storage.Head, len(calls)), make([]error, len(calls))
	var wait sync.WaitGroup
	b := g.hold(t, &wait)
	for i, c := range calls {
		wait.Go(func() { heads[i], errs[i] = g.Apply(t.Context(), tenant, 1, c) })
		g.queued(i + 1)
	}
	close(b.opened)
	wait.Wait()
	return heads, errs
}

// queued waits until so many calls have queued.
func (g *gate) queued(n int) {
	for g.Queued() < n {
		runtime.Gosched()
	}
}

// TestOneCommit is the group commit: calls that queue while a commit is written become one, whose decisions see each
// other, and fail alone.
func TestOneCommit(t *testing.T) {
	g := gated(t, nil)
	no := errors.New("no")
	seen := func(key, want string) storage.Decide {
		return func(r storage.Reader) (*storage.WriteSet, error) {
			b, _ := r.Row(storage.TableNumbers, "k")
			var rows []string
			for k, v := range r.Rows(storage.TableNumbers, "") {
				rows = append(rows, fmt.Sprintf("%s=%s", k, v))
			}
			if got := fmt.Sprint(string(b), rows, uint64(r.Head().Seq), r.Head().Time); got != want {
				t.Errorf("%s sees %s, want %s", key, got, want)
			}
			return row("k", key)(r)
		}
	}
	head := &storage.HeadChange{Time: 50}
	heads, errs := g.together(t,
		seen("a", "[] 0 0"),
		func(storage.Reader) (*storage.WriteSet, error) {
			w, _ := row("k", "lost")(nil)
			return w, no
		},
		seen("b", "a[k=a] 0 0"),
		func(storage.Reader) (*storage.WriteSet, error) { panic("a mistake") },
		func(r storage.Reader) (*storage.WriteSet, error) { // writes nothing, but has seen b
			return nil, nil
		},
		func(r storage.Reader) (*storage.WriteSet, error) {
			w, err := row("z", "")(r)
			w.Head = head
			return w, err
		},
		seen("c", "b[k=b z=] 0 50"),
	)
	for i, err := range errs {
		if failed := i == 1 || i == 3; failed != (err != nil) || i == 1 && !errors.Is(err, no) {
			t.Errorf("call %d: %v", i, err)
		}
		if err == nil && heads[i].Seq != 1 {
			t.Errorf("call %d is of commit %d, want 1", i, heads[i].Seq)
		}
	}
	if n := g.commits.Load(); n != 2 {
		t.Errorf("%d commits, want 2", n)
	}
	if got, h := read(t, g, "k"); got != "c" || h.Seq != 1 || h.Time != 50 {
		t.Errorf("k = %q at %d, time %d, want c at 1, time 50", got, h.Seq, h.Time)
	}
}

// TestFullCommit: what does not fit is decided again in the next commit, in its order.
func TestFullCommit(t *testing.T) {
	g := gated(t, nil)
	big := func(key string) storage.Decide {
		return func(storage.Reader) (*storage.WriteSet, error) {
			w := &storage.WriteSet{}
			for i := range 7 {
				value := make([]byte, storage.MaxValueBytes)
				w.Rows = append(w.Rows, storage.RowWrite{Table: storage.TableAudit, Key: fmt.Sprint(key, i), Value: value})
			}
			return w, nil
		}
	}
	heads, errs := g.together(t, big("a"), big("b"), big("c"), row("k", "v"))
	for i, want := range []model.Seq{1, 1, 2, 2} {
		if errs[i] != nil || heads[i].Seq != want {
			t.Errorf("call %d: commit %d, %v, want %d", i, heads[i].Seq, errs[i], want)
		}
	}
}

func TestWeightBoundsACommit(t *testing.T) {
	g := gated(t, nil)
	var wait sync.WaitGroup
	var seqs [3]model.Seq
	b := g.hold(t, &wait)
	for i, weight := range []int{200, 56, 1} {
		wait.Go(func() {
			h, err := g.Apply(t.Context(), tenant, weight, row("k", fmt.Sprint(i)))
			if err != nil {
				t.Errorf("Apply: %v", err)
			}
			seqs[i] = h.Seq
		})
		g.queued(i + 1)
	}
	close(b.opened)
	wait.Wait()
	if want := [3]model.Seq{1, 1, 2}; seqs != want {
		t.Errorf("commits %v, want %v: 256 changes are a commit", seqs, want)
	}
}

func TestQueuedCallIsCancelled(t *testing.T) {
	g := gated(t, nil)
	var wait sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	b := &barrier{make(chan struct{}), make(chan struct{})}
	g.barrier.Store(b)
	wait.Go(func() {
		if _, err := g.Apply(ctx, tenant, 1, row("first", "1")); err != nil {
			t.Errorf("the call that had begun: %v", err)
		}
	})
	<-b.held
	wait.Go(func() {
		if _, err := g.Apply(ctx, tenant, 1, row("k", "trace")); !errors.Is(err, context.Canceled) {
			t.Errorf("the call in the queue: %v, want context.Canceled", err)
		}
	})
	g.queued(1)
	cancel()
	for g.Queued() > 0 {
		runtime.Gosched()
	}
	close(b.opened)
	wait.Wait()
	if got, h := read(t, g, "k"); got != "" || h.Seq != 1 {
		t.Errorf("k = %q at commit %d, want none at 1", got, h.Seq)
	}
}

func TestCloseAnswersTheQueue(t *testing.T) {
	g := gated(t, nil)
	var wait sync.WaitGroup
	b := g.hold(t, &wait)
	wait.Go(func() {
		if _, err := g.Apply(t.Context(), tenant, 1, row("k", "")); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("the call in the queue: %v, want ErrClosed", err)
		}
	})
	g.queued(1)
	wait.Go(func() {
		if err := g.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	for g.Queued() > 0 {
		runtime.Gosched()
	}
	close(b.opened)
	wait.Wait()
}

// TestDoubt: after a commit that may or may not be there, nothing is acknowledged, and nothing of it is shown.
func TestDoubt(t *testing.T) {
	fault := errors.New("input/output error")
	g := gated(t, fault)
	_, errs := g.together(t, row("k", "a"), row("k", "b"), func(storage.Reader) (*storage.WriteSet, error) {
		return nil, errors.New("no")
	})
	_, later := g.Apply(t.Context(), tenant, 1, row("k", "c"))
	for i, err := range append(errs, later) {
		if !errors.Is(err, storage.ErrUnknown) || !errors.Is(err, fault) {
			t.Errorf("call %d: %v, want ErrUnknown and its cause", i, err)
		}
	}
	if got, h := read(t, g, "k"); got != "" || h.Seq != 0 {
		t.Errorf("k = %q at commit %d, want none at 0", got, h.Seq)
	}
}

// TestCloseWaitsForViews: a view that was begun reads on while the store is being closed.
func TestCloseWaitsForViews(t *testing.T) {
	s := open(t, config(t.TempDir()))
	commit(t, s, row("k", "v"))
	var wait sync.WaitGroup
	var closed atomic.Bool
	err := s.View(t.Context(), tenant, func(r storage.Reader) error {
		wait.Go(func() {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			closed.Store(true)
		})
		for !errors.Is(s.View(t.Context(), tenant, func(storage.Reader) error { return nil }), storage.ErrClosed) {
			runtime.Gosched()
		}
		for range 2000 {
			if v, ok := r.Row(storage.TableNumbers, "k"); !ok || string(v) != "v" {
				return fmt.Errorf("k = %q, %v, want v", v, ok)
			}
			for range r.Rows(storage.TableNumbers, "") {
				continue
			}
		}
		if closed.Load() {
			return errors.New("the store was closed under a view")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	wait.Wait()
}

func TestSharedCommit(t *testing.T) {
	g := gated(t, nil)
	storagetest.Together(t, g.Store, tenant, func(decides ...storage.Decide) []error {
		_, errs := g.together(t, decides...)
		return errs
	})
}

func TestDiskNearlyFull(t *testing.T) {
	var free atomic.Uint64
	free.Store(100 << 20)
	cfg := config(t.TempDir())
	cfg.PlantFree(func(string) (uint64, error) { return free.Load(), nil })
	s := open(t, cfg)
	commit(t, s, row("k", "before"))
	free.Store(63 << 20)
	if _, err := s.Apply(t.Context(), tenant, 1, row("k", "full")); !errors.Is(err, storage.ErrFull) {
		t.Errorf("Apply = %v, want ErrFull", err)
	}
	if got, _ := read(t, s, "k"); got != "before" {
		t.Errorf("k = %q, want before", got)
	}
	free.Store(64 << 20)
	commit(t, s, row("k", "after"))
	free.Store(10 << 20)
	cfg.Dir = t.TempDir()
	if _, err := badgerstore.Open(cfg); err == nil {
		t.Error("a store opened with 10 MiB free, want 64 at least")
	}
}
