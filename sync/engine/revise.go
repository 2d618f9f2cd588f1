package engine

import "github.com/fieldsync/fieldsync/sync/model"

// revises checks what a note or a filled-in form is said to stand in place of: one's own note; one's own form or, for the office,
// anybody's, with a reason (domain (c), notes (edit), form amendment). Both stay. What is not theirs is missing, as if it never
// was (S2); what was deleted meanwhile is theirs all the same.
func (f *frame) revises(c *model.Change, spec *model.Spec, a ask) verdict {
	var of model.RecordID
	var on model.RecordID
	why := false
	for _, x := range c.Fields {
		switch {
		case x.Field == model.FieldParent:
			on = model.RefOf(x.Value)
		case spec.No == model.Notes && x.Field == model.NoteRevises, spec.No == model.FormSubmissions && x.Field == model.FormAmends:
			of = model.RefOf(x.Value)
		case spec.No == model.FormSubmissions && x.Field == model.FormReason:
			why = x.Value.Text() != ""
		}
	}
	if of.IsZero() || planted("revises-anything") {
		return verdict{}
	}
	anybody := a.released || spec.No == model.FormSubmissions && f.conn.Kind == model.Desktop
	switch r := f.record(of); {
	case r == nil, r.Collection != spec.No, r.Parent() != on, !anybody && f.author(r) != c.Author:
		return missing(of)
	case spec.No == model.FormSubmissions && !why:
		return refused(model.ReasonShape)
	default:
		return verdict{}
	}
}
