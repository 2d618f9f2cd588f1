package reading

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// Failure is what a history did that it must not.
type Failure struct {
	Kind string // theorem, leak, left behind, noise, id leak, interference, candidates, orphan, liveness …
	Text string
	Step int // after how many steps
}

// Error says it.
func (f *Failure) Error() string { return fmt.Sprintf("step %d: %s: %s", f.Step, f.Kind, f.Text) }

// Options are what a history is made of besides its seed.
type Options struct {
	Plant  func(bug string) bool // bugs of the replica
	Trace  func(line string)     // nil: none
	Checks int                   // one page in so many is answered in other worlds too; 0: 8
}

// world is one company under test.
type world struct {
	opt     Options
	seed    uint64
	ctx     context.Context
	store   *journal
	seal    *Tokens
	eng     *engine.Engine
	tenant  model.TenantID
	truth   *truth
	people  []*rights // the first is the office that acts
	devices []*device
	offices []*desk
	clients []model.RecordID // subcontractor companies
	dice    *rand.Rand       // of the step
	now     model.Instant
	number  int // of values: no two alike
	steps   int
	weights [ops]int
	real    bool // the company lives by the rules of the trade
	stats   map[string]int
}

// newWorld founds a company. What varies from seed to seed is how it is made up, and what happens how often.
func newWorld(seed uint64, opt Options) *world {
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		panic(err) // a test of sync/model rules it out
	}
	if opt.Checks == 0 {
		opt.Checks = 8
	}
	w := &world{
		opt: opt, seed: seed, ctx: context.Background(), seal: NewTokens(seed), now: 1_000_000, stats: map[string]int{},
		dice: history.Dice(seed, "world"),
		truth: &truth{
			table: table, facts: map[model.RecordID]*fact{}, decided: map[model.ChangeID]bool{},
			card: model.DefaultSettings().HiddenJobCard, window: model.DefaultSettings().Window,
		},
	}
	w.store = &journal{Store: memstore.New(1), heard: func(t model.TenantID, seq model.Seq, ws *storage.WriteSet) {
		if t == w.tenant || w.tenant.IsZero() && t != storage.Directory {
			w.truth.hear(seq, ws)
		}
	}}
	w.eng = engine.New(engine.Config{
		Store: w.store, Random: history.Stream(seed, "engine"), Seal: w.seal, Decode: protocol.DecodeChange, Zone: zone,
	})
	w.tenant = must(w.eng.AddTenant(w.ctx, "acme", w.now))
	must(w.eng.Configure(w.ctx, w.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
		s.Sessions.Idle, s.Sessions.Absolute = 1<<50, 1<<50 // years pass here
		return nil
	}}, w.now))
	w.hire(&rights{kind: model.Desktop, jobs: true, directory: true, money: true, pay: true, equipment: true, admin: true})
	return w
}

// must gives the value, or ends the history with the error: in a company under test nothing may fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(&Failure{Kind: "error", Text: err.Error()})
	}
	return v
}

func check(err error) { must(struct{}{}, err) }

// fail ends the history.
func (w *world) fail(kind, format string, args ...any) {
	panic(&Failure{Kind: kind, Text: fmt.Sprintf(format, args...), Step: w.steps})
}

func (w *world) say(format string, args ...any) {
	if w.opt.Trace != nil {
		w.opt.Trace(fmt.Sprintf("%4d @%-3d ", w.steps, w.truth.seq) + fmt.Sprintf(format, args...))
	}
}

// hire adds a person.
func (w *world) hire(r *rights) *rights {
	r.user = must(w.eng.AddAccount(w.ctx, w.tenant, engine.NewAccount{
		Login: fmt.Sprintf("user%d", len(w.people)), Name: "U", Kind: r.kind, Company: r.company, Levels: r.sets().Encode(),
	}, w.now))
	if f := w.truth.facts[model.RecordID(r.user)]; f != nil {
		f.author, f.field = r.user, false
	}
	w.people = append(w.people, r)
	return r
}

// grant changes what a person may.
func (w *world) grant(r *rights, change func(*rights)) {
	change(r)
	check(w.eng.SetLevels(w.ctx, w.tenant, r.user, r.sets().Encode(), w.now))
	w.say("grant %s: %s", short(r.user), r)
}

// configure sets what users with customers Hidden see of a job's site.
func (w *world) configure(card model.JobCardRule) {
	w.truth.card = card
	w.set(func(s *model.Settings) { s.HiddenJobCard = card })
	w.say("hidden_job_card %d", card)
}

// set changes the company's settings.
func (w *world) set(change func(*model.Settings)) {
	_, err := w.eng.Configure(w.ctx, w.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
		change(s)
		return nil
	}}, w.now)
	check(err)
}

// sees is what a person may see now, as the books have it.
func (w *world) sees(r *rights, tier int) sight { return r.sees(w.truth.card, tier) }

// head is the tenant's last commit.
func (w *world) head() (h storage.Head) {
	check(w.store.View(w.ctx, w.tenant, func(r storage.Reader) error {
		h = r.Head()
		return nil
	}))
	return h
}

// guarded runs part of a history and gives back how it failed.
func (w *world) guarded(f func()) (failure *Failure) {
	defer func() {
		if p := recover(); p != nil {
			if failure, _ = p.(*Failure); failure == nil {
				panic(p)
			}
			failure.Step = w.steps
		}
	}()
	f()
	return nil
}

// String is the rights in short.
func (r *rights) String() string {
	var out []string
	for _, x := range []struct {
		name string
		yes  bool
	}{
		{"enabled", r.enabled},
		{"create", r.create},
		{"assign", r.assign},
		{"customers", r.customers},
		{"invoices", r.invoices},
		{"jobs", r.jobs},
		{"directory", r.directory},
		{"money", r.money},
		{"pay", r.pay},
		{"equipment", r.equipment},
	} {
		if x.yes {
			out = append(out, x.name)
		}
	}
	return r.kind.String() + " " + strings.Join(out, " ")
}

// short is an id for people's eyes.
func short[T ~[16]byte](id T) string { return fmt.Sprintf("%x", id[:3]) }

// show is a row for people's eyes.
func show(r model.Row) string {
	out := fmt.Sprintf("%s of %d:", short(r.ID), r.Collection)
	for _, f := range r.Fields {
		v := f.Value.String()
		out += fmt.Sprintf(" %d=%s", f.Field, v[:min(len(v), 8)])
	}
	return out
}
