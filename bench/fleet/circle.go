package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// office is a desk that makes customers.
type office struct {
	*line
	d *driver
}

// Circle implements [bench.Driver]: the office makes customers, and phones that have the directory hear of them.
func (d *driver) Circle(ctx context.Context, n int) (bench.Writer, []bench.Listener, error) {
	phones, err := d.companies.Circle.phones(n)
	if err != nil {
		return nil, nil, err
	}
	out := make([]bench.Listener, n)
	err = bench.Each(ctx, n, bench.Opening, func(i int) error {
		l, err := d.open(phones[i])
		out[i] = listener{l}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	desk, err := d.open(d.companies.Circle.Desk)
	return office{desk, d}, out, err
}

// Send implements [bench.Writer].
func (o office) Send(n int) ([]bench.Key, error) {
	keys := make([]bench.Key, n)
	changes := make([]model.Change, n)
	o.d.mu.Lock()
	for i := range keys {
		keys[i] = draw()
		o.d.customers[keys[i]] = true
		changes[i] = o.customer(keys[i])
	}
	o.d.mu.Unlock()
	push, err := o.pushOf(changes...)
	if err != nil {
		return nil, err
	}
	return keys, o.send(push)
}

// Recv implements [bench.Writer].
func (o office) Recv() (acked int, err error) {
	m, _, err := o.recv()
	if err != nil {
		return 0, err
	}
	switch m := m.(type) {
	case *protocol.Page:
		return 0, o.take(m)
	case *protocol.Answers:
		return len(m.Answers), applied(m)
	default:
		return 0, nil
	}
}

// storing is how long a phone takes to put a page on its disk, which it does before it acknowledges it: a sync of its flash. The
// phones of this machine have no disk, and would all acknowledge at once what others are still waiting for.
const storing = 20 * time.Millisecond

// listener is a phone that hears of customers.
type listener struct{ *line }

// Hear implements [bench.Listener].
func (l listener) Hear() ([]bench.Key, error) {
	m, _, err := l.recv()
	if err != nil {
		return nil, err
	}
	page, ok := m.(*protocol.Page)
	if !ok {
		return nil, nil
	}
	body, err := protocol.DecodePageBody(page.Body, page.Compressed)
	if err != nil {
		return nil, err
	}
	if page.Header.Reconcile {
		return nil, errors.New("the gateway cannot continue the device's cursor")
	}
	var keys []bench.Key
	for i := range body.Rows {
		if row := &body.Rows[i]; row.Collection == model.Customers && rightCustomer(row) {
			keys = append(keys, bench.Key(row.ID))
		}
	}
	if err := l.keep(page); err != nil {
		return nil, err
	}
	got := &protocol.Got{Cursor: protocol.CursorTag(l.cursor)}
	time.AfterFunc(storing, func() { _ = l.send(got) }) // a dead line shows when it is read
	return keys, nil
}
