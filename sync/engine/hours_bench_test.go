package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// BenchmarkPayroll derives a week's payroll file of 500 workers with 100 events each, whose timesheets are approved.
func BenchmarkPayroll(b *testing.B) { stores(b, payWeek) }

func payWeek(b *testing.B, c *company) {
	b.Helper()
	const workers, days = 500, 5
	monday := at("2026-10-12T07:00:00Z")
	c.now = at("2026-10-18T12:00:00Z")
	for i := range workers {
		name := fmt.Sprintf("worker %d", i)
		u, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: name, Name: name, Kind: model.Mobile}, c.now)
		if err != nil {
			b.Fatal(err)
		}
		conn, k := c.phone(u, model.Mobile), clockOf{boot: 1, mark: monday - hour}
		for day := range days {
			var events []model.Change
			tick := func(kind string, minutes int) {
				events = append(events, c.tick(u, k, kind, model.RecordID{1}, monday+model.Instant(day*24*hour+minutes*minute)))
			}
			tick("shift_start", 0)
			for part := range 9 { // 20 events a day
				tick("work_start", 5+part*50)
				tick("work_end", 45+part*50)
			}
			tick("shift_end", 480)
			c.push(conn, events...)
		}
		if err := c.moves(model.SheetApprove, u, "2026-10-12", "2026-10-19"); err != nil {
			b.Fatal(err)
		}
	}
	ask := engine.PayrollAsk{ID: model.BatchID{1}, From: dayAt("2026-10-12"), To: dayAt("2026-10-19"), Rehearse: true}
	b.ReportAllocs()
	for b.Loop() {
		p, err := c.e.ExportPayroll(context.Background(), c.caller(c.amy), ask, c.now)
		if err != nil || p.Regular != workers || p.Lines != workers*days {
			b.Fatal(p, err)
		}
	}
}

// BenchmarkMerge judges edits that meet others in their field, loser kept, without a store: 100 at a time.
func BenchmarkMerge(b *testing.B) {
	c := newCompany(b)
	job, _ := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	const frame = 100
	changes := make([]model.Change, frame)
	for i := range changes {
		changes[i] = c.edit(c.ben, job, model.JobDescription, model.Text(fmt.Sprint("the boiler, told ", i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.e.Judges(ben, changes); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/frame, "ns/change")
}
