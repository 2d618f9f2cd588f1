package engine

import (
	"encoding/binary"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// deriveVisits keeps a record of each worker's work on each visit, made when they begin. What has not changed is not written.
func (t *tx) deriveVisits(job model.RecordID, visits []workflow.Visit, w model.Write) {
	for _, v := range visits {
		id := t.visitID(job, v)
		if r := t.record(id); r == nil {
			t.makeVisit(id, job, v, w)
		} else if !r.Deleted && !planted("visits-stay-open") {
			t.setDerived(r, model.VisitState, model.Text(v.State), w)
			t.setDerived(r, model.VisitBegan, instant(v.Began), w)
			t.setDerived(r, model.VisitEnded, instant(v.Ended), w)
		}
	}
}

func (t *tx) makeVisit(id, job model.RecordID, v workflow.Visit, w model.Write) {
	r := t.edit(id)
	r.Collection = model.Visits
	r.Set(model.FieldParent, model.Ref(job), w)
	r.Set(model.VisitUser, model.Ref(v.Worker), w)
	r.Set(model.VisitNumber, model.Int(v.Number), w)
	r.Set(model.VisitState, model.Text(v.State), w)
	r.Set(model.VisitBegan, instant(v.Began), w)
	if v.Ended != 0 {
		r.Set(model.VisitEnded, instant(v.Ended), w)
	}
	t.place(r)
}

// visitID is the visit's record.
func (t *tx) visitID(job model.RecordID, v workflow.Visit) model.RecordID {
	return t.derived("visit", job[:], v.Worker[:], binary.BigEndian.AppendUint64(nil, uint64(v.Number)))
}

// showsVisit says whether a visit is shown to its worker: while they are on the job, as everything of it is.
func (t *tx) showsVisit(r *model.Record, u model.UserID) bool {
	job := t.jobOf(r)
	return job != nil && (slices.Contains(t.assignees(job.ID), u) || planted("visits-outstay"))
}
