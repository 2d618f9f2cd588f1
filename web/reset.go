package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
)

// The page on which a person with a one-time link chooses a password, and its two parts that a browser is to trust.
var (
	//go:embed reset.html
	resetPage string
	//go:embed reset.css
	resetStyle string
	//go:embed reset.js
	resetScript string
)

// resetForm shows the page. It knows nothing: the link is behind the #, and the page sends it to POST /v1/reset.
func (s *Server) resetForm(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+hashOf(resetStyle)+"; script-src "+hashOf(resetScript)+
		"; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write([]byte(resetPage + "<style>" + resetStyle + "</style>\n<script>" + resetScript + "</script>\n"))
}

// hashOf names the text of a part that a page has inside.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
