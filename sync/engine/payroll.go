package engine

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/payroll"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// PayrollAsk asks for a payroll file.
type PayrollAsk struct {
	ID       model.BatchID // drawn by whoever asks: the same one again is the same file
	From, To model.Day     // whose timesheets lie whole within; To is not in it
	Rehearse bool          // only say what would be in it
}

// ExportPayroll makes a payroll file of the approved timesheets that lie within some days, and of what came to those that were
// exported before, wherever they lie. The file, and that its timesheets are exported, are one commit; asking again gives the
// file that there is.
//
// model.ErrDays, model.ErrLevel, model.ErrScoped; model.ErrReused: the id is that of a file of other days;
// model.ErrNothing; storage.ErrTooBig: more than a commit takes, ask for fewer days.
func (e *Engine) ExportPayroll(ctx context.Context, c model.Caller, ask PayrollAsk, now model.Instant) (model.Payroll, error) {
	var out model.Payroll
	if ask.From >= ask.To || ask.ID.IsZero() {
		return out, model.ErrDays
	}
	decide := func(t *tx) error {
		d, err := t.desk(c)
		if err == nil {
			err = d.keepsHours()
		}
		if err != nil {
			return err
		}
		if old, ok := get(t, storage.TablePayroll, "i"+string(ask.ID[:]), storage.ParsePayrollBatch); ok {
			if old.From != ask.From || old.To != ask.To {
				return model.ErrReused
			}
			out = t.payrollOf(old)
			out.Repeat = true
			return nil
		}
		x := &exporter{desk: d, ask: ask, batch: payroll.Batch{
			ID: ask.ID, From: ask.From, To: ask.To, Made: t.now, Rounding: int64(t.tenant.Settings.Pay.Rounding),
		}}
		if err := x.export(); err != nil {
			return err
		}
		out = x.done()
		return t.err
	}
	if ask.Rehearse {
		return out, e.read(ctx, c.Tenant, decide)
	}
	return out, e.apply(ctx, c.Tenant, 1, now, decide)
}

// exporter makes one payroll file.
type exporter struct {
	*desk
	ask     PayrollAsk
	batch   payroll.Batch
	sheets  []lock // that are exported by it
	waiting []model.UserID
	head    storage.PayrollBatch
}

// export gathers the lines, worker by worker.
func (x *exporter) export() error {
	for _, w := range x.workersIn(storage.TablePayroll, "a") {
		if !x.onPayroll(w) {
			continue
		}
		x.worker(w)
		clear(x.loaded) // records that were looked at
	}
	if len(x.batch.Sheets) == 0 {
		return model.ErrNothing
	}
	x.wait()
	return x.keep()
}

// sheetJob is a timesheet whose lines are looked at.
type sheetJob struct {
	lock
	exported *storage.Exported // nil: it is not yet
	fromDay  model.Day
	untilDay model.Day
}

// worker adds the lines of one worker.
func (x *exporter) worker(w model.UserID) {
	zoneName, zone := x.payZone(w)
	jobs := x.approved(w, zone)
	late, _ := get(x.tx, storage.TablePayroll, "w"+string(w[:]), storage.ParseLatecomers)
	jobs = append(jobs, x.adjusted(w, late)...)
	if len(jobs) == 0 {
		return
	}
	from, to := jobs[0].from, jobs[0].to
	for _, j := range jobs {
		from, to = min(from, j.from), max(to, j.to)
	}
	h := x.hoursOf(w, from, to, func(*model.Record) bool { return true }) // a file is the company's: no view shortens it
	now := h.sheet(x.rule(), 0, x.now)
	late.From, late.To = 0, 0
	for _, j := range jobs {
		if j.exported != nil {
			x.adjust(w, j, &now)
			continue
		}
		then := now
		if h.changedAfter(j.pin) {
			then = h.sheet(x.rule(), j.pin, x.now)
			late = widened(late, j.from, j.to) // what came since is the next file's
		}
		x.regular(w, j, &then, zoneName, zone)
		late.Until = max(late.Until, j.to)
	}
	x.put(storage.TablePayroll, "w"+string(w[:]), late.Append(nil))
}

// approved is the worker's timesheets that are approved and lie within the days asked for.
func (x *exporter) approved(w model.UserID, zone *time.Location) (out []sheetJob) {
	from, to := days(x.ask.From, x.ask.To, zone)
	for _, l := range x.locks(w, from, to) {
		if l.state == model.SheetApproved && from <= l.from && l.to <= to {
			out = append(out, sheetJob{lock: l, fromDay: model.DayOf(l.from, zone), untilDay: model.DayOf(l.to, zone)})
		}
	}
	return out
}

// adjusted is the worker's exported timesheets to which something came.
func (x *exporter) adjusted(w model.UserID, late storage.Latecomers) (out []sheetJob) {
	if late.To == 0 || planted("adjustments-forgotten") {
		return nil
	}
	for _, l := range x.locks(w, late.From, late.To) {
		if l.state != model.SheetExported {
			continue
		}
		if old, ok := get(x.tx, storage.TablePayroll, "p"+string(w[:])+instantKey(l.from), storage.ParseExported); ok {
			out = append(out, sheetJob{lock: l, exported: &old, fromDay: old.FromDay, untilDay: old.UntilDay})
		}
	}
	return out
}

// regular adds the lines of a timesheet that is exported for the first time.
func (x *exporter) regular(w model.UserID, j sheetJob, sheet *workflow.Sheet, zoneName string, zone *time.Location) {
	sums := payroll.Sums(sheet, j.from, j.to, zone, x.batch.Rounding)
	x.lines(w, j, sums)
	x.sheets = append(x.sheets, j.lock)
	x.exported(w, storage.Exported{
		From: j.from, To: j.to, FromDay: j.fromDay, UntilDay: j.untilDay, Zone: zoneName, Rounding: x.batch.Rounding, Sums: stored(sums),
	})
	x.head.Regular++
}

// adjust adds the difference between what a timesheet is now and what was exported of it (E18). It is rounded as its first
// export was, so that all its lines together are the rounded whole.
func (x *exporter) adjust(w model.UserID, j sheetJob, now *workflow.Sheet) {
	old := *j.exported
	was := sums(old.Sums)
	diff := payroll.Difference(payroll.Sums(now, j.from, j.to, x.zoneOf(old.Zone), old.Rounding), was)
	if len(diff) == 0 {
		return
	}
	x.lines(w, j, diff)
	old.Sums = stored(payroll.Add(was, diff))
	x.exported(w, old)
	x.head.Adjusted++
}

func (x *exporter) exported(w model.UserID, row storage.Exported) {
	x.put(storage.TablePayroll, "p"+string(w[:])+instantKey(row.From), row.Append(nil))
}

// lines adds a timesheet to the batch, with what its person is called now.
func (x *exporter) lines(w model.UserID, j sheetJob, lines []payroll.Sum) {
	s := payroll.Sheet{Worker: w, From: j.fromDay, To: j.untilDay, Adjusts: j.exported != nil, Lines: lines}
	if r := x.live(model.RecordID(w)); r != nil {
		s.Name, s.Person = r.Value(model.PersonName).Text(), r.Value(model.FieldExternalID).Text()
	}
	x.batch.Sheets = append(x.batch.Sheets, s)
}

// wait finds who has time in the days that nobody has approved.
func (x *exporter) wait() {
	for _, w := range x.workersIn(storage.TableTimes, "t") {
		_, zone := x.payZone(w)
		from, to := days(x.ask.From, x.ask.To, zone)
		locks := x.locks(w, from, to)
		prefix := timesOf(w)
		for key := range x.r.Rows(storage.TableTimes, prefix, instantKey(from)) {
			at := parseInstantKey(key[len(prefix) : len(prefix)+8])
			if at >= to {
				break
			}
			if !slices.ContainsFunc(locks, func(l lock) bool { return l.locked() && l.from <= at && at < l.to }) {
				if x.onPayroll(w) {
					x.waiting = append(x.waiting, w)
				}
				break
			}
		}
	}
}

// keep writes the batch, and marks what it exports, in this commit.
func (x *exporter) keep() error {
	b := &x.batch
	slices.SortFunc(b.Sheets, func(a, c payroll.Sheet) int {
		return cmp.Or(a.Worker.Compare(c.Worker), cmp.Compare(a.From, c.From))
	})
	hash := b.Hash()
	f, err := x.frame(model.Connection{Tenant: x.id, User: x.caller.User, Kind: model.Desktop, Lane: model.LaneOffice}, nil, true)
	if err != nil {
		return err
	}
	for _, l := range x.sheets {
		f.keeps(l.id,
			model.Assign{Field: model.ApprovalState, Value: model.Text(model.SheetExported)},
			model.Assign{Field: model.ApprovalBatch, Value: model.Text(b.ID.String())},
			model.Assign{Field: model.ApprovalHash, Value: model.Bytes(hash[:])})
	}
	for i := range b.Sheets {
		s := &b.Sheets[i]
		key := "l" + string(b.ID[:]) + string(s.Worker[:]) + dayKey(s.From)
		x.put(storage.TablePayroll, key, storage.PayrollSheet{
			Worker: s.Worker, Person: s.Person, Name: s.Name, From: s.From, To: s.To, Adjusts: s.Adjusts, Lines: stored(s.Lines),
		}.Append(nil))
	}
	x.head = storage.PayrollBatch{
		ID: b.ID, From: b.From, To: b.To, Made: b.Made, By: x.caller.User, Rounding: b.Rounding, Hash: hash,
		Regular: x.head.Regular, Adjusted: x.head.Adjusted,
	}
	x.put(storage.TablePayroll, "i"+string(b.ID[:]), x.head.Append(nil))
	x.audit(model.AuditEntry{
		Kind: model.AuditPayroll, Actor: x.doer(x.caller.User), Subject: everybody,
		Detail: fmt.Sprintf("%s, %s to %s, %d timesheets, %d adjusted", b.ID, b.From, b.To, x.head.Regular, x.head.Adjusted),
	})
	return f.err
}

func (x *exporter) done() model.Payroll {
	out := payrollFrom(x.head)
	out.Lines = len(x.batch.Lines())
	out.Waiting = x.waiting
	return out
}

// dayKey is a day as a key, so that key order is its order.
func dayKey(d model.Day) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(d)^1<<31))
}

func stored(list []payroll.Sum) []storage.PayrollSum {
	out := make([]storage.PayrollSum, len(list))
	for i, s := range list {
		out[i] = storage.PayrollSum(s)
	}
	return out
}

func sums(list []storage.PayrollSum) []payroll.Sum {
	out := make([]payroll.Sum, len(list))
	for i, s := range list {
		out[i] = payroll.Sum(s)
	}
	return out
}

func payrollFrom(h storage.PayrollBatch) model.Payroll {
	return model.Payroll{
		ID: h.ID, From: h.From, To: h.To, Made: h.Made, By: h.By, Rounding: h.Rounding, Hash: h.Hash,
		Regular: int(h.Regular), Adjusted: int(h.Adjusted),
	}
}

// payrollOf is a file that is there, with how many lines it has.
func (t *tx) payrollOf(h storage.PayrollBatch) model.Payroll {
	out := payrollFrom(h)
	for _, s := range t.batchOf(h).Sheets {
		out.Lines += len(s.Lines)
	}
	return out
}

// batchOf reads a file back.
func (t *tx) batchOf(h storage.PayrollBatch) *payroll.Batch {
	b := &payroll.Batch{ID: h.ID, From: h.From, To: h.To, Made: h.Made, Rounding: h.Rounding}
	for _, key := range t.keys(storage.TablePayroll, "l"+string(h.ID[:])) {
		s, ok := get(t, storage.TablePayroll, key, storage.ParsePayrollSheet)
		if !ok {
			continue
		}
		b.Sheets = append(b.Sheets, payroll.Sheet{
			Worker: s.Worker, Person: s.Person, Name: s.Name, From: s.From, To: s.To, Adjusts: s.Adjusts, Lines: sums(s.Lines),
		})
	}
	return b
}

// Payrolls lists the payroll files, the newest first. model.ErrLevel, model.ErrScoped.
func (e *Engine) Payrolls(ctx context.Context, c model.Caller) ([]model.Payroll, error) {
	out := []model.Payroll{}
	err := e.at(ctx, c, func(d *desk) error {
		if err := d.seesPayroll(); err != nil {
			return err
		}
		for _, key := range d.keys(storage.TablePayroll, "i") {
			if h, ok := get(d.tx, storage.TablePayroll, key, storage.ParsePayrollBatch); ok {
				out = append(out, d.payrollOf(h))
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b model.Payroll) int { return int(min(max(b.Made-a.Made, -1), 1)) })
	return out, err
}

// seesPayroll says why the caller may not read payroll files; nil: they may. They tell everybody's time and names.
func (d *desk) seesPayroll() error {
	if err := d.seesHours(); err != nil {
		return err
	}
	if !access.KeepsHours(d.who).Allow {
		return model.ErrLevel
	}
	return nil
}

// PayrollFile gives a payroll file's bytes, as CSV or as JSON: the same for ever. model.ErrUnknown: there is none of that id;
// model.ErrLevel, model.ErrScoped.
func (e *Engine) PayrollFile(ctx context.Context, c model.Caller, id model.BatchID, asJSON bool) (text []byte, head model.Payroll, err error) {
	err = e.at(ctx, c, func(d *desk) error {
		if err := d.seesPayroll(); err != nil {
			return err
		}
		h, ok := get(d.tx, storage.TablePayroll, "i"+string(id[:]), storage.ParsePayrollBatch)
		if !ok {
			return model.ErrUnknown
		}
		b := d.batchOf(h)
		if b.Hash() != model.ContentHash(h.Hash) {
			return errBatch
		}
		head = d.payrollOf(h)
		text = b.CSV()
		if asJSON {
			text, err = b.JSON()
		}
		return err
	})
	return text, head, err
}
