package document_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// custom is a company's own field of jobs.
var custom = model.Custom{Collection: model.Jobs, Field: model.Field{
	No: model.FirstCustomField + 7, Name: "pressure", Type: model.TypeQuantity, Class: model.ClassWork, Policy: model.PolicyOffice, Writers: model.WriterOffice,
}}

func table(t testing.TB) *model.Table {
	t.Helper()
	out, err := model.NewTable(model.Builtin(), []model.Custom{custom})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func spec(t testing.TB, tb *model.Table, c model.Collection) *model.Spec {
	t.Helper()
	s, ok := tb.Spec(c)
	if !ok {
		t.Fatalf("there is no collection %d", c)
	}
	return s
}

// TestNamesDoNotClash: in every collection each name of a document means one thing, and what the office has to give it
// can give.
func TestNamesDoNotClash(t *testing.T) {
	tb := table(t)
	for _, s := range tb.Specs() {
		seen := map[string]bool{document.KeyID: true, document.KeyCreated: true, document.KeyUpdated: true, document.KeyCustom: true, "collection": true}
		for i := range s.Fields {
			f := &s.Fields[i]
			name := document.Name(tb, s, f)
			if f.No == model.FieldParent && (name == "") != (s.Parent == 0) {
				t.Errorf("field 1 of %s is called %q", s.Name, name)
			}
			if name == "" || f.No >= model.FirstCustomField {
				continue
			}
			if seen[name] || strings.ContainsAny(name, ".[],&=") {
				t.Errorf("%s.%s: the name has another meaning already", s.Name, name)
			}
			seen[name] = true
			if got, ok := document.Find(tb, s, name, false); !ok || got.No != f.No {
				t.Errorf("%s.%s is not found by its name", s.Name, name)
			}
			if s.Creates&model.WriterOffice != 0 && f.Required && f.Writers&model.WriterOffice == 0 {
				t.Errorf("%s.%s is needed, and is not the office's to give", s.Name, name)
			}
		}
	}
}

func TestSingular(t *testing.T) {
	tb := table(t)
	for of, want := range map[model.Collection]string{model.Sites: "customer", model.Tasks: "job", model.TaskEvents: "task", model.Assets: "site"} {
		s := spec(t, tb, of)
		if got := document.Name(tb, s, &s.Fields[0]); got != want {
			t.Errorf("what %s hang on is called %q, want %q", s.Name, got, want)
		}
	}
	if got := document.Singular("categories"); got != "category" {
		t.Errorf("one of the categories = %q", got)
	}
}

// some draws values that a field can hold.
func some(r *rand.Rand, f *model.Field) (out []model.Value) {
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	candidates := []model.Value{
		model.Text(""), model.Text(`quotes " and \ and <html> & ünï`), model.Text("two\nlines"), model.Text("2026-02-28"),
		model.Text("51.5,-0.12"), model.Bool(true), model.Bool(false), model.Int(0), model.Int(1), model.Int(-1), model.Int(f.Min), model.Int(f.Max),
		model.Int(99), model.Int(-100), model.Int(r.Int64N(1e15)), model.Int(-r.Int64N(1e15)), model.Int(r.Int64() - r.Int64()), model.Bytes(random(16)),
		model.Bytes(random(32)), model.Bytes(random(5)), model.Bytes(nil),
	}
	for _, o := range f.Options {
		candidates = append(candidates, model.Text(o))
	}
	for _, v := range candidates {
		if f.Check(v) && !v.IsNull() {
			out = append(out, v)
		}
	}
	return out
}

// TestEveryValueThereAndBack: of every field of the table, any value is the same again after a way through JSON or text.
func TestEveryValueThereAndBack(t *testing.T) {
	tb := table(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range tb.Specs() {
		for i := range s.Fields {
			f := s.Fields[i]
			if f.Type == model.TypeAny {
				continue // only shown
			}
			values := some(r, &f)
			if len(values) == 0 && f.No != model.FieldParent {
				t.Errorf("%s.%s: no value was tried", s.Name, f.Name)
			}
			f.Writers, f.Policy, f.Required = model.WriterOffice, model.PolicyOffice, false
			one, err := model.NewTable([]model.Spec{{No: 9, Name: "things", Fields: []model.Field{{No: 1, Name: "parent", Type: model.TypeRef}, ownNumber(f)}}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			things := spec(t, one, 9)
			for _, v := range values {
				field := &things.Fields[1]
				text := document.AppendValue(nil, field, v)
				if !json.Valid(text) {
					t.Fatalf("%s.%s: %v is %s, which is no JSON", s.Name, f.Name, v, text)
				}
				got, faults, err := document.Decode(one, things, []byte(`{"field":`+string(text)+`}`), document.Upsert, nil)
				if err != nil || faults != nil || len(got.Fields) != 1 || got.Fields[0].Value != v {
					t.Errorf("%s.%s: %v is %s, which is read as %v %v %v", s.Name, f.Name, v, text, got, faults, err)
				}
				back, err := document.ParseText(field, document.Text(field, v))
				if empty := document.Text(field, v) == ""; empty && !back.IsNull() || !empty && (err != nil || back != v) {
					t.Errorf("%s.%s: %v is %q, which is read as %v, %v", s.Name, f.Name, v, document.Text(field, v), back, err)
				}
			}
		}
	}
}

// ownNumber is a field as the second of a collection.
func ownNumber(f model.Field) model.Field {
	f.No, f.Name = 2, "field"
	return f
}

func TestForms(t *testing.T) {
	id := model.RecordID{0xab}
	for _, c := range []struct {
		f    model.Field
		v    model.Value
		want string
	}{
		{model.Field{Type: model.TypeMoney}, model.Int(123450), `"1234.50"`},
		{model.Field{Type: model.TypeMoney}, model.Int(-5), `"-0.05"`},
		{model.Field{Type: model.TypeMoney}, model.Int(0), `"0.00"`},
		{model.Field{Type: model.TypeMoney}, model.Int(-1 << 63), `"-92233720368547758.08"`},
		{model.Field{Type: model.TypeQuantity}, model.Int(1500), `"1.5"`},
		{model.Field{Type: model.TypeQuantity}, model.Int(-2000), `"-2"`},
		{model.Field{Type: model.TypeInt}, model.Int(7), `7`},
		{model.Field{Type: model.TypeMinutes}, model.Int(-90), `-90`},
		{model.Field{Type: model.TypeBool}, model.Bool(true), `true`},
		{model.Field{Type: model.TypeInstant}, model.Int(1_772_353_800_500), `"2026-03-01T08:30:00.500Z"`},
		{model.Field{Type: model.TypeRef}, model.Ref(id), `"ab000000000000000000000000000000"`},
		{model.Field{Type: model.TypeData}, model.Bytes([]byte{1, 2}), `"AQI="`},
		{model.Field{Type: model.TypeAny}, model.Bytes([]byte{1, 2}), `{"hex":"0102"}`},
		{model.Field{Type: model.TypeAny}, model.Int(3), `3`},
		{model.Field{Type: model.TypeAny}, model.Text("x"), `"x"`},
		{model.Field{Type: model.TypeText}, model.Null(), `null`},
	} {
		if got := string(document.AppendValue(nil, &c.f, c.v)); got != c.want {
			t.Errorf("%v of type %d = %s, want %s", c.v, c.f.Type, got, c.want)
		}
	}
}

// TestTextsSayWhatIsBroken: of a text's rules the one that it breaks is told.
func TestTextsSayWhatIsBroken(t *testing.T) {
	line, long := &model.Field{Type: model.TypeText, Max: 10}, &model.Field{Type: model.TypeLong}
	for _, c := range []struct {
		field      *model.Field
		text, want string
	}{
		{line, "elevenbytes", "want a text of at most 10 bytes in UTF-8"},
		{line, "übermüdet", "want a text of at most 10 bytes in UTF-8"}, // nine letters
		{long, strings.Repeat("x", model.DefaultLong+1), fmt.Sprintf("want a text of at most %d bytes in UTF-8", model.DefaultLong)},
		{line, "two\nlines", "want a text on one line"},
		{line, "two\rlines", "want a text on one line"},
		{line, "a\tb", "want a text without control characters, tabs among them"},
		{line, "a\x1bb", "want a text without control characters, tabs among them"},
		{long, "a\x00b", "want a text without control characters but tabs and line breaks"},
		{line, "a\xffb", "want a text in UTF-8"},
		{long, "a\xffb", "want a text in UTF-8"},
		{long, "two\r\nlines\tand a tab", ""},
	} {
		said := ""
		if _, err := document.ParseText(c.field, c.text); err != nil {
			said = err.Error()
		}
		if said != c.want {
			t.Errorf("%.20q is told %q, want %q", c.text, said, c.want)
		}
	}
}

func TestReadsAnyOffset(t *testing.T) {
	f := model.Field{Type: model.TypeInstant}
	a, err := document.ParseText(&f, "2026-03-01T09:30:00.5+01:00")
	b, err2 := document.ParseText(&f, "2026-03-01T08:30:00.500Z")
	if err != nil || err2 != nil || a != b {
		t.Errorf("one instant is %v, %v and %v, %v", a, err, b, err2)
	}
}

// TestStrict: nothing is guessed, rounded, cut or taken for no value.
func TestStrict(t *testing.T) {
	of := func(x model.Type) model.Field {
		return model.Field{Type: x, Options: []string{"red"}, Max: map[model.Type]int64{model.TypeInt: 5, model.TypeText: 4, model.TypeLong: 4}[x]}
	}
	for kind, texts := range map[model.Type][]string{
		model.TypeText:     {`7`, `true`, `"12345"`, `"a\nb"`, `{}`, `[]`, `"\u0000"`},
		model.TypeLong:     {`"12345"`, `"\u0007"`, `7`},
		model.TypeEnum:     {`"blue"`, `"Red"`, `0`},
		model.TypeBool:     {`"true"`, `1`, `0`},
		model.TypeInt:      {`"3"`, `1.5`, `1e0`, `6`, `-1`, `99999999999999999999`, `true`},
		model.TypeMinutes:  {`"3"`, `1.0`, `99999999`},
		model.TypeMoney:    {`12.5`, `12`, `"12.345"`, `"1,5"`, `"1e3"`, `"."`, `"1."`, `".5"`, `"+1"`, `"--1"`, `""`, `"0x1"`, `" 1"`, `"1_0"`, `"99999999999999999999"`, `"10000000000000000"`},
		model.TypeQuantity: {`1.5`, `"1.2345"`, `"NaN"`},
		model.TypeInstant:  {`1772353800500`, `"2026-03-01"`, `"2026-03-01T09:30:00"`, `"2026-02-30T00:00:00Z"`, `"1969-12-31T23:59:59Z"`},
		model.TypeDate:     {`"2026-02-30"`, `"1.3.2026"`, `20260301`},
		model.TypeGeo:      {`"91,0"`, `"0"`, `[1,2]`},
		model.TypeRef:      {`"x"`, `"` + strings.Repeat("0", 32) + `"`, `"` + strings.Repeat("0", 31) + `"`, `7`, `{"external_id":""}`, `{"external":"a"}`, `{"external_id":7}`, `{"external_id":"a","id":"b"}`, `{}`},
		model.TypeUser:     {`{"external_id":"a"}`, `"` + strings.Repeat("0", 32) + `"`},
		model.TypeHash:     {`"abcd"`, `"zz"`, `7`},
		model.TypeData:     {`"AQI"`, `"!"`, `[1]`},
	} {
		f := ownNumber(of(kind))
		f.Writers, f.Class = model.WriterOffice, model.ClassWork
		if kind == model.TypeRef {
			f.Ref = 9
		}
		tb, err := model.NewTable([]model.Spec{{No: 9, Name: "things", Fields: []model.Field{{No: 1, Name: "parent", Type: model.TypeRef}, f}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		resolve := func(model.Collection, string) (model.RecordID, error) { return model.RecordID{1}, nil }
		for _, text := range texts {
			got, faults, err := document.Decode(tb, spec(t, tb, 9), []byte(`{"field":`+text+`}`), document.Patch, resolve)
			if err != nil || len(faults) != 1 || len(got.Fields) != 0 || faults[0].Location != "field" {
				t.Errorf("type %d: %s is read as %v, %v, %v, want one fault", kind, text, got, faults, err)
				continue
			}
			if strings.Contains(faults[0].Message, "12345") || strings.Contains(faults[0].Message, "0 bytes") {
				t.Errorf("type %d: %s is told %q, which repeats what was sent, or cannot be kept", kind, text, faults[0].Message)
			}
		}
	}
}

func TestDecodeTellsEverythingAtOnce(t *testing.T) {
	tb := table(t)
	sent := `{"id":"x","created_at":"y","titel":"typo","title":"a","title":"b","priority":9,"status":"closed","parent":"z",
		"custom":{"pressure":"1.2345","colour":"red","pressure":"1"},"customer":{"external_id":"c1"}}`
	_, faults, err := document.Decode(tb, spec(t, tb, model.Jobs), []byte(sent), document.Create, external)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.Location)
	}
	want := []string{"created_at", "custom.colour", "custom.pressure", "custom.pressure", "id", "parent", "priority", "status", "titel", "title"}
	if !slices.Equal(got, want) {
		t.Errorf("faults = %v, want them at %v", faults, want)
	}
	for _, f := range faults {
		for _, secret := range []string{"1.2345", "red", "closed"} {
			if strings.Contains(f.Message, secret) {
				t.Errorf("%s is told %q, which repeats what was sent", f.Location, f.Message)
			}
		}
	}
}

func external(c model.Collection, text string) (model.RecordID, error) {
	return model.RecordID{byte(c), text[0]}, nil
}

func TestDecodeByPurpose(t *testing.T) {
	tb := table(t)
	decode := func(of model.Collection, p document.Purpose, text string) string {
		c, faults, err := document.Decode(tb, spec(t, tb, of), []byte(text), p, external)
		if err != nil {
			return err.Error()
		}
		var out []string
		for _, f := range faults {
			out = append(out, f.Location+": "+f.Message)
		}
		for _, x := range c.Fields {
			out = append(out, fmt.Sprintf("%d=%v", x.Field, x.Value))
		}
		return strings.Join(out, "; ")
	}
	for _, c := range []struct {
		why      string
		of       model.Collection
		p        document.Purpose
		sent     string
		expected string
	}{
		{"a creation needs what is required", model.Customers, document.Create, `{}`, "name: is needed"},
		{"an edit does not", model.Customers, document.Patch, `{"phone":"7"}`, "4=7"},
		{"null takes away", model.Customers, document.Patch, `{"phone":null}`, "4=–"},
		{"but not what is required", model.Customers, document.Patch, `{"name":null}`, "name: is needed, and is never taken away"},
		{"null in a creation is nothing", model.Customers, document.Create, `{"name":"A","phone":null}`, "2=A"},
		{"null in an upsert may take away", model.Customers, document.Upsert, `{"name":"A","phone":null}`, "2=A; 4=–"},
		{"the external id comes with the record", model.Customers, document.Patch, `{"external_id":"a"}`, "external_id: is given with the record and stays"},
		{"so does what it hangs on", model.Sites, document.Patch, `{"customer":{"external_id":"c"}}`, "customer: is given with the record and stays"},
		{"nor moved", model.Notes, document.Patch, `{"job":null}`, "job: is given with the record and stays"},
		{"a fact is never edited", model.Notes, document.Patch, `{"text":"x"}`, "text: is given with the record and stays"},
		{"an empty external id is none", model.Customers, document.Create, `{"name":"A","external_id":""}`, "external_id: want a text; 2=A"},
		{"a list is no document", model.Customers, document.Create, `[]`, document.ErrObject.Error()},
		{"nor are two", model.Customers, document.Create, `{"name":"A"} {}`, document.ErrObject.Error()},
		{"nor is half of one", model.Customers, document.Create, `{"name":"A"`, document.ErrObject.Error()},
		{"custom is an object", model.Jobs, document.Patch, `{"custom":7}`, "custom: want an object of the company's own fields"},
		{"a company's own field", model.Jobs, document.Patch, `{"custom":{"pressure":"2.5"}}`, fmt.Sprintf("%d=2500", custom.Field.No)},
	} {
		if got := decode(c.of, c.p, c.sent); got != c.expected {
			t.Errorf("%s: %s = %q, want %q", c.why, c.sent, got, c.expected)
		}
	}
}

func TestDecodeIsBounded(t *testing.T) {
	tb := table(t)
	var b strings.Builder
	b.WriteByte('{')
	for i := range 5000 {
		fmt.Fprintf(&b, "%q:1,", strings.Repeat("é", 400)+fmt.Sprint(i))
	}
	b.WriteString(`"name":"A"}`)
	_, faults, err := document.Decode(tb, spec(t, tb, model.Customers), []byte(b.String()), document.Create, nil)
	size := 0
	for _, f := range faults {
		size += len(f.Location) + len(f.Message)
	}
	if err != nil || len(faults) != 101 || faults[0].Location != "" || size > 20_000 {
		t.Errorf("5000 faults are told as %d in %d bytes, %v", len(faults), size, err)
	}
}

func TestResolveErrorIsTold(t *testing.T) {
	tb := table(t)
	_, faults, err := document.Decode(tb, spec(t, tb, model.Sites), []byte(`{"name":"W","customer":{"external_id":"c"}}`), document.Create,
		func(model.Collection, string) (model.RecordID, error) {
			return model.RecordID{}, errors.New("no such name")
		})
	if err != nil || len(faults) != 1 || faults[0].Location != "customer" {
		t.Errorf("faults = %v, %v, want the customer", faults, err)
	}
}

func TestUnlike(t *testing.T) {
	row := model.Row{Fields: []model.FieldValue{{Field: 2, Value: model.Text("A")}, {Field: 6, Value: model.Text("7")}}}
	c := document.Content{Fields: []model.Assign{{Field: 2, Value: model.Text("A")}, {Field: 5, Value: model.Null()}, {Field: 6, Value: model.Null()}, {Field: 7, Value: model.Int(1)}}}
	var got []model.FieldNo
	for _, x := range c.Unlike(row) {
		got = append(got, x.Field)
	}
	if !slices.Equal(got, []model.FieldNo{6, 7}) {
		t.Errorf("unlike = %v, want what is taken away and what is new", got)
	}
}

func job() model.Shown {
	return model.Shown{Created: 1_772_353_800_500, Updated: 1_772_353_800_501, Row: model.Row{ID: model.RecordID{1}, Collection: model.Jobs, Fields: []model.FieldValue{
		{Field: model.FieldParent, Value: model.Null()},
		{Field: model.JobTitle, Value: model.Text("Boiler")},
		{Field: model.JobPriority, Value: model.Int(2)},
		{Field: 999, Value: model.Text("SECRET: not of the table")},
		{Field: custom.Field.No, Value: model.Int(2500)},
	}}}
}

func TestAppend(t *testing.T) {
	tb := table(t)
	s := job()
	const ends = `,"created_at":"2026-03-01T08:30:00.500Z","updated_at":"2026-03-01T08:30:00.501Z"}`
	const id = `{"id":"01000000000000000000000000000000"`
	for _, c := range []struct {
		only []string
		want string
	}{
		{nil, id + `,"title":"Boiler","priority":2,"custom":{"pressure":"2.5"}` + ends},
		{[]string{"title"}, id + `,"title":"Boiler"` + ends},
		{[]string{"custom.pressure", "priority"}, id + `,"priority":2,"custom":{"pressure":"2.5"}` + ends},
		{[]string{"custom"}, id + `,"custom":{"pressure":"2.5"}` + ends},
		{[]string{"id"}, id + ends},
	} {
		if got := string(document.Append(nil, tb, &s, c.only)); got != c.want {
			t.Errorf("only %v = %s, want %s", c.only, got, c.want)
		}
	}
	if got, want := string(document.AppendOf(nil, tb, &s)), `{"collection":"jobs","id"`; !strings.HasPrefix(got, want) || !json.Valid([]byte(got)) {
		t.Errorf("with its collection = %s, want %s…", got, want)
	}
}

func event(text int) model.Event {
	return model.Event{
		ID: model.MessageID{7}, Time: 1_772_353_800_500, Occurred: 1_772_353_800_000, Op: model.OpEdit, Collection: model.Jobs, Record: model.RecordID{1},
		Change: model.ChangeID{2}, Author: model.UserID{3}, Device: model.DeviceID{4}, Fields: []model.EventField{
			{Field: model.JobTitle, Before: model.Text("Boiler"), After: model.Text("Boiler 2")},
			{Field: model.JobDescription, Before: model.Text(strings.Repeat("x", text)), After: model.Text(strings.Repeat("\x01", text/6))},
			{Field: model.JobPriority, After: model.Int(2)},
			{Field: custom.Field.No, Before: model.Int(1)},
		},
	}
}

func TestAppendEvent(t *testing.T) {
	tb := table(t)
	e := event(0)
	e.Fields = slices.Delete(e.Fields, 1, 2)
	want := `{"id":"07000000000000000000000000000000","type":"jobs.changed","at":"2026-03-01T08:30:00.500Z","occurred_at":"2026-03-01T08:30:00.000Z",` +
		`"collection":"jobs","record":"01000000000000000000000000000000","change":"02000000000000000000000000000000","author":"03000000000000000000000000000000",` +
		`"device":"04000000000000000000000000000000","office":false,"fields":{"title":{"before":"Boiler","after":"Boiler 2"},"priority":{"after":2},"custom":{"pressure":{"before":"0.001"}}}}`
	if got := string(document.AppendEvent(nil, tb, &e)); got != want {
		t.Errorf("event = %s\nwant %s", got, want)
	}
	gone := model.Event{ID: e.ID, Time: e.Time, Op: model.OpDelete, Collection: model.Jobs, Record: e.Record, Office: true}
	want = `{"id":"07000000000000000000000000000000","type":"jobs.deleted","at":"2026-03-01T08:30:00.500Z","collection":"jobs","record":"01000000000000000000000000000000","office":true}`
	if got := string(document.AppendEvent(nil, tb, &gone)); got != want {
		t.Errorf("event = %s\nwant %s", got, want)
	}
}

// TestMessageIsShortEnough: whatever an event holds, its message is under the limit, and says what it leaves out.
func TestMessageIsShortEnough(t *testing.T) {
	tb := table(t)
	for _, text := range []int{0, 100, 5000, 9000, 9700, 9900, 12_000, 16 << 10} {
		e := event(text)
		kind, body := document.Message(tb, &e)
		var m struct {
			Type, Timestamp string
			Data            struct {
				Fields  map[string]any
				Omitted []string
			}
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		if kind != "jobs.changed" || m.Type != kind || m.Timestamp != "2026-03-01T08:30:00.500Z" || len(body) >= document.MaxMessage {
			t.Errorf("%d: %s of %d bytes: %+v", text, kind, len(body), m)
		}
		_, kept := m.Data.Fields["description"]
		if omitted := slices.Contains(m.Data.Omitted, "description"); kept == omitted || m.Data.Fields["title"] == nil || omitted != (text > 9700) {
			t.Errorf("%d: fields %v, omitted %v", text, m.Data.Fields, m.Data.Omitted)
		}
	}
	e := event(0)
	e.Fields = nil
	for i := range 50 {
		e.Fields = append(e.Fields, model.EventField{Field: custom.Field.No, After: model.Int(int64(i))})
	}
	big := model.Text(strings.Repeat("\x01", 4000)) // six bytes each
	e.Fields = []model.EventField{{Field: model.JobTitle, Before: big}, {Field: model.JobDescription, Before: big}, {Field: custom.Field.No, Before: big}}
	if _, body := document.Message(tb, &e); len(body) >= document.MaxMessage || !strings.Contains(string(body), `"omitted":["title","description","custom.pressure"]`) {
		t.Errorf("three large fields = %d bytes: %.300s", len(body), body)
	}
}

// FuzzDecode: nothing that is sent brings the reader down, and what it takes it takes again.
func FuzzDecode(f *testing.F) {
	tb := table(f)
	for _, s := range []string{`{"title":"Boiler","priority":2,"customer":{"external_id":"c"},"custom":{"pressure":"1.5"}}`, `{"window_start":"2026-03-01T09:30:00+01:00"}`, `{`, `[]`, `{"title":null}`} {
		f.Add(s, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, p uint8) {
		purpose := []document.Purpose{document.Create, document.Patch, document.Upsert}[p%3]
		jobs := spec(t, tb, model.Jobs)
		c, faults, err := document.Decode(tb, jobs, []byte(text), purpose, func(model.Collection, string) (model.RecordID, error) { return model.RecordID{1}, nil })
		if err != nil || faults != nil {
			return
		}
		row := model.Shown{Row: model.Row{Collection: model.Jobs}}
		for _, x := range c.Fields {
			field, ok := jobs.Field(x.Field)
			if !ok || !field.Check(x.Value) {
				t.Fatalf("%q gives %v, which is no value of field %d", text, x.Value, x.Field)
			}
			row.Fields = append(row.Fields, model.FieldValue{Field: x.Field, Value: x.Value})
		}
		if out := document.Append(nil, tb, &row, nil); !json.Valid(out) {
			t.Fatalf("%q is shown as %s", text, out)
		}
	})
}

// TestNoFieldIsCalledAsAKeyOfEveryDocument: a document would have the key twice.
func TestNoFieldIsCalledAsAKeyOfEveryDocument(t *testing.T) {
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range table.Specs() {
		for i := range spec.Fields {
			switch name := document.Name(table, spec, &spec.Fields[i]); name {
			case "id", "created_at", "updated_at", "custom", "collection":
				t.Errorf("%s has a field %s", spec.Name, name)
			}
		}
	}
}
