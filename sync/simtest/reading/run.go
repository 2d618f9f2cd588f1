package reading

import (
	"math/rand/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// The operations of a history.
const (
	opOffice = iota // the office writes
	opRights        // somebody's levels change, or the company's settings
	opPage          // a device asks for a page; it may be lost, and come late
	opField         // a phone saves something, or hands it in
	opBackup        // a phone is backed up, or restored
	opPurge         // the horizon rises
	opSync          // a device pulls until there is nothing to say
	opTurn          // time goes on, or the company wants another window; the calendar is turned
	ops
)

// Stats counts what histories met.
type Stats map[string]int

// Run plays a history in the company that a seed makes up, ends it in quiet, and says how it failed, or nil.
func Run(seed uint64, steps history.Steps, opt Options, stats Stats) *Failure {
	var w *world
	failure := (&world{}).guarded(func() { w = newWorld(seed, opt) })
	if failure != nil {
		return failure
	}
	failure = w.guarded(func() {
		w.settle()
		for _, s := range steps {
			w.steps++
			w.step(s)
			if w.steps%deskEvery == 0 {
				w.desks()
			}
		}
		w.rest()
	})
	for k, n := range w.stats {
		stats[k] += n
	}
	stats["steps"] += w.steps
	return failure
}

// settle makes up the company: people, what they may, their devices, and what happens how often.
func (w *world) settle() {
	w.real = w.dice.IntN(3) == 0
	w.clients = []model.RecordID{{0: 9, 15: 1}, {0: 9, 15: 2}}
	for range 1 + w.dice.IntN(3) {
		r := &rights{kind: []model.UserKind{model.Mobile, model.Subcontractor, model.Desktop}[w.dice.IntN(3)]}
		if r.kind == model.Subcontractor {
			r.company = w.clients[w.dice.IntN(2)]
		}
		for range 8 {
			r.flip(w.dice)
		}
		r.enabled = true
		w.join(w.hire(r))
	}
	for i := range w.weights[:opTurn] {
		w.weights[i] = 1 + w.dice.IntN(8)
	}
	w.weights[opPage] += 8
	for _, op := range []int{opBackup, opPurge, opSync} {
		w.weights[op] = w.dice.IntN(3)
	}
	if w.real {
		w.weights[opTurn] = w.dice.IntN(9)
	} else {
		w.weights[opField] = 0
	}
}

// flip turns one switch of a person's rights.
func (r *rights) flip(rnd *rand.Rand) {
	switches := []*bool{&r.create, &r.assign, &r.customers, &r.customers, &r.invoices, &r.enabled}
	if r.kind == model.Desktop {
		switches = []*bool{&r.jobs, &r.directory, &r.directory, &r.money, &r.pay, &r.equipment}
	}
	s := switches[rnd.IntN(len(switches))]
	*s = !*s
}

// step does one thing.
func (w *world) step(number uint64) {
	w.dice = rand.New(rand.NewPCG(number, 1))
	w.now += model.Instant(1000 + w.dice.IntN(5000))
	d := w.devices[w.dice.IntN(len(w.devices))]
	sum := 0
	for _, n := range w.weights {
		sum += n
	}
	k, op := w.dice.IntN(sum), 0
	for ; k >= w.weights[op]; op++ {
		k -= w.weights[op]
	}
	switch op {
	case opOffice:
		w.office()
	case opRights:
		w.rights(d)
	case opPage:
		w.page(d)
	case opField:
		w.field(d)
	case opBackup:
		w.phone(d)
	case opPurge:
		w.purge()
	case opSync:
		d.sync(w.budget())
	case opTurn:
		w.time()
	}
}

// budget is small most of the time: 1 to 4 records a page.
func (w *world) budget() int {
	return []int{1, 45, 100, 200, 300, 500, 1 << 17}[w.dice.IntN(7)]
}

// rights changes what somebody may: mostly one switch, sometimes several, sometimes there and back.
func (w *world) rights(d *device) {
	if w.dice.IntN(8) == 0 {
		w.configure(model.JobCardRule(1 + w.dice.IntN(4)))
		return
	}
	before := *d.owner
	w.grant(d.owner, func(r *rights) {
		for range 1 + w.dice.IntN(2) {
			r.flip(w.dice)
		}
		if w.dice.IntN(4) > 0 {
			r.enabled = true
		}
	})
	if w.dice.IntN(6) == 0 {
		w.grant(d.owner, func(r *rights) { *r = before })
	}
}

// page asks for a page. It arrives, or is lost; and lost pages come late, once a newer one has come or not.
func (w *world) page(d *device) {
	a := d.ask(w.budget(), w.dice.IntN(20) == 0)
	switch {
	case a == nil:
	case w.dice.IntN(8) == 0:
		w.stats["lost"]++
		d.late = append(d.late, a)
	default:
		d.take(a)
	}
	if n := len(d.late); n > 0 && w.dice.IntN(3) == 0 {
		late := d.late[w.dice.IntN(n)]
		d.late = nil
		if d.take(late) {
			w.stats["late"]++
		}
	}
}

// phone backs a phone up, or brings an old copy back.
func (w *world) phone(d *device) {
	if n := len(d.backups); n > 0 && w.dice.IntN(3) == 0 {
		d.restore(w.dice.IntN(n))
		if w.dice.IntN(2) == 0 {
			d.hello()
		}
		return
	}
	d.backup()
}

// purge raises the horizon.
func (w *world) purge() {
	h := w.head()
	if h.Seq <= h.Horizon+8 || w.dice.IntN(3) > 0 {
		return
	}
	to := h.Horizon + model.Seq(w.dice.IntN(int(h.Seq-h.Horizon)))
	n := must(w.eng.Purge(w.ctx, w.tenant, to, w.now))
	w.say("purge to %d: %d records", to, n)
	w.stats["purges"]++
}

// office lets the office write: one commit of one to three things.
func (w *world) office() {
	if w.real {
		w.work()
		return
	}
	w.write(func(d *draft) {
		for range 1 + w.dice.IntN(3) {
			w.abstract(d)
		}
	})
}

// abstract is one thing of an abstract commit.
func (w *world) abstract(d *draft) {
	live := w.truth.live(0)
	var list []*fact
	for _, f := range live {
		if f.abstract && len(cellsOf[f.collection]) > 0 {
			list = append(list, f)
		}
	}
	if len(list) < 4 || len(list) < 24 && w.dice.IntN(4) == 0 {
		w.draw(d, list)
		return
	}
	f := list[w.dice.IntN(len(list))]
	if r := d.records[f.id]; r != nil && r.Deleted {
		return // by this very commit
	}
	switch w.dice.IntN(12) {
	case 0:
		if w.dice.IntN(2) == 0 {
			d.remove(f.id)
			w.say("delete %s", short(f.id))
		}
	case 1, 2, 3, 4, 5:
		cells := cellsOf[f.collection]
		no := cells[w.dice.IntN(len(cells))]
		d.put(f.id, no, w.value())
		w.say("set %s field %d", short(f.id), no)
	case 6:
		if f.collection == model.Tasks {
			d.put(f.id, model.FieldParent, model.Ref(w.parent(list)))
			w.say("move %s", short(f.id))
		}
	default:
		who := w.someOf(f.collection)
		if w.dice.IntN(2) == 0 {
			who = w.toggled(f)
		}
		d.place(f.id, who)
		w.say("place %s for %s", short(f.id), audienceNames(who))
	}
}

// draw makes a record up.
func (w *world) draw(d *draft, list []*fact) {
	kinds := []model.Collection{
		model.Jobs, model.Jobs, model.Tasks, model.JobCards, model.Sites, model.JobCommercials, model.ReviewItems,
	}
	c := kinds[w.dice.IntN(len(kinds))]
	var id, parent model.RecordID
	for i := range id {
		id[i] = byte(w.dice.IntN(256))
	}
	if c == model.Tasks {
		parent = w.parent(list)
	}
	who := w.someOf(c)
	d.create(id, c, parent, who)
	w.say("create %s of %d under %s for %s", short(id), c, short(parent), audienceNames(who))
}

// parent is some job, or none.
func (w *world) parent(list []*fact) model.RecordID {
	var jobs []model.RecordID
	for _, f := range list {
		if f.collection == model.Jobs {
			jobs = append(jobs, f.id)
		}
	}
	if len(jobs) == 0 {
		return model.RecordID{}
	}
	return jobs[w.dice.IntN(len(jobs))]
}

// toggled is who a record is for, with one audience more or less.
func (w *world) toggled(f *fact) []audience {
	all := w.forWhom(f.collection)
	x := all[w.dice.IntN(len(all))]
	var out []audience
	there := false
	for _, a := range f.given {
		if a == x {
			there = true
		} else {
			out = append(out, a)
		}
	}
	if !there {
		out = append(out, x)
	}
	return out
}

// rest ends a history: what is under way arrives, everything comes together, and then all is quiet.
func (w *world) rest() {
	for _, d := range w.devices {
		d.handIn(true)
		d.sync(200)
	}
	w.turnWhole()
	w.desks()
	for _, d := range w.devices {
		d.sync(200)
		if n := len(d.rep.Waiting()); n > 0 {
			w.fail("stuck", "%d changes are never named by a checkpoint", n)
		}
	}
}

func audienceNames(list []audience) string {
	out := ""
	for _, a := range list {
		out += "{" + string('0'+rune(a.Kind)) + " " + short(a.Of) + "} "
	}
	return out
}
