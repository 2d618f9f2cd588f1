package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// operator does what the operator's API asks, over the engine. It implements web.Operator.
type operator struct {
	engine    gateway
	hub       *session.Hub
	gate      *session.Gate
	sessions  *session.Server
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
	accounts, err := o.engine.Accounts(ctx, t)
	if err != nil {
		return nil, err
	}
	out := make([]web.User, 0, len(accounts))
	for _, a := range accounts {
		u, err := userOf(a)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b web.User) int { return cmp.Compare(a.Login, b.Login) })
	return out, nil
}

// AddUser adds a person with the levels their kind or role starts with, and those given.
func (o *operator) AddUser(ctx context.Context, tenant string, u web.NewUser) (web.User, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return web.User{}, err
	}
	kind, ok := model.ParseUserKind(u.Kind)
	if !ok {
		return web.User{}, badRequest("no kind %q; there are desktop, mobile, portal and subcontractor", u.Kind)
	}
	sets := access.DefaultSets(kind)
	if u.Role != "" {
		if kind != model.Desktop || !slices.Contains([]access.Role{access.Admin, access.Planner, access.Manager, access.Support}, access.Role(u.Role)) {
			return web.User{}, badRequest("no role %q of a %s user; the office has admin, planner, manager and support", u.Role, kind)
		}
		sets = access.RoleSets(access.Role(u.Role))
	}
	for _, change := range u.Levels {
		if sets, err = with(sets, change); err != nil {
			return web.User{}, err
		}
	}
	account := engine.NewAccount{
		Login: strings.ToLower(strings.TrimSpace(u.Login)), Name: u.Name, Kind: kind, Company: u.Company, Levels: sets.Encode(),
	}
	if account.Name == "" {
		account.Name = account.Login
	}
	if u.Password != "" {
		if account.Password, err = o.passwords.Hash(ctx, u.Password); err != nil {
			return web.User{}, err
		}
	}
	if _, err := o.engine.AddAccount(ctx, t, account, o.now()); err != nil {
		return web.User{}, told(err)
	}
	o.hub.Notify(t)
	return o.user(ctx, t, account.Login)
}

// SetLevels changes some levels of one set. What is lost by it is taken back through the feed; nothing is closed.
func (o *operator) SetLevels(ctx context.Context, tenant, login string, change web.LevelsChange) (web.User, error) {
	t, a, err := o.account(ctx, tenant, login)
	if err != nil {
		return web.User{}, err
	}
	sets, err := access.ParseSets(a.Levels)
	if err != nil {
		return web.User{}, err
	}
	if sets, err = with(sets, change); err != nil {
		return web.User{}, err
	}
	if err := o.engine.SetLevels(ctx, t, a.User, sets.Encode(), o.now()); err != nil {
		return web.User{}, told(err)
	}
	o.hub.Notify(t)
	return o.user(ctx, t, a.Login)
}

// SetPassword replaces a password and ends the person's session (domain f.6).
func (o *operator) SetPassword(ctx context.Context, tenant, login, password string) error {
	t, a, err := o.account(ctx, tenant, login)
	if err != nil {
		return err
	}
	phc, err := o.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	if err := o.engine.SetPassword(ctx, t, a.User, phc, o.now()); err != nil {
		return told(err)
	}
	_, err = o.gate.End(ctx, session.EndRequest{Tenant: t, User: a.User, Reason: model.EndReset})
	return err
}

// Sessions lists who is signed in.
func (o *operator) Sessions(ctx context.Context, tenant string) ([]web.Session, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	accounts, err := o.engine.Accounts(ctx, t)
	if err != nil {
		return nil, err
	}
	logins := map[model.UserID]string{}
	for _, a := range accounts {
		logins[a.User] = a.Login
	}
	live, err := o.engine.Sessions(ctx, t)
	if err != nil {
		return nil, err
	}
	out := make([]web.Session, 0, len(live))
	for _, s := range live {
		out = append(out, web.Session{
			Login: logins[s.User], Name: s.Name, Kind: s.Kind.String(), Device: s.Device, Label: s.Label, App: s.App,
			Session: s.Session, Epoch: web.EpochText(s.Epoch), Since: int64(s.Since), Seen: int64(s.Seen),
			Unsent: s.Report.Unsent, Oldest: int64(s.Report.Oldest),
		})
	}
	slices.SortFunc(out, func(a, b web.Session) int { return cmp.Compare(a.Login, b.Login) })
	return out, nil
}

// EndSession ends a person's session.
func (o *operator) EndSession(ctx context.Context, tenant, login string, end web.EndSession) (web.Ended, error) {
	return o.endBy(ctx, tenant, login, end, model.UserID{})
}

// endBy ends a session in the name of an office user; nobody's is the operator's.
func (o *operator) endBy(ctx context.Context, tenant, login string, end web.EndSession, by model.UserID) (web.Ended, error) {
	t, a, err := o.account(ctx, tenant, login)
	if err != nil {
		return web.Ended{}, err
	}
	var ended *model.Ended
	switch {
	case end.Stolen:
		ended, err = o.mark(ctx, t, a.User, end, engine.DeviceStolen, by)
	case end.Lost:
		ended, err = o.mark(ctx, t, a.User, end, engine.DeviceLost, by)
	default:
		ended, err = o.gate.End(ctx, session.EndRequest{
			Tenant: t, User: a.User, Epoch: model.Epoch(end.Epoch), Reason: model.EndOffice, By: by, Drain: !end.Now,
		})
	}
	switch {
	case err != nil:
		return web.Ended{}, told(err)
	case ended == nil:
		return web.Ended{}, noSession(login)
	}
	return web.Ended{Device: ended.Device, Epoch: web.EpochText(ended.Epoch), At: int64(ended.At), Unsent: ended.Unsent}, nil
}

func noSession(login string) error {
	return web.NewProblem(http.StatusNotFound, "no_session", login+" has no live session",
		"See fieldsync sessions list; a device that is not signed in any more is in fieldsync devices list.")
}

// Changes takes a push frame of an office user.
func (o *operator) Changes(ctx context.Context, tenant, login string, frame []byte) ([]byte, error) {
	t, a, err := o.account(ctx, tenant, login)
	if err != nil {
		return nil, err
	}
	return o.sessions.Office(ctx, t, a.User, frame)
}

func (o *operator) tenant(ctx context.Context, name string) (model.TenantID, error) {
	id, err := o.engine.Tenant(ctx, name)
	if !errors.Is(err, model.ErrUnknown) {
		return id, err
	}
	return id, web.NewProblem(http.StatusNotFound, "no_tenant", fmt.Sprintf("no company %q", name), "See fieldsync tenants list.")
}

func (o *operator) account(ctx context.Context, tenant, login string) (model.TenantID, storage.Account, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return t, storage.Account{}, err
	}
	accounts, err := o.engine.Accounts(ctx, t)
	if err != nil {
		return t, storage.Account{}, err
	}
	for _, a := range accounts {
		if a.Login == strings.ToLower(strings.TrimSpace(login)) {
			return t, a, nil
		}
	}
	return t, storage.Account{}, web.NewProblem(http.StatusNotFound, "no_user", fmt.Sprintf("nobody signs in as %q", login), "See fieldsync users list.")
}

func (o *operator) user(ctx context.Context, t model.TenantID, login string) (web.User, error) {
	accounts, err := o.engine.Accounts(ctx, t)
	if err != nil {
		return web.User{}, err
	}
	for _, a := range accounts {
		if a.Login == login {
			return userOf(a)
		}
	}
	return web.User{}, model.ErrUnknown
}

func userOf(a storage.Account) (web.User, error) {
	kind := a.Kind
	u := web.User{ID: a.User, Login: a.Login, Name: a.Name, Kind: kind.String(), Active: a.Active, Levels: map[string]map[string]string{}}
	sets, err := access.ParseSets(a.Levels)
	if err != nil {
		return u, fmt.Errorf("read the levels of a user: %w", err)
	}
	for _, e := range access.Catalogue() {
		of := sets.Web
		if e.Set == access.Mobile {
			of = sets.Mobile
		}
		level, ok := of[e.Permission]
		if !ok || level == access.Absent {
			continue
		}
		if u.Levels[e.Set.String()] == nil {
			u.Levels[e.Set.String()] = map[string]string{}
		}
		u.Levels[e.Set.String()][e.Name] = level.String()
	}
	return u, nil
}

func with(sets access.Sets, change web.LevelsChange) (access.Sets, error) {
	set := access.Web
	switch change.Set {
	case access.Web.String():
	case access.Mobile.String():
		set = access.Mobile
	default:
		return sets, badRequest("no permission set %q; there are web and mobile", change.Set)
	}
	out, err := sets.With(set, change.Levels)
	if errors.Is(err, access.ErrPermission) {
		var names []string
		for _, e := range access.Catalogue() {
			if e.Set == set {
				names = append(names, e.Name)
			}
		}
		return sets, badRequest("%v; there are %s", err, strings.Join(names, ", "))
	}
	if err != nil {
		return sets, badRequest("%v", err)
	}
	return out, nil
}

func badRequest(format string, args ...any) error {
	return web.NewProblem(http.StatusBadRequest, "bad_request", fmt.Sprintf(format, args...), "Nothing was changed.")
}

// told turns the engine's own errors into what the operator reads.
func told(err error) error {
	switch {
	case errors.Is(err, engine.ErrTaken):
		return web.NewProblem(http.StatusConflict, "taken", err.Error(), "Choose another one; nothing was changed.")
	case errors.Is(err, engine.ErrName):
		return badRequest("%v", err)
	case errors.Is(err, storage.ErrFull):
		return web.NewProblem(http.StatusServiceUnavailable, "disk_full", err.Error(), "Make room on the disk; reads go on.")
	}
	return err
}
