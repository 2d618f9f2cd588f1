package web

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Board is who is signed in, for an office user who may look at people and end their sessions (domain F14). cmd
// implements it over the engine. A token that opens no live session is model.ErrToken; a user who may not is answered
// with a problem of its own.
type Board interface {
	LiveSessions(ctx context.Context, t model.TenantID, token [32]byte) ([]Session, error)
	EndLive(ctx context.Context, t model.TenantID, token [32]byte, login string, end EndSession) (Ended, error)
}

// board adds the routes of a board. The tenant is a parameter, since tokens are looked up within one company.
func (s *Server) board(r chi.Router) {
	if s.cfg.Board == nil {
		return
	}
	r.Get("/sessions", s.asOffice(func(r *http.Request, _ http.ResponseWriter, t model.TenantID, token [32]byte) (any, error) {
		return s.cfg.Board.LiveSessions(r.Context(), t, token)
	}))
	r.Post("/sessions/{login}/end", s.asOffice(func(r *http.Request, w http.ResponseWriter, t model.TenantID, token [32]byte) (any, error) {
		var end EndSession
		if err := read(w, r, maxSignIn, &end); err != nil {
			return nil, err
		}
		return s.cfg.Board.EndLive(r.Context(), t, token, part(r, "login"), end)
	}))
}

func (s *Server) asOffice(f func(*http.Request, http.ResponseWriter, model.TenantID, [32]byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var tenant model.TenantID
		token, ok := bearer(r)
		if err := tenant.UnmarshalText([]byte(r.URL.Query().Get("tenant"))); err != nil || !ok {
			fail(w, r, s.cfg.Log, model.ErrToken)
			return
		}
		out, err := f(r, w, tenant, token)
		if err != nil {
			fail(w, r, s.cfg.Log, err)
			return
		}
		reply(w, http.StatusOK, out)
	}
}

// bearer is the session token of a request.
func bearer(r *http.Request) (token [32]byte, ok bool) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	raw, err := hex.DecodeString(text)
	if !ok || err != nil || len(raw) != len(token) {
		return token, false
	}
	return [32]byte(raw), true
}
