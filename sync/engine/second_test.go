package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// copied is a change that a copied phone makes: of the same id, with another text.
func (c *company) copied(of model.Change, text string) model.Change {
	ch := of
	said := map[model.Collection]model.FieldNo{model.Notes: model.NoteText, model.Jobs: model.JobTitle}[of.Collection]
	ch.Fields = slices.Clone(of.Fields)
	for i := range ch.Fields {
		if x := &ch.Fields[i]; x.Field == said {
			x.Value = model.Text(text)
		}
	}
	ch.Body = string(of.ID[:]) + text
	copy(ch.Hash[:], text+"                                ")
	c.contents[ch.Body] = ch
	return ch
}

// second is the one second content that waits.
func (c *company) second() (out engine.HeldChange) {
	c.t.Helper()
	held, err := c.e.Held(c.t.Context(), c.id)
	check(c.t, err)
	for _, h := range held {
		if h.Reason == model.ReasonContent {
			return h
		}
	}
	c.t.Fatalf("no second content waits: %+v", held)
	return out
}

// TestW16_ASecondContentIsDecided: the office lets it in, or decides against it, and each content has one outcome, which its retry
// gets; the first stays as it was.
func TestW16_ASecondContentIsDecided(t *testing.T) { found(t, secondDecided(t)) }

func secondDecided(t *testing.T) string {
	t.Helper()
	c, ben, job := stale(t, memstore.New(1<<32))
	first := c.note(c.ben, job)
	second, third := c.copied(first, "of the copy"), c.copied(first, "of another copy")
	c.applied(ben, first)
	for _, ch := range []model.Change{second, second, third} {
		c.want(c.push(ben, ch)[0], model.OutcomeHeld, model.ReasonContent)
	}
	caller := c.caller(c.amy)
	if open := c.sees(caller, model.InboxQuery{State: "open"}); open.Counts[model.InboxHeld] != 2 || open.Counts[model.InboxAlarm] != 1 {
		return fmt.Sprintf("two more contents are told as %v", open.Counts)
	}
	for _, dismiss := range []bool{false, true} {
		err := c.e.Rule(t.Context(), caller, model.Request{}, model.Ruling{Change: c.second().Change, Dismiss: dismiss, Why: "a copied phone"}, c.amy, c.now)
		check(t, err)
	}
	notes := c.listed(c.amy, model.Notes)
	texts := map[model.Value]model.UserID{}
	for _, n := range notes {
		texts[c.value(n.ID, model.NoteText)] = model.UserID(model.RefOf(c.value(n.ID, model.NoteAuthor)))
	}
	if len(notes) != 2 || texts[model.Text("hi")] != c.ben || texts[model.Text("of the copy")] != c.ben {
		return fmt.Sprintf("the notes are %v, want Ben's first and what was let in as his", texts)
	}
	for i, want := range []struct {
		ch model.Change
		is model.Outcome
	}{{first, model.OutcomeApplied}, {second, model.OutcomeApplied}, {third, model.OutcomeDismissed}} {
		if a := c.push(ben, want.ch)[0]; a.Outcome != want.is || !a.Repeat {
			return fmt.Sprintf("content %d once more: %+v, want %v, as before", i, a, want.is)
		}
	}
	if open := c.sees(caller, model.InboxQuery{State: "open"}); open.Counts[model.InboxHeld] != 0 {
		return fmt.Sprintf("all is decided, and still %v", open.Counts)
	}
	return ""
}

// TestW16_OfAGroup: what came second of one of a group is not let in without it.
func TestW16_OfAGroup(t *testing.T) {
	c, ben, job := stale(t, memstore.New(1<<32))
	first, other := c.note(c.ben, job), c.note(c.ben, job)
	for _, ch := range []*model.Change{&first, &other} {
		ch.Group, ch.GroupSize = model.GroupID{1}, 2
		c.contents[ch.Body] = *ch
	}
	c.applied(ben, first, other)
	c.want(c.push(ben, c.copied(first, "of the copy"))[0], model.OutcomeHeld, model.ReasonContent)
	if err := c.e.Release(t.Context(), c.id, c.second().Change, true, c.amy, c.now); !errors.Is(err, engine.ErrNotReleasable) {
		t.Errorf("half of a group let in = %v", err)
	}
	check(t, c.e.Dismiss(t.Context(), c.id, c.second().Change, c.amy, c.now))
}

// TestW16_AnEditLosesToTheFirst: it was not made knowing of it, and both values are told.
func TestW16_AnEditLosesToTheFirst(t *testing.T) {
	c, ben, job := stale(t, memstore.New(1<<32))
	first := c.edit(c.ben, job, model.JobTitle, model.Text("first"))
	a := c.push(ben, first)[0]
	stands := c.value(job, model.JobTitle)
	c.want(c.push(ben, c.copied(first, "of the copy"))[0], model.OutcomeHeld, model.ReasonContent)
	check(t, c.e.Release(t.Context(), c.id, c.second().Change, false, c.amy, c.now))
	if again := c.push(ben, first)[0]; again.Outcome != a.Outcome || c.value(job, model.JobTitle) != stands {
		t.Errorf("the first is %v and the title %v; want %v, %v", again.Outcome, c.value(job, model.JobTitle), a.Outcome, stands)
	}
}

// TestI4_AFirstContentOutlivesTheSecond: while the second is remembered so is the first, or the second would take effect once more.
func TestI4_AFirstContentOutlivesTheSecond(t *testing.T) { found(t, outlived(t)) }

func outlived(t *testing.T) string {
	t.Helper()
	c, ben, job := stale(t, memstore.New(1<<32))
	c.patient()
	first := c.note(c.ben, job)
	second := c.copied(first, "of the copy")
	c.applied(ben, first)
	c.want(c.push(ben, second)[0], model.OutcomeHeld, model.ReasonContent)
	sweep := func() {
		c.now += engine.KeepStubs/2 + day
		for part := range 256 {
			check(t, c.e.Sweep(t.Context(), c.id, byte(part), c.now))
		}
	}
	sweep()
	check(t, c.e.Release(t.Context(), c.id, c.second().Change, false, c.amy, c.now))
	sweep()
	ben.Lane = model.LaneHandIn
	if a := c.push(ben, second)[0]; a.Outcome != model.OutcomeApplied || !a.Repeat {
		return fmt.Sprintf("what was let in, when the first is old: %+v", a)
	}
	for range 3 {
		sweep()
	}
	if n := c.e.RowCount(c.id, storage.TableOutcomes) + c.e.RowCount(c.id, storage.TableHeld); n != 0 {
		return fmt.Sprintf("%d rows are left when all of it is old", n)
	}
	return ""
}
