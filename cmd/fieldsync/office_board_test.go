package main

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// identity signs somebody in and returns what they are.
func (p *people) identity(login string) replica.Identity {
	p.t.Helper()
	key, err := device.NewSoftKey()
	check(p.t, err)
	public, err := key.Public()
	check(p.t, err)
	who, err := device.SignIn(p.t.Context(), nil, p.server, device.Credentials{
		Tenant: demoTenant, Login: login + "@fieldsync.example", Password: p.password, PublicKey: public, Label: "test",
	})
	check(p.t, err)
	return who
}

// ask asks the server's HTTP API and returns status and body.
func (p *people) ask(method, path, token, tenant, body string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.server+path, strings.NewReader(body))
	check(p.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set(api.TenantHeader, tenant)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	check(p.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(p.t, err)
	return answer.StatusCode, string(text)
}

// userID is the id of somebody who need not be signed in, as the office sees it.
func (p *people) userID(token, tenant, login string) model.UserID {
	p.t.Helper()
	_, text := p.ask("GET", "/v1/users", token, tenant, "")
	var all api.Items[api.Person]
	check(p.t, json.Unmarshal([]byte(text), &all))
	for _, one := range all.Items {
		if one.Login == login+"@fieldsync.example" {
			return one.ID
		}
	}
	p.t.Fatalf("nobody is called %s in %s", login, text)
	return model.UserID{}
}

func TestBoard(t *testing.T) {
	p := startPeople(t)
	amy, ben := p.identity("amy"), p.identity("ben")
	tenant := amy.Tenant.String()
	who := func(u model.UserID) string { return "/v1/sessions/" + u.String() + "/end" }
	desk, phone := hex.EncodeToString(amy.Secret[:]), hex.EncodeToString(ben.Secret[:])
	nobody := strings.Repeat("00", 32)
	cal := p.userID(desk, tenant, "cal")
	for _, row := range []struct {
		why, method, path, token, tenant, body string
		status                                 int
	}{
		{"the office looks", "GET", "/v1/sessions", desk, tenant, "", http.StatusOK},
		{"a phone may not look", "GET", "/v1/sessions", phone, tenant, "", http.StatusUnauthorized},
		{"nobody may look", "GET", "/v1/sessions", nobody, tenant, "", http.StatusUnauthorized},
		{"half a token", "GET", "/v1/sessions", desk[:32], tenant, "", http.StatusUnauthorized},
		{"no company", "GET", "/v1/sessions", desk, "demo", "", http.StatusUnauthorized},
		{"another company", "GET", "/v1/sessions", desk, strings.Repeat("11", 16), "", http.StatusUnauthorized},
		{"a phone ends nobody's session", "POST", who(amy.User), phone, tenant, "{}", http.StatusUnauthorized},
		{"a session that was not looked at", "POST", who(ben.User), desk, tenant, `{"choice":"now","epoch":"7"}`, http.StatusNotFound},
		{"a session that is none", "POST", who(cal), desk, tenant, "{}", http.StatusNotFound},
		{"somebody who is not there", "POST", who(model.UserID{7}), desk, tenant, "{}", http.StatusNotFound},
		{"no JSON", "POST", who(ben.User), desk, tenant, "now", http.StatusBadRequest},
		{"the office ends a session", "POST", who(ben.User), desk, tenant, `{"choice":"now"}`, http.StatusOK},
		{"and it is over", "POST", who(ben.User), desk, tenant, "{}", http.StatusNotFound},
		{"its token opens nothing now", "GET", "/v1/sessions", phone, tenant, "", http.StatusUnauthorized},
	} {
		if status, text := p.ask(row.method, row.path, row.token, row.tenant, row.body); status != row.status {
			t.Errorf("%s: %d %s, want %d", row.why, status, text, row.status)
		}
	}
	_, text := p.ask("GET", "/v1/sessions", desk, tenant, "")
	var live api.Items[api.Session]
	if err := json.Unmarshal([]byte(text), &live); err != nil || len(live.Items) != 1 || live.Items[0].Name != "Amy Adair" {
		t.Errorf("live are %s, %v; want Amy alone", text, err)
	}
}
