package floor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/bench"
)

// Target is the floor as something to be measured. The zero value is ready.
type Target struct {
	// Args are what this program is started with to be a floor in a directory, which is put behind them.
	Args []string
}

// Name implements [bench.Target].
func (Target) Name() string { return "floor" }

// Prepare implements [bench.Target]: a floor needs nothing but a directory.
func (t Target) Prepare(_ context.Context, dir string, _ bench.Need) ([]string, error) {
	return append(append([]string(nil), t.Args...), dir), nil
}

// Open implements [bench.Target].
func (Target) Open(ctx context.Context, address string) (bench.Driver, error) {
	ctx, end := context.WithCancel(ctx)
	return &driver{ctx: ctx, end: end, address: address, last: map[[16]byte][16]byte{}}, nil
}

// driver drives one floor. Users are numbered as they come.
type driver struct {
	ctx     context.Context // ends with Close: the life of every connection
	end     context.CancelFunc
	address string
	writers []*writer
	users   uint64
	before  uint64 // the commit before what was filled
	filled  int

	mu   sync.Mutex            // guards last
	last map[[16]byte][16]byte // the change that was last acknowledged, by record
}

// dial connects and hears the welcome.
func (d *driver) dial(ask Ask) (*Client, uint64, error) {
	c, err := Dial(d.ctx, d.address, ask)
	if err != nil {
		return nil, 0, err
	}
	e, err := c.Recv()
	if err != nil {
		c.Close()
		return nil, 0, err
	}
	return c, e.Upto, nil
}

func (d *driver) user() uint64 {
	d.users++
	return d.users
}

// ownRecords is how many records a writer has, which it updates in turn. They are there before anything is measured, so
// that every change finds an old record.
const ownRecords = 1000

// writer is a device that updates records of its own.
type writer struct {
	*Client
	d       *driver
	user    uint64
	records [ownRecords][16]byte
	next    int
	ref     uint64
	way     []batch // on the way, oldest first
}

// batch is what one frame carried.
type batch struct {
	ref     uint64
	records []Record
}

// Writers implements [bench.Driver].
func (d *driver) Writers(_ context.Context, n, _ int, follow bool) ([]bench.Writer, error) {
	if follow {
		return nil, bench.ErrNone // here whoever follows is told of everybody's
	}
	if err := d.hire(n); err != nil {
		return nil, err
	}
	out := make([]bench.Writer, n)
	for i := range out {
		w := d.writers[i]
		c, _, err := d.dial(Ask{User: w.user})
		if err != nil {
			return nil, err
		}
		w.Client, w.way = c, nil
		out[i] = w
	}
	return out, nil
}

// hire makes writers until there are n, each with records of its own.
func (d *driver) hire(n int) error {
	if len(d.writers) >= n {
		return nil
	}
	c, _, err := d.dial(Ask{User: d.user()})
	if err != nil {
		return err
	}
	defer c.Close()
	var all []Record
	for len(d.writers) < n {
		w := &writer{d: d, user: d.user()}
		for i := range w.records {
			rand.Read(w.records[i][:]) // never fails
			all = append(all, fresh(w.records[i]))
		}
		d.writers = append(d.writers, w)
	}
	return d.put(c, all)
}

// Send implements [bench.Writer].
func (w *writer) Send(n int) ([]bench.Key, error) {
	b := batch{records: make([]Record, n)}
	keys := make([]bench.Key, n)
	for i := range b.records {
		b.records[i] = fresh(w.records[w.next%ownRecords])
		keys[i] = b.records[i].Change
		w.next++
	}
	w.ref++
	b.ref = w.ref
	w.way = append(w.way, b)
	return keys, w.Put(b.ref, b.records)
}

// fresh is a change of a record.
func fresh(id [16]byte) Record {
	r := Record{ID: id}
	rand.Read(r.Change[:])
	r.Fields = bench.Sheet(r.Change)
	return r
}

// Recv implements [bench.Writer].
func (w *writer) Recv() (acked int, err error) {
	e, err := w.Client.Recv()
	if err != nil {
		return 0, err
	}
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	for _, ref := range e.Acks {
		if len(w.way) == 0 || w.way[0].ref != ref {
			return 0, fmt.Errorf("the floor acknowledged %d out of turn", ref)
		}
		for i := range w.way[0].records {
			r := &w.way[0].records[i]
			w.d.last[r.ID] = r.Change
		}
		acked += len(w.way[0].records)
		w.way = w.way[1:]
	}
	return acked, nil
}

// listener is a device that hears.
type listener struct{ *Client }

// Hear implements [bench.Listener].
func (l listener) Hear() ([]bench.Key, error) {
	e, err := l.Recv()
	if err != nil {
		return nil, err
	}
	var keys []bench.Key
	for i := range e.Records {
		if e.Records[i].right() {
			keys = append(keys, e.Records[i].Change)
		}
	}
	return keys, nil
}

// right says whether a record's fields are those of its change.
func (r *Record) right() bool { return r.Fields == bench.Sheet(r.Change) }

// Circle implements [bench.Driver].
func (d *driver) Circle(ctx context.Context, n int) (bench.Writer, []bench.Listener, error) {
	writers, err := d.Writers(ctx, 1, 0, false)
	if err != nil {
		return nil, nil, err
	}
	out := make([]bench.Listener, n)
	for i := range out {
		c, _, err := d.dial(Ask{User: d.user(), Follow: true})
		if err != nil {
			return nil, nil, err
		}
		out[i] = listener{c}
	}
	return writers[0], out, nil
}

// Fill implements [bench.Driver].
func (d *driver) Fill(_ context.Context, n int) error {
	c, head, err := d.dial(Ask{User: d.user()})
	if err != nil {
		return err
	}
	defer c.Close()
	d.before, d.filled = head, n
	return d.publish(c, n)
}

// publish writes records that were not there, and waits for the answers.
func (d *driver) publish(c *Client, n int) error {
	records := make([]Record, n)
	for i := range records {
		var id [16]byte
		rand.Read(id[:]) // never fails
		records[i] = fresh(id)
	}
	return d.put(c, records)
}

// put writes records, and waits for the answers.
func (d *driver) put(c *Client, records []Record) error {
	const atOnce = 500
	for part := range slices.Chunk(records, atOnce) {
		if err := c.Put(1, part); err != nil {
			return err
		}
		e, err := c.Recv()
		if err != nil {
			return err
		}
		if len(e.Acks) != 1 {
			return errors.New("the floor did not acknowledge what was put")
		}
		d.mu.Lock()
		for i := range part {
			d.last[part[i].ID] = part[i].Change
		}
		d.mu.Unlock()
	}
	return nil
}

// Fetch implements [bench.Driver].
func (d *driver) Fetch(_ context.Context, mode bench.Mode) (bench.Download, error) {
	if mode == bench.Durable {
		return bench.Download{}, bench.ErrNone
	}
	began := time.Now()
	records, bytes, err := d.download(Ask{User: 1, Since: d.before, Fetch: true, Compress: mode == bench.Packed})
	took := time.Since(began)
	return bench.Download{Records: len(records), Bytes: bytes, Took: took, Wrong: func() []string {
		return d.compare(records, d.filled)
	}}, err
}

// download fetches to the last record.
func (d *driver) download(ask Ask) (records []Record, bytes int64, err error) {
	c, _, err := d.dial(ask)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	for {
		e, err := c.Recv()
		if err != nil {
			return nil, 0, err
		}
		records = append(records, e.Records...)
		if e.Final {
			return records, c.Received(), nil
		}
	}
}

// compare holds records against the books; want is how many there must be.
func (d *driver) compare(records []Record, want int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lost, other := 0, 0
	seen := make(map[[16]byte]bool, len(records))
	for i := range records {
		r := &records[i]
		last, known := d.last[r.ID]
		if seen[r.ID] = true; !known || last != r.Change || !r.right() {
			other++
		}
	}
	if lost = want - len(seen); lost == 0 && other == 0 {
		return nil
	}
	return []string{fmt.Sprintf("of %d records %d are missing and %d are not as they were put", want, lost, other)}
}

// Holders implements [bench.Driver]: the floor has no rights that could be taken back.
func (d *driver) Seats(context.Context, int) (bench.Seats, error) { return nil, bench.ErrNone }

func (d *driver) Holders(context.Context, int, int) (bench.Holders, error) { return nil, bench.ErrNone }

// Audit implements [bench.Driver].
func (d *driver) Audit(context.Context) (checked int, wrong []string, err error) {
	records, _, err := d.download(Ask{User: 1, Fetch: true})
	if err != nil {
		return 0, nil, err
	}
	return len(d.last), d.compare(records, len(d.last)), nil
}

// Close implements [bench.Driver].
func (d *driver) Close() error {
	d.end()
	return nil
}
