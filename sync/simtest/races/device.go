package races

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crypto "crypto/rand"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// device is one as a stranger would write it from SPEC.md, that pushes as fast as it can. One goroutine at a time has it.
type device struct {
	r       *Race
	number  int
	rnd     *rand.Rand
	key     *ecdsa.PrivateKey
	public  []byte
	tickets [][32]byte
	seat    Seat
	over    bool   // it was told that the session of its seat is over
	token   uint64 // of its last welcome
	pushes  uint64
	facts   []*fact
	conn    protocol.Conn // nil: none
	lane    bool          // conn is the hand-in's
}

// fact is what a device made.
type fact struct {
	change  model.Change
	number  uint64
	settled bool
	first   uint64 // the epoch under which it was sent first on the live lane
	live    uint64 // the epoch under which it was settled on the live lane; 0: it was not
}

var (
	errOver = errors.New("the session is over")
	errGone = errors.New("the connection is over")
)

// hearing bounds how long a device waits for a word that is due.
const hearing = 30 * time.Second

func newDevice(r *Race, number int) (*device, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), crypto.Reader)
	if err != nil {
		return nil, err
	}
	public, err := protocol.PublicKey(key)
	return &device{r: r, number: number, rnd: draws(r.seed, number), key: key, public: public}, err
}

func (d *device) seated() bool { return d.seat.Epoch != 0 }

// race signs in, pushes until it is told that another device took its place, looks whether its old place is really taken,
// and sometimes takes it back.
func (d *device) race(ctx context.Context) {
	for range 1 + d.rnd.IntN(Tickets-1) {
		if !d.signIn(ctx) {
			return
		}
		d.draft(3 + d.rnd.IntN(6))
		d.connect(ctx, false) // what is open is of a session before
		d.work(ctx)
		if d.over {
			d.r.doors.Pause(ctx, time.Millisecond)
			d.connect(ctx, false) // it is refused; a real client does not even try (domain F4)
		}
		if d.rnd.IntN(2) == 0 {
			d.leave()
		}
	}
}

// signIn takes the place of whoever is there, asked again as long as it is somebody else.
func (d *device) signIn(ctx context.Context) bool {
	ask := Ask{Device: d.seat.Device, PublicKey: d.public}
	for range 12 {
		if len(d.tickets) == 0 {
			return false
		}
		ask.Ticket = d.tickets[0]
		e := Event{Kind: SignIn, Device: d.number, TakeOver: ask.TakeOver, Call: d.r.History.Now()}
		seat, err := d.r.doors.SignIn(ctx, ask)
		live, asked := elsewhere(err)
		switch {
		case err == nil:
			e.Answer, e.Epoch = In, seat.Epoch
			d.seat, d.over, d.tickets = seat, false, d.tickets[1:]
		case asked:
			e.Epoch, ask.TakeOver = live, live
		default: // the server died with the answer; the ticket may be spent
			e.Answer, d.tickets, ask.TakeOver = Unheard, d.tickets[1:], 0
			if !d.r.dies {
				d.r.fault("device %d signs in: %v", d.number, err)
			}
		}
		d.r.History.Add(e)
		if err == nil {
			return true
		}
		if !asked {
			d.r.doors.Pause(ctx, time.Millisecond)
		}
	}
	return false
}

// work pushes what is there, over connections that drop.
func (d *device) work(ctx context.Context) {
	for range 6 {
		for d.conn != nil || d.connect(ctx, false) {
			left := d.unsettled()
			if len(left) == 0 {
				return
			}
			d.push(ctx, left)
			if d.conn != nil && d.rnd.IntN(6) == 0 && !d.connect(ctx, false) {
				break
			}
		}
		if d.over {
			return
		}
		d.r.doors.Pause(ctx, 2*time.Millisecond)
	}
}

// connect is welcomed on a lane, or is told why not. Sometimes the server learns only later that the connection before is dead:
// what it cleans up then must not be the new one's.
func (d *device) connect(ctx context.Context, handIn bool) bool {
	if before := d.conn; before != nil {
		if d.rnd.IntN(2) == 0 {
			d.leave()
		}
		defer func() { _ = before.Close(protocol.CodeNone, "") }() // it may be closed already
	}
	return d.enter(ctx, handIn)
}

// enter says hello on a new connection.
func (d *device) enter(ctx context.Context, handIn bool) bool {
	d.conn = nil
	conn, host, err := d.r.doors.Dial(ctx)
	if err != nil {
		return false
	}
	d.conn, d.lane = conn, handIn
	e := Event{Kind: Act, Device: d.number, Epoch: d.seat.Epoch, Call: d.r.History.Now()}
	m, err := d.next(ctx)
	challenge, ok := m.(*protocol.Challenge)
	if err != nil || !ok {
		d.leave()
		return false
	}
	hello := &protocol.Hello{
		Version: protocol.Version, Tenant: d.seat.Tenant, Device: d.seat.Device, Secret: d.seat.Secret, Token: d.token,
		Next: uint64(len(d.facts)) + 1, HandIn: handIn,
	}
	if protocol.SignHello(d.key, challenge, hello, host) != nil || d.send(ctx, hello) != nil {
		d.leave()
		return false
	}
	m, err = d.next(ctx)
	welcome, ok := m.(*protocol.Welcome)
	switch {
	case ok && welcome.Device != d.seat.Device:
		d.r.fault("device %d is taken for another that has its key", d.number)
		d.leave()
		return false
	case ok:
		d.token, e.Answer = welcome.Token, In
	case !errors.Is(err, errOver):
		d.leave()
		return false
	}
	if !handIn {
		d.r.History.Add(e)
	}
	return ok
}

// push sends changes, a few ahead of their answers, until all are answered or the connection is over.
func (d *device) push(ctx context.Context, all []*fact) {
	type sent struct {
		*fact
		call int64
	}
	ahead := 1 + d.rnd.IntN(3)
	var waiting []sent
	for len(all)+len(waiting) > 0 && d.conn != nil {
		if len(all) > 0 && len(waiting) < ahead {
			waiting = append(waiting, sent{all[0], d.r.History.Now()})
			if !d.lane && all[0].first == 0 {
				all[0].first = d.seat.Epoch
			}
			if d.send(ctx, d.pushOf(all[0])) != nil {
				_ = d.hear(ctx) // it is noted there
			}
			all = all[1:]
			continue
		}
		m, _ := d.next(ctx) // why it is over is noted there
		answers, ok := m.(*protocol.Answers)
		if !ok {
			continue
		}
		for _, a := range answers.Answers {
			d.answered(waiting[0].fact, a, waiting[0].call)
			waiting = waiting[1:]
		}
	}
}

func (d *device) answered(f *fact, a model.Answer, call int64) {
	if !a.Outcome.In() {
		d.r.fault("device %d: a fact is %s, reason %d", d.number, a.Outcome, a.Reason)
		return
	}
	f.settled = true
	if !d.lane {
		f.live = d.seat.Epoch
		d.r.History.Add(Event{Kind: Act, Answer: In, Device: d.number, Epoch: d.seat.Epoch, Call: call})
	}
}

func (d *device) pushOf(f *fact) *protocol.Push {
	d.pushes++
	push := &protocol.Push{Number: d.pushes}
	body, blobs, err := protocol.EncodeChange(&f.change)
	if err != nil || !push.Add(protocol.PushedChange{Number: f.number, Body: body}, blobs) {
		d.r.fault("device %d: a fact cannot be said: %v", d.number, err)
	}
	return push
}

// handIn brings in what did not get in while its session was live.
func (d *device) handIn(ctx context.Context) {
	for range 6 {
		if !d.seated() || len(d.unsettled()) == 0 {
			return
		}
		if d.connect(ctx, true) {
			d.push(ctx, d.unsettled())
			d.leave()
		}
	}
	d.r.fault("device %d: %d facts are not handed in", d.number, len(d.unsettled()))
}

// draft makes facts: one of a timesheet needs nothing else to be there.
func (d *device) draft(n int) {
	if !d.seated() {
		return
	}
	for range n {
		c := model.Change{
			Author: d.seat.User, Op: model.OpCreate, Collection: model.TimesheetEvents,
			Fields: []model.Assign{{Field: model.TimeKind, Value: model.Text("shift_start")}},
		}
		_, _ = crypto.Read(c.ID[:])
		c.Record = model.RecordID(c.ID)
		c.Occurred.Wall = model.Instant(time.Now().UnixMilli()) //nolint:forbidigo // a device has a clock: fake in a bubble, real at sockets
		d.facts = append(d.facts, &fact{change: c, number: uint64(len(d.facts)) + 1})
	}
}

func (d *device) unsettled() (out []*fact) {
	for _, f := range d.facts {
		if !f.settled {
			out = append(out, f)
		}
	}
	return out
}

// hear listens until the connection is over, and says how.
func (d *device) hear(ctx context.Context) error {
	for d.conn != nil {
		if _, err := d.next(ctx); err != nil {
			return err
		}
	}
	return errGone
}

// next is what is said next; it answers a drain, and leaves when the connection is over.
func (d *device) next(ctx context.Context) (protocol.Message, error) {
	if d.conn == nil {
		return nil, errGone
	}
	ctx, cancel := context.WithTimeout(ctx, hearing)
	defer cancel()
	frame, err := d.conn.Recv(ctx)
	if err != nil {
		d.leave()
		return nil, errGone
	}
	m, err := protocol.Decode(frame)
	if err != nil {
		d.r.fault("device %d: %v", d.number, err)
		d.leave()
		return nil, errGone
	}
	switch m := m.(type) {
	case *protocol.Drain:
		_ = d.send(ctx, &protocol.Ping{}) // when it is over, the next word says so
	case *protocol.Bye:
		d.leave()
		return m, d.farewell(m)
	}
	return m, nil
}

// farewell is what a last word means.
func (d *device) farewell(bye *protocol.Bye) error {
	switch bye.Code {
	case protocol.CodeSuperseded, protocol.CodeEnded:
	case protocol.CodeReplaced, protocol.CodeTrouble, protocol.CodeRestart:
		return errGone
	default:
		d.r.fault("device %d: bye %d %s (%s)", d.number, bye.Code, bye.Code, bye.Text)
		return errGone
	}
	if !d.lane {
		d.over = true
		d.r.History.Add(Event{Kind: Told, Device: d.number, Epoch: d.seat.Epoch, Call: d.r.History.Now()})
	}
	return errOver
}

func (d *device) send(ctx context.Context, m protocol.Message) error {
	if d.conn == nil {
		return errGone
	}
	return d.conn.Send(ctx, protocol.Encode(m))
}

// leave ends the connection as a phone in a lift does.
func (d *device) leave() {
	if d.conn != nil {
		_ = d.conn.Close(protocol.CodeNone, "") // it may be closed already
		d.conn = nil
	}
}
