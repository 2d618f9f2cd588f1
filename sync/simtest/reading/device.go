package reading

import (
	"crypto/sha256"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// device is a phone or a desk, with the real replica in it.
type device struct {
	w       *world
	owner   *rights
	conn    model.Connection
	local   *replica.Memory
	rep     *replica.Replica
	backups []*replica.Memory
	late    []*answer
	stands  map[string]*stand // what is known of each cursor it was given, by token
	ever    map[model.RecordID]bool
	moment  replica.Moment
}

// stand is what the oracle knows of a cursor.
type stand struct {
	clean  bool      // a checkpoint
	cut    model.Seq // the last checkpoint it stands on
	tier   int       // the least step its view may have
	more   bool      // its last checkpoint said that the first download goes on
	shown  map[model.RecordID]bool
	sight  sight // all that was in its views since the last checkpoint
	passes int
}

// answer is a page as it went out.
type answer struct {
	from       string // the cursor it continues
	page       *model.Page
	head       protocol.PageHeader
	body       []byte
	truth      rows // what the user may see, at that moment
	tiers      [tiers]rows
	seq        model.Seq
	reconciled bool
}

// join gives a person a device.
func (w *world) join(r *rights) *device {
	d := &device{w: w, owner: r, local: replica.NewMemory(), stands: map[string]*stand{}, ever: map[model.RecordID]bool{}}
	in := must(w.eng.SignIn(w.ctx, model.SignIn{
		Tenant: w.tenant, User: r.user, Kind: r.kind, PublicKey: r.user[:], TokenHash: sha256.Sum256(r.user[:]),
	}, w.now))
	d.moment = replica.Moment{Wall: w.now, Mono: 1000, Boot: 7}
	d.open(d.local)
	check(d.rep.SignedIn(replica.Identity{
		Tenant: w.tenant, User: r.user, Device: in.Device, Session: in.Session, Kind: r.kind,
	}))
	d.hello()
	w.devices = append(w.devices, d)
	return d
}

// hello connects anew. A phone that was restored gets a new identity by it, and its cursor is no cursor of that one.
func (d *device) hello() {
	w, h := d.w, d.rep.Hello(false)
	greeted := must(w.eng.Hello(w.ctx, model.Hello{
		Tenant: w.tenant, Device: h.Device, TokenHash: sha256.Sum256(d.owner.user[:]), Token: h.Token, Next: h.Next,
	}, w.now))
	d.conn = greeted.Connection
	must(d.rep.Welcome(&protocol.Welcome{
		Time: w.now, Device: d.conn.Device, Token: d.conn.Token, Store: greeted.Store, Safe: greeted.Safe, Kind: d.owner.kind,
	}, d.moment))
	if greeted.Reidentify {
		w.stats["new identities"]++
		w.say("%s is new", short(d.conn.Device))
	}
}

func (d *device) open(m *replica.Memory) {
	d.local = m
	d.rep = must(replica.Open(m, replica.Config{
		Table: d.w.truth.table, Random: history.Stream(d.w.seed, "replica"+short(d.owner.user)+string(rune(d.w.steps))), Plant: d.w.opt.Plant,
	}))
}

// backup keeps a copy of the phone.
func (d *device) backup() {
	d.backups = append(d.backups, d.local.Clone())
	if len(d.backups) > 3 {
		d.backups = d.backups[1:]
	}
	d.w.say("backup of %s", short(d.conn.Device))
}

// restore brings an old copy back.
func (d *device) restore(i int) {
	d.open(d.backups[i].Clone())
	d.w.say("%s restored to cut %d", short(d.conn.Device), d.at().cut)
	d.w.stats["restores"]++
}

// at is what is known of the cursor the device has.
func (d *device) at() *stand {
	token := string(d.rep.Cursor())
	s := d.stands[token]
	if s == nil {
		s = &stand{shown: map[model.RecordID]bool{}, sight: sight{
			audiences: map[audience]bool{}, classes: map[model.Collection]model.Classes{},
		}}
		d.stands[token] = s
	}
	return s
}

// base and staging are what the replica holds.
func (d *device) base() rows    { return gather(must(d.rep.Base())) }
func (d *device) staging() rows { return gather(must(d.rep.Staging())) }

func gather(list []model.Row) rows {
	out := make(rows, len(list))
	for _, r := range list {
		out[r.ID] = r
	}
	return out
}

// ask asks for a page and checks it; nil when there was nothing to say. The page is not on the device yet.
func (d *device) ask(budget int, refresh bool) *answer {
	w := d.w
	pull := model.Pull{
		Connection: d.conn, Cursor: d.rep.Cursor(), Waiting: d.rep.Waiting(), Budget: budget, Refresh: refresh,
	}
	other := w.otherWorlds(d, pull)
	page := must(w.eng.Pull(w.ctx, pull, w.now))
	other(page)
	a := &answer{from: string(pull.Cursor), page: page, seq: w.truth.seq}
	for t := range tiers {
		a.tiers[t] = w.truth.project(w.sees(d.owner, t))
	}
	a.truth = a.tiers[tiers-1]
	if page == nil {
		w.checkSilence(d, a)
		return nil
	}
	if page.Reconcile {
		w.stats["reconciles"]++
		held := must(d.rep.Holdings())
		a.page = must(w.eng.Reconcile(w.ctx, d.conn, held, w.now))
		a.reconciled = true
	}
	w.stats["pages"]++
	w.checkPage(d, a, pull)
	d.wire(a)
	return a
}

// wire takes the page over the wire's format.
func (d *device) wire(a *answer) {
	a.head = protocol.PageHeader{Continues: protocol.CursorTag([]byte(a.from)), Cursor: a.page.Cursor}
	if c := a.page.Checkpoint; c != nil {
		a.head.Final, a.head.Included, a.head.Base = true, c.Included, c.Base
	}
	a.body = protocol.EncodePageBody(&protocol.PageBody{Masks: a.page.Masks, Retracts: a.page.Retracts, Rows: a.page.Rows})
}

// take lets a page arrive. It says whether the device took it.
func (d *device) take(a *answer) bool {
	w := d.w
	body := must(protocol.DecodePageBody(a.body, false))
	done := must(d.rep.ApplyPage(a.head, *body))
	if done.Dropped {
		w.stats["dropped"]++
		return false
	}
	for _, r := range a.page.Rows {
		d.ever[r.ID] = true
	}
	w.checkTaken(d, a)
	return true
}

// pull asks once and takes the answer; false when there was nothing to say.
func (d *device) pull(budget int) bool {
	a := d.ask(budget, false)
	if a != nil {
		d.take(a)
	}
	return a != nil
}

// sync pulls until there is nothing to say.
func (d *device) sync(budget int) {
	for range 400 {
		if !d.pull(budget) {
			return
		}
	}
	d.w.fail("liveness", "no end in 400 pages at rest")
}
