package main

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
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
func (b backOffice) SetPartner(ctx context.Context, c model.Caller, company model.RecordID, open bool, ask web.Ask) (api.PartnerChanged, error) {
	var out api.PartnerChanged
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return out, err
	}
	var done engine.AccessChanged
	var err error
	if open {
		err = b.engine.OpenPartner(ctx, c, company, maker(ctx, c), askOf(ask), b.now())
	} else {
		done, err = b.engine.ClosePartner(ctx, c, company, maker(ctx, c), askOf(ask), b.now())
	}
	if err != nil {
		return out, told(err)
	}
	out.Effect = b.accessChanged(done, ask)
	for _, e := range done.Ended {
		if !ask.DryRun {
			out.Ended = append(out.Ended, endedOf(e))
		}
	}
	out.Partner, err = b.engine.Partner(ctx, c, company)
	return out, err
}

// accessChanged tells the devices whose sessions ended, and says what a change of access does.
func (b backOffice) accessChanged(done engine.AccessChanged, ask web.Ask) web.RightsEffect {
	if !ask.DryRun {
		b.gate.Tell(done.Ended...)
	}
	return web.RightsEffect{DryRun: ask.DryRun, SessionsEnded: len(done.Ended), Takes: tollOf(done.Toll, true)}
}

// Link links a person to a company outside, or to none.
func (b backOffice) Link(ctx context.Context, c model.Caller, user model.UserID, company model.RecordID, ask web.Ask) (web.User, web.RightsEffect, error) {
	ctx = engine.Sensitive(ctx)
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return web.User{}, web.RightsEffect{}, err
	}
	done, err := b.engine.Link(ctx, c, user, company, maker(ctx, c), askOf(ask), b.now())
	if errors.Is(err, model.ErrUnknown) {
		return web.User{}, web.RightsEffect{}, problem.New("no_user", "")
	}
	if err != nil {
		return web.User{}, web.RightsEffect{}, told(err)
	}
	effect := b.accessChanged(done, ask)
	u, err := b.user(ctx, c.Tenant, user)
	return u, effect, err
}

func endedOf(e model.Ended) web.Ended {
	return web.Ended{Device: e.Device, Epoch: web.EpochText(e.Epoch), At: int64(e.At), End: endOf(e.Reason, 0, "", e.Fate()), Stake: web.Stake{Unsent: e.Unsent}}
}
