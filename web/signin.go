package web

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// maxSignIn bounds a sign-in's body: a password of 1 KiB, escaped, and the rest.
const maxSignIn = 8 << 10

// SignInRequest is the body of POST /v1/sign-in.
type SignInRequest struct {
	Tenant    string         `json:"tenant"` // name of the company
	Login     string         `json:"login"`  // e-mail
	Password  string         `json:"password"`
	Ticket    Secret         `json:"ticket,omitzero"` // in place of login and password
	Kind      string         `json:"kind,omitempty"`  // of the session; none: the ticket's, or the account's own
	Device    model.DeviceID `json:"device,omitzero"` // of an earlier sign-in on this installation
	PublicKey string         `json:"public_key"`      // P-256, uncompressed point, base64
	Label     string         `json:"label"`           // what its owner calls the device
	Platform  string         `json:"platform"`
	App       string         `json:"app"`               // version
	TakeOver  EpochText      `json:"takeover,omitzero"` // the epoch of the 409 that is being answered with yes
}

// SignInAnswer is what a device needs to connect.
type SignInAnswer struct {
	Token   string          `json:"token"` // 32 bytes, hexadecimal: the secret of the hello
	Tenant  model.TenantID  `json:"tenant"`
	User    model.UserID    `json:"user"`
	Device  model.DeviceID  `json:"device"`
	Session model.SessionID `json:"session"`
	Name    string          `json:"name"`
	Kind    string          `json:"kind"`
	Epoch   EpochText       `json:"epoch"`
}

// maxLabel bounds what a device says of itself, in bytes.
const maxLabel = 128

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	var body SignInRequest
	if err := read(w, r, maxSignIn, &body); err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	if err := body.check(); err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	kind, err := kindOf(body.Kind)
	if err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	in, err := s.cfg.Gate.SignIn(r.Context(), session.SignInRequest{
		Tenant: body.Tenant, Kind: kind, Login: body.Login, Password: body.Password, Ticket: body.Ticket, Device: body.Device, PublicKey: point(body.PublicKey),
		Label: body.Label, Platform: body.Platform, App: body.App, TakeOver: model.Epoch(body.TakeOver), Address: s.address(r),
	})
	if err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	reply(w, http.StatusOK, SignInAnswer{
		Token: hex.EncodeToString(in.Token[:]), Tenant: in.Tenant, User: in.User, Device: in.Device, Session: in.Session,
		Name: in.Name, Kind: in.Kind.String(), Epoch: EpochText(in.Epoch),
	})
}

func (b *SignInRequest) check() error {
	return bounded(
		field{"tenant", b.Tenant, maxLabel}, field{"login", b.Login, 2 * maxLabel}, field{"label", b.Label, maxLabel},
		field{"platform", b.Platform, maxLabel}, field{"app", b.App, maxLabel / 2},
	)
}

// kindOf reads a kind of session; nothing is none.
func kindOf(text string) (model.UserKind, error) {
	kind, ok := model.ParseUserKind(text)
	if !ok && text != "" {
		return 0, problem.New("bad_request", "There is no kind "+strconv.Quote(text)+"; there are desktop, mobile, portal and subcontractor.")
	}
	return kind, nil
}

// field is a text of a body, with the most bytes it may have.
type field struct {
	name, value string
	most        int
}

// bounded says which field is longer than it may be, or holds what no text holds.
func bounded(fields ...field) error {
	for _, f := range fields {
		if len(f.value) > f.most || strings.ContainsRune(f.value, 0) {
			return problem.New("bad_request", "The field "+f.name+" is too long.")
		}
	}
	return nil
}

// Named is the public key of the one device that something is for, nil for empty: any. session.ErrKey when it is no base64.
func Named(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	key := point(text)
	if len(key) == 0 {
		return nil, session.ErrKey
	}
	return key, nil
}

// point decodes a device's public key in any flavour of base64; nil when it is none.
func point(text string) []byte {
	text = strings.TrimRight(text, "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	key, err := encoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return key
}

// SessionRequest is the body of POST /v1/sign-out and of POST /v1/connect-ticket; the session's token is the bearer of the
// Authorization header.
type SessionRequest struct {
	Tenant model.TenantID `json:"tenant"`
}

// ofSession reads whose session a request is about.
func ofSession(w http.ResponseWriter, r *http.Request) (t model.TenantID, token [32]byte, err error) {
	var body SessionRequest
	if err := read(w, r, maxSignIn, &body); err != nil {
		return t, token, err
	}
	token, ok := bearer(r)
	if !ok {
		return t, token, model.ErrToken
	}
	return body.Tenant, token, nil
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	tenant, token, err := ofSession(w, r)
	if err == nil {
		err = s.cfg.Gate.SignOut(r.Context(), tenant, token)
	}
	if err != nil {
		problem.Write(w, r, s.cfg.Log, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
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
