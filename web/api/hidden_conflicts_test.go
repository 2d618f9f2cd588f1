package api_test

import (
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestH1_HiddenConflicts: a conflict about a record, and a link to one, are told to nobody who does not see it.
func TestH1_HiddenConflicts(t *testing.T) {
	w := newWorld(t)
	amy, other, dan := w.key("amy"), w.key("amy", "write"), w.key("dan")
	id := w.create(amy, "customers", fields{"name": "SECRET Ltd", "phone": "0"})
	cursor := lastCursor(w, dan)
	w.meanwhile(func() { w.want(200, "", other, "PATCH", "/v1/customers/"+id, fields{"phone": "1"}) })
	a := w.want(200, "", amy, "PATCH", "/v1/customers/"+id, fields{"phone": "2"})
	if a.header.Get("Fieldsync-Outcome") != "merged" {
		t.Fatalf("no conflict: %v", a.header)
	}
	for _, path := range []string{"/v1/review_items", "/v1/snapshot", "/v1/changes?since=" + cursor} {
		if b := w.get(dan, path); strings.Contains(string(b.body), id) {
			t.Errorf("%s tells who sees no customers: %s", path, b.body)
		}
	}
	w.addUser("sid", model.Subcontractor, access.DefaultSets(model.Subcontractor))
	var company model.RecordID
	check(t, company.UnmarshalText([]byte(id)))
	_, err := w.e.Link(t.Context(), model.Caller{Tenant: w.tenant, User: w.users["amy"], Scopes: model.AllScopes()}, w.users["sid"], company, w.users["amy"], engine.Ask{}, w.now())
	check(t, err)
	person := "/v1/people/" + w.users["sid"].String()
	if b := w.get(amy, person); !strings.Contains(string(b.body), id) {
		t.Errorf("people do not tell who sees customers: %s", b.body)
	}
	if b := w.get(dan, person); strings.Contains(string(b.body), id) {
		t.Errorf("people tell: %s", b.body)
	}
	job := w.create(amy, "jobs", fields{"title": "t"})
	as := w.create(amy, "assignments", fields{"job": job, "user": w.users["ben"].String(), "company": id})
	if b := w.get(dan, "/v1/assignments/"+as); strings.Contains(string(b.body), id) {
		t.Errorf("assignments tell: %s", b.body)
	}
}

func lastCursor(w *world, key string) string { _, c := w.snapshot(key); return c }
