package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/problem"
)

// core is the part of api.Office that records, feed and held work need, over a real engine. People, settings, keys and
// webhooks are tested in cmd/fieldsync, where what implements them is.
type core struct {
	api.Office
	world *world
}

func (o core) Fenced(ctx context.Context, c model.Caller) context.Context {
	return engine.Fenced(ctx, c)
}

func (o core) KeyCaller(ctx context.Context, t model.TenantID, secret [32]byte) (model.Caller, error) {
	return o.world.e.KeyCaller(ctx, t, secret, o.world.now())
}

func (o core) SessionCaller(ctx context.Context, t model.TenantID, token [32]byte) (model.Caller, error) {
	return o.world.e.SessionCaller(ctx, t, token, o.world.now())
}

func (o core) Table(ctx context.Context, t model.TenantID) (*model.Table, error) {
	return o.world.e.Table(ctx, t)
}

func (o core) ExternalID(ctx context.Context, t model.TenantID, of model.Collection, external string) (model.RecordID, error) {
	return o.world.e.ExternalID(ctx, t, of, external)
}

func (o core) Look(ctx context.Context, c model.Caller, ids []model.RecordID) (model.Look, error) {
	if o.world.looked != nil {
		defer o.world.looked()
	}
	return o.world.e.Look(ctx, c, ids)
}

func (o core) List(ctx context.Context, c model.Caller, q model.Query) (model.Listing, error) {
	return o.world.e.List(ctx, c, q)
}

func (o core) Search(ctx context.Context, c model.Caller, q model.Search) (model.Sighted, error) {
	return o.world.e.SearchAs(ctx, c, q)
}

func (o core) Snapshot(ctx context.Context, c model.Caller, of []model.Collection, yield func(model.Shown) error) (string, error) {
	return o.world.e.Snapshot(ctx, c, of, func(r model.Shown) error {
		if o.world.cut != nil {
			if err := o.world.cut(); err != nil {
				return err
			}
		}
		return yield(r)
	})
}

func (o core) Known(ctx context.Context, c model.Caller, r model.Request) (model.Settlement, bool, error) {
	return o.world.e.Known(ctx, c, r, o.world.now())
}

func (o core) Submit(ctx context.Context, c model.Caller, r model.Request, changes []model.Submitted) (model.Settlement, error) {
	s, err := o.world.e.Submit(ctx, c, r, changes, o.world.now())
	o.world.wake()
	return s, err
}

func (o core) Events(ctx context.Context, c model.Caller, cursor string, of []model.Collection, limit int) (model.Events, error) {
	return o.world.e.Events(ctx, c, cursor, of, limit)
}

func (o core) History(ctx context.Context, c model.Caller, of model.Collection, id model.RecordID, cursor string, limit int) (model.Events, error) {
	return o.world.e.RecordHistory(ctx, c, of, id, cursor, limit)
}

func (o core) Woken(model.TenantID) (<-chan struct{}, func()) {
	o.world.Lock()
	defer o.world.Unlock()
	if o.world.waiting != nil {
		defer o.world.waiting()
	}
	return o.world.woken, func() {}
}

func (o core) Held(ctx context.Context, c model.Caller) ([]model.HeldChange, error) {
	return o.world.e.HeldFor(ctx, c)
}

func (o core) Inbox(ctx context.Context, c model.Caller, q model.InboxQuery) (model.Inbox, error) {
	if o.world.listed != nil {
		defer o.world.listed()
	}
	return o.world.e.Inbox(ctx, c, q, o.world.now())
}

func (o core) Rule(ctx context.Context, c model.Caller, q model.Request, r model.Ruling) error {
	return o.world.e.Rule(ctx, c, q, r, c.User, o.world.now())
}

// world is a company with an API in front of it. Every answer is compared with the document that is served.
type world struct {
	t        *testing.T
	e        *engine.Engine
	tenant   model.TenantID
	users    map[string]model.UserID
	base     string
	contract validator.Validator
	log      bytes.Buffer
	done     chan struct{} // closed: the server shuts down

	sync.Mutex
	clock   model.Instant
	woken   chan struct{}
	waiting func()       // when a request begins to wait
	listed  func()       // when a request has read the inbox
	looked  func()       // when a request has looked at records
	cut     func() error // ends a snapshot
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, clock: model.Instant(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).UnixMilli()), users: map[string]model.UserID{},
		woken: make(chan struct{}), done: make(chan struct{}),
	}
	w.e = engine.New(engine.Config{Store: memstore.New(1 << 32), Random: rand.Reader, Decode: protocol.DecodeChange})
	var err error
	w.tenant, err = w.e.AddTenant(t.Context(), "acme", w.now())
	check(t, err)
	w.addUser("amy", model.Desktop, access.RoleSets(access.Admin))
	w.addUser("ben", model.Mobile, access.DefaultSets(model.Mobile))
	blind := access.RoleSets(access.Admin)
	blind.Web[access.WebCustomers] = access.None
	w.addUser("dan", model.Desktop, blind)
	handler, err := api.New(api.Config{
		Office: core{world: w}, Clock: func() time.Time { return time.UnixMilli(int64(w.now())) },
		Log: slog.New(slog.NewTextHandler(&w.log, nil)), Done: w.done,
	})
	check(t, err)
	server := httptest.NewServer(problem.Identify(handler))
	t.Cleanup(server.Close)
	w.base = server.URL
	w.contract = contractOf(t, w.get("", "/openapi.json").body)
	return w
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// now is a second later every time.
func (w *world) now() model.Instant {
	w.Lock()
	defer w.Unlock()
	w.clock += 1000
	return w.clock
}

// wake tells whoever waits that something was committed.
func (w *world) wake() {
	w.Lock()
	defer w.Unlock()
	close(w.woken)
	w.woken = make(chan struct{})
}

func (w *world) addUser(login string, kind model.UserKind, sets access.Sets) {
	w.t.Helper()
	u, err := w.e.AddAccount(w.t.Context(), w.tenant, engine.NewAccount{Login: login, Name: login, Kind: kind, Levels: sets.Encode()}, w.now())
	check(w.t, err)
	w.users[login] = u
}

// key makes a key of somebody.
func (w *world) key(login string, scopes ...string) string {
	w.t.Helper()
	if scopes == nil {
		scopes = model.AllScopes()
	}
	secret := sha256.Sum256([]byte(login + strings.Join(scopes, " ")))
	_, err := w.e.AddKey(w.t.Context(), w.tenant, model.APIKey{User: w.users[login], Name: "test", Scopes: scopes}, sha256.Sum256(secret[:]), w.now())
	check(w.t, err)
	return api.KeyText(w.tenant, secret)
}

var contracts sync.Map // of validators by document: making one is slow

func contractOf(t *testing.T, document []byte) validator.Validator {
	t.Helper()
	sum := sha256.Sum256(document)
	if known, ok := contracts.Load(sum); ok {
		return known.(validator.Validator)
	}
	parsed, err := libopenapi.NewDocument(document)
	check(t, err)
	contract, errs := validator.NewValidator(parsed)
	for _, err := range errs {
		t.Fatal(err)
	}
	if ok, faults := contract.ValidateDocument(); !ok {
		for _, f := range faults {
			t.Fatalf("the document itself: %s: %s %v", f.Message, f.Reason, f.SchemaValidationErrors)
		}
	}
	contracts.Store(sum, contract)
	return contract
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	doc    map[string]any // the body, when it is one JSON object
}

func (a answer) code() string {
	code, _ := a.doc["code"].(string)
	return code
}

type fields = map[string]any

func (w *world) get(key, path string, header ...string) answer {
	w.t.Helper()
	return w.ask(key, http.MethodGet, path, nil, header...)
}

// ask sends a request: a string as it is, anything else as JSON.
func (w *world) ask(key, method, path string, body any, header ...string) answer {
	w.t.Helper()
	var text []byte
	switch x := body.(type) {
	case nil:
	case string:
		text = []byte(x)
	default:
		var err error
		text, err = json.Marshal(body)
		check(w.t, err)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, bytes.NewReader(text))
	check(w.t, err)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	check(w.t, err)
	defer response.Body.Close()
	out := answer{status: response.StatusCode, header: response.Header}
	out.body, err = io.ReadAll(response.Body)
	check(w.t, err)
	_ = json.Unmarshal(out.body, &out.doc) // an answer may have no body, or be several documents
	w.keeps(r, response, text, out.body)
	return out
}

// keeps compares an answer with the contract. What is no operation has none.
func (w *world) keeps(r *http.Request, response *http.Response, sent, got []byte) {
	w.t.Helper()
	if w.contract == nil || strings.HasPrefix(r.URL.Path, "/openapi") || response.Header.Get("X-Request-Id") == "" {
		return
	}
	if strings.HasPrefix(r.URL.Path, "/v1/nothing") || response.StatusCode == http.StatusMethodNotAllowed || r.Method == http.MethodHead {
		return
	}
	if response.Header.Get("Content-Type") == "application/x-ndjson" { // the validator reads one document
		return
	}
	again := *response
	again.Body = io.NopCloser(bytes.NewReader(got))
	r.Body = io.NopCloser(bytes.NewReader(sent))
	if ok, faults := w.contract.ValidateHttpResponse(r, &again); !ok {
		for _, f := range faults {
			w.t.Errorf("%s %s answers %d against its contract: %s: %s %v\n%s", r.Method, r.URL, response.StatusCode, f.Message, f.Reason, f.SchemaValidationErrors, got)
		}
	}
}

// want is ask with an expectation of its status, and of its problem's code.
func (w *world) want(status int, code, key, method, path string, body any, header ...string) answer {
	w.t.Helper()
	a := w.ask(key, method, path, body, header...)
	if a.status != status || a.code() != code {
		w.t.Errorf("%s %s %v = %d %s, want %d %s", method, path, body, a.status, a.body, status, code)
	}
	if code != "" && (a.header.Get("Content-Type") != problem.MediaType || a.doc["type"] != problem.Path+code || a.doc["request_id"] != a.header.Get("X-Request-Id")) {
		w.t.Errorf("%s %s = %v %s, want a whole problem", method, path, a.header, a.body)
	}
	return a
}

// snapshot is everything amy sees, and the cursor after it.
func (w *world) snapshot(key string) (records, cursor string) {
	w.t.Helper()
	text := string(w.want(200, "", key, "GET", "/v1/snapshot", nil).body)
	at := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") + 1
	var last struct{ Cursor string }
	check(w.t, json.Unmarshal([]byte(text[at:]), &last))
	return text[:at], last.Cursor
}
