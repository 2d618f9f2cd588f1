package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestS13_RefusedSignInsAreNotedAndBounded: whoever guesses gets a line for each person and address, and not for each guess; the
// name that was typed is nowhere, and what cannot be told apart any more is counted together.
func TestS13_RefusedSignInsAreNotedAndBounded(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) { found(t, refused(t, w)) })
}

// TestF2_WhoIsRefusedByAPolicyIsNoted, and by the kind they ask for; who is asked a question is not.
func TestF2_WhoIsRefusedByAPolicyIsNoted(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		first, r := w.newPhone(), w.newPhone().request()
		r.Address = "10.0.0.9"
		check(t, first.signIn(0))
		_, _ = w.gate.SignIn(t.Context(), r) // the question
		w.mobilePolicy(model.SlotRefuse)
		_, _ = w.gate.SignIn(t.Context(), r)
		r.Kind = model.Desktop
		_, _ = w.gate.SignIn(t.Context(), r)
		check(t, w.gate.NoteRefused(t.Context()))
		if got, want := w.refusals(), "ben 10.0.0.9 active elsewhere: once, ben 10.0.0.9 no session of that kind: once"; got != want {
			t.Errorf("the audit says %q, want %q", got, want)
		}
	})
}

// TestS13_AGuessForATicketIsNoted, like one for a session: it tries the same password.
func TestS13_AGuessForATicketIsNoted(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) { found(t, guessedForTicket(t, w)) })
}

func guessedForTicket(t *testing.T, w *world) string {
	t.Helper()
	r := w.newPhone().request()
	r.Address, r.Password = "10.0.0.9", "wrong"
	_, _ = w.gate.IssueTicket(t.Context(), r) // it fails
	check(t, w.gate.NoteRefused(t.Context()))
	if got, want := w.refusals(), "ben 10.0.0.9 password: once"; got != want {
		return fmt.Sprintf("the audit says %q, want %q", got, want)
	}
	return ""
}

func found(t *testing.T, wrong string) {
	t.Helper()
	if wrong != "" {
		t.Error(wrong)
	}
}

func refused(t *testing.T, w *world) string {
	t.Helper()
	guess := func(login, address string) {
		r := w.newPhone().request()
		r.Login, r.Address, r.Password = login, address, "wrong"
		_, _ = w.gate.SignIn(t.Context(), r) // it fails
	}
	for range 7 { // five, and then too many
		guess("ben", "10.0.0.9")
	}
	guess("hunter2", "10.0.0.9")
	check(t, w.gate.NoteRefused(t.Context()))
	check(t, w.gate.NoteRefused(t.Context()))
	if got, want := w.refusals(), "ben 10.0.0.9 password: 5 times, ben 10.0.0.9 too many attempts: 2 times, nobody 10.0.0.9 password: once"; got != want {
		return fmt.Sprintf("the audit says %q, want %q", got, want)
	}
	before := w.refusedLines()
	for i := range 300 {
		guess("nobody", fmt.Sprint("10.1.", i/250, ".", i%250))
	}
	check(t, w.gate.NoteRefused(t.Context()))
	if n := len(w.refusedLines()) - len(before); n > 202 {
		return fmt.Sprintf("%d lines of 300 guesses", n)
	}
	return ""
}

func (w *world) refusedLines() []model.AuditEntry {
	w.t.Helper()
	q := model.AuditQuery{Kind: model.AuditSignInRefused, Limit: model.MaxListing}
	page, err := w.engine.Audit(w.t.Context(), w.tenant, q, model.UserID{}, w.now())
	check(w.t, err)
	return page.Lines
}

// refusals is what the audit says of them, in words.
func (w *world) refusals() string {
	var out []string
	for _, l := range w.refusedLines() {
		who := "nobody"
		if l.Subject.User == w.ben {
			who = "ben"
		}
		out = append(out, fmt.Sprintf("%s %s %s: %s", who, l.From.Address, l.Reason, l.Detail))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
