package access

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Permission is one line of the catalogue of domain b.1. The number stands on disk and is never changed.
type Permission uint8

// The permissions of the mobile set.
const (
	MobileEnabled    Permission = 1 // may sign in on a phone and do the jobs assigned to them
	MobileCreateJob  Permission = 2
	MobileEditJob    Permission = 3
	MobileAssignJobs Permission = 4 // within Sets.Workers, and only jobs assigned to them or made by them
	MobileCustomers  Permission = 5
	MobileInvoices   Permission = 6
	MobileTimesheets Permission = 7
)

// firstWeb divides the numbers: those of the mobile set are below it.
const firstWeb = WebJobs

// The permissions of the web set.
const (
	WebJobs         Permission = 32
	WebSchedule     Permission = 33
	WebCustomers    Permission = 34
	WebEquipment    Permission = 35
	WebQuotes       Permission = 36
	WebReports      Permission = 37
	WebAlerts       Permission = 38
	WebMessaging    Permission = 39
	WebMap          Permission = 40
	WebShifts       Permission = 41
	WebOptimization Permission = 42
	WebUsers        Permission = 43
	WebAdmin        Permission = 44
	WebInvoices     Permission = 45
	WebTimesheets   Permission = 46
)

// Level is what a permission is set to. The number stands on disk and is never changed. The zero Level is absent: the
// permission belongs to a feature that is switched off, which is not None (domain V7).
type Level uint8

// The levels. Off and On are those of a checkbox; the rest are those of a drop-down (domain V2–V9).
const (
	Absent   Level = 0
	None     Level = 1 // not available at all
	ReadOnly Level = 2
	Full     Level = 3
	EditOwn  Level = 4 // of optimization alone (domain V6)
	Hidden   Level = 5 // of mobile customers alone, in the place of None (domain V8, V9)
	Off      Level = 6
	On       Level = 7
)

var levelNames = [...]string{"absent", "none", "read-only", "full", "edit-own", "hidden", "off", "on"}

// String is the level's name.
func (l Level) String() string {
	if int(l) >= len(levelNames) {
		return ""
	}
	return levelNames[l]
}

// Reads says whether the level shows what the permission covers.
func (l Level) Reads() bool { return l == ReadOnly || l == Full || l == EditOwn }

// Entry is one permission of the catalogue.
type Entry struct {
	Permission Permission
	Set        Set
	Name       string
	Control    Control
	Values     []Level       // what it may be set to, the least first
	Default    Level         // what it starts with, where no role or kind says otherwise
	Feature    model.Feature // it is absent where this feature is switched off, and capped with it; FeatureNone: of no feature
	Source     string
}

// Control is how a permission is set (domain V2).
type Control uint8

// The controls.
const (
	Checkbox Control = iota + 1 // Off or On
	DropDown                    // one of several levels
)

// String is the control's name.
func (c Control) String() string {
	if c == Checkbox {
		return "checkbox"
	}
	return "level"
}

// Set tells the two permission sets of a user apart (domain V1).
type Set uint8

// The sets.
const (
	Mobile Set = iota + 1
	Web
)

// String is the set's name.
func (s Set) String() string {
	if s == Mobile {
		return "mobile"
	}
	return "web"
}

var (
	checkbox  = []Level{Off, On}
	levels    = []Level{None, ReadOnly, Full}
	customers = []Level{Hidden, ReadOnly, Full}
	owned     = []Level{None, ReadOnly, EditOwn, Full}
	whole     = []Level{None, Full}
)

// catalogue is domain b.1, the mobile set first. Forms, notes, photos and signatures have no line: they follow enabled and
// the assignment, and are not set.
var catalogue = []Entry{
	{MobileEnabled, Mobile, "enabled", Checkbox, checkbox, On, model.FeatureNone, "b.1, W10"},
	{MobileCreateJob, Mobile, "create_job", Checkbox, checkbox, Off, model.FeatureNone, "b.1, V10"},
	{MobileEditJob, Mobile, "edit_job", Checkbox, checkbox, Off, model.FeatureNone, "b.1"},
	{MobileAssignJobs, Mobile, "assign_jobs", Checkbox, checkbox, Off, model.FeatureNone, "b.1"},
	{MobileCustomers, Mobile, "customers", DropDown, customers, Full, model.FeatureNone, "b.1, V8, V9"},
	{MobileInvoices, Mobile, "invoices", DropDown, levels, None, model.FeatureInvoices, "b.1"},
	{MobileTimesheets, Mobile, "timesheets", DropDown, levels, Full, model.FeatureNone, "b.1, A14"},
	{WebJobs, Web, "jobs", DropDown, levels, None, model.FeatureNone, "b.1, W5"},
	{WebSchedule, Web, "schedule", DropDown, levels, None, model.FeatureNone, "b.1, W6"},
	{WebCustomers, Web, "customers", DropDown, levels, None, model.FeatureNone, "b.1, W7"},
	{WebEquipment, Web, "equipment", DropDown, levels, None, model.FeatureNone, "b.1"},
	{WebQuotes, Web, "quotes", DropDown, levels, None, model.FeatureNone, "b.1"},
	{WebReports, Web, "reports", DropDown, levels, None, model.FeatureNone, "b.1, W8"},
	{WebAlerts, Web, "alerts", DropDown, levels, None, model.FeatureNone, "b.1"},
	{WebMessaging, Web, "messaging", DropDown, levels, None, model.FeatureNone, "b.1"},
	{WebMap, Web, "map", DropDown, levels, None, model.FeatureNone, "b.1"},
	{WebShifts, Web, "shifts", DropDown, levels, None, model.FeatureNone, "b.1"},
	{WebOptimization, Web, "optimization", DropDown, owned, None, model.FeatureOptimization, "b.1, V6, V7"},
	{WebUsers, Web, "users", DropDown, levels, None, model.FeatureNone, "b.1, W35"},
	{WebAdmin, Web, "admin", DropDown, whole, None, model.FeatureNone, "b.1, W9"},
	{WebInvoices, Web, "invoices", DropDown, levels, None, model.FeatureInvoices, "b.2 invoices"},
	{WebTimesheets, Web, "timesheets", DropDown, levels, None, model.FeatureNone, "b.2 timesheets"},
}

// Catalogue is every permission there is, the mobile set first. The caller must not change it.
func Catalogue() []Entry { return catalogue }

// Lookup finds a permission by its set and name.
func Lookup(set Set, name string) (Entry, bool) {
	for _, e := range catalogue {
		if e.Set == set && e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// String is the permission's set and name.
func (p Permission) String() string {
	e, ok := p.Entry()
	if !ok {
		return ""
	}
	return e.Set.String() + "." + e.Name
}

// Entry is the permission's line of the catalogue; ok is false when it has none.
func (p Permission) Entry() (e Entry, ok bool) {
	i := slices.IndexFunc(catalogue, func(e Entry) bool { return e.Permission == p })
	if i < 0 {
		return e, false
	}
	return catalogue[i], true
}

// fits says whether the permission is of this set and may have this level.
func (p Permission) fits(set Set, l Level) bool {
	e, ok := p.Entry()
	return ok && e.Set == set && slices.Contains(e.Values, l)
}

// ParseSet is the inverse of [Set.String]; ok is false for any other text.
func ParseSet(text string) (set Set, ok bool) {
	for _, s := range []Set{Mobile, Web} {
		if s.String() == text {
			return s, true
		}
	}
	return 0, false
}

// Role is a template of rights for the office (domain W4).
type Role string

// The roles.
const (
	Admin   Role = "admin"
	Planner Role = "planner"
	Manager Role = "manager"
	Support Role = "support"
)

// DefaultSets is what a new user of a kind starts with: of the office, a planner.
func DefaultSets(kind model.UserKind) Sets {
	switch kind {
	case model.Desktop:
		return RoleSets(Planner)
	case model.Mobile:
		return Sets{Mobile: defaults(Mobile)}
	case model.Subcontractor:
		// The vendor's default is Full; who is not of the company starts Hidden (domain b.1, W27: payroll off).
		set := defaults(Mobile)
		set[MobileCustomers], set[MobileTimesheets] = Hidden, None
		return Sets{Mobile: set}
	default:
		return Sets{}
	}
}

// defaults is a whole set as the catalogue starts it.
func defaults(set Set) map[Permission]Level {
	out := map[Permission]Level{}
	for _, e := range catalogue {
		if e.Set == set {
			out[e.Permission] = e.Default
		}
	}
	return out
}

// RoleSets is what an office role starts with; an unknown role sees and does nothing.
func RoleSets(role Role) Sets {
	base, admin, users := None, None, None
	switch role {
	case Admin:
		base, admin, users = Full, Full, Full
	case Manager:
		base, users = Full, Full
	case Planner:
		base = Full
	case Support:
		base = ReadOnly
	}
	web := defaults(Web)
	for p := range web {
		web[p] = base
	}
	web[WebAdmin], web[WebUsers] = admin, users
	if role == Planner || role == Support {
		web[WebOptimization] = None // the default of b.1
	}
	return Sets{Web: web}
}
