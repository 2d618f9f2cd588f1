package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// deactivate has amy remove somebody.
func (c *company) deactivate(u model.UserID) engine.Left {
	c.t.Helper()
	left, err := c.e.Deactivate(context.Background(), c.id, engine.Leaving{User: u, By: c.amy, Note: "left"}, c.now)
	check(c.t, err)
	return left
}

// value is a field of a record as the office sees it.
func (c *company) value(id model.RecordID, f model.FieldNo) model.Value {
	c.t.Helper()
	s, why := c.look(c.caller(c.amy), id)
	if s == nil {
		c.t.Fatalf("amy does not see %v: %s", id, why)
	}
	v, _ := s.Find(f)
	return v
}

// TestW32_ALeaverIsOut: everything that opens something for them ends in one commit, their work is nobody's, and what they had
// unsent waits for the office, all but hours.
func TestW32_ALeaverIsOut(t *testing.T) { found(t, leaver(t)) }

func leaver(t *testing.T) string {
	ctx, c := context.Background(), newCompany(t)
	job, asg := c.newJob(c.ben, 0)
	done, _ := c.newJob(c.ben, 0)
	conn := c.phone(c.ben, model.Mobile)
	c.sync(conn, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.applied(conn, c.event(c.ben, done, "start"), c.event(c.ben, done, "done"))
	link := c.ticket(model.TicketReset, nil)
	levels := string(c.account(c.ben).Levels)
	note, shift := c.note(c.ben, job), c.shift(c.ben)

	rehearsed, err := c.e.Deactivate(ctx, c.id, engine.Leaving{User: c.ben, By: c.amy, Ask: engine.Ask{Rehearse: true}}, c.now)
	check(t, err)
	if !c.account(c.ben).Active {
		return "a dry run removes"
	}
	left := c.deactivate(c.ben)
	for _, l := range []engine.Left{rehearsed, left} {
		if l.Jobs != 1 || len(l.Ended) != 1 || l.Ended[0].Reason != model.EndRemoved || l.Tickets != 1 {
			return fmt.Sprintf("%d jobs, ends %+v, %d tickets; want one each, removed", l.Jobs, l.Ended, l.Tickets)
		}
	}
	if again := c.deactivate(c.ben); again.Jobs+len(again.Ended)+again.Tickets != 0 {
		return "who is gone is removed again"
	}
	if _, err := c.e.Push(ctx, conn, []model.Submitted{{Change: note, Number: 1}}, nil, c.now); !errors.As(err, new(*model.EndedError)) {
		return fmt.Sprintf("a push of a removed session = %v, want that it has ended", err)
	}
	if _, err := c.hand(c.ben, model.Mobile, "two").signIn(model.DeviceID{}, 0); !errors.Is(err, model.ErrSignIn) {
		return fmt.Sprintf("a leaver's sign-in = %v, want ErrSignIn", err)
	}
	if _, err := c.e.Reset(ctx, c.id, link, "$", c.now); !errors.Is(err, model.ErrLink) {
		return "a leaver's link is good"
	}
	if state, status := c.value(asg, model.AssignmentState).Text(), c.value(job, model.JobStatus).Text(); state != "withdrawn" || status != "unassigned" {
		return fmt.Sprintf("their job is %s, and they are %s", status, state)
	}
	if status := c.value(done, model.JobStatus).Text(); status != "completed" {
		return "what they completed is " + status
	}
	if a := c.account(c.ben); string(a.Levels) != levels || a.Removed == 0 || a.RemovedBy != c.amy {
		return "levels, or who removed them, are not kept"
	}
	conn.Lane = model.LaneHandIn
	answers := c.push(conn, note, shift)
	if answers[0].Outcome != model.OutcomeHeld || answers[0].Reason != model.ReasonRemoved || answers[1].Outcome != model.OutcomeApplied {
		return fmt.Sprintf("what was unsent = %+v; want the note held, the hours in", answers)
	}
	if flags := c.value(shift.Record, model.TimeFlags).Text(); flags == "" {
		return "a leaver's hours are not flagged"
	}
	check(t, c.e.Release(ctx, c.id, note.ID, false, c.amy, c.now))
	if s, why := c.look(c.caller(c.amy), note.Record); s == nil {
		return "what was released is not there: " + why
	}
	return ""
}

// event is somebody's event of the first visit of a job.
func (c *company) event(u model.UserID, job model.RecordID, kind string) model.Change {
	c.now += 1000
	return c.change(u, model.OpCreate, model.VisitEvents, model.RecordID{},
		set(model.FieldParent, model.Ref(job)), set(model.VisitEventKind, model.Text(kind)), set(model.VisitEventVisit, model.Int(1)))
}

// TestF6_AReactivatedPersonNeedsALink: the password they had opens nothing, and what was held is released as before.
func TestF6_AReactivatedPersonNeedsALink(t *testing.T) { found(t, comesBack(t)) }

func comesBack(t *testing.T) string {
	ctx, c := context.Background(), newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	conn := c.phone(c.ben, model.Mobile)
	c.sync(conn, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	_, err := c.e.SetPassword(ctx, c.id, c.ben, "$old", c.amy, c.now)
	check(t, err)
	note := c.note(c.ben, job)
	c.deactivate(c.ben)
	conn.Lane = model.LaneHandIn
	c.want(c.push(conn, note)[0], model.OutcomeHeld, model.ReasonRemoved)
	for _, want := range []bool{true, false} { // who is active stays so, with what they have
		if changed, err := c.e.Reactivate(ctx, c.id, c.ben, c.amy, c.now); err != nil || changed != want {
			t.Fatalf("Reactivate = %v, %v, want %v", changed, err, want)
		}
	}
	login, err := c.e.Login(ctx, c.id, "ben")
	if check(t, err); login.Password != "" {
		return "the password is still good"
	}
	_, err = c.e.Reset(ctx, c.id, c.ticket(model.TicketReset, func(k *model.NewTicket) { k.By, k.Proven = c.amy, 0 }), "$new", c.now)
	check(t, err)
	c.phone(c.ben, model.Mobile)
	check(t, c.e.Release(ctx, c.id, note.ID, false, c.amy, c.now))
	return ""
}

// TestW32_DevicesAreToldWhoHasLeft: so that they offer them for no work; and that somebody is back.
func TestW32_DevicesAreToldWhoHasLeft(t *testing.T) { found(t, toldWhoLeft(t)) }

func toldWhoLeft(t *testing.T) string {
	ctx, c := context.Background(), newCompany(t)
	desk := c.device(c.amy, model.Desktop)
	for _, step := range []struct {
		when string
		do   func() error
		want model.Value
	}{
		{"hired", func() error { return nil }, model.Null()},
		{"gone", func() error { c.deactivate(c.ben); return nil }, model.Bool(false)},
		{"back", func() error { _, err := c.e.Reactivate(ctx, c.id, c.ben, c.amy, c.now); return err }, model.Bool(true)},
	} {
		check(t, step.do())
		desk.sync()
		if got := desk.rows[model.RecordID(c.ben)][model.PersonActive]; got != step.want {
			return fmt.Sprintf("%s: told that it is %v that they are active, want %v", step.when, got, step.want)
		}
	}
	return ""
}

// TestF4_TheFateToldIsTheOneApplied: a device, and the office, are told what becomes of the device's work as things are now, however
// its session ended.
func TestF4_TheFateToldIsTheOneApplied(t *testing.T) { found(t, fateTold(t)) }

func fateTold(t *testing.T) string {
	marked := func(state uint8) func(*company, model.DeviceID) {
		return func(c *company, d model.DeviceID) { c.mark(d, state) }
	}
	superseded := func(c *company, _ model.DeviceID) {
		slot, err := c.e.Sessions(ctx, c.id)
		check(t, err)
		_, err = c.hand(c.ben, model.Mobile, "another").signIn(model.DeviceID{}, slot[0].Epoch)
		check(t, err)
	}
	left := func(c *company, _ model.DeviceID) { c.deactivate(c.ben) }
	back := func(c *company, _ model.DeviceID) {
		_, err := c.e.Reactivate(ctx, c.id, c.ben, c.amy, c.now)
		check(t, err)
	}
	weeks := func(c *company, _ model.DeviceID) { c.now += 90 * 24 * 3600_000 }
	for name, x := range map[string]struct {
		does  []func(*company, model.DeviceID)
		waits model.Reason
	}{
		"superseded":             {[]func(*company, model.DeviceID){superseded}, model.ReasonNone},
		"removed":                {[]func(*company, model.DeviceID){left}, model.ReasonRemoved},
		"removed and back":       {[]func(*company, model.DeviceID){left, back}, model.ReasonNone},
		"superseded and removed": {[]func(*company, model.DeviceID){superseded, left}, model.ReasonRemoved},
		"superseded and lost":    {[]func(*company, model.DeviceID){superseded, marked(engine.DeviceLost)}, model.ReasonLost},
		"lost":                   {[]func(*company, model.DeviceID){marked(engine.DeviceLost)}, model.ReasonLost},
		"lost and found":         {[]func(*company, model.DeviceID){marked(engine.DeviceLost), marked(engine.DeviceInUse)}, model.ReasonNone},
		"superseded long ago":    {[]func(*company, model.DeviceID){superseded, weeks}, model.ReasonWindow},
	} {
		c := newCompany(t)
		job, _ := c.newJob(c.ben, 0)
		conn := c.device(c.ben, model.Mobile).conn
		for _, does := range x.does {
			does(c, conn.Device)
		}
		var ended *model.EndedError
		if _, err := c.e.Push(ctx, conn, nil, nil, c.now); !errors.As(err, &ended) {
			if _, err = c.e.Pull(ctx, model.Pull{Connection: conn}, c.now); !errors.As(err, &ended) {
				return fmt.Sprintf("%s: %v", name, err)
			}
		}
		board, err := c.e.Device(ctx, c.id, conn.Device)
		check(t, err)
		conn.Lane = model.LaneHandIn
		told, answer := ended.Ended.Fate(), c.push(conn, c.note(c.ben, job))[0]
		if answer.Reason != x.waits || (x.waits != model.ReasonNone) != (told == model.FateHeld) || x.waits != model.ReasonWindow && board.Fate != told {
			return fmt.Sprintf("%s: told %s, and the office %s, and it is %v, %d", name, told, board.Fate, answer.Outcome, answer.Reason)
		}
	}
	return ""
}

// TestW32_WhoIsRemoved: not the last who administers, and by nobody who does not manage them.
func TestW32_WhoIsRemoved(t *testing.T) { found(t, removers(t)) }

func removers(t *testing.T) string {
	ctx, c := context.Background(), newCompany(t)
	clerk := c.without("clerk", access.WebAdmin, access.WebUsers)
	remove := func(u, by model.UserID) error {
		_, err := c.e.Deactivate(ctx, c.id, engine.Leaving{User: u, By: by}, c.now)
		return err
	}
	if err := remove(c.ben, clerk); !errors.As(err, new(*access.BeyondError)) {
		return fmt.Sprintf("removed by who manages nobody = %v", err)
	}
	if _, err := c.e.Reactivate(ctx, c.id, c.ben, clerk, c.now); !errors.As(err, new(*access.BeyondError)) {
		return fmt.Sprintf("let in by who manages nobody = %v", err)
	}
	if err := remove(c.amy, model.UserID{}); !errors.Is(err, engine.ErrLastAdmin) {
		return fmt.Sprintf("the last administrator removed = %v", err)
	}
	if err := remove(model.UserID{9}, c.amy); !errors.Is(err, model.ErrUnknown) {
		return fmt.Sprintf("nobody removed = %v", err)
	}
	if _, err := c.e.AddKey(ctx, c.id, model.APIKey{User: clerk, MadeBy: c.amy, Name: "ERP"}, [32]byte{7}, c.now); err != nil {
		t.Fatal(err)
	}
	if left := c.deactivate(clerk); left.Keys != 1 || c.e.RowCount(c.id, storage.TableKeys) != 0 {
		return "a leaver's key stays"
	}
	return ""
}

// TestF6_NobodyIsAssignedWhoHasLeft: the office is told so, and what a device asks waits for it.
func TestF6_NobodyIsAssignedWhoHasLeft(t *testing.T) { found(t, givenToLeaver(t)) }

func givenToLeaver(t *testing.T) string {
	c := newCompany(t)
	job := c.emptyJob()
	c.deactivate(c.ben)
	s, err := c.submit(c.caller(c.amy), model.Request{}, c.assign(job, c.ben))
	if check(t, err); !s.Dropped[0] || s.Answers[0].Reason != model.ReasonRemoved {
		return fmt.Sprintf("an assignment of somebody who left = %+v", s)
	}
	a := c.push(c.office(), c.assign(job, c.ben))
	if c.want(a[0], model.OutcomeHeld, model.ReasonRemoved); c.value(job, model.JobStatus).Text() != "unassigned" {
		return "the job is given to somebody who left"
	}
	return ""
}

// TestW32_WorkOfTheWholeWindow: also what phones do not carry today is given up.
func TestW32_WorkOfTheWholeWindow(t *testing.T) {
	c := newCompany(t)
	far, _ := c.planned(c.ben, 300) // phones do not carry it
	c.turn()
	if left := c.deactivate(c.ben); left.Jobs != 1 {
		t.Errorf("%d jobs taken, want the one that phones do not carry", left.Jobs)
	}
	if status := c.value(far, model.JobStatus).Text(); status != "unassigned" {
		t.Errorf("it is %s", status)
	}
}

// TestW32_WorkGivenMeanwhileIsTakenToo: what is given to a person after their work was looked for.
func TestW32_WorkGivenMeanwhileIsTakenToo(t *testing.T) { found(t, givenMeanwhile(t)) }

func givenMeanwhile(t *testing.T) string {
	store := &interrupted{Store: memstore.New(1 << 32)}
	c := newCompanyOn(t, store)
	c.newJob(c.ben, 0)
	store.first = func() { c.newJob(c.ben, 0) }
	if left := c.deactivate(c.ben); left.Jobs != 2 {
		return fmt.Sprintf("%d jobs taken, want both", left.Jobs)
	}
	return ""
}

// interrupted is a store to which something is committed before the next commit.
type interrupted struct {
	storage.Store
	first func()
}

// Apply implements [storage.Store].
func (s *interrupted) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	if first := s.first; first != nil {
		s.first = nil
		first()
	}
	return s.Store.Apply(ctx, t, weight, decide)
}
