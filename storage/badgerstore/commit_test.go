package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
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
	dir     string
}

type barrier struct {
	held   chan struct{} // closed when the commit has come to the barrier
	opened chan struct{} // closed to let it through
}

func gated(t *testing.T, fault error, plants ...func(*badgerstore.Config)) *gate {
	g := &gate{fault: fault}
	g.dir = t.TempDir()
	cfg := config(g.dir)
	for _, plant := range plants {
		plant(&cfg)
	}
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

// occupy has a call decide until it is let go, so that what comes behind it stays in the queue.
func (g *gate) occupy(t *testing.T, wait *sync.WaitGroup) (let chan struct{}) {
	t.Helper()
	begun, let := make(chan struct{}), make(chan struct{})
	wait.Go(func() {
		_, err := g.Apply(t.Context(), model.TenantID{8}, 1, func(storage.Reader) (*storage.WriteSet, error) {
			close(begun)
			<-let
			return nil, nil
		})
		if err != nil && !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("the call that was deciding: %v", err)
		}
	})
	<-begun
	return let
}

// telling is a context that tells when a call that has it is in the queue: then the call waits for the context's end.
type telling struct {
	context.Context
	told chan struct{}
	once sync.Once
}

func (c *telling) Done() <-chan struct{} {
	c.once.Do(func() { close(c.told) })
	return c.Context.Done()
}

// send applies a call, and returns when it is in the queue, or was.
func send(ctx context.Context, wait *sync.WaitGroup, apply func(ctx context.Context)) {
	c := &telling{Context: ctx, told: make(chan struct{})}
	wait.Go(func() { apply(c) })
	<-c.told
}

// together applies calls in one commit and answers with what each heard.
func (g *gate) together(t *testing.T, calls ...storage.Decide) ([]storage.Head, []error) {
	t.Helper()
	return g.togetherOf(t, tenant, calls...)
}

func (g *gate) togetherOf(t *testing.T, tenant model.TenantID, calls ...storage.Decide) ([]storage.Head, []error) {
	t.Helper()
	heads, errs := make([]storage.Head, len(calls)), make([]error, len(calls))
	var wait sync.WaitGroup
	b := g.hold(t, &wait)
	let := g.occupy(t, &wait)
	for i, c := range calls {
		send(t.Context(), &wait, func(ctx context.Context) { heads[i], errs[i] = g.Apply(ctx, tenant, 1, c) })
	}
	close(let)
	close(b.opened)
	wait.Wait()
	return heads, errs
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
			for k, v := range r.Rows(storage.TableNumbers, "", "") {
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

// TestDecidesWhileTheLastIsWritten: a decision sees what the commit that is being written has, by every road, though
// nobody else does yet; and it is answered after that commit.
func TestDecidesWhileTheLastIsWritten(t *testing.T) {
	g := gated(t, nil)
	job := model.RecordID{7}
	rec := func(id byte, seq model.Seq) *model.Record {
		r := &model.Record{ID: model.RecordID{id}, Seq: seq, Collection: model.Notes}
		r.Set(model.FieldParent, model.Ref(job), model.Write{Seq: seq})
		return r
	}
	commit(t, g.Store, func(storage.Reader) (*storage.WriteSet, error) {
		w, err := row("gone", "1")(nil)
		w.Rows = append(w.Rows, storage.RowWrite{Table: storage.TableNumbers, Key: "k", Value: []byte("1")})
		w.Records = []*model.Record{rec(1, 1), rec(2, 1)}
		return w, err
	})
	b := &barrier{make(chan struct{}), make(chan struct{})}
	g.barrier.Store(b)
	var wait sync.WaitGroup
	first, second := make(chan struct{}), make(chan struct{})
	wait.Go(func() {
		defer close(first)
		_, err := g.Apply(t.Context(), tenant, 1, func(storage.Reader) (*storage.WriteSet, error) {
			w, err := row("gone", "")(nil)
			w.Rows = []storage.RowWrite{{Table: storage.TableNumbers, Key: "gone"}, {Table: storage.TableNumbers, Key: "k", Value: []byte("2")}, {Table: storage.TableNumbers, Key: "new", Value: []byte("2")}}
			w.Records, w.Forget = []*model.Record{rec(3, 2)}, []model.RecordID{{1}}
			w.Head = &storage.HeadChange{Time: 70}
			return w, err
		})
		if err != nil {
			t.Errorf("the commit that was held up: %v", err)
		}
	})
	<-b.held
	told := make(chan string, 1)
	wait.Go(func() {
		defer close(second)
		h, err := g.Apply(t.Context(), tenant, 1, func(r storage.Reader) (*storage.WriteSet, error) {
			told <- sight(r, job)
			return row("k", "3")(r)
		})
		select {
		case <-first:
		default:
			t.Error("the second was answered before the first")
		}
		if err != nil || h.Seq != 3 {
			t.Errorf("the second = commit %d, %v, want 3", h.Seq, err)
		}
	})
	if got, want := <-told, "k=2 new=2 | 02 03 | 02 03 | 2 70"; got != want {
		t.Errorf("the second sees %q, want %q", got, want)
	}
	err := g.View(t.Context(), tenant, func(r storage.Reader) error {
		if got, want := sight(r, job), "gone=1 k=1 | 01 02 | 01 02 | 1 0"; got != want {
			t.Errorf("a view sees %q, want %q", got, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	close(b.opened)
	wait.Wait()
}

// meanwhile has a call of the tenant decide while an earlier one is being written, and then others.
func (g *gate) meanwhile(t *testing.T, first storage.Decide, then ...func(ctx context.Context)) (heard error) {
	t.Helper()
	var wait sync.WaitGroup
	b := &barrier{make(chan struct{}), make(chan struct{})}
	g.barrier.Store(b)
	wait.Go(func() { _, heard = g.Apply(t.Context(), tenant, 1, first) })
	<-b.held
	for _, apply := range then {
		send(t.Context(), &wait, apply)
	}
	for g.Queued() > 0 {
		runtime.Gosched()
	}
	close(b.opened)
	wait.Wait()
	return heard
}

// counts counts to two, the second while the first is being written.
func counts(t *testing.T, plant func(*badgerstore.Config)) error {
	g := gated(t, nil, plant)
	count := func(r storage.Reader) (*storage.WriteSet, error) {
		n, _ := r.Row(storage.TableNumbers, "k")
		return row("k", string(n)+"+")(r)
	}
	var second error
	first := g.meanwhile(t, count, func(ctx context.Context) { _, second = g.Apply(ctx, tenant, 1, count) })
	if got, h := read(t, g, "k"); got != "++" || h.Seq != 2 || first != nil || second != nil {
		return fmt.Errorf("counted %q at commit %d (%s), want ++ at 2", got, h.Seq, fmt.Sprint(first, second))
	}
	return nil
}

// doubts has a commit fail while others have decided on it: writing, writing nothing, failing, and of another tenant.
func doubts(t *testing.T, plant func(*badgerstore.Config)) error {
	fault := errors.New("input/output error")
	g := gated(t, fault, plant)
	commit(t, g.Store, row("k", "1"))
	var errs [5]error
	call := func(i int, of model.TenantID, then storage.Decide) func(context.Context) {
		return func(ctx context.Context) {
			_, errs[i] = g.Apply(ctx, of, 1, func(r storage.Reader) (*storage.WriteSet, error) {
				if n, _ := r.Row(storage.TableNumbers, "k"); of == tenant && string(n) == "1" {
					return nil, errors.New("what is being written is not there")
				}
				for range r.Rows(storage.TableNumbers, "", "") {
					continue
				}
				return then(r)
			})
		}
	}
	none := func(storage.Reader) (*storage.WriteSet, error) { return nil, nil }
	refuse := func(storage.Reader) (*storage.WriteSet, error) { return nil, errors.New("no") }
	errs[0] = g.meanwhile(t, row("k", "2"), call(1, tenant, row("k", "3")), call(2, tenant, none), call(3, tenant, refuse), call(4, model.TenantID{5}, row("k", "other")))
	_, after := g.Apply(t.Context(), tenant, 1, none)
	for i, err := range append(errs[:], after) {
		if !errors.Is(err, storage.ErrUnknown) || !errors.Is(err, fault) {
			return fmt.Errorf("call %d heard %s, want ErrUnknown and its cause", i, fmt.Sprint(err))
		}
	}
	if n := g.commits.Load(); n != 2 {
		return fmt.Errorf("%d commits were begun, want 2", n)
	}
	if got, h := read(t, g, "k"); got != "1" || h.Seq != 1 {
		return fmt.Errorf("k = %q at commit %d, want 1 at 1", got, h.Seq)
	}
	return nil
}

func soundly(*badgerstore.Config) {}

// TestMeanwhile: a decision rests on what is being written, and is answered with it.
func TestMeanwhile(t *testing.T) {
	for name, check := range map[string]func(*testing.T, func(*badgerstore.Config)) error{"counts": counts, "doubts": doubts} {
		if err := check(t, soundly); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEndsInBetween: a commit that ends when the next one is about to take its snapshot is not missed by it.
func TestEndsInBetween(t *testing.T) {
	var g *gate
	var b *barrier
	g = gated(t, nil, func(c *badgerstore.Config) {
		c.PlantBegin(func(last func() error) {
			if b != nil && g.barrier.Load() == nil {
				close(b.opened)
				b = nil
				if err := last(); err != nil {
					t.Error(err)
				}
			}
		})
	})
	b = &barrier{make(chan struct{}), make(chan struct{})}
	held := b.held
	g.barrier.Store(b)
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := g.Apply(t.Context(), tenant, 1, row("k", "1")); err != nil {
			t.Error(err)
		}
	})
	<-held
	h := commit(t, g.Store, func(r storage.Reader) (*storage.WriteSet, error) {
		if n, _ := r.Row(storage.TableNumbers, "k"); string(n) != "1" || r.Head().Seq != 1 {
			t.Errorf("k = %q at commit %d, want 1 at 1", n, r.Head().Seq)
		}
		return row("k", "2")(r)
	})
	if wait.Wait(); h.Seq != 2 {
		t.Errorf("commit %d, want 2", h.Seq)
	}
}

// sight is what a reader sees of the rows, the children of a job, the notes and the head.
func sight(r storage.Reader, job model.RecordID) string {
	var out []string
	for k, v := range r.Rows(storage.TableNumbers, "", "") {
		if one, ok := r.Row(storage.TableNumbers, k); !ok || string(one) != string(v) {
			return "a row that is walked and not found"
		}
		out = append(out, fmt.Sprintf("%s=%s", k, v))
	}
	for _, ids := range []iter.Seq[model.RecordID]{r.Children(job, model.Notes), r.Records(model.Notes, model.Place{})} {
		out = append(out, "|")
		for id := range ids {
			if _, ok := r.Record(id); !ok {
				return "a record that is walked and not found"
			}
			out = append(out, fmt.Sprintf("%02x", id[0]))
		}
	}
	return strings.Join(append(out, "|", fmt.Sprint(uint64(r.Head().Seq)), fmt.Sprint(r.Head().Time)), " ")
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
	let := g.occupy(t, &wait)
	for i, weight := range []int{199, 56, 1} { // and 1 that decides before them
		send(t.Context(), &wait, func(ctx context.Context) {
			h, err := g.Apply(ctx, tenant, weight, row("k", fmt.Sprint(i)))
			if err != nil {
				t.Errorf("Apply: %v", err)
			}
			seqs[i] = h.Seq
		})
	}
	close(let)
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
	let := g.occupy(t, &wait)
	send(ctx, &wait, func(ctx context.Context) {
		if _, err := g.Apply(ctx, tenant, 1, row("k", "trace")); !errors.Is(err, context.Canceled) {
			t.Errorf("the call in the queue: %v, want context.Canceled", err)
		}
	})
	cancel()
	for g.Queued() > 0 {
		runtime.Gosched()
	}
	close(let)
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
	let := g.occupy(t, &wait)
	send(t.Context(), &wait, func(ctx context.Context) {
		if _, err := g.Apply(ctx, tenant, 1, row("k", "")); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("the call in the queue: %v, want ErrClosed", err)
		}
	})
	wait.Go(func() {
		if err := g.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	for g.Queued() > 0 {
		runtime.Gosched()
	}
	close(let)
	close(b.opened)
	wait.Wait()
}

// TestCloseWritesWhatHasDecided: a store that is closed while one commit is being written, and the next has decided,
// writes and answers both.
func TestCloseWritesWhatHasDecided(t *testing.T) {
	g := gated(t, nil)
	var wait sync.WaitGroup
	var heard [2]error
	b := &barrier{make(chan struct{}), make(chan struct{})}
	g.barrier.Store(b)
	wait.Go(func() { _, heard[0] = g.Apply(t.Context(), tenant, 1, row("k", "1")) })
	<-b.held
	decided := make(chan struct{})
	wait.Go(func() {
		_, heard[1] = g.Apply(t.Context(), tenant, 1, func(r storage.Reader) (*storage.WriteSet, error) {
			close(decided)
			return row("k", "2")(r)
		})
	})
	<-decided
	wait.Go(func() {
		if err := g.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	for !g.Closing() {
		runtime.Gosched()
	}
	close(b.opened)
	if wait.Wait(); heard != [2]error{} {
		t.Errorf("the two that had decided heard %v", heard)
	}
	cfg := config(g.dir)
	if got, h := read(t, open(t, cfg), "k"); got != "2" || h.Seq != 2 {
		t.Errorf("after opening again: k = %q at commit %d, want 2 at 2", got, h.Seq)
	}
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
			for range r.Rows(storage.TableNumbers, "", "") {
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
