package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// results are the statuses of a bulk answer, in order.
func results(a answer) string {
	var out []string
	list, _ := a.doc["results"].([]any)
	for _, r := range list {
		out = append(out, fmt.Sprint(r.(map[string]any)["status"]))
	}
	return strings.Join(out, " ")
}

func result(a answer, i int) map[string]any {
	list, _ := a.doc["results"].([]any)
	return list[i].(map[string]any)
}

func op(verb, collection, external string, f fields, more ...any) fields {
	out := fields{"op": verb, "collection": collection, "external_id": external}
	if f != nil {
		out["fields"] = f
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

func TestBulk(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	ops := []fields{
		op("upsert", "customers", "c1", fields{"name": "One"}),
		op("upsert", "sites", "s1", fields{"name": "Works", "customer": fields{"external_id": "c1"}}, "unit", 1),
		op("upsert", "sites", "s2", fields{"name": "Yard", "customer": fields{"external_id": "none"}}, "unit", 1),
		op("update", "customers", "c1", fields{"phone": "7"}),
		op("update", "customers", "c1", fields{"phone": "8"}),
		op("create", "customers", "c1", fields{"name": "Again"}),
		op("upsert", "customers", "c2", fields{"name": "Two"}, "unit", 2),
		op("upsert", "sites", "s3", fields{"name": "Depot", "customer": fields{"external_id": "c2"}}, "unit", 2),
		op("create", "customers", "", fields{"name": "Three", "external_id": "c3"}),
		op("delete", "customers", "c3", nil),
		op("delete", "customers", "c3", nil),
		op("create", "jobs", "", fields{"title": "Boiler", "customer": fields{"external_id": "c1"}}),
		op("update", "customers", "c9", fields{"phone": "7"}, "unit", 3),
		op("update", "customers", "c1", fields{"phone": "9"}, "unit", 3),
	}
	want := "created dropped failed updated updated failed created created created deleted failed created failed dropped"
	_, cursor := w.snapshot(amy)
	dry := w.want(200, "", amy, "POST", "/v1/bulk", fields{"dry_run": true, "operations": ops})
	if got := results(dry); got != want || dry.doc["dry_run"] != true || result(dry, 11)["id"] != nil {
		t.Errorf("dry run = %s, want %s: %s", got, want, dry.body)
	}
	if events := w.get(amy, "/v1/changes?since="+cursor).doc["events"].([]any); len(events) != 0 {
		t.Errorf("a dry run did %v", events)
	}
	a := w.want(200, "", amy, "POST", "/v1/bulk", fields{"operations": ops})
	if got := results(a); got != want {
		t.Errorf("bulk = %s, want %s: %s", got, want, a.body)
	}
	for i, want := range map[int]string{2: "unknown_reference", 5: "exists", 10: "not_found", 12: "not_found"} {
		if p, _ := result(a, i)["problem"].(map[string]any); p["code"] != want {
			t.Errorf("operation %d: %v, want %s", i, p, want)
		}
	}
	customer := w.get(amy, "/v1/customers/by-external-id/c1")
	if r := result(a, 4); customer.doc["phone"] != "8" || r["id"] != customer.doc["id"] || r["etag"] != customer.header.Get("ETag") || r["outcome"] != "applied" || r["external_id"] != "c1" {
		t.Errorf("the last edit = %v, the customer %s", r, customer.body)
	}
	if job := w.get(amy, "/v1/jobs/"+fmt.Sprint(result(a, 11)["id"])); job.doc["customer"] != customer.doc["id"] {
		t.Errorf("job = %s, want it to be of %s", job.body, customer.doc["id"])
	}
	if r := result(a, 8); r["external_id"] != "c3" {
		t.Errorf("a creation with the external id in its document = %v", r)
	}
	w.want(404, "not_found", amy, "GET", "/v1/sites/by-external-id/s1", nil)
}

// TestBulkUpsertChangesOnlyWhatDiffers: an import that is repeated does nothing at all.
func TestBulkUpsertChangesOnlyWhatDiffers(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	ops := []fields{
		op("upsert", "customers", "c1", fields{"name": "One", "phone": "7", "email": nil}),
		op("upsert", "sites", "s1", fields{"name": "Works", "customer": fields{"external_id": "c1"}}),
		op("upsert", "notes", "n1", fields{"text": "Mind the dog", "job": fields{"external_id": "j1"}}),
	}
	w.want(201, "", amy, "PUT", "/v1/jobs/by-external-id/j1", fields{"title": "Boiler"})
	first := w.want(200, "", amy, "POST", "/v1/bulk", fields{"operations": ops})
	_, cursor := w.snapshot(amy)
	again := w.want(200, "", amy, "POST", "/v1/bulk", fields{"operations": ops})
	if results(first) != "created created created" || results(again) != "unchanged unchanged unchanged" {
		t.Errorf("upserts = %s, then %s: %s", results(first), results(again), again.body)
	}
	for i := range ops {
		if result(first, i)["etag"] != result(again, i)["etag"] || result(again, i)["etag"] == nil || result(again, i)["outcome"] != nil {
			t.Errorf("operation %d = %v, then %v", i, result(first, i), result(again, i))
		}
	}
	if events := w.get(amy, "/v1/changes?since="+cursor).doc["events"].([]any); len(events) != 0 {
		t.Errorf("what differs in nothing did %v", events)
	}
	ops[0] = op("upsert", "customers", "c1", fields{"name": "One", "phone": nil})
	if a := w.want(200, "", amy, "POST", "/v1/bulk", fields{"operations": ops[:1]}); results(a) != "updated" || w.get(amy, "/v1/customers/by-external-id/c1").doc["phone"] != nil {
		t.Errorf("null = %s, want it to take the phone away", a.body)
	}
}

func TestBulkAtomic(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	for why, bad := range map[string]fields{
		"a fault that is seen before":     op("upsert", "customers", "c2", fields{"name": 2}),
		"a fault that the committer sees": op("upsert", "sites", "s2", fields{"name": "Yard", "customer": fields{"external_id": "none"}}),
	} {
		ops := []fields{op("upsert", "customers", "c1", fields{"name": "One"}), bad, op("upsert", "customers", "c3", fields{"name": "Three"})}
		if got := results(w.want(200, "", amy, "POST", "/v1/bulk", fields{"atomic": true, "operations": ops})); got != "dropped failed dropped" {
			t.Errorf("%s: %s, want dropped failed dropped", why, got)
		}
		w.want(404, "not_found", amy, "GET", "/v1/customers/by-external-id/c1", nil)
		w.want(404, "not_found", amy, "GET", "/v1/customers/by-external-id/c3", nil)
	}
}

// TestAFailedUnitWasNotThere: what comes after it is judged as if it had never been asked for.
func TestAFailedUnitWasNotThere(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	w.want(201, "", amy, "PUT", "/v1/customers/by-external-id/c1", fields{"name": "One"})
	a := w.want(200, "", amy, "POST", "/v1/bulk", fields{"operations": []fields{
		op("update", "customers", "c1", fields{"phone": "8"}, "unit", 1),
		op("update", "customers", "none", fields{"phone": "8"}, "unit", 1),
		op("update", "customers", "c1", fields{"phone": "8"}),
	}})
	if got := results(a); got != "dropped failed updated" || w.get(amy, "/v1/customers/by-external-id/c1").doc["phone"] != "8" {
		t.Errorf("bulk = %s, want dropped failed updated: %s", got, a.body)
	}
}

// TestBulkTakesItsLimit: 200 operations of ordinary size are one commit.
func TestBulkTakesItsLimit(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	var ops []fields
	for i := range 200 {
		ops = append(ops, op("upsert", "customers", fmt.Sprintf("%03d%s", i, strings.Repeat("<", 250)), fields{"name": fmt.Sprintf("Customer %d", i), "remarks": strings.Repeat("x", 3000)}))
	}
	a := w.want(200, "", amy, "POST", "/v1/bulk", fields{"operations": ops}, "Idempotency-Key", "all")
	if got := results(a); got != strings.TrimSuffix(strings.Repeat("created ", 200), " ") {
		t.Errorf("bulk = %.500s", a.body)
	}
	again := w.want(200, "", amy, "POST", "/v1/bulk", fields{"operations": ops}, "Idempotency-Key", "all")
	if string(again.body) != string(a.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the repeat = %.500s", again.body)
	}
}

// TestADeletionHasNoFields: who sends some means something else.
func TestADeletionHasNoFields(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	w.create(amy, "customers", fields{"name": "ACME", "external_id": "c"})
	a := w.want(200, "", amy, "POST", "/v1/bulk", fields{"operations": []fields{op("delete", "customers", "c", fields{"phone": nil})}})
	if results(a) != "failed" || !strings.Contains(string(a.body), "body.operations[0].fields") {
		t.Errorf("a deletion with fields = %s", a.body)
	}
	w.want(200, "", amy, "GET", "/v1/customers/by-external-id/c", nil)
}
