package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// visitsOf is what the records of a job's visits say: who, which, how it stands, and whether it was ended.
func (c *company) visitsOf(job model.RecordID) (out []string) {
	c.t.Helper()
	list, err := c.e.List(c.t.Context(), c.caller(c.amy), model.Query{Collection: model.Visits, Parent: job, Limit: 100})
	check(c.t, err)
	names := map[model.UserID]string{c.ben: "ben", c.sue: "sue"}
	for _, s := range list.Records {
		value := func(f model.FieldNo) model.Value { v, _ := s.Find(f); return v }
		who, known := names[model.UserID(model.RefOf(value(model.VisitUser)))]
		if !known {
			who = "another"
		}
		out = append(out, fmt.Sprintf("%s %d %s ended %v", who, value(model.VisitNumber).Int(), value(model.VisitState).Text(), !value(model.VisitEnded).IsNull()))
	}
	slices.Sort(out)
	return out
}

// TestD_VisitsAreRecords: one for each worker on each visit, from when they begin; what changes nothing of it is not written.
func TestD_VisitsAreRecords(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	ben := c.device(c.ben, model.Mobile)
	wants := func(when string, want ...string) {
		t.Helper()
		if got := c.visitsOf(job); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	c.applied(ben.conn, c.event(c.ben, job, "accept"))
	wants("accepted")
	c.applied(ben.conn, c.event(c.ben, job, "travel"))
	wants("travelling", "ben 1 open ended false")
	_, cursor := c.snapshot(c.caller(c.amy))
	c.applied(ben.conn, c.event(c.ben, job, "start"), c.event(c.ben, job, "pause"), c.event(c.ben, job, "resume"))
	events, _ := c.events(c.caller(c.amy), cursor)
	if slices.ContainsFunc(events, func(e model.Event) bool { return e.Collection == model.Visits }) {
		t.Error("a visit is written though nothing of it changed")
	}
	c.applied(ben.conn, c.event(c.ben, job, "done"))
	wants("done", "ben 1 done ended true")
	c.officeEvent(job, "reopen")
	again := c.assign(job, c.ben)
	start := c.event(c.ben, job, "start")
	start.Fields[2].Value = model.Int(2)
	c.contents[start.Body] = start
	c.applied(c.office(), again)
	c.applied(ben.conn, start)
	wants("reopened, and begun again", "ben 1 done ended true", "ben 2 open ended false")
	c.applied(c.office(), c.withdraw(job, again.Record))
	wants("taken away", "ben 1 done ended true", "ben 2 withdrawn ended false")
}

// TestD_Scenario6_TwoWorkedAndHaveAVisitEach: nobody's evidence is lost, and each is shown their own alone.
func TestD_Scenario6_TwoWorkedAndHaveAVisitEach(t *testing.T) {
	c := newCompany(t)
	job, asg := c.newJob(c.ben, 0)
	cal := c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	ben, other := c.device(c.ben, model.Mobile), c.device(cal, model.Mobile)
	start, done := c.event(c.ben, job, "start"), c.event(c.ben, job, "done")
	c.applied(c.office(), c.withdraw(job, asg), c.assign(job, cal))
	c.applied(other.conn, c.event(cal, job, "start"))
	if got := decided(c.push(ben.conn, start, done)); got != "recorded" {
		t.Errorf("ben's work is %s", got)
	}
	if got := c.visitsOf(job); !slices.Equal(got, []string{"another 1 open ended false", "ben 1 done ended true"}) {
		t.Errorf("visits: %q", got)
	}
	if got := c.value(job, model.JobStatus).Text(); got != "in_progress" {
		t.Errorf("the job is %s", got)
	}
	shown := func(d *device) (n int) {
		d.sync()
		for _, r := range d.rows {
			if r[model.VisitBegan].Int() != 0 && r[model.VisitState].Text() != "" && r[model.VisitNumber].Int() == 1 {
				n++
			}
		}
		return n
	}
	if a, b := shown(ben), shown(other); a != 0 || b != 1 {
		t.Errorf("ben is shown %d visits of a job that is not his, and cal %d of hers", a, b)
	}
}

// TestC_CompletionIsSaidOnceAVisit: by its worker, on its record.
func TestC_CompletionIsSaidOnceAVisit(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	ben := c.device(c.ben, model.Mobile)
	c.applied(ben.conn, c.event(c.ben, job, "start"))
	ben.sync()
	list, err := c.e.List(t.Context(), c.caller(c.amy), model.Query{Collection: model.Visits, Parent: job, Limit: 2})
	check(t, err)
	says := func(u model.UserID, conn model.Connection, words string) model.Answer {
		ch := c.change(u, model.OpEdit, model.Visits, list.Records[0].ID, set(7, model.Text(words)))
		ch.Base = c.bases[u]
		c.contents[ch.Body] = ch
		return c.push(conn, ch)[0]
	}
	if a := says(c.ben, ben.conn, "valve replaced"); a.Outcome != model.OutcomeApplied {
		t.Fatalf("said: %v %d", a.Outcome, a.Reason)
	}
	c.applied(c.office(), c.assign(job, c.sue))
	sue := c.device(c.sue, model.Subcontractor)
	if a := says(c.sue, sue.conn, "mine"); a.Outcome != model.OutcomeHeld || a.Reason != model.ReasonMissing {
		t.Errorf("of another's visit: %v %d", a.Outcome, a.Reason)
	}
	if got := c.value(list.Records[0].ID, 7).Text(); got != "valve replaced" {
		t.Errorf("the visit says %q", got)
	}
}
