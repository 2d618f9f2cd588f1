package engine

import (
	"github.com/fieldsync/fieldsync/sync/model"
)

// What planted bugs do to hours, as products do that lose them (domain (e), R10); see planted. Without the build tag nothing
// calls it.

// clearTimes takes the times of a job away, as vWork's cancelling does.
func (f *frame) clearTimes(job model.RecordID) {
	for id := range f.r.Records(model.TimesheetEvents, model.Place{}) {
		if r := f.live(id); r != nil && model.RefOf(r.Value(model.TimeJob)) == job {
			f.edit(id).Deleted = true
		}
	}
}

// overlaps says whether an event tells of work while other work runs, which VeriClock deletes.
func (f *frame) overlaps(c *model.Change) bool {
	at, _ := f.estimate(c)
	h := f.hoursOf(c.Author, at, at+1, func(*model.Record) bool { return true })
	sheet := h.sheet(f.rule(), 0, at)
	for _, e := range sheet.Entries {
		if e.Start <= at && (e.End == 0 || at < e.End) && e.Job != jobIn(c) {
			return true
		}
	}
	return false
}

func jobIn(c *model.Change) (job model.RecordID) {
	for _, x := range c.Fields {
		if x.Field == model.TimeJob {
			job = model.RefOf(x.Value)
		}
	}
	return job
}
