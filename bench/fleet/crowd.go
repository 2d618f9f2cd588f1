package fleet

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// crowd is the phones of one company, all at once.
type crowd struct {
	d       *driver
	company Company
	members []member
	reading sync.WaitGroup
	quiet   func() // ends the pings; nil: there are none
	news    int
}

// member is a phone of the crowd.
type member struct {
	*Device
	line  *line
	got   map[bench.Key]bool // of the news
	wrong bool
}

// Crowd implements [bench.Driver].
func (d *driver) Crowd(_ context.Context, n int) (bench.Crowd, error) {
	phones, err := d.companies.Crowd.phones(n)
	if err != nil {
		return nil, err
	}
	c := &crowd{d: d, company: d.companies.Crowd, members: make([]member, n)}
	for i := range c.members {
		c.members[i].Device = phones[i]
	}
	return c, nil
}

// Connect implements [bench.Crowd].
func (c *crowd) Connect(ctx context.Context, from, to int) error {
	c.still()
	err := bench.Each(ctx, to-from, bench.Opening, func(i int) error { return c.open(&c.members[from+i]) })
	c.ping()
	return err
}

// open connects a phone, makes it current, and lets it follow.
func (c *crowd) open(m *member) error {
	l, err := c.d.connect(m.Device, false)
	if err != nil {
		return err
	}
	rows, _, err := l.follow()
	if err != nil {
		l.Close()
		return err
	}
	if c.news > 0 {
		m.hear(rows)
	}
	m.line = l
	c.reading.Go(func() { m.read(l) })
	return nil
}

// hear takes what came since the phone left.
func (m *member) hear(rows []model.Row) {
	m.got = map[bench.Key]bool{}
	for i := range rows {
		if row := &rows[i]; row.Collection == model.Customers && rightCustomer(row) {
			m.got[bench.Key(row.ID)] = true
		} else {
			m.wrong = true
		}
	}
}

// read takes what comes until the line is cut.
func (m *member) read(l *line) {
	for {
		got, _, err := l.recv()
		if err != nil {
			return
		}
		if page, ok := got.(*protocol.Page); ok && l.take(page) != nil {
			return
		}
	}
}

// pingEvery is how often an idle phone says that it is there.
const pingEvery = 25 * time.Second

// ping keeps the connected phones alive, until still.
func (c *crowd) ping() {
	c.quiet = c.d.ping(func(yield func(*line) bool) {
		for i := range c.members {
			if l := c.members[i].line; l != nil && !yield(l) {
				return
			}
		}
	})
}

// ping keeps lines alive, until end.
func (d *driver) ping(lines iter.Seq[*line]) (end func()) {
	ctx, stop := context.WithCancel(d.ctx)
	pinging := make(chan struct{})
	go func() {
		defer close(pinging)
		turn := time.NewTicker(time.Second)
		defer turn.Stop()
		for {
			select {
			case <-turn.C:
			case <-ctx.Done():
				return
			}
			for l := range lines {
				if l.quiet() {
					_ = l.send(&protocol.Ping{Report: model.Report{Version: "bench"}}) // a dead line shows when it is read
				}
			}
		}
	}()
	return func() {
		stop()
		<-pinging
	}
}

// quiet says whether the phone has said nothing for too long.
func (l *line) quiet() bool {
	l.sending.Lock()
	defer l.sending.Unlock()
	return time.Since(l.pinged) > pingEvery
}

// still ends the pings.
func (c *crowd) still() {
	if c.quiet != nil {
		c.quiet()
		c.quiet = nil
	}
}

// Leave implements [bench.Crowd].
func (c *crowd) Leave(ctx context.Context) error {
	c.still()
	err := bench.Each(ctx, len(c.members), bench.Opening, func(i int) error {
		if m := &c.members[i]; m.line != nil {
			m.line.Close()
			m.line = nil
		}
		return nil
	})
	c.reading.Wait()
	return err
}

// Publish implements [bench.Crowd].
func (c *crowd) Publish(_ context.Context, n int) error {
	c.news += n
	_, err := c.d.publish(c.company, n)
	return err
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
		if m := &c.members[i]; m.line != nil && (m.wrong || !c.d.all(m.got, c.news)) {
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d phones came back and did not get what was published", bad)}
}

// all says whether got is n customers of the books.
func (d *driver) all(got map[bench.Key]bool, n int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key := range got {
		if !d.customers[key] {
			return false
		}
	}
	return len(got) == n
}

// hashesMetric counts the passwords that a gateway has hashed since it was started.
const hashesMetric = "fieldsync_password_hashes_total"

// Hashes implements [bench.Crowd].
func (c *crowd) Hashes(ctx context.Context) (int64, bool) {
	if c.d.metrics == nil {
		return 0, false
	}
	text, err := c.d.metrics(ctx)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, hashesMetric+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return int64(n), err == nil
		}
	}
	return 0, false
}
