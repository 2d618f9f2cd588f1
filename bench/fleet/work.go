package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// notesPerJob keeps a job below what one commit can move.
const notesPerJob = 1000

// writer is a phone that writes notes on its jobs.
type writer struct {
	*line
	d    *driver
	jobs []jobRoom
	way  []pushed // on the way, oldest first
}

// jobRoom is a job and how many notes it still takes.
type jobRoom struct {
	id   bench.Key
	left int
}

// pushed is a frame on the way.
type pushed struct {
	number uint64
	notes  []bench.Key
	jobs   []bench.Key
}

// Writers implements [bench.Driver].
func (d *driver) Writers(ctx context.Context, n, room int, follow bool) ([]bench.Writer, error) {
	phones, err := d.companies.Work.phones(n)
	if err != nil {
		return nil, err
	}
	return d.write(ctx, d.companies.Work.Desk, phones, room, follow)
}

// write connects phones that write on jobs which a desk of their company makes for them.
func (d *driver) write(ctx context.Context, desk *Device, phones []*Device, room int, follow bool) ([]bench.Writer, error) {
	if !slices.Contains(d.desks, desk) {
		d.desks = append(d.desks, desk)
	}
	if err := d.assign(desk, phones, room); err != nil {
		return nil, fmt.Errorf("make the writers' jobs: %w", err)
	}
	out := make([]bench.Writer, len(phones))
	err := bench.Each(ctx, len(phones), bench.Opening, func(i int) (err error) {
		w := d.writers[phones[i]]
		w.way = nil
		w.line, err = d.enter(phones[i], follow)
		out[i] = w
		return err
	})
	return out, err
}

// assign makes jobs until each phone has room for so many notes.
func (d *driver) assign(of *Device, phones []*Device, room int) error {
	desk, err := d.open(of)
	if err != nil {
		return err
	}
	defer desk.Close()
	var changes []model.Change
	for _, p := range phones {
		w := d.writers[p]
		if w == nil {
			w = &writer{d: d}
			d.writers[p] = w
		}
		left := 0
		for _, j := range w.jobs {
			left += j.left
		}
		for ; left < room; left += notesPerJob {
			job := draw()
			w.jobs = append(w.jobs, jobRoom{job, notesPerJob})
			changes = append(
				changes,
				desk.create(model.Jobs, model.RecordID(job), set(model.JobTitle, model.Text(bench.Phrase(job, 40)))),
				desk.create(model.Assignments, model.RecordID(draw()), set(model.FieldParent, model.Ref(model.RecordID(job))),
					set(model.AssignmentUser, model.Ref(p.User))),
			)
		}
	}
	return desk.hand(changes)
}

// Send implements [bench.Writer].
func (w *writer) Send(n int) ([]bench.Key, error) {
	out := pushed{notes: make([]bench.Key, n), jobs: make([]bench.Key, n)}
	changes := make([]model.Change, n)
	for i := range changes {
		for len(w.jobs) > 0 && w.jobs[0].left == 0 {
			w.jobs = w.jobs[1:]
		}
		if len(w.jobs) == 0 {
			return nil, errors.New("the phone's jobs are full: the gateway is faster than this benchmark thought possible")
		}
		w.jobs[0].left--
		out.jobs[i] = w.jobs[0].id
		changes[i] = w.note(w.jobs[0].id)
		out.notes[i] = bench.Key(changes[i].ID)
	}
	push, err := w.pushOf(changes...)
	if err != nil {
		return nil, err
	}
	out.number = push.Number
	w.way = append(w.way, out)
	return out.notes, w.send(push)
}

// Recv implements [bench.Writer].
func (w *writer) Recv() (acked int, err error) {
	m, _, err := w.recv()
	if err != nil {
		return 0, err
	}
	switch m := m.(type) {
	case *protocol.Page:
		return 0, w.take(m)
	case *protocol.Answers:
		if len(w.way) == 0 || w.way[0].number != m.Number || len(m.Answers) != len(w.way[0].notes) {
			return 0, errors.New("the gateway answered out of turn")
		}
		if err := applied(m); err != nil {
			return 0, err
		}
		first := w.way[0]
		w.way = w.way[1:]
		w.d.mu.Lock()
		defer w.d.mu.Unlock()
		for i, id := range first.notes {
			w.d.acked[id] = noted{first.jobs[i], bench.Key(w.User)}
		}
		return len(first.notes), nil
	default:
		return 0, nil
	}
}

// download is all that a desk is shown, to which it was told nothing yet.
func (d *driver) download(desk *Device) ([]model.Row, error) {
	desk.cursor = nil
	l, err := d.connect(desk, true)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	rows, _, err := l.follow()
	return rows, err
}

// Audit implements [bench.Driver]: a desk of the office that has nothing yet, in each company, downloads everything, and every note that
// was acknowledged must be among it, as it was written.
func (d *driver) Audit(context.Context) (checked int, wrong []string, err error) {
	var rows []model.Row
	for _, desk := range d.desks {
		of, err := d.download(desk)
		if err != nil {
			return 0, nil, err
		}
		rows = append(rows, of...)
	}
	found, changed, strange := 0, 0, 0
	seen := make(map[bench.Key]bool, len(d.acked))
	for i := range rows {
		key := bench.Key(rows[i].ID)
		if rows[i].Collection != model.Notes || seen[key] {
			continue
		}
		seen[key] = true
		want, ok := d.acked[key]
		switch {
		case !ok:
			strange++
		case rightNote(&rows[i], want):
			found++
		default:
			changed++
		}
	}
	if lost := len(d.acked) - found - changed; lost+changed > 0 || strange > 0 && d.ours {
		wrong = []string{fmt.Sprintf("of %d acknowledged notes %d are lost and %d are not as they were written; %d nobody wrote",
			len(d.acked), lost, changed, strange)}
	}
	return len(d.acked), wrong, nil
}
