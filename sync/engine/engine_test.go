package engine_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// company is an engine with one tenant and the people of domain (g).
type company struct {
	t        testing.TB
	e        *engine.Engine
	id       model.TenantID
	now      model.Instant
	contents map[string]model.Change
	bases    map[model.UserID]string // of the last checkpoint each user got
	amy, ben model.UserID
	sue      model.UserID
}

func newCompany(t testing.TB) *company {
	t.Helper()
	return newCompanyOn(t, memstore.New(1<<32))
}

func newCompanyOn(t testing.TB, store storage.Store) *company {
	t.Helper()
	c := &company{t: t, now: 1_000_000, contents: map[string]model.Change{}, bases: map[model.UserID]string{}}
	c.e = engine.New(engine.Config{
		Store: store, Random: rand.Reader,
		Decode: func(body string, _ []string) model.Change { return c.contents[body] },
	})
	ctx := context.Background()
	var err error
	if c.id, err = c.e.AddTenant(ctx, "acme", c.now); err != nil {
		t.Fatal(err)
	}
	add := func(login string, kind model.UserKind, sets access.Sets) model.UserID {
		u, err := c.e.AddAccount(ctx, c.id, engine.NewAccount{Login: login, Name: login, Kind: kind, Levels: sets.Encode()}, c.now)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	c.amy = add("amy", model.Desktop, access.RoleSets(access.Admin))
	editor := access.DefaultSets(model.Mobile)
	editor.Mobile[access.MobileEditJob] = access.On
	c.ben = add("ben", model.Mobile, editor)
	c.sue = add("sue", model.Subcontractor, access.DefaultSets(model.Subcontractor))
	return c
}

func ident[K any](t testing.TB) model.Ident[K] {
	t.Helper()
	id, err := model.NewIdent[K](rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// change makes a change with a body of its own.
func (c *company) change(author model.UserID, op model.Op, coll model.Collection, rec model.RecordID, fields ...model.Assign) model.Change {
	ch := model.Change{Author: author, Op: op, Collection: coll, Record: rec, Fields: fields}
	ch.ID = newChange(c.t)
	if rec.IsZero() {
		ch.Record = model.RecordID(ch.ID)
	}
	ch.Body = string(ch.ID[:])
	ch.Hash = sha256.Sum256([]byte(ch.Body))
	ch.Occurred.Wall = c.now
	c.contents[ch.Body] = ch
	return ch
}

// edit is an edit of one field, made on the author's last checkpoint.
func (c *company) edit(author model.UserID, rec model.RecordID, f model.FieldNo, v model.Value) model.Change {
	ch := c.change(author, model.OpEdit, model.Jobs, rec, set(f, v))
	ch.Base = c.bases[author]
	c.contents[ch.Body] = ch
	return ch
}

func newChange(t testing.TB) (id model.ChangeID) { return model.ChangeID(ident[struct{}](t)) }

func set(f model.FieldNo, v model.Value) model.Assign { return model.Assign{Field: f, Value: v} }

func (c *company) push(conn model.Connection, changes ...model.Change) []model.Answer {
	c.t.Helper()
	c.now += 1000
	var subs []model.Submitted
	for i, ch := range changes {
		subs = append(subs, model.Submitted{Change: ch, Number: uint64(i + 1)})
	}
	answers, err := c.e.Push(context.Background(), conn, subs, nil, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	return answers
}

func (c *company) office() model.Connection {
	return model.Connection{Tenant: c.id, User: c.amy, Lane: model.LaneOffice}
}

// setting is a change of the company's settings by the operator.
func setting(change func(*model.Settings)) engine.SettingsChange {
	return engine.SettingsChange{Change: func(s *model.Settings) error {
		change(s)
		return nil
	}}
}

// patient lets tokens be as old as they like: a test of years is about something else.
func (c *company) patient() *company {
	c.t.Helper()
	if _, err := c.e.Configure(context.Background(), c.id, setting(func(s *model.Settings) {
		s.Sessions.Idle, s.Sessions.Absolute = 20*365*day, 20*365*day
	}), c.now); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// phone signs a user in and says hello.
func (c *company) phone(u model.UserID, kind model.UserKind) model.Connection {
	c.t.Helper()
	ctx := context.Background()
	token := sha256.Sum256(u[:])
	s, err := c.e.SignIn(ctx, model.SignIn{Tenant: c.id, User: u, Kind: kind, PublicKey: u[:], Label: "phone", TokenHash: token}, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	g, err := c.e.Hello(ctx, model.Hello{Tenant: c.id, Device: s.Device, TokenHash: token, Next: 1}, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	return g.Connection
}

// sync pulls until there is nothing to say, and gives what the device then holds.
func (c *company) sync(conn model.Connection, cursor []byte, held map[model.RecordID]map[model.FieldNo]model.Value) []byte {
	c.t.Helper()
	for range 1000 {
		p, err := c.e.Pull(context.Background(), model.Pull{Connection: conn, Cursor: cursor}, c.now)
		if err != nil {
			c.t.Fatal(err)
		}
		if p == nil {
			return cursor
		}
		for _, id := range p.Retracts {
			delete(held, id)
		}
		for _, r := range p.Rows {
			if held[r.ID] == nil {
				held[r.ID] = map[model.FieldNo]model.Value{}
			}
			for _, f := range r.Fields {
				held[r.ID][f.Field] = f.Value
			}
		}
		if p.Checkpoint != nil {
			c.bases[conn.User] = string(p.Checkpoint.Base)
		}
		cursor = p.Cursor
	}
	c.t.Fatal("never silent")
	return nil
}

func TestW11_AnAssignedJobArrivesAndLeaves(t *testing.T) {
	c := newCompany(t)
	ben := c.phone(c.ben, model.Mobile)
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	cursor := c.sync(ben, nil, held)

	cust, job, card, asg := model.RecordID(newChange(t)), model.RecordID(newChange(t)), model.RecordID(newChange(t)), model.RecordID(newChange(t))
	answers := c.push(c.office(),
		c.change(c.amy, model.OpCreate, model.Customers, cust, set(2, model.Text("ACME"))),
		c.change(c.amy, model.OpCreate, model.Jobs, job, set(model.JobTitle, model.Text("Boiler")), set(model.JobCustomer, model.Ref(cust))),
		c.change(c.amy, model.OpCreate, model.JobCards, card, set(model.FieldParent, model.Ref(job)), set(model.CardAddress, model.Text("5 Mill Lane"))),
		c.change(c.amy, model.OpCreate, model.Assignments, asg, set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(c.ben))),
	)
	for i, a := range answers {
		if a.Outcome != model.OutcomeApplied {
			t.Fatalf("change %d = %v reason %d, want applied", i, a.Outcome, a.Reason)
		}
	}
	cursor = c.sync(ben, cursor, held)
	if held[job] == nil || held[card] == nil || held[asg] == nil {
		t.Fatalf("the job, its card or the assignment did not arrive: %v", held)
	}
	if held[cust] == nil {
		t.Error("customers Full: the customer of an assigned job must come with it")
	}
	if got := held[job][model.JobStatus].Text(); got != "offered" {
		t.Errorf("status = %q, want offered", got)
	}
	start := c.change(c.ben, model.OpCreate, model.VisitEvents, model.RecordID{}, set(model.FieldParent, model.Ref(job)), set(model.VisitEventKind, model.Text("start")), set(model.VisitEventVisit, model.Int(1)))
	if a := c.push(ben, start); a[0].Outcome != model.OutcomeApplied {
		t.Fatalf("start = %v reason %d, want applied", a[0].Outcome, a[0].Reason)
	}
	cursor = c.sync(ben, cursor, held)
	if got := held[job][model.JobStatus].Text(); got != "in_progress" {
		t.Errorf("status = %q, want in_progress", got)
	}
	c.push(c.office(), c.change(c.amy, model.OpCreate, model.OfficeEvents, model.RecordID{}, set(model.FieldParent, model.Ref(job)), set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(asg))))
	c.sync(ben, cursor, held)
	for _, id := range []model.RecordID{job, card, cust} {
		if held[id] != nil {
			t.Errorf("%v is still held after the withdrawal", held[id])
		}
	}
}

func TestD12_8_ACompanysOwnFieldTravelsLikeAnyOther(t *testing.T) {
	c := newCompany(t)
	def := model.RecordID(newChange(t))
	define := func(class string, number int64) model.Change {
		return c.change(c.amy, model.OpCreate, model.FieldDefinitions, def,
			set(2, model.Int(int64(model.Jobs))), set(3, model.Int(number)), set(4, model.Text("boiler_pressure")),
			set(5, model.Int(int64(model.TypeInt))), set(model.DefinitionClass, model.Text(class)), set(7, model.Text("optional")))
	}
	if a := c.push(c.office(), define("work", 3)); a[0].Outcome != model.OutcomeRefused {
		t.Errorf("a number of the built-in range = %v, want refused", a[0].Outcome)
	}
	if a := c.push(c.office(), define("work", 1<<20)); a[0].Outcome != model.OutcomeApplied {
		t.Fatalf("definition = %v reason %d, want applied", a[0].Outcome, a[0].Reason)
	}
	job, _ := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	cursor := c.sync(ben, nil, held)
	if held[def] == nil {
		t.Error("the definition did not arrive")
	}
	c.sync(c.phone(c.amy, model.Desktop), nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.push(c.office(), c.edit(c.amy, job, 1<<20, model.Int(7)))
	c.sync(ben, cursor, held)
	if got := held[job][1<<20].Int(); got != 7 {
		t.Errorf("boiler_pressure = %d, want 7", got)
	}
}
