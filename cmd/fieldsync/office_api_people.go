package main

import (
	"context"
	"errors"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Users lists the company's people.
func (b backOffice) Users(ctx context.Context, c model.Caller) ([]web.User, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.ReadOnly); err != nil {
		return nil, err
	}
	return b.people(ctx, c.Tenant)
}

// AddUser adds a person, with no higher levels than the caller's user has.
func (b backOffice) AddUser(ctx context.Context, c model.Caller, u web.NewUser) (web.User, error) {
	ctx = engine.Sensitive(ctx)
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return web.User{}, err
	}
	sets, err := b.startingSets(ctx, c.Tenant, u)
	if err != nil {
		return web.User{}, err
	}
	if err := namable(u); err != nil {
		return web.User{}, err
	}
	if err := b.grants(ctx, c, sets); err != nil {
		return web.User{}, err
	}
	return b.add(ctx, c.Tenant, u, sets, maker(ctx, c))
}

// namable checks that a new person's record can hold their name, before there is an account: the two are made in one
// decision, which asks no more.
func namable(u web.NewUser) error {
	spec, _ := builtin().Spec(model.People)
	field, _ := spec.Field(model.PersonName)
	for _, name := range []struct{ location, text string }{{"body.name", u.Name}, {"body.login", strings.TrimSpace(u.Login)}} {
		if name.text == "" {
			continue
		}
		if _, err := document.ParseText(field, name.text); err != nil {
			return problem.New("bad_request", "Nothing was changed.", problem.Fault{Location: name.location, Message: err.Error()})
		}
		return nil // who has a name is not called by their login
	}
	return nil
}

// grants checks that a caller gives nobody more than their user has.
func (b backOffice) grants(ctx context.Context, c model.Caller, sets access.Sets) error {
	if isOperator(ctx) {
		return nil
	}
	own, err := b.setsOf(ctx, c)
	if err != nil {
		return err
	}
	return told(sets.Within(own))
}

// changeable finds a person whom the caller may change: one who has no more than the caller's own user.
func (b backOffice) changeable(ctx context.Context, c model.Caller, u model.UserID) (storage.Account, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return storage.Account{}, err
	}
	a, err := b.person(ctx, c.Tenant, func(a storage.Account) bool { return a.User == u })
	if errors.Is(err, model.ErrUnknown) {
		return a, problem.New("no_user", "")
	}
	if err != nil {
		return a, err
	}
	return a, b.reaches(ctx, c, u)
}

// SetPassword replaces a person's password, and ends their session.
func (b backOffice) SetPassword(ctx context.Context, c model.Caller, user model.UserID, password string) error {
	ctx = engine.Sensitive(ctx)
	if _, err := b.changeable(ctx, c, user); err != nil {
		return err
	}
	return b.setPassword(ctx, c.Tenant, user, password, maker(ctx, c))
}

// Sessions lists who is signed in (domain F14).
func (b backOffice) Sessions(ctx context.Context, c model.Caller) ([]web.Session, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.ReadOnly); err != nil {
		return nil, err
	}
	return b.live(ctx, c.Tenant)
}

// EndSession ends a person's session (domain F14).
func (b backOffice) EndSession(ctx context.Context, c model.Caller, user model.UserID, end web.EndSession) (web.Ended, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return web.Ended{}, err
	}
	a, err := b.person(ctx, c.Tenant, func(a storage.Account) bool { return a.User == user })
	if errors.Is(err, model.ErrUnknown) {
		return web.Ended{}, problem.New("no_user", "")
	}
	if err != nil {
		return web.Ended{}, err
	}
	return b.end(ctx, c.Tenant, a, end, maker(ctx, c))
}

// Devices lists the devices of the company's people.
func (b backOffice) Devices(ctx context.Context, c model.Caller) ([]web.Device, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.ReadOnly); err != nil {
		return nil, err
	}
	return b.devices(ctx, c.Tenant)
}

// MarkDevice says of a device that it is lost, stolen or found.
func (b backOffice) MarkDevice(ctx context.Context, c model.Caller, device model.DeviceID, mark web.DeviceMark) (web.Device, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return web.Device{}, err
	}
	return b.markDevice(ctx, c.Tenant, device, mark, maker(ctx, c))
}
