package fleet

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/fieldsync/fieldsync/bench"
	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
)

// seats are people of one company.
type seats struct {
	d    *driver
	all  []*seat
	seen moves
	rest []*Device // phones of those who only write
}

// moves counts what was seen of the devices that were left.
type moves struct {
	all, untold, wrote, entered int
}

// seat is a person and their two devices.
type seat struct {
	on, off *Device
	tickets [][32]byte
	line    *line
	heard   chan farewell // gets the last of the line
}

// farewell is how a line ended.
type farewell struct {
	bye     *protocol.Bye // nil: there was none
	at      time.Time     // of the last frame
	answers int           // that came after the bye
}

// Seats implements [bench.Driver].
func (d *driver) Seats(ctx context.Context, n int) (bench.Seats, error) {
	if d.endSession == nil {
		return nil, bench.ErrNone
	}
	phones, err := d.companies.Seats.phones(n)
	if err != nil {
		return nil, err
	}
	if d.seats == nil {
		if d.seats, err = d.seat(ctx, phones); err != nil {
			return nil, err
		}
	}
	h := &seats{d: d, all: d.seats[:n], rest: d.companies.Seats.Phones[n:]}
	err = bench.Each(ctx, n, bench.Opening, func(i int) error { return h.all[i].connect(d) })
	return h, err
}

// notesPerSeat is more than anybody writes on one device.
const notesPerSeat = 100

// seat gives phones' users a second device each, and both a job to write on.
func (d *driver) seat(ctx context.Context, phones []*Device) ([]*seat, error) {
	out := make([]*seat, len(phones))
	both := make([]*Device, 0, 2*len(phones))
	for i, p := range phones {
		key, err := newKey()
		if err != nil {
			return nil, err
		}
		second := &Device{Identity: p.Identity, Key: key}
		second.Device, second.Secret = [16]byte{}, [32]byte{}
		out[i] = &seat{on: p, off: second, tickets: p.Tickets}
		both = append(both, p, second)
	}
	d.desks = append(d.desks, d.companies.Seats.Desk)
	return out, d.assign(d.companies.Seats.Desk, both, notesPerSeat)
}

// connect connects the device that the person is on, as one that has nothing, until it is current, and writes a note: it is
// the live one.
func (s *seat) connect(d *driver) error {
	if err := s.enter(d); err != nil {
		return err
	}
	return s.prove(d)
}

// enter connects and catches up.
func (s *seat) enter(d *driver) (err error) {
	s.on.cursor = nil
	s.line, err = d.open(s.on)
	return err
}

// prove writes a note, which must be taken, and reads on.
func (s *seat) prove(d *driver) error {
	w := d.writers[s.on]
	w.line, w.way = s.line, nil
	if _, err := w.Send(1); err != nil {
		return err
	}
	for n := 0; n == 0; {
		var err error
		if n, err = w.Recv(); err != nil {
			return fmt.Errorf("write on the device that is live: %w", err)
		}
	}
	s.heard = make(chan farewell, 1)
	go func(l *line, heard chan<- farewell) { heard <- l.untilOver() }(s.line, s.heard)
	return nil
}

// untilOver reads until the line is cut. Asked to finish, the device says that it has nothing left to send.
func (l *line) untilOver() (f farewell) {
	for {
		m, _, err := l.recv()
		if last, ok := errors.AsType[*byeError](err); ok {
			f.bye, f.at = last.bye, time.Now()
			continue
		}
		if err != nil {
			return f
		}
		switch m := m.(type) {
		case *protocol.Drain:
			_ = l.send(&protocol.Ping{}) // a dead line shows when it is read
		case *protocol.Page:
			_ = l.take(m)
		case *protocol.Answers:
			if f.bye != nil {
				f.answers++
			}
		}
	}
}

// signIn spends a ticket for the device that the person is not on.
func (s *seat) signIn(ctx context.Context, d *driver, takeOver string) error {
	if len(s.tickets) == 0 {
		return errors.New("the person has no ticket left")
	}
	public, err := protocol.PublicKey(s.off.Key)
	if err != nil {
		return err
	}
	in, err := device.SignIn(ctx, nil, d.server, device.Credentials{
		Tenant: d.companies.Seats.Name, Ticket: hex.EncodeToString(s.tickets[0][:]), Device: s.off.Device, PublicKey: public,
		Label: "second", Platform: "bench", App: "bench", TakeOver: takeOver,
	})
	if err != nil {
		return err
	}
	s.tickets = s.tickets[1:]
	s.off.Identity = in
	return nil
}

// TakeOver implements [bench.Seats].
func (h *seats) TakeOver(ctx context.Context, person int) (m bench.Move, err error) {
	s := h.all[person]
	asked := time.Now()
	active, ok := errors.AsType[*device.ActiveError](s.signIn(ctx, h.d, ""))
	if !ok {
		return m, errors.New("the second device was let in without a question")
	}
	m.Question = time.Since(asked)
	return m, h.move(ctx, s, &m, func() error { return s.signIn(ctx, h.d, active.Epoch) }, nil)
}

// Kick implements [bench.Seats].
func (h *seats) Kick(ctx context.Context, person int) (m bench.Move, err error) {
	s := h.all[person]
	end := func() error { return h.d.endSession(ctx, h.d.companies.Seats.Name, s.on.Name) }
	return m, h.move(ctx, s, &m, end, func() error { return s.signIn(ctx, h.d, "") })
}

// move ends the session of the device that the person is on, brings them to the other, and looks at the one that was left.
func (h *seats) move(ctx context.Context, s *seat, m *bench.Move, end, then func() error) error {
	old, heard := s.line, s.heard
	began := time.Now()
	if err := end(); err != nil {
		return err
	}
	m.Answered = time.Since(began)
	if then != nil {
		if err := then(); err != nil {
			return err
		}
	}
	s.on, s.off = s.off, s.on
	if err := s.enter(h.d); err != nil {
		return err
	}
	m.Current = time.Since(began)
	gone := time.AfterFunc(patience, old.cut)
	defer gone.Stop()
	if err := h.late(old); err != nil {
		return err
	}
	left := <-heard
	m.Last = max(0, left.at.Sub(began))
	h.seen.note(left, h.returns(s.off))
	return s.prove(h.d)
}

// late pushes a note on a line whose session has ended; the line may be closed already.
func (h *seats) late(l *line) error {
	next := l.next
	push, err := l.pushOf(l.note(h.d.writers[l.Device].jobs[0].id))
	l.next = next // nobody gets to see this note: the next one has its number
	if err != nil {
		return err
	}
	_ = l.send(push) // it may be closed already
	return nil
}

// returns says whether a device that was left is let in again on the live lane.
func (h *seats) returns(d *Device) bool {
	l, err := h.d.connect(d, false)
	if err == nil {
		l.Close()
		return true
	}
	last, ok := errors.AsType[*byeError](err)
	return !ok || !last.bye.Code.Stops()
}

func (m *moves) note(left farewell, entered bool) {
	m.all++
	if left.bye == nil || !left.bye.Code.Stops() {
		m.untold++
	}
	if left.answers > 0 {
		m.wrote++
	}
	if entered {
		m.entered++
	}
}

// Beside implements [bench.Seats].
func (h *seats) Beside(ctx context.Context, n, room int) ([]bench.Writer, error) {
	if n > len(h.rest) {
		return nil, fmt.Errorf("%w: %d more are needed, there are %d", errDevices, n, len(h.rest))
	}
	return h.d.write(ctx, h.d.companies.Seats.Desk, h.rest[:n], room, false)
}

// Wrong implements [bench.Seats].
func (h *seats) Wrong() (checked int, wrong []string) {
	m := &h.seen
	if m.untold+m.wrote+m.entered > 0 {
		wrong = []string{fmt.Sprintf("of %d devices that were left %d were not told, %d wrote afterwards and %d came in again", m.all, m.untold, m.wrote, m.entered)}
	}
	checked, *m = m.all, moves{}
	return checked, wrong
}

// Close implements [bench.Seats].
func (h *seats) Close() {
	for _, s := range h.all {
		s.line.Close()
		<-s.heard
	}
}
