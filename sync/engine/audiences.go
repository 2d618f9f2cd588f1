package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Audiences are those of a live connection's whole view, ascending: what a commit must touch to be of interest to it. They
// change only with a commit that writes the tenant's row, an account or an audience's number.
func (e *Engine) Audiences(ctx context.Context, c model.Connection) (out []model.Audience, err error) {
	err = e.read(ctx, c.Tenant, func(t *tx) error {
		r, err := t.reading(c)
		if err != nil {
			return err
		}
		out = r.viewAt(lastStep).Audiences
		return nil
	})
	return out, err
}
