package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/hook"
	"github.com/fieldsync/fieldsync/web/problem"
)

// backOffice is the office's API over the engine: it adds the clock, and checks what only some may do. It implements
// api.Office.
type backOffice struct {
	*operator
	hooks   *hook.Deliverer
	private bool // webhooks may lead to this server's own network
}

var _ api.Office = backOffice{}

type operatingKey struct{}

// operating marks a request of the operator: whoever holds the machine manages everything, whatever the levels of the
// user they act as. What records they see and change is that user's all the same.
func operating(ctx context.Context) context.Context {
	return context.WithValue(ctx, operatingKey{}, true)
}

func isOperator(ctx context.Context) bool {
	is, _ := ctx.Value(operatingKey{}).(bool)
	return is
}

// manages checks that a caller may manage: the scope of a key, and the user's own level.
func (b backOffice) manages(ctx context.Context, c model.Caller, p access.Permission, least access.Level) error {
	if !c.Scopes.Manages() {
		return model.ErrScoped
	}
	return b.may(ctx, c, p, least)
}

// may checks the level of a caller's user.
func (b backOffice) may(ctx context.Context, c model.Caller, p access.Permission, least access.Level) error {
	if isOperator(ctx) {
		return nil
	}
	sets, err := b.setsOf(ctx, c)
	if err != nil {
		return err
	}
	settings, err := b.engine.Settings(ctx, c.Tenant)
	if err != nil {
		return err
	}
	if level, _ := access.Effective(sets, settings, p); level == access.Full || least == access.ReadOnly && level.Reads() {
		return nil
	}
	return problem.New("not_allowed", "It needs the level "+least.String()+" of "+p.String()+"; an administrator gives it.")
}

// setsOf are the permission sets of a caller's user; model.ErrToken when they are not of the office any more.
func (b backOffice) setsOf(ctx context.Context, c model.Caller) (access.Sets, error) {
	a, err := b.person(ctx, c.Tenant, func(a storage.Account) bool { return a.User == c.User })
	if err != nil || !a.Active || a.Kind != model.Desktop {
		return access.Sets{}, model.ErrToken
	}
	return access.ParseSets(a.Levels)
}

// maker is in whose name a caller does things: the operator's is nobody's.
func maker(ctx context.Context, c model.Caller) model.UserID {
	if isOperator(ctx) {
		return model.UserID{}
	}
	return c.User
}

// Fenced marks what a caller does.
func (b backOffice) Fenced(ctx context.Context, c model.Caller) context.Context {
	return engine.Fenced(ctx, c)
}

// Stands says whether what a caller acts by is still good, for those who have waited.
func (b backOffice) Stands(ctx context.Context, c model.Caller) error { return b.engine.Stands(ctx, c) }

// KeyCaller finds whose a key is.
func (b backOffice) KeyCaller(ctx context.Context, t model.TenantID, secret [32]byte) (model.Caller, error) {
	return b.engine.KeyCaller(ctx, t, secret, b.now())
}

// SessionCaller finds the office user of a live session.
func (b backOffice) SessionCaller(ctx context.Context, t model.TenantID, token [32]byte) (model.Caller, error) {
	return b.engine.SessionCaller(ctx, t, token, b.now())
}

// Table is the collections of a company.
func (b backOffice) Table(ctx context.Context, t model.TenantID) (*model.Table, error) {
	return b.engine.Table(ctx, t)
}

// ExternalID is the record that an external id names.
func (b backOffice) ExternalID(ctx context.Context, t model.TenantID, of model.Collection, external string) (model.RecordID, error) {
	return b.engine.ExternalID(ctx, t, of, external)
}

// Look finds records as a caller sees them.
func (b backOffice) Look(ctx context.Context, c model.Caller, ids []model.RecordID) (model.Look, error) {
	return b.engine.Look(ctx, c, ids)
}

// List gives a page of a collection.
func (b backOffice) List(ctx context.Context, c model.Caller, q model.Query) (model.Listing, error) {
	return b.engine.List(ctx, c, q)
}

// Search finds records by words.
func (b backOffice) Search(ctx context.Context, c model.Caller, q model.Search) (model.Sighted, error) {
	return b.engine.SearchAs(ctx, c, q)
}

// Snapshot gives all records of some collections.
func (b backOffice) Snapshot(ctx context.Context, c model.Caller, of []model.Collection, yield func(model.Shown) error) (string, error) {
	return b.engine.Snapshot(ctx, c, of, yield)
}

// Submit decides the changes of a request.
func (b backOffice) Submit(ctx context.Context, c model.Caller, r model.Request, changes []model.Submitted) (model.Settlement, error) {
	s, err := b.engine.Submit(ctx, c, r, changes, b.now())
	return s, told(err)
}

// Known answers a repeatable request that was decided before.
func (b backOffice) Known(ctx context.Context, c model.Caller, r model.Request) (model.Settlement, bool, error) {
	return b.engine.Known(ctx, c, r, b.now())
}

// Events reads the change feed.
func (b backOffice) Events(ctx context.Context, c model.Caller, cursor string, of []model.Collection, limit int) (model.Events, error) {
	return b.engine.Events(ctx, c, cursor, of, limit)
}

// History reads what happened to one record.
func (b backOffice) History(ctx context.Context, c model.Caller, of model.Collection, id model.RecordID, cursor string, limit int) (model.Events, error) {
	return b.engine.RecordHistory(ctx, c, of, id, cursor, limit)
}

// Woken is closed when the company commits something after the call.
func (b backOffice) Woken(t model.TenantID) (<-chan struct{}, func()) { return b.hub.Watch(t) }

// BoardWoken is closed when it may look different after the call who is signed in where.
func (b backOffice) BoardWoken(t model.TenantID) (<-chan struct{}, func()) {
	return b.hub.WatchBoard(t)
}

// Held lists the changes that wait, for who may decide them.
func (b backOffice) Held(ctx context.Context, c model.Caller) ([]model.HeldChange, error) {
	if err := b.may(ctx, c, access.WebJobs, access.Full); err != nil {
		return nil, err
	}
	return b.engine.HeldFor(ctx, c)
}

// Inbox lists everything that needs a person.
func (b backOffice) Inbox(ctx context.Context, c model.Caller, q model.InboxQuery) (model.Inbox, error) {
	return b.engine.Inbox(ctx, c, q, b.now())
}

// Rule lets a held change in, or decides against it, with its group.
func (b backOffice) Rule(ctx context.Context, c model.Caller, q model.Request, r model.Ruling) error {
	err := b.engine.Rule(ctx, c, q, r, maker(ctx, c), b.now())
	switch {
	case errors.Is(err, engine.ErrPartHidden):
		return problem.New("not_allowed", "The change stands or falls with others, and some of them are about what you do not see.")
	case errors.Is(err, engine.ErrNotCorrectable):
		return problem.New("not_allowed", "Hours, and what you may not write yourself, are let in as they are, or not at all.")
	case errors.Is(err, model.ErrLevel):
		return problem.New("not_allowed", "It needs the level full of "+access.WebJobs.String()+"; an administrator gives it.")
	}
	return told(err)
}

// Settings are the company's.
func (b backOffice) Settings(ctx context.Context, c model.Caller) (model.Settings, error) {
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return model.Settings{}, err
	}
	return b.engine.Settings(ctx, c.Tenant)
}

// asUser answers a request of the office's API as a person of a company, for the operator.
func (h *house) asUser(tenant, login string, w http.ResponseWriter, r *http.Request) {
	c, err := h.operator.acting(r.Context(), tenant, login)
	if err != nil {
		problem.Write(w, r, h.log, err)
		return
	}
	ctx := context.WithValue(operating(r.Context()), actingKey{}, c)
	h.inner.ServeHTTP(w, r.WithContext(ctx))
}

// acting is the caller that the operator is as a person of a company; as nobody they only manage.
func (o *operator) acting(ctx context.Context, tenant, login string) (model.Caller, error) {
	c := model.Caller{Scopes: model.AllScopes()}
	if login == nobody {
		var err error
		c.Tenant, err = o.tenant(ctx, tenant)
		return c, err
	}
	t, a, err := o.account(ctx, tenant, login)
	c.Tenant, c.User = t, a.User
	return c, err
}

type actingKey struct{}

// acting is whom the operator acts as.
func acting(r *http.Request) (model.Caller, error) {
	c, ok := r.Context().Value(actingKey{}).(model.Caller)
	if !ok {
		return c, model.ErrToken
	}
	return c, nil
}
