package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/portal"
)

// Two companies that differ only in what a client may not see answer the client with the same bytes, over the real handlers and
// sockets (I9). As in sync/simtest/worlds, what is random is drawn from a stream of whoever asks, and tokens are blocks of one.

// unheard is in every text that the client must never hear.
const unheard = "unheard"

// portalWorld is one of the two.
type portalWorld struct {
	t       *testing.T
	busy    bool
	now     time.Time
	seed    uint64
	store   *memstore.Store
	tenant  model.TenantID
	amy     model.UserID
	ben     model.UserID
	desk    *engine.Engine
	clerk   *engine.Engine // of what happens elsewhere
	common  *rand.Rand     // the same in both worlds
	other   *rand.Rand
	address string

	bakery, branch, laundry model.RecordID
	site                    model.RecordID
	jobs, notes             []model.RecordID // of the bakery's, in both worlds
	theirs                  []model.RecordID // in the busy world alone
	spoken                  int

	token, cursor, after string // of the client
	epoch                string
}

// blocks is the sealer of one world: a token is as long as a real one.
type blocks struct {
	mu    sync.Mutex // guards the fields below
	seed  uint64
	drawn map[engine.Binding]uint64
	plain map[string]string
}

// Seal implements [engine.Sealer].
func (s *blocks) Seal(_ []storage.Key, b engine.Binding, plain []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawn[b]++
	label := binary.BigEndian.AppendUint64([]byte{byte(b.Purpose)}, s.drawn[b])
	token := make([]byte, 1+12+16+len(plain))
	_, _ = history.Stream(s.seed, string(append(append(label, b.User[:]...), b.Device[:]...))).Read(token) // never fails
	s.plain[string(token)] = fmt.Sprint(b) + string(plain)
	return token
}

// Open implements [engine.Sealer].
func (s *blocks) Open(_ []storage.Key, b engine.Binding, token []byte) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	plain, ok := strings.CutPrefix(s.plain[string(token)], fmt.Sprint(b))
	return []byte(plain), ok
}

// SealBlock implements [engine.Sealer]; nobody here asks for receipts.
func (s *blocks) SealBlock(_ []storage.Key, _ engine.Binding, plain [16]byte) [16]byte { return plain }

// OpenBlock implements [engine.Sealer].
func (s *blocks) OpenBlock(_ []storage.Key, _ engine.Binding, block [16]byte) [16]byte { return block }

func newPortalWorld(t *testing.T, seed uint64, busy bool) *portalWorld {
	t.Helper()
	w := &portalWorld{
		t: t, busy: busy, seed: seed, store: memstore.New(1 << 32), now: time.UnixMilli(1_800_000_000_000),
		common: history.Dice(seed, "common"), other: history.Dice(seed, "other"),
	}
	hub, log := session.NewHub(), slog.New(slog.DiscardHandler)
	seal := &blocks{seed: seed, drawn: map[engine.Binding]uint64{}, plain: map[string]string{}}
	actor := func(name string) *engine.Engine {
		return engine.New(engine.Config{Store: telltale{w.store, hub, nil}, Random: history.Stream(seed, name), Seal: seal, Decode: protocol.DecodeChange})
	}
	w.desk, w.clerk = actor("desk"), actor("clerk")
	door := core{Engine: actor("door"), store: w.store}
	gate, err := session.NewGate(session.GateConfig{
		Accounts: door, Hub: hub, Passwords: session.NewPasswords(0), Log: log, Clock: w.clock, Random: history.Stream(seed, "gate"), Drain: -1,
	})
	check(t, err)
	sessions, err := session.NewServer(session.Config{Engine: door, Hub: hub, Log: log, Name: door.nameOf, Sight: door.Audiences, Search: door.Search})
	check(t, err)
	entrance, err := portal.New(portal.Config{Clients: clients{&operator{engine: door, hub: hub, gate: gate, clock: w.clock}}, Log: log, Address: web.Address})
	check(t, err)
	site, err := web.New(web.Config{Gate: gate, Sessions: sessions, Log: log, Portal: entrance})
	check(t, err)
	server := httptest.NewServer(site.Handler())
	t.Cleanup(server.Close)
	w.address = server.URL
	w.found()
	return w
}

func (w *portalWorld) clock() time.Time        { return w.now }
func (w *portalWorld) instant() model.Instant  { return model.Instant(w.now.UnixMilli()) }
func (w *portalWorld) draw() model.RecordID    { return drawn(w.common) }
func (w *portalWorld) unknown() model.RecordID { return drawn(w.other) }

func drawn(rnd *rand.Rand) (id model.RecordID) {
	binary.BigEndian.PutUint64(id[:], rnd.Uint64())
	binary.BigEndian.PutUint64(id[8:], rnd.Uint64())
	return id
}

// found makes the company, with what both worlds have.
func (w *portalWorld) found() {
	ctx := w.t.Context()
	var err error
	w.tenant, err = w.desk.AddTenant(ctx, "acme", w.instant())
	check(w.t, err)
	w.amy, err = w.desk.AddAccount(ctx, w.tenant, engine.NewAccount{Login: "amy", Name: unheard, Kind: model.Desktop, Levels: access.RoleSets(access.Admin).Encode()}, w.instant())
	check(w.t, err)
	w.bakery, w.branch, w.laundry, w.site = w.draw(), w.draw(), w.draw(), w.draw()
	w.does(w.desk, made(model.Customers, w.bakery, textOf(model.CustomerName, "Bakery")), made(model.Customers, w.branch, textOf(model.CustomerName, "Branch")))
	w.does(w.desk, made(model.Sites, w.site, under(w.bakery), textOf(2, "Yard")))
	_, err = w.desk.AddAccount(ctx, w.tenant, engine.NewAccount{Login: "cora", Name: "Cora", Kind: model.Portal, Company: w.bakery, Password: cheapHash}, w.instant())
	check(w.t, err)
	if !w.busy {
		return
	}
	w.ben, err = w.clerk.AddAccount(ctx, w.tenant, engine.NewAccount{Login: "ben", Name: unheard, Kind: model.Mobile}, w.instant())
	check(w.t, err)
	w.does(w.clerk, made(model.Customers, w.laundry, textOf(model.CustomerName, "Bakery"), textOf(7, unheard)))
	_, err = w.clerk.AddAccount(ctx, w.tenant, engine.NewAccount{Login: "lena", Name: unheard, Kind: model.Portal, Company: w.laundry, Password: cheapHash}, w.instant())
	check(w.t, err)
}

// does hands changes of the office in.
func (w *portalWorld) does(e *engine.Engine, changes ...model.Change) {
	w.t.Helper()
	rnd := w.common
	if e == w.clerk {
		rnd = w.other
	}
	look, err := e.Look(w.t.Context(), model.Caller{Tenant: w.tenant, User: w.amy, Scopes: model.AllScopes()}, nil)
	check(w.t, err)
	push := &protocol.Push{Number: 1}
	for i := range changes {
		c := &changes[i]
		if c.Record != model.RecordID(c.ID) {
			c.ID = model.ChangeID(drawn(rnd))
		}
		if c.Op != model.OpCreate {
			c.Base = look.Base
		}
		c.Author, c.Occurred = w.amy, model.Occurrence{Wall: w.instant()}
		slices.SortFunc(c.Fields, func(a, b model.Assign) int { return int(a.Field) - int(b.Field) })
		body, texts, err := protocol.EncodeChange(c)
		check(w.t, err)
		push.Add(protocol.PushedChange{Number: uint64(i) + 1, Body: body}, texts)
	}
	_, err = e.Push(w.t.Context(), model.Connection{Tenant: w.tenant, User: w.amy, Lane: model.LaneOffice}, push.Submitted(), nil, w.instant())
	check(w.t, err)
}

// fact is a creation whose id is its change's, drawn by whoever says it.
func (w *portalWorld) fact(rnd *rand.Rand, c model.Collection, fields ...model.Assign) model.Change {
	id := drawn(rnd)
	return model.Change{ID: model.ChangeID(id), Op: model.OpCreate, Collection: c, Record: id, Fields: fields}
}

func (w *portalWorld) says() string {
	w.spoken++
	return fmt.Sprintf("heard %d", w.spoken)
}

// edits is an edit.
func edits(c model.Collection, id model.RecordID, fields ...model.Assign) model.Change {
	return model.Change{Op: model.OpEdit, Collection: c, Record: id, Fields: fields}
}

// works is one thing that happens in both worlds.
func (w *portalWorld) works() {
	rnd := w.common
	job := func() model.RecordID { return w.jobs[rnd.IntN(len(w.jobs))] }
	n := rnd.IntN(14)
	if len(w.jobs) < 3 {
		n = 0
	}
	switch n {
	case 0, 1:
		id := w.draw()
		customer := []model.RecordID{w.bakery, w.branch}[rnd.IntN(2)]
		w.jobs = append(w.jobs, id)
		w.does(w.desk, made(model.Jobs, id, textOf(18, w.says()), ref(model.JobCustomer, customer), model.Assign{Field: model.JobDraft, Value: model.Bool(rnd.IntN(4) == 0)}))
	case 2:
		w.does(w.desk, edits(model.Jobs, job(), textOf(18, w.says())))
	case 3:
		w.does(w.desk, edits(model.Jobs, job(), model.Assign{Field: model.JobDraft, Value: model.Bool(rnd.IntN(2) == 0)}))
	case 4, 5:
		c := w.fact(rnd, model.Notes, under(job()), textOf(model.NoteText, w.says()), textOf(model.NoteAudience, []string{"client", "client", "internal", "field"}[rnd.IntN(4)]))
		w.notes = append(w.notes, c.Record)
		w.does(w.desk, c)
	case 6:
		if len(w.notes) > 0 {
			w.does(w.desk, edits(model.Notes, w.notes[rnd.IntN(len(w.notes))], textOf(model.NoteAudience, []string{"client", "internal"}[rnd.IntN(2)])))
		}
	case 7:
		w.does(w.desk, w.fact(rnd, model.OfficeEvents, under(job()), textOf(model.OfficeEventKind, []string{"cancel", "reinstate"}[rnd.IntN(2)])))
	case 8:
		w.does(w.desk, edits(model.Customers, w.branch, model.Assign{Field: model.CustomerGroup, Value: []model.Value{model.Null(), model.Ref(w.bakery)}[rnd.IntN(2)]}))
	case 9:
		w.does(w.desk, edits(model.Customers, w.bakery, textOf(4, w.says())), edits(model.Sites, w.site, textOf(3, w.says())))
	case 10:
		id := job()
		w.does(w.desk, model.Change{Op: model.OpDelete, Collection: model.Jobs, Record: id})
		w.jobs = slices.DeleteFunc(w.jobs, func(j model.RecordID) bool { return j == id })
	case 11:
		on := rnd.IntN(2) == 0
		_, err := w.desk.Configure(w.t.Context(), w.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
			s.PortalNames = on
			return nil
		}}, w.instant())
		check(w.t, err)
	default:
		caption := w.says()
		hash := sha256.Sum256([]byte(caption))
		w.does(w.desk, w.fact(rnd, model.Files, under(job()), textOf(2, "photo"), model.Assign{Field: 3, Value: model.Bytes(hash[:])}, textOf(9, caption), textOf(model.FileAudience, "client")))
	}
}

// elsewhere is what happens in the busy world alone.
func (w *portalWorld) elsewhere() {
	if !w.busy {
		return
	}
	rnd, c := w.other, w.clerk
	their := func() model.RecordID {
		if len(w.theirs) == 0 {
			return w.laundry
		}
		return w.theirs[rnd.IntN(len(w.theirs))]
	}
	for range 1 + rnd.IntN(3) {
		ours := w.laundry
		if len(w.jobs) > 0 {
			ours = w.jobs[rnd.IntN(len(w.jobs))]
		}
		switch rnd.IntN(11) {
		case 0, 1:
			id := w.unknown()
			w.theirs = append(w.theirs, id)
			w.does(c, made(model.Jobs, id, textOf(18, unheard), ref(model.JobCustomer, w.laundry)))
			w.does(c, w.fact(rnd, model.Notes, under(id), textOf(model.NoteText, unheard), textOf(model.NoteAudience, "client")))
		case 2:
			w.does(c, edits(model.Jobs, ours, textOf(model.JobTitle, unheard), textOf(model.JobSafety, unheard), textOf(25, unheard)))
		case 3:
			w.does(c, w.fact(rnd, model.Notes, under(ours), textOf(model.NoteText, unheard), textOf(model.NoteAudience, []string{"internal", "field"}[rnd.IntN(2)])))
		case 4:
			w.does(c, made(model.Assignments, w.unknown(), under(ours), ref(model.AssignmentUser, model.RecordID(w.ben))))
		case 5:
			w.does(c, edits(model.Customers, w.bakery, textOf(7, unheard), textOf(8, unheard)), edits(model.Sites, w.site, textOf(4, unheard)))
		case 6:
			kiosk := w.unknown() // linked to the branch, and so not to the bakery
			w.does(c, made(model.Customers, kiosk, textOf(model.CustomerName, unheard), ref(model.CustomerGroup, w.branch)))
			w.does(c, made(model.Jobs, w.unknown(), textOf(18, unheard), ref(model.JobCustomer, kiosk)))
		case 7:
			w.does(c, made(model.Jobs, w.unknown(), textOf(18, unheard), ref(model.JobCustomer, w.bakery), model.Assign{Field: model.JobDraft, Value: model.Bool(true)}))
		case 8:
			w.does(c, made(model.JobCommercials, w.unknown(), under(ours), textOf(6, unheard)), made(model.Tasks, w.unknown(), under(ours), textOf(2, unheard)))
		case 9:
			w.does(c, model.Change{Op: model.OpDelete, Collection: model.Jobs, Record: their()})
		default:
			w.does(c, edits(model.Jobs, their(), textOf(18, unheard)))
		}
	}
}

// asks is one request of the client, and what was answered.
func (w *portalWorld) asks(n int, of *rand.Rand) string {
	id := func() string { // one that may be there for them, for others, or never was
		known := append(append([]model.RecordID{w.bakery, w.branch, w.laundry, w.site}, w.jobs...), w.notes...)
		if n := of.IntN(len(known) + 2); n < len(known) {
			return known[n].String()
		}
		return drawn(of).String()
	}
	names := []string{"jobs", "notes", "files", "companies", "sites", "contacts", "assets", "history"}
	switch n {
	case 0:
		body := fmt.Sprintf(`{"tenant":"acme","login":"cora","password":%q,"takeover":%q}`, acceptPassword, w.epoch)
		return w.request("POST", "/sign-in", body)
	case 1:
		return w.request("GET", "/me", "")
	case 2, 3, 4:
		path := "/" + names[of.IntN(len(names))] + fmt.Sprintf("?limit=%d", 1+of.IntN(4))
		if of.IntN(2) == 0 && w.after != "" {
			path += "&after=" + w.after
		}
		return w.request("GET", path, "")
	case 5, 6:
		return w.request("GET", "/"+names[of.IntN(7)]+"/"+id(), "")
	case 7:
		return w.request("GET", []string{"/notes?job=", "/files?job=", "/assets?site=", "/sites?company="}[of.IntN(4)]+id(), "")
	case 8:
		return w.request("GET", "/jobs?progress=planned", "")
	default:
		since := w.cursor
		if of.IntN(12) == 0 {
			since = base64.RawURLEncoding.EncodeToString([]byte(id()))
		}
		return w.request("GET", "/updates?since="+since, "")
	}
}

func (w *portalWorld) request(method, path, body string) string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.address+portal.Base+path, strings.NewReader(body))
	check(w.t, err)
	r.Header.Set("X-Request-Id", "same")
	r.Header.Set("Authorization", "Bearer "+w.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	a, err := http.DefaultClient.Do(r)
	check(w.t, err)
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	check(w.t, err)
	keep := func(name string, into *string) {
		if _, rest, ok := strings.Cut(string(text), `"`+name+`":"`); ok {
			*into, _, _ = strings.Cut(rest, `"`)
		}
	}
	keep("token", &w.token)
	keep("epoch", &w.epoch)
	keep("cursor", &w.cursor)
	keep("next", &w.after)
	a.Header.Del("Date")
	return fmt.Sprintf("%s %s = %d %v\n%s", method, path, a.StatusCode, a.Header, text)
}

// playPortal plays one pair, and says in what it differs, or what the client heard that it may not.
func playPortal(t *testing.T, seed uint64, steps int) string {
	t.Helper()
	quiet, busy := newPortalWorld(t, seed, false), newPortalWorld(t, seed, true)
	script := history.Dice(seed, "script")
	for step := range steps {
		n, works, draw := script.IntN(14), script.IntN(2) == 0, script.Uint64()
		if step == 0 {
			n = 0
		}
		var told []string
		for _, w := range []*portalWorld{quiet, busy} {
			w.now = w.now.Add(30 * time.Second)
			if works {
				w.works()
			}
			w.elsewhere()
			told = append(told, w.asks(n, rand.New(rand.NewPCG(draw, draw))))
		}
		if told[0] != told[1] {
			return fmt.Sprintf("seed %d, step %d: quiet:\n%s\nbusy:\n%s", seed, step, told[0], told[1])
		}
		if strings.Contains(told[1], unheard) {
			return fmt.Sprintf("seed %d, step %d: the client hears %s", seed, step, told[1])
		}
	}
	return ""
}

// TestI9_TwoWorldsAnswerAClientAlike, byte for byte.
func TestI9_TwoWorldsAnswerAClientAlike(t *testing.T) {
	t.Parallel()
	pairs := 12
	if testing.Short() {
		pairs = 3
	}
	for seed := range pairs {
		if wrong := playPortal(t, uint64(seed)+1, 150); wrong != "" {
			t.Fatal(wrong)
		}
	}
}
