package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestV13_SetAllOverTheAPI: a dry run says what happens and does nothing; then a connected phone whose mobile access ends
// is told so with its own reason, once, and what it had not sent comes in by the hand-in lane.
func TestV13_SetAllOverTheAPI(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	ben := s.handset("acme", "ben")
	phone := ben.connect()
	at := "/v1/users/" + s.users["ben@acme"].String() + "/levels/mobile"
	before := admin.want(200, "", "GET", "/v1/users/"+s.users["ben@acme"].String(), nil, nil)
	var told, done api.ChangedPerson
	admin.want(200, "", "PUT", at, api.LevelForAll{Level: "read-only", DryRun: true}, &told)
	if !told.Effect.DryRun || !told.Effect.EndsMobile || told.Effect.Widens || told.Effect.SessionsEnded != 1 || told.Levels["mobile"]["enabled"] != "off" {
		t.Errorf("the dry run says %+v", told)
	}
	if after := admin.want(200, "", "GET", "/v1/users/"+s.users["ben@acme"].String(), nil, nil); string(after.body) != string(before.body) {
		t.Errorf("the dry run left %s, want %s", after.body, before.body)
	}
	phone.say(&protocol.Ping{})
	heard[*protocol.Pong](phone)
	r := admin.want(200, "", "PUT", at, api.LevelForAll{Level: "read-only"}, &done)
	phone.endsAfter(protocol.CodeDisabled)
	if done.Effect.DryRun || fmt.Sprint(done.Effect.Changes) != fmt.Sprint(told.Effect.Changes) || fmt.Sprint(done.Levels) != fmt.Sprint(told.Levels) {
		t.Errorf("done %+v, told %+v", done, told)
	}
	if now := admin.want(200, "", "GET", "/v1/users/"+s.users["ben@acme"].String(), nil, nil); now.header.Get("ETag") != r.header.Get("ETag") {
		t.Error("the ETag is not the person's")
	}
	want := map[string]string{
		"enabled": "off", "create_job": "off", "edit_job": "off", "assign_jobs": "off", "customers": "read-only", "invoices": "read-only", "timesheets": "read-only",
	}
	if fmt.Sprint(done.Levels["mobile"]) != fmt.Sprint(want) {
		t.Errorf("levels %v, want %v", done.Levels["mobile"], want)
	}
	if answer, body := ben.signIn(0, nil); !strings.Contains(string(body), "no_field_channel") {
		t.Errorf("signing in again: %s %s", answer.Status, body)
	}
	admin.want(200, "", "PATCH", at, map[string]string{"enabled": "on"}, &done)
	if done.Levels["mobile"]["enabled"] != "on" || done.Levels["mobile"]["customers"] != "read-only" || len(done.Effect.Changes) != 1 {
		t.Errorf("one setting afterwards: %+v (V16)", done)
	}
	admin.want(200, "", "PATCH", at+"?dry_run=true", map[string]string{"customers": "hidden"}, &told)
	if !told.Effect.DryRun || len(told.Effect.Changes) != 1 || told.Effect.Changes[0] != (web.LevelStep{Permission: "mobile.customers", From: "read-only", To: "hidden"}) {
		t.Errorf("a dry run of one setting: %+v", told)
	}
	if answer, body := ben.signIn(0, nil); answer.StatusCode != 200 {
		t.Errorf("switched on again: %s", body)
	}
}

// TestB3_SetAllIsRefusedWhole: each refusal has its code, names what is wrong, and leaves everything as it was.
func TestB3_SetAllIsRefusedWhole(t *testing.T) {
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	at := func(login string) string { return "/v1/users/" + s.users[login].String() + "/levels/" }
	people := string(admin.want(200, "", "GET", "/v1/users", nil, nil).body)
	for _, c := range []struct {
		method, path string
		body         any
		status       int
		code, says   string
	}{
		{"PUT", at("sue@acme") + "mobile", api.LevelForAll{Level: "full"}, 409, "widens_contractor", "confirm"},
		{"PUT", at("amy@acme") + "web", api.LevelForAll{Level: "none"}, 409, "last_admin", ""},
		{"PUT", at("amy@acme") + "web", api.LevelForAll{Level: "none", DryRun: true}, 409, "last_admin", ""},
		{"PATCH", at("amy@acme") + "web", map[string]string{"admin": "none"}, 409, "last_admin", ""},
		{"PUT", at("ben@acme") + "web", api.LevelForAll{Level: "full"}, 409, "no_set", ""},
		{"PUT", at("ben@acme") + "mobile", fields{"level": "hidden"}, 400, "bad_request", "read-only"},
		{"PUT", at("ben@acme") + "mobile", fields{"level": "edit-own"}, 400, "bad_request", "read-only"},
		{"PUT", at("ben@acme") + "mobile", fields{}, 400, "bad_request", "level"},
		{"PUT", at("ben@acme") + "phone", api.LevelForAll{Level: "full"}, 400, "bad_request", ""},
		{"PATCH", at("ben@acme") + "mobile", map[string]string{"create_job": "on", "customers": "none"}, 400, "bad_level", "mobile.customers"},
		{"PATCH", at("ben@acme") + "mobile", map[string]string{"timesheets": "hidden"}, 400, "bad_level", "mobile.timesheets"},
		{"PATCH", at("amy@acme") + "web", map[string]string{"jobs": "edit-own"}, 400, "bad_level", "web.jobs"},
		{"PATCH", at("ben@acme") + "mobile", map[string]string{"jobs": "full"}, 400, "bad_level", "create_job"},
		{"PUT", "/v1/users/" + randomRecord().String() + "/levels/mobile", api.LevelForAll{Level: "full"}, 404, "no_user", ""},
		{"PUT", "/v1/users/" + s.users["ben@other"].String() + "/levels/mobile", api.LevelForAll{Level: "full"}, 404, "no_user", ""},
	} {
		r := admin.ask(c.method, c.path, c.body)
		if r.status != c.status || r.code() != c.code || !strings.Contains(string(r.body), c.says) {
			t.Errorf("%s %s %v: %d %s, want %d %s with %q", c.method, c.path, c.body, r.status, r.body, c.status, c.code, c.says)
		}
	}
	if now := string(admin.want(200, "", "GET", "/v1/users", nil, nil).body); now != people {
		t.Errorf("what was refused left %s, want %s", now, people)
	}
	var sue api.ChangedPerson
	admin.want(200, "", "PUT", at("sue@acme")+"mobile", api.LevelForAll{Level: "full", Confirm: true}, &sue)
	if !sue.Effect.Widens || sue.Levels["mobile"]["customers"] != "full" {
		t.Errorf("confirmed: %+v", sue)
	}
}

// TestW47_ACategoryIsSetPersonByPerson: each of them whole or not at all, nobody else, and a repeat changes nothing.
func TestW47_ACategoryIsSetPersonByPerson(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	s.addUser("acme", "dan", model.Mobile, access.DefaultSets(model.Mobile))
	for _, login := range []string{"amy@acme", "ben@acme", "sue@acme"} {
		admin.want(200, "", "PUT", "/v1/users/"+s.users[login].String()+"/categories", api.Categories{Categories: []string{"gas", "Team A / north"}}, nil)
	}
	set := func(status int, code string, by *clerk, body api.CategoryLevel) string {
		t.Helper()
		var all api.Items[web.LevelsResult]
		by.want(status, code, "PUT", "/v1/categories/levels/mobile", body, &all)
		var out []string
		for _, r := range all.Items {
			text := r.Login + " " + r.Status
			if r.Problem != nil {
				text += " " + r.Problem.Code
			}
			out = append(out, text)
		}
		return strings.Join(out, ", ")
	}
	full := api.LevelForAll{Level: "full"}
	dry := full
	dry.DryRun = true
	if got, want := set(200, "", admin, api.CategoryLevel{Category: "Team A / north", LevelForAll: dry}), "amy@acme refused no_set, ben@acme changed, sue@acme changed"; got != want {
		t.Errorf("the dry run: %s, want %s", got, want)
	}
	if got, want := set(200, "", admin, api.CategoryLevel{Category: "gas", LevelForAll: full}), "amy@acme refused no_set, ben@acme changed, sue@acme refused widens_contractor"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := set(200, "", admin, api.CategoryLevel{Category: "gas", LevelForAll: full}), "amy@acme refused no_set, ben@acme unchanged, sue@acme refused widens_contractor"; got != want {
		t.Errorf("the repeat: %s, want %s", got, want)
	}
	if got := set(200, "", admin, api.CategoryLevel{Category: "ga", LevelForAll: full}); got != "" {
		t.Errorf("a label that nobody has: %s", got)
	}
	set(403, "scope_missing", s.clerk("acme", "amy", "manage"), api.CategoryLevel{Category: "gas", LevelForAll: full})
	set(403, "scope_missing", s.clerk("acme", "amy", "people:read"), api.CategoryLevel{Category: "gas", LevelForAll: full})
	var all api.Items[api.Person]
	admin.want(200, "", "GET", "/v1/users", nil, &all)
	for _, p := range all.Items {
		if want := map[string]string{"ben@acme": "full", "dan@acme": "none"}[p.Login]; want != "" && p.Levels["mobile"]["invoices"] != want {
			t.Errorf("%s has %v", p.Login, p.Levels["mobile"])
		}
	}
}

// TestV17_SettingsCapLevelsWithTheirReasons: a setting caps what a level gives, in what is told and in what is done.
func TestV17_SettingsCapLevelsWithTheirReasons(t *testing.T) {
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	at := "/v1/users/" + s.users["amy@acme"].String() + "/rights"
	right := func(name string) web.Right {
		t.Helper()
		var all api.Items[web.Right]
		admin.want(200, "", "GET", at, nil, &all)
		for _, r := range all.Items {
			if r.Set == "web" && r.Name == name {
				return r
			}
		}
		return web.Right{}
	}
	create := func() string {
		return admin.ask("POST", "/v1/optimizations", fields{"name": "Tuesday"}).code()
	}
	before := create()
	if got := right("optimization"); got != (web.Right{Set: "web", Name: "optimization", Level: "full", Gives: "full"}) {
		t.Errorf("%+v", got)
	}
	admin.want(200, "", "PATCH", "/v1/settings", `{"optimization":"read_only"}`, nil)
	if got := right("optimization"); got != (web.Right{Set: "web", Name: "optimization", Level: "full", Gives: "read-only", Setting: "optimization", State: "read_only"}) {
		t.Errorf("%+v", got)
	}
	if after := create(); after == before || after == "" {
		t.Errorf("an optimization is made: %q, and %q before", after, before)
	}
	admin.want(200, "", "PATCH", "/v1/settings", `{"optimization":"off"}`, nil)
	if got := right("optimization"); got != (web.Right{Set: "web", Name: "optimization", Level: "absent", Gives: "absent", Setting: "optimization", State: "off"}) {
		t.Errorf("%+v", got)
	}
	admin.want(400, "bad_level", "PATCH", "/v1/users/"+s.users["amy@acme"].String()+"/levels/web", map[string]string{"optimization": "full"}, nil)
	admin.want(200, "", "PATCH", "/v1/settings", `{"optimization":"on"}`, nil)
	if got := right("optimization"); got.Level != "none" || got.Gives != "none" || got.Setting != "" {
		t.Errorf("switched on again: %+v, want the default (b.3, 6)", got)
	}
	admin.want(404, "no_user", "GET", "/v1/users/"+randomRecord().String()+"/rights", nil, nil)
	admin.want(400, "bad_request", "PATCH", "/v1/settings", `{"invoices":"maybe"}`, nil)
}

// TestLevelsByCommand: all of it on the server's machine, in words.
func TestLevelsByCommand(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	at := []string{"--data", s.set.data, "--tenant", "acme"}
	do := func(args ...string) string { t.Helper(); return must(t, "", append(args, at...)...) }
	phone := s.handset("acme", "ben").connect()
	if got := do("users", "set-all", "ben@acme", "mobile", "none", "--dry-run"); !strings.Contains(got, "mobile.customers full → hidden") || !strings.Contains(got, "this ends mobile access") {
		t.Errorf("the dry run = %q", got)
	}
	if got := do("users", "set-all", "ben@acme", "mobile", "none"); !strings.Contains(got, "this ended mobile access and the session of the phone") {
		t.Errorf("set-all = %q", got)
	}
	phone.endsAfter(protocol.CodeDisabled)
	if got := do("users", "set-all", "ben@acme", "mobile", "none"); !strings.Contains(got, "nothing changed") {
		t.Errorf("the repeat = %q", got)
	}
	var rights []web.Right
	check(t, json.Unmarshal([]byte(do("users", "rights", "ben@acme", "--json")), &rights))
	if len(rights) != len(access.Catalogue()) || rights[4].Gives != "hidden" {
		t.Errorf("rights = %+v", rights)
	}
	if got := do("users", "rights", "ben@acme"); !strings.Contains(got, "mobile.customers") || !strings.Contains(got, "the level") {
		t.Errorf("rights = %q", got)
	}
	s.clerk("acme", "amy").want(200, "", "PUT", "/v1/users/"+s.users["sue@acme"].String()+"/categories", api.Categories{Categories: []string{"gas"}}, nil)
	if got := do("users", "set-all", "--category", "gas", "mobile", "full"); !strings.Contains(got, "widens_contractor") {
		t.Errorf("a category = %q", got)
	}
	if got := do("users", "set-all", "--category", "gas", "mobile", "full", "--confirm"); !strings.Contains(got, "this widened a contractor") {
		t.Errorf("a category, confirmed = %q", got)
	}
	for _, c := range []struct {
		args string
		exit int
		says string
	}{
		{"users set-all amy@acme web none", exitConflict, "administer"},
		{"users set-all ben@acme web full", exitConflict, "no such permission set"},
		{"users set-all ben@acme mobile hidden", exitUsage, "full, read-only or none"},
		{"users set-all ben@acme phone full", exitUsage, "web and mobile"},
		{"users set-all nobody@acme mobile full", exitNotFound, "nobody@acme"},
		{"users set-all ben@acme mobile", exitUsage, "LOGIN"},
		{"users set-all ben@acme mobile full --category gas", exitUsage, "who is meant"},
		{"users set-all --category gas mobile hidden", exitUsage, ""},
		{"users levels amy@acme web admin=none", exitConflict, "administer"},
		{"users rights nobody@acme", exitNotFound, "nobody@acme"},
	} {
		_, err := cli(t, "", append(strings.Fields(c.args), at...)...)
		if exitCode(err) != c.exit || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, exit %d; want exit %d and %q", c.args, err, exitCode(err), c.exit, c.says)
		}
	}
}
