package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// echo is an API that says what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "api "+r.Method+" "+r.URL.EscapedPath()+"?"+r.URL.RawQuery)
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	check(t, err)
	return string(text)
}

func TestWhatIsNotOursIsTheAPIs(t *testing.T) {
	s := site(t, func(c *web.Config) {
		c.API = http.HandlerFunc(echo)
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1") })
	})
	for path, want := range map[string]string{
		"/v1/jobs":                    "api GET /v1/jobs?",
		"/v1/users/5/levels/web?x=1":  "api GET /v1/users/5/levels/web?x=1",
		"/v1/jobs/external/a%2Fb%20c": "api GET /v1/jobs/external/a%2Fb%20c?",
		"/v1/jobs/external/a%252Fb":   "api GET /v1/jobs/external/a%252Fb?",
		"/openapi.json":               "api GET /openapi.json?",
		"/openapi.yaml":               "api GET /openapi.yaml?",
		"/metrics":                    "up 1",
		"/docs/e/stale":               "stale (412)",
		"/docs/e":                     "history_gone",
		"/":                           `"api":"/openapi.json"`,
		"/livez":                      "alive",
	} {
		answer, err := http.Get(s.URL + path)
		check(t, err)
		if got := body(t, answer); answer.StatusCode != http.StatusOK || !strings.Contains(got, want) {
			t.Errorf("%s = %s %s, want %s", path, answer.Status, got, want)
		}
		answer.Body.Close()
		if answer.Header.Get(problem.RequestHeader) == "" {
			t.Errorf("%s: the answer does not name its request", path)
		}
	}
	var p problem.Problem
	if answer := ask(t, "GET", s.URL+"/v1/sign-in", "", &p); answer.StatusCode != 405 || answer.Header.Get("Allow") != "POST" {
		t.Errorf("a route of ours by another method = %s, Allow %q", answer.Status, answer.Header.Get("Allow"))
	}
	for _, method := range []string{"FROB", "PROPFIND"} { // chi knows neither of them
		if answer := ask(t, method, s.URL+"/v1/sign-in", "", &p); answer.StatusCode != 405 || answer.Header.Get("Allow") != "POST" {
			t.Errorf("%s of a route of ours = %s, Allow %q", method, answer.Status, answer.Header.Get("Allow"))
		}
		if answer := ask(t, method, s.URL+"/v2/jobs", "", &p); answer.StatusCode != 404 || p.Code != "not_found" {
			t.Errorf("%s of what is nobody's = %s, %+v", method, answer.Status, p)
		}
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/v1/jobs", nil)
		check(t, err)
		answer, err := http.DefaultClient.Do(r)
		check(t, err)
		if got := body(t, answer); got != "api "+method+" /v1/jobs?" {
			t.Errorf("%s of what is the API's = %s %s", method, answer.Status, got)
		}
		answer.Body.Close()
	}
	if answer := ask(t, "GET", s.URL+"/v2/jobs", "", &p); answer.StatusCode != 404 || p.Code != "not_found" || p.RequestID == "" {
		t.Errorf("what is nobody's = %s, %+v", answer.Status, p)
	}
}

func TestWithoutAnAPI(t *testing.T) {
	s := site(t, nil)
	for _, path := range []string{"/v1/jobs", "/openapi.json", "/metrics"} {
		var p problem.Problem
		if answer := ask(t, "GET", s.URL+path, "", &p); answer.StatusCode != 404 || p.Code != "not_found" {
			t.Errorf("%s = %s, %+v", path, answer.Status, p)
		}
	}
	answer, err := http.Get(s.URL)
	check(t, err)
	defer answer.Body.Close()
	if got := body(t, answer); strings.Contains(got, "openapi") || strings.Contains(got, "metrics") {
		t.Errorf("/ names what is not here: %s", got)
	}
}

// nobody is an operator who is asked nothing: only what goes to the API is.
type nobody struct{ web.Operator }

func TestTheOperatorAsksTheAPIAsSomebody(t *testing.T) {
	var as [2]string
	admin, err := web.NewAdmin(web.AdminConfig{
		Operator: nobody{},
		API: func(tenant, login string, w http.ResponseWriter, r *http.Request) {
			as = [2]string{tenant, login}
			echo(w, r)
		},
	})
	check(t, err)
	s := httptest.NewServer(admin)
	defer s.Close()
	for path, want := range map[string]string{
		"/tenants/acme/as/amy@acme/v1/keys?x=1":              "api GET /v1/keys?x=1",
		"/tenants/acme/as/amy@acme/v1/jobs/a%2Fb":            "api GET /v1/jobs/a%2Fb?",
		"/tenants/acme/as/amy%40acme/v1/jobs/a%2Fb%20%C3%BC": "api GET /v1/jobs/a%2Fb%20%C3%BC?",
	} {
		answer, err := http.Get(s.URL + path)
		check(t, err)
		if got := body(t, answer); got != want || as != [2]string{"acme", "amy@acme"} {
			t.Errorf("%s = %s %q as %q, want %q", path, answer.Status, got, as, want)
		}
		answer.Body.Close()
	}
	for _, path := range []string{"/tenants/acme/as/amy@acme/tenants", "/tenants/acme/as/amy@acme/v2/jobs", "/tenants/acme/as/amy@acme/"} {
		var p problem.Problem
		if answer := ask(t, "GET", s.URL+path, "", &p); answer.StatusCode != 404 || p.Code != "not_found" {
			t.Errorf("%s = %s, %+v", path, answer.Status, p)
		}
	}
}

// roll is an operator who notes whom they were asked about.
type roll struct {
	web.Operator
	login string
}

func (r *roll) SetPassword(_ context.Context, _, login, _ string) error {
	r.login = login
	return nil
}

// TestANameWithAPercent: what a login is called is unescaped once, so that no login names another one.
func TestANameWithAPercent(t *testing.T) {
	operator := &roll{}
	var as, job string
	api := chi.NewRouter()
	api.Get("/v1/jobs/{job}", func(_ http.ResponseWriter, r *http.Request) {
		job, _ = url.PathUnescape(chi.URLParam(r, "job")) // as huma does
	})
	admin, err := web.NewAdmin(web.AdminConfig{Operator: operator, API: func(_, login string, w http.ResponseWriter, r *http.Request) {
		as = login
		api.ServeHTTP(w, r)
	}})
	check(t, err)
	s := httptest.NewServer(admin)
	defer s.Close()
	public := site(t, func(c *web.Config) { c.API = api })
	for _, name := range []string{"a%2Fb", "a/b", "100%", "a%25b", "ü %41", "amy@acme"} {
		sent := url.PathEscape(name)
		if answer := ask(t, "PUT", s.URL+"/tenants/acme/users/"+sent+"/password", `{"password":"correct horse"}`, nil); answer.StatusCode != 200 || operator.login != name {
			t.Errorf("the password of %q, sent as %s, = %s, of %q", name, sent, answer.Status, operator.login)
		}
		ask(t, "GET", s.URL+"/tenants/acme/as/"+sent+"/v1/jobs/"+sent, "", nil)
		if as != name || job != name {
			t.Errorf("the job %q as %q = the job %q as %q", name, name, job, as)
		}
		job = ""
		if ask(t, "GET", public.URL+"/v1/jobs/"+sent, "", nil); job != name {
			t.Errorf("the job %q in public = %q", name, job)
		}
	}
	var p problem.Problem
	for _, path := range []string{"/tenants/acme/users/a%2Fb/password", "/tenants/acme/users/a/password"} {
		if answer := ask(t, "FROB", s.URL+path, "", &p); answer.StatusCode != 405 || answer.Header.Get("Allow") != "PUT" {
			t.Errorf("FROB of %s = %s, Allow %q", path, answer.Status, answer.Header.Get("Allow"))
		}
	}
	if answer := ask(t, "FROB", s.URL+"/tenants/acme/users", "", &p); answer.StatusCode != 405 || answer.Header.Get("Allow") != "GET, POST" {
		t.Errorf("FROB of the operator's = %s, Allow %q", answer.Status, answer.Header.Get("Allow"))
	}
}
