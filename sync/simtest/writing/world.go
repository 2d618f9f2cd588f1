package writing

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Lengths of time, in milliseconds.
const (
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// began is when every world begins.
const began model.Instant = 1_790_000_000_000

// user is a person of the company.
type user struct {
	id     model.UserID
	name   string
	kind   model.UserKind
	levels map[access.Permission]access.Level // of the mobile set
	since  model.Instant                      // when the levels last changed
}

func (u *user) office() bool { return u.kind == model.Desktop }

func (u *user) has(p access.Permission) bool { return u.levels[p] == access.On }

// World is one company, its phones and its network.
type World struct {
	opt   Options
	store *faulty
	eng   *engine.Engine
	table *model.Table
	now   model.Instant

	tenant model.TenantID
	amy    *user // the office
	ben    *user // an engineer
	sue    *user // a subcontractor
	cal    *user // who takes ben's place now and then; nil: nobody does
	away   *user // whose place is taken; nil: nobody's
	users  []*user

	stands int64 // how long an offer waits for its answer; 0: for ever

	phones  []*phone
	frames  []*frame
	replies []*reply
	slots   map[string]storage.Slot // as last seen
	o       *oracle

	first func(last bool) // shows the oracle the first of two frames that share a commit

	rng    *rand.Rand // of the present step
	step   int
	values int
	phys   int
	counts Counts
	fails  []string
}

// Options is how a history runs.
type Options struct {
	Seed  uint64
	Steps int
	Trace io.Writer             // nil: silent
	Plant func(bug string) bool // bugs of the replica and of the harness; nil: none. Those of the engine are engine.Plant
}

// Counts says how much a history was.
type Counts struct {
	Saved, Commits, Crashed, Applied, Conflicts, Held, Released, Takeovers, Rolled, Twins, Repeats, Rejudged, Shared, Lapsed, Replaced int
	Rounds                                                                                                                             int // to empty the outboxes, at most
}

func (w *World) bug(name string) bool { return w.opt.Plant != nil && w.opt.Plant(name) }

// stream is a source of randomness of its own.
func (w *World) stream(name string, n int) *rand.ChaCha8 {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], w.opt.Seed)
	binary.BigEndian.PutUint64(seed[8:], uint64(n))
	copy(seed[16:], name)
	return rand.NewChaCha8(seed)
}

// newWorld makes a company with one customer, three jobs and nobody signed in.
func newWorld(opt Options) *World {
	w := &World{
		opt: opt, now: began, slots: map[string]storage.Slot{},
		store: &faulty{Store: memstore.New(1 << 32)},
	}
	w.rng = rand.New(w.stream("setup", 0))
	w.eng = engine.New(engine.Config{Store: w.store, Random: w.stream("engine", 0), Decode: protocol.DecodeChange})
	table, err := model.NewTable(model.Builtin(), nil)
	w.must(err)
	w.table = table
	w.o = newOracle(w)
	ctx := context.Background()
	w.tenant, err = w.eng.AddTenant(ctx, "acme", w.now)
	w.must(err)
	if opt.Seed%3 == 0 {
		w.stands = hour
	}
	_, err = w.eng.Configure(ctx, w.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
		s.OfferStands = w.stands
		s.Sessions.Idle, s.Sessions.Absolute = 1<<50, 1<<50 // years pass here, and an end has one cause that the oracle knows
		return nil
	}}, w.now)
	w.must(err)
	w.amy = w.hire("amy", model.Desktop, nil)
	full := map[access.Permission]access.Level{
		access.MobileEnabled: access.On, access.MobileCreateJob: access.On, access.MobileEditJob: access.On,
		access.MobileAssignJobs: access.Off, access.MobileCustomers: access.Full, access.MobileTimesheets: access.Full,
	}
	w.ben = w.hire("ben", model.Mobile, full)
	less := map[access.Permission]access.Level{
		access.MobileEnabled: access.On, access.MobileCreateJob: access.Off, access.MobileEditJob: access.On,
		access.MobileAssignJobs: access.Off, access.MobileCustomers: access.Hidden, access.MobileTimesheets: access.None,
	}
	if opt.Seed%4 == 2 {
		w.cal = w.hire("cal", model.Mobile, full)
	}
	w.sue = w.hire("sue", model.Subcontractor, less)
	return w
}

func (w *World) must(err error) {
	if err != nil {
		panic(fmt.Sprintf("the world cannot be made: %v", err))
	}
}

func (w *World) hire(name string, kind model.UserKind, levels map[access.Permission]access.Level) *user {
	u := &user{name: name, kind: kind, levels: levels}
	var err error
	u.id, err = w.eng.AddAccount(context.Background(), w.tenant, engine.NewAccount{
		Login: name, Name: name, Kind: kind, Levels: u.sets().Encode(),
	}, w.now)
	w.must(err)
	w.users = append(w.users, u)
	return u
}

func (u *user) sets() access.Sets {
	if u.office() {
		return access.RoleSets(access.Admin)
	}
	return access.Sets{Mobile: u.levels}
}

// setLevel narrows or widens a right.
func (w *World) setLevel(u *user, p access.Permission, l access.Level) {
	levels := map[access.Permission]access.Level{}
	for k, v := range u.levels {
		levels[k] = v
	}
	levels[p] = l
	u.levels, u.since = levels, w.now
	w.logf("levels of %s: %v %v", u.name, p, l)
	err := w.eng.SetLevels(context.Background(), w.tenant, u.id, u.sets().Encode(), w.now)
	if errors.Is(err, storage.ErrUnknown) { // the office tries again
		if w.store.durable {
			w.regained()
		}
		err = w.eng.SetLevels(context.Background(), w.tenant, u.id, u.sets().Encode(), w.now)
	}
	w.must(err)
	w.regained()
}

// regained follows what a commit that changed rights judged again.
func (w *World) regained() {
	w.o.touch = map[model.RecordID]bool{}
	w.o.settle()
}

// pass lets time pass.
func (w *World) pass(d int64) { w.now += model.Instant(d) }

func (w *World) failf(format string, args ...any) {
	text := fmt.Sprintf("step %d: ", w.step) + fmt.Sprintf(format, args...)
	w.logf("FAIL %s", text)
	w.fails = append(w.fails, text)
}

func (w *World) logf(format string, args ...any) {
	if w.opt.Trace != nil {
		fmt.Fprintf(w.opt.Trace, "%4d %s  %s\n", w.step, span(w.now-began), fmt.Sprintf(format, args...))
	}
}

func span(d model.Instant) string {
	return fmt.Sprintf("%dd %02d:%02d:%02d", d/day, d/hour%24, d/minute%60, d/second%60)
}

// view reads the store.
func (w *World) view(read func(storage.Reader)) {
	w.must(w.store.View(context.Background(), w.tenant, func(r storage.Reader) error {
		read(r)
		return nil
	}))
}

// value is a text that no other change ever writes, so that what is shown tells who wrote it.
func (w *World) value() model.Value {
	w.values++
	return model.Text(fmt.Sprintf("v%d", w.values))
}

// short names an id in a trace.
func short[K any](id model.Ident[K]) string { return id.String()[:6] }
