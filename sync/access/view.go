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
	Company  model.RecordID   // of a portal user or a subcontractor; zero: linked to none
	Linked   []model.RecordID // of a portal user: the clients that the office has linked to their company (domain W21)
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

// NewView is what a principal may see: what their [Rights] give. number gives an audience its number; one that has none
// yet has no records either and is left out. A mobile user who is switched off sees nothing, which is known and no error
// (domain V1).
func NewView(p Principal, number func(model.AudienceName) (model.Audience, bool)) (model.View, error) {
	r, err := NewRights(p)
	if err != nil {
		return model.View{}, err
	}
	return r.View(number), nil
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

// Reaches says whether an audience of a kind can have records of a collection.
func Reaches(kind model.AudienceKind, c model.Collection) bool {
	return slices.Contains(reachable[c], kind)
}

// Rights are what a principal is given to see and what not, line by line, each on its ground. A [model.View] is made of
// them, and what is told of a view is read from them: there is no second list of rules.
type Rights struct {
	who   Principal
	lines []line
}

// line gives, or does not give, an audience, or classes.
type line struct {
	audience model.AudienceName
	classes  model.Classes    // none: the line is of the audience
	in       model.Collection // of classes: where they are seen; 0: in every collection
	ground   Ground
}

// NewRights works out what a principal is given. Errors are those of a view.
func NewRights(p Principal) (*Rights, error) {
	r := &Rights{who: p, lines: make([]line, 0, 64)}
	switch {
	case p.User.IsZero():
		return nil, ErrRights
	case p.Kind == model.Desktop && p.Sets.Web != nil:
		r.desktop()
	case p.Kind == model.Mobile && p.Sets.Mobile != nil, p.Kind == model.Subcontractor && p.Sets.Mobile != nil:
		r.mobile()
	case p.Kind == model.Portal && p.Company.IsZero():
		return nil, ErrUnlinked
	case p.Kind == model.Portal:
		r.portal()
	default:
		return nil, ErrRights
	}
	return r, nil
}

func (r *Rights) in(kind model.AudienceKind, of model.RecordID, g Ground) {
	r.lines = append(r.lines, line{audience: model.AudienceName{Kind: kind, Of: of}, ground: g})
}

func (r *Rights) sees(c model.Collection, g Ground, classes ...model.Class) {
	r.lines = append(r.lines, line{classes: model.ClassesOf(classes...), in: c, ground: g})
}

// View is what is given, as a view.
func (r *Rights) View(number func(model.AudienceName) (model.Audience, bool)) model.View {
	v := model.View{}
	var classes model.Classes
	for _, l := range r.lines {
		switch {
		case !l.ground.Allow:
		case l.classes == 0:
			if a, ok := number(l.audience); ok {
				v.Audiences = append(v.Audiences, a)
			}
		case l.in == 0:
			classes |= l.classes
		}
	}
	slices.Sort(v.Audiences)
	v.Audiences = slices.Compact(v.Audiences)
	for c := range reachable {
		if r.Collection(c).Allow {
			v.Classes[c] = classes | model.ClassesOf(model.ClassStructure)
		}
	}
	for _, l := range r.lines {
		if l.ground.Allow && l.in != 0 && v.Classes[l.in] != 0 {
			v.Classes[l.in] |= l.classes
		}
	}
	return v
}

// desktop is the office (domain b.2, column Desktop). Read-only sees what Full sees (domain V4).
func (r *Rights) desktop() {
	p, self, given := r.who, model.RecordID(r.who.User), rule(RuleKind, true)
	r.sees(0, given, model.ClassCoarse, model.ClassWork, model.ClassInternal, model.ClassClient)
	r.in(model.AudienceReference, model.RecordID{}, given)
	r.in(model.AudienceOwn, self, given)
	r.in(model.AudienceOffice, model.RecordID{}, p.reads(WebJobs).or(p.reads(WebSchedule)))
	for _, one := range []struct {
		kind model.AudienceKind
		by   Permission
	}{
		{model.AudienceEquipment, WebEquipment},
		{model.AudienceRoutes, WebOptimization},
		{model.AudienceMessages, WebMessaging},
		{model.AudienceStaff, WebUsers},
	} {
		r.in(one.kind, model.RecordID{}, p.reads(one.by))
	}
	customers := p.reads(WebCustomers)
	r.in(model.AudienceDirectory, model.RecordID{}, customers)
	r.in(model.AudienceCustomers, model.RecordID{}, customers)
	r.sees(0, customers, model.ClassCustomer)
	money, quotes := p.reads(WebInvoices), p.reads(WebQuotes)
	r.in(model.AudienceMoney, model.RecordID{}, money)
	r.sees(0, money, model.ClassPrice)
	r.in(model.AudienceQuotes, model.RecordID{}, quotes)
	r.sees(model.Quotes, quotes, model.ClassPrice)
	pay := p.reads(WebTimesheets).or(p.reads(WebShifts))
	r.in(model.AudiencePay, model.RecordID{}, pay)
	r.sees(0, pay, model.ClassPay)
	for _, a := range desks { // inboxes: those that what they see entitles them to
		for _, b := range classDesks {
			if name := inbox(a, b); name.Kind == model.AudienceInbox {
				both := r.Audience(model.AudienceName{Kind: a}).and(r.Audience(model.AudienceName{Kind: b}))
				r.in(name.Kind, name.Of, both)
			}
		}
	}
}

// mobile is an engineer or a subcontractor (domain b.2, b.4). A subcontractor has no directory at any level (W28).
func (r *Rights) mobile() {
	p, self := r.who, model.RecordID(r.who.User)
	enabled := p.on(MobileEnabled)
	given := enabled.and(rule(RuleKind, true))
	r.sees(0, given, model.ClassCoarse, model.ClassWork)
	r.in(model.AudienceReference, model.RecordID{}, given)
	r.in(model.AudienceOwn, self, given)
	r.in(model.AudienceWork, self, given)
	r.in(model.AudienceHours, self, enabled.and(p.hours()))
	own := given.and(rule(RuleKind, p.Kind == model.Mobile)) // what only the company's own people are given
	r.in(model.AudiencePeers, self, own)
	if p.Kind == model.Subcontractor && !p.Company.IsZero() {
		r.in(model.AudienceCrew, p.Company, enabled.and(p.on(MobileAssignJobs))) // who hands out the company's work (domain W24)
	}
	customers := enabled.and(p.reads(MobileCustomers))
	r.sees(0, customers, model.ClassCustomer)
	r.in(model.AudienceCustomers, model.RecordID{}, customers)
	for _, c := range clients {
		r.sees(c, customers, model.ClassClient)
	}
	r.in(model.AudienceRefs, self, customers)
	staff := customers.and(own)
	if planted("hidden-forgotten") {
		staff = own
	}
	r.in(model.AudienceTeam, self, staff) // under Hidden what was labelled for the field, and no more (domain S10)
	r.in(model.AudienceGear, self, staff)
	r.in(model.AudienceDirectory, model.RecordID{}, staff.and(p.on(MobileCreateJob))) // domain H1
	r.cards(enabled, customers)
	bills := own.and(p.reads(MobileInvoices))
	r.in(model.AudienceBills, self, bills)
	for _, c := range []model.Collection{model.JobCommercials, model.Invoices, model.Quotes} {
		r.sees(c, bills, model.ClassPrice)
	}
}

// portal is a client (domain b.2, column Client portal): what belongs to their company and to those linked to it, and
// nothing that the office or the field say among themselves.
func (r *Rights) portal() {
	p, given := r.who, rule(RuleKind, true)
	r.sees(0, given, model.ClassCoarse)
	for _, c := range clients {
		r.sees(c, given, model.ClassClient)
	}
	for _, c := range []model.Collection{model.Invoices, model.Quotes} {
		r.sees(c, given, model.ClassPrice) // of those that the office shares
	}
	names := Ground{Allow: p.Settings.PortalNames, Rule: RuleSetting, Setting: "portal_engineers", State: onOff(p.Settings.PortalNames)}
	r.sees(model.Jobs, names, model.ClassClient)
	r.in(model.AudienceCompany, p.Company, rule(RuleCompany, true))
	for _, c := range p.Linked {
		r.in(model.AudienceCompany, c, rule(RuleCompany, true))
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// clients is the collections that a client's own data stands in.
var clients = []model.Collection{model.Customers, model.Sites, model.Contacts, model.Assets}

// hours is whether somebody sees their own hours on their phone.
func (p Principal) hours() Ground {
	if planted("hours-at-every-level") {
		return rule(RuleKind, true)
	}
	return p.reads(MobileTimesheets)
}

// cards is what is seen of the site of an assigned job: all of it with customers, and under Hidden what the setting
// leaves (domain H2, H3), whether or not the user may create jobs. Anything but a level that reads counts as Hidden, so
// that a missing one reveals nothing. Under "address on travel" a user sees what "site only" shows, of the jobs that
// they have set out for. The full card is what the vendor probably shows (domain A1); still no directory, no customer
// record, and no reference that ties two jobs together.
func (r *Rights) cards(enabled, customers Ground) {
	p, self := r.who, model.RecordID(r.who.User)
	under := func(rules ...model.JobCardRule) Ground {
		return enabled.and(p.card(slices.Contains(rules, p.Settings.HiddenJobCard)))
	}
	travel := under(model.CardAddressOnTravel)
	r.in(model.AudienceCards, self, customers.otherwise(enabled.and(travel.not())))
	r.in(model.AudienceContacts, self, customers.otherwise(under(model.CardSiteAndContact, model.CardFull)))
	hidden := enabled.and(customers.not())
	r.in(model.AudienceTravel, self, hidden.and(travel))
	r.sees(model.JobCards, hidden.and(under(model.CardFull)), model.ClassCustomer)
}
