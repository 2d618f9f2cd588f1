package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// conflict makes two edits of a customer's phone meet, so that 1 lost against 2.
func (w *world) conflict(amy, other string) (customer, item string) {
	w.t.Helper()
	customer = w.create(amy, "customers", fields{"name": "SECRET Ltd", "phone": "0"})
	w.meanwhile(func() { w.want(200, "", other, "PATCH", "/v1/customers/"+customer, fields{"phone": "1"}) })
	w.want(200, "", amy, "PATCH", "/v1/customers/"+customer, fields{"phone": "2"})
	items, _ := w.want(200, "", amy, "GET", "/v1/review_items?kind=conflict&state=open&subject="+customer, nil).doc["items"].([]any)
	if len(items) != 1 {
		w.t.Fatalf("%d items about the conflict, want 1", len(items))
	}
	item, _ = items[0].(fields)["id"].(string)
	return customer, "/v1/review/" + item
}

func (w *world) phone(key, customer string) any {
	w.t.Helper()
	return w.want(200, "", key, "GET", "/v1/customers/"+customer, nil).doc["phone"]
}

// TestR7_AdoptingIsOneRequest: the value that lost stands and the item is closed, once, however often it is asked; whoever
// comes second is told.
func TestR7_AdoptingIsOneRequest(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	customer, item := w.conflict(amy, other)
	w.want(412, "stale", amy, "POST", item+"/adopt", nil, "If-Match", `"00000000000000000000000000000000"`)
	for range 2 {
		if a := w.want(200, "", amy, "POST", item+"/adopt", nil, "Idempotency-Key", "one"); a.doc["state"] != "resolved" || a.header.Get("ETag") == "" {
			t.Errorf("adopted: %s %v", a.body, a.header)
		}
		if got := w.phone(amy, customer); got != "1" {
			t.Errorf("the phone is %v, want the value that lost", got)
		}
	}
	w.want(409, "decided", amy, "POST", item+"/adopt", nil)
	w.want(409, "decided", amy, "POST", item+"/dismiss", nil)
	w.want(404, "not_found", amy, "POST", "/v1/review/"+customer+"/adopt", nil)
}

// TestR7_DismissingLeavesWhatStands: and keeps what lost.
func TestR7_DismissingLeavesWhatStands(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	customer, item := w.conflict(amy, other)
	a := w.want(200, "", amy, "POST", item+"/dismiss", nil)
	if a.doc["state"] != "resolved" || a.doc["lost"].(fields)["value"] != "1" || w.phone(amy, customer) != "2" {
		t.Errorf("dismissed: %s; the phone is %v", a.body, w.phone(amy, customer))
	}
}

// TestR7_OfTwoWhoDecideOneDoes: the second is told inside the commit, and does nothing.
func TestR7_OfTwoWhoDecideOneDoes(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	customer, item := w.conflict(amy, other)
	looks := 0
	w.looked = func() { // the look that the request stands on
		if looks++; looks == 1 {
			w.looked = nil
			w.want(200, "", other, "POST", item+"/dismiss", nil)
		}
	}
	w.want(409, "decided", amy, "POST", item+"/adopt", nil)
	if got := w.phone(amy, customer); got != "2" {
		t.Errorf("the phone is %v after a decision that came too late", got)
	}
}

// TestR7_NobodyClosesWhatTheyHaveNotSeen: a value that is folded into an item while it is decided keeps that open, whenever it comes.
func TestR7_NobodyClosesWhatTheyHaveNotSeen(t *testing.T) {
	for when, between := range map[string]func(*world, func()){
		"after the item was read":     func(w *world, do func()) { w.listed = func() { w.listed = nil; do() } },
		"after the item was found so": (*world).meanwhile,
	} {
		w := newWorld(t)
		amy, other := w.key("amy"), w.key("amy", "write")
		customer, item := w.conflict(amy, other)
		between(w, func() {
			w.meanwhile(func() { w.want(200, "", other, "PATCH", "/v1/customers/"+customer, fields{"phone": "3"}) })
			w.want(200, "", amy, "PATCH", "/v1/customers/"+customer, fields{"phone": "4"})
		})
		w.want(412, "stale", amy, "POST", item+"/adopt", nil)
		if a := w.want(200, "", amy, "GET", item, nil); a.doc["state"] != "open" || a.doc["count"] != 2.0 || w.phone(amy, customer) != "4" {
			t.Errorf("%s: %s, and the phone is %v", when, a.body, w.phone(amy, customer))
		}
	}
}

// TestR7_AdoptingWantsTheRight: who may not edit the record may not adopt either, and the item stays open; who does not see
// the record does not see the item.
func TestR7_AdoptingWantsTheRight(t *testing.T) {
	w := newWorld(t)
	amy, other, dan := w.key("amy"), w.key("amy", "write"), w.key("dan")
	reads := access.RoleSets(access.Admin)
	reads.Web[access.WebCustomers] = access.ReadOnly
	w.addUser("rita", model.Desktop, reads)
	rita := w.key("rita")
	customer, item := w.conflict(amy, other)
	w.want(404, "not_found", dan, "POST", item+"/adopt", nil)
	w.want(404, "not_found", dan, "POST", item+"/dismiss", nil)
	w.want(http.StatusForbidden, "not_allowed", rita, "POST", item+"/adopt", nil)
	w.want(http.StatusForbidden, "scope_missing", w.key("amy", "read"), "POST", item+"/adopt", nil)
	if a := w.want(200, "", amy, "GET", item, nil); a.doc["state"] != "open" || w.phone(amy, customer) != "2" {
		t.Errorf("after refusals: %s, phone %v", a.body, w.phone(amy, customer))
	}
}

// TestHistoryOfARecord: who changed what, what it replaced, page by page; and nothing of it to who does not see the record.
func TestHistoryOfARecord(t *testing.T) {
	w := newWorld(t)
	amy, other, dan := w.key("amy"), w.key("amy", "write"), w.key("dan")
	customer, item := w.conflict(amy, other)
	w.want(200, "", amy, "POST", item+"/adopt", nil)
	w.create(amy, "customers", fields{"name": "another"})
	path := "/v1/history/customers/" + customer
	var seen []string
	for next, more := "", true; more; {
		a := w.want(200, "", amy, "GET", path+"?limit=1"+next, nil)
		for _, e := range a.doc["events"].([]any) {
			e := e.(fields)
			if e["record"] != customer || e["author"] != w.users["amy"].String() || e["at"] == nil || e["occurred_at"] == nil {
				t.Errorf("event %v", e)
			}
			phone := e["fields"].(fields)["phone"].(fields)
			before, _ := phone["before"].(string)
			if e["type"] == "customers.lost" {
				before += " lost "
			}
			seen = append(seen, before+">"+phone["after"].(string))
		}
		next, more = "&since="+a.doc["cursor"].(string), a.doc["more"].(bool)
	}
	if got := strings.Join(seen, " "); got != ">0 0>1 1>2 1 lost >2 2>1" {
		t.Errorf("the phone's history is %s", got)
	}
	w.want(404, "not_found", dan, "GET", path, nil)
	w.want(404, "not_found", amy, "GET", "/v1/history/jobs/"+customer, nil)
	w.want(404, "not_found", amy, "GET", "/v1/history/customers/"+strings.Repeat("7", 32), nil)
	w.want(404, "not_found", amy, "GET", "/v1/history/nothing/"+customer, nil)
	w.want(400, "bad_request", amy, "GET", path+"?limit=0", nil)
}

// inboxOf is the items that a key's owner is told of, and how many there are of each kind.
func (w *world) inboxOf(key, query string) (items []fields, counts fields) {
	w.t.Helper()
	a := w.want(200, "", key, "GET", "/v1/review"+query, nil)
	list, _ := a.doc["items"].([]any)
	for _, i := range list {
		items = append(items, i.(fields))
	}
	counts, _ = a.doc["counts"].(fields)
	return items, counts
}

// TestW51_OnePlace: what needs a person is in one list, with both values, who said them and when; asked for by kind, grade, person
// and state, page by page.
func TestW51_OnePlace(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	customer, item := w.conflict(amy, other)
	second, _ := w.conflict(amy, other) // of the same name
	items, counts := w.inboxOf(amy, "?kind=conflict&grade=parallel&person="+w.users["amy"].String())
	if len(items) != 2 || counts["conflict"] != 2.0 {
		t.Fatalf("items %v, counts %v", items, counts)
	}
	a := w.want(200, "", amy, "GET", item, nil)
	for name, want := range map[string]any{
		"kind": "conflict", "state": "open", "grade": "parallel", "count": 1.0, "collection": "customers", "record": customer, "field": "phone",
	} {
		if a.doc[name] != want {
			t.Errorf("%s is %v, want %v", name, a.doc[name], want)
		}
	}
	lost, stands := a.doc["lost"].(fields), a.doc["stands"].(fields)
	if lost["value"] != "1" || stands["value"] != "2" || lost["author"] != w.users["amy"].String() || stands["author"] != lost["author"] || lost["at"] == nil || stands["at"] == nil {
		t.Errorf("both values: %v, %v", lost, stands)
	}
	w.want(304, "", amy, "GET", item, nil, "If-None-Match", a.header.Get("ETag"))
	page := w.want(200, "", amy, "GET", "/v1/review?limit=1", nil)
	next, _ := page.doc["next"].(string)
	rest, _ := w.inboxOf(amy, "?limit=1&after="+next)
	if next == "" || len(rest) != 1 || rest[0]["id"] == page.doc["items"].([]any)[0].(fields)["id"] {
		t.Errorf("the pages: %s, then %v", page.body, rest)
	}
	w.want(200, "", amy, "POST", item+"/dismiss", fields{"why": "the other one is right"}, "If-Match", a.header.Get("ETag"))
	for query, want := range map[string]int{"?kind=conflict": 1, "?kind=duplicate_customer": 1, "?state=resolved": 1, "?state=all": 3, "?kind=held": 0, "?person=" + customer: 0, "?grade=late": 0, "?job=" + second: 0} {
		if items, _ := w.inboxOf(amy, query); len(items) != want {
			t.Errorf("%s: %d items, want %d", query, len(items), want)
		}
	}
	gone := w.want(200, "", amy, "GET", item, nil)
	if gone.doc["decision"] != "dismissed" || gone.doc["why"] != "the other one is right" || gone.doc["decided_by"] != w.users["amy"].String() || gone.doc["decided_at"] == nil {
		t.Errorf("who decided it, and why: %s", gone.body)
	}
	for _, query := range []string{"?kind=nothing", "?grade=a", "?state=b", "?job=c", "?person=d", "?limit=0"} {
		w.want(400, "bad_request", amy, "GET", "/v1/review"+query, nil)
	}
	w.want(400, "bad_cursor", amy, "GET", "/v1/review?after=x", nil)
	w.want(404, "not_found", amy, "GET", "/v1/review/"+customer, nil)
	w.want(404, "not_found", amy, "GET", "/v1/review/"+strings.Repeat("0", 32), nil)
}

// TestR7_AnyLoserIsRestored: of an item that stands for several, whichever is named; the others stay in the history.
func TestR7_AnyLoserIsRestored(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	customer, item := w.conflict(amy, other)
	w.meanwhile(func() { w.want(200, "", other, "PATCH", "/v1/customers/"+customer, fields{"phone": "3"}) })
	w.want(200, "", amy, "PATCH", "/v1/customers/"+customer, fields{"phone": "4"})
	if a := w.want(200, "", amy, "GET", item, nil); a.doc["count"] != 2.0 || a.doc["lost"].(fields)["value"] != "3" {
		t.Fatalf("two conflicts: %s", a.body)
	}
	first := ""
	for _, e := range w.want(200, "", amy, "GET", "/v1/history/customers/"+customer, nil).doc["events"].([]any) {
		if e := e.(fields); e["type"] == "customers.lost" && e["fields"].(fields)["phone"].(fields)["before"] == "1" {
			first, _ = e["change"].(string)
		}
	}
	w.want(400, "bad_request", amy, "POST", item+"/restore", fields{"change": customer})
	w.want(400, "bad_request", amy, "POST", item+"/restore", fields{"force": true})
	w.want(422, "refused", amy, "POST", item+"/release", nil)
	for range 2 {
		a := w.want(200, "", amy, "POST", item+"/restore", fields{"change": first, "why": "I asked"}, "Idempotency-Key", "again")
		if a.doc["decision"] != "restored" || w.phone(amy, customer) != "1" {
			t.Errorf("restored: %s; the phone is %v", a.body, w.phone(amy, customer))
		}
	}
	w.want(409, "decided", amy, "POST", item+"/restore", nil)
}

// TestHeldInTheInbox: waiting work is there with what it says, is decided once, and a request that is repeated is answered again.
func TestHeldInTheInbox(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	parent, note := model.RecordID{7}, model.RecordID([16]byte([]byte("a note of no job"))) // the record of a fact goes by its change
	held := w.push("amy", model.Change{ID: model.ChangeID(note), Op: model.OpCreate, Collection: model.Notes, Record: note, Fields: []model.Assign{
		{Field: model.FieldParent, Value: model.Ref(parent)}, {Field: model.NoteText, Value: model.Text("waits")},
	}})
	if held.Outcome != model.OutcomeHeld {
		t.Fatalf("a note of no job = %v, want it held", held)
	}
	items, counts := w.inboxOf(amy, "?kind=held")
	if len(items) != 1 || counts["held"] != 1.0 || items[0]["held"].(fields)["fields"].(fields)["text"] != "waits" {
		t.Fatalf("items %v, counts %v", items, counts)
	}
	item := "/v1/review/" + items[0]["id"].(string)
	w.want(422, "refused", amy, "POST", item+"/restore", nil)
	for i := range 2 {
		a := w.want(200, "", amy, "POST", item+"/dismiss", fields{"why": "there is no such job"}, "Idempotency-Key", "no-job")
		if a.doc["decision"] != "dismissed" || a.doc["why"] != "there is no such job" || a.doc["decided_by"] != w.users["amy"].String() {
			t.Errorf("dismissed: %s", a.body)
		}
		if replayed := a.header.Get("Idempotency-Replayed") == "true"; replayed != (i > 0) {
			t.Errorf("time %d is told as a repeat: %t", i+1, replayed)
		}
	}
	w.want(422, "key_reused", amy, "POST", item+"/dismiss", fields{"why": "another"}, "Idempotency-Key", "no-job")
	w.want(409, "decided", amy, "POST", item+"/release", nil)
}

// TestHeldIsCorrected: held work is let in with other values than it says; what is wrong with them is told as of any document.
func TestHeldIsCorrected(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	job := w.create(amy, "jobs", fields{"title": "Oven door"})
	note := model.RecordID([16]byte([]byte("a note of no job")))
	w.push("amy", model.Change{ID: model.ChangeID(note), Op: model.OpCreate, Collection: model.Notes, Record: note, Fields: []model.Assign{
		{Field: model.FieldParent, Value: model.Ref(model.RecordID{7})}, {Field: model.NoteText, Value: model.Text("part 4711")},
	}})
	items, _ := w.inboxOf(amy, "?kind=held")
	release := "/v1/review/" + items[0]["id"].(string) + "/release"
	held := "/v1/held/" + items[0]["held"].(fields)["change"].(string) + "/release"
	for _, at := range []string{release, held} {
		for location, values := range map[string]any{
			"body.values.text": fields{"text": 7}, "body.values.nothing": fields{"nothing": "x"}, "body.values.author": fields{"author": job}, "body.values": []any{},
			"body.values.audience": fields{"audience": "field"}, // of which the change says nothing
		} {
			a := w.want(400, "bad_request", amy, "POST", at, fields{"values": values})
			if !strings.Contains(string(a.body), `"location":"`+location+`"`) {
				t.Errorf("%v: %s, want a fault of %s", values, a.body, location)
			}
		}
	}
	for _, at := range []string{release, held, strings.TrimSuffix(held, "release") + "dismiss"} {
		for _, why := range []string{strings.Repeat("x", 501), "two\nlines"} {
			if a := w.want(400, "bad_request", amy, "POST", at, fields{"why": why}); !strings.Contains(string(a.body), "body.why") {
				t.Errorf("%s, why %.10q: %s", at, why, a.body)
			}
		}
	}
	for range 2 {
		a := w.want(200, "", amy, "POST", release, fields{"values": fields{"job": job, "text": "part 4712"}, "why": "mistyped"}, "Idempotency-Key", "corrects")
		if a.doc["decision"] != "released" || a.doc["why"] != "mistyped" {
			t.Errorf("released: %s", a.body)
		}
	}
	w.want(409, "decided", amy, "POST", release, fields{"values": fields{"job": job}})
	w.want(404, "not_found", amy, "POST", held, fields{"values": fields{"job": job}})
	if a := w.want(200, "", amy, "GET", "/v1/notes/"+note.String(), nil); a.doc["text"] != "part 4712" || a.doc["job"] != job {
		t.Errorf("the note is %s", a.body)
	}
}

// TestADuplicateIsAdopted: that one customer is another one is said in one action, once, of whom it is by now; of one who is gone it is not.
func TestADuplicateIsAdopted(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	customer := func(name string) string { return w.create(amy, "customers", fields{"name": name}) }
	asked := func(subject string) string {
		t.Helper()
		list, _ := w.get(amy, "/v1/review?kind=duplicate_customer").doc["items"].([]any)
		for _, item := range list {
			if item, _ := item.(map[string]any); item["record"] == subject {
				return item["id"].(string)
			}
		}
		t.Fatalf("nobody is asked about %s: %v", subject, list)
		return ""
	}
	is := func(id string) any { return w.get(amy, "/v1/customers/"+id).doc["merged_into"] }

	first := customer("ACME")
	again := customer("acme")
	item := asked(again)
	w.want(200, "", amy, "POST", "/v1/review/"+item+"/adopt", nil)
	w.want(409, "decided", amy, "POST", "/v1/review/"+item+"/adopt", nil)
	if is(again) != first {
		t.Errorf("it is %v, want %s", is(again), first)
	}

	bakery, other := customer("Bakery"), customer("Mill Lane Bakery")
	again = customer("bakery")
	item = asked(again)
	w.want(200, "", amy, "PATCH", "/v1/customers/"+bakery, fields{"merged_into": other})
	w.want(200, "", amy, "POST", "/v1/review/"+item+"/adopt", nil)
	if is(again) != other {
		t.Errorf("it is %v, want %s, who the one that was proposed is", is(again), other)
	}

	shop := customer("Corner Shop")
	again = customer("corner shop")
	item = asked(again)
	w.want(204, "", amy, "DELETE", "/v1/customers/"+shop, nil)
	w.want(422, "invalid", amy, "POST", "/v1/review/"+item+"/adopt", nil)
	w.want(200, "", amy, "POST", "/v1/review/"+item+"/dismiss", nil)
	if is(again) != nil {
		t.Errorf("it is %v", is(again))
	}
}
