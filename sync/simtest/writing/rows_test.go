package writing

import (
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The rows of domain (d): what the office did while a worker was offline, and what becomes of the worker's events. The
// oracle compares status and states with its own derivation; the scripts say what the table says.

// offline is a job with a worker who is offline from now on.
type offline struct {
	w   *World
	p   *phone
	job model.RecordID
}

func startOffline(t testing.TB, u func(*World) *user) *offline {
	t.Helper()
	w := start(t)
	o := &offline{w: w, job: w.newJob(u(w))}
	o.p = w.phone("pixel", u(w))
	w.pass(minute)
	return o
}

func ben(w *World) *user { return w.ben }
func sue(w *World) *user { return w.sue }

// does is an event of the worker, a minute later.
func (o *offline) does(kinds ...string) (out []replica.Saved) {
	for _, k := range kinds {
		o.w.pass(minute)
		out = append(out, o.w.save(o.p, 0, happens(o.job, k))...)
	}
	return out
}

// back is when the worker comes back.
func (o *offline) back(t testing.TB, status string) {
	t.Helper()
	o.w.pass(minute)
	o.w.flush(o.p)
	o.w.view(func(r storage.Reader) {
		job, _ := r.Record(o.job)
		if got := job.Value(model.JobStatus).Text(); got != status {
			t.Errorf("status = %q, want %q", got, status)
		}
	})
	o.w.finish()
}

func outcomes(t testing.TB, w *World, list []replica.Saved, want ...model.Outcome) {
	t.Helper()
	for i, s := range list {
		if out, why := fateOf(t, w, s.Change); out != want[i] {
			t.Errorf("event %d is %v %d, want %v", i, out, why, want[i])
		}
	}
}

const (
	isApplied  = model.OutcomeApplied
	isRecorded = model.OutcomeRecorded
	isHeld     = model.OutcomeHeld
)

// Row a, T2, T5 to T8: nothing happened meanwhile.
func TestDa_Nothing(t *testing.T) {
	o := startOffline(t, ben)
	ev := o.does("accept", "travel", "start", "pause", "resume", "done")
	o.back(t, "completed")
	outcomes(t, o.w, ev, isApplied, isApplied, isApplied, isApplied, isApplied, isApplied)
}

// T3: a refusal takes the job away.
func TestT3_Decline(t *testing.T) {
	o := startOffline(t, ben)
	ev := o.does("decline")
	o.back(t, "unassigned")
	outcomes(t, o.w, ev, isApplied)
}

// Row b: the office edited the description.
func TestDb_Edited(t *testing.T) {
	o := startOffline(t, ben)
	o.w.phone("console", o.w.amy)
	ev := o.does("accept", "start")
	o.w.office(noCrash, o.w.edits(model.Jobs, o.job, set(model.JobDescription, o.w.value())))
	ev = append(ev, o.does("done")...)
	o.back(t, "completed")
	outcomes(t, o.w, ev, isApplied, isApplied, isApplied)
}

// Row c: moved to another day: an acceptance is of the new day only when its author knew it; work stands.
func TestDc_Rescheduled(t *testing.T) {
	o := startOffline(t, ben)
	w := o.w
	w.phone("console", w.amy)
	w.office(noCrash, w.edits(model.Jobs, o.job, set(model.JobWindowStart, model.Int(int64(w.now+day)))))
	ev := o.does("accept")
	o.w.flush(o.p)
	outcomes(t, w, ev, isRecorded)
	w.sync(o.p)
	ev = o.does("accept", "start", "done")
	o.back(t, "completed")
	outcomes(t, w, ev, isApplied, isApplied, isApplied)
}

// Row d: reassigned to another who has not begun.
func TestDd_Reassigned(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after []string
		status        string
		want          []model.Outcome
	}{
		{"only accepted", []string{}, []string{"accept"}, "offered", []model.Outcome{isRecorded}},
		{"began before and finished", []string{"start"}, []string{"done"}, "completed", []model.Outcome{isRecorded, isApplied}},
		{"began before, not finished", []string{"travel", "start"}, []string{}, "offered", []model.Outcome{isRecorded, isRecorded}},
		{"began after", []string{}, []string{"start", "done"}, "offered", []model.Outcome{isRecorded, isRecorded}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := startOffline(t, ben)
			ev := o.does(c.before...)
			o.w.pass(minute)
			o.w.reassign(o.job, o.w.sue)
			ev = append(ev, o.does(c.after...)...)
			o.back(t, c.status)
			outcomes(t, o.w, ev, c.want...)
		})
	}
}

// Row e: reassigned to another who has begun: the job follows them.
func TestDe_BothWorked(t *testing.T) {
	o := startOffline(t, ben)
	ev := o.does("start")
	o.w.pass(minute)
	o.w.reassign(o.job, o.w.sue)
	q := o.w.phone("galaxy", o.w.sue)
	o.w.pass(minute)
	o.w.save(q, 0, happens(o.job, "start"))
	o.w.flush(q)
	ev = append(ev, o.does("done")...)
	o.back(t, "in_progress")
	outcomes(t, o.w, ev, isRecorded, isRecorded)
}

// Row f: a subcontractor who was unassigned: what began before is applied as their visit, what began after is held.
func TestDf_SubcontractorUnassigned(t *testing.T) {
	for _, began := range []bool{true, false} {
		o := startOffline(t, sue)
		var ev []replica.Saved
		if began {
			ev = o.does("start")
		}
		o.w.pass(minute)
		o.w.reassign(o.job, o.w.ben)
		ev = append(ev, o.does("travel", "done")...)
		hours := o.w.save(o.p, 0, worked(25))
		if began {
			o.back(t, "completed")
			outcomes(t, o.w, ev, isApplied, isApplied, isApplied)
		} else {
			o.back(t, "offered")
			outcomes(t, o.w, ev, isHeld, isHeld)
		}
		outcomes(t, o.w, hours, isApplied)
	}
}

// Row g: cancelled.
func TestDg_Cancelled(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after []string
		status        string
		want          []model.Outcome
	}{
		{"accepted", []string{}, []string{"accept"}, "cancelled", []model.Outcome{isRecorded}},
		{"began before and finished", []string{"start"}, []string{"done"}, "completed", []model.Outcome{isRecorded, isApplied}},
		{"began before, not finished", []string{"start"}, []string{"pause"}, "cancelled", []model.Outcome{isRecorded, isRecorded}},
		{"began after", []string{}, []string{"start", "done"}, "cancelled", []model.Outcome{isRecorded, isRecorded}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := startOffline(t, ben)
			ev := o.does(c.before...)
			o.w.pass(minute)
			o.w.office(noCrash, o.w.orders(o.job, "cancel", model.RecordID{}))
			ev = append(ev, o.does(c.after...)...)
			o.back(t, c.status)
			outcomes(t, o.w, ev, c.want...)
		})
	}
}

// An acceptance that was recorded because the job was cancelled is history: reinstating the job does not make it one.
func TestT11_ARecordedClaimStaysWithoutEffect(t *testing.T) {
	o := startOffline(t, ben)
	o.w.office(noCrash, o.w.orders(o.job, "cancel", model.RecordID{}))
	ev := o.does("accept")
	o.w.pass(minute)
	o.w.flush(o.p)
	outcomes(t, o.w, ev, isRecorded)
	o.w.office(noCrash, o.w.orders(o.job, "reinstate", model.RecordID{}))
	o.back(t, "offered")
}

// Row l, T13: a reopened job is at its next visit; what is late goes to the visit it was captured under and completes
// nothing, and whoever is sent again starts anew.
func TestDl_Reopened(t *testing.T) {
	o := startOffline(t, ben)
	w := o.w
	w.office(noCrash, w.assignment(o.job, w.sue))
	q := w.phone("galaxy", w.sue)
	done := o.does("start", "done")
	w.flush(o.p)
	outcomes(t, w, done, isApplied, isApplied)
	w.pass(minute)
	w.office(noCrash, w.orders(o.job, "reopen", model.RecordID{}))
	w.pass(minute)
	late := w.save(q, 0, happens(o.job, "start"))
	w.pass(minute)
	late = append(late, w.save(q, 0, happens(o.job, "done"))...)
	w.flush(q)
	outcomes(t, w, late, isRecorded, isRecorded)
	w.office(noCrash, w.assignment(o.job, w.ben))
	w.pass(minute)
	w.sync(o.p)
	again := w.save(o.p, 0, create(model.VisitEvents, under(o.job), give(model.VisitEventKind, model.Text("accept")), give(model.VisitEventVisit, model.Int(2))))
	o.back(t, "scheduled")
	outcomes(t, w, again, isApplied)
}

// Two workers of one job: the first done counts, and both visits are kept.
func TestD_TwoWorkers(t *testing.T) {
	o := startOffline(t, ben)
	w := o.w
	w.office(noCrash, w.assignment(o.job, w.sue))
	q := w.phone("galaxy", w.sue)
	mine := o.does("start", "done")
	w.pass(minute)
	theirs := w.save(q, 0, happens(o.job, "start"))
	w.pass(minute)
	theirs = append(theirs, w.save(q, 0, happens(o.job, "done"))...)
	w.flush(q)
	o.back(t, "completed")
	outcomes(t, w, mine, isApplied, isApplied)
	outcomes(t, w, theirs, isApplied, isApplied)
	w.view(func(r storage.Reader) {
		job, _ := r.Record(o.job)
		at := w.o.latest[mine[1].Change].at
		if got := job.Value(model.JobCompleted).Int(); got != int64(at) {
			t.Errorf("completed at %s, want the first done at %s", span(model.Instant(got)-began), span(at-began))
		}
	})
}

// S2: work on a job that was taken away is answered alike, whatever became of the job since.
func TestS2_WorkOnALostJob(t *testing.T) {
	for _, since := range []string{"", "cancel"} {
		o := startOffline(t, ben)
		o.w.pass(minute)
		o.w.reassign(o.job, o.w.sue)
		if since != "" {
			o.w.pass(minute)
			o.w.office(noCrash, o.w.orders(o.job, since, model.RecordID{}))
		}
		o.w.pass(minute)
		ev := o.does("accept", "start")
		o.w.flush(o.p)
		for _, s := range ev {
			if out, why := fateOf(t, o.w, s.Change); out != isRecorded || why != model.ReasonNotYours {
				t.Errorf("after %q: %v %d, want recorded %d", since, out, why, model.ReasonNotYours)
			}
		}
		o.w.finish()
	}
}
