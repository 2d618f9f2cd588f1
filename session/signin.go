package session

import (
	"cmp"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Accounts is what signing in and ending sessions asks of the engine.
type Accounts interface {
	// Tenant finds a company by its name; model.ErrUnknown when there is none.
	Tenant(ctx context.Context, name string) (model.TenantID, error)
	// Login finds who signs in; model.ErrSignIn when nobody does.
	Login(ctx context.Context, t model.TenantID, login string) (model.Login, error)
	// DeviceKey is a known device's public key, and whose it is; model.ErrToken when it is not known.
	DeviceKey(ctx context.Context, t model.TenantID, d model.DeviceID) (key []byte, of model.UserID, err error)
	// SignIn takes the user's slot, durably; *model.Active when another device is live.
	SignIn(ctx context.Context, s model.SignIn, now model.Instant) (model.SignedIn, error)
	// Bearer finds the session that a token opens; model.ErrToken when it opens none.
	Bearer(ctx context.Context, t model.TenantID, tokenHash [32]byte) (model.Connection, error)
	Tickets
	// End ends a user's sessions, durably, and gives those that ended.
	End(ctx context.Context, t model.TenantID, e model.Ending, now model.Instant) ([]model.Ended, error)
	// Refused notes sign-ins that were refused in the audit.
	Refused(ctx context.Context, t model.TenantID, all []model.Refusal, now model.Instant) error
}

// GateConfig is what a gate is made of.
type GateConfig struct {
	Accounts  Accounts         // required
	Hub       *Hub             // required: who is told when a session ends
	Passwords *Passwords       // required
	Log       *slog.Logger     // nil discards
	Clock     func() time.Time // nil: time.Now
	Random    io.Reader        // source of session tokens; nil: the operating system's
	Drain     time.Duration    // how long a reachable device may finish before a takeover; 0: 30 s, negative: not at all
}

// Gate signs people in and ends sessions.
type Gate struct {
	cfg     GateConfig
	limit   limiter
	refused refusals
}

// NewGate makes a gate.
func NewGate(cfg GateConfig) (*Gate, error) {
	if cfg.Accounts == nil || cfg.Hub == nil || cfg.Passwords == nil {
		return nil, errors.New("a gate needs Accounts, Hub and Passwords")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Drain == 0 {
		cfg.Drain = 30 * time.Second
	}
	return &Gate{cfg: cfg}, nil
}

// SignInRequest is what somebody who wants in says of himself.
type SignInRequest struct {
	Tenant    string // name of the company
	Login     string // e-mail
	Password  string
	Kind      model.UserKind // of the session that is wanted; 0: the ticket's, or the account's own
	Ticket    [32]byte       // in place of Login and Password, spent with the sign-in; zero: none
	Device    model.DeviceID // of an earlier sign-in on this installation, or zero
	PublicKey []byte         // P-256, uncompressed point, 65 bytes
	Label     string         // what its owner calls the device
	Platform  string
	App       string      // version
	TakeOver  model.Epoch // the epoch of the refusal that is being answered with yes
	Address   string      // where the request came from; for limits alone
}

// SignedIn is what a device needs to connect.
type SignedIn struct {
	model.SignedIn
	Token  [32]byte // the only copy: the store has its SHA-256
	Tenant model.TenantID
	User   model.UserID
	Name   string
	Kind   model.UserKind
}

// ErrKey says that a public key is not a point of P-256.
var ErrKey = errors.New("the public key must be an uncompressed P-256 point of 65 bytes")

// LimitError says that too many attempts were made.
type LimitError struct{ Wait time.Duration }

// Error says when to try again.
func (e *LimitError) Error() string {
	return fmt.Sprintf("too many attempts; wait %d seconds", int(e.Wait.Seconds())+1)
}

// SignIn checks a password and takes the user's slot. It fails with model.ErrSignIn when tenant, name or password is
// wrong, taking as long in each case; with *model.Active when another device is live and TakeOver does not name its
// epoch; with *LimitError, ErrBusy, ErrKey, model.ErrNoLane, model.ErrNoKind, model.ErrNoLink, model.ErrClosed, model.ErrLost or
// model.ErrStolen. With a ticket, which is good once, no password is hashed, and model.ErrTicket takes the place of
// model.ErrSignIn; a sign-in that is refused leaves the ticket good.
func (g *Gate) SignIn(ctx context.Context, r SignInRequest) (SignedIn, error) {
	if _, err := ecdh.P256().NewPublicKey(r.PublicKey); err != nil {
		return SignedIn{}, ErrKey
	}
	return g.enter(ctx, r, func(kind model.UserKind) error {
		if kind == model.Portal && !planted("portal-by-the-field-door") {
			return model.ErrNoLane // clients have an entrance of their own (domain W18)
		}
		return nil
	})
}

// portalKey is how many bytes a portal session has instead of a device's key: it is none, so that nothing is ever signed
// with it and no field channel opened.
const portalKey = 32

// SignInPortal signs a client in at the portal, as [Gate.SignIn] does a device; Device and PublicKey of the request are not
// looked at, and each sign-in is a device of its own. It fails with model.ErrNoPortal for anybody who is no client.
func (g *Gate) SignInPortal(ctx context.Context, r SignInRequest) (SignedIn, error) {
	r.Device, r.PublicKey = model.DeviceID{}, make([]byte, portalKey)
	if _, err := io.ReadFull(g.cfg.Random, r.PublicKey); err != nil {
		return SignedIn{}, fmt.Errorf("draw a name for a portal session: %w", err)
	}
	return g.enter(ctx, r, func(kind model.UserKind) error {
		if kind != model.Portal && !planted("portal-opens-to-all") {
			return model.ErrNoPortal
		}
		return nil
	})
}

// enter checks a password and takes the user's slot, if users of the kind come in by this door.
func (g *Gate) enter(ctx context.Context, r SignInRequest, door func(model.UserKind) error) (SignedIn, error) {
	r.Tenant, r.Login = fold(r.Tenant), fold(r.Login)
	prove := g.authenticate
	if r.Ticket != [32]byte{} {
		prove = g.admit
	}
	tenant, login, err := prove(ctx, r)
	if err == nil {
		err = door(login.Kind)
	}
	defer func() { g.refused.note(tenant, login.User, r.Address, err) }()
	if err != nil {
		return SignedIn{}, err
	}
	out := SignedIn{Tenant: tenant, User: login.User, Name: login.Name, Kind: cmp.Or(r.Kind, login.Kind)}
	if _, err := io.ReadFull(g.cfg.Random, out.Token[:]); err != nil {
		return SignedIn{}, fmt.Errorf("draw a session token: %w", err)
	}
	in := model.SignIn{
		Tenant: tenant, User: login.User, Kind: out.Kind, Device: r.Device, PublicKey: r.PublicKey, Label: r.Label,
		Platform: r.Platform, App: r.App, TokenHash: sha256.Sum256(out.Token[:]), TakeOver: r.TakeOver,
		Checked: login.Password,
	}
	if r.Ticket != [32]byte{} {
		in.Ticket = sha256.Sum256(r.Ticket[:])
	}
	if out.SignedIn, err = g.take(ctx, in); err != nil {
		return SignedIn{}, err
	}
	if len(out.Ended) > 0 {
		reached("takeover")
		g.Tell(out.Ended...)
	}
	g.cfg.Log.Info("signed in", slog.String("tenant", tenant.String()), slog.String("user", login.User.String()),
		slog.String("device", out.Device.String()), slog.Bool("takeover", len(out.Ended) > 0))
	return out, nil
}

// takes is how often a sign-in that asks nobody tries for a slot that others take meanwhile.
const takes = 3

// take takes a slot. Where the company has no question asked it is tried for again when another device was faster, so that
// whoever is superseded was drained first (domain F2).
func (g *Gate) take(ctx context.Context, in model.SignIn) (out model.SignedIn, err error) {
	for range takes {
		try := in
		if try.TakeOver, err = g.drain(ctx, in); err != nil {
			return out, err
		}
		g.tellEarly(ctx, try)
		out, err = g.cfg.Accounts.SignIn(ctx, try, g.now())
		if active, ok := errors.AsType[*model.Active](err); !ok || active.Policy != model.SlotTakeover {
			return out, err
		}
		in.TakeOver = 0
	}
	return out, err
}

// tellEarly is the planted bug that tells the old device before the takeover is durable. Without it nobody is told here.
func (g *Gate) tellEarly(ctx context.Context, in model.SignIn) {
	if !planted("notice-before-durability") {
		return
	}
	in.Rehearse = true
	if would, err := g.cfg.Accounts.SignIn(ctx, in, g.now()); err == nil && len(would.Ended) > 0 {
		g.Tell(would.Ended...)
		reached("takeover")
	}
}

// drain lets the devices that a takeover is about send what they have, once it is known that the takeover may go on: a sign-in
// that is refused disturbs nobody. It gives the epoch that is then to be taken over.
func (g *Gate) drain(ctx context.Context, in model.SignIn) (model.Epoch, error) {
	if g.cfg.Drain <= 0 || in.TakeOver == 0 && planted("takeover-undrained") {
		return in.TakeOver, nil
	}
	in.Rehearse = true
	would, err := g.cfg.Accounts.SignIn(ctx, in, g.now())
	if active, ok := errors.AsType[*model.Active](err); ok && active.Policy == model.SlotTakeover {
		in.TakeOver = 0 // a yes to a question that is not asked any more
		would, err = g.cfg.Accounts.SignIn(ctx, in, g.now())
	}
	if err != nil {
		return 0, err
	}
	epoch := in.TakeOver
	for _, e := range would.Ended {
		epoch = max(epoch, e.Epoch)
	}
	g.Drain(ctx, in.Tenant, would.Ended...)
	return epoch, nil
}

// authenticate finds who it is. Whatever is wrong costs one hash and is one error.
func (g *Gate) authenticate(ctx context.Context, r SignInRequest) (model.TenantID, model.Login, error) {
	tenant, err := g.cfg.Accounts.Tenant(ctx, r.Tenant)
	if err != nil && !errors.Is(err, model.ErrUnknown) {
		return tenant, model.Login{}, err
	}
	var login model.Login
	if err == nil {
		login, err = g.cfg.Accounts.Login(ctx, tenant, r.Login)
		if err != nil && !errors.Is(err, model.ErrSignIn) {
			return tenant, login, err
		}
	}
	asks := asksOf(r, err == nil && g.knows(ctx, tenant, login.User, r))
	if wait := g.limit.take(g.cfg.Clock(), asks...); wait > 0 {
		return tenant, login, &LimitError{wait}
	}
	stored := login.Password
	if err != nil || !login.Active {
		stored = ""
	}
	right, err := g.cfg.Passwords.Verify(ctx, stored, r.Password)
	if err != nil {
		return tenant, login, err
	}
	if !right {
		return tenant, login, model.ErrSignIn
	}
	g.limit.give(g.cfg.Clock(), asks...)
	return tenant, login, nil
}

// asksOf is the buckets an attempt takes from. A device that is known as the user's has one of its own, so that nobody who guesses,
// be it from the next desk, locks its user out (reliability-security S13).
func asksOf(r SignInRequest, known bool) []ask {
	account, address := r.Tenant+"\x00"+r.Login+"\x00", network(r.Address)
	if known {
		return []ask{{"d" + account + r.Device.String(), rateDevice}}
	}
	return []ask{{"a" + address, rateAddress}, {"b" + account + address, rateAccountAddress}, {"c" + account, rateAccount}}
}

// knows says whether the request comes from a device of the user's, that is known with this key. By another's device, or
// everybody who has one could guess at everybody.
func (g *Gate) knows(ctx context.Context, t model.TenantID, u model.UserID, r SignInRequest) bool {
	if r.Device.IsZero() {
		return false
	}
	key, of, err := g.cfg.Accounts.DeviceKey(ctx, t, r.Device)
	return err == nil && of == u && subtle.ConstantTimeCompare(key, r.PublicKey) == 1
}

// SignOut ends the session that a token opens; model.ErrToken when it opens none.
func (g *Gate) SignOut(ctx context.Context, t model.TenantID, token [32]byte) error {
	c, err := g.cfg.Accounts.Bearer(ctx, t, sha256.Sum256(token[:]))
	if err == nil && c.Kind == model.Portal {
		err = model.ErrToken // it opens no door but its own
	}
	if err != nil {
		return err
	}
	return g.SignOutSession(ctx, c)
}

// SignOutSession ends a session by its user's own word.
func (g *Gate) SignOutSession(ctx context.Context, c model.Connection) error {
	_, err := g.End(ctx, c.Tenant, model.Ending{User: c.User, Epoch: c.Epoch, Reason: model.EndSignedOut, By: c.User})
	return err
}

// Tell spreads the word of ends that are durable.
func (g *Gate) Tell(ends ...model.Ended) {
	for _, e := range ends {
		g.cfg.Hub.Ended(e)
	}
}

func (g *Gate) now() model.Instant { return model.Instant(g.cfg.Clock().UnixMilli()) }

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
