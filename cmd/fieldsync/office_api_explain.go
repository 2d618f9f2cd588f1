package main

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Explain says whether somebody may do something, and why.
func (b backOffice) Explain(ctx context.Context, c model.Caller, q model.Inquiry) (model.Explanation, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.ReadOnly); err != nil {
		return model.Explanation{}, err
	}
	out, err := b.engine.Explain(ctx, c, q)
	return out, overseeing(err)
}

// ViewAs is what somebody's device is shown now.
func (b backOffice) ViewAs(ctx context.Context, c model.Caller, g model.Glance) (model.Listing, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.ReadOnly); err != nil {
		return model.Listing{}, err
	}
	out, err := b.engine.ViewAs(ctx, c, g, maker(ctx, c), b.now())
	return out, overseeing(err)
}

// Exposure is what a device held at the last checkpoint that it confirmed.
func (b backOffice) Exposure(ctx context.Context, c model.Caller, q model.ExposureQuery) (model.Exposure, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.ReadOnly); err != nil {
		return model.Exposure{}, err
	}
	out, err := b.engine.Exposure(ctx, c, q, maker(ctx, c), b.now())
	if errors.Is(err, model.ErrUnknown) {
		return out, problem.New("no_device", "")
	}
	return out, overseeing(err)
}

// overseeing tells what was wrong with a question about somebody else.
func overseeing(err error) error {
	switch {
	case errors.Is(err, model.ErrUnknown):
		return problem.New("no_user", "")
	case errors.Is(err, model.ErrLevel):
		return problem.New("not_allowed", "It needs the level read-only of web.jobs or web.schedule: what somebody is shown follows from who has which job.")
	case errors.Is(err, model.ErrScoped):
		return problem.New("scope_missing", "It needs to read jobs, assignments and visit_events: what somebody is shown follows from who has which job.")
	}
	return told(err)
}
