package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestKeysByCommand: keys are made, listed and revoked on the server's machine, whether it runs or not, and without a
// level of the user they act for.
func TestKeysByCommand(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	s.addUser("acme", "erp", model.Desktop, access.RoleSets(access.Planner))
	at := []string{"--data", s.set.data, "--tenant", "acme"}
	key := strings.TrimSpace(must(t, "", append([]string{"keys", "add", "ERP, nightly", "--as", "erp@acme", "--scope", "jobs:read,customers:write", "--expires", "2127-01-31"}, at...)...))
	b := &clerk{s: s, token: key}
	b.want(200, "", "GET", "/v1/customers", nil, nil)
	b.want(403, "scope_missing", "GET", "/v1/keys", nil, nil)
	var all []api.Key
	check(t, json.Unmarshal([]byte(must(t, "", append([]string{"keys", "list", "--json"}, at...)...)), &all))
	if len(all) != 1 || all[0].User != s.users["erp@acme"] || !all[0].MadeBy.IsZero() || all[0].Expires == nil || all[0].Used == nil {
		t.Fatalf("keys list = %+v", all)
	}
	table := must(t, "", append([]string{"keys", "list"}, at...)...)
	if !strings.Contains(table, "ERP, nightly") || !strings.Contains(table, "erp@acme") || strings.Contains(table, key) {
		t.Errorf("keys list = %s", table)
	}
	must(t, "", append([]string{"keys", "revoke", all[0].ID.String()}, at...)...)
	b.want(401, "not_signed_in", "GET", "/v1/customers", nil, nil)
	for _, c := range []struct {
		args string
		exit int
		says string
	}{
		{"keys add x --scope read", exitUsage, "--as"},
		{"keys add x --as erp@acme", exitUsage, "--scope"},
		{"keys add --as erp@acme --scope read", exitUsage, "NAME"},
		{"keys add x --as erp@acme --scope read --expires soon", exitUsage, "2027-01-31"},
		{"keys add x --as erp@acme --scope read --expires 2001-01-31", exitUsage, "nothing was made"},
		{"keys add x --as erp@acme --scope everything", exitUsage, "everything"},
		{"keys add x --as ben@acme --scope read", exitUsage, "desktop"},
		{"keys add x --as nobody@acme --scope read", exitNotFound, "nobody@acme"},
		{"keys revoke " + all[0].ID.String(), exitNotFound, ""},
		{"keys revoke", exitUsage, "ID"},
		{"webhooks add ftp://erp.example/ --as amy@acme", exitUsage, ""},
		{"webhooks add https://erp.example/", exitUsage, "--as"},
		{"webhooks remove " + all[0].ID.String(), exitNotFound, ""},
		{"held list", exitUsage, "--as"},
		{"held release " + all[0].ID.String() + " --as amy@acme", exitNotFound, ""},
	} {
		_, err := cli(t, "", append(strings.Fields(c.args), at...)...)
		if exitCode(err) != c.exit || err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(c.says)) {
			t.Errorf("%s: %v, exit %d; want exit %d and %q", c.args, err, exitCode(err), c.exit, c.says)
		}
	}
	data := "--data=" + filepath.Join(shortDir(t), "d")
	must(t, "", "tenants", "add", "acme", data)
	must(t, "", "users", "add", "--kind=desktop", "erp@acme", data)
	if key := must(t, "", "keys", "add", "x", "--as", "erp@acme", "--scope", "read", data); !strings.HasPrefix(key, "fsk_") {
		t.Errorf("keys add without a server = %q", key)
	}
}

// TestWebhooksByCommand: a webhook is made, tested, switched, rotated, replayed and removed on the server's machine.
func TestWebhooksByCommand(t *testing.T) {
	t.Parallel()
	s, r := openStage(t, nil), newReceiver(t)
	at := []string{"--data", s.set.data, "--tenant", "acme"}
	do := func(args ...string) string { t.Helper(); return must(t, "", append(args, at...)...) }
	secret := strings.TrimSpace(do("webhooks", "add", r.URL, "--as", "amy@acme", "--events", "jobs.created", "--name", "ERP"))
	var all []api.Webhook
	check(t, json.Unmarshal([]byte(do("webhooks", "list", "--json")), &all))
	if len(all) != 1 || all[0].Owner != s.users["amy@acme"] || all[0].Name != "ERP" {
		t.Fatalf("webhooks list = %+v", all)
	}
	id := all[0].ID.String()
	if table := do("webhooks", "list"); !strings.Contains(table, r.URL) || !strings.Contains(table, "amy@acme") || strings.Contains(table, "whsec_") {
		t.Errorf("webhooks list = %s", table)
	}
	do("webhooks", "test", id)
	if m := r.next("fieldsync.test"); !m.signed(t, secret) {
		t.Errorf("the test is signed %q", m.header.Get("Webhook-Signature"))
	}
	s.newJobOf("ben", "acme", "Boiler")
	if m := r.next("jobs.created"); !m.signed(t, secret) {
		t.Errorf("the message is signed %q", m.header.Get("Webhook-Signature"))
	}
	if turned := strings.TrimSpace(do("webhooks", "rotate", id)); turned == secret || !strings.HasPrefix(turned, "whsec_") {
		t.Errorf("rotate = %q", turned)
	}
	if got := do("webhooks", "switch", id, "off"); !strings.Contains(got, "off") {
		t.Errorf("switch = %q", got)
	}
	do("webhooks", "switch", id, "on", "--from", "now")
	for flag, says := range map[string]string{"--dead": "no message to it was given up\n", "--dead=false": "no message to it waits to be tried again"} {
		var out, talk bytes.Buffer
		err := run(t.Context(), append([]string{"webhooks", "failed", id, flag}, at...), stdio{strings.NewReader(""), &out, &talk})
		if err != nil || out.String() != "" || !strings.HasPrefix(talk.String(), says) {
			t.Errorf("failed %s = %q, says %q, %v; want %q", flag, out.String(), talk.String(), err, says)
		}
	}
	if got := do("webhooks", "replay", id); !strings.HasPrefix(got, "0 ") {
		t.Errorf("replay = %q", got)
	}
	r.once.Store("fieldsync.test", http.StatusTeapot)
	if _, err := cli(t, "", append([]string{"webhooks", "test", id}, at...)...); exitCode(err) != exitFailed {
		t.Errorf("a test that is answered 418: %v", err)
	}
	if _, err := cli(t, "", append([]string{"webhooks", "switch", id, "perhaps"}, at...)...); exitCode(err) != exitUsage {
		t.Errorf("switch perhaps: %v", err)
	}
	do("webhooks", "remove", id)
	if got := do("webhooks", "list"); got != "" {
		t.Errorf("webhooks list after it was removed = %q", got)
	}
}

// TestHeldByCommand: what waits is listed in words, and decided.
func TestHeldByCommand(t *testing.T) {
	s := openStage(t, nil)
	job := s.newJobOf("ben", "acme", "Boiler")
	half := made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "half of it"))
	half.Group, half.GroupSize = model.GroupID{1}, 2
	w := s.handset("acme", "ben").connect()
	var l ledger
	l.settle(w)
	w.push(half, withBase(change(model.OpEdit, model.Jobs, job, textOf(model.JobTitle, "Ben's own")), l.base))
	at := []string{"--as", "amy@acme", "--data", s.set.data, "--tenant", "acme"}
	table := must(t, "", append([]string{"held", "list"}, at...)...)
	for _, want := range []string{half.ID.String(), "ben@acme", "create notes", "half of it", "they may not change this now"} {
		if !strings.Contains(table, want) {
			t.Errorf("held list lacks %q: %s", want, table)
		}
	}
	if _, err := cli(t, "", append([]string{"held", "release", half.ID.String()}, at...)...); exitCode(err) != exitConflict {
		t.Errorf("half a group was released: %v", err)
	}
	must(t, "", append([]string{"held", "dismiss", half.ID.String()}, at...)...)
	if table := must(t, "", append([]string{"held", "list"}, at...)...); strings.Contains(table, half.ID.String()) {
		t.Errorf("held list = %s", table)
	}
}

// TestReviewByCommand: what needs a person is listed, adopted and put away, once; and what it did stands in the history.
func TestReviewByCommand(t *testing.T) {
	s := openStage(t, nil)
	job := s.newJobOf("ben", "acme", "Boiler")
	w := s.handset("acme", "ben").connect()
	var l ledger
	l.settle(w)
	half := made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "half of it"))
	half.Group, half.GroupSize = model.GroupID{1}, 2
	w.push(half)
	at := []string{"--as", "amy@acme", "--data", s.set.data, "--tenant", "acme"}
	var items []struct{ ID, Kind string }
	check(t, json.Unmarshal([]byte(must(t, "", append([]string{"review", "list", "--json"}, at...)...)), &items))
	if len(items) != 1 || items[0].Kind != "held" {
		t.Fatalf("review list = %+v, want what waits", items)
	}
	for _, want := range []string{"held", "ben@acme", "create notes", "half of it"} {
		if told := must(t, "", append([]string{"review", "show", items[0].ID}, at...)...); !strings.Contains(told, want) {
			t.Errorf("review show lacks %q: %s", want, told)
		}
	}
	if _, err := cli(t, "", append([]string{"review", "release", items[0].ID}, at...)...); exitCode(err) != exitConflict {
		t.Errorf("half a group was released: %v", err)
	}
	if _, err := cli(t, "", append([]string{"review", "adopt", items[0].ID}, at...)...); exitCode(err) != exitConflict {
		t.Errorf("half a group was let in: %v", err)
	}
	must(t, "", append([]string{"review", "dismiss", items[0].ID, "--why", "its other half is lost"}, at...)...)
	if told := must(t, "", append([]string{"review", "show", items[0].ID}, at...)...); !strings.Contains(told, "its other half is lost") {
		t.Errorf("review show does not say why: %s", told)
	}
	if _, err := cli(t, "", append([]string{"review", "dismiss", items[0].ID}, at...)...); exitCode(err) != exitConflict {
		t.Errorf("an item was decided twice: %v", err)
	}
	if table := must(t, "", append([]string{"review", "list"}, at...)...); strings.Contains(table, items[0].ID) {
		t.Errorf("review list = %s", table)
	}
	told := must(t, "", append([]string{"history", "jobs", job.String()}, at...)...)
	if !strings.Contains(told, "Boiler, was nothing") {
		t.Errorf("history = %s", told)
	}
}
