package writing

import (
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

func edit(r model.RecordID, fields ...model.FieldValue) replica.Draft {
	return replica.Draft{Op: model.OpEdit, Record: r, Fields: fields}
}

func give(f model.FieldNo, v model.Value) model.FieldValue {
	return model.FieldValue{Field: f, Value: v}
}

func create(c model.Collection, fields ...model.FieldValue) replica.Draft {
	return replica.Draft{Op: model.OpCreate, Collection: c, Fields: fields}
}

func under(parent model.RecordID) model.FieldValue { return give(model.FieldParent, model.Ref(parent)) }

func (w *World) note(job model.RecordID) replica.Draft {
	return create(model.Notes, under(job), give(model.NoteText, w.value()), give(model.NoteAudience, model.Text("field")))
}

func (w *World) task(job model.RecordID) replica.Draft {
	return create(model.Tasks, under(job), give(taskTitle, w.value()))
}

func happens(job model.RecordID, kind string) replica.Draft {
	return create(model.VisitEvents, under(job), give(model.VisitEventKind, model.Text(kind)), give(model.VisitEventVisit, model.Int(1)))
}

func worked(minutes int64) replica.Draft {
	return create(model.TimesheetEvents, give(model.TimeKind, model.Text("manual_entry")), give(model.TimeAmount, model.Int(minutes)))
}
