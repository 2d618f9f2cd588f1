package reading

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A real history is what the people of a company do, through the engine's own doors.

// desk is the office that acts, on the lane of the API.
func (w *world) desk() model.Connection {
	return model.Connection{Tenant: w.tenant, User: w.people[0].user, Kind: model.Desktop, Lane: model.LaneOffice}
}

// id draws an identifier.
func (w *world) id() (id model.RecordID) {
	for i := range id {
		id[i] = byte(w.dice.IntN(256))
	}
	return id
}

// asks is a change of the office, made on the present state.
func (w *world) asks(op model.Op, c model.Collection, id model.RecordID, fields ...model.Assign) model.Submitted {
	change := model.Change{
		ID: model.ChangeID(w.id()), Author: w.people[0].user, Op: op, Collection: c, Record: id, Fields: fields, Base: w.base(),
		Occurred: model.Occurrence{Wall: w.now},
	}
	spec, _ := w.truth.table.Spec(c)
	if op == model.OpCreate && spec.Append {
		change.ID = model.ChangeID(id)
	}
	change.Hash = sha256.Sum256(change.ID[:])
	return model.Submitted{Change: change}
}

// base is a token that says that the office knows the present state.
func (w *world) base() string {
	plain := make([]byte, 24)
	h := w.head()
	binary.BigEndian.PutUint64(plain, uint64(h.Lineage.Present()))
	binary.BigEndian.PutUint64(plain[8:], uint64(h.Seq))
	binary.BigEndian.PutUint64(plain[16:], uint64(h.Time))
	return w.seal.mint(engine.Binding{Purpose: engine.PurposeBase, Tenant: w.tenant, User: w.people[0].user}, plain)
}

// push hands changes in, in one commit. What was applied must stand in the books.
func (w *world) push(c model.Connection, changes []model.Submitted, have []model.ChangeID) []model.Answer {
	answers := must(w.eng.Push(w.ctx, c, changes, have, w.now))
	for i, a := range answers {
		x := &changes[i].Change
		if a.Outcome != model.OutcomeRetry {
			w.truth.decided[x.ID] = true
		}
		w.stats["change "+a.Outcome.String()]++
		w.say("%s: op %d of %s of %d: %s %d", short(c.User), x.Op, short(x.Record), x.Collection, a.Outcome, a.Reason)
		f := w.truth.facts[x.Record]
		if a.Outcome != model.OutcomeApplied || a.Repeat || len(changes) > 1 {
			continue
		}
		if f == nil || f.dead != (x.Op == model.OpDelete) {
			w.fail("books", "an applied change of %s left no trace", short(x.Record))
		}
		for _, v := range x.Fields {
			if is := f.value(v.Field); is != v.Value && is != w.truth.meant(v.Value) {
				w.fail("books", "field %d of %s was applied and is not there", v.Field, short(x.Record))
			}
		}
	}
	return answers
}

// does pushes changes of the office.
func (w *world) does(changes ...model.Submitted) { w.push(w.desk(), changes, nil) }

func set(f model.FieldNo, v model.Value) model.Assign { return model.Assign{Field: f, Value: v} }

func under(id model.RecordID) model.Assign { return set(model.FieldParent, model.Ref(id)) }

// words is text that was never said before.
func (w *world) words() model.Value {
	return model.Text("t" + w.value().String())
}

// some is a live record of a collection, or nil.
func (w *world) some(c model.Collection) *fact {
	list := w.truth.live(c)
	if len(list) == 0 {
		return nil
	}
	return list[w.dice.IntN(len(list))]
}

// phones is the people of the field.
func (w *world) phones() []*rights {
	var out []*rights
	for _, r := range w.people[1:] {
		if r.kind != model.Desktop {
			out = append(out, r)
		}
	}
	return out
}

// work is one thing that the office does.
func (w *world) work() {
	jobs := w.truth.live(model.Jobs)
	if len(jobs) < 2 || len(jobs) < 6 && w.dice.IntN(8) == 0 {
		w.newJob()
		return
	}
	job := jobs[w.dice.IntN(len(jobs))]
	switch w.dice.IntN(13) {
	case 12:
		w.merge(job)
	case 0:
		w.newPlace()
	case 1, 2, 3:
		w.assign(job)
	case 4, 5:
		w.happens(job)
	case 6, 7:
		w.hang(job)
	case 8, 9, 10:
		w.edit(job)
	default:
		w.deleteOrMove(job)
	}
}

func (w *world) newJob() {
	fields := []model.Assign{set(model.JobTitle, w.words())}
	if c := w.some(model.Customers); c != nil && w.dice.IntN(3) > 0 {
		fields = append(fields, set(model.JobCustomer, model.Ref(c.id)))
	}
	if s := w.some(model.Sites); s != nil && w.dice.IntN(3) > 0 {
		fields = append(fields, set(model.JobSite, model.Ref(s.id)))
	}
	fields = append(append(fields, w.planned()...), set(18, w.words()))
	if a := w.some(model.Assets); a != nil && w.dice.IntN(3) == 0 {
		fields = append(fields, set(24, model.Ref(a.id)))
	}
	fields = append(fields, set(25, w.words()))
	w.does(w.asks(model.OpCreate, model.Jobs, w.id(), fields...))
}

func (w *world) newPlace() {
	c := w.some(model.Customers)
	if c == nil || w.dice.IntN(3) == 0 {
		w.does(w.asks(model.OpCreate, model.Customers, w.id(), set(2, w.words()), set(8, w.words())))
		return
	}
	if s := w.some(model.Sites); s != nil && w.dice.IntN(3) == 0 {
		w.does(w.asks(model.OpCreate, model.Assets, w.id(), under(s.id), set(2, w.words())))
		return
	}
	kind := []model.Collection{model.Sites, model.Contacts}[w.dice.IntN(2)]
	w.does(w.asks(model.OpCreate, kind, w.id(), under(c.id), set(2, w.words()), set(3, w.words())))
}

// assign gives a job to somebody, takes it away, or hands it on in one group.
func (w *world) assign(job *fact) {
	phones := w.phones()
	if len(phones) == 0 {
		return
	}
	who := phones[w.dice.IntN(len(phones))]
	give := w.asks(model.OpCreate, model.Assignments, w.id(), under(job.id), set(model.AssignmentUser, model.Ref(who.user)))
	if who.kind == model.Subcontractor && !who.company.IsZero() {
		give.Change.Fields = append(give.Change.Fields, set(7, model.Ref(who.company)))
		if w.dice.IntN(3) == 0 { // to the company: its dispatcher says who goes
			give.Change.Fields = slices.DeleteFunc(give.Change.Fields, func(a model.Assign) bool { return a.Field == model.AssignmentUser })
		}
	}
	var standing []*fact
	for _, f := range w.truth.live(model.Assignments) {
		if f.parent() == job.id && w.truth.stands(f) {
			standing = append(standing, f)
		}
	}
	if len(standing) == 0 {
		w.does(give)
		return
	}
	take := w.asks(model.OpCreate, model.OfficeEvents, w.id(), under(job.id),
		set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(standing[w.dice.IntN(len(standing))].id)))
	switch w.dice.IntN(4) {
	case 0:
		w.does(give)
	case 1:
		group := model.GroupID(w.id())
		take.Change.Group, give.Change.Group, take.Change.GroupSize, give.Change.GroupSize = group, group, 2, 2
		w.does(take, give)
	default:
		w.does(take)
	}
}

// happens is an event of the office.
func (w *world) happens(job *fact) {
	kinds := []string{"cancel", "reinstate", "close", "reopen"}
	w.does(w.asks(model.OpCreate, model.OfficeEvents, w.id(), under(job.id),
		set(model.OfficeEventKind, model.Text(kinds[w.dice.IntN(len(kinds))]))))
}

var noteLabels = []string{"internal", "field", "client"}

// hang hangs something on a job.
func (w *world) hang(job *fact) {
	id := w.id()
	switch w.dice.IntN(6) {
	case 0:
		w.does(w.asks(model.OpCreate, model.Tasks, id, under(job.id), set(2, w.words())))
	case 1:
		w.does(w.asks(model.OpCreate, model.JobCards, id, under(job.id), set(model.CardAddress, w.words()), set(7, w.words())))
	case 2:
		w.does(w.asks(model.OpCreate, model.JobContacts, id, under(job.id), set(model.JobContactName, w.words())))
	case 3:
		w.does(w.asks(model.OpCreate, model.JobCommercials, id, under(job.id), set(2, w.value()), set(3, w.value())))
	case 4:
		hash := sha256.Sum256(id[:])
		w.does(w.asks(model.OpCreate, model.Files, id, under(job.id), set(2, model.Text("photo")),
			set(3, model.Bytes(hash[:])), set(11, model.Text(noteLabels[w.dice.IntN(3)])), set(12, model.Bool(w.dice.IntN(2) == 0))))
	default:
		w.does(w.asks(model.OpCreate, model.Notes, id, under(job.id), set(model.NoteText, w.words()),
			set(model.NoteAudience, model.Text(noteLabels[w.dice.IntN(3)]))))
	}
}

// edit changes something that is there.
func (w *world) edit(job *fact) {
	edit := func(f *fact, no model.FieldNo, v model.Value) {
		if f != nil {
			w.does(w.asks(model.OpEdit, f.collection, f.id, set(no, v)))
		}
	}
	place := func(c model.Collection) model.Value {
		if f := w.some(c); f != nil && w.dice.IntN(2) > 0 {
			return model.Ref(f.id)
		}
		return model.Null()
	}
	switch w.dice.IntN(12) {
	case 10, 11:
		edit(job, []model.FieldNo{model.JobWindowStart, model.JobWindowEnd}[w.dice.IntN(2)], w.date())
	case 0:
		edit(job, model.JobTitle, w.words())
	case 1:
		edit(job, 25, w.words())
	case 2:
		edit(job, model.JobCustomer, place(model.Customers))
	case 3:
		edit(job, model.JobSite, place(model.Sites))
	case 4:
		edit(w.some(model.Notes), model.NoteAudience, model.Text(noteLabels[w.dice.IntN(3)]))
	case 5:
		edit(w.some(model.Customers), 2, w.words())
	case 6:
		edit(w.some(model.Sites), 3, w.words())
	case 7:
		edit(w.some(model.JobCards), []model.FieldNo{model.CardAddress, 7}[w.dice.IntN(2)], w.words())
	case 8:
		edit(w.some(model.JobCommercials), []model.FieldNo{2, 3}[w.dice.IntN(2)], w.value())
	default:
		edit(w.some(model.Files), 12, model.Bool(w.dice.IntN(2) == 0))
	}
}

// merge says that the customer of a job is another one, or itself again; and moves some of what names one who is another one, or all of it.
func (w *world) merge(job *fact) {
	old, to := w.truth.facts[model.RefOf(job.value(model.JobCustomer))], w.some(model.Customers)
	if old == nil || old.dead || w.dice.IntN(4) == 0 {
		old = w.some(model.Customers)
	}
	if old != nil {
		v := model.Null()
		if w.dice.IntN(5) > 0 {
			v = model.Ref(to.id)
		}
		w.does(w.asks(model.OpEdit, model.Customers, old.id, set(model.CustomerMerged, v)))
	}
	for range w.dice.IntN(6) {
		if !must(w.eng.Unite(w.ctx, w.tenant, 1+w.dice.IntN(4), w.now)) {
			return
		}
		w.stats["united"]++
	}
}

// deleteOrMove takes something away, or hangs it on something else.
func (w *world) deleteOrMove(job *fact) {
	moving := []model.Collection{model.Tasks, model.Notes, model.JobCards, model.Assignments, model.Files}
	c := moving[w.dice.IntN(len(moving))]
	if w.dice.IntN(3) > 0 {
		w.move(w.some(c), job)
		return
	}
	if w.dice.IntN(3) == 0 {
		w.move(w.some(model.Sites), w.some(model.Customers))
		return
	}
	gone := []model.Collection{
		model.Notes, model.JobCards, model.JobContacts, model.JobCommercials, model.Sites, model.Customers, model.Files, model.Jobs,
	}
	if f := w.some(gone[w.dice.IntN(len(gone))]); f != nil {
		w.does(w.asks(model.OpDelete, f.collection, f.id))
	}
}

// move hangs a record on another. A parent is given once; the office knows what it replaces.
func (w *world) move(f, to *fact) {
	if f == nil || to == nil {
		return
	}
	s := w.asks(model.OpEdit, f.collection, f.id, under(to.id))
	for _, c := range f.cells {
		if c.field == model.FieldParent {
			s.Change.Over = []model.ChangeID{c.by}
		}
	}
	w.does(s)
}
