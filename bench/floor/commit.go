package floor

import "sync"

// maxCommit is how many changes go into one transaction.
const maxCommit = 1024

// call is one put that waits for its commit.
type call struct {
	conn    *conn
	ref     uint64
	records []Record
}

// committer is the one writer. It takes what has queued while the last commit ran, and never waits for more.
type committer struct {
	store *store
	heard func(seq uint64, calls []call) // after each commit: listeners first, then the writers

	mu     sync.Mutex // guards the fields below
	filled sync.Cond  // of mu: there are calls, or it is closed
	calls  []call
	head   uint64
	closed bool
}

func newCommitter(s *store, heard func(uint64, []call)) *committer {
	c := &committer{store: s, heard: heard}
	c.filled.L = &c.mu
	return c
}

func (c *committer) add(one call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, one)
	c.filled.Signal()
}

// take waits for calls; none when it is over.
func (c *committer) take() (calls []call, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.calls) == 0 && !c.closed {
		c.filled.Wait()
	}
	n, changes := 0, 0
	for n < len(c.calls) && (n == 0 || changes+len(c.calls[n].records) <= maxCommit) {
		changes += len(c.calls[n].records)
		n++
	}
	calls = c.calls[:n:n]
	if c.calls = c.calls[n:]; len(c.calls) == 0 {
		c.calls = nil
	}
	return calls, c.head + 1
}

// run commits until close.
func (c *committer) run() error {
	for {
		calls, seq := c.take()
		if len(calls) == 0 {
			return nil
		}
		if err := c.store.commit(seq, calls); err != nil {
			return err
		}
		c.mu.Lock()
		c.head = seq
		c.mu.Unlock()
		c.heard(seq, calls)
	}
}

func (c *committer) present() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head
}

func (c *committer) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.filled.Signal()
}
