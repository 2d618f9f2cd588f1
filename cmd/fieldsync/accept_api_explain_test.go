package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestV18_TheAPIExplains: over HTTP, by its contract, for whoever has the right and asks as they must.
func TestV18_TheAPIExplains(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	planner := access.RoleSets(access.Planner)
	planner.Web[access.WebUsers] = access.None
	s.addUser("acme", "pia", model.Desktop, planner)
	amy := s.backEnd("amy@acme", "read", "write", "manage")
	job := s.newJobOf("ben", "acme", "Boiler")
	ben := "/v1/users/" + s.users["ben@acme"].String()
	e := amy.do(200, "GET", ben+"/explain?record="+job.String(), nil)
	if e["allow"] != true || e["rule"] != "assignment" || e["session"] != "mobile" || e["collection"] != "jobs" || e["action"] != "see" || len(e["fields"].([]any)) == 0 {
		t.Errorf("ben's job is explained as %v", e)
	}
	e = amy.do(200, "GET", "/v1/users/"+s.users["sue@acme"].String()+"/explain?record="+job.String(), nil)
	if e["allow"] != false || e["rule"] != "assignment" {
		t.Errorf("ben's job is explained to be sue's: %v", e)
	}
	e = amy.do(200, "GET", ben+"/explain?action=create&collection=customers", nil)
	if e["allow"] != false || e["permission"] != "mobile.create_job" || e["level"] != "off" {
		t.Errorf("making customers is explained as %v", e)
	}
	p := amy.refused(400, "bad_assign_to", "PATCH", ben+"/levels/mobile", fields{"assign_to": "sue@acme,kim@acme"})
	if text := fmt.Sprint(p["detail"]); !strings.Contains(text, "kim@acme, who is nobody") {
		t.Errorf("a list that names a stranger is told %q", text)
	}
	amy.do(200, "PATCH", ben+"/levels/mobile", fields{"assign_jobs": "on", "assign_to": "sue@acme"})
	e = amy.do(200, "GET", ben+"/explain?action=create&collection=assignments&record="+job.String(), nil)
	if list, _ := e["assign_to"].([]any); len(list) != 1 || list[0].(map[string]any)["name"] != "sue" || !strings.Contains(fmt.Sprint(e["text"]), ": sue") || strings.Contains(fmt.Sprint(e), "sue@") {
		t.Errorf("whom ben may assign is explained as %v", e)
	}
	for query, says := range map[string]string{
		"":                               "query.record",
		"?action=create":                 "query.collection",
		"?action=edit&collection=jobs":   "query.record",
		"?record=x":                      "want an id",
		"?collection=nothing":            "names a collection that there is not",
		"?action=steal&collection=jobs":  "want see, create, edit or delete",
		"?session=phone&collection=jobs": "want desktop, mobile",
		"?colection=jobs":                "no such parameter",
		"?collection=jobs&record=" + job.String(): "leave it out",
	} {
		p := amy.refused(400, "bad_request", "GET", ben+"/explain"+query, nil)
		if text := fmt.Sprint(p["errors"]); !strings.Contains(text, says) {
			t.Errorf("%q is told %v, want %q", query, text, says)
		}
	}
	for _, at := range []string{"/explain?collection=jobs", "/view?collection=jobs"} {
		amy.refused(404, "no_user", "GET", "/v1/users/"+randomRecord().String()+at, nil)
		amy.refused(404, "no_user", "GET", "/v1/users/ben"+at, nil)
		s.backEnd("pia@acme", "read", "manage").refused(403, "not_allowed", "GET", ben+at, nil)
		s.backEnd("amy@acme", "read").refused(403, "scope_missing", "GET", ben+at, nil)
		s.backEnd("amy@acme", "manage", "jobs:read").refused(403, "scope_missing", "GET", ben+at, nil)
	}
}

// TestV18_TheAPIViewsAs: page by page, what the person is shown and nobody else.
func TestV18_TheAPIViewsAs(t *testing.T) {
	s := openStage(t, nil)
	amy := s.backEnd("amy@acme", "read", "write", "manage")
	want := map[any]bool{}
	for i := range 5 {
		want[s.newJobOf("ben", "acme", fmt.Sprint("job ", i)).String()] = true
		s.newJobOf("sue", "acme", fmt.Sprint("another ", i))
	}
	ben := "/v1/users/" + s.users["ben@acme"].String()
	pages := 0
	for at := ben + "/view?collection=jobs&limit=2"; at != ""; pages++ {
		a := amy.send(200, "GET", at, nil)
		page := amy.do(200, "GET", at, nil)
		for _, item := range page["items"].([]any) {
			id := item.(fields)["id"]
			if !want[id] {
				t.Errorf("the view has %v, twice or never to be", item)
			}
			delete(want, id)
		}
		link := a.header.Get("Link")
		if (link == "") != (page["next"] == nil) {
			t.Errorf("Link %q, next %v", link, page["next"])
		}
		at, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
	}
	if len(want) > 0 || pages != 3 {
		t.Errorf("in %d pages these were missing: %v", pages, want)
	}
	amy.refused(400, "bad_request", "GET", ben+"/view", nil)
	amy.refused(400, "bad_request", "GET", ben+"/view?collection=jobs&limit=501", nil)
	amy.refused(400, "bad_cursor", "GET", ben+"/view?collection=jobs&after=x", nil)
	e := amy.do(200, "GET", ben+"/view?collection=customers", nil)
	if len(e["items"].([]any)) != 0 {
		t.Errorf("ben's customers are %v, want none", e)
	}
}
