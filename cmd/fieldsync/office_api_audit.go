package main

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Audit reads a page of the audit, for whoever has full web administration, and for the operator.
func (b backOffice) Audit(ctx context.Context, c model.Caller, q model.AuditQuery) (model.AuditPage, error) {
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return model.AuditPage{}, err
	}
	page, err := b.engine.Audit(ctx, c.Tenant, q, maker(ctx, c), b.now())
	return page, told(err)
}
