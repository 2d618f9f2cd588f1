package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// worker adds somebody with a phone.
func (c *company) worker(login string, kind model.UserKind, sets access.Sets) model.UserID {
	c.t.Helper()
	u, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: login, Name: login, Kind: kind, Levels: sets.Encode()}, c.now)
	check(c.t, err)
	return u
}

// replace has amy put somebody in another's place.
func (c *company) replace(u, heir model.UserID) (engine.Replaced, error) {
	return c.e.Replace(context.Background(), c.id, engine.Replacement{Leaving: engine.Leaving{User: u, By: c.amy}, Heir: heir}, c.now)
}

// TestW33_AReplacement: open work and access pass in one commit; what was written stays under the name of who wrote it, and
// what comes late pulls nothing back.
func TestW33_AReplacement(t *testing.T) { found(t, replaced(t)) }

func replaced(t *testing.T) string {
	c := newCompany(t)
	cal := c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	open, asg := c.newJob(c.ben, 0)
	shared, _ := c.newJob(c.ben, 0)
	done, _ := c.newJob(c.ben, 0)
	c.applied(c.office(), c.assign(shared, cal))
	ben, phone := c.phone(c.ben, model.Mobile), c.device(cal, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	written := c.note(c.ben, open)
	c.applied(ben, written, c.event(c.ben, open, "start"), c.event(c.ben, done, "start"), c.event(c.ben, done, "done"), c.shift(c.ben))
	late, lateNote := c.event(c.ben, open, "done"), c.note(c.ben, open)

	got, err := c.replace(c.ben, cal)
	check(t, err)
	if got.Jobs != 2 || len(got.Ended) != 1 || got.Ended[0].Reason != model.EndRemoved || len(got.Steps) == 0 {
		return fmt.Sprintf("%d jobs, %d ends, %d steps; want 2, 1, and edit_job", got.Jobs, len(got.Ended), len(got.Steps))
	}
	if a := c.account(c.ben); a.Active || a.Heir != cal {
		return "who was replaced is still there, or by nobody"
	}
	if c.sets(cal).Mobile[access.MobileEditJob] != access.On {
		return "the heir may less than who was replaced"
	}
	phone.sync()
	if phone.rows[open] == nil || phone.rows[written.Record] == nil {
		return "the heir has no job, or no history of it"
	}
	if n := phone.rows[done]; n != nil {
		return "the heir has what was completed"
	}
	if state := c.value(asg, model.AssignmentState).Text(); state != "withdrawn" {
		return "the old assignment is " + state
	}
	if c.assigned(shared, cal) != 1 || c.assigned(open, cal) != 1 {
		return fmt.Sprintf("the heir is on the shared job %d times, on the other %d times", c.assigned(shared, cal), c.assigned(open, cal))
	}
	c.applied(phone.conn, c.event(cal, open, "start"))
	ben.Lane = model.LaneHandIn
	answers := c.push(ben, late, lateNote, c.shift(c.ben))
	for i, a := range answers {
		if !a.Outcome.In() {
			return fmt.Sprintf("late fact %d of who was replaced = %v, %d; want it in", i, a.Outcome, a.Reason)
		}
	}
	if status := c.value(open, model.JobStatus).Text(); status != "in_progress" {
		return "the heir works, and the job is " + status
	}
	for _, n := range []model.RecordID{written.Record, lateNote.Record} {
		if author := c.value(n, model.NoteAuthor); model.UserID(model.RefOf(author)) != c.ben {
			return "a note is not its author's any more"
		}
	}
	return ""
}

// assigned counts the assignments of somebody on a job that stand.
func (c *company) assigned(job model.RecordID, u model.UserID) (n int) {
	c.t.Helper()
	list, err := c.e.List(context.Background(), c.caller(c.amy), model.Query{Collection: model.Assignments, Parent: job, Limit: 100})
	check(c.t, err)
	for _, s := range list.Records {
		user, _ := s.Find(model.AssignmentUser)
		state, _ := s.Find(model.AssignmentState)
		if model.UserID(model.RefOf(user)) == u && state.Text() != "withdrawn" {
			n++
		}
	}
	return n
}

// TestW33_WhoTakesAPlace: another active person of the same kind and company; the last administrator may hand over.
func TestW33_WhoTakesAPlace(t *testing.T) {
	c := newCompany(t)
	cal := c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	gone := c.worker("gone", model.Mobile, access.DefaultSets(model.Mobile))
	c.deactivate(gone)
	for _, x := range []struct {
		of, heir model.UserID
		want     error
		why      string
	}{
		{c.ben, c.ben, engine.ErrHeir, "themselves"},
		{c.ben, gone, engine.ErrHeir, "has left"},
		{gone, cal, engine.ErrHeir, "left before, and their work was given up"},
		{c.ben, c.sue, engine.ErrHeir, "another kind"},
		{c.ben, model.UserID{9}, model.ErrUnknown, "nobody"},
		{model.UserID{9}, cal, model.ErrUnknown, "of nobody"},
	} {
		if _, err := c.replace(x.of, x.heir); !errors.Is(err, x.want) {
			t.Errorf("Replace = %v, want %v: %s", err, x.want, x.why)
		}
	}
	hidden, shown := access.DefaultSets(model.Subcontractor), access.DefaultSets(model.Subcontractor)
	shown.Mobile[access.MobileCustomers] = access.ReadOnly
	hidden.Mobile[access.MobileCustomers] = access.Hidden
	sid, sam := c.worker("sid", model.Subcontractor, hidden), c.worker("sam", model.Subcontractor, shown)
	if _, err := c.replace(sam, sid); !errors.Is(err, engine.ErrWidens) {
		t.Errorf("an heir who would be shown customers = %v, want ErrWidens", err)
	}
	abe := c.worker("abe", model.Desktop, access.RoleSets(access.Planner))
	if _, err := c.replace(c.amy, abe); err != nil {
		t.Errorf("the last administrator hands over = %v", err)
	}
	if c.sets(abe).Web[access.WebAdmin] != access.Full {
		t.Error("nobody administers")
	}
}

// TestW33_AnHeirIsReplacedToo: what comes late of the first pulls nothing back from the last, who does the work now.
func TestW33_AnHeirIsReplacedToo(t *testing.T) { found(t, replacedTwice(t)) }

func replacedTwice(t *testing.T) string {
	c := newCompany(t)
	cal := c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	dan := c.worker("dan", model.Mobile, access.DefaultSets(model.Mobile))
	return c.lateDone(dan, func() {
		for _, x := range [][2]model.UserID{{c.ben, cal}, {cal, dan}} {
			_, err := c.replace(x[0], x[1])
			check(t, err)
		}
	})
}

// TestDo_WhoIsBackTakesNoWorkBack: somebody who was replaced and let in again hands in an end of before; the job is whose it
// is now (row o).
func TestDo_WhoIsBackTakesNoWorkBack(t *testing.T) { found(t, replacedAndBack(t)) }

func replacedAndBack(t *testing.T) string {
	c := newCompany(t)
	cal := c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	return c.lateDone(cal, func() {
		_, err := c.replace(c.ben, cal)
		check(t, err)
		_, err = c.e.Reactivate(context.Background(), c.id, c.ben, c.amy, c.now)
		check(t, err)
	})
}

// lateDone has ben finish a job offline, its work pass to another who begins it, and ben's end come in then.
func (c *company) lateDone(to model.UserID, pass func()) string {
	c.t.Helper()
	job, _ := c.newJob(c.ben, 0)
	ben, phone := c.phone(c.ben, model.Mobile), c.device(to, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.applied(ben, c.event(c.ben, job, "start"))
	late := c.event(c.ben, job, "done")
	pass()
	phone.sync()
	c.applied(phone.conn, c.event(to, job, "start"))
	ben.Lane = model.LaneHandIn
	if a := c.push(ben, late)[0]; a.Outcome != model.OutcomeRecorded || a.Reason != model.ReasonNotYours {
		return fmt.Sprintf("what came late = %v, %d; want it recorded, and not theirs", a.Outcome, a.Reason)
	}
	if status := c.value(job, model.JobStatus).Text(); status != "in_progress" {
		return "another does the work, and the job is " + status
	}
	return ""
}
