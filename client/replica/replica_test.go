package replica_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A table that is as small as can be: jobs, contacts and notes on them, and hours.
func table(t *testing.T) *model.Table {
	t.Helper()
	parent := model.Field{No: model.FieldParent, Name: "parent", Type: model.TypeRef, Class: model.ClassStructure}
	onJob := parent
	onJob.Ref = model.Jobs
	text := func(no model.FieldNo, name string) model.Field {
		return model.Field{No: no, Name: name, Type: model.TypeText, Max: 1 << 17, Class: model.ClassWork}
	}
	tab, err := model.NewTable([]model.Spec{
		{No: model.Jobs, Name: "jobs", Fields: []model.Field{parent, text(model.JobTitle, "title"), text(model.JobDescription, "description")}},
		{No: model.JobContacts, Name: "job_contacts", Parent: model.Jobs, Fields: []model.Field{onJob, text(model.JobContactName, "name")}},
		{No: model.Notes, Name: "notes", Parent: model.Jobs, Append: true, Fields: []model.Field{onJob, text(model.NoteText, "text")}},
		{No: model.TimesheetEvents, Name: "timesheet_events", Append: true, Fields: []model.Field{parent, text(model.TimeKind, "kind")}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// phone is a device under test and the little of a server it needs.
type phone struct {
	*replica.Replica

	t     *testing.T
	local *replica.Memory
	cfg   replica.Config
	clock replica.Moment
	pages uint64
	store byte
}

var alice = replica.Identity{Tenant: model.TenantID{1}, User: model.UserID{2}, Device: model.DeviceID{3}, Session: model.SessionID{4}, Name: "Alice", Kind: model.Mobile}

func newPhone(t *testing.T, plant ...string) *phone {
	t.Helper()
	p := &phone{t: t, local: replica.NewMemory(), store: 1, clock: replica.Moment{Wall: 1_000_000, Mono: 5_000, Boot: 77, Offset: 60, Zone: "Europe/Berlin"}}
	p.cfg = replica.Config{Table: table(t), Random: rand.NewChaCha8([32]byte{1})}
	if len(plant) > 0 {
		p.cfg.Plant = func(name string) bool { return name == plant[0] }
	}
	p.open()
	p.must(p.SignedIn(alice))
	p.hello()
	return p
}

func (p *phone) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// open reads the phone's memory anew, as after a crash.
func (p *phone) open() {
	p.t.Helper()
	r, err := replica.Open(p.local, p.cfg)
	p.must(err)
	p.Replica = r
}

// hello makes a contact with the present life of the store.
func (p *phone) hello() replica.Greeted {
	p.t.Helper()
	return p.welcome(0)
}

func (p *phone) welcome(safe model.Instant) replica.Greeted {
	p.t.Helper()
	p.pages++
	g, err := p.Welcome(&protocol.Welcome{Device: p.Who().Device, User: p.Who().User, Token: p.pages, Time: 2_000_000, Store: [8]byte{p.store}, Safe: safe}, p.clock)
	p.must(err)
	return g
}

// page makes the next page for this phone's cursor.
func (p *phone) head(final bool, included ...model.ChangeID) protocol.PageHeader {
	p.pages++
	h := protocol.PageHeader{Continues: protocol.CursorTag(p.Cursor()), Cursor: binary.BigEndian.AppendUint64(nil, p.pages), Final: final, Included: included}
	if final {
		h.Base = append([]byte("base token "), h.Cursor...)
	}
	return h
}

func (p *phone) apply(h protocol.PageHeader, b protocol.PageBody) replica.Applied {
	p.t.Helper()
	a, err := p.ApplyPage(h, b)
	p.must(err)
	return a
}

func (p *phone) checkpoint(rows ...model.Row) {
	p.t.Helper()
	p.apply(p.head(true), protocol.PageBody{Rows: rows})
}

func (p *phone) include(ids ...model.ChangeID) {
	p.t.Helper()
	p.apply(p.head(true, ids...), protocol.PageBody{})
}

func (p *phone) save(d ...replica.Draft) []replica.Saved {
	p.t.Helper()
	s, err := p.Save(p.clock, d...)
	p.must(err)
	return s
}

// change is a saved change as it will be sent.
func (p *phone) change(id model.ChangeID) model.Change {
	p.t.Helper()
	c, ok := p.Change(id)
	if !ok {
		p.t.Fatalf("change %v is not in the outbox", id)
	}
	return c
}

// answer sends what is due and answers all of it alike.
func (p *phone) answer(o model.Outcome, at model.Instant) *protocol.Push {
	p.t.Helper()
	push, err := p.NextPush(200, 256<<10)
	p.must(err)
	if push == nil {
		p.t.Fatal("nothing to send")
	}
	a := &protocol.Answers{Number: push.Number, Time: at}
	for range push.Changes {
		a.Answers = append(a.Answers, model.Answer{Outcome: o, Receipt: model.Receipt{9}})
	}
	_, err = p.Answered(a)
	p.must(err)
	return push
}

// title is a job's title as it is shown, or "" when the job is not.
func (p *phone) title(id model.RecordID) string {
	p.t.Helper()
	rec, ok, err := p.Show(id)
	p.must(err)
	if !ok {
		return ""
	}
	return rec.Value(model.JobTitle).Text()
}

func job(id byte, title string) model.Row {
	return model.Row{ID: model.RecordID{id}, Collection: model.Jobs, Fields: []model.FieldValue{
		{Field: model.FieldParent}, {Field: model.JobTitle, Value: model.Text(title)},
	}}
}

func contact(id byte, of model.RecordID) model.Row {
	return model.Row{ID: model.RecordID{id}, Collection: model.JobContacts, Fields: []model.FieldValue{
		{Field: model.FieldParent, Value: model.Ref(of)}, {Field: model.JobContactName, Value: model.Text("Ann")},
	}}
}

func retitle(id model.RecordID, title string) replica.Draft {
	return replica.Draft{Op: model.OpEdit, Record: id, Fields: []model.FieldValue{{Field: model.JobTitle, Value: model.Text(title)}}}
}

func note(on model.RecordID, text string) replica.Draft {
	return replica.Draft{Op: model.OpCreate, Collection: model.Notes, Fields: []model.FieldValue{
		{Field: model.FieldParent, Value: model.Ref(on)}, {Field: model.NoteText, Value: model.Text(text)},
	}}
}

func hours(kind string) replica.Draft {
	return replica.Draft{Op: model.OpCreate, Collection: model.TimesheetEvents, Fields: []model.FieldValue{{Field: model.TimeKind, Value: model.Text(kind)}}}
}

func newJob(title string) replica.Draft {
	return replica.Draft{Op: model.OpCreate, Collection: model.Jobs, Fields: []model.FieldValue{{Field: model.JobTitle, Value: model.Text(title)}}}
}
