package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// ErrOwner says that a key or a webhook can only belong to an active user of the office.
var ErrOwner = errors.New("only an active desktop user can own keys and webhooks")

// hour is how exactly the last use of a key is known: it costs a commit.
const hour = 3600 * 1000

// AddKey keeps a key of a back end under the SHA-256 of its secret. It draws the id; k says the rest. Whoever makes it
// administers the company and has no less than the key's user: model.ErrToken or *[access.BeyondError] else.
func (e *Engine) AddKey(ctx context.Context, id model.TenantID, k model.APIKey, secret [32]byte, now model.Instant) (model.APIKey, error) {
	drawn, err := newIdent[model.KeyID](e)
	if err != nil {
		return k, err
	}
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		if _, err := t.desk(model.Caller{Tenant: id, User: k.User}); err != nil {
			return ErrOwner
		}
		if err := t.handsOn(k.MadeBy, k.User); err != nil && !planted("keys-unfenced") {
			return err
		}
		k.ID, k.Made, k.Used = drawn, t.now, 0
		t.put(storage.TableKeys, string(secret[:]), storage.APIKey(k).Append(nil))
		t.put(storage.TableKeys, "k"+string(k.ID[:]), secret[:])
		t.audit(model.AuditEntry{Kind: model.AuditAddKey, Actor: t.doer(k.MadeBy), Subject: toKey(k.ID, k.User)})
		return nil
	})
	return k, err
}

// Keys lists a company's keys by name.
func (e *Engine) Keys(ctx context.Context, id model.TenantID) ([]model.APIKey, error) {
	var out []model.APIKey
	err := e.read(ctx, id, func(t *tx) error {
		for _, key := range t.keys(storage.TableKeys, "k") {
			if len(key) != 1+len(model.KeyID{}) {
				continue
			}
			secret, _ := t.row(storage.TableKeys, key)
			if k, ok := get(t, storage.TableKeys, string(secret), storage.ParseAPIKey); ok {
				out = append(out, model.APIKey(k))
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b model.APIKey) int {
		if a.Name != b.Name {
			if a.Name < b.Name {
				return -1
			}
			return 1
		}
		return a.ID.Compare(b.ID)
	})
	return out, err
}

// RevokeKey ends a key at once; model.ErrUnknown when there is none. By administers the company; zero: the operator.
func (e *Engine) RevokeKey(ctx context.Context, id model.TenantID, key model.KeyID, by model.UserID, now model.Instant) error {
	return e.apply(ctx, id, 1, now, func(t *tx) error {
		secret, ok := t.row(storage.TableKeys, "k"+string(key[:]))
		if err := t.governs(by); err != nil && !planted("keys-unfenced") {
			return err
		}
		if !ok {
			return model.ErrUnknown
		}
		was, _ := get(t, storage.TableKeys, string(secret), storage.ParseAPIKey)
		t.remove(storage.TableKeys, string(secret))
		t.remove(storage.TableKeys, "k"+string(key[:]))
		t.audit(model.AuditEntry{Kind: model.AuditRevokeKey, Actor: t.doer(by), Subject: toKey(key, was.User)})
		return nil
	})
}

// KeyCaller finds whose a key is, by the SHA-256 of its secret: model.ErrToken when it is nobody's, has expired, or its
// user is not of the office any more. It notes the use, to the hour.
func (e *Engine) KeyCaller(ctx context.Context, id model.TenantID, secret [32]byte, now model.Instant) (model.Caller, error) {
	var c model.Caller
	var k storage.APIKey
	err := e.read(ctx, id, func(t *tx) (err error) {
		if k, err = t.key(secret, now); err != nil {
			return err
		}
		c = model.Caller{Tenant: id, User: k.User, Key: k.ID, Scopes: k.Scopes}
		_, err = t.desk(c)
		return err
	})
	if err = uniform(err); err != nil || k.Used != 0 && now-k.Used < hour {
		return c, err
	}
	// A use that cannot be noted, on a full disk, is no reason to turn the caller away.
	_ = e.apply(ctx, id, 1, now, func(t *tx) error {
		k, err := t.key(secret, now)
		if err != nil {
			return err
		}
		k.Used = t.now
		t.put(storage.TableKeys, string(secret[:]), k.Append(nil))
		return nil
	})
	return c, nil
}

// key finds a key that is good now.
func (t *tx) key(secret [32]byte, now model.Instant) (storage.APIKey, error) {
	k, ok := get(t, storage.TableKeys, string(secret[:]), storage.ParseAPIKey)
	if !ok || k.Expires != 0 && k.Expires <= max(now, t.head.Time) {
		return k, model.ErrToken
	}
	return k, nil
}

// Stands is model.ErrToken when what a caller acts by does not stand any more.
func (e *Engine) Stands(ctx context.Context, c model.Caller) error {
	return uniform(e.read(ctx, c.Tenant, func(t *tx) error {
		if !t.stands(c) {
			return model.ErrToken
		}
		return nil
	}))
}

// stands says whether what a caller acts by still stands: their user is active, and the session has its slot, or the key is
// there and has not expired. It is asked where the decision is made, since the caller was found in an earlier snapshot (I7).
func (t *tx) stands(c model.Caller) bool {
	if planted("caller-unfenced") {
		return true
	}
	if a, ok := get(t, storage.TableAccounts, string(c.User[:]), storage.ParseAccount); !c.User.IsZero() && (!ok || !a.Active) {
		return false
	}
	if !c.Session.IsZero() {
		slot := t.slot(c.User, model.Desktop)
		return slot.Live && slot.Session == c.Session && slot.Epoch == c.Epoch && !t.slotLapsed(slot)
	}
	if c.Key.IsZero() {
		return true
	}
	secret, ok := t.row(storage.TableKeys, "k"+string(c.Key[:]))
	if !ok || len(secret) != 32 {
		return false
	}
	_, err := t.key([32]byte(secret), t.now)
	return err == nil
}

// SessionCaller finds the office user of a live desktop session by the SHA-256 of its token; model.ErrToken else. It notes
// the use, to the hour: a session that is used does not lapse for want of it.
func (e *Engine) SessionCaller(ctx context.Context, id model.TenantID, token [32]byte, now model.Instant) (model.Caller, error) {
	var c model.Caller
	var device storage.Device
	err := e.read(ctx, id, func(t *tx) error {
		t.asked = now
		s, ok := get(t, storage.TableTokens, string(token[:]), storage.ParseSession)
		if !ok || s.Kind != model.Desktop || s.Reason != model.EndNone {
			return model.ErrToken
		}
		c = model.Caller{Tenant: id, User: s.User, Session: s.ID, Epoch: s.Epoch, Scopes: model.AllScopes()}
		device, _ = t.device(s.Device)
		_, err := t.desk(c)
		return err
	})
	if err = uniform(err); err != nil || now-device.Seen < hour {
		return c, err
	}
	// A use that cannot be noted, on a full disk, is no reason to turn the caller away.
	_ = e.apply(ctx, id, 1, now, func(t *tx) error {
		if !t.stands(c) {
			return model.ErrToken
		}
		if d, ok := t.device(device.ID); ok {
			d.Seen = t.now
			t.putDevice(d)
		}
		return nil
	})
	return c, nil
}
