package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Partner is a company outside and its people; model.ErrPartner when there is no such customer, or the caller does not
// see it.
func (e *Engine) Partner(ctx context.Context, c model.Caller, company model.RecordID) (model.Partner, error) {
	out := model.Partner{Company: company}
	err := e.read(ctx, c.Tenant, func(t *tx) error {
		if err := t.seesPartner(c, company); err != nil {
			return err
		}
		if row, closed := t.closed(company); closed {
			out.Closed, out.By = row.At, row.By
		}
		for _, a := range t.peopleOf(company) {
			out.People = append(out.People, a.User)
		}
		return nil
	})
	return out, err
}

// AccessChanged is what a change of the access of people outside comes to.
type AccessChanged struct {
	Ended []model.Ended // sessions that end by it; to be told by the caller
	Toll  model.Toll
}

// Link says which company outside a portal user or a subcontractor belongs to; zero: none. It gives the sessions that end by
// it: a portal user's, who sees nothing but what belongs to a company (domain W21, W31), and everybody's who now belongs
// to one that is closed. The caller sees the company; who links, by, manages people and has no less than the person, or is
// zero: the operator, who may all. Both are asked in the commit. model.ErrUnknown when there is no such person,
// model.ErrInside for who belongs to no company outside, model.ErrPartner when there is no such customer, or the caller
// does not see it; *[TollError].
func (e *Engine) Link(ctx context.Context, c model.Caller, u model.UserID, company model.RecordID, by model.UserID, ask Ask, now model.Instant) (out AccessChanged, err error) {
	change, err := newIdent[model.ChangeID](e)
	if err != nil {
		return out, err
	}
	err = e.changes(ctx, c.Tenant, ask, now, func(t *tx) error {
		out = AccessChanged{}
		a, ok := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount)
		switch {
		case !ok:
			return model.ErrUnknown
		case a.Kind != model.Portal && a.Kind != model.Subcontractor:
			return model.ErrInside
		}
		sets, err := setsOf(a)
		if err == nil {
			err = t.bounds(by, u, sets, sets)
		}
		if err == nil && !company.IsZero() {
			err = t.seesPartner(c, company)
		}
		if err != nil {
			return err
		}
		company := t.united(company)
		if r := t.live(model.RecordID(u)); r != nil { // also of an account that has it already: its record may be of before it was kept there
			t.setDerived(r, model.PersonCompany, companyOf(company), model.Write{Seq: t.seq(), Change: change, Occurred: t.now, Author: by, Office: true})
			t.place(t.record(r.ID)) // its dispatchers are told of them
		}
		if a.Company == company {
			return nil
		}
		had := t.holdings([]model.UserID{u})
		a.Company, a.Version = company, a.Version+1
		t.belongs(company)
		t.put(storage.TableAccounts, string(u[:]), a.Append(nil))
		t.changesRights(u, by, "company")
		if out.Toll, err = t.settleRights(had, by, "company", ask, 0); err != nil {
			return err
		}
		_, closed := t.closed(company)
		if (a.Kind == model.Portal || closed) && !planted("unlinked-session-lives") {
			out.Ended = t.endSessions(model.Ending{User: u, Reason: model.EndUnlinked, By: by}, nil)
		}
		t.audit(model.AuditEntry{Kind: model.AuditLink, Actor: t.doer(by), Subject: toUser(u), Detail: company.String()})
		return nil
	})
	return out, err
}

// ClosePartner ends every access of a company outside in one commit: its people's sessions end, and nobody of them can sign in
// (domain W50). What is unsent on their devices still comes in. It gives the sessions that ended, none when it was
// closed already, and what it takes. The caller sees the company and who closes manages people, as in [Engine.Link]; the errors are the same.
func (e *Engine) ClosePartner(ctx context.Context, c model.Caller, company model.RecordID, by model.UserID, ask Ask, now model.Instant) (out AccessChanged, err error) {
	err = e.changes(ctx, c.Tenant, ask, now, func(t *tx) error {
		out = AccessChanged{}
		if err := t.managesPartner(c, by, company); err != nil {
			return err
		}
		if _, closed := t.closed(company); closed {
			return nil
		}
		people := t.peopleOf(company)
		users := make([]model.UserID, 0, len(people))
		for _, a := range people {
			users = append(users, a.User)
		}
		had := t.holdings(users)
		t.put(storage.TableClosed, string(company[:]), storage.Closed{At: t.now, By: by}.Append(nil))
		if out.Toll, err = t.settleRights(had, by, "company closed", ask, 0); err != nil {
			return err
		}
		for _, u := range users {
			t.changesRights(u, by, "company closed")
			if !planted("closed-partner-stays") {
				out.Ended = append(out.Ended, t.endSessions(model.Ending{User: u, Reason: model.EndOffice, By: by}, nil)...)
			}
		}
		t.audit(model.AuditEntry{Kind: model.AuditClose, Actor: t.doer(by), Subject: toPartner(company)})
		return nil
	})
	return out, err
}

// OpenPartner lets the people of a company outside sign in again. Who may, and the errors, are as in [Engine.ClosePartner].
func (e *Engine) OpenPartner(ctx context.Context, c model.Caller, company model.RecordID, by model.UserID, ask Ask, now model.Instant) error {
	return e.changes(ctx, c.Tenant, ask, now, func(t *tx) error {
		if err := t.managesPartner(c, by, company); err != nil {
			return err
		}
		if _, closed := t.closed(company); closed {
			t.remove(storage.TableClosed, string(company[:]))
			for _, a := range t.peopleOf(company) {
				t.changesRights(a.User, by, "company opened")
			}
			t.audit(model.AuditEntry{Kind: model.AuditOpen, Actor: t.doer(by), Subject: toPartner(company)})
		}
		return nil
	})
}

// managesPartner checks that a company outside is there for the caller, and that who acts manages people.
func (t *tx) managesPartner(c model.Caller, by model.UserID, company model.RecordID) error {
	if !by.IsZero() {
		if _, err := t.manager(by); err != nil {
			return err
		}
	}
	return t.seesPartner(c, company)
}

// seesPartner checks that there is a company outside, as the caller sees it: one that is hidden is none (domain S2).
func (t *tx) seesPartner(c model.Caller, company model.RecordID) error {
	d, err := t.desk(c)
	if err != nil {
		return err
	}
	r := t.live(company)
	if _, sees := d.show(r); !sees || r.Collection != model.Customers {
		return model.ErrPartner
	}
	return nil
}

// closed says whether the access of a company outside is closed, and by whom.
func (t *tx) closed(company model.RecordID) (storage.Closed, bool) {
	if company.IsZero() {
		return storage.Closed{}, false
	}
	return get(t, storage.TableClosed, string(company[:]), storage.ParseClosed)
}

// peopleOf is the accounts that are linked to a company outside, by user id.
func (t *tx) peopleOf(company model.RecordID) []storage.Account {
	var out []storage.Account
	for _, k := range t.keys(storage.TableAccounts, "") {
		if a, ok := get(t, storage.TableAccounts, k, storage.ParseAccount); ok && a.Company == company {
			out = append(out, a)
		}
	}
	return out
}

// fellow says whether a user is an active person of the author's company (domain W24, T1).
func (f *frame) fellow(u model.UserID) bool {
	a, ok := get(f.tx, storage.TableAccounts, string(u[:]), storage.ParseAccount)
	return ok && a.Active && a.Kind == model.Subcontractor && !a.Company.IsZero() && a.Company == f.who.Company
}

// firmOf is the subcontractor company that somebody works for; zero: none.
func (t *tx) firmOf(u model.UserID) model.RecordID {
	if a, ok := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount); ok && a.Kind == model.Subcontractor {
		return a.Company
	}
	return model.RecordID{}
}

// companyOf is the company that a person belongs to as their record says it.
func companyOf(company model.RecordID) model.Value {
	if company.IsZero() {
		return model.Null()
	}
	return model.Ref(company)
}
