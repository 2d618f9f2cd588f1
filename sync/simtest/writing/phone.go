package writing

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// phone is a device: a real replica, and what the world knows of it.
type phone struct {
	*replica.Replica

	name    string
	phys    int // which piece of hardware it is
	user    *user
	key     []byte
	beside  *phone // the partition of another user on the same hardware (domain F13); nil: none
	random  *rand.ChaCha8
	local   *mortal
	boot    uint64
	booted  model.Instant
	cut     cut
	raws    []raw
	conn    *conn // nil: offline
	life    int   // raised when its memory or its app begins anew
	links   int   // connections so far
	snaps   []snapshot
	wiped   bool
	strange bool // its token is not known any more: somebody must sign in
	copied  bool // it was rolled back, or there is a twin of it
}

// cut is the last checkpoint a phone applied: the truth, which the replica has in sealed form only.
type cut struct {
	seq  model.Seq
	base []byte // its sealed token
}

// conn is an open connection.
type conn struct {
	model.Connection

	link int
}

// raw is a change that a stranger's client made, which a replica would not: it travels beside the replica's.
type raw struct {
	content

	body  []byte
	blobs [][]byte
	done  bool
}

// snapshot is a backup of a phone.
type snapshot struct {
	memory *replica.Memory
	cut    cut
	raws   []raw
}

func (w *World) newPhone(name string, u *user) *phone {
	w.phys++
	p := &phone{
		name: name, phys: w.phys, user: u, key: []byte("key of " + name), random: w.stream("phone", w.phys),
		local: &mortal{Memory: replica.NewMemory()},
	}
	w.phones = append(w.phones, p)
	w.open(p)
	return p
}

// open starts the app: it reads its memory, and everything in flight is forgotten.
func (w *World) open(p *phone) {
	p.life++
	p.conn = nil
	p.boot, p.booted = p.random.Uint64(), w.now
	r, err := replica.Open(p.local, replica.Config{Table: w.table, Random: p.random, Plant: w.opt.Plant})
	w.must(err)
	p.Replica = r
}

func (w *World) moment(p *phone) replica.Moment {
	return replica.Moment{Wall: w.now, Mono: int64(w.now-p.booted) + 1, Boot: p.boot, Zone: "Europe/London"}
}

// signIn takes the user's slot; takeOver says yes when another device is live. With lost the answer never arrives.
func (w *World) signIn(p *phone, takeOver, lost bool) bool {
	var secret [32]byte
	for i := range secret {
		secret[i] = byte(p.random.Uint64())
	}
	ask := model.SignIn{
		Tenant: w.tenant, User: p.user.id, Kind: p.user.kind, Device: p.Who().Device, PublicKey: p.key, Label: p.name,
		TokenHash: sha256.Sum256(secret[:]),
	}
	if p.beside != nil && w.dice(2) {
		ask.Device = p.beside.Who().Device // the installation remembers whoever signed in last
	}
	out, err := w.eng.SignIn(context.Background(), ask, w.now)
	if active, ok := errors.AsType[*model.Active](err); ok && takeOver {
		ask.TakeOver = active.Epoch
		if out, err = w.eng.SignIn(context.Background(), ask, w.now); err == nil {
			w.counts.Takeovers++
		}
	}
	w.watchSlots()
	w.logf("%s signs in: epoch %x, %v, lost %v", p.name, out.Epoch, err, lost)
	if err != nil {
		switch _, active := errors.AsType[*model.Active](err); {
		case errors.Is(err, model.ErrStolen):
			w.wipe(p)
		case w.away == p.user && errors.Is(err, model.ErrSignIn):
		case !active && !errors.Is(err, model.ErrLost) && !errors.Is(err, storage.ErrUnknown):
			w.failf("%s cannot sign in: %v", p.name, err)
		}
		return false
	}
	if lost {
		return false
	}
	w.hangUp(p)
	p.strange, p.wiped = false, false
	w.must(p.SignedIn(replica.Identity{
		Tenant: w.tenant, User: p.user.id, Device: out.Device, Session: out.Session, Secret: secret, Name: p.name, Kind: p.user.kind,
	}))
	return true
}

// hello opens a connection, on the hand-in lane when the phone knows that its session is over. With lost the answer
// never arrives.
func (w *World) hello(p *phone, handIn, lost bool) bool {
	w.hangUp(p)
	h := p.Hello(handIn)
	g, err := w.eng.Hello(context.Background(), model.Hello{
		Tenant: h.Tenant, Device: h.Device, TokenHash: sha256.Sum256(h.Secret[:]), Token: h.Token, Next: h.Next, HandIn: handIn,
	}, w.now)
	w.watchSlots()
	w.logf("%s says hello (token %x, next %d, hand-in %v, lost %v): %v", p.name, h.Token, h.Next, handIn, lost, err)
	if lost {
		return false
	}
	if err != nil {
		w.rebuffed(p, err)
		return false
	}
	if g.Reidentify {
		w.logf("%s gets a new identity", p.name)
		if !p.copied {
			w.failf("CE-24: %s was never copied and is taken for a clone", p.name)
		}
	}
	_, err = p.Welcome(&protocol.Welcome{
		Version: protocol.Version, Device: g.Connection.Device, User: g.Connection.User, Name: g.Name, Kind: g.Kind,
		HandIn: handIn, Token: g.Connection.Token, Time: w.now, Store: g.Store, Safe: g.Safe,
	}, w.moment(p))
	w.must(err)
	p.links++
	p.conn = &conn{Connection: g.Connection, link: p.links}
	return true
}

// rebuffed tells a phone why it was not let in.
func (w *World) rebuffed(p *phone, err error) {
	var over *model.EndedError
	switch {
	case errors.As(err, &over):
		w.bye(p, over.Ended)
	case errors.Is(err, model.ErrStolen):
		w.wipe(p)
	case errors.Is(err, model.ErrToken):
		p.strange = true
		w.must(p.Bye(&protocol.Bye{Code: protocol.CodeNotSignedIn}))
	case !errors.Is(err, storage.ErrUnknown):
		w.failf("%s: unexpected error: %v", p.name, err)
	}
}

// bye tells a phone how its session ended.
func (w *World) bye(p *phone, e model.Ended) {
	w.hangUp(p)
	w.must(p.Bye(&protocol.Bye{Code: protocol.CodeOf(e.Reason), Reason: e.Reason, At: e.At}))
	w.logf("%s learns of its end: reason %d", p.name, e.Reason)
}

func (w *World) hangUp(p *phone) {
	p.conn = nil
	p.Disconnected()
}

// online makes a connection, whatever it takes short of a password; the hand-in lane when the session is over.
func (w *World) online(p *phone) bool {
	if p.conn != nil {
		return true
	}
	if p.wiped || p.strange || p.Who().User.IsZero() {
		return false
	}
	_, over := p.Ended()
	if w.hello(p, over, false) {
		return true
	}
	_, learnt := p.Ended()
	return !over && learnt && !p.strange && !p.wiped && w.hello(p, true, false)
}

// pull takes at most so many pages, until there is nothing to say.
func (w *World) pull(p *phone, pages int) {
	for i := range pages {
		if p.conn == nil || p.conn.Lane != model.LaneLive {
			return
		}
		var head storage.Head
		w.view(func(r storage.Reader) { head = r.Head() })
		page, err := w.eng.Pull(context.Background(), model.Pull{
			Connection: p.conn.Connection, Cursor: p.Cursor(), Waiting: p.Waiting(), Refresh: i == 0,
		}, w.now)
		if err == nil && page != nil && page.Reconcile {
			held, herr := p.Holdings()
			w.must(herr)
			page, err = w.eng.Reconcile(context.Background(), p.conn.Connection, held, w.now)
		}
		if err != nil {
			w.rebuffed(p, err)
			return
		}
		if page == nil {
			return
		}
		w.apply(p, page, head)
	}
}

// apply gives a page to the replica.
func (w *World) apply(p *phone, page *model.Page, head storage.Head) {
	h := protocol.PageHeader{Continues: protocol.CursorTag(p.Cursor()), Cursor: page.Cursor}
	if page.Checkpoint != nil {
		h.Final, h.Included, h.Base = true, page.Checkpoint.Included, page.Checkpoint.Base
	}
	_, err := p.ApplyPage(h, protocol.PageBody{Masks: page.Masks, Retracts: page.Retracts, Rows: page.Rows})
	w.must(err)
	if !h.Final {
		return
	}
	p.cut = cut{seq: head.Seq, base: h.Base}
	w.o.bases[string(h.Base)] = checkpoint{head.Seq, head.Time}
	w.checkShown(p)
}

// sync pulls until there is nothing to say.
func (w *World) sync(p *phone) { w.pull(p, 200) }

// save keeps drafts on a phone, and tells the oracle what their author saw. kill is the local write at which the app
// dies, 0: it lives.
func (w *World) save(p *phone, kill int, drafts ...replica.Draft) []replica.Saved {
	if p.cut.base == nil {
		return nil
	}
	seen := w.o.look(p, drafts)
	before := p.Outbox()
	p.local.dies = kill
	saved, err := p.Save(w.moment(p), drafts...)
	p.local.dies = 0
	if errors.Is(err, errKilled) {
		w.logf("%s dies while saving", p.name)
		w.open(p)
		saved = w.survived(p, before)
	} else if err != nil {
		w.logf("%s cannot save: %v", p.name, err)
		return nil
	}
	for _, s := range saved {
		c, ok := p.Change(s.Change)
		if !ok {
			w.failf("%s: saved change %s is not in the outbox", p.name, short(s.Change))
			continue
		}
		w.o.saved(p, c, seen)
	}
	return saved
}

// survived is what a killed save left behind: nothing, if the replica keeps its word.
func (w *World) survived(p *phone, before []replica.Entry) (out []replica.Saved) {
	for _, e := range p.Outbox() {
		if !slices.ContainsFunc(before, func(b replica.Entry) bool { return b.Change == e.Change }) {
			out = append(out, replica.Saved{Change: e.Change, Record: e.Record})
		}
	}
	return out
}

// backup keeps a copy of a phone.
func (w *World) backup(p *phone) {
	p.snaps = append(p.snaps, snapshot{memory: p.local.Clone(), cut: p.cut, raws: slices.Clone(p.raws)})
	if len(p.snaps) > 3 {
		p.snaps = p.snaps[1:]
	}
	w.logf("%s is backed up", p.name)
}

// rollBack restores a phone from one of its backups.
func (w *World) rollBack(p *phone, s snapshot) {
	lost := p.contents()
	p.local = &mortal{Memory: s.memory.Clone()}
	p.cut, p.raws, p.strange, p.wiped, p.copied = s.cut, slices.Clone(s.raws), false, false, true
	w.open(p)
	w.counts.Rolled++
	w.logf("%s is rolled back", p.name)
	w.gone(lost)
}

// twin starts another phone from a backup; both run on.
func (w *World) twin(p *phone, s snapshot) *phone {
	w.phys++
	t := &phone{
		name: fmt.Sprintf("%s'%d", p.name, w.phys), phys: w.phys, user: p.user, key: p.key, random: w.stream("phone", w.phys),
		local: &mortal{Memory: s.memory.Clone()}, cut: s.cut, raws: slices.Clone(s.raws), copied: true,
	}
	p.copied = true
	w.phones = append(w.phones, t)
	w.open(t)
	w.counts.Twins++
	w.logf("%s is a twin", t.name)
	return t
}

// wipe erases a phone.
func (w *World) wipe(p *phone) {
	lost := p.contents()
	p.conn = nil
	w.must(p.Wipe())
	p.raws, p.cut, p.wiped, p.strange = nil, cut{}, true, false
	p.life++
	p.key = fmt.Appendf(nil, "key of %s after wipe %d", p.name, p.life) // the key went with the rest
	w.logf("%s is wiped", p.name)
	w.gone(lost)
}

// contents is all the work that is on a phone.
func (p *phone) contents() map[content]bool {
	out := map[content]bool{}
	for _, e := range p.Outbox() {
		if c, ok := p.Change(e.Change); ok {
			out[content{c.ID, c.Hash}] = true
		}
	}
	for _, r := range p.raws {
		out[r.content] = true
	}
	return out
}

// gone excuses the work whose last copy went before the server had it.
func (w *World) gone(lost map[content]bool) {
	for _, p := range w.phones {
		for at := range p.contents() {
			delete(lost, at)
		}
	}
	for at := range lost {
		w.o.work[at].excused = true
	}
}

// reported marks a phone lost, stolen or found.
func (w *World) reported(p *phone, state uint8) {
	device := p.Who().Device
	if device.IsZero() {
		return
	}
	_, err := w.eng.SetDeviceState(context.Background(), w.tenant, engine.DeviceMark{Device: device, State: state, By: w.amy.id, Note: "by hand"}, w.now)
	if err != nil && !errors.Is(err, storage.ErrUnknown) {
		w.failf("mark %s: %v", p.name, err)
	}
	w.watchSlots()
	w.logf("%s is marked %s", p.name, [...]string{engine.DeviceInUse: "found", engine.DeviceLost: "lost", engine.DeviceStolen: "stolen"}[state])
}
