package mobile_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/mobile"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// app is an app: its key, its clocks, and a server at the other end of its sockets.
type app struct {
	t      *testing.T
	key    *client.SoftKey
	dialed chan string
	loaded chan struct{} // the server has seen the first page made durable
	pushed chan *protocol.Push
}

func (a *app) Sign(proof []byte) ([]byte, error) { return a.key.Sign(proof) }
func (a *app) Changed()                          {}
func (a *app) ElapsedMillis() int64              { return 1000 }
func (a *app) Boot() string                      { return "boot 1" }
func (a *app) ZoneName() string                  { return "Europe/Berlin" }
func (a *app) ZoneOffset() int                   { return 60 }
func (a *app) FreeBytes() int64                  { return 1 << 30 }

func (a *app) Dial(url string) (mobile.Socket, error) {
	select {
	case a.dialed <- url:
	default:
		return nil, errors.New("one connection is enough")
	}
	here, there := protocol.Pipe()
	go a.serve(there)
	return &socket{conn: here, t: a.t}, nil
}

// serve is a server in short: welcome, one page, one push, and the word that the user is signed in elsewhere.
func (a *app) serve(conn protocol.Conn) {
	ctx := a.t.Context()
	say := func(m protocol.Message) { _ = conn.Send(ctx, protocol.Encode(m)) }
	say(&protocol.Challenge{Oldest: 1, Newest: 1, Store: [8]byte{1}})
	for {
		frame, err := conn.Recv(ctx)
		if err != nil {
			return
		}
		m, err := protocol.Decode(frame)
		if err != nil {
			a.t.Error(err)
			return
		}
		switch m := m.(type) {
		case *protocol.Hello:
			say(&protocol.Welcome{Version: 1, Device: m.Device, User: model.UserID{2}, Token: 1, Store: [8]byte{1}, MaxChanges: 200, MaxBytes: 1 << 18, Features: protocol.FeatureSearch})
		case *protocol.Resume:
			body := protocol.EncodePageBody(&protocol.PageBody{Rows: []model.Row{{ID: model.RecordID{0xaa}, Collection: model.Jobs, Fields: []model.FieldValue{
				{Field: model.FieldParent}, {Field: model.JobNumber, Value: model.Int(4711)}, {Field: model.JobTitle, Value: model.Text("Boiler")},
			}}}})
			say(&protocol.Page{Header: protocol.PageHeader{Continues: protocol.CursorTag(nil), Cursor: []byte("c"), Final: true, Base: []byte("a base token")}, Body: body})
		case *protocol.Got:
			close(a.loaded)
		case *protocol.Search:
			found := &protocol.Found{Number: m.Number, Partial: true}
			found.SetRows([]model.Row{{ID: model.RecordID{0xbb}, Collection: model.Customers, Fields: []model.FieldValue{{Field: 2, Value: model.Text("Boiler Works")}}}}, false)
			say(found)
		case *protocol.Push:
			a.pushed <- m
			out := &protocol.Answers{Number: m.Number, Time: 5}
			for range m.Changes {
				out.Answers = append(out.Answers, model.Answer{Outcome: model.OutcomeHeld, Reason: model.ReasonRight})
			}
			say(out)
			say(&protocol.Bye{Code: protocol.CodeSuperseded, Reason: model.EndSuperseded, Text: "signed in on Pixel"})
			_ = conn.Close(protocol.CodeSuperseded, "")
		}
	}
}

// socket is a protocol.Conn as an app would bring it.
type socket struct {
	conn protocol.Conn
	t    *testing.T
	code int
}

func (s *socket) Send(frame []byte) error       { return s.conn.Send(s.t.Context(), frame) }
func (s *socket) CloseCode() int                { return s.code }
func (s *socket) Close(code int, reason string) { _ = s.conn.Close(protocol.Code(code), reason) }
func (s *socket) Receive() ([]byte, error) {
	frame, err := s.conn.Recv(s.t.Context())
	var closed *protocol.CloseError
	if errors.As(err, &closed) {
		s.code = int(closed.Code)
	}
	return frame, err
}

const aliceText = `{"tenant":"01000000000000000000000000000000","user":"02000000000000000000000000000000",
"device":"03000000000000000000000000000000","session":"04000000000000000000000000000000",
"secret":"fe00000000000000000000000000000000000000000000000000000000000000","name":"Alice","kind":2}`

func newApp(t *testing.T) *app {
	key, err := client.NewSoftKey()
	if err != nil {
		t.Fatal(err)
	}
	return &app{t: t, key: key, dialed: make(chan string, 1), loaded: make(chan struct{}), pushed: make(chan *protocol.Push, 1)}
}

// open opens the partition of user 2.
func (a *app) open(dir string, key []byte) *mobile.User {
	a.t.Helper()
	u, err := mobile.Open(&mobile.Settings{
		Dir: dir, Server: "https://Sync.Example.com:443", Tenant: "01" + strings.Repeat("0", 30), User: "02" + strings.Repeat("0", 30), Key: key, App: "1",
	}, a)
	if err != nil {
		a.t.Fatal(err)
	}
	return u
}

// An app's day: open, take an identity, run, look, save, and hear of the end.
func TestFacade(t *testing.T) {
	a := newApp(t)
	dir, key := t.TempDir(), make([]byte, 32)
	_, _ = rand.Read(key)
	u := a.open(dir, key)
	if err := u.SignedIn(aliceText); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- u.Run() }()
	<-a.loaded
	if got := <-a.dialed; got != "wss://Sync.Example.com:443/v1/ws?tenant=01000000000000000000000000000000" {
		t.Errorf("dialed %s", got)
	}
	list, err := u.List("jobs", "")
	if err != nil || !strings.Contains(list, `"title":"Boiler"`) || !strings.Contains(list, `"number":4711`) {
		t.Errorf("List = %s, %v", list, err)
	}
	if found, err := u.Search("boil", "customers, jobs", 5); err != nil || !strings.Contains(found, `"title":"Boiler"`) || !strings.Contains(found, `"more":false}`) {
		t.Errorf("Search = %s, %v", found, err)
	}
	if found, err := u.SearchServer("boil", "", 5); err != nil || !strings.Contains(found, `"name":"Boiler Works"`) || !strings.Contains(found, `"partial":true}`) {
		t.Errorf("SearchServer = %s, %v", found, err)
	}
	if found, err := u.Search("boil", "unicorns", 5); err == nil {
		t.Errorf("Search among unicorns = %s", found)
	}
	saved, err := u.Save(`[{"op":"create","collection":"notes","fields":{"parent":"aa000000000000000000000000000000","text":"leaks","70001":{"bytes":"AAE="},"70002":-5}},
		{"op":"edit","record":"aa000000000000000000000000000000","fields":{"title":"Boiler, leaking"}}]`)
	if err != nil {
		t.Fatal(err)
	}
	if push := <-a.pushed; len(push.Changes) != 2 {
		t.Errorf("%d changes were pushed, want 2", len(push.Changes))
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "Pixel") {
		t.Errorf("Run = %v, want why it stopped", err)
	}
	a.after(u, saved)
	if err := u.Close(); err != nil {
		t.Error(err)
	}
	again := a.open(dir, key)
	if rec, err := again.Show("aa000000000000000000000000000000"); err != nil || !strings.Contains(rec, "Boiler, leaking") {
		t.Errorf("opened again: %s, %v", rec, err)
	}
	_ = again.Close()
}

// after is what an app shows when its session has ended and its work is held.
func (a *app) after(u *mobile.User, saved string) {
	a.t.Helper()
	var changes []struct{ Change, Record string }
	if err := json.Unmarshal([]byte(saved), &changes); err != nil || len(changes) != 2 {
		a.t.Fatalf("Save = %s, %v", saved, err)
	}
	note, err := u.Show(changes[0].Record)
	if err != nil || !strings.Contains(note, `"70001":{"bytes":"AAE="}`) || !strings.Contains(note, `"70002":-5`) || !strings.Contains(note, `"parent":"aa00`) {
		a.t.Errorf("Show = %s, %v", note, err)
	}
	var status struct {
		State                     string
		Unsent, Problems, Notices int
		EndText                   string `json:"end_text"`
	}
	text, err := u.Status()
	if err != nil || json.Unmarshal([]byte(text), &status) != nil || status.State != "stopped" || status.Unsent != 0 || status.Problems != 2 || status.EndText != "signed in on Pixel" {
		a.t.Errorf("Status = %s, %v", text, err)
	}
	problems, err := u.Problems()
	if err != nil || !strings.Contains(problems, `"kind":"held"`) || !strings.Contains(problems, `"text":"leaks"`) {
		a.t.Errorf("Problems = %s, %v", problems, err)
	}
	if err := u.CloseProblem(changes[0].Change); err != nil {
		a.t.Error(err)
	}
	if notices, err := u.Notices(); err != nil || !strings.Contains(notices, "ended") {
		a.t.Errorf("Notices = %s, %v", notices, err)
	}
	if err := u.CloseNotice(1); err != nil {
		a.t.Error(err)
	}
	if lines, err := u.Export(); err != nil || strings.Count(lines, "\n") != 2 {
		a.t.Errorf("Export = %s, %v", lines, err)
	}
}

// What an app gets wrong is said, and nothing is kept.
func TestFacadeRefuses(t *testing.T) {
	a := newApp(t)
	u := a.open(t.TempDir(), bytes.Repeat([]byte{1}, 32))
	defer func() { _ = u.Close() }()
	if err := u.SignedIn(strings.Replace(aliceText, `"user":"02`, `"user":"05`, 1)); err == nil {
		t.Error("another user's sign-in was taken by an empty partition")
	}
	if err := u.SignedIn(aliceText); err != nil {
		t.Fatal(err)
	}
	cases := []string{
		`x`, `[{"op":"burn"}]`, `[{"op":"create","collection":"unicorns"}]`, `[{"op":"create","collection":"notes","fields":{"horn":1}}]`,
		`[{"op":"create","collection":"notes","fields":{"text":1.5}}]`, `[{"op":"create","collection":"notes","fields":{"parent":"xy"}}]`,
		`[{"op":"edit","record":"zz"}]`, `[{"op":"create","collection":"notes","fields":{"text":[]}}]`,
	}
	for _, c := range cases {
		if saved, err := u.Save(c); err == nil {
			t.Errorf("Save(%s) = %s, want an error", c, saved)
		}
	}
}
