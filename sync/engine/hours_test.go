package engine_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of E5, wherever the tests run

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

const (
	minute = 60_000
	hour   = 60 * minute
)

// clockOf is how a phone tells the time of one boot.
type clockOf struct {
	boot  uint64
	mark  model.Instant // the server's time when it was heard last; 0: never
	ahead int64         // of the true time
	zone  string
}

// payday is a company in London whose engine knows zones, on Sunday 25 October 2026 at noon UTC.
func payday(t testing.TB) *company {
	t.Helper()
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	c.e = engine.New(engine.Config{
		Store: store, Random: rand.Reader, Decode: func(body string, _ []string) model.Change { return c.contents[body] },
		Zone: func(name string) *time.Location {
			z, err := time.LoadLocation(name)
			if err != nil {
				return nil
			}
			return z
		},
	})
	c.now = at("2026-10-25T12:00:00Z")
	c.configure(func(s *model.Settings) { s.Window.Zone = "Europe/London" })
	return c
}

// at is the instant of a text.
func at(text string) model.Instant {
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return model.Instant(when.UnixMilli())
}

// dayAt is the day of a text.
func dayAt(text string) model.Day { return model.DayOf(at(text+"T12:00:00Z"), nil) }

// tick is a timesheet event at a true moment, as a phone's clock tells it.
func (c *company) tick(by model.UserID, k clockOf, kind string, job model.RecordID, when model.Instant, more ...model.Assign) model.Change {
	fields := []model.Assign{set(model.TimeKind, model.Text(kind))}
	if !job.IsZero() {
		fields = append(fields, set(model.TimeJob, model.Ref(job)))
	}
	ch := c.change(by, model.OpCreate, model.TimesheetEvents, model.RecordID{}, append(fields, more...)...)
	ch.Occurred = model.Occurrence{Wall: when + model.Instant(k.ahead), Clock: model.Clock{User: by, Boot: k.boot, Mark: k.mark, Zone: k.zone}}
	if k.mark != 0 {
		ch.Occurred.Elapsed = int64(when - k.mark)
	}
	c.contents[ch.Body] = ch
	return ch
}

// corrects is a correction.
func (c *company) corrects(by model.UserID, event model.RecordID, more ...model.Assign) model.Change {
	fields := []model.Assign{}
	if !event.IsZero() {
		fields = append(fields, set(model.CorrectionEvent, model.Ref(event)))
	}
	fields = append(fields, more...)
	fields = append(fields, set(model.CorrectionReason, model.Text("it was otherwise")))
	slices.SortFunc(fields, func(a, b model.Assign) int { return int(a.Field) - int(b.Field) })
	ch := c.change(by, model.OpCreate, model.TimesheetCorrections, model.RecordID{}, fields...)
	ch.Occurred.Wall = c.now
	c.contents[ch.Body] = ch
	return ch
}

// sheet is a worker's timesheet as amy sees it.
func (c *company) sheet(u model.UserID, from, to string) model.Sheet {
	c.t.Helper()
	list, err := c.e.Sheets(context.Background(), c.caller(c.amy), model.SheetQuery{From: dayAt(from), To: dayAt(to), Worker: u})
	if err != nil || len(list) != 1 {
		c.t.Fatalf("%d timesheets, %v", len(list), err)
	}
	return list[0]
}

// moves moves a timesheet as amy.
func (c *company) moves(verb string, u model.UserID, from, to string) error {
	c.now += 1000
	_, err := c.e.MoveSheet(context.Background(), c.caller(c.amy), model.SheetMove{Worker: u, From: dayAt(from), To: dayAt(to), Verb: verb}, c.now)
	return err
}

// exports asks for a payroll file as amy.
func (c *company) exports(id byte, from, to string) (model.Payroll, error) {
	c.now += 1000
	return c.e.ExportPayroll(context.Background(), c.caller(c.amy), engine.PayrollAsk{ID: model.BatchID{id}, From: dayAt(from), To: dayAt(to)}, c.now)
}

// file is a payroll file's CSV.
func (c *company) file(id byte) string {
	c.t.Helper()
	text, _, err := c.e.PayrollFile(context.Background(), c.caller(c.amy), model.BatchID{id}, false)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

func (c *company) applied(conn model.Connection, changes ...model.Change) {
	c.t.Helper()
	for i, a := range c.push(conn, changes...) {
		if a.Outcome != model.OutcomeApplied {
			c.t.Fatalf("change %d = %v reason %d, want applied", i, a.Outcome, a.Reason)
		}
	}
}

// TestE_Scenario18_NightShiftAndAWrongClock: 22:00 to 06:00 on the autumn night, on a phone 37 min fast that was restarted
// at 02:00 without hearing from the server.
func TestE_Scenario18_NightShiftAndAWrongClock(t *testing.T) {
	c := payday(t)
	c.now = at("2026-10-24T20:30:00Z")
	fast := int64(37 * minute)
	evening := clockOf{boot: 1, mark: c.now, ahead: fast, zone: "Europe/London"}
	morning := clockOf{boot: 2, ahead: fast, zone: "Europe/London"}
	start, end := at("2026-10-24T22:00:00+01:00"), at("2026-10-25T06:00:00Z")
	c.now = at("2026-10-25T08:00:00Z")
	ben := c.skewed(c.ben, fast)
	c.applied(ben,
		c.tick(c.ben, evening, "shift_start", model.RecordID{}, start), c.tick(c.ben, evening, "work_start", model.RecordID{}, start),
		c.tick(c.ben, morning, "work_end", model.RecordID{}, end), c.tick(c.ben, morning, "shift_end", model.RecordID{}, end))
	s := c.sheet(c.ben, "2026-10-24", "2026-10-26")
	i := slices.IndexFunc(s.Entries, func(e model.SheetEntry) bool { return e.Sort == "work" })
	if i < 0 {
		t.Fatalf("%+v; want an entry of work", s)
	}
	work := s.Entries[i]
	if off := s.Paid - 9*hour; off < -work.Fuzz || off > work.Fuzz || work.Fuzz > 3*minute {
		t.Errorf("paid %d min, %d s off; want 9 h within it", s.Paid/minute, work.Fuzz/1000)
	}
	if !slices.Contains(work.Flags, "skew_review") {
		t.Errorf("flags %v; want the skew of 37 min", work.Flags)
	}
	if len(s.Events) != 4 || s.Events[0].Wall != start+model.Instant(fast) {
		t.Errorf("events %+v; want the raw clocks kept", s.Events)
	}
	if len(s.Days) != 2 || s.Days[0].Paid != 2*hour || s.Days[1].Paid != s.Paid-2*hour {
		t.Errorf("days %+v; want 2 h and 7 h (E8)", s.Days)
	}
}

// TestE2_TheOffsetIsOfThisConnection: a clock that was set right since the last connection is not put right again.
func TestE2_TheOffsetIsOfThisConnection(t *testing.T) { found(t, offsetOfNow(t)) }

func offsetOfNow(t *testing.T) string {
	t.Helper()
	c := payday(t)
	ben := c.skewed(c.ben, 37*minute)
	ben.Skew = 0 // it reconnects
	start := c.now - hour
	c.applied(ben, c.tick(c.ben, clockOf{boot: 7}, "work_start", model.RecordID{}, start))
	s := c.sheet(c.ben, "2026-10-24", "2026-10-26")
	if len(s.Events) != 1 || s.Events[0].At != start {
		return fmt.Sprintf("events %+v; want one at %d", s.Events, start)
	}
	return ""
}

// skewed is a phone that says by how much its clock is off.
func (c *company) skewed(u model.UserID, skew int64) model.Connection {
	c.t.Helper()
	conn := c.phone(u, model.Mobile)
	c.now += 2 * minute
	if err := c.e.Note(context.Background(), conn, model.Note{Report: &model.Report{Unsent: 1, Skew: skew}}, c.now); err != nil {
		c.t.Fatal(err)
	}
	conn.Skew = skew
	return conn
}

// TestE2_NeverBeforeTheEventBefore: a clock that is put back between two events of one boot cannot put the second before the
// first, and is told (E3).
func TestE2_NeverBeforeTheEventBefore(t *testing.T) {
	c := payday(t)
	ben := c.phone(c.ben, model.Mobile)
	start := at("2026-10-25T08:00:00Z")
	right, back := clockOf{boot: 7}, clockOf{boot: 7, ahead: -3 * hour}
	end := c.tick(c.ben, back, "work_end", model.RecordID{}, start+hour)
	end.Occurred.Elapsed = hour
	c.contents[end.Body] = end
	c.applied(ben, c.tick(c.ben, right, "work_start", model.RecordID{}, start), end)
	s := c.sheet(c.ben, "2026-10-25", "2026-10-26")
	if len(s.Entries) != 1 || s.Entries[0].End < s.Entries[0].Start || !slices.Contains(s.Entries[0].Flags, "clock_moved") {
		t.Errorf("%+v; want an end not before its beginning, and clock_moved", s.Entries)
	}
	late := c.tick(c.ben, right, "travel_start", model.RecordID{}, start-hour)
	late.Occurred.Elapsed = -hour
	c.contents[late.Body] = late
	c.applied(ben, late)
	s = c.sheet(c.ben, "2026-10-25", "2026-10-26")
	if got := s.Events[0].At; got != start-hour {
		t.Errorf("what came late from before is at %d min from the first, want -60", (got-start)/minute)
	}
}

// TestE_Scenario12_LeaversHoursCount: somebody who was removed hands in two hours: they are there, flagged, and theirs.
func TestE_Scenario12_LeaversHoursCount(t *testing.T) {
	c := payday(t)
	ben := c.phone(c.ben, model.Mobile)
	job, _ := c.newJob(c.ben, 0)
	k := clockOf{boot: 1, mark: c.now - 5*hour}
	work := []model.Change{c.tick(c.ben, k, "work_start", job, c.now-3*hour), c.tick(c.ben, k, "work_end", job, c.now-hour)}
	if err := c.e.Leaves(c.id, c.ben); err != nil {
		t.Fatal(err)
	}
	ben.Lane = model.LaneHandIn
	c.applied(ben, work...)
	s := c.sheet(c.ben, "2026-10-25", "2026-10-26")
	if s.Paid != 2*hour || len(s.Entries) != 1 || s.Worker != c.ben {
		t.Fatalf("%+v; want ben's two hours", s)
	}
	for _, flag := range []string{"handed_in", "removed_user"} {
		if !slices.Contains(s.Entries[0].Flags, flag) {
			t.Errorf("flags %v lack %s (E22, E23)", s.Entries[0].Flags, flag)
		}
	}
}

// TestE17_TheLayerOverTheEvents: the office's correction is what is paid by, the worker's afterwards is a dispute, and the
// events are as they were.
func TestE17_TheLayerOverTheEvents(t *testing.T) {
	c := payday(t)
	ben := c.phone(c.ben, model.Mobile)
	k := clockOf{boot: 1, mark: c.now - 8*hour}
	start, end := c.tick(c.ben, k, "work_start", model.RecordID{}, c.now-5*hour), c.tick(c.ben, k, "work_end", model.RecordID{}, c.now-hour)
	c.applied(ben, start, end)
	own := c.corrects(c.ben, model.RecordID(end.ID), set(model.CorrectionAt, model.Int(int64(c.now-2*hour))))
	c.applied(ben, own)
	if s := c.sheet(c.ben, "2026-10-25", "2026-10-26"); s.Paid/minute != 180 {
		t.Errorf("a worker's own correction before approval: %d min, want 180", s.Paid/minute)
	}
	c.applied(c.office(), c.corrects(c.amy, model.RecordID(end.ID), set(model.CorrectionAt, model.Int(int64(c.now-3*hour)))))
	c.applied(ben, c.corrects(c.ben, model.RecordID(end.ID), set(model.CorrectionAt, model.Int(int64(c.now-hour)))))
	s := c.sheet(c.ben, "2026-10-25", "2026-10-26")
	if s.Paid/minute != 120 || s.Worked != 4*hour {
		t.Errorf("paid %d min of %d worked; want the office's 120 of 240", s.Paid/minute, s.Worked/minute)
	}
	if e := s.Entries[0]; !slices.Contains(e.Flags, "corrected") || !slices.Contains(e.Flags, "disputed") {
		t.Errorf("flags %v; want corrected and disputed", e.Flags)
	}
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	c.sync(ben, nil, held)
	notices := 0
	for _, r := range held {
		if r[model.CorrectionOffice].Bool() && r[model.CorrectionReason].Text() != "" {
			notices++
		}
	}
	if notices != 1 {
		t.Errorf("%d corrections of the office on ben's phone, want its one with the reason (E25)", notices)
	}
}

func TestE22_NobodyCorrectsAnothersHours(t *testing.T) {
	if wrong := correctsOthers(t); wrong != "" {
		t.Error(wrong)
	}
}

// correctsOthers says what is wrong, or nothing; a planted bug must make it say something.
func correctsOthers(t *testing.T) string {
	t.Helper()
	c := payday(t)
	ben := c.phone(c.ben, model.Mobile)
	cal, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: "cal", Name: "Cal", Kind: model.Mobile}, c.now)
	if err != nil {
		return err.Error()
	}
	k := clockOf{boot: 1, mark: c.now - 8*hour}
	start := c.tick(c.ben, k, "work_start", model.RecordID{}, c.now-5*hour)
	c.applied(ben, start)
	phone := c.phone(cal, model.Mobile)
	theirs := c.corrects(cal, model.RecordID(start.ID), set(model.CorrectionVoid, model.Bool(true)))
	nothing := c.corrects(cal, model.RecordID(newChange(t)), set(model.CorrectionVoid, model.Bool(true)))
	as := c.corrects(cal, model.RecordID{}, set(model.CorrectionMinutes, model.Int(60)), set(model.CorrectionWorker, model.Ref(c.ben)))
	a := c.push(phone, theirs, nothing, as)
	if a[0].Outcome != a[1].Outcome || a[0].Reason != a[1].Reason || a[0].Outcome != model.OutcomeHeld {
		return fmt.Sprintf("of ben's event %+v, of none %+v; want them the same, and held", a[0], a[1])
	}
	if a[2].Outcome != model.OutcomeHeld {
		return fmt.Sprintf("in ben's name %+v; want it held", a[2])
	}
	return ""
}

// TestE_Scenario19_LockedWeek: what comes for an exported week is an adjustment of the next file, and nothing is paid twice.
func TestE_Scenario19_LockedWeek(t *testing.T) {
	if wrong := lockedWeek(t); wrong != "" {
		t.Error(wrong)
	}
}

// lockedWeek says what is wrong, or nothing; a planted bug must make it say something.
func lockedWeek(t *testing.T) string {
	t.Helper()
	c := payday(t)
	ben := c.phone(c.ben, model.Mobile)
	monday := at("2026-10-12T08:00:00Z")
	k := clockOf{boot: 1, mark: monday - hour}
	shift := func(begin model.Instant, length model.Instant) []model.Change {
		return []model.Change{c.tick(c.ben, k, "work_start", model.RecordID{}, begin), c.tick(c.ben, k, "work_end", model.RecordID{}, begin+length)}
	}
	c.applied(ben, shift(monday, 8*hour)...)
	week := []string{"2026-10-12", "2026-10-19"}
	if err := c.moves(model.SheetApprove, c.ben, week[0], week[1]); err != nil {
		return err.Error()
	}
	first, err := c.exports(1, week[0], week[1])
	if err != nil || first.Regular != 1 || first.Lines != 1 {
		return fmt.Sprintf("the first file is %+v, %v", first, err)
	}
	before := c.file(1)
	if !strings.Contains(before, ",work,28800,28800\n") {
		return "the first file is\n" + before
	}
	c.applied(ben, shift(monday+24*hour, 3*hour)...)
	again, err := c.exports(1, week[0], week[1])
	if err != nil || !again.Repeat || c.file(1) != before || again.Hash != first.Hash {
		return fmt.Sprintf("asked again it is %+v, %v", again, err)
	}
	second, err := c.exports(2, "2026-10-19", "2026-10-26")
	if err != nil || second.Adjusted != 1 || second.Lines != 1 {
		return fmt.Sprintf("the second file is %+v, %v; want one adjustment", second, err)
	}
	if text := c.file(2); !strings.Contains(text, ",adjustment,") || !strings.Contains(text, ",2026-10-12,2026-10-19,2026-10-13,work,10800,10800\n") {
		return "the second file is\n" + text
	}
	if third, err := c.exports(3, "2026-10-19", "2026-10-26"); !errors.Is(err, model.ErrNothing) {
		return fmt.Sprintf("a third file is %+v, %v; want nothing to export", third, err)
	}
	if err := c.moves(model.SheetReopen, c.ben, week[0], week[1]); !errors.Is(err, model.ErrSheet) {
		return fmt.Sprintf("reopening an exported week = %v", err)
	}
	text, _, err := c.e.PayrollFile(context.Background(), c.caller(c.amy), model.BatchID{1}, true)
	if err != nil || !bytes.Contains(text, []byte(`"raw_seconds":28800,"paid_seconds":28800`)) {
		return fmt.Sprintf("as JSON: %s, %v", text, err)
	}
	return ""
}

// TestE17_WhatCameAfterTheApproval: the file has what was approved; what came since comes with the next one.
func TestE17_WhatCameAfterTheApproval(t *testing.T) {
	c := payday(t)
	ben := c.phone(c.ben, model.Mobile)
	monday := at("2026-10-12T08:00:00Z")
	k := clockOf{boot: 1, mark: monday - hour}
	c.applied(ben, c.tick(c.ben, k, "work_start", model.RecordID{}, monday), c.tick(c.ben, k, "work_end", model.RecordID{}, monday+hour))
	if err := c.moves(model.SheetSubmit, c.ben, "2026-10-12", "2026-10-19"); err != nil {
		t.Fatal(err)
	}
	if err := c.moves(model.SheetApprove, c.ben, "2026-10-12", "2026-10-19"); err != nil {
		t.Fatal(err)
	}
	if err := c.moves(model.SheetApprove, c.ben, "2026-10-12", "2026-10-20"); !errors.Is(err, model.ErrSheetDays) {
		t.Errorf("approving days of another timesheet = %v", err)
	}
	c.applied(ben, c.tick(c.ben, k, "work_start", model.RecordID{}, monday+2*hour), c.tick(c.ben, k, "work_end", model.RecordID{}, monday+4*hour))
	own := c.corrects(c.ben, model.RecordID{}, set(model.CorrectionAt, model.Int(int64(monday))), set(model.CorrectionMinutes, model.Int(600)))
	c.applied(ben, own)
	s := c.sheet(c.ben, "2026-10-12", "2026-10-19")
	if s.State != model.SheetApproved || s.Paid != 3*hour || s.Late != 2*hour {
		t.Errorf("state %s, paid %d, late %d; want approved, 3 h and 2 h of them late, and a claim of 10 h that nobody answered", s.State, s.Paid, s.Late)
	}
	if p, err := c.exports(1, "2026-10-12", "2026-10-19"); err != nil || !strings.Contains(c.file(1), ",work,3600,3600\n") {
		t.Errorf("%+v, %v; want what was approved", p, err)
	}
	if p, err := c.exports(2, "2026-10-12", "2026-10-19"); err != nil || !strings.Contains(c.file(2), ",adjustment,") || !strings.Contains(c.file(2), ",work,7200,7200\n") {
		t.Errorf("%+v, %v; want the difference", p, err)
	}
	c.applied(c.office(), c.corrects(c.amy, model.RecordID(own.ID), set(model.CorrectionMinutes, model.Int(30))))
	if p, err := c.exports(3, "2026-10-12", "2026-10-19"); err != nil || !strings.Contains(c.file(3), ",adjustment,1800,1800\n") {
		t.Errorf("%+v, %v; want the half hour that the office gave", p, err)
	}
}

func TestB2_WhoSeesHours(t *testing.T) {
	if wrong := seesHours(t); wrong != "" {
		t.Error(wrong)
	}
}

// seesHours says what is wrong, or nothing; a planted bug must make it say something.
func seesHours(t *testing.T) string {
	t.Helper()
	c, ctx := payday(t), context.Background()
	q := model.SheetQuery{From: dayAt("2026-10-25"), To: dayAt("2026-10-26")}
	blind := c.caller(c.without("dan", access.WebShifts, access.WebTimesheets))
	if list, err := c.e.Sheets(ctx, blind, q); !errors.Is(err, model.ErrLevel) {
		return fmt.Sprintf("without the level: %+v, %v", list, err)
	}
	reader := c.caller(c.without("eve", access.WebTimesheets)) // who has the shifts
	if _, err := c.e.Sheets(ctx, reader, q); err != nil {
		return fmt.Sprintf("with web.shifts: %v", err)
	}
	if _, err := c.e.MoveSheet(ctx, reader, model.SheetMove{Worker: c.ben, From: q.From, To: q.To, Verb: model.SheetApprove}, c.now); !errors.Is(err, model.ErrLevel) {
		return fmt.Sprintf("approving without web.timesheets: %v", err)
	}
	if _, err := c.e.ExportPayroll(ctx, reader, engine.PayrollAsk{ID: model.BatchID{1}, From: q.From, To: q.To}, c.now); !errors.Is(err, model.ErrLevel) {
		return fmt.Sprintf("exporting without web.timesheets: %v", err)
	}
	scoped := c.caller(c.amy)
	scoped.Scopes = model.Scopes{"jobs:read"}
	if _, err := c.e.Sheets(ctx, scoped, q); !errors.Is(err, model.ErrScoped) {
		return fmt.Sprintf("by a key of jobs: %v", err)
	}
	return ""
}

// TestC_HelpersAreOnTheSheetAndInTheFile: who was named when work began has its time on the worker's timesheet, and lines of their own in the file.
func TestC_HelpersAreOnTheSheetAndInTheFile(t *testing.T) {
	c := payday(t)
	ben := c.phone(c.ben, model.Mobile)
	job, _ := c.newJob(c.ben, 0)
	tap := func(kind string, when string, fields ...model.Assign) model.Change {
		ch := c.change(c.ben, model.OpCreate, model.TimesheetEvents, model.RecordID{}, append([]model.Assign{set(model.TimeKind, model.Text(kind)), set(model.TimeJob, model.Ref(job))}, fields...)...)
		ch.Occurred.Wall = at(when)
		c.contents[ch.Body] = ch
		return ch
	}
	c.applied(ben, tap("work_start", "2026-10-13T08:00:00Z", set(model.TimeHelper, model.Text("Tom, Ali"))), tap("work_end", "2026-10-13T10:00:00Z"),
		tap("work_start", "2026-10-13T11:00:00Z", set(model.TimeHelper, model.Text("Tom"))), tap("work_end", "2026-10-13T11:30:00Z"))
	got := c.sheet(c.ben, "2026-10-12", "2026-10-19")
	if len(got.Helpers) != 2 || got.Helpers[0].Name != "Ali" || got.Helpers[0].Paid != 120*minute || got.Helpers[1].Paid != 150*minute || got.Paid != 150*minute {
		t.Errorf("the sheet pays %d, and helpers %+v", got.Paid, got.Helpers)
	}
	check(t, c.moves(model.SheetApprove, c.ben, "2026-10-12", "2026-10-19"))
	if _, err := c.exports(1, "2026-10-12", "2026-10-19"); err != nil {
		t.Fatal(err)
	}
	if text := c.file(1); !strings.Contains(text, ",ben,Ali,2026-10-12,2026-10-19,2026-10-13,work,7200,7200\n") || !strings.Contains(text, ",ben,Tom,2026-10-12,2026-10-19,2026-10-13,work,9000,9000\n") ||
		!strings.Contains(text, ",ben,,2026-10-12,2026-10-19,2026-10-13,work,9000,9000\n") {
		t.Errorf("the file is\n%s", text)
	}
}
