package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/model"
)

type sensitive struct{}

// Sensitive marks an act that gives somebody a way in, or more than they had: when it is done by a session, nothing of it is
// committed unless its user has shown their password lately, or it would be whoever finds a desk unlocked who does it
// (reliability-security 4.2; ASVS 7.5.3). It rides in the context beside [Fenced]. A key is no person, and what takes something
// away must not wait.
func Sensitive(ctx context.Context) context.Context { return context.WithValue(ctx, sensitive{}, true) }

// proves is model.ErrProof when an act wants a password that was not shown lately.
func (t *tx) proves(ctx context.Context) error {
	c, _ := ctx.Value(fence{}).(model.Caller)
	if ctx.Value(sensitive{}) == nil || c.Session.IsZero() || planted("unlocked-desk") {
		return nil
	}
	s, _, ok := t.session(c.Session)
	if !ok || s.Proven == 0 || t.now-s.Proven > model.Instant(t.tenant.Settings.Sessions.Sensitive) {
		return model.ErrProof
	}
	return nil
}
