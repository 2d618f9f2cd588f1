package problem

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
)

// MediaType is that of a problem.
const MediaType = "application/problem+json"

// Problem is an RFC 9457 problem. Code is stable; Title says what happened, Detail why and what to do.
type Problem struct {
	Type      string  `json:"type" format:"uri-reference" example:"/docs/e/bad_request" doc:"Page that explains the code; this server has it."`
	Code      string  `json:"code" example:"bad_request" doc:"Stable name of what went wrong; programs branch on it."`
	Status    int     `json:"status" example:"400" doc:"HTTP status, repeated."`
	Title     string  `json:"title" doc:"What happened; the same for every problem of a code."`
	Detail    string  `json:"detail,omitempty" doc:"What of this request, and what to do."`
	Errors    []Fault `json:"errors,omitempty" doc:"What is wrong where."`
	RequestID string  `json:"request_id,omitempty" doc:"Names the request in the server's log, as the header X-Request-Id does."`

	// Of active_elsewhere.
	Device   string     `json:"device,omitempty" doc:"Of active_elsewhere and release_first: the other device."`
	LastSeen int64      `json:"last_seen,omitempty" doc:"Of active_elsewhere and release_first: when it was heard last, in milliseconds since 1970 UTC."`
	Unsent   *uint32    `json:"unsent,omitempty" doc:"Of active_elsewhere and release_first: how many changes it had not sent then."`
	Epoch    *EpochText `json:"epoch,omitempty" doc:"Of active_elsewhere: to be repeated as takeover."`

	// Of session_ended.
	Reason string `json:"reason,omitempty" doc:"Of session_ended: why."`
	Ended  int64  `json:"ended,omitempty" doc:"Of session_ended: when, in milliseconds since 1970 UTC."`

	retry int // seconds, for Retry-After; 0: it says nothing of when
}

// Fault is one thing that is wrong in a request.
type Fault struct {
	Location string `json:"location,omitempty" example:"body.fields.title" doc:"Where: body.…, query.…, path.… or header.…, with indexes as [3]."`
	Message  string `json:"message" doc:"What is wrong there."`
}

// New makes a problem of the catalogue. An empty detail is the catalogue's advice. A code that the catalogue does not
// have is told as internal.
func New(code, detail string, faults ...Fault) *Problem {
	e, ok := Lookup(code)
	if !ok {
		e, _ = Lookup("internal")
		detail = ""
	}
	if detail == "" {
		detail = e.Do
	}
	p := &Problem{Type: Path + e.Code, Code: e.Code, Status: e.Status, Title: e.Title, Detail: detail, Errors: faults}
	if e.Status == http.StatusServiceUnavailable {
		p.retry = 5
	}
	return p
}

// Error says what happened, why and what to do.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// GetStatus is the HTTP status; huma asks for it by this name.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is a problem's, whatever was negotiated; huma asks for it by this name.
func (p *Problem) ContentType(string) string { return MediaType }

// GetHeaders are the headers that go with the problem; huma asks for them by this name.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retry))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

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

// codes maps what is known to go wrong to what is told. Where tell is set, the error's own text is part of it: it names
// what of the request is wrong and nothing else.
var codes = []struct {
	err  error
	code string
	tell bool
}{
	{err: model.ErrSignIn, code: "sign_in_failed"},
	{err: model.ErrTicket, code: "bad_ticket"},
	{err: model.ErrLink, code: "bad_link"},
	{err: model.ErrProof, code: "password_again"},
	{err: model.ErrToken, code: "not_signed_in"},
	{err: model.ErrNoLane, code: "no_field_channel"},
	{err: model.ErrNoPortal, code: "no_portal"},
	{err: model.ErrNoKind, code: "no_kind"},
	{err: model.ErrReason, code: "reason_needed"},
	{err: model.ErrNoLink, code: "not_linked"},
	{err: model.ErrClosed, code: "partner_closed"},
	{err: model.ErrPartner, code: "no_partner"},
	{err: model.ErrInside, code: "bad_request", tell: true},
	{err: model.ErrStolen, code: "device_stolen"},
	{err: model.ErrLost, code: "device_lost"},
	{err: model.ErrUnknown, code: "not_found"},
	{err: model.ErrReused, code: "key_reused"},
	{err: model.ErrGone, code: "history_gone"},
	{err: model.ErrScoped, code: "scope_missing"},
	{err: model.ErrLevel, code: "not_allowed"},
	{err: model.ErrHistory, code: "bad_cursor"},
	{err: model.ErrScope, code: "bad_scope", tell: true},
	{err: session.ErrKey, code: "bad_key"},
	{err: session.ErrBusy, code: "busy"},
	{err: session.ErrLater, code: "disk_full"},
	{err: session.ErrPasswordLong, code: "password_long"},
	{err: session.ErrPasswordShort, code: "password_short"},
	{err: model.ErrDays, code: "bad_request", tell: true},
	{err: model.ErrSheet, code: "sheet_state"},
	{err: model.ErrSheetDays, code: "sheet_days"},
	{err: model.ErrNothing, code: "nothing_to_export"},
	{err: context.DeadlineExceeded, code: "timeout"},
}

// Of finds what is told about an error; nil when it is not known.
func Of(err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	var active *model.Active
	if errors.As(err, &active) {
		p := New("active_elsewhere", "")
		if active.Policy == model.SlotRefuse {
			p = New("release_first", "")
		} else {
			epoch := EpochText(active.Epoch)
			p.Epoch = &epoch
		}
		p.Device, p.LastSeen, p.Unsent = active.Device, int64(active.Seen), &active.Unsent
		return p
	}
	var over *model.EndedError
	if errors.As(err, &over) {
		p := New("session_ended", "")
		p.Reason, p.Ended = over.Ended.Reason.String(), int64(over.Ended.At)
		return p
	}
	var limit *session.LimitError
	if errors.As(err, &limit) {
		p := New("too_many_attempts", limit.Error())
		p.retry = int(limit.Wait.Seconds()) + 1
		return p
	}
	var stale *model.StaleError
	if errors.As(err, &stale) {
		return New("stale", "", Fault{Location: "header.If-Match", Message: stale.Error()})
	}
	for _, known := range codes {
		if errors.Is(err, known.err) {
			if known.tell {
				return New(known.code, err.Error())
			}
			return New(known.code, "")
		}
	}
	return nil
}
