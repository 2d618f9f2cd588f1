package access

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Situation is what a right depends on besides who asks.
type Situation struct {
	Author   bool         // the principal made the record
	Assigned bool         // is assigned to the job it hangs on: now for a claim, when the work was done for a fact (R6)
	Creator  bool         // made that job
	Exists   bool         // the record is there; a field is edited, not given in a creation
	Given    bool         // that job was given to the principal's company
	Target   model.UserID // whom an assignment is for; zero: no matter
	Fellow   bool         // that is somebody of the principal's company

	Addressee bool // it is to the principal, or to the office, of which they are
}

// gates is the web permission that a collection's writing falls under (domain b.2, column Desktop).
var gates = map[model.Collection]Permission{
	model.Customers:            WebCustomers,
	model.Sites:                WebCustomers,
	model.Contacts:             WebCustomers,
	model.Assets:               WebEquipment,
	model.Jobs:                 WebJobs,
	model.JobCards:             WebJobs,
	model.JobContacts:          WebJobs,
	model.JobCommercials:       WebInvoices,
	model.Assignments:          WebSchedule,
	model.Visits:               WebJobs,
	model.VisitEvents:          WebJobs,
	model.Tasks:                WebJobs,
	model.TaskEvents:           WebJobs,
	model.JobOrigins:           WebJobs,
	model.Notes:                WebJobs,
	model.Files:                WebJobs,
	model.FormTemplates:        WebReports,
	model.FormDrafts:           WebJobs,
	model.FormSubmissions:      WebJobs,
	model.TimesheetEvents:      WebTimesheets,
	model.TimesheetCorrections: WebTimesheets,
	model.TimesheetApprovals:   WebTimesheets,
	model.PartsMovements:       WebEquipment,
	model.Stock:                WebEquipment,
	model.Optimizations:        WebOptimization,
	model.Invoices:             WebInvoices,
	model.Quotes:               WebQuotes,
	model.Messages:             WebMessaging,
	model.ReviewItems:          WebJobs,
	model.People:               WebUsers,
	model.OfficeEvents:         WebJobs,
	model.FieldDefinitions:     WebAdmin,
}

// directory is the collections that a worker reaches through customers and create_job (domain b.4, H1).
var directory = []model.Collection{model.Customers, model.Sites, model.Contacts}

// MayCreate says whether the principal may make a record of the collection: it is [Create] without the reason.
func MayCreate(p Principal, spec *model.Spec, s Situation) bool { return Create(p, spec, s).Allow }

// Create says why the principal may make a record of the collection, or may not. Facts do not ask for levels: a
// permission that was taken away makes no fact unhappen (domain R2, row m of (d)).
func Create(p Principal, spec *model.Spec, s Situation) Ground {
	switch p.Kind {
	case model.Desktop:
		return rule(RuleWriter, has(spec.Creates, model.WriterOffice)).and(p.writes(spec, true))
	case model.Mobile, model.Subcontractor:
		return p.creates(spec, s)
	default:
		return rule(RuleKind, false)
	}
}

// writes is the web level that a collection's writing falls under; own: what is written is the principal's own.
func (p Principal) writes(spec *model.Spec, own bool) Ground {
	return p.levelled(gates[spec.No], func(l Level) bool { return l == Full || l == EditOwn && (own || planted("edit-own-edits-all")) })
}

// holds: the job is theirs to do, or they made it.
func (s Situation) holds() Ground { return rule(RuleAssignment, s.Assigned || s.Creator) }

func (p Principal) creates(spec *model.Spec, s Situation) Ground {
	if spec.Nature == model.Fact {
		return p.states(spec, s)
	}
	if g := p.on(MobileEnabled); !g.Allow {
		return g
	}
	switch {
	case spec.No == model.Assignments:
		return p.assigns(s)
	case spec.No == model.TimesheetCorrections:
		return p.full(MobileTimesheets)
	case slices.Contains(directory, spec.No):
		return p.keepsDirectory()
	}
	g := rule(RuleWriter, has(spec.Creates, model.WriterAuthor))
	if has(spec.Creates, model.WriterCreator) {
		g = g.otherwise(p.on(MobileCreateJob))
	}
	if has(spec.Creates, model.WriterAssignee) {
		g = g.otherwise(s.holds())
	}
	if has(spec.Creates, model.WriterEditor) {
		g = g.otherwise(s.holds().and(p.on(MobileEditJob)))
	}
	return g
}

// states: a fact is said by whoever may say such things of themselves, or by who did the work.
func (p Principal) states(spec *model.Spec, s Situation) Ground {
	own := has(spec.Creates, model.WriterAuthor)
	if spec.No == model.PartsMovements && p.Kind == model.Subcontractor {
		own = false // usage on an assigned job alone (domain b.2)
	}
	g := rule(RuleWriter, own)
	if has(spec.Creates, model.WriterAssignee) {
		g = g.otherwise(s.holds())
	}
	return g
}

// assigns: with assign_jobs jobs of one's own or made by oneself, within the allow-list; with create_job a job made
// by oneself, to oneself (domain b.1, b.2, T1). A subcontractor with assign_jobs is their company's dispatcher: they
// assign what was given to it, to its people, and nothing to anybody else (W24, W28).
func (p Principal) assigns(s Situation) Ground {
	if create := p.on(MobileCreateJob); create.Allow && s.Creator && s.Target == p.User {
		return create
	}
	listed := len(p.Sets.Workers) == 0 || s.Target.IsZero() || slices.Contains(p.Sets.Workers, s.Target)
	assign := p.on(MobileAssignJobs)
	if !listed && !planted("assigns-beyond-the-list") { // the list is part of the permission
		assign.Allow = false
	}
	if p.Kind == model.Subcontractor {
		return assign.and(rule(RuleCompany, s.Given)).and(rule(RuleCompany, s.Fellow || s.Target.IsZero()))
	}
	return assign.and(s.holds())
}

// keepsDirectory: customers Full and create_job, and never a subcontractor (domain b.4, W28).
func (p Principal) keepsDirectory() Ground {
	return rule(RuleKind, p.Kind == model.Mobile).and(p.full(MobileCustomers)).and(p.on(MobileCreateJob))
}

// MayEdit says whether the principal may give the field a value: it is [Edit] without the reason.
func MayEdit(p Principal, spec *model.Spec, f *model.Field, s Situation) bool {
	return Edit(p, spec, f, s).Allow
}

// Edit says why the principal may give the field a value, or may not: in a creation that [Create] allows, or in a record
// that exists.
func Edit(p Principal, spec *model.Spec, f *model.Field, s Situation) Ground {
	if f.No == model.FieldParent { // given once, with the record
		return rule(RuleWriter, !s.Exists).and(Create(p, spec, s))
	}
	if f.Policy == model.PolicyServer || f.Policy == model.PolicyState || s.Exists && stated(f) {
		return rule(RuleWriter, false) // the server's, or what a fact said
	}
	if !s.Exists {
		s.Author = true
	}
	if f.Writers == model.WriterAddressee { // that they read it asks for no level: whom it is shown can have
		return rule(RuleOwner, s.Addressee)
	}
	switch p.Kind {
	case model.Desktop:
		return p.writes(spec, s.Author).and(officeGives(f, s))
	case model.Mobile, model.Subcontractor:
		if s.Exists {
			return p.edits(spec, f, s)
		}
		return Create(p, spec, s).and(p.edits(spec, f, s))
	default:
		return rule(RuleKind, false)
	}
}

// stated: what a fact says is given with it; a movement that is wrong is put right by another one (domain (c)).
func stated(f *model.Field) bool {
	return f.Policy == model.PolicyAppend || f.Policy == model.PolicyDelta && !planted("movements-edited")
}

// officeGives: a field that is the office's, or the author's own words.
func officeGives(f *model.Field, s Situation) Ground {
	g := rule(RuleWriter, has(f.Writers, model.WriterOffice))
	if has(f.Writers, model.WriterAuthor) {
		g = g.otherwise(rule(RuleOwner, s.Author))
	}
	return g
}

func (p Principal) edits(spec *model.Spec, f *model.Field, s Situation) Ground {
	if g := p.on(MobileEnabled); spec.Nature != model.Fact && !g.Allow {
		return g
	}
	if slices.Contains(directory, spec.No) {
		return rule(RuleWriter, has(f.Writers, model.WriterCreator)).and(p.keepsDirectory())
	}
	g := rule(RuleWriter, false)
	if has(f.Writers, model.WriterAuthor) {
		g = rule(RuleOwner, s.Author)
	}
	if has(f.Writers, model.WriterCreator) {
		g = g.otherwise(p.ofOwnMaking(spec, s))
	}
	if has(f.Writers, model.WriterAssignee) {
		g = g.otherwise(rule(RuleWriter, !s.Exists)).otherwise(s.holds())
	}
	if has(f.Writers, model.WriterEditor) {
		g = g.otherwise(s.holds().and(p.on(MobileEditJob)))
	}
	return g
}

// ofOwnMaking: what belongs to a job of their own making, and their answer to an assignment of it.
func (p Principal) ofOwnMaking(spec *model.Spec, s Situation) Ground {
	if g := rule(RuleOwner, s.Creator || !s.Exists); !g.Allow || spec.No == model.Assignments {
		return g
	}
	return p.on(MobileCreateJob)
}

// MayDelete says whether the principal may delete the record: it is [Delete] without the reason.
func MayDelete(p Principal, spec *model.Spec, s Situation) bool { return Delete(p, spec, s).Allow }

// Delete says why the principal may delete the record, or may not. Jobs are deleted by an admin alone (domain T16); what
// other people said happened is deleted by nobody in the field.
func Delete(p Principal, spec *model.Spec, s Situation) Ground {
	switch p.Kind {
	case model.Desktop:
		g := rule(RuleWriter, has(spec.Deletes, model.WriterOffice))
		if spec.No == model.Jobs {
			g = g.and(p.full(WebAdmin))
		}
		return g.and(p.writes(spec, s.Author))
	case model.Mobile, model.Subcontractor:
		return rule(RuleWriter, has(spec.Deletes, model.WriterAuthor)).and(p.on(MobileEnabled)).and(rule(RuleOwner, s.Author))
	default:
		return rule(RuleKind, false)
	}
}

func has(w, one model.Writers) bool { return w&one != 0 }

// SeesHours says whether the principal sees everybody's hours (domain b.2, row timesheets).
func SeesHours(p Principal) Ground { return p.reads(WebTimesheets).or(p.reads(WebShifts)) }

// DecidesHeld says whether the principal may let held work in, and decide against it.
func DecidesHeld(p Principal) Ground {
	return rule(RuleKind, p.Kind == model.Desktop).and(p.full(WebJobs))
}

// KeepsHours says whether the principal may approve, correct and export everybody's hours.
func KeepsHours(p Principal) Ground {
	return rule(RuleKind, p.Kind == model.Desktop).and(p.full(WebTimesheets))
}
