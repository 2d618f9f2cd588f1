package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Leaves has somebody not be with the company any more.
func (e *Engine) Leaves(id model.TenantID, u model.UserID) error {
	return e.apply(context.Background(), id, 1, 0, func(t *tx) error {
		a, _ := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount)
		a.Active = false
		t.put(storage.TableAccounts, string(u[:]), a.Append(nil))
		return nil
	})
}

// Judges judges changes on top of each other and keeps nothing: what merging costs without a store.
func (e *Engine) Judges(c model.Connection, changes []model.Change) error {
	return e.read(context.Background(), c.Tenant, func(t *tx) error {
		f, err := t.frame(c, nil, true)
		for i := range changes {
			if err == nil && f.judge(&changes[i], ask{}).outcome == model.OutcomeHeld {
				err = model.ErrUnknown
			}
		}
		return err
	})
}
