package main

import (
	"context"
	"crypto/sha256"
	"net/http"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// board shows the office who is signed in, and ends sessions (domain F14): what the operator's socket does, with the
// rights of whoever asks. It implements web.Board.
type board struct{ *operator }

// LiveSessions lists who is signed in, for office users who may see people.
func (b board) LiveSessions(ctx context.Context, t model.TenantID, token [32]byte) ([]web.Session, error) {
	_, name, err := b.who(ctx, t, token, access.ReadOnly)
	if err != nil {
		return nil, err
	}
	return b.Sessions(ctx, name)
}

// EndLive ends a person's session, for office users who may change people.
func (b board) EndLive(ctx context.Context, t model.TenantID, token [32]byte, login string, end web.EndSession) (web.Ended, error) {
	by, name, err := b.who(ctx, t, token, access.Full)
	if err != nil {
		return web.Ended{}, err
	}
	return b.endBy(ctx, name, login, end, by)
}

// who finds the office user that a token speaks for: a session that is live, of an active desktop user with this level
// of the users' permission. The answer also names the company.
func (b board) who(ctx context.Context, t model.TenantID, token [32]byte, least access.Level) (by model.UserID, company string, err error) {
	c, err := b.engine.Bearer(ctx, t, sha256.Sum256(token[:]))
	if err != nil {
		return by, "", err
	}
	live, err := b.engine.Sessions(ctx, t)
	if err != nil {
		return by, "", err
	}
	holds := false
	for _, s := range live {
		holds = holds || s.Session == c.Session && s.Epoch == c.Epoch
	}
	if !holds {
		return by, "", model.ErrToken
	}
	accounts, err := b.engine.Accounts(ctx, t)
	if err != nil {
		return by, "", err
	}
	allowed := false
	for _, a := range accounts {
		if a.User != c.User || !a.Active || a.Kind != model.Desktop {
			continue
		}
		sets, err := access.ParseSets(a.Levels)
		if err != nil {
			return by, "", err
		}
		level := sets.Web[access.WebUsers]
		allowed = level == access.Full || least == access.ReadOnly && level.Reads()
	}
	if !allowed {
		return by, "", web.NewProblem(http.StatusForbidden, "not_allowed", "you may not do this", "It needs the office's permission users; an administrator gives it.")
	}
	tenants, err := b.Tenants(ctx)
	for _, known := range tenants {
		if known.ID == t {
			company = known.Name
		}
	}
	return c.User, company, err
}
