package model_test

import (
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

func builtin(tb testing.TB) *model.Table {
	tb.Helper()
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return table
}

func TestBuiltinSaysEverything(t *testing.T) {
	table := builtin(t)
	if got, want := len(table.Specs()), 32; got != want {
		t.Fatalf("%d collections, want %d: builtin.go numbers that many", got, want)
	}
	for i, s := range table.Specs() {
		if int(s.No) != i+1 {
			t.Errorf("collection %d is at place %d: numbers have no gaps yet", s.No, i+1)
		}
		if s.Scope == 0 || s.Nature == 0 || s.Source == "" || s.Creates == 0 {
			t.Errorf("%s lacks a scope, a nature, a source or who creates it", s.Name)
		}
		if s.Parent != 0 {
			if _, ok := table.Spec(s.Parent); !ok {
				t.Errorf("%s hangs on collection %d, which is not there", s.Name, s.Parent)
			}
		}
		for _, f := range s.Fields {
			checkRow(t, table, s, f)
		}
	}
}

func checkRow(t *testing.T, table *model.Table, s *model.Spec, f model.Field) {
	t.Helper()
	name := s.Name + "." + f.Name
	if f.Policy == 0 || f.Writers == 0 || f.Nature == 0 || f.Source == "" {
		t.Errorf("%s lacks a policy, writers, a nature or a source", name)
	}
	if server := f.Writers == model.WriterServer; f.Policy == model.PolicyServer && !server {
		t.Errorf("%s is the server's by policy and not by writers", name)
	}
	if f.Class == model.ClassStructure && f.No != model.FieldParent && f.No != model.ReviewLost {
		t.Errorf("%s is of class structure, which everybody sees", name)
	}
	if f.Ref != 0 {
		if _, ok := table.Spec(f.Ref); !ok {
			t.Errorf("%s refers to collection %d, which is not there", name, f.Ref)
		}
	}
	if f.Max > 64<<10 && (f.Type == model.TypeText || f.Type == model.TypeLong || f.Type == model.TypeData) {
		t.Errorf("%s may be %d bytes: a change is 64 KiB", name, f.Max)
	}
	if strings.ToLower(f.Name) != f.Name || strings.ContainsAny(f.Name, " -") {
		t.Errorf("%s is not snake_case", name)
	}
}

func TestS4_CustomerIdentityIsOfClassCustomer(t *testing.T) {
	table := builtin(t)
	for _, s := range table.Specs() {
		for _, f := range s.Fields {
			identifies := f.Ref == model.Customers || f.Ref == model.Sites || f.Ref == model.Contacts || f.Ref == model.Assets
			if s.Scope == model.ScopeDirectory || f.No == model.FieldParent {
				continue // hidden by audience
			}
			if identifies && f.Class != model.ClassCustomer {
				t.Errorf("%s.%s names a customer, site or asset in class %s", s.Name, f.Name, f.Class)
			}
		}
	}
}

func TestR7_OneLostFieldAClass(t *testing.T) {
	table := builtin(t)
	for c := model.ClassStructure; model.AllClasses.Has(c); c++ {
		got, ok := table.Class(model.ReviewItems, model.ReviewLost+model.FieldNo(c))
		if !ok || got != c {
			t.Errorf("lost value of class %s is shown to class %s (there: %v)", c, got, ok)
		}
	}
}

func TestR10_HoursAreNeverDeleted(t *testing.T) {
	s, _ := builtin(t).Spec(model.TimesheetEvents)
	if s.Deletes != 0 || s.Parent != 0 || s.Nature != model.Fact || !s.Append {
		t.Errorf("timesheet events: deletes %d, parent %d, nature %d, append %v; want a fact that hangs on nothing and nobody deletes",
			s.Deletes, s.Parent, s.Nature, s.Append)
	}
}

func TestNewTableRejects(t *testing.T) {
	parent := model.Field{No: model.FieldParent, Name: "parent", Type: model.TypeRef}
	title := model.Field{No: 2, Name: "title", Type: model.TypeText, Class: model.ClassWork}
	jobs := model.Spec{No: 5, Name: "jobs", Fields: []model.Field{parent, title}}
	own := model.Field{No: 70_000, Name: "boiler", Type: model.TypeText, Class: model.ClassCustomer}
	with := func(change func(*model.Field)) []model.Custom {
		f := own
		change(&f)
		return []model.Custom{{Collection: 5, Field: f}}
	}
	for _, test := range []struct {
		why    string
		specs  []model.Spec
		custom []model.Custom
	}{
		{"a number used twice", []model.Spec{jobs, {No: 5, Name: "other", Fields: []model.Field{parent}}}, nil},
		{"a name used twice", []model.Spec{jobs, {No: 6, Name: "jobs", Fields: []model.Field{parent}}}, nil},
		{"no fields", []model.Spec{{No: 5, Name: "jobs"}}, nil},
		{"no parent", []model.Spec{{No: 5, Name: "jobs", Fields: []model.Field{title}}}, nil},
		{"a parent that is not structure", []model.Spec{{No: 5, Name: "jobs", Fields: []model.Field{{No: 1, Name: "parent", Type: model.TypeRef, Class: model.ClassWork}}}}, nil},
		{"a field number used twice", []model.Spec{{No: 5, Name: "jobs", Fields: []model.Field{parent, title, {No: 2, Name: "x", Type: model.TypeBool}}}}, nil},
		{"a field without a type", []model.Spec{{No: 5, Name: "jobs", Fields: []model.Field{parent, {No: 2, Name: "x"}}}}, nil},
		{"an enum without options", []model.Spec{{No: 5, Name: "jobs", Fields: []model.Field{parent, {No: 2, Name: "x", Type: model.TypeEnum}}}}, nil},
		{"a custom field of no collection", []model.Spec{jobs}, []model.Custom{{Collection: 6, Field: own}}},
		{"a custom field in the built-in range", []model.Spec{jobs}, with(func(f *model.Field) { f.No = 9 })},
		{"a custom field of class structure", []model.Spec{jobs}, with(func(f *model.Field) { f.Class = model.ClassStructure })},
		{"a custom field of no class", []model.Spec{jobs}, with(func(f *model.Field) { f.Class = 99 })},
		{"a custom field with a built-in name", []model.Spec{jobs}, with(func(f *model.Field) { f.Name = "title" })},
		{"a custom field that is there twice", []model.Spec{jobs}, append(with(func(*model.Field) {}), with(func(*model.Field) {})...)},
	} {
		if _, err := model.NewTable(test.specs, test.custom); err == nil {
			t.Errorf("%s is accepted", test.why)
		}
	}
	table, err := model.NewTable([]model.Spec{jobs}, with(func(*model.Field) {}))
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := table.Class(5, 70_000); !ok || c != model.ClassCustomer {
		t.Errorf("custom field has class %v, %v; want customer", c, ok)
	}
	if len(jobs.Fields) != 2 {
		t.Error("NewTable changed the specs it was given")
	}
}

func TestTableFinds(t *testing.T) {
	table := builtin(t)
	s, ok := table.Named("jobs")
	if !ok || s.No != model.Jobs {
		t.Fatalf("Named(jobs) = %v, %v", s, ok)
	}
	if f, ok := s.Named("status"); !ok || f.No != model.JobStatus {
		t.Errorf("jobs.status = %v, %v", f, ok)
	}
	if f, ok := s.Field(model.JobTitle); !ok || f.Name != "title" {
		t.Errorf("field %d of jobs = %v, %v", model.JobTitle, f, ok)
	}
	for _, no := range []model.FieldNo{0, 999, 1<<32 - 1} {
		if _, ok := s.Field(no); ok {
			t.Errorf("jobs has a field %d", no)
		}
		if _, ok := table.Class(model.Jobs, no); ok {
			t.Errorf("a field %d of jobs has a class", no)
		}
	}
	if _, ok := table.Class(999, model.FieldParent); ok {
		t.Error("a collection 999 has fields")
	}
}
