package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// offer is a job that was offered to ben for an hour, and his phone, which has seen it.
type offer struct {
	*company
	ben      *device
	job, asg model.RecordID
	by       model.Instant // when the offer ends
}

func offered(t *testing.T) *offer {
	t.Helper()
	c := newCompany(t)
	c.configure(func(s *model.Settings) { s.OfferStands = int64(60 * minute) })
	o := &offer{company: c}
	o.job, o.asg = c.newJob(c.ben, 0)
	o.ben = c.device(c.ben, model.Mobile)
	o.by = model.Instant(c.value(o.asg, model.AssignmentAnswerBy).Int())
	return o
}

// lapse is the server's timer.
func (c *company) lapse() {
	c.t.Helper()
	for more := true; more; {
		var err error
		more, err = c.e.Lapse(c.t.Context(), c.id, c.now)
		check(c.t, err)
	}
}

// hears has the phone say that it has nothing, or something, to send.
func (o *offer) hears(unsent uint32) {
	o.t.Helper()
	check(o.t, o.e.Note(o.t.Context(), o.ben.conn, model.Note{Report: &model.Report{Unsent: unsent}}, o.now))
}

// over lets the offer's time pass; the phone is heard from, and has nothing.
func (o *offer) over() {
	o.t.Helper()
	o.now = o.by + 2*minute
	o.hears(0)
	o.lapse()
}

func (o *offer) state() string { return o.value(o.asg, model.AssignmentState).Text() }

// answers is what becomes of an answer of ben's that he gave at a moment and that comes now.
func (o *offer) answers(kind string, at model.Instant) model.Answer {
	o.t.Helper()
	ch := o.event(o.company.ben, o.job, kind)
	ch.Base, ch.Occurred.Wall = o.bases[o.company.ben], at
	o.contents[ch.Body] = ch
	return o.push(o.ben.conn, ch)[0]
}

func TestT4_AnOfferThatNobodyAnswersDeclinesItself(t *testing.T) {
	o := offered(t)
	if since := o.value(o.asg, model.AssignmentSince).Int(); int64(o.by) != since+int64(60*minute) {
		t.Fatalf("offered at %d, to be answered by %d", since, o.by)
	}
	if got := o.ben.rows[o.asg][model.AssignmentAnswerBy].Int(); got != int64(o.by) {
		t.Errorf("ben's phone says by %d, want %d", got, o.by)
	}
	o.now = o.by
	o.hears(0)
	if o.lapse(); o.state() != "offered" {
		t.Fatalf("in its last moment: %s", o.state())
	}
	if o.over(); o.state() != "declined" || o.value(o.job, model.JobStatus).Text() != "unassigned" {
		t.Fatalf("over: %s, and the job is %s", o.state(), o.value(o.job, model.JobStatus))
	}
	if got := o.value(o.asg, model.AssignmentLapsed).Int(); got != int64(o.by) {
		t.Errorf("it lapsed at %d, want %d", got, o.by)
	}
	o.ben.want("an offer that is over", false, o.job, o.asg)
	if n := o.e.RowCount(o.id, storage.TableOffers); n != 0 {
		t.Errorf("%d offers are waited for still", n)
	}
	events, err := o.history(o.caller(o.amy), model.Assignments, o.asg)
	check(t, err)
	if last := events[len(events)-1]; !last.Author.IsZero() || last.Op != model.OpEdit {
		t.Errorf("the history says that %v did it", last.Author)
	}
	if a := o.answers("accept", o.now); a.Outcome != model.OutcomeRecorded || a.Reason != model.ReasonNotYours {
		t.Errorf("an acceptance that came too late is %v %d", a.Outcome, a.Reason)
	}
}

// TestT4_AnAnsweredOfferStays: whoever accepted, declined or went to work did not let it lapse.
func TestT4_AnAnsweredOfferStays(t *testing.T) {
	for kind, want := range map[string]string{"accept": "accepted", "decline": "declined", "travel": "travelling"} {
		o := offered(t)
		o.answers(kind, o.now)
		o.over()
		if got := o.state(); got != want || !o.value(o.asg, model.AssignmentLapsed).IsNull() {
			t.Errorf("%s, and its time passed: %s", kind, got)
		}
	}
}

// TestT4_AnAcceptanceInFlightIsWaitedFor: while ben's phone may have an answer, for a day.
func TestT4_AnAcceptanceInFlightIsWaitedFor(t *testing.T) { found(t, waitedFor(t)) }

func waitedFor(t *testing.T) string {
	o := offered(t)
	o.now = o.by + 1
	if o.lapse(); o.state() != "offered" {
		return "it lapsed though ben's phone was not heard from since"
	}
	o.hears(1)
	if o.lapse(); o.state() != "offered" {
		return "it lapsed though ben's phone has something unsent"
	}
	if a := o.answers("accept", o.by); a.Outcome != model.OutcomeApplied || o.state() != "accepted" {
		return fmt.Sprintf("the acceptance is %v, the assignment %s", a.Outcome, o.state())
	}
	o = offered(t)
	o.now = o.by + engine.LapseGrace
	if o.lapse(); o.state() != "declined" {
		return "a phone that is gone keeps the job from everybody"
	}
	o = offered(t)
	o.end(o.company.ben, model.EndOffice)
	o.now = o.by + 1
	if o.lapse(); o.state() != "declined" {
		return "it waits for a phone whose claims are not heard any more"
	}
	return ""
}

// TestT4_ALateAcceptanceOfBeforeWins: it was on its way when the offer lapsed.
func TestT4_ALateAcceptanceOfBeforeWins(t *testing.T) { found(t, lateAcceptance(t)) }

func lateAcceptance(t *testing.T) string {
	late := func() *offer {
		o := offered(t)
		o.now = o.by + engine.LapseGrace
		o.lapse()
		return o
	}
	o := late()
	if a := o.answers("accept", o.by-1); a.Outcome != model.OutcomeApplied || o.state() != "accepted" {
		return fmt.Sprintf("nobody else has it: %v %d, and it is %s", a.Outcome, a.Reason, o.state())
	}
	if o.ben.sync(); o.ben.rows[o.job] == nil {
		return "the job did not come back"
	}
	cal := func(o *offer) model.UserID { return o.worker("cal", model.Mobile, access.DefaultSets(model.Mobile)) }
	o = late()
	o.applied(o.office(), o.assign(o.job, cal(o)))
	if a := o.answers("accept", o.by-1); a.Outcome != model.OutcomeApplied || o.state() != "accepted" {
		return fmt.Sprintf("another was asked and has not answered: %v %d", a.Outcome, a.Reason)
	}
	o = late()
	other := cal(o)
	o.applied(o.office(), o.assign(o.job, other))
	o.applied(o.device(other, model.Mobile).conn, o.event(other, o.job, "accept"))
	if a := o.answers("accept", o.by-1); a.Outcome != model.OutcomeRecorded || a.Reason != model.ReasonNotYours || o.state() != "declined" {
		return fmt.Sprintf("another accepted: %v %d, and it is %s", a.Outcome, a.Reason, o.state())
	}
	if o.value(o.job, model.JobFlags).Text() != workflow.FlagReview {
		return "another accepted, and nobody of the office is told"
	}
	return ""
}

// TestT4_AJobSaysByWhen: what it says goes for the offers there are, and is taken back to what the company says.
func TestT4_AJobSaysByWhen(t *testing.T) {
	o := offered(t)
	sooner := model.Int(int64(o.now) + int64(10*minute))
	edit := func(v model.Value) {
		ch := o.edit(o.amy, o.job, model.JobAnswerBy, v)
		_, ch.Base = o.look(o.caller(o.amy), o.job)
		o.contents[ch.Body] = ch
		o.applied(o.office(), ch)
	}
	if edit(sooner); o.value(o.asg, model.AssignmentAnswerBy) != sooner {
		t.Errorf("by %v, want %v", o.value(o.asg, model.AssignmentAnswerBy), sooner)
	}
	if edit(model.Null()); o.value(o.asg, model.AssignmentAnswerBy) != model.Int(int64(o.by)) {
		t.Errorf("by %v, want %v", o.value(o.asg, model.AssignmentAnswerBy), o.by)
	}
	edit(sooner)
	o.now = model.Instant(sooner.Int()) + 1
	o.hears(0)
	if o.lapse(); o.state() != "declined" {
		t.Errorf("after what the job says: %s", o.state())
	}
	again := o.assign(o.job, o.company.ben)
	if o.applied(o.office(), again); o.value(again.Record, model.AssignmentState).Text() != "offered" || o.value(again.Record, model.AssignmentAnswerBy) == sooner {
		t.Errorf("offered again: %v, by %v", o.value(again.Record, model.AssignmentState), o.value(again.Record, model.AssignmentAnswerBy))
	}
}

// TestT4_OffersOfACompanyThatSetsNoTimeStand: so do those that need no answer.
func TestT4_OffersOfACompanyThatSetsNoTimeStand(t *testing.T) {
	for _, auto := range []bool{false, true} {
		c := newCompany(t)
		c.configure(func(s *model.Settings) {
			s.AutoAccept, s.OfferStands = auto, int64(60*minute)*map[bool]int64{true: 1}[auto]
		})
		_, asg := c.newJob(c.ben, 0)
		c.now += 30 * day
		if c.lapse(); !c.value(asg, model.AssignmentLapsed).IsNull() {
			t.Errorf("accepted without an answer %v: it lapsed", auto)
		}
	}
}

// TestT4_AnOfferIsOutOfTimeWhenItIsShown: one on a job that phones do not carry yet waits, and wants its answer from when they do.
func TestT4_AnOfferIsOutOfTimeWhenItIsShown(t *testing.T) { found(t, unseenOffer(t)) }

func unseenOffer(t *testing.T) string {
	c := newCompany(t)
	c.configure(func(s *model.Settings) {
		s.OfferStands, s.Window = int64(60*minute), model.Window{Past: 7, Future: 14}
	})
	c.turn()
	_, all := c.planned(c.ben, 60)
	asg := all[1]
	c.now += 3 * day
	if c.lapse(); c.value(asg, model.AssignmentState).Text() != "offered" {
		return "it lapsed, and no phone has shown it"
	}
	c.after(50)
	if by := c.value(asg, model.AssignmentAnswerBy).Int(); by != int64(c.now)+int64(60*minute) {
		return fmt.Sprintf("shown at %d, to be answered by %d", c.now, by)
	}
	c.now += 2 * day
	if c.lapse(); c.value(asg, model.AssignmentState).Text() != "declined" {
		return "it was shown, nobody answered, and it did not lapse"
	}
	return ""
}

// TestT4_JobsThatAreTooMuchForOneCommit: of two that each fill most of a commit when they are taken away, one goes after the other.
func TestT4_JobsThatAreTooMuchForOneCommit(t *testing.T) { found(t, bigOffers(t)) }

func bigOffers(t *testing.T) string {
	c := newCompany(t)
	c.configure(func(s *model.Settings) { s.OfferStands = int64(60 * minute) })
	var all []model.RecordID
	for range 2 {
		_, asg := c.bigJob(c.ben)
		all = append(all, asg)
	}
	c.now += 60*minute + 1
	for more := true; more; {
		var err error
		if more, err = c.e.Lapse(t.Context(), c.id, c.now); err != nil {
			return err.Error()
		}
	}
	for _, asg := range all {
		if got := c.value(asg, model.AssignmentState).Text(); got != "declined" {
			return "an offer is " + got
		}
	}
	return ""
}

// bigJob is a job of which two are more than a commit moves.
func (c *company) bigJob(u model.UserID) (job, asg model.RecordID) {
	c.t.Helper()
	text := model.Text(strings.Repeat("x", 8_000))
	job, asg = c.newJob(u, 0)
	for range 320 {
		c.applied(c.office(), c.change(c.amy, model.OpCreate, model.Notes, model.RecordID{}, under(job), set(model.NoteText, text), set(model.NoteAudience, model.Text("field"))))
	}
	return job, asg
}

// TestT4_MoreThanACommitTakes: they lapse in batches, each once.
func TestT4_MoreThanACommitTakes(t *testing.T) {
	c := newCompany(t)
	c.configure(func(s *model.Settings) { s.OfferStands = int64(60 * minute) })
	var all []model.RecordID
	for range engine.LapseBatch + 1 {
		_, asg := c.newJob(c.ben, 0)
		all = append(all, asg)
	}
	c.now += 60*minute + 1
	if more, err := c.e.Lapse(t.Context(), c.id, c.now); err != nil || !more {
		t.Fatalf("the first batch: more %v, %v", more, err)
	}
	c.lapse()
	for _, asg := range all {
		if c.value(asg, model.AssignmentState).Text() != "declined" {
			t.Fatal("one was left out")
		}
	}
}
