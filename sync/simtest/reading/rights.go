package reading

import (
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// rights is the oracle's own note of what a user may: the levels as switches, and what they mean, written down a second
// time (domain b.1, b.2, b.4, H1 to H3).
type rights struct {
	user    model.UserID
	kind    model.UserKind
	company model.RecordID

	// of a phone
	enabled, create, assign, customers, invoices bool

	// of the office
	jobs, directory, money, pay, equipment, admin bool
}

// sets is the same as the engine is told it.
func (r *rights) sets() access.Sets {
	on := func(yes bool) access.Level {
		if yes {
			return access.On
		}
		return access.Off
	}
	full := func(yes bool, otherwise access.Level) access.Level {
		if yes {
			return access.Full
		}
		return otherwise
	}
	if r.kind != model.Desktop {
		return access.Sets{Mobile: map[access.Permission]access.Level{
			access.MobileEnabled:   on(r.enabled),
			access.MobileCreateJob: on(r.create), access.MobileEditJob: access.Off, access.MobileAssignJobs: on(r.assign),
			access.MobileCustomers: full(r.customers, access.Hidden), access.MobileInvoices: full(r.invoices, access.None),
			access.MobileTimesheets: access.Full,
		}}
	}
	web := map[access.Permission]access.Level{
		access.WebJobs:      full(r.jobs, access.None),
		access.WebSchedule:  full(r.jobs && r.admin, access.None),
		access.WebCustomers: full(r.directory, access.None),
		access.WebInvoices:  full(r.money, access.None), access.WebQuotes: access.None,
		access.WebShifts: access.None, access.WebTimesheets: full(r.pay, access.None),
		access.WebEquipment: full(r.equipment, access.None),
		access.WebAdmin:     full(r.admin, access.None), access.WebUsers: full(r.admin, access.None),
	}
	return access.Sets{Web: web}
}

// audience is an audience by name.
type audience = model.AudienceName

// sight is what a user may see: audiences by name, and a way to ask for classes.
type sight struct {
	audiences map[audience]bool
	classes   map[model.Collection]model.Classes
}

// tiers is how many steps the view of a first sync grows in (DESIGN §5).
const tiers = 3

// tierOf is the step in which an audience comes.
func tierOf(k model.AudienceKind) int {
	switch k {
	case model.AudienceDirectory, model.AudienceInbox:
		return 2
	case model.AudienceOffice, model.AudienceMoney, model.AudiencePay, model.AudienceCompany, model.AudienceCrew,
		model.AudienceEquipment, model.AudienceStaff:
		return 1
	default:
		return 0
	}
}

// sees is what the user may see in a step; the last is everything.
func (r *rights) sees(card model.JobCardRule, tier int) sight {
	s := sight{audiences: map[audience]bool{}, classes: map[model.Collection]model.Classes{}}
	add := func(k model.AudienceKind, of model.RecordID) {
		if tierOf(k) <= tier {
			s.audiences[audience{Kind: k, Of: of}] = true
		}
	}
	self, everybody := model.RecordID(r.user), model.RecordID{}
	if r.kind == model.Desktop {
		add(model.AudienceReference, everybody)
		add(model.AudienceOwn, self)
		var mine []model.AudienceKind
		r.office(func(k model.AudienceKind) {
			add(k, everybody)
			mine = append(mine, k)
		})
		for _, a := range mine {
			for _, b := range mine {
				add(model.AudienceInbox, model.RecordID{byte(a), byte(b)})
			}
		}
		if r.admin {
			add(model.AudienceStaff, everybody)
		}
	} else if r.enabled {
		add(model.AudienceReference, everybody)
		add(model.AudienceOwn, self)
		add(model.AudienceWork, self)
		add(model.AudienceHours, self)
		r.phone(card, func(k model.AudienceKind) { add(k, self) })
		if r.customers {
			add(model.AudienceCustomers, everybody)
		}
		if r.customers && r.create && r.kind == model.Mobile {
			add(model.AudienceDirectory, everybody)
		}
		if r.kind == model.Subcontractor && r.assign && !r.company.IsZero() {
			add(model.AudienceCrew, r.company)
		}
	}
	for c := model.Customers; c <= model.TaskEvents; c++ {
		s.classes[c] = r.classes(card, c)
	}
	return s
}

func (r *rights) office(add func(model.AudienceKind)) {
	if r.jobs {
		add(model.AudienceOffice)
	}
	if r.directory {
		add(model.AudienceDirectory)
		add(model.AudienceCustomers)
	}
	if r.money {
		add(model.AudienceMoney)
	}
	if r.pay {
		add(model.AudiencePay)
	}
	if r.equipment {
		add(model.AudienceEquipment)
	}
}

func (r *rights) phone(card model.JobCardRule, add func(model.AudienceKind)) {
	if r.customers {
		add(model.AudienceRefs)
	}
	if r.kind == model.Mobile {
		add(model.AudiencePeers)
	}
	if r.kind == model.Mobile && r.customers {
		add(model.AudienceTeam)
		add(model.AudienceGear)
	}
	if r.customers || card != model.CardAddressOnTravel {
		add(model.AudienceCards)
	} else {
		add(model.AudienceTravel)
	}
	if r.customers || card == model.CardSiteAndContact || card == model.CardFull {
		add(model.AudienceContacts)
	}
	if r.invoices && r.kind == model.Mobile {
		add(model.AudienceBills)
	}
}

// classes is which classes of fields the user sees in a collection.
func (r *rights) classes(card model.JobCardRule, c model.Collection) model.Classes {
	set := model.ClassesOf(model.ClassStructure, model.ClassCoarse, model.ClassWork)
	add := func(yes bool, class model.Class) {
		if yes {
			set |= model.ClassesOf(class)
		}
	}
	if r.kind == model.Desktop {
		add(true, model.ClassInternal)
		add(true, model.ClassClient)
		add(r.directory, model.ClassCustomer)
		add(r.money, model.ClassPrice)
		add(r.pay, model.ClassPay)
		return set
	}
	if !r.enabled {
		return 0
	}
	add(r.customers || card == model.CardFull && c == model.JobCards, model.ClassCustomer)
	add(r.customers && c <= model.Assets, model.ClassClient)
	bills := c == model.JobCommercials || c == model.Invoices || c == model.Quotes
	add(r.invoices && bills && r.kind == model.Mobile, model.ClassPrice)
	return set
}
