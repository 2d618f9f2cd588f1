package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Held work may be wrong in a detail that its author's phone is not needed for: the job that a note is of is gone, a code is mistyped. The
// office lets it in with other values of fields that it says (domain (g), scenario 20). What the author said stays theirs, and so does
// all that was not corrected; the corrected values are written by whoever corrected, what was said instead is a line of the record's
// history, and the author is told of both.

// ErrNotCorrectable says that a field is not corrected when held work is let in.
var ErrNotCorrectable = errors.New("hours, fields of which the change says nothing and those that whoever decides may not write are not corrected")

// corrects asks for whoever decides whether they may say what they say instead of a held change: it wants the right to write that, as
// though the record were theirs.
func (d *desk) corrects(h storage.Held, r model.Ruling) error {
	if len(r.Values) == 0 || r.Dismiss {
		return nil
	}
	c := d.e.contentOf(h)
	spec, ok := d.table.Spec(c.Collection)
	if !ok {
		return ErrNotCorrectable
	}
	theirs := access.Situation{Author: true, Creator: true, Assigned: true, Exists: c.Op != model.OpCreate}
	for _, x := range r.Values {
		field, ok := spec.Field(x.Field)
		if !ok || !field.Check(x.Value) || !d.view.Sees(spec.No, field.Class) {
			return ErrNotCorrectable
		}
		if !access.Edit(d.who, spec, field, theirs).Allow && !planted("corrected-without-right") {
			return ErrNotCorrectable
		}
		if x.Field == model.FieldParent && d.foreign(model.RefOf(x.Value)) {
			return ErrNotYet // as one that is not there
		}
	}
	return nil
}

// correct gives a change the values that the office says instead of its own, and tells what it had said.
func correct(c *model.Change, values []model.Assign) (said []model.Assign, err error) {
	if isTime(c) && len(values) > 0 {
		return nil, ErrNotCorrectable // they are raw: the timesheet is where hours are corrected (domain R10)
	}
	c.Fields = slices.Clone(c.Fields)
	for _, x := range values {
		i := slices.IndexFunc(c.Fields, func(y model.Assign) bool { return y.Field == x.Field })
		if i < 0 {
			return nil, ErrNotCorrectable
		}
		if c.Fields[i].Value != x.Value && (x.Field == model.FieldParent || !planted("corrections-dropped")) {
			said = append(said, c.Fields[i])
			c.Fields[i].Value = x.Value
		}
	}
	if c.Op == model.OpCreate {
		c.Fields = slices.DeleteFunc(c.Fields, func(x model.Assign) bool { return x.Value.IsNull() })
	}
	return said, nil
}

// corrected signs what the office has corrected in a change that was let in, and keeps what its author had said.
func (f *frame) corrected(c *model.Change, said []model.Assign, by model.UserID) {
	was, spec := f.live(c.Record), (*model.Spec)(nil)
	if was != nil && was.Collection == c.Collection {
		spec, _ = f.table.Spec(c.Collection)
	}
	if spec == nil || len(said) == 0 {
		return
	}
	theirs := f.write(c)
	office := model.Write{Seq: f.seq(), Change: f.serverChange(c.Record), Occurred: f.now, Author: by, Office: true}
	is := f.edit(c.Record)
	for _, x := range said {
		field, _ := spec.Field(x.Field)
		if !planted("said-is-forgotten") {
			f.lost = append(f.lost, f.lossEvent(loss{record: is, field: field, value: x.Value, by: theirs, stands: is.Value(x.Field)}))
		}
		cell, ok := is.Cell(x.Field)
		// What a record hangs on stays its author's: by it they are its author.
		if ok && is.Writes[cell.Write].Change == c.ID && x.Field != model.FieldParent {
			is.Set(x.Field, cell.Value, office)
		}
	}
	f.settleEdited(was, is, office)
}

// tellDecided tells the author of held work why it was decided as it was, and what was corrected in it. Who would not be shown the
// record, or what a new one was to hang on, is told of nothing that became of it (S2), as in [frame.tellAuthor].
func (f *frame) tellDecided(c *model.Change, said []model.Assign, r model.Ruling, by model.UserID) {
	if r.Why == "" && len(said) == 0 || planted("decided-untold") {
		return
	}
	p, err := f.person(c.Author, 0)
	spec, ok := f.table.Spec(c.Collection)
	if !ok || err != nil || p.err != nil || !p.account.Active {
		return
	}
	view := p.views[lastStep]
	on := f.live(c.Record)
	if on == nil && c.Op == model.OpCreate {
		on = f.live(parentIn(c))
	}
	if on == nil {
		return
	}
	if _, not := f.sight(on, view); not != "" {
		return
	}
	text := "Your " + strings.ReplaceAll(strings.TrimSuffix(spec.Name, "s"), "_", " ") + " was let in by the office"
	if r.Dismiss {
		text = strings.Replace(text, "let in", "decided against", 1) + ". What you said is kept"
	} else if o, _ := f.outcome(c.ID); o.Code == model.OutcomeRecorded {
		text += ", and is kept, though it has no effect any more"
	}
	for i, x := range said {
		if field, _ := spec.Field(x.Field); view.Sees(spec.No, field.Class) {
			text += map[bool]string{true: ", with a correction: ", false: ", "}[i == 0] + f.correction(spec, field, x.Value, valueIn(c, x.Field))
		}
	}
	text += "."
	if r.Why != "" {
		text += " Why: " + r.Why
	}
	f.message(f.reviewID(review{kind: model.InboxHeld, change: c.ID}, 0), c.Author, by, text, on)
}

// correction is a corrected value in words: what it is now, and what was said.
func (f *frame) correction(spec *model.Spec, field *model.Field, said, now model.Value) string {
	name := strings.ReplaceAll(f.fieldName(spec, field), "_", " ")
	if said.Kind() != model.KindText || now.Kind() != model.KindText {
		return "another " + name
	}
	return fmt.Sprintf("%s “%s” instead of “%s”", name, quoted(now.Text()), quoted(said.Text()))
}

// fieldName is what a field is called; what a record hangs on is called by what that is.
func (t *tx) fieldName(spec *model.Spec, field *model.Field) string {
	if on, ok := t.table.Spec(spec.Parent); ok && field.No == model.FieldParent {
		return strings.TrimSuffix(on.Name, "s")
	}
	return field.Name
}

// fieldNames names fields, and says nothing of their values.
func (t *tx) fieldNames(c model.Collection, fields []model.Assign) string {
	spec, ok := t.table.Spec(c)
	if !ok {
		return ""
	}
	var names []string
	for _, x := range fields {
		if field, ok := spec.Field(x.Field); ok {
			names = append(names, t.fieldName(spec, field))
		}
	}
	return strings.Join(names, ", ")
}

func valueIn(c *model.Change, no model.FieldNo) model.Value {
	for _, x := range c.Fields {
		if x.Field == no {
			return x.Value
		}
	}
	return model.Null()
}

// parentIn is what a new record is to hang on.
func parentIn(c *model.Change) model.RecordID { return model.RefOf(valueIn(c, model.FieldParent)) }
