package access

import (
	"iter"

	"github.com/fieldsync/fieldsync/sync/model"
)

// See says through which of its audiences a view shows a record at all: it lives, and it is now in an audience of the
// view. Where it does not, not is the rule that says so: missing, deleted or audience.
func See(r *model.Record, v model.View) (through model.Audience, not Rule) {
	if r == nil {
		return 0, RuleMissing
	}
	if r.Deleted {
		return 0, RuleDeleted
	}
	i := 0
	for _, m := range r.Memberships { // both lists ascend
		for i < len(v.Audiences) && v.Audiences[i] < m.Audience {
			i++
		}
		if i == len(v.Audiences) {
			break
		}
		if v.Audiences[i] == m.Audience && m.Open() {
			return m.Audience, ""
		}
	}
	return 0, RuleAudience
}

// Visible says whether a view shows the record at all: it is [See] without the reason.
func Visible(r *model.Record, v model.View) bool {
	_, not := See(r, v)
	return not == ""
}

// looks is what a view makes of each cell of a record, in order: the cell's field, nil when the table has none, and
// whether its class is seen. What the table does not know is shown to nobody.
func looks(t *model.Table, r *model.Record, v model.View) iter.Seq2[int, look] {
	return func(yield func(int, look) bool) {
		spec, ok := t.Spec(r.Collection)
		shown := v.Classes.Of(r.Collection)
		if !ok || r.Deleted {
			return
		}
		i := 0
		for k := range r.Cells { // both lists ascend
			no := r.Cells[k].Field
			for i < len(spec.Fields) && spec.Fields[i].No < no {
				i++
			}
			var l look
			if i < len(spec.Fields) && spec.Fields[i].No == no {
				l.field = &spec.Fields[i]
				l.shown = shown.Has(l.field.Class)
			}
			if !yield(k, l) {
				return
			}
		}
	}
}

type look struct {
	field *model.Field
	shown bool
}

// Project is what a view shows of a record: the fields whose class the view sees in the record's collection. It is
// THE projection; nothing else decides what of a record leaves the server. want narrows it to some cells; nil is all.
// Whether the record is shown at all is [Visible]'s; the fields share memory with nothing.
func Project(t *model.Table, r *model.Record, v model.View, want func(model.Cell) bool) model.Row {
	row := model.Row{ID: r.ID, Collection: r.Collection}
	for k, l := range looks(t, r, v) {
		c := &r.Cells[k]
		if !l.shown || want != nil && !want(*c) {
			continue
		}
		if row.Fields == nil {
			row.Fields = make([]model.FieldValue, 0, len(r.Cells)-k)
		}
		row.Fields = append(row.Fields, model.FieldValue{Field: c.Field, Value: c.Value})
	}
	return row
}

// Fields says of every field of a record that has a value whether a view shows it, and on which ground of the rights
// that the view is made of: what [Project] does, with the reasons.
func Fields(t *model.Table, r *model.Record, v model.View, of *Rights) map[model.FieldNo]Ground {
	out := map[model.FieldNo]Ground{}
	for k, l := range looks(t, r, v) {
		if c := &r.Cells[k]; l.field != nil && !c.Value.IsNull() {
			g := of.Class(r.Collection, l.field.Class)
			g.Allow = l.shown
			out[c.Field] = g
		}
	}
	return out
}

// ShownFields is the fields of a collection that a view shows, ascending: what a mask is made of.
func ShownFields(t *model.Table, v model.View, c model.Collection) []model.FieldNo {
	spec, ok := t.Spec(c)
	if !ok {
		return nil
	}
	var out []model.FieldNo
	for i := range spec.Fields {
		if v.Sees(c, spec.Fields[i].Class) {
			out = append(out, spec.Fields[i].No)
		}
	}
	return out
}
