package main

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Sheets gives timesheets, as the caller's own rights show them: hours are records, whoever acts for them.
func (b backOffice) Sheets(ctx context.Context, c model.Caller, q model.SheetQuery) ([]model.Sheet, error) {
	return b.engine.Sheets(ctx, c, q)
}

// MoveSheet submits, approves or reopens a timesheet.
func (b backOffice) MoveSheet(ctx context.Context, c model.Caller, m model.SheetMove) (model.Sheet, error) {
	s, err := b.engine.MoveSheet(ctx, c, m, b.now())
	return s, told(err)
}

// ExportPayroll makes a payroll file, or gives the one that has this id.
func (b backOffice) ExportPayroll(ctx context.Context, c model.Caller, id model.BatchID, from, to model.Day, rehearse bool) (model.Payroll, error) {
	p, err := b.engine.ExportPayroll(ctx, c, engine.PayrollAsk{ID: id, From: from, To: to, Rehearse: rehearse}, b.now())
	return p, told(err)
}

// Payrolls lists the payroll files.
func (b backOffice) Payrolls(ctx context.Context, c model.Caller) ([]model.Payroll, error) {
	return b.engine.Payrolls(ctx, c)
}

// PayrollFile gives a payroll file's bytes.
func (b backOffice) PayrollFile(ctx context.Context, c model.Caller, id model.BatchID, asJSON bool) ([]byte, model.Payroll, error) {
	return b.engine.PayrollFile(ctx, c, id, asJSON)
}
