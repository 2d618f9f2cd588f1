package replica_test

import (
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Feed CE-9: E1 on a field; the office writes; the device reaches a checkpoint while E1 still covers the field; the
// user edits again. The second edit stands on the first one's base, since its author never saw the office's value.
func TestBaseOfTheBottomEdit(t *testing.T) {
	for plant, want := range map[string]bool{"": true, "edit-base-not-inherited": false} {
		p := newPhone(t, plant)
		p.checkpoint(job(1, "old"))
		first := p.save(retitle(model.RecordID{1}, "mine"))[0]
		p.checkpoint(job(1, "office"))
		second := p.save(retitle(model.RecordID{1}, "mine too"))[0]

		a, b := p.change(first.Change), p.change(second.Change)
		if got := a.Base == b.Base; got != want {
			t.Errorf("planted %q: the second edit stands on the base of the first = %v, want %v", plant, got, want)
		}
		if !slices.Equal(b.Over, []model.ChangeID{first.Change}) {
			t.Errorf("Over = %v, want the first edit", b.Over)
		}
		if b.Fields[0].Seen != model.Text("old").Hash() {
			t.Error("the second edit must carry the hash of what the server had under the first")
		}
	}
}

// Feed CE-16: an edit while a delta is half staged stands on the last applied checkpoint, not on the page.
func TestBaseIsNotThePage(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "old"))
	before := p.change(p.save(retitle(model.RecordID{1}, "a"))[0].Change).Base
	h := p.head(false)
	h.Base = []byte("token of a page")
	p.apply(h, protocol.PageBody{Rows: []model.Row{job(2, "new"), job(1, "office")}})
	if got := p.change(p.save(newJob("b"))[0].Change).Base; got != before {
		t.Errorf("Base = %q, want that of the last checkpoint %q", got, before)
	}
	if got := p.title(model.RecordID{2}); got != "" {
		t.Errorf("a staged record is shown: %q", got)
	}
}

// Feed CE-17: the base is taken when the edit is made, not when it is sent.
func TestBaseIsOfTheEdit(t *testing.T) {
	for plant, same := range map[string]bool{"": true, "edit-base-at-upload": false} {
		p := newPhone(t, plant)
		p.checkpoint(job(1, "old"))
		id := p.save(retitle(model.RecordID{1}, "mine"))[0].Change
		saved := p.change(id).Body
		p.checkpoint(job(1, "office"))
		push, err := p.NextPush(10, 1<<16)
		p.must(err)
		if got := string(push.Changes[0].Body) == saved; got != same {
			t.Errorf("planted %q: the body is sent as saved = %v, want %v", plant, got, same)
		}
	}
}

// Write CE-1: an edit of a record made offline stands on its creation, or it conflicts with it.
func TestOverNamesTheCreation(t *testing.T) {
	for plant, want := range map[string]int{"": 1, "over-without-creation": 0} {
		p := newPhone(t, plant)
		p.checkpoint()
		made := p.save(newJob("new"))[0]
		edit := p.save(replica.Draft{Op: model.OpEdit, Record: made.Record, Fields: []model.FieldValue{{Field: model.JobDescription, Value: model.Text("x")}}})[0]
		c := p.change(edit.Change)
		if len(c.Over) != want {
			t.Errorf("planted %q: Over = %v, want %d", plant, c.Over, want)
		}
		if want := []model.ChangeID{made.Change}; !slices.Equal(c.After, want) {
			t.Errorf("After = %v, want the creation", c.After)
		}
	}
}

// Over is transitive, and ends with what a checkpoint has named.
func TestOverIsTransitive(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "old"))
	id := model.RecordID{1}
	a := p.save(retitle(id, "a"))[0].Change
	b := p.save(retitle(id, "b"))[0].Change
	c := p.save(retitle(id, "c"))[0].Change
	if got, want := p.change(c).Over, []model.ChangeID{a, b}; !slices.Equal(got, want) {
		t.Errorf("Over = %v, want %v", got, want)
	}
	p.answer(model.OutcomeApplied, 5)
	p.include(a, b, c)
	if d := p.change(p.save(retitle(id, "d"))[0].Change); len(d.Over) != 0 || d.Base == p.change(a).Base {
		t.Errorf("an edit of what is in base stands on own changes: %v", d.Over)
	}
}

// One edit is one base (decision 0001): fields on different states become two changes.
func TestAnEditIsSplit(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "old"))
	id := model.RecordID{1}
	p.save(retitle(id, "a"))
	both := replica.Draft{Op: model.OpEdit, Record: id, Fields: []model.FieldValue{
		{Field: model.JobDescription, Value: model.Text("d")}, {Field: model.JobTitle, Value: model.Text("b")},
	}}
	saved := p.save(both)
	if len(saved) != 2 {
		t.Fatalf("saved %d changes, want 2", len(saved))
	}
	for _, s := range saved {
		if c := p.change(s.Change); len(c.Fields) != 1 || !c.Group.IsZero() || s.Draft != 0 {
			t.Errorf("change = %+v, want one field and no group", c)
		}
	}
	if again := p.save(both); len(again) != 2 {
		t.Errorf("the title has one edit more under it: %d changes, want 2", len(again))
	}
}

// Order is promised per record (W8): a fact follows what its author did on what it hangs on; hours follow nothing.
func TestAfter(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "old"))
	id := model.RecordID{1}
	edit := p.save(retitle(id, "a"))[0].Change
	first := p.save(note(id, "one"))[0].Change
	second := p.save(note(id, "two"))[0].Change
	if got := p.change(first).After; !slices.Equal(got, []model.ChangeID{edit}) {
		t.Errorf("After of the first note = %v, want the edit of the job", got)
	}
	if got := p.change(second).After; !slices.Equal(got, []model.ChangeID{first}) {
		t.Errorf("After of the second note = %v, want the first", got)
	}
	if got := p.change(p.save(hours("shift_start"))[0].Change).After; len(got) != 0 {
		t.Errorf("After of hours = %v, want none", got)
	}
	c := p.change(second)
	if c.Record != model.RecordID(second) {
		t.Error("a fact is keyed by its change")
	}
}

// Made after the end (domain F11): only when a person ended the session, and this device has learnt of it.
func TestMadeAfterTheEnd(t *testing.T) {
	cases := []struct {
		bye  protocol.Bye
		want bool
		why  string
	}{
		{protocol.Bye{Code: protocol.CodeSuperseded, Reason: model.EndSuperseded}, true, "the user went on elsewhere"},
		{protocol.Bye{Code: protocol.CodeEnded, Reason: model.EndOffice}, true, "the office ended it"},
		{protocol.Bye{Code: protocol.CodeRestored}, false, "a restored server is no end (W14)"},
		{protocol.Bye{Code: protocol.CodeNotSignedIn}, false, "an unknown token is nobody's decision (W14)"},
		{protocol.Bye{Code: protocol.CodeReidentified, Reason: model.EndIdentity}, false, "a new identity is no end"},
	}
	for _, c := range cases {
		p := newPhone(t)
		p.checkpoint()
		early := p.save(hours("shift_start"))[0].Change
		p.must(p.Bye(&c.bye))
		p.open()
		late := p.save(hours("shift_end"))[0].Change
		if got := p.change(late).AfterEnd; got != c.want || p.change(early).AfterEnd {
			t.Errorf("bye %d: marked = %v, want %v: %s", c.bye.Code, got, c.want, c.why)
		}
		p.must(p.SignedIn(alice))
		if p.change(p.save(hours("shift_start"))[0].Change).AfterEnd {
			t.Error("a new sign-in ends the end")
		}
	}
}

// The occurrence carries what the server needs to tell the time (domain E2).
func TestOccurrence(t *testing.T) {
	p := newPhone(t)
	p.checkpoint()
	p.clock.Wall, p.clock.Mono = 9_999_999, p.clock.Mono+1500
	o := p.change(p.save(hours("shift_start"))[0].Change).Occurred
	want := model.Occurrence{Wall: 9_999_999, Elapsed: 1500, Clock: model.Clock{User: alice.User, Boot: 77, Mark: 2_000_000, Offset: 60, Zone: "Europe/Berlin"}}
	if o != want {
		t.Errorf("Occurred = %+v, want %+v", o, want)
	}
	p.clock.Boot, p.clock.Mono = 78, 10
	if o = p.change(p.save(hours("shift_end"))[0].Change).Occurred; o.Clock.Mark != 0 || o.Elapsed != 10 {
		t.Errorf("after a restart of the phone: %+v, want no mark", o)
	}
}
