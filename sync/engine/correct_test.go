package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestG20_HeldWorkIsCorrected: the office lets held work in with other values than it says. What is not corrected stays its author's,
// what was said is in the history, and the author is told of both and why.
func TestG20_HeldWorkIsCorrected(t *testing.T) { found(t, heldCorrected(t)) }

func heldCorrected(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c, ben, job := stale(t, store)
	note := c.note(c.ben, model.RecordID(newChange(t))) // of no job
	c.want(c.push(ben, note)[0], model.OutcomeHeld, model.ReasonMissing)
	rule := func(values ...model.Assign) error {
		c.now += 1000
		return c.e.Rule(t.Context(), c.caller(c.amy), model.Request{}, model.Ruling{Change: note.ID, Why: "that job is gone", Values: values}, c.amy, c.now)
	}
	if err := rule(under(model.RecordID(newChange(t)))); !errors.Is(err, engine.ErrNotYet) {
		return fmt.Sprintf("let in on another job that is not there: %v", err)
	}
	if err := rule(under(job), set(model.NoteText, model.Int(3))); !errors.Is(err, engine.ErrNotCorrectable) {
		return fmt.Sprintf("let in with a number for a text: %v", err)
	}
	if err := rule(under(job), set(model.FieldExternalID, model.Text("x"))); !errors.Is(err, engine.ErrNotCorrectable) {
		return fmt.Sprintf("let in with more than it says: %v", err)
	}
	if err := rule(under(job), set(model.NoteText, model.Text("hello"))); err != nil {
		return fmt.Sprintf("let in, corrected: %v", err)
	}
	if err := rule(under(job)); !errors.Is(err, model.ErrUnknown) {
		return fmt.Sprintf("decided twice: %v", err)
	}
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	c.sync(ben, nil, held)
	if r := held[note.Record]; model.RefOf(r[model.FieldParent]) != job || r[model.NoteText] != model.Text("hello") || model.UserID(model.RefOf(r[model.NoteAuthor])) != c.ben {
		return fmt.Sprintf("Ben's phone shows %v", r)
	}
	told := ""
	for _, r := range held {
		if model.UserID(model.RefOf(r[model.MessageTo])) == c.ben && model.UserID(model.RefOf(r[model.MessageAuthor])) == c.amy {
			told += r[model.MessageText].Text()
		}
	}
	for _, want := range []string{"Your note was let in", "another job", "text “hello” instead of “hi”", "Why: that job is gone"} {
		if !strings.Contains(told, want) {
			return fmt.Sprintf("Ben was told %q, want %q", told, want)
		}
	}
	events, err := c.history(c.caller(c.amy), model.Notes, note.Record)
	check(t, err)
	lost, signed := 0, false
	for _, e := range events {
		for _, x := range e.Fields {
			if e.Lost && e.Author == c.ben && x.Field == model.NoteText && x.Before == model.Text("hi") && x.After == model.Text("hello") {
				lost++
			}
			signed = signed || !e.Lost && e.Author == c.amy && x.Field == model.NoteText
		}
	}
	if lost != 1 || !signed {
		return fmt.Sprintf("the history does not tell both values with who said them: %+v", events)
	}
	lines := audited(t, store, c.id)
	if last := lines[len(lines)-1]; last.Detail != note.ID.String()+", corrected: job, text" {
		return fmt.Sprintf("the audit says %q, want which fields were corrected and no more", last.Detail)
	}
	if item := c.sees(c.caller(c.amy), model.InboxQuery{State: "resolved", Kind: "held"}).Items; len(item) != 1 || item[0].Why != "that job is gone" || item[0].Decision != "released" {
		return fmt.Sprintf("the item is %+v", item)
	}
	return ""
}

// TestG20_CorrectingWantsTheRight: who may decide held work corrects it in what they may write, and in nothing else.
func TestG20_CorrectingWantsTheRight(t *testing.T) { found(t, correctsByRight(t)) }

func correctsByRight(t *testing.T) string {
	t.Helper()
	c, ben, _ := stale(t, memstore.New(1<<32))
	sets := access.RoleSets(access.Admin)
	sets.Web[access.WebCustomers] = access.ReadOnly
	rita := c.worker("rita", model.Desktop, sets)
	made := c.change(c.ben, model.OpCreate, model.Customers, model.RecordID(newChange(t)), set(model.CustomerName, model.Text("ACME")))
	c.want(c.push(ben, made)[0], model.OutcomeHeld, model.ReasonRight)
	rule := func(values ...model.Assign) error {
		c.now += 1000
		return c.e.Rule(t.Context(), c.caller(rita), model.Request{}, model.Ruling{Change: made.ID, Values: values}, rita, c.now)
	}
	if err := rule(set(model.CustomerName, model.Text("ACME Ltd"))); !errors.Is(err, engine.ErrNotCorrectable) {
		return fmt.Sprintf("rita, who may only read customers, corrects one: %v", err)
	}
	if err := rule(); err != nil {
		return fmt.Sprintf("rita lets in what Ben said: %v", err)
	}
	return ""
}

// TestG20_AGroupIsCorrected: of a group that is let in, one change is corrected, and the others are as they were.
func TestG20_AGroupIsCorrected(t *testing.T) {
	c, ben, job := stale(t, memstore.New(1<<32))
	g := model.GroupID(newChange(t))
	wrong, right := c.note(c.ben, model.RecordID(newChange(t))), c.note(c.ben, job)
	for _, n := range []*model.Change{&wrong, &right} {
		n.Group, n.GroupSize = g, 2
		c.contents[n.Body] = *n
	}
	for _, a := range c.push(ben, wrong, right) {
		if a.Outcome != model.OutcomeHeld {
			t.Fatalf("the group is %+v", a)
		}
	}
	check(t, c.e.Rule(t.Context(), c.caller(c.amy), model.Request{}, model.Ruling{Change: wrong.ID, Values: []model.Assign{under(job)}}, c.amy, c.now))
	for _, n := range []model.Change{wrong, right} {
		if s, _ := c.look(c.caller(c.amy), n.Record); s == nil || model.RefOf(said(*s, model.FieldParent)) != job || said(*s, model.NoteText) != model.Text("hi") {
			t.Errorf("one of the group is %+v", s)
		}
	}
}

// TestR7_WhatIsLetInWithoutEffectIsSaidSo: the author of what was let in too late to count reads that, and not that it counts.
func TestR7_WhatIsLetInWithoutEffectIsSaidSo(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	ben := c.device(c.ben, model.Mobile)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileEditJob: access.Off})
	late := c.edit(c.ben, job, model.JobTitle, model.Text("by Ben"))
	c.want(c.push(ben.conn, late)[0], model.OutcomeHeld, model.ReasonRight)
	c.applied(c.office(), c.rename(job, model.Jobs, model.JobTitle, "by the office"))
	check(t, c.e.Rule(t.Context(), c.caller(c.amy), model.Request{}, model.Ruling{Change: late.ID, Why: "you may"}, c.amy, c.now))
	ben.sync()
	said := ""
	for _, r := range ben.rows {
		said += r[model.MessageText].Text()
	}
	if !strings.Contains(said, "no effect any more") || !strings.Contains(said, "you may") {
		t.Errorf("Ben reads %q", said)
	}
}
