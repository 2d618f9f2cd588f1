package access_test

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestV2_UnknownValuesAreRefusedAndTheSetIsUnchanged(t *testing.T) {
	s := access.DefaultSets(model.Mobile)
	before := s.Clone()
	for _, test := range []struct {
		set    access.Set
		values map[string]string
		want   error
		why    string
	}{
		{access.Mobile, map[string]string{"customers": "none"}, access.ErrLevel, "V9: Hidden replaces None"},
		{access.Mobile, map[string]string{"invoices": "hidden"}, access.ErrLevel, "V8: of customers alone"},
		{access.Mobile, map[string]string{"timesheets": "edit-own"}, access.ErrLevel, "V6: of optimization alone"},
		{access.Mobile, map[string]string{"enabled": "full"}, access.ErrLevel, "a checkbox"},
		{access.Web, map[string]string{"admin": "read-only"}, access.ErrLevel, "b.1: Full or None"},
		{access.Web, map[string]string{"customers": "hidden"}, access.ErrLevel, "V8: of the mobile set alone"},
		{access.Mobile, map[string]string{"jobs": "full"}, access.ErrPermission, "of the other set"},
		{access.Mobile, map[string]string{"create_job": "on", "customers": "None"}, access.ErrLevel, "one bad value refuses all"},
	} {
		got, err := s.With(test.set, test.values)
		if !errors.Is(err, test.want) {
			t.Errorf("%v: %v, want %v: %s", test.values, err, test.want, test.why)
		}
		if !maps.Equal(got.Mobile, before.Mobile) || !maps.Equal(s.Mobile, before.Mobile) || s.Web != nil {
			t.Errorf("%v changed the set", test.values)
		}
	}
	_, err := s.With(access.Mobile, map[string]string{"customers": "none"})
	if err == nil || !strings.Contains(err.Error(), "mobile.customers") {
		t.Errorf("%v does not name the permission", err)
	}
}

func TestV6_EditOwnIsOfOptimizationAlone(t *testing.T) {
	for _, e := range access.Catalogue() {
		_, own := access.ParseLevel(e, "edit-own")
		_, hidden := access.ParseLevel(e, "hidden")
		_, none := access.ParseLevel(e, "none")
		if (own == nil) != (e.Permission == access.WebOptimization) {
			t.Errorf("%s: edit-own: %v", e.Permission, own)
		}
		if (hidden == nil) != (e.Permission == access.MobileCustomers) || hidden == nil && none == nil {
			t.Errorf("%s: hidden: %v, none: %v (V8, V9)", e.Permission, hidden, none)
		}
	}
}

func TestB1_DefaultsAreLegal(t *testing.T) {
	for _, kind := range []model.UserKind{model.Desktop, model.Mobile, model.Subcontractor} {
		s := access.DefaultSets(kind)
		got, err := access.ParseSets(s.Encode())
		if err != nil || !maps.Equal(got.Web, s.Web) || !maps.Equal(got.Mobile, s.Mobile) {
			t.Errorf("%s: %v, %v", kind, got, err)
		}
		if (s.Web != nil) == (s.Mobile != nil) {
			t.Errorf("%s has both sets or none", kind)
		}
	}
	if got := access.DefaultSets(model.Subcontractor).Mobile[access.MobileCustomers]; got != access.Hidden {
		t.Errorf("subcontractors start with customers %v, want hidden", got)
	}
	for _, r := range []access.Role{access.Admin, access.Planner, access.Manager, access.Support, "nonsense"} {
		s := access.RoleSets(r)
		if _, err := access.ParseSets(s.Encode()); err != nil {
			t.Errorf("role %s: %v", r, err)
		}
		if (s.Web[access.WebAdmin] == access.Full) != (r == access.Admin) {
			t.Errorf("role %s has admin %v", r, s.Web[access.WebAdmin])
		}
	}
}

func TestSetsEncode(t *testing.T) {
	s := access.DefaultSets(model.Mobile)
	s.Workers = []model.UserID{user(3), user(1), user(3)}
	got, err := access.ParseSets(s.Encode())
	if err != nil || len(got.Workers) != 2 || got.Workers[0] != user(1) || got.Web != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range [][]byte{nil, {2, 0, 0}, {1}, {1, 0}, {1, 2, 32}, {1, 2, 32, 5, 0}, {1, 0, 0, 9}, {1, 3, 33, 1, 32, 1, 0}} {
		if _, err := access.ParseSets(bad); !errors.Is(err, access.ErrSets) {
			t.Errorf("ParseSets(%v): %v, want ErrSets: unknown is not none", bad, err)
		}
	}
}

func FuzzParseSets(f *testing.F) {
	f.Add(access.DefaultSets(model.Desktop).Encode())
	f.Add(access.DefaultSets(model.Subcontractor).Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := access.ParseSets(data)
		if err == nil && !bytes.Equal(s.Encode(), data) {
			t.Errorf("%x is read and written as %x", data, s.Encode())
		}
	})
}
