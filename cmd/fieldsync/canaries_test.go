package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/portal"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Words of a store that not everybody may hear. Every server of a test is searched for them when the test ends: all bytes
// that left by its public door, its log and its metrics.
const (
	canary     = "qcanaryq" // is all over a company in which nobody of a test works: for nobody
	officeOnly = "qofficeq" // tests put it where the office alone may look: for no phone, and for no client
	noClient   = "SECRET"   // tests put it where clients may not look
)

// canaries listens to a server.
type canaries struct {
	t *testing.T

	mu   sync.Mutex // guards the fields below, and what the taps recorded
	log  bytes.Buffer
	taps []*tap
	said map[string]bool // findings that were reported
}

func newCanaries(t *testing.T) *canaries { return &canaries{t: t, said: map[string]bool{}} }

// Write takes what a server logs.
func (c *canaries) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.Write(b)
}

// logged is the log so far.
func (c *canaries) logged() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// logger is for a server in this process.
func (c *canaries) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// tap is a connection to a server, with all that went over it.
type tap struct {
	net.Conn
	c       *canaries
	in, out bytes.Buffer
}

func (l *tap) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.in.Write(b[:n])
	return n, err
}

func (l *tap) Write(b []byte) (int, error) {
	l.c.mu.Lock()
	l.out.Write(b) // before anybody has heard it, or who hears it and looks might not find it
	l.c.mu.Unlock()
	return l.Conn.Write(b)
}

// tapped is a door whose connections are listened to.
type tapped struct {
	net.Listener
	c *canaries
}

func (d tapped) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l := &tap{Conn: conn, c: d.c}
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	d.c.taps = append(d.c.taps, l)
	return l, nil
}

// relay is the address of a door before that of a server whose own cannot be listened to: one of another process.
func (c *canaries) relay(server string) string {
	c.t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	check(c.t, err)
	c.t.Cleanup(func() { _ = on.Close() })
	go func() {
		for {
			near, err := tapped{on, c}.Accept()
			if err != nil {
				return
			}
			go pass(near, server)
		}
	}()
	return on.Addr().String()
}

// pass connects somebody to a server until either of them leaves.
func pass(near net.Conn, server string) {
	far, err := net.Dial("tcp", server)
	if err != nil {
		_ = near.Close()
		return
	}
	go func() { _, _ = io.Copy(far, near); _ = far.Close(); _ = near.Close() }()
	_, _ = io.Copy(near, far)
	_ = near.Close()
	_ = far.Close()
}

// hide makes the company that nobody may hear of, where it is not there yet.
func (c *canaries) hide(h *house) {
	c.t.Helper()
	ctx, now := c.t.Context(), h.operator.now()
	tenant, err := h.engine.Tenant(ctx, canary)
	if !errors.Is(err, model.ErrUnknown) {
		check(c.t, err)
		return
	}
	tenant, err = h.engine.AddTenant(ctx, canary, now)
	check(c.t, err)
	add := func(login string, kind model.UserKind, sets access.Sets) model.UserID {
		u, err := h.engine.AddAccount(ctx, tenant, engine.NewAccount{
			Login: canary + "-" + login, Name: canary + " " + login, Kind: kind, Levels: sets.Encode(), Password: cheapHash,
		}, now)
		check(c.t, err)
		return u
	}
	amy := add("amy", model.Desktop, access.RoleSets(access.Admin))
	ben := add("ben", model.Mobile, access.DefaultSets(model.Mobile))
	_, err = h.engine.Engine.SignIn(ctx, model.SignIn{Tenant: tenant, User: ben, Kind: model.Mobile, PublicKey: []byte(canary), Label: canary, Platform: canary, App: canary}, now)
	check(c.t, err)
	customer, site, job := randomRecord(), randomRecord(), randomRecord()
	words := func(collection model.Collection, rec model.RecordID, names string, more ...model.Assign) model.Change {
		spec, _ := builtin().Spec(collection)
		for name := range strings.FieldsSeq(names) {
			f, ok := spec.Named(name)
			if !ok {
				c.t.Fatalf("no field %s.%s", spec.Name, name)
			}
			more = append(more, textOf(f.No, canary+" "+name))
		}
		slices.SortFunc(more, func(a, b model.Assign) int { return cmp.Compare(a.Field, b.Field) })
		return made(collection, rec, more...)
	}
	submit(c.t, core{Engine: h.engine.Engine}, tenant, amy, now,
		words(model.Customers, customer, "name remarks"),
		words(model.Sites, site, "name address access", under(customer)),
		words(model.Contacts, randomRecord(), "name", under(customer)),
		words(model.Jobs, job, "title description client_title", ref(model.JobCustomer, customer)),
		words(model.JobCards, randomRecord(), "address access customer_name", under(job)),
		words(model.JobCommercials, randomRecord(), "remarks", under(job)),
		words(model.Notes, model.RecordID{}, "text", under(job), textOf(model.NoteAudience, "field")),
		words(model.Notes, model.RecordID{}, "text", under(job), textOf(model.NoteAudience, "client")),
		made(model.Assignments, randomRecord(), under(job), ref(model.AssignmentUser, model.RecordID(ben))))
}

// leaking says that leaks are planted by a test that finds them in another way.
var leaking bool

// check fails the test with what is found. metrics are those of a server in another process, else those of the house are
// read.
func (c *canaries) check(h *house, metrics string) {
	c.t.Helper()
	for _, leak := range c.search(h, metrics) {
		if leaking {
			c.t.Log(leak)
		} else {
			c.t.Error(leak)
		}
	}
}

// search says what leaked, each once.
func (c *canaries) search(h *house, metrics string) (leaks []string) {
	c.t.Helper()
	find := func(where, text string, words ...string) {
		for _, word := range words {
			at := strings.Index(text, word)
			if at < 0 || c.said[where+word] {
				continue
			}
			c.said[where+word] = true
			leaks = append(leaks, fmt.Sprintf("%q is in %s: %q", word, where, text[max(0, at-200):min(len(text), at+len(word)+100)]))
		}
	}
	if metrics == "" {
		page := httptest.NewRecorder()
		h.meter.Handler().ServeHTTP(page, httptest.NewRequestWithContext(context.Background(), http.MethodGet, metricsPath, http.NoBody))
		metrics = page.Body.String()
	}
	words := append(textsOf(c.t, h), canary, officeOnly)
	find("the metrics", metrics, words...)
	find("the log", c.logged(), words...)
	desks := desksOf(c.t, h)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.taps {
		in, out := bytes.NewReader(l.in.Bytes()), bytes.NewReader(l.out.Bytes())
		find("what a connection was told", l.out.String(), canary)
		hearken(bufio.NewReader(in), bufio.NewReader(out), desks, find)
	}
	return leaks
}

// hearken goes through the answers that a connection was given, as long as it keeps to HTTP.
func hearken(in, out *bufio.Reader, desks map[model.DeviceID]bool, find func(where, text string, words ...string)) {
	for {
		asked, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, asked.Body)
		answer, err := http.ReadResponse(out, asked)
		for err == nil && answer.StatusCode == http.StatusContinue {
			answer, err = http.ReadResponse(out, asked)
		}
		if err != nil {
			return
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			hearkenFrames(in, out, desks, find)
			return
		}
		body, _ := io.ReadAll(answer.Body) // as much as there is
		where, words := "an answer to "+asked.Method+" "+asked.URL.Path, []string{canary}
		if kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); kind == problem.MediaType {
			where = "an error, " + where
		}
		if strings.HasPrefix(asked.URL.Path, portal.Base) {
			words = []string{canary, officeOnly, noClient}
		}
		find(where, string(body), words...)
	}
}

// hearkenFrames goes through what a device was sent.
func hearkenFrames(in, out io.Reader, desks map[model.DeviceID]bool, find func(where, text string, words ...string)) {
	words := []string{canary, officeOnly}
	for _, frame := range messages(in) {
		if m, err := protocol.Decode(frame); err == nil {
			if hello, ok := m.(*protocol.Hello); ok && desks[hello.Device] {
				words = []string{canary}
			}
		}
	}
	for kind, frame := range messages(out) {
		where := "a close"
		if kind != closing {
			where = "a frame"
			if m, err := protocol.Decode(frame); err == nil {
				where = fmt.Sprintf("a frame, %s", m.Type())
				frame = append(frame, unpacked(m)...)
			}
		}
		find(where, string(frame), words...)
	}
}

// unpacked is what a frame carries compressed.
func unpacked(m protocol.Message) []byte {
	var packed []byte
	switch m := m.(type) {
	case *protocol.Page:
		if m.Compressed {
			packed = m.Body
		}
	case *protocol.Found:
		if m.Compressed {
			packed = m.Body
		}
	}
	if packed == nil {
		return nil
	}
	body, err := protocol.DecodePageBody(packed, true)
	if err != nil {
		return nil
	}
	return protocol.EncodePageBody(body)
}

// closing is the opcode of a WebSocket's close (RFC 6455 §5.2).
const closing = 8

// messages are the messages of one side of a WebSocket, put together, with their opcodes.
func messages(r io.Reader) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		var kind byte
		var message []byte
		for {
			first, payload, err := fragment(r)
			if err != nil {
				return
			}
			control := first&8 != 0
			if control {
				if !yield(first&15, payload) {
					return
				}
				continue
			}
			if first&15 != 0 {
				kind, message = first&15, nil
			}
			message = append(message, payload...)
			if first&128 != 0 && !yield(kind, message) {
				return
			}
		}
	}
}

// fragment reads one frame of a WebSocket: its first byte and its payload, unmasked.
func fragment(r io.Reader) (first byte, payload []byte, err error) {
	take := func(n uint64) []byte {
		if err != nil {
			return make([]byte, min(n, 8))
		}
		var b bytes.Buffer // which does not believe a length before it has come
		_, err = io.CopyN(&b, r, int64(n))
		if err != nil {
			return make([]byte, min(n, 8))
		}
		return b.Bytes()
	}
	head := take(2)
	size := uint64(head[1] & 127)
	if width := map[uint64]uint64{126: 2, 127: 8}[size]; width > 0 {
		size = 0
		for _, b := range take(width) {
			size = size<<8 | uint64(b)
		}
	}
	var mask []byte
	if head[1]&128 != 0 {
		mask = take(4)
	}
	payload = take(size)
	for i := range payload {
		if mask != nil {
			payload[i] ^= mask[i%4]
		}
	}
	return head[0], payload, err
}

// desksOf is the devices of people of the office.
func desksOf(t *testing.T, h *house) map[model.DeviceID]bool {
	t.Helper()
	desks := map[model.DeviceID]bool{}
	tenants, err := h.engine.Tenants(context.Background())
	check(t, err)
	for _, tenant := range tenants {
		kinds := map[model.UserID]model.UserKind{}
		accounts, err := h.engine.Accounts(context.Background(), tenant)
		check(t, err)
		for _, a := range accounts {
			kinds[a.User] = a.Kind
		}
		devices, err := h.engine.Devices(context.Background(), tenant)
		check(t, err)
		for _, d := range devices {
			desks[d.Device] = kinds[d.User] == model.Desktop
		}
	}
	return desks
}

// telling is how many letters make a text of a record one that cannot be in a log by chance.
const telling = 8

// textsOf is every text that somebody wrote into a record, long enough to tell; as it is, and as a log quotes it.
func textsOf(t *testing.T, h *house) []string {
	t.Helper()
	texts := map[string]bool{}
	tenants, err := h.engine.Tenants(context.Background())
	check(t, err)
	for _, tenant := range tenants {
		check(t, h.store.View(context.Background(), tenant, func(r storage.Reader) error {
			for _, spec := range builtin().Specs() {
				for id := range r.Records(spec.No, model.Place{}) {
					rec, ok := r.Record(id)
					if !ok {
						continue
					}
					for _, cell := range rec.Cells {
						f, ok := spec.Field(cell.Field)
						chosen := ok && f.Type == model.TypeEnum // is one of a few words, and tells nothing
						if text := cell.Value.Text(); len(text) >= telling && !chosen {
							quoted := strconv.Quote(text)
							texts[text], texts[quoted[1:len(quoted)-1]] = true, true
						}
					}
				}
			}
			return nil
		}))
	}
	return slices.Sorted(maps.Keys(texts))
}
