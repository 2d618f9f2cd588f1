package engine_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestI7_AnEndedCallerChangesNothing: a request that was on its way when the session ended, another took its place or the
// key was revoked, decides nothing, though its caller was found before.
func TestI7_AnEndedCallerChangesNothing(t *testing.T) {
	if wrong := endedCallers(t); wrong != "" {
		t.Error(wrong)
	}
}

func endedCallers(t *testing.T) string {
	c, ctx := newCompany(t), context.Background()
	session := func() model.Caller {
		h := c.hand(c.amy, model.Desktop, "desk")
		if _, err := h.signIn(model.DeviceID{}, 0); err != nil {
			t.Fatal(err)
		}
		got, err := c.e.SessionCaller(ctx, c.id, sha256.Sum256([]byte(h.session)), c.now)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	kicked := session()
	if _, err := c.submit(kicked, model.Request{}, c.customer("Before")); err != nil {
		return fmt.Sprintf("a live session's request = %v", err)
	}
	if _, err := c.e.End(context.Background(), c.id, model.Ending{User: c.amy, Reason: model.EndOffice, By: c.amy, Note: "kicked"}, c.now); err != nil {
		t.Fatal(err)
	}
	replaced := session()
	session()

	secret := [32]byte{7}
	k, err := c.e.AddKey(ctx, c.id, model.APIKey{User: c.amy, Name: "ERP", Scopes: model.AllScopes()}, secret, c.now)
	if err != nil {
		t.Fatal(err)
	}
	revoked, err := c.e.KeyCaller(ctx, c.id, secret, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.submit(revoked, model.Request{}, c.customer("By key")); err != nil {
		return fmt.Sprintf("a key's request = %v", err)
	}
	if err := c.e.RevokeKey(ctx, c.id, k.ID, c.amy, c.now); err != nil {
		t.Fatal(err)
	}
	for who, by := range map[string]model.Caller{"kicked": kicked, "replaced": replaced, "revoked": revoked} {
		if _, err := c.submit(by, model.Request{}, c.customer("After")); !errors.Is(err, model.ErrToken) {
			return fmt.Sprintf("%s: its request = %v, want %v", who, err, model.ErrToken)
		}
	}
	return ""
}
