package storage

import "github.com/fieldsync/fieldsync/sync/model"

// Told is the last timesheet event of a device's present boot (domain E2, E3).
type Told struct {
	Boot    uint64
	Mark    model.Instant
	Elapsed int64
	Wall    model.Instant
	At      model.Instant // its estimate
}

// PayrollBatch is the head of a payroll file. Its sheets stand in rows of their own.
type PayrollBatch struct {
	ID       model.BatchID
	From, To model.Day
	Made     model.Instant
	By       model.UserID
	Rounding int64 // minutes
	Hash     [32]byte
	Regular  uint32 // timesheets that it exports
	Adjusted uint32 // timesheets of earlier batches that it adjusts
}

// PayrollSum is what is paid of one day and sort, in milliseconds.
type PayrollSum struct {
	Day    model.Day
	Helper string
	Sort   string
	Raw    int64
	Paid   int64
}

// PayrollSheet is the lines of one timesheet in a batch.
type PayrollSheet struct {
	Worker   model.UserID
	Person   string
	Name     string
	From, To model.Day
	Adjusts  bool
	Lines    []PayrollSum
}

// Exported is what all batches together have exported of one timesheet.
type Exported struct {
	From, To          model.Instant
	FromDay, UntilDay model.Day
	Zone              string // that its days are of
	Rounding          int64  // minutes; of its first export, and of all its adjustments
	Sums              []PayrollSum
}

// Latecomers is where, of a worker's exported time, something came after its export.
type Latecomers struct {
	Until    model.Instant // the end of the last exported timesheet
	From, To model.Instant // what may have changed; both 0: nothing
}

// Append appends the row of a device's last event.
func (t Told) Append(b []byte) []byte {
	b = appendNumber(append(b, rowVersion), t.Boot)
	b = appendSigned(b, t.Mark)
	b = appendSigned(b, t.Elapsed)
	b = appendSigned(b, t.Wall)
	return appendSigned(b, t.At)
}

// ParseTold is the inverse of [Told.Append].
func ParseTold(b []byte) (Told, error) {
	d := decode(b)
	t := Told{Boot: d.uvarint(), Mark: signed[model.Instant](d), Elapsed: signed[int64](d), Wall: signed[model.Instant](d), At: signed[model.Instant](d)}
	return finish(d, t, "last event")
}

// Append appends the row of a batch's head.
func (p PayrollBatch) Append(b []byte) []byte {
	b = append(append(b, rowVersion), p.ID[:]...)
	b = appendDay(appendDay(b, p.From), p.To)
	b = appendSigned(b, p.Made)
	b = append(b, p.By[:]...)
	b = appendSigned(b, p.Rounding)
	b = append(b, p.Hash[:]...)
	return appendNumber(appendNumber(b, p.Regular), p.Adjusted)
}

// ParsePayrollBatch is the inverse of [PayrollBatch.Append].
func ParsePayrollBatch(b []byte) (PayrollBatch, error) {
	d, p := decode(b), PayrollBatch{}
	d.fixed(p.ID[:])
	p.From, p.To = d.day(), d.day()
	p.Made = signed[model.Instant](d)
	d.fixed(p.By[:])
	p.Rounding = signed[int64](d)
	p.Hash = d.hash()
	p.Regular, p.Adjusted = number[uint32](d), number[uint32](d)
	return finish(d, p, "payroll batch")
}

// Append appends the row of a sheet of a batch.
func (p PayrollSheet) Append(b []byte) []byte {
	b = append(append(b, rowVersion, bits(p.Adjusts)), p.Worker[:]...)
	b = appendText(appendText(b, p.Person), p.Name)
	b = appendDay(appendDay(b, p.From), p.To)
	return appendSums(b, p.Lines)
}

// ParsePayrollSheet is the inverse of [PayrollSheet.Append].
func ParsePayrollSheet(b []byte) (PayrollSheet, error) {
	d := decode(b)
	p := PayrollSheet{Adjusts: d.flags(1) == 1}
	d.fixed(p.Worker[:])
	p.Person, p.Name = d.text(), d.text()
	p.From, p.To = d.day(), d.day()
	p.Lines = d.sums()
	return finish(d, p, "payroll sheet")
}

// Append appends the row of what was exported of a timesheet.
func (x Exported) Append(b []byte) []byte {
	b = appendSigned(appendSigned(append(b, rowVersion), x.From), x.To)
	b = appendText(appendDay(appendDay(b, x.FromDay), x.UntilDay), x.Zone)
	return appendSums(appendSigned(b, x.Rounding), x.Sums)
}

// ParseExported is the inverse of [Exported.Append].
func ParseExported(b []byte) (Exported, error) {
	d := decode(b)
	x := Exported{From: signed[model.Instant](d), To: signed[model.Instant](d), FromDay: d.day(), UntilDay: d.day(), Zone: d.text(), Rounding: signed[int64](d)}
	x.Sums = d.sums()
	return finish(d, x, "exported timesheet")
}

// Append appends the row of what came after an export.
func (l Latecomers) Append(b []byte) []byte {
	return appendSigned(appendSigned(appendSigned(append(b, rowVersion), l.Until), l.From), l.To)
}

// ParseLatecomers is the inverse of [Latecomers.Append].
func ParseLatecomers(b []byte) (Latecomers, error) {
	d := decode(b)
	l := Latecomers{Until: signed[model.Instant](d), From: signed[model.Instant](d), To: signed[model.Instant](d)}
	return finish(d, l, "late time")
}

func appendDay(b []byte, d model.Day) []byte { return appendSigned(b, int64(d)) }

func appendSums(b []byte, sums []PayrollSum) []byte {
	b = appendNumber(b, uint64(len(sums)))
	for _, s := range sums {
		b = appendText(appendText(appendDay(b, s.Day), s.Helper), s.Sort)
		b = appendSigned(appendSigned(b, s.Raw), s.Paid)
	}
	return b
}

func (d *decoder) sums() []PayrollSum {
	return list(d, 5, func() PayrollSum {
		return PayrollSum{Day: d.day(), Helper: d.text(), Sort: d.text(), Raw: signed[int64](d), Paid: signed[int64](d)}
	})
}
