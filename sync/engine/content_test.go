package engine_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// sends is a file of somebody's on a job, of bytes that are these.
func (c *company) sends(by model.UserID, job model.RecordID, kind, bytes string) model.Change {
	hash := sha256.Sum256([]byte(bytes))
	return c.change(by, model.OpCreate, model.Files, model.RecordID{}, under(job), set(model.FileKind, model.Text(kind)), set(model.FileHash, model.Bytes(hash[:])),
		set(model.FileAudience, model.Text("field")))
}

// TestC_TheSameBytesAreOnePhoto: of one person on one job, whatever id they come under; and of two, or on two jobs, they are two.
func TestC_TheSameBytesAreOnePhoto(t *testing.T) { found(t, samePhoto(t)) }

func samePhoto(t *testing.T) string {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	other, _ := c.newJob(c.ben, 0)
	c.applied(c.office(), c.assign(job, c.sue))
	ben, sue := c.phone(c.ben, model.Mobile), c.phone(c.sue, model.Subcontractor)
	first := c.sends(c.ben, job, "photo", "boiler")
	c.applied(ben, first)
	if a := c.push(ben, c.sends(c.ben, job, "photo", "boiler"))[0]; a.Outcome != model.OutcomeRecorded || a.Reason != model.ReasonExists {
		return fmt.Sprintf("the same photo under another id: %v %d", a.Outcome, a.Reason)
	}
	c.applied(ben, first, c.sends(c.ben, job, "photo", "flue"), c.sends(c.ben, other, "photo", "boiler"))
	c.applied(sue, c.sends(c.sue, job, "photo", "boiler"))
	c.applied(ben, c.sends(c.ben, job, "signature", "boiler"), c.sends(c.ben, job, "signature", "boiler"))
	if n := len(c.listed(c.amy, model.Files)); n != 6 {
		return fmt.Sprintf("%d files, want 6", n)
	}
	c.applied(c.office(), c.remover(c.amy, model.Files, first.Record))
	c.applied(ben, c.sends(c.ben, job, "photo", "boiler"))
	return ""
}

// TestC_APhotoThatCameAgainStays: who deletes one of two photos of the same bytes means to keep the other; who knows that they are one deletes it.
func TestC_APhotoThatCameAgainStays(t *testing.T) { found(t, cameAgain(t)) }

func cameAgain(t *testing.T) string {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	ben := c.device(c.ben, model.Mobile)
	first := c.sends(c.ben, job, "photo", "boiler")
	c.applied(ben.conn, first)
	ben.sync()
	remove := func() model.Change {
		ch := c.change(c.ben, model.OpDelete, model.Files, first.Record)
		ch.Base = c.bases[c.ben]
		c.contents[ch.Body] = ch
		return ch
	}
	unaware := remove()
	c.want(c.push(ben.conn, c.sends(c.ben, job, "photo", "boiler"))[0], model.OutcomeRecorded, model.ReasonExists)
	if a := c.push(ben.conn, unaware)[0]; a.Outcome != model.OutcomeRecorded || a.Reason != model.ReasonLater || len(c.listed(c.amy, model.Files)) != 1 {
		return fmt.Sprintf("deleted without knowing: %v %d", a.Outcome, a.Reason)
	}
	ben.sync()
	c.applied(ben.conn, remove())
	return ""
}

// TestC_WhatIsSaidOfADroppedPhoto: is said of the one that stayed, on whatever road it comes; to delete it deletes nothing.
func TestC_WhatIsSaidOfADroppedPhoto(t *testing.T) { found(t, captioned(t)) }

func captioned(t *testing.T) string {
	c := newCompany(t).patient()
	job, _ := c.newJob(c.ben, 0)
	ben := c.device(c.ben, model.Mobile)
	stays, dropped := c.sends(c.ben, job, "photo", "boiler"), c.sends(c.ben, job, "photo", "boiler")
	c.applied(ben.conn, stays)
	ben.sync()
	const caption model.FieldNo = 9
	of := func(op model.Op, fields ...model.Assign) model.Change {
		ch := c.change(c.ben, op, model.Files, dropped.Record, fields...)
		ch.Base, ch.Over = c.bases[c.ben], []model.ChangeID{dropped.ID}
		c.contents[ch.Body] = ch
		return ch
	}
	says := func(text string) model.Change { return of(model.OpEdit, set(caption, model.Text(text))) }
	c.want(c.push(ben.conn, dropped)[0], model.OutcomeRecorded, model.ReasonExists)
	if a := c.push(ben.conn, says("the boiler"), of(model.OpDelete)); a[0].Outcome != model.OutcomeApplied || a[1].Outcome != model.OutcomeApplied {
		return fmt.Sprintf("a caption of a photo that was dropped, and its deletion: %+v", a)
	}
	if got := c.value(stays.Record, caption); got != model.Text("the boiler") {
		return fmt.Sprintf("the photo that stayed says %v", got)
	}
	handIn := ben.conn
	handIn.Lane = model.LaneHandIn
	_, err := c.e.End(t.Context(), c.id, model.Ending{User: c.ben, Reason: model.EndOffice, By: c.amy}, c.now)
	check(t, err)
	c.want(c.push(handIn, says("the old boiler"))[0], model.OutcomeRecorded, model.ReasonHandedIn)
	if claims := c.sees(c.caller(c.amy), model.InboxQuery{Kind: model.InboxClaim}).Items; len(claims) != 1 || claims[0].Subject != stays.Record {
		return fmt.Sprintf("what is claimed of it: %+v", claims)
	}
	c.deactivate(c.ben)
	waits := says("the new boiler")
	c.want(c.push(handIn, waits)[0], model.OutcomeHeld, model.ReasonRemoved)
	if items := c.sees(c.caller(c.amy), model.InboxQuery{Kind: model.InboxHeld}).Items; len(items) != 1 || items[0].Subject != stays.Record || items[0].Job != job {
		return fmt.Sprintf("what waits of it: %+v", items)
	}
	check(t, c.e.Release(t.Context(), c.id, waits.ID, false, c.amy, c.now))
	if got := c.value(stays.Record, caption); got != model.Text("the new boiler") {
		return fmt.Sprintf("let in, the photo that stayed says %v", got)
	}
	c.now += engine.KeepStubs + day
	for part := range 256 {
		check(t, c.e.Sweep(t.Context(), c.id, byte(part), c.now))
	}
	if n := c.e.RowCount(c.id, storage.TableFiles); n != 1 {
		return fmt.Sprintf("%d rows of files are left of a year ago, want that of the photo", n)
	}
	return ""
}

// TestC_WhatIsSignedStays: nobody deletes a signature, the office voids it; and after the job is closed only the office deletes a photo.
func TestC_WhatIsSignedStays(t *testing.T) { found(t, keptFiles(t)) }

func keptFiles(t *testing.T) string {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	ben := c.device(c.ben, model.Mobile)
	signed, first, second := c.sends(c.ben, job, "signature", "s"), c.sends(c.ben, job, "photo", "1"), c.sends(c.ben, job, "photo", "2")
	third := c.sends(c.ben, job, "photo", "3")
	c.applied(ben.conn, signed, first, second, third)
	remove := func(id model.RecordID) model.Change {
		ben.sync()
		ch := c.change(c.ben, model.OpDelete, model.Files, id)
		ch.Base = c.bases[c.ben]
		c.contents[ch.Body] = ch
		return ch
	}
	is := func(a model.Answer, o model.Outcome, why model.Reason, what string) string {
		if a.Outcome != o || a.Reason != why {
			return fmt.Sprintf("%s: %v %d, want %v %d", what, a.Outcome, a.Reason, o, why)
		}
		return ""
	}
	wrong := is(c.push(ben.conn, remove(signed.Record))[0], model.OutcomeHeld, model.ReasonRight, "Ben deletes a signature")
	if wrong == "" {
		wrong = is(c.push(c.office(), c.remover(c.amy, model.Files, signed.Record))[0], model.OutcomeHeld, model.ReasonRight, "the office deletes a signature")
	}
	c.applied(ben.conn, remove(first.Record), c.event(c.ben, job, "start"), c.event(c.ben, job, "done"))
	c.made(model.OfficeEvents, under(job), set(model.OfficeEventKind, model.Text("close")), set(model.OfficeEventAnyway, model.Bool(true)))
	if wrong == "" {
		wrong = is(c.push(ben.conn, remove(second.Record))[0], model.OutcomeRecorded, model.ReasonClosed, "Ben deletes a photo of a closed job")
	}
	if wrong != "" {
		return wrong
	}
	c.applied(c.office(), c.remover(c.amy, model.Files, third.Record))
	if n := len(c.listed(c.amy, model.Files)); n != 2 {
		return fmt.Sprintf("%d files are left, want the signature and a photo", n)
	}
	return ""
}

// TestC_OnesOwnNoteIsRevised: another wording is another note, by the same person; what is another's is answered as what never was.
func TestC_OnesOwnNoteIsRevised(t *testing.T) { found(t, revisedNotes(t)) }

func revisedNotes(t *testing.T) string {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	c.applied(c.office(), c.assign(job, c.sue))
	ben, sue := c.phone(c.ben, model.Mobile), c.phone(c.sue, model.Subcontractor)
	note := c.note(c.ben, job)
	gone := c.note(c.ben, job)
	c.applied(ben, note, gone)
	c.applied(c.office(), c.remover(c.amy, model.Notes, gone.Record))
	again := func(by model.UserID, of model.RecordID) model.Change {
		return c.change(by, model.OpCreate, model.Notes, model.RecordID{}, under(job), set(model.NoteText, model.Text("rather")), set(model.NoteRevises, model.Ref(of)))
	}
	c.applied(ben, again(c.ben, note.Record), again(c.ben, note.Record), again(c.ben, gone.Record)) // siblings, both shown
	for what, of := range map[string]model.RecordID{"another's note": note.Record, "what never was": model.RecordID(newChange(t))} {
		if a := c.push(sue, again(c.sue, of))[0]; a.Outcome != model.OutcomeHeld || a.Reason != model.ReasonMissing {
			return fmt.Sprintf("Sue revises %s: %v %d", what, a.Outcome, a.Reason)
		}
	}
	if n := len(c.listed(c.amy, model.Notes)); n != 4 {
		return fmt.Sprintf("%d notes, want 4", n)
	}
	return ""
}

// TestC_AnAmendmentSaysWhy: of a form, by its author or the office; the one it stands in place of stays.
func TestC_AnAmendmentSaysWhy(t *testing.T) { found(t, amendedForms(t)) }

func amendedForms(t *testing.T) string {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	c.applied(c.office(), c.assign(job, c.sue))
	ben, sue := c.phone(c.ben, model.Mobile), c.phone(c.sue, model.Subcontractor)
	template := c.made(model.FormTemplates, set(2, model.Text("Risks")))
	form := func(by model.UserID, more ...model.Assign) model.Change {
		return c.change(by, model.OpCreate, model.FormSubmissions, model.RecordID{}, append([]model.Assign{under(job), set(2, model.Ref(template))}, more...)...)
	}
	first := form(c.ben)
	c.applied(ben, first)
	amends, why := set(model.FormAmends, model.Ref(first.Record)), set(model.FormReason, model.Text("a digit was wrong"))
	for _, test := range []struct {
		by   model.Connection
		ch   model.Change
		want model.Outcome
		why  model.Reason
	}{
		{ben, form(c.ben, amends), model.OutcomeRefused, model.ReasonShape},
		{sue, form(c.sue, amends, why), model.OutcomeHeld, model.ReasonMissing},
		{ben, form(c.ben, amends, why), model.OutcomeApplied, model.ReasonNone},
		{c.office(), form(c.amy, amends, why), model.OutcomeApplied, model.ReasonNone},
	} {
		if a := c.push(test.by, test.ch)[0]; a.Outcome != test.want || a.Reason != test.why {
			return fmt.Sprintf("an amendment by %v: %v %d, want %v %d", test.by.User, a.Outcome, a.Reason, test.want, test.why)
		}
	}
	if n := len(c.listed(c.amy, model.FormSubmissions)); n != 3 {
		return fmt.Sprintf("%d submissions, want 3", n)
	}
	return ""
}

// TestC_TheOfficeLooksAtWhatTheFieldChangesInTheDirectory: it stands, and is one item for a person and a record, for whoever sees the
// customers; what the office changes itself is none.
func TestC_TheOfficeLooksAtWhatTheFieldChangesInTheDirectory(t *testing.T) {
	found(t, directoryEdits(t))
}

func directoryEdits(t *testing.T) string {
	c := newCompany(t)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On, access.MobileCustomers: access.Full})
	customer := c.made(model.Customers, set(model.CustomerName, model.Text("ACME")), set(model.CustomerPhone, model.Text("1")))
	ben := c.device(c.ben, model.Mobile)
	for _, phone := range []string{"2", "3"} {
		edit := c.rename(customer, model.Customers, model.CustomerPhone, phone)
		edit.Author, edit.Base = c.ben, c.bases[c.ben]
		c.contents[edit.Body] = edit
		c.applied(ben.conn, edit)
		ben.sync()
	}
	c.applied(c.office(), c.rename(customer, model.Customers, model.CustomerPhone, "4"))
	items := c.sees(c.caller(c.amy), model.InboxQuery{State: "open"}).Items
	if len(items) != 1 || items[0].Kind != model.InboxField || items[0].Subject != customer || items[0].Author != c.ben || items[0].Count != 2 {
		return fmt.Sprintf("Amy is told %+v", items)
	}
	if page := c.sees(c.caller(c.without("dan", access.WebCustomers)), model.InboxQuery{}); len(page.Items)+len(page.Counts) != 0 {
		return fmt.Sprintf("who sees no customers is told %+v", page)
	}
	return ""
}
