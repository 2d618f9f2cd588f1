package reading

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// trade is who a record of a company is for, by the rules of the trade (domain b.2), worked out from the whole state.
func (t *truth) trade(f *fact) []audience {
	var out []audience
	all := func(k model.AudienceKind) { out = append(out, audience{Kind: k}) }
	one := func(k model.AudienceKind, u model.UserID) {
		if !u.IsZero() {
			out = append(out, audience{Kind: k, Of: model.RecordID(u)})
		}
	}
	each := func(k model.AudienceKind, users []model.UserID) {
		for _, u := range users {
			one(k, u)
		}
	}
	switch f.collection {
	case model.Customers, model.Sites, model.Contacts:
		all(model.AudienceDirectory)
		each(model.AudienceRefs, t.referring(f.id))
	case model.Assets:
		all(model.AudienceEquipment)
		each(model.AudienceRefs, t.referring(f.id))
		each(model.AudienceGear, t.at(f.parent()))
	case model.JobContacts, model.JobCards, model.Quotes, model.JobCommercials, model.Invoices:
		out = t.besideJob(f)
	case model.Visits:
		all(model.AudienceOffice)
		if u := model.UserID(model.RefOf(f.value(model.VisitUser))); slices.Contains(t.assigned(t.job(f)), u) {
			one(model.AudienceWork, u)
		}
	case model.Assignments:
		all(model.AudienceOffice)
		if t.stands(f) {
			one(model.AudienceWork, model.UserID(model.RefOf(f.value(model.AssignmentUser))))
			if company := model.RefOf(f.value(7)); !company.IsZero() {
				out = append(out, audience{Kind: model.AudienceCrew, Of: company})
			}
		}
	case model.TimesheetEvents, model.TimesheetCorrections:
		all(model.AudiencePay)
		one(model.AudienceHours, f.author)
	case model.People:
		out = t.personal(f)
	case model.FormTemplates:
		all(model.AudienceReference)
	case model.ReviewItems:
		out = append(out, t.dispute(f))
	case model.OfficeEvents:
		all(model.AudienceOffice)
	case model.Optimizations:
		all(model.AudienceRoutes)
	case model.Jobs, model.Tasks, model.TaskEvents, model.Notes, model.VisitEvents, model.Files:
		all(model.AudienceOffice)
		out = append(out, t.onJob(f)...)
	}
	if f.collection == model.JobCards {
		out = append(out, t.crews(t.job(f))...)
	}
	if !t.carried(t.job(f)) {
		out = slices.DeleteFunc(out, func(a audience) bool { return ofTheField[a.Kind] })
	}
	return out
}

// besideJob is who the address, the contacts and the money of a job are for.
func (t *truth) besideJob(f *fact) (out []audience) {
	each := func(k model.AudienceKind, users []model.UserID) {
		for _, u := range users {
			out = append(out, audience{Kind: k, Of: model.RecordID(u)})
		}
	}
	switch f.collection {
	case model.JobContacts:
		out = append(out, audience{Kind: model.AudienceOffice})
		each(model.AudienceContacts, t.assigned(t.job(f)))
	case model.JobCards:
		out = append(out, audience{Kind: model.AudienceOffice})
		each(model.AudienceCards, t.assigned(t.job(f)))
		each(model.AudienceTravel, t.onTheWay(t.job(f)))
	case model.Quotes:
		out = append(out, audience{Kind: model.AudienceQuotes})
		each(model.AudienceBills, t.assigned(t.job(f)))
	case model.JobCommercials, model.Invoices:
		out = append(out, audience{Kind: model.AudienceMoney})
		each(model.AudienceBills, t.assigned(t.job(f)))
	}
	return out
}

// personal is who a person's record is for.
func (t *truth) personal(f *fact) []audience {
	out := []audience{{Kind: model.AudienceOffice}, {Kind: model.AudienceStaff}, {Kind: model.AudienceOwn, Of: f.id}}
	for _, u := range t.workingWith(model.UserID(f.id)) {
		out = append(out, audience{Kind: model.AudiencePeers, Of: model.RecordID(u)})
	}
	if company := model.RefOf(f.value(model.PersonCompany)); !company.IsZero() && f.value(model.PersonKind).Text() == "subcontractor" {
		out = append(out, audience{Kind: model.AudienceCrew, Of: company})
	}
	return out
}

// onJob is who of the field a job, or what hangs on it, is for.
func (t *truth) onJob(f *fact) []audience {
	kind := model.AudienceWork
	if f.collection == model.Files && f.value(12).Bool() {
		kind = model.AudienceRefs // shows who the customer is
	}
	workers, own := t.workers(f)
	var out []audience
	for _, u := range workers {
		out = append(out, audience{Kind: kind, Of: model.RecordID(u)})
	}
	if !own.IsZero() {
		out = append(out, audience{Kind: model.AudienceWork, Of: model.RecordID(own)})
	}
	if t.forField(f) && kind == model.AudienceWork {
		out = append(out, t.crews(t.job(f))...)
	}
	if f.collection == model.Notes && f.field && f.value(model.NoteAudience).Text() == "internal" {
		for _, u := range t.assigned(t.job(f)) {
			out = append(out, audience{Kind: model.AudienceTeam, Of: model.RecordID(u)})
		}
	}
	return out
}

// dispute is who may look at a review item: whoever of the office sees the record, and the field, that it is about.
func (t *truth) dispute(f *fact) audience {
	of := model.Collection(f.value(model.ReviewOf).Int())
	record, field := model.AudienceOffice, model.AudienceOffice
	switch of {
	case model.Customers, model.Sites, model.Contacts:
		record = model.AudienceDirectory
	case model.Assets:
		record = model.AudienceEquipment
	case model.Quotes:
		record = model.AudienceQuotes
	case model.JobCommercials, model.Invoices:
		record = model.AudienceMoney
	case model.TimesheetEvents, model.TimesheetCorrections:
		record = model.AudiencePay
	}
	switch class, _ := t.table.Class(of, model.FieldNo(f.value(model.ReviewField).Int())); class {
	case model.ClassCustomer, model.ClassClient:
		field = model.AudienceDirectory
	case model.ClassPrice:
		field = model.AudienceMoney
	case model.ClassPay:
		field = model.AudiencePay
	}
	if record == model.AudienceOffice && field == model.AudienceOffice {
		return audience{Kind: model.AudienceOffice}
	}
	return audience{Kind: model.AudienceInbox, Of: model.RecordID{byte(record), byte(field)}}
}

// crews is the subcontractor companies that a job was given to.
func (t *truth) crews(job *fact) []audience {
	var out []audience
	for _, f := range t.facts {
		if job != nil && f.collection == model.Assignments && !f.dead && f.parent() == job.id && t.stands(f) {
			if company := model.RefOf(f.value(7)); !company.IsZero() {
				out = append(out, audience{Kind: model.AudienceCrew, Of: company})
			}
		}
	}
	return out
}

// workers is who in the field may see a record of a job, and who does for having made it: what a labelled record is not
// for, its author still sees while assigned to the job; a job that nobody is assigned to stays with whoever made it in
// the field, and so do their words on it.
func (t *truth) workers(f *fact) (workers []model.UserID, own model.UserID) {
	job := t.job(f)
	assigned := t.assigned(job)
	if t.forField(f) {
		workers = assigned
	}
	if !f.field {
		return workers, own
	}
	stays := job != nil && len(assigned) == 0 && (f.collection == model.Jobs || job.field && job.author == f.author)
	if stays || slices.Contains(assigned, f.author) {
		own = f.author
	}
	return workers, own
}

// forField says whether a record of a job is for those who work on it.
func (t *truth) forField(f *fact) bool {
	switch f.collection {
	case model.Notes:
		return f.value(model.NoteAudience).Text() == "field"
	case model.Files:
		return f.value(11).Text() == "field"
	default:
		return true
	}
}

// job is the job a record hangs on, or nil.
func (t *truth) job(f *fact) *fact {
	for range 4 {
		if f == nil || f.dead || f.collection == model.Jobs {
			break
		}
		f = t.facts[f.parent()]
	}
	if f == nil || f.dead || f.collection != model.Jobs {
		return nil
	}
	return f
}

// stands says whether an assignment gives its user the job.
func (t *truth) stands(f *fact) bool {
	state := f.value(model.AssignmentState).Text()
	return state != "withdrawn" && state != "declined"
}

// assigned is who is assigned to a job.
func (t *truth) assigned(job *fact) []model.UserID {
	return t.assignedBy(job, func(*fact) bool { return true })
}

func (t *truth) assignedBy(job *fact, who func(*fact) bool) []model.UserID {
	var out []model.UserID
	if job == nil || job.dead {
		return nil
	}
	for _, f := range t.facts {
		if f.collection == model.Assignments && !f.dead && f.parent() == job.id && t.stands(f) && who(f) {
			if u := model.UserID(model.RefOf(f.value(model.AssignmentUser))); !u.IsZero() {
				out = append(out, u)
			}
		}
	}
	return out
}

// workingWith is who else is assigned to jobs that the office has assigned somebody to.
func (t *truth) workingWith(u model.UserID) (out []model.UserID) {
	for _, job := range t.facts {
		if job.collection != model.Jobs || job.dead || !t.carried(job) {
			continue
		}
		if all := t.assigned(job); slices.Contains(t.assignedBy(job, func(f *fact) bool { return !f.field }), u) {
			out = append(out, slices.DeleteFunc(slices.Clone(all), func(o model.UserID) bool { return o == u })...)
		}
	}
	return out
}

// at is who has a job at a site.
func (t *truth) at(site model.RecordID) (out []model.UserID) {
	for _, job := range t.facts {
		if job.collection == model.Jobs && !job.dead && t.carried(job) && !site.IsZero() && model.RefOf(job.value(model.JobSite)) == site {
			out = append(out, t.assigned(job)...)
		}
	}
	return out
}

// onTheWay is who is assigned to a job and has said that they travel there, or have started.
func (t *truth) onTheWay(job *fact) []model.UserID {
	var out []model.UserID
	for _, u := range t.assigned(job) {
		for _, f := range t.facts {
			kind := f.value(model.VisitEventKind).Text()
			if f.collection == model.VisitEvents && f.parent() == job.id && f.author == u && (kind == "travel" || kind == "start") {
				out = append(out, u)
			}
		}
	}
	return out
}

// referring is the users a job of whom refers to a customer, a site or an asset.
func (t *truth) referring(id model.RecordID) []model.UserID {
	var out []model.UserID
	for _, f := range t.facts {
		if f.collection != model.Jobs || f.dead || !t.carried(f) {
			continue
		}
		if model.RefOf(f.value(model.JobCustomer)) == id || model.RefOf(f.value(model.JobSite)) == id || model.RefOf(f.value(24)) == id {
			out = append(out, t.assigned(f)...)
		}
	}
	return out
}
