package races

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

const host = "sync.test"

// warm makes what protocol makes once and keeps: it must not belong to one race's bubble.
var warm = sync.OnceFunc(func() {
	packed, _ := protocol.Compress(make([]byte, 4096))
	_, _ = protocol.DecodePageBody(packed, true)
})

// Simulate plays the race of a seed in a bubble of its own; it gives what is wrong with it, and how many live commits it had.
func Simulate(t *testing.T, seed uint64) (faults []string, live int) {
	warm()
	synctest.Test(t, func(t *testing.T) {
		s, err := newSimulated(t.Context(), seed)
		if err != nil {
			t.Fatal(err)
		}
		race, err := NewRace(s, seed, func() [32]byte { return s.ticket(t) })
		if err != nil {
			t.Fatal(err)
		}
		race.Play(t.Context())
		faults = race.Faults()
		if wrong := Check(s.engine.commits.Events()); wrong != "" {
			faults = append(faults, "the commits: "+wrong)
		}
		facts := race.Facts()
		if lost := s.lost(t, facts); lost > 0 {
			faults = append(faults, "what was acknowledged is not there")
		}
		live = Live(facts)
		s.conversations.Wait()
	})
	return faults, live
}

// simulated is a gateway in memory, whose commits take a time that the seed says.
type simulated struct {
	engine        *witness
	store         *memstore.Store
	hub           *session.Hub
	gate          *session.Gate
	server        *session.Server
	tenant        model.TenantID
	user          model.UserID
	conversations sync.WaitGroup

	mu  sync.Mutex // guards rnd
	rnd *mathrand.Rand
}

func newSimulated(ctx context.Context, seed uint64) (*simulated, error) {
	s := &simulated{store: memstore.New(1 << 32), hub: session.NewHub(), rnd: draws(seed, 1<<20)}
	s.engine = &witness{
		Engine:  engine.New(engine.Config{Store: delayed{s.store, s}, Random: rand.Reader, Decode: protocol.DecodeChange}),
		devices: map[string]int{},
	}
	var err, err2 error
	if s.tenant, err = s.engine.AddTenant(ctx, "acme", s.now()); err != nil {
		return nil, err
	}
	s.user, err = s.engine.AddAccount(ctx, s.tenant, engine.NewAccount{
		Login: "ben", Name: "Ben", Kind: model.Mobile, Levels: access.DefaultSets(model.Mobile).Encode(),
	}, s.now())
	drain := time.Duration(0)
	if seed%2 == 0 {
		drain = -1
	}
	s.gate, err2 = session.NewGate(session.GateConfig{Accounts: s.engine, Hub: s.hub, Passwords: session.NewPasswords(1), Drain: drain})
	err = errors.Join(err, err2)
	s.server, err2 = session.NewServer(session.Config{Engine: s.engine, Hub: s.hub, Sight: s.engine.Audiences, Search: s.engine.Search})
	return s, errors.Join(err, err2)
}

func (s *simulated) now() model.Instant {
	return model.Instant(time.Now().UnixMilli()) //nolint:forbidigo // the bubble's
}

func (s *simulated) ticket(t *testing.T) [32]byte {
	k, err := s.gate.Issue(t.Context(), s.tenant, model.NewTicket{Kind: model.TicketSignIn, User: s.user, Proven: s.now()})
	if err != nil {
		t.Fatal(err)
	}
	return k.Secret
}

// lost counts the facts that are not whole in the store.
func (s *simulated) lost(t *testing.T, facts []Fact) (n int) {
	err := s.store.View(t.Context(), s.tenant, func(r storage.Reader) error {
		for _, f := range facts {
			_, decided := r.Row(storage.TableOutcomes, string(f.ID[:]))
			if _, ok := r.Record(model.RecordID(f.ID)); !ok || !decided {
				n++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// SignIn is at the doors.
func (s *simulated) SignIn(ctx context.Context, a Ask) (Seat, error) {
	in, err := s.gate.SignIn(ctx, session.SignInRequest{
		Tenant: "acme", Ticket: a.Ticket, Device: a.Device, PublicKey: a.PublicKey, TakeOver: model.Epoch(a.TakeOver), Address: "10.0.0.1",
	})
	if active, ok := errors.AsType[*model.Active](err); ok {
		return Seat{}, &Elsewhere{uint64(active.Epoch)}
	}
	return Seat{Tenant: in.Tenant, User: in.User, Device: in.Device, Secret: in.Token, Epoch: uint64(in.Epoch)}, err
}

// Dial is at the doors.
func (s *simulated) Dial(context.Context) (protocol.Conn, string, error) {
	ours, theirs := protocol.Pipe()
	s.conversations.Go(func() {
		_ = s.server.Serve(context.Background(), theirs, session.Peer{Tenant: s.tenant, Host: host}) // the device is told what is wrong
	})
	return ours, host, nil
}

// End is at the doors.
func (s *simulated) End(ctx context.Context) (bool, error) {
	ended, err := s.gate.End(ctx, s.tenant, model.Ending{User: s.user, Reason: model.EndOffice, Choice: model.EndNow})
	return len(ended) > 0, err
}

// Pause lets others go first, for a time that the seed says. It is in nanoseconds, so that hardly any two are alike.
func (s *simulated) Pause(_ context.Context, most time.Duration) {
	s.mu.Lock()
	wait := time.Duration(s.rnd.Int64N(int64(most)))
	s.mu.Unlock()
	time.Sleep(wait) //nolint:forbidigo // of the bubble's time
}

// delayed is a store whose commits take their time, before and after.
type delayed struct {
	*memstore.Store
	of *simulated
}

// Apply notes when that was decided which the context carries: while the store is locked, so that the order is its own.
func (d delayed) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	d.of.Pause(ctx, time.Millisecond)
	head, err := d.Store.Apply(ctx, t, weight, func(r storage.Reader) (*storage.WriteSet, error) {
		w, err := decide(r)
		if e, ok := ctx.Value(deciding{}).(*Event); ok {
			e.Call, e.Return = d.of.engine.commits.Now(), d.of.engine.commits.Now()
		}
		return w, err
	})
	d.of.Pause(ctx, time.Millisecond)
	if err == nil {
		d.of.hub.Committed(t, session.Touched{Rights: true, History: true})
	}
	return head, err
}
