package engine

import (
	"context"
	"fmt"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Bounds of one commit of a turn, so that it never stands in the way of a user's change (DESIGN §12.2). What hangs on one
// job is never split: a job that is larger than a batch goes alone.
const (
	TurnBatch = 500     // records written, when the caller names no other number
	turnBytes = 1 << 20 // of what moves
	turnLooks = 2000    // jobs that another rule is tried on
)

// Turn moves work in and out of phones, as far as one commit goes, and says whether there is more to do: it brings in
// the rule that the company wants, or turns the calendar towards the day of now. The calendar goes by committed time,
// which never goes back; so a clock that does moves nothing. A turn that is interrupted goes on where it was. batch is how
// many records a commit may write; 0: TurnBatch.
func (e *Engine) Turn(ctx context.Context, id model.TenantID, batch int, now model.Instant) (more bool, err error) {
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		was := *t.today()
		t.turns = true
		s := &turning{tx: t, at: t.today(), batch: batch}
		if batch == 0 {
			s.batch = TurnBatch
		}
		more = s.turn()
		if *s.at != was || !s.begun() {
			t.put(storage.TableWindows, "", s.at.Append(nil))
		}
		t.turns = false
		t.rejudge() // what waited for something that came in
		return nil
	})
	return more, err
}

// turning is one commit of it.
type turning struct {
	*tx
	at      *storage.Calendar // that of the decision: jobs are judged by it
	batch   int
	jobs    int // judged
	records int // written, at most
	bytes   int
}

// begun says whether the company has a calendar already.
func (t *turning) begun() bool {
	_, ok := t.row(storage.TableWindows, "")
	return ok
}

func (t *turning) turn() (more bool) {
	c, want := t.at, t.tenant.Settings.Window
	if c.Next == c.Rule && c.Rule != want { // one rule after the other, so that there are never more than two
		c.Next, c.Walked = want, model.RecordID{}
	}
	if c.Next != c.Rule {
		return t.walk()
	}
	if t.days() {
		return true
	}
	t.tell()
	return false
}

// walk tries the next rule on the jobs that do not live by it yet. There is always more to do: the day may be another
// one by the new rule.
func (t *turning) walk() bool {
	for id := range t.r.Records(model.Jobs, model.Place{ID: t.at.Walked}) {
		if t.jobs == turnLooks || !t.judge(id, &t.at.Walked) {
			return true
		}
	}
	t.at.Rule, t.at.Walked = t.at.Next, model.RecordID{}
	return true
}

// days turns over the first day on which something is due, in the order of jobs; with nothing due it is today. It says
// whether there is more to do. What becomes due anew may be due earlier than what comes next, so that a commit ends with
// its day.
func (t *turning) days() bool {
	c, today := t.at, t.day()
	for key := range t.r.Rows(storage.TableWindows, storage.DuePrefix, "") {
		day, job, ok := storage.ParseDueKey(key)
		if !ok || day > today || t.jobs > 0 && day > c.Day {
			break
		}
		if day > c.Day {
			c.Day, c.Turned = day, model.RecordID{}
		}
		if !t.judge(job, &c.Turned) {
			return true
		}
		if t.windowOf(job).Due != day {
			t.remove(storage.TableWindows, key)
		}
	}
	c.Turned = allTurned
	if t.jobs > 0 {
		return true
	}
	c.Day = today
	return false
}

// day is the day it is: that of the calendar when another zone, or a day that is not turned over whole, is behind it.
func (t *turning) day() model.Day {
	day := model.DayOf(t.now, t.e.zone(t.at.Rule))
	if planted("calendar-goes-back") {
		return day
	}
	return max(day, t.at.Day)
}

// judge moves on to a job, and moves it with all that hangs on it when its time has come or gone. It says whether the
// commit has room for it; at is how far the calendar has come, by which the job is judged.
func (t *turning) judge(id model.RecordID, at *model.RecordID) bool {
	from := *at
	*at = id
	job := t.record(id)
	if job == nil {
		return true
	}
	was, now := t.judged(job)
	records, bytes := 1, 0
	moves := was.Out != now.Out
	if moves {
		const refers = 2 // its customer and its site
		a := t.storedAggregate(id)
		records, bytes = records+a.records+refers, a.moves(len(t.assignees(id)))
	}
	if t.jobs > 0 && (t.records+records > t.batch || t.bytes+bytes > turnBytes) && !planted("turn-unbounded") {
		*at = from
		return false
	}
	t.jobs, t.records, t.bytes = t.jobs+1, t.records+records, t.bytes+bytes
	t.file(id, was, now)
	switch {
	case !moves:
		return true
	case now.Out:
		t.at.Out++
	default:
		t.at.In++
	}
	switch {
	case now.Out && planted("exit-not-retracted"):
	case planted("turn-forgets-children"):
		t.place(job)
	default:
		t.settleJob(id)
	}
	return true
}

// tell notes in the audit, once for each day or rule, what moved: the history tells of what people did to records, and
// that is nothing of the kind.
func (t *turning) tell() {
	if t.at.In+t.at.Out == 0 {
		return
	}
	t.audit(model.AuditEntry{
		Kind: model.AuditTurn, Actor: server, Subject: everybody,
		Detail: fmt.Sprintf("%s: %d jobs came to phones, %d went", t.at.Day, t.at.In, t.at.Out),
	})
	t.at.In, t.at.Out = 0, 0
}
