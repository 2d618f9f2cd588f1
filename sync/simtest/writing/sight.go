package writing

import (
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Who sees what: domain b.2 and (h) for the collections the world uses. The office's user is an administrator.

// jobOf is the job a record hangs on, itself when it is one.
func (o *oracle) jobOf(r *rec) *rec {
	for r != nil && !r.deleted {
		if r.coll == model.Jobs {
			return r
		}
		r = o.recs[r.parent]
	}
	return nil
}

// assigned says whether a user has a job now: withdrawn and declined assignments do not count.
func (o *oracle) assigned(u *user, j *rec) bool {
	_, states := j.job.derive()
	for _, a := range j.job.assignments {
		if s := states[a.id]; a.user == u.id && s != "withdrawn" && s != "declined" {
			return true
		}
	}
	return false
}

// vacant says whether nobody has a job.
func (o *oracle) vacant(j *rec) bool {
	for _, u := range o.w.users {
		if o.assigned(u, j) {
			return false
		}
	}
	return true
}

// sees says whether a user sees a record now.
func (o *oracle) sees(u *user, r *rec) bool {
	if r == nil || r.deleted {
		return false
	}
	if u.office() {
		return true
	}
	if !u.has(access.MobileEnabled) {
		return false
	}
	j := o.jobOf(r)
	switch r.coll {
	case model.Jobs:
		return o.assigned(u, r) || r.author == u && o.vacant(r)
	case model.Customers:
		return o.seesCustomer(u, r)
	case model.FormDrafts:
		return r.author == u
	case model.OfficeEvents:
		return false
	case model.Assignments:
		c := r.cells[model.AssignmentUser]
		return model.UserID(model.RefOf(c.value)) == u.id
	}
	if j == nil {
		return false
	}
	if o.assigned(u, j) {
		return r.author == u || o.labelled(r)
	}
	return r.author == u && j.author == u && o.vacant(j)
}

// labelled says whether a record of a job is for those assigned to it.
func (o *oracle) labelled(r *rec) bool {
	switch r.coll {
	case model.Notes:
		return r.cells[model.NoteAudience].value.Text() == "field"
	case model.Files:
		return false
	default:
		return true
	}
}

func (o *oracle) seesCustomer(u *user, r *rec) bool {
	if !u.levels[access.MobileCustomers].Reads() {
		return false
	}
	if u.kind == model.Mobile && u.has(access.MobileCreateJob) {
		return true
	}
	for _, id := range o.jobs {
		j := o.recs[id]
		if model.RefOf(j.cells[model.JobCustomer].value) == r.id && o.assigned(u, j) {
			return true
		}
	}
	return false
}

// knows says whether a user sees a record now or once had it: facts are judged by that (domain R6).
func (o *oracle) knows(u *user, r *rec) bool {
	return u.has(access.MobileEnabled) && (o.sees(u, r) || r.known[u.id])
}

// remember notes who has a job after a commit.
func (o *oracle) remember(j *rec) {
	for _, u := range o.w.users {
		if !u.office() && !j.known[u.id] && o.sees(u, j) {
			j.known[u.id] = true
		}
	}
}

// seesField says whether the user sees the class of a field.
func (o *oracle) seesField(u *user, c model.Collection, f model.FieldNo) bool {
	if u.office() {
		return true
	}
	class, ok := o.w.table.Class(c, f)
	switch {
	case !ok:
		return false
	case class == model.ClassCustomer, class == model.ClassClient && c <= model.Assets:
		return u.levels[access.MobileCustomers].Reads()
	default:
		return class <= model.ClassWork
	}
}
