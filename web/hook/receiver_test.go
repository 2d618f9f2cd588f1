package hook_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/hook"
)

// receiver is a back office: it verifies every message by the official library, and answers as a test says.
type receiver struct {
	t      *testing.T
	secret []byte
	answer func(w http.ResponseWriter, m message) // nil: 204

	mu    sync.Mutex
	tries []message // everything that came, in order
	taken []message // what was answered 2xx
}

type message struct {
	id     string
	kind   string
	event  model.MessageID
	record model.RecordID
	at     time.Time
	header http.Header
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the sender is gone
	}
	verifier, err := standardwebhooks.NewWebhookRaw(r.secret)
	if err != nil {
		r.t.Error(err)
	}
	if err := verifier.Verify(body, q.Header); err != nil {
		r.t.Errorf("a message does not verify: %v", err)
	}
	var content struct {
		Type string
		Data struct {
			Event  model.MessageID
			Record model.RecordID
		}
	}
	if err := json.Unmarshal(body, &content); err != nil {
		r.t.Errorf("a message is no JSON: %v", err)
	}
	m := message{
		id: q.Header.Get("webhook-id"), kind: content.Type, event: content.Data.Event, record: content.Data.Record,
		at: time.Now(), header: q.Header,
	}
	r.mu.Lock()
	r.tries = append(r.tries, m)
	r.mu.Unlock()
	s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	if r.answer != nil {
		r.answer(s, m)
	}
	if s.status/100 == 2 {
		r.mu.Lock()
		r.taken = append(r.taken, m)
		r.mu.Unlock()
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (r *receiver) attempts() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tries)
}

// got is the events that were taken, in the order in which they first were.
func (r *receiver) got() (out []model.MessageID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.taken {
		if !slices.Contains(out, m.event) {
			out = append(out, m.event)
		}
	}
	return out
}

// wire is a network in memory, so that a test's clock can stand still. A name leads to a receiver, or to nobody.
type wire struct {
	mu    sync.Mutex
	hosts map[string]*host
	dials int // of names that led to nobody
}

type host struct {
	accept chan net.Conn
	server *http.Server
	up     bool
	open   []net.Conn // that were made
}

// put gives a receiver a name.
func (n *wire) put(t *testing.T, name string, r http.Handler) {
	t.Helper()
	var handling sync.WaitGroup
	h := &host{accept: make(chan net.Conn), up: true}
	h.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		handling.Add(1)
		defer handling.Done()
		r.ServeHTTP(w, q)
	})}
	n.mu.Lock()
	n.hosts[name+":80"] = h
	n.mu.Unlock()
	done := make(chan struct{})
	go func() {
		_ = h.server.Serve(h)
		close(done)
	}()
	t.Cleanup(func() {
		_ = h.server.Close()
		<-done
		handling.Wait()
	})
}

// set takes a receiver from the network, or puts it back.
func (n *wire) set(name string, up bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.hosts[name+":80"]
	h.up = up
	for _, c := range h.open { // a receiver that goes takes its connections along
		_ = c.Close()
	}
	h.open = nil
}

func (n *wire) refused() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

func (n *wire) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	h := n.hosts[address]
	if h == nil || !h.up {
		n.dials++
		n.mu.Unlock()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	ours, theirs := net.Pipe()
	h.open = append(h.open, theirs)
	n.mu.Unlock()
	select {
	case h.accept <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *host) Accept() (net.Conn, error) {
	c, ok := <-h.accept
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (h *host) Close() error {
	close(h.accept)
	return nil
}

func (h *host) Addr() net.Addr { return &net.TCPAddr{} }

// world is a ledger, a network, and a deliverer between them, in a bubble of fake time.
type world struct {
	*ledger
	*wire
	t      *testing.T
	reader *reader
	d      *hook.Deliverer
	config hook.Config
	stop   func()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{ledger: newLedger(), wire: &wire{hosts: map[string]*host{}}, t: t, config: hook.Config{Private: true, Version: "1.2.3"}}
	w.config.Observe = func(string, time.Duration) {}
	return w
}

// receiver adds a receiver and a hook that tells it.
func (w *world) receiver(id byte, name string, events ...string) (*receiver, model.Hook) {
	w.t.Helper()
	h := w.add(id, "http://"+name+"/hook", events...)
	r := &receiver{t: w.t, secret: h.Secrets[0]}
	w.put(w.t, name, r)
	return r, h
}

// start starts a deliverer, as a process that opens the store.
func (w *world) start() {
	w.t.Helper()
	if w.reader == nil {
		w.reader = &reader{ledger: w.ledger}
	}
	w.config.Source = w.reader
	d, err := hook.New(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.d = d
	d.SetDial(w.dial)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	once := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	w.stop = once
	w.t.Cleanup(once)
}

// wantAll fails unless a receiver has taken exactly these events, in any order.
func wantAll(t *testing.T, r *receiver, want []model.MessageID) {
	t.Helper()
	got := r.got()
	for _, id := range want {
		if !slices.Contains(got, id) {
			t.Errorf("event %s did not arrive", id)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d events arrived, want %d", len(got), len(want))
	}
}

// wantOrder fails unless a receiver has taken these events in this order.
func wantOrder(t *testing.T, r *receiver, want []model.MessageID) {
	t.Helper()
	if got := r.got(); !slices.Equal(got, want) {
		t.Errorf("arrived %v, want %v", got, want)
	}
}
