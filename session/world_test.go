package session_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestMain makes what protocol makes once and keeps: it must not belong to one test's bubble.
func TestMain(m *testing.M) {
	packed, _ := protocol.Compress(make([]byte, 4096))
	_, _ = protocol.DecodePageBody(packed, true)
	os.Exit(m.Run())
}

const (
	host     = "sync.test"
	password = "correct horse"
)

// cheap is a hash of the password that costs next to nothing: these tests sign in often.
var cheap = func() string {
	salt := []byte("0123456789abcdef")
	enc := base64.RawStdEncoding
	return "$argon2id$v=19$m=8,t=1,p=1$" + enc.EncodeToString(salt) + "$" +
		enc.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8, 1, 32))
}()

// telling is a store that tells the hub of every commit after it is durable, as cmd's does, and not what it touched.
type telling struct {
	storage.Store
	of *world
}

func (s telling) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	head, err := s.Store.Apply(ctx, t, weight, decide)
	if err == nil && !s.of.sighted {
		s.of.hub.Committed(t, session.Touched{Rights: true, History: true})
	}
	return head, err
}

// gateway is the engine with the errors a conversation knows, as cmd wires it.
type gateway struct {
	*engine.Engine
	store storage.Store
	// fail, when set, is asked before each push and pull: what it returns is the engine's error.
	fail func(what string) error
}

func (g *gateway) Push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error) {
	if g.fail != nil {
		if err := g.fail("push"); err != nil {
			return nil, err
		}
	}
	answers, err := g.Engine.Push(ctx, c, changes, have, now)
	if errors.Is(err, engine.ErrOlder) {
		err = session.ErrOlder
	}
	return answers, err
}

// world is a company on a real engine over memory, and the server in front of it. It lives in one bubble.
type world struct {
	t         *testing.T
	engine    *gateway
	hub       *session.Hub
	gate      *session.Gate
	passwords *session.Passwords
	server    *session.Server
	tenant    model.TenantID
	amy       model.UserID // the office
	ben       model.UserID // a phone
	// sighted says that the test tells the hub what each commit touched.
	sighted bool
}

// bubble runs a test with a world in which time is fake.
func bubble(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, hub: session.NewHub()}
	store := memstore.New(1 << 32)
	w.engine = &gateway{store: store, Engine: engine.New(engine.Config{Store: telling{store, w}, Random: rand.Reader, Decode: protocol.DecodeChange})}
	w.passwords = session.NewPasswords(1)
	var err error
	w.tenant, err = w.engine.AddTenant(t.Context(), "acme", w.now())
	check(t, err)
	add := func(login string, kind model.UserKind, sets access.Sets) model.UserID {
		u, err := w.engine.AddAccount(t.Context(), w.tenant, engine.NewAccount{
			Login: login, Name: login, Kind: kind, Levels: sets.Encode(), Password: cheap,
		}, w.now())
		check(t, err)
		return u
	}
	w.amy = add("amy", model.Desktop, access.RoleSets(access.Admin))
	w.ben = add("ben", model.Mobile, access.DefaultSets(model.Mobile))
	w.gate, err = session.NewGate(session.GateConfig{Accounts: w.engine, Hub: w.hub, Passwords: w.passwords})
	check(t, err)
	w.server, err = session.NewServer(session.Config{
		Engine: w.engine, Hub: w.hub, Sight: w.engine.Audiences, Search: w.engine.Search,
		Name: func(_ model.TenantID, u model.UserID) string { return map[model.UserID]string{w.amy: "Amy"}[u] },
	})
	check(t, err)
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) now() model.Instant { return model.Instant(time.Now().UnixMilli()) }

// phone is a device: its key, and what it keeps between connections.
type phone struct {
	w      *world
	key    *ecdsa.PrivateKey
	public []byte
	in     session.SignedIn
	token  uint64
	next   uint64
	push   uint64
}

func (w *world) newPhone() *phone {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(w.t, err)
	public, err := protocol.PublicKey(key)
	check(w.t, err)
	return &phone{w: w, key: key, public: public, next: 1}
}

// request is a sign-in of Ben on this phone.
func (p *phone) request() session.SignInRequest {
	return session.SignInRequest{
		Tenant: "acme", Login: "ben", Password: password, Device: p.in.Device, PublicKey: p.public, Label: "Pixel", Address: "10.0.0.1",
	}
}

func (p *phone) signIn(takeOver model.Epoch) error {
	r := p.request()
	r.TakeOver = takeOver
	in, err := p.w.gate.SignIn(p.w.t.Context(), r)
	if err == nil {
		p.in = in
	}
	return err
}

// line is one connection of a phone.
type line struct {
	t      *testing.T
	phone  *phone
	conn   protocol.Conn
	served chan error // what Serve returned
}

// dial opens a connection and returns it with its challenge.
func (p *phone) dial() (*line, *protocol.Challenge) {
	p.w.t.Helper()
	ours, theirs := protocol.Pipe()
	l := &line{t: p.w.t, phone: p, conn: ours, served: make(chan error, 1)}
	go func() {
		l.served <- p.w.server.Serve(context.Background(), theirs, session.Peer{Tenant: p.w.tenant, Host: host})
	}()
	return l, expect[*protocol.Challenge](l)
}

// hello is a signed hello; change edits it before it is signed.
func (p *phone) hello(c *protocol.Challenge, change func(*protocol.Hello)) *protocol.Hello {
	p.w.t.Helper()
	h := &protocol.Hello{
		Version: protocol.Version, Tenant: p.w.tenant, Device: p.in.Device, Secret: p.in.Token, Token: p.token, Next: p.next,
		Features: protocol.FeatureZstd, App: "1.0",
	}
	if change != nil {
		change(h)
	}
	check(p.w.t, protocol.SignHello(p.key, c, h, host))
	return h
}

// connect dials and is welcomed.
func (p *phone) connect(handIn bool) *line {
	p.w.t.Helper()
	l, c := p.dial()
	l.send(p.hello(c, func(h *protocol.Hello) { h.HandIn = handIn }))
	welcome := expect[*protocol.Welcome](l)
	p.token, p.in.Device = welcome.Token, welcome.Device
	return l
}

func (l *line) send(m protocol.Message) {
	l.t.Helper()
	check(l.t, l.conn.Send(l.t.Context(), protocol.Encode(m)))
}

// recv takes the next frame; it fails the test when the connection is over.
func (l *line) recv() protocol.Message {
	l.t.Helper()
	frame, err := l.conn.Recv(l.t.Context())
	check(l.t, err)
	m, err := protocol.Decode(frame)
	check(l.t, err)
	return m
}

// expect takes the next frame, which must be an M.
func expect[M protocol.Message](l *line) M {
	l.t.Helper()
	m := l.recv()
	got, ok := m.(M)
	if !ok {
		l.t.Fatalf("got a %s: %+v; want a %T", m.Type(), m, got)
	}
	return got
}

// closed takes the last word, and checks that the close that follows has its code.
func (l *line) closed(code protocol.Code) *protocol.Bye {
	l.t.Helper()
	return l.lastWord(expect[*protocol.Bye](l), code)
}

// emptied says that nothing is unsent any more, which ends a drain, and takes the last word. Whether the pong or the end is
// faster is nobody's concern.
func (l *line) emptied(code protocol.Code) {
	l.t.Helper()
	l.send(&protocol.Ping{})
	switch m := l.recv().(type) {
	case *protocol.Pong:
		l.closed(code)
	case *protocol.Bye:
		l.lastWord(m, code)
	default:
		l.t.Fatalf("got a %s: %+v; want a pong or a bye", m.Type(), m)
	}
}

func (l *line) lastWord(bye *protocol.Bye, code protocol.Code) *protocol.Bye {
	l.t.Helper()
	if bye.Code != code {
		l.t.Fatalf("bye = %d %s (%s), want %d %s", bye.Code, bye.Code, bye.Text, code, code)
	}
	_, err := l.conn.Recv(l.t.Context())
	var closed *protocol.CloseError
	if !errors.As(err, &closed) || closed.Code != code {
		l.t.Fatalf("after the bye: %v, want a close with %d", err, code)
	}
	<-l.served
	return bye
}

// silent checks that nothing is said now.
func (l *line) silent() {
	l.t.Helper()
	synctest.Wait()
	ctx, cancel := context.WithTimeout(l.t.Context(), 5*time.Second)
	defer cancel()
	if frame, err := l.conn.Recv(ctx); err == nil {
		l.t.Fatalf("not silent: %s", protocol.Describe(frame))
	} else if !errors.Is(err, context.DeadlineExceeded) {
		l.t.Fatalf("not silent: %v", err)
	}
}

// hangUp ends the connection as a phone in a lift does.
func (l *line) hangUp() {
	l.t.Helper()
	check(l.t, l.conn.Close(protocol.CodeNone, ""))
	if err := <-l.served; err != nil && !errors.Is(err, io.EOF) {
		l.t.Fatalf("Serve = %v", err)
	}
}

// hours is a fact of Ben's timesheet: it needs nothing else to be there.
func (p *phone) hours(kind string) model.Change {
	return p.w.change(p.w.ben, model.OpCreate, model.TimesheetEvents, model.RecordID{}, set(model.TimeKind, model.Text(kind)))
}

func set(f model.FieldNo, v model.Value) model.Assign { return model.Assign{Field: f, Value: v} }

func (w *world) change(author model.UserID, op model.Op, coll model.Collection, rec model.RecordID, fields ...model.Assign) model.Change {
	w.t.Helper()
	c := model.Change{Author: author, Op: op, Collection: coll, Record: rec, Fields: fields}
	rand.Read(c.ID[:])
	if rec.IsZero() {
		c.Record = model.RecordID(c.ID)
	}
	c.Occurred.Wall = w.now()
	return c
}

// pushOf makes a push of changes, numbered on.
func (p *phone) pushOf(changes ...model.Change) *protocol.Push {
	p.w.t.Helper()
	p.push++
	push := &protocol.Push{Number: p.push}
	for i := range changes {
		body, blobs, err := protocol.EncodeChange(&changes[i])
		check(p.w.t, err)
		if !push.Add(protocol.PushedChange{Number: p.next, Body: body}, blobs) {
			p.w.t.Fatal("the push is full")
		}
		p.next++
	}
	return push
}

// office pushes changes of Amy, which must all be applied.
func (w *world) office(changes ...model.Change) {
	w.t.Helper()
	push := (&phone{w: w, next: 1}).pushOf(changes...)
	answers, err := w.engine.Push(w.t.Context(), model.Connection{Tenant: w.tenant, User: w.amy, Lane: model.LaneOffice}, push.Submitted(), nil, w.now())
	check(w.t, err)
	for i, a := range answers {
		if a.Outcome != model.OutcomeApplied {
			w.t.Fatalf("change %d of the office = %s, reason %d", i, a.Outcome, a.Reason)
		}
	}
}

// job makes a job with notes, and assigns it to Ben unless assignee is somebody else.
func (w *world) job(assignee model.UserID, notes int) model.RecordID {
	w.t.Helper()
	var job, assignment model.RecordID
	rand.Read(job[:])
	rand.Read(assignment[:])
	w.office(
		w.change(w.amy, model.OpCreate, model.Jobs, job, set(model.JobTitle, model.Text("Boiler"))),
		w.change(w.amy, model.OpCreate, model.Assignments, assignment, set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(assignee))),
	)
	for range notes {
		text := make([]byte, 2000)
		rand.Read(text)
		for i := range text {
			text[i] = 'a' + text[i]%26
		}
		w.office(w.change(w.amy, model.OpCreate, model.Notes, model.RecordID{}, set(model.FieldParent, model.Ref(job)),
			set(model.NoteText, model.Text(string(text))), set(model.NoteAudience, model.Text("field"))))
	}
	return job
}
