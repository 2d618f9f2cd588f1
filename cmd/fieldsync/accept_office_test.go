package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/problem"
)

// clerk asks at the office API with a key or a token.
type clerk struct {
	s     *stage
	token string
}

// clerk is one with a key of somebody's, made by the operator.
func (s *stage) clerk(tenant, login string, scopes ...string) *clerk {
	s.t.Helper()
	if scopes == nil {
		scopes = model.AllScopes()
	}
	_, text, err := backOffice{operator: s.operator}.AddKey(operating(s.t.Context()), model.Caller{
		Tenant: s.tenants[tenant], Scopes: model.AllScopes(),
	}, model.APIKey{Name: "test", User: s.users[login+"@"+tenant], Scopes: scopes})
	check(s.t, err)
	return &clerk{s: s, token: text}
}

// heardBack is what was answered.
type heardBack struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request with a JSON body (nil: none; a string is sent as it is).
func (b *clerk) ask(method, path string, body any, headers ...string) heardBack {
	b.s.t.Helper()
	var send io.Reader = http.NoBody
	switch x := body.(type) {
	case nil:
	case string:
		send = strings.NewReader(x)
	default:
		raw, err := json.Marshal(x)
		check(b.s.t, err)
		send = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(b.s.t.Context(), method, "http://"+b.s.address+path, send)
	check(b.s.t, err)
	r.Header.Set(problem.RequestHeader, "test")
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	check(b.s.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(b.s.t, err)
	answer.Body = io.NopCloser(bytes.NewReader(text))
	b.s.keepsToContract(r, answer, text)
	return heardBack{answer.StatusCode, answer.Header, text}
}

var contract struct {
	sync.Mutex
	validator.Validator // of the document that this build serves; nil: not asked for yet
}

// keepsToContract compares an answer with the document that the server serves.
func (s *stage) keepsToContract(r *http.Request, answer *http.Response, text []byte) {
	s.t.Helper()
	if answer.StatusCode == http.StatusMethodNotAllowed {
		return // of what is not there, the document says nothing
	}
	contract.Lock()
	defer contract.Unlock()
	if contract.Validator == nil {
		served, err := http.Get("http://" + s.address + "/openapi.json")
		check(s.t, err)
		defer served.Body.Close()
		raw, err := io.ReadAll(served.Body)
		check(s.t, err)
		parsed, err := libopenapi.NewDocument(raw)
		check(s.t, err)
		v, errs := validator.NewValidator(parsed)
		if len(errs) > 0 {
			s.t.Fatal(errs)
		}
		contract.Validator = v
	}
	ok, faults := contract.ValidateHttpResponse(r, answer)
	for _, f := range faults {
		s.t.Errorf("%s %s answers %d against its contract (%t): %s: %s %v\n%s", r.Method, r.URL, answer.StatusCode, ok, f.Message, f.Reason, f.SchemaValidationErrors, text)
	}
}

// code is a problem's.
func (r heardBack) code() string {
	var p problem.Problem
	_ = json.Unmarshal(r.body, &p)
	return p.Code
}

// want is ask whose answer must have this status, and for a failure this code; the body goes into out.
func (b *clerk) want(status int, code, method, path string, body, out any, headers ...string) heardBack {
	b.s.t.Helper()
	r := b.ask(method, path, body, headers...)
	if r.status != status || code != "" && r.code() != code {
		b.s.t.Fatalf("%s %s %v: %d %s, want %d %s", method, path, body, r.status, r.body, status, code)
	}
	if out != nil {
		check(b.s.t, json.Unmarshal(r.body, out))
	}
	return r
}

// TestAcceptAKeyThatOpensNothingIsTurnedAwayInOneWay: wrong, expired, revoked, another company's, another shape, none: the
// same bytes.
func TestAcceptAKeyThatOpensNothingIsTurnedAwayInOneWay(t *testing.T) {
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	if r := admin.ask("GET", "/v1/keys", nil); r.status != http.StatusOK {
		t.Fatalf("a key that is good: %d %s", r.status, r.body)
	}
	revoked := s.clerk("acme", "amy")
	var all api.Items[api.Key]
	admin.want(200, "", "GET", "/v1/keys", nil, &all)
	for _, k := range all.Items {
		if k.Used == nil { // revoked was not used yet
			admin.want(204, "", "DELETE", "/v1/keys/"+k.ID.String(), nil, nil)
		}
	}
	now := s.operator.now()
	soon := time.UnixMilli(int64(now) + 1000).UTC()
	var expired api.MadeKey
	admin.want(201, "", "POST", "/v1/keys", api.NewKey{Name: "short", Scopes: []string{"read"}, Expires: soon}, &expired)
	_, err := s.engine.AddTenant(t.Context(), "later", now+2000) // no clock of the company has passed it yet
	check(t, err)
	_, err = s.engine.Configure(t.Context(), s.tenants["acme"], engine.SettingsChange{Change: func(*model.Settings) error { return nil }}, now+2000) // now one has
	check(t, err)
	foreign := s.clerk("other", "amy").token
	phone := s.handset("acme", "ben").in.Token
	said := map[string]string{}
	for name, token := range map[string]string{
		"no key": "", "not a key": "swordfish", "a wrong key": api.KeyText(s.tenants["acme"], [32]byte{1}),
		"a key of no company": api.KeyText(model.TenantID{1}, [32]byte{1}), "a revoked key": revoked.token, "an expired key": expired.Text,
		"another company's secret": strings.Replace(foreign, s.tenants["other"].String(), s.tenants["acme"].String(), 1),
		"half a key":               admin.token[:40], "a key and more": admin.token + "A",
		"a session without its company": phone,
	} {
		r := (&clerk{s, token}).ask("GET", "/v1/keys", nil)
		r.header.Del("Date")
		said[name] = fmt.Sprint(r.status, r.header, string(r.body))
		if r.status != http.StatusUnauthorized || r.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	alike(t, "a key that opens nothing", said)
	if r := (&clerk{s, phone}).ask("GET", "/v1/jobs", nil, api.TenantHeader, s.tenants["acme"].String()); r.status != http.StatusUnauthorized {
		t.Errorf("a phone's session at the office's API: %d", r.status)
	}
}

// TestAcceptNobodyHandsOnMoreThanTheyHave: neither by a scope, nor by a key, a password or a level of somebody else.
func TestAcceptNobodyHandsOnMoreThanTheyHave(t *testing.T) {
	s := openStage(t, nil)
	s.addUser("acme", "max", model.Desktop, access.RoleSets(access.Manager)) // users full, admin none
	s.addUser("acme", "pia", model.Desktop, access.RoleSets(access.Planner)) // neither
	amy, max, pia := s.users["amy@acme"], s.users["max@acme"], s.users["pia@acme"]
	admin, manager, planner := s.clerk("acme", "amy"), s.clerk("acme", "max"), s.clerk("acme", "pia")
	reader, narrow := s.clerk("acme", "amy", "read"), s.clerk("acme", "amy", "manage", "jobs:read")
	key := func(scope string, of model.UserID) api.NewKey {
		return api.NewKey{Name: "x", Scopes: []string{scope}, User: of}
	}
	for _, c := range []struct {
		why          string
		by           *clerk
		status       int
		code         string
		method, path string
		body         any
	}{
		{"without manage", reader, 403, "scope_missing", "GET", "/v1/keys", nil},
		{"without manage", reader, 403, "scope_missing", "GET", "/v1/users", nil},
		{"without manage", reader, 403, "scope_missing", "GET", "/v1/settings", nil},
		{"without manage", reader, 403, "scope_missing", "GET", "/v1/webhooks", nil},
		{"without manage", reader, 403, "scope_missing", "GET", "/v1/sessions", nil},
		{"a planner", planner, 403, "not_allowed", "GET", "/v1/keys", nil},
		{"a planner", planner, 403, "not_allowed", "GET", "/v1/users", nil},
		{"a planner", planner, 403, "not_allowed", "GET", "/v1/devices", nil},
		{"a manager", manager, 403, "not_allowed", "GET", "/v1/settings", nil},
		{"a manager", manager, 403, "not_allowed", "PATCH", "/v1/settings", api.SettingsChange{}},
		{"a manager", manager, 403, "not_allowed", "POST", "/v1/keys", key("read", max)},
		{"a scope it has", narrow, 201, "", "POST", "/v1/keys", key("jobs:read", amy)},
		{"a scope it lacks", narrow, 403, "scope_missing", "POST", "/v1/keys", key("jobs:write", amy)},
		{"a scope it lacks", narrow, 403, "scope_missing", "POST", "/v1/keys", key("read", amy)},
		{"a scope it lacks", narrow, 403, "scope_missing", "POST", "/v1/webhooks", api.NewWebhook{URL: "http://127.0.0.1:9/"}},
		{"a scope there is not", admin, 400, "bad_scope", "POST", "/v1/keys", key("everything", amy)},
		{"a collection there is not", admin, 400, "bad_scope", "POST", "/v1/keys", key("jbos:read", amy)},
		{"a phone's owner", admin, 400, "bad_request", "POST", "/v1/keys", key("read", s.users["ben@acme"])},
		{"nobody", admin, 404, "no_user", "POST", "/v1/keys", key("read", model.UserID{9})},
		{"a key over already", admin, 400, "bad_request", "POST", "/v1/keys", api.NewKey{Name: "x", Scopes: []string{"read"}, Expires: time.Unix(1, 0).UTC()}},
		{"himself an administrator", manager, 403, "not_allowed", "PATCH", "/v1/users/" + max.String() + "/levels/web", map[string]string{"admin": "full"}},
		{"a new administrator", manager, 403, "not_allowed", "POST", "/v1/users", api.NewPerson{Login: "eve", Kind: "desktop", Role: "admin"}},
		{"an administrator's password", manager, 403, "not_allowed", "PUT", "/v1/users/" + amy.String() + "/password", map[string]string{"password": acceptPassword}},
		{"an administrator's levels", manager, 403, "not_allowed", "PATCH", "/v1/users/" + amy.String() + "/levels/web", map[string]string{"admin": "none"}},
		{"a planner's levels", manager, 200, "", "PATCH", "/v1/users/" + pia.String() + "/levels/web", map[string]string{"jobs": "read-only"}},
		{"the last administrator", admin, 409, "last_admin", "PATCH", "/v1/users/" + amy.String() + "/levels/web", map[string]string{"admin": "none"}},
	} {
		if r := c.by.ask(c.method, c.path, c.body); r.status != c.status || r.code() != c.code {
			t.Errorf("%s: %s %s %v: %d %s, want %d %s", c.why, c.method, c.path, c.body, r.status, r.body, c.status, c.code)
		}
	}
	admin.want(200, "", "PATCH", "/v1/users/"+max.String()+"/levels/web", map[string]string{"admin": "full"}, nil)
	admin.want(200, "", "PATCH", "/v1/users/"+amy.String()+"/levels/web", map[string]string{"admin": "none"}, nil)
	admin.want(403, "not_allowed", "GET", "/v1/keys", nil, nil) // and the key ends with the level
}

// TestAcceptPeople: they are added, found, changed, given a password and labels.
func TestAcceptPeople(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	ben := s.handset("acme", "ben")
	phone := ben.connect()
	var all api.Items[api.Person]
	admin.want(200, "", "GET", "/v1/users", nil, &all)
	if len(all.Items) != 3 || all.Items[1].Login != "ben@acme" || all.Items[1].Levels["mobile"]["enabled"] != "on" {
		t.Errorf("users = %+v", all)
	}
	var eve api.Person
	made := admin.want(201, "", "POST", "/v1/users", api.NewPerson{
		Login: "Eve@acme ", Name: "Eve", Kind: "mobile", Password: acceptPassword, Levels: []api.LevelSet{{Set: "mobile", Levels: map[string]string{"customers": "hidden"}}},
	}, &eve)
	at := made.header.Get("Location")
	found := admin.want(200, "", "GET", at, nil, nil)
	if !bytes.Equal(found.body, made.body) || eve.Login != "eve@acme" || eve.Levels["mobile"]["customers"] != "hidden" {
		t.Errorf("made %s, found %s", made.body, found.body)
	}
	tag := found.header.Get("ETag")
	if r := admin.want(304, "", "GET", at, nil, nil, "If-None-Match", tag); len(r.body) != 0 || r.header.Get("ETag") != tag {
		t.Errorf("what is known already: %s, ETag %s", r.body, r.header.Get("ETag"))
	}
	changed := admin.want(200, "", "PATCH", at+"/levels/mobile", map[string]string{"customers": "full"}, &eve)
	if eve.Levels["mobile"]["customers"] != "full" || changed.header.Get("ETag") == tag {
		t.Errorf("levels = %v, ETag %s again", eve.Levels, tag)
	}
	admin.want(200, "", "GET", at, nil, nil, "If-None-Match", tag)
	for body, code := range map[string]string{
		`{"login":"eve@acme","kind":"mobile"}`:                             "taken",
		`{"login":"x","kind":"robot"}`:                                     "bad_request",
		`{"login":"x","kind":"mobile","admin":true}`:                       "bad_request",
		`{"login":5,"kind":"mobile"}`:                                      "bad_request",
		`{"login":"x","kind":"mobile","role":"admin"}`:                     "bad_request",
		`{"login":"x","kind":"mobile","password":"tiny"}`:                  "password_short",
		`{"login":"x\u001b[2J","kind":"mobile"}`:                           "bad_request",
		`{"login":"` + strings.Repeat("x", 300) + `","kind":"mobile"}`:     "bad_request",
		`{"login":"x","kind":"mobile","levels":[{"set":"m","levels":{}}]}`: "bad_request",
		`{`: "bad_request", `[]`: "bad_request", ``: "bad_request",
	} {
		if r := admin.ask("POST", "/v1/users", body); r.code() != code || r.status < 400 || strings.Contains(string(r.body), `tiny`) {
			t.Errorf("%.60s: %d %s, want %s", body, r.status, r.body, code)
		}
	}
	for name, level := range map[string]string{"customers": "hiden", "custmers": "full"} {
		admin.want(400, "bad_level", "PATCH", at+"/levels/mobile", map[string]string{name: level}, nil)
	}
	admin.want(400, "bad_request", "PATCH", at+"/levels/phone", map[string]string{"customers": "full"}, nil)
	admin.want(404, "no_user", "GET", "/v1/users/"+randomRecord().String(), nil, nil)
	if r := admin.want(405, "method_not_allowed", "PUT", at, `{}`, nil); r.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("by another method: Allow %q", r.header.Get("Allow"))
	}
	admin.want(400, "bad_request", "GET", "/v1/users/ben", nil, nil)

	admin.want(204, "", "PUT", "/v1/users/"+s.users["ben@acme"].String()+"/password", map[string]string{"password": "another horse"}, nil)
	phone.endsAfter(protocol.CodeReset)
	if answer, _ := ben.signIn(0, nil); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("the old password: %s", answer.Status)
	}

	label := "/v1/users/" + s.users["ben@acme"].String() + "/categories"
	var set api.Categories
	admin.want(200, "", "PUT", label, api.Categories{Categories: []string{"gas", " heat pumps ", "gas"}}, &set)
	if fmt.Sprint(set.Categories) != "[gas heat pumps]" {
		t.Errorf("labels = %q", set.Categories)
	}
	admin.want(200, "", "PUT", strings.Replace(label, s.users["ben@acme"].String(), eve.ID.String(), 1), api.Categories{Categories: []string{"gas"}}, nil)
	var labels api.Items[api.Category]
	s.clerk("acme", "amy", "people:read").want(200, "", "GET", "/v1/categories", nil, &labels)
	if fmt.Sprint(labels.Items) != "[{gas 2} {heat pumps 1}]" {
		t.Errorf("labels = %v", labels.Items)
	}
	admin.want(200, "", "PUT", label, api.Categories{Categories: []string{}}, nil)
	admin.want(400, "bad_request", "PUT", label, api.Categories{Categories: []string{"a,b"}}, nil)
	admin.want(404, "no_user", "PUT", strings.Replace(label, s.users["ben@acme"].String(), randomRecord().String(), 1), api.Categories{Categories: []string{"x"}}, nil)
	s.clerk("acme", "amy", "people:read").want(403, "scope_missing", "PUT", label, api.Categories{Categories: []string{"x"}}, nil)

	var levels api.Items[api.Permission]
	admin.want(200, "", "GET", "/v1/levels", nil, &levels)
	if len(levels.Items) != len(access.Catalogue()) || levels.Items[0].Kind != "checkbox" || levels.Items[4].Levels[0] != "hidden" {
		t.Errorf("levels = %+v", levels.Items)
	}
}

// TestAcceptSettings: they are read and changed by name, strictly, and never over somebody else's change.
func TestAcceptSettings(t *testing.T) {
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	var was, is api.Settings
	first := admin.want(200, "", "GET", "/v1/settings", nil, &was)
	if was != (api.Settings{
		HiddenJobCard: "site_only", CompletionRule: "lead", HandInHours: 14 * 24, HistoryHours: 90 * 24, Invoices: "on", Optimization: "on",
		WindowPast: 14, WindowFuture: 30, TimeZone: "UTC",
		AskShare: 50, AskRecords: 100, AskDevices: 20, PayBreak: 20, Locations: true, MissingEnd: 16, HandInChanges: 20_000, HandInMB: 64,
		SessionSettings: api.SessionSettings{
			OfflineLease: 7 * 24, TokenIdle: 30 * 24, TokenMax: 90 * 24, Sensitive: 15, SignInTicket: 600, ConnectTicket: 30, ResetLink: 24,
			DesktopPolicy: "confirm", MobilePolicy: "confirm", PortalPolicy: "confirm", SubcontractorPolicy: "confirm",
		},
	}) {
		t.Errorf("settings of a new company = %+v", was)
	}
	tag := first.header.Get("ETag")
	second := admin.want(200, "", "PATCH", "/v1/settings", `{"completion_rule":"any","offer_hours":4,"hand_in_hours":48,"window_past_days":7,"window_future_days":400,"time_zone":"Europe/London","policy_mobile":"refuse","policy_portal":"takeover","slot_per_kind":true,"hours_keep_days":2557,"locations":false}`, &is, "If-Match", tag)
	was.CompletionRule, was.OfferHours, was.HandInHours = "any", 4, 48
	was.HoursKeep, was.Locations = 2557, false
	was.MobilePolicy, was.PortalPolicy, was.SlotPerKind = "refuse", "takeover", true
	was.WindowPast, was.WindowFuture, was.TimeZone = 7, 400, "Europe/London"
	if is != was || second.header.Get("ETag") == tag {
		t.Errorf("settings = %+v, want %+v", is, was)
	}
	admin.want(412, "stale", "PATCH", "/v1/settings", `{"auto_accept":true}`, nil, "If-Match", tag)
	admin.want(304, "", "GET", "/v1/settings", nil, nil, "If-None-Match", second.header.Get("ETag"))
	for _, body := range []string{
		`{"completion_rule":"some"}`, `{"hand_in_hours":0}`, `{"hours_keep_days":365}`, `{"hours_keep_days":-1}`, `{"offer_hours":-1}`, `{"offer_hours":8761}`, `{"hand_in_hours":"48"}`, `{"history_hours":23}`, `{"history_keep":1}`, `{"auto_accept":1}`, `[]`, `{`,
		`{"window_past_days":0}`, `{"window_past_days":401}`, `{"window_future_days":0}`, `{"window_future_days":401}`, `{"time_zone":"Mars/Olympus"}`,
		`{"policy_mobile":"ask"}`, `{"policy_desktop":""}`, `{"policy_portal":3}`, `{"policy":"refuse"}`, `{"time_zone":""}`, `{"time_zone":"Local"}`, `{"time_zone":"../etc/passwd"}`,
	} {
		admin.want(400, "bad_request", "PATCH", "/v1/settings", body, nil)
	}
	admin.want(200, "", "GET", "/v1/settings", nil, &is)
	if is != was {
		t.Errorf("what was refused left %+v, want %+v", is, was)
	}
	other := s.clerk("other", "amy")
	other.want(200, "", "GET", "/v1/settings", nil, &is)
	if is.CompletionRule != "lead" {
		t.Error("one company's settings are another's")
	}
}

// TestAcceptDevices: a device that the office marks is told so, and is listed as that.
func TestAcceptDevices(t *testing.T) {
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	ben := s.handset("acme", "ben")
	at := "/v1/devices/" + ben.in.Device.String() + "/state"
	var d api.Device
	admin.want(200, "", "PUT", at, api.Mark{State: "lost"}, &d)
	if d.State != "lost" || d.Ended == nil || d.EndedBy != "amy" || d.User != s.users["ben@acme"] {
		t.Errorf("the device = %+v", d)
	}
	if answer, body := ben.signIn(0, nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("on a lost device: %s %s", answer.Status, body)
	}
	admin.want(200, "", "PUT", at, api.Mark{State: "found"}, &d)
	admin.want(400, "bad_request", "PUT", at, api.Mark{State: "eaten"}, nil)
	admin.want(404, "no_device", "PUT", "/v1/devices/"+randomRecord().String()+"/state", api.Mark{State: "lost"}, nil)
	s.clerk("other", "amy").want(404, "no_device", "PUT", at, api.Mark{State: "lost"}, nil)
	var all api.Items[api.Device]
	admin.want(200, "", "GET", "/v1/devices", nil, &all)
	if len(all.Items) != 1 || all.Items[0].State != "in use" || all.Items[0].ID != ben.in.Device {
		t.Errorf("devices = %+v", all)
	}
}

// TestAcceptHeldWork: what waits is listed for who may decide it, and decided once, with its group.
func TestAcceptHeldWork(t *testing.T) {
	s := openStage(t, nil)
	s.addUser("acme", "sam", model.Desktop, access.RoleSets(access.Support))
	job := s.newJobOf("ben", "acme", "Boiler")
	w := s.handset("acme", "ben").connect()
	half := made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "half of it"))
	other := made(model.Customers, randomRecord(), textOf(2, "ACME Bakery"))
	half.Group, half.GroupSize, other.Group, other.GroupSize = model.GroupID{1}, 3, model.GroupID{1}, 3
	for i, a := range w.push(half, other) {
		if a.Outcome != model.OutcomeHeld {
			t.Fatalf("part %d of a group that is not whole: %s, reason %d", i, a.Outcome, a.Reason)
		}
	}
	admin, support, reader := s.clerk("acme", "amy"), s.clerk("acme", "sam"), s.clerk("acme", "amy", "read")
	var all api.Items[api.Held]
	admin.want(200, "", "GET", "/v1/held", nil, &all)
	if len(all.Items) != 2 || all.Items[0].Change != half.ID || !strings.Contains(string(all.Items[0].Fields), "half of it") {
		t.Fatalf("held = %+v", all)
	}
	at := "/v1/held/" + half.ID.String()
	support.want(403, "not_allowed", "GET", "/v1/held", nil, nil)
	support.want(403, "not_allowed", "POST", at+"/dismiss", nil, nil)
	reader.want(200, "", "GET", "/v1/held", nil, &all)
	reader.want(403, "scope_missing", "POST", at+"/dismiss", nil, nil)
	s.clerk("other", "amy").want(404, "not_found", "POST", at+"/dismiss", nil, nil)
	s.clerk("acme", "amy", "customers:write").want(404, "not_found", "POST", at+"/dismiss", nil, nil)
	notes := s.clerk("acme", "amy", "notes:write", "jobs:read") // who does not see the customer that would fall with the note
	notes.want(200, "", "GET", "/v1/held", nil, &all)
	if len(all.Items) != 1 || all.Items[0].Change != half.ID {
		t.Errorf("held for who sees notes = %+v", all)
	}
	notes.want(403, "not_allowed", "POST", at+"/dismiss", nil, nil)
	admin.want(409, "not_yet", "POST", at+"/release", `{}`, nil)
	admin.want(204, "", "POST", at+"/dismiss", nil, nil)
	admin.want(404, "not_found", "POST", at+"/dismiss", nil, nil)
	admin.want(200, "", "GET", "/v1/held", nil, &all)
	if len(all.Items) != 0 {
		t.Errorf("held after it was dismissed = %+v", all)
	}
}

// TestAcceptSecondContent: what a copied phone says under an id that is taken waits, is let in as a note of its own, and is answered so
// when it comes once more.
func TestAcceptSecondContent(t *testing.T) {
	s := openStage(t, nil)
	job := s.newJobOf("ben", "acme", "Boiler")
	w := s.handset("acme", "ben").connect()
	first := made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "flue is fine"))
	second := made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "flue leaks"))
	second.ID, second.Record = first.ID, first.Record
	w.push(first)
	if a := w.push(second)[0]; a.Outcome != model.OutcomeHeld || a.Reason != model.ReasonContent {
		t.Fatalf("another content of one id: %s, reason %d", a.Outcome, a.Reason)
	}
	admin := s.clerk("acme", "amy")
	var all api.Items[api.Held]
	admin.want(200, "", "GET", "/v1/held", nil, &all)
	if len(all.Items) != 1 || !all.Items[0].Second || all.Items[0].Change == first.ID {
		t.Fatalf("held = %+v", all)
	}
	admin.want(204, "", "POST", "/v1/held/"+all.Items[0].Change.String()+"/release", `{"why": "a copied phone"}`, nil)
	if a := w.push(second)[0]; a.Outcome != model.OutcomeApplied || !a.Repeat {
		t.Errorf("what was let in, once more: %+v", a)
	}
	var notes api.Items[map[string]any]
	admin.want(200, "", "GET", "/v1/notes?job="+job.String(), nil, &notes)
	texts := fmt.Sprint(notes.Items)
	if !strings.Contains(texts, "flue is fine") || !strings.Contains(texts, "flue leaks") {
		t.Errorf("the notes are %s", texts)
	}
}
