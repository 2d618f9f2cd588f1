package worlds

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// canary is in every text that the phone must never hear.
const canary = "unheard"

// elsewhere is what only the busy world has.
type elsewhere struct {
	outcomes  map[string]int // of all that the office did, by outcome
	ben       *stranger
	clerk     clerk
	rival     clerk // of another company in the same store
	hired     int
	customers []model.RecordID // and sites, contacts
	hidden    []model.RecordID // other people's jobs
	beneath   []hung           // on the person's own jobs
	used      map[model.RecordID]bool
	words     int
}

// hung is a hidden record below a job of the person's.
type hung struct {
	id    model.RecordID
	coll  model.Collection
	field model.FieldNo // that may be edited
}

// stranger is another person of the field.
type stranger struct {
	user   model.UserID
	engine *engine.Engine
	conn   model.Connection
	next   uint64
}

// settleElsewhere makes the worlds different.
func (w *world) settleElsewhere() {
	// The id of the one who will be Ben is known in both worlds, so that it can be named.
	var bens model.RecordID
	_, _ = history.Stream(w.seed, "ben").Read(bens[:]) // never fails
	w.secrets = append(w.secrets, bens)
	if !w.busy {
		return
	}
	w.used = map[model.RecordID]bool{bens: true}
	w.clerk = clerk{w, w.engine("clerk"), w.tenant, w.amy, w.other}
	w.ben = w.newStranger()
	for i := 0; i < w.many && !w.customer; i++ {
		w.newElsewhere()
	}
	if w.kind == model.Subcontractor && w.customer { // who sees whose their jobs are, and never looks customers up
		for range customersNamed {
			w.newElsewhere()
		}
		for range customersNamed {
			w.merges()
		}
	}
	for i := 0; i < w.opt.Customers && !w.customer; i += protocol.MaxChanges {
		w.crowd(protocol.MaxChanges)
	}
	e := w.engine("rival")
	rivals := must(e.AddTenant(w.ctx, "rival", w.now()))
	boss := must(e.AddAccount(w.ctx, rivals, engine.NewAccount{
		Login: "sue", Name: canary, Kind: model.Desktop, Levels: access.RoleSets(access.Admin).Encode(),
	}, w.now()))
	w.rival = clerk{w, e, rivals, boss, w.other}
}

// newStranger is Ben, with a phone of his own that is always on.
func (w *world) newStranger() *stranger {
	s := &stranger{engine: w.engine("ben"), next: 1}
	s.user = must(s.engine.AddAccount(w.ctx, w.tenant, engine.NewAccount{Login: "ben", Name: canary + " Ben", Kind: model.Mobile}, w.now()))
	_, public := key()
	hash := sha256.Sum256(s.user[:])
	in := must(s.engine.SignIn(w.ctx, model.SignIn{Tenant: w.tenant, User: s.user, Kind: model.Mobile, PublicKey: public, TokenHash: hash}, w.now()))
	s.conn = must(s.engine.Hello(w.ctx, model.Hello{Tenant: w.tenant, Device: in.Device, TokenHash: hash, Next: 1}, w.now())).Connection
	return s
}

// hush is a text that nobody of the other world has heard.
func (w *world) hush() model.Value {
	w.words++
	return model.Text(fmt.Sprintf("%s %d", canary, w.words))
}

// secret is an id that the phone may name, or one that it never will.
func (w *world) secret() model.RecordID { return w.secretOf(w.secrets[customersNamed:]) }

// customersNamed is how many of the secrets only customers have, so that the phone hits on one now and then.
const customersNamed = 4

func (w *world) secretOf(secrets []model.RecordID) model.RecordID {
	if id := pick(w.other, secrets); w.other.IntN(2) == 0 && !w.used[id] {
		w.used[id] = true
		return id
	}
	return randomID(w.other)
}

// happens lets something happen elsewhere.
func (w *world) happens() {
	if !w.busy || w.other.IntN(3) == 0 {
		return
	}
	for range 1 + w.other.IntN(3) {
		switch w.other.IntN(12) {
		case 0, 1:
			if !w.customer || w.kind == model.Subcontractor { // who never looks customers up
				w.directoryElsewhere()
			}
		case 2, 3:
			w.work()
		case 4, 5, 6, 7:
			w.beneathOwn()
		case 8:
			w.benSays()
		case 9:
			w.reviews()
		case 10:
			w.personnel()
		default:
			w.rivals()
		}
	}
}

// newElsewhere is a customer, now and then of exactly the name that is typed, with a site of that address.
func (w *world) newElsewhere() {
	name := w.hush()
	if w.other.IntN(2) == 0 {
		name = model.Text(pick(w.other, names))
	}
	id := w.secretOf(w.secrets[:customersNamed])
	w.clerk.makes(model.Customers, id, set(2, name), set(7, w.hush()))
	w.customers = append(w.customers, id)
	site := w.secret()
	w.clerk.makes(model.Sites, site, under(id), set(3, name), set(4, w.hush()))
	w.clerk.makes(model.Contacts, w.secret(), under(id), set(2, w.hush()))
}

// crowd is many customers at once, of all the names.
func (w *world) crowd(n int) {
	var changes []model.Change
	for i := range n {
		changes = append(changes, model.Change{
			ID: model.ChangeID(randomID(w.other)), Op: model.OpCreate, Collection: model.Customers, Record: randomID(w.other),
			Fields: []model.Assign{set(2, model.Text(names[i%len(names)]))},
		})
	}
	w.clerk.asks(changes...)
}

func (w *world) directoryElsewhere() {
	if len(w.customers) == 0 || w.other.IntN(3) == 0 {
		w.newElsewhere()
		return
	}
	some := w.customers
	if !w.customer {
		some = append(some[:len(some):len(some)], w.shared...)
	}
	id := pick(w.other, some)
	switch {
	case w.other.IntN(5) == 0:
		w.merges()
	case w.other.IntN(5) > 0:
		field := []model.FieldNo{2, 7}[w.other.IntN(2)]
		if w.kind == model.Portal && id == w.company { // its own card is shown to it, without the office's remarks
			field = 7
		}
		w.clerk.edits(model.Customers, id, set(field, w.hush()))
	case id != w.company:
		w.clerk.deletes(model.Customers, id)
		w.customers = slices.DeleteFunc(w.customers, func(c model.RecordID) bool { return c == id })
	}
}

// merges says that a customer is another one.
func (w *world) merges() {
	w.clerk.edits(model.Customers, pick(w.other, w.customers), set(model.CustomerMerged, model.Ref(pick(w.other, w.customers))))
}

// work is of other people: jobs of Ben's, with all that hangs on them.
func (w *world) work() {
	c := w.clerk
	if len(w.hidden) == 0 || w.other.IntN(3) == 0 {
		id := w.secret()
		fields := []model.Assign{set(model.JobTitle, w.hush()), set(25, w.hush())}
		if len(w.customers) > 0 {
			fields = append(fields, set(model.JobCustomer, model.Ref(pick(w.other, w.customers))))
		}
		c.makes(model.Jobs, id, append(fields, w.planned(w.other)...)...)
		c.makes(model.Assignments, w.secret(), under(id), set(model.AssignmentUser, model.Ref(w.ben.user)))
		c.makes(model.JobCards, w.secret(), under(id), set(model.CardAddress, w.hush()))
		w.hidden = append(w.hidden, id)
		return
	}
	i := w.other.IntN(len(w.hidden))
	id := w.hidden[i]
	switch w.other.IntN(6) {
	case 0:
		c.deletes(model.Jobs, id)
		w.hidden = slices.Delete(w.hidden, i, i+1)
	case 1, 2:
		c.edits(model.Jobs, id, set(model.JobTitle, w.hush()))
	case 3:
		c.makes(model.Notes, w.secret(), under(id), set(model.NoteText, w.hush()), set(model.NoteAudience, model.Text("field")))
	case 4:
		c.makes(model.Messages, randomID(w.other), set(model.MessageTo, model.Ref(w.ben.user)), set(3, w.hush()))
	default:
		c.makes(model.OfficeEvents, randomID(w.other), under(id), set(model.OfficeEventKind, model.Text([]string{"cancel", "close", "reopen"}[w.other.IntN(3)])))
	}
}

// beneathOwn touches what is hidden of, and below, the person's own jobs; and all of those that they have lost for good.
func (w *world) beneathOwn() {
	j := w.some(w.other, func(j *job) bool { return !j.gone })
	if j == nil {
		return
	}
	c, open := w.clerk, w.customer || w.contacts
	if lost := w.some(w.other, func(j *job) bool { return j.forgotten && !j.gone }); lost != nil && w.other.IntN(4) == 0 {
		w.goesOn(lost)
		return
	}
	switch n := w.other.IntN(12); {
	case n < 2 && !open && w.kind != model.Portal: // whose job it is
		if len(w.customers) > 0 {
			c.edits(model.Jobs, j.id, set(model.JobCustomer, model.Ref(pick(w.other, w.customers))))
		}
	case n < 4 && !open:
		c.edits(model.Jobs, j.id, set([]model.FieldNo{25, 26}[w.other.IntN(2)], w.hush()))
	case n < 5 && !open && !j.card.IsZero():
		c.edits(model.JobCards, j.card, set([]model.FieldNo{7, 8}[w.other.IntN(2)], w.hush()))
	case n < 6 && w.kind == model.Portal:
		c.edits(model.Jobs, j.id, set(model.JobSafety, w.hush()))
	case n < 8 && j.forgotten:
		c.makes(model.Notes, randomID(w.other), under(j.id), set(model.NoteText, w.hush()), set(model.NoteAudience, model.Text("field")))
	case n < 9 && len(w.beneath) > 0:
		i := w.other.IntN(len(w.beneath))
		h := w.beneath[i]
		if h.field == 0 || w.other.IntN(3) == 0 {
			c.deletes(h.coll, h.id)
			w.beneath = slices.Delete(w.beneath, i, i+1)
		} else {
			c.edits(h.coll, h.id, set(h.field, w.hush()))
		}
	default:
		w.hangs(j, open)
	}
}

// goesOn is what becomes of a job that the person has lost for good.
func (w *world) goesOn(j *job) {
	c, n := w.clerk, w.other.IntN(4)
	if j.begun {
		n = 3 // whether that counts depends on what others did, and is told (domain (d), rows d to h)
	}
	switch n {
	case 0:
		c.makes(model.OfficeEvents, randomID(w.other), under(j.id), set(model.OfficeEventKind, model.Text([]string{"cancel", "close", "reopen"}[w.other.IntN(3)])))
	case 1:
		c.makes(model.Assignments, w.secret(), under(j.id), set(model.AssignmentUser, model.Ref(w.ben.user)))
	default:
		c.edits(model.Jobs, j.id, set(model.JobTitle, w.hush()))
	}
}

// hangs hangs something hidden on a job of the person's.
func (w *world) hangs(j *job, open bool) {
	c, id := w.clerk, w.secret()
	switch w.other.IntN(4) {
	case 0:
		c.makes(model.Notes, id, under(j.id), set(model.NoteText, w.hush()), set(model.NoteAudience, model.Text("internal")))
		w.beneath = append(w.beneath, hung{id, model.Notes, 0})
	case 1:
		if !w.money {
			c.makes(model.JobCommercials, id, under(j.id), set(2, model.Int(int64(w.other.IntN(1000)))), set(6, w.hush()))
			w.beneath = append(w.beneath, hung{id, model.JobCommercials, 6})
		}
	case 2:
		if !open {
			c.makes(model.JobContacts, id, under(j.id), set(model.JobContactName, w.hush()))
			w.beneath = append(w.beneath, hung{id, model.JobContacts, model.JobContactName})
		}
	default:
		if !open {
			hash := sha256.Sum256(id[:])
			c.makes(model.Files, id, under(j.id), set(2, model.Text("document")), set(3, model.Bytes(hash[:])), set(8, w.hush()),
				set(9, w.hush()), set(model.FileAudience, model.Text("field")), set(model.FileBearing, model.Bool(true)))
			w.beneath = append(w.beneath, hung{id, model.Files, 0})
		}
	}
}

// benSays is a change from Ben's phone: hours, work on his jobs, and what is held.
func (w *world) benSays() {
	b := w.ben
	change := model.Change{
		ID: model.ChangeID(randomID(w.other)), Author: b.user, Op: model.OpCreate,
		Occurred: model.Occurrence{Wall: w.now(), Clock: model.Clock{User: b.user, Boot: 9}},
	}
	change.Record = model.RecordID(change.ID)
	on := pick(w.other, w.secrets)
	if len(w.hidden) > 0 && w.other.IntN(3) > 0 {
		on = pick(w.other, w.hidden)
	}
	switch w.other.IntN(4) {
	case 3:
		change.Collection, change.Fields = model.PartsMovements, took(w.other)
	case 0:
		change.Collection, change.Fields = model.TimesheetEvents, []model.Assign{set(model.TimeKind, model.Text("shift_start")), set(14, w.hush())}
	case 1:
		change.Collection, change.Fields = model.Notes, []model.Assign{under(on), set(model.NoteText, w.hush()), set(model.NoteAudience, model.Text("field"))}
	default:
		change.Collection, change.Fields = model.VisitEvents, []model.Assign{under(on), set(model.VisitEventKind, model.Text([]string{"start", "done", "pause"}[w.other.IntN(3)]))}
	}
	sorted(change.Fields)
	body, blobs, err := protocol.EncodeChange(&change)
	check(err)
	push := &protocol.Push{Number: 1}
	push.Add(protocol.PushedChange{Number: b.next, Body: body}, blobs)
	b.next++
	for _, a := range must(b.engine.Push(w.ctx, b.conn, push.Submitted(), nil, w.now())) {
		w.did(a.Outcome)
	}
}

// reviews decides held work of others; the person's own stays, whose outcome they would be told.
func (w *world) reviews() {
	e := w.clerk.engine
	for _, h := range must(e.Held(w.ctx, w.tenant)) {
		if h.Author != w.ben.user || w.other.IntN(2) == 0 {
			continue
		}
		var err error
		if w.other.IntN(2) == 0 {
			err = e.Release(w.ctx, w.tenant, h.Change, false, model.UserID{}, w.now())
		} else {
			err = e.Dismiss(w.ctx, w.tenant, h.Change, model.UserID{}, w.now())
		}
		if err != nil && !errors.Is(err, engine.ErrNotReleasable) && !errors.Is(err, engine.ErrNotYet) {
			check(err)
		}
		return
	}
}

// personnel hires people, changes what they may, and defines fields that the phone does not see.
func (w *world) personnel() {
	e := w.clerk.engine
	switch w.other.IntN(4) {
	case 0:
		w.hired++
		must(e.AddAccount(w.ctx, w.tenant, engine.NewAccount{Login: fmt.Sprint("hired", w.hired), Name: w.hush().Text(), Kind: model.Mobile}, w.now()))
	case 1:
		sets := access.DefaultSets(model.Mobile)
		sets.Mobile[access.MobileCreateJob] = []access.Level{access.On, access.Off}[w.other.IntN(2)]
		check(e.SetLevels(w.ctx, w.tenant, w.ben.user, sets.Encode(), w.now()))
	default:
		classes := []model.Class{model.ClassInternal, model.ClassPay}
		if !w.customer && !w.contacts {
			classes = append(classes, model.ClassCustomer)
		}
		w.defines(pick(w.other, classes))
	}
}

// defines adds a field of the company's own.
func (w *world) defines(class model.Class) {
	n := w.other.IntN(1 << 20)
	w.clerk.makes(model.FieldDefinitions, randomID(w.other), set(2, model.Int(int64(model.Jobs))),
		set(3, model.Int(int64(model.FirstCustomField)+int64(n))), set(4, model.Text(fmt.Sprintf("%s_%d", canary, n))),
		set(5, model.Int(int64(model.TypeText))), set(model.DefinitionClass, model.Text(class.String())), set(10, model.Int(100)),
		set(7, model.Text("optional")), set(8, w.hush()))
}

// rivals is another company, which has records of the very same ids.
func (w *world) rivals() {
	id := w.secret()
	if j := w.some(w.other, func(*job) bool { return true }); j != nil && w.other.IntN(2) == 0 {
		id = j.id
	}
	w.rival.makes(model.Jobs, id, set(model.JobTitle, w.hush()))
	w.rival.makes(model.Notes, randomID(w.other), under(id), set(model.NoteText, w.hush()), set(model.NoteAudience, model.Text("field")))
}
