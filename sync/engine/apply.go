package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// apply runs a decision inside a commit and writes what it came to.
func (e *Engine) apply(ctx context.Context, id model.TenantID, weight int, now model.Instant, decide func(*tx) error) error {
	_, err := e.cfg.Store.Apply(ctx, id, weight, func(r storage.Reader) (*storage.WriteSet, error) {
		t, err := e.begin(ctx, id, r, now)
		if err != nil {
			return nil, err
		}
		if c, ok := ctx.Value(fence{}).(model.Caller); ok && !t.stands(c) {
			return nil, model.ErrToken
		}
		if err := t.proves(ctx); err != nil {
			return nil, err
		}
		if err := decide(t); err != nil {
			return nil, err
		}
		t.regain()
		return t.writes()
	})
	return err
}

type fence struct{}

// Fenced marks what a caller of the office's API does: nothing of it is committed when the session or the key that they act by
// does not stand any more at that moment (I7). It rides in the context, as the caller does on every road that leads here, so
// that [Engine.apply] asks it for every decision; [Engine.Submit] commits by itself, and asks for its caller's desk.
func Fenced(ctx context.Context, c model.Caller) context.Context {
	return context.WithValue(ctx, fence{}, c)
}

// read runs a function on one snapshot.
func (e *Engine) read(ctx context.Context, id model.TenantID, look func(*tx) error) error {
	return e.cfg.Store.View(ctx, id, func(r storage.Reader) error {
		t, err := e.begin(ctx, id, r, 0)
		if err != nil {
			return err
		}
		if err := look(t); err != nil {
			return err
		}
		return t.err
	})
}
