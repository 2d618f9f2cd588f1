package main

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// daysOn turns the calendars as they will be so many days from now.
func (s *stage) daysOn(days int) {
	s.t.Helper()
	s.turnAll(s.t.Context(), func() time.Time { return time.Now().AddDate(0, 0, days) })
}

// plannedJob makes a job for a day, with a card, and gives it to somebody.
func (s *stage) plannedJob(login string, day time.Time) (all []model.RecordID) {
	s.t.Helper()
	job, card, asg := randomRecord(), randomRecord(), randomRecord()
	at := model.Int(day.UnixMilli())
	s.office("acme", made(model.Jobs, job, textOf(model.JobTitle, "Boiler"), model.Assign{Field: model.JobWindowStart, Value: at}),
		made(model.JobCards, card, under(job), textOf(model.CardAddress, "5 Mill Lane")),
		made(model.Assignments, asg, under(job), ref(model.AssignmentUser, model.RecordID(s.users[login+"@acme"]))))
	return []model.RecordID{job, card, asg}
}

// cancels has the office call a job off, so many days from now.
func (s *stage) cancels(job model.RecordID, days int) {
	s.t.Helper()
	c := made(model.OfficeEvents, model.RecordID{}, under(job), textOf(model.OfficeEventKind, "cancel"))
	c.Occurred.Wall = model.Instant(time.Now().AddDate(0, 0, days).UnixMilli())
	s.office("acme", c)
}

// TestAcceptWindow: work comes to a connected phone when its days come, and is taken back when they are over, children
// and all; nobody else hears of it, and the office has it throughout. Explain and view-as tell it as it is.
func TestAcceptWindow(t *testing.T) {
	t.Parallel()
	s := openStage(t, brisk)
	day := time.Now().AddDate(0, 0, 40)
	job := s.plannedJob("ben", day)
	ben, sue := s.handset("acme", "ben").connect(), s.handset("acme", "sue").connect()
	var his, hers ledger
	his.settle(ben)
	hers.settle(sue)
	has := func(all bool) func() bool {
		return func() bool {
			return !slices.ContainsFunc(job, func(id model.RecordID) bool { return his.rows[id] != all })
		}
	}
	admin := s.clerk("acme", "amy")
	told := func(when string, allow bool, rule access.Rule) api.Explanation {
		t.Helper()
		var e api.Explanation
		var v api.View
		at := "/v1/users/" + s.users["ben@acme"].String()
		admin.want(200, "", "GET", at+"/explain?record="+job[0].String(), nil, &e)
		admin.want(200, "", "GET", at+"/view?collection=jobs", nil, &v)
		if e.Allow != allow || e.Rule != string(rule) || (len(v.Items) == 1) != allow {
			t.Errorf("%s: %+v, and view-as shows %d jobs", when, e.Reason, len(v.Items))
		}
		admin.want(200, "", "GET", "/v1/jobs/"+job[0].String(), nil, nil)
		return e
	}
	if !has(false)() {
		t.Error("a phone is given a job of 40 days on")
	}
	if e := told("40 days before", false, access.RuleWindow); e.Since != day.UTC().AddDate(0, 0, -30).Format(time.DateOnly) {
		t.Errorf("it comes on %q, in words: %s", e.Since, e.Text)
	}
	s.daysOn(10)
	his.until(ben, has(true))
	told("30 days before", true, access.RuleAssignment)
	s.cancels(job[0], 10)
	his.quiet(ben)
	from := len(his.pages)
	s.daysOn(25)
	his.until(ben, has(false))
	first, err := protocol.DecodePageBody(his.pages[from].Body, his.pages[from].Compressed)
	check(t, err)
	if len(first.Retracts) == 0 || len(first.Rows) > 0 {
		t.Errorf("the page after it retracts %d records and brings %d", len(first.Retracts), len(first.Rows))
	}
	if e := told("after it", false, access.RuleWindow); e.Until == "" {
		t.Errorf("it went on %q, in words: %s", e.Until, e.Text)
	}
	pages := len(hers.pages)
	if hers.quiet(sue); len(hers.pages) != pages {
		t.Error("a phone hears of others' work coming and going")
	}
}

// TestAcceptWindowSettings: the office sets how many days phones carry, and a phone is given and taken by it.
func TestAcceptWindowSettings(t *testing.T) {
	s := openStage(t, brisk)
	job := s.plannedJob("ben", time.Now().AddDate(0, 0, 20))[0]
	ben := s.handset("acme", "ben").connect()
	var l ledger
	l.settle(ben)
	if !l.rows[job] {
		t.Fatal("a job of 20 days on is not there")
	}
	admin := s.clerk("acme", "amy")
	for _, days := range []string{"5", "25"} {
		admin.want(200, "", "PATCH", "/v1/settings", `{"window_future_days":`+days+`}`, nil)
		s.daysOn(0)
		l.until(ben, func() bool { return l.rows[job] == (days == "25") })
	}
}

// mute is a phone's road on which pushes get lost, for as long as it is on.
type mute struct {
	mu    sync.Mutex // guards what follows
	on    bool
	conns []protocol.Conn
}

func (m *mute) tap(c protocol.Conn) protocol.Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.conns = append(m.conns, c)
	return &muted{c, m}
}

// set loses pushes from now on, or breaks the connection and loses none on the next.
func (m *mute) set(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.on = on; !on {
		for _, c := range m.conns {
			c.Close(protocol.CodeIdle, "the road breaks")
		}
	}
}

type muted struct {
	protocol.Conn
	m *mute
}

// Send implements [protocol.Conn].
func (c *muted) Send(ctx context.Context, frame []byte) error {
	c.m.mu.Lock()
	lost := c.m.on
	c.m.mu.Unlock()
	if m, err := protocol.Decode(frame); lost && err == nil && m.Type() == protocol.TypePush {
		return nil
	}
	return c.Conn.Send(ctx, frame)
}

// TestAcceptD12_13_WorkSurvivesItsWindow: a phone that has not got its work off when the job's days are over loses the job
// and not the work: it shows it as work on what is no longer there, until it is answered, and then all of it is in.
func TestAcceptD12_13_WorkSurvivesItsWindow(t *testing.T) {
	s, road := openStage(t, brisk), &mute{}
	job := s.plannedJob("ben", time.Now())[0]
	phone := s.terminal("acme", "ben", "phone", "", road.tap)
	there := func(id model.RecordID, want bool) func() (bool, error) {
		return func() (bool, error) {
			_, ok, err := phone.Show(id)
			return ok == want, err
		}
	}
	s.comes(phone, "the job is there", there(job, true))
	s.cancels(job, 0)
	road.set(true)
	note := s.saved(phone, model.Notes, model.FieldValue{Field: model.FieldParent, Value: model.Ref(job)},
		model.FieldValue{Field: model.NoteText, Value: model.Text("it was wet")})
	hours := s.saved(phone, model.TimesheetEvents, model.FieldValue{Field: model.TimeKind, Value: model.Text("work_start")},
		model.FieldValue{Field: model.TimeJob, Value: model.Ref(job)})
	s.daysOn(15)
	s.comes(phone, "the job is gone", there(job, false))
	problems, err := phone.Problems()
	check(t, err)
	if len(problems) != 1 || problems[0].Kind != device.ProblemGone || problems[0].Record != note {
		t.Errorf("problems = %+v, want the note, on what is no longer there", problems)
	}
	if n, _ := phone.Unsent(); n != 2 {
		t.Errorf("%d changes wait, want the note and the hours", n)
	}
	road.set(false)
	s.comes(phone, "all of it is in", func() (bool, error) {
		if phone.Status().State == device.StateWaiting {
			phone.Wake() // as an app does that finds a road again
		}
		for _, e := range phone.Outbox() {
			if !e.Included || e.Outcome != model.OutcomeApplied && e.Outcome != model.OutcomeRecorded {
				return false, nil
			}
		}
		return true, nil
	})
	if problems, err = phone.Problems(); err != nil || len(problems) != 0 {
		t.Errorf("problems = %+v, %v, want none", problems, err)
	}
	if ok, err := there(job, false)(); err != nil || !ok {
		t.Errorf("the job is back, %v", err)
	}
	admin := s.clerk("acme", "amy")
	admin.want(200, "", "GET", "/v1/notes/"+note.String(), nil, nil)
	admin.want(200, "", "GET", "/v1/timesheet_events/"+hours.String(), nil, nil)
}
