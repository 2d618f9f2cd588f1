package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Timesheet is the hours of one worker in some days.
type Timesheet struct {
	Worker      model.UserID      `json:"worker"`
	Name        string            `json:"name,omitempty" doc:"Absent to who does not see people."`
	Zone        string            `json:"zone" doc:"The zone of pay, in which the days begin and end: the person's, or the company's."`
	From        *time.Time        `json:"from_at"`
	To          *time.Time        `json:"to_at" doc:"Not in it."`
	State       string            `json:"state" enum:"open,submitted,approved,exported,mixed" doc:"mixed: the days lie in several timesheets, or are a part of one."`
	ApprovedAt  *time.Time        `json:"approved_at,omitempty"`
	ApprovedBy  model.UserID      `json:"approved_by,omitzero"`
	Batch       string            `json:"batch,omitempty" doc:"The payroll file that exported it."`
	Note        string            `json:"note,omitempty" doc:"Why its state was changed last."`
	Payroll     bool              `json:"payroll" doc:"False of a subcontractor, whose time no payroll pays."`
	Paid        int64             `json:"paid_ms" doc:"What is paid, in milliseconds: the union of what has both ends, with corrections, not rounded."`
	Worked      int64             `json:"worked_ms" doc:"The raw intervals of what is paid, each in full and without corrections. Nothing that the office does changes it."`
	Late        int64             `json:"late_ms,omitempty" doc:"Of paid_ms, what came after the approval, with its sign."`
	Days        []HoursDay        `json:"days"`
	Helpers     []HoursHelper     `json:"helpers" doc:"Apprentices without a login, whose time at work runs with the worker's."`
	Entries     []HoursEntry      `json:"entries"`
	Events      []HoursEvent      `json:"events" doc:"What the phones said; it is never changed."`
	Corrections []HoursCorrection `json:"corrections" doc:"The layer over the events, in the order they were made."`
}

// HoursDay is what is paid of one day and sort of time.
type HoursDay struct {
	Day  string `json:"day"`
	Sort string `json:"sort" enum:"work,travel,manual,break,adjustment"`
	Paid int64  `json:"paid_ms"`
}

// HoursHelper is what is paid to somebody without a login.
type HoursHelper struct {
	Name string     `json:"name"`
	Paid int64      `json:"paid_ms" doc:"The union of what has both ends, less the worker's unpaid breaks."`
	Days []HoursDay `json:"days"`
}

// HoursEntry is what events amount to.
type HoursEntry struct {
	Sort     string         `json:"sort" enum:"shift,travel,work,break,manual"`
	Job      model.RecordID `json:"job,omitzero"`
	Start    *time.Time     `json:"start_at,omitempty" doc:"Absent: it has no beginning."`
	End      *time.Time     `json:"end_at,omitempty" doc:"Absent: it is open. What is open is not paid."`
	RawStart *time.Time     `json:"raw_start_at,omitempty" doc:"As estimated, whatever was corrected."`
	RawEnd   *time.Time     `json:"raw_end_at,omitempty"`
	Fuzz     int64          `json:"uncertainty_ms" doc:"How far off both edges may be together."`
	Device   model.DeviceID `json:"device,omitzero"`
	Begin    model.ChangeID `json:"begin,omitzero" doc:"The event that began it."`
	Finish   model.ChangeID `json:"finish,omitzero" doc:"The event that ended it."`
	Flags    []string       `json:"flags"`
	Helpers  []string       `json:"helpers,omitempty" doc:"Who has no login and worked with them."`
	Suggest  *time.Time     `json:"suggested_end_at,omitempty" doc:"Of an entry without an end: when it may have ended. It is never taken by itself."`
}

// HoursEvent is one event, as it was told.
type HoursEvent struct {
	ID      model.ChangeID `json:"id"`
	Kind    string         `json:"kind"`
	Job     model.RecordID `json:"job,omitzero"`
	At      *time.Time     `json:"at" doc:"The server's estimate."`
	Fuzz    int64          `json:"uncertainty_ms"`
	Wall    *time.Time     `json:"wall_at,omitempty" doc:"The phone's clock, as it stood."`
	Offset  int64          `json:"offset_minutes" doc:"Of the phone's clock, east of UTC."`
	Zone    string         `json:"zone,omitempty" doc:"Where the phone was, by its own account."`
	Device  model.DeviceID `json:"device,omitzero"`
	Minutes int64          `json:"minutes,omitempty" doc:"Of a manual entry."`
	Flags   []string       `json:"flags"`
}

// HoursCorrection is one correction.
type HoursCorrection struct {
	ID      model.ChangeID `json:"id"`
	Event   model.ChangeID `json:"event,omitzero" doc:"Absent: time that no event told of."`
	At      *time.Time     `json:"at,omitempty"`
	Void    bool           `json:"void,omitempty"`
	Minutes int64          `json:"minutes,omitempty"`
	Reason  string         `json:"reason"`
	Author  model.UserID   `json:"author"`
	Office  bool           `json:"office"`
	Made    *time.Time     `json:"made_at"`
	Stands  bool           `json:"stands" doc:"It is what is paid by; a worker's that does not stand is a dispute."`
}

// SheetDays names a timesheet.
type SheetDays struct {
	Worker model.UserID `json:"worker"`
	From   string       `json:"from" format:"date" example:"2026-03-02" doc:"The first day, in the worker's zone of pay."`
	To     string       `json:"to" format:"date" example:"2026-03-09" doc:"The day that it ends before."`
	Note   string       `json:"note,omitempty" maxLength:"500" pattern:"^[^\\x00-\\x1f\\x7f]*$" doc:"Why; the worker reads it."`
}

type sheetOutput struct{ Body Timesheet }

// SheetsInput asks for timesheets.
type SheetsInput struct {
	From   string       `query:"from" required:"true" format:"date" doc:"The first day, in each worker's zone of pay."`
	To     string       `query:"to" required:"true" format:"date" doc:"The day that they end before."`
	Worker model.UserID `query:"worker" doc:"Of this person alone; absent: of everybody who has hours in the days."`
}

// hours adds the endpoints of timesheets.
func (s *service) hours(h huma.API) {
	tag := []string{"hours"}
	manage(s, h, huma.Operation{
		OperationID: "list-timesheets", Method: http.MethodGet, Path: "/v1/timesheets", Tags: tag,
		Summary: "List timesheets, with their entries, raw events and corrections",
		Description: "Needs the level read-only of web.timesheets or web.shifts, and the scopes timesheet_events:read, timesheet_corrections:read and timesheet_approvals:read. At most 62 days. " +
			"Hours are corrected by adding a record to timesheet_corrections, with a reason; the worker is told, and may dispute it.",
	}, s.listSheets)
	for _, one := range []struct{ verb, id, summary, more string }{
		{model.SheetSubmit, "submit-timesheet", "Submit a timesheet", "Of open ones."},
		{model.SheetApprove, "approve-timesheet", "Approve a timesheet", "Of open and submitted ones. It approves what is there now; what comes later shows as late, and is an adjustment of a later payroll file."},
		{model.SheetReopen, "reopen-timesheet", "Take an approval or a submission back", "Of submitted and approved ones. What is exported is never opened again."},
	} {
		manage(s, h, huma.Operation{
			OperationID: one.id, Method: http.MethodPost, Path: "/v1/timesheets/" + one.verb, Tags: tag, Summary: one.summary,
			Description: one.more + " Doing it again changes nothing. Needs the level full of web.timesheets, and the scope timesheet_approvals:write beside those of reading.",
		}, func(ctx context.Context, c model.Caller, in *struct{ Body SheetDays }) (*sheetOutput, error) {
			from, to, err := daysOf("body", in.Body.From, in.Body.To)
			if err != nil {
				return nil, err
			}
			sheet, err := s.office.MoveSheet(ctx, c, model.SheetMove{Worker: in.Body.Worker, From: from, To: to, Verb: one.verb, Note: in.Body.Note})
			return &sheetOutput{sheetOf(sheet)}, err
		})
	}
}

func (s *service) listSheets(ctx context.Context, c model.Caller, in *SheetsInput) (*itemsOutput[Timesheet], error) {
	from, to, err := daysOf("query", in.From, in.To)
	if err != nil {
		return nil, err
	}
	all, err := s.office.Sheets(ctx, c, model.SheetQuery{From: from, To: to, Worker: in.Worker})
	return items(each(all, sheetOf)), err
}

// daysOf reads the days that something lies between.
func daysOf(where, from, to string) (first, last model.Day, err error) {
	var faults []problem.Fault
	read := func(name, text string) model.Day {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			faults = append(faults, problem.Fault{Location: where + "." + name, Message: "want a day as 2026-03-02"})
		}
		return model.DayOf(model.Instant(t.UnixMilli()), nil)
	}
	first, last = read("from", from), read("to", to)
	if len(faults) == 0 && last <= first {
		faults = append(faults, problem.Fault{Location: where + ".to", Message: "want a day after from; it is not in it"})
	}
	return first, last, asked(faults)
}

func sheetOf(m model.Sheet) Timesheet {
	return Timesheet{
		Worker: m.Worker, Name: m.Name, Zone: m.Zone, From: moment(m.From), To: moment(m.To), State: m.State,
		ApprovedAt: moment(m.ApprovedAt), ApprovedBy: m.ApprovedBy, Batch: m.Batch, Note: m.Note, Payroll: m.Payroll,
		Paid: m.Paid, Worked: m.Worked, Late: m.Late,
		Days: each(m.Days, hoursDay),
		Helpers: each(m.Helpers, func(h model.SheetHelper) HoursHelper {
			return HoursHelper{Name: h.Name, Paid: h.Paid, Days: each(h.Days, hoursDay)}
		}),
		Entries: each(m.Entries, func(e model.SheetEntry) HoursEntry {
			return HoursEntry{
				Sort: e.Sort, Job: e.Job, Start: moment(e.Start), End: moment(e.End), RawStart: moment(e.RawStart), RawEnd: moment(e.RawEnd),
				Fuzz: e.Fuzz, Device: e.Device, Begin: e.Begin, Finish: e.Finish, Flags: flags(e.Flags), Suggest: moment(e.Suggest), Helpers: e.Helpers,
			}
		}),
		Events: each(m.Events, func(e model.SheetEvent) HoursEvent {
			return HoursEvent{
				ID: e.ID, Kind: e.Kind, Job: e.Job, At: moment(e.At), Fuzz: e.Fuzz, Wall: moment(e.Wall), Offset: e.Offset, Zone: e.Zone,
				Device: e.Device, Minutes: e.Minutes, Flags: flags(e.Flags),
			}
		}),
		Corrections: each(m.Corrections, func(x model.Corrected) HoursCorrection {
			return HoursCorrection{
				ID: x.ID, Event: x.Event, At: moment(x.At), Void: x.Void, Minutes: x.Minutes, Reason: x.Reason, Author: x.Author,
				Office: x.Office, Made: moment(x.Made), Stands: x.Stands,
			}
		}),
	}
}

func hoursDay(d model.SheetDay) HoursDay {
	return HoursDay{Day: d.Day.String(), Sort: d.Sort, Paid: d.Paid}
}

func flags(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// hashText is a content hash as the API tells it.
func hashText(h model.ContentHash) string { return hex.EncodeToString(h[:]) }
