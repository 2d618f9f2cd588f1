package access

import "github.com/fieldsync/fieldsync/sync/model"

// Visible says whether a view shows the record at all: it lives, and it is now in an audience of the view.
func Visible(r *model.Record, v model.View) bool {
	if r.Deleted {
		return false
	}
	i := 0
	for _, m := range r.Memberships { // both lists ascend
		for i < len(v.Audiences) && v.Audiences[i] < m.Audience {
			i++
		}
		if i == len(v.Audiences) {
			return false
		}
		if v.Audiences[i] == m.Audience && m.Open() {
			return true
		}
	}
	return false
}

// Project is what a view shows of a record: the fields whose class the view sees in the record's collection. It is
// THE projection; nothing else decides what of a record leaves the server. want narrows it to some cells; nil is all.
// Whether the record is shown at all is [Visible]'s; the fields share memory with nothing.
func Project(t *model.Table, r *model.Record, v model.View, want func(model.Cell) bool) model.Row {
	row := model.Row{ID: r.ID, Collection: r.Collection}
	spec, ok := t.Spec(r.Collection)
	shown := v.Classes[r.Collection]
	if !ok || shown == 0 || r.Deleted {
		return row
	}
	i := 0
	for k, c := range r.Cells { // both lists ascend
		for i < len(spec.Fields) && spec.Fields[i].No < c.Field {
			i++
		}
		if i == len(spec.Fields) {
			break // what the table does not know is shown to nobody
		}
		f := &spec.Fields[i]
		if f.No != c.Field || !shown.Has(f.Class) || want != nil && !want(c) {
			continue
		}
		if row.Fields == nil {
			row.Fields = make([]model.FieldValue, 0, len(r.Cells)-k)
		}
		row.Fields = append(row.Fields, model.FieldValue{Field: c.Field, Value: c.Value})
	}
	return row
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
