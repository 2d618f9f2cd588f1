package access_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// features are the settings under which both features are in a state.
func features(state model.FeatureState) model.Settings {
	s := model.DefaultSettings()
	s.Invoices, s.Optimization = state, state
	return s
}

// b1 is domain b.1, written down once more: the set and name of each permission, its control, its values, its default.
const b1 = `
mobile enabled checkbox off,on on
mobile create_job checkbox off,on off
mobile edit_job checkbox off,on off
mobile assign_jobs checkbox off,on off
mobile customers level hidden,read-only,full full
mobile invoices level none,read-only,full none
mobile timesheets level none,read-only,full full
web jobs level none,read-only,full none
web schedule level none,read-only,full none
web customers level none,read-only,full none
web equipment level none,read-only,full none
web quotes level none,read-only,full none
web reports level none,read-only,full none
web alerts level none,read-only,full none
web messaging level none,read-only,full none
web map level none,read-only,full none
web shifts level none,read-only,full none
web optimization level none,read-only,edit-own,full none
web users level none,read-only,full none
web admin level none,full none
web invoices level none,read-only,full none
web timesheets level none,read-only,full none
`

func TestB1_TheCatalogueIsTheTable(t *testing.T) {
	var got []string
	for _, e := range access.Catalogue() {
		var values []string
		for _, v := range e.Values {
			values = append(values, v.String())
		}
		got = append(got, strings.Join([]string{e.Set.String(), e.Name, e.Control.String(), strings.Join(values, ","), e.Default.String()}, " "))
		if again, ok := e.Permission.Entry(); !ok || again.Name != e.Name || e.Permission.String() != e.Set.String()+"."+e.Name {
			t.Errorf("%s is found as %v", e.Name, again)
		}
		if !slices.Contains(e.Values, e.Default) || (e.Control == access.Checkbox) != slices.Contains(e.Values, access.On) {
			t.Errorf("%s: %s with %v, %s to start with", e.Permission, e.Control, e.Values, e.Default)
		}
		optional := e.Name == "invoices" || e.Permission == access.WebOptimization
		if optional != (e.Feature != model.FeatureNone) {
			t.Errorf("%s belongs to feature %q (V7)", e.Permission, e.Feature)
		}
	}
	if want := strings.Split(strings.TrimSpace(b1), "\n"); !slices.Equal(got, want) {
		t.Errorf("the catalogue is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestV13_Bulk(t *testing.T) { found(t, bulkTable(t)) }

func found(t *testing.T, wrong string) {
	t.Helper()
	if wrong != "" {
		t.Error(wrong)
	}
}

// b3 is domain b.3: what a permission that is set so may be set to becomes.
var b3 = map[string]map[access.Level]access.Level{
	"none,read-only,full":          {access.Full: access.Full, access.ReadOnly: access.ReadOnly, access.None: access.None},
	"none,read-only,edit-own,full": {access.Full: access.Full, access.ReadOnly: access.ReadOnly, access.None: access.None},
	"hidden,read-only,full":        {access.Full: access.Full, access.ReadOnly: access.ReadOnly, access.None: access.Hidden},
	"off,on":                       {access.Full: access.On, access.ReadOnly: access.Off, access.None: access.Off},
	"none,full":                    {access.Full: access.Full, access.ReadOnly: access.None, access.None: access.None},
}

// bulkTable sets every starting point to every level, under every state of the features, and says what is not as b.3 has
// it.
func bulkTable(t *testing.T) string {
	t.Helper()
	both := access.RoleSets(access.Support)
	both.Mobile = access.DefaultSets(model.Subcontractor).Mobile
	both.Web[access.WebOptimization] = access.EditOwn
	for _, state := range []model.FeatureState{model.FeatureOn, model.FeatureReadOnly, model.FeatureOff} {
		settings := features(state)
		start := both.Settle(settings)
		for _, set := range []access.Set{access.Mobile, access.Web} {
			for _, level := range []access.Level{access.Full, access.ReadOnly, access.None} {
				got, err := start.Change(access.Change{Set: set, All: level}, settings)
				if err != nil {
					return err.Error()
				}
				if wrong := bulkRow(start, got, set, level, state); wrong != "" {
					return wrong
				}
			}
			for _, level := range []access.Level{access.Hidden, access.EditOwn, access.On, access.Off} {
				got, err := start.Change(access.Change{Set: set, All: level}, settings)
				if !errors.Is(err, access.ErrLevel) || len(access.Steps(start, got)) != 0 {
					return "set all takes the level " + level.String()
				}
			}
		}
	}
	if got, err := (access.Sets{}).Change(access.Change{Set: access.Web, All: access.Full}, model.Settings{}); !errors.Is(err, access.ErrNoSet) || got.Web != nil {
		return "set all gives a set to somebody who has none"
	}
	return ""
}

func bulkRow(start, got access.Sets, set access.Set, level access.Level, state model.FeatureState) string {
	for _, e := range access.Catalogue() {
		var values []string
		for _, v := range e.Values {
			values = append(values, v.String())
		}
		want := b3[strings.Join(values, ",")][level]
		if e.Set != set {
			want = start.At(e.Permission) // A3: one set a call
		} else if state == model.FeatureOff && e.Feature != model.FeatureNone {
			want = access.Absent // b.3, 6
		}
		if got.At(e.Permission) != want {
			return "all of " + set.String() + " to " + level.String() + ", features " + state.String() + ": " + e.Permission.String() + " is " + got.At(e.Permission).String() + ", want " + want.String()
		}
	}
	return ""
}

func TestV16_WhatIsSetAfterwardsStands(t *testing.T) {
	s, err := access.DefaultSets(model.Mobile).Change(access.Change{Set: access.Mobile, All: access.None}, model.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Change(access.Change{Set: access.Mobile, Levels: map[string]string{"enabled": "on", "customers": "read-only"}}, model.Settings{})
	if err != nil || got.At(access.MobileEnabled) != access.On || got.At(access.MobileCustomers) != access.ReadOnly || got.At(access.MobileTimesheets) != access.None {
		t.Errorf("afterwards: %v, %v", got.Mobile, err)
	}
	if n := len(access.Steps(s, got)); n != 2 {
		t.Errorf("%d steps, want 2", n)
	}
}

func TestV7_WhatIsSwitchedOffIsAbsent(t *testing.T) {
	off := model.Settings{Optimization: model.FeatureOff}
	s := access.RoleSets(access.Manager).Settle(off)
	if _, there := s.Web[access.WebOptimization]; there || s.At(access.WebInvoices) != access.Full {
		t.Errorf("with optimization off: %v", s.Web)
	}
	got, err := s.Change(access.Change{Set: access.Web, Levels: map[string]string{"jobs": "none", "optimization": "full"}}, off)
	if !errors.Is(err, access.ErrOff) || !strings.Contains(err.Error(), "web.optimization") || !maps.Equal(got.Web, s.Web) {
		t.Errorf("setting it = %v, %v; want a refusal by name and nothing changed", got.Web, err)
	}
	if on := s.Settle(model.Settings{}); on.At(access.WebOptimization) != access.None {
		t.Errorf("switched on again it is %s, want the default (b.3, 6)", on.At(access.WebOptimization))
	}
	if sets := (access.Sets{}).Settle(model.Settings{}); sets.Web != nil || sets.Mobile != nil {
		t.Errorf("a set came to be: %v", sets)
	}
}

func TestV17_SettingsCapLevels(t *testing.T) { found(t, settingsCap(t)) }

// settingsCap says where a right is not the lesser of level and setting, in the right itself, in what is shown, and in
// what may be done.
func settingsCap(t *testing.T) string {
	t.Helper()
	want := map[model.FeatureState]map[access.Level]access.Level{
		model.FeatureOn: {access.None: access.None, access.ReadOnly: access.ReadOnly, access.EditOwn: access.EditOwn, access.Full: access.Full, access.Absent: access.Absent},
		model.FeatureReadOnly: {
			access.None: access.None, access.ReadOnly: access.ReadOnly, access.EditOwn: access.ReadOnly, access.Full: access.ReadOnly, access.Absent: access.Absent,
		},
		model.FeatureOff: {},
	}
	for state, levels := range want {
		settings := features(state)
		for _, e := range access.Catalogue() {
			for _, level := range append([]access.Level{access.Absent}, e.Values...) {
				sets := access.Sets{Web: map[access.Permission]access.Level{}, Mobile: map[access.Permission]access.Level{}}
				sets.Web[e.Permission], sets.Mobile[e.Permission] = level, level
				expect, capped := level, false
				if e.Feature != model.FeatureNone {
					expect = levels[level]
					capped = expect != level || state == model.FeatureOff
				}
				got, why := access.Effective(sets, settings, e.Permission)
				if got != expect || why.Level != level || why.Capped() != capped || capped && (why.Setting != e.Feature || why.State != state) {
					return e.Permission.String() + " " + level.String() + " under " + state.String() + " is " + got.String()
				}
			}
		}
	}
	p := principal(model.Desktop, perms{access.WebQuotes: access.None, access.WebInvoices: access.Full, access.WebOptimization: access.Full})
	for state, want := range map[model.FeatureState][3]bool{model.FeatureOn: {true, true, true}, model.FeatureReadOnly: {true, false, false}, model.FeatureOff: {}} {
		p.Settings = features(state)
		v := view(t, numbering{}, p)
		got := [3]bool{
			v.Classes.Of(model.JobCommercials)&model.ClassesOf(model.ClassPrice) != 0,
			access.MayEdit(p, spec(t, model.JobCommercials), &model.Field{Policy: model.PolicyOffice, Writers: model.WriterOffice}, access.Situation{Exists: true}),
			access.MayCreate(p, spec(t, model.Optimizations), access.Situation{}),
		}
		if got != want {
			return fmt.Sprintf("under %s, prices are seen, changed, and optimizations made: %v", state, got)
		}
	}
	return ""
}

func TestB3_Consequences(t *testing.T) {
	on, off := access.DefaultSets(model.Subcontractor), access.DefaultSets(model.Subcontractor)
	off.Mobile[access.MobileEnabled] = access.Off
	full := on.Clone()
	full.Mobile[access.MobileCustomers] = access.Full
	for _, c := range []struct {
		before, after access.Sets
		kind          model.UserKind
		ends, widens  bool
	}{
		{on, off, model.Subcontractor, true, false},
		{off, on, model.Subcontractor, false, false},
		{on, full, model.Subcontractor, false, true},
		{on, full, model.Mobile, false, false}, // of the company's own staff
		{full, on, model.Subcontractor, false, false},
		{full, off, model.Subcontractor, true, false},
	} {
		if access.EndsMobile(c.before, c.after) != c.ends || access.Widens(c.kind, c.before, c.after) != c.widens {
			t.Errorf("%v to %v of a %s: ends %v, widens %v", c.before.Mobile, c.after.Mobile, c.kind, !c.ends, !c.widens)
		}
	}
}

func TestW35_NobodyGivesMoreThanTheyHave(t *testing.T) {
	manager, admin := access.RoleSets(access.Manager), access.RoleSets(access.Admin)
	if err := manager.Within(admin); err != nil {
		t.Error(err)
	}
	var beyond *access.BeyondError
	if err := admin.Within(manager); !errors.As(err, &beyond) || beyond.Permission != access.WebAdmin || beyond.Level != access.Full {
		t.Errorf("%v, want web.admin full", err)
	}
	admin.Web[access.WebInvoices], admin.Web[access.WebOptimization] = access.None, access.None
	if err := access.RoleSets(access.Admin).Within(admin); err != nil {
		t.Errorf("an administrator who gives what a feature brings: %v", err)
	}
	manager.Web[access.WebInvoices] = access.None
	if err := access.RoleSets(access.Manager).Within(manager); !errors.As(err, &beyond) || beyond.Permission != access.WebInvoices {
		t.Errorf("a manager who gives it: %v, want it refused", err)
	}
}
