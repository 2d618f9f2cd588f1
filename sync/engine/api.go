package engine

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

var errUnbuilt = errors.New("not built yet")

// AddTenant makes a company; its name is unique, lower-case.
func (e *Engine) AddTenant(ctx context.Context, name string, now model.Instant) (model.TenantID, error) {
	return model.TenantID{}, errUnbuilt
}

// Tenants lists the companies by name.
func (e *Engine) Tenants(ctx context.Context) (map[string]model.TenantID, error) { return nil, errUnbuilt }

// AddAccount adds a person, their record in People, and (with actor zero) is the operator's act.
func (e *Engine) AddAccount(ctx context.Context, t model.TenantID, a NewAccount, now model.Instant) (model.UserID, error) {
	return model.UserID{}, errUnbuilt
}

// SetLevels replaces a user's permission sets.
func (e *Engine) SetLevels(ctx context.Context, t model.TenantID, u model.UserID, levels []byte, now model.Instant) error {
	return errUnbuilt
}

// SetPassword replaces a user's password (PHC string); the session it had ends.
func (e *Engine) SetPassword(ctx context.Context, t model.TenantID, u model.UserID, phc string, now model.Instant) error {
	return errUnbuilt
}

// Accounts lists a tenant's people.
func (e *Engine) Accounts(ctx context.Context, t model.TenantID) ([]storage.Account, error) {
	return nil, errUnbuilt
}

// Login finds who signs in; model.ErrSignIn when nobody does.
func (e *Engine) Login(ctx context.Context, t model.TenantID, login string) (model.Login, error) {
	return model.Login{}, errUnbuilt
}

// SignIn takes the user's slot: *model.Active when another device is live and TakeOver does not name its epoch.
func (e *Engine) SignIn(ctx context.Context, s model.SignIn, now model.Instant) (model.SignedIn, error) {
	return model.SignedIn{}, errUnbuilt
}

// DeviceKey is the public key a hello is checked with; model.ErrToken when the device is not known.
func (e *Engine) DeviceKey(ctx context.Context, t model.TenantID, d model.DeviceID) ([]byte, error) {
	return nil, errUnbuilt
}

// Hello opens a connection whose proof has been checked.
func (e *Engine) Hello(ctx context.Context, h model.Hello, now model.Instant) (model.Greeted, error) {
	return model.Greeted{}, errUnbuilt
}

// StoreName is the opaque name of the store's present life for one tenant, for the challenge; a tenant that is not
// there gets one that looks alike.
func (e *Engine) StoreName(ctx context.Context, t model.TenantID) ([8]byte, error) {
	return [8]byte{}, errUnbuilt
}

// Push accepts one frame of changes inside one commit and answers in its order: *model.EndedError when the lane is
// live and the epoch is not, storage.ErrUnknown when nothing may be acknowledged.
func (e *Engine) Push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error) {
	return nil, errUnbuilt
}

// Pull answers the next page of the feed, or nil when there is nothing to say.
func (e *Engine) Pull(ctx context.Context, p model.Pull, now model.Instant) (*model.Page, error) {
	return nil, errUnbuilt
}

// Reconcile answers a device whose cursor cannot be continued and that lists what it holds.
func (e *Engine) Reconcile(ctx context.Context, c model.Connection, held []model.RecordID, now model.Instant) (*model.Page, error) {
	return nil, errUnbuilt
}

// End ends a user's session of this epoch (0: whichever is live), durably before it returns; nil when none was.
func (e *Engine) End(ctx context.Context, t model.TenantID, u model.UserID, epoch model.Epoch, why model.EndReason, by model.UserID, now model.Instant) (*model.Ended, error) {
	return nil, errUnbuilt
}

// Sessions lists a tenant's live sessions.
func (e *Engine) Sessions(ctx context.Context, t model.TenantID) ([]model.LiveSession, error) {
	return nil, errUnbuilt
}

// Note keeps a device's report; at most once a minute is written unless the unsent count changed.
func (e *Engine) Note(ctx context.Context, c model.Connection, r model.Report, now model.Instant) error {
	return errUnbuilt
}

// May says whether the acting user of a desktop connection may see and end sessions (the users right).
func (e *Engine) May(ctx context.Context, t model.TenantID, u model.UserID, permission string) (bool, error) {
	return false, errUnbuilt
}
