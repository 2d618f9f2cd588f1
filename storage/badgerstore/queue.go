package badgerstore

import (
	"context"
	"slices"
	"sync"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// call is one Apply.
type call struct {
	tenant model.TenantID
	weight int
	decide storage.Decide

	head storage.Head  // with err the answer, final when done is closed
	err  error         //
	done chan struct{} //
}

func (c *call) answer(h storage.Head, err error) {
	if err == nil {
		c.head = h
	}
	c.err = err
	close(c.done)
}

// queue holds the calls that no commit has taken yet, in the order they came.
type queue struct {
	mu     sync.Mutex // guards the fields below
	filled sync.Cond  // of mu: there are calls, or it is closed
	calls  []*call
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.filled.L = &q.mu
	return q
}

func (q *queue) add(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return storage.ErrClosed
	}
	q.calls = append(q.calls, c)
	q.filled.Signal()
	return nil
}

// wait waits for the answer. When ctx ends first, it takes the call out, unless a commit has it: then it waits on.
func (q *queue) wait(ctx context.Context, c *call) (storage.Head, error) {
	select {
	case <-c.done:
		return c.head, c.err
	case <-ctx.Done():
	}
	if q.remove(c) {
		return storage.Head{}, ctx.Err()
	}
	<-c.done
	return c.head, c.err
}

func (q *queue) remove(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.calls, c)
	if i < 0 {
		return false
	}
	q.calls = slices.Delete(q.calls, i, i+1)
	return true
}

// take waits for calls and takes as many as one commit may hold; none when the queue is closed.
func (q *queue) take() []*call {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.calls) == 0 && !q.closed {
		q.filled.Wait()
	}
	return q.first(storage.MaxCommitChanges)
}

// more takes calls that come while a commit is being written, as many as there is room for; none when it is over first.
func (q *queue) more(room int, until *writing) []*call {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.calls) == 0 && !q.closed && !until.over() {
		q.filled.Wait()
	}
	if until.over() {
		return nil
	}
	return q.first(room)
}

// first takes the calls that there is room for, by their weight; mu is held.
func (q *queue) first(room int) []*call {
	n, weight := 0, 0
	for n < len(q.calls) && weight+q.calls[n].weight <= room {
		weight += q.calls[n].weight
		n++
	}
	taken := slices.Clone(q.calls[:n])
	q.calls = slices.Delete(q.calls, 0, n)
	return taken
}

// wake makes more look whether the commit is over.
func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.filled.Signal()
}

// giveBack puts calls that a commit took and had no room for at the front. A closed queue answers them.
func (q *queue) giveBack(calls []*call) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		refuse(calls)
		return
	}
	q.calls = slices.Insert(q.calls, 0, calls...)
}

// close answers what is queued and takes no more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	refuse(q.calls)
	q.calls = nil
	q.filled.Signal()
}

func refuse(calls []*call) {
	for _, c := range calls {
		c.answer(storage.Head{}, storage.ErrClosed)
	}
}
