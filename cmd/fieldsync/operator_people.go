package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// people lists a company's people by login.
func (o *operator) people(ctx context.Context, t model.TenantID) ([]web.User, error) {
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

// startingSets is the levels that a new person starts with: those of their kind or role, and those given.
func (o *operator) startingSets(ctx context.Context, t model.TenantID, u web.NewUser) (access.Sets, error) {
	settings, err := o.engine.Settings(ctx, t)
	if err != nil {
		return access.Sets{}, err
	}
	kind, ok := model.ParseUserKind(u.Kind)
	if !ok {
		return access.Sets{}, badRequest("no kind %q; there are desktop, mobile, portal and subcontractor", u.Kind)
	}
	sets := access.DefaultSets(kind)
	if u.Role != "" {
		if kind != model.Desktop || !slices.Contains([]access.Role{access.Admin, access.Planner, access.Manager, access.Support}, access.Role(u.Role)) {
			return sets, badRequest("no role %q of a %s user; the office has admin, planner, manager and support", u.Role, kind)
		}
		sets = access.RoleSets(access.Role(u.Role))
	}
	sets = sets.Settle(settings)
	for _, l := range u.Levels {
		change, err := changeOf(web.LevelsRequest{Set: l.Set, Levels: l.Levels})
		if err != nil {
			return sets, err
		}
		if sets, err = sets.Change(change, settings); err != nil {
			return sets, told(err)
		}
	}
	return sets, nil
}

// add adds a person with these levels, in the name of an office user; nobody's is the operator's.
func (o *operator) add(ctx context.Context, t model.TenantID, u web.NewUser, sets access.Sets, by model.UserID) (web.User, error) {
	kind, _ := model.ParseUserKind(u.Kind) // startingSets has looked
	account := engine.NewAccount{
		Login: strings.ToLower(strings.TrimSpace(u.Login)), Name: u.Name, Kind: kind, Company: u.Company, Levels: sets.Encode(), By: by,
	}
	if account.Name == "" {
		account.Name = account.Login
	}
	if u.Password != "" {
		var err error
		if account.Password, err = o.passwords.Hash(ctx, u.Password); err != nil {
			return web.User{}, err
		}
	}
	user, err := o.engine.AddAccount(ctx, t, account, o.now())
	if err != nil {
		return web.User{}, told(err)
	}
	return o.user(ctx, t, user)
}

func (o *operator) setPassword(ctx context.Context, t model.TenantID, u model.UserID, password string, by model.UserID) error {
	phc, err := o.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	ended, err := o.engine.SetPassword(ctx, t, u, phc, by, o.now())
	if err != nil {
		return told(err)
	}
	o.gate.Tell(ended...)
	return nil
}

func (o *operator) user(ctx context.Context, t model.TenantID, u model.UserID) (web.User, error) {
	a, err := o.person(ctx, t, func(a storage.Account) bool { return a.User == u })
	if err != nil {
		return web.User{}, err
	}
	return userOf(a)
}

func userOf(a storage.Account) (web.User, error) {
	kind := a.Kind
	u := web.User{ID: a.User, Login: a.Login, Name: a.Name, Kind: kind.String(), Active: a.Active, Levels: map[string]map[string]string{}}
	sets, err := access.ParseSets(a.Levels)
	if err != nil {
		return u, fmt.Errorf("read the levels of a user: %w", err)
	}
	for _, e := range access.Catalogue() {
		level := sets.At(e.Permission)
		if level == access.Absent {
			continue
		}
		if u.Levels[e.Set.String()] == nil {
			u.Levels[e.Set.String()] = map[string]string{}
		}
		u.Levels[e.Set.String()][e.Name] = level.String()
	}
	if len(sets.Workers) > 0 && u.Levels[access.Mobile.String()] != nil {
		u.Levels[access.Mobile.String()][access.AssignTo] = mayAssign(sets.Workers)
	}
	return u, nil
}
