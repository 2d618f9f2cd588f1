package engine_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// decisionsFile is the table of domain (d) as a planner reads it: each line is played, and compared.
const decisionsFile = "testdata/decisions.md"

var updateDecisions = flag.Bool("update-decisions", false, "write "+decisionsFile+" as the engine decides now, to be read before it is kept")

// offlineWorker is somebody who is given a job and goes offline, and what the office does meanwhile.
type offlineWorker struct {
	*company
	who, other model.UserID // other is whoever else the office may send
	conn       model.Connection
	job, asg   model.RecordID
	form       model.RecordID // a template that was published
}

// decisionRows are the rows of (d): their letter, what the office does, and how it is done.
var decisionRows = []struct {
	letter, says string
	outside      bool                 // the worker is a subcontractor
	before       func(*offlineWorker) // while the worker is still online
	does         func(*offlineWorker)
}{
	{letter: "a", says: "nothing", does: func(*offlineWorker) {}},
	{letter: "b", says: "edited title and description", does: func(o *offlineWorker) {
		o.edits(model.JobTitle, model.Text("Pump"))
		o.edits(model.JobDescription, model.Text("in the cellar"))
	}},
	{letter: "c", says: "moved to another day", does: func(o *offlineWorker) {
		o.edits(model.JobWindowStart, model.Int(int64(o.now+day)))
	}},
	{letter: "d", says: "given to another, who has not begun", does: (*offlineWorker).reassign},
	{letter: "e", says: "given to another, who works", does: func(o *offlineWorker) {
		o.reassign()
		o.otherDoes("start")
	}},
	{letter: "f", says: "taken from a subcontractor", outside: true, does: func(o *offlineWorker) {
		o.applied(o.office(), o.withdraw(o.job, o.asg))
	}},
	{letter: "g", says: "cancelled", does: func(o *offlineWorker) { o.officeEvent(o.job, "cancel") }},
	{letter: "h", says: "closed, after another finished it", before: (*offlineWorker).joins, does: func(o *offlineWorker) {
		o.otherDoes("start", "done")
		o.officeEvent(o.job, "close")
	}},
	{letter: "i", says: "deleted", does: func(o *offlineWorker) { o.applied(o.office(), o.remover(o.amy, model.Jobs, o.job)) }},
	{letter: "j", says: "another customer and site", does: func(o *offlineWorker) {
		customer, site := o.customerWithSite()
		o.edits(model.JobCustomer, model.Ref(customer))
		o.edits(model.JobSite, model.Ref(site))
	}},
	{letter: "k", says: "a mandatory task was added", does: func(o *offlineWorker) {
		o.made(model.Tasks, under(o.job), set(model.TaskTitle, model.Text("Isolate the supply")), set(model.TaskRequired, model.Bool(true)))
	}},
	{letter: "l", says: "reopened, after another finished it", before: (*offlineWorker).joins, does: func(o *offlineWorker) {
		o.otherDoes("start", "done")
		o.officeEvent(o.job, "reopen")
	}},
	{letter: "m", says: "rights reduced", does: func(o *offlineWorker) {
		o.levels(o.who, phoneSets(model.Mobile, map[access.Permission]access.Level{
			access.MobileEditJob: access.Off, access.MobileCustomers: access.Hidden, access.MobileTimesheets: access.None,
		}))
	}},
	{letter: "n", says: "the worker was removed", does: func(o *offlineWorker) {
		o.deactivate(o.who)
		o.conn.Lane = model.LaneHandIn
	}},
	{letter: "o", says: "the worker was replaced by another, who has not begun", does: func(o *offlineWorker) {
		_, err := o.replace(o.who, o.other)
		check(o.t, err)
		o.conn.Lane = model.LaneHandIn
	}},
	{letter: "o", says: "the worker was replaced by another, who works", does: func(o *offlineWorker) {
		_, err := o.replace(o.who, o.other)
		check(o.t, err)
		o.conn.Lane = model.LaneHandIn
		o.otherDoes("start")
	}},
}

// goesOffline is a fresh company, and a worker with a job who goes offline.
func goesOffline(t *testing.T, outside bool, before func(*offlineWorker)) *offlineWorker {
	t.Helper()
	c := newCompany(t)
	o := &offlineWorker{company: c, who: c.ben, other: c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))}
	kind := model.Mobile
	if outside {
		o.who, kind = c.sue, model.Subcontractor
	}
	o.job, o.asg = c.newJob(o.who, 0)
	o.form = c.made(model.FormTemplates, set(2, model.Text("Safety")), set(6, model.Text("published")))
	if before != nil {
		before(o)
	}
	o.conn = c.phone(o.who, kind)
	c.sync(o.conn, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	return o
}

// edits has the office edit the job, seeing it.
func (o *offlineWorker) edits(f model.FieldNo, v model.Value) {
	o.t.Helper()
	ch := o.edit(o.amy, o.job, f, v)
	_, ch.Base = o.look(o.caller(o.amy), o.job)
	o.contents[ch.Body] = ch
	o.applied(o.office(), ch)
}

func (o *offlineWorker) joins() { o.applied(o.office(), o.assign(o.job, o.other)) }

func (o *offlineWorker) reassign() {
	o.applied(o.office(), o.withdraw(o.job, o.asg), o.assign(o.job, o.other))
}

// otherDoes has whoever else is on the job do something, online.
func (o *offlineWorker) otherDoes(kinds ...string) {
	o.t.Helper()
	d := o.device(o.other, model.Mobile)
	for _, k := range kinds {
		o.applied(d.conn, o.event(o.other, o.job, k))
	}
}

// saves is something the worker keeps on the phone, on what they last saw.
func (o *offlineWorker) saves(ch model.Change) model.Change {
	ch.Base = o.bases[o.who]
	o.contents[ch.Body] = ch
	return ch
}

// content is what a visit leaves besides its events: a note, a photo, a signature, a form and a part.
func (o *offlineWorker) content() (out []model.Change) {
	o.now += 1000
	create := func(coll model.Collection, fields ...model.Assign) {
		out = append(out, o.saves(o.change(o.who, model.OpCreate, coll, model.RecordID{}, append([]model.Assign{under(o.job)}, fields...)...)))
	}
	hash := model.Bytes(make([]byte, 32))
	create(model.Notes, set(model.NoteText, model.Text("leaks")), set(model.NoteAudience, model.Text("field")))
	create(model.Files, set(2, model.Text("photo")), set(3, hash))
	create(model.Files, set(2, model.Text("signature")), set(3, hash))
	create(model.FormSubmissions, set(2, model.Ref(o.form)), set(4, model.Bytes([]byte("{}"))))
	out = append(out, o.saves(o.change(o.who, model.OpCreate, model.PartsMovements, model.RecordID{},
		set(2, model.Text("valve")), set(3, model.Int(-1000)), set(5, model.Ref(o.job)))))
	return out
}

// decided says what became of changes: one word where it is the same of all.
func decided(list []model.Answer) string {
	var words []string
	for _, a := range list {
		words = append(words, a.Outcome.String())
	}
	if words = slices.Compact(words); len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", then ")
}

// decision plays one line of the table.
func decision(t *testing.T, row int, began bool, finished string) string {
	t.Helper()
	r := decisionRows[row]
	begin := func() (*offlineWorker, []model.Change) {
		o := goesOffline(t, r.outside, r.before)
		var kept []model.Change
		if began {
			kept = append(kept, o.saves(o.event(o.who, o.job, "start")))
		}
		if finished == "before" {
			kept = append(kept, o.saves(o.event(o.who, o.job, "done")))
		}
		o.now += 1000
		r.does(o)
		return o, kept
	}
	cells := []string{r.letter, r.says, map[bool]string{true: "before", false: "after"}[began], finished}
	for _, claim := range []string{"accept", "decline"} {
		o, kept := begin()
		answers := o.push(o.conn, append(kept, o.saves(o.event(o.who, o.job, claim)))...)
		cells = append(cells, decided(answers[len(kept):]))
	}
	o, work := begin()
	if !began {
		work = append(work, o.saves(o.event(o.who, o.job, "start")))
	}
	content := o.content()
	if finished == "after" {
		work = append(work, o.saves(o.event(o.who, o.job, "done")))
	}
	list := slices.Concat(work, content, []model.Change{o.saves(o.shift(o.who))})
	answers, n := o.push(o.conn, list...), len(work)
	cells = append(cells, decided(answers[:n]), decided(answers[n:len(list)-1]), decided(answers[len(list)-1:]))
	status, flags := "gone", "-"
	if s, _ := o.look(o.caller(o.amy), o.job); s != nil {
		status = o.value(o.job, model.JobStatus).Text()
		if f := o.value(o.job, model.JobFlags).Text(); f != "" {
			flags = f
		}
	}
	return "| " + strings.Join(append(cells, status, flags), " | ") + " |"
}

const decisionsHead = `# What becomes of work that was done offline

A worker is given a job and goes offline. Meanwhile the office does something; then the worker comes back and hands in what
they have. The letters are the rows of the domain's table (d). *Began* and
*finished* say whether the work began, and was done, before or after the office acted. *Content* is a note, a photo, a
signature, a form and a part, in this order. *Job* and *flags* are what the office sees afterwards.

| row | the office | began | finished | accept | decline | work | content | hours | job | flags |
|---|---|---|---|---|---|---|---|---|---|---|
`

// TestD_DecisionTable plays every line of the table through the engine.
func TestD_DecisionTable(t *testing.T) { found(t, decisionTable(t)) }

func decisionTable(t *testing.T) string {
	raw, err := os.ReadFile(decisionsFile)
	if err != nil && !*updateDecisions {
		t.Fatal(err)
	}
	var out strings.Builder
	out.WriteString(decisionsHead)
	want, wrong := strings.Split(string(raw), "\n"), ""
	for row := range decisionRows {
		for _, began := range []bool{true, false} {
			for _, finished := range []string{"before", "after", "no"} {
				if !began && finished == "before" {
					continue
				}
				got := decision(t, row, began, finished)
				out.WriteString(got + "\n")
				if !slices.Contains(want, got) {
					wrong += fmt.Sprintf("the engine decides otherwise than %s:\n%s\n", decisionsFile, got)
				}
			}
		}
	}
	if *updateDecisions {
		check(t, os.WriteFile(decisionsFile, []byte(out.String()), 0o644))
		return ""
	}
	if wrong == "" && out.String() != string(raw) {
		return decisionsFile + " has other lines than are played"
	}
	return wrong
}
