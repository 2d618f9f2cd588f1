package floor

import (
	"context"
	"fmt"
	"sync"

	"github.com/fieldsync/fieldsync/bench"
)

// crowd is many devices of one driver.
type crowd struct {
	d       *driver
	members []member
	news    map[[16]byte]bool // changes published since they left
	reading sync.WaitGroup
}

// member is a device of the crowd. One goroutine at a time uses it.
type member struct {
	user  uint64
	since uint64
	conn  *Client
	got   int // of the news
	wrong bool
}

// Crowd implements [bench.Driver].
func (d *driver) Crowd(_ context.Context, n int) (bench.Crowd, error) {
	c := &crowd{d: d, members: make([]member, n), news: map[[16]byte]bool{}}
	for i := range c.members {
		c.members[i].user = d.user()
	}
	return c, nil
}

// Connect implements [bench.Crowd].
func (c *crowd) Connect(ctx context.Context, from, to int) error {
	return bench.Each(ctx, to-from, bench.Opening, func(i int) error { return c.open(&c.members[from+i]) })
}

// open connects a device, makes it current, and lets it listen.
func (c *crowd) open(m *member) (err error) {
	if m.conn, _, err = c.d.dial(Ask{User: m.user, Since: m.since, Fetch: true, Follow: true}); err != nil {
		return err
	}
	for {
		e, err := m.conn.Recv()
		if err != nil {
			return err
		}
		for i := range e.Records {
			if r := &e.Records[i]; r.right() && c.news[r.Change] {
				m.got++
			} else {
				m.wrong = m.wrong || len(c.news) > 0
			}
		}
		m.since = max(m.since, e.Upto)
		if e.Final {
			break
		}
	}
	conn := m.conn // Leave takes it away
	c.reading.Go(func() {
		for {
			if _, err := conn.Recv(); err != nil {
				return
			}
		}
	})
	return nil
}

// Leave implements [bench.Crowd].
func (c *crowd) Leave(context.Context) error {
	for i := range c.members {
		if m := &c.members[i]; m.conn != nil {
			m.conn.Close()
			m.conn = nil
		}
	}
	c.reading.Wait()
	return nil
}

// Publish implements [bench.Crowd].
func (c *crowd) Publish(_ context.Context, n int) error {
	w, _, err := c.d.dial(Ask{User: c.d.user()})
	if err != nil {
		return err
	}
	defer w.Close()
	if err := c.d.publish(w, n); err != nil {
		return err
	}
	for _, change := range c.d.last {
		c.news[change] = true
	}
	return nil
}

// Return implements [bench.Crowd].
func (c *crowd) Return(ctx context.Context, n int, current func()) error {
	return bench.Each(ctx, n, bench.Opening, func(i int) error {
		if err := c.open(&c.members[i]); err != nil {
			return err
		}
		current()
		return nil
	})
}

// Wrong implements [bench.Crowd].
func (c *crowd) Wrong() []string {
	bad := 0
	for i := range c.members {
		if m := &c.members[i]; m.conn != nil && (m.wrong || m.got != len(c.news)) {
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d devices came back and did not get what was published", bad)}
}

// Hashes implements [bench.Crowd]: a floor knows no passwords, and does not say so.
func (c *crowd) Hashes(context.Context) (int64, bool) { return 0, false }
