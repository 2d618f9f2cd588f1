package web_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// TestRSS14_ATicketOverHTTP: bought with a password, it signs in once, in the body; what is bought with the session opens one
// connection. Whatever is wrong has one answer.
func TestRSS14_ATicketOverHTTP(t *testing.T) {
	s := site(t, nil)
	_, key := newKey(t)
	var k web.TicketAnswer
	answer := ask(t, http.MethodPost, s.URL+"/v1/sign-in/ticket", `{"tenant":"acme","login":"ben","password":"correct horse","public_key":"`+key+`"}`, &k)
	if answer.StatusCode != http.StatusCreated || k.Expires == 0 {
		t.Fatalf("%d %+v, want a ticket", answer.StatusCode, k)
	}
	signIn := func(ticket string, out any) *http.Response {
		return ask(t, http.MethodPost, s.URL+"/v1/sign-in", `{"tenant":"acme","label":"Pixel","public_key":"`+key+`","ticket":"`+ticket+`"}`, out)
	}
	var in web.SignInAnswer
	if answer := signIn(hex.EncodeToString(k.Ticket[:]), &in); answer.StatusCode != http.StatusOK || in.Name != "Ben" {
		t.Fatalf("%d %+v, want Ben signed in", answer.StatusCode, in)
	}
	var first, again problem.Problem
	signIn(hex.EncodeToString(k.Ticket[:]), &first)
	signIn(strings.Repeat("0f", 32), &again)
	first.RequestID, again.RequestID = "", ""
	if first.Code != "bad_ticket" || fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("spent: %+v, unknown: %+v, want bad_ticket in the same words", first, again)
	}
	var p problem.Problem
	if ask(t, http.MethodPost, s.URL+"/v1/reset", `{"tenant":"acme","link":"`+strings.Repeat("0f", 32)+`","password":"long enough"}`, &p); p.Code != "bad_link" {
		t.Errorf("a link nobody made: %+v, want bad_link", p)
	}
	body := `{"tenant":"` + in.Tenant.String() + `"}`
	if answer := ask(t, http.MethodPost, s.URL+"/v1/connect-ticket", body, &k, "Authorization", "Bearer "+in.Token); answer.StatusCode != http.StatusCreated {
		t.Errorf("a connect ticket: %d, want 201", answer.StatusCode)
	}
	if ask(t, http.MethodPost, s.URL+"/v1/connect-ticket", body, &p, "Authorization", "Bearer "+strings.Repeat("0f", 32)); p.Code != "not_signed_in" {
		t.Errorf("a connect ticket for no session: %+v, want not_signed_in", p)
	}
}

// TestRSS12_APageThatIsNotListedSignsNobodyIn: on every door at which something is proven; what is no page is not asked.
func TestRSS12_APageThatIsNotListedSignsNobodyIn(t *testing.T) {
	if wrong := askedForOrigins(t); wrong != "" {
		t.Error(wrong)
	}
}

func askedForOrigins(t *testing.T) string {
	s := site(t, func(c *web.Config) {
		c.Origins = []string{"https://office.example"}
		c.Portal = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"code":"portal"}`) })
	})
	for _, path := range []string{"/v1/sign-in", "/v1/sign-in/ticket", "/v1/sign-out", "/v1/connect-ticket", "/v1/reset", "/portal/v1/sign-in"} {
		for origin, refused := range map[string]bool{
			"": false, "https://office.example": false, "https://OFFICE.example": false,
			"https://evil.example": true, "null": true, s.URL: path != "/v1/reset", "https://office.example.evil.example": true,
		} {
			var headers []string
			if origin != "" {
				headers = []string{"Origin", origin}
			}
			var p problem.Problem
			answer := ask(t, http.MethodPost, s.URL+path, "{}", &p, headers...)
			if got := answer.StatusCode == http.StatusForbidden && p.Code == "origin_not_allowed"; got != refused {
				return fmt.Sprintf("%s from a page of %q: %d %s", path, origin, answer.StatusCode, p.Code)
			}
		}
	}
	return ""
}

// TestW37_TheOwnPageSetsAPassword: a browser says that it is of this server, which is on no operator's list. A page that points its
// own name here is turned away where the server knows its names.
func TestW37_TheOwnPageSetsAPassword(t *testing.T) {
	for _, row := range []struct {
		hosts        []string
		host, origin string
		want         string
	}{
		{nil, "10.0.0.7:8080", "http://10.0.0.7:8080", "bad_link"},
		{nil, "10.0.0.7:8080", "http://10.0.0.8:8080", "origin_not_allowed"},
		{[]string{"sync.example"}, "sync.example", "https://sync.example", "bad_link"},
		{[]string{"sync.example"}, "sync.example:443", "https://sync.example", "bad_link"},
		{[]string{"sync.example"}, "evil.example", "https://evil.example", "origin_not_allowed"},
		{[]string{"sync.example"}, "sync.example", "https://evil.example", "origin_not_allowed"},
	} {
		s := site(t, func(c *web.Config) { c.Hosts = row.hosts })
		body := `{"tenant":"acme","link":"` + strings.Repeat("0f", 32) + `","password":"long enough"}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/reset", strings.NewReader(body))
		check(t, err)
		r.Host = row.host
		r.Header.Set("Origin", row.origin)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		check(t, err)
		var p problem.Problem
		check(t, json.NewDecoder(answer.Body).Decode(&p))
		check(t, answer.Body.Close())
		if p.Code != row.want {
			t.Errorf("of %v, at %s from a page of %s: %s, want %s", row.hosts, row.host, row.origin, p.Code, row.want)
		}
	}
}
