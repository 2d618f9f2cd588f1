package access_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// anybody is a principal of a random kind with random levels.
func anybody(r *rand.Rand) access.Principal {
	p := access.Principal{User: user(7), Kind: model.UserKind(1 + r.IntN(4)), Settings: model.DefaultSettings()}
	p.Settings.HiddenJobCard = model.JobCardRule(1 + r.IntN(4))
	if p.Kind == model.Portal || r.IntN(2) == 0 {
		p.Company = company(3)
	}
	p.Sets = access.Sets{Web: map[access.Permission]access.Level{}, Mobile: map[access.Permission]access.Level{}}
	for _, e := range access.Catalogue() {
		set := p.Sets.Web
		if e.Set == access.Mobile {
			set = p.Sets.Mobile
		}
		set[e.Permission] = e.Values[r.IntN(len(e.Values))]
	}
	return p
}

// TestV18_ReasonsAreOfTheView: for random people, records and audiences, what the reasons say is what the view shows,
// and every one of them has words.
func TestV18_ReasonsAreOfTheView(t *testing.T) {
	r, tab, n := rand.New(rand.NewPCG(18, 49)), table(t), numbering{}
	for range 3000 {
		p := anybody(r)
		rights, err := access.NewRights(p)
		if err != nil {
			t.Fatal(err)
		}
		v := rights.View(n.number)
		s := tab.Specs()[r.IntN(len(tab.Specs()))]
		c := access.Circle{
			Author: user(byte(6 + r.IntN(3))), Named: user(byte(6 + r.IntN(3))), NoteAudience: []string{"", "internal", "field", "client"}[r.IntN(4)],
			Crew: []model.RecordID{company(3)}[:r.IntN(2)], Companies: []model.RecordID{company(3)}[:r.IntN(2)], Bearing: r.IntN(4) == 0,
			Assignees: []model.UserID{user(7), user(8)}[r.IntN(2):][:1], Describes: model.Class(r.IntN(7)), Subject: s.Scope, Disputed: model.Class(r.IntN(7)),
		}
		rec := full(s)
		rec.Memberships = nil
		in := access.Audiences(s, c)
		byNumber := map[model.Audience]model.AudienceName{}
		for _, name := range in {
			a, _ := n.number(name)
			byNumber[a] = name
			rec.Memberships = append(rec.Memberships, model.Membership{Audience: a, Intervals: []model.Interval{{First: 1, In: 1}}})
		}
		slices.SortFunc(rec.Memberships, func(a, b model.Membership) int { return int(a.Audience) - int(b.Audience) })
		through, not := access.See(rec, v)
		why := rights.Outside(s, in, c)
		if not == "" {
			why = rights.Inside(byNumber[through])
		}
		if why.Allow != (not == "") || why.Allow != access.Visible(rec, v) || why.Rule == "" || why.String() == "" {
			t.Fatalf("%s of %+v in %v: %+v %q, shown: %v", s.Name, p, in, why, why, not == "")
		}
		if got := rights.Collection(s.No).Allow; got != (v.Classes.Of(s.No) != 0) {
			t.Fatalf("%s of %+v: collection %v, classes %s", s.Name, p, got, v.Classes.Of(s.No))
		}
		if v.Classes.Of(s.No) == 0 {
			continue
		}
		for class := model.ClassStructure; class <= model.ClassPay; class++ {
			if g := rights.Class(s.No, class); g.Allow != v.Sees(s.No, class) || g.String() == "" {
				t.Fatalf("%s of %+v: class %s %+v, seen: %v", s.Name, p, class, g, v.Sees(s.No, class))
			}
		}
		shown := access.Project(tab, rec, v, nil)
		for f, g := range access.Fields(tab, rec, v, rights) {
			if _, has := shown.Find(f); has != g.Allow {
				t.Fatalf("%s, field %d: %+v, projected: %v", s.Name, f, g, has)
			}
		}
	}
}

// TestV18_TheReasonIsWhatWouldHaveToChange: the level or the setting that hides something is named before whose it is.
func TestV18_TheReasonIsWhatWouldHaveToChange(t *testing.T) {
	hidden := principal(model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden})
	travel := hidden
	travel.Settings.HiddenJobCard = model.CardAddressOnTravel
	for _, test := range []struct {
		p    access.Principal
		c    model.Collection
		of   access.Circle
		want access.Ground
		why  string
	}{
		{hidden, model.Customers, access.Circle{}, access.Ground{Rule: access.RuleLevel, Permission: access.MobileCustomers, Level: access.Hidden}, "H1"},
		{
			principal(model.Mobile, nil), model.Customers,
			access.Circle{},
			access.Ground{Rule: access.RuleLevel, Permission: access.MobileCreateJob, Level: access.Off},
			"b.4: the directory needs both",
		},
		{
			travel, model.JobCards,
			access.Circle{Assignees: []model.UserID{user(7)}},
			access.Ground{Rule: access.RuleSetting, Setting: "hidden_job_card", State: model.CardAddressOnTravel.String()},
			"H3",
		},
		{hidden, model.Jobs, access.Circle{Assignees: []model.UserID{user(8)}}, access.Ground{Rule: access.RuleAssignment}, "W11"},
		{
			hidden, model.Notes,
			access.Circle{Assignees: []model.UserID{user(7)}, NoteAudience: "internal"},
			access.Ground{Rule: access.RuleAudience, Label: "internal"},
			"S10",
		},
		{hidden, model.TimesheetEvents, access.Circle{Named: user(8)}, access.Ground{Rule: access.RuleOwner}, "W27: their own alone"},
		{
			principal(model.Desktop, map[access.Permission]access.Level{access.WebTimesheets: access.None, access.WebShifts: access.None}), model.TimesheetEvents,
			access.Circle{},
			access.Ground{Rule: access.RuleLevel, Permission: access.WebTimesheets, Level: access.None},
			"V5",
		},
		{hidden, model.ReviewItems, access.Circle{}, access.Ground{Rule: access.RuleKind}, "the office's inbox"},
	} {
		rights, err := access.NewRights(test.p)
		if err != nil {
			t.Fatal(err)
		}
		s := spec(t, test.c)
		if got := rights.Outside(s, access.Audiences(s, test.of), test.of); got != test.want {
			t.Errorf("%s hidden in %s: %+v (%s), want %+v: %s", s.Name, test.p.Kind, got, got, test.want, test.why)
		}
	}
}

// TestV20_EnterIsByTheSetOfTheSession: web rights open no phone.
func TestV20_EnterIsByTheSetOfTheSession(t *testing.T) {
	both := access.RoleSets(access.Admin)
	both.Mobile = access.DefaultSets(model.Mobile).Mobile
	for _, test := range []struct {
		own, as model.UserKind
		sets    access.Sets
		link    bool
		want    access.Rule // empty: they enter
		why     string
	}{
		{model.Desktop, model.Desktop, access.RoleSets(access.Admin), false, "", "their own"},
		{model.Desktop, model.Mobile, access.RoleSets(access.Admin), false, access.RuleAccount, "W10: web rights alone"},
		{model.Desktop, model.Mobile, both, false, "", "V1: both sets"},
		{model.Mobile, model.Desktop, both, false, access.RuleKind, "V20: a phone is no desk"},
		{model.Mobile, model.Mobile, access.Sets{}, false, access.RuleAccount, "V1: neither"},
		{model.Portal, model.Portal, access.Sets{}, false, access.RuleUnlinked, "W31"},
		{model.Portal, model.Portal, access.Sets{}, true, "", "W31: linked"},
	} {
		p := access.Principal{User: user(7), Kind: test.as, Sets: test.sets}
		if test.link {
			p.Company = company(3)
		}
		if g := access.Enter(test.own, p); g.Allow != (test.want == "") || !g.Allow && g.Rule != test.want {
			t.Errorf("%s as %s: %+v, want %q: %s", test.own, test.as, g, test.want, test.why)
		}
	}
}

// TestV17_ASettingThatTakesARightAwayIsTheReason, and not the level, which would give it.
func TestV17_ASettingThatTakesARightAwayIsTheReason(t *testing.T) {
	p := principal(model.Mobile, map[access.Permission]access.Level{access.MobileInvoices: access.Full})
	p.Settings.Invoices = model.FeatureOff
	r, err := access.NewRights(p)
	if err != nil {
		t.Fatal(err)
	}
	want := access.Ground{Rule: access.RuleSetting, Permission: access.MobileInvoices, Level: access.Full, Setting: "invoices", State: "off"}
	if got := r.Class(model.Invoices, model.ClassPrice); got != want {
		t.Errorf("the prices of invoices = %+v, want %+v", got, want)
	}
	p.Sets.Mobile[access.MobileInvoices] = access.None
	if r, err = access.NewRights(p); err != nil {
		t.Fatal(err)
	}
	if got := r.Class(model.Invoices, model.ClassPrice); got.Rule != access.RuleLevel {
		t.Errorf("with the level none = %+v, want the level to be the reason", got)
	}
}
