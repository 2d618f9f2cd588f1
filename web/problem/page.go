package problem

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
)

// Path is where the pages are; a problem's type is Path and its code.
const Path = "/docs/e/"

// Pages serves the page of every code under [Path], and the list of them at Path itself: HTML for whoever accepts it,
// plain text for everybody else.
func Pages() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "these pages can only be read", http.StatusMethodNotAllowed)
			return
		}
		entries, status := catalogue, http.StatusOK
		if code := strings.Trim(strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(Path, "/")), "/"); code != "" {
			e, ok := Lookup(code)
			if entries = []Entry{e}; !ok {
				e, _ = Lookup("not_found")
				entries, status = []Entry{e}, http.StatusNotFound
			}
		}
		show(w, r, status, entries)
	})
}

func show(w http.ResponseWriter, r *http.Request, status int, entries []Entry) {
	h := w.Header()
	h.Set("Vary", "Accept")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		plain(w, entries)
		return
	}
	var page bytes.Buffer
	err := pages.Execute(&page, struct {
		Style   template.CSS
		Entries []Entry
		Path    string
	}{style, entries, Path})
	if err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256([]byte(style))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

// plain writes entries as text.
func plain(w io.Writer, entries []Entry) {
	if len(entries) != 1 {
		for _, e := range entries {
			fmt.Fprintf(w, "%d  %-24s  %s\n", e.Status, e.Code, e.Title)
		}
		return
	}
	e := entries[0]
	fmt.Fprintf(w, "%s (%d): %s\n\n%s\n\nWhat to do: %s\n\nAll codes: %s\n", e.Code, e.Status, e.Title, e.Means, e.Do, Path)
}

// style is the only thing a page may load: its hash stands in the policy.
const style template.CSS = `body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}` +
	`code{font-size:1em}td{padding:.2rem 1rem .2rem 0;vertical-align:top}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#9cf}}`

var pages = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>fieldsync: {{if eq (len .Entries) 1}}{{(index .Entries 0).Code}}{{else}}error codes{{end}}</title>
<style>{{.Style}}</style>
{{if eq (len .Entries) 1}}{{with index .Entries 0}}<h1><code>{{.Code}}</code></h1>
<p><b>{{.Title}}</b> (HTTP {{.Status}})</p>
<p>{{.Means}}</p>
<p>What to do: {{.Do}}</p>{{end}}
<p><a href="{{.Path}}">All codes</a></p>
{{else}}<h1>Error codes</h1>
<table>{{$path := .Path}}{{range .Entries}}
<tr><td>{{.Status}}<td><a href="{{$path}}{{.Code}}"><code>{{.Code}}</code></a><td>{{.Title}}{{end}}
</table>
{{end}}</html>
`))
