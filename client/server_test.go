package client_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// desk is the little of a server that a client needs, and what a test wants to know of what the client did. Its hooks
// change what it does.
type desk struct {
	space func() int64 // of the phone; nil: unknown
	t     *testing.T
	key   *client.SoftKey

	mu      sync.Mutex // guards the fields below
	dials   []time.Time
	hellos  []*protocol.Hello
	pushes  []*protocol.Push
	reports []model.Report
	resumes []*protocol.Resume
	gots    int
	held    []model.RecordID
	byes    []*protocol.Bye
	conn    protocol.Conn // the newest

	refuse   func(n int) *protocol.Bye                   // instead of a welcome, for the n-th hello
	respond  func(m protocol.Message) []protocol.Message // before the ordinary answer; nil: ordinary
	silent   bool                                        // no pongs
	features uint64                                      // of the welcome
	down     bool                                        // nobody answers the dial
	cursor   uint64
	between  func(protocol.Conn) protocol.Conn // stands between the client and its end of a connection; nil: nothing
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	key, err := client.NewSoftKey()
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, key: key}
}

var errDown = errors.New("no network")

// dial opens a connection, with a server at the other end.
func (d *desk) dial(ctx context.Context) (protocol.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dials = append(d.dials, time.Now())
	if d.down {
		return nil, errDown
	}
	here, there := protocol.Pipe()
	d.conn = there
	go d.serve(context.WithoutCancel(ctx), there, len(d.dials))
	if d.between != nil {
		return d.between(here), nil
	}
	return here, nil
}

// calls is how often it was called.
func (d *desk) calls() (n int) {
	d.look(func() { n = len(d.dials) })
	return n
}

func (d *desk) serve(ctx context.Context, conn protocol.Conn, n int) {
	challenge := &protocol.Challenge{Oldest: 1, Newest: 1, Time: 1000, Store: [8]byte{1}}
	_, _ = rand.Read(challenge.Nonce[:])
	send := func(m protocol.Message) { _ = conn.Send(ctx, protocol.Encode(m)) }
	send(challenge)
	frame, err := conn.Recv(ctx)
	if err != nil {
		return
	}
	m, _ := protocol.Decode(frame)
	hello, ok := m.(*protocol.Hello)
	public, _ := d.key.Public()
	if !ok || !protocol.VerifyHello(public, challenge, hello, "sync.example.com") {
		d.t.Error("the hello is not signed for this challenge and host")
		_ = conn.Close(protocol.CodeProtocol, "")
		return
	}
	d.mu.Lock()
	d.hellos = append(d.hellos, hello)
	refuse := d.refuse
	d.mu.Unlock()
	if refuse != nil {
		if bye := refuse(n); bye != nil {
			send(bye)
			_ = conn.Close(bye.Code, "")
			return
		}
	}
	send(&protocol.Welcome{Version: 1, Device: hello.Device, User: bob.User, Name: "Bob", Kind: model.Mobile, HandIn: hello.HandIn, Token: uint64(n), Time: 2000, Store: [8]byte{1}, MaxChanges: 200, MaxBytes: 256 << 10, Features: d.features})
	for {
		frame, err := conn.Recv(ctx)
		if err != nil {
			return
		}
		m, err := protocol.Decode(frame)
		if err != nil {
			d.t.Errorf("the client sent a bad frame: %v", err)
			return
		}
		for _, out := range d.hear(m, hello.HandIn) {
			send(out)
			if bye, ok := out.(*protocol.Bye); ok {
				_ = conn.Close(bye.Code, "")
			}
		}
	}
}

// hear is what the desk does with a message.
func (d *desk) hear(m protocol.Message, handIn bool) []protocol.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.respond != nil {
		if out := d.respond(m); out != nil {
			return out
		}
	}
	switch m := m.(type) {
	case *protocol.Resume:
		if handIn {
			d.t.Error("a resume on the hand-in lane")
		}
		d.resumes = append(d.resumes, m)
		if len(m.Cursor) == 0 {
			return []protocol.Message{d.page(nil, true, job(1, "one"))}
		}
	case *protocol.Got:
		d.gots++
	case *protocol.Push:
		d.pushes = append(d.pushes, m)
		a := &protocol.Answers{Number: m.Number, Time: 3000}
		for range m.Changes {
			a.Answers = append(a.Answers, model.Answer{Outcome: model.OutcomeApplied, Receipt: model.Receipt{1}})
		}
		return []protocol.Message{a}
	case *protocol.Ping:
		d.reports = append(d.reports, m.Report)
		if !d.silent {
			return []protocol.Message{&protocol.Pong{Time: 4000, Wall: m.Wall}}
		}
	case *protocol.Holdings:
		d.held = append(d.held, m.Records...)
	case *protocol.Bye:
		d.byes = append(d.byes, m)
		return []protocol.Message{&protocol.Bye{Code: protocol.CodeSignedOut, Reason: model.EndSignedOut}}
	}
	return nil
}

// page makes the page that continues a cursor.
func (d *desk) page(continues []byte, final bool, rows ...model.Row) *protocol.Page {
	d.cursor++
	p := &protocol.Page{Header: protocol.PageHeader{Continues: protocol.CursorTag(continues), Cursor: binary.BigEndian.AppendUint64(nil, d.cursor), Final: final}}
	if final {
		p.Header.Base = []byte("a base token of this server")
	}
	p.Body = protocol.EncodePageBody(&protocol.PageBody{Rows: rows})
	if packed, ok := protocol.Compress(p.Body); ok {
		p.Body, p.Compressed = packed, true
	}
	return p
}

// say sends a message on the newest connection.
func (d *desk) say(m protocol.Message) {
	d.t.Helper()
	d.mu.Lock()
	conn := d.conn
	d.mu.Unlock()
	if err := conn.Send(d.t.Context(), protocol.Encode(m)); err != nil {
		d.t.Error(err)
	}
	if bye, ok := m.(*protocol.Bye); ok {
		_ = conn.Close(bye.Code, "")
	}
	synctest.Wait()
}

func (d *desk) look(f func()) {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// start runs a client against the desk inside a bubble; stop ends it and gives what Run returned.
func (d *desk) start(r *replica.Replica) (c *client.Client, stop func() error) {
	d.t.Helper()
	c, err := client.New(client.Config{
		Replica: r, Dial: d.dial, Signer: d.key, Host: "sync.example.com", App: "test 1", Space: d.space,
		Clock: func() replica.Moment { return replica.Moment{Wall: 5000, Mono: 10, Boot: 1} },
	})
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(d.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	synctest.Wait()
	return c, func() error {
		cancel()
		return <-ended
	}
}

// bobs is a replica of Bob's on a Local, signed in.
func bobs(t *testing.T, local replica.Local) *replica.Replica {
	t.Helper()
	r, err := replica.Open(local, replica.Config{Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	if r.Who().User.IsZero() {
		if err := r.SignedIn(bob); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func job(id byte, title string) model.Row {
	return model.Row{ID: model.RecordID{id}, Collection: model.Jobs, Fields: []model.FieldValue{{Field: model.FieldParent}, {Field: model.JobTitle, Value: model.Text(title)}}}
}

func newJob(title string) client.Draft {
	return client.Draft{Op: model.OpCreate, Collection: model.Jobs, Fields: []model.FieldValue{{Field: model.JobTitle, Value: model.Text(title)}}}
}
