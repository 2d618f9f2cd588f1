package model_test

import (
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

func TestFieldCheck(t *testing.T) {
	id := model.Bytes([]byte("0123456789abcdef"))
	text := model.Field{No: 2, Type: model.TypeText, Max: 5}
	long := model.Field{No: 2, Type: model.TypeLong}
	small := model.Field{No: 2, Type: model.TypeInt, Min: -1, Max: 3}
	enum := model.Field{No: 2, Type: model.TypeEnum, Options: []string{"a", "b"}}
	date := model.Field{No: 2, Type: model.TypeDate}
	geo := model.Field{No: 2, Type: model.TypeGeo}
	parent := model.Field{No: model.FieldParent, Type: model.TypeRef, Ref: model.Jobs}
	none := model.Field{No: model.FieldParent, Type: model.TypeRef}
	for _, test := range []struct {
		f    model.Field
		v    model.Value
		want bool
		why  string
	}{
		{text, model.Null(), true, "null erases"},
		{model.Field{Type: model.TypeText, Required: true}, model.Null(), false, "what is required is never erased"},
		{text, model.Text("12345"), true, "as long as it may be"},
		{text, model.Text("123456"), false, "a byte too long"},
		{text, model.Text("ääa"), true, "bytes count, not letters"},
		{text, model.Text("äää"), false, "bytes count, not letters"},
		{text, model.Text("a\nb"), false, "a line has no end of line"},
		{text, model.Text("a\x00"), false, "zero bytes no store wants"},
		{text, model.Text("\xff"), false, "not UTF-8"},
		{text, model.Int(1), false, "another kind"},
		{long, model.Text("a\r\n\tb"), true, "many lines"},
		{long, model.Text("a\x00b"), false, "zero bytes no store wants"},
		{long, model.Text(strings.Repeat("x", model.DefaultLong+1)), false, "no limit named: the default"},
		{small, model.Int(-1), true, "the least"},
		{small, model.Int(4), false, "above the most"},
		{small, model.Int(-2), false, "below the least"},
		{model.Field{Type: model.TypeInt}, model.Int(-1 << 63), true, "unbounded"},
		{model.Field{Type: model.TypeMoney}, model.Int(1 << 62), false, "sums would overflow"},
		{model.Field{Type: model.TypeInstant}, model.Int(-5), false, "before 1970"},
		{model.Field{Type: model.TypeMinutes}, model.Int(-30), true, "an adjustment has a sign (E18)"},
		{model.Field{Type: model.TypeBool}, model.Bool(false), true, ""},
		{model.Field{Type: model.TypeBool}, model.Int(0), false, "another kind"},
		{enum, model.Text("b"), true, ""},
		{enum, model.Text("c"), false, "no option"},
		{enum, model.Text(""), false, "empty is no option"},
		{date, model.Text("2026-02-28"), true, ""},
		{date, model.Text("2026-02-30"), false, "no such day"},
		{date, model.Text("2026-2-3"), false, "another form"},
		{geo, model.Text("51.5,-0.12"), true, ""},
		{geo, model.Text("91,0"), false, "north of the pole"},
		{geo, model.Text("1e1,0"), false, "not plain decimal"},
		{geo, model.Text("NaN,0"), false, "not plain decimal"},
		{geo, model.Text("5"), false, "half of it"},
		{parent, id, true, ""},
		{parent, model.Bytes([]byte("short")), false, "16 bytes"},
		{parent, model.Bytes(make([]byte, 16)), false, "the zero id names nothing"},
		{none, model.Null(), true, "hangs on nothing"},
		{none, id, false, "hangs on nothing"},
		{model.Field{No: 3, Type: model.TypeRef}, id, true, "any collection"},
		{model.Field{Type: model.TypeHash}, model.Bytes(make([]byte, 32)), true, ""},
		{model.Field{Type: model.TypeHash}, id, false, "32 bytes"},
		{model.Field{Type: model.TypeData, Max: 4}, model.Bytes([]byte("12345")), false, "too long"},
		{model.Field{Type: model.TypeData}, model.Text("1"), false, "another kind"},
		{model.Field{Type: model.TypeAny, Max: 4}, model.Int(7), true, "any kind"},
		{model.Field{Type: model.TypeAny, Max: 4}, model.Text("12345"), false, "too long"},
		{model.Field{Type: 99}, model.Int(7), false, "no type"},
	} {
		if got := test.f.Check(test.v); got != test.want {
			t.Errorf("type %d: Check(%q) = %v, want %v: %s", test.f.Type, test.v, got, test.want, test.why)
		}
	}
}

func TestSpecLacks(t *testing.T) {
	s, _ := builtin(t).Spec(model.VisitEvents)
	kind := model.Assign{Field: model.VisitEventKind, Value: model.Text("start")}
	if f, lacks := s.Lacks(nil); !lacks || f.No != model.VisitEventKind {
		t.Errorf("Lacks() = %v, %v; want the kind", f, lacks)
	}
	if f, lacks := s.Lacks([]model.Assign{kind}); lacks {
		t.Errorf("Lacks(kind) = %v", f.Name)
	}
	kind.Value = model.Null()
	if _, lacks := s.Lacks([]model.Assign{kind}); !lacks {
		t.Error("a null is taken for a kind")
	}
}

// FuzzFieldCheck: whatever is accepted is of the kind of its type, and within what a change may carry.
func FuzzFieldCheck(f *testing.F) {
	kinds := map[model.Type]model.Kind{
		model.TypeText: model.KindText, model.TypeLong: model.KindText, model.TypeEnum: model.KindText, model.TypeDate: model.KindText,
		model.TypeGeo: model.KindText, model.TypeBool: model.KindBool, model.TypeInt: model.KindInt, model.TypeMoney: model.KindInt,
		model.TypeQuantity: model.KindInt, model.TypeMinutes: model.KindInt, model.TypeInstant: model.KindInt, model.TypeRef: model.KindBytes,
		model.TypeUser: model.KindBytes, model.TypeHash: model.KindBytes, model.TypeData: model.KindBytes,
	}
	f.Add(uint8(1), "text", int64(3))
	f.Add(uint8(12), "51.5,-0.1", int64(3))
	f.Fuzz(func(t *testing.T, typ uint8, text string, n int64) {
		field := model.Field{No: 2, Type: model.Type(typ), Options: []string{text}}
		for _, v := range []model.Value{model.Text(text), model.Int(n), model.Bytes([]byte(text)), model.Bool(n > 0)} {
			kind, typed := kinds[field.Type]
			if field.Check(v) && (typed && kind != v.Kind() || !typed && field.Type != model.TypeAny) {
				t.Fatalf("type %d takes %q of kind %d", typ, v, v.Kind())
			}
			if field.Check(v) && field.Type != model.TypeEnum && len(v.Raw()) > model.DefaultData {
				t.Fatalf("type %d takes %d bytes", typ, len(v.Raw()))
			}
		}
	})
}
