package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestAPI_UsersTellTheirCompany: to who sees customers, and to nobody else.
func TestAPI_UsersTellTheirCompany(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	sets := access.RoleSets(access.Admin)
	sets.Web[access.WebCustomers] = access.None
	s.addUser("acme", "dan", model.Desktop, sets)
	amy, dan, narrow := s.backEnd("amy@acme", "read", "write", "manage"), s.backEnd("dan@acme", "read", "write", "manage"), s.backEnd("amy@acme", "manage", "jobs:read")
	customer := amy.do(201, "POST", "/v1/customers", fields{"name": "SECRET Ltd"})["id"]
	made := amy.do(201, "POST", "/v1/users", fields{"login": "guest@secret.example", "kind": "portal", "company": customer})
	path := "/v1/users/" + made["id"].(string)
	if made["company"] != customer || amy.do(200, "GET", path, nil)["company"] != customer {
		t.Errorf("a portal user = %v, want the company %v", made, customer)
	}
	for who, b := range map[string]*backEnd{"amy": amy, "dan": dan, "narrow": narrow} {
		for _, u := range b.do(200, "GET", "/v1/users", nil)["items"].([]any) {
			user := u.(map[string]any)
			if _, told := user["company"]; told != (who == "amy" && user["id"] == made["id"]) {
				t.Errorf("%s sees %v", who, user)
			}
		}
	}
	tag := dan.send(200, "GET", path, nil).header.Get("ETag")
	if tag == amy.send(200, "GET", path, nil).header.Get("ETag") || tag != narrow.send(200, "GET", path, nil).header.Get("ETag") {
		t.Error("the tag is not of what is shown")
	}
	for _, known := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		dan.send(304, "GET", path, nil, "If-None-Match", known)
	}
}

// TestAPI_PeopleAndKeysAreChecked beyond the form of what is sent.
func TestAPI_PeopleAndKeysAreChecked(t *testing.T) {
	s := openStage(t, nil)
	b := s.backEnd("amy@acme", "read", "write", "manage")
	b.refused(400, "bad_request", "POST", "/v1/users", fields{"login": "  ", "kind": "mobile"})
	people := len(b.do(200, "GET", "/v1/users", nil)["items"].([]any))
	for name, says := range map[string]string{ // each is of at most 200 letters, and of none that the form forbids
		strings.Repeat("ü", 200): "at most 200 bytes", "Ben\u0085Long": "without control characters",
	} {
		p := b.refused(400, "bad_request", "POST", "/v1/users", fields{"login": "new@acme", "name": name, "kind": "mobile"})
		if text := fmt.Sprint(p["errors"]); !strings.Contains(text, "body.name") || !strings.Contains(text, says) {
			t.Errorf("a name that no record can have is told %v, want %q", text, says)
		}
	}
	b.refused(400, "bad_request", "POST", "/v1/users", fields{"login": strings.Repeat("ü", 200), "kind": "mobile"})
	if n := len(b.do(200, "GET", "/v1/users", nil)["items"].([]any)); n != people {
		t.Errorf("%d people, want the %d of before", n, people)
	}
	b.do(201, "POST", "/v1/users", fields{"login": strings.Repeat("ü", 200), "name": "Ü", "kind": "mobile"})
	for _, over := range []string{"1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2001-01-01T00:00:00Z"} {
		p := b.refused(400, "bad_request", "POST", "/v1/keys", fields{"name": "ERP", "scopes": []string{"read"}, "expires_at": over})
		if fmt.Sprint(p["errors"]) != "[map[location:body.expires_at message:it is over already]]" {
			t.Errorf("a key until %s is told %v", over, p)
		}
	}
	if n := len(b.do(200, "GET", "/v1/keys", nil)["items"].([]any)); n != 1 {
		t.Errorf("%d keys, want the one that asks", n)
	}
	settings := b.send(200, "GET", "/v1/settings", nil)
	tag := settings.header.Get("ETag")
	for _, known := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		b.send(304, "GET", "/v1/settings", nil, "If-None-Match", known)
	}
	for _, believed := range []string{`"x"`, "W/" + tag, tag[1:]} {
		b.refused(412, "stale", "PATCH", "/v1/settings", fields{"auto_accept": true}, "If-Match", believed)
	}
	for _, believed := range []string{tag, `"x", ` + tag, "*"} {
		b.do(200, "PATCH", "/v1/settings", fields{"auto_accept": false}, "If-Match", believed)
	}
}

// crowds gives somebody 50 more open jobs than one commit takes from them.
func (s *stage) crowds(login string) {
	s.t.Helper()
	for range engine.HandoverBatch/50 + 1 {
		var all []model.Change
		for range 50 {
			job := made(model.Jobs, randomRecord(), textOf(model.JobTitle, "Boiler"))
			all = append(all, job, made(model.Assignments, randomRecord(), under(job.Record), ref(model.AssignmentUser, model.RecordID(s.users[login]))))
		}
		s.office("acme", all...)
	}
}

// TestW32_MoreThanOneStepTakes: one request removes Ben with all his jobs; and of Cal, whose removal was cut off in the middle, the
// next turn takes the rest.
func TestW32_MoreThanOneStepTakes(t *testing.T) {
	s := openStage(t, nil)
	s.addUser("acme", "cal", model.Mobile, access.DefaultSets(model.Mobile))
	b := s.backEnd("amy@acme", "read", "write", "manage")
	removes := func(login string) map[string]any {
		return b.do(200, "POST", "/v1/users/"+s.users[login].String()+"/deactivate", fields{})
	}
	s.crowds("ben@acme")
	if left := removes("ben@acme"); left["jobs"] != float64(engine.HandoverBatch+50) || left["jobs_to_go"] != float64(0) {
		t.Errorf("removing Ben takes %v jobs, and %v are to go; want %d, and none", left["jobs"], left["jobs_to_go"], engine.HandoverBatch+50)
	}
	s.crowds("cal@acme")
	cut, err := s.engine.Deactivate(t.Context(), s.tenants["acme"], engine.Leaving{User: s.users["cal@acme"]}, s.operator.now())
	check(t, err)
	s.turnAll(t.Context(), time.Now)
	if left := removes("cal@acme"); cut.ToGo != 50 || left["jobs"] != float64(0) {
		t.Errorf("%d jobs of Cal's are to go, and after a turn %v; want 50, and none", cut.ToGo, left["jobs"])
	}
}
