package main

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Partner is a company outside that the caller sees.
func (b backOffice) Partner(ctx context.Context, c model.Caller, company model.RecordID) (model.Partner, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.ReadOnly); err != nil {
		return model.Partner{}, err
	}
	return b.engine.Partner(ctx, c, company)
}

// SetPartner opens or closes the access of a company outside.
func (b backOffice) SetPartner(ctx context.Context, c model.Caller, company model.RecordID, open bool) (model.Partner, []web.Ended, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return model.Partner{}, nil, err
	}
	var ends []model.Ended
	var err error
	if open {
		err = b.engine.OpenPartner(ctx, c, company, maker(ctx, c), b.now())
	} else {
		ends, err = b.engine.ClosePartner(ctx, c, company, maker(ctx, c), b.now())
	}
	if err != nil {
		return model.Partner{}, nil, told(err)
	}
	b.gate.Tell(ends...)
	var ended []web.Ended
	for _, e := range ends {
		ended = append(ended, endedOf(e))
	}
	p, err := b.engine.Partner(ctx, c, company)
	return p, ended, err
}

// Link links a person to a company outside, or to none.
func (b backOffice) Link(ctx context.Context, c model.Caller, user model.UserID, company model.RecordID) (web.User, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return web.User{}, err
	}
	ends, err := b.engine.Link(ctx, c, user, company, maker(ctx, c), b.now())
	if errors.Is(err, model.ErrUnknown) {
		return web.User{}, problem.New("no_user", "")
	}
	if err != nil {
		return web.User{}, told(err)
	}
	b.gate.Tell(ends...)
	return b.user(ctx, c.Tenant, user)
}

func endedOf(e model.Ended) web.Ended {
	return web.Ended{Device: e.Device, Epoch: web.EpochText(e.Epoch), At: int64(e.At), Unsent: e.Unsent}
}
