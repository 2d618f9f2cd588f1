package engine_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

var updateDecisions = flag.Bool("update-decisions", false, "write testdata/decisions.txt as the engine decides")

const anHour = model.Instant(hour)

// offline is a worker on a job, out of reach while the office does something to it at an hour.
type offline struct {
	*company
	worker, other model.UserID
	kind          model.UserKind
	phone, cals   model.Connection
	job, asg      model.RecordID
	at            model.Instant // when the office acts
}

// deed is a row of the table: what the office does meanwhile.
type deed struct {
	name   string
	kind   model.UserKind // of the worker
	before func(*offline) // before the phone is out of reach
	does   func(*offline) // the office, or another worker
}

// saying is a column: what the worker says meanwhile. The last change is looked at.
type saying struct {
	name  string
	claim bool // the job is offered, and not taken on by itself
	says  func(*offline) []model.Change
}

// deeds are the rows of domain (d).
var deeds = []deed{
	{name: "a. nothing", does: func(*offline) {}},
	{name: "b. edited: description", does: func(o *offline) {
		o.edits(model.JobDescription, model.Text("Mind the dog."))
	}},
	{name: "c. rescheduled to another day", before: func(o *offline) {
		o.edits(model.JobWindowStart, model.Int(int64(o.now)))
	}, does: func(o *offline) {
		o.edits(model.JobWindowStart, model.Int(int64(o.now+24*anHour)))
	}},
	{name: "d. reassigned, not begun", does: (*offline).reassigns},
	{name: "e. reassigned, and begun", does: func(o *offline) {
		o.reassigns()
		o.otherSays("start")
	}},
	{name: "f. subcontractor unassigned", kind: model.Subcontractor, does: func(o *offline) {
		o.applied(o.office(), o.withdraw(o.job, o.asg))
	}},
	{name: "g. cancelled", does: func(o *offline) { o.officeSays("cancel") }},
	{name: "h. closed", before: (*offline).joined, does: func(o *offline) {
		o.otherSays("start", "done")
		o.officeSays("close")
	}},
	{name: "i. deleted", does: func(o *offline) {
		o.applied(o.office(), o.remover(o.amy, model.Jobs, o.job))
	}},
	{name: "j. another customer", does: func(o *offline) {
		o.edits(model.JobCustomer, model.Ref(o.made(model.Customers, set(2, model.Text("Zeta")))))
	}},
	{name: "k. a mandatory task added", does: func(o *offline) {
		o.made(model.Tasks, under(o.job), set(model.TaskTitle, model.Text("photograph the meter")), set(model.TaskRequired, model.Bool(true)))
	}},
	{name: "l. reopened", before: (*offline).joined, does: func(o *offline) {
		o.otherSays("start", "done")
		o.officeSays("reopen")
	}},
	{name: "m. may edit no jobs now", does: func(o *offline) { check(o.t, o.permits("edit_job", "off")) }},
	{name: "n. removed", does: func(o *offline) { o.deactivate(o.worker) }},
	{name: "o. replaced", does: func(o *offline) {
		_, err := o.replace(o.worker, o.other)
		check(o.t, err)
	}},
}

// sayings are the columns, with the visits that matter.
var sayings = []saying{
	{name: "accepts before", claim: true, says: func(o *offline) []model.Change { return o.saysAt(-anHour, "accept") }},
	{name: "declines after", claim: true, says: func(o *offline) []model.Change { return o.saysAt(anHour, "decline") }},
	{name: "began before", says: func(o *offline) []model.Change { return o.saysAt(-anHour, "start") }},
	{name: "began before, done", says: func(o *offline) []model.Change {
		return append(o.saysAt(-anHour, "start"), o.saysAt(anHour, "done")...)
	}},
	{name: "began after", says: func(o *offline) []model.Change { return o.saysAt(anHour, "start") }},
	{name: "began after, done", says: func(o *offline) []model.Change {
		return append(o.saysAt(anHour, "start"), o.saysAt(anHour+1000, "done")...)
	}},
	{name: "a note, worked before", says: func(o *offline) []model.Change {
		return append(o.saysAt(-anHour, "start"), o.timed(o.note(o.worker, o.job), anHour))
	}},
	{name: "a note, without", says: func(o *offline) []model.Change { return []model.Change{o.timed(o.note(o.worker, o.job), anHour)} }},
	{name: "a photo, without", says: func(o *offline) []model.Change { return []model.Change{o.timed(o.photo("photo"), anHour)} }},
	{name: "a signature, without", says: func(o *offline) []model.Change { return []model.Change{o.timed(o.photo("signature"), anHour)} }},
	{name: "a form, without", says: func(o *offline) []model.Change {
		return []model.Change{o.timed(o.form(o.worker, o.job, 10), anHour)}
	}},
	{name: "a part, without", says: func(o *offline) []model.Change {
		return []model.Change{o.timed(o.change(o.worker, model.OpCreate, model.PartsMovements, model.RecordID{},
			set(2, model.Text("burner")), set(3, model.Int(-1)), set(5, model.Ref(o.job))), anHour)}
	}},
	{name: "hours", says: func(o *offline) []model.Change {
		return []model.Change{o.timed(o.tick(o.worker, clockOf{}, "work_start", o.job, o.at), anHour)}
	}},
}

func (o *offline) edits(f model.FieldNo, v model.Value) {
	o.t.Helper()
	o.applied(o.office(), o.rename2(o.job, f, v))
}

func (o *offline) officeSays(kind string) {
	o.t.Helper()
	o.applied(o.office(), o.change(o.amy, model.OpCreate, model.OfficeEvents, model.RecordID{}, under(o.job), set(model.OfficeEventKind, model.Text(kind))))
}

// otherSays on a phone that is in reach.
func (o *offline) otherSays(kinds ...string) {
	o.t.Helper()
	for _, kind := range kinds {
		ch := o.visit(o.other, o.job, kind)
		o.applied(o.cals, ch)
	}
}

// joined puts the other worker on the job too.
func (o *offline) joined() { o.applied(o.office(), o.assign(o.job, o.other)) }

// reassigns takes the job from the worker and gives it to the other.
func (o *offline) reassigns() {
	o.t.Helper()
	o.applied(o.office(), o.withdraw(o.job, o.asg), o.assign(o.job, o.other))
}

// timed is a change as the phone saved it, so long after the office acted.
func (o *offline) timed(ch model.Change, after model.Instant) model.Change {
	ch.Occurred = model.Occurrence{Wall: o.at + after, Elapsed: int64(o.at+after) - 1_000_000, Clock: model.Clock{User: o.worker, Boot: 1, Mark: 1_000_000}}
	o.contents[ch.Body] = ch
	return ch
}

func (o *offline) saysAt(after model.Instant, kind string) []model.Change {
	return []model.Change{o.timed(o.visit(o.worker, o.job, kind), after)}
}

func (o *offline) photo(kind string) model.Change {
	return o.change(o.worker, model.OpCreate, model.Files, model.RecordID{}, under(o.job), set(2, model.Text(kind)), set(3, model.Bytes(make([]byte, 32))))
}

// decide plays a cell, and says what became of what was said, and of the job.
func decide(t *testing.T, d deed, s saying) string {
	t.Helper()
	c := newCompany(t)
	o := &offline{company: c, worker: c.ben, kind: model.Mobile}
	if d.kind != 0 {
		o.worker, o.kind = c.sue, d.kind
	}
	c.configure(func(x *model.Settings) { x.AutoAccept, x.CompletionRule = !s.claim, model.CompleteAny })
	o.other = c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	o.job, o.asg = c.newJob(o.worker, 0)
	if d.before != nil {
		d.before(o)
	}
	o.phone, o.cals = c.phone(o.worker, o.kind), c.phone(o.other, model.Mobile)
	c.sync(o.phone, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.now += 4 * anHour
	o.at = c.now
	said := s.says(o)
	for i := range said {
		said[i].Base = c.bases[o.worker]
		c.contents[said[i].Body] = said[i]
	}
	d.does(o)
	c.now = o.at + 4*anHour
	o.meetsTheFence()
	answers := c.push(o.phone, said...)
	return becomes(c, answers[len(answers)-1], o.job)
}

// meetsTheFence has the phone hand in, if its session has ended.
func (o *offline) meetsTheFence() {
	o.t.Helper()
	_, err := o.e.Push(context.Background(), o.phone, nil, nil, o.now)
	if _, ended := errors.AsType[*model.EndedError](err); ended {
		o.phone.Lane = model.LaneHandIn
		return
	}
	check(o.t, err)
}

var reasonNames = map[model.Reason]string{
	model.ReasonNotYours: "not theirs now", model.ReasonClosed: "over", model.ReasonOverruled: "overruled", model.ReasonRight: "no right",
	model.ReasonRemoved: "removed", model.ReasonHandedIn: "handed in", model.ReasonOwnLater: "own later",
}

func becomes(c *company, a model.Answer, job model.RecordID) string {
	c.t.Helper()
	out := a.Outcome.String()
	if name := reasonNames[a.Reason]; name != "" {
		out += " (" + name + ")"
	} else if a.Reason != 0 {
		out += fmt.Sprintf(" (reason %d)", a.Reason)
	}
	shown, _ := c.look(c.caller(c.amy), job)
	if shown == nil {
		return out + " | gone"
	}
	status, _ := shown.Find(model.JobStatus)
	flags, _ := shown.Find(model.JobFlags)
	return strings.TrimSpace(out + " | " + status.Text() + " " + flags.Text())
}

// TestD_DecisionTable is the table of domain (d), rows a to o: what becomes of what a worker said while out of reach, by what the office
// did meanwhile, and by whether the visit began before and was completed. testdata/decisions.txt is read by people; the engine must
// decide as it says.
func TestD_DecisionTable(t *testing.T) { found(t, decisionTable(t)) }

func decisionTable(t *testing.T) (wrong string) {
	t.Helper()
	var b strings.Builder
	for _, d := range deeds {
		fmt.Fprintf(&b, "%s\n", d.name)
		for _, s := range sayings {
			fmt.Fprintf(&b, "    %-22s  %s\n", s.name, decide(t, d, s))
		}
	}
	const file = "testdata/decisions.txt"
	if *updateDecisions {
		check(t, os.WriteFile(file, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(file)
	check(t, err)
	row, rest := "", b.String()
	for line := range strings.Lines(string(want)) {
		if !strings.HasPrefix(line, " ") {
			row = line
		}
		got, after, _ := strings.Cut(rest, "\n")
		if rest = after; got != strings.TrimSuffix(line, "\n") {
			wrong += fmt.Sprintf("%s%s, want\n%s", row, got, line)
		}
	}
	if rest != "" {
		wrong += "the table goes on with\n" + rest
	}
	return wrong
}
