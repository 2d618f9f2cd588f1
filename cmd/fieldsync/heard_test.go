package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestWhatACommitTouches(t *testing.T) {
	in := func(audiences ...model.Audience) *model.Record {
		r := &model.Record{}
		for _, a := range audiences {
			r.Memberships = append(r.Memberships, model.Membership{Audience: a})
		}
		return r
	}
	ben := model.UserID{7}
	row := func(table storage.Table) *storage.WriteSet {
		return &storage.WriteSet{Rows: []storage.RowWrite{{Table: table, Key: string(ben[:])}}}
	}
	for _, c := range []struct {
		why   string
		write *storage.WriteSet
		want  session.Touched
	}{
		{"nothing is written", nil, session.Touched{}},
		{"the hub wants them ascending, and each once", &storage.WriteSet{Records: []*model.Record{in(7, 9), in(3, 7)}}, session.Touched{Audiences: []model.Audience{3, 7, 9}}},
		{"settings, and which fields there are", row(storage.TableTenant), session.Touched{Rights: true}},
		{"levels", row(storage.TableAccounts), session.Touched{Users: []model.UserID{ben}}},
		{"an audience gets its number", row(storage.TableAudiences), session.Touched{}},
		{"a decision on what is held", row(storage.TableHeld), session.Touched{Rights: true}},
		{"what waits of somebody's", &storage.WriteSet{Rows: []storage.RowWrite{{Table: storage.TableHeld, Key: "c", Value: storage.Held{Author: ben}.Append(nil)}}}, session.Touched{Held: []model.UserID{ben}, Board: true}},
		{"for those who watch", row(storage.TableHistory), session.Touched{History: true}},
		{"a phone's report is nobody's news", row(storage.TableDevices), session.Touched{}},
		{"nor is a sign-in", row(storage.TableSlots), session.Touched{}},
	} {
		got := touchedBy(c.write)
		if !slices.Equal(got.Audiences, c.want.Audiences) || !slices.Equal(got.Users, c.want.Users) || !slices.Equal(got.Held, c.want.Held) || got.Rights != c.want.Rights || got.History != c.want.History {
			t.Errorf("%s: touched %+v, want %+v", c.why, got, c.want)
		}
	}
}

// dawdling is a store that takes its time, in fake time: after a snapshot was looked at, and after a commit is durable. So
// all that can come in between does.
type dawdling struct{ storage.Store }

func dawdle() { time.Sleep(time.Duration(mathrand.IntN(20)) * time.Millisecond) }

func (s dawdling) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	defer dawdle()
	return s.Store.Apply(ctx, t, weight, decide)
}

func (s dawdling) View(ctx context.Context, t model.TenantID, read func(storage.Reader) error) error {
	defer dawdle()
	return s.Store.View(ctx, t, read)
}

// crowd is a company in fake time whose people follow, while the office works in many places at once.
type crowd struct {
	t      *testing.T
	engine core
	truth  *engine.Engine // on the same store; nobody hears of what it does
	server *session.Server
	gate   *session.Gate
	tenant model.TenantID
	amy    model.UserID
	people []*follower

	mu   sync.Mutex          // guards the field below
	jobs [][2]model.RecordID // with their assignments
}

// follower is a phone that takes what comes.
type follower struct {
	*crowd

	login string
	kind  model.UserKind
	user  model.UserID
	key   *ecdsa.PrivateKey
	in    session.SignedIn

	conn protocol.Conn
	mu   sync.Mutex // guards the field below
	rows records
}

// records are what a device has.
type records map[model.RecordID]map[model.FieldNo]string

func (all records) take(retracts []model.RecordID, rows []model.Row) {
	for _, id := range retracts {
		delete(all, id)
	}
	for _, row := range rows {
		if all[row.ID] == nil {
			all[row.ID] = map[model.FieldNo]string{}
		}
		for _, v := range row.Fields {
			all[row.ID][v.Field] = v.Value.String()
		}
	}
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{t: t}
	store, hub := memstore.New(1<<32), session.NewHub()
	on := func(s storage.Store) *engine.Engine {
		return engine.New(engine.Config{Store: s, Random: rand.Reader, Decode: protocol.DecodeChange})
	}
	c.engine, c.truth = core{Engine: on(telltale{dawdling{store}, hub, nil}), store: store}, on(store)
	var err error
	c.tenant, err = c.engine.AddTenant(t.Context(), "acme", c.now())
	check(t, err)
	add := func(login string, kind model.UserKind, sets access.Sets) model.UserID {
		u, err := c.engine.AddAccount(t.Context(), c.tenant, engine.NewAccount{Login: login, Name: login, Kind: kind, Levels: sets.Encode(), Password: cheapHash}, c.now())
		check(t, err)
		return u
	}
	c.amy = add("amy", model.Desktop, access.RoleSets(access.Admin))
	c.server, err = session.NewServer(session.Config{Engine: c.engine, Hub: hub, Sight: c.engine.Audiences, Search: c.engine.Search})
	check(t, err)
	c.gate, err = session.NewGate(session.GateConfig{Accounts: c.engine, Hub: hub, Passwords: session.NewPasswords(1)})
	check(t, err)
	for login, kind := range map[string]model.UserKind{"ben": model.Mobile, "cal": model.Mobile, "sue": model.Subcontractor} {
		f := &follower{crowd: c, login: login, kind: kind, user: add(login, kind, access.DefaultSets(kind))}
		f.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		check(t, err)
		public, err := protocol.PublicKey(f.key)
		check(t, err)
		f.in, err = c.gate.SignIn(t.Context(), session.SignInRequest{Tenant: "acme", Login: login, Password: acceptPassword, PublicKey: public})
		check(t, err)
		c.people = append(c.people, f)
	}
	return c
}

func (c *crowd) now() model.Instant { return model.Instant(time.Now().UnixMilli()) }

// follow connects with nothing, and takes what comes until the connection ends.
func (f *follower) follow(running *sync.WaitGroup) {
	f.t.Helper()
	ours, theirs := protocol.Pipe()
	f.conn, f.rows = ours, records{}
	running.Go(func() { _ = f.server.Serve(context.Background(), theirs, session.Peer{Tenant: f.tenant, Host: "here"}) })
	hello := &protocol.Hello{Version: 1, Tenant: f.tenant, Device: f.in.Device, Secret: f.in.Token, Next: 1}
	check(f.t, protocol.SignHello(f.key, f.next().(*protocol.Challenge), hello, "here"))
	f.say(hello)
	_ = f.next().(*protocol.Welcome)
	f.say(&protocol.Resume{Follow: true})
	running.Go(func() {
		for {
			frame, err := ours.Recv(context.Background())
			if err != nil {
				return
			}
			m, err := protocol.Decode(frame)
			check(f.t, err)
			f.take(m.(*protocol.Page))
		}
	})
}

func (f *follower) next() protocol.Message {
	f.t.Helper()
	frame, err := f.conn.Recv(f.t.Context())
	check(f.t, err)
	m, err := protocol.Decode(frame)
	check(f.t, err)
	return m
}

func (f *follower) say(m protocol.Message) { _ = f.conn.Send(context.Background(), protocol.Encode(m)) }

func (f *follower) take(page *protocol.Page) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.say(&protocol.Got{Cursor: protocol.CursorTag(page.Header.Cursor)})
	if len(page.Body) == 0 {
		return
	}
	body, err := protocol.DecodePageBody(page.Body, page.Compressed)
	check(f.t, err)
	f.rows.take(body.Retracts, body.Rows)
}

// office commits what somebody at a desk does.
func (c *crowd) office(changes ...model.Change) {
	push := &protocol.Push{Number: 1}
	for i := range changes {
		changes[i].Author = c.amy
		body, blobs, err := protocol.EncodeChange(&changes[i])
		check(c.t, err)
		push.Add(protocol.PushedChange{Number: uint64(i) + 1, Body: body}, blobs)
	}
	_, err := c.engine.Push(context.Background(), model.Connection{Tenant: c.tenant, User: c.amy, Lane: model.LaneOffice}, push.Submitted(), nil, c.now())
	check(c.t, err)
}

// act does one thing that changes what somebody sees.
func (c *crowd) act(r *mathrand.Rand) {
	who := c.people[r.IntN(len(c.people))]
	job, assignment := c.some(r)
	switch kind := r.IntN(6); {
	case kind == 0: // a right comes or goes
		sets := access.DefaultSets(who.kind)
		if who.kind == model.Mobile {
			sets.Mobile[access.MobileCreateJob] = access.On
			sets.Mobile[access.MobileCustomers] = []access.Level{access.Hidden, access.Full}[r.IntN(2)]
		}
		check(c.t, c.engine.SetLevels(context.Background(), c.tenant, who.user, sets.Encode(), c.now()))
	case kind == 1:
		c.office(made(model.Customers, randomRecord(), textOf(2, fmt.Sprint("ACME ", r.Uint32()))))
	case kind <= 3 || job.IsZero():
		job, assignment := randomRecord(), randomRecord()
		c.office(made(model.Jobs, job, textOf(model.JobTitle, "Boiler")),
			made(model.Assignments, assignment, under(job), ref(model.AssignmentUser, model.RecordID(who.user))))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.jobs = append(c.jobs, [2]model.RecordID{job, assignment})
	case kind == 4: // taken away
		c.office(made(model.OfficeEvents, model.RecordID{}, under(job), textOf(model.OfficeEventKind, "withdraw"), ref(model.OfficeEventOf, assignment)))
	default:
		c.office(made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, fmt.Sprint(r.Uint32())), textOf(model.NoteAudience, "field")))
	}
}

// some is one of the jobs there are, if any, with its assignment.
func (c *crowd) some(r *mathrand.Rand) (job, assignment model.RecordID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.jobs) == 0 {
		return job, assignment
	}
	one := c.jobs[r.IntN(len(c.jobs))]
	return one[0], one[1]
}

// sees is all that a device that begins anew would have.
func (f *follower) sees() records {
	f.t.Helper()
	p := model.Pull{Connection: model.Connection{
		Tenant: f.tenant, User: f.user, Device: f.in.Device, Session: f.in.Session, Kind: f.kind, Epoch: f.in.Epoch, Lane: model.LaneLive,
	}}
	all := records{}
	for {
		page, err := f.truth.Pull(f.t.Context(), p, f.now())
		check(f.t, err)
		if page == nil {
			return all
		}
		all.take(page.Retracts, page.Rows)
		p.Cursor = page.Cursor
	}
}

// TestNoCommitIsMissed: whatever is committed while a device comes, is looked at, rests or is written to, when all is quiet
// it has what a device has that begins anew (DESIGN §2).
func TestNoCommitIsMissed(t *testing.T) {
	t.Parallel()
	seeds := uint64(20)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { newCrowd(t).play(seed) })
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func (c *crowd) play(seed uint64) {
	c.t.Helper()
	var running sync.WaitGroup
	for _, f := range c.people {
		running.Go(func() { f.follow(&running) })
	}
	for burst := range uint64(40) {
		var working sync.WaitGroup
		for desk := range uint64(3) {
			working.Go(func() { c.act(mathrand.New(mathrand.NewPCG(seed, 3*burst+desk))) })
		}
		working.Wait()
		time.Sleep(time.Second) // fake, as all in here
		for _, f := range c.people {
			f.mu.Lock()
			if want := f.sees(); !maps.EqualFunc(f.rows, want, maps.Equal) {
				c.t.Errorf("after burst %d %s has %d records; who begins anew has %d, or others", burst, f.login, len(f.rows), len(want))
			}
			f.mu.Unlock()
		}
	}
	for _, f := range c.people {
		check(c.t, f.conn.Close(protocol.CodeNone, ""))
	}
	running.Wait()
}
