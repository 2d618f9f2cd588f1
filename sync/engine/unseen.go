package engine

import (
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// What a worker could not know when they said that something happened: it stands as said, and somebody of the office looks at it.

// unseenBy is the office's write of a field that an author had not seen when they saved what stands on a base.
func (f *frame) unseenBy(b base, r *model.Record, field model.FieldNo) (w model.Write, ok bool) {
	cell, ok := r.Cell(field)
	if !ok {
		return w, false
	}
	seen, known := f.head.Lineage.Within(b.at)
	w = f.said(r, cell)
	return w, w.Office && (!known || w.Seq > seen)
}

// unseen is the flags of a fact that applies, on account of what the office did meanwhile (domain (d), rows b, j and k).
func (f *frame) unseen(job *model.Record, e workflow.Event, b base) (flags []string) {
	if e.Office || b.none || planted("unseen-unflagged") {
		return nil
	}
	switch e.Kind {
	case workflow.KindTravel, workflow.KindStart, workflow.KindPause, workflow.KindResume, workflow.KindDone:
	default:
		return nil
	}
	for _, field := range []model.FieldNo{model.JobCustomer, model.JobSite} {
		if w, ok := f.unseenBy(b, job, field); ok && !bornOf(job, w) {
			flags = append(flags, workflow.FlagReview) // it was done for another customer, or elsewhere
		}
	}
	if e.Kind == workflow.KindDone {
		flags = append(flags, f.unseenOfDone(job, e, b)...)
	}
	slices.Sort(flags)
	return slices.Compact(flags)
}

// unseenOfDone is what a completion leaves open: instructions that were changed before it, tasks that must be done, and what must be said.
func (f *frame) unseenOfDone(job *model.Record, e workflow.Event, b base) (flags []string) {
	for _, field := range []model.FieldNo{model.JobDescription, model.JobInstructions} {
		if w, ok := f.unseenBy(b, job, field); ok && w.Occurred < e.At {
			flags = append(flags, workflow.FlagReview)
		}
	}
	for _, task := range f.below(job.ID, model.Tasks) {
		if w, ok := f.unseenBy(b, task, model.TaskTitle); ok && w.Occurred < e.At && !bornOf(task, w) {
			flags = append(flags, workflow.FlagReview)
		}
		if task.Value(model.TaskRequired).Bool() && !task.Value(model.TaskNotRequired).Bool() && !task.Value(model.TaskDone).Bool() {
			flags = append(flags, workflow.FlagIncomplete)
		}
	}
	if f.lacksWanted(job) {
		flags = append(flags, workflow.FlagIncomplete)
	}
	return flags
}

// lacksWanted says whether a job has no value in a field of the company's own that wants one, of those that its author is shown.
func (f *frame) lacksWanted(job *model.Record) bool {
	spec, _ := f.table.Spec(model.Jobs)
	return slices.ContainsFunc(spec.Fields, func(field model.Field) bool {
		return field.Wanted && f.view.Sees(model.Jobs, field.Class) && job.Value(field.No).IsNull()
	})
}

// bornOf says whether a record came to be by a write: what is new was not changed, as a task that is added (row k, not b).
func bornOf(r *model.Record, w model.Write) bool {
	parent, ok := r.Cell(model.FieldParent)
	return ok && r.Writes[parent.Write].Change == w.Change
}

// marksLate flags a job that is closed when the field adds something to it (domain (d), row h); once is enough.
func (f *frame) marksLate(c *model.Change, spec *model.Spec, r *model.Record) {
	job := f.jobOf(r)
	if job == nil || f.conn.Lane == model.LaneOffice || spec.Nature != model.Fact || spec.No == model.VisitEvents || planted("unseen-unflagged") {
		return
	}
	late := slices.Contains(strings.Fields(job.Value(model.JobFlags).Text()), workflow.FlagLate)
	if !late && job.Value(model.JobStatus).Text() == workflow.StatusClosed {
		f.flag(c, job.ID, model.ReasonClosed, []string{workflow.FlagLate})
	}
}
