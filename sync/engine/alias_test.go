package engine_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// TestC_ALargeSiteMoves: more assets than a commit takes stand at a site; it moves all the same, with all of them, and so does what comes behind.
func TestC_ALargeSiteMoves(t *testing.T) { found(t, largeSite(t)) }

func largeSite(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	w := customerTwice(t, store)
	var assets []model.RecordID
	var changes []model.Change
	for range engine.MaxAggregate + 200 {
		ch := w.change(w.amy, model.OpCreate, model.Assets, model.RecordID(newChange(t)), under(w.site), set(2, model.Text("Oven")))
		assets, changes = append(assets, ch.Record), append(changes, ch)
	}
	for len(changes) > 0 {
		n := min(100, len(changes))
		w.applied(w.office(), changes[:n]...)
		changes = changes[n:]
	}
	w.applied(w.office(), w.says(w.old, w.meant))
	for more, commits := true, 0; more; commits++ {
		var err error
		w.now += 1000
		if more, err = w.e.Unite(t.Context(), w.id, 0, w.now); err != nil || commits > 100 {
			return fmt.Sprintf("after %d commits: %v", commits, err)
		}
	}
	if got := w.names(w.job, model.JobCustomer); got != w.meant {
		return fmt.Sprintf("the job behind it names %v", got)
	}
	want := w.open(store, w.made(model.Assets, under(w.site), set(2, model.Text("Tap"))))
	for i, id := range assets {
		if got := w.open(store, id); !reflect.DeepEqual(got, want) {
			return fmt.Sprintf("asset %d is shown to %v, want %v", i, got, want)
		}
	}
	return ""
}

// open is the audiences that a record is in.
func (w *twice) open(store storage.Store, id model.RecordID) (out []model.Audience) {
	w.t.Helper()
	check(w.t, store.View(w.t.Context(), w.id, func(r storage.Reader) error {
		out = nil
		have, _ := r.Record(id)
		for _, m := range have.Memberships {
			if m.Open() {
				out = append(out, m.Audience)
			}
		}
		return nil
	}))
	return out
}

// TestC_AnOldNameStays: a customer who is another one is not deleted, or what was said of them out of signal would be lost, and what has not
// moved yet would go with them. Who is themselves is.
func TestC_AnOldNameStays(t *testing.T) { found(t, oldStays(t)) }

func oldStays(t *testing.T) string {
	t.Helper()
	w := customerTwice(t, memstore.New(1<<32))
	deletes := func(id model.RecordID) model.Answer {
		ch := w.change(w.amy, model.OpDelete, model.Customers, id)
		_, ch.Base = w.look(w.caller(w.amy), id)
		w.contents[ch.Body] = ch
		return w.push(w.office(), ch)[0]
	}
	w.applied(w.office(), w.says(w.old, w.meant))
	if a := deletes(w.old); a.Outcome != model.OutcomeRefused || a.Reason != model.ReasonAlias {
		return fmt.Sprintf("half way: %v %d", a.Outcome, a.Reason)
	}
	w.moves()
	if got := w.names(w.site, model.FieldParent); got != w.meant {
		return fmt.Sprintf("the site hangs on %v", got)
	}
	if a := deletes(w.meant); a.Outcome != model.OutcomeApplied {
		return fmt.Sprintf("whom it is: %v %d", a.Outcome, a.Reason)
	}
	if a := deletes(w.old); a.Outcome != model.OutcomeApplied {
		return fmt.Sprintf("one who is nobody else any more: %v %d", a.Outcome, a.Reason)
	}
	return ""
}

// TestC_NobodyLosesToAMove: who saw a link by its old name has seen it. Their edit and their deletion stand, and work done by a link that they
// had not seen is flagged, whatever moved it since.
func TestC_NobodyLosesToAMove(t *testing.T) { found(t, losesToMove(t)) }

func losesToMove(t *testing.T) string {
	t.Helper()
	w := customerTwice(t, memstore.New(1<<32))
	third := w.made(model.Customers, set(model.CustomerName, model.Text("Corner Shop")))
	elsewhere := w.jobFor(third, model.RecordID{})
	w.applied(w.office(), w.assign(elsewhere, w.ben))
	ben := w.device(w.ben, model.Mobile)
	own := w.change(w.ben, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("Door")), set(model.JobCustomer, model.Ref(w.old)))
	w.applied(ben.conn, own)
	ben.sync()
	_, desk := w.look(w.caller(w.amy), w.contact)
	w.applied(w.office(), w.rename2(elsewhere, model.JobCustomer, model.Ref(w.old)))
	w.applied(w.office(), w.says(w.old, w.meant))
	w.moves()
	w.applied(w.office(), w.says(w.meant, w.made(model.Customers, set(model.CustomerName, model.Text("Bakeries plc")))))
	w.moves()

	mends := w.edit(w.ben, own.Record, model.JobCustomer, model.Ref(third))
	if a := w.push(ben.conn, mends)[0]; a.Outcome != model.OutcomeApplied {
		return fmt.Sprintf("Ben's edit of his own link is %v %d", a.Outcome, a.Reason)
	}
	gone := w.change(w.amy, model.OpDelete, model.Contacts, w.contact)
	gone.Base = desk
	w.contents[gone.Body] = gone
	if a := w.push(w.office(), gone)[0]; a.Outcome != model.OutcomeApplied {
		return fmt.Sprintf("a deletion is %v %d", a.Outcome, a.Reason)
	}
	done := w.event(w.ben, elsewhere, "done")
	done.Base = w.bases[w.ben]
	w.contents[done.Body] = done
	w.applied(ben.conn, w.event(w.ben, elsewhere, "start"), done)
	job, _ := w.look(w.caller(w.amy), elsewhere)
	if flags := said(*job, model.JobFlags).Text(); !strings.Contains(flags, workflow.FlagReview) {
		return fmt.Sprintf("work for a customer that Ben had not heard of is flagged %q", flags)
	}
	if items := w.inbox(model.InboxConflict, "open"); len(items) != 0 {
		return fmt.Sprintf("somebody is asked about %+v", items)
	}
	return ""
}

// TestC_WhatCameInStaysAsItWasSaid: a decision that has to be made again is made of what somebody said.
func TestC_WhatCameInStaysAsItWasSaid(t *testing.T) {
	w := customerTwice(t, memstore.New(1<<32))
	w.applied(w.office(), w.says(w.old, w.meant))
	job := w.change(w.amy, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("Door")), set(model.JobCustomer, model.Ref(w.old)))
	frame := []model.Submitted{{Change: job, Number: 1}}
	_, err := w.e.Push(t.Context(), w.office(), frame, nil, w.now)
	check(t, err)
	if !reflect.DeepEqual(frame[0].Change, job) {
		t.Errorf("it is now %+v", frame[0].Change)
	}
}

// TestC_NamesGoOnForLong: a customer who becomes another one time and again is found by every name, and never in a circle.
func TestC_NamesGoOnForLong(t *testing.T) {
	w := customerTwice(t, memstore.New(1<<32))
	last := w.old
	for i := range 40 {
		next := w.made(model.Customers, set(model.CustomerName, model.Text(fmt.Sprint("Bakery ", i))))
		w.applied(w.office(), w.says(last, next))
		last = next
	}
	w.moves()
	if got := w.names(w.job, model.JobCustomer); got != last {
		t.Errorf("the job names %v, want the last", got)
	}
	if a := w.push(w.office(), w.says(last, w.old))[0]; a.Outcome != model.OutcomeRefused {
		t.Errorf("a circle is %v %d", a.Outcome, a.Reason)
	}
}

// TestC_OneIsMadeAsAnother: what named an id before its customer came, as another one, moves like anything else.
func TestC_OneIsMadeAsAnother(t *testing.T) {
	w := customerTwice(t, memstore.New(1<<32))
	late := model.RecordID(newChange(t))
	job := w.jobFor(late, w.site)
	w.applied(w.office(), w.change(w.amy, model.OpCreate, model.Customers, late, set(model.CustomerName, model.Text("Acme")), set(model.CustomerMerged, model.Ref(w.meant))))
	w.moves()
	if got := w.names(job, model.JobCustomer); got != w.meant {
		t.Errorf("the job names %v", got)
	}
}

// TestC_AProposalGoesWithTheMerge: an item that nobody has decided proposes the customer who it is by now, and not one whom the office took back.
func TestC_AProposalGoesWithTheMerge(t *testing.T) {
	w := customerTwice(t, memstore.New(1<<32))
	sue := w.device(w.sue, model.Subcontractor)
	job := w.change(w.sue, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("Leak")), set(model.JobCustomer, model.Ref(w.old)))
	w.applied(sue.conn, job)
	right := w.made(model.Customers, set(model.CustomerName, model.Text("Mill plc")))
	for _, is := range []model.RecordID{w.meant, {}, right} {
		w.applied(w.office(), w.says(w.old, is))
		w.moves()
	}
	items := w.inbox(model.InboxDuplicate, "open")
	if len(items) != 1 || model.RefOf(said(items[0], model.ReviewOther)) != right {
		t.Errorf("the office is asked %+v", items)
	}
}

// TestC_OneOfManyIsAnswered: of four of one name, what the office says of two leaves it asked about the others, until it has said it of all.
func TestC_OneOfManyIsAnswered(t *testing.T) { found(t, fourOfOneName(t)) }

func fourOfOneName(t *testing.T) string {
	t.Helper()
	w := customerTwice(t, memstore.New(1<<32))
	for range 3 {
		w.made(model.Customers, set(model.CustomerName, model.Text("acme ltd")))
	}
	for left := 3; left > 0; left-- {
		items := w.inbox(model.InboxDuplicate, "open")
		if len(items) != 1 {
			return fmt.Sprintf("with %d to say, %d are asked", left, len(items))
		}
		w.applied(w.office(), w.says(model.RefOf(said(items[0], model.ReviewSubject)), model.RefOf(said(items[0], model.ReviewOther))))
	}
	if items := w.inbox(model.InboxDuplicate, "open"); len(items) != 0 {
		return fmt.Sprintf("when all is said, it is asked %+v", items)
	}
	return ""
}
