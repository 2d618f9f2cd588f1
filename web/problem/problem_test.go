package problem_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		err    error
		code   string
		status int
		retry  string
	}{
		{model.ErrSignIn, "sign_in_failed", 401, ""},
		{model.ErrToken, "not_signed_in", 401, ""},
		{model.ErrNoLane, "no_field_channel", 403, ""},
		{model.ErrNoLink, "not_linked", 403, ""},
		{model.ErrClosed, "partner_closed", 403, ""},
		{model.ErrPartner, "no_partner", 404, ""},
		{model.ErrInside, "bad_request", 400, ""},
		{model.ErrNoKind, "no_kind", 403, ""},
		{model.ErrReason, "reason_needed", 409, ""},
		{model.ErrStolen, "device_stolen", 403, ""},
		{model.ErrLost, "device_lost", 403, ""},
		{model.ErrUnknown, "not_found", 404, ""},
		{model.ErrReused, "key_reused", 422, ""},
		{model.ErrGone, "history_gone", 410, ""},
		{model.ErrScoped, "scope_missing", 403, ""},
		{model.ErrLevel, "not_allowed", 403, ""},
		{model.ErrHistory, "bad_cursor", 400, ""},
		{model.ErrScope, "bad_scope", 400, ""},
		{&model.StaleError{Record: model.RecordID{1}}, "stale", 412, ""},
		{&model.Active{Device: "Pixel", Epoch: 1 << 60}, "active_elsewhere", 409, ""},
		{&model.Active{Device: "Pixel", Epoch: 1 << 60, Policy: model.SlotRefuse}, "release_first", 409, ""},
		{&session.LimitError{Wait: 7 * time.Second}, "too_many_attempts", 429, "8"},
		{session.ErrKey, "bad_key", 400, ""},
		{session.ErrBusy, "busy", 503, "5"},
		{session.ErrLater, "disk_full", 503, "5"},
		{session.ErrPasswordLong, "password_long", 400, ""},
		{session.ErrPasswordShort, "password_short", 400, ""},
		{context.DeadlineExceeded, "timeout", 503, "5"},
		{problem.New("taken", ""), "taken", 409, ""},
	} {
		p := problem.Of(fmt.Errorf("outer: %w", c.err))
		if p == nil || p.Code != c.code || p.Status != c.status || p.Type != "/docs/e/"+c.code || p.Detail == "" {
			t.Errorf("Of(%v) = %+v, want %d %s", c.err, p, c.status, c.code)
			continue
		}
		if got := p.GetHeaders().Get("Retry-After"); got != c.retry {
			t.Errorf("Of(%v) says Retry-After %q, want %q", c.err, got, c.retry)
		}
		if got := p.GetHeaders().Get("WWW-Authenticate"); (got != "") != (c.status == 401) {
			t.Errorf("Of(%v) says WWW-Authenticate %q", c.err, got)
		}
	}
	if p := problem.Of(errors.New("disk on fire")); p != nil {
		t.Errorf("an unknown error is told as %+v", p)
	}
	epoch, err := problem.Of(&model.Active{Epoch: 1 << 60}).Epoch.MarshalText()
	if err != nil || string(epoch) != "1152921504606846976" {
		t.Errorf("the epoch of active_elsewhere = %s, %v", epoch, err)
	}
}

func TestACodeThatIsNotThereIsInternal(t *testing.T) {
	if p := problem.New("nonsense", "the password is swordfish"); p.Code != "internal" || strings.Contains(p.Detail, "swordfish") {
		t.Errorf("New of no code = %+v", p)
	}
}

func TestWrite(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	answer := func(ctx context.Context, id string, err error) (*httptest.ResponseRecorder, problem.Problem) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/jobs", nil)
		if id != "" {
			r.Header.Set(problem.RequestHeader, id)
		}
		problem.Identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, log, err)
		})).ServeHTTP(w, r)
		var p problem.Problem
		if w.Body.Len() > 0 {
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
		}
		return w, p
	}
	shared := problem.New("stale", "", problem.Fault{Location: "header.If-Match", Message: "older"})
	w, p := answer(t.Context(), "run-7.a_B", shared)
	if w.Code != 412 || w.Header().Get("Content-Type") != problem.MediaType || p.Code != "stale" || len(p.Errors) != 1 {
		t.Errorf("stale = %d %s", w.Code, w.Body)
	}
	if p.RequestID != "run-7.a_B" || w.Header().Get(problem.RequestHeader) != p.RequestID || shared.RequestID != "" {
		t.Errorf("request = %q in the body, %q in the header, %q in what others share", p.RequestID, w.Header().Get(problem.RequestHeader), shared.RequestID)
	}
	if w, _ = answer(t.Context(), "", session.ErrBusy); w.Header().Get("Retry-After") != "5" {
		t.Errorf("busy says Retry-After %q", w.Header().Get("Retry-After"))
	}
	w, p = answer(t.Context(), "forged\nline", errors.New("the secret is swordfish"))
	if w.Code != 500 || p.Code != "internal" || strings.Contains(w.Body.String(), "swordfish") {
		t.Errorf("an unknown error = %d %s", w.Code, w.Body)
	}
	if len(p.RequestID) != 16 || !strings.Contains(logged.String(), "request="+p.RequestID) || !strings.Contains(logged.String(), "swordfish") {
		t.Errorf("the log %q does not lead from %q to the cause", logged.String(), p.RequestID)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	logged.Reset()
	if w, p := answer(gone, "", context.Canceled); w.Code != 503 || p.Code != "timeout" || logged.Len() != 0 {
		t.Errorf("who has gone, or was given up on the way, is told %d %q, and the log %q; nothing said is a success", w.Code, w.Body, logged.String())
	}
	if w, _ := answer(t.Context(), strings.Repeat("x", 65), shared); w.Header().Get(problem.RequestHeader) == strings.Repeat("x", 65) {
		t.Error("a name of 65 letters is taken")
	}
}
