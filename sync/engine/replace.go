package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// ErrHeir says that somebody cannot take a person's place: they have left themselves, are the same person, are of another
// kind, or belong to another company outside.
var ErrHeir = errors.New("it takes another active person of the same kind and company")

// Replacement is a person whose place another one takes.
type Replacement struct {
	Leaving
	Heir model.UserID // who takes it
}

// Replaced is what a replacement comes to.
type Replaced struct {
	Left
	Heir  storage.Account // as it is then
	Steps []access.Step   // what of the heir's levels is higher by it
}

// Replace has a person leave, as [Engine.Deactivate] does, and another take their place in the same commit (domain W33): their
// open jobs, as far as those fit, the rest following by [Engine.HandOver], their levels where those are higher, their categories,
// and the company outside that they belong to. What they wrote, signed and worked stays theirs, and so does their name. What their devices still hand in is judged by its own rules,
// under their name: the work goes on, so that it tells nobody anything else (f.6).
//
// The errors are those of Deactivate, [ErrHeir], and of a change of levels *[access.BeyondError], *[AssignToError] and [ErrWidens]. model.ErrUnknown
// is of both.
func (e *Engine) Replace(ctx context.Context, id model.TenantID, r Replacement, now model.Instant) (out Replaced, err error) {
	change, err := newIdent[model.ChangeID](e)
	if err != nil {
		return out, err
	}
	work, err := e.findWork(ctx, id, r.User)
	if err != nil {
		return out, err
	}
	err = e.changes(ctx, id, r.Ask, now, func(t *tx) error {
		out = Replaced{}
		a, err := t.managed(r.User, r.By)
		if err != nil {
			return err
		}
		if out.Account = a; !a.Active && a.Heir == r.Heir && !r.Heir.IsZero() { // a retry
			out.Jobs = t.toGo(r.User)
			out.ToGo = out.Jobs
			out.Heir, _ = get(t, storage.TableAccounts, string(r.Heir[:]), storage.ParseAccount)
			return t.err
		}
		w := model.Write{Seq: t.seq(), Change: change, Occurred: t.now, Author: r.By, Office: true}
		if err := t.inherit(&out, r, w); err != nil {
			return err
		}
		if err := t.leaves(&out.Left, r.Leaving, r.Heir); err != nil {
			return err
		}
		t.leavesWork(&out.Left, work, storage.Handover{By: r.By, Heir: r.Heir}, w)
		if planted("author-replaced") {
			t.sign(r, w)
		}
		t.audit(model.AuditEntry{
			Kind: model.AuditReplace, Actor: t.doer(r.By), Subject: toUser(r.User), Reason: r.Note, Detail: r.Heir.String(),
		})
		return t.err
	})
	return out, err
}

// inherit gives an heir what the person may do, beside what they may.
func (t *tx) inherit(out *Replaced, r Replacement, w model.Write) error {
	old := out.Account
	heir, ok := get(t, storage.TableAccounts, string(r.Heir[:]), storage.ParseAccount)
	switch outside := old.Kind == model.Portal || old.Kind == model.Subcontractor; {
	case !ok:
		return model.ErrUnknown
	case !old.Active || !heir.Active || old.User == heir.User || old.Kind != heir.Kind:
		return ErrHeir
	case outside && !heir.Company.IsZero() && heir.Company != old.Company:
		return ErrHeir
	}
	before, err := setsOf(heir)
	if err != nil {
		return err
	}
	had, err := setsOf(old)
	if err != nil {
		return err
	}
	after := before.Join(had)
	if after.Workers, err = joined(after.Workers); err != nil {
		return err
	}
	if err := t.bounds(r.By, heir.User, before, after); err != nil {
		return err
	}
	if access.Widens(heir.Kind, before, after) && r.unconfirmed() {
		return ErrWidens
	}
	shown := t.holdings([]model.UserID{heir.User})
	heir.Levels, heir.Company, heir.Version = after.Encode(), old.Company, heir.Version+1
	t.belongs(heir.Company)
	t.put(storage.TableAccounts, string(heir.User[:]), heir.Append(nil))
	t.changesRights(heir.User, r.By, "replaces somebody")
	if _, err := t.settleRights(shown, r.By, "replaces somebody", r.Ask, 0); err != nil {
		return err
	}
	t.inheritRecord(old, heir, w)
	out.Heir, out.Steps = heir, access.Steps(before, after)
	return nil
}

// inheritRecord adds a person's categories to an heir's, and says whom the heir belongs to now.
func (t *tx) inheritRecord(old, heir storage.Account, w model.Write) {
	from, to := t.live(model.RecordID(old.User)), t.live(model.RecordID(heir.User))
	if to == nil {
		return
	}
	if from != nil {
		labels := model.Labels(to.Value(model.PersonCategories))
		for _, label := range model.Labels(from.Value(model.PersonCategories)) {
			if !slices.Contains(labels, label) {
				labels = append(labels, label)
			}
		}
		spec, _ := t.table.Spec(model.People)
		field, _ := spec.Field(model.PersonCategories)
		if all := model.Text(strings.Join(labels, ", ")); len(labels) > 0 && field.Check(all) { // more than fit are none of these
			t.setDerived(to, model.PersonCategories, all, w)
		}
	}
	t.setDerived(to, model.PersonCompany, companyOf(heir.Company), w)
	t.place(t.record(to.ID)) // its dispatchers are told of them
}

// handOn gives an heir a job that was a person's. Who is on it already, as much, stays as they are.
func (t *tx) handOn(was *model.Record, heir model.UserID, w model.Write) {
	job := t.live(was.Parent())
	helps := was.Value(model.AssignmentRole).Text() == "helper"
	if was.Value(model.AssignmentVisit) != job.Value(model.JobVisit) {
		return // of a visit that is over
	}
	for _, a := range t.below(job.ID, model.Assignments) {
		theirs := model.UserID(model.RefOf(a.Value(model.AssignmentUser))) == heir && standing(a) && a.Value(model.AssignmentVisit) == job.Value(model.JobVisit)
		if theirs && (helps || a.Value(model.AssignmentRole).Text() != "helper") {
			return
		}
	}
	a := t.edit(t.derived("handed on", w.Change[:], was.ID[:]))
	a.Collection = model.Assignments
	a.Set(model.FieldParent, model.Ref(job.ID), w)
	a.Set(model.AssignmentUser, model.Ref(heir), w)
	for _, f := range []model.FieldNo{model.AssignmentRole, model.AssignmentCompany} {
		if v := was.Value(f); !v.IsNull() {
			a.Set(f, v, w)
		}
	}
	a.Set(model.AssignmentSince, model.Int(int64(w.Occurred)), w)
	a.Set(model.AssignmentVisit, job.Value(model.JobVisit), w)
	t.offers(a, w)
	t.entered = append(t.entered, a.ID)
	t.settle(a.ID)
	t.derive(t.record(a.ID), w)
}

// sign is the planted bug that puts an heir's name under what the person wrote.
func (t *tx) sign(r Replacement, w model.Write) {
	for id := range t.r.Records(model.Notes, model.Place{}) {
		if n := t.live(id); n != nil && n.Value(model.NoteAuthor) == model.Ref(r.User) {
			t.setDerived(n, model.NoteAuthor, model.Ref(r.Heir), w)
		}
	}
}
