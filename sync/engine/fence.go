package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/model"
)

// readEarly is the planted bug that reads the epoch on receipt, outside the commit. Without it nothing is read here:
// the commit reads the epoch itself.
func (e *Engine) readEarly(ctx context.Context, c model.Connection) (checked bool, err error) {
	if !planted("epoch-outside-commit") || c.Lane != model.LaneLive {
		return false, nil
	}
	err = e.read(ctx, c.Tenant, func(t *tx) error {
		f := &frame{tx: t, conn: c}
		checked = f.holds(t.slot(c.User, c.Kind))
		return nil
	})
	return checked, err
}
