package client

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Errors of a search at the server.
var (
	ErrOffline  = errors.New("there is no connection to the server")
	ErrNoSearch = errors.New("this server does not search")
	ErrBusy     = errors.New("the server takes no more searches now; try again in a moment")
)

// Findings is what a search found, the best first.
type Findings struct {
	Records []Record
	More    bool // there are more
	Partial bool // not all there is was looked through
}

// Search finds records by words in what is on this device, connected or not, the user's own changes included.
// ErrLocked.
func (c *Client) Search(q model.Search) (f Findings, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.r.Locked(c.cfg.Clock()) {
		return f, ErrLocked
	}
	f.Records, f.More, err = c.r.Search(q)
	return f, err
}

// SearchServer asks the server, for what is too much to be on this device. What it finds is to be shown and forgotten: it
// is as the server had it then, without what is unsent here, and may be taken back at any time (protocol/SPEC.md,
// searching). It needs a connection: ErrOffline, ErrNoSearch, ErrBusy.
func (c *Client) SearchServer(ctx context.Context, q model.Search) (Findings, error) {
	a, err := c.ask(q)
	if err != nil {
		return Findings{}, err
	}
	ring(c.wake)
	select {
	case got := <-a.answer:
		return got.Findings, got.err
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.searches, a.message.Number)
		return Findings{}, ctx.Err()
	}
}

// searching is a search that waits for its answer.
type searching struct {
	message *protocol.Search
	sent    bool
	answer  chan answered // one slot
}

type answered struct {
	Findings
	err error
}

// ask notes a search; the connection sends it.
func (c *Client) ask(q model.Search) (*searching, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.live.State != StateConnected:
		return nil, ErrOffline
	case !c.live.searches:
		return nil, ErrNoSearch
	}
	c.searched++
	a := &searching{
		message: &protocol.Search{Number: c.searched, Words: q.Words, Collections: q.Of, Limit: uint64(min(max(q.Limit, 1), protocol.MaxFound))},
		answer:  make(chan answered, 1),
	}
	if c.searches == nil {
		c.searches = map[uint64]*searching{}
	}
	c.searches[c.searched] = a
	return a, nil
}

// search sends the searches that were not sent yet.
func (l *link) search(ctx context.Context) error {
	if l.handIn {
		return nil
	}
	for {
		var next *protocol.Search
		l.c.mu.Lock()
		for _, a := range l.c.searches {
			if !a.sent && (next == nil || a.message.Number < next.Number) {
				next = a.message
			}
		}
		if next != nil {
			l.c.searches[next.Number].sent = true
		}
		l.c.mu.Unlock()
		if next == nil {
			return nil
		}
		if err := l.send(ctx, next); err != nil {
			return err
		}
	}
}

// found hands an answer to who waits for it. Nobody may any more.
func (l *link) found(m *protocol.Found) error {
	rows, err := m.Rows()
	if err != nil {
		return errors.Join(errBadServer, err)
	}
	got := answered{Findings: Findings{More: m.More, Partial: m.Partial}}
	for _, row := range rows {
		got.Records = append(got.Records, replica.Record{Row: row})
	}
	if m.Code != protocol.CodeNone {
		got.err = ErrBusy
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if a := l.c.searches[m.Number]; a != nil {
		delete(l.c.searches, m.Number)
		a.answer <- got
	}
	return nil
}

// unanswered tells everybody who waits that the connection is over.
func (c *Client) unanswered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for number, a := range c.searches {
		delete(c.searches, number)
		a.answer <- answered{err: ErrOffline}
	}
}
