package web_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// TestW42_ARequestSaysWhereItCameFrom: what is decided for a request knows its address and what the caller says it is, of
// which no more is kept than can be shown.
func TestW42_ARequestSaysWhereItCameFrom(t *testing.T) {
	s := site(t, func(c *web.Config) {
		c.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o := model.OriginOf(r.Context())
			_, _ = io.WriteString(w, fmt.Sprintf("%s %q", o.Address, o.Client))
		})
	})
	for sent, kept := range map[string]string{
		"ERP 4":                  "ERP 4",
		"ERP\t4 Übersicht":       "ERP4 bersicht",
		strings.Repeat("x", 500): strings.Repeat("x", model.MaxClient),
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v1/jobs", nil)
		check(t, err)
		r.Header.Set("User-Agent", sent)
		answer, err := http.DefaultClient.Do(r)
		check(t, err)
		if got, want := body(t, answer), fmt.Sprintf("127.0.0.1 %q", kept); got != want {
			t.Errorf("%q came as %s, want %s", sent, got, want)
		}
		answer.Body.Close()
	}
}
