package web

import (
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Secret is a ticket or the secret of a link: 32 bytes, as hexadecimal text. It comes in a body, never in an address, which
// proxies and browsers keep.
type Secret [32]byte

// MarshalText writes hexadecimal digits.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(s[:])), nil }

// UnmarshalText reads them.
func (s *Secret) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(s) {
		return errors.New("want 64 hexadecimal digits")
	}
	*s = Secret(raw)
	return nil
}

// TicketRequest is the body of POST /v1/sign-in/ticket by which a person gets a ticket for their password. A back end or
// somebody of the office, who send an Authorization, get one by the office's API.
type TicketRequest struct {
	Tenant    string         `json:"tenant"`
	Login     string         `json:"login"`
	Password  string         `json:"password"`
	Kind      string         `json:"kind,omitempty"`       // of the session; none: the account's own
	Device    model.DeviceID `json:"device,omitzero"`      // of an earlier sign-in on this installation
	PublicKey string         `json:"public_key,omitempty"` // of the one device that may use it; none: any
}

// TicketAnswer is a ticket.
type TicketAnswer struct {
	Ticket  Secret        `json:"ticket"`
	Expires model.Instant `json:"expires"` // milliseconds since 1970 UTC
}

func (s *Server) signInTicket(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" && s.cfg.API != nil {
		s.cfg.API.ServeHTTP(w, afresh(r))
		return
	}
	var body TicketRequest
	err := read(w, r, maxSignIn, &body)
	if err == nil {
		err = bounded(field{"tenant", body.Tenant, maxLabel}, field{"login", body.Login, 2 * maxLabel})
	}
	if err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	in := session.SignInRequest{Tenant: body.Tenant, Login: body.Login, Password: body.Password, Device: body.Device, Address: s.address(r)}
	if in.PublicKey, err = Named(body.PublicKey); err == nil {
		in.Kind, err = kindOf(body.Kind)
	}
	if err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	k, err := s.cfg.Gate.IssueTicket(r.Context(), in)
	s.ticket(w, r, k, err)
}

func (s *Server) connectTicket(w http.ResponseWriter, r *http.Request) {
	tenant, token, err := ofSession(w, r)
	if err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	k, err := s.cfg.Gate.ConnectTicket(r.Context(), tenant, token, s.address(r))
	s.ticket(w, r, k, err)
}

// ticket answers with a ticket, or says why there is none.
func (s *Server) ticket(w http.ResponseWriter, r *http.Request, k session.Ticket, err error) {
	if err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	reply(w, http.StatusCreated, TicketAnswer{Ticket: k.Secret, Expires: k.Expires})
}

// ResetRequest is the body of POST /v1/reset: somebody with a one-time link chooses a password.
type ResetRequest struct {
	Tenant   string `json:"tenant"` // name of the company
	Link     Secret `json:"link"`
	Password string `json:"password"`
}

func (s *Server) reset(w http.ResponseWriter, r *http.Request) {
	var body ResetRequest
	err := read(w, r, maxSignIn, &body)
	if err == nil {
		err = bounded(field{"tenant", body.Tenant, maxLabel})
	}
	if err == nil {
		err = s.cfg.Gate.Reset(r.Context(), session.ResetRequest{
			Tenant: body.Tenant, Link: body.Link, Password: body.Password, Address: s.address(r),
		})
	}
	if err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
