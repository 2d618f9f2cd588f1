package engine_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// timebook is a naive account of hours: what each worker did, minute by minute. It shares no code with what it checks.
type timebook struct {
	*company
	r       *rand.Rand
	begin   model.Instant // of the weeks that are played
	workers []model.UserID
	phones  []model.Connection
	jobs    []model.RecordID
	asgs    []model.RecordID
	ends    map[model.UserID][]model.RecordID          // events of ends, which may be corrected
	busy    map[model.UserID]map[model.RecordID][]bool // by job: the minutes that are worked
	layered map[model.UserID]bool                      // the office has corrected something of theirs
	batches byte
}

const playedDays = 28

// TestI8_HoursConserved: whatever the office does, the sum of the raw worked intervals of everybody is what they worked; what
// is paid is the union; and all payroll files together pay what there is, once.
func TestI8_HoursConserved(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		if wrong := playHours(t, seed); wrong != "" {
			t.Fatalf("seed %d: %s", seed, wrong)
		}
	}
}

// playHours plays a random history and says what is wrong, or nothing.
func playHours(t *testing.T, seed uint64) string {
	t.Helper()
	l := &timebook{
		company: payday(t), r: rand.New(rand.NewPCG(seed, 8)), ends: map[model.UserID][]model.RecordID{},
		busy: map[model.UserID]map[model.RecordID][]bool{}, layered: map[model.UserID]bool{},
	}
	l.begin = at("2026-10-05T00:00:00+01:00")
	l.now = at("2026-11-02T00:00:00Z") + 3*24*hour
	cal, err := l.e.AddAccount(context.Background(), l.id, engine.NewAccount{Login: "cal", Name: "Cal", Kind: model.Mobile}, l.now)
	if err != nil {
		t.Fatal(err)
	}
	l.workers = []model.UserID{l.ben, cal}
	for _, u := range l.workers {
		l.phones = append(l.phones, l.phone(u, model.Mobile))
		l.busy[u] = map[model.RecordID][]bool{}
	}
	for range 3 {
		job, asg := l.newJob(l.ben, 0)
		l.jobs, l.asgs = append(l.jobs, job), append(l.asgs, asg)
	}
	for step := range 60 {
		what := l.step()
		if wrong := l.check(); wrong != "" {
			return fmt.Sprintf("step %d, %s: %s", step, what, wrong)
		}
	}
	return l.settled()
}

func (l *timebook) step() string {
	switch l.r.IntN(3) {
	case 0:
		return l.office1()
	default:
		return l.work()
	}
}

// work is one piece of work, told by a phone whose clock is wrong.
func (l *timebook) work() string {
	i := l.r.IntN(len(l.workers))
	u, job := l.workers[i], l.jobs[l.r.IntN(len(l.jobs))]
	minutes := l.busy[u][job]
	if minutes == nil {
		minutes = make([]bool, playedDays*24*60)
		l.busy[u][job] = minutes
	}
	from := l.r.IntN(len(minutes) - 700)
	to := from + 5 + l.r.IntN(600)
	for m := max(0, from-5); m < min(len(minutes), to+5); m++ {
		if minutes[m] {
			return "nothing"
		}
	}
	for m := from; m < to; m++ {
		minutes[m] = true
	}
	k := clockOf{boot: l.r.Uint64() | 1, mark: l.begin - hour, ahead: l.r.Int64N(200*minute) - 100*minute, zone: "Europe/London"}
	start := l.tick(u, k, "work_start", job, l.begin+model.Instant(from*minute))
	end := l.tick(u, k, "work_end", job, l.begin+model.Instant(to*minute))
	conn := l.phones[i]
	if l.r.IntN(4) == 0 {
		conn.Lane = model.LaneHandIn
	}
	if l.r.IntN(2) == 0 {
		l.push(conn, start, end)
	} else { // in another order of arrival
		l.push(conn, end)
		l.push(conn, start, start)
	}
	l.ends[u] = append(l.ends[u], model.RecordID(end.ID))
	return fmt.Sprintf("%s works %d to %d", u, from, to)
}

// office1 is one thing that an office may do.
func (l *timebook) office1() string {
	i := l.r.IntN(len(l.jobs))
	u := l.workers[l.r.IntN(len(l.workers))]
	week := l.r.IntN(4)
	from, to := dayAt("2026-10-05")+model.Day(7*week), dayAt("2026-10-05")+model.Day(7*week+7)
	event := func(kind string, more ...model.Assign) string {
		l.push(l.office(), l.change(l.amy, model.OpCreate, model.OfficeEvents, model.RecordID{},
			append([]model.Assign{set(model.FieldParent, model.Ref(l.jobs[i])), set(model.OfficeEventKind, model.Text(kind))}, more...)...))
		return kind
	}
	switch l.r.IntN(10) {
	case 0, 1:
		return event([]string{"cancel", "reinstate", "close", "reopen"}[l.r.IntN(4)])
	case 2:
		return event("withdraw", set(model.OfficeEventOf, model.Ref(l.asgs[i])))
	case 3:
		if len(l.ends[u]) == 0 {
			return "nothing"
		}
		of, what := l.ends[u][l.r.IntN(len(l.ends[u]))], set(model.CorrectionVoid, model.Bool(true))
		if l.r.IntN(2) == 0 {
			what = set(model.CorrectionAt, model.Int(int64(l.begin)+l.r.Int64N(playedDays*24*60)*minute))
		}
		l.applied(l.office(), l.corrects(l.amy, of, what))
		l.layered[u] = true
		return "correct"
	case 4, 5:
		verb := []string{model.SheetSubmit, model.SheetApprove, model.SheetApprove, model.SheetReopen}[l.r.IntN(4)]
		l.now += 1000
		_, err := l.e.MoveSheet(context.Background(), l.caller(l.amy), model.SheetMove{Worker: u, From: from, To: to, Verb: verb}, l.now)
		if err != nil && !errors.Is(err, model.ErrSheet) {
			return err.Error()
		}
		return verb
	case 6:
		l.export(from, to)
		return "export"
	case 7:
		l.level(u, model.Mobile, map[access.Permission]access.Level{access.MobileTimesheets: []access.Level{access.None, access.Full}[l.r.IntN(2)]})
		return "levels"
	case 8:
		phone := &l.phones[l.r.IntN(len(l.phones))]
		l.mark(phone.Device, []uint8{engine.DeviceLost, engine.DeviceInUse}[l.r.IntN(2)])
		phone.Lane = model.LaneHandIn // it ended the session
		return "lose or find a phone"
	default:
		if len(l.jobs) > 2 {
			l.push(l.office(), l.remover(l.amy, model.Jobs, l.jobs[i]))
		}
		return "delete a job"
	}
}

func (l *timebook) export(from, to model.Day) {
	l.now += 1000
	_, err := l.e.ExportPayroll(context.Background(), l.caller(l.amy), engine.PayrollAsk{ID: model.BatchID{l.batches + 1}, From: from, To: to}, l.now)
	if err == nil {
		l.batches++
	} else if !errors.Is(err, model.ErrNothing) {
		l.t.Fatal(err)
	}
}

// check compares every worker's hours with the account.
func (l *timebook) check() string {
	for _, u := range l.workers {
		var worked, union int64
		for m := range playedDays * 24 * 60 {
			any := false
			for _, minutes := range l.busy[u] {
				if minutes[m] {
					worked += minute
					any = true
				}
			}
			if any {
				union += minute
			}
		}
		s := l.sheet(u, "2026-10-05", "2026-11-02")
		if s.Worked != worked {
			return fmt.Sprintf("%s has %d min of raw intervals, and worked %d", u, s.Worked/minute, worked/minute)
		}
		if !l.layered[u] && s.Paid != union {
			return fmt.Sprintf("%s is paid %d min, and worked %d of the clock", u, s.Paid/minute, union/minute)
		}
	}
	return ""
}

// settled approves and exports everything, twice, and compares what all files pay with what there is.
func (l *timebook) settled() string {
	for week := range 4 {
		from := dayAt("2026-10-05") + model.Day(7*week)
		for _, u := range l.workers {
			l.now += 1000
			// what is exported stays so
			_, _ = l.e.MoveSheet(context.Background(), l.caller(l.amy), model.SheetMove{Worker: u, From: from, To: from + 7, Verb: model.SheetApprove}, l.now)
		}
	}
	for range 2 {
		l.export(dayAt("2026-10-05"), dayAt("2026-11-02"))
	}
	paid := map[string]int64{}
	for b := byte(1); b <= l.batches; b++ {
		rows, err := csv.NewReader(strings.NewReader(l.file(b))).ReadAll()
		if err != nil {
			return err.Error()
		}
		for _, row := range rows[1:] {
			raw, err := strconv.ParseInt(row[11], 10, 64)
			if err != nil {
				return err.Error()
			}
			paid[row[3]] += raw * 1000
		}
	}
	for _, u := range l.workers {
		if s := l.sheet(u, "2026-10-05", "2026-11-02"); paid[u.String()] != s.Paid {
			return fmt.Sprintf("%s was paid %d min by %d files, and has %d", u, paid[u.String()]/minute, l.batches, s.Paid/minute)
		}
	}
	return ""
}
