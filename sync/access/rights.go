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
	Target   model.UserID // whom an assignment is for; zero: no matter
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

// MayCreate says whether the principal may make a record of the collection. Facts do not ask for levels: a permission
// that was taken away makes no fact unhappen (domain R2, row m of (d)).
func MayCreate(p Principal, spec *model.Spec, s Situation) bool {
	switch p.Kind {
	case model.Desktop:
		l := p.Sets.Web[gates[spec.No]]
		return has(spec.Creates, model.WriterOffice) && (l == Full || l == EditOwn)
	case model.Mobile, model.Subcontractor:
		return mobileCreates(p, spec, s)
	default:
		return false
	}
}

func mobileCreates(p Principal, spec *model.Spec, s Situation) bool {
	holder := s.Assigned || s.Creator
	if spec.Nature == model.Fact {
		own := has(spec.Creates, model.WriterAuthor)
		if spec.No == model.PartsMovements && p.Kind == model.Subcontractor {
			own = false // usage on an assigned job alone (domain b.2)
		}
		return own || has(spec.Creates, model.WriterAssignee) && holder
	}
	set := p.Sets.Mobile
	switch {
	case set[MobileEnabled] != On:
		return false
	case spec.No == model.Assignments:
		return mayAssign(p, s)
	case spec.No == model.TimesheetCorrections:
		return set[MobileTimesheets] == Full
	case slices.Contains(directory, spec.No):
		return mayKeepDirectory(p)
	case has(spec.Creates, model.WriterCreator) && set[MobileCreateJob] == On,
		has(spec.Creates, model.WriterAssignee) && holder,
		has(spec.Creates, model.WriterEditor) && holder && set[MobileEditJob] == On,
		has(spec.Creates, model.WriterAuthor):
		return true
	default:
		return false
	}
}

// mayAssign: with assign_jobs jobs of one's own or made by oneself, within the allow-list; with create_job a job made
// by oneself, to oneself (domain b.1, b.2, T1).
func mayAssign(p Principal, s Situation) bool {
	set := p.Sets.Mobile
	if set[MobileCreateJob] == On && s.Creator && s.Target == p.User {
		return true
	}
	listed := len(p.Sets.Workers) == 0 || s.Target.IsZero() || slices.Contains(p.Sets.Workers, s.Target)
	return set[MobileAssignJobs] == On && (s.Assigned || s.Creator) && listed
}

// mayKeepDirectory: customers Full and create_job, and never a subcontractor (domain b.4, W28).
func mayKeepDirectory(p Principal) bool {
	set := p.Sets.Mobile
	return p.Kind == model.Mobile && set[MobileCustomers] == Full && set[MobileCreateJob] == On
}

// MayEdit says whether the principal may give the field a value: in a creation that [MayCreate] allows, or in a record
// that exists.
func MayEdit(p Principal, spec *model.Spec, f *model.Field, s Situation) bool {
	if f.No == model.FieldParent {
		return !s.Exists && MayCreate(p, spec, s) // given once, with the record
	}
	if f.Policy == model.PolicyServer || f.Policy == model.PolicyState || s.Exists && f.Policy == model.PolicyAppend {
		return false // the server's, or what a fact said
	}
	if !s.Exists {
		s.Author = true
	}
	switch p.Kind {
	case model.Desktop:
		l := p.Sets.Web[gates[spec.No]]
		return (l == Full || l == EditOwn && s.Author) && (has(f.Writers, model.WriterOffice) || has(f.Writers, model.WriterAuthor) && s.Author)
	case model.Mobile, model.Subcontractor:
		if !s.Exists && !MayCreate(p, spec, s) {
			return false
		}
		return mobileEdits(p, spec, f, s)
	default:
		return false
	}
}

func mobileEdits(p Principal, spec *model.Spec, f *model.Field, s Situation) bool {
	set := p.Sets.Mobile
	if spec.Nature != model.Fact && set[MobileEnabled] != On {
		return false
	}
	if slices.Contains(directory, spec.No) {
		return has(f.Writers, model.WriterCreator) && mayKeepDirectory(p)
	}
	holder := s.Assigned || s.Creator
	switch {
	case has(f.Writers, model.WriterAuthor) && s.Author,
		has(f.Writers, model.WriterAssignee) && (holder || !s.Exists),
		has(f.Writers, model.WriterEditor) && holder && set[MobileEditJob] == On,
		has(f.Writers, model.WriterCreator) && (s.Creator || !s.Exists) && (set[MobileCreateJob] == On || spec.No == model.Assignments):
		return true
	default:
		return false
	}
}

// MayDelete says whether the principal may delete the record. Jobs are deleted by an admin alone (domain T16); what
// other people said happened is deleted by nobody in the field.
func MayDelete(p Principal, spec *model.Spec, s Situation) bool {
	switch p.Kind {
	case model.Desktop:
		l := p.Sets.Web[gates[spec.No]]
		if spec.No == model.Jobs && p.Sets.Web[WebAdmin] != Full {
			return false
		}
		return has(spec.Deletes, model.WriterOffice) && (l == Full || l == EditOwn && s.Author)
	case model.Mobile, model.Subcontractor:
		return p.Sets.Mobile[MobileEnabled] == On && has(spec.Deletes, model.WriterAuthor) && s.Author
	default:
		return false
	}
}

func has(w, one model.Writers) bool { return w&one != 0 }
