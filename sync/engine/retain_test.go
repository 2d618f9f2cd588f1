package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestE26_HoursAreKeptAsLongAsTheCompanySays: hours that are older go, with what was approved and exported of them; what came in not long ago
// stays, whatever its clock said; and with nothing set nothing ever goes.
func TestE26_HoursAreKeptAsLongAsTheCompanySays(t *testing.T) { found(t, hoursKept(t)) }

func hoursKept(t *testing.T) string {
	t.Helper()
	c := payday(t).patient()
	ben := c.phone(c.ben, model.Mobile)
	k := clockOf{}
	worked := func(begin model.Instant) {
		c.applied(ben, c.tick(c.ben, k, "work_start", model.RecordID{}, begin), c.tick(c.ben, k, "work_end", model.RecordID{}, begin+hour))
	}
	worked(at("2026-10-13T08:00:00Z"))
	check(t, c.moves(model.SheetApprove, c.ben, "2026-10-12", "2026-10-19"))
	if _, err := c.exports(1, "2026-10-12", "2026-10-19"); err != nil {
		t.Fatal(err)
	}
	left := func() string {
		c.sweep()
		files, err := c.e.Payrolls(t.Context(), c.caller(c.amy))
		check(t, err)
		return fmt.Sprintf("%d events, %d sheets, %d files", len(c.listed(c.amy, model.TimesheetEvents)), len(c.listed(c.amy, model.TimesheetApprovals)), len(files))
	}
	const years = 365 * 24 * hour
	c.now += 7 * years
	if got := left(); got != "2 events, 1 sheets, 1 files" {
		return "kept for ever: " + got
	}
	c.configure(func(s *model.Settings) { s.HoursKeep = int64(8 * years) })
	if got := left(); got != "2 events, 1 sheets, 1 files" {
		return "seven of eight years: " + got
	}
	ben = c.phone(c.ben, model.Mobile)
	worked(at("2026-10-14T08:00:00Z")) // by a clock that is years behind
	worked(c.now - 5*hour)
	c.configure(func(s *model.Settings) { s.HoursKeep = int64(6 * years) })
	if got := left(); got != "4 events, 0 sheets, 0 files" {
		return "seven of six years: " + got
	}
	return ""
}

// TestE26_NoTimesheetIsCut: of a timesheet that reaches beyond what is kept nothing goes, so that no later file takes back what it paid.
func TestE26_NoTimesheetIsCut(t *testing.T) { found(t, sheetUncut(t)) }

func sheetUncut(t *testing.T) string {
	t.Helper()
	c := payday(t).patient()
	ben := c.phone(c.ben, model.Mobile)
	k := clockOf{}
	monday := at("2026-10-12T08:00:00Z")
	for day := range model.Instant(5) {
		c.applied(ben, c.tick(c.ben, k, "work_start", model.RecordID{}, monday+day*24*hour), c.tick(c.ben, k, "work_end", model.RecordID{}, monday+day*24*hour+hour))
	}
	check(t, c.moves(model.SheetApprove, c.ben, "2026-10-12", "2026-10-19"))
	if _, err := c.exports(1, "2026-10-12", "2026-10-19"); err != nil {
		t.Fatal(err)
	}
	const keep = 6 * 365 * 24 * hour
	c.configure(func(s *model.Settings) { s.HoursKeep = keep })
	c.now = at("2026-10-14T12:00:00Z") + keep // the middle of that week is as old as what is kept
	c.sweep()
	ben = c.phone(c.ben, model.Mobile)
	c.applied(ben, c.tick(c.ben, k, "manual_entry", model.RecordID{}, monday+12*hour, set(model.TimeAmount, model.Int(30)))) // something comes of that week
	if _, err := c.exports(2, "2032-10-01", "2032-10-08"); err != nil {
		return fmt.Sprintf("what came of it: %v", err)
	}
	if text := c.file(2); strings.Count(text, ",adjustment,") != 1 || !strings.Contains(text, ",manual,1800,1800\n") {
		return "the file says\n" + text
	}
	if n := len(c.listed(c.amy, model.TimesheetEvents)); n != 11 {
		return fmt.Sprintf("%d events are left of a week of ten and one more", n)
	}
	return ""
}

// TestE28_OnesOwnPlacesStay: a place that a company's own field asks for is what somebody said, not where they were.
func TestE28_OnesOwnPlacesStay(t *testing.T) {
	c := newCompany(t)
	c.configure(func(s *model.Settings) { s.NoLocations = true })
	c.made(model.FieldDefinitions, set(model.DefinitionExtends, model.Int(int64(model.Jobs))), set(model.DefinitionNumber, model.Int(1<<20)),
		set(model.DefinitionName, model.Text("gate")), set(model.DefinitionType, model.Int(int64(model.TypeGeo))), set(model.DefinitionClass, model.Text("work")),
		set(model.DefinitionRights, model.Text("optional")))
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("Boiler")), set(1<<20, model.Text("51.5,-0.1")))
	if r, _ := c.look(c.caller(c.amy), job); said(*r, 1<<20) != model.Text("51.5,-0.1") {
		t.Errorf("the gate is at %v", said(*r, 1<<20))
	}
}

// TestE28_PlacesOfWorkAlone: where somebody was is kept with what they do at work, and with nothing that they say from home; and with nothing at
// all where the company does not want it.
func TestE28_PlacesOfWorkAlone(t *testing.T) { found(t, places(t)) }

func places(t *testing.T) string {
	t.Helper()
	const visitPlace, timePlace = model.FieldNo(7), model.FieldNo(13)
	for _, off := range []bool{false, true} {
		c := newCompany(t)
		c.configure(func(s *model.Settings) { s.NoLocations = off })
		job, _ := c.newJob(c.ben, 0)
		ben := c.phone(c.ben, model.Mobile)
		here := model.Text("51.5,-0.1")
		for kind, work := range map[string]bool{"accept": false, "travel": true, "start": true, "done": true} {
			ch := c.change(c.ben, model.OpCreate, model.VisitEvents, model.RecordID{}, under(job), set(model.VisitEventKind, model.Text(kind)), set(visitPlace, here))
			c.push(ben, ch)
			if r, _ := c.look(c.caller(c.amy), ch.Record); r == nil || said(*r, visitPlace).IsNull() == (work && !off) {
				return fmt.Sprintf("off: %v; with %s is kept %+v", off, kind, r)
			}
		}
		for kind, work := range map[string]bool{"shift_start": true, "manual_entry": false} {
			ch := c.change(c.ben, model.OpCreate, model.TimesheetEvents, model.RecordID{}, set(model.TimeKind, model.Text(kind)), set(timePlace, here))
			c.push(ben, ch)
			if r, _ := c.look(c.caller(c.amy), ch.Record); r == nil || said(*r, timePlace).IsNull() == (work && !off) {
				return fmt.Sprintf("off: %v; with %s is kept %+v", off, kind, r)
			}
		}
	}
	return ""
}
