package fleet

import (
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// rowOf is what a change's record looks like to somebody who sees these fields of it.
func rowOf(c model.Change, more []model.FieldValue, shown ...model.FieldNo) model.Row {
	row := model.Row{ID: c.Record, Collection: c.Collection, Fields: more}
	for _, a := range c.Fields {
		if len(shown) == 0 || slices.Contains(shown, a.Field) {
			row.Fields = append(row.Fields, model.FieldValue{Field: a.Field, Value: a.Value})
		}
	}
	slices.SortFunc(row.Fields, func(a, b model.FieldValue) int { return int(a.Field) - int(b.Field) })
	return row
}

func with(row model.Row, f model.FieldNo, v model.Value) model.Row {
	row.Fields = slices.Clone(row.Fields)
	for i := range row.Fields {
		if row.Fields[i].Field == f {
			row.Fields[i].Value = v
			return row
		}
	}
	row.Fields = append(row.Fields, model.FieldValue{Field: f, Value: v})
	return row
}

func testLine() *line {
	return &line{Device: &Device{Identity: replica.Identity{User: model.UserID{7}}, next: 1}, mark: 1_700_000_000_000}
}

func TestNotesAreHeldToTheBooks(t *testing.T) {
	l := testLine()
	want := noted{job: bench.Key{1, 2, 3}, author: bench.Key(l.User)}
	good := rowOf(l.note(want.job), []model.FieldValue{
		{Field: model.NoteAuthor, Value: model.Ref(l.User)}, {Field: model.NoteAt, Value: model.Int(5)},
	})
	cases := []struct {
		row  model.Row
		want bool
		why  string
	}{
		{good, true, "as it was written"},
		{with(good, model.NoteText, model.Text("another")), false, "other words"},
		{with(good, model.FieldParent, model.Ref(model.RecordID{9})), false, "another job"},
		{with(good, model.NoteAuthor, model.Ref(model.UserID{9})), false, "another author"},
		{with(good, model.NoteAudience, model.Text("client")), false, "for somebody else"},
		{with(good, model.NoteAt, model.Null()), false, "at no time"},
		{with(good, 10, model.Int(1)), false, "a field that nobody gave"},
		{model.Row{ID: good.ID, Collection: model.Notes}, false, "half of it"},
	}
	for _, c := range cases {
		if got := rightNote(&c.row, want); got != c.want {
			t.Errorf("%s: right = %v", c.why, got)
		}
	}
}

func TestCustomersAreHeldToTheProjection(t *testing.T) {
	change := testLine().customer(bench.Key{4, 5, 6})
	parent := []model.FieldValue{{Field: model.FieldParent}}
	good := rowOf(change, parent, customerName, customerPhone, customerEmail, customerBilling, customerRemarks, customerStatus)
	cases := []struct {
		row  model.Row
		want bool
		why  string
	}{
		{good, true, "what a phone may see"},
		{rowOf(change, parent), false, "everything: the account and the credit limit are not a phone's"},
		{with(good, customerName, model.Text("another")), false, "another name"},
		{with(good, customerRemarks, model.Null()), false, "something is missing"},
		{rowOf(change, nil, customerName), false, "half of it"},
	}
	for _, c := range cases {
		if got := rightCustomer(&c.row); got != c.want {
			t.Errorf("%s: right = %v", c.why, got)
		}
	}
}

func TestTheBooksFindWhatIsMissing(t *testing.T) {
	l := testLine()
	d := &driver{ours: true, customers: map[bench.Key]bool{}}
	var rows []model.Row
	for i := range 5 {
		key := bench.Key{byte(i + 1)}
		d.customers[key] = true
		rows = append(rows, rowOf(l.customer(key), []model.FieldValue{{Field: model.FieldParent}},
			customerName, customerPhone, customerEmail, customerBilling, customerRemarks, customerStatus))
	}
	self := model.Row{ID: model.RecordID(l.User), Collection: model.People}
	if wrong := d.compare(append(rows, self), l.User); len(wrong) > 0 {
		t.Errorf("all is there: %q", wrong)
	}
	cases := []struct {
		rows []model.Row
		want string
	}{
		{rows[1:], "1 are missing, 0 are not"},
		{append(slices.Clone(rows[1:]), with(rows[0], customerName, model.Text("x"))), "0 are missing, 1 are not"},
		{append(slices.Clone(rows), model.Row{ID: model.RecordID{9}, Collection: model.Jobs}), "1 other records"},
		{append(slices.Clone(rows), model.Row{ID: model.RecordID{9}, Collection: model.People}), "1 other records"},
		{append(slices.Clone(rows), rows[0]), "1 came twice"},
	}
	for _, c := range cases {
		if wrong := d.compare(c.rows, l.User); len(wrong) != 1 || !strings.Contains(wrong[0], c.want) {
			t.Errorf("compare = %q, want %q", wrong, c.want)
		}
	}
	d.ours = false
	if wrong := d.compare(append(slices.Clone(rows), model.Row{ID: model.RecordID{9}, Collection: model.Jobs}), l.User); len(wrong) > 0 {
		t.Errorf("what others have at a gateway that is not ours: %q", wrong)
	}
}

// TestWhatAPhoneHoldsIsHeldToTheBooks: masks, retractions and rows do to it what they do to a phone.
func TestWhatAPhoneHoldsIsHeldToTheBooks(t *testing.T) {
	l := testLine()
	book := map[bench.Key]*[8]string{}
	var rows []model.Row
	var ids []model.RecordID
	for i := range 3 {
		key := bench.Key{byte(i + 1)}
		sheet := bench.Sheet(key)
		book[key] = &sheet
		ids = append(ids, model.RecordID(key))
		rows = append(rows, rowOf(l.customer(key), []model.FieldValue{{Field: model.FieldParent}},
			customerName, customerPhone, customerEmail, customerBilling, customerRemarks, customerStatus))
	}
	shown := []model.FieldNo{model.FieldParent, customerName, customerPhone, customerEmail, customerBilling, customerRemarks, customerStatus}
	keep := func(fields ...model.FieldNo) []model.Mask {
		return []model.Mask{{Collection: model.Customers, Fields: fields, Keep: true}}
	}
	other := []model.Mask{{Collection: model.Jobs, Keep: true}}
	self, job := model.Row{ID: model.RecordID(l.User), Collection: model.People}, model.Row{ID: model.RecordID{9}, Collection: model.Jobs}
	cases := []struct {
		page protocol.PageBody
		want int
		says string
		why  string
	}{
		{protocol.PageBody{Rows: []model.Row{self}}, 3, "", "all is there"},
		{protocol.PageBody{Masks: keep(shown...)}, 3, "", "a mask that leaves what a phone sees"},
		{protocol.PageBody{Masks: other}, 3, "", "a mask of something else"},
		{protocol.PageBody{Masks: keep(customerName), Retracts: ids}, 0, "", "all is gone"},
		{protocol.PageBody{Masks: keep(customerName), Rows: rows}, 3, "", "what was masked came again"},
		{protocol.PageBody{Retracts: ids[1:]}, 0, "1 customers too many", "one stayed"},
		{protocol.PageBody{Retracts: ids[:1]}, 3, "1 too few", "one was taken from somebody who may see it"},
		{protocol.PageBody{Masks: keep(customerName)}, 3, "3 are not as", "all are masked"},
		{protocol.PageBody{Masks: []model.Mask{{Collection: model.Customers, Fields: []model.FieldNo{customerPhone}}}}, 3, "3 are not as", "a field is masked by its number"},
		{protocol.PageBody{Rows: []model.Row{with(rows[0], customerName, model.Text("x"))}}, 3, "1 are not as", "another name"},
		{protocol.PageBody{Rows: []model.Row{job}}, 3, "1 other records", "a job of somebody else"},
	}
	for _, c := range cases {
		one := &holder{line: l, book: book, want: c.want, has: map[bench.Key]bool{}}
		one.apply(&protocol.PageBody{Rows: rows})
		one.apply(&c.page)
		_, wrong := (&holders{all: []*holder{one}}).Wrong()
		if said := strings.Join(wrong, ""); (said == "") != (c.says == "") || !strings.Contains(said, c.says) {
			t.Errorf("%s: Wrong = %q, want %q", c.why, said, c.says)
		}
	}
}

// TestWhatIsWrittenCanBeSent: 16 notes and 150 customers fit one frame.
func TestWhatIsWrittenCanBeSent(t *testing.T) {
	l := testLine()
	var notes, customers []model.Change
	for range 16 {
		notes = append(notes, l.note(draw()))
	}
	for range 150 {
		customers = append(customers, l.customer(draw()))
	}
	for _, changes := range [][]model.Change{notes, customers} {
		push, err := l.pushOf(changes...)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range push.Submitted() {
			if s.Change.Fault != model.ReasonNone || s.Change.ID != changes[i].ID {
				t.Errorf("change %d does not read back: fault %d", i, s.Change.Fault)
			}
		}
	}
	if l.next != 167 {
		t.Errorf("the next change is number %d, want 167", l.next)
	}
	if size := len(notes[0].Fields[1].Value.Text()); size < noteSize || size > noteSize+64 {
		t.Errorf("a note has %d bytes", size)
	}
}

func TestAnswersThatAreNotApplied(t *testing.T) {
	good := model.Answer{Outcome: model.OutcomeApplied}
	for _, bad := range []model.Answer{{Outcome: model.OutcomeHeld}, {Outcome: model.OutcomeApplied, Repeat: true}, {}} {
		if err := applied(&protocol.Answers{Answers: []model.Answer{good, bad}}); err == nil {
			t.Errorf("%+v passes for applied", bad)
		}
	}
}

func TestRemarks(t *testing.T) {
	for server, want := range map[string]string{
		"": "", "http://127.0.0.1:8080": "not started by this run", "http://localhost:1": "not started by this run",
		"https://sync.example": "another machine",
	} {
		if got := (&Target{Server: server}).Remark(); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("Remark of %q = %q, want %q", server, got, want)
		}
	}
}
