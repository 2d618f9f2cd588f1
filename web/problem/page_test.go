package problem_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/web/problem"
)

func page(method, path, accept string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept", accept)
	problem.Pages().ServeHTTP(w, r)
	return w
}

func TestEveryCodeHasItsPage(t *testing.T) {
	list, lines := page("GET", problem.Path, "text/html,*/*;q=0.8"), page("GET", problem.Path, "*/*")
	for _, e := range problem.Catalogue() {
		address := problem.New(e.Code, "").Type
		got := page("GET", address, "text/html,*/*;q=0.8")
		if text := html.UnescapeString(got.Body.String()); got.Code != 200 || !strings.Contains(text, e.Means) || !strings.Contains(text, e.Do) {
			t.Errorf("the page of %s = %d %s", e.Code, got.Code, text)
		}
		if got := page("GET", address, "*/*"); !strings.Contains(got.Body.String(), e.Means) || strings.Contains(got.Body.String(), "<") {
			t.Errorf("the text of %s = %s", e.Code, got.Body)
		}
		if !strings.Contains(list.Body.String(), `href="`+address+`"`) || !strings.Contains(lines.Body.String(), e.Code) {
			t.Errorf("the list lacks %s", e.Code)
		}
	}
}

// TestPagesLoadNothing: the policy lets in the one style that is in the page, and nothing else.
func TestPagesLoadNothing(t *testing.T) {
	got := page("GET", problem.Path+"stale", "text/html")
	_, rest, _ := strings.Cut(got.Body.String(), "<style>")
	style, _, ok := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	policy := got.Header().Get("Content-Security-Policy")
	if !ok || !strings.Contains(policy, want) || !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy = %q, want it with %q", policy, want)
	}
}

func TestPagesOfNothing(t *testing.T) {
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/docs/e/nonsense", 404},
		{http.MethodGet, "/docs/e/<script>", 404},
		{http.MethodGet, "/docs/e/../../etc/passwd", 404},
		{http.MethodPost, "/docs/e/stale", 405},
		{http.MethodHead, "/docs/e/stale", 200},
		{http.MethodGet, "/docs/e", 200},
	} {
		got := page(c.method, c.path, "text/html")
		if got.Code != c.want || strings.Contains(got.Body.String(), "<script") {
			t.Errorf("%s %s = %d %s, want %d", c.method, c.path, got.Code, got.Body, c.want)
		}
	}
}
