package main

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Deactivate removes a person (domain W32).
func (b backOffice) Deactivate(ctx context.Context, c model.Caller, user model.UserID, l web.Leaving) (web.Left, error) {
	if _, err := b.changeable(ctx, c, user); err != nil {
		return web.Left{}, err
	}
	left, err := b.engine.Deactivate(ctx, c.Tenant, engine.Leaving{
		User: user, By: maker(ctx, c), Note: l.Reason, Ask: engine.Ask{Rehearse: l.DryRun},
	}, b.now())
	if err != nil {
		return web.Left{}, told(err)
	}
	return b.left(ctx, c.Tenant, left, l.DryRun)
}

// left tells the devices of somebody who left, takes what is still to be taken from them, and says what it came to. They are out,
// whatever becomes of the taking: who turns the calendar goes on with it, and says so when it fails.
func (b backOffice) left(ctx context.Context, tenant model.TenantID, left engine.Left, dry bool) (out web.Left, err error) {
	if !dry {
		b.gate.Tell(left.Ended...)
		for left.ToGo > 0 {
			toGo, err := b.engine.HandOver(ctx, tenant, left.Account.User, b.now())
			if err != nil {
				break
			}
			left.ToGo = toGo
		}
	}
	out = web.Left{DryRun: dry, Jobs: left.Jobs, ToGo: left.ToGo, Tickets: left.Tickets, Keys: left.Keys}
	for _, e := range left.Ended {
		out.Ended = append(out.Ended, endedOf(e))
	}
	out.User, err = userOf(left.Account)
	return out, err
}

// Replace puts a person in the place of one who leaves (domain W33).
func (b backOffice) Replace(ctx context.Context, c model.Caller, user model.UserID, r web.Replacement) (out web.Replaced, err error) {
	ctx = engine.Sensitive(ctx)
	if _, err := b.changeable(ctx, c, user); err != nil {
		return out, err
	}
	done, err := b.engine.Replace(ctx, c.Tenant, engine.Replacement{
		Leaving: engine.Leaving{User: user, By: maker(ctx, c), Note: r.Reason, Ask: askOf(r.Ask)}, Heir: r.Successor,
	}, b.now())
	if errors.Is(err, model.ErrUnknown) {
		return out, problem.New("no_user", "")
	}
	if err != nil {
		return out, told(err)
	}
	if out.Left, err = b.left(ctx, c.Tenant, done.Left, r.DryRun); err == nil {
		out.Successor, err = userOf(done.Heir)
	}
	return out, err
}

// Reactivate lets a person in again, by a link.
func (b backOffice) Reactivate(ctx context.Context, c model.Caller, user model.UserID) (web.ResetLink, error) {
	ctx = engine.Sensitive(ctx)
	if _, err := b.changeable(ctx, c, user); err != nil {
		return web.ResetLink{}, err
	}
	if _, err := b.engine.Reactivate(ctx, c.Tenant, user, maker(ctx, c), b.now()); err != nil {
		return web.ResetLink{}, told(err)
	}
	return b.link(ctx, c, user)
}

// ResetLink makes a link by which a person sets a password (domain W36).
func (b backOffice) ResetLink(ctx context.Context, c model.Caller, user model.UserID) (web.ResetLink, error) {
	ctx = engine.Sensitive(ctx)
	a, err := b.changeable(ctx, c, user)
	if err != nil {
		return web.ResetLink{}, err
	}
	if !a.Active {
		return web.ResetLink{}, problem.New("user_removed", "A link would let them in again. See /v1/users/{id}/reactivate.")
	}
	return b.link(ctx, c, user)
}

func (b backOffice) link(ctx context.Context, c model.Caller, user model.UserID) (web.ResetLink, error) {
	k, err := b.gate.Issue(ctx, c.Tenant, model.NewTicket{Kind: model.TicketReset, User: user, By: maker(ctx, c)})
	if errors.Is(err, model.ErrUnknown) {
		return web.ResetLink{}, problem.New("no_user", "")
	}
	if err != nil {
		return web.ResetLink{}, told(err)
	}
	tenants, err := b.engine.Tenants(ctx)
	if err != nil {
		return web.ResetLink{}, err
	}
	out := web.ResetLink{Secret: k.Secret, Expires: k.Expires}
	for name, id := range tenants {
		if id == c.Tenant {
			out.Tenant = name
		}
	}
	return out, nil
}
