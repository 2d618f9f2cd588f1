package api_test

import (
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestRepeat: whatever is asked twice under one key is done once, and answered the same with the record as it is by then.
func TestRepeat(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	job := w.create(amy, "jobs", fields{"title": "Boiler"})
	id := w.create(amy, "customers", fields{"name": "ACME", "external_id": "c0"})
	gone := w.create(amy, "customers", fields{"name": "Gone"})
	for i, c := range []struct {
		status       int
		method, path string
		body         any
	}{
		{201, "POST", "/v1/customers", fields{"name": "Once"}},
		{201, "POST", "/v1/notes", fields{"job": job, "text": "once"}},
		{201, "PUT", "/v1/customers/by-external-id/c1", fields{"name": "Once"}},
		{200, "PUT", "/v1/customers/by-external-id/c0", fields{"name": "ACME Ltd"}},
		{200, "PATCH", "/v1/customers/" + id, fields{"phone": "1"}},
		{200, "PATCH", "/v1/customers/" + id, fields{"phone": "1"}}, // there is nothing to do
		{204, "DELETE", "/v1/customers/" + gone, nil},
		{200, "POST", "/v1/bulk", fields{"operations": []fields{
			op("create", "customers", "", fields{"name": "In bulk"}), op("update", "customers", "c0", fields{"phone": nil}), op("upsert", "customers", "c0", fields{"name": "ACME Ltd"}),
			op("update", "customers", "none", fields{"phone": "1"}), op("create", "sites", "", fields{"name": "x", "customer": fields{"external_id": "none"}}),
			op("create", "customers", "", fields{"nam": "typo"}),
		}}},
	} {
		key := fmt.Sprint("key-", i)
		first := w.want(c.status, "", amy, c.method, c.path, c.body, "Idempotency-Key", key)
		_, cursor := w.snapshot(amy)
		again := w.want(c.status, "", amy, c.method, c.path, c.body, "Idempotency-Key", key)
		if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s %s: the repeat says %v", c.method, c.path, again.header)
		}
		if c.path == "/v1/bulk" {
			if string(first.body) != string(again.body) {
				t.Errorf("bulk = %s, its repeat %s: what is wrong is told again", first.body, again.body)
			}
			if results(first) != results(again) || results(first) != "created updated unchanged failed failed failed" || result(first, 0)["id"] != result(again, 0)["id"] {
				t.Errorf("bulk = %s, its repeat %s", first.body, again.body)
			}
		} else if string(first.body) != string(again.body) || first.header.Get("Location") != again.header.Get("Location") || first.header.Get("ETag") != again.header.Get("ETag") {
			t.Errorf("%s %s = %s, its repeat %s", c.method, c.path, first.body, again.body)
		}
		if events := w.get(amy, "/v1/changes?since="+cursor).doc["events"].([]any); len(events) != 0 {
			t.Errorf("%s %s: the repeat did %v", c.method, c.path, events)
		}
	}
}

// TestALateRepeatUndoesNothing: not even one that found nothing to do the first time.
func TestALateRepeatUndoesNothing(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	path := "/v1/customers/" + w.create(amy, "customers", fields{"name": "ACME", "phone": "1"})
	for _, key := range []string{"nothing to do", "nothing to do"} {
		w.want(400, "bad_request", amy, "PATCH", path, fields{"phone": "1"}, "Idempotency-Key", key) // a space
	}
	w.want(200, "", amy, "PATCH", path, fields{"phone": "1"}, "Idempotency-Key", "k1")
	w.want(200, "", amy, "PATCH", path, fields{"phone": "2"}, "Idempotency-Key", "k2")
	w.want(200, "", amy, "PATCH", path, fields{"phone": "3"})
	for _, key := range []string{"k1", "k2"} {
		phone := map[string]string{"k1": "1", "k2": "2"}[key]
		if a := w.want(200, "", amy, "PATCH", path, fields{"phone": phone}, "Idempotency-Key", key); a.doc["phone"] != "3" {
			t.Errorf("a late repeat of %s = %s, want what came since to stand", key, a.body)
		}
	}
	w.want(204, "", amy, "DELETE", path, nil)
	w.want(200, "", amy, "PATCH", path, fields{"phone": "2"}, "Idempotency-Key", "k2") // it was done, whatever became of the record
}

// TestAFailedRequestKeepsNoKey: what was turned away as it stood may be sent right under the same key.
func TestAFailedRequestKeepsNoKey(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	w.want(400, "bad_request", amy, "POST", "/v1/customers", fields{"nam": "typo"}, "Idempotency-Key", "k")
	w.want(403, "scope_missing", w.key("amy", "read"), "POST", "/v1/customers", fields{"name": "a"}, "Idempotency-Key", "k")
	w.want(201, "", amy, "POST", "/v1/customers", fields{"name": "right"}, "Idempotency-Key", "k")
	w.want(422, "key_reused", amy, "POST", "/v1/customers", fields{"name": "wrong"}, "Idempotency-Key", "k")
}

// TestKeysAreTheCallersOwn: two callers may draw the same idempotency key.
func TestKeysAreTheCallersOwn(t *testing.T) {
	w := newWorld(t)
	a := w.want(201, "", w.key("amy"), "POST", "/v1/customers", fields{"name": "a"}, "Idempotency-Key", "1")
	b := w.want(201, "", w.key("amy", "write"), "POST", "/v1/customers", fields{"name": "a"}, "Idempotency-Key", "1")
	if a.doc["id"] == b.doc["id"] {
		t.Error("two keys of the API share an idempotency key")
	}
}

// TestAfterADay: the key is forgotten, the work is not done twice all the same.
func TestAfterADay(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	w.want(201, "", amy, "POST", "/v1/customers", fields{"name": "Once"}, "Idempotency-Key", "k")
	w.Lock()
	w.clock += model.RequestLife + 1
	w.Unlock()
	if a := w.ask(amy, "POST", "/v1/customers", fields{"name": "Once"}, "Idempotency-Key", "k"); a.status < 400 {
		t.Errorf("a day later = %d %s", a.status, a.body)
	}
	if list := w.want(200, "", amy, "GET", "/v1/customers", nil).doc["items"].([]any); len(list) != 1 {
		t.Errorf("customers = %v, want one", list)
	}
}

// TestTwoAtOnce: of two requests under one key at the same time one is done, and both are told so.
func TestTwoAtOnce(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	path := "/v1/customers/" + w.create(amy, "customers", fields{"name": "ACME"})
	var other answer
	w.meanwhile(func() { other = w.want(200, "", amy, "PATCH", path, fields{"phone": "1"}, "Idempotency-Key", "k") })
	a := w.want(200, "", amy, "PATCH", path, fields{"phone": "1"}, "Idempotency-Key", "k")
	if a.header.Get("Idempotency-Replayed") != "true" || string(a.body) != string(other.body) {
		t.Errorf("the second = %v %s, want the first's: %s", a.header, a.body, other.body)
	}
	w.meanwhile(func() { w.want(200, "", amy, "PATCH", path, fields{"phone": "2"}, "Idempotency-Key", "k2") })
	w.want(422, "key_reused", amy, "PATCH", path, fields{"phone": "3"}, "Idempotency-Key", "k2")
}
