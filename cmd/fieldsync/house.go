package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// house is everything that lives on one store.
type house struct {
	store    storage.Store
	engine   gateway
	hub      *session.Hub
	gate     *session.Gate
	sessions *session.Server
	operator *operator
	admin    http.Handler
}

// gateway is the engine as session wants it.
type gateway struct {
	*engine.Engine
	store storage.Store
}

// Push is the engine's, with the errors that a conversation knows.
func (g gateway) Push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error) {
	answers, err := g.Engine.Push(ctx, c, changes, have, now)
	switch {
	case errors.Is(err, engine.ErrOlder):
		return nil, session.ErrOlder
	case errors.Is(err, storage.ErrFull):
		return nil, fmt.Errorf("%w: %w", session.ErrLater, err)
	}
	return answers, err
}

// nameOf is a person's display name, or nothing.
func (g gateway) nameOf(t model.TenantID, u model.UserID) (name string) {
	// A name that cannot be read is not worth an error: the device is told all else.
	_ = g.store.View(context.Background(), t, func(r storage.Reader) error {
		row, ok := r.Row(storage.TableAccounts, string(u[:]))
		if !ok {
			return nil
		}
		account, err := storage.ParseAccount(row)
		name = account.Name
		return err
	})
	return name
}

// watched is a store that tells when a commit is in doubt.
type watched struct {
	storage.Store
	doubt func(error)
}

// Apply is the store's.
func (w watched) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	head, err := w.Store.Apply(ctx, t, weight, decide)
	if errors.Is(err, storage.ErrUnknown) {
		w.doubt(err)
	}
	return head, err
}

// newHouse furnishes a store. It starts nothing; the caller closes the store.
func newHouse(store storage.Store, set *settings, log *slog.Logger) (*house, error) {
	h := &house{store: store, hub: session.NewHub()}
	h.engine = gateway{engine.New(engine.Config{Store: store, Random: rand.Reader, Decode: protocol.DecodeChange}), store}
	passwords := session.NewPasswords(0)
	drain := set.drainWait
	if drain == 0 {
		drain = -1 // not at all
	}
	var errs [3]error
	h.gate, errs[0] = session.NewGate(session.GateConfig{
		Accounts: h.engine, Hub: h.hub, Passwords: passwords, Log: log, Drain: drain,
	})
	h.sessions, errs[1] = session.NewServer(session.Config{Engine: h.engine, Hub: h.hub, Log: log, Name: h.engine.nameOf})
	h.operator = &operator{engine: h.engine, hub: h.hub, gate: h.gate, sessions: h.sessions, passwords: passwords, clock: time.Now}
	h.admin, errs[2] = web.NewAdmin(web.AdminConfig{Operator: h.operator, Changes: h.operator.Changes, Log: log})
	return h, errors.Join(errs[:]...)
}
