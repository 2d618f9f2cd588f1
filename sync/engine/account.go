package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Errors of adding companies and people.
var (
	ErrTaken = errors.New("the name is taken")
	ErrName  = errors.New("a name of 1 to 64 of a–z, 0–9, - is needed")
)

// AddTenant makes a company; its name is unique: 1 to 64 of a–z, 0–9 and -.
func (e *Engine) AddTenant(ctx context.Context, name string, now model.Instant) (model.TenantID, error) {
	if !plainName(name) {
		return model.TenantID{}, ErrName
	}
	id, err := newIdent[model.TenantID](e)
	if err != nil {
		return id, err
	}
	if err := e.found(ctx, storage.Directory, "", now); err != nil {
		return id, err
	}
	if err := e.found(ctx, id, name, now); err != nil { // before it has a name: a crash leaves a row nobody finds
		return id, err
	}
	return id, e.apply(ctx, storage.Directory, 1, now, func(t *tx) error {
		if _, taken := t.row(storage.TableTenants, name); taken {
			return ErrTaken
		}
		t.put(storage.TableTenants, name, id[:])
		return nil
	})
}

func plainName(name string) bool {
	if len(name) < 1 || len(name) > 64 {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// found writes the first row of a tenant, once.
func (e *Engine) found(ctx context.Context, id model.TenantID, name string, now model.Instant) error {
	row := storage.Tenant{Name: name, Settings: model.DefaultSettings(), Keys: []storage.Key{{ID: 1}}}
	for _, secret := range [][]byte{row.Secret[:], row.Keys[0].Secret[:]} {
		if _, err := io.ReadFull(e.cfg.Random, secret); err != nil {
			return fmt.Errorf("draw a key: %w", err)
		}
	}
	_, err := e.cfg.Store.Apply(ctx, id, 1, func(r storage.Reader) (*storage.WriteSet, error) {
		if _, there := r.Row(storage.TableTenant, ""); there {
			return nil, nil
		}
		return &storage.WriteSet{
			Rows: []storage.RowWrite{
				{Table: storage.TableTenant, Value: row.Append(nil)},
				{Table: storage.TableWindows, Value: e.newCalendar(row.Settings.Window, max(now, r.Head().Time)).Append(nil)},
			},
			Head: &storage.HeadChange{Time: now},
		}, nil
	})
	return err
}

// Tenant finds a company by its name; model.ErrUnknown when there is none.
func (e *Engine) Tenant(ctx context.Context, name string) (id model.TenantID, err error) {
	err = e.cfg.Store.View(ctx, storage.Directory, func(r storage.Reader) error {
		raw, ok := r.Row(storage.TableTenants, strings.ToLower(strings.TrimSpace(name)))
		if !ok || len(raw) != len(id) {
			if planted("leak-companies") {
				return fmt.Errorf("no company %q, there are %q", name, slices.Collect(maps.Keys(maps.Collect(r.Rows(storage.TableTenants, "", "")))))
			}
			return model.ErrUnknown
		}
		id = model.TenantID(raw)
		return nil
	})
	return id, err
}

// Tenants lists the companies by name.
func (e *Engine) Tenants(ctx context.Context) (map[string]model.TenantID, error) {
	out := map[string]model.TenantID{}
	err := e.cfg.Store.View(ctx, storage.Directory, func(r storage.Reader) error {
		for name, id := range r.Rows(storage.TableTenants, "", "") {
			if len(id) == 16 {
				out[name] = model.TenantID(id)
			}
		}
		return nil
	})
	return out, err
}

// SettingsChange is a change of a company's general settings.
type SettingsChange struct {
	By     model.UserID // who administers the company; zero: the operator
	Change func(*model.Settings) error
	Ask
}

// Configure changes a company's general settings, and says what that takes from devices. Another rule of sessions is for the
// next sign-in, and ends none that is there. With a feature that is switched off its permissions go from everybody's levels; with one that
// is switched on they come back at their default. An error of the change changes nothing; that of whoever does not administer
// the company when it is decided is model.ErrToken or *[access.BeyondError]; *[TollError].
func (e *Engine) Configure(ctx context.Context, id model.TenantID, c SettingsChange, now model.Instant) (toll model.Toll, err error) {
	err = e.changes(ctx, id, c.Ask, now, func(t *tx) error {
		if err := t.governs(c.By); err != nil {
			return err
		}
		before, settings := t.tenant.Settings, t.tenant.Settings
		if err := c.Change(&settings); err != nil {
			return err
		}
		had := t.affected(before, settings)
		t.auditSettings(before, settings, c.By)
		t.tenant.Settings, t.tenanted, t.resettled = settings, true, true
		if err := t.settleLevels(before, c.By); err != nil {
			return err
		}
		toll, err = t.settleRights(had, c.By, "settings", c.Ask, 0)
		return err
	})
	return toll, err
}

// affected is the devices whose views may change with the company's settings; none when these decide no view.
func (t *tx) affected(before, after model.Settings) []holding {
	if before.HiddenJobCard == after.HiddenJobCard && before.Invoices == after.Invoices && before.Optimization == after.Optimization {
		return nil
	}
	return t.holdings(nil)
}

// AddAccount adds a person and their record in People. Whoever adds them manages people and gives nobody more than they have
// on the web: model.ErrToken or *[access.BeyondError] else.
func (e *Engine) AddAccount(ctx context.Context, id model.TenantID, a NewAccount, now model.Instant) (model.UserID, error) {
	user, err := newIdent[model.UserID](e)
	if err != nil {
		return user, err
	}
	levels := a.Levels
	if levels == nil {
		levels = access.DefaultSets(a.Kind).Encode()
	}
	login := strings.ToLower(strings.TrimSpace(a.Login))
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		if _, taken := t.row(storage.TableLogins, login); taken || login == "" {
			return ErrTaken
		}
		levels, err := t.settled(levels)
		if err != nil {
			return err
		}
		sets, err := setsOf(storage.Account{Levels: levels})
		if err != nil {
			return err
		}
		if err := t.bounds(a.By, user, access.Sets{}, sets); err != nil && !planted("people-unfenced") {
			return err
		}
		company := t.united(a.Company)
		t.belongs(company)
		t.put(storage.TableLogins, login, user[:])
		t.put(storage.TableAccounts, string(user[:]), storage.Account{
			User: user, Login: login, Name: a.Name, Kind: a.Kind, Company: company, Levels: levels,
			Password: a.Password, Active: true, Version: 1,
		}.Append(nil))
		r := t.edit(model.RecordID(user))
		r.Collection = model.People
		w := model.Write{Seq: t.seq(), Change: model.ChangeID(user), Occurred: t.now, Author: user, Office: true}
		r.Set(model.FieldParent, model.Null(), w)
		r.Set(model.PersonName, model.Text(a.Name), w)
		r.Set(model.PersonKind, model.Text(a.Kind.String()), w)
		if !company.IsZero() {
			r.Set(model.PersonCompany, companyOf(company), w)
		}
		t.place(r)
		t.audit(model.AuditEntry{Kind: model.AuditAddUser, Actor: t.doer(a.By), Subject: toUser(user), Detail: a.Kind.String()})
		return nil
	})
	return user, err
}

// Accounts lists a tenant's people.
func (e *Engine) Accounts(ctx context.Context, id model.TenantID) ([]storage.Account, error) {
	var out []storage.Account
	err := e.read(ctx, id, func(t *tx) error {
		for _, k := range t.keys(storage.TableAccounts, "") {
			if a, ok := get(t, storage.TableAccounts, k, storage.ParseAccount); ok {
				out = append(out, a)
			}
		}
		return nil
	})
	return out, err
}

// changeAccount edits a person's row.
func (e *Engine) changeAccount(ctx context.Context, id model.TenantID, u model.UserID, now model.Instant, change func(*tx, *storage.Account) error) error {
	return e.apply(ctx, id, 1, now, func(t *tx) error {
		a, ok := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount)
		if !ok {
			return model.ErrUnknown
		}
		if err := change(t, &a); err != nil {
			return err
		}
		t.put(storage.TableAccounts, string(u[:]), a.Append(nil))
		return nil
	})
}

// SetPassword replaces a user's password (a PHC string), and ends every session that was opened with the old one in the
// same commit (domain f.6), and voids the tickets that were made before. It gives the sessions that ended. Whoever does it
// (zero: the operator) manages people and has no less on the web than the user: model.ErrToken or *[access.BeyondError] else.
func (e *Engine) SetPassword(ctx context.Context, id model.TenantID, u model.UserID, phc string, by model.UserID, now model.Instant) (ended []model.Ended, err error) {
	err = e.changeAccount(ctx, id, u, now, func(t *tx, a *storage.Account) error {
		sets, err := setsOf(*a)
		if err != nil {
			return err
		}
		if err := t.bounds(by, u, sets, sets); err != nil && !planted("passwords-unfenced") {
			return err
		}
		a.Password = phc
		ended = t.newPassword(u, by)
		t.audit(model.AuditEntry{Kind: model.AuditPassword, Actor: t.doer(by), Subject: toUser(u)})
		return nil
	})
	return ended, err
}

// newPassword ends what an older password opened: every session, and every ticket.
func (t *tx) newPassword(u, by model.UserID) []model.Ended {
	t.voidTickets(u)
	if planted("password-ends-nothing") {
		return nil
	}
	return t.endSessions(model.Ending{User: u, Reason: model.EndReset, By: by}, nil)
}

// Login finds who signs in; model.ErrSignIn when nobody does.
func (e *Engine) Login(ctx context.Context, id model.TenantID, login string) (model.Login, error) {
	var out model.Login
	err := e.read(ctx, id, func(t *tx) error {
		u, ok := t.row(storage.TableLogins, strings.ToLower(strings.TrimSpace(login)))
		if !ok {
			return model.ErrSignIn
		}
		a, ok := get(t, storage.TableAccounts, string(u), storage.ParseAccount)
		if !ok {
			return model.ErrSignIn
		}
		out = model.Login{User: a.User, Name: a.Name, Kind: a.Kind, Password: a.Password, Active: a.Active}
		return nil
	})
	if errors.Is(err, model.ErrUnknown) {
		err = model.ErrSignIn
	}
	return out, err
}

// principal is whoever a session of this kind speaks for. Rights that cannot be read are an error, never none.
func principal(a storage.Account, kind model.UserKind, s model.Settings) (access.Principal, error) {
	sets, err := access.ParseSets(a.Levels)
	if err != nil {
		return access.Principal{}, fmt.Errorf("read the levels of a user: %w", err)
	}
	return access.Principal{User: a.User, Kind: kind, Company: a.Company, Sets: sets, Settings: s}, nil
}
