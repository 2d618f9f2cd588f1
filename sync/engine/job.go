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

// complete adds what the server says of a new record: who said a fact and when that was by its own reckoning, a job's
// number, and the raw readings that hours are kept with.
func (f *frame) complete(r *model.Record, c *model.Change, w model.Write, v verdict) {
	spec, _ := f.table.Spec(r.Collection)
	for i := range spec.Fields {
		field := &spec.Fields[i]
		if field.Policy != model.PolicyServer {
			continue
		}
		switch field.Name {
		case "author", "worker", "creator":
			r.Set(field.No, model.Ref(c.Author), w)
		case "at":
			r.Set(field.No, model.Int(int64(w.Occurred)), w)
		case "idle": // history, without effect
			history := r.Collection == model.OfficeEvents || r.Collection == model.TaskEvents || isAnswer(c)
			if v.outcome == model.OutcomeRecorded && history || f.overtakes(r, c.Author) {
				r.Set(field.No, model.Bool(true), w)
			}
		}
	}
	switch r.Collection {
	case model.Jobs:
		r.Set(model.JobNumber, model.Text(f.jobNumber(r.ID)), w)
		r.Set(model.JobVisit, model.Int(1), w)
	case model.Assignments:
		r.Set(model.AssignmentSince, model.Int(int64(w.Occurred)), w)
		r.Set(model.AssignmentVisit, f.record(r.Parent()).Value(model.JobVisit), w)
		f.offers(r, w)
		if r.Value(model.AssignmentCompany).IsNull() { // the work of a company's people is the company's (W24)
			if company := f.firmOf(model.UserID(model.RefOf(r.Value(model.AssignmentUser)))); !company.IsZero() {
				r.Set(model.AssignmentCompany, model.Ref(company), w)
			}
		}
	case model.TimesheetEvents:
		f.completeTime(r, c, w)
	case model.TimesheetCorrections:
		f.completeCorrection(r, w)
	}
}

// completeTime keeps the raw readings beside the estimate: nothing of them is ever thrown away (domain E2, E3).
func (f *frame) completeTime(r *model.Record, c *model.Change, w model.Write) {
	_, fuzz := f.estimate(c)
	r.Set(model.TimeFuzz, model.Int(fuzz), w)
	r.Set(model.TimeWall, model.Int(int64(c.Occurred.Wall)), w)
	r.Set(model.TimeOffset, model.Int(int64(c.Occurred.Clock.Offset)), w)
	if r.Value(model.TimeZone).IsNull() {
		r.Set(model.TimeZone, model.Text(c.Occurred.Clock.Zone), w)
	}
	r.Set(model.TimeDevice, model.Ref(f.conn.Device), w)
	if flags := f.timeFlags(c, w.Occurred); len(flags) > 0 {
		r.Set(model.TimeFlags, model.Text(strings.Join(flags, " ")), w)
	}
	f.indexTime(r, w.Occurred)
}

// estimate is when a change's content happened, by the server's reckoning (domain E2), and how unsure that is.
func (f *frame) estimate(c *model.Change) (at model.Instant, fuzz int64) {
	var previous model.Instant
	if isTime(c) {
		if told := f.told(); told.Before(c.Occurred) {
			previous = told.At
			if told.Elapsed < c.Occurred.Elapsed {
				previous++ // or two events of one instant would have no order
			}
		}
	}
	if said, ok := f.saidBefore(c); ok {
		if guess, _ := workflow.Estimate(c.Occurred, f.received, 0, f.skew); guess <= said && said-guess < sameMoment {
			previous = said + 1
		}
	}
	if planted("clock-wins") && isTime(c) {
		return c.Occurred.Wall, 0
	}
	return workflow.Estimate(c.Occurred, f.received, previous, f.skew)
}

// sameMoment is how far two estimates of one phone may be apart and in the wrong order, as marks are heard late by half a
// round trip.
const sameMoment model.Instant = 4_000

// saidBefore is when the author said the event of the job that they say this one comes after: taps of one moment keep
// their order, whatever marks they were timed by.
func (f *frame) saidBefore(c *model.Change) (at model.Instant, ok bool) {
	if c.Collection != model.VisitEvents || c.Op != model.OpCreate || planted("taps-unordered") {
		return 0, false
	}
	for _, id := range c.After {
		r := f.record(model.RecordID(id))
		if r != nil && r.Collection == model.VisitEvents && model.UserID(model.RefOf(r.Value(model.VisitEventAuthor))) == c.Author {
			at, ok = max(at, model.Instant(r.Value(model.VisitEventAt).Int())), true
		}
	}
	return at, ok
}

// createTime keeps hours. Nothing stops them: no job, session, right or clock (domain R10, E1).
func (f *frame) createTime(c *model.Change) verdict {
	if planted("overlap-deletes") && f.overlaps(c) {
		return applied
	}
	if f.record(c.Record) == nil || planted("ledger-unkeyed") {
		spec, _ := f.table.Spec(model.TimesheetEvents)
		f.insert(c, spec, applied)
		f.tells(c)
	}
	return applied
}

// jobNumber draws a job's number from a sparse range: running numbers tell a subcontractor how much else happens
// (DESIGN §12.15). It is a pseudo-random function of the job, so that deciding twice draws the same.
func (t *tx) jobNumber(job model.RecordID) string {
	if planted("leak-numbers-counted") {
		n := strconv.Itoa(len(t.keys(storage.TableNumbers, "")) + 1)
		t.put(storage.TableNumbers, n, job[:])
		return n
	}
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
		Draft: job.Value(model.JobDraft).Bool(),
	}
	for _, r := range t.below(job.ID, model.Assignments) {
		w.Assignments = append(w.Assignments, workflow.Assignment{
			ID: r.ID, User: model.UserID(model.RefOf(r.Value(model.AssignmentUser))),
			Lead: r.Value(model.AssignmentRole).Text() != "helper", Visit: r.Value(model.AssignmentVisit).Int(),
			Since:     model.Instant(r.Value(model.AssignmentSince).Int()),
			Withdrawn: model.Instant(r.Value(model.AssignmentWithdrawn).Int()), Lapsed: lapsedAt(r),
		})
	}
	for _, r := range t.below(job.ID, model.VisitEvents) {
		w.Events = append(w.Events, workflow.Event{
			Change: model.ChangeID(r.ID), Kind: r.Value(model.VisitEventKind).Text(),
			Worker: model.UserID(model.RefOf(r.Value(model.VisitEventAuthor))),
			Visit:  max(1, r.Value(model.VisitEventVisit).Int()), At: model.Instant(r.Value(model.VisitEventAt).Int()),
			Idle: r.Value(model.VisitEventIdle).Bool(),
		})
	}
	for _, r := range t.below(job.ID, model.OfficeEvents) {
		w.Events = append(w.Events, workflow.Event{
			Change: model.ChangeID(r.ID), Kind: r.Value(model.OfficeEventKind).Text(), Office: true,
			Worker: model.UserID(model.RefOf(r.Value(model.OfficeEventAuthor))),
			At:     model.Instant(r.Value(model.OfficeEventAt).Int()), Of: model.RefOf(r.Value(model.OfficeEventOf)),
			Idle: r.Value(model.OfficeEventIdle).Bool(),
		})
	}
	return w
}

// lapsedAt is when an offer lapsed; 0: it did not.
func lapsedAt(a *model.Record) model.Instant {
	at := model.Instant(a.Value(model.AssignmentLapsed).Int())
	if planted("expiry-beats-acceptance") {
		return min(at, 1)
	}
	return at
}

// judgeEvent decides an event of a visit or of the office by the table of domain (d), and raises its flags.
func (f *frame) judgeEvent(c *model.Change, job *model.Record, b base, a ask) verdict {
	at, _ := f.estimate(c)
	e := workflow.Event{Change: c.ID, Worker: c.Author, Visit: 1, At: at, Office: c.Collection == model.OfficeEvents}
	anyway := false
	for _, x := range c.Fields {
		switch {
		case x.Field == model.VisitEventKind: // the same number in both collections
			e.Kind = x.Value.Text()
		case x.Field == model.VisitEventVisit && !e.Office:
			e.Visit = x.Value.Int()
		case x.Field == model.OfficeEventOf && e.Office:
			e.Of = model.RefOf(x.Value)
		case x.Field == model.OfficeEventAnyway && e.Office:
			anyway = x.Value.Bool()
		}
	}
	e.Waits = e.Office && e.Kind == workflow.KindClose && !anyway && f.holdsOn(job.ID)
	external := f.conn.Kind == model.Subcontractor && !a.released
	work := f.workOf(job)
	if w, ok := f.unseenBy(b, job, model.JobWindowStart); ok {
		work.Rescheduled = w.Occurred
	}
	out, why, flags := workflow.JudgeEvent(work, e, external)
	if out == model.OutcomeApplied {
		flags = append(flags, f.unseen(job, e, b)...)
	}
	f.flag(c, job.ID, why, flags)
	if out == model.OutcomeApplied && e.Office && e.Kind == workflow.KindReopen { // a new visit: what is late goes to the old one (T13)
		f.setDerived(f.record(job.ID), model.JobVisit, model.Int(work.Visit+1), f.write(c))
	}
	if planted("cancel-clears-times") && e.Office && e.Kind == workflow.KindCancel {
		f.clearTimes(job.ID)
	}
	if out == model.OutcomeRecorded && !e.Office && !f.shown(job) && !planted("leak-lost-told") {
		why = model.ReasonNotYours // whatever became of it since: that is not theirs to know (domain S2)
	}
	return verdict{outcome: out, reason: why}
}

// overtakes says whether the event that a record is to be has no effect, since whoever has its author's work now has begun it.
func (f *frame) overtakes(r *model.Record, author model.UserID) bool {
	if r.Collection != model.VisitEvents || r.Value(model.VisitEventKind).Text() != workflow.KindDone || planted("late-done-overrides") {
		return false // nothing else can be, and the job's work need not be read again
	}
	return workflow.Overtaken(f.workOf(f.record(r.Parent())), workflow.Event{
		Change: model.ChangeID(r.ID), Kind: workflow.KindDone, Worker: author, Visit: r.Value(model.VisitEventVisit).Int(),
	})
}

// flag raises what JudgeEvent wants a person's eye for.
func (f *frame) flag(c *model.Change, job model.RecordID, why model.Reason, flags []string) {
	for _, flag := range flags {
		f.review(review{kind: flag, change: c.ID, record: job, of: model.Jobs, author: c.Author, reason: why, same: job[:]})
	}
	f.addFlags(f.record(job), flags, f.write(c))
}

// addFlags adds flags to a job's. They stay until the office takes them off.
func (t *tx) addFlags(job *model.Record, flags []string, w model.Write) {
	if len(flags) == 0 {
		return
	}
	have := append(strings.Fields(job.Value(model.JobFlags).Text()), flags...)
	slices.Sort(have)
	t.setDerived(job, model.JobFlags, model.Text(strings.Join(slices.Compact(have), " ")), w)
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
func (t *tx) derive(r *model.Record, w model.Write) {
	switch r.Collection {
	case model.Jobs, model.Assignments, model.VisitEvents, model.OfficeEvents:
	case model.TaskEvents:
		t.deriveTask(t.record(r.Parent()), w)
		return
	default:
		return
	}
	job := t.jobOf(r)
	if job == nil {
		return
	}
	if r.Collection == model.Jobs {
		t.reoffers(job, w)
	}
	d := workflow.Derive(t.workOf(job))
	moved, crew := false, false
	for _, id := range d.Superseded { // kept, or a later start of that worker would open the job again (row d)
		if a := t.record(id); a.Value(model.AssignmentWithdrawn).IsNull() {
			t.setDerived(a, model.AssignmentWithdrawn, model.Int(int64(t.now)), w)
		}
	}
	for id, state := range d.States {
		a := t.record(id)
		was := standing(a)
		if t.setDerived(a, model.AssignmentState, model.Text(state), w) {
			moved = moved || was != standing(t.record(id))
			crew = crew || comes(a) != comes(t.record(id))
			t.fileOffer(t.record(id))
		}
	}
	job = t.record(job.ID)
	t.setDerived(job, model.JobStatus, model.Text(d.Status), w)
	t.setDerived(job, model.JobProgress, progress(d.Status), w)
	if crew {
		t.setDerived(job, model.JobEngineers, t.engineers(job.ID), w)
	}
	t.setDerived(job, model.JobStarted, instant(d.Started), w)
	t.setDerived(job, model.JobCompleted, instant(d.Completed), w)
	t.addFlags(t.record(job.ID), d.Flags, w)
	if t.window(t.record(job.ID)) || moved {
		t.settleJob(job.ID)
	}
	if r.Collection != model.Jobs { // which has nothing to say of them
		t.deriveVisits(job.ID, d.Visits, w)
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
