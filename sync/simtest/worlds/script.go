package worlds

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// step does one thing of the script, which is the same in both worlds, and says how long all rests afterwards.
func (w *world) step(number uint64) time.Duration {
	w.rnd = rand.New(rand.NewPCG(number, 1))
	p := w.phone
	switch n := w.rnd.IntN(100); {
	case n < 14 || p.line == nil:
		w.connects()
	case n < 44:
		w.pushes()
	case n < 72:
		w.works()
	case n < 78:
		w.rights()
	case n < 84:
		p.got(1 + w.rnd.IntN(2))
	case n < 86:
		w.mumbles()
	case n < 90:
		w.searches()
	case n < 92:
		p.hangUp()
	case n < 94:
		w.sessions()
	case n < 95:
		check(w.desk.Sweep(w.ctx, w.tenant, byte(w.rnd.IntN(256)), w.now()))
		w.lapses()
	case n < 96:
		return []time.Duration{2 * time.Minute, 2 * time.Hour}[w.rnd.IntN(2)]
	case n < 98:
		w.turns()
	default:
		p.line.send(&protocol.Ping{Wall: w.now(), Report: model.Report{Unsent: uint32(w.rnd.IntN(3)), Version: "1.0"}})
	}
	if w.rnd.IntN(4) == 0 {
		return pace / 3 // what comes next shares the pace of what is on its way
	}
	return pace
}

// set changes the company's settings.
func (w *world) set(change func(*model.Settings)) { w.setAt(w.now(), change) }

func (w *world) setAt(at model.Instant, change func(*model.Settings)) {
	_, err := w.desk.Configure(w.ctx, w.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
		change(s)
		return nil
	}}, at)
	check(err)
}

// turns lets a day come, or has the company want another window; work comes to phones and goes, in small commits.
func (w *world) turns() {
	change := func(*model.Settings) {}
	if w.rnd.IntN(2) == 0 {
		window := model.Window{Past: 1 + w.rnd.Int64N(20), Future: 1 + w.rnd.Int64N(60), Zone: "UTC"}
		change = func(s *model.Settings) { s.Window = window }
	} else {
		w.ahead += model.Instant(1+w.rnd.Int64N(10)) * 24 * 3600 * 1000
	}
	batch := 1 + w.rnd.IntN(50)
	w.store.together(w.tenant, func() {
		w.set(change)
		for must(w.desk.Turn(w.ctx, w.tenant, batch, w.now()+w.ahead)) {
		}
		w.setAt(w.now()+w.ahead, func(*model.Settings) {}) // committed time is the same in both, whether or not work moved
	})
}

// lapses has the company say how long offers stand, and those whose time is over decline themselves; and what names customers who are
// another one moves.
func (w *world) lapses() {
	stands := w.rnd.Int64N(3) * 3600 * 1000
	w.store.together(w.tenant, func() {
		w.set(func(s *model.Settings) { s.OfferStands = stands })
		for must(w.desk.Lapse(w.ctx, w.tenant, w.now()+w.ahead)) {
		}
		for must(w.desk.Unite(w.ctx, w.tenant, 0, w.now()+w.ahead)) {
		}
		w.setAt(w.now()+w.ahead, func(*model.Settings) {}) // as in turns
	})
}

// planned is when a job is to be done, if that is known.
func (w *world) planned(rnd *rand.Rand) []model.Assign {
	if rnd.IntN(3) == 0 {
		return nil
	}
	return []model.Assign{set(model.JobWindowStart, model.Int(int64(w.now()+w.ahead)+(rnd.Int64N(60)-10)*24*3600*1000))}
}

// connects opens a connection of some kind: goes on where the phone was, begins anew, lies about where it was, or hands
// in alone.
func (w *world) connects() {
	p := w.phone
	if p.ended && w.rnd.IntN(3) > 0 {
		p.signIn(0)
	}
	l := &line{follow: w.rnd.IntN(4) > 0, lazy: w.rnd.IntN(3) == 0, handIn: p.ended || w.rnd.IntN(10) == 0}
	switch w.rnd.IntN(8) {
	case 0:
		l.fresh = true
	case 1:
		l.garbage = true
		for range 1 + w.rnd.IntN(4) {
			l.list = append(l.list, w.anything(w.rnd))
		}
	}
	p.connect(l)
}

// sessions is what happens to the person's sessions.
func (w *world) sessions() {
	p := w.phone
	switch w.rnd.IntN(4) {
	case 0:
		ended, err := p.engine.End(w.ctx, w.tenant, model.Ending{User: w.user, Reason: model.EndOffice, By: w.amy}, w.now())
		check(err)
		for _, e := range ended {
			w.hub.Ended(e)
		}
	case 1:
		p.line.send(&protocol.Bye{Reason: model.EndSignedOut})
	case 2: // as if on another phone
		p.hangUp()
		p.in.Device, p.token, p.next, p.cursor, p.bases, p.holds = model.DeviceID{}, 0, 1, nil, nil, nil
		p.signIn(0)
		p.signIn(p.in.Epoch)
	default: // a phone restored from a backup
		p.hangUp()
		p.token = 0
	}
}

// mumbles says what no phone says.
func (w *world) mumbles() {
	l := w.phone.line
	switch w.rnd.IntN(5) {
	case 0:
		l.raw([]byte{0xc1})
	case 1:
		l.send(&protocol.Holdings{Records: []model.RecordID{w.anything(w.rnd)}, Last: true})
	case 2:
		l.send(&protocol.Got{Cursor: [8]byte{1}})
	case 3:
		l.send(&protocol.Poke{})
	default:
		l.send(&protocol.Resume{Cursor: []byte("nobody's"), Follow: true})
	}
}

// searches asks for words: names that are there in the busy world alone, what was said in both, and what was never said to
// the phone.
func (w *world) searches() {
	p := w.phone
	p.searches++
	words := []string{"qx", "qx said", "said 1", canary, pick(w.rnd, names)}
	m := &protocol.Search{Number: p.searches, Words: pick(w.rnd, words), Limit: 1 + uint64(w.rnd.IntN(3))}
	if w.rnd.IntN(2) == 0 {
		m.Collections = []model.Collection{pick(w.rnd, []model.Collection{model.Customers, model.Sites, model.Jobs, model.Notes, model.JobCards, 77})}
	}
	p.line.send(m)
}

// rights changes what the person may, or what the company says of job cards.
func (w *world) rights() {
	boxes := []access.Permission{access.MobileCreateJob, access.MobileEditJob, access.MobileAssignJobs}
	switch w.rnd.IntN(8) {
	case 0, 1:
		rules := []model.JobCardRule{model.CardSiteOnly, model.CardAddressOnTravel}
		if w.contacts {
			rules = append(rules, model.CardSiteAndContact, model.CardFull)
		}
		rule := pick(w.rnd, rules)
		w.set(func(s *model.Settings) { s.HiddenJobCard = rule })
	case 2:
		w.level(access.MobileEnabled, w.flip())
	case 3, 4, 5:
		p := pick(w.rnd, boxes)
		w.level(p, w.flip())
	default:
		if !w.customer {
			w.level(access.MobileEnabled, access.On)
			return
		}
		l := []access.Level{access.Full, access.ReadOnly, access.Hidden, access.Hidden}[w.rnd.IntN(4)]
		w.level(access.MobileCustomers, l)
		if l == access.Hidden && w.rnd.IntN(2) == 0 {
			w.customer = false // for good: from now on the worlds differ in what customers are
		}
	}
}

// anything is an id that a phone may name: of what it has, had, may not see, or of nothing.
func (w *world) anything(rnd *rand.Rand) model.RecordID {
	switch j := w.some(rnd, func(*job) bool { return true }); rnd.IntN(6) {
	case 0, 1:
		if j == nil {
			break
		}
		if id := []model.RecordID{j.id, j.id, j.card, j.assignment}[rnd.IntN(4)]; !id.IsZero() {
			return id
		}
	case 2:
		return randomID(rnd)
	case 3:
		return pick(rnd, w.shared)
	}
	return pick(rnd, w.secrets)
}

// anyCustomer is an id that a phone may name as a customer.
func (w *world) anyCustomer() model.RecordID {
	if w.rnd.IntN(2) == 0 {
		return pick(w.rnd, w.secrets[:customersNamed])
	}
	return w.anything(w.rnd)
}

// pushes hands in one to four changes.
func (w *world) pushes() {
	p := w.phone
	if p.line == nil || !p.line.welcome {
		return
	}
	var changes []model.Change
	for range 1 + w.rnd.IntN(3) {
		changes = append(changes, w.change()...)
	}
	p.push(changes...)
}

// change is something that the person does, or an app that was tampered with.
func (w *world) change() []model.Change {
	j := w.some(w.rnd, mine)
	if w.rnd.IntN(3) == 0 {
		j = w.some(w.rnd, func(*job) bool { return true })
	}
	if j == nil {
		return []model.Change{w.createsJob(nil)}
	}
	switch w.rnd.IntN(17) {
	case 0:
		return w.freeText()
	case 1, 2:
		return []model.Change{w.creates(model.Notes, under(w.onto(j)), set(model.NoteText, w.says(false)),
			set(model.NoteAudience, model.Text([]string{"field", "internal", "client"}[w.rnd.IntN(3)])))}
	case 3, 4:
		kind := []string{"accept", "decline", "travel", "start", "pause", "resume", "done"}[w.rnd.IntN(7)]
		id := w.onto(j)
		if lost := w.some(w.rnd, func(j *job) bool { return j.forgotten && !j.gone }); lost != nil && w.rnd.IntN(2) == 0 {
			id = lost.id // before they heard
		}
		for _, j := range w.jobs {
			j.begun = j.begun || j.id == id && !j.lost
		}
		return []model.Change{w.creates(model.VisitEvents, under(id), set(model.VisitEventKind, model.Text(kind)), set(model.VisitEventVisit, model.Int(1)))}
	case 5, 6:
		return []model.Change{w.edits(model.Jobs, w.onto(j), set([]model.FieldNo{model.JobTitle, model.JobDescription}[w.rnd.IntN(2)], w.says(false)))}
	case 7: // of a hidden class, with something that is or is not there
		return []model.Change{w.edits(model.Jobs, w.onto(j), set([]model.FieldNo{model.JobCustomer, model.JobSite, 24}[w.rnd.IntN(3)], model.Ref(w.anything(w.rnd))))}
	case 8:
		return []model.Change{w.edits(model.Jobs, w.onto(j), set([]model.FieldNo{25, 26}[w.rnd.IntN(2)], w.says(false)))}
	case 9:
		return []model.Change{w.createsJob([]model.Assign{set(model.JobCustomer, model.Ref(w.anyCustomer()))})}
	case 10:
		coll := []model.Collection{model.Jobs, model.Customers, model.Notes, model.Sites, model.ReviewItems, model.People}[w.rnd.IntN(6)]
		return []model.Change{w.change1(model.OpDelete, coll, w.anything(w.rnd))}
	case 11:
		return []model.Change{w.directory()}
	case 12:
		return []model.Change{w.creates(model.TimesheetEvents, set(model.TimeKind, model.Text("shift_start")), set(model.TimeJob, model.Ref(w.anything(w.rnd))))}
	case 13:
		return []model.Change{w.creates(model.Assignments, under(w.onto(j)), set(model.AssignmentUser, model.Ref(w.anything(w.rnd))))}
	case 14:
		return w.again()
	case 15:
		return []model.Change{w.creates(model.PartsMovements, took(w.rnd)...)}
	default:
		return []model.Change{w.creates(model.Tasks, under(w.onto(j)), set(2, w.says(false)))}
	}
}

// onto is a job to do something on: mostly the one that is on the screen.
func (w *world) onto(j *job) model.RecordID {
	if w.rnd.IntN(3) == 0 {
		return w.anything(w.rnd)
	}
	return j.id
}

// change1 is one change of the person's, on a base that the phone was given.
func (w *world) change1(op model.Op, c model.Collection, id model.RecordID, fields ...model.Assign) model.Change {
	p := w.phone
	change := model.Change{
		ID: model.ChangeID(randomID(w.rnd)), Author: w.user, Op: op, Collection: c, Record: id, Fields: fields,
		Occurred: model.Occurrence{Wall: w.now(), Clock: model.Clock{User: w.user, Boot: 7}},
	}
	if n := len(p.bases); n > 0 {
		change.Base = p.bases[max(0, n-1-w.rnd.IntN(4))]
	}
	sorted(change.Fields)
	return change
}

func (w *world) edits(c model.Collection, id model.RecordID, fields ...model.Assign) model.Change {
	return w.change1(model.OpEdit, c, id, fields...)
}

// creates is a creation under a new id.
func (w *world) creates(c model.Collection, fields ...model.Assign) model.Change {
	change := w.change1(model.OpCreate, c, randomID(w.rnd), fields...)
	change.ID = model.ChangeID(change.Record)
	return change
}

// createsJob makes a job of the person's own.
func (w *world) createsJob(more []model.Assign) model.Change {
	c := w.creates(model.Jobs, append(more, set(model.JobTitle, model.Text(pick(w.rnd, names))))...)
	w.jobs = append(w.jobs, &job{id: c.Record, own: true})
	return c
}

// freeText makes a job with what was typed of its site and customer (domain H4).
func (w *world) freeText() []model.Change {
	made := w.createsJob(nil)
	origin := w.creates(model.JobOrigins, under(made.Record), set(model.OriginSite, w.says(false)),
		set(model.OriginCustomer, model.Text(pick(w.rnd, names))))
	origin.After = []model.ChangeID{made.ID}
	return []model.Change{made, origin}
}

// directory reaches for what Hidden users do not have, and portals less.
func (w *world) directory() model.Change {
	name := model.Text(pick(w.rnd, names))
	switch w.rnd.IntN(6) {
	case 0:
		if w.customer {
			return w.creates(model.Tasks, set(2, name)) // in nobody's directory: it would be seen
		}
		return w.creates(model.Customers, set(2, name))
	case 1:
		return w.creates(model.Sites, under(w.anything(w.rnd)), set(3, name))
	case 2:
		return w.edits(model.Customers, w.anything(w.rnd), set(2, name))
	case 3:
		return w.creates(model.JobCommercials, under(w.anything(w.rnd)), set(2, model.Int(1)))
	case 4:
		return w.edits(77, w.anything(w.rnd), set(2, name))
	default:
		return w.edits(model.Jobs, w.anything(w.rnd), set(model.FirstCustomField+model.FieldNo(w.rnd.IntN(4)), model.Int(3)))
	}
}

// again sends something for a second time, or something else under its id.
func (w *world) again() []model.Change {
	if len(w.phone.sent) == 0 {
		return nil
	}
	c := pick(w.rnd, w.phone.sent)
	if w.rnd.IntN(3) == 0 && c.Op != model.OpDelete {
		c.Occurred.Wall++
	}
	return []model.Change{c}
}

// did counts an outcome of the office.
func (w *world) did(o model.Outcome) {
	if w.outcomes == nil {
		w.outcomes = map[string]int{}
	}
	w.outcomes[fmt.Sprint(o)]++
}
