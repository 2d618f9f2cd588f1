package lab_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/lab"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

const password = "correct horse"

// cheapHash is a hash of the password that costs next to nothing: these tests sign in often.
var cheapHash = func() string {
	salt, enc := []byte("0123456789abcdef"), base64.RawStdEncoding
	key := argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)
	return "$argon2id$v=19$m=8,t=1,p=1$" + enc.EncodeToString(salt) + "$" + enc.EncodeToString(key)
}()

// gateway is a real one in this process: a store on a disk, the engine, sign-in and conversations over real sockets.
type gateway struct {
	t       *testing.T
	engine  *engine.Engine
	gate    *session.Gate
	tenant  model.TenantID
	users   map[string]model.UserID
	address string
	tap     *tap
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func now() model.Instant { return model.Instant(time.Now().UnixMilli()) }

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

// openGateway opens one with a company: Amy of the office, Ben, who may edit jobs, and Cal, who may not.
func openGateway(t *testing.T) *gateway {
	t.Helper()
	store, err := badgerstore.Open(badgerstore.Config{Dir: t.TempDir(), NewIncarnation: func() model.Incarnation {
		return model.Incarnation(time.Now().UnixMilli()) << 16
	}})
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	hub := session.NewHub()
	g := &gateway{t: t, users: map[string]model.UserID{}}
	g.engine = engine.New(engine.Config{Store: telling{store, hub}, Random: rand.Reader, Decode: protocol.DecodeChange})
	g.gate, err = session.NewGate(session.GateConfig{Accounts: g.engine, Hub: hub, Passwords: session.NewPasswords(0), Drain: 500 * time.Millisecond})
	check(t, err)
	sessions, err := session.NewServer(session.Config{Engine: g.engine, Hub: hub, Sight: g.engine.Audiences, Search: g.engine.Search, Pace: time.Millisecond, Name: g.name(store)})
	check(t, err)
	lifetime, cut := context.WithCancel(context.Background())
	site, err := web.New(web.Config{Gate: g.gate, Sessions: sessions, Lifetime: lifetime})
	check(t, err)
	on, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	g.address = "http://" + on.Addr().String()
	server := web.HTTP(site.Handler(), nil)
	var running sync.WaitGroup
	g.tap = &tap{Listener: on, last: map[*tapped][]byte{}}
	running.Go(func() { _ = server.Serve(g.tap) })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		cut()
		check(t, hub.Shutdown(ctx, time.Second))
		check(t, server.Shutdown(ctx))
		running.Wait()
	})
	g.tenant, err = g.engine.AddTenant(t.Context(), "acme", now())
	check(t, err)
	editor, err := access.DefaultSets(model.Mobile).With(access.Mobile, map[string]string{"edit_job": "on"})
	check(t, err)
	g.user("amy@acme.example", "Amy Adair", model.Desktop, access.RoleSets(access.Admin))
	g.user("ben@acme.example", "Ben Boyle", model.Mobile, editor)
	g.user("cal@acme.example", "Cal Craig", model.Mobile, access.DefaultSets(model.Mobile))
	return g
}

func (g *gateway) user(login, name string, kind model.UserKind, sets access.Sets) {
	g.t.Helper()
	u, err := g.engine.AddAccount(g.t.Context(), g.tenant, engine.NewAccount{
		Login: login, Name: name, Kind: kind, Levels: sets.Encode(), Password: cheapHash,
	}, now())
	check(g.t, err)
	g.users[login] = u
}

// name is who ended a session, as a phone is told it.
func (g *gateway) name(store storage.Store) func(model.TenantID, model.UserID) string {
	return func(t model.TenantID, u model.UserID) (name string) {
		_ = store.View(context.Background(), t, func(r storage.Reader) error {
			row, ok := r.Row(storage.TableAccounts, string(u[:]))
			if !ok {
				return nil
			}
			a, err := storage.ParseAccount(row)
			name = a.Name
			return err
		})
		return name
	}
}

// job makes a job of today for some people.
func (g *gateway) job(title string, logins ...string) model.RecordID {
	g.t.Helper()
	var id model.RecordID
	rand.Read(id[:])
	changes := []model.Change{{Collection: model.Jobs, Record: id, Fields: []model.Assign{
		{Field: model.JobTitle, Value: model.Text(title)}, {Field: model.JobWindowStart, Value: model.Int(int64(now()))},
	}}}
	for _, login := range logins {
		var a model.RecordID
		rand.Read(a[:])
		changes = append(changes, model.Change{Collection: model.Assignments, Record: a, Fields: []model.Assign{
			{Field: model.FieldParent, Value: model.Ref(id)}, {Field: model.AssignmentUser, Value: model.Ref(g.users[login])},
		}})
	}
	push := &protocol.Push{Number: 1}
	for i := range changes {
		c := &changes[i]
		rand.Read(c.ID[:])
		c.Op, c.Author = model.OpCreate, g.users["amy@acme.example"]
		slices.SortFunc(c.Fields, func(a, b model.Assign) int { return int(a.Field) - int(b.Field) })
		body, blobs, err := protocol.EncodeChange(c)
		check(g.t, err)
		push.Add(protocol.PushedChange{Number: uint64(i) + 1, Body: body}, blobs)
	}
	answers, err := g.engine.Push(g.t.Context(), model.Connection{
		Tenant: g.tenant, User: g.users["amy@acme.example"], Lane: model.LaneOffice,
	}, push.Submitted(), nil, now())
	check(g.t, err)
	for i, a := range answers {
		if a.Outcome != model.OutcomeApplied {
			g.t.Fatalf("change %d of the office: %s, reason %d", i, a.Outcome, a.Reason)
		}
	}
	return id
}

// tap is a listener that knows how the bytes of each connection ended.
type tap struct {
	net.Listener

	mu   sync.Mutex // guards the field below
	last map[*tapped][]byte
}

type tapped struct {
	net.Conn
	tap *tap
}

func (t *tap) Accept() (net.Conn, error) {
	c, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tapped{c, t}, nil
}

// closeFrame is how long a WebSocket's farewell of a client is: two bytes, a mask of four, and a code.
const closeFrame = 8

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	all := append(c.tap.last[c], p[:n]...)
	c.tap.last[c] = slices.Clone(all[max(0, len(all)-closeFrame):])
	return n, err
}

// farewells is how many connections ended with a farewell of the client.
func (t *tap) farewells() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, last := range t.last {
		if len(last) == closeFrame && last[0] == 0x88 && last[1] == 0x82 {
			n++
		}
	}
	return n
}

// board is lab.Board over the gateway.
type board struct{ *gateway }

func (b board) caller(ctx context.Context, who client.Identity) (model.Caller, error) {
	return b.engine.SessionCaller(ctx, b.tenant, sha256.Sum256(who.Secret[:]), model.Instant(time.Now().UnixMilli()))
}

func (b board) Sessions(ctx context.Context, who client.Identity) (out []lab.Session, err error) {
	if _, err := b.caller(ctx, who); err != nil {
		return nil, err
	}
	live, err := b.engine.Sessions(ctx, b.tenant)
	for _, s := range live {
		login := ""
		for l, u := range b.users {
			if u == s.User {
				login = l
			}
		}
		out = append(out, lab.Session{
			Login: login, Name: s.Name, Kind: s.Kind.String(), Label: s.Label, Epoch: s.Epoch, Seen: s.Seen,
			Unsent: int(s.Report.Unsent), Skew: time.Duration(s.Report.Skew) * time.Millisecond,
		})
	}
	slices.SortFunc(out, func(a, b lab.Session) int { return strings.Compare(a.Login, b.Login) })
	return out, err
}

func (b board) End(ctx context.Context, who client.Identity, s lab.Session) error {
	c, err := b.caller(ctx, who)
	if err != nil {
		return err
	}
	_, err = b.gate.End(ctx, b.tenant, model.Ending{
		User: b.users[s.Login], Epoch: s.Epoch, Reason: model.EndOffice, By: c.User, Choice: model.EndDrain,
	})
	return err
}

func (b board) Release(ctx context.Context, who client.Identity, change model.ChangeID) error {
	if _, err := b.caller(ctx, who); err != nil {
		return err
	}
	return b.engine.Release(ctx, b.tenant, change, false, model.UserID{}, now())
}

func (b board) Dismiss(ctx context.Context, who client.Identity, change model.ChangeID) error {
	if _, err := b.caller(ctx, who); err != nil {
		return err
	}
	return b.engine.Dismiss(ctx, b.tenant, change, model.UserID{}, now())
}
