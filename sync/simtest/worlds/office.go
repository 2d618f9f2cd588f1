package worlds

import (
	"crypto/sha256"
	"math/rand/v2"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// clerk is somebody of the office at work: in both worlds, or in the busy one alone.
type clerk struct {
	w      *world
	engine *engine.Engine
	tenant model.TenantID
	user   model.UserID
	rnd    *rand.Rand
}

func (w *world) office() clerk { return clerk{w, w.desk, w.tenant, w.amy, w.rnd} }

func (c clerk) id() model.RecordID { return randomID(c.rnd) }

// makes creates a record. Whether it was let in is the engine's business: an id may be taken, a job closed.
func (c clerk) makes(coll model.Collection, id model.RecordID, fields ...model.Assign) model.Outcome {
	change := model.Change{ID: model.ChangeID(c.id()), Op: model.OpCreate, Collection: coll, Record: id, Fields: fields}
	if spec, ok := builtin.Spec(coll); ok && spec.Append {
		change.ID = model.ChangeID(id)
	}
	return c.asks(change)[0].Outcome
}

func (c clerk) edits(coll model.Collection, id model.RecordID, fields ...model.Assign) {
	c.asks(model.Change{ID: model.ChangeID(c.id()), Op: model.OpEdit, Collection: coll, Record: id, Fields: fields, Base: c.base()})
}

func (c clerk) deletes(coll model.Collection, id model.RecordID) {
	c.asks(model.Change{ID: model.ChangeID(c.id()), Op: model.OpDelete, Collection: coll, Record: id, Base: c.base()})
}

// base says that the office knows the present state.
func (c clerk) base() string {
	return must(c.engine.Look(c.w.ctx, model.Caller{Tenant: c.tenant, User: c.user, Scopes: model.AllScopes()}, nil)).Base
}

// asks hands changes in, in one commit.
func (c clerk) asks(changes ...model.Change) []model.Answer {
	push := &protocol.Push{Number: 1}
	for i := range changes {
		change := &changes[i]
		change.Author, change.Occurred = c.user, model.Occurrence{Wall: c.w.now(), Clock: model.Clock{User: c.user}}
		sorted(change.Fields)
		body, blobs, err := protocol.EncodeChange(change)
		check(err)
		push.Add(protocol.PushedChange{Number: uint64(i) + 1, Body: body}, blobs)
	}
	answers := must(c.engine.Push(c.w.ctx, model.Connection{Tenant: c.tenant, User: c.user, Lane: model.LaneOffice}, push.Submitted(), nil, c.w.now()))
	for _, a := range answers {
		c.w.did(a.Outcome)
	}
	return answers
}

// newCustomer is a customer of both worlds.
func (w *world) newCustomer(name string) model.RecordID {
	id := randomID(w.rnd)
	w.office().makes(model.Customers, id, set(2, model.Text(name)))
	w.shared = append(w.shared, id)
	return id
}

// newJob makes a job of the person's, with its card.
func (w *world) newJob() {
	c := w.office()
	j := &job{id: c.id(), card: c.id()}
	fields := []model.Assign{set(model.JobTitle, w.says(false)), set(model.JobDescription, w.says(w.rnd.IntN(3) == 0))}
	fields = append(fields, w.planned(w.rnd)...)
	switch {
	case w.kind == model.Portal:
		fields = append(fields, set(model.JobCustomer, model.Ref(w.company)), set(18, w.says(false)))
	case w.customer:
		fields = append(fields, set(model.JobCustomer, model.Ref(pick(w.rnd, w.shared))))
	}
	c.makes(model.Jobs, j.id, fields...)
	c.makes(model.JobCards, j.card, under(j.id), set(model.CardAddress, w.says(false)), set(model.CardAccess, w.says(false)))
	w.jobs = append(w.jobs, j)
	w.assign(j)
}

// assign gives a job to the person; a portal has its company's without.
func (w *world) assign(j *job) {
	if w.kind == model.Portal {
		return
	}
	c := w.office()
	j.assignment, j.lost = c.id(), false
	fields := []model.Assign{under(j.id), set(model.AssignmentUser, model.Ref(w.user))}
	if w.kind == model.Subcontractor {
		fields = append(fields, set(model.AssignmentCompany, model.Ref(w.company)))
	}
	c.makes(model.Assignments, j.assignment, fields...)
}

// withdraw takes a job away, now and then for good.
func (w *world) withdraw(j *job) {
	if j.assignment.IsZero() || j.lost {
		return
	}
	c := w.office()
	done := c.makes(model.OfficeEvents, c.id(), under(j.id), set(model.OfficeEventKind, model.Text("withdraw")),
		set(model.OfficeEventOf, model.Ref(j.assignment)))
	if done == model.OutcomeApplied { // it is too late for one that is done
		j.lost, j.forgotten = true, !j.own && !j.begun && w.rnd.IntN(2) == 0 // who began may have it back by what they did (rows d to h)
	}
}

// some is one of the person's jobs of some kind, or nil.
func (w *world) some(rnd *rand.Rand, is func(*job) bool) *job {
	var list []*job
	for _, j := range w.jobs {
		if is(j) {
			list = append(list, j)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return pick(rnd, list)
}

func mine(j *job) bool { return !j.lost && !j.gone }

// works is one thing that the office does and the person may see, or may not and it is the same in both worlds.
func (w *world) works() {
	j := w.some(w.rnd, mine)
	if j == nil || len(w.jobs) < 12 && w.rnd.IntN(5) == 0 {
		w.newJob()
		return
	}
	c := w.office()
	switch w.rnd.IntN(14) {
	case 0:
		c.edits(model.Jobs, j.id, set(model.JobTitle, w.says(false)))
	case 1:
		c.edits(model.Jobs, j.id, set(model.JobDescription, w.says(true)))
	case 2:
		if !j.card.IsZero() {
			c.edits(model.JobCards, j.card, set(model.CardAddress, w.says(false)))
		}
	case 3:
		c.makes(model.Tasks, c.id(), under(j.id), set(2, w.says(false)))
	case 4, 5, 6:
		c.makes(model.Notes, c.id(), under(j.id), set(model.NoteText, w.says(w.rnd.IntN(2) == 0)),
			set(model.NoteAudience, model.Text([]string{"field", "field", "client", "internal"}[w.rnd.IntN(4)])))
	case 7, 8:
		w.withdraw(j)
	case 9, 10:
		if lost := w.some(w.rnd, func(j *job) bool { return j.lost && !j.gone && !j.forgotten }); lost != nil {
			w.assign(lost)
		}
	case 11:
		c.makes(model.OfficeEvents, c.id(), under(j.id), set(model.OfficeEventKind, model.Text([]string{"cancel", "close", "reopen", "reinstate"}[w.rnd.IntN(4)])))
	case 12:
		c.deletes(model.Jobs, j.id)
		j.gone = true
	default:
		hash := sha256.Sum256([]byte(w.says(false).Text()))
		c.makes(model.Files, c.id(), under(j.id), set(2, model.Text("photo")), set(3, model.Bytes(hash[:])), set(9, w.says(false)),
			set(model.FileAudience, model.Text("field")))
	}
}

// builtin is the table without any company's own fields.
var builtin = must(model.NewTable(model.Builtin(), nil))

// sorted puts fields into the order of the wire.
func sorted(fields []model.Assign) {
	slices.SortFunc(fields, func(a, b model.Assign) int { return int(int64(a.Field) - int64(b.Field)) })
}
