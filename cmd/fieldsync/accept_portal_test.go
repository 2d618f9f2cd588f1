package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/portal"
)

// town is a company with two clients, a bakery with a branch and a laundry, and somebody of each who uses the portal.
type town struct {
	*stage
	amy                     *backEnd
	bakery, branch, laundry string
	cora, lena              *backEnd // of the bakery, of the laundry
}

func openTown(t *testing.T) *town {
	t.Helper()
	s := openStage(t, brisk)
	x := &town{stage: s, amy: s.backEnd("amy@acme", "read", "write", "manage")}
	x.bakery, x.laundry = x.makes("customers", fields{"name": "Bakery", "remarks": "SECRET pays late", "account": "SECRET 17"}), x.makes("customers", fields{"name": "LAUNDRY"})
	x.branch = x.makes("customers", fields{"name": "Branch"})
	x.cora, x.lena = x.client("cora", x.bakery), x.client("lena", x.laundry)
	return x
}

// client adds somebody of a client, and signs them in.
func (x *town) client(login, company string) *backEnd {
	x.t.Helper()
	x.addUser("acme", login, model.Portal, access.DefaultSets(model.Portal))
	link(x.amy, x.users[login+"@acme"], company)
	return x.enter(login, "")
}

// enter signs a client in.
func (x *town) enter(login string, takeover any) *backEnd {
	x.t.Helper()
	b := x.stranger()
	body := fields{"tenant": "acme", "login": login + "@acme", "password": acceptPassword}
	if takeover != "" {
		body["takeover"] = takeover
	}
	b.key, _ = b.do(200, "POST", portal.Base+"/sign-in", body)["token"].(string)
	return b
}

// portalPlanted says that a bug is planted: then the checks find it, and not the document.
var portalPlanted bool

// stranger is somebody before the portal's door, whose answers are held against the portal's own document.
func (x *town) stranger() *backEnd {
	b := &backEnd{t: x.t, base: "http://" + x.address}
	if portalPlanted {
		return b
	}
	b.contract = contractOf(x.t, b.raw(http.MethodGet, portal.Base+"/openapi.json", nil, nil).body)
	return b
}

func (x *town) makes(collection string, f fields) string {
	x.t.Helper()
	id, _ := x.amy.do(201, "POST", "/v1/"+collection, f)["id"].(string)
	return id
}

func (x *town) changes(collection, id string, f fields) {
	x.t.Helper()
	x.amy.do(200, "PATCH", "/v1/"+collection+"/"+id, f)
}

// lists is the ids of a list, all its pages.
func lists(b *backEnd, path string) (ids []string) {
	b.t.Helper()
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	for after := ""; ; {
		page := b.do(200, "GET", portal.Base+path+after, nil)
		for _, item := range page["items"].([]any) {
			ids = append(ids, item.(fields)["id"].(string))
		}
		next, ok := page["next"].(string)
		if !ok {
			return ids
		}
		after = sign + "after=" + next
	}
}

// answers is the status and the code of what a request is answered.
func answers(b *backEnd, method, path string, body any, header ...string) string {
	b.t.Helper()
	set := map[string]string{}
	for i := 0; i < len(header); i += 2 {
		set[header[i]] = header[i+1]
	}
	var text []byte
	if body != nil {
		text = jsonOf(b.t, body)
	}
	a := b.raw(method, path, set, text)
	var p struct{ Code string }
	_ = json.Unmarshal(a.body, &p) // what is no problem has no code
	return strings.TrimSpace(fmt.Sprint(a.status, " ", p.Code))
}

func gets(b *backEnd, path string) string {
	b.t.Helper()
	return string(b.raw("GET", portal.Base+path, map[string]string{"X-Request-Id": "same"}, nil).body)
}

// found fails a test with what its check found.
func found(t *testing.T, wrong string) {
	t.Helper()
	if wrong != "" {
		t.Error(wrong)
	}
}

// TestW18_ThePortalHasADoorOfItsOwn: its sessions open nothing else, and nothing else opens it.
func TestW18_ThePortalHasADoorOfItsOwn(t *testing.T) { found(t, portalDoors(t)) }

func portalDoors(t *testing.T) string {
	t.Helper()
	x := openTown(t)
	point := x.newHandset("acme", "cora").public
	if got := answers(&backEnd{t: t, base: x.amy.base}, "POST", "/v1/sign-in", fields{"tenant": "acme", "login": "cora@acme", "password": acceptPassword, "public_key": point, "label": "", "platform": "", "app": ""}); got != "403 no_field_channel" {
		return "a client who signs in as a phone is told " + got
	}
	tenant, secret, ok := portal.ParseToken("Bearer " + x.cora.key)
	if !ok {
		t.Fatalf("the token is %q", x.cora.key)
	}
	// With its token and a key of its own it is nobody on the field channel, whatever it calls its device.
	h := x.newHandset("acme", "cora")
	h.in.Tenant, h.in.Token = tenant, hex.EncodeToString(secret[:])
	devices := x.amy.do(200, "GET", "/v1/devices", nil)["items"].([]any)
	for _, d := range devices {
		if d.(fields)["login"] == "cora@acme" {
			check(t, h.in.Device.UnmarshalText([]byte(d.(fields)["id"].(string))))
		}
	}
	if h.in.Device.IsZero() {
		return "the office does not see the client's session"
	}
	w, c := h.dial()
	w.say(h.hello(c, nil))
	if bye, _ := w.ends(protocol.CodeNotSignedIn); bye == nil {
		return "the field channel says nothing"
	}
	// The office's API knows neither its token nor the secret in it.
	for _, b := range []*backEnd{{t: t, base: x.amy.base, key: x.cora.key}, {t: t, base: x.amy.base, key: hex.EncodeToString(secret[:])}} {
		for _, path := range []string{"/v1/jobs", "/v1/customers", "/v1/changes", "/v1/sessions"} {
			if got := answers(b, "GET", path, nil, api.TenantHeader, tenant.String()); got != "401 not_signed_in" {
				return path + " answers a client " + got
			}
		}
		if got := answers(b, "POST", "/v1/sign-out", fields{"tenant": tenant}); got != "401 not_signed_in" {
			return "the field's way out answers a client " + got
		}
	}
	x.cora.do(200, "GET", portal.Base+"/me", nil) // it lives
	// And who is no client does not come in: by the door, by a session of a phone or a desk, by a key.
	door := x.stranger()
	for _, login := range []string{"amy@acme", "ben@acme", "sue@acme"} {
		if got := answers(door, "POST", portal.Base+"/sign-in", fields{"tenant": "acme", "login": login, "password": acceptPassword}); got != "403 no_portal" {
			return login + " at the portal is told " + got
		}
	}
	for _, login := range []string{"amy", "ben"} {
		in := x.handset("acme", login).in
		raw, err := hex.DecodeString(in.Token)
		check(t, err)
		for _, key := range []string{portal.Token(in.Tenant, [32]byte(raw)), in.Token, x.amy.key, ""} {
			door.key = key
			if got := answers(door, "GET", portal.Base+"/jobs", nil); got != "401 not_signed_in" {
				return "the portal answers a session of " + login + ": " + got
			}
		}
	}
	return ""
}

// TestW18_APortalSessionIsTheOneOfItsUser: one slot, as for everybody; its end has a reason.
func TestW18_APortalSessionIsTheOneOfItsUser(t *testing.T) {
	t.Parallel()
	x := openTown(t)
	door := x.stranger()
	body := fields{"tenant": "acme", "login": "cora@acme", "password": acceptPassword, "label": "Firefox"}
	elsewhere := door.refused(409, "active_elsewhere", "POST", portal.Base+"/sign-in", body)
	if elsewhere["device"] != "portal" {
		t.Errorf("active elsewhere = %v", elsewhere)
	}
	second := x.enter("cora", elsewhere["epoch"])
	over := x.cora.refused(401, "session_ended", "GET", portal.Base+"/jobs", nil)
	if over["reason"] != "superseded" {
		t.Errorf("the first session is over: %v", over)
	}
	waiting := make(chan answered)
	cursor := second.do(200, "GET", portal.Base+"/updates", nil)["cursor"].(string)
	go func() { waiting <- second.raw("GET", portal.Base+"/updates?wait=60s&since="+cursor, nil, nil) }()
	x.amy.do(200, "POST", "/v1/sessions/"+x.users["cora@acme"].String()+"/end", fields{"choice": "now"})
	if a := <-waiting; a.status != 401 || !strings.Contains(string(a.body), `"reason":"office"`) {
		t.Errorf("what waited under a session that the office ended = %d %s", a.status, a.body)
	}
	third := x.enter("cora", "")
	third.send(204, "POST", portal.Base+"/sign-out", nil)
	if over := third.refused(401, "session_ended", "GET", portal.Base+"/me", nil); over["reason"] != "signed_out" {
		t.Errorf("signed out: %v", over)
	}
	body["password"] = "wrong"
	limited := false
	for range 20 {
		if a := door.raw("POST", portal.Base+"/sign-in", nil, jsonOf(t, body)); a.status == 429 {
			limited = strings.Contains(string(a.body), `"too_many_attempts"`) && a.header.Get("Retry-After") != ""
			break
		} else if a.status != 401 || !strings.Contains(string(a.body), `"sign_in_failed"`) {
			t.Fatalf("a wrong password = %d %s", a.status, a.body)
		}
	}
	if !limited {
		t.Error("passwords can be guessed at the portal without end")
	}
}

// TestF2_ThePortalFollowsItsPolicy: a company may have a second browser wait until the first is released, or take its place unasked.
func TestF2_ThePortalFollowsItsPolicy(t *testing.T) {
	t.Parallel()
	x := openTown(t)
	door := x.stranger()
	body := fields{"tenant": "acme", "login": "cora@acme", "password": acceptPassword}
	x.amy.do(200, "PATCH", "/v1/settings", fields{"policy_portal": "refuse"})
	first := door.refused(409, "release_first", "POST", portal.Base+"/sign-in", body)
	body["takeover"] = first["epoch"]
	door.refused(409, "release_first", "POST", portal.Base+"/sign-in", body)
	x.cora.do(200, "GET", portal.Base+"/me", nil)
	x.amy.do(200, "POST", "/v1/sessions/"+x.users["cora@acme"].String()+"/end", fields{"choice": "now"})
	second := x.enter("cora", "")
	x.amy.do(200, "PATCH", "/v1/settings", fields{"policy_portal": "takeover"})
	third := x.enter("cora", "")
	if over := second.refused(401, "session_ended", "GET", portal.Base+"/me", nil); over["reason"] != "superseded" {
		t.Errorf("taken over unasked: %v", over)
	}
	third.do(200, "GET", portal.Base+"/me", nil)
}

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	check(t, err)
	return text
}

// TestW19_ProgressAndUpdates: a client follows a job, coarsely, and hears what is noted for them.
func TestW19_ProgressAndUpdates(t *testing.T) {
	t.Parallel()
	x := openTown(t)
	job := x.makes("jobs", fields{"title": "SECRET title", "client_title": "Boiler service", "customer": x.bakery, "window_start": "2026-12-01T08:00:00Z"})
	if got := x.cora.do(200, "GET", portal.Base+"/jobs/"+job, nil); got["client_title"] != "Boiler service" || got["progress"] != "planned" || got["window_start"] == nil || got["number"] == nil {
		t.Errorf("the job is %v", got)
	}
	first := x.cora.do(200, "GET", portal.Base+"/updates", nil)
	if first["complete"] != true || !strings.Contains(fmt.Sprint(first["changed"]), job) {
		t.Fatalf("updates from the beginning = %v", first)
	}
	x.amy.do(201, "POST", "/v1/assignments", fields{"job": job, "user": x.users["ben@acme"].String()})
	quiet := x.cora.do(200, "GET", portal.Base+"/updates?since="+first["cursor"].(string), nil)
	if len(quiet["changed"].([]any)) > 0 || quiet["cursor"] != first["cursor"] {
		t.Errorf("that somebody was asked is told: %v", quiet)
	}
	waiting := make(chan map[string]any)
	go func() {
		waiting <- x.cora.do(200, "GET", portal.Base+"/updates?wait=60s&since="+first["cursor"].(string), nil)
	}()
	w := x.handset("acme", "ben").connect()
	var l ledger
	l.settle(w)
	var id model.RecordID
	check(t, id.UnmarshalText([]byte(job)))
	if a := w.push(made(model.VisitEvents, model.RecordID{}, under(id), textOf(model.VisitEventKind, "start"))); a[0].Outcome != model.OutcomeApplied {
		t.Fatalf("the start = %v", a)
	}
	news := <-waiting
	changed := news["changed"].([]any)
	if len(changed) != 1 || changed[0].(fields)["fields"].(fields)["progress"] != "in_progress" || changed[0].(fields)["collection"] != "jobs" {
		t.Errorf("the start is told as %v", news)
	}
	note := x.makes("notes", fields{"job": job, "text": "We are there", "audience": "client"})
	hidden := x.makes("notes", fields{"job": job, "text": "The boiler is old", "audience": "field"})
	if ids := lists(x.cora, "/notes?job="+job); !slices.Equal(ids, []string{note}) {
		t.Errorf("notes = %v, want the client's alone", ids)
	}
	x.changes("notes", hidden, fields{"audience": "client"})
	x.changes("notes", note, fields{"audience": "internal"})
	after := x.cora.do(200, "GET", portal.Base+"/updates?since="+news["cursor"].(string), nil)
	if text := fmt.Sprint(after["changed"]); strings.Contains(text, note) || !strings.Contains(text, hidden) {
		t.Errorf("notes that were relabelled are told as %v", after)
	}
	held := x.cora.do(200, "GET", portal.Base+"/updates?since="+after["cursor"].(string), nil)
	x.changes("notes", hidden, fields{"audience": "internal"})
	gone := x.cora.do(200, "GET", portal.Base+"/updates?since="+held["cursor"].(string), nil)
	if removed := gone["removed"].([]any); len(removed) != 1 || removed[0].(fields)["id"] != hidden {
		t.Errorf("a note that was taken back is told as %v", gone)
	}
	x.cora.refused(400, "bad_request", "GET", portal.Base+"/updates?wait=61s", nil)
	x.cora.refused(400, "bad_cursor", "GET", portal.Base+"/updates?since=%25%25", nil)
	if u := x.lena.do(200, "GET", portal.Base+"/updates?since="+after["cursor"].(string), nil); u["reset"] != true || strings.Contains(fmt.Sprint(u), job) {
		t.Errorf("somebody else's cursor = %v, want a beginning anew", u)
	}
}

// TestW20_ServiceHistory is the jobs that are over, the closed ones as completed.
func TestW20_ServiceHistory(t *testing.T) {
	t.Parallel()
	x := openTown(t)
	open := x.makes("jobs", fields{"client_title": "open", "customer": x.bakery})
	over := x.makes("jobs", fields{"client_title": "called off", "customer": x.bakery})
	x.makes("office_events", fields{"job": over, "kind": "cancel"})
	done := x.makes("jobs", fields{"client_title": "done", "customer": x.bakery})
	x.amy.do(201, "POST", "/v1/assignments", fields{"job": done, "user": x.users["ben@acme"].String()})
	var id model.RecordID
	check(t, id.UnmarshalText([]byte(done)))
	w := x.handset("acme", "ben").connect() // it asks for nothing, so that no page comes in between
	for _, kind := range []string{"start", "done"} {
		w.push(made(model.VisitEvents, model.RecordID{}, under(id), textOf(model.VisitEventKind, kind)))
	}
	x.makes("office_events", fields{"job": done, "kind": "close"})
	want := []string{over, done}
	slices.Sort(want)
	if got := lists(x.cora, "/history"); !slices.Equal(got, want) {
		t.Errorf("history = %v, want %v", got, want)
	}
	if got := x.cora.do(200, "GET", portal.Base+"/jobs/"+done, nil); got["progress"] != "completed" || got["completed"] == nil {
		t.Errorf("a closed job is %v", got)
	}
	if got := lists(x.cora, "/jobs?progress=planned"); !slices.Equal(got, []string{open}) {
		t.Errorf("planned = %v, want %s", got, open)
	}
	x.cora.refused(400, "bad_request", "GET", portal.Base+"/jobs?progress=closed", nil)
	x.cora.refused(400, "bad_request", "GET", portal.Base+"/jobs?status=closed", nil)
	if got := lists(x.lena, "/history"); got != nil {
		t.Errorf("another client's history = %v", got)
	}
}

// TestW21_OwnCompanyAndLinkedOnes: what belongs to one's company, and to those that the office linked to it; not to theirs,
// nor to the one it is linked to itself.
func TestW21_OwnCompanyAndLinkedOnes(t *testing.T) { found(t, portalLinks(t)) }

func portalLinks(t *testing.T) string {
	t.Helper()
	x := openTown(t)
	kiosk := x.makes("customers", fields{"name": "KIOSK", "group": x.branch})
	own := map[string][]string{}
	for _, c := range []string{x.bakery, x.branch, x.laundry, kiosk} {
		site := x.makes("sites", fields{"customer": c, "name": "Yard", "address": "1 Mill Lane", "access": "SECRET code"})
		own[c] = []string{
			x.makes("jobs", fields{"client_title": "Job", "customer": c}), site,
			x.makes("contacts", fields{"customer": c, "name": "Dora"}), x.makes("assets", fields{"site": site, "name": "Oven"}),
		}
	}
	names := []string{"jobs", "sites", "contacts", "assets"}
	sees := func(when string, b *backEnd, companies ...string) string {
		t.Helper()
		slices.Sort(companies)
		if got := lists(b, "/companies"); !slices.Equal(got, companies) {
			return fmt.Sprintf("%s: companies %v, want %v", when, got, companies)
		}
		for i, name := range names {
			var want []string
			for _, c := range companies {
				want = append(want, own[c][i])
			}
			got := slices.Sorted(slices.Values(lists(b, "/"+name)))
			if slices.Sort(want); !slices.Equal(got, want) {
				return fmt.Sprintf("%s: %s %v, want %v", when, name, got, want)
			}
		}
		return ""
	}
	if wrong := sees("unlinked", x.cora, x.bakery); wrong != "" {
		return wrong
	}
	cursor := x.cora.do(200, "GET", portal.Base+"/updates", nil)["cursor"].(string)
	x.changes("customers", x.branch, fields{"group": x.bakery})
	if wrong := sees("linked", x.cora, x.bakery, x.branch); wrong != "" {
		return wrong
	}
	if me := x.cora.do(200, "GET", portal.Base+"/me", nil); me["company"] != x.bakery || fmt.Sprint(me["linked"]) != "["+x.branch+"]" {
		return fmt.Sprintf("me = %v", me)
	}
	news := x.cora.do(200, "GET", portal.Base+"/updates?since="+cursor, nil)
	if got := len(news["changed"].([]any)); got != 5 {
		return fmt.Sprintf("a link is told as %d records, want the branch's five: %v", got, news)
	}
	if wrong := sees("somebody else", x.lena, x.laundry); wrong != "" {
		return wrong
	}
	if wrong := sees("the branch's own", x.client("bob", x.branch), x.branch, kiosk); wrong != "" {
		return wrong
	}
	x.changes("customers", x.branch, fields{"group": nil})
	if wrong := sees("unlinked again", x.cora, x.bakery); wrong != "" {
		return wrong
	}
	if gone := x.cora.do(200, "GET", portal.Base+"/updates?since="+news["cursor"].(string), nil); len(gone["removed"].([]any)) != 5 {
		return fmt.Sprintf("a link that was taken away is told as %v", gone)
	}
	return ""
}

// TestW22_NothingInternal: in no answer is anything but what the portal is for, and who comes only where the company says so.
func TestW22_NothingInternal(t *testing.T) { found(t, portalSecrets(t)) }

func portalSecrets(t *testing.T) string {
	t.Helper()
	x := openTown(t)
	site := x.makes("sites", fields{"customer": x.bakery, "name": "Yard", "access": "SECRET code", "safety": "SECRET dog"})
	x.makes("assets", fields{"site": site, "name": "Oven", "remarks": "SECRET rust"})
	job := x.makes("jobs", fields{
		"title": "SECRET", "description": "SECRET", "instructions": "SECRET", "safety": "SECRET", "client_title": "Boiler", "customer": x.bakery, "site": site,
		"order_number": "SECRET", "auto_title": "SECRET", "trade": "SECRET", "external_id": "SECRET",
	})
	x.makes("job_cards", fields{"job": job, "address": "SECRET lane"})
	x.makes("job_contacts", fields{"job": job, "name": "SECRET contact"})
	x.makes("job_commercials", fields{"job": job, "price": "99.00", "remarks": "SECRET"})
	x.makes("tasks", fields{"job": job, "title": "SECRET task"})
	for label, digits := range map[string]string{"internal": "a0", "field": "b0"} {
		x.makes("notes", fields{"job": job, "text": "SECRET", "audience": label})
		x.makes("files", fields{"job": job, "kind": "photo", "hash": strings.Repeat(digits, 32), "caption": "SECRET", "audience": label})
	}
	x.makes("files", fields{"job": job, "kind": "photo", "hash": strings.Repeat("a1", 32), "caption": "The new boiler", "audience": "client", "original_name": "SECRET.jpg"})
	x.makes("assignments", fields{"job": job, "user": x.users["ben@acme"].String()})
	everything := func() (all string) {
		for _, name := range []string{"companies", "sites", "contacts", "assets", "jobs", "notes", "files", "history"} {
			all += gets(x.cora, "/"+name)
		}
		return all + gets(x.cora, "/jobs/"+job) + gets(x.cora, "/me") + gets(x.cora, "/updates")
	}
	var id model.RecordID
	check(t, id.UnmarshalText([]byte(job)))
	w := x.handset("acme", "ben").connect()
	var l ledger
	l.settle(w)
	w.push(made(model.VisitEvents, model.RecordID{}, under(id), textOf(model.VisitEventKind, "accept")))
	all := everything()
	if at := strings.Index(all, "SECRET"); at >= 0 {
		return "the portal shows " + all[max(0, at-60):min(len(all), at+30)]
	}
	for _, word := range []string{"offered", "accepted", `"status"`, `"engineers"`, "ben", x.users["ben@acme"].String(), x.users["amy@acme"].String(), "LAUNDRY", "job_cards", "assignments"} {
		if strings.Contains(all, word) {
			return "the portal shows " + word
		}
	}
	if !strings.Contains(all, "The new boiler") || !strings.Contains(all, "Boiler") {
		return "the portal does not show what it is for: " + all
	}
	x.amy.do(200, "PATCH", "/v1/settings", fields{"portal_engineers": true})
	if got := x.cora.do(200, "GET", portal.Base+"/jobs/"+job, nil); got["engineers"] != "ben" {
		return fmt.Sprintf("where the company shows who comes the job is %v", got)
	}
	cursor := x.cora.do(200, "GET", portal.Base+"/updates", nil)["cursor"].(string)
	x.amy.do(200, "PATCH", "/v1/settings", fields{"portal_engineers": false})
	if got := gets(x.cora, "/updates?since="+cursor); !strings.Contains(got, `"keep":[{"collection":"jobs"`) || strings.Contains(got, "engineers") || strings.Contains(gets(x.cora, "/jobs"), "engineers") {
		return "names that are shown no more are taken back as " + got
	}
	return ""
}

// TestW23_NoOtherClientsJob: what is labelled for the client goes with the job to whoever's it is; a draft is nobody's, and
// whoever may not look customers up puts nothing into a portal by naming one.
func TestW23_NoOtherClientsJob(t *testing.T) { found(t, portalMixing(t)) }

func portalMixing(t *testing.T) string {
	t.Helper()
	x := openTown(t)
	job := x.makes("jobs", fields{"client_title": "Boiler", "customer": x.bakery, "draft": true})
	note := x.makes("notes", fields{"job": job, "text": "For you", "audience": "client"})
	file := x.makes("files", fields{"job": job, "kind": "photo", "hash": strings.Repeat("a1", 32), "audience": "client"})
	whose := func(when string, has, not *backEnd) string {
		t.Helper()
		for path, id := range map[string]string{"/jobs": job, "/notes": note, "/files": file} {
			if got := lists(not, path); got != nil {
				return fmt.Sprintf("%s: %s shows %v", when, path, got)
			}
			if got := answers(not, "GET", portal.Base+path+"/"+id, nil); got != "404 not_found" {
				return fmt.Sprintf("%s: %s/%s is answered %s", when, path, id, got)
			}
			if got := lists(has, path); has != not && !slices.Equal(got, []string{id}) {
				return fmt.Sprintf("%s: %s shows %v, want %s", when, path, got, id)
			}
		}
		return ""
	}
	if wrong := whose("a draft", x.cora, x.cora); wrong != "" {
		return wrong
	}
	x.changes("jobs", job, fields{"draft": false})
	if wrong := whose("the bakery's", x.cora, x.lena); wrong != "" {
		return wrong
	}
	x.changes("jobs", job, fields{"customer": x.laundry})
	if wrong := whose("the laundry's", x.lena, x.cora); wrong != "" {
		return wrong
	}
	x.changes("jobs", job, fields{"customer": nil})
	if wrong := whose("nobody's", x.lena, x.lena); wrong != "" {
		return wrong
	}
	hired := access.DefaultSets(model.Subcontractor)
	hired.Mobile[access.MobileCreateJob], hired.Mobile[access.MobileCustomers] = access.On, access.ReadOnly
	x.addUser("acme", "sid", model.Subcontractor, hired)
	sets := access.DefaultSets(model.Mobile)
	sets.Mobile[access.MobileCreateJob], sets.Mobile[access.MobileCustomers] = access.On, access.Full
	x.addUser("acme", "max", model.Mobile, sets)
	var bakery model.RecordID
	check(t, bakery.UnmarshalText([]byte(x.bakery)))
	names := func(login string) string {
		w := x.handset("acme", login).connect()
		var l ledger
		l.settle(w)
		c := made(model.Jobs, randomRecord(), textOf(model.JobTitle, "Made in the field"), ref(model.JobCustomer, bakery))
		if a := w.push(c); a[0].Outcome != model.OutcomeApplied {
			t.Fatalf("a job of %s = %v, %d", login, a[0].Outcome, a[0].Reason)
		}
		return c.Record.String()
	}
	names("sid")
	if got := lists(x.cora, "/jobs"); got != nil {
		return fmt.Sprintf("a subcontractor puts jobs into the portal of whomever they name: %v", got)
	}
	seen := names("max")
	if got := lists(x.cora, "/jobs"); !slices.Equal(got, []string{seen}) {
		return fmt.Sprintf("a job by somebody who looks customers up is %v, want %s", got, seen)
	}
	check(t, x.engine.SetLevels(t.Context(), x.tenants["acme"], x.users["max@acme"], func() []byte {
		sets.Mobile[access.MobileCreateJob] = access.Off
		return sets.Encode()
	}(), x.operator.now()))
	x.changes("jobs", seen, fields{"client_title": "Still shown"})
	if got := lists(x.cora, "/jobs"); !slices.Equal(got, []string{seen}) {
		return fmt.Sprintf("when its author may look up no more it is %v, want it to stay", got)
	}
	return ""
}

// TestS2_OneAnswerForWhatIsNotThere: hidden, deleted, never there, another client's, another company's and another collection's.
func TestS2_OneAnswerForWhatIsNotThere(t *testing.T) { found(t, portalMissing(t)) }

func portalMissing(t *testing.T) string {
	t.Helper()
	x := openTown(t)
	job := x.makes("jobs", fields{"client_title": "Ours", "customer": x.bakery})
	other := x.makes("jobs", fields{"client_title": "Theirs", "customer": x.laundry})
	nobodys := x.makes("jobs", fields{"client_title": "Nobody's"})
	hidden := x.makes("notes", fields{"job": job, "text": "SECRET", "audience": "internal"})
	deleted := x.makes("notes", fields{"job": job, "text": "For you", "audience": "client"})
	x.amy.send(204, "DELETE", "/v1/notes/"+deleted, nil)
	gone := x.makes("jobs", fields{"client_title": "Gone", "customer": x.bakery})
	x.amy.send(204, "DELETE", "/v1/jobs/"+gone, nil)
	foreign := x.newJobOf("ben", "other", "another company's").String()
	want := ""
	for _, id := range []string{randomRecord().String(), other, nobodys, hidden, deleted, gone, foreign, x.laundry, x.users["ben@acme"].String(), "nonsense", strings.Repeat("0", 32)} {
		for _, name := range []string{"jobs", "notes", "files", "companies", "sites", "contacts", "assets"} {
			a := x.cora.raw("GET", portal.Base+"/"+name+"/"+id, map[string]string{"X-Request-Id": "same"}, nil)
			got := fmt.Sprint(a.status, a.header.Get("Content-Type"), a.header.Get("ETag"), string(a.body))
			if want == "" {
				want = got
			}
			if a.status != 404 || got != want {
				return fmt.Sprintf("%s/%s is answered %s, want %s", name, id, got, want)
			}
		}
		if id == "nonsense" || id == strings.Repeat("0", 32) {
			continue
		}
		for _, path := range []string{"/notes?job=", "/files?job=", "/assets?site=", "/sites?company=", "/contacts?company="} {
			if got := gets(x.cora, path+id); got != `{"items":[]}`+"\n" {
				return fmt.Sprintf("%s%s is answered %s", path, id, got)
			}
		}
	}
	if a := x.cora.raw("GET", portal.Base+"/notes/"+job, nil, nil); a.status != 404 {
		return "a job is found among the notes"
	}
	return ""
}

// TestS5_PagesCountWhatIsShown: pages and cursors are of the filtered set alone.
func TestS5_PagesCountWhatIsShown(t *testing.T) { found(t, portalPages(t)) }

func portalPages(t *testing.T) string {
	t.Helper()
	x := openTown(t)
	var ops []fields
	for i := range 40 {
		ops = append(ops, fields{"op": "create", "collection": "jobs", "fields": fields{"client_title": fmt.Sprint(i), "customer": []string{x.bakery, x.laundry, x.laundry, x.laundry}[i%4]}})
	}
	x.amy.do(200, "POST", "/v1/bulk", fields{"operations": ops})
	pages := 0
	seen := map[string]bool{}
	for path := portal.Base + "/jobs?limit=4"; path != ""; pages++ {
		page := x.cora.do(200, "GET", path, nil)
		items := page["items"].([]any)
		for _, item := range items {
			seen[item.(fields)["id"].(string)] = true
		}
		next, more := page["next"].(string)
		if more && len(items) != 4 || !more && len(items) != 2 {
			return fmt.Sprintf("page %d has %d of ten jobs, next %q", pages, len(items), next)
		}
		if path = ""; more {
			path = portal.Base + "/jobs?limit=4&after=" + next
		}
	}
	if len(seen) != 10 || pages != 3 {
		return fmt.Sprintf("%d jobs on %d pages, want ten on three", len(seen), pages)
	}
	return ""
}
