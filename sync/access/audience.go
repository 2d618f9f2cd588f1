package access

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Circle is the people around a record. The caller finds them; nothing here looks anything up.
type Circle struct {
	Assignees    []model.UserID   // who is assigned now to the job the record is or hangs on
	Travelled    []model.UserID   // those of them who have set out for it
	Author       model.UserID     // who made the record in the field; zero when the office did (domain V20)
	Creator      model.UserID     // who made that job in the field; zero when the office did
	Named        model.UserID     // the one user the record is about; zero once it is not theirs any more
	NoteAudience string           // the record's label: internal, field, client; empty: the collection has none
	Crew         []model.RecordID // subcontractor companies that the job is assigned to; of an assignment and a person: theirs
	Companies    []model.RecordID // the client whose job, or whose own record, it is (W21); none of what no client sees yet
	Bearing      bool             // a file that shows who the customer is (domain S11)
	Describes    model.Class      // of a field definition: the class of the field it describes
	Subject      model.Scope      // of a review item: of the record it is about; 0: not known
	Disputed     model.Class      // of a review item: of the field it is about
	Verdict      bool             // a message that tells what became of a review item: whoever reads messages may not see what that is about
	Outside      bool             // phones do not carry that job today; see [InWindow]
	Away         []model.UserID   // of what jobs refer to, and of a colleague on them: whose jobs those are that phones do not carry today
}

// Labels of [Circle.NoteAudience].
const (
	LabelInternal = "internal"
	LabelField    = "field"
	LabelClient   = "client"
)

// scopeKinds is, for every scope, the kinds of audiences that [Audiences] can answer, the office's first.
var scopeKinds = map[model.Scope][]model.AudienceKind{
	model.ScopeOffice:     {model.AudienceOffice},
	model.ScopeJob:        {model.AudienceOffice, model.AudienceWork, model.AudienceRefs, model.AudienceTeam, model.AudienceCrew, model.AudienceCompany},
	model.ScopeCards:      {model.AudienceOffice, model.AudienceCards, model.AudienceTravel, model.AudienceCrew},
	model.ScopeContacts:   {model.AudienceOffice, model.AudienceContacts},
	model.ScopeBills:      {model.AudienceMoney, model.AudienceBills, model.AudienceCompany},
	model.ScopeAssignee:   {model.AudienceOffice, model.AudienceWork, model.AudienceCrew},
	model.ScopeDirectory:  {model.AudienceDirectory, model.AudienceRefs, model.AudienceCompany},
	model.ScopePay:        {model.AudiencePay, model.AudienceHours},
	model.ScopeMoney:      {model.AudienceMoney},
	model.ScopeReference:  {model.AudienceReference},
	model.ScopeOwn:        {model.AudienceOffice, model.AudienceOwn},
	model.ScopeInbox:      {model.AudienceOffice, model.AudienceInbox},
	model.ScopeQuotes:     {model.AudienceQuotes, model.AudienceBills, model.AudienceCompany},
	model.ScopeAssets:     {model.AudienceEquipment, model.AudienceRefs, model.AudienceGear, model.AudienceCompany},
	model.ScopeParts:      {model.AudienceEquipment, model.AudienceOwn},
	model.ScopeStock:      {model.AudienceEquipment},
	model.ScopeRoutes:     {model.AudienceRoutes},
	model.ScopeMessages:   {model.AudienceMessages, model.AudienceOwn},
	model.ScopePeople:     {model.AudienceOffice, model.AudienceStaff, model.AudienceOwn, model.AudiencePeers, model.AudienceCrew},
	model.ScopeDefinition: {model.AudienceReference, model.AudienceCustomers, model.AudienceMoney, model.AudienceOffice, model.AudiencePay},
}

// names collects audiences.
type names []model.AudienceName

func (n *names) add(kind model.AudienceKind, of model.RecordID) {
	*n = append(*n, model.AudienceName{Kind: kind, Of: of})
}

func (n *names) all(kind model.AudienceKind) { n.add(kind, model.RecordID{}) }

func (n *names) user(kind model.AudienceKind, u model.UserID) {
	if !u.IsZero() {
		n.add(kind, model.RecordID(u))
	}
}

func (n *names) users(kind model.AudienceKind, list []model.UserID) {
	for _, u := range list {
		n.user(kind, u)
	}
}

func (n *names) companies(kind model.AudienceKind, list []model.RecordID) {
	for _, c := range list {
		if !c.IsZero() {
			n.add(kind, c)
		}
	}
}

// Audiences is the audiences a record of a collection is in, sorted and without repeats: of the office first of all the
// right that shows such records. Whose jobs refer to a record is counted and not looked up: see [Counted].
func Audiences(spec *model.Spec, c Circle) []model.AudienceName {
	var n names
	if kinds := scopeKinds[spec.Scope]; len(kinds) > 0 && slices.Contains(desks, kinds[0]) && spec.Scope != model.ScopeInbox && !c.Verdict {
		n.all(kinds[0])
	}
	switch spec.Scope {
	case model.ScopeJob:
		n.job(spec, c)
	case model.ScopeCards:
		n.users(model.AudienceCards, c.Assignees)
		n.users(model.AudienceTravel, c.Travelled)
		n.companies(model.AudienceCrew, c.Crew) // who hands out the work says where it is
	case model.ScopeContacts:
		n.users(model.AudienceContacts, c.Assignees)
	case model.ScopeBills, model.ScopeQuotes:
		n.users(model.AudienceBills, c.Assignees)
		n.companies(model.AudienceCompany, c.Companies)
	case model.ScopeAssignee:
		n.user(model.AudienceWork, c.Named)
		n.companies(model.AudienceCrew, c.Crew)
	case model.ScopeDirectory, model.ScopeAssets: // and whose jobs refer to the record, who are counted and not looked up
		n.companies(model.AudienceCompany, c.Companies)
	case model.ScopePay:
		n.own(model.AudienceHours, spec, c)
	case model.ScopeReference:
		n.all(model.AudienceReference)
	case model.ScopeOwn, model.ScopeParts, model.ScopeMessages:
		n.own(model.AudienceOwn, spec, c)
	case model.ScopePeople:
		n.all(model.AudienceStaff)
		n.own(model.AudienceOwn, spec, c)
		n.companies(model.AudienceCrew, c.Crew)
	case model.ScopeDefinition:
		n.all(describes(c.Describes))
	case model.ScopeInbox:
		n = append(n, inbox(deskOf(c.Subject), deskFor(c.Disputed)))
	}
	if c.Outside {
		n = slices.DeleteFunc(n, func(a model.AudienceName) bool { return Windowed(a.Kind) })
	}
	slices.SortFunc(n, func(a, b model.AudienceName) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Of.Compare(b.Of))
	})
	return slices.Compact(n)
}

// job: by the record's label the assigned, their team and the client (domain b.2, rows notes and photos; S10,
// S11). The author who is still assigned keeps reading their own text, whatever its label (domain H5).
func (n *names) job(spec *model.Spec, c Circle) {
	work := model.AudienceWork
	if c.Bearing { // shows who the customer is: not to users with customers Hidden, nor to whoever hands out the work of others
		work = model.AudienceRefs
		if !planted("bearing-to-dispatchers") {
			c.Crew = nil
		}
	}
	switch c.NoteAudience {
	case LabelField:
		n.users(work, c.Assignees)
		n.companies(model.AudienceCrew, c.Crew)
	case LabelClient:
		n.companies(model.AudienceCompany, c.Companies)
	case LabelInternal:
		if !c.Author.IsZero() && spec.No == model.Notes { // said in the field: to the company's own people there
			n.users(model.AudienceTeam, c.Assignees)
		}
	case "":
		if _, labelled := spec.Named("audience"); labelled {
			break // a labelled collection without a label is internal
		}
		n.users(work, c.Assignees)
		n.companies(model.AudienceCrew, c.Crew)
		if spec.No == model.Jobs {
			n.companies(model.AudienceCompany, c.Companies)
		}
	}
	if slices.Contains(c.Assignees, c.Author) || unassigned(spec, c) {
		n.user(model.AudienceWork, c.Author)
	}
}

// unassigned: a job nobody is assigned to stays with the worker who made it, and so do their words on it (H4, H5).
func unassigned(spec *model.Spec, c Circle) bool {
	return len(c.Assignees) == 0 && (spec.No == model.Jobs || c.Author == c.Creator)
}

// own: the user the record is about, and of a fact whoever said it in the field.
func (n *names) own(kind model.AudienceKind, spec *model.Spec, c Circle) {
	n.user(kind, c.Named)
	if spec.Append || c.Named.IsZero() {
		n.user(kind, c.Author)
	}
}

// Counted says whether records of a scope are shown to people whose jobs refer to them, which is counted.
func Counted(s model.Scope) bool {
	return s == model.ScopeDirectory || s == model.ScopeAssets
}

// describes: who sees fields of a class learns that there are such fields, and nobody else.
func describes(class model.Class) model.AudienceKind {
	switch class {
	case model.ClassStructure, model.ClassCoarse, model.ClassWork:
		return model.AudienceReference
	case model.ClassCustomer, model.ClassClient:
		return model.AudienceCustomers
	case model.ClassPrice:
		return model.AudienceMoney
	case model.ClassPay:
		return model.AudiencePay
	default:
		return model.AudienceOffice
	}
}

// desks are the rights of the office that show records, and those of them that show fields of a class. A dispute may need
// two: that of the record it is about and that of the field. Whoever lacks one of them learns neither of the dispute nor
// of what it is about (H1, S8).
var (
	desks = []model.AudienceKind{
		model.AudienceOffice, model.AudienceDirectory, model.AudienceMoney, model.AudiencePay, model.AudienceQuotes,
		model.AudienceEquipment, model.AudienceRoutes, model.AudienceMessages,
	}
	classDesks = []model.AudienceKind{model.AudienceOffice, model.AudienceDirectory, model.AudienceMoney, model.AudiencePay}
)

// inbox is who two rights of the office together are.
func inbox(a, b model.AudienceKind) model.AudienceName {
	if a == model.AudienceOffice && b == model.AudienceOffice {
		return model.AudienceName{Kind: model.AudienceOffice}
	}
	return model.AudienceName{Kind: model.AudienceInbox, Of: model.RecordID{byte(a), byte(b)}}
}

// deskOf is the right of the office that shows records of a scope: the first of its kinds of audiences.
func deskOf(s model.Scope) model.AudienceKind {
	if kinds := scopeKinds[s]; len(kinds) > 0 && slices.Contains(desks, kinds[0]) {
		return kinds[0]
	}
	return model.AudienceOffice // or everybody
}

// Guarded says whether the fields of a class want a right of the office besides that of the record.
func Guarded(class model.Class) bool { return deskFor(class) != model.AudienceOffice }

// deskFor is the right of the office that shows fields of a class.
func deskFor(class model.Class) model.AudienceKind {
	switch kind := describes(class); kind {
	case model.AudienceCustomers:
		return model.AudienceDirectory // who looks up customers: the fields' class is of phones too
	case model.AudienceReference:
		return model.AudienceOffice // everybody
	default:
		return kind
	}
}
