package worlds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// house is what a pair is made of: the same in both worlds, for as long as the pair lives.
type house struct {
	kind     model.UserKind
	exact    bool // the hub is told what commits touch, as in real life; else that everything may have changed
	zstd     bool
	budget   int  // bytes of rows in a page; 0: as in real life
	contacts bool // the setting of the job card may show contacts and customers
	money    bool // the person reads invoices
	customer bool // the person may look at customers, until the office hides them for good
	many     int  // customers that the busy world begins with
}

func furnish(seed uint64) house {
	rnd := history.Dice(seed, "house")
	h := house{
		kind:  []model.UserKind{model.Mobile, model.Subcontractor, model.Mobile, model.Subcontractor, model.Portal}[rnd.IntN(5)],
		exact: rnd.IntN(2) == 0, zstd: rnd.IntN(2) == 0, budget: []int{0, 1, 60, 200, 500, 2000}[rnd.IntN(6)],
		contacts: rnd.IntN(4) == 0, money: rnd.IntN(4) == 0, customer: rnd.IntN(3) == 0, many: rnd.IntN(30),
	}
	if h.kind == model.Portal {
		h.customer, h.money, h.contacts = false, false, false
	}
	return h
}

// world is one company under test, with the phone whose frames are compared.
type world struct {
	house

	seed  uint64
	busy  bool
	opt   Options
	ctx   context.Context
	store *telling
	seal  *tokens
	hub   *session.Hub
	log   journal
	desk  *engine.Engine // of the office
	rnd   *rand.Rand     // of the step: the same in both worlds
	other *rand.Rand     // of what happens elsewhere

	tenant  model.TenantID
	amy     model.UserID
	user    model.UserID
	company model.RecordID
	levels  map[access.Permission]access.Level
	phone   *phone
	jobs    []*job
	shared  []model.RecordID // customers of both worlds
	secrets []model.RecordID // ids that only the busy world gives to anything
	spoken  int              // texts said so far
	ahead   model.Instant    // how far the calendar is ahead of the clock, which phones could not wait for

	elsewhere
}

// job is one that the person has, or had.
type job struct {
	id, card, assignment model.RecordID
	own                  bool // made by the person
	lost                 bool // taken away
	gone                 bool // deleted
	forgotten            bool // taken away for good: from now on the worlds differ in it
	begun                bool // the person did something there before
}

// journal is a log that is looked through.
type journal struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// take is what was written since the last call.
func (j *journal) take() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	defer j.text.Reset()
	return bytes.Clone(j.text.Bytes())
}

// telling is a store that tells the hub of every commit after it is there.
type telling struct {
	storage.Store

	hub   *session.Hub
	exact bool
	late  *session.Touched // of commits that make one moment together; nil: each is told
}

// together makes one moment of several commits: how many there are of them is how much the server has to do, which is not
// what is compared.
func (s *telling) together(t model.TenantID, commits func()) {
	s.late = &session.Touched{}
	commits()
	touched := *s.late
	s.late = nil
	slices.Sort(touched.Audiences)
	touched.Audiences = slices.Compact(touched.Audiences)
	s.hub.Committed(t, touched)
}

// Apply is the store's.
func (s *telling) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	var wrote *storage.WriteSet
	head, err := s.Store.Apply(ctx, t, weight, func(r storage.Reader) (w *storage.WriteSet, err error) {
		w, err = decide(r)
		wrote = w
		return w, err
	})
	switch {
	case err != nil || wrote == nil:
	case s.late != nil:
		touched := s.touched(wrote)
		s.late.Audiences = append(s.late.Audiences, touched.Audiences...)
		s.late.Rights, s.late.History = s.late.Rights || touched.Rights, s.late.History || touched.History
	default:
		s.hub.Committed(t, s.touched(wrote))
	}
	return head, err
}

// touched is what a commit touched: which audiences, and whether rights or decisions on held work.
func (s *telling) touched(w *storage.WriteSet) (t session.Touched) {
	t = session.Touched{Rights: !s.exact, History: true}
	for _, r := range w.Records {
		for _, m := range r.Memberships {
			t.Audiences = append(t.Audiences, m.Audience)
		}
	}
	slices.Sort(t.Audiences)
	t.Audiences = slices.Compact(t.Audiences)
	for _, row := range w.Rows {
		switch row.Table {
		case storage.TableTenant, storage.TableAccounts, storage.TableHeld:
			t.Rights = true
		}
	}
	return t
}

// gateway is the engine as a conversation knows it.
type gateway struct {
	*engine.Engine

	budget int
}

// Push is the engine's.
func (g gateway) Push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error) {
	answers, err := g.Engine.Push(ctx, c, changes, have, now)
	if errors.Is(err, engine.ErrOlder) {
		err = session.ErrOlder
	}
	return answers, err
}

// Pull is the engine's, with pages of another size.
func (g gateway) Pull(ctx context.Context, p model.Pull, now model.Instant) (*model.Page, error) {
	p.Budget = g.budget
	return g.Engine.Pull(ctx, p, now)
}

// newWorld founds a company.
func newWorld(seed uint64, busy bool, opt Options) *world {
	w := &world{
		house: furnish(seed), seed: seed, busy: busy, opt: opt, ctx: context.Background(), seal: newTokens(seed),
		hub: session.NewHub(), rnd: history.Dice(seed, "founding"), other: history.Dice(seed, "other"),
	}
	w.store = &telling{Store: memstore.New(1 << 32), hub: w.hub, exact: w.exact}
	w.desk = w.engine("office")
	w.tenant = must(w.desk.AddTenant(w.ctx, "acme", w.now()))
	w.amy = must(w.desk.AddAccount(w.ctx, w.tenant, engine.NewAccount{
		Login: "amy", Name: "Amy", Kind: model.Desktop, Levels: access.RoleSets(access.Admin).Encode(),
	}, w.now()))
	ids := history.Dice(seed, "secrets")
	for range 40 {
		w.secrets = append(w.secrets, randomID(ids))
	}
	w.company = w.newCustomer("qx Contractors")
	w.levels = map[access.Permission]access.Level{
		access.MobileEnabled: access.On, access.MobileCreateJob: w.flip(), access.MobileEditJob: w.flip(),
		access.MobileAssignJobs: w.flip(), access.MobileCustomers: access.Hidden, access.MobileTimesheets: access.Full,
		access.MobileInvoices: access.None,
	}
	if w.money {
		w.levels[access.MobileInvoices] = access.ReadOnly
	}
	w.hire()
	w.settleElsewhere()
	w.phone = w.newPhone()
	return w
}

// hire adds the person whose phone it is.
func (w *world) hire() {
	a := engine.NewAccount{Login: "sue", Name: "Sue", Kind: w.kind, Levels: access.Sets{Mobile: w.levels}.Encode()}
	if w.kind == model.Portal {
		a.Levels = nil
	}
	if w.kind != model.Mobile {
		a.Company = w.company
	}
	w.user = must(w.desk.AddAccount(w.ctx, w.tenant, a, w.now()))
	if w.customer {
		w.level(access.MobileCustomers, access.Full)
	}
}

// engine is one with a stream of its own over the shared store: any node may serve any device.
func (w *world) engine(actor string) *engine.Engine {
	return engine.New(engine.Config{Store: w.store, Random: history.Stream(w.seed, actor), Seal: w.seal, Decode: protocol.DecodeChange})
}

func (w *world) now() model.Instant { return model.Instant(w.opt.Now().UnixMilli()) }

// flip is a checkbox.
func (w *world) flip() access.Level {
	if w.rnd.IntN(2) == 0 {
		return access.Off
	}
	return access.On
}

// level sets a level of the person's.
func (w *world) level(p access.Permission, l access.Level) {
	w.levels[p] = l
	if w.kind != model.Portal {
		check(w.desk.SetLevels(w.ctx, w.tenant, w.user, access.Sets{Mobile: w.levels}.Encode(), w.now()))
	}
}

func (w *world) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&w.log, nil)) }

// skus is the parts that everybody of the field takes, from one store. In the busy world others take them too.
var skus = []string{"qx elbow", "qx washer"}

// took is what a movement says of one of them.
func took(rnd *rand.Rand) []model.Assign {
	return []model.Assign{set(model.MovementSKU, model.Text(pick(rnd, skus))), set(model.MovementQuantity, model.Int(int64(rnd.IntN(5)-3)*1000))}
}

// names is what people of the field type of a customer. In the busy world there are customers of just these names.
var names = []string{"qx Bakery, 3 Mill Lane", "qx Town Hall", "qx Harbour Office"}

// says is a text of this world's script, never said before; may be long.
func (w *world) says(long bool) model.Value {
	w.spoken++
	text := fmt.Sprintf("qx said %d", w.spoken)
	if long {
		text += string(bytes.Repeat([]byte(" and so on"), 20+w.rnd.IntN(200)))
	}
	return model.Text(text)
}

func randomID(rnd *rand.Rand) (id model.RecordID) {
	for i := range id {
		id[i] = byte(rnd.Uint32())
	}
	return id
}

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

// must gives the value, or ends the pair with the error: what the machine sets up may not fail.
func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(&Failure{Kind: "error", Text: err.Error()})
	}
}

func set(f model.FieldNo, v model.Value) model.Assign { return model.Assign{Field: f, Value: v} }

func under(id model.RecordID) model.Assign { return set(model.FieldParent, model.Ref(id)) }

// pace is longer than a feed rests after a page.
const pace = 150 * time.Millisecond
