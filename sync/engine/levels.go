package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Errors of changes of levels. Each refuses the whole change.
var (
	// ErrLastAdmin says that nobody would be left who may administer the company (domain b.3, 4).
	ErrLastAdmin = errors.New("nobody would be left who may administer")
	// ErrWidens says that a set is to be set to a level that shows customers to a contractor from whom they were hidden,
	// and nobody has confirmed it (domain b.3, 3).
	ErrWidens = errors.New("it would show customers to a contractor from whom they were hidden")
)

// LevelsChange is a change of what one user may do.
type LevelsChange struct {
	User   model.UserID
	By     model.UserID // whose own levels bound it; zero: whoever holds the machine, who may all
	Change access.Change
	Ask
	Already int // devices that a change of many people, which this one is part of, has taken from before
}

// LevelsChanged is what a change of levels comes to.
type LevelsChanged struct {
	Account    storage.Account // as it is then
	Steps      []access.Step   // what changes; none: it is all so already, and nothing is written
	EndsMobile bool            // mobile access ends by it, with the sessions of phones
	Widens     bool            // a contractor is shown customers that were hidden; setting all needs it confirmed
	Ended      []model.Ended   // sessions that end by it; to be told by the caller
	Toll       model.Toll
	Reassigns  bool // whom they may assign changes, to AssignTo; nobody there: anyone
	AssignTo   []model.UserID
}

// ChangeLevels changes what a user may do, in one commit: all of it, or nothing and an error that says why. It raises the
// version of the account by one. Data that the user loses is masked and retracted by the feed (DESIGN §12.12); only where
// mobile access ends does the session of the phone end too, as [model.EndDisabled], and what is unsent there comes in by
// the hand-in lane (domain b.3, V13).
//
// The errors are model.ErrUnknown, those of [access.Sets.Change], *[AssignToError], *[access.BeyondError], [ErrLastAdmin], [ErrWidens] and
// *[TollError]; a rehearsal has all of them but the last two, unless it is strict.
func (e *Engine) ChangeLevels(ctx context.Context, id model.TenantID, c LevelsChange, now model.Instant) (LevelsChanged, error) {
	var out LevelsChanged
	err := e.changes(ctx, id, c.Ask, now, func(t *tx) (err error) {
		out, err = t.changeLevels(c)
		return err
	})
	if err != nil {
		return LevelsChanged{}, err
	}
	return out, nil
}

func (t *tx) changeLevels(c LevelsChange) (out LevelsChanged, err error) {
	a, ok := get(t, storage.TableAccounts, string(c.User[:]), storage.ParseAccount)
	if !ok {
		return out, model.ErrUnknown
	}
	before, err := setsOf(a)
	if err != nil {
		return out, err
	}
	change, workers, err := t.assignable(c.Change, before.Workers)
	if err != nil {
		return out, err
	}
	after, err := before.Change(change, t.tenant.Settings)
	if after.Workers = workers; err == nil {
		err = t.bounds(c.By, c.User, before, after)
	}
	if err != nil {
		return out, err
	}
	out = LevelsChanged{
		Account: a, Steps: access.Steps(before, after),
		EndsMobile: access.EndsMobile(before, after), Widens: access.Widens(a.Kind, before, after),
	}
	if out.Widens && c.Change.All != access.Absent && c.unconfirmed() && !planted("widened-unasked") {
		return out, ErrWidens
	}
	if !slices.Equal(before.Workers, workers) {
		out.AssignTo, out.Reassigns = workers, true
	}
	if len(out.Steps) == 0 && !out.Reassigns {
		return out, nil
	}
	was, had := a, t.holdings([]model.UserID{a.User})
	a.Levels = after.Encode()
	a.Version++
	if err := t.keepsAdmin(was, a); err != nil {
		return out, err
	}
	t.put(storage.TableAccounts, string(a.User[:]), a.Append(nil))
	t.changesRights(a.User, c.By, "levels")
	if out.Toll, err = t.settleRights(had, c.By, "levels", c.Ask, c.Already); err != nil {
		return out, err
	}
	t.audit(model.AuditEntry{Kind: model.AuditLevels, Actor: t.doer(c.By), Subject: toUser(a.User), Detail: auditText(c.Change, out)})
	out.Account, out.Ended = a, t.shut(a, c.By)
	return out, nil
}

// bounds checks that who changes levels manages people, and has no less on the web than whoever they change had and will
// have (domain W35).
func (t *tx) bounds(by, of model.UserID, before, after access.Sets) error {
	if by.IsZero() || planted("more-than-they-have") {
		return nil
	}
	own, err := t.manager(by)
	if err != nil {
		return err
	}
	if by != of {
		if err := before.Within(own); err != nil {
			return err
		}
	}
	return after.Within(own)
}

// manager is the levels of somebody of the office who manages people, or an error that says that they do not.
func (t *tx) manager(by model.UserID) (access.Sets, error) {
	a, ok := get(t, storage.TableAccounts, string(by[:]), storage.ParseAccount)
	if !ok || !a.Active || a.Kind != model.Desktop {
		return access.Sets{}, model.ErrToken
	}
	own, err := setsOf(a)
	if err == nil && own.At(access.WebUsers) != access.Full {
		err = &access.BeyondError{Permission: access.WebUsers, Level: access.Full}
	}
	return own, err
}

// manages is an error when somebody (zero: the operator) may not manage people. Like [tx.governs] it is asked where that is
// decided: they were let in by an earlier snapshot (DESIGN §2, I7).
func (t *tx) manages(by model.UserID) error {
	if by.IsZero() {
		return nil
	}
	_, err := t.manager(by)
	return err
}

// handsOn is an error when somebody (zero: the operator) may not have a key or a webhook act for another: they administer the
// company, and have no less on the web than whoever it acts for, or they would gain by it.
func (t *tx) handsOn(by, other model.UserID) error {
	if err := t.governs(by); by.IsZero() || by == other || err != nil {
		return err
	}
	var sets [2]access.Sets
	for i, u := range []model.UserID{by, other} {
		a, _ := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount)
		var err error
		if sets[i], err = setsOf(a); err != nil {
			return err
		}
	}
	return sets[1].Within(sets[0])
}

// keepsAdmin checks that a change of one account leaves somebody who may administer, if it had been so (vendor fact VW13).
func (t *tx) keepsAdmin(was, is storage.Account) error {
	if !administers(was) || administers(is) || planted("last-admin-lost") {
		return nil
	}
	if t.othersAdminister(was) {
		return nil
	}
	return ErrLastAdmin
}

// othersAdminister says whether somebody besides a person may administer the company. Who has no password, since they never
// signed in or have set none after they came back, cannot do it yet: they stand in for nobody who can.
func (t *tx) othersAdminister(one storage.Account) bool {
	for _, k := range t.keys(storage.TableAccounts, "") {
		a, ok := get(t, storage.TableAccounts, k, storage.ParseAccount)
		enters := a.Password != "" || one.Password == "" || planted("admin-without-password")
		if ok && a.User != one.User && administers(a) && enters {
			return true
		}
	}
	return false
}

// administers says whether a person may administer the company.
func administers(a storage.Account) bool {
	sets, err := access.ParseSets(a.Levels)
	return err == nil && a.Active && a.Kind == model.Desktop && sets.At(access.WebAdmin) == access.Full
}

// governs is an error when somebody may not change how the company works. It is asked where that is decided: they were let in
// by an earlier snapshot.
func (t *tx) governs(by model.UserID) error {
	if by.IsZero() || planted("settings-by-anybody") {
		return nil
	}
	a, ok := get(t, storage.TableAccounts, string(by[:]), storage.ParseAccount)
	switch {
	case !ok || !a.Active || a.Kind != model.Desktop:
		return model.ErrToken
	case !administers(a):
		return &access.BeyondError{Permission: access.WebAdmin, Level: access.Full}
	}
	return nil
}

// shut ends the sessions that an account opens no more.
func (t *tx) shut(a storage.Account, by model.UserID) []model.Ended {
	return t.endSessions(model.Ending{User: a.User, Reason: model.EndDisabled, By: by}, func(s storage.Slot) bool {
		return t.enters(a, s.Kind) != nil && !planted("disabled-stays")
	})
}

// auditText is what the audit says of a change, in the words of the catalogue.
func auditText(c access.Change, out LevelsChanged) string {
	text := c.Set.String() + ": all " + c.All.String()
	if c.All == access.Absent {
		text = c.Set.String() + ":"
		for _, name := range slices.Sorted(maps.Keys(c.Levels)) {
			text += " " + name + "=" + c.Levels[name]
		}
	}
	if out.Widens {
		text += "; widened"
	}
	if out.EndsMobile {
		text += "; ends mobile access"
	}
	return text
}

// setsOf are an account's levels. Rights that cannot be read are an error, never none.
func setsOf(a storage.Account) (access.Sets, error) {
	sets, err := access.ParseSets(a.Levels)
	if err != nil {
		return sets, fmt.Errorf("read the levels of a user: %w", err)
	}
	return sets, nil
}

// SetLevels replaces a user's permission sets, unseen: whoever calls it knows what it does. What changes levels for a
// person is [Engine.ChangeLevels].
func (e *Engine) SetLevels(ctx context.Context, id model.TenantID, u model.UserID, levels []byte, now model.Instant) error {
	return e.changeAccount(ctx, id, u, now, func(t *tx, a *storage.Account) error {
		for _, h := range t.holdings([]model.UserID{u}) {
			t.wasShown(h.slot.Device, h.before)
		}
		a.Levels = levels
		a.Version++
		t.changesRights(u, model.UserID{}, "levels")
		t.audit(model.AuditEntry{Kind: model.AuditLevels, Actor: t.doer(model.UserID{}), Subject: toUser(u)})
		return nil
	})
}

// settled is encoded levels as they are under the company's settings.
func (t *tx) settled(levels []byte) ([]byte, error) {
	sets, err := setsOf(storage.Account{Levels: levels})
	if err != nil {
		return nil, err
	}
	return sets.Settle(t.tenant.Settings).Encode(), nil
}

// settleLevels brings everybody's levels in line with which features there are, when that has changed (domain b.3, 6).
func (t *tx) settleLevels(before model.Settings, by model.UserID) error {
	same := true
	for _, f := range []model.Feature{model.FeatureInvoices, model.FeatureOptimization} {
		same = same && (before.Feature(f) == model.FeatureOff) == (t.tenant.Settings.Feature(f) == model.FeatureOff)
	}
	if same || planted("features-without-levels") {
		return nil
	}
	for _, k := range t.keys(storage.TableAccounts, "") {
		a, ok := get(t, storage.TableAccounts, k, storage.ParseAccount)
		if !ok {
			continue // and the decision has failed
		}
		levels, err := t.settled(a.Levels)
		if err != nil {
			return err
		}
		if !bytes.Equal(levels, a.Levels) {
			a.Levels = levels
			a.Version++
			t.put(storage.TableAccounts, k, a.Append(nil))
		}
	}
	t.audit(model.AuditEntry{
		Kind: model.AuditFeatures, Actor: t.doer(by), Subject: everybody,
		Detail: fmt.Sprintf("invoices %s, optimization %s", t.tenant.Settings.Invoices, t.tenant.Settings.Optimization),
	})
	return nil
}

// Labelled lists the users who have a label among their categories, by login (domain W47), as the caller sees it: by a
// label that they do not see nobody is found, or it would be told who has it. A caller who is nobody is whoever holds the
// machine, and sees all.
func (e *Engine) Labelled(ctx context.Context, c model.Caller, label string) ([]storage.Account, error) {
	var out []storage.Account
	err := e.read(ctx, c.Tenant, func(t *tx) error {
		categories, err := t.categoriesFor(c)
		if err != nil {
			return err
		}
		for _, k := range t.keys(storage.TableAccounts, "") {
			a, ok := get(t, storage.TableAccounts, k, storage.ParseAccount)
			if !ok {
				continue // and the view has failed
			}
			if r := t.live(model.RecordID(a.User)); r != nil && slices.Contains(model.Labels(categories(r)), label) {
				out = append(out, a)
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b storage.Account) int { return strings.Compare(a.Login, b.Login) })
	return out, err
}

// categoriesFor is what a caller sees of the categories on a person's record.
func (t *tx) categoriesFor(c model.Caller) (func(*model.Record) model.Value, error) {
	if c.User.IsZero() {
		return func(r *model.Record) model.Value { return r.Value(model.PersonCategories) }, nil
	}
	d, err := t.desk(c)
	return func(r *model.Record) model.Value {
		shown, _ := d.show(r)
		v, _ := shown.Find(model.PersonCategories)
		return v
	}, err
}
