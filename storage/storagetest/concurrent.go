package storagetest

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// count reads a counter's row.
func count(r storage.Reader, key string) uint64 {
	b, ok := r.Row(storage.TableNumbers, key)
	if !ok {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// next is a decision that raises the counter, logs the number in a row of its own, and hands it to got.
func next(got *uint64) storage.Decide {
	return func(r storage.Reader) (*storage.WriteSet, error) {
		n := count(r, "n") + 1
		*got = n
		value := binary.BigEndian.AppendUint64(nil, n)
		return &storage.WriteSet{Rows: []storage.RowWrite{
			{Table: storage.TableNumbers, Key: "n", Value: value},
			{Table: storage.TableAudit, Key: string(value), Value: []byte{}},
		}}, nil
	}
}

// snapshot begins a commit while a view is open. It does not wait for it: a store may hold commits up.
func snapshot(t *testing.T, f fixture) {
	var n uint64
	f.apply(t, next(&n))
	done := make(chan error, 1)
	f.view(t, func(r storage.Reader) {
		begun := make(chan struct{})
		go func() {
			close(begun)
			var n uint64
			_, err := f.Apply(context.WithoutCancel(t.Context()), f.tenant, 1, next(&n))
			done <- err
		}()
		<-begun
		for range 200 {
			rows := 0
			for range r.Rows(storage.TableAudit, "", "") {
				rows++
			}
			if got := count(r, "n"); got != 1 || rows != 1 || r.Head().Seq != 1 {
				t.Fatalf("the view moved: counter %d, %d rows, head %d, want 1, 1, 1", got, rows, r.Head().Seq)
			}
		}
	})
	if err := <-done; err != nil {
		t.Fatalf("Apply beside a view: %v", err)
	}
	f.view(t, func(r storage.Reader) {
		if got := count(r, "n"); got != 2 {
			t.Errorf("a later view = %d, want 2", got)
		}
	})
}

// answer is what one call of the counter heard.
type answer struct {
	seq model.Seq
	n   uint64
}

// counter lets writers of two tenants race. The decisions of one commit must have seen each other, and their
// numbers must follow the commits'.
func counter(t *testing.T, f fixture) {
	t.Helper()
	const writers, calls = 16, 25
	other := f
	other.tenant[2] = 1
	var wait sync.WaitGroup
	answers := make([][]answer, writers)
	for i := range writers {
		wait.Go(func() {
			mine := f
			if i%2 == 1 {
				mine = other
			}
			for range calls {
				var n uint64
				h, err := mine.Apply(t.Context(), mine.tenant, 1+i, next(&n))
				if err != nil {
					t.Errorf("Apply: %v", err)
					return
				}
				answers[i] = append(answers[i], answer{h.Seq, n})
				_, err = mine.Apply(t.Context(), mine.tenant, 1, func(r storage.Reader) (*storage.WriteSet, error) {
					return nil, errText("not this one")
				})
				if err == nil {
					t.Error("the error of a call went to another")
				}
			}
		})
	}
	wait.Wait()
	for i, mine := range []fixture{f, other} {
		var heard []answer
		for w := i; w < writers; w += 2 {
			heard = append(heard, answers[w]...)
		}
		mine.counted(t, heard)
	}
}

// counted checks that the numbers handed out are 1 to n, and that they and the commits have one order.
func (f fixture) counted(t *testing.T, heard []answer) {
	t.Helper()
	at := make(map[uint64]model.Seq, len(heard))
	for _, a := range heard {
		at[a.n] = a.seq
	}
	var last model.Seq
	for n := uint64(1); n <= uint64(len(heard)); n++ {
		seq, ok := at[n]
		if !ok || seq < last || seq > last+1 {
			t.Fatalf("number %d is of commit %d (known: %v), after commit %d", n, seq, ok, last)
		}
		last = seq
	}
	f.view(t, func(r storage.Reader) {
		if got := count(r, "n"); got != uint64(len(heard)) || r.Head().Seq != last {
			t.Errorf("counter %d at commit %d, want %d at %d", got, r.Head().Seq, len(heard), last)
		}
	})
}

// views reads while writers write: the counter, its log and the head are of one commit, never older than what had
// been answered.
func views(t *testing.T, f fixture) {
	t.Helper()
	const writers, calls = 4, 40
	var answered atomic.Uint64
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for range writers {
		writing.Go(func() {
			for range calls {
				var n uint64
				h, err := f.Apply(t.Context(), f.tenant, 1, next(&n))
				if err != nil {
					t.Errorf("Apply: %v", err)
					return
				}
				for old := answered.Load(); old < uint64(h.Seq) && !answered.CompareAndSwap(old, uint64(h.Seq)); {
					old = answered.Load()
				}
			}
		})
	}
	for range 2 {
		reading.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				least := answered.Load()
				if err := f.View(t.Context(), f.tenant, func(r storage.Reader) error { return whole(r, least) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
}

// whole says whether a reader shows a commit that is not below least, whole.
func whole(r storage.Reader, least uint64) error {
	rows := uint64(0)
	for range r.Rows(storage.TableAudit, "", "") {
		rows++
	}
	if n, seq := count(r, "n"), uint64(r.Head().Seq); n != rows || seq > n || seq < least {
		return fmt.Errorf("counter %d, %d rows, commit %d, of which %d was answered", n, rows, seq, least)
	}
	return nil
}
