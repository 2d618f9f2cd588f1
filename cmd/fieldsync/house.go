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
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/hook"
	"github.com/fieldsync/fieldsync/web/metrics"
	"github.com/fieldsync/fieldsync/web/portal"
)

// house is everything that lives on one store.
type house struct {
	store    storage.Store
	engine   core
	hub      *session.Hub
	gate     *session.Gate
	sessions *session.Server
	operator *operator
	hooks    *hook.Deliverer // delivers while the server runs
	api      http.Handler    // the office's API, by a key or a session
	portal   http.Handler    // the clients' entrance
	inner    http.Handler    // the API, as the person that the operator acts as
	admin    http.Handler
	meter    *metrics.Metrics
	log      *slog.Logger
	clock    func() time.Time
	leave    context.CancelFunc // ends requests that wait for something
	due      chan struct{}      // something is to be moved that one commit left to others
}

// core is the engine as session wants it.
type core struct {
	*engine.Engine
	store storage.Store
	meter *metrics.Metrics // nil: nothing is counted
}

// Push is the engine's, with the errors that a conversation knows.
func (k core) Push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error) {
	begun := time.Now()
	answers, err := k.Engine.Push(ctx, c, changes, have, now)
	switch {
	case errors.Is(err, engine.ErrOlder):
		err = session.ErrOlder
	case errors.Is(err, storage.ErrFull):
		err = fmt.Errorf("%w: %w", session.ErrLater, err)
	}
	k.meter.Pushed(c.Lane, changes, answers, now, time.Since(begun), err)
	return answers, err
}

// nameOf is a person's display name, or nothing.
func (k core) nameOf(t model.TenantID, u model.UserID) (name string) {
	// A name that cannot be read is not worth an error: the device is told all else.
	_ = k.store.View(context.Background(), t, func(r storage.Reader) error {
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

// newPasswords is how a house hashes passwords. Tests, which hash a third of the time when they do so in earnest, put another here.
var newPasswords = func() *session.Passwords { return session.NewPasswords(0) }

// newHouse furnishes a store. It starts nothing; the caller closes the store. The clock is what all in the house go by but its
// timers, which are the runtime's.
func newHouse(store storage.Store, set *settings, log *slog.Logger, clock func() time.Time) (*house, error) {
	waiting, leave := context.WithCancel(context.Background())
	h := &house{store: store, hub: session.NewHub(), log: log, clock: clock, leave: leave, due: make(chan struct{}, 1)}
	passwords := newPasswords()
	var err error
	if h.meter, err = newMeter(h, passwords, log); err != nil {
		return nil, err
	}
	h.engine = core{engine.New(engine.Config{Store: telltale{store, h.hub, h.due}, Random: rand.Reader, Decode: protocol.DecodeChange, Zone: new(zones).find}), store, h.meter}
	drain := set.drainWait
	if drain == 0 {
		drain = -1 // not at all
	}
	var errs [7]error
	h.gate, errs[0] = session.NewGate(session.GateConfig{
		Accounts: h.engine, Hub: h.hub, Passwords: passwords, Log: log, Drain: drain, Clock: clock,
	})
	h.sessions, errs[1] = session.NewServer(session.Config{Engine: h.engine, Hub: h.hub, Log: log, Clock: clock, Name: h.engine.nameOf, Sight: h.engine.Audiences, Search: h.engine.Search})
	h.operator = &operator{engine: h.engine, hub: h.hub, gate: h.gate, passwords: passwords, clock: clock}
	h.hooks, errs[2] = hook.New(hook.Config{Source: hookSource{h.operator}, Log: log, Clock: clock, Private: set.webhooksPrivate, Version: version(), Observe: h.meter.Delivered})
	office := api.Config{
		Office: backOffice{operator: h.operator, hooks: h.hooks, private: set.webhooksPrivate},
		Log:    log, Version: version(), Done: waiting.Done(), Clock: clock,
	}
	h.api, errs[3] = api.New(office)
	office.As = acting
	h.inner, errs[4] = api.New(office)
	h.admin, errs[5] = web.NewAdmin(web.AdminConfig{Operator: h.operator, API: h.asUser, Log: log})
	h.portal, errs[6] = portal.New(portal.Config{
		Clients: clients{h.operator}, Log: log, Version: version(), Done: waiting.Done(), Address: web.Address,
	})
	return h, errors.Join(errs[:]...)
}
