package reading

import (
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Time moves work in and out of phones. The oracle reads how far the calendar has come from what was committed, and works
// out from nothing else, for every job and every page, whether phones carry it.

// ofTheField is the audiences that only hear of the work of their days.
var ofTheField = map[model.AudienceKind]bool{
	model.AudienceWork: true, model.AudienceRefs: true, model.AudienceCards: true, model.AudienceContacts: true,
	model.AudienceTravel: true, model.AudienceBills: true, model.AudienceCrew: true, model.AudienceTeam: true,
}

// zone is where the company may be.
func zone(name string) *time.Location {
	switch name {
	case "Pacific/Kiritimati":
		return time.FixedZone(name, 14*3600)
	case "Etc/GMT+12":
		return time.FixedZone(name, -12*3600)
	default:
		return time.UTC
	}
}

// turned takes the calendar into the books.
func (t *truth) turned(c storage.Calendar) {
	if c.Day < t.calendar.Day {
		panic(&Failure{Kind: "calendar", Text: "the day has gone back"})
	}
	t.calendar = c
}

// carried says whether phones carry a job.
func (t *truth) carried(job *fact) bool {
	if job == nil {
		return true
	}
	rule, today := t.calendar.Rule, int64(t.calendar.Day)
	if job.id.Compare(t.calendar.Walked) <= 0 {
		rule = t.calendar.Next
	}
	if job.id.Compare(t.calendar.Turned) > 0 {
		today--
	}
	day := func(ms int64) int64 { // days of the calendar are counted as if all were in Greenwich
		y, m, d := time.UnixMilli(ms).In(zone(rule.Zone)).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600)
	}
	status, ended := "", int64(0)
	for _, c := range job.cells {
		if c.field == model.JobStatus {
			status, ended = c.value.Text(), int64(c.when)
		}
	}
	completed, started := job.value(model.JobCompleted), job.value(model.JobStarted)
	if !completed.IsNull() {
		ended = completed.Int()
	}
	over := status == "completed" || status == "closed" || status == "cancelled"
	begun := status == "travelling" || status == "in_progress" || status == "paused" || !started.IsNull() || !completed.IsNull()
	for _, no := range []model.FieldNo{model.JobWindowStart, model.JobWindowEnd} {
		if v := job.value(no); !v.IsNull() && !begun {
			seen := today
			if over {
				seen = day(ended) // called off before it ever came?
			}
			if day(v.Int()) > seen+rule.Future {
				return false
			}
			break
		}
	}
	return !over || today <= day(ended)+rule.Past
}

// date is when a job is planned for, or none: on one of few days, so that several are due on one.
func (w *world) date() model.Value {
	if w.dice.IntN(5) == 0 {
		return model.Null()
	}
	const hour = 3600 * 1000
	week := int64(w.now) / (8 * 24 * hour)
	return model.Int((week+int64(w.dice.IntN(9)-2))*8*24*hour + int64(w.dice.IntN(24))*hour)
}

// planned is the dates of a new job, if it has any.
func (w *world) planned() []model.Assign {
	var out []model.Assign
	for _, no := range []model.FieldNo{model.JobWindowStart, model.JobWindowEnd} {
		if w.dice.IntN(2) == 0 {
			out = append(out, set(no, w.date()))
		}
	}
	return out
}

// time goes on, or the company wants another window; then the calendar is turned some way, by a clock that may be wrong.
func (w *world) time() {
	switch w.dice.IntN(5) {
	case 0:
		w.truth.window = model.Window{
			Past: int64(1 + w.dice.IntN(15)), Future: int64(1 + w.dice.IntN(40)),
			Zone: []string{"", "Pacific/Kiritimati", "Etc/GMT+12"}[w.dice.IntN(3)],
		}
		w.set(func(s *model.Settings) { s.Window = w.truth.window })
		w.say("window %+v", w.truth.window)
	case 1:
	default:
		w.now += model.Instant(w.dice.IntN(12*24)) * 3600 * 1000
	}
	at := w.now
	if w.dice.IntN(4) == 0 {
		at -= model.Instant(w.dice.IntN(5*24)) * 3600 * 1000
	}
	for range 1 + w.dice.IntN(4) {
		w.turn([]int{1, 1, 10, 50}[w.dice.IntN(4)], at)
	}
}

// turn turns the calendar by one commit. It says whether there is more to do.
func (w *world) turn(batch int, at model.Instant) bool {
	before := w.truth.calendar
	more := must(w.eng.Turn(w.ctx, w.tenant, batch, at))
	if c := w.truth.calendar; c != before {
		w.stats["turns"]++
		w.stats["came"] += int(c.In - min(c.In, before.In))
		w.stats["went"] += int(c.Out - min(c.Out, before.Out))
		w.say("day %s up to %s, window up to %s; %d came, %d went", c.Day, short(c.Turned), short(c.Walked), c.In, c.Out)
	}
	return more
}

// turnWhole turns the calendar to its end, which is the day of the last commit, under the rule that the company wants.
func (w *world) turnWhole() {
	for n := 0; w.turn(50, w.now); n++ {
		if n == 1000 {
			w.fail("liveness", "the calendar has no end")
		}
	}
	c := w.truth.calendar
	y, m, d := time.UnixMilli(int64(w.head().Time)).In(zone(c.Rule.Zone)).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600)
	if c.Rule != w.truth.window || c.Next != c.Rule || int64(c.Day) < today || c.Turned != (model.RecordID{
		255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	}) {
		w.fail("calendar", "%+v, on day %d of a company that wants %+v", c, today, w.truth.window)
	}
}
