package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Problem is an RFC 9457 problem. Code is stable; Title says what happened, Detail why and what to do.
type Problem struct {
	Type   string `json:"type"`
	Code   string `json:"code"`
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`

	// Of active_elsewhere.
	Device   string     `json:"device,omitempty"`
	LastSeen int64      `json:"last_seen,omitempty"` // milliseconds since 1970 UTC
	Unsent   *uint32    `json:"unsent,omitempty"`
	Epoch    *EpochText `json:"epoch,omitempty"` // to be repeated as "takeover"
	retry    int        // seconds, for Retry-After
}

// Error says what happened.
func (p *Problem) Error() string { return p.Title }

// EpochText is an epoch as text: its high bits do not survive a JavaScript number.
type EpochText model.Epoch

// MarshalText writes decimal digits.
func (e EpochText) MarshalText() ([]byte, error) { return strconv.AppendUint(nil, uint64(e), 10), nil }

// UnmarshalText reads decimal digits; empty is 0.
func (e *EpochText) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*e = 0
		return nil
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	*e = EpochText(n)
	return err
}

func problem(status int, code, title, detail string) *Problem {
	return &Problem{Type: "https://fieldsync.dev/e/" + code, Code: code, Status: status, Title: title, Detail: detail}
}

// problems maps what is known to go wrong to what is told.
var problems = []struct {
	err    error
	status int
	code   string
	detail string
}{
	{model.ErrSignIn, http.StatusUnauthorized, "sign_in_failed", "Check them and try again, or ask the office for a reset."},
	{model.ErrToken, http.StatusUnauthorized, "not_signed_in", "Sign in again; nothing unsent is lost."},
	{model.ErrNoLane, http.StatusForbidden, "no_field_channel", "Ask the office to switch mobile access on."},
	{model.ErrStolen, http.StatusForbidden, "device_stolen", "Ask the office."},
	{model.ErrLost, http.StatusForbidden, "device_lost", "Ask the office to mark it as found; what is unsent here is still handed in."},
	{model.ErrUnknown, http.StatusNotFound, "not_found", "Check the name."},
	{session.ErrKey, http.StatusBadRequest, "bad_key", "Send the key's point, 0x04 and two coordinates, in base64."},
	{session.ErrBusy, http.StatusServiceUnavailable, "busy", "Try again in a few seconds."},
	{session.ErrPasswordLong, http.StatusBadRequest, "password_long", "Choose a shorter one."},
	{session.ErrPasswordShort, http.StatusBadRequest, "password_short", "Choose a longer one; a sentence is good."},
	{session.ErrFrame, http.StatusBadRequest, "bad_frame", "Send one push frame as protocol/SPEC.md describes it."},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout", "Try again."},
}

// problemOf finds what is told about an error; nil when it is not known.
func problemOf(err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	var active *model.Active
	if errors.As(err, &active) {
		p := problem(http.StatusConflict, "active_elsewhere", "active on another device",
			"Its unsent work is still handed in. To go on here, repeat the sign-in with takeover set to this epoch.")
		epoch := EpochText(active.Epoch)
		p.Device, p.LastSeen, p.Unsent, p.Epoch = active.Device, int64(active.Seen), &active.Unsent, &epoch
		return p
	}
	var limit *session.LimitError
	if errors.As(err, &limit) {
		p := problem(http.StatusTooManyRequests, "too_many_attempts", "too many attempts", limit.Error())
		p.retry = int(limit.Wait.Seconds()) + 1
		return p
	}
	for _, known := range problems {
		if errors.Is(err, known.err) {
			p := problem(known.status, known.code, known.err.Error(), known.detail)
			if known.status == http.StatusServiceUnavailable {
				p.retry = 5
			}
			return p
		}
	}
	return nil
}

// fail answers with a problem.
func fail(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	p := problemOf(err)
	if p == nil {
		if r.Context().Err() != nil {
			return // nobody waits for the answer
		}
		log.Error("request failed", slog.String("path", r.URL.Path), slog.String("error", err.Error()))
		p = problem(http.StatusInternalServerError, "internal", "something went wrong here", "Try again; if it stays, tell the operator.")
	}
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retry))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // nobody is told when nobody listens any more
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // nobody is told when nobody listens any more
}

// read decodes a JSON body of at most most bytes, strictly.
func read(w http.ResponseWriter, r *http.Request, most int64, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil && decoder.More() {
		err = errors.New("more than one value")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // or the wait for an answer would end with it
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return problem(http.StatusRequestEntityTooLarge, "body_too_large", "the request is too large", "Send at most "+strconv.FormatInt(most, 10)+" bytes.")
	case err != nil:
		return problem(http.StatusBadRequest, "bad_request", "the request is not what it should be", "Send one JSON object with the documented fields: "+err.Error()+".")
	}
	return nil
}
