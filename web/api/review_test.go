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
	return customer, "/v1/review_items/" + item
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
	w.want(404, "not_found", amy, "POST", "/v1/review_items/"+customer+"/adopt", nil)
}

// TestR7_DismissingLeavesWhatStands: and keeps what lost.
func TestR7_DismissingLeavesWhatStands(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	customer, item := w.conflict(amy, other)
	a := w.want(200, "", amy, "POST", item+"/dismiss", nil)
	if a.doc["state"] != "resolved" || a.doc["lost_client"] != "1" || w.phone(amy, customer) != "2" {
		t.Errorf("dismissed: %s; the phone is %v", a.body, w.phone(amy, customer))
	}
}

// TestR7_OfTwoWhoDecideOneDoes: the second is told inside the commit, and does nothing.
func TestR7_OfTwoWhoDecideOneDoes(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	customer, item := w.conflict(amy, other)
	looks := 0
	w.looked = func() { // the second look of the request: the one its edit stands on
		if looks++; looks == 2 {
			w.looked = nil
			w.want(200, "", other, "POST", item+"/dismiss", nil)
		}
	}
	w.want(409, "decided", amy, "POST", item+"/adopt", nil)
	if got := w.phone(amy, customer); got != "2" {
		t.Errorf("the phone is %v after a decision that came too late", got)
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
