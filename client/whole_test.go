package client_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

const password = "correct horse battery"

// company is the real server, in memory, with a mobile user and somebody in the office.
type company struct {
	t      *testing.T
	tenant model.TenantID
	gate   *session.Gate
	srv    *session.Server
	table  *model.Table
	engine *engine.Engine
}

// telling is a store that tells the hub of every commit, after it is durable.
type telling struct {
	storage.Store
	hub *session.Hub
}

func (s telling) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	head, err := s.Store.Apply(ctx, t, weight, decide)
	if err == nil {
		s.hub.Committed(t, session.Touched{Rights: true})
	}
	return head, err
}

func newCompany(t *testing.T) *company {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	hub, passwords := session.NewHub(), session.NewPasswords(1)
	e := engine.New(engine.Config{Store: telling{memstore.New(1), hub}, Random: rand.Reader, Decode: protocol.DecodeChange})
	now := model.Instant(time.Now().UnixMilli())
	tenant, err := e.AddTenant(t.Context(), "acme", now)
	must(err)
	hash, err := passwords.Hash(t.Context(), password)
	must(err)
	for login, kind := range map[string]model.UserKind{"bob": model.Mobile, "olga": model.Desktop} {
		_, err := e.AddAccount(t.Context(), tenant, engine.NewAccount{Login: login, Name: login, Kind: kind, Password: hash}, now)
		must(err)
	}
	srv, err := session.NewServer(session.Config{Engine: e, Hub: hub, Sight: e.Audiences, Search: e.Search})
	must(err)
	gate, err := session.NewGate(session.GateConfig{Accounts: e, Hub: hub, Passwords: passwords, Drain: -1})
	must(err)
	table, err := model.NewTable(model.Builtin(), nil)
	must(err)
	return &company{t: t, tenant: tenant, gate: gate, srv: srv, table: table, engine: e}
}

func (c *company) dial(context.Context) (protocol.Conn, error) {
	here, there := protocol.Pipe()
	go func() {
		if err := c.srv.Serve(context.Background(), there, session.Peer{Tenant: c.tenant, Host: "acme.example"}); err != nil {
			c.t.Errorf("serve: %v", err)
		}
	}()
	return here, nil
}

// device is a phone or a desk, with what survives of it when the app is closed.
type device struct {
	*client.Client

	of    *company
	local *replica.Memory
	key   *client.SoftKey
	stop  func() error
}

func (c *company) device(login string) *device {
	c.t.Helper()
	key, err := client.NewSoftKey()
	if err != nil {
		c.t.Fatal(err)
	}
	d := &device{of: c, local: replica.NewMemory(), key: key}
	d.open()
	if err := d.signIn(login, 0); err != nil {
		c.t.Fatal(err)
	}
	d.run()
	return d
}

func (d *device) open() {
	d.of.t.Helper()
	r, err := replica.Open(d.local, replica.Config{Table: d.of.table, Random: rand.Reader})
	if err != nil {
		d.of.t.Fatal(err)
	}
	d.Client, err = client.New(client.Config{Replica: r, Dial: d.of.dial, Signer: d.key, Host: "acme.example"})
	if err != nil {
		d.of.t.Fatal(err)
	}
}

func (d *device) signIn(login string, takeover model.Epoch) error {
	public, err := d.key.Public()
	if err != nil {
		return err
	}
	in, err := d.of.gate.SignIn(d.of.t.Context(), session.SignInRequest{
		Tenant: "acme", Login: login, Password: password, PublicKey: public, Device: d.Who().Device, TakeOver: takeover,
	})
	if err != nil {
		return err
	}
	return d.SignedIn(client.Identity{Tenant: in.Tenant, User: in.User, Device: in.Device, Session: in.Session, Secret: in.Token})
}

// run starts the loop and gives everything a moment to come to rest.
func (d *device) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	d.stop = func() error { cancel(); return <-ended }
	time.Sleep(3 * time.Second)
}

func (d *device) do(drafts ...client.Draft) model.RecordID {
	d.of.t.Helper()
	saved, err := d.Save(drafts...)
	if err != nil {
		d.of.t.Fatal(err)
	}
	return saved[0].Record
}

func (d *device) sees(c model.Collection, n int) {
	d.of.t.Helper()
	list, err := d.List(c, model.RecordID{})
	if err != nil || len(list) != n {
		d.of.t.Errorf("sees %d records of collection %d, %v, want %d", len(list), c, err, n)
	}
}

func create(c model.Collection, fields ...model.FieldValue) client.Draft {
	return client.Draft{Op: model.OpCreate, Collection: c, Fields: fields}
}

func noteOn(job model.RecordID, text string) client.Draft {
	return create(model.Notes, model.FieldValue{Field: model.FieldParent, Value: model.Ref(job)}, model.FieldValue{Field: model.NoteText, Value: model.Text(text)})
}

// assigned is a job of the office's that is given to a user.
func (d *device) assigned(to model.UserID) model.RecordID {
	d.of.t.Helper()
	job := d.do(newJob("Boiler"))
	d.do(create(model.Assignments, model.FieldValue{Field: model.FieldParent, Value: model.Ref(job)}, model.FieldValue{Field: model.AssignmentUser, Value: model.Ref(to)}))
	time.Sleep(3 * time.Second)
	return job
}

// The client against the real server: work goes both ways; a takeover stops the old phone, which hands its work in
// (domain F4, F7); the same user comes back to his phone and its queue (F20).
func TestWholeDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t)
		office, phone := c.device("olga"), c.device("bob")
		job := office.assigned(phone.Who().User)
		phone.sees(model.Jobs, 1)
		phone.do(noteOn(job, "leaks"))
		for range 450 {
			phone.do(create(model.TimesheetEvents, model.FieldValue{Field: model.TimeKind, Value: model.Text("shift_start")}))
		}
		time.Sleep(5 * time.Second)
		for _, e := range phone.Outbox() {
			if e.Outcome != model.OutcomeApplied || !e.Included {
				t.Fatalf("%+v: want applied and in base", e)
			}
		}
		office.sees(model.Notes, 1)

		_ = phone.stop()
		phone.do(noteOn(job, "made offline"))
		other := c.takeover("bob")
		phone.run()
		var stopped *client.StoppedError
		if err := phone.stop(); !errors.As(err, &stopped) || stopped.Code != protocol.CodeSuperseded || phone.Status().Unsent != 0 {
			t.Errorf("the old phone: %v, %+v", err, phone.Status())
		}
		office.sees(model.Notes, 2)
		other.sees(model.Notes, 2)
		if err := other.SignOut(false); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if err := other.stop(); !errors.As(err, &stopped) {
			t.Errorf("signed out: %v, want stopped", err)
		}

		phone.do(noteOn(job, "typed after the end"))
		if err := phone.signIn("bob", 0); err != nil {
			t.Fatal(err)
		}
		phone.run()
		phone.sees(model.Notes, 3)
		if s := phone.Status(); s.State != client.StateConnected || s.Unsent != 0 || s.Problems != 0 {
			t.Errorf("back on the first phone: %+v", s)
		}
		_, _ = phone.stop(), office.stop()
		time.Sleep(time.Minute)
	})
}

// takeover signs a user in on a new device, saying yes to the question.
func (c *company) takeover(login string) *device {
	c.t.Helper()
	key, err := client.NewSoftKey()
	if err != nil {
		c.t.Fatal(err)
	}
	d := &device{of: c, local: replica.NewMemory(), key: key}
	d.open()
	var active *model.Active
	if err := d.signIn(login, 0); !errors.As(err, &active) {
		c.t.Fatalf("sign-in: %v, want *model.Active", err)
	}
	if err := d.signIn(login, active.Epoch); err != nil {
		c.t.Fatal(err)
	}
	d.run()
	return d
}

// A phone that is restored from its backup gets a new identity, hands in what it has and goes on; nothing is lost or
// doubled (write-verification CE-14, domain F12).
func TestWholeRestoredPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t)
		office, phone := c.device("olga"), c.device("bob")
		job := office.assigned(phone.Who().User)
		_ = phone.stop()
		phone.do(noteOn(job, "one"))
		backup := phone.local.Clone()
		was := phone.Who().Device
		for range 2 { // one contact more than a lost answer explains
			phone.run()
			_ = phone.stop()
		}
		phone.local = backup
		phone.open()
		phone.do(noteOn(job, "two"))
		phone.run()
		phone.sees(model.Notes, 2)
		office.sees(model.Notes, 2)
		if n := phone.Notices(); len(n) != 1 || n[0].Kind != client.NoticeIdentity || phone.Who().Device == was {
			t.Errorf("notices %+v, want a new identity", n)
		}
		if s := phone.Status(); s.State != client.StateConnected || s.Unsent != 0 {
			t.Errorf("status %+v", s)
		}
		_, _ = phone.stop(), office.stop()
		time.Sleep(time.Minute)
	})
}
