package main

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Companies is which company each portal user and subcontractor belongs to, as far as the caller sees customers. The
// operator, who can read the store, sees them all as nobody, and none as somebody of the field.
func (b backOffice) Companies(ctx context.Context, c model.Caller) (map[model.UserID]model.RecordID, error) {
	if !c.User.IsZero() {
		out, err := b.engine.Companies(ctx, c)
		if errors.Is(err, model.ErrToken) {
			err = nil
		}
		return out, err
	}
	accounts, err := b.engine.Accounts(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := map[model.UserID]model.RecordID{}
	for _, a := range accounts {
		if !a.Company.IsZero() {
			out[a.User] = a.Company
		}
	}
	return out, nil
}
