package access_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// full is a record with a value in every field of its collection, and one that no table knows.
func full(s *model.Spec) *model.Record {
	r := &model.Record{ID: company(1), Collection: s.No, Writes: []model.Write{{Seq: 1}}}
	for _, f := range s.Fields {
		r.Cells = append(r.Cells, model.Cell{Field: f.No, Value: model.Int(int64(f.No))})
	}
	r.Cells = append(r.Cells, model.Cell{Field: 1 << 30, Value: model.Int(1)})
	r.Memberships = []model.Membership{
		{Audience: 2, Intervals: []model.Interval{{First: 1, In: 1}}},
		{Audience: 5, Intervals: []model.Interval{{First: 1, In: 1, Out: 3}}},
		{Audience: 9, Intervals: []model.Interval{{First: 1, In: 1, Out: 3}, {First: 5, In: 5}}},
	}
	return r
}

func TestVisible(t *testing.T) {
	r := full(spec(t, model.Jobs))
	for _, test := range []struct {
		in   []model.Audience
		want bool
		why  string
	}{
		{nil, false, "in nothing"},
		{[]model.Audience{2}, true, "inside"},
		{[]model.Audience{5}, false, "left"},
		{[]model.Audience{9}, true, "left and came again"},
		{[]model.Audience{1, 3, 5, 8}, false, "left, and others"},
		{[]model.Audience{1, 5, 9}, true, "through another audience"},
		{[]model.Audience{10}, false, "behind the last"},
	} {
		if got := access.Visible(r, model.View{Audiences: test.in}); got != test.want {
			t.Errorf("in %v: %v, want %v: %s", test.in, got, test.want, test.why)
		}
	}
	r.Deleted = true
	if access.Visible(r, model.View{Audiences: []model.Audience{2}}) {
		t.Error("a tombstone is visible")
	}
}

// TestR9_ProjectShowsClassesAndNothingElse compares Project, for random views and records, with the rule said plainly.
func TestR9_ProjectShowsClassesAndNothingElse(t *testing.T) {
	tab := table(t)
	r := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		s := tab.Specs()[r.IntN(30)]
		rec := full(s)
		rec.Cells = slices.DeleteFunc(rec.Cells, func(model.Cell) bool { return r.IntN(3) == 0 })
		var v model.View
		v.Classes[s.No] = model.Classes(r.IntN(128))
		var want []model.FieldValue
		for _, c := range rec.Cells {
			if class, ok := tab.Class(s.No, c.Field); ok && v.Sees(s.No, class) {
				want = append(want, model.FieldValue{Field: c.Field, Value: c.Value})
			}
		}
		got := access.Project(tab, rec, v, nil)
		if got.ID != rec.ID || got.Collection != rec.Collection || !slices.Equal(got.Fields, want) {
			t.Fatalf("%s under %v: %v, want %v", s.Name, v.Classes[s.No], got.Fields, want)
		}
		shown := access.ShownFields(tab, v, s.No)
		for _, f := range got.Fields {
			if !slices.Contains(shown, f.Field) {
				t.Fatalf("%s: field %d is projected and not among the shown", s.Name, f.Field)
			}
		}
	}
}

func TestProjectWants(t *testing.T) {
	tab, s := table(t), spec(t, model.Jobs)
	v := model.View{Classes: model.Reach{model.Jobs: model.ClassesOf(model.ClassStructure, model.ClassCoarse)}}
	row := access.Project(tab, full(s), v, func(c model.Cell) bool { return c.Field >= model.JobStatus })
	for _, f := range row.Fields {
		if class, _ := tab.Class(model.Jobs, f.Field); f.Field < model.JobStatus || class != model.ClassCoarse {
			t.Errorf("field %d of class %v", f.Field, class)
		}
	}
	if len(row.Fields) == 0 {
		t.Error("nothing is wanted")
	}
	gone := full(s)
	gone.Deleted = true
	for _, r := range []*model.Record{gone, {Collection: 99, Cells: gone.Cells}, {Collection: model.Customers, Cells: gone.Cells}} {
		if row := access.Project(tab, r, v, nil); len(row.Fields) != 0 {
			t.Errorf("collection %d, deleted %v: shows %v", r.Collection, r.Deleted, row.Fields)
		}
	}
	if got := access.ShownFields(tab, v, 99); got != nil {
		t.Errorf("a collection that is not there shows %v", got)
	}
}

func BenchmarkProject(b *testing.B) {
	tab, s := table(b), spec(b, model.Jobs)
	v := view(b, numbering{}, principal(model.Mobile, nil))
	r := full(s)
	b.ReportAllocs()
	for b.Loop() {
		access.Project(tab, r, v, nil)
	}
}

func BenchmarkVisible(b *testing.B) {
	r := full(spec(b, model.Jobs))
	v := model.View{Audiences: []model.Audience{1, 3, 4, 9}}
	b.ReportAllocs()
	for b.Loop() {
		access.Visible(r, v)
	}
}

func BenchmarkNewView(b *testing.B) {
	n, p := numbering{}, principal(model.Desktop, nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := access.NewView(p, n.number); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAudiences(b *testing.B) {
	s := spec(b, model.Notes)
	c := access.Circle{Assignees: []model.UserID{user(2), user(1)}, Author: user(1), NoteAudience: "field"}
	b.ReportAllocs()
	for b.Loop() {
		access.Audiences(s, c)
	}
}
