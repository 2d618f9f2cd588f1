package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestHead: what can be got can be asked for without its body.
func TestHead(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	path := "/v1/customers/" + w.create(amy, "customers", fields{"name": "ACME"})
	for _, path := range []string{path, "/v1/customers", "/openapi.json"} {
		got, head := w.get(amy, path), w.want(200, "", amy, "HEAD", path, nil)
		if len(head.body) > 0 || head.header.Get("ETag") != got.header.Get("ETag") || head.header.Get("Content-Type") != got.header.Get("Content-Type") {
			t.Errorf("HEAD %s = %v %q, GET %v", path, head.header, head.body, got.header)
		}
	}
	if a := w.ask(amy, "HEAD", path, nil, "If-None-Match", "*"); a.status != 304 {
		t.Errorf("HEAD of what is known = %d, want 304", a.status)
	}
	if a := w.ask("", "HEAD", path, nil); a.status != 401 {
		t.Errorf("HEAD without a key = %d, want 401", a.status)
	}
	if a := w.want(405, "method_not_allowed", amy, "PUT", "/v1/customers", nil); a.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow = %s", a.header.Get("Allow"))
	}
}

// TestAnExternalIDIsUnescapedOnce: a%2Fb and a/b are two names.
func TestAnExternalIDIsUnescapedOnce(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	for escaped, name := range map[string]string{"a%2Fb": "a/b", "a%252Fb": "a%2Fb", "a%25": "a%", "a%2525": "a%25", "%C3%A9": "é", "a'b": "a'b", "a+b": "a+b", "a%20b%2Fc": "a b/c"} {
		path := "/v1/customers/by-external-id/" + escaped
		if a := w.want(201, "", amy, "PUT", path, fields{"name": name}); a.doc["external_id"] != name {
			t.Errorf("PUT …/%s names %v, want %s", escaped, a.doc["external_id"], name)
		}
		if a := w.want(200, "", amy, "GET", path, nil); a.doc["name"] != name {
			t.Errorf("GET …/%s = %s", escaped, a.body)
		}
	}
}

// TestIfNoneMatch: a write that wants to be the first is never the second.
func TestIfNoneMatch(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	const path = "/v1/customers/by-external-id/c1"
	tag := w.want(201, "", amy, "PUT", path, fields{"name": "First"}, "If-None-Match", "*").header.Get("ETag")
	for _, unless := range []string{"*", tag, `"x", W/` + tag} {
		a := w.want(412, "stale", amy, "PUT", path, fields{"name": "Second"}, "If-None-Match", unless)
		if a.header.Get("ETag") != tag || fmt.Sprint(locations(a)) != "[header.If-None-Match]" {
			t.Errorf("%s: %v %s, want the tag of what is there", unless, a.header, a.body)
		}
	}
	w.want(412, "stale", amy, "DELETE", "/v1/customers/"+w.get(amy, path).doc["id"].(string), nil, "If-None-Match", "*")
	w.want(200, "", amy, "PUT", path, fields{"name": "Third"}, "If-None-Match", `"x"`)
	w.meanwhile(func() { w.want(201, "", other, "PUT", path+"2", fields{"name": "Faster"}) })
	w.want(412, "stale", amy, "PUT", path+"2", fields{"name": "Slower"}, "If-None-Match", "*")
	if name := w.get(amy, path+"2").doc["name"]; name != "Faster" {
		t.Errorf("the slower one made it %v", name)
	}
	dan := w.key("dan")
	there, never := w.ask(dan, "PUT", path, fields{"name": "x"}, "If-None-Match", "*"), w.ask(dan, "PUT", path+"9", fields{"name": "x"}, "If-None-Match", "*")
	if there.status != never.status || there.code() != never.code() || there.header.Get("ETag") != "" {
		t.Errorf("what is hidden is told from what never was: %s and %s", there.body, never.body)
	}
}

// TestHeadersAreRead as HTTP has them.
func TestHeadersAreRead(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	w.want(200, "", "", "GET", "/v1/customers", nil, "Authorization", "bearer "+amy)
	w.want(401, "not_signed_in", "", "GET", "/v1/customers", nil, "Authorization", "Basic "+amy)
	a := w.want(400, "bad_request", amy, "POST", "/v1/customers", fields{"name": "x"}, "Idempotency-Key", "")
	if fmt.Sprint(locations(a)) != "[header.Idempotency-Key]" {
		t.Errorf("an empty key = %s", a.body)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", w.base+"/v1/customers", strings.NewReader(`{"name":"x"}`))
	check(t, err)
	r.Header["Idempotency-Key"] = []string{"a", "b"}
	r.Header.Set("Authorization", "Bearer "+amy)
	response, err := http.DefaultClient.Do(r)
	check(t, err)
	defer response.Body.Close()
	if response.StatusCode != 400 {
		t.Errorf("two keys = %d, want 400", response.StatusCode)
	}
}

// TestQueriesAreUTF8: what is not would be looked for with other signs than were sent.
func TestQueriesAreUTF8(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	w.create(amy, "customers", fields{"name": "a\ufffdb"})
	if a := w.want(400, "bad_request", amy, "GET", "/v1/customers?name[has]=%ff", nil); fmt.Sprint(locations(a)) != "[query.name[has]]" {
		t.Errorf("told of %s", a.body)
	}
	_, cursor := w.snapshot(amy)
	w.want(400, "bad_cursor", amy, "GET", "/v1/changes?since="+cursor+"%0A", nil)
	w.want(404, "not_found", amy, "POST", "/v1/held/zz/dismiss", nil)
}
