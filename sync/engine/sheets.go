package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/payroll"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// Sheets gives the timesheets of some days as a caller sees them, by worker: of everybody who has hours there, or of the one
// who was asked for. model.ErrLevel or model.ErrScoped to who does not see hours, model.ErrDays when the days are none.
func (e *Engine) Sheets(ctx context.Context, c model.Caller, q model.SheetQuery) ([]model.Sheet, error) {
	if q.From >= q.To || q.To-q.From > maxSheetDays {
		return nil, model.ErrDays
	}
	out := []model.Sheet{}
	err := e.at(ctx, c, func(d *desk) error {
		if err := d.seesHours(); err != nil {
			return err
		}
		workers := []model.UserID{q.Worker}
		if q.Worker.IsZero() {
			workers = d.workersIn(storage.TableTimes, "t")
		}
		for _, w := range workers {
			s := d.sheet(w, q.From, q.To)
			if len(s.Events)+len(s.Corrections) > 0 || s.State != model.SheetOpen || !q.Worker.IsZero() {
				out = append(out, s)
			}
			clear(d.loaded) // records that were looked at
		}
		return nil
	})
	return out, err
}

// seesHours says why the caller may not see everybody's hours; nil: they do.
func (d *desk) seesHours() error {
	for _, c := range []model.Collection{model.TimesheetEvents, model.TimesheetCorrections, model.TimesheetApprovals} {
		if spec, ok := d.table.Spec(c); !ok || !d.caller.Scopes.Reads(spec.Name) {
			return model.ErrScoped
		}
	}
	if !access.SeesHours(d.who).Allow && !planted("hours-of-everybody") {
		return model.ErrLevel
	}
	return nil
}

// keepsHours says why the caller may not approve and export hours; nil: they may.
func (d *desk) keepsHours() error {
	if err := d.seesHours(); err != nil {
		return err
	}
	if spec, ok := d.table.Spec(model.TimesheetApprovals); !ok || !d.caller.Scopes.Writes(spec.Name) {
		return model.ErrScoped
	}
	if !access.KeepsHours(d.who).Allow {
		return model.ErrLevel
	}
	return nil
}

// days is the instants that some days of a zone lie between.
func days(from, to model.Day, zone *time.Location) (model.Instant, model.Instant) {
	return workflow.DayStart(from, zone), workflow.DayStart(to, zone)
}

// sheet is a worker's timesheet of some days.
func (d *desk) sheet(worker model.UserID, fromDay, toDay model.Day) model.Sheet {
	name, zone := d.payZone(worker)
	from, to := days(fromDay, toDay, zone)
	h := d.hoursOf(worker, from, to, d.shown)
	out := model.Sheet{Worker: worker, Zone: name, From: from, To: to, State: model.SheetOpen, Payroll: d.onPayroll(worker)}
	if r := d.live(model.RecordID(worker)); r != nil && d.shown(r) {
		out.Name = r.Value(model.PersonName).Text()
	}
	now := h.sheet(d.rule(), 0, d.now)
	paid := payroll.Sums(&now, from, to, zone, 0)
	for _, s := range paid {
		if day := (model.SheetDay{Day: s.Day, Sort: s.Sort, Paid: s.Raw}); s.Helper != "" {
			helped(&out, s.Helper, day)
		} else {
			out.Paid += s.Raw
			out.Days = append(out.Days, day)
		}
	}
	d.standing(h, &out)
	if pin := h.pin(from, to); pin != 0 {
		then := h.sheet(d.rule(), pin, d.now)
		out.Late = out.Paid
		for _, s := range payroll.Sums(&then, from, to, zone, 0) {
			if s.Helper == "" {
				out.Late -= s.Raw
			}
		}
	}
	h.fill(&out, &now)
	out.Worked = workflow.Worked(h.events, d.rule(), from, to, d.now)
	return out
}

// helped adds what is paid of a day to a helper's.
func helped(out *model.Sheet, name string, day model.SheetDay) {
	i := slices.IndexFunc(out.Helpers, func(h model.SheetHelper) bool { return h.Name == name })
	if i < 0 {
		i = len(out.Helpers)
		out.Helpers = append(out.Helpers, model.SheetHelper{Name: name})
	}
	out.Helpers[i].Paid += day.Paid
	out.Helpers[i].Days = append(out.Helpers[i].Days, day)
}

// pin is the commit that approved just these days; 0: none did.
func (h *hours) pin(from, to model.Instant) model.Seq {
	for _, l := range h.locks {
		if l.from == from && l.to == to {
			return l.pin
		}
	}
	return 0
}

// standing says in what state a timesheet is; days that lie in several timesheets, or in a part of one, are mixed.
func (d *desk) standing(h *hours, out *model.Sheet) {
	for _, l := range h.locks {
		r := d.live(l.id)
		switch {
		case l.to <= out.From || out.To <= l.from || !d.shown(r):
		case l.from == out.From && l.to == out.To:
			out.State, out.Approval = l.state, l.id
			out.ApprovedAt = model.Instant(r.Value(model.ApprovalAt).Int())
			out.ApprovedBy = model.UserID(model.RefOf(r.Value(model.ApprovalBy)))
			out.Batch, out.Note = r.Value(model.ApprovalBatch).Text(), r.Value(model.ApprovalNote).Text()
		case l.state != model.SheetOpen:
			out.State = model.SheetMixed
		}
	}
}

// fill adds the entries that lie in a timesheet's days, the events they are made of, and what was said of these.
func (h *hours) fill(out *model.Sheet, sheet *workflow.Sheet) {
	standing := workflow.Stands(h.corrections)
	shown := map[model.ChangeID]bool{}
	inside := func(at model.Instant) bool { return out.From <= at && at < out.To }
	for _, e := range sheet.Entries {
		start, end := e.Start, e.End
		if start == 0 {
			start = end
		}
		if end == 0 {
			end = start
		}
		if !inside(start) && !inside(end) && (start >= out.From || end < out.To) {
			continue
		}
		shown[e.Begin], shown[e.Finish] = true, true
		out.Entries = append(out.Entries, model.SheetEntry{
			Sort: e.Sort, Job: e.Job, Start: e.Start, End: e.End, RawStart: e.RawStart, RawEnd: e.RawEnd, Fuzz: e.Fuzz,
			Device: e.Device, Begin: e.Begin, Finish: e.Finish, Flags: e.Flags, Suggest: e.Suggest, Helpers: e.Helpers,
		})
	}
	for _, e := range h.events {
		if inside(e.At) || shown[e.Change] {
			shown[e.Change] = true
			out.Events = append(out.Events, eventOf(h.records[e.Change], e, standing[e.Change]))
		}
	}
	slices.SortFunc(out.Events, func(a, b model.SheetEvent) int {
		if a.At != b.At {
			return int(min(max(a.At-b.At, -1), 1))
		}
		return a.ID.Compare(b.ID)
	})
	for i := range h.corrections {
		c := &h.corrections[i]
		if !shown[c.Of] && !(c.Of.IsZero() && inside(c.At)) {
			continue
		}
		if c.Of.IsZero() {
			shown[c.Change] = true // what is said of it follows: it was made later
		}
		out.Corrections = append(out.Corrections, correctedOf(h.records[c.Change], c, standing))
	}
	slices.SortFunc(out.Corrections, func(a, b model.Corrected) int {
		if a.Made != b.Made {
			return int(min(max(a.Made-b.Made, -1), 1))
		}
		return a.ID.Compare(b.ID)
	})
}

func eventOf(r *model.Record, e workflow.Time, s workflow.Standing) model.SheetEvent {
	cell, _ := r.Cell(model.FieldParent)
	flags := slices.Clone(e.Flags)
	switch {
	case s.Current == nil:
	case s.Current.Office:
		flags = append(flags, workflow.FlagCorrected)
	default:
		flags = append(flags, workflow.FlagClaimed)
	}
	if s.Disputed {
		flags = append(flags, workflow.FlagDisputed)
	}
	return model.SheetEvent{
		ID: e.Change, Kind: e.Kind, Job: e.Job, At: e.Raw, Fuzz: e.Fuzz, Wall: model.Instant(r.Value(model.TimeWall).Int()),
		Offset: r.Value(model.TimeOffset).Int(), Zone: r.Value(model.TimeZone).Text(), Device: e.Device, Minutes: e.Amount,
		Received: r.Stamp(cell), Flags: flags,
	}
}

func correctedOf(r *model.Record, c *workflow.Correction, standing map[model.ChangeID]workflow.Standing) model.Corrected {
	out := model.Corrected{
		ID: c.Change, Event: c.Of, At: c.At, Void: c.Void, Minutes: c.Minutes, Office: c.Office, Made: c.Made,
		Reason: r.Value(model.CorrectionReason).Text(), Author: model.UserID(model.RefOf(r.Value(model.CorrectionAuthor))),
	}
	if c.Of.IsZero() {
		over := standing[c.Change].Current
		out.Stands = over == nil && (c.Office || !c.Late) && !c.Void
	} else if now := standing[c.Of].Current; now != nil {
		out.Stands = now.Change == c.Change
	}
	return out
}

// onPayroll says whether a worker's time is paid by payroll: a subcontractor's is not (E27).
func (t *tx) onPayroll(worker model.UserID) bool {
	a, ok := get(t, storage.TableAccounts, string(worker[:]), storage.ParseAccount)
	return ok && (a.Kind == model.Mobile || a.Kind == model.Desktop || planted("subcontractors-paid"))
}

// moves is what each verb makes of a timesheet (E17). What is exported is never moved again: what changes afterwards is an
// adjustment (E18).
var moves = map[string]struct {
	from []string
	to   string
}{
	model.SheetSubmit:  {[]string{model.SheetOpen}, model.SheetSubmitted},
	model.SheetApprove: {[]string{model.SheetOpen, model.SheetSubmitted}, model.SheetApproved},
	model.SheetReopen:  {[]string{model.SheetSubmitted, model.SheetApproved}, model.SheetOpen},
}

// MoveSheet submits, approves or reopens a timesheet. It changes no hours. Doing it again changes nothing.
//
// model.ErrDays, model.ErrLevel, model.ErrScoped; model.ErrUnknown: nobody of that id; model.ErrSheet: the state does not
// allow it; model.ErrSheetDays: another timesheet has some of the days.
func (e *Engine) MoveSheet(ctx context.Context, c model.Caller, m model.SheetMove, now model.Instant) (model.Sheet, error) {
	var out model.Sheet
	move, known := moves[m.Verb]
	if m.From >= m.To || m.To-m.From > maxSheetDays || !known {
		return out, model.ErrDays
	}
	err := e.apply(ctx, c.Tenant, 1, now, func(t *tx) error {
		d, err := t.desk(c)
		if err == nil {
			err = d.keepsHours()
		}
		if err != nil {
			return err
		}
		if _, ok := t.row(storage.TableAccounts, string(m.Worker[:])); !ok {
			return model.ErrUnknown
		}
		was := d.sheet(m.Worker, m.From, m.To)
		switch {
		case was.State == model.SheetMixed:
			return model.ErrSheetDays
		case was.State == move.to && (move.to != model.SheetOpen || was.Approval.IsZero()):
			out = was
			return nil
		case !slices.Contains(move.from, was.State) && was.State != move.to:
			return model.ErrSheet
		}
		if err := d.setSheet(&was, m, move.to); err != nil {
			return err
		}
		t.audit(model.AuditEntry{
			Kind: model.AuditTimesheet, Actor: t.doer(c.User), Subject: toUser(m.Worker), Reason: m.Verb, Detail: m.From.String() + " to " + m.To.String(),
		})
		out = was
		out.State, out.Note, out.ApprovedAt, out.ApprovedBy, out.Late = move.to, m.Note, 0, model.UserID{}, 0
		out.Approval = t.sheetID(m.Worker, was.From)
		if move.to == model.SheetApproved {
			out.ApprovedAt, out.ApprovedBy = t.now, c.User
		}
		return nil
	})
	return out, err
}

// sheetID is the record of a timesheet's state, which follows from whose it is and where it begins.
func (t *tx) sheetID(worker model.UserID, from model.Instant) model.RecordID {
	return t.derived("timesheet", worker[:], []byte(instantKey(from)))
}

// setSheet writes a timesheet's state.
func (d *desk) setSheet(was *model.Sheet, m model.SheetMove, state string) error {
	f, err := d.frame(model.Connection{Tenant: d.id, User: d.caller.User, Kind: model.Desktop, Lane: model.LaneOffice}, nil, true)
	if err != nil {
		return err
	}
	id := d.sheetID(m.Worker, was.From)
	fields := []model.Assign{
		{Field: model.ApprovalWorker, Value: model.Ref(m.Worker)},
		{Field: model.ApprovalFrom, Value: model.Int(int64(was.From))},
		{Field: model.ApprovalTo, Value: model.Int(int64(was.To))},
		{Field: model.ApprovalState, Value: model.Text(state)},
		{Field: model.ApprovalAt, Value: model.Null()},
		{Field: model.ApprovalBy, Value: model.Null()},
		{Field: model.ApprovalNote, Value: model.Null()},
		{Field: model.ApprovalFromDay, Value: model.Text(m.From.String())},
		{Field: model.ApprovalUntilDay, Value: model.Text(m.To.String())},
	}
	if state == model.SheetApproved {
		fields[4].Value, fields[5].Value = model.Int(int64(d.now)), model.Ref(d.caller.User)
	}
	if m.Note != "" {
		fields[6].Value = model.Text(m.Note)
	}
	d.put(storage.TablePayroll, "a"+string(m.Worker[:])+instantKey(was.From), append(id[:], instantKey(was.To)...))
	f.keeps(id, fields...)
	return f.err
}

// keeps writes fields of a timesheet's record, and places it.
func (f *frame) keeps(id model.RecordID, fields ...model.Assign) {
	fresh := f.live(id) == nil
	w := model.Write{Seq: f.seq(), Change: f.serverChange(id), Occurred: f.now, Author: f.conn.User, Office: true}
	r := f.edit(id)
	if fresh {
		r.Collection = model.TimesheetApprovals
		r.Set(model.FieldParent, model.Null(), w)
	}
	for _, x := range fields {
		if x.Value != r.Value(x.Field) || x.Field == model.ApprovalAt {
			r.Set(x.Field, x.Value, w)
		}
	}
	f.settle(id)
}

// serverChange names what the server writes to a record in this commit by itself.
func (t *tx) serverChange(id model.RecordID) model.ChangeID {
	return model.ChangeID(t.derived("write", id[:], []byte(seqKey(t.seq()))))
}

var errBatch = errors.New("a payroll batch is not what it was when it was made")
