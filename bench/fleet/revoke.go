package fleet

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// holders are phones that have the directory, and whose levels the office changes.
type holders struct {
	d       *driver
	company Company
	book    map[bench.Key]*[8]string // of every customer what its id tells
	all     []*holder
	reading sync.WaitGroup
	quiet   func() // ends the pings
}

// holder is a phone and what it holds.
type holder struct {
	*line
	book map[bench.Key]*[8]string
	news chan struct{} // has room for one: the fields below have changed

	mu        sync.Mutex         // guards the fields below
	has       map[bench.Key]bool // whether it is as a phone may see it
	want      int                // customers that it is to hold
	confirmed time.Time          // that it holds them; zero: not yet
	late      bool               // it was given up
	strange   int                // records that are nobody's business here
	bytes     int64              // of the pages since the last change
	heard     time.Time          // when the last of them came
	broke     error              // of the line
}

// downloading is how many phones download the directory at a time: each keeps it in memory until it is whole.
const downloading = 8

// Holders implements [bench.Driver]: phones that have the directory, which they lose when their customers are hidden.
func (d *driver) Holders(ctx context.Context, n, records int) (bench.Holders, error) {
	if d.setLevels == nil {
		return nil, bench.ErrNone
	}
	c := d.companies.Holders
	phones, err := c.phones(n)
	if err != nil {
		return nil, err
	}
	keys, err := d.publish(c, records)
	if err != nil {
		return nil, err
	}
	h := &holders{d: d, company: c, book: make(map[bench.Key]*[8]string, records), all: make([]*holder, n)}
	for _, key := range keys {
		s := bench.Sheet(key)
		h.book[key] = &s
	}
	err = bench.Each(ctx, n, downloading, func(i int) (err error) {
		h.all[i], err = h.open(phones[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, one := range h.all {
		h.reading.Go(one.read)
	}
	h.quiet = d.ping(func(yield func(*line) bool) {
		for _, one := range h.all {
			if !yield(one.line) {
				return
			}
		}
	})
	return h, nil
}

// open connects a phone, which downloads what it may see.
func (h *holders) open(phone *Device) (*holder, error) {
	l, err := h.d.connect(phone, false)
	if err != nil {
		return nil, err
	}
	rows, _, err := l.follow()
	if err != nil {
		l.Close()
		return nil, err
	}
	one := &holder{line: l, book: h.book, want: len(h.book), news: make(chan struct{}, 1), has: make(map[bench.Key]bool, len(h.book))}
	one.apply(&protocol.PageBody{Rows: rows})
	return one, nil
}

// read takes what comes until the line is cut.
func (h *holder) read() {
	for err := error(nil); err == nil; {
		if err = h.next(); err != nil {
			h.mu.Lock()
			h.broke = err
			h.mu.Unlock()
		}
		select {
		case h.news <- struct{}{}:
		default: // there is news already
		}
	}
}

// next takes what comes, and notes when the phone has confirmed a checkpoint of what it is to hold.
func (h *holder) next() error {
	m, size, err := h.recv()
	if err != nil {
		return err
	}
	page, ok := m.(*protocol.Page)
	if !ok {
		return nil
	}
	body, err := protocol.DecodePageBody(page.Body, page.Compressed)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.apply(body)
	h.bytes += int64(size)
	h.heard = time.Now()
	if err := h.take(page); err != nil {
		return err
	}
	if page.Header.Final && !page.Header.More && len(h.has) == h.want && h.confirmed.IsZero() {
		h.confirmed = time.Now()
	}
	return nil
}

// apply does to what the phone holds what a page says: masks, then retractions, then rows. The caller holds mu.
func (h *holder) apply(body *protocol.PageBody) {
	for i := range body.Masks {
		if erases(&body.Masks[i]) {
			for key := range h.has {
				h.has[key] = false
			}
		}
	}
	for _, id := range body.Retracts {
		delete(h.has, bench.Key(id))
	}
	for i := range body.Rows {
		row, key := &body.Rows[i], bench.Key(body.Rows[i].ID)
		switch {
		case row.Collection == model.Customers:
			s, known := h.book[key]
			h.has[key] = known && isCustomer(row, s)
		case row.Collection == model.People && row.ID == model.RecordID(h.User): // of oneself
		default:
			h.strange++
		}
	}
}

// erases says whether a mask takes something of a customer that a phone sees.
func erases(m *model.Mask) bool {
	if m.Collection != model.Customers {
		return false
	}
	for _, f := range []model.FieldNo{customerName, customerPhone, customerEmail, customerBilling, customerRemarks, customerStatus} {
		if slices.Contains(m.Fields, f) != m.Keep {
			return true
		}
	}
	return false
}

// Take implements [bench.Holders].
func (h *holders) Take(ctx context.Context, n int) ([]bench.Turn, error) {
	return h.turn(ctx, h.all[:n], "hidden", 0)
}

// Give implements [bench.Holders].
func (h *holders) Give(ctx context.Context, n int) ([]bench.Turn, error) {
	return h.turn(ctx, h.all[:n], "full", len(h.book))
}

// turn sets the customers level of phones' users, one after the other as a change for a label does, and waits until the phones
// have confirmed.
func (h *holders) turn(ctx context.Context, of []*holder, level string, want int) ([]bench.Turn, error) {
	out := make([]bench.Turn, len(of))
	for _, one := range of {
		one.expect(want)
	}
	began := time.Now()
	for i, one := range of {
		out[i].Asked = time.Since(began)
		if err := h.d.setLevels(ctx, h.company.Name, one.Name, map[string]string{"customers": level}); err != nil {
			return nil, fmt.Errorf("set customers to %s: %w", level, err)
		}
		out[i].Answered = time.Since(began)
	}
	for i, one := range of {
		at, bytes, err := one.wait(ctx)
		if err != nil {
			return nil, err
		}
		out[i].Confirmed, out[i].Bytes = at.Sub(began), bytes
	}
	return out, nil
}

// expect says how many customers the phone is to hold from now on.
func (h *holder) expect(want int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.want, h.confirmed, h.bytes, h.heard = want, time.Time{}, 0, time.Now()
}

// silence is how long a phone that has not confirmed may hear nothing before it is given up.
const silence = 10 * time.Second

// wait waits until the phone has confirmed or is given up, and says when that was and how much it got.
func (h *holder) wait(ctx context.Context) (at time.Time, bytes int64, err error) {
	asked := time.Now()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		h.mu.Lock()
		at, bytes, err = h.confirmed, h.bytes, h.broke
		if at.IsZero() && min(time.Since(h.heard), time.Since(asked)) > silence {
			h.late, at = true, time.Now()
		}
		h.mu.Unlock()
		if err != nil || !at.IsZero() {
			return at, bytes, err
		}
		select {
		case <-h.news:
		case <-look.C:
		case <-ctx.Done():
			return at, bytes, ctx.Err()
		}
	}
}

// Beside implements [bench.Holders].
func (h *holders) Beside(ctx context.Context, n, room int) ([]bench.Writer, error) {
	phones, err := h.company.phones(len(h.all) + n)
	if err != nil {
		return nil, err
	}
	return h.d.write(ctx, h.company.Desk, phones[len(h.all):], room, false)
}

// Wrong implements [bench.Holders].
func (h *holders) Wrong() (checked int, wrong []string) {
	more, fewer, changed, strange, late := 0, 0, 0, 0, 0
	for _, one := range h.all {
		one.mu.Lock()
		more += max(0, len(one.has)-one.want)
		fewer += max(0, one.want-len(one.has))
		for _, right := range one.has {
			if one.want > 0 && !right {
				changed++
			}
		}
		strange += one.strange
		if one.late {
			late++
		}
		one.mu.Unlock()
	}
	if more+fewer+changed+strange+late > 0 {
		wrong = []string{fmt.Sprintf("on %d phones are %d customers too many and %d too few, %d are not as a phone may see them, and %d other records came; %d phones confirmed nothing",
			len(h.all), more, fewer, changed, strange, late)}
	}
	return len(h.all), wrong
}

// Close implements [bench.Holders].
func (h *holders) Close() {
	h.quiet()
	for _, one := range h.all {
		one.Close()
	}
	h.reading.Wait()
}
