package races

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Doors is a gateway as one user's devices, and the office, come to it.
type Doors interface {
	// SignIn spends a ticket; *Elsewhere when another device is active. After any other error nothing is known.
	SignIn(ctx context.Context, a Ask) (Seat, error)
	// Dial opens a connection to the host that a hello names.
	Dial(ctx context.Context) (conn protocol.Conn, host string, err error)
	// End ends what is live of the user, and says whether anything was.
	End(ctx context.Context) (bool, error)
	// Pause lets something else happen, or the server come back.
	Pause(ctx context.Context, most time.Duration)
}

// Ask is a sign-in.
type Ask struct {
	Device    model.DeviceID // of an earlier one
	PublicKey []byte
	Ticket    [32]byte
	TakeOver  uint64
}

// Seat is a session.
type Seat struct {
	Tenant model.TenantID
	User   model.UserID
	Device model.DeviceID
	Secret [32]byte
	Epoch  uint64
}

// Elsewhere says that another device is active.
type Elsewhere struct{ Epoch uint64 }

func (e *Elsewhere) Error() string { return fmt.Sprintf("epoch %d is live", e.Epoch) }

// Tickets is how many single-use tickets each device of a race has in advance.
const Tickets = 3

// Race is one race.
type Race struct {
	doors   Doors
	seed    uint64
	devices []*device
	ends    bool // the office ends a session in between
	ended   bool
	dies    bool // the server does, and comes back
	History History

	mu     sync.Mutex // guards faults
	faults []string
}

// NewRace makes a race of two or three devices, by the tickets of which each has [Tickets].
func NewRace(doors Doors, seed uint64, tickets func() [32]byte) (*Race, error) {
	rnd := draws(seed, 0)
	r := &Race{doors: doors, seed: seed, ends: rnd.IntN(4) == 0}
	for n := range 2 + rnd.IntN(2) {
		d, err := newDevice(r, n+1)
		if err != nil {
			return nil, err
		}
		for range Tickets {
			d.tickets = append(d.tickets, tickets())
		}
		r.devices = append(r.devices, d)
	}
	return r, nil
}

// Dies says before the race that the server dies in it: then a sign-in may go unanswered, and the office ends nothing.
func (r *Race) Dies() { r.dies, r.ends = true, false }

func draws(seed uint64, n int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(n))) }

// Play has everybody race, and then lets the dust settle: one device is live and can push, it is told when the office ends
// its session, and what the others did not get in they hand in.
func (r *Race) Play(ctx context.Context) {
	start := make(chan struct{})
	var all sync.WaitGroup
	for _, d := range r.devices {
		all.Go(func() {
			<-start
			d.race(ctx)
		})
	}
	if r.ends {
		all.Go(func() {
			<-start
			r.doors.Pause(ctx, 20*time.Millisecond)
			r.end(ctx)
		})
	}
	close(start)
	all.Wait()
	r.settle(ctx)
}

// end is the office's word.
func (r *Race) end(ctx context.Context) {
	e := Event{Kind: End, Call: r.History.Now()}
	did, err := r.doors.End(ctx)
	switch {
	case err != nil:
		e.Answer = Unheard
		r.fault("the office's end: %v", err)
	case did:
		e.Answer, r.ended = In, true
	}
	r.History.Add(e)
}

func (r *Race) settle(ctx context.Context) {
	var live []*device
	for _, d := range r.devices {
		if d.seated() && d.connect(ctx, false) {
			d.draft(1)
			if d.push(ctx, d.unsettled()); d.conn != nil {
				live = append(live, d)
			}
		}
	}
	if len(live) > 1 || len(live) == 0 && !r.ended {
		r.fault("%d devices are live in the end", len(live))
	}
	r.end(ctx)
	for _, d := range live {
		if !errors.Is(d.hear(ctx), errOver) {
			r.fault("device %d is live, and is not told that the office ends its session", d.number)
		}
	}
	for _, d := range r.devices {
		d.draft(1)
		d.handIn(ctx)
	}
}

// Fact is one that was answered: it is there once.
type Fact struct {
	ID    model.ChangeID
	User  model.UserID
	First uint64 // the oldest live session that it may have come by
	Epoch uint64 // the newest: the one that had the answer; 0: it was handed in
}

// Facts is what was answered.
func (r *Race) Facts() (out []Fact) {
	for _, d := range r.devices {
		for _, f := range d.facts {
			if f.settled {
				out = append(out, Fact{f.change.ID, d.seat.User, f.first, f.live})
			}
		}
	}
	return out
}

// Faults is what is wrong, of the devices' histories too.
func (r *Race) Faults() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := append([]string(nil), r.faults...)
	if wrong := Check(r.History.Events()); wrong != "" {
		out = append(out, "the devices' history: "+wrong)
	}
	return out
}

func (r *Race) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// elsewhere is the epoch of an answer that another device is active.
func elsewhere(err error) (uint64, bool) {
	e, ok := errors.AsType[*Elsewhere](err)
	if !ok {
		return 0, false
	}
	return e.Epoch, true
}
