package writing

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// maxJobs keeps a history small enough for its people to meet.
const maxJobs = 9

// saveSomething is one save on a phone: one thing, or a group.
func (w *World) saveSomething(p *phone) {
	if p.cut.base == nil {
		return
	}
	if _, over := p.Ended(); over && !w.dice(4) {
		return // most people sign in again before they go on
	}
	if w.dice(14) {
		w.strangeThing(p)
		return
	}
	n := 1
	if w.dice(4) {
		n = 2 + w.rng.IntN(2)
	}
	var drafts []replica.Draft
	for range n {
		if d, ok := w.draft(p); ok {
			drafts = append(drafts, d)
		}
	}
	if len(drafts) == 0 {
		drafts = []replica.Draft{worked(1 + w.rng.Int64N(60))}
	}
	kill := 0
	if w.dice(12) {
		kill = 1 + w.rng.IntN(2)
	}
	w.save(p, kill, drafts...)
}

// draft is something a user does with what is on the screen.
func (w *World) draft(p *phone) (d replica.Draft, ok bool) {
	job := w.shown(p, model.Jobs)
	switch n := w.rng.IntN(24); {
	case n < 5 && !job.IsZero():
		return w.jobEdit(job), true
	case n < 6:
		return create(model.Jobs, give(model.JobTitle, w.value())), len(w.o.jobs) < maxJobs
	case n < 9 && !job.IsZero():
		return w.task(job), true
	case n < 11:
		task := w.shown(p, model.Tasks)
		return edit(task, give(taskTitle, w.value())), !task.IsZero()
	case n < 13 && !job.IsZero():
		return w.note(job), true
	case n < 17 && !job.IsZero():
		return w.event(p, job), true
	case n < 18:
		c := w.shown(p, model.Customers)
		return edit(c, give(customerPhone, w.value())), !c.IsZero()
	case n < 19:
		return create(model.Customers, give(customerName, w.value())), len(w.o.recs) < 60
	case n < 21 && !job.IsZero():
		return w.ownRecord(p, job), true
	case n < 22:
		note := w.shown(p, model.Notes)
		return replica.Draft{Op: model.OpDelete, Record: note}, !note.IsZero()
	default:
		return worked(1 + w.rng.Int64N(60)), true
	}
}

// event is something a user says to have done, on the visit that is shown.
func (w *World) event(p *phone, job model.RecordID) replica.Draft {
	d := happens(job, pick(w, []string{"accept", "decline", "travel", "start", "pause", "resume", "done", "start", "accept"}))
	if shown, ok, err := p.Show(job); err == nil && ok && shown.Value(model.JobVisit).Int() > 1 {
		d.Fields[2].Value = shown.Value(model.JobVisit)
	}
	return d
}

// jobEdit edits one or two fields of a job.
func (w *World) jobEdit(job model.RecordID) replica.Draft {
	fields := []model.FieldNo{model.JobTitle, model.JobDescription, jobInstructions}
	d := edit(job, give(pick(w, fields), w.value()))
	if f := pick(w, fields); f != d.Fields[0].Field && w.dice(3) {
		d.Fields = append(d.Fields, give(f, w.value()))
	}
	return d
}

// ownRecord makes or edits what only its author edits: a draft of a form, a photo's caption.
func (w *World) ownRecord(p *phone, job model.RecordID) replica.Draft {
	if draft := w.shown(p, model.FormDrafts); !draft.IsZero() && w.dice(2) {
		return edit(draft, give(draftAnswers, w.data()))
	}
	if file := w.shown(p, model.Files); !file.IsZero() && w.dice(2) {
		return edit(file, give(fileCaption, w.value()))
	}
	if w.dice(2) {
		return create(model.FormDrafts, under(job), give(draftAnswers, w.data()))
	}
	return w.photo(job)
}

// photo is one that nobody has sent before.
func (w *World) photo(job model.RecordID) replica.Draft {
	caption := w.value()
	hash := sha256.Sum256([]byte(caption.Raw()))
	return create(model.Files, under(job), give(fileKind, model.Text("photo")), give(fileHash, model.Bytes(hash[:])), give(fileCaption, caption))
}

func (w *World) data() model.Value { return model.Bytes([]byte(w.value().Text())) }

// shown is a record on the screen, or none.
func (w *World) shown(p *phone, c model.Collection) model.RecordID {
	list, err := p.List(c, model.RecordID{})
	w.must(err)
	if len(list) == 0 {
		return model.RecordID{}
	}
	return pick(w, list).ID
}

// strangeThing is a change that no good client makes, or makes only of what was taken from it.
func (w *World) strangeThing(p *phone) {
	job := pick(w, w.o.jobs)
	text := func(r model.RecordID) model.Change {
		return model.Change{Op: model.OpEdit, Collection: model.Jobs, Record: r, Fields: []model.Assign{set(model.JobTitle, w.value())}}
	}
	child := func(c model.Collection, fields ...model.Assign) model.Change {
		return model.Change{Op: model.OpCreate, Collection: c, Fields: fields}
	}
	parent := set(model.FieldParent, model.Ref(job))
	var c model.Change
	switch w.rng.IntN(13) {
	case 0:
		c = text(job) // shown or not
	case 1:
		c = text(ident[model.RecordID](w)) // never was
	case 2:
		c = text(job)
		c.Fields = []model.Assign{set(model.JobStatus, model.Text("closed"))}
	case 3:
		c = text(job)
		c.Fields = []model.Assign{set(model.JobTitle, model.Int(4))}
	case 4:
		c = text(job)
		c.Fields = []model.Assign{set(1<<20, model.Int(4))}
	case 5:
		c = child(999, set(2, model.Int(1)))
	case 6:
		c = child(model.Notes, parent, set(model.NoteText, w.value())) // on a job that may never have been theirs
	case 7:
		c = child(model.VisitEvents, set(model.VisitEventKind, model.Text("start"))) // of no job
	case 8:
		c = child(model.Assignments, parent, set(model.AssignmentUser, model.Ref(p.user.id))) // the job, for me
		c.Record = ident[model.RecordID](w)
	case 9:
		c = child(model.VisitEvents, parent) // of no kind
	case 10:
		w.sameID(p)
		return
	case 11:
		c = child(model.Notes, parent, set(model.NoteText, w.value())) // after something that nobody has any more
		c.After = []model.ChangeID{ident[model.ChangeID](w)}
	case 12:
		c = text(job)
		c.Base = "not a token of ours"
	}
	if c.Base == "" {
		c.Base = string(p.cut.base)
	}
	k := w.raw(p, c)
	if c.Base == "not a token of ours" {
		k.fault = model.ReasonBase
	}
	w.logf("%s is strange: %s", p.name, w.o.describe(k))
}

// sameID makes another content under the id of a change of the phone's own.
func (w *World) sameID(p *phone) {
	box := p.Outbox()
	if len(box) == 0 {
		return
	}
	e := pick(w, box)
	k := w.raw(p, model.Change{
		ID: e.Change, Op: model.OpCreate, Collection: model.TimesheetEvents, Base: string(p.cut.base),
		Fields: []model.Assign{set(model.TimeKind, model.Text("manual_entry")), set(model.TimeAmount, model.Int(7))},
	})
	w.logf("%s uses an id again: %s", p.name, w.o.describe(k))
}

// officeStep is something the office does.
func (w *World) officeStep() {
	desk := w.phones[0]
	if w.online(desk); desk.conn == nil || w.dice(20) {
		if w.signIn(desk, true, false) {
			w.hello(desk, false, false)
		}
	}
	if !w.dice(3) {
		w.sync(desk)
	}
	c := noCrash
	if w.dice(10) {
		c = crashBefore + crash(w.rng.IntN(2))
	}
	job := pick(w, w.o.jobs)
	switch n := w.rng.IntN(20); {
	case n < 8:
		w.officeEdit(desk, c)
	case n < 11:
		w.reassign(job, pick(w, []*user{w.ben, w.sue}))
	case n < 13:
		kind := pick(w, []string{"cancel", "cancel", "reinstate", "reinstate", "pause", "resume", "close", "close", "reopen"})
		if over := w.waitedOn(); kind == "close" && !over.IsZero() && w.dice(2) {
			job = over
		}
		w.logf("the office: %s of job %s", kind, short(job))
		w.office(c, w.orders(job, kind, model.RecordID{}))
	case n < 14 && len(w.o.jobs) < maxJobs:
		w.newJob(pick(w, []*user{w.ben, w.sue, nil}))
	case n < 17:
		w.saveSomething(desk)
	default:
		w.rights()
	}
}

// waitedOn is a completed job on which work waits for the office; zero: there is none.
func (w *World) waitedOn() (job model.RecordID) {
	for _, id := range w.o.waited {
		f := w.o.fates[id]
		if r := w.o.recs[f.on]; f.out == model.OutcomeHeld && r != nil && r.job != nil {
			if status, _ := r.job.derive(); status == "completed" {
				job = f.on
			}
		}
	}
	return job
}

// officeEdit edits what the console shows, by the API.
func (w *World) officeEdit(desk *phone, c crash) {
	var k *work
	switch w.rng.IntN(5) {
	case 0:
		if r := w.shown(desk, model.Tasks); !r.IsZero() {
			k = w.edits(model.Tasks, r, set(taskTitle, w.value()))
		}
	case 1:
		if r := w.shown(desk, model.Customers); !r.IsZero() {
			k = w.edits(model.Customers, r, set(customerPhone, w.value()))
		}
	default:
		if r := w.shown(desk, model.Jobs); !r.IsZero() {
			k = w.edits(model.Jobs, r, set(pick(w, []model.FieldNo{model.JobTitle, model.JobDescription, jobInstructions}), w.value()))
		}
	}
	if k != nil {
		w.office(c, k)
	}
}

// rights narrows or widens a right.
func (w *World) rights() {
	switch u := pick(w, []*user{w.ben, w.sue}); w.rng.IntN(3) {
	case 0:
		w.setLevel(u, access.MobileEditJob, pick(w, []access.Level{access.On, access.On, access.Off}))
	case 1:
		w.setLevel(w.ben, access.MobileCustomers, pick(w, []access.Level{access.Full, access.Full, access.Hidden}))
	default:
		w.setLevel(u, access.MobileCreateJob, pick(w, []access.Level{access.On, access.Off}))
	}
}

// reviewStep is a decision about held work.
func (w *World) reviewStep() {
	waited := slices.DeleteFunc(slices.Clone(w.o.waited), func(id model.ChangeID) bool { return w.o.fates[id].out != model.OutcomeHeld })
	if len(waited) == 0 {
		return
	}
	id := pick(w, waited)
	if w.dice(4) {
		w.dismiss(id)
		return
	}
	_ = w.release(id, w.dice(3)) // the oracle knows whether it must have been
}

// sessionStep moves a slot.
func (w *World) sessionStep(p *phone) {
	switch w.rng.IntN(8) {
	case 0:
		w.kick(p.user, model.EndOffice)
	case 1:
		w.hangUp(p)
	case 2:
		if w.dice(3) {
			w.reported(p, pick(w, []uint8{engine.DeviceLost, engine.DeviceStolen}))
		}
	case 3:
		if d := p.Who().Device; !d.IsZero() && w.deviceState(d) != engine.DeviceInUse {
			w.reported(p, engine.DeviceInUse)
		}
	default:
		if w.signIn(p, true, w.dice(8)) {
			w.hello(p, false, w.dice(8))
		}
	}
}

// phoneStep is something that happens to the hardware.
func (w *World) phoneStep(p *phone) {
	switch n := w.rng.IntN(6); {
	case n < 2:
		w.backup(p)
	case n < 3:
		w.open(p)
		w.logf("%s is started again", p.name)
	case len(p.snaps) == 0:
	case n < 4 || len(w.phones) > 6:
		w.rollBack(p, pick(w, p.snaps))
	default:
		t := w.twin(p, pick(w, p.snaps))
		t.name = fmt.Sprintf("%s'%d", p.name, t.phys)
	}
}

// raw adds a stranger's change to a phone. It stands on the phone's last checkpoint, though nobody looked.
func (w *World) raw(p *phone, c model.Change) *work {
	body, blobs := w.mint(p.user, c)
	k := &work{c: body, author: p.user, at: w.now, past: map[model.FieldNo]map[model.ChangeID]bool{}}
	if r := w.o.recs[c.Record]; r != nil && c.Op == model.OpEdit {
		for _, a := range c.Fields {
			k.past[a.Field] = map[model.ChangeID]bool{}
			for _, e := range r.cells[a.Field].hist {
				k.past[a.Field][e.by] = k.past[a.Field][e.by] || e.seq <= p.cut.seq
			}
		}
	}
	w.o.know(k)
	p.raws = append(p.raws, raw{content: content{body.ID, body.Hash}, body: []byte(body.Body), blobs: blobs})
	return k
}
