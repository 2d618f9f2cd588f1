package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// The acceptance tests talk to the server as it is assembled, with a real store on a disk, over real sockets, and say
// frame by frame what issue 2 asks. They know it only from outside: sign-in over HTTP, frames of SPEC.md.

// acceptPatience bounds every wait of an acceptance test; nothing measures how long one took.
const acceptPatience = 20 * time.Second

const acceptPassword = "correct horse"

// cheapHash is a hash of the password that costs next to nothing: these tests sign in often.
var cheapHash = func() string {
	salt, enc := []byte("0123456789abcdef"), base64.RawStdEncoding
	key := argon2.IDKey([]byte(acceptPassword), salt, 1, 8, 1, 32)
	return "$argon2id$v=19$m=8,t=1,p=1$" + enc.EncodeToString(salt) + "$" + enc.EncodeToString(key)
}()

// stage is a server in this process: the house, with its doors open.
type stage struct {
	*server
	t       *testing.T
	hidden  *canaries
	address string
	dial    func() (net.Conn, error) // to its public door
	web     *http.Client
	tenants map[string]model.TenantID
	users   map[string]model.UserID // by login
}

// openStage opens a server on an empty store with the companies acme and other, each with amy of the office, ben's
// phone and sue, a subcontractor from whom customers are hidden. edit changes how it holds conversations.
func openStage(t *testing.T, edit func(*session.Config)) *stage {
	t.Helper()
	return openPatientStage(t, 0, edit)
}

// brisk lets a server look for something new more often than a test could wait.
func brisk(cfg *session.Config) { cfg.Pace = time.Millisecond }

// openPatientStage is one on which a device may finish before a takeover.
func openPatientStage(t *testing.T, drainWait time.Duration, edit func(*session.Config)) *stage {
	t.Helper()
	s := setStage(t, drainWait, edit)
	check(t, s.open())
	s.dial = func() (net.Conn, error) { return net.Dial("tcp", s.address) }
	s.web = http.DefaultClient
	s.begin()
	return s
}

// openPipedStage is one in a bubble: its doors are of memory, and its clock is the bubble's.
func openPipedStage(t *testing.T) *stage {
	t.Helper()
	s := setStage(t, 0, nil)
	public := newPipes()
	s.public, s.socket, s.dial = public, newPipes(), public.dial
	through := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return public.dial() }}
	t.Cleanup(through.CloseIdleConnections)
	s.web = &http.Client{Transport: through}
	s.begin()
	return s
}

// setStage is a stage whose doors are not there yet.
func setStage(t *testing.T, drainWait time.Duration, edit func(*session.Config)) *stage {
	t.Helper()
	var set settings
	set.define(flag.NewFlagSet("", flag.ContinueOnError))
	set.data, set.listen, set.drainWait, set.shutdownWait, set.stayAway = shortDir(t), "127.0.0.1:0", drainWait, acceptPatience, time.Second
	set.webhooksPrivate = true
	hidden := newCanaries(t)
	log := hidden.logger()
	store, err := openStore(&set, log)
	check(t, err)
	s := &stage{t: t, hidden: hidden, tenants: map[string]model.TenantID{}, users: map[string]model.UserID{}}
	s.server = &server{set: &set, log: log, failed: make(chan error, 3)}
	s.house, err = newHouse(store, &set, log, time.Now)
	check(t, err)
	if edit != nil {
		cfg := session.Config{Engine: s.engine, Hub: s.hub, Log: log, Name: s.engine.nameOf, Sight: s.engine.Audiences, Search: s.engine.Search}
		edit(&cfg)
		s.sessions, err = session.NewServer(cfg)
		check(t, err)
	}
	for _, name := range []string{"acme", "other"} {
		s.tenants[name], err = s.engine.AddTenant(t.Context(), name, s.operator.now())
		check(t, err)
		s.addUser(name, "amy", model.Desktop, access.RoleSets(access.Admin))
		s.addUser(name, "ben", model.Mobile, access.DefaultSets(model.Mobile))
		s.addUser(name, "sue", model.Subcontractor, access.DefaultSets(model.Subcontractor))
	}
	hidden.hide(s.house)
	return s
}

// begin lets people in by the doors, which are open. The companies are there by now, or the deliverer of webhooks would find
// them later.
func (s *stage) begin() {
	s.t.Helper()
	s.public = tapped{s.public, s.hidden}
	s.address = s.public.Addr().String()
	check(s.t, s.serve())
	s.t.Cleanup(func() {
		check(s.t, s.stop())
		s.hidden.check(s.house, "")
		check(s.t, s.store.Close())
	})
}

func (s *stage) addUser(tenant, login string, kind model.UserKind, sets access.Sets) {
	s.t.Helper()
	u, err := s.engine.AddAccount(s.t.Context(), s.tenants[tenant], engine.NewAccount{
		Login: login + "@" + tenant, Name: login, Kind: kind, Levels: sets.Encode(), Password: cheapHash,
	}, s.operator.now())
	check(s.t, err)
	s.users[login+"@"+tenant] = u
}

// office pushes changes of Amy's, which must all be applied.
func (s *stage) office(tenant string, changes ...model.Change) {
	s.t.Helper()
	submit(s.t, s.engine, s.tenants[tenant], s.users["amy@"+tenant], s.operator.now(), changes...)
}

// submit pushes changes of somebody of the office, which must all be applied.
func submit(t *testing.T, e core, tenant model.TenantID, user model.UserID, now model.Instant, changes ...model.Change) {
	t.Helper()
	push := &protocol.Push{Number: 1}
	for i := range changes {
		changes[i].Author = user
		body, blobs, err := protocol.EncodeChange(&changes[i])
		check(t, err)
		if !push.Add(protocol.PushedChange{Number: uint64(i) + 1, Body: body}, blobs) {
			t.Fatal("too much for one push")
		}
	}
	answers, err := e.Push(t.Context(), model.Connection{Tenant: tenant, User: user, Lane: model.LaneOffice}, push.Submitted(), nil, now)
	check(t, err)
	for i, a := range answers {
		if a.Outcome != model.OutcomeApplied {
			t.Fatalf("change %d of the office: %s, reason %d", i, a.Outcome, a.Reason)
		}
	}
}

// newJobOf makes a job with its assignment to somebody, and with what the office alone may look at.
func (s *stage) newJobOf(login, tenant, title string) model.RecordID {
	s.t.Helper()
	job := randomRecord()
	s.office(tenant, made(model.Jobs, job, textOf(model.JobTitle, title)),
		made(model.Assignments, randomRecord(), under(job), ref(model.AssignmentUser, model.RecordID(s.users[login+"@"+tenant]))),
		made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, officeOnly), textOf(model.NoteAudience, "internal")),
		made(model.JobCommercials, randomRecord(), under(job), textOf(6, officeOnly)))
	return job
}

func randomRecord() (id model.RecordID) {
	rand.Read(id[:])
	return id
}

func textOf(f model.FieldNo, s string) model.Assign {
	return model.Assign{Field: f, Value: model.Text(s)}
}

func ref(f model.FieldNo, id model.RecordID) model.Assign {
	return model.Assign{Field: f, Value: model.Ref(id)}
}

func under(id model.RecordID) model.Assign { return ref(model.FieldParent, id) }

// made is a creation; without a record the change's id is the record's, as of everything that is appended.
func made(c model.Collection, rec model.RecordID, fields ...model.Assign) model.Change {
	return change(model.OpCreate, c, rec, fields...)
}

func change(op model.Op, c model.Collection, rec model.RecordID, fields ...model.Assign) model.Change {
	out := model.Change{Op: op, Collection: c, Record: rec, Fields: fields}
	rand.Read(out.ID[:])
	if rec.IsZero() {
		out.Record = model.RecordID(out.ID)
	}
	out.Occurred.Wall = model.Instant(time.Now().UnixMilli())
	return out
}

// handset is a device as a stranger would write one from SPEC.md: its key and what it keeps between connections.
type handset struct {
	t             *testing.T
	s             *stage
	tenant, login string
	key           *ecdsa.PrivateKey
	public        string
	label         string
	in            web.SignInAnswer
	token         uint64
	next, pushes  uint64
}

func (s *stage) newHandset(tenant, login string) *handset {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(s.t, err)
	public, err := protocol.PublicKey(key)
	check(s.t, err)
	return &handset{t: s.t, s: s, tenant: tenant, login: login + "@" + tenant, key: key, public: base64.StdEncoding.EncodeToString(public), label: "Pixel", next: 1}
}

// handset is one that is signed in.
func (s *stage) handset(tenant, login string) *handset {
	s.t.Helper()
	h := s.newHandset(tenant, login)
	if answer, body := h.signIn(0, nil); answer.StatusCode != http.StatusOK {
		s.t.Fatalf("sign-in: %s %s", answer.Status, body)
	}
	return h
}

// signIn asks to be let in and returns the answer with its body, which has been read.
func (h *handset) signIn(takeover web.EpochText, edit func(*web.SignInRequest)) (*http.Response, []byte) {
	h.t.Helper()
	ask := web.SignInRequest{
		Tenant: h.tenant, Login: h.login, Password: acceptPassword, Device: h.in.Device, PublicKey: h.public, Label: h.label, TakeOver: takeover,
	}
	if edit != nil {
		edit(&ask)
	}
	raw, err := json.Marshal(ask)
	check(h.t, err)
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, "http://"+h.s.address+"/v1/sign-in", bytes.NewReader(raw))
	check(h.t, err)
	r.Header.Set(problem.RequestHeader, "sign-in") // or every answer would have a name of its own
	answer, err := h.s.web.Do(r)
	check(h.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(h.t, err)
	if answer.StatusCode == http.StatusOK {
		check(h.t, json.Unmarshal(body, &h.in))
	}
	return answer, body
}

// wire is one connection of a handset.
type wire struct {
	t    *testing.T
	h    *handset
	conn protocol.Conn
	seen func(frame []byte) // called with everything that is received; may be nil
}

// dial opens a connection and returns it with its challenge.
func (h *handset) dial() (*wire, *protocol.Challenge) {
	h.t.Helper()
	w, first := h.answered()
	c, ok := first.(*protocol.Challenge)
	if !ok {
		h.t.Fatalf("heard a %s: %+v; want a challenge", first.Type(), first)
	}
	return w, c
}

// answered opens a connection and returns it with the first thing that it is told.
func (h *handset) answered() (*wire, protocol.Message) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), acceptPatience)
	defer cancel()
	conn, err := wsconn.Dial(ctx, "ws://"+h.s.address+"/v1/ws?tenant="+h.in.Tenant.String(), nil, wsconn.Config{Linger: 100 * time.Millisecond})
	check(h.t, err)
	h.t.Cleanup(func() { _ = conn.Close(protocol.CodeNone, "") })
	w := &wire{t: h.t, h: h, conn: conn}
	return w, w.next()
}

// hello is a signed hello; edit changes it before it is signed.
func (h *handset) hello(c *protocol.Challenge, edit func(*protocol.Hello)) *protocol.Hello {
	h.t.Helper()
	hello := &protocol.Hello{Version: protocol.Version, Tenant: h.in.Tenant, Device: h.in.Device, Token: h.token, Next: h.next}
	secret, err := hex.DecodeString(h.in.Token)
	check(h.t, err)
	copy(hello.Secret[:], secret)
	if edit != nil {
		edit(hello)
	}
	check(h.t, protocol.SignHello(h.key, c, hello, h.s.address))
	return hello
}

// connect is welcomed on the live lane, and handIn on the other.
func (h *handset) connect() *wire { h.t.Helper(); return h.enter(nil) }

func (h *handset) handIn() *wire {
	h.t.Helper()
	return h.enter(func(hello *protocol.Hello) { hello.HandIn = true })
}

func (h *handset) enter(edit func(*protocol.Hello)) *wire {
	h.t.Helper()
	w, c := h.dial()
	w.say(h.hello(c, edit))
	welcome := heard[*protocol.Welcome](w)
	h.token, h.in.Device = welcome.Token, welcome.Device
	return w
}

func (w *wire) say(m protocol.Message) {
	w.t.Helper()
	w.raw(protocol.Encode(m))
}

func (w *wire) raw(frame []byte) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), acceptPatience)
	defer cancel()
	check(w.t, w.conn.Send(ctx, frame))
}

// frame takes the next frame, or the error that ended the connection.
func (w *wire) frame() ([]byte, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), acceptPatience)
	defer cancel()
	frame, err := w.conn.Recv(ctx)
	if err == nil && w.seen != nil {
		w.seen(frame)
	}
	return frame, err
}

func (w *wire) next() protocol.Message {
	w.t.Helper()
	frame, err := w.frame()
	check(w.t, err)
	m, err := protocol.Decode(frame)
	check(w.t, err)
	return m
}

// heard takes the next frame, which must be an M.
func heard[M protocol.Message](w *wire) M {
	w.t.Helper()
	m := w.next()
	got, ok := m.(M)
	if !ok {
		w.t.Fatalf("heard a %s: %+v; want a %T", m.Type(), m, got)
	}
	return got
}

// ends hears the last word, checks that the close that follows has its code, and returns all bytes of both.
func (w *wire) ends(code protocol.Code) (bye *protocol.Bye, said string) {
	w.t.Helper()
	frame, err := w.frame()
	if err != nil {
		w.t.Fatalf("ended without a bye: %v, want %d", err, code)
	}
	m, err := protocol.Decode(frame)
	check(w.t, err)
	bye, ok := m.(*protocol.Bye)
	if !ok || bye.Code != code {
		w.t.Fatalf("heard %s; want a bye with %d %s", protocol.Describe(frame), code, code)
	}
	closed := w.closed()
	if closed.Code != code {
		w.t.Fatalf("closed with %d after a bye with %d", closed.Code, code)
	}
	return bye, hex.EncodeToString(frame) + " " + closed.Error()
}

// endsAfter is ends after any number of pongs.
func (w *wire) endsAfter(code protocol.Code) {
	w.t.Helper()
	for {
		frame, err := w.frame()
		if err != nil {
			w.t.Fatalf("ended without a bye: %v, want %d", err, code)
		}
		m, err := protocol.Decode(frame)
		check(w.t, err)
		switch m := m.(type) {
		case *protocol.Pong:
		case *protocol.Bye:
			if closed := w.closed(); m.Code != code || closed.Code != code {
				w.t.Fatalf("ended with %d and %d, want %d", m.Code, closed.Code, code)
			}
			return
		default:
			w.t.Fatalf("heard %s; want a bye with %d", protocol.Describe(frame), code)
		}
	}
}

// closed is the close that comes next.
func (w *wire) closed() *protocol.CloseError {
	w.t.Helper()
	frame, err := w.frame()
	var closed *protocol.CloseError
	if !errors.As(err, &closed) {
		w.t.Fatalf("heard %x, %v; want a close with a code", frame, err)
	}
	return closed
}

// push sends changes of the handset's user and returns what was decided, with nothing else heard in between.
func (w *wire) push(changes ...model.Change) []model.Answer {
	w.t.Helper()
	w.say(w.h.pushOf(changes...))
	return heard[*protocol.Answers](w).Answers
}

func (h *handset) pushOf(changes ...model.Change) *protocol.Push {
	h.t.Helper()
	h.pushes++
	push := &protocol.Push{Number: h.pushes}
	for i := range changes {
		if changes[i].Author.IsZero() {
			changes[i].Author = h.in.User
		}
		body, blobs, err := protocol.EncodeChange(&changes[i])
		check(h.t, err)
		if !push.Add(protocol.PushedChange{Number: h.next, Body: body}, blobs) {
			h.t.Fatal("too much for one push")
		}
		h.next++
	}
	return push
}

// shift is a fact that needs nothing else to be there, and that every mobile worker may state.
func shift(kind string) model.Change {
	return made(model.TimesheetEvents, model.RecordID{}, textOf(model.TimeKind, kind))
}

// ledger is as much of a device's data as these tests need.
type ledger struct {
	cursor []byte
	base   []byte
	rows   map[model.RecordID]bool
	taken  map[model.ChangeID]bool // included in a checkpoint
	pages  []*protocol.Page
}

// take makes a page its own and acknowledges it.
func (l *ledger) take(w *wire, page *protocol.Page) {
	w.t.Helper()
	if page.Header.Continues != protocol.CursorTag(l.cursor) {
		w.t.Fatal("the page continues another cursor")
	}
	body := &protocol.PageBody{}
	if len(page.Body) > 0 {
		var err error
		body, err = protocol.DecodePageBody(page.Body, page.Compressed)
		check(w.t, err)
	}
	if l.rows == nil {
		l.rows, l.taken = map[model.RecordID]bool{}, map[model.ChangeID]bool{}
	}
	for _, id := range body.Retracts {
		delete(l.rows, id)
	}
	for _, row := range body.Rows {
		l.rows[row.ID] = true
	}
	for _, id := range page.Header.Included {
		l.taken[id] = true
	}
	if page.Header.Final {
		l.base = page.Header.Base
	}
	l.cursor = page.Header.Cursor
	l.pages = append(l.pages, page)
	w.say(&protocol.Got{Cursor: protocol.CursorTag(l.cursor)})
}

// until takes pages until something is so; what else is heard is a mistake, but for pongs and what became of held work.
func (l *ledger) until(w *wire, so func() bool) {
	w.t.Helper()
	for !so() {
		switch m := w.next().(type) {
		case *protocol.Page:
			l.take(w, m)
		case *protocol.Pong, *protocol.Decided:
		default:
			w.t.Fatalf("heard a %s: %+v; want pages", m.Type(), m)
		}
	}
}

// push hands changes in on a connection that follows the feed, and takes the pages that come before the answers.
func (l *ledger) push(w *wire, changes ...model.Change) []model.Answer {
	w.t.Helper()
	w.say(w.h.pushOf(changes...))
	for {
		switch m := w.next().(type) {
		case *protocol.Page:
			l.take(w, m)
		case *protocol.Answers:
			return m.Answers
		case *protocol.Decided:
		default:
			w.t.Fatalf("heard a %s: %+v; want answers", m.Type(), m)
		}
	}
}

// quiet pings until nothing but pongs came for some rounds.
func (l *ledger) quiet(w *wire) {
	w.t.Helper()
	for calm := 0; calm < 20; calm++ {
		w.say(&protocol.Ping{})
		for pong := false; !pong; {
			switch m := w.next().(type) {
			case *protocol.Page:
				l.take(w, m)
				calm = 0
			case *protocol.Pong:
				pong = true
			case *protocol.Decided:
			default:
				w.t.Fatalf("heard a %s: %+v; want pages or silence", m.Type(), m)
			}
		}
	}
}

// settle resumes and takes pages until the device has everything.
func (l *ledger) settle(w *wire) {
	w.t.Helper()
	w.say(&protocol.Resume{Cursor: l.cursor, Follow: true})
	l.until(w, func() bool { return l.base != nil && l.rows[model.RecordID(w.h.in.User)] })
	l.quiet(w)
}

// resume begins anew from the cursor, and takes pages up to the checkpoint that it is answered with, whether anything is new or
// not: the device then has what was committed before.
func (l *ledger) resume(w *wire) {
	w.t.Helper()
	w.say(&protocol.Resume{Cursor: l.cursor, Follow: true})
	from := len(l.pages)
	l.until(w, func() bool {
		if len(l.pages) == from {
			return false
		}
		last := l.pages[len(l.pages)-1].Header
		return last.Final && !last.More
	})
}

// bystander is a device that must not notice what others do: it pings and pushes all the while.
type bystander struct {
	stop   chan struct{}
	done   chan struct{}
	rounds int
}

func (s *stage) bystander(tenant, login string) *bystander {
	s.t.Helper()
	h := s.handset(tenant, login)
	w := h.connect()
	b := &bystander{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(b.done)
		for {
			select {
			case <-b.stop:
				return
			default:
			}
			if !b.round(h, w) {
				return
			}
			b.rounds++
		}
	}()
	s.t.Cleanup(b.end)
	return b
}

// round is a ping and a push, both answered. It runs beside the test and must not end it.
func (b *bystander) round(h *handset, w *wire) bool {
	c := shift("shift_start")
	c.Author = h.in.User
	body, blobs, err := protocol.EncodeChange(&c)
	h.pushes++
	push := &protocol.Push{Number: h.pushes}
	push.Add(protocol.PushedChange{Number: h.pushes, Body: body}, blobs)
	for _, m := range []protocol.Message{&protocol.Ping{Wall: 7}, push} {
		if err == nil {
			err = w.conn.Send(w.t.Context(), protocol.Encode(m))
		}
		var frame []byte
		if err == nil {
			frame, err = w.frame()
		}
		if err != nil {
			w.t.Errorf("the bystander was disturbed: %v", err)
			return false
		}
		answer, err := protocol.Decode(frame)
		answers, pushed := answer.(*protocol.Answers)
		_, ponged := answer.(*protocol.Pong)
		if err != nil || !ponged && !(pushed && answers.Answers[0].Outcome.In()) {
			w.t.Errorf("the bystander was answered %s", protocol.Describe(frame))
			return false
		}
	}
	return true
}

func (b *bystander) end() {
	select {
	case <-b.stop:
	default:
		close(b.stop)
	}
	<-b.done
}

// undisturbed ends the bystander, which must have been served.
func (b *bystander) undisturbed(t *testing.T) {
	t.Helper()
	b.end()
	if b.rounds == 0 {
		t.Error("the bystander was never served")
	}
}
