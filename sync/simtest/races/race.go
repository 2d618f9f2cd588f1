package races

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/anishathalye/porcupine"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// now is when every race is; changes are each given this moment.
const now model.Instant = 1_790_000_000_000

// Counts is what was played.
type Counts struct{ Races, Devices, Takeovers, Ends, Crashes, Live, HandedIn int }

// Add adds another's.
func (c *Counts) Add(o Counts) {
	c.Races += o.Races
	c.Devices += o.Devices
	c.Takeovers += o.Takeovers
	c.Ends += o.Ends
	c.Crashes += o.Crashes
	c.Live += o.Live
	c.HandedIn += o.HandedIn
}

// race is one user's.
type race struct {
	store    *turns
	eng      *engine.Engine
	contents map[string]model.Change
	random   *rand.ChaCha8
	tenant   model.TenantID
	user     model.UserID
	devices  []*device
	history  []porcupine.Operation
	counts   Counts
	fails    []string
}

// Play plays the race of a seed, and says what is wrong with it.
func Play(seed uint64) (Counts, []string) {
	r := newRace(seed)
	r.counts.Races = 1
	for i := range 2 + r.store.rng.IntN(2) {
		r.devices = append(r.devices, r.newDevice(i))
	}
	r.counts.Devices = len(r.devices)
	all := make([]func(), 0, len(r.devices)+1)
	for _, d := range r.devices {
		all = append(all, d.run)
	}
	if r.store.rng.IntN(3) == 0 {
		all = append(all, r.office)
	}
	r.store.play(all)
	r.counts.Crashes = r.store.unsure
	r.settle()
	return r.counts, r.fails
}

func newRace(seed uint64) *race {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	r := &race{contents: map[string]model.Change{}, random: rand.NewChaCha8(key)}
	r.store = &turns{Store: memstore.New(1 << 32), rng: rand.New(rand.NewPCG(seed, 1))}
	r.eng = engine.New(engine.Config{
		Store: r.store, Random: r.random, Decode: func(body string, _ []string) model.Change { return r.contents[body] },
	})
	var err error
	r.tenant, err = r.eng.AddTenant(context.Background(), "acme", now)
	r.must(err)
	r.user, err = r.eng.AddAccount(context.Background(), r.tenant, engine.NewAccount{
		Login: "ben", Name: "ben", Kind: model.Mobile, Levels: access.DefaultSets(model.Mobile).Encode(),
	}, now)
	r.must(err)
	return r
}

func (r *race) must(err error) {
	if err != nil {
		panic(err)
	}
}

func (r *race) failf(format string, args ...any) {
	r.fails = append(r.fails, fmt.Sprintf(format, args...))
}

// heard notes what was answered to a question of that moment. What nobody answered may happen at any time after.
func (r *race) heard(client int, since int64, q asked, a told) {
	at := r.store.tick()
	if a.unknown {
		at = math.MaxInt64
	}
	r.history = append(r.history, porcupine.Operation{ClientId: client, Input: q, Call: since, Output: a, Return: at})
}

// took notes a change that was taken, at the moment of its commit: between receipt and answer an old epoch might excuse itself
// with the moment of the receipt.
func (r *race) took(q asked) {
	r.history = append(r.history, porcupine.Operation{
		ClientId: q.device, Input: q, Call: r.store.last.from, Output: told{ok: true}, Return: r.store.last.to,
	})
}

// office ends whatever session is live.
func (r *race) office() {
	since := r.store.tick()
	ended, err := r.eng.End(context.Background(), r.tenant, model.Ending{User: r.user, Reason: model.EndOffice}, now)
	a := told{ok: len(ended) > 0 && err == nil, unknown: errors.Is(err, storage.ErrUnknown)}
	if a.ok {
		a.epoch = ended[0].Epoch
	}
	r.counts.Ends++
	r.heard(len(r.devices), since, asked{verb: end}, a)
}

// settle looks at what is left when nobody moves any more.
func (r *race) settle() {
	if wrong := oneWriter(r.history); wrong != "" {
		r.failf("%s", wrong)
	}
	live, err := r.eng.Sessions(context.Background(), r.tenant)
	r.must(err)
	if len(live) > 1 || len(live) == 0 && r.counts.Ends == 0 {
		r.failf("%d sessions are live when the dust settles", len(live))
	}
	made := 0
	for _, d := range r.devices {
		d.finish()
		made += len(d.changes)
	}
	if in := r.rows(); in != made {
		r.failf("%d changes were made, and %d are in", made, in)
	}
}

// rows counts the records that the changes made.
func (r *race) rows() (n int) {
	r.must(r.store.View(context.Background(), r.tenant, func(rd storage.Reader) error {
		for range rd.Records(model.TimesheetEvents, model.Place{}) {
			n++
		}
		return nil
	}))
	return n
}

// ticket is a sign-in ticket obtained beforehand: no password is hashed in a race.
func (r *race) ticket(name string) [32]byte {
	hash, wait := sha256.Sum256([]byte(name)), r.store.wait
	r.store.wait = nil
	defer func() { r.store.wait = wait }()
	_, err := r.eng.AddTicket(context.Background(), r.tenant, model.NewTicket{User: r.user, Kind: model.TicketSignIn, Hash: hash}, now)
	r.must(err)
	return hash
}
