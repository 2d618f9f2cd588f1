package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// tick is what somebody says of a task.
func (c *company) ticks(u model.UserID, task model.RecordID, kind string) model.Change {
	c.now += 1000
	return c.change(u, model.OpCreate, model.TaskEvents, model.RecordID{}, under(task), set(model.TaskEventKind, model.Text(kind)), set(model.TaskEventVisit, model.Int(1)))
}

// TestT14_ATickIsTakenBackBeforeTheEnd: it is a fact, its author's, until they have said that their visit is done; what comes
// after that is kept as history.
func TestT14_ATickIsTakenBackBeforeTheEnd(t *testing.T) { found(t, takenBack(t)) }

func takenBack(t *testing.T) string {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	c.applied(c.office(), c.assign(job, c.sue))
	task := c.made(model.Tasks, under(job), set(model.TaskTitle, model.Text("Isolate the supply")))
	ben, sue := c.device(c.ben, model.Mobile), c.device(c.sue, model.Subcontractor)
	done := func() bool { return c.value(task, model.TaskDone).Bool() }
	c.applied(ben.conn, c.event(c.ben, job, "start"), c.ticks(c.ben, task, "done"))
	if !done() {
		return "a tick changes nothing"
	}
	if c.applied(sue.conn, c.ticks(c.sue, task, "undone")); !done() {
		return "somebody else's tick was taken back"
	}
	if c.applied(ben.conn, c.ticks(c.ben, task, "undone")); done() {
		return "a tick is not taken back by its author"
	}
	early := c.ticks(c.ben, task, "done")
	c.applied(ben.conn, c.ticks(c.ben, task, "done"), c.event(c.ben, job, "done"))
	late := c.ticks(c.ben, task, "undone")
	if a := c.push(ben.conn, late)[0]; a.Outcome != model.OutcomeRecorded || a.Reason != model.ReasonClosed || !done() {
		return fmt.Sprintf("taken back after the end: %v %d, and the task is done %v", a.Outcome, a.Reason, done())
	}
	c.applied(ben.conn, early) // of before: derived again, and what was recorded stays without effect
	if !done() {
		return "an earlier tick brings what was recorded into effect"
	}
	if len(c.told(task)) != 6 {
		return fmt.Sprintf("%d events of the task are kept, want 6", len(c.told(task)))
	}
	return ""
}

// told is what was said of a task.
func (c *company) told(task model.RecordID) []model.Shown {
	c.t.Helper()
	list, err := c.e.List(c.t.Context(), c.caller(c.amy), model.Query{Collection: model.TaskEvents, Parent: task, Limit: 100})
	check(c.t, err)
	return list.Records
}

// TestT15_AClientWritesNothing: on no lane, as nobody else, and in no collection, whatever they may see.
func TestT15_AClientWritesNothing(t *testing.T) { found(t, clientWrites(t)) }

func clientWrites(t *testing.T) (wrong string) {
	c, ctx := newCompany(t), t.Context()
	bakery := c.made(model.Customers, set(2, model.Text("Bakery")))
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("Oven")), set(model.JobCustomer, model.Ref(bakery)))
	cora, err := c.e.AddAccount(ctx, c.id, engine.NewAccount{
		Login: "cora", Kind: model.Portal, Company: bakery, Levels: access.DefaultSets(model.Portal).Encode(),
	}, c.now)
	check(t, err)
	s, err := c.hand(cora, model.Portal, "browser").signIn(model.DeviceID{}, 0)
	check(t, err)
	before := c.e.Seq(c.id)
	list := []model.Change{c.change(cora, model.OpEdit, model.Jobs, job, set(model.JobTitle, model.Text("mine"))), c.change(cora, model.OpDelete, model.Jobs, job)}
	for _, spec := range builtin(t).Specs() {
		list = append(list, c.change(cora, model.OpCreate, spec.No, model.RecordID{}, under(job)))
	}
	for _, kind := range []model.UserKind{model.Portal, model.Mobile, model.Desktop} {
		for _, lane := range []model.Lane{model.LaneLive, model.LaneHandIn, model.LaneLost, model.LaneOffice} {
			for _, ch := range list {
				conn := model.Connection{Tenant: c.id, User: cora, Kind: kind, Lane: lane, Device: s.Device, Session: s.Session, Epoch: s.Epoch}
				answers, err := c.e.Push(ctx, conn, []model.Submitted{{Change: ch, Number: 1}}, nil, c.now)
				if err == nil && answers[0].Outcome.In() && wrong == "" {
					wrong = fmt.Sprintf("a client does %d in collection %d as %s by lane %d: %v", ch.Op, ch.Collection, kind, lane, answers[0].Outcome)
				}
			}
		}
	}
	for _, ch := range list {
		if out, err := c.submit(c.caller(cora), model.Request{}, ch); err == nil && out.Answers[0].Outcome.In() {
			return fmt.Sprintf("a client does %d in %d by the office's API: %v", ch.Op, ch.Collection, out.Answers[0].Outcome)
		}
	}
	if now := c.e.Seq(c.id); now != before && wrong == "" {
		wrong = fmt.Sprintf("%d commits came of it", now-before)
	}
	return wrong
}

// TestT16_AnAdministratorDeletesAJob: nobody else does; phones lose it, hours and the history stay, and work that comes later
// waits for the office with its content.
func TestT16_AnAdministratorDeletesAJob(t *testing.T) { found(t, deletesJob(t)) }

func deletesJob(t *testing.T) string {
	c := newCompany(t)
	job, asg := c.newJob(c.ben, 1)
	ben := c.device(c.ben, model.Mobile)
	c.applied(ben.conn, c.event(c.ben, job, "start"))
	hours := c.shift(c.ben)
	c.applied(ben.conn, hours)
	kept := func(ch model.Change) model.Change { ch.Base = c.bases[c.ben]; c.contents[ch.Body] = ch; return ch }
	ben.sync()
	late := []model.Change{kept(c.note(c.ben, job)), kept(c.event(c.ben, job, "done")), kept(c.shift(c.ben))}
	clerk := c.without("clerk", access.WebAdmin)
	for _, by := range []model.UserID{clerk, c.ben} {
		conn := model.Connection{Tenant: c.id, User: by, Lane: model.LaneOffice}
		if by == c.ben {
			conn = ben.conn
		}
		ch := c.change(by, model.OpDelete, model.Jobs, job)
		ch.Base = c.bases[c.ben]
		if by == clerk {
			_, ch.Base = c.look(c.caller(by), job)
		}
		c.contents[ch.Body] = ch
		if a := c.push(conn, ch)[0]; a.Outcome != model.OutcomeHeld || a.Reason != model.ReasonRight {
			return fmt.Sprintf("deleted by somebody who is no administrator: %v %d", a.Outcome, a.Reason)
		}
	}
	c.applied(c.office(), c.remover(c.amy, model.Jobs, job))
	if ben.sync(); ben.rows[job] != nil || ben.rows[asg] != nil {
		return "ben's phone has it still"
	}
	if c.value(hours.Record, model.TimeKind).IsNull() {
		return "his hours went with it"
	}
	events, _ := c.events(c.caller(c.amy), "")
	if !slices.ContainsFunc(events, func(e model.Event) bool { return e.Op == model.OpDelete && e.Record == job && e.Author == c.amy }) {
		return "the history does not say that amy deleted it"
	}
	answers := c.push(ben.conn, late...)
	if decided(answers[:2]) != "held" || answers[2].Outcome != model.OutcomeApplied {
		return fmt.Sprintf("late work is %s, and late hours are %v", decided(answers[:2]), answers[2].Outcome)
	}
	list, err := c.e.HeldFor(t.Context(), c.caller(c.amy))
	check(t, err)
	for _, ch := range late[:2] {
		if !slices.ContainsFunc(list, func(h model.HeldChange) bool { return h.Change == ch.ID && len(h.Fields) == len(ch.Fields) }) {
			return "the office has not its content"
		}
	}
	return ""
}
