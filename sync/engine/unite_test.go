package engine_test

import (
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// twice is a company that has one customer under two names, with work under the old one.
type twice struct {
	*company
	old, meant    model.RecordID
	site, contact model.RecordID
	asset, job    model.RecordID
}

func customerTwice(t *testing.T, store storage.Store) *twice {
	t.Helper()
	w := &twice{company: newCompanyOn(t, store)}
	w.level(w.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	w.level(w.sue, model.Subcontractor, map[access.Permission]access.Level{access.MobileCreateJob: access.On, access.MobileCustomers: access.ReadOnly})
	w.old = w.made(model.Customers, set(model.CustomerName, model.Text("ACME Ltd")))
	w.meant = w.made(model.Customers, set(model.CustomerName, model.Text("Acme Bakeries")))
	w.site = w.made(model.Sites, under(w.old), set(2, model.Text("Mill Lane")))
	w.asset = w.made(model.Assets, under(w.site), set(2, model.Text("Oven")))
	w.contact = w.made(model.Contacts, under(w.old), set(2, model.Text("Mo")))
	w.job = w.jobFor(w.old, w.site)
	w.applied(w.office(), w.assign(w.job, w.ben))
	return w
}

func (w *twice) jobFor(customer, site model.RecordID) model.RecordID {
	return w.made(model.Jobs, set(model.JobTitle, model.Text("Oven cold")), set(model.JobCustomer, model.Ref(customer)), set(model.JobSite, model.Ref(site)))
}

// says is that the office says that a customer is another one; the zero id: that it is itself.
func (w *twice) says(customer, is model.RecordID) model.Change {
	v := model.Ref(is)
	if is.IsZero() {
		v = model.Null()
	}
	ch := w.change(w.amy, model.OpEdit, model.Customers, customer, set(model.CustomerMerged, v))
	_, ch.Base = w.look(w.caller(w.amy), customer)
	w.contents[ch.Body] = ch
	return ch
}

// moves has everything move that is to.
func (w *twice) moves() {
	w.t.Helper()
	for more := true; more; {
		var err error
		w.now += 1000
		more, err = w.e.Unite(w.t.Context(), w.id, 0, w.now)
		check(w.t, err)
	}
}

// names is what a record says in a field of the customer.
func (w *twice) names(id model.RecordID, f model.FieldNo) model.RecordID {
	w.t.Helper()
	r, _ := w.look(w.caller(w.amy), id)
	return model.RefOf(said(*r, f))
}

// TestC_AMergedCustomerResolves: what named the old customer names the one that it is, with what hangs on it; and so does what comes
// later from somebody who did not know.
func TestC_AMergedCustomerResolves(t *testing.T) { found(t, mergedCustomer(t)) }

func mergedCustomer(t *testing.T) string {
	t.Helper()
	w := customerTwice(t, memstore.New(1<<32))
	ben := w.device(w.ben, model.Mobile)
	before := w.bases[w.ben]
	w.applied(w.office(), w.says(w.old, w.meant))
	w.moves()
	for what, one := range map[string]struct {
		id model.RecordID
		f  model.FieldNo
	}{"the site": {w.site, model.FieldParent}, "the contact": {w.contact, model.FieldParent}, "the job": {w.job, model.JobCustomer}} {
		if got := w.names(one.id, one.f); got != w.meant {
			return fmt.Sprintf("%s names %v", what, got)
		}
	}
	onto := w.change(w.ben, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("Door")), set(model.JobCustomer, model.Ref(w.old)))
	contact := w.change(w.ben, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("Key")), set(model.JobCustomer, model.Ref(w.meant)))
	done := w.event(w.ben, w.job, "done")
	done.Base = before
	w.contents[done.Body] = done
	w.applied(ben.conn, onto, contact, w.event(w.ben, w.job, "start"), done)
	if got := w.names(onto.Record, model.JobCustomer); got != w.meant {
		return fmt.Sprintf("a job that was made out of signal names %v", got)
	}
	job, _ := w.look(w.caller(w.amy), w.job)
	if flags := said(*job, model.JobFlags).Text(); flags != "" {
		return fmt.Sprintf("work done meanwhile is flagged %q: it is the same customer", flags)
	}
	ben.sync()
	if ben.rows[w.job][model.JobCustomer] != model.Ref(w.meant) || ben.rows[w.site][model.FieldParent] != model.Ref(w.meant) || ben.rows[w.meant] == nil {
		return fmt.Sprintf("the phone has %v", ben.rows[w.job])
	}
	return ""
}

// TestC_MergesGoOn: names lead to one customer one behind the other, never in a circle; and what is undone does not move back.
func TestC_MergesGoOn(t *testing.T) {
	w := customerTwice(t, memstore.New(1<<32))
	third := w.made(model.Customers, set(model.CustomerName, model.Text("Bakeries plc")))
	w.applied(w.office(), w.says(w.old, w.meant))
	w.applied(w.office(), w.says(w.meant, third))
	w.moves()
	if got := w.names(w.job, model.JobCustomer); got != third {
		t.Errorf("the job names %v, want the third", got)
	}
	for what, is := range map[string]model.RecordID{"in a circle": w.old, "itself": third, "what never was": model.RecordID(newChange(t)), "a site": w.site} {
		if a := w.push(w.office(), w.says(third, is))[0]; a.Outcome != model.OutcomeRefused || a.Reason != model.ReasonValue {
			t.Errorf("%s: %v %d, want refused", what, a.Outcome, a.Reason)
		}
	}
	w.applied(w.office(), w.says(w.old, model.RecordID{}))
	w.moves()
	if got := w.jobFor(w.old, w.site); w.names(got, model.JobCustomer) != w.old {
		t.Error("a customer that is itself again is still another one")
	}
	if got := w.names(w.job, model.JobCustomer); got != third {
		t.Errorf("what was undone moved back: the job names %v", got)
	}
}

// TestC_NoClientIsShownAnothersWork: a customer whose people have accounts is not merged: they would be shown the other one's work.
func TestC_NoClientIsShownAnothersWork(t *testing.T) { found(t, mergedOverPeople(t)) }

func mergedOverPeople(t *testing.T) string {
	t.Helper()
	w := customerTwice(t, memstore.New(1<<32))
	_, err := w.e.AddAccount(t.Context(), w.id, engine.NewAccount{Login: "pia", Kind: model.Portal, Company: w.old, Levels: access.DefaultSets(model.Portal).Encode()}, w.now)
	check(t, err)
	if a := w.push(w.office(), w.says(w.old, w.meant))[0]; a.Outcome != model.OutcomeRefused || a.Reason != model.ReasonLinked {
		return fmt.Sprintf("with people: %v %d", a.Outcome, a.Reason)
	}
	dan := access.RoleSets(access.Admin)
	clear(dan.Web)
	dan.Web[access.WebCustomers] = access.Full
	clerk, err := w.e.AddAccount(t.Context(), w.id, engine.NewAccount{Login: "dan", Name: "dan", Kind: model.Desktop, Levels: dan.Encode()}, w.now)
	check(t, err)
	ch := w.change(clerk, model.OpEdit, model.Customers, w.old, set(model.CustomerMerged, model.Ref(w.meant)))
	_, ch.Base = w.look(w.caller(clerk), w.old)
	w.contents[ch.Body] = ch
	if a := w.push(model.Connection{Tenant: w.id, User: clerk, Lane: model.LaneOffice}, ch)[0]; a.Outcome != model.OutcomeRefused || a.Reason != model.ReasonValue {
		return fmt.Sprintf("to who is shown no people: %v %d", a.Outcome, a.Reason)
	}
	w.applied(w.office(), w.says(w.meant, w.old)) // theirs may take another one in
	quinn, err := w.e.AddAccount(t.Context(), w.id, engine.NewAccount{Login: "quinn", Kind: model.Portal, Company: w.meant, Levels: access.DefaultSets(model.Portal).Encode()}, w.now)
	check(t, err)
	if r, _ := w.look(w.caller(w.amy), model.RecordID(quinn)); r == nil || said(*r, model.PersonCompany) != model.Ref(w.old) {
		return fmt.Sprintf("who is linked by the old name: %+v", r)
	}
	return ""
}

// TestC_MovesSurviveACrash: more than a commit takes moves in several, and goes on where the last one stopped; the history says who did it.
func TestC_MovesSurviveACrash(t *testing.T) {
	store := memstore.New(1 << 32)
	w := customerTwice(t, store)
	const jobs = 2*engine.UniteBatch + 7
	var all []model.RecordID
	for range jobs {
		all = append(all, w.jobFor(w.old, w.site))
	}
	w.applied(w.office(), w.says(w.old, w.meant))
	commits := 0
	for more := true; more; commits++ {
		w.reopen(store)
		var err error
		more, err = w.e.Unite(t.Context(), w.id, 0, w.now)
		check(t, err)
	}
	if commits < 3 {
		t.Errorf("%d commits for %d jobs", commits, jobs)
	}
	for _, id := range all {
		if got := w.names(id, model.JobCustomer); got != w.meant {
			t.Fatalf("a job names %v", got)
		}
	}
	page, err := w.e.RecordHistory(t.Context(), w.caller(w.amy), model.Sites, w.site, "", 10)
	check(t, err)
	if last := page.Events[len(page.Events)-1]; last.Author != w.amy || !last.Office || len(last.Fields) != 1 || last.Fields[0].After != model.Ref(w.meant) {
		t.Errorf("the history says %+v", last)
	}
}

// reopen has another engine on the same store, as after a crash.
func (w *twice) reopen(store storage.Store) {
	w.e = engine.New(engine.Config{Store: store, Random: rand.Reader, Decode: func(body string, _ []string) model.Change { return w.contents[body] }})
}

// TestH1_AnOldNameTellsNothing: whoever is not shown the old customer learns by naming it neither that it is there nor that it is another
// one; the office is asked, and its link answers.
func TestH1_AnOldNameTellsNothing(t *testing.T) { found(t, oldName(t)) }

func oldName(t *testing.T) string {
	t.Helper()
	w := customerTwice(t, memstore.New(1<<32))
	sue := w.device(w.sue, model.Subcontractor)
	made := func(customer model.RecordID) model.RecordID {
		job := w.change(w.sue, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("Leak")), set(model.JobCustomer, model.Ref(customer)))
		w.applied(sue.conn, job)
		return job.Record
	}
	early := made(w.old)
	w.applied(w.office(), w.says(w.old, w.meant))
	w.moves()
	late, never := made(w.old), made(model.RecordID(newChange(t)))
	w.moves()
	sue.sync()
	for what, job := range map[string]model.RecordID{"before": early, "afterwards": late} {
		if got := sue.rows[job][model.JobCustomer]; got != model.Ref(w.old) {
			return fmt.Sprintf("what Sue said %s is now %v", what, got)
		}
	}
	items := w.inbox(model.InboxDuplicate, "open")
	if len(items) != 2 {
		return fmt.Sprintf("%d items, want one for each of both jobs", len(items))
	}
	for _, r := range items {
		if job := model.RefOf(said(r, model.ReviewSubject)); job == never || model.RefOf(said(r, model.ReviewOther)) != w.meant {
			return fmt.Sprintf("the office is asked %+v", r)
		}
	}
	w.applied(w.office(), w.rename2(late, model.JobCustomer, model.Ref(w.meant)))
	w.applied(w.office(), w.rename2(early, model.JobCustomer, model.Ref(w.meant)))
	if n := len(w.inbox(model.InboxDuplicate, "open")); n != 0 {
		return fmt.Sprintf("%d items are open when the office has said so", n)
	}
	return ""
}

// TestC_MergingAnswersTheQuestion: that the office says that two are one closes what asked whether they are; and an old name still finds the
// customer whose it is.
func TestC_MergingAnswersTheQuestion(t *testing.T) {
	w := customerTwice(t, memstore.New(1<<32))
	again := w.made(model.Customers, set(model.CustomerName, model.Text("acme ltd")))
	items := w.inbox(model.InboxDuplicate, "open")
	if len(items) != 1 || said(items[0], model.ReviewLost+model.FieldNo(model.ClassCustomer)) != model.Ref(w.old) || model.FieldNo(said(items[0], model.ReviewField).Int()) != model.CustomerMerged {
		t.Fatalf("the office is asked %+v", items)
	}
	w.applied(w.office(), w.says(again, w.old))
	if open := w.inbox(model.InboxDuplicate, "open"); len(open) != 0 {
		t.Errorf("it is still asked %+v", open)
	}
	w.applied(w.office(), w.says(w.old, w.meant))
	w.moves()
	w.made(model.Customers, set(model.CustomerName, model.Text("ACME, Ltd")))
	if items = w.inbox(model.InboxDuplicate, "open"); len(items) != 1 || model.RefOf(said(items[0], model.ReviewOther)) != w.meant {
		t.Errorf("one of the old name: the office is asked %+v", items)
	}
}
