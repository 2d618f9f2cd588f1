package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// operator does what the operator's API asks, over the engine. It implements web.Operator.
type operator struct {
	engine    core
	hub       *session.Hub
	gate      *session.Gate
	passwords *session.Passwords
	clock     func() time.Time
}

func (o *operator) now() model.Instant { return model.Instant(o.clock().UnixMilli()) }

// Tenants lists the companies by name.
func (o *operator) Tenants(ctx context.Context) ([]web.Tenant, error) {
	tenants, err := o.engine.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]web.Tenant, 0, len(tenants))
	for name, id := range tenants {
		out = append(out, web.Tenant{ID: id, Name: name})
	}
	slices.SortFunc(out, func(a, b web.Tenant) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// AddTenant makes a company.
func (o *operator) AddTenant(ctx context.Context, name string) (web.Tenant, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	id, err := o.engine.AddTenant(ctx, name, o.now())
	return web.Tenant{ID: id, Name: name}, told(err)
}

// Users lists a company's people by login.
func (o *operator) Users(ctx context.Context, tenant string) ([]web.User, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return o.people(ctx, t)
}

// AddUser adds a person with the levels their kind or role starts with, and those given.
func (o *operator) AddUser(ctx context.Context, tenant string, u web.NewUser) (web.User, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return web.User{}, err
	}
	sets, err := o.startingSets(ctx, t, u)
	if err != nil {
		return web.User{}, err
	}
	if err := namable(u); err != nil {
		return web.User{}, err
	}
	return o.add(ctx, t, u, sets, model.UserID{})
}

// SetPassword replaces a password and ends the person's session (domain f.6).
func (o *operator) SetPassword(ctx context.Context, tenant, login, password string) error {
	t, a, err := o.account(ctx, tenant, login)
	if err != nil {
		return err
	}
	return o.setPassword(ctx, t, a.User, password, model.UserID{})
}

// Sessions lists who is signed in.
func (o *operator) Sessions(ctx context.Context, tenant string) ([]web.Session, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return o.live(ctx, t)
}

// EndSession ends a person's session.
func (o *operator) EndSession(ctx context.Context, tenant, login string, end web.EndSession) (web.Ended, error) {
	t, a, err := o.account(ctx, tenant, login)
	if err != nil {
		return web.Ended{}, err
	}
	return o.end(ctx, t, a, end, model.UserID{})
}

// Devices lists the devices of a company's people by login, the last seen first.
func (o *operator) Devices(ctx context.Context, tenant string) ([]web.Device, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return o.devices(ctx, t)
}

// MarkDevice says of a device that it is lost, stolen or found.
func (o *operator) MarkDevice(ctx context.Context, tenant string, device model.DeviceID, m web.DeviceMark) (web.Device, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return web.Device{}, err
	}
	return o.markDevice(ctx, t, device, m, model.UserID{})
}

func (o *operator) tenant(ctx context.Context, name string) (model.TenantID, error) {
	id, err := o.engine.Tenant(ctx, name)
	if !errors.Is(err, model.ErrUnknown) {
		return id, err
	}
	return id, problem.New("no_tenant", fmt.Sprintf("There is no company %q. See fieldsync tenants list.", name))
}

func (o *operator) account(ctx context.Context, tenant, login string) (model.TenantID, storage.Account, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return t, storage.Account{}, err
	}
	login = strings.ToLower(strings.TrimSpace(login))
	a, err := o.person(ctx, t, func(a storage.Account) bool { return a.Login == login })
	if errors.Is(err, model.ErrUnknown) {
		err = problem.New("no_user", fmt.Sprintf("Nobody signs in as %q. See fieldsync users list.", login))
	}
	return t, a, err
}

// person finds somebody of a company; model.ErrUnknown when there is nobody.
func (o *operator) person(ctx context.Context, t model.TenantID, is func(storage.Account) bool) (storage.Account, error) {
	accounts, err := o.engine.Accounts(ctx, t)
	if err != nil {
		return storage.Account{}, err
	}
	if i := slices.IndexFunc(accounts, is); i >= 0 {
		return accounts[i], nil
	}
	return storage.Account{}, model.ErrUnknown
}

func badRequest(format string, args ...any) error {
	return problem.New("bad_request", "Nothing was changed: "+fmt.Sprintf(format, args...)+".")
}

// told turns the engine's own errors into what the operator reads.
func told(err error) error {
	if p := levelsProblem(err); p != nil {
		return p
	}
	switch {
	case errors.Is(err, engine.ErrTaken):
		return problem.New("taken", "")
	case errors.Is(err, engine.ErrName):
		return badRequest("%v", err)
	case errors.Is(err, engine.ErrHooks):
		return badRequest("%v; remove one", err)
	case errors.Is(err, engine.ErrOwner):
		return problem.New("bad_request", "Only an active desktop user can own keys and webhooks.")
	case errors.Is(err, engine.ErrHeir):
		return problem.New("bad_successor", "")
	case errors.Is(err, engine.ErrWipeDone):
		return problem.New("wipe_done", "")
	case errors.Is(err, engine.ErrNotHeld):
		return problem.New("not_held", "")
	case errors.Is(err, engine.ErrNotReleasable):
		return problem.New("not_releasable", "")
	case errors.Is(err, engine.ErrNotYet):
		return problem.New("not_yet", "")
	case errors.Is(err, storage.ErrTooBig):
		return problem.New("body_too_large", "It is more than one commit takes; split it.")
	case errors.Is(err, storage.ErrFull):
		return problem.New("disk_full", "")
	}
	return err
}
