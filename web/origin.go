package web

import (
	"net/http"
	"strings"

	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// origin notes where a request came from, for the audit.
func (s *Server) origin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := model.Origin{Address: strings.Clone(s.address(r)), Client: client(r)}
		next.ServeHTTP(w, r.WithContext(model.WithOrigin(r.Context(), o)))
	})
}

// client is what the caller says it is, as far as it can be shown to a person: a header may hold anything.
func client(r *http.Request) string {
	text := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, r.UserAgent())
	return text[:min(len(text), model.MaxClient)]
}

// atTheMachine notes of a request that it came over the operator's socket.
func atTheMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(model.WithOrigin(r.Context(), model.Origin{Address: "socket", Client: client(r)})))
	})
}

// allowed turns away a web page that the operator has not listed: it could try passwords, and spend tickets, by the browsers of
// whoever looks at it. What sends no origin is no web page.
func (s *Server) allowed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !planted("origins-unasked") && !wsconn.Permits(r, s.cfg.Origins, true) {
			problem.Write(w, r, s.cfg.Log, problem.New("origin_not_allowed", ""))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownPage is allowed for what this server's own page asks as well ([Server.resetForm]), which no operator lists. It is known by the
// names this server is reached by, so that a page that points its own name here is turned away.
func (s *Server) ownPage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, ok := s.host(r)
		if ok && wsconn.Permits(r, []string{"https://" + host, "http://" + host}, false) {
			next.ServeHTTP(w, r)
			return
		}
		s.allowed(next).ServeHTTP(w, r)
	})
}

// entrance says whether a request of the portal's is a sign-in.
func entrance(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/sign-in")
}
