package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Reactivate lets a person who had left in again, once they have set a password: the one they had is void, so that a link is
// needed (domain f.6). Their levels are what they were, as far as the company's features go; their jobs are not given back,
// and what is held of them waits for the office as before. Of somebody who is active nothing changes, and changed is false.
// The errors are model.ErrUnknown, model.ErrToken and *[access.BeyondError].
func (e *Engine) Reactivate(ctx context.Context, id model.TenantID, u, by model.UserID, now model.Instant) (changed bool, err error) {
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		changed = false
		a, err := t.managed(u, by)
		if err != nil || a.Active {
			return err
		}
		if a.Levels, err = t.settled(a.Levels); err != nil {
			return err
		}
		a.Active, a.Removed, a.RemovedBy, a.Heir, a.Version = true, 0, model.UserID{}, model.UserID{}, a.Version+1
		if !planted("password-outlives-removal") {
			a.Password = ""
		}
		t.put(storage.TableAccounts, string(u[:]), a.Append(nil))
		t.tellsActive(a, by)
		t.changesRights(u, by, "reactivated")
		t.audit(model.AuditEntry{Kind: model.AuditReactivate, Actor: t.doer(by), Subject: toUser(u)})
		changed = true
		return nil
	})
	return changed, err
}
