package main

import (
	"context"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/portal"
)

// clients is the portal over the engine: it adds the clock. It implements portal.Clients.
type clients struct{ *operator }

var _ portal.Clients = clients{}

// SignIn takes a client's slot.
func (c clients) SignIn(ctx context.Context, r session.SignInRequest) (session.SignedIn, error) {
	return c.gate.SignInPortal(ctx, r)
}

// SignOut ends a session by its user's word.
func (c clients) SignOut(ctx context.Context, conn model.Connection) error {
	return c.gate.SignOutSession(ctx, conn)
}

// Visit finds a live session by its token.
func (c clients) Visit(ctx context.Context, t model.TenantID, token [32]byte) (model.Connection, error) {
	return c.engine.Visit(ctx, t, token, c.now())
}

// Visitor is who a session speaks for.
func (c clients) Visitor(ctx context.Context, conn model.Connection) (model.Visitor, error) {
	return c.engine.Visitor(ctx, conn)
}

// Table is the collections of a company.
func (c clients) Table(ctx context.Context, t model.TenantID) (*model.Table, error) {
	return c.engine.Table(ctx, t)
}

// Visited gives a page of a collection.
func (c clients) Visited(ctx context.Context, conn model.Connection, q model.Query) (model.Listing, error) {
	return c.engine.Visited(ctx, conn, q)
}

// VisitedOne finds a record of a collection.
func (c clients) VisitedOne(ctx context.Context, conn model.Connection, of model.Collection, id model.RecordID) (model.Shown, error) {
	return c.engine.VisitedOne(ctx, conn, of, id)
}

// Pull is the feed's next page.
func (c clients) Pull(ctx context.Context, p model.Pull) (*model.Page, error) {
	return c.engine.Pull(ctx, p, c.now())
}

// Woken is closed when something may have changed.
func (c clients) Woken(t model.TenantID) (<-chan struct{}, func()) { return c.hub.Watch(t) }
