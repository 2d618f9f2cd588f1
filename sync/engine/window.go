package engine

import (
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// Time moves work in and out of phones (DESIGN §4). A job is judged by the calendar, which is a row like any other, and
// never by the clock of whoever commits: the sweeper alone turns it (turn.go). What a job is then stands in a row of its
// own, with the day on which it will be otherwise, so that what hangs on it is placed by what it is, and the turn of a
// day touches what moves and nothing else.

// newCalendar begins at a moment, under a rule that all lives by.
func (e *Engine) newCalendar(rule model.Window, now model.Instant) storage.Calendar {
	return storage.Calendar{Day: model.DayOf(now, e.zone(rule)), Turned: allTurned, Rule: rule, Next: rule}
}

// allTurned is beyond every job: a day that has been turned over whole.
var allTurned = func() (id model.RecordID) {
	for i := range id {
		id[i] = 0xff
	}
	return id
}()

// zone is the zone that a rule counts its days in; nil: UTC.
func (e *Engine) zone(rule model.Window) *time.Location {
	if e.cfg.Zone == nil || rule.Zone == "" {
		return nil
	}
	return e.cfg.Zone(rule.Zone)
}

// today is the calendar as this decision has it. A company that has none yet lives by no rule: everything is in.
func (t *tx) today() *storage.Calendar {
	if t.calendar == nil {
		c, ok := get(t, storage.TableWindows, "", storage.ParseCalendar)
		if !ok {
			c = t.e.newCalendar(model.Window{}, t.now)
		}
		t.calendar = &c
	}
	return t.calendar
}

// span is a job's place in the window, by the rule and on the day that it lives in.
func (t *tx) span(job *model.Record) access.Span {
	c := t.today()
	rule, day := c.Rule, c.Day
	if c.Next != c.Rule && job.ID.Compare(c.Walked) <= 0 {
		rule = c.Next
	}
	if job.ID.Compare(c.Turned) > 0 {
		day--
	}
	if planted("window-by-own-clock") {
		day = model.DayOf(t.now, t.e.zone(rule))
	}
	return access.InWindow(rule, datesOf(job, t.e.zone(rule)), day)
}

// datesOf is what of a job decides when phones carry it. A job was over when its completion was met, else when it came
// to be closed or cancelled: when that happened, not when it came in.
func datesOf(job *model.Record, zone *time.Location) access.Dates {
	d := access.Dates{Planned: model.NoDay, Ended: model.NoDay}
	completed := job.Value(model.JobCompleted)
	for _, f := range []model.FieldNo{model.JobWindowStart, model.JobWindowEnd} {
		if v := job.Value(f); !v.IsNull() && d.Planned == model.NoDay {
			d.Planned = model.DayOf(model.Instant(v.Int()), zone)
		}
	}
	status, _ := job.Cell(model.JobStatus)
	switch status.Value.Text() {
	case workflow.StatusTravelling, workflow.StatusInProgress, workflow.StatusPaused:
		d.Begun = true
	case workflow.StatusCompleted, workflow.StatusClosed, workflow.StatusCancelled:
		d.Ended = model.DayOf(job.Writes[status.Write].Occurred, zone)
		if !completed.IsNull() {
			d.Ended = model.DayOf(model.Instant(completed.Int()), zone)
		}
	}
	d.Begun = d.Begun || !completed.IsNull() || !job.Value(model.JobStarted).IsNull()
	return d
}

// outside says whether phones do not carry a job, as it was last judged.
func (t *tx) outside(job model.RecordID) bool { return t.windowOf(job).Out }

func (t *tx) windowOf(job model.RecordID) storage.JobWindow {
	if w, ok := get(t, storage.TableWindows, storage.JobWindowKey(job), storage.ParseJobWindow); ok {
		return w
	}
	return storage.JobWindow{Due: model.NoDay}
}

// window judges a job anew when something became of it, and says whether it came in or went out.
func (t *tx) window(job *model.Record) bool {
	if planted("window-ignored") {
		return false
	}
	was, now := t.judged(job)
	t.file(job.ID, was, now)
	return was.Out != now.Out
}

// judged is what stands of a job and what must stand.
func (t *tx) judged(job *model.Record) (was, now storage.JobWindow) {
	was, now = t.windowOf(job.ID), storage.JobWindow{Due: model.NoDay}
	if !job.Deleted {
		span := t.span(job)
		now = storage.JobWindow{Out: !span.In, Due: span.Due}
	}
	return was, now
}

// file keeps what a job is, and the day on which it will be otherwise.
func (t *tx) file(job model.RecordID, was, now storage.JobWindow) {
	if was == now {
		return
	}
	if was.Due != now.Due && was.Due != model.NoDay {
		t.remove(storage.TableWindows, storage.DueKey(was.Due, job))
	}
	if now.Due != model.NoDay {
		t.put(storage.TableWindows, storage.DueKey(now.Due, job), nil)
	}
	if key := storage.JobWindowKey(job); now == (storage.JobWindow{Due: model.NoDay}) {
		t.remove(storage.TableWindows, key)
	} else {
		t.put(storage.TableWindows, key, now.Append(nil))
	}
	delete(t.crews, job)
	if was.Out != now.Out {
		t.carried(t.live(job))
	}
}
