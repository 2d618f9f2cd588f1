package engine

import (
	"context"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Leaving is a person who leaves the company.
type Leaving struct {
	User model.UserID
	By   model.UserID // who manages people, and has no less than the user; zero: the operator
	Note string       // for the user to read
	Ask
}

// Left is what it comes to that a person leaves.
type Left struct {
	Account storage.Account // as it is then
	Ended   []model.Ended   // sessions that end by it; to be told by the caller
	Jobs    int             // open jobs that this takes from them
	ToGo    int             // of those, how many are still theirs, until [Engine.HandOver] has taken them
	Tickets int             // tickets and links that are void
	Keys    int             // keys of back ends that are revoked
	Toll    model.Toll
}

// Deactivate ends what a person may do, in one commit: their sessions, tickets, links and keys, and their part in open jobs
// (domain W32), as far as that fits; the rest is written down in it, for [Engine.HandOver]. What they wrote, their hours and
// their levels stay. Hours that still come in are taken, and everything else waits for the office ([model.ReasonRemoved]). Of
// somebody who has left already nothing changes.
//
// The errors are model.ErrUnknown, model.ErrToken, *[access.BeyondError] and [ErrLastAdmin].
func (e *Engine) Deactivate(ctx context.Context, id model.TenantID, l Leaving, now model.Instant) (out Left, err error) {
	change, err := newIdent[model.ChangeID](e)
	if err != nil {
		return out, err
	}
	work, err := e.findWork(ctx, id, l.User)
	if err != nil {
		return out, err
	}
	err = e.changes(ctx, id, l.Ask, now, func(t *tx) error {
		out = Left{}
		a, err := t.managed(l.User, l.By)
		if out.Account = a; err != nil || !a.Active {
			out.Jobs = t.toGo(l.User)
			out.ToGo = out.Jobs
			return err
		}
		w := model.Write{Seq: t.seq(), Change: change, Occurred: t.now, Author: l.By, Office: true}
		if err := t.leaves(&out, l, model.UserID{}); err != nil {
			return err
		}
		t.leavesWork(&out, work, storage.Handover{By: l.By}, w)
		t.audit(model.AuditEntry{Kind: model.AuditDeactivate, Actor: t.doer(l.By), Subject: toUser(l.User), Reason: l.Note})
		return t.err
	})
	return out, err
}

// managed finds a person whom somebody may manage.
func (t *tx) managed(u, by model.UserID) (storage.Account, error) {
	a, ok := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount)
	if !ok {
		return a, model.ErrUnknown
	}
	sets, err := setsOf(a)
	if err != nil {
		return a, err
	}
	if err := t.bounds(by, u, sets, sets); err != nil && !planted("leavers-unfenced") {
		return a, err
	}
	return a, nil
}

// leaves ends an account, and everything that it opens. Somebody may have taken its place; zero: nobody.
func (t *tx) leaves(out *Left, l Leaving, heir model.UserID) (err error) {
	was, had := out.Account, t.holdings([]model.UserID{l.User})
	a := was
	a.Active, a.Removed, a.RemovedBy, a.Heir, a.Version = false, t.now, l.By, heir, a.Version+1
	if err := t.keepsAdmin(was, a); err != nil {
		return err
	}
	t.put(storage.TableAccounts, string(a.User[:]), a.Append(nil))
	t.tellsActive(a, l.By)
	t.changesRights(a.User, l.By, "removed")
	if out.Toll, err = t.settleRights(had, l.By, "removed", Ask{Confirmed: true}, 0); err != nil { // all of it is taken: that is what was asked for
		return err
	}
	out.Account, out.Tickets = a, t.unspent(a.User)
	t.voidTickets(a.User)
	out.Keys = t.revokeKeysOf(a.User, l.By)
	if !planted("removed-session-lives") {
		out.Ended = t.endSessions(model.Ending{User: a.User, Reason: model.EndRemoved, By: l.By, Note: l.Note}, nil)
	}
	return nil
}

// tellsActive keeps in a person's record whether they have left, so that no device offers them for work (domain W32).
func (t *tx) tellsActive(a storage.Account, by model.UserID) {
	r := t.live(model.RecordID(a.User))
	if r == nil || planted("leavers-offered") {
		return
	}
	w := model.Write{Seq: t.seq(), Change: model.ChangeID(a.User), Occurred: t.now, Author: by, Office: true}
	t.setDerived(r, model.PersonActive, model.Bool(a.Active), w)
}

// unspent counts the tickets and links that a person could still use.
func (t *tx) unspent(u model.UserID) (n int) {
	for _, kind := range []model.TicketKind{model.TicketSignIn, model.TicketReset} {
		n += len(t.keys(storage.TableTickets, storage.TicketsOf(u, kind)))
	}
	return n
}

// revokeKeysOf revokes the keys that act by a person's rights, and says how many there were.
func (t *tx) revokeKeysOf(u, by model.UserID) (n int) {
	for _, key := range t.keys(storage.TableKeys, "k") {
		secret, _ := t.row(storage.TableKeys, key)
		k, ok := get(t, storage.TableKeys, string(secret), storage.ParseAPIKey)
		if len(key) != 1+len(model.KeyID{}) || !ok || k.User != u {
			continue
		}
		t.remove(storage.TableKeys, string(secret))
		t.remove(storage.TableKeys, key)
		t.audit(model.AuditEntry{Kind: model.AuditRevokeKey, Actor: t.doer(by), Subject: toKey(k.ID, u)})
		n++
	}
	return n
}

// foundWork is the assignments of a person at one moment.
type foundWork struct {
	ids []model.RecordID
	at  model.Seq
}

// findWork looks through all assignments for those of a person, before anything is decided: a commit is no time for that.
func (e *Engine) findWork(ctx context.Context, id model.TenantID, u model.UserID) (out foundWork, err error) {
	err = e.read(ctx, id, func(t *tx) error {
		out = foundWork{at: t.head.Seq}
		for id := range t.r.Records(model.Assignments, model.Place{}) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if r, ok := t.r.Record(id); ok && model.UserID(model.RefOf(r.Value(model.AssignmentUser))) == u {
				out.ids = append(out.ids, id)
			}
		}
		return nil
	})
	return out, err
}

// openWork is those of a person's assignments that stand and are not done, with what changed since they were looked for: all
// that the office is shown.
func (t *tx) openWork(found foundWork, u model.UserID) (out []*model.Record) {
	ids := slices.Clone(found.ids)
	if office, ok := t.number(model.AudienceName{Kind: model.AudienceOffice}); ok && !planted("work-of-the-meantime") {
		for id := range t.r.Since(office, found.at) {
			ids = append(ids, id)
		}
	}
	for _, id := range sortedIDs(ids) {
		if r := t.live(id); t.isOpen(r, u) {
			out = append(out, r)
		}
	}
	return out
}

// isOpen says whether a record is an assignment of a person that stands and is not done. A job that is cancelled may be
// reinstated.
func (t *tx) isOpen(r *model.Record, u model.UserID) bool {
	if r == nil || r.Collection != model.Assignments || model.UserID(model.RefOf(r.Value(model.AssignmentUser))) != u {
		return false
	}
	job := t.live(r.Parent())
	return job != nil && standing(r) && r.Value(model.AssignmentState).Text() != "done" && !over(job)
}

// over says whether a job is done with.
func over(job *model.Record) bool {
	status := job.Value(model.JobStatus).Text()
	return status == "completed" || status == "closed"
}
