package session

import (
	"cmp"
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Tickets is what tickets ask of the engine.
type Tickets interface {
	// AddTicket makes a ticket, durably, and says when it expires; model.ErrUnknown when nobody may have it.
	AddTicket(ctx context.Context, t model.TenantID, k model.NewTicket, now model.Instant) (expires model.Instant, err error)
	// Ticket is who a ticket is of, and as what they sign in; model.ErrTicket when it is not good.
	Ticket(ctx context.Context, t model.TenantID, hash [32]byte, kind model.TicketKind, now model.Instant) (model.Login, error)
	// Reset spends a link and replaces its user's password, durably; it gives the sessions that ended. model.ErrLink when the
	// link is not good.
	Reset(ctx context.Context, t model.TenantID, link [32]byte, phc string, now model.Instant) ([]model.Ended, error)
}

// Ticket is a ticket as its bearer gets it.
type Ticket struct {
	Secret  [32]byte // the only copy: the store has its SHA-256
	Expires model.Instant
}

// The limits of tickets. One that is good waits for nobody: nothing else that comes from an address locks its bearer out.
var (
	rateTicket  = rate{burst: 30, interval: 2 * time.Second} // bad ones from an address
	rateConnect = rate{burst: 20, interval: 3 * time.Second} // those that a device asks for to connect by
)

// IssueTicket checks a password and makes a ticket that stands for it, once: for a sign-in on the device whose PublicKey the
// request has, or, with none, on any. It fails as [Gate.SignIn] does.
func (g *Gate) IssueTicket(ctx context.Context, r SignInRequest) (Ticket, error) {
	var key [32]byte
	if len(r.PublicKey) > 0 {
		if _, err := ecdh.P256().NewPublicKey(r.PublicKey); err != nil {
			return Ticket{}, ErrKey
		}
		key = sha256.Sum256(r.PublicKey)
	}
	r.Tenant, r.Login, r.Ticket = fold(r.Tenant), fold(r.Login), [32]byte{}
	tenant, login, err := g.authenticate(ctx, r)
	var out Ticket
	if err == nil {
		out, err = g.Issue(ctx, tenant, model.NewTicket{
			Kind: model.TicketSignIn, User: login.User, As: cmp.Or(r.Kind, login.Kind), Key: key, By: login.User, Proven: g.now(),
			Checked: login.Password,
		})
	}
	if !planted("guesses-for-tickets-unnoted") {
		g.refused.note(tenant, login.User, r.Address, err)
	}
	return out, err
}

// ConnectTicket makes a ticket that opens one connection of the session that a token opens: for a page, which then never shows
// the token to a WebSocket. model.ErrToken when it opens none; *LimitError.
func (g *Gate) ConnectTicket(ctx context.Context, t model.TenantID, token [32]byte, address string) (Ticket, error) {
	c, err := g.cfg.Accounts.Bearer(ctx, t, sha256.Sum256(token[:]))
	if err == nil && c.Kind == model.Portal {
		err = model.ErrToken // it has no channel
	}
	if err != nil {
		return Ticket{}, g.bad(address, err)
	}
	if wait := g.limit.take(g.cfg.Clock(), ask{"k" + c.Device.String(), rateConnect}); wait > 0 {
		return Ticket{}, &LimitError{wait}
	}
	out, err := g.Issue(ctx, t, model.NewTicket{Kind: model.TicketConnect, User: c.User, Session: c.Session, By: c.User})
	if errors.Is(err, model.ErrUnknown) {
		err = model.ErrToken
	}
	return out, err
}

// Issue draws a ticket's secret and makes the ticket. It fails as [Tickets] says.
func (g *Gate) Issue(ctx context.Context, t model.TenantID, k model.NewTicket) (out Ticket, err error) {
	if _, err := io.ReadFull(g.cfg.Random, out.Secret[:]); err != nil {
		return Ticket{}, fmt.Errorf("draw a ticket: %w", err)
	}
	k.Hash = sha256.Sum256(out.Secret[:])
	out.Expires, err = g.cfg.Accounts.AddTicket(ctx, t, k, g.now())
	if err != nil {
		return Ticket{}, err
	}
	return out, nil
}

// ResetRequest is somebody with a link who chooses a password.
type ResetRequest struct {
	Tenant   string // name of the company
	Link     [32]byte
	Password string
	Address  string // where the request came from; for limits alone
}

// Reset spends a link to set a password; every session that the older one opened ends. It fails with model.ErrLink when
// the link is not good, in one way whatever is wrong with it; with *LimitError, ErrBusy, ErrPasswordLong, ErrPasswordShort, and
// then the link is still good.
func (g *Gate) Reset(ctx context.Context, r ResetRequest) error {
	tenant, err := g.company(ctx, fold(r.Tenant))
	if err != nil {
		return err
	}
	link := sha256.Sum256(r.Link[:])
	if _, err := g.cfg.Accounts.Ticket(ctx, tenant, link, model.TicketReset, g.now()); errors.Is(err, model.ErrTicket) {
		return g.bad(r.Address, model.ErrLink)
	} else if err != nil {
		return err
	}
	phc, err := g.cfg.Passwords.Hash(ctx, r.Password)
	if err != nil {
		return err
	}
	ended, err := g.cfg.Accounts.Reset(ctx, tenant, link, phc, g.now())
	if err != nil {
		return err // what was decided is not durable: the sessions go on
	}
	g.Tell(ended...)
	return nil
}

// admit finds who a ticket is of. No password is hashed.
func (g *Gate) admit(ctx context.Context, r SignInRequest) (model.TenantID, model.Login, error) {
	tenant, err := g.company(ctx, r.Tenant)
	if err != nil {
		return tenant, model.Login{}, err
	}
	login, err := g.cfg.Accounts.Ticket(ctx, tenant, sha256.Sum256(r.Ticket[:]), model.TicketSignIn, g.now())
	if errors.Is(err, model.ErrTicket) {
		err = g.bad(r.Address, err)
	}
	return tenant, login, err
}

// company finds a company by its name; one that is not there has the id of none, in which a ticket is looked for like in any.
func (g *Gate) company(ctx context.Context, name string) (model.TenantID, error) {
	tenant, err := g.cfg.Accounts.Tenant(ctx, name)
	if errors.Is(err, model.ErrUnknown) {
		return model.TenantID{}, nil
	}
	return tenant, err
}

// bad counts what is not good against the address it came from, and is the error to answer with.
func (g *Gate) bad(address string, err error) error {
	if wait := g.limit.take(g.cfg.Clock(), ask{"t" + network(address), rateTicket}); wait > 0 && !planted("bad-tickets-unlimited") {
		return &LimitError{wait}
	}
	return err
}

// network is what an address counts as: whoever has one address of IPv6 has 2^64 of them.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || !a.Is6() || a.Is4In6() || planted("limits-by-address-of-2^64") {
		return address
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
