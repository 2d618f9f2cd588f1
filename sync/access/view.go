package access

import (
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Principal is whoever a session speaks for.
type Principal struct {
	User     model.UserID
	Kind     model.UserKind
	Company  model.RecordID // of a portal user or a subcontractor; zero: linked to none
	Sets     Sets
	Settings model.Settings
}

// Errors of a view. Both mean: serve nothing, retract nothing.
var (
	// ErrRights says that who the user is or what they may do is not known.
	ErrRights = errors.New("the user's rights are unknown")
	// ErrUnlinked says that a portal user is not linked to a company yet (domain W31).
	ErrUnlinked = errors.New("the portal account is not linked to a company")
)

// NewView is what a principal may see. number gives an audience its number; one that has none yet has no records
// either and is left out. A mobile user who is switched off sees nothing, which is known and no error (domain V1).
func NewView(p Principal, number func(model.AudienceName) (model.Audience, bool)) (model.View, error) {
	g, err := grant(p)
	if err != nil {
		return model.View{}, err
	}
	v := model.View{Classes: map[model.Collection]model.Classes{}}
	kinds := map[model.AudienceKind]bool{}
	for _, name := range g.audiences {
		kinds[name.Kind] = true
		if a, ok := number(name); ok {
			v.Audiences = append(v.Audiences, a)
		}
	}
	slices.Sort(v.Audiences)
	v.Audiences = slices.Compact(v.Audiences)
	for c, reach := range reachable {
		for _, k := range reach {
			if kinds[k] {
				v.Classes[c] = g.classes | g.extra[c] | model.ClassesOf(model.ClassStructure)
				break
			}
		}
	}
	return v, nil
}

// reachable is, for every collection, the kinds of audiences its records can be in. A collection that none of a
// view's audiences reaches is not in the view at all, as if it did not exist (domain W2, H1).
var reachable = func() map[model.Collection][]model.AudienceKind {
	out := map[model.Collection][]model.AudienceKind{}
	for _, s := range model.Builtin() {
		out[s.No] = scopeKinds[s.Scope]
	}
	return out
}()

// granted is a view before audiences have numbers.
type granted struct {
	audiences []model.AudienceName
	classes   model.Classes                      // seen in every collection
	extra     map[model.Collection]model.Classes // seen in one collection besides
}

func (g *granted) in(kind model.AudienceKind, of model.RecordID) {
	g.audiences = append(g.audiences, model.AudienceName{Kind: kind, Of: of})
}

func grant(p Principal) (granted, error) {
	switch {
	case p.User.IsZero():
		return granted{}, ErrRights
	case p.Kind == model.Desktop && p.Sets.Web != nil:
		return desktop(p), nil
	case p.Kind == model.Mobile && p.Sets.Mobile != nil, p.Kind == model.Subcontractor && p.Sets.Mobile != nil:
		return mobile(p), nil
	case p.Kind == model.Portal && p.Company.IsZero():
		return granted{}, ErrUnlinked
	case p.Kind == model.Portal:
		g := granted{classes: model.ClassesOf(model.ClassCoarse)}
		g.in(model.AudienceCompany, p.Company)
		return g, nil
	default:
		return granted{}, ErrRights
	}
}

// desktop is the office (domain b.2, column Desktop). Read-only sees what Full sees (domain V4).
func desktop(p Principal) granted {
	web, self := p.Sets.Web, model.RecordID(p.User)
	g := granted{classes: model.ClassesOf(model.ClassCoarse, model.ClassWork, model.ClassInternal)}
	g.in(model.AudienceReference, model.RecordID{})
	g.in(model.AudienceOwn, self)
	if web[WebJobs].Reads() || web[WebSchedule].Reads() {
		g.in(model.AudienceOffice, model.RecordID{})
	}
	if web[WebCustomers].Reads() {
		g.in(model.AudienceDirectory, model.RecordID{})
		g.in(model.AudienceCustomers, model.RecordID{})
		g.classes |= model.ClassesOf(model.ClassCustomer)
	}
	if web[WebInvoices].Reads() || web[WebQuotes].Reads() {
		g.in(model.AudienceMoney, model.RecordID{})
		g.classes |= model.ClassesOf(model.ClassPrice)
	}
	if web[WebShifts].Reads() || web[WebTimesheets].Reads() {
		g.in(model.AudiencePay, model.RecordID{})
		g.classes |= model.ClassesOf(model.ClassPay)
	}
	return g
}

// mobile is an engineer or a subcontractor (domain b.2, b.4). A subcontractor has no directory at any level (W28).
func mobile(p Principal) granted {
	set, self := p.Sets.Mobile, model.RecordID(p.User)
	g := granted{classes: model.ClassesOf(model.ClassCoarse, model.ClassWork), extra: map[model.Collection]model.Classes{}}
	if set[MobileEnabled] != On {
		return granted{}
	}
	g.in(model.AudienceReference, model.RecordID{})
	g.in(model.AudienceOwn, self)
	g.in(model.AudienceWork, self)
	if p.Kind == model.Subcontractor && !p.Company.IsZero() && set[MobileAssignJobs] == On {
		g.in(model.AudienceCrew, p.Company) // who hands out the company's work (domain W24)
	}
	if set[MobileCustomers].Reads() {
		g.classes |= model.ClassesOf(model.ClassCustomer)
		g.in(model.AudienceCustomers, model.RecordID{})
		g.in(model.AudienceRefs, self)
		g.in(model.AudienceContacts, self)
		g.in(model.AudienceCards, self)
		if set[MobileCreateJob] == On && p.Kind == model.Mobile {
			g.in(model.AudienceDirectory, model.RecordID{}) // domain H1
		}
	} else {
		hidden(p, &g)
	}
	if set[MobileInvoices].Reads() {
		g.in(model.AudienceBills, self)
		price := model.ClassesOf(model.ClassPrice)
		g.extra[model.JobCommercials] |= price
		g.extra[model.Invoices] |= price
		g.extra[model.Quotes] |= price
	}
	return g
}

// hidden is what customers Hidden leaves of the site of an assigned job (domain H2, H3), whether or not the user may
// create jobs. Anything but a level that reads counts as Hidden, so that a missing one reveals nothing. Under "address
// on travel" a user sees what "site only" shows, of the jobs that they have set out for.
func hidden(p Principal, g *granted) {
	self := model.RecordID(p.User)
	if p.Settings.HiddenJobCard == model.CardAddressOnTravel {
		g.in(model.AudienceTravel, self)
		return
	}
	g.in(model.AudienceCards, self)
	switch p.Settings.HiddenJobCard {
	case model.CardSiteAndContact:
		g.in(model.AudienceContacts, self)
	case model.CardFull:
		// The whole card of an assigned job, as the vendor probably does (domain A1); still no directory, no
		// customer record, and no reference that ties two jobs together.
		g.in(model.AudienceContacts, self)
		g.extra[model.JobCards] |= model.ClassesOf(model.ClassCustomer)
	}
}
