package engine_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// turn turns the calendar to its end.
func (c *company) turn() {
	c.t.Helper()
	for range 10_000 {
		more, err := c.e.Turn(context.Background(), c.id, 0, c.now)
		if err != nil {
			c.t.Fatal(err)
		}
		if !more {
			return
		}
	}
	c.t.Fatal("the calendar has no end")
}

// after lets days go by.
func (c *company) after(days int) {
	c.t.Helper()
	c.now += model.Instant(days) * day
	c.turn()
}

// planned makes a job of somebody's for a day from now, with a card, a note and a task.
func (c *company) planned(u model.UserID, in int, more ...model.Assign) (job model.RecordID, all []model.RecordID) {
	c.t.Helper()
	fields := append([]model.Assign{set(model.JobTitle, model.Text("Boiler")), set(model.JobWindowStart, model.Int(int64(c.now)+int64(in)*day))}, more...)
	job = c.made(model.Jobs, fields...)
	asg := c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(u)))
	card := c.made(model.JobCards, under(job), set(model.CardAddress, model.Text("5 Mill Lane")))
	note := c.made(model.Notes, under(job), set(model.NoteText, model.Text("mind the dog")), set(model.NoteAudience, model.Text("field")))
	task := c.made(model.Tasks, under(job), set(2, model.Text("bleed it")))
	return job, []model.RecordID{job, asg, card, note, task}
}

// visit is an event of a visit, said by somebody in the field.
func (c *company) visit(u model.UserID, job model.RecordID, kind string) model.Change {
	return c.change(u, model.OpCreate, model.VisitEvents, model.RecordID{}, under(job), set(model.VisitEventKind, model.Text(kind)), set(model.VisitEventVisit, model.Int(1)))
}

func (c *company) officeEvent(job model.RecordID, kind string) {
	c.t.Helper()
	c.made(model.OfficeEvents, under(job), set(model.OfficeEventKind, model.Text(kind)))
}

// TestD12_13_TimeMovesWork: what phones carry as the days go by, with all that hangs on it, and what the office has.
func TestD12_13_TimeMovesWork(t *testing.T) {
	c := newCompany(t).patient()
	customer, site := c.customerWithSite()
	near, nears := c.planned(c.ben, 3)
	far, fars := c.planned(c.ben, 40, set(model.JobCustomer, model.Ref(customer)), set(model.JobSite, model.Ref(site)))
	fars = append(fars, customer, site)
	dateless, _ := c.newJob(c.ben, 1)
	ben, amy := c.device(c.ben, model.Mobile), c.device(c.amy, model.Desktop)
	all := append(append([]model.RecordID{dateless}, nears...), fars...)
	ben.want("what is near", true, nears...)
	ben.want("what has no date", true, dateless)
	ben.want("what is far", false, fars...)

	c.after(9)
	ben.want("31 days before", false, fars...)
	c.after(1)
	ben.want("30 days before", true, fars...)
	c.after(100)
	ben.want("an open job long after its date", true, all...)

	c.want(c.push(ben.conn, c.visit(c.ben, far, "start"))[0], model.OutcomeApplied, 0)
	c.want(c.push(c.office(), c.rename2(far, model.JobWindowStart, model.Int(int64(c.now)+300*day)))[0], model.OutcomeApplied, 0)
	c.after(1)
	ben.want("a started job that was moved far away", true, fars...)
	c.want(c.push(ben.conn, c.visit(c.ben, far, "done"))[0], model.OutcomeApplied, 0)
	c.officeEvent(near, "cancel")
	c.after(14)
	ben.want("14 days after it was finished", true, all...)
	c.after(1)
	ben.want("15 days after it was finished", false, append(nears, fars...)...)
	ben.want("what has no date, still", true, dateless)
	amy.want("the office", true, all...)

	c.officeEvent(near, "reinstate")
	ben.want("what is open again", true, nears...)
	c.officeEvent(near, "cancel")
	c.officeEvent(dateless, "cancel")
	c.after(20)
	ben.want("what was called off again", false, append(nears, dateless)...)
	if n := c.e.RowCount(c.id, storage.TableWindows); n != 4 {
		t.Errorf("%d rows of windows, want the calendar and one for each of three jobs that are over", n)
	}
	for _, id := range []model.RecordID{near, far, dateless} {
		c.want(c.push(c.office(), c.remover(c.amy, model.Jobs, id))[0], model.OutcomeApplied, 0)
	}
	if n := c.e.RowCount(c.id, storage.TableWindows); n != 1 {
		t.Errorf("%d rows of windows when there are no jobs, want the calendar", n)
	}
}

// customerWithSite makes a customer and a site of theirs.
func (c *company) customerWithSite() (customer, site model.RecordID) {
	customer = c.made(model.Customers, set(2, model.Text("Harbour Hotel")))
	return customer, c.made(model.Sites, under(customer), set(3, model.Text("1 Quay")))
}

// rename2 is an edit of a job by the office on what it sees now.
func (c *company) rename2(job model.RecordID, f model.FieldNo, v model.Value) model.Change {
	ch := c.change(c.amy, model.OpEdit, model.Jobs, job, set(f, v))
	_, ch.Base = c.look(c.caller(c.amy), job)
	c.contents[ch.Body] = ch
	return ch
}

// TestD12_13_ADateMovesAtOnce: the commit that moves a job beyond the window takes it away, and the one that brings it
// back gives it back.
func TestD12_13_ADateMovesAtOnce(t *testing.T) {
	c := newCompany(t)
	job, all := c.planned(c.ben, 3)
	ben := c.device(c.ben, model.Mobile)
	c.want(c.push(c.office(), c.rename2(job, model.JobWindowStart, model.Int(int64(c.now)+90*day)))[0], model.OutcomeApplied, 0)
	ben.want("moved away", false, all...)
	late := c.made(model.Notes, under(job), set(model.NoteText, model.Text("later")), set(model.NoteAudience, model.Text("field")))
	ben.want("what the office says there meanwhile", false, late)
	c.want(c.push(c.office(), c.rename2(job, model.JobWindowStart, model.Int(int64(c.now)+2*day)))[0], model.OutcomeApplied, 0)
	ben.want("moved back", true, append(all, late)...)
}

// TestD12_13_ADayIsTheCompanys: it begins at midnight of the company's zone.
func TestD12_13_ADayIsTheCompanys(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	c.e = engine.New(engine.Config{
		Store: store, Random: rand.Reader, Decode: func(body string, _ []string) model.Change { return c.contents[body] },
		Zone: func(name string) *time.Location {
			if name == "Pacific/Auckland" {
				return time.FixedZone(name, 12*3600)
			}
			return time.UTC
		},
	})
	c.configure(func(s *model.Settings) { s.Window.Zone = "Pacific/Auckland" })
	c.now = 100*day + 11*3600*1000 // an hour before midnight in Auckland
	c.turn()
	_, all := c.planned(c.ben, 31)
	ben := c.device(c.ben, model.Mobile)
	ben.want("31 days before, by Auckland's calendar", false, all...)
	c.now += 3600*1000 + 1000
	c.turn()
	ben.want("30 days before, by Auckland's calendar", true, all...)
}

// TestD12_13_AZoneBehindTheCalendar: a company that moves west in the middle of the turn of a day lives that day out.
func TestD12_13_AZoneBehindTheCalendar(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	c.e = engine.New(engine.Config{
		Store: store, Random: rand.Reader, Decode: func(body string, _ []string) model.Change { return c.contents[body] },
		Zone: func(name string) *time.Location { return time.FixedZone(name, len(name)*-3600) },
	})
	c.configure(func(s *model.Settings) { s.Window.Zone = "" })
	c.turn()
	c.now = 12 * 3600 * 1000
	_, all := c.planned(c.ben, 40)
	_, more := c.planned(c.ben, 40)
	ben := c.device(c.ben, model.Mobile)
	c.now = 10*day + 3600*1000
	if _, err := c.e.Turn(context.Background(), c.id, 1, c.now); err != nil {
		t.Fatal(err)
	}
	c.configure(func(s *model.Settings) { s.Window.Zone = "far west" })
	c.turn()
	ben.want("what came on that day", true, append(all, more...)...)
}

func (c *company) configure(change func(*model.Settings)) {
	c.t.Helper()
	if _, err := c.e.Configure(context.Background(), c.id, setting(change), c.now); err != nil {
		c.t.Fatal(err)
	}
}

// TestV17_AnotherWindowComesToPhones: job by job, and a second change waits for the first.
func TestV17_AnotherWindowComesToPhones(t *testing.T) {
	c := newCompany(t)
	var all []model.RecordID
	for range 6 {
		_, more := c.planned(c.ben, 20)
		all = append(all, more...)
	}
	done, rest := c.planned(c.ben, 1)
	ben := c.device(c.ben, model.Mobile)
	c.want(c.push(ben.conn, c.visit(c.ben, done, "start"), c.visit(c.ben, done, "done"))[0], model.OutcomeApplied, 0)
	c.after(5)
	ben.want("at first", true, append(all, rest...)...)
	c.configure(func(s *model.Settings) { s.Window.Future, s.Window.Past = 10, 4 })
	for range 2 {
		if _, err := c.e.Turn(context.Background(), c.id, 1, c.now); err != nil {
			t.Fatal(err)
		}
	}
	c.configure(func(s *model.Settings) { s.Window.Future = 16 })
	ben.sync()
	c.turn()
	ben.want("16 days ahead", true, all...)
	ben.want("4 days behind", false, rest...)
	c.configure(func(s *model.Settings) { s.Window.Future = 1 })
	c.turn()
	ben.want("a day ahead", false, all...)
	c.configure(func(s *model.Settings) { *s = model.DefaultSettings() })
	c.turn()
	ben.want("as it was", true, append(all, rest...)...)
}

// TestD12_13_AClockThatGoesBackMovesNothing.
func TestD12_13_AClockThatGoesBackMovesNothing(t *testing.T) {
	c := newCompany(t)
	_, far := c.planned(c.ben, 40)
	ben := c.device(c.ben, model.Mobile)
	c.after(10)
	ben.want("it has come", true, far...)
	for range 3 {
		c.now -= 5 * day
		c.turn()
		ben.want("the clock goes back", true, far...)
		_, alike := c.planned(c.ben, 33) // by the clock too far
		c.want(c.push(c.office(), c.rename2(alike[0], model.JobDescription, model.Text("x")))[0], model.OutcomeApplied, 0)
		ben.want("what is judged meanwhile is judged by the calendar", true, alike...)
		c.now += 5 * day
	}
}

// TestD12_13_WhatIsNotCarriedIsTheirs: work on a job that phones do not carry any more, or not yet, comes in as ever; what
// is made and planned far ahead in one go is taken whole.
func TestD12_13_WhatIsNotCarriedIsTheirs(t *testing.T) {
	if wrong := notCarried(t); wrong != "" {
		t.Error(wrong)
	}
}

// TestD12_13_WorkOnWhatIsGivenOutOfTime: a job is given to somebody whose phone does not carry it today, the first of theirs.
// What they had handed in for it, before it was theirs, is judged by that alone, and so is what they hand in then.
func TestD12_13_WorkOnWhatIsGivenOutOfTime(t *testing.T) {
	if wrong := givenOutOfTime(t); wrong != "" {
		t.Error(wrong)
	}
}

func givenOutOfTime(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("Boiler")), set(model.JobWindowStart, model.Int(int64(c.now)+60*day)))
	ben := c.phone(c.ben, model.Mobile)
	early, late := c.note(c.ben, job), c.note(c.ben, job)
	c.want(c.push(ben, early)[0], model.OutcomeHeld, model.ReasonMissing)
	c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.ben)))
	if a := c.push(ben, early)[0]; a.Outcome != model.OutcomeApplied {
		return fmt.Sprintf("what waited for a job that was given to him far ahead = %v, reason %d", a.Outcome, a.Reason)
	}
	c.want(c.push(ben, late)[0], model.OutcomeApplied, 0)
	return ""
}

// notCarried says what is wrong, or nothing; a planted bug must make it say something.
func notCarried(t *testing.T) string {
	t.Helper()
	c := newCompany(t).patient()
	customer, _ := c.customerWithSite()
	job, all := c.planned(c.ben, 1, set(model.JobCustomer, model.Ref(customer)))
	ben, sue := c.device(c.ben, model.Mobile), c.device(c.sue, model.Subcontractor)
	c.officeEvent(job, "cancel")
	c.after(20)
	task, edit := c.change(c.ben, model.OpCreate, model.Tasks, model.RecordID(newChange(t)), under(job), set(2, model.Text("one more"))), c.edit(c.ben, job, model.JobDescription, model.Text("was wet"))
	hours := c.change(c.ben, model.OpCreate, model.TimesheetEvents, model.RecordID{}, set(model.TimeKind, model.Text("work_start")), set(model.TimeJob, model.Ref(job)))
	for i, a := range c.push(ben.conn, c.note(c.ben, job), hours, c.visit(c.ben, job, "start"), task, edit) {
		if a.Outcome != model.OutcomeApplied && a.Outcome != model.OutcomeRecorded && a.Outcome != model.OutcomeMerged {
			return fmt.Sprintf("change %d on a job that has left the phone is %s, reason %d", i, a.Outcome, a.Reason)
		}
	}
	c.want(c.push(sue.conn, c.note(c.sue, job))[0], model.OutcomeHeld, model.ReasonMissing)
	ben.want("and it does not come back by that", false, append(all[1:], customer)...)
	phone := func(d *device) model.Answer { // no phone may, without the right to create jobs
		ch := c.change(d.conn.User, model.OpEdit, model.Customers, customer, set(4, model.Text("028 90")))
		ch.Base = c.bases[d.conn.User]
		c.contents[ch.Body] = ch
		return c.push(d.conn, ch)[0]
	}
	c.want(phone(ben), model.OutcomeHeld, model.ReasonRight)
	c.want(phone(sue), model.OutcomeHeld, model.ReasonMissing)
	far := c.change(c.ben, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("service")), set(model.JobWindowStart, model.Int(int64(c.now)+90*day)))
	c.levels(c.ben, phoneSets(model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On}))
	for i, a := range c.push(ben.conn, far, c.note(c.ben, far.Record)) {
		if a.Outcome != model.OutcomeApplied {
			return fmt.Sprintf("change %d of a job planned far ahead is %s, reason %d", i, a.Outcome, a.Reason)
		}
	}
	ben.want("a job of one's own, far ahead", false, far.Record)
	c.after(61)
	ben.want("it comes when its time comes", true, far.Record)
	return ""
}

// TestV18_ExplainTellsTheWindowOfAColleague: under Hidden too a colleague is shown by a job that both work on, and is not when
// phones do not carry it; the level of customers has no part in it.
func TestV18_ExplainTellsTheWindowOfAColleague(t *testing.T) {
	c := newCompany(t)
	c.levels(c.ben, phoneSets(model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden}))
	job, _ := c.planned(c.ben, 3)
	c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.sue)))
	ben, sue := c.device(c.ben, model.Mobile), model.RecordID(c.sue)
	ben.want("a colleague on a job", true, sue)
	c.officeEvent(job, "cancel")
	c.after(20)
	ben.want("a colleague on a job that is over", false, sue)
	if e := c.explain(c.caller(c.amy), model.Inquiry{User: c.ben, Record: sue}); e.Allow || e.Rule != string(access.RuleWindow) {
		t.Errorf("%+v, want that the window decides", e.Ground)
	}
}

// TestS20_ATurnIsNoChangeOfRights: what a day takes from a phone says nothing of somebody who took it, and leaves standing
// what somebody did and the phone has not confirmed.
func TestS20_ATurnIsNoChangeOfRights(t *testing.T) { found(t, turnNoted(t)) }

func turnNoted(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	over, _ := c.planned(c.ben, 3)
	taken, all := c.planned(c.ben, 3)
	ben := c.device(c.ben, model.Mobile)
	ben.holds(model.Note{})
	c.officeEvent(over, "cancel")
	c.want(c.push(c.office(), c.withdraw(taken, all[1]))[0], model.OutcomeApplied, 0)
	was := ben.confirmation().Change
	c.after(20)
	if k := ben.confirmation(); k.Change != was || k.Change.By != c.amy || k.Confirmed != 0 {
		return fmt.Sprintf("after the turn %+v, want what Amy took, not confirmed: %+v", k, was)
	}
	ben.want("what is over", false, over)
	ben.holds(model.Note{})
	if k := ben.confirmation(); k.Change != was || k.Confirmed != c.now {
		return fmt.Sprintf("%+v, want it confirmed", k)
	}
	return ""
}

// TestW24_ADispatchersPhone: whoever hands out the work of a company carries it for the same days.
func TestW24_ADispatchersPhone(t *testing.T) {
	c := newCompany(t)
	company := c.made(model.Customers, set(2, model.Text("Sub Ltd")))
	if _, err := c.e.Link(context.Background(), c.caller(c.amy), c.sue, company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	c.levels(c.sue, phoneSets(model.Subcontractor, map[access.Permission]access.Level{access.MobileAssignJobs: access.On}))
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("far")), set(model.JobWindowStart, model.Int(int64(c.now)+40*day)))
	c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.ben)), set(model.AssignmentCompany, model.Ref(company)))
	card := c.made(model.JobCards, under(job), set(model.CardAddress, model.Text("5 Mill Lane")))
	sue := c.device(c.sue, model.Subcontractor)
	sue.want("far", false, job, card)
	c.after(10)
	sue.want("near", true, job, card)
}

// TestD12_2_ATurnIsBounded: 20,000 jobs come in by commits of at most 500 records, which users' changes go between; a
// process that begins anew goes on where the last one stopped; and nobody is told twice.
func TestD12_2_ATurnIsBounded(t *testing.T) {
	jobs := 20_000
	if testing.Short() {
		jobs = 2000
	}
	if wrong := bounded(t, memstore.New(1<<32), jobs); wrong != "" {
		t.Error(wrong)
	}
}

func bounded(t *testing.T, store storage.Store, jobs int) string {
	t.Helper()
	c := newCompanyOn(t, store)
	jobs /= 100
	for range jobs {
		var batch []model.Change
		for range 50 {
			for _, u := range []model.UserID{c.ben, c.sue} {
				job := c.change(c.amy, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("x")), set(model.JobWindowStart, model.Int(int64(c.now)+40*day)))
				batch = append(batch, job, c.assign(job.Record, u))
			}
		}
		c.push(c.office(), batch...)
	}
	near, _ := c.planned(c.ben, 1)
	ben := c.device(c.ben, model.Mobile)
	c.now += 12 * day
	before, commits := len(ben.rows), 0
	for more := true; more; commits++ {
		w := &watched{Store: store}
		var err error
		if more, err = c.on(w).e.Turn(context.Background(), c.id, 0, c.now); err != nil {
			t.Fatal(err)
		}
		if a := c.push(ben.conn, c.note(c.ben, near))[0]; a.Outcome != model.OutcomeApplied {
			return fmt.Sprintf("a note between two commits = %s, reason %d", a.Outcome, a.Reason)
		}
		if w.records > engine.TurnBatch {
			return fmt.Sprintf("a commit of %d records, want at most %d", w.records, engine.TurnBatch)
		}
		ben.sync()
	}
	if got, want := len(ben.rows)-before, jobs*50*2+commits; got != want {
		return fmt.Sprintf("%d records came, want %d: a job, its assignment, and the notes", got, want)
	}
	if least := jobs * 100 * 2 / engine.TurnBatch; commits <= least {
		return fmt.Sprintf("%d commits, want more than %d", commits, least)
	}
	return ""
}

// watched is a store that counts what is looked up, and what commits write.
type watched struct {
	storage.Store

	lookups, records int
}

// Apply implements [storage.Store].
func (w *watched) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	return w.Store.Apply(ctx, t, weight, func(r storage.Reader) (*storage.WriteSet, error) {
		ws, err := decide(&watchedReader{r, w})
		if ws != nil {
			w.records += len(ws.Records)
		}
		return ws, err
	})
}

// View implements [storage.Store].
func (w *watched) View(ctx context.Context, t model.TenantID, look func(storage.Reader) error) error {
	return w.Store.View(ctx, t, func(r storage.Reader) error { return look(&watchedReader{r, w}) })
}

type watchedReader struct {
	storage.Reader

	w *watched
}

// Record implements [storage.Reader].
func (r *watchedReader) Record(id model.RecordID) (*model.Record, bool) {
	r.w.lookups++
	return r.Reader.Record(id)
}

// Row implements [storage.Reader].
func (r *watchedReader) Row(t storage.Table, key string) ([]byte, bool) {
	r.w.lookups++
	return r.Reader.Row(t, key)
}

// Rows implements [storage.Reader].
func (r *watchedReader) Rows(t storage.Table, prefix, from string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for k, v := range r.Reader.Rows(t, prefix, from) {
			if r.w.lookups++; !yield(k, v) {
				return
			}
		}
	}
}

// TestI13_ATurnCostsWhatMoves, however much there is that does not: and where nothing moves it commits nothing.
func TestI13_ATurnCostsWhatMoves(t *testing.T) {
	cost := func(others int) int {
		store := memstore.New(1 << 32)
		c := newCompanyOn(t, store)
		for i := range others {
			c.planned(c.sue, 50+i%100)
			c.planned(c.ben, 1)
		}
		c.planned(c.ben, 40)
		c.after(1)
		c.now += 9 * day
		w := &watched{Store: store}
		if _, err := c.on(w).e.Turn(context.Background(), c.id, 0, c.now); err != nil {
			t.Fatal(err)
		}
		if w.records != 5 {
			t.Errorf("%d records written, want the job and what hangs on it", w.records)
		}
		return w.lookups
	}
	if few, many := cost(1), cost(60); many > few+2 {
		t.Errorf("a turn looks up %d things, and %d with more jobs that stay", few, many)
	}
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	c.planned(c.ben, 100)
	c.turn()
	head := func() (s model.Seq) {
		_ = store.View(context.Background(), c.id, func(r storage.Reader) error { // of memory: it does not fail
			s = r.Head().Seq
			return nil
		})
		return s
	}
	at := head()
	c.now += 3600 * 1000
	c.turn()
	if now := head(); now != at {
		t.Errorf("a turn on the same day commits %d things", now-at)
	}
}

// TestD12_2_WhatHangsOnAJobIsNeverSplit: a job that is as large as a job may be goes by one commit, and keeps no other
// from going.
func TestD12_2_WhatHangsOnAJobIsNeverSplit(t *testing.T) {
	c := newCompanyOn(t, badger(t))
	large, _ := c.newJob(c.ben, 1500)
	small, _ := c.newJob(c.ben, 1)
	ben := c.device(c.ben, model.Mobile)
	if len(ben.rows) < 1500 {
		t.Fatalf("ben holds %d records", len(ben.rows))
	}
	c.officeEvent(large, "cancel")
	c.officeEvent(small, "cancel")
	c.after(15)
	ben.want("what is over", false, large, small)
	if n := len(ben.rows); n > 10 {
		t.Errorf("ben still holds %d records", n)
	}
}

// TestAuditTellsOfATurnOnce: one line a day of what moved, and no word in the history of changes.
func TestAuditTellsOfATurnOnce(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	for range 3 {
		c.planned(c.ben, 40)
	}
	over, _ := c.planned(c.ben, 0)
	c.officeEvent(over, "cancel")
	_, cursor := c.events(c.caller(c.amy), "")
	c.now += 20 * day
	for more := true; more; {
		var err error
		if more, err = c.e.Turn(context.Background(), c.id, 1, c.now); err != nil {
			t.Fatal(err)
		}
	}
	if events, _ := c.events(c.caller(c.amy), cursor); len(events) != 0 {
		t.Errorf("the history tells of %d changes, and nobody made any", len(events))
	}
	var lines []string
	err := store.View(context.Background(), c.id, func(r storage.Reader) error {
		for _, raw := range r.Rows(storage.TableAudit, "", "") {
			if line, err := storage.ParseAuditEntry(raw); err == nil && line.Kind == model.AuditTurn && line.Actor.Kind == model.ActorServer {
				lines = append(lines, line.Detail)
			}
		}
		return nil
	})
	if err != nil || len(lines) != 1 || lines[0] != "1970-01-21: 3 jobs came to phones, 1 went" {
		t.Errorf("the audit tells %q, %v", lines, err)
	}
}

// TestV18_ExplainTellsTheWindow: what a phone does not carry, and from when or until when it does; and view-as shows what
// the phone has.
func TestV18_ExplainTellsTheWindow(t *testing.T) {
	c := newCompany(t)
	c.now = 0
	customer, site := c.customerWithSite()
	far, fars := c.planned(c.ben, 40, set(model.JobCustomer, model.Ref(customer)), set(model.JobSite, model.Ref(site)))
	over, overs := c.planned(c.ben, 1)
	never, _ := c.planned(c.ben, 45)
	c.officeEvent(never, "cancel")
	c.officeEvent(over, "cancel")
	is := func(why string, id model.RecordID, allow bool, rule access.Rule, since, until, text string) {
		t.Helper()
		e := c.explain(c.caller(c.amy), model.Inquiry{User: c.ben, Record: id})
		if e.Allow != allow || e.Rule != string(rule) || e.Since != since || e.Until != until || !strings.Contains(e.Text, text) {
			t.Errorf("%s: %+v", why, e.Ground)
		}
		page, err := c.e.ViewAs(context.Background(), c.caller(c.amy), model.Glance{User: c.ben, Query: model.Query{Collection: e.Collection, Limit: 100}}, c.amy, c.now)
		if err != nil {
			t.Fatal(err)
		}
		there := false
		for _, r := range page.Records {
			there = there || r.ID == id
		}
		if there != allow {
			t.Errorf("%s: view-as shows it: %v", why, there)
		}
	}
	for _, id := range fars {
		is("far", id, false, access.RuleWindow, "1970-01-11", "", "carry the job from 1970-01-11")
	}
	for _, id := range overs {
		is("over", id, true, access.RuleAssignment, "1969-12-03", "1970-01-15", "theirs")
	}
	is("the customer of what is far", customer, false, access.RuleWindow, "", "", "jobs of theirs that phones do not carry")
	is("the site of what is far", site, false, access.RuleWindow, "", "", "jobs of theirs that phones do not carry")
	is("never came", never, false, access.RuleWindow, "", "", "called off before")
	c.after(20)
	for _, id := range fars {
		is("near", id, true, access.RuleAssignment, "1970-01-11", "", "theirs")
	}
	for _, id := range overs {
		is("gone", id, false, access.RuleWindow, "1969-12-03", "1970-01-15", "until 1970-01-15")
	}
	is("the customer of what is near", customer, true, access.RuleAssignment, "", "", "it belongs to a job of theirs")
	if e := c.explain(c.caller(c.amy), model.Inquiry{User: c.sue, Record: over}); e.Rule != string(access.RuleAssignment) || e.Since+e.Until != "" {
		t.Errorf("of somebody else's job: %+v", e.Ground)
	}
	c.levels(c.ben, phoneSets(model.Mobile, map[access.Permission]access.Level{access.MobileEnabled: access.Off}))
	is("a phone that is switched off", far, false, access.RuleLevel, "", "", "mobile.enabled is off")
}
