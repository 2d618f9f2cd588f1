package model_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

func TestIdent(t *testing.T) {
	id, err := model.NewIdent[int](bytes.NewReader([]byte("0123456789abcdef")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := id.MarshalText()
	if err != nil || string(text) != "30313233343536373839616263646566" {
		t.Errorf("text %s, %v", text, err)
	}
	var back model.Ident[int]
	if err := back.UnmarshalText(text); err != nil || back != id || back.Compare(id) != 0 {
		t.Errorf("back %s, %v", back, err)
	}
	for _, bad := range []string{"", "30", string(text) + "00", "zz313233343536373839616263646566"} {
		if _, err := model.ParseIdent[int](bad); !errors.Is(err, model.ErrIdent) {
			t.Errorf("ParseIdent(%q): %v", bad, err)
		}
	}
	if _, err := model.NewIdent[int](bytes.NewReader(nil)); err == nil {
		t.Error("an identifier out of nothing")
	}
}

func TestValuesAreTheirKind(t *testing.T) {
	id := model.RecordID{1}
	values := []model.Value{
		model.Null(), model.Bool(false), model.Bool(true), model.Int(0), model.Int(1), model.Text(""), model.Text("1"),
		model.Bytes(nil), model.Bytes([]byte("1")), model.Ref(id),
	}
	for i, v := range values {
		for k, w := range values {
			if same := v == w; same != (i == k) {
				t.Errorf("%d %q == %d %q: %v", v.Kind(), v, w.Kind(), w, same)
			}
			if same := v.Hash() == w.Hash(); same != (i == k) {
				t.Errorf("%d %q and %d %q hash alike: %v", v.Kind(), v, w.Kind(), w, same)
			}
		}
	}
	if model.RefOf(model.Ref(id)) != id || !model.Ref(model.RecordID{}).IsNull() {
		t.Error("a reference is not what it refers to")
	}
	if _, ok := model.AsRef[int](model.Text("0123456789abcdef")); ok {
		t.Error("a text is a reference")
	}
}

// TestW2_Lineage: what a stamp of an older life of the store says in this one.
func TestW2_Lineage(t *testing.T) {
	l := model.Lineage{{Incarnation: 11, First: 0}, {Incarnation: 22, First: 16}, {Incarnation: 33, First: 40}}
	for _, test := range []struct {
		s    model.Stamp
		want model.Seq
		ok   bool
		why  string
	}{
		{model.Stamp{Incarnation: 11, Seq: 9}, 9, true, "before the restore"},
		{model.Stamp{Incarnation: 11, Seq: 20}, 15, true, "what the backup did not have"},
		{model.Stamp{Incarnation: 22, Seq: 39}, 39, true, "the last of its life"},
		{model.Stamp{Incarnation: 33, Seq: 99}, 99, true, "the present life"},
		{model.Stamp{Incarnation: 44, Seq: 9}, 0, false, "another store"},
	} {
		if got, ok := l.Within(test.s); got != test.want || ok != test.ok {
			t.Errorf("Within(%v) = %d, %v; want %d, %v: %s", test.s, got, ok, test.want, test.ok, test.why)
		}
	}
	for seq, want := range map[model.Seq]model.Incarnation{0: 11, 15: 11, 16: 22, 39: 22, 40: 33, 99: 33} {
		if got := l.Stamp(seq); got.Incarnation != want || got.Seq != seq {
			t.Errorf("Stamp(%d) = %v, want incarnation %d", seq, got, want)
		}
	}
	if l.Present() != 33 {
		t.Errorf("present %d", l.Present())
	}
}

func TestRecordSet(t *testing.T) {
	var r model.Record
	first := model.Write{Seq: 1, Change: model.ChangeID{1}}
	second := model.Write{Seq: 2, Change: model.ChangeID{2}}
	for _, f := range []model.FieldNo{5, 1, 3} {
		r.Set(f, model.Int(int64(f)), first)
	}
	if len(r.Writes) != 1 {
		t.Errorf("%d writes of a fresh record, want 1 (DESIGN 12.6)", len(r.Writes))
	}
	before := r.Clone()
	r.Set(3, model.Text("x"), second)
	if c, ok := r.Cell(3); !ok || r.Stamp(c) != 2 || r.Value(3) != model.Text("x") {
		t.Errorf("cell %v, %v", c, ok)
	}
	r.Set(1, model.Null(), second)
	r.Set(5, model.Null(), second)
	if len(r.Writes) != 1 || r.Writes[0].Change != second.Change {
		t.Errorf("writes %v: what no cell points to is dropped", r.Writes)
	}
	if !reflect.DeepEqual(before.Writes, []model.Write{first}) || before.Value(3) != model.Int(3) {
		t.Error("a clone shares memory")
	}
	if !r.Parent().IsZero() || !r.Value(99).IsNull() {
		t.Error("what is not there is not null")
	}
}

func TestViewAnd(t *testing.T) {
	work, money := model.ClassesOf(model.ClassStructure, model.ClassWork), model.ClassesOf(model.ClassStructure, model.ClassPrice)
	v := model.View{Audiences: []model.Audience{1, 3, 5}, Classes: model.Reach{1: work, 2: work}}
	w := model.View{Audiences: []model.Audience{3, 4, 5}, Classes: model.Reach{1: money, 3: work}}
	want := model.View{Audiences: []model.Audience{3, 5}, Classes: model.Reach{1: model.ClassesOf(model.ClassStructure)}}
	if got := v.And(w); !got.Equal(want) || !w.And(v).Equal(want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if v.Classes.Of(1) != work || v.Classes.Of(64) != 0 || v.Classes.Of(1<<15) != 0 {
		t.Error("what has no place in a view is seen")
	}
	if got := model.AllClasses.String(); got != "structure+coarse+work+customer+price+internal+pay+client" {
		t.Errorf("all classes are %s", got)
	}
}

func TestUserKinds(t *testing.T) {
	for k := model.Desktop; k <= model.Subcontractor; k++ {
		if got, ok := model.ParseUserKind(k.String()); !ok || got != k {
			t.Errorf("%s is read as %v, %v", k, got, ok)
		}
	}
	for r := model.CardSiteOnly; r <= model.CardFull; r++ {
		if got, ok := model.ParseJobCardRule(r.String()); !ok || got != r {
			t.Errorf("ParseJobCardRule(%q) = %d, %t", r, got, ok)
		}
	}
	if _, ok := model.ParseJobCardRule(""); ok || model.JobCardRule(99).String() != "" {
		t.Error("a job-card rule that there is not has a name")
	}
	for s := model.FeatureOn; s <= model.FeatureOff; s++ {
		if got, ok := model.ParseFeatureState(s.String()); !ok || got != s {
			t.Errorf("ParseFeatureState(%q) = %d, %t", s, got, ok)
		}
	}
	if _, ok := model.ParseUserKind(""); ok || model.UserKind(99).String() != "" {
		t.Error("no kind is a kind")
	}
}
