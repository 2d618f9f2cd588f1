package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/go-chi/chi/v5"
)

// TestAPartOfAPathIsUnescapedOnce: also where what is in front of the API has routed by the path and kept it as the raw one.
func TestAPartOfAPathIsUnescapedOnce(t *testing.T) {
	var got string
	router := chi.NewRouter()
	router.Get("/x/{name}", func(_ http.ResponseWriter, r *http.Request) { got = pathPart(r, "name") })
	for _, c := range []struct {
		address url.URL
		want    string
	}{
		{url.URL{Path: "/x/a/b", RawPath: "/x/a%2Fb"}, "a/b"},
		{url.URL{Path: "/x/a%2Fb"}, "a%2Fb"},
		{url.URL{Path: "/x/a%2Fb", RawPath: "/x/a%2Fb"}, "a%2Fb"},
		{url.URL{Path: "/x/a%"}, "a%"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = &c.address
		router.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%+v names %q, want %q", c.address, got, c.want)
		}
	}
}
