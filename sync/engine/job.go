package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// complete adds what the server says of a new record: authors and estimated instants of facts, a job's number.
func (f *frame) complete(r *model.Record, c *model.Change, w model.Write, v verdict) {
	idle := v.outcome == model.OutcomeRecorded // history, without effect
	at := model.Int(int64(w.Occurred))
	switch r.Collection {
	case model.Jobs:
		r.Set(model.JobNumber, model.Text(f.jobNumber(r.ID)), w)
		r.Set(model.JobVisit, model.Int(1), w)
	case model.Notes:
		r.Set(model.NoteAuthor, model.Ref(c.Author), w)
		r.Set(model.NoteAt, at, w)
	case model.VisitEvents:
		r.Set(model.VisitEventAt, at, w)
		r.Set(model.VisitEventAuthor, model.Ref(c.Author), w)
		if idle && isAnswer(c) {
			r.Set(model.VisitEventIdle, model.Bool(true), w)
		}
	case model.OfficeEvents:
		r.Set(model.OfficeEventAt, at, w)
		r.Set(model.OfficeEventAuthor, model.Ref(c.Author), w)
		if idle {
			r.Set(model.OfficeEventIdle, model.Bool(true), w)
		}
	case model.Assignments:
		r.Set(model.AssignmentSince, at, w)
		r.Set(model.AssignmentVisit, f.record(r.Parent()).Value(model.JobVisit), w)
	case model.TimesheetEvents:
		_, fuzz := f.estimate(c)
		r.Set(model.TimeAt, at, w)
		r.Set(model.TimeFuzz, model.Int(fuzz), w)
		r.Set(model.TimeWorker, model.Ref(c.Author), w)
		r.Set(model.TimeWall, model.Int(int64(c.Occurred.Wall)), w)
		r.Set(model.TimeZone, model.Text(c.Occurred.Clock.Zone), w)
		r.Set(model.TimeDevice, model.Ref(f.conn.Device), w)
	}
}

// estimate is when a change's content happened, by the server's reckoning (domain E2), and how unsure that is.
func (f *frame) estimate(c *model.Change) (at model.Instant, fuzz int64) {
	return workflow.Estimate(c.Occurred, f.now, 0, f.skew)
}

// createTime keeps hours. Nothing stops them: no job, session, right or clock (domain R10, E1).
func (f *frame) createTime(c *model.Change) verdict {
	if f.record(c.Record) == nil || planted("ledger-unkeyed") {
		spec, _ := f.table.Spec(model.TimesheetEvents)
		f.insert(c, spec, applied)
	}
	return applied
}

// jobNumber draws a job's number from a sparse range: running numbers tell a subcontractor how much else happens
// (DESIGN §12.15). It is a pseudo-random function of the job, so that deciding twice draws the same.
func (t *tx) jobNumber(job model.RecordID) string {
	for i := byte(0); ; i++ {
		m := hmac.New(sha256.New, t.tenant.Secret[:])
		m.Write([]byte("job number"))
		m.Write(job[:])
		m.Write([]byte{i})
		n := strconv.FormatUint(1_000_000+binary.BigEndian.Uint64(m.Sum(nil))%9_000_000, 10)
		if raw, taken := t.row(storage.TableNumbers, n); !taken || string(raw) == string(job[:]) {
			t.put(storage.TableNumbers, n, job[:])
			return n
		}
	}
}

// workOf is a job's assignments and events, as the workflow sees them.
func (t *tx) workOf(job *model.Record) workflow.Job {
	s := t.tenant.Settings
	w := workflow.Job{
		Visit: job.Value(model.JobVisit).Int(), Rule: s.CompletionRule, AutoAccept: s.AutoAccept,
	}
	for _, id := range t.children(job.ID) {
		r := t.live(id)
		if r == nil {
			continue
		}
		switch r.Collection {
		case model.Assignments:
			w.Assignments = append(w.Assignments, workflow.Assignment{
				ID: r.ID, User: model.UserID(model.RefOf(r.Value(model.AssignmentUser))),
				Lead: r.Value(model.AssignmentRole).Text() != "helper", Visit: r.Value(model.AssignmentVisit).Int(),
				Since: model.Instant(r.Value(model.AssignmentSince).Int()),
			})
		case model.VisitEvents:
			w.Events = append(w.Events, workflow.Event{
				Change: model.ChangeID(r.ID), Kind: r.Value(model.VisitEventKind).Text(),
				Worker: model.UserID(model.RefOf(r.Value(model.VisitEventAuthor))),
				Visit:  max(1, r.Value(model.VisitEventVisit).Int()), At: model.Instant(r.Value(model.VisitEventAt).Int()),
				Idle: r.Value(model.VisitEventIdle).Bool(),
			})
		case model.OfficeEvents:
			w.Events = append(w.Events, workflow.Event{
				Change: model.ChangeID(r.ID), Kind: r.Value(model.OfficeEventKind).Text(), Office: true,
				Worker: model.UserID(model.RefOf(r.Value(model.OfficeEventAuthor))),
				At:     model.Instant(r.Value(model.OfficeEventAt).Int()), Of: model.RefOf(r.Value(model.OfficeEventOf)),
				Idle: r.Value(model.OfficeEventIdle).Bool(),
			})
		}
	}
	return w
}

// judgeEvent decides an event of a visit or of the office by the table of domain (d), and raises its flags.
func (f *frame) judgeEvent(c *model.Change, job *model.Record, a ask) verdict {
	at, _ := f.estimate(c)
	e := workflow.Event{Change: c.ID, Worker: c.Author, At: at, Office: c.Collection == model.OfficeEvents}
	for _, x := range c.Fields {
		switch {
		case x.Field == model.VisitEventKind: // the same number in both collections
			e.Kind = x.Value.Text()
		case x.Field == model.VisitEventVisit && !e.Office:
			e.Visit = x.Value.Int()
		case x.Field == model.OfficeEventOf && e.Office:
			e.Of = model.RefOf(x.Value)
		}
	}
	external := f.conn.Kind == model.Subcontractor && !a.released
	out, why, flags := workflow.JudgeEvent(f.workOf(job), e, external)
	f.flag(c, job.ID, why, flags)
	return verdict{outcome: out, reason: why}
}

// flag adds flags to a job's, for a person's eye; they stay until the office takes them off.
func (f *frame) flag(c *model.Change, job model.RecordID, why model.Reason, flags []string) {
	if len(flags) == 0 {
		return
	}
	have := strings.Fields(f.record(job).Value(model.JobFlags).Text())
	for _, flag := range flags {
		f.review(review{
			kind: ReviewFlag, change: c.ID, record: job, author: c.Author, reason: why, salt: []byte(flag),
		})
	}
	have = append(have, flags...)
	slices.Sort(have)
	v := model.Text(strings.Join(slices.Compact(have), " "))
	f.setDerived(f.record(job), model.JobFlags, v, f.write(c))
}

// isAnswer says whether a change accepts or declines an offer: an event by shape, a claim by nature.
func isAnswer(c *model.Change) bool {
	for _, x := range c.Fields {
		if c.Collection == model.VisitEvents && x.Field == model.VisitEventKind {
			return x.Value.Text() == "accept" || x.Value.Text() == "decline"
		}
	}
	return false
}

// visitOpen says whether field work on the job of a record goes on, for policies that ask who stands meanwhile.
func (t *tx) visitOpen(r *model.Record) bool {
	job := t.jobOf(r)
	if job == nil {
		return false
	}
	switch job.Value(model.JobStatus).Text() {
	case "completed", "closed", "cancelled":
		return false
	default:
		return true
	}
}

// derive brings a job's status and its assignments' states in line with the events. They are never written by anybody
// else: status is not a value that merges (domain (c), job.status).
func (t *tx) derive(r *model.Record) {
	switch r.Collection {
	case model.Jobs, model.Assignments, model.VisitEvents, model.OfficeEvents:
	default:
		return
	}
	job := t.jobOf(r)
	if job == nil {
		return
	}
	w := r.Writes[len(r.Writes)-1]
	w.Seq = t.seq()
	d := workflow.Derive(t.workOf(job))
	moved := false
	for id, state := range d.States {
		a := t.record(id)
		was := standing(a)
		if t.setDerived(a, model.AssignmentState, model.Text(state), w) {
			moved = moved || was != standing(t.record(id))
		}
	}
	job = t.record(job.ID)
	t.setDerived(job, model.JobStatus, model.Text(d.Status), w)
	t.setDerived(job, model.JobStarted, instant(d.Started), w)
	t.setDerived(job, model.JobCompleted, instant(d.Completed), w)
	if moved {
		t.settleJob(job.ID)
	}
}

func instant(at model.Instant) model.Value {
	if at == 0 {
		return model.Null()
	}
	return model.Int(int64(at))
}

// setDerived gives a derived field its value when it is not that already, so that nothing moves for nothing.
func (t *tx) setDerived(r *model.Record, f model.FieldNo, v model.Value, w model.Write) bool {
	if t.record(r.ID).Value(f) == v {
		return false
	}
	t.edit(r.ID).Set(f, v, w)
	return true
}
