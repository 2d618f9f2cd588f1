package replica_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Feed CE-20: a late page of an older connection must not bring back what was retracted.
func TestLatePage(t *testing.T) {
	for plant, want := range map[string]string{"": "", "late-page-accepted": "secret"} {
		p := newPhone(t, plant)
		p.checkpoint(job(1, "secret"))
		late := p.head(true)
		p.apply(p.head(true), protocol.PageBody{Retracts: []model.RecordID{{1}}})
		a := p.apply(late, protocol.PageBody{Rows: []model.Row{job(1, "secret")}})
		if got := p.title(model.RecordID{1}); got != want || a.Dropped != (want == "") {
			t.Errorf("planted %q: after a late page the job is %q (%+v), want %q", plant, got, a, want)
		}
	}
}

// Feed CE-22: a child whose parent is not shown is hidden, though base has it: its new parent waits in staging.
func TestOrphan(t *testing.T) {
	for plant, want := range map[string]bool{"": false, "no-orphan-rule": true} {
		p := newPhone(t, plant)
		p.checkpoint(job(1, "one"), contact(9, model.RecordID{1}))
		h := p.head(false)
		p.apply(h, protocol.PageBody{Retracts: []model.RecordID{{1}}, Rows: []model.Row{contact(9, model.RecordID{2}), job(2, "two")}})
		_, ok, err := p.Show(model.RecordID{9})
		p.must(err)
		if ok != want {
			t.Errorf("planted %q: the orphan is shown = %v, want %v", plant, ok, want)
		}
		p.checkpoint()
		if list, _ := p.List(model.JobContacts, model.RecordID{2}); len(list) != 1 {
			t.Errorf("at the checkpoint the child hangs on its new parent: %v", list)
		}
	}
}

// A ring of parents shows nobody, and ends.
func TestRing(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(contact(1, model.RecordID{2}), contact(2, model.RecordID{1}), contact(3, model.RecordID{3}))
	if all, err := p.Shown(); err != nil || len(all) != 0 {
		t.Errorf("Shown() = %v, %v, want nothing", all, err)
	}
}

// Masks and retractions work at once, on base and on staging, and survive the checkpoint.
func TestTakenBackAtOnce(t *testing.T) {
	cases := []struct{ plant, staged, based string }{
		{"", "", ""},
		{"retract-only-at-checkpoint", "", "one"},
		{"staging-not-retracted", "two", ""},
	}
	for _, c := range cases {
		p := newPhone(t, c.plant)
		p.checkpoint(job(1, "one"))
		p.apply(p.head(false), protocol.PageBody{Rows: []model.Row{job(2, "two")}})
		p.apply(p.head(false), protocol.PageBody{
			Masks: []model.Mask{{Collection: model.Jobs, Fields: []model.FieldNo{model.JobDescription}}}, Retracts: []model.RecordID{{1}, {2}},
		})
		if got := p.title(model.RecordID{1}); got != c.based {
			t.Errorf("planted %q: base shows %q, want %q", c.plant, got, c.based)
		}
		if c.plant == "retract-only-at-checkpoint" {
			continue
		}
		p.checkpoint()
		if got := p.title(model.RecordID{2}); got != c.staged {
			t.Errorf("planted %q: the checkpoint shows %q, want %q", c.plant, got, c.staged)
		}
	}
}

// An own edit of a masked field is not shown, and shown again when the field is.
func TestMaskHidesOwnEdits(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	p.save(retitle(model.RecordID{1}, "mine"))
	mask := protocol.PageBody{Masks: []model.Mask{{Collection: model.Jobs, Fields: []model.FieldNo{model.JobTitle}}}}
	p.apply(p.head(false), mask)
	p.open()
	if got := p.title(model.RecordID{1}); got != "" {
		t.Errorf("a masked field shows %q", got)
	}
	p.checkpoint(job(1, "one"))
	if got := p.title(model.RecordID{1}); got != "mine" {
		t.Errorf("revealed again, the field shows %q, want the own edit", got)
	}
}

// A mask that says what to keep hides everything else, own edits too, in every record of the collection and in no other.
func TestMaskThatKeeps(t *testing.T) {
	p := newPhone(t)
	full := job(1, "one")
	full.Fields = append(full.Fields, model.FieldValue{Field: model.JobDescription, Value: model.Text("secret")})
	p.checkpoint(full, job(2, "two"), contact(9, model.RecordID{1}))
	p.save(replica.Draft{Op: model.OpEdit, Record: model.RecordID{2}, Fields: []model.FieldValue{{Field: model.JobDescription, Value: model.Text("mine")}}})
	keep := func(fields ...model.FieldNo) protocol.PageBody {
		return protocol.PageBody{Masks: []model.Mask{{Collection: model.Jobs, Fields: fields, Keep: true}}}
	}
	p.apply(p.head(false), keep(model.FieldParent, model.JobTitle))
	p.open()
	for _, id := range []model.RecordID{{1}, {2}} {
		rec, ok, err := p.Show(id)
		p.must(err)
		if v := rec.Value(model.JobDescription); !ok || !v.IsNull() || p.title(id) == "" {
			t.Errorf("job %d: shown %v, description %v, title %q", id[0], ok, v, p.title(id))
		}
	}
	if list, _ := p.List(model.JobContacts, model.RecordID{1}); len(list) != 1 || list[0].Value(model.JobContactName).IsNull() {
		t.Errorf("contacts = %v, want one as it was", list)
	}
	p.apply(p.head(false), keep(model.FieldParent, model.JobTitle, model.JobDescription))
	if rec, _, _ := p.Show(model.RecordID{2}); rec.Value(model.JobDescription).Text() != "mine" {
		t.Error("kept again, the field does not show the own edit")
	}
}

// No flicker: an acknowledged change stays on the screen until a checkpoint names it, and a losing one ends with it.
func TestNoFlicker(t *testing.T) {
	for _, outcome := range []model.Outcome{model.OutcomeApplied, model.OutcomeMerged, model.OutcomeRecorded, model.OutcomeHeld, model.OutcomeRefused} {
		p := newPhone(t)
		id := model.RecordID{1}
		p.checkpoint(job(1, "old"))
		edit := p.save(retitle(id, "mine"))[0].Change
		p.answer(outcome, 5)
		p.apply(p.head(false), protocol.PageBody{Rows: []model.Row{job(1, "server")}})
		p.open()
		if got := p.title(id); got != "mine" {
			t.Errorf("%v: before the checkpoint: %q, want the own edit", outcome, got)
		}
		p.checkpoint(job(1, "office"))
		if got := p.title(id); got != "mine" {
			t.Errorf("%v: a checkpoint that does not name it: %q, want the own edit", outcome, got)
		}
		p.include(edit)
		if got := p.title(id); got != "office" {
			t.Errorf("%v: a checkpoint that names it: %q, want base", outcome, got)
		}
	}
}

// What is about a retracted record stays in the outbox, and is shown as such (domain F10, DESIGN §12.13).
func TestGone(t *testing.T) {
	p := newPhone(t)
	id := model.RecordID{1}
	p.checkpoint(job(1, "one"))
	p.save(retitle(id, "mine"))
	p.save(note(id, "what I saw"))
	p.apply(p.head(false), protocol.PageBody{Retracts: []model.RecordID{id}})
	p.save(note(id, "what I typed meanwhile"))
	all, err := p.Problems()
	p.must(err)
	if len(all) != 3 {
		t.Fatalf("%d problems, want 3", len(all))
	}
	for _, q := range all {
		if q.Kind != replica.ProblemGone || q.Next == "" || len(q.Fields) == 0 {
			t.Errorf("problem = %+v, want gone, with its content and what to do", q)
		}
	}
	if shown, _ := p.Shown(); len(shown) != 0 {
		t.Errorf("Shown() = %v, want nothing of a retracted record", shown)
	}
	if _, err := p.Save(p.clock, retitle(id, "more")); err == nil {
		t.Error("an edit of what is not here was saved")
	}
	p.must(p.CloseProblem(all[0].Change))
	if n, _ := p.Unsent(); n != 3 {
		t.Errorf("%d unsent, want 3: seeing a problem forgets nothing", n)
	}
}

// A page may hold what this app does not know: it is kept for an app that does.
func TestUnknownCollection(t *testing.T) {
	p := newPhone(t)
	strange := model.Row{ID: model.RecordID{8}, Collection: 999, Fields: []model.FieldValue{
		{Field: model.FieldParent}, {Field: 70000, Value: model.Bytes([]byte{1, 2})}, {Field: 70001, Value: model.Int(-5)}, {Field: 70002, Value: model.Bool(true)},
	}}
	p.checkpoint(strange)
	p.open()
	rows, err := p.Base()
	p.must(err)
	if len(rows) != 1 || rows[0].Collection != 999 || len(rows[0].Fields) != 4 || rows[0].Fields[2].Value.Int() != -5 {
		t.Errorf("Base() = %+v, want the row as it came", rows)
	}
}

// A reconcile page moves nothing; the device lists what it holds, shown or staged.
func TestReconcile(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	p.apply(p.head(false), protocol.PageBody{Rows: []model.Row{job(2, "two")}})
	h := p.head(false)
	h.Reconcile = true
	before := string(p.Cursor())
	if a := p.apply(h, protocol.PageBody{}); !a.Reconcile || string(p.Cursor()) != before {
		t.Errorf("Applied = %+v, cursor moved = %v", a, string(p.Cursor()) != before)
	}
	held, err := p.Holdings()
	p.must(err)
	if len(held) != 2 {
		t.Errorf("Holdings() = %v, want both records", held)
	}
}

// A deletion hides the record and what hangs on it, until the server has spoken.
func TestDelete(t *testing.T) {
	p := newPhone(t)
	id := model.RecordID{1}
	p.checkpoint(job(1, "one"), contact(2, id))
	p.save(replica.Draft{Op: model.OpDelete, Record: id})
	if shown, _ := p.Shown(); len(shown) != 0 {
		t.Errorf("Shown() = %v, want nothing", shown)
	}
	if all, _ := p.Problems(); len(all) != 0 {
		t.Errorf("Problems() = %v, want none", all)
	}
}
