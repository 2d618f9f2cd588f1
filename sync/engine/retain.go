package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// forgetHours takes away the oldest hours when they are older than the company keeps them, with what was approved and exported of them, as far as
// one commit goes, and says whether there is more. It goes by when they were worked; what came in less than [KeepStubs] ago stays,
// whatever its clock said.
func (t *tx) forgetHours() (more bool) {
	keep := model.Instant(t.tenant.Settings.HoursKeep)
	if keep == 0 || planted("hours-for-ever") {
		return false
	}
	left := PurgeBatch
	for _, worker := range t.workersIn(storage.TableTimes, "t") {
		more = t.forgetTimes(worker, t.keptFrom(worker, t.now-keep), &left) || more
	}
	if more {
		return true // a timesheet outlives its hours, so that nobody pays them again
	}
	for _, worker := range t.workersIn(storage.TablePayroll, "a") {
		more = t.forgetSheets(worker, t.keptFrom(worker, t.now-keep), &left) || more
	}
	return t.forgetFiles(t.now-keep, &left) || more
}

// keptFrom is from when on a worker's hours are kept, when they need not be from before a moment: of a timesheet that reaches beyond that nothing goes,
// nor of what may have to do with it, since it would be missing from what was paid.
func (t *tx) keptFrom(worker model.UserID, before model.Instant) model.Instant {
	if planted("sheets-cut") {
		return before
	}
	from := before
	for _, l := range t.locks(worker, before, before+1) {
		from = min(from, l.from)
	}
	return from - workflow.Reach
}

// forgetTimes takes away what a worker's events and corrections of before a moment say.
func (t *tx) forgetTimes(worker model.UserID, before model.Instant, left *int) (more bool) {
	prefix := timesOf(worker)
	for key := range t.r.Rows(storage.TableTimes, prefix, "") {
		if parseInstantKey(key[len(prefix):len(prefix)+8]) >= before {
			return false
		}
		id := model.RecordID([]byte(key[len(prefix)+8:]))
		if _, fresh := t.outcome(model.ChangeID(id)); fresh && !planted("hours-by-their-clock") {
			continue
		}
		if *left--; *left < 0 {
			return true
		}
		t.remove(storage.TableTimes, key)
		t.forgets(id)
	}
	return false
}

// forgetSheets takes away the states of a worker's timesheets that ended before a moment, and what was exported of them.
func (t *tx) forgetSheets(worker model.UserID, before model.Instant, left *int) (more bool) {
	prefix := "a" + string(worker[:])
	for key, raw := range t.r.Rows(storage.TablePayroll, prefix, "") {
		if parseInstantKey(string(raw[16:])) >= before {
			return false
		}
		if *left--; *left < 0 {
			return true
		}
		t.remove(storage.TablePayroll, key)
		t.remove(storage.TablePayroll, "p"+key[1:])
		t.forgets(model.RecordID(raw[:16]))
	}
	return false
}

// forgetFiles takes away the payroll files of days before a moment.
func (t *tx) forgetFiles(before model.Instant, left *int) (more bool) {
	for key, raw := range t.r.Rows(storage.TablePayroll, "i", "") {
		file, err := storage.ParsePayrollBatch(raw)
		if err != nil {
			t.fail(err)
			return false
		}
		if file.To >= model.DayOf(before, nil) {
			continue
		}
		for _, line := range t.keys(storage.TablePayroll, "l"+key[1:]) {
			if *left--; *left < 0 {
				return true
			}
			t.remove(storage.TablePayroll, line)
		}
		t.remove(storage.TablePayroll, key)
	}
	return false
}

// forgets makes a tombstone of a record that has been kept long enough.
func (t *tx) forgets(id model.RecordID) {
	if t.live(id) == nil {
		return
	}
	few := 1
	t.bury(id, model.Write{Seq: t.seq(), Change: t.serverChange(id), Occurred: t.now, Office: true}, &few)
}
