package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/hook"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Hooks lists the company's webhooks.
func (b backOffice) Hooks(ctx context.Context, c model.Caller) ([]model.Hook, error) {
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return nil, err
	}
	return b.engine.Hooks(ctx, c.Tenant)
}

// AddHook makes a webhook.
func (b backOffice) AddHook(ctx context.Context, c model.Caller, h model.Hook) (model.Hook, error) {
	ctx = engine.Sensitive(ctx)
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return h, err
	}
	if h.Owner.IsZero() {
		h.Owner = c.User
	}
	var err error
	if h.Scopes, err = b.handOn(ctx, c, h.Owner, h.Scopes); err != nil {
		return h, err
	}
	table, err := b.engine.Table(ctx, c.Tenant)
	if err != nil {
		return h, err
	}
	if err := b.checkHook(table, &h); err != nil {
		return h, err
	}
	made, err := b.engine.AddHook(ctx, c.Tenant, h, maker(ctx, c), b.now())
	if err != nil {
		return h, told(err)
	}
	b.look(c.Tenant)
	return made, nil
}

// look has the deliverer look at a company's webhooks, of which no line of the history tells.
func (b backOffice) look(t model.TenantID) { b.hub.Committed(t, session.Touched{History: true}) }

// checkHook says what is wrong with what a person says of a webhook.
func (b backOffice) checkHook(table *model.Table, h *model.Hook) error {
	var faults []problem.Fault
	if err := hook.CheckURL(h.URL, b.private); err != nil {
		faults = append(faults, problem.Fault{Location: "body.url", Message: err.Error()})
	}
	types := eventTypes(table)
	for i, pattern := range h.Events {
		err := hook.CheckPattern(pattern)
		if err == nil && !slices.ContainsFunc(types, func(t string) bool { return hook.Matches([]string{pattern}, t) }) {
			err = fmt.Errorf("no event is called %q; there are created, changed and deleted of every collection, as jobs.created", pattern)
		}
		if err != nil {
			faults = append(faults, problem.Fault{Location: fmt.Sprintf("body.events[%d]", i), Message: err.Error()})
		}
	}
	if len(faults) > 0 {
		return problem.New("bad_request", "Nothing was changed.", faults...)
	}
	return nil
}

// eventTypes are the types of the events there may be.
func eventTypes(table *model.Table) (out []string) {
	for _, spec := range table.Specs() {
		for _, op := range []model.Op{model.OpCreate, model.OpEdit, model.OpDelete} {
			out = append(out, document.EventType(table, &model.Event{Collection: spec.No, Op: op}))
		}
	}
	return out
}

// managedHook finds a webhook whose messages the caller may see and direct: those of its owner's view, as far as its
// scopes go.
func (b backOffice) managedHook(ctx context.Context, c model.Caller, id model.HookID) (model.Hook, error) {
	all, err := b.Hooks(ctx, c)
	if err != nil {
		return model.Hook{}, err
	}
	for _, h := range all {
		if h.ID == id {
			_, err := b.handOn(ctx, c, h.Owner, h.Scopes)
			return h, err
		}
	}
	return model.Hook{}, model.ErrUnknown
}

// ChangeHook edits a webhook.
func (b backOffice) ChangeHook(ctx context.Context, c model.Caller, id model.HookID, change func(*model.Hook) error) (model.Hook, error) {
	ctx = engine.Sensitive(ctx)
	if _, err := b.managedHook(ctx, c, id); err != nil {
		return model.Hook{}, err
	}
	table, err := b.engine.Table(ctx, c.Tenant)
	if err != nil {
		return model.Hook{}, err
	}
	h, err := b.engine.ChangeHook(ctx, c.Tenant, id, maker(ctx, c), func(h *model.Hook) error {
		if err := change(h); err != nil {
			return err
		}
		return b.checkHook(table, h)
	}, b.now())
	if err != nil {
		return model.Hook{}, told(err)
	}
	b.look(c.Tenant)
	return h, nil
}

// RemoveHook forgets a webhook.
func (b backOffice) RemoveHook(ctx context.Context, c model.Caller, id model.HookID) error {
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return err
	}
	if err := b.engine.RemoveHook(ctx, c.Tenant, id, maker(ctx, c), b.now()); err != nil {
		return told(err)
	}
	b.look(c.Tenant)
	return nil
}

// Deliveries lists what has not got through to a webhook.
func (b backOffice) Deliveries(ctx context.Context, c model.Caller, id model.HookID, dead bool) ([]model.Delivery, error) {
	h, err := b.managedHook(ctx, c, id)
	if err != nil {
		return nil, err
	}
	all, err := b.engine.Deliveries(ctx, c.Tenant, id)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(d model.Delivery) bool { return (d.Dead != 0) != dead })
	all, _, err = hookSource{b.operator}.anew(ctx, c.Tenant, h, all) // their owner may see less by now
	slices.SortStableFunc(all, func(a, b model.Delivery) int { return cmp.Compare(a.Made, b.Made) })
	return all, err
}

// Replay tries deliveries that were given up again.
func (b backOffice) Replay(ctx context.Context, c model.Caller, id model.HookID, message model.MessageID) (int, error) {
	if _, err := b.managedHook(ctx, c, id); err != nil {
		return 0, err
	}
	n, err := b.engine.Replay(ctx, c.Tenant, id, message, maker(ctx, c), b.now())
	if err != nil {
		return 0, told(err)
	}
	b.look(c.Tenant)
	return n, nil
}

// TestHook sends a test message to a webhook, once.
func (b backOffice) TestHook(ctx context.Context, c model.Caller, id model.HookID) (status int, failed, err error) {
	h, err := b.managedHook(ctx, c, id)
	if err != nil {
		return 0, nil, err
	}
	status, failed = b.hooks.Test(ctx, h)
	return status, failed, nil
}
