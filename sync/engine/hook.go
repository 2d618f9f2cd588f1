package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// HookRound is what one round of telling a webhook came to.
type HookRound struct {
	Hook     model.HookID
	URL      string            // that was told; what became of it says nothing of another
	From     model.Position    // the hook's position that the round began with
	Position model.Position    // told, or kept in Put, up to here
	Put      []model.Delivery  // failed, or failed again, or given up
	Done     []model.MessageID // got through after all
	Off      string            // why the hook is switched off; empty: it is not
	Failing  model.Instant     // since when nothing has got through; 0: something did
}

// MaxHooks is how many webhooks a company has at most: each is told of everything that is committed.
const MaxHooks = 50

// ErrHooks says that there are as many webhooks as there may be.
var ErrHooks = fmt.Errorf("a company has at most %d webhooks", MaxHooks)

// HookSecret draws the secret of a webhook: 32 bytes.
func (e *Engine) HookSecret() ([]byte, error) {
	secret := make([]byte, 32)
	_, err := io.ReadFull(e.cfg.Random, secret)
	return secret, err
}

// AddHook keeps a webhook, which is told of what is committed from now on. It draws the id and the secret. Whoever makes it
// (zero: the operator) administers the company and has no less than its owner: model.ErrToken or *[access.BeyondError] else.
func (e *Engine) AddHook(ctx context.Context, id model.TenantID, h model.Hook, by model.UserID, now model.Instant) (model.Hook, error) {
	drawn, err := newIdent[model.HookID](e)
	if err != nil {
		return h, err
	}
	secret, err := e.HookSecret()
	if err != nil {
		return h, err
	}
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		if _, err := t.desk(model.Caller{Tenant: id, User: h.Owner}); err != nil {
			return ErrOwner
		}
		if err := t.handsOn(by, h.Owner); err != nil && !planted("hooks-unfenced") {
			return err
		}
		if len(t.keys(storage.TableHooks, "")) >= MaxHooks {
			return ErrHooks
		}
		h.ID, h.Secrets, h.Made, h.State = drawn, [][]byte{secret}, t.now, model.HookOn
		h.Position = t.newest()
		t.put(storage.TableHooks, string(h.ID[:]), storage.Hook(h).Append(nil))
		t.audit(model.AuditEntry{Kind: model.AuditAddHook, Actor: t.doer(by), Subject: toHook(h.ID, h.Owner)})
		return nil
	})
	return h, err
}

// Hooks lists a company's webhooks in the order of their making.
func (e *Engine) Hooks(ctx context.Context, id model.TenantID) ([]model.Hook, error) {
	var out []model.Hook
	err := e.read(ctx, id, func(t *tx) error {
		for _, key := range t.keys(storage.TableHooks, "") {
			if h, ok := get(t, storage.TableHooks, key, storage.ParseHook); ok {
				out = append(out, model.Hook(h))
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b model.Hook) int { return int(min(max(a.Made-b.Made, -1), 1)) })
	return out, err
}

// ChangeHook edits a webhook; change's error changes nothing. model.ErrUnknown when there is none; by as in [Engine.AddHook].
func (e *Engine) ChangeHook(ctx context.Context, id model.TenantID, hook model.HookID, by model.UserID, change func(*model.Hook) error, now model.Instant) (model.Hook, error) {
	var out model.Hook
	err := e.apply(ctx, id, 1, now, func(t *tx) error {
		h, ok := get(t, storage.TableHooks, string(hook[:]), storage.ParseHook)
		if !ok {
			return model.ErrUnknown
		}
		if err := t.handsOn(by, h.Owner); err != nil && !planted("hooks-unfenced") {
			return err
		}
		out = model.Hook(h)
		if err := change(&out); err != nil {
			return err
		}
		t.put(storage.TableHooks, string(hook[:]), storage.Hook(out).Append(nil))
		return nil
	})
	return out, err
}

// RemoveHook forgets a webhook, and then what waits for it, in commits of their own: it may be much. By administers the
// company; zero: the operator.
func (e *Engine) RemoveHook(ctx context.Context, id model.TenantID, hook model.HookID, by model.UserID, now model.Instant) error {
	err := e.apply(ctx, id, 1, now, func(t *tx) error {
		if err := t.governs(by); err != nil && !planted("hooks-unfenced") {
			return err
		}
		was, ok := get(t, storage.TableHooks, string(hook[:]), storage.ParseHook)
		if !ok {
			return model.ErrUnknown
		}
		t.remove(storage.TableHooks, string(hook[:]))
		t.audit(model.AuditEntry{Kind: model.AuditRemoveHook, Actor: t.doer(by), Subject: toHook(hook, was.Owner)})
		return nil
	})
	for more := err == nil; more && err == nil; {
		err = e.apply(ctx, id, 1, now, func(t *tx) error {
			left := historyBatch
			for key := range t.r.Rows(storage.TableDelivery, string(hook[:]), "") {
				if left--; left < 0 {
					break
				}
				t.remove(storage.TableDelivery, key)
			}
			more = left < 0
			return nil
		})
	}
	return err
}

// Again gives the events of some places in the history as a webhook's owner sees them now; an event that is forgotten, or
// not shown any more, is left out.
func (e *Engine) Again(ctx context.Context, id model.TenantID, h model.Hook, places []model.Position) (map[model.Position]model.Event, error) {
	out := map[model.Position]model.Event{}
	err := e.read(ctx, id, func(t *tx) error {
		d, err := t.desk(model.Caller{Tenant: id, User: h.Owner, Scopes: h.Scopes})
		if errors.Is(err, model.ErrToken) {
			return model.ErrLevel
		} else if err != nil {
			return err
		}
		for _, at := range places {
			row, ok := get(t, storage.TableHistory, historyKey(at.Seq, at.Index/storage.MaxHistoryEvents), storage.ParseHistory)
			if i := int(at.Index % storage.MaxHistoryEvents); ok && i < len(row) {
				if event, shown := d.event(&row[i], at); shown {
					out[at] = event
				}
			}
		}
		return nil
	})
	return out, err
}

// Deliveries lists what has not got through to a webhook, given up or not, oldest first.
func (e *Engine) Deliveries(ctx context.Context, id model.TenantID, hook model.HookID) ([]model.Delivery, error) {
	var out []model.Delivery
	err := e.read(ctx, id, func(t *tx) error {
		if _, ok := t.row(storage.TableHooks, string(hook[:])); !ok {
			return model.ErrUnknown
		}
		for _, key := range t.keys(storage.TableDelivery, string(hook[:])) {
			if d, ok := get(t, storage.TableDelivery, key, storage.ParseDelivery); ok {
				out = append(out, model.Delivery(d))
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b model.Delivery) int { return int(min(max(a.Made-b.Made, -1), 1)) })
	return out, err
}

// SettleHook keeps what a round came to, in one commit. It changes nothing else of the hook; a hook that was removed
// meanwhile is none. The position moves only from where the round began, and never back: where it is another by now, a
// person set it, or the round is settled already.
func (e *Engine) SettleHook(ctx context.Context, id model.TenantID, r HookRound, now model.Instant) error {
	return e.apply(ctx, id, 1, now, func(t *tx) error {
		key := string(r.Hook[:])
		h, ok := get(t, storage.TableHooks, key, storage.ParseHook)
		if !ok {
			return nil
		}
		p := h.Position
		if p == r.From && (r.Position.Seq > p.Seq || r.Position.Seq == p.Seq && r.Position.Index > p.Index) {
			h.Position = r.Position
		}
		if r.URL == h.URL { // a person may have given another one meanwhile
			h.Failing = r.Failing
			if r.Off != "" {
				h.State, h.Why = model.HookOff, r.Off
			}
		}
		t.put(storage.TableHooks, key, h.Append(nil))
		for _, d := range r.Put {
			d.Body = nil // what the event shows is worked out anew whenever it is sent or listed (I10)
			t.put(storage.TableDelivery, key+string(d.ID[:]), storage.Delivery(d).Append(nil))
		}
		for _, m := range r.Done {
			t.remove(storage.TableDelivery, key+string(m[:]))
		}
		return nil
	})
}

// Replay has deliveries that were given up tried again, now: one, or all for the zero id. It says how many; by as in
// [Engine.AddHook].
func (e *Engine) Replay(ctx context.Context, id model.TenantID, hook model.HookID, message model.MessageID, by model.UserID, now model.Instant) (int, error) {
	total, prefix := 0, string(hook[:])
	if !message.IsZero() {
		prefix += string(message[:])
	}
	for n := replayBatch; n == replayBatch; {
		err := e.apply(ctx, id, 1, now, func(t *tx) error {
			n = 0
			h, ok := get(t, storage.TableHooks, string(hook[:]), storage.ParseHook)
			if !ok {
				return model.ErrUnknown
			}
			if err := t.handsOn(by, h.Owner); err != nil && !planted("hooks-unfenced") {
				return err
			}
			for key, raw := range t.r.Rows(storage.TableDelivery, prefix, "") {
				d, err := storage.ParseDelivery(raw)
				if err != nil {
					return fmt.Errorf("read a delivery: %w", err)
				}
				if d.Dead == 0 {
					continue
				}
				d.Dead, d.Next, d.Attempts = 0, t.now, 0
				t.put(storage.TableDelivery, key, d.Append(nil))
				if n++; n == replayBatch {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// replayBatch is how many deliveries one commit of a replay rewrites: a message may have 20 kB.
const replayBatch = 100

// forgetDeliveries drops messages that were given up longer ago than the history is kept: their events are gone too. A turn
// looks at the webhooks of one part of the ids.
func (t *tx) forgetDeliveries(part byte) {
	left := historyBatch
	for _, hook := range t.keys(storage.TableHooks, string([]byte{part})) {
		for key, raw := range t.r.Rows(storage.TableDelivery, hook, "") {
			d, err := storage.ParseDelivery(raw)
			if err != nil {
				t.fail(fmt.Errorf("read a delivery: %w", err))
				return
			}
			if d.Dead == 0 || t.now-d.Dead <= model.Instant(t.tenant.Settings.HistoryKeep) {
				continue
			}
			if left--; left < 0 {
				return
			}
			t.remove(storage.TableDelivery, key)
		}
	}
}
