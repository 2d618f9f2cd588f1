package main

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/hook"
)

// hookSource is the engine as the deliverer of webhooks wants it. It implements hook.Source.
type hookSource struct{ *operator }

var _ hook.Source = hookSource{}

// Tenants lists the companies.
func (s hookSource) Tenants(ctx context.Context) ([]model.TenantID, error) {
	all, err := s.engine.Tenants(ctx)
	return slices.Collect(maps.Values(all)), err
}

// Hooks lists a company's webhooks.
func (s hookSource) Hooks(ctx context.Context, t model.TenantID) ([]model.Hook, error) {
	return s.engine.Hooks(ctx, t)
}

// Ahead reads the history after a webhook's position.
func (s hookSource) Ahead(ctx context.Context, t model.TenantID, h model.Hook, limit int) (model.Events, error) {
	return s.engine.Ahead(ctx, t, h, limit)
}

// Kept lists a webhook's deliveries that are still tried, by their next attempt, rendered under the rights of now.
func (s hookSource) Kept(ctx context.Context, t model.TenantID, h model.HookID) ([]model.Delivery, error) {
	all, err := s.engine.Deliveries(ctx, t, h)
	if err != nil {
		return nil, err
	}
	live := slices.DeleteFunc(all, func(d model.Delivery) bool { return d.Dead != 0 })
	if len(live) == 0 {
		return nil, nil
	}
	hooks, err := s.engine.Hooks(ctx, t)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(hooks, func(x model.Hook) bool { return x.ID == h })
	if i < 0 {
		return nil, model.ErrUnknown
	}
	live, hidden, err := s.anew(ctx, t, hooks[i], live)
	if err != nil || len(hidden) == 0 {
		return live, err
	}
	at := hooks[i].Position
	return live, s.engine.SettleHook(ctx, t, engine.HookRound{Hook: h, URL: hooks[i].URL, From: at, Position: at, Done: hidden, Failing: hooks[i].Failing}, s.now())
}

// anew renders kept messages as the webhook's owner may see them now, and names those that show nothing any more.
func (s hookSource) anew(ctx context.Context, t model.TenantID, h model.Hook, kept []model.Delivery) (live []model.Delivery, hidden []model.MessageID, err error) {
	places := make([]model.Position, len(kept))
	for i := range kept {
		places[i] = kept[i].At
	}
	events, err := s.engine.Again(ctx, t, h, places)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range kept {
		e, shown := events[d.At]
		if !shown {
			hidden = append(hidden, d.ID)
			continue
		}
		if _, d.Body, err = s.Render(ctx, t, e); err != nil {
			return nil, nil, err
		}
		live = append(live, d)
	}
	slices.SortStableFunc(live, func(a, b model.Delivery) int { return cmp.Compare(a.Next, b.Next) })
	return live, hidden, nil
}

// Record keeps what came of a round.
func (s hookSource) Record(ctx context.Context, t model.TenantID, r hook.Round) error {
	return s.engine.SettleHook(ctx, t, engine.HookRound(r), s.now())
}

// Render is the message of an event.
func (s hookSource) Render(ctx context.Context, t model.TenantID, e model.Event) (kind string, body []byte, err error) {
	table, err := s.engine.Table(ctx, t)
	if err != nil {
		return "", nil, err
	}
	kind, body = document.Message(table, &e)
	return kind, body, nil
}

// Woken is closed when the company commits something after the call.
func (s hookSource) Woken(t model.TenantID) (<-chan struct{}, func()) { return s.hub.Watch(t) }
