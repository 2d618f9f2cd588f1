package api

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// Office is what the API asks of the core; cmd implements it over the engine. Every read goes through the one
// projection of the caller's view, narrowed by the caller's scopes; every write is a change that the committer judges.
// An error that is not one of sync/model's or a *web problem is told as internal.
type Office interface {
	// Fenced marks what a caller does, so that nothing of it is committed after their session or key has ended.
	Fenced(ctx context.Context, c model.Caller) context.Context

	// KeyCaller finds whose a key is, by the SHA-256 of its secret; model.ErrToken when it is nobody's, expired or
	// revoked.
	KeyCaller(ctx context.Context, t model.TenantID, secret [32]byte) (model.Caller, error)
	// SessionCaller finds the office user of a live desktop session, by the SHA-256 of its token; model.ErrToken else.
	SessionCaller(ctx context.Context, t model.TenantID, token [32]byte) (model.Caller, error)

	// Table is the collections of the caller's company, its own fields with them.
	Table(ctx context.Context, t model.TenantID) (*model.Table, error)
	// ExternalID is the record that an external id names: always the same, whether or not it is there.
	ExternalID(ctx context.Context, t model.TenantID, collection model.Collection, external string) (model.RecordID, error)
	Look(ctx context.Context, c model.Caller, ids []model.RecordID) (model.Look, error)
	List(ctx context.Context, c model.Caller, q model.Query) (model.Listing, error)
	// Search finds records by words, in the fields that the caller sees.
	Search(ctx context.Context, c model.Caller, q model.Search) (model.Sighted, error)
	// Snapshot gives every record of some collections (none: of all) as of one moment, and the cursor of the change
	// feed at that moment. yield's error ends it.
	Snapshot(ctx context.Context, c model.Caller, of []model.Collection, yield func(model.Shown) error) (cursor string, err error)
	// Known answers a repeatable request that was decided before, by its Key and Print alone; model.ErrReused.
	Known(ctx context.Context, c model.Caller, r model.Request) (s model.Settlement, ok bool, err error)
	// Submit decides the changes of a request in one commit. Their bodies are made by protocol.EncodeChange. What is
	// neither applied nor merged leaves no trace; model.ErrReused, model.ErrScoped and *model.StaleError decide nothing.
	Submit(ctx context.Context, c model.Caller, r model.Request, changes []model.Submitted) (model.Settlement, error)

	// Events reads the change feed from a cursor ("": from the oldest line that is kept; "now": from here on).
	// model.ErrGone, model.ErrHistory.
	Events(ctx context.Context, c model.Caller, cursor string, of []model.Collection, limit int) (model.Events, error)
	// History reads what happened to one record; besides, model.ErrUnknown.
	History(ctx context.Context, c model.Caller, of model.Collection, id model.RecordID, cursor string, limit int) (model.Events, error)
	// Woken is closed when the company commits something after the call.
	Woken(t model.TenantID) (woken <-chan struct{}, stop func())

	// Held lists the changes that wait for the office, projected like records: fields and collections the caller does
	// not see are left out, with the changes that consist of nothing else.
	Held(ctx context.Context, c model.Caller) ([]model.HeldChange, error)
	// Inbox lists everything that needs a person; model.ErrHistory when it is asked for from no place.
	Inbox(ctx context.Context, c model.Caller, q model.InboxQuery) (model.Inbox, error)
	// Rule lets a held change in or decides against it, once for a request that is repeated.
	Rule(ctx context.Context, c model.Caller, q model.Request, r model.Ruling) error

	// What only callers with the scope manage may do, each by the user's own level too; model.ErrScoped, model.ErrLevel.

	Settings(ctx context.Context, c model.Caller) (model.Settings, error)
	// Configure changes them, and says what that takes from devices; the problem takes_much when that wants to be confirmed.
	Configure(ctx context.Context, c model.Caller, change func(*model.Settings) error, ask web.Ask) (model.Settings, web.RightsEffect, error)
	// Audit reads a page of the audit; model.ErrHistory, model.ErrGone.
	Audit(ctx context.Context, c model.Caller, q model.AuditQuery) (model.AuditPage, error)
	Keys(ctx context.Context, c model.Caller) ([]model.APIKey, error)
	// AddKey makes a key of the caller's own user, or of another whose levels are no wider; text is shown once.
	AddKey(ctx context.Context, c model.Caller, k model.APIKey) (made model.APIKey, text string, err error)
	RevokeKey(ctx context.Context, c model.Caller, id model.KeyID) error
	Hooks(ctx context.Context, c model.Caller) ([]model.Hook, error)
	AddHook(ctx context.Context, c model.Caller, h model.Hook) (model.Hook, error)
	// ChangeHook edits name, address, events, state, secrets and position.
	ChangeHook(ctx context.Context, c model.Caller, id model.HookID, change func(*model.Hook) error) (model.Hook, error)
	RemoveHook(ctx context.Context, c model.Caller, id model.HookID) error
	// Deliveries lists what has not got through to a hook: what was given up, or what is still tried, as its owner sees the
	// events now.
	Deliveries(ctx context.Context, c model.Caller, id model.HookID, dead bool) ([]model.Delivery, error)
	// Replay tries deliveries that were given up again, now: one, or all for the zero id.
	Replay(ctx context.Context, c model.Caller, id model.HookID, message model.MessageID) (int, error)
	// TestHook sends a test message to a hook, once. failed is why it did not get through, for the caller to read.
	TestHook(ctx context.Context, c model.Caller, id model.HookID) (status int, failed, err error)

	People
	Partners
	Insight
	Hours
}

// Hours is what the API asks about timesheets and payroll. Seeing wants the user's web level of timesheets or shifts, changing
// and payroll wants that of timesheets full: model.ErrLevel; and the scopes of the three collections of hours:
// model.ErrScoped.
type Hours interface {
	// Sheets gives timesheets; model.ErrDays.
	Sheets(ctx context.Context, c model.Caller, q model.SheetQuery) ([]model.Sheet, error)
	// MoveSheet submits, approves or reopens a timesheet; model.ErrDays, model.ErrUnknown, model.ErrSheet, model.ErrSheetDays.
	MoveSheet(ctx context.Context, c model.Caller, m model.SheetMove) (model.Sheet, error)
	// ExportPayroll makes a payroll file, or gives the one that has this id; model.ErrReused, model.ErrNothing.
	ExportPayroll(ctx context.Context, c model.Caller, id model.BatchID, from, to model.Day, rehearse bool) (model.Payroll, error)
	Payrolls(ctx context.Context, c model.Caller) ([]model.Payroll, error)
	// PayrollFile gives a file's bytes, always the same; model.ErrUnknown.
	PayrollFile(ctx context.Context, c model.Caller, id model.BatchID, asJSON bool) ([]byte, model.Payroll, error)
}

// Partners is what the API asks about companies outside, whose people use the portal or work as subcontractors. Reading
// wants the user's web level of users, changing wants it full; a company that the caller does not see is
// model.ErrPartner.
type Partners interface {
	Partner(ctx context.Context, c model.Caller, company model.RecordID) (model.Partner, error)
	// SetPartner opens a company's access, or closes it.
	SetPartner(ctx context.Context, c model.Caller, company model.RecordID, open bool, ask web.Ask) (PartnerChanged, error)
	// Link links a person to a company; zero: to none. model.ErrInside.
	Link(ctx context.Context, c model.Caller, user model.UserID, company model.RecordID, ask web.Ask) (web.User, web.RightsEffect, error)
}

// People is what the API asks about people and their sessions. Reading wants the user's web level of users, changing
// wants it full.
type People interface {
	// Levels is every permission there is.
	Levels() []Permission
	Users(ctx context.Context, c model.Caller) ([]web.User, error)
	// Companies is which company each portal user and subcontractor belongs to; none to who does not see customers.
	Companies(ctx context.Context, c model.Caller) (map[model.UserID]model.RecordID, error)
	AddUser(ctx context.Context, c model.Caller, u web.NewUser) (web.User, error)
	// ChangeLevels changes one set of a person, whole or not at all. A person who is not there is the problem no_user.
	ChangeLevels(ctx context.Context, c model.Caller, user model.UserID, change web.LevelsRequest) (web.LevelsChanged, error)
	// ChangeCategoryLevels does so for everybody who has a label, one after the other.
	ChangeCategoryLevels(ctx context.Context, c model.Caller, category string, change web.LevelsRequest) ([]web.LevelsResult, error)
	// Rights is what a person may, in the catalogue's order.
	Rights(ctx context.Context, c model.Caller, user model.UserID) ([]web.Right, error)
	// SetPassword ends the user's session.
	SetPassword(ctx context.Context, c model.Caller, user model.UserID, password string) error
	// Deactivate removes a person: the problems no_user and last_admin.
	Deactivate(ctx context.Context, c model.Caller, user model.UserID, l web.Leaving) (web.Left, error)
	// Replace puts one in the place of another; besides, the problems bad_successor and widens_contractor.
	Replace(ctx context.Context, c model.Caller, user model.UserID, r web.Replacement) (web.Replaced, error)
	// Reactivate lets a person in again, by a link; the same as ResetLink for who is active.
	Reactivate(ctx context.Context, c model.Caller, user model.UserID) (web.ResetLink, error)
	// ResetLink makes a link by which a person sets a password; the problem user_removed for who has left.
	ResetLink(ctx context.Context, c model.Caller, user model.UserID) (web.ResetLink, error)
	// SignInTicket lets a person sign in once, for a session of a kind (0: their account's own), on the device with a public key (nil: on any); the secret is told once.
	SignInTicket(ctx context.Context, c model.Caller, user model.UserID, kind model.UserKind, key []byte) (secret [32]byte, expires model.Instant, err error)
	Sessions(ctx context.Context, c model.Caller) ([]web.Session, error)
	// Stands is model.ErrToken when the session or the key that a caller acts by is over.
	Stands(ctx context.Context, c model.Caller) error
	// BoardWoken is closed when Sessions may answer something else than before the call.
	BoardWoken(t model.TenantID) (woken <-chan struct{}, stop func())
	EndSession(ctx context.Context, c model.Caller, user model.UserID, end web.EndSession) (web.Ended, error)
	Devices(ctx context.Context, c model.Caller) ([]web.Device, error)
	MarkDevice(ctx context.Context, c model.Caller, device model.DeviceID, mark web.DeviceMark) (web.Device, error)
}
