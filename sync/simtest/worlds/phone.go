package worlds

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// host is the name the phone means to reach.
const host = "sync.test"

// key is the one key of all phones: proofs go to the server, and nothing of them comes back.
var key = sync.OnceValues(func() (*ecdsa.PrivateKey, []byte) {
	k := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	return k, must(protocol.PublicKey(k))
})

// phone is a scripted device, and all that it was told.
type phone struct {
	w      *world
	engine gateway
	server *session.Server

	in     model.SignedIn
	secret [32]byte
	signed int // sign-ins so far

	token  uint64
	next   uint64
	pushes uint64

	searches uint64
	cursor   []byte
	bases    []string // of checkpoints, oldest first
	waiting  []model.ChangeID
	sent     []model.Change // what it handed in, for sending again
	holds    []model.RecordID
	owed     [][8]byte // pages it has not said to have
	ended    bool

	line *line
	told [][]byte // everything, in order: raw frames, and in words how sign-ins and connections ended
}

// line is one connection.
type line struct {
	conn    protocol.Conn
	handIn  bool
	follow  bool
	lazy    bool // pages are taken one at a time
	fresh   bool // the cursor is thrown away
	garbage bool // the cursor is nobody's
	list    []model.RecordID
	welcome bool

	mu     sync.Mutex // guards the fields below
	frames [][]byte
	over   error
	served chan struct{}
}

func (w *world) newPhone() *phone {
	p := &phone{w: w, engine: gateway{w.engine("phone"), w.budget}, next: 1}
	p.server = must(session.NewServer(session.Config{
		Engine: p.engine, Hub: w.hub, Log: w.logger(), Clock: w.opt.Now, Random: history.Stream(w.seed, "server"),
		Sight: p.engine.Audiences, Search: p.engine.Search, Name: func(model.TenantID, model.UserID) string { return "Amy" },
	}))
	p.signIn(0)
	return p
}

// signIn signs the person in, on this phone or, when it is not signed in any more, as on a new one.
func (p *phone) signIn(takeOver model.Epoch) {
	w := p.w
	p.signed++
	_, _ = history.Stream(w.seed, fmt.Sprint("secret", p.signed)).Read(p.secret[:]) // never fails
	_, public := key()
	in, err := p.engine.SignIn(w.ctx, model.SignIn{
		Tenant: w.tenant, User: w.user, Kind: w.kind, Device: p.in.Device, PublicKey: public, Label: "phone",
		TokenHash: sha256.Sum256(p.secret[:]), TakeOver: takeOver,
	}, w.now())
	p.note("sign-in: %x %x %d %v", in.Device, in.Session, in.Epoch, err)
	if err == nil {
		p.in, p.ended = in, false
	}
}

// note tells in words what came by another way than a frame.
func (p *phone) note(format string, args ...any) {
	p.told = append(p.told, fmt.Appendf([]byte("- "), format, args...))
}

// connect opens a connection; the rest is said when the challenge comes.
func (p *phone) connect(l *line) {
	p.hangUp()
	ours, theirs := protocol.Pipe()
	l.conn, l.served = ours, make(chan struct{})
	p.line, p.owed = l, nil
	go func() {
		defer close(l.served)
		_ = p.server.Serve(context.Background(), theirs, session.Peer{Tenant: p.w.tenant, Host: host}) // how it ended, the phone hears
	}()
	go l.hear()
}

// hear keeps what comes.
func (l *line) hear() {
	for {
		frame, err := l.conn.Recv(context.Background())
		l.mu.Lock()
		if err != nil {
			l.over = err
			l.mu.Unlock()
			return
		}
		l.frames = append(l.frames, frame)
		l.mu.Unlock()
	}
}

// hangUp ends the connection, as a phone in a lift does.
func (p *phone) hangUp() {
	if p.line == nil {
		return
	}
	p.take()
	if p.line != nil {
		_ = p.line.conn.Close(protocol.CodeNone, "") // only the first end of a connection counts
		<-p.line.served
		p.line = nil
	}
}

// take looks at what came since the last time, and says how much that was.
func (p *phone) take() int {
	l := p.line
	if l == nil {
		return 0
	}
	l.mu.Lock()
	frames, over := l.frames, l.over
	l.frames = nil
	l.mu.Unlock()
	for _, frame := range frames {
		p.told = append(p.told, frame)
		p.react(l, frame)
	}
	if over != nil && p.line == l {
		p.line = nil
		_ = l.conn.Close(protocol.CodeNone, "")
		<-l.served
		var closed *protocol.CloseError
		code := protocol.CodeNone
		if errors.As(over, &closed) {
			code = closed.Code
		}
		p.note("closed: %d", code)
		return len(frames) + 1
	}
	return len(frames)
}

// react does what a phone does with a frame.
func (p *phone) react(l *line, frame []byte) {
	message, err := protocol.Decode(frame)
	if err != nil {
		p.note("undecodable: %v", err)
		return
	}
	switch m := message.(type) {
	case *protocol.Challenge:
		p.hello(l, m)
	case *protocol.Welcome:
		l.welcome = true
		p.token, p.in.Device = m.Token, m.Device
		if !l.handIn {
			p.resume(l)
		}
	case *protocol.Page:
		p.page(l, m)
	case *protocol.Bye:
		p.ended = p.ended || m.Code.Stops()
	}
}

func (p *phone) hello(l *line, c *protocol.Challenge) {
	h := &protocol.Hello{
		Version: protocol.Version, Tenant: p.w.tenant, Device: p.in.Device, Secret: p.secret, Token: p.token, Next: p.next,
		HandIn: l.handIn, App: "1.0",
	}
	if p.w.zstd {
		h.Features = protocol.FeatureZstd
	}
	private, _ := key()
	check(protocol.SignHello(private, c, h, host))
	l.send(h)
}

func (p *phone) resume(l *line) {
	switch {
	case l.fresh:
		p.cursor, p.bases, p.holds = nil, nil, nil
	case l.garbage:
		p.cursor = []byte("nobody's")
	}
	l.send(&protocol.Resume{Cursor: p.cursor, Waiting: p.waiting, Follow: l.follow})
}

// page takes a page: the phone holds what it says, and has it. One that is lazy says so later.
func (p *phone) page(l *line, m *protocol.Page) {
	if m.Header.Reconcile {
		l.send(&protocol.Holdings{Records: slices.Concat(p.holds, l.list), Last: true})
		p.cursor = slices.Clone(p.cursor)
		return
	}
	if len(m.Body) > 0 {
		body, err := protocol.DecodePageBody(m.Body, m.Compressed)
		if err != nil {
			p.note("undecodable body: %v", err)
			return
		}
		p.holds = slices.DeleteFunc(p.holds, func(id model.RecordID) bool { return slices.Contains(body.Retracts, id) })
		for _, row := range body.Rows {
			if !slices.Contains(p.holds, row.ID) {
				p.holds = append(p.holds, row.ID)
			}
		}
	}
	p.cursor = m.Header.Cursor
	p.owed = append(p.owed, protocol.CursorTag(p.cursor))
	if m.Header.Final {
		p.bases = append(p.bases, string(m.Header.Base))
		p.waiting = slices.DeleteFunc(p.waiting, func(id model.ChangeID) bool { return slices.Contains(m.Header.Included, id) })
	}
	if !l.lazy {
		p.got(len(p.owed))
	}
}

// got says that the oldest n pages owed are on the phone.
func (p *phone) got(n int) {
	if n = min(n, len(p.owed)); n == 0 || p.line == nil {
		return
	}
	p.line.send(&protocol.Got{Cursor: p.owed[n-1]})
	p.owed = p.owed[n:]
}

// push hands changes in.
func (p *phone) push(changes ...model.Change) {
	if p.line == nil || !p.line.welcome {
		return
	}
	p.pushes++
	push := &protocol.Push{Number: p.pushes}
	for i := range changes {
		body, blobs, err := protocol.EncodeChange(&changes[i])
		if err != nil || !push.Add(protocol.PushedChange{Number: p.next, Body: body}, blobs) {
			break // more than fits one frame
		}
		p.next++
		p.sent = append(p.sent, changes[i])
		if len(p.waiting) < 50 {
			p.waiting = append(p.waiting, changes[i].ID)
		}
	}
	p.line.send(push)
}

// send sends a frame; a server that has ended the connection hears nothing.
func (l *line) send(m protocol.Message) { l.raw(protocol.Encode(m)) }

func (l *line) raw(frame []byte) { _ = l.conn.Send(context.Background(), frame) }
