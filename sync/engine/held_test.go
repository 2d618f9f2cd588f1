package engine_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestI3_WhatWaitsForTheOffice: a device learns which of its user's changes wait no more; of another's it learns what it learns of
// one that never was, whether that waits or not; and a second content waits on the device that sent it.
func TestI3_WhatWaitsForTheOffice(t *testing.T) { found(t, waiting(t)) }

func waiting(t *testing.T) string {
	c := newCompany(t)
	ben, sue := c.phone(c.ben, model.Mobile), c.phone(c.sue, model.Subcontractor)
	lost := func(conn model.Connection) model.Change { return c.note(conn.User, model.RecordID(newChange(t))) }
	first, second, twice, hers := lost(ben), lost(ben), lost(ben), lost(sue)
	c.push(ben, first, second, twice)
	c.push(sue, hers)
	other := twice
	other.Record = model.RecordID(newChange(t))
	other.Body = "another content"
	other.Hash = sha256.Sum256([]byte(other.Body))
	c.contents[other.Body] = other
	c.want(c.push(ben, other)[0], model.OutcomeHeld, model.ReasonContent)
	check(t, c.e.Dismiss(ctx, c.id, first.ID, c.amy, c.now))
	check(t, c.e.Dismiss(ctx, c.id, twice.ID, c.amy, c.now))
	unknown := newChange(t)
	asked := []model.ChangeID{first.ID, second.ID, twice.ID, hers.ID, unknown}
	for conn, want := range map[*model.Connection][]model.ChangeID{
		&ben: {first.ID, hers.ID, unknown},
		&sue: {first.ID, second.ID, twice.ID, unknown},
	} {
		got, err := c.e.Decided(ctx, *conn, asked)
		check(t, err)
		if !slices.Equal(got, want) {
			return fmt.Sprintf("%v wait no more, want %v", got, want)
		}
	}
	return ""
}

// TestT12_HeldWorkKeepsAJobOpen: a job is closed when nothing on it waits for the office, or when they say that it is to be all the same.
func TestT12_HeldWorkKeepsAJobOpen(t *testing.T) { found(t, closedOver(t)) }

func closedOver(t *testing.T) string {
	t.Helper()
	for _, anyway := range []bool{false, true} {
		c, ben, job := stale(t, memstore.New(1<<32))
		event := func(kind string) model.Change {
			return c.change(c.ben, model.OpCreate, model.VisitEvents, model.RecordID{}, under(job), set(model.VisitEventKind, model.Text(kind)), set(model.VisitEventVisit, model.Int(1)))
		}
		c.applied(ben, event("start"), event("done"))
		c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileEditJob: access.Off})
		ch := c.edit(c.ben, job, model.JobTitle, model.Text("by Ben"))
		c.want(c.push(ben, ch)[0], model.OutcomeHeld, model.ReasonRight)
		closes := func(more ...model.Assign) model.Answer {
			c.now += 1000
			fields := append([]model.Assign{under(job), set(model.OfficeEventKind, model.Text("close"))}, more...)
			return c.push(c.office(), c.change(c.amy, model.OpCreate, model.OfficeEvents, model.RecordID{}, fields...))[0]
		}
		if a := closes(); a.Outcome != model.OutcomeRecorded || a.Reason != model.ReasonWaits {
			return fmt.Sprintf("closed over work that waits: %v %d", a.Outcome, a.Reason)
		}
		if anyway {
			c.want(closes(set(model.OfficeEventAnyway, model.Bool(true))), model.OutcomeApplied, model.ReasonNone)
			continue
		}
		check(t, c.e.Dismiss(ctx, c.id, ch.ID, c.amy, c.now))
		c.want(closes(), model.OutcomeApplied, model.ReasonNone)
	}
	return ""
}

// TestT12_HeldWorkIsOfTheJobItNames: work that is to be made on a job waits on that one, even under an id that something else has,
// and leaves nothing behind there when it is let in on another.
func TestT12_HeldWorkIsOfTheJobItNames(t *testing.T) {
	store := memstore.New(1 << 32)
	c, ben, job := stale(t, store)
	other, _ := c.newJob(c.ben, 0)
	waits := func(on model.RecordID) (n int) {
		check(t, store.View(ctx, c.id, func(r storage.Reader) error {
			for range r.Rows(storage.TableReview, "j"+string(on[:]), "") {
				n++
			}
			return nil
		}))
		return n
	}
	contact := func(id model.RecordID) model.ChangeID {
		ch := c.change(c.ben, model.OpCreate, model.JobContacts, id, under(job))
		c.want(c.push(ben, ch)[0], model.OutcomeHeld, model.ReasonRight)
		return ch.ID
	}
	contact(other)
	if here, there := waits(job), waits(other); here != 1 || there != 0 {
		t.Errorf("%d wait on the job that is named, and %d on the one whose id was taken", here, there)
	}
	moved := model.Ruling{Change: contact(model.RecordID(newChange(t))), Values: []model.Assign{under(other)}}
	check(t, c.e.Rule(ctx, c.caller(c.amy), model.Request{}, moved, c.amy, c.now))
	if here, there := waits(job), waits(other); here != 1 || there != 0 {
		t.Errorf("once let in on the other job, %d wait on the first and %d on the other", here, there)
	}
}

// TestS2_AClosingTellsOfNothingHidden: whoever is not shown what waits on a job closes it as though nothing did, and it waits on.
func TestS2_AClosingTellsOfNothingHidden(t *testing.T) { found(t, closedUnaware(t)) }

func closedUnaware(t *testing.T) string {
	t.Helper()
	c, ben, job := stale(t, memstore.New(1<<32))
	event := func(kind string) model.Change {
		return c.change(c.ben, model.OpCreate, model.VisitEvents, model.RecordID{}, under(job), set(model.VisitEventKind, model.Text(kind)), set(model.VisitEventVisit, model.Int(1)))
	}
	c.applied(ben, event("start"), event("done"))
	price := c.change(c.ben, model.OpCreate, model.JobCommercials, model.RecordID(newChange(t)), under(job), set(2, model.Int(5)))
	c.want(c.push(ben, price)[0], model.OutcomeHeld, model.ReasonRight)
	sets := access.RoleSets(access.Admin)
	sets.Web[access.WebInvoices] = access.None
	rita := c.worker("rita", model.Desktop, sets)
	closes := func(by model.UserID) model.Answer {
		c.now += 1000
		return c.push(model.Connection{Tenant: c.id, User: by, Lane: model.LaneOffice},
			c.change(by, model.OpCreate, model.OfficeEvents, model.RecordID{}, under(job), set(model.OfficeEventKind, model.Text("close"))))[0]
	}
	if a := closes(c.amy); a.Reason != model.ReasonWaits {
		return fmt.Sprintf("Amy, who is shown prices, closes over one that waits: %v %d", a.Outcome, a.Reason)
	}
	if a := closes(rita); a.Outcome != model.OutcomeApplied {
		return fmt.Sprintf("Rita, who is shown none, is told that something waits: %v %d", a.Outcome, a.Reason)
	}
	if left, err := c.e.Held(ctx, c.id); err != nil || len(left) != 1 || left[0].Change != price.ID {
		return fmt.Sprintf("what she is not shown does not wait any more: %v, %v", left, err)
	}
	return ""
}
