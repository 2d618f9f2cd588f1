package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Keys lists the company's keys.
func (b backOffice) Keys(ctx context.Context, c model.Caller) ([]model.APIKey, error) {
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return nil, err
	}
	return b.engine.Keys(ctx, c.Tenant)
}

// AddKey makes a key.
func (b backOffice) AddKey(ctx context.Context, c model.Caller, k model.APIKey) (made model.APIKey, text string, err error) {
	ctx = engine.Sensitive(ctx)
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return made, "", err
	}
	if k.User.IsZero() {
		k.User = c.User
	}
	if k.Scopes, err = b.handOn(ctx, c, k.User, k.Scopes); err != nil {
		return made, "", err
	}
	if k.Expires != 0 && k.Expires <= b.now() {
		return made, "", problem.New("bad_request", "Nothing was made.", problem.Fault{Location: "body.expires_at", Message: "it is over already"})
	}
	var secret [32]byte
	rand.Read(secret[:])
	k.MadeBy = maker(ctx, c)
	made, err = b.engine.AddKey(ctx, c.Tenant, k, sha256.Sum256(secret[:]), b.now())
	if err != nil {
		return made, "", told(err)
	}
	return made, api.KeyText(c.Tenant, secret), nil
}

// RevokeKey ends a key at once.
func (b backOffice) RevokeKey(ctx context.Context, c model.Caller, id model.KeyID) error {
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return err
	}
	return told(b.engine.RevokeKey(ctx, c.Tenant, id, maker(ctx, c), b.now()))
}

// handOn checks the scopes that a key or a webhook gets, and whose rights: nobody hands on more than they have.
func (b backOffice) handOn(ctx context.Context, c model.Caller, to model.UserID, scopes model.Scopes) (model.Scopes, error) {
	table, err := b.engine.Table(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	if scopes, err = model.ParseScopes(scopes, table); err != nil {
		return nil, err
	}
	if len(scopes) == 0 {
		return nil, problem.New("bad_scope", "Name at least one scope: without any nothing is allowed.")
	}
	for _, s := range scopes {
		if !covers(c.Scopes, s) {
			return nil, problem.New("scope_missing", fmt.Sprintf("Your key does not have %q itself, so it cannot hand it on.", s))
		}
	}
	return scopes, b.reaches(ctx, c, to)
}

// reaches checks that a caller's user has no less than another: whoever acts for somebody, or changes what they have,
// must not gain by it.
func (b backOffice) reaches(ctx context.Context, c model.Caller, other model.UserID) error {
	if other == c.User || isOperator(ctx) {
		return nil
	}
	own, err := b.setsOf(ctx, c)
	if err != nil {
		return err
	}
	a, err := b.person(ctx, c.Tenant, func(a storage.Account) bool { return a.User == other })
	if errors.Is(err, model.ErrUnknown) {
		err = problem.New("no_user", "")
	}
	if err != nil {
		return err
	}
	sets, err := access.ParseSets(a.Levels)
	if err != nil {
		return err
	}
	return told(sets.Within(own))
}

// covers says whether scopes include one of the table's.
func covers(scopes model.Scopes, one string) bool {
	switch name, verb, _ := strings.Cut(one, ":"); {
	case one == model.ScopeManage:
		return scopes.Manages()
	case one == model.ScopeWrite, verb == model.ScopeWrite:
		return scopes.Writes(strings.TrimSuffix(name, model.ScopeWrite))
	default:
		return scopes.Reads(strings.TrimSuffix(name, model.ScopeRead))
	}
}
