package web

import (
	"net/http"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
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
