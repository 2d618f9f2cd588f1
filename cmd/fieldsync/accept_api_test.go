package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

var updateAPI = flag.Bool("update-openapi", false, "write docs/reference/openapi.json")

// backEnd is a back end with a key. Everything it is answered is compared with the document that the server serves.
type backEnd struct {
	t        *testing.T
	base     string
	key      string
	contract validator.Validator
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// newKey makes a key of somebody of acme.
func (s *stage) newKey(login string, scopes ...string) string {
	s.t.Helper()
	secret := sha256.Sum256([]byte(login + strings.Join(scopes, " ")))
	_, err := s.engine.AddKey(s.t.Context(), s.tenants["acme"], model.APIKey{User: s.users[login], Name: "test", Scopes: scopes}, sha256.Sum256(secret[:]), s.operator.now())
	check(s.t, err)
	return api.KeyText(s.tenants["acme"], secret)
}

// backEnd makes a back end of amy's, or of whoever.
func (s *stage) backEnd(login string, scopes ...string) *backEnd {
	s.t.Helper()
	b := &backEnd{t: s.t, base: "http://" + s.address, key: s.newKey(login, scopes...)}
	b.contract = contractOf(s.t, b.raw(http.MethodGet, "/openapi.json", nil, nil).body)
	return b
}

// contracts are the documents that were read already: that takes a second, and every stage serves the same.
var contracts sync.Map // text → validator.Validator

func contractOf(t *testing.T, document []byte) validator.Validator {
	t.Helper()
	if known, ok := contracts.Load(string(document)); ok {
		return known.(validator.Validator)
	}
	parsed, err := libopenapi.NewDocument(document)
	check(t, err)
	contract, errs := validator.NewValidator(parsed)
	for _, err := range errs {
		t.Fatal(err)
	}
	contracts.Store(string(document), contract)
	return contract
}

func (b *backEnd) raw(method, path string, header map[string]string, body []byte) answered {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, bytes.NewReader(body))
	check(b.t, err)
	request.Header.Set("Authorization", "Bearer "+b.key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for k, v := range header {
		request.Header.Set(k, v)
	}
	response, err := http.DefaultClient.Do(request)
	check(b.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(b.t, err)
	off := response.StatusCode == http.StatusMethodNotAllowed || strings.HasPrefix(path, "/v1/nothing") // no operation, no contract
	if b.contract != nil && !off && response.Header.Get("Content-Type") != "application/x-ndjson" {
		again := *response
		again.Body = io.NopCloser(bytes.NewReader(text))
		request.Body = io.NopCloser(bytes.NewReader(body))
		if ok, faults := b.contract.ValidateHttpResponse(request, &again); !ok {
			for _, f := range faults {
				b.t.Errorf("%s %s answers %d against its contract: %s: %s %v\n%s", method, path, response.StatusCode, f.Message, f.Reason, f.SchemaValidationErrors, text)
			}
		}
	}
	return answered{response.StatusCode, response.Header, text}
}

// do sends JSON and wants a status.
func (b *backEnd) do(want int, method, path string, body any, header ...string) map[string]any {
	b.t.Helper()
	a := b.send(want, method, path, body, header...)
	var out map[string]any
	if len(a.body) > 0 {
		check(b.t, json.Unmarshal(a.body, &out))
	}
	return out
}

func (b *backEnd) send(want int, method, path string, body any, header ...string) answered {
	b.t.Helper()
	var text []byte
	switch x := body.(type) {
	case nil:
	case string:
		text = []byte(x)
	default:
		var err error
		text, err = json.Marshal(body)
		check(b.t, err)
	}
	set := map[string]string{}
	for i := 0; i < len(header); i += 2 {
		set[header[i]] = header[i+1]
	}
	a := b.raw(method, path, set, text)
	if a.status != want {
		b.t.Errorf("%s %s = %d %s, want %d", method, path, a.status, a.body, want)
	}
	return a
}

// refused wants a problem with a code.
func (b *backEnd) refused(status int, code, method, path string, body any, header ...string) map[string]any {
	b.t.Helper()
	p := b.do(status, method, path, body, header...)
	if p["code"] != code {
		b.t.Errorf("%s %s = code %v, want %s: %v", method, path, p["code"], code, p)
	}
	return p
}

type fields = map[string]any

func TestAPI_RecordsThereAndBack(t *testing.T) {
	s := openStage(t, nil)
	b := s.backEnd("amy@acme", "read", "write", "manage")

	made := b.send(201, "POST", "/v1/customers", fields{"name": "Mill Lane Laundry", "credit_limit": "1234.50", "external_id": "sap:1"})
	var customer map[string]any
	check(t, json.Unmarshal(made.body, &customer))
	id, tag := customer["id"].(string), made.header.Get("ETag")
	if customer["credit_limit"] != "1234.50" || customer["external_id"] != "sap:1" || made.header.Get("Location") != "/v1/customers/"+id || tag == "" {
		t.Errorf("created = %v, %v", customer, made.header)
	}
	if got := b.do(200, "GET", "/v1/customers/by-external-id/sap:1", nil); got["id"] != id {
		t.Errorf("by external id = %v, want %s", got, id)
	}
	b.send(304, "GET", "/v1/customers/"+id, nil, "If-None-Match", tag)
	b.refused(409, "exists", "POST", "/v1/customers", fields{"name": "Another", "external_id": "sap:1"})
	if got := b.do(200, "PATCH", "/v1/customers/"+id, fields{"phone": "01632 960001", "credit_limit": nil}, "If-Match", tag); got["phone"] != "01632 960001" || got["credit_limit"] != nil {
		t.Errorf("patched = %v", got)
	}
	stale := b.send(412, "PATCH", "/v1/customers/"+id, fields{"phone": "01632 960002"}, "If-Match", tag)
	now := b.send(200, "GET", "/v1/customers/"+id, nil)
	if stale.header.Get("ETag") != now.header.Get("ETag") || strings.Contains(string(now.body), "960002") {
		t.Errorf("after a stale write: %s with %v, want the tag of now and nothing done", now.body, stale.header)
	}
	if got := b.do(200, "PUT", "/v1/customers/by-external-id/sap:1", fields{"name": "Mill Lane Laundry Ltd"}); got["phone"] != "01632 960001" || got["name"] != "Mill Lane Laundry Ltd" {
		t.Errorf("put = %v, want what was not named to stay", got)
	}
	b.do(201, "PUT", "/v1/customers/by-external-id/sap:2", fields{"name": "Second"})
	site := b.do(201, "POST", "/v1/sites", fields{"name": "Works", "address": "5 Mill Lane", "customer": fields{"external_id": "sap:1"}})
	if site["customer"] != id {
		t.Errorf("site = %v, want it to hang on %s", site, id)
	}
	job := b.do(201, "POST", "/v1/jobs", fields{"title": "Boiler", "customer": id, "window_start": "2026-03-01T09:30:00+01:00", "priority": 2})
	if job["window_start"] != "2026-03-01T08:30:00.000Z" || job["status"] != "unassigned" {
		t.Errorf("job = %v", job)
	}
	note := b.do(201, "POST", "/v1/notes", fields{"job": job["id"], "text": "Mind the dog", "audience": "field"})
	b.do(201, "POST", "/v1/assignments", fields{"job": job["id"], "user": s.users["ben@acme"].String()})
	if got := b.do(200, "GET", "/v1/jobs/"+job["id"].(string), nil); got["status"] != "offered" {
		t.Errorf("assigned job = %v, want it offered", got)
	}
	b.send(204, "DELETE", "/v1/notes/"+note["id"].(string), nil)
	b.refused(404, "not_found", "GET", "/v1/notes/"+note["id"].(string), nil)
}

func TestAPI_Listing(t *testing.T) {
	s := openStage(t, nil)
	b := s.backEnd("amy@acme", "read", "write")
	var ops []fields
	for i := range 25 {
		ops = append(ops, fields{"op": "create", "collection": "jobs", "fields": fields{"title": fmt.Sprintf("Job %d", i), "priority": 1 + i%5, "window_start": fmt.Sprintf("2026-03-%02dT08:00:00Z", 1+i)}})
	}
	b.do(200, "POST", "/v1/bulk", fields{"operations": ops})
	seen, path := map[any]bool{}, "/v1/jobs?limit=10"
	for pages := 0; path != ""; pages++ {
		page := b.do(200, "GET", path, nil)
		for _, item := range page["items"].([]any) {
			seen[item.(map[string]any)["id"]] = true
		}
		path = ""
		if next, ok := page["next"].(string); ok && pages < 5 {
			path = "/v1/jobs?limit=10&after=" + next
		}
	}
	if len(seen) != 25 {
		t.Errorf("pages gave %d jobs, want 25", len(seen))
	}
	for query, want := range map[string]int{
		"priority=1": 5, "priority=1,2": 10, "priority[from]=4": 10, "priority[below]=2": 5, "title[has]=job%201": 11,
		"window_start[from]=2026-03-10T00:00:00Z&window_start[below]=2026-03-12T00:00:00Z": 2, "status=cancelled": 0,
	} {
		if got := len(b.do(200, "GET", "/v1/jobs?"+query, nil)["items"].([]any)); got != want {
			t.Errorf("%s gives %d jobs, want %d", query, got, want)
		}
	}
	item := b.do(200, "GET", "/v1/jobs?limit=1&fields=title", nil)["items"].([]any)[0].(map[string]any)
	if item["title"] == nil || item["priority"] != nil {
		t.Errorf("fields=title gives %v", item)
	}
	b.refused(400, "bad_request", "GET", "/v1/jobs?limit=0", nil)
	b.refused(400, "bad_request", "GET", "/v1/jobs?colour=red", nil)
	b.refused(400, "bad_request", "GET", "/v1/jobs?priority=high", nil)
	b.refused(400, "bad_cursor", "GET", "/v1/jobs?after=x", nil)
}

func TestAPI_BadInputChangesNothing(t *testing.T) {
	s := openStage(t, nil)
	b := s.backEnd("amy@acme", "read", "write")
	id := b.do(201, "POST", "/v1/customers", fields{"name": "ACME"})["id"].(string)
	job := b.do(201, "POST", "/v1/jobs", fields{"title": "Boiler"})["id"].(string)
	before := b.send(200, "GET", "/v1/snapshot", nil).body
	cursor := lastLine(before)

	b.refused(400, "bad_request", "POST", "/v1/customers", `{"name": "half`)
	b.refused(400, "bad_request", "POST", "/v1/customers", `["name"]`)
	b.refused(413, "body_too_large", "POST", "/v1/customers", fields{"name": strings.Repeat("x", 1<<20)})
	b.refused(415, "unsupported_media_type", "POST", "/v1/customers", `{}`, "Content-Type", "text/plain")
	faults := b.refused(400, "bad_request", "POST", "/v1/customers", fields{"nam": "typo", "phone": 7, "possible_duplicate": true, "created_at": "now", "credit_limit": "1.234"})
	if got := fmt.Sprint(faults["errors"]); strings.Count(got, "location") != 6 || strings.Contains(got, "1.234") {
		t.Errorf("faults = %s, want all six, the missing name with them, and no value", got)
	}
	b.refused(400, "bad_request", "PATCH", "/v1/customers/"+id, fields{"name": nil})
	b.refused(400, "bad_request", "PATCH", "/v1/customers/"+id, fields{"external_id": "late"})
	b.refused(400, "bad_request", "POST", "/v1/jobs", fields{"title": "x", "priority": 9})
	b.refused(422, "unknown_reference", "POST", "/v1/notes", fields{"job": strings.Repeat("0", 31) + "1", "text": "x"})
	b.refused(404, "not_found", "PATCH", "/v1/customers/"+job, fields{"name": "of another collection"})
	b.refused(404, "not_found", "DELETE", "/v1/customers/nonsense", nil)
	b.refused(404, "not_found", "GET", "/v1/nothing", nil)
	b.refused(405, "method_not_allowed", "PUT", "/v1/customers", nil)
	b.refused(412, "stale", "DELETE", "/v1/customers/"+id, nil, "If-Match", `"00"`)
	b.refused(400, "bad_request", "POST", "/v1/customers", fields{"name": "x"}, "Idempotency-Key", "with space")
	b.refused(400, "bad_request", "POST", "/v1/bulk", fields{"operations": []fields{}})
	b.refused(400, "bad_request", "POST", "/v1/bulk", fields{"operation": 1})
	b.refused(400, "bad_cursor", "GET", "/v1/changes?since=AAAA", nil)

	if after := b.do(200, "GET", "/v1/changes?since="+cursor, nil); len(after["events"].([]any)) != 0 {
		t.Errorf("bad input did something: %v", after)
	}
	for _, key := range []string{"", "fsk_", b.key + "x", strings.Replace(b.key, "fsk_", "fsk_0", 1), strings.Repeat("a", 64)} {
		b.key = key
		p := b.refused(401, "not_signed_in", "GET", "/v1/customers", nil)
		delete(p, "request_id")
		if got, want := fmt.Sprint(p), fmt.Sprint(b.refusedPlain()); got != want {
			t.Errorf("the key %q is told %s, want as every other: %s", key, got, want)
		}
	}
}

// refusedPlain is what no key at all is told.
func (b *backEnd) refusedPlain() map[string]any {
	b.t.Helper()
	b.key = "none"
	p := b.do(401, "GET", "/v1/customers", nil)
	delete(p, "request_id")
	return p
}

func lastLine(snapshot []byte) string {
	lines := bytes.Split(bytes.TrimSpace(snapshot), []byte("\n"))
	var last struct{ Cursor string }
	_ = json.Unmarshal(lines[len(lines)-1], &last)
	return last.Cursor
}

func TestAPI_ARepeatedRequestIsDoneOnce(t *testing.T) {
	s := openStage(t, nil)
	b := s.backEnd("amy@acme", "read", "write")
	body := fields{"name": "Once"}
	first := b.do(201, "POST", "/v1/customers", body, "Idempotency-Key", "k1")
	again := b.send(201, "POST", "/v1/customers", body, "Idempotency-Key", "k1")
	if !strings.Contains(string(again.body), first["id"].(string)) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the repeat = %s %v, want the same customer", again.body, again.header)
	}
	b.refused(422, "key_reused", "POST", "/v1/customers", fields{"name": "Twice"}, "Idempotency-Key", "k1")
	if n := len(b.do(200, "GET", "/v1/customers", nil)["items"].([]any)); n != 1 {
		t.Errorf("%d customers, want 1", n)
	}
	id := first["id"].(string)
	patch := b.do(200, "PATCH", "/v1/customers/"+id, fields{"phone": "1"}, "Idempotency-Key", "k2")
	b.do(200, "PATCH", "/v1/customers/"+id, fields{"phone": "2"})
	replay := b.send(200, "PATCH", "/v1/customers/"+id, fields{"phone": "1"}, "Idempotency-Key", "k2")
	if replay.header.Get("Idempotency-Replayed") != "true" || !strings.Contains(string(replay.body), `"phone":"2"`) {
		t.Errorf("a late repeat of %v = %s %v: it must not undo what came since", patch, replay.body, replay.header)
	}
	b.send(204, "DELETE", "/v1/customers/"+id, nil, "Idempotency-Key", "k3")
	if b.send(204, "DELETE", "/v1/customers/"+id, nil, "Idempotency-Key", "k3").header.Get("Idempotency-Replayed") != "true" {
		t.Error("a repeated deletion is not a repeat")
	}
	b.refused(404, "not_found", "DELETE", "/v1/customers/"+id, nil, "Idempotency-Key", "k4")
}

func TestAPI_Bulk(t *testing.T) {
	s := openStage(t, nil)
	b := s.backEnd("amy@acme", "read", "write")
	op := func(verb, collection, external string, f fields) fields {
		return fields{"op": verb, "collection": collection, "external_id": external, "fields": f}
	}
	with := func(f fields, key string, v any) fields { f[key] = v; return f }
	ops := []fields{
		op("upsert", "customers", "c1", fields{"name": "One"}),
		with(op("upsert", "sites", "s1", fields{"name": "Works", "customer": fields{"external_id": "c1"}}), "unit", 1),
		with(op("upsert", "sites", "s2", fields{"name": "Yard", "customer": fields{"external_id": "none"}}), "unit", 1),
		op("update", "customers", "c1", fields{"phone": "7"}),
		op("create", "customers", "c1", fields{"name": "Again"}),
		op("upsert", "nothing", "x", fields{}),
	}
	statuses := func(answer map[string]any) string {
		var out []string
		for _, r := range answer["results"].([]any) {
			out = append(out, fmt.Sprint(r.(map[string]any)["status"]))
		}
		return strings.Join(out, " ")
	}
	want := "created dropped failed updated failed failed"
	if got := statuses(b.do(200, "POST", "/v1/bulk", fields{"dry_run": true, "operations": ops})); got != want {
		t.Errorf("dry run = %s, want %s", got, want)
	}
	if n := len(b.do(200, "GET", "/v1/customers", nil)["items"].([]any)); n != 0 {
		t.Errorf("a dry run made %d customers", n)
	}
	answer := b.do(200, "POST", "/v1/bulk", fields{"operations": ops}, "Idempotency-Key", "b1")
	if got := statuses(answer); got != want {
		t.Errorf("bulk = %s, want %s: %v", got, want, answer)
	}
	if got := statuses(b.do(200, "POST", "/v1/bulk", fields{"operations": ops}, "Idempotency-Key", "b1")); got != want {
		t.Errorf("the repeat = %s, want %s", got, want)
	}
	again := []fields{op("upsert", "customers", "c1", fields{"name": "One", "phone": "7"}), op("upsert", "customers", "c1", fields{"name": "Uno"}), op("upsert", "customers", "c2", fields{"name": "Two"})}
	if got := statuses(b.do(200, "POST", "/v1/bulk", fields{"operations": again})); got != "unchanged updated created" {
		t.Errorf("upserts = %s, want unchanged updated created", got)
	}
	atomic := []fields{op("upsert", "customers", "c3", fields{"name": "Three"}), op("upsert", "customers", "c4", fields{"name": 4})}
	if got := statuses(b.do(200, "POST", "/v1/bulk", fields{"atomic": true, "operations": atomic})); got != "dropped failed" {
		t.Errorf("atomic = %s, want dropped failed", got)
	}
	b.refused(404, "not_found", "GET", "/v1/customers/by-external-id/c3", nil)
}

func TestAPI_FeedFollowsTheField(t *testing.T) {
	t.Parallel()
	s := openStage(t, brisk)
	b := s.backEnd("amy@acme", "read", "write")
	job := s.newJobOf("ben", "acme", "Boiler")
	cursor := lastLine(b.send(200, "GET", "/v1/snapshot?collections=jobs,notes", nil).body)
	waiting := make(chan map[string]any, 1)
	go func() { waiting <- b.do(200, "GET", "/v1/changes?wait=20s&since="+cursor, nil) }()
	note := made(model.Notes, randomRecord(), under(job), textOf(model.NoteText, "Mind the dog"))
	note.ID = model.ChangeID(note.Record)
	s.office("acme", note)
	events := (<-waiting)["events"].([]any)
	if len(events) != 1 {
		t.Fatalf("events = %v, want the note", events)
	}
	e := events[0].(map[string]any)
	text := e["fields"].(map[string]any)["text"].(map[string]any)["after"]
	if e["type"] != "notes.created" || text != "Mind the dog" || e["record"] != note.Record.String() {
		t.Errorf("event = %v, want the note with its text", e)
	}
	if none := b.do(200, "GET", "/v1/changes?since=now&wait=1ms", nil); len(none["events"].([]any)) != 0 {
		t.Errorf("from now = %v, want nothing", none)
	}
}

func TestAPI_H1_HiddenIsNowhere(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	sets := access.RoleSets(access.Admin)
	sets.Web[access.WebCustomers] = access.None
	s.addUser("acme", "dan", model.Desktop, sets)
	amy := s.backEnd("amy@acme", "read", "write", "manage")
	id := amy.do(201, "POST", "/v1/customers", fields{"name": "SECRET Ltd", "external_id": "sap:9"})["id"].(string)
	job := amy.do(201, "POST", "/v1/jobs", fields{"title": "Boiler", "customer": id})["id"].(string)
	amy.do(200, "PATCH", "/v1/customers/"+id, fields{"remarks": "SECRET remark"})
	for who, b := range map[string]*backEnd{"no level": s.backEnd("dan@acme", "read", "write", "manage"), "no scope": s.backEnd("amy@acme", "jobs:read", "jobs:write", "notes:write")} {
		for _, path := range []string{
			"/v1/customers", "/v1/customers?name[has]=SECRET", "/v1/jobs/" + job, "/v1/snapshot", "/v1/changes?limit=1000",
			"/v1/jobs?customer=" + id, "/v1/review_items", "/v1/sites",
		} {
			if a := b.send(200, "GET", path, nil); strings.Contains(string(a.body), "SECRET") || who == "no level" && strings.Contains(string(a.body), id) {
				t.Errorf("%s: %s tells %s", who, path, a.body)
			}
		}
		if who == "no level" {
			if n := len(b.do(200, "GET", "/v1/jobs?customer="+id, nil)["items"].([]any)); n != 0 {
				t.Errorf("%s: a hidden field can be asked for: %d jobs", who, n)
			}
		}
		missing := b.refused(404, "not_found", "GET", "/v1/customers/"+strings.Repeat("1", 32), nil)
		for _, path := range []string{"/v1/customers/" + id, "/v1/customers/by-external-id/sap:9"} {
			got := b.refused(404, "not_found", "GET", path, nil)
			delete(got, "request_id")
			delete(missing, "request_id")
			if fmt.Sprint(got) != fmt.Sprint(missing) {
				t.Errorf("%s: %s = %v, want as what never was: %v", who, path, got, missing)
			}
		}
	}
	b := s.backEnd("dan@acme", "read", "write")
	there := b.do(200, "POST", "/v1/bulk", fields{"operations": []fields{{"op": "upsert", "collection": "customers", "external_id": "sap:9", "fields": fields{"name": "x"}}}})
	never := b.do(200, "POST", "/v1/bulk", fields{"operations": []fields{{"op": "upsert", "collection": "customers", "external_id": "sap:8", "fields": fields{"name": "x"}}}})
	strip := func(answer map[string]any) string {
		r := answer["results"].([]any)[0].(map[string]any)
		delete(r, "id")
		delete(r, "external_id")
		return fmt.Sprint(r)
	}
	if strip(there) != strip(never) {
		t.Errorf("an upsert of a hidden customer = %s, of none %s", strip(there), strip(never))
	}
	if after := amy.do(200, "GET", "/v1/customers/"+id, nil); after["name"] != "SECRET Ltd" {
		t.Errorf("the hidden customer was changed: %v", after)
	}
}

// TestAPI_TheDocumentIsTheReference: what is served is what docs/reference has.
func TestAPI_TheDocumentIsTheReference(t *testing.T) {
	s := openStage(t, nil)
	b := &backEnd{t: t, base: "http://" + s.address}
	for address, file := range map[string]string{"/openapi.json": "openapi.json", "/portal/v1/openapi.json": "portal-openapi.json"} {
		var pretty bytes.Buffer
		check(t, json.Indent(&pretty, b.raw("GET", address, nil, nil).body, "", " "))
		file = "../../docs/reference/" + file
		if *updateAPI {
			check(t, os.WriteFile(file, pretty.Bytes(), 0o644))
		}
		have, err := os.ReadFile(file)
		check(t, err)
		if !bytes.Equal(have, pretty.Bytes()) {
			t.Errorf("%s is not what is served; run go test ./cmd/fieldsync -run TheDocument -update-openapi", file)
		}
	}
}
