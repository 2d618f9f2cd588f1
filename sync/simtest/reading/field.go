package reading

import (
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// field is what happens on a phone between two pages: somebody saves something, or work is handed in.
func (w *world) field(d *device) {
	d.moment.Mono += 1000
	d.moment.Wall = w.now
	if w.dice.IntN(2) == 0 {
		d.handIn(false)
		return
	}
	if d.owner.kind == model.Desktop {
		return
	}
	list := must(d.rep.List(model.Jobs, model.RecordID{}))
	if len(list) == 0 || w.dice.IntN(6) == 0 {
		fields := []model.FieldValue{{Field: model.JobTitle, Value: w.words()}}
		for _, x := range w.planned() {
			fields = append(fields, model.FieldValue{Field: x.Field, Value: x.Value})
		}
		d.save(replica.Draft{Op: model.OpCreate, Collection: model.Jobs, Fields: fields})
		return
	}
	d.onJob(list[w.dice.IntN(len(list))])
}

var visitKinds = []string{"accept", "decline", "travel", "start", "pause", "resume", "done"}

// onJob saves something of a job that is on the screen.
func (d *device) onJob(job replica.Record) {
	w := d.w
	parent := model.FieldValue{Field: model.FieldParent, Value: model.Ref(job.ID)}
	switch w.dice.IntN(4) {
	case 0:
		d.save(replica.Draft{Op: model.OpCreate, Collection: model.Tasks, Fields: []model.FieldValue{
			parent, {Field: 2, Value: w.words()},
		}})
	case 1:
		d.save(replica.Draft{Op: model.OpCreate, Collection: model.Notes, Fields: []model.FieldValue{
			parent,
			{Field: model.NoteText, Value: w.words()},
			{Field: model.NoteAudience, Value: model.Text(noteLabels[w.dice.IntN(2)])},
		}})
	case 2:
		d.save(replica.Draft{Op: model.OpCreate, Collection: model.VisitEvents, Fields: []model.FieldValue{
			parent,
			{Field: model.VisitEventKind, Value: model.Text(visitKinds[w.dice.IntN(len(visitKinds))])},
			{Field: model.VisitEventVisit, Value: model.Int(1)},
		}})
	default:
		tasks := must(d.rep.List(model.Tasks, job.ID))
		if len(tasks) > 0 {
			d.save(replica.Draft{Op: model.OpEdit, Record: tasks[w.dice.IntN(len(tasks))].ID, Fields: []model.FieldValue{
				{Field: 2, Value: w.words()},
			}})
		}
	}
}

// save keeps a draft on the phone; before the first checkpoint there is nothing to save on.
func (d *device) save(draft replica.Draft) {
	if d.at().cut == 0 {
		return
	}
	saved, err := d.rep.Save(d.moment, draft)
	if err != nil {
		d.w.stats["not saved"]++
		return
	}
	d.w.stats["saved"] += len(saved)
	d.w.say("%s saves op %d of %s of %d", short(d.conn.Device), draft.Op, short(saved[0].Record), draft.Collection)
}

// handIn sends what waits in the outbox; unless everything must go, answers and pushes get lost.
func (d *device) handIn(all bool) {
	for range 100 {
		push := must(d.rep.NextPush(1+d.w.dice.IntN(4), 1<<16))
		if push == nil {
			return
		}
		if !all && d.w.dice.IntN(6) == 0 {
			d.rep.Disconnected()
			return
		}
		answers := d.send(push)
		if !all && d.w.dice.IntN(6) == 0 {
			d.rep.Disconnected()
			return
		}
		must(d.rep.Answered(answers))
	}
	d.w.fail("stuck", "an outbox does not empty")
}

// handInSome sends one push of at most n changes.
func (d *device) handInSome(n int) { must(d.rep.Answered(d.send(must(d.rep.NextPush(n, 1<<16))))) }

// send takes a push over the wire's format to the engine.
func (d *device) send(push *protocol.Push) *protocol.Answers {
	blobs := make([]string, len(push.Blobs))
	for i, b := range push.Blobs {
		blobs[i] = string(b)
	}
	var changes []model.Submitted
	for _, c := range push.Changes {
		changes = append(changes, model.Submitted{
			Change: protocol.DecodeChange(string(c.Body), blobs), Number: c.Number, Receipt: c.Receipt,
		})
	}
	return &protocol.Answers{Number: push.Number, Time: d.w.now, Answers: d.w.push(d.conn, changes, push.Have)}
}
