package access_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

func user(n byte) (id model.UserID) {
	id[0] = n
	return id
}

func company(n byte) (id model.RecordID) {
	id[0] = n
	return id
}

// numbering gives every audience a number at first sight, and remembers its name.
type numbering map[model.AudienceName]model.Audience

func (n numbering) number(name model.AudienceName) (model.Audience, bool) {
	if n[name] == 0 {
		n[name] = model.Audience(len(n) + 1)
	}
	return n[name], true
}

func (n numbering) has(v model.View, kind model.AudienceKind, of model.RecordID) bool {
	a, ok := n[model.AudienceName{Kind: kind, Of: of}]
	return ok && v.In(a)
}

// principal is a user of a kind with its default sets, some permissions changed.
func principal(kind model.UserKind, change map[access.Permission]access.Level) access.Principal {
	p := access.Principal{User: user(7), Kind: kind, Sets: access.DefaultSets(kind), Settings: model.DefaultSettings()}
	for perm, l := range change {
		if perm >= access.WebJobs {
			p.Sets.Web[perm] = l
		} else {
			p.Sets.Mobile[perm] = l
		}
	}
	return p
}

func view(tb testing.TB, n numbering, p access.Principal) model.View {
	tb.Helper()
	v, err := access.NewView(p, n.number)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

var (
	levels = []access.Level{access.Hidden, access.ReadOnly, access.Full}
	checks = []access.Level{access.Off, access.On}
)

func TestH1_DirectoryNeedsCreateJobAndALevel(t *testing.T) {
	for _, create := range checks {
		for _, level := range levels {
			n := numbering{}
			v := view(t, n, principal(model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: create, access.MobileCustomers: level}))
			want := create == access.On && level != access.Hidden
			if got := n.has(v, model.AudienceDirectory, model.RecordID{}); got != want {
				t.Errorf("create_job %v, customers %v: directory %v, want %v", create, level, got, want)
			}
		}
	}
}

func TestH1_HiddenHasNoSuchCollection(t *testing.T) {
	v := view(t, numbering{}, principal(model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden, access.MobileCreateJob: access.On}))
	for _, c := range []model.Collection{model.Customers, model.Sites, model.Contacts, model.Assets, model.JobContacts} {
		if set := v.Classes.Of(c); set != 0 {
			t.Errorf("collection %d is in the view, showing %v", c, set)
		}
	}
}

// TestH2_TakingCreateJobAwayRevealsNothing: monotonic in create_job and in the level.
func TestH2_TakingCreateJobAwayRevealsNothing(t *testing.T) {
	n := numbering{}
	of := func(create, level access.Level) model.View {
		return view(t, n, principal(model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: create, access.MobileCustomers: level}))
	}
	for i, level := range levels {
		off, on := of(access.Off, level), of(access.On, level)
		if !off.And(on).Equal(off) {
			t.Errorf("customers %v: less is seen with create_job than without", level)
		}
		for _, create := range checks {
			if i > 0 && !of(create, levels[i-1]).And(of(create, level)).Equal(of(create, levels[i-1])) {
				t.Errorf("create_job %v: %v shows something that %v does not", create, levels[i-1], level)
			}
		}
	}
}

func TestH2_HiddenHasNoClassCustomerAnywhere(t *testing.T) {
	for _, rule := range []model.JobCardRule{0, model.CardSiteOnly, model.CardSiteAndContact, model.CardAddressOnTravel, model.CardFull} {
		p := principal(model.Subcontractor, nil)
		p.Settings.HiddenJobCard = rule
		n := numbering{}
		v := view(t, n, p)
		for c, set := range v.Classes.All() {
			if set.Has(model.ClassCustomer) && !(rule == model.CardFull && c == model.JobCards) {
				t.Errorf("rule %d: collection %d shows class customer", rule, c)
			}
		}
		contacts := rule == model.CardSiteAndContact || rule == model.CardFull
		if got := n.has(v, model.AudienceContacts, model.RecordID(p.User)); got != contacts {
			t.Errorf("rule %d: site contacts %v, want %v (H3)", rule, got, contacts)
		}
		travel := rule == model.CardAddressOnTravel
		if n.has(v, model.AudienceTravel, model.RecordID(p.User)) != travel || n.has(v, model.AudienceCards, model.RecordID(p.User)) == travel {
			t.Errorf("rule %d: want the cards of jobs they have set out for %v, or of all", rule, travel)
		}
	}
}

func TestV4_ReadOnlySeesWhatFullSees(t *testing.T) {
	n := numbering{}
	for p := access.MobileEnabled; p <= access.WebTimesheets; p++ {
		kind := model.Mobile
		if p >= access.WebJobs {
			kind = model.Desktop
		}
		if p == access.MobileEnabled || p == access.MobileCreateJob || p == access.MobileEditJob || p == access.MobileAssignJobs || p.String() == "" {
			continue
		}
		full := view(t, n, principal(kind, map[access.Permission]access.Level{p: access.Full}))
		read := view(t, n, principal(kind, map[access.Permission]access.Level{p: access.ReadOnly}))
		if !full.Equal(read) {
			t.Errorf("%s: read-only and full see different things", p)
		}
	}
}

func TestV5_NoneShowsNeitherDataNorMetadata(t *testing.T) {
	for _, test := range []struct {
		none []access.Permission
		kind model.AudienceKind
		hide model.Class
	}{
		{[]access.Permission{access.WebCustomers}, model.AudienceDirectory, model.ClassCustomer},
		{[]access.Permission{access.WebInvoices, access.WebQuotes}, model.AudienceMoney, model.ClassPrice},
		{[]access.Permission{access.WebShifts, access.WebTimesheets}, model.AudiencePay, model.ClassPay},
	} {
		change := map[access.Permission]access.Level{}
		for _, p := range test.none {
			change[p] = access.None
		}
		n := numbering{}
		v := view(t, n, principal(model.Desktop, change))
		if n.has(v, test.kind, model.RecordID{}) {
			t.Errorf("%v None: audience %d is in the view", test.none, test.kind)
		}
		for c, set := range v.Classes.All() {
			if set.Has(test.hide) {
				t.Errorf("%v None: collection %d shows class %v", test.none, c, test.hide)
			}
		}
	}
}

func TestV20_WebRightsDoNotLeakIntoAMobileSession(t *testing.T) {
	p := principal(model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden})
	alone := view(t, numbering{}, p)
	p.Sets.Web = access.RoleSets(access.Admin).Web
	both := view(t, numbering{}, p)
	if !alone.Equal(both) {
		t.Error("an admin's phone sees more than its mobile set gives")
	}
}

func TestW1_UnknownRightsAreAnErrorAndNoView(t *testing.T) {
	for _, test := range []struct {
		p    access.Principal
		want error
		why  string
	}{
		{access.Principal{User: user(1), Sets: access.DefaultSets(model.Mobile)}, access.ErrRights, "no kind"},
		{access.Principal{Kind: model.Desktop, Sets: access.DefaultSets(model.Desktop)}, access.ErrRights, "nobody"},
		{access.Principal{User: user(1), Kind: model.Desktop, Sets: access.DefaultSets(model.Mobile)}, access.ErrRights, "no web set (V1)"},
		{access.Principal{User: user(1), Kind: model.Mobile, Sets: access.DefaultSets(model.Desktop)}, access.ErrRights, "no mobile set (V1)"},
		{access.Principal{User: user(1), Kind: model.Portal}, access.ErrUnlinked, "linked to no company (W31)"},
	} {
		if _, err := access.NewView(test.p, numbering{}.number); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.why, err, test.want)
		}
	}
}

func TestW10_SwitchedOffSeesNothing(t *testing.T) {
	v := view(t, numbering{}, principal(model.Mobile, map[access.Permission]access.Level{access.MobileEnabled: access.Off}))
	if len(v.Audiences) != 0 || v.Classes != (model.Reach{}) {
		t.Errorf("a switched off phone sees %v", v)
	}
}

func TestW21_PortalSeesItsCompanyCoarsely(t *testing.T) {
	n := numbering{}
	p := access.Principal{User: user(1), Kind: model.Portal, Company: company(3), Linked: []model.RecordID{company(4)}}
	v := view(t, n, p)
	if len(v.Audiences) != 2 || !n.has(v, model.AudienceCompany, company(3)) || !n.has(v, model.AudienceCompany, company(4)) {
		t.Errorf("portal audiences %v", v.Audiences)
	}
	for c, set := range v.Classes.All() {
		want := model.ClassesOf(model.ClassStructure, model.ClassCoarse)
		if c <= model.Assets {
			want |= model.ClassesOf(model.ClassClient)
		}
		if c == model.Invoices || c == model.Quotes { // those that the office shares
			want |= model.ClassesOf(model.ClassPrice)
		}
		if set != want {
			t.Errorf("collection %d shows %v", c, set)
		}
	}
	p.Settings.PortalNames = true
	if v := view(t, n, p); !v.Classes.Of(model.Jobs).Has(model.ClassClient) {
		t.Error("engineers are hidden though the company shows them (W22)")
	}
	if v.Classes.Of(model.TimesheetEvents) != 0 {
		t.Error("a portal reaches timesheets (E27)")
	}
}

func TestW28_SubcontractorHasNoDirectoryAtAnyLevel(t *testing.T) {
	n := numbering{}
	v := view(t, n, principal(model.Subcontractor, map[access.Permission]access.Level{access.MobileCustomers: access.Full, access.MobileCreateJob: access.On}))
	if n.has(v, model.AudienceDirectory, model.RecordID{}) {
		t.Error("a subcontractor may search customers")
	}
}

func TestAudiencesWithoutANumberAreLeftOut(t *testing.T) {
	v, err := access.NewView(principal(model.Mobile, nil), func(model.AudienceName) (model.Audience, bool) { return 0, false })
	if err != nil || len(v.Audiences) != 0 {
		t.Errorf("view %v, %v; want no audiences", v.Audiences, err)
	}
	for c, set := range v.Classes.All() {
		if !set.Has(model.ClassStructure) {
			t.Errorf("collection %d lacks structure", c)
		}
	}
	if v.Classes == (model.Reach{}) {
		t.Error("no collections")
	}
}

func TestViewAudiencesAscend(t *testing.T) {
	high := model.Audience(100)
	v, err := access.NewView(principal(model.Desktop, nil), func(model.AudienceName) (model.Audience, bool) { high--; return high, true })
	if err != nil || !slices.IsSorted(v.Audiences) {
		t.Errorf("audiences %v, %v", v.Audiences, err)
	}
}
