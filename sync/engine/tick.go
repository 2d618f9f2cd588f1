package engine

import (
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// undone is the kind of event that takes a tick back.
const undone = "undone"

// judgeTick decides what somebody says of a task. Both are facts; but whoever has said that their visit is done takes nothing
// back on it any more: that is kept as history (T14).
func (f *frame) judgeTick(c *model.Change, task *model.Record) verdict {
	job := f.jobOf(task)
	if job == nil || f.conn.Kind == model.Desktop || planted("undone-after-done") {
		return applied
	}
	kind, visit := "", job.Value(model.JobVisit).Int()
	for _, x := range c.Fields {
		switch x.Field {
		case model.TaskEventKind:
			kind = x.Value.Text()
		case model.TaskEventVisit:
			visit = x.Value.Int()
		}
	}
	if at, _ := f.estimate(c); kind == undone && f.saidDone(job, c.Author, visit, at) {
		return recorded(model.ReasonClosed)
	}
	return applied
}

// saidDone says whether somebody had said by a moment that their visit was done.
func (t *tx) saidDone(job *model.Record, u model.UserID, visit int64, by model.Instant) bool {
	for _, e := range t.below(job.ID, model.VisitEvents) {
		theirs := model.UserID(model.RefOf(e.Value(model.VisitEventAuthor))) == u && max(1, e.Value(model.VisitEventVisit).Int()) == visit
		done := e.Value(model.VisitEventKind).Text() == workflow.KindDone && !e.Value(model.VisitEventIdle).Bool()
		if theirs && done && model.Instant(e.Value(model.VisitEventAt).Int()) <= by {
			return true
		}
	}
	return false
}

// deriveTask brings a task in line with what was said of it.
func (t *tx) deriveTask(task *model.Record, w model.Write) {
	if task == nil || task.Deleted {
		return
	}
	var ticks []workflow.Tick
	for _, r := range t.below(task.ID, model.TaskEvents) {
		if r.Value(model.TaskEventIdle).Bool() {
			continue
		}
		ticks = append(ticks, workflow.Tick{
			Change: model.ChangeID(r.ID), Undone: r.Value(model.TaskEventKind).Text() == undone,
			Worker: model.UserID(model.RefOf(r.Value(model.TaskEventAuthor))), At: model.Instant(r.Value(model.TaskEventAt).Int()),
		})
	}
	d := workflow.DeriveTask(ticks)
	at, by := model.Null(), model.Null()
	if d.Done {
		at, by = model.Int(int64(d.At)), model.Ref(d.By)
	}
	t.setDerived(task, model.TaskDone, model.Bool(d.Done), w)
	t.setDerived(task, model.TaskDoneAt, at, w)
	t.setDerived(task, model.TaskDoneBy, by, w)
}
