package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

var ctx = context.Background()

// form is a submission of n bytes under a job.
func (c *company) form(author model.UserID, job model.RecordID, n int) model.Change {
	return c.change(author, model.OpCreate, model.FormSubmissions, model.RecordID{},
		set(model.FieldParent, model.Ref(job)), set(2, model.Ref(model.RecordID(newChange(c.t)))),
		set(4, model.Bytes(make([]byte, n))), set(model.FormSubmissionAudience, model.Text("field")))
}

func (c *company) note(author model.UserID, job model.RecordID) model.Change {
	return c.change(author, model.OpCreate, model.Notes, model.RecordID{}, set(model.FieldParent, model.Ref(job)),
		set(model.NoteText, model.Text("hi")), set(model.NoteAudience, model.Text("field")))
}

func (c *company) assign(job model.RecordID, u model.UserID) model.Change {
	return c.change(c.amy, model.OpCreate, model.Assignments, model.RecordID(newChange(c.t)),
		set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(u)))
}

func (c *company) withdraw(job, asg model.RecordID) model.Change {
	return c.change(c.amy, model.OpCreate, model.OfficeEvents, model.RecordID{}, set(model.FieldParent, model.Ref(job)),
		set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(asg)))
}

// emptyJob is a job that nobody is assigned to.
func (c *company) emptyJob() model.RecordID {
	c.t.Helper()
	job := model.RecordID(newChange(c.t))
	c.want(c.push(c.office(), c.change(c.amy, model.OpCreate, model.Jobs, job, set(model.JobTitle, model.Text("x"))))[0], model.OutcomeApplied, 0)
	return job
}

func (c *company) want(a model.Answer, o model.Outcome, why model.Reason) {
	c.t.Helper()
	if a.Outcome != o || a.Reason != why {
		c.t.Fatalf("answer = %v, reason %d, want %v, %d", a.Outcome, a.Reason, o, why)
	}
}

func badger(t testing.TB) storage.Store {
	s, err := badgerstore.Open(badgerstore.Config{Dir: t.TempDir(), NewIncarnation: func() model.Incarnation { return 1 << 32 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestI11_AHeldBacklogLargerThanACommitDrains: 210 forms of 30 KiB wait for a job. The assignment that brings it must go
// through at once, and the forms come in with later commits, whoever makes them.
func TestI11_AHeldBacklogLargerThanACommitDrains(t *testing.T) {
	for _, store := range []storage.Store{memstore.New(1 << 32), badger(t)} {
		c := newCompanyOn(t, store)
		job := c.emptyJob()
		ben := c.phone(c.ben, model.Mobile)
		var forms []model.Change
		for range 30 {
			var frame []model.Change
			for range 7 {
				frame = append(frame, c.form(c.ben, job, 15<<10))
			}
			for _, a := range c.push(ben, frame...) {
				c.want(a, model.OutcomeHeld, model.ReasonMissing)
			}
			forms = append(forms, frame...)
		}
		c.want(c.push(c.office(), c.assign(job, c.ben))[0], model.OutcomeApplied, 0)
		for range 10 {
			c.emptyJob() // anybody's commits
		}
		in := 0
		for _, f := range forms {
			a := c.push(ben, f)[0]
			if a.Outcome == model.OutcomeApplied {
				in++
			} else {
				c.want(a, model.OutcomeHeld, model.ReasonTooLarge) // the job can move no more in one commit
			}
		}
		if in < 100 {
			t.Errorf("%d of %d forms came in", in, len(forms))
		}
	}
}

// TestI11_WhatStaysHeldStarvesNobody: 200 notes of somebody who never gets the job do not keep the note of somebody who
// does from coming in.
func TestI11_WhatStaysHeldStarvesNobody(t *testing.T) {
	c := newCompany(t)
	job := c.emptyJob()
	sue, ben := c.phone(c.sue, model.Subcontractor), c.phone(c.ben, model.Mobile)
	var frame []model.Change
	for range 200 {
		frame = append(frame, c.note(c.sue, job))
	}
	c.push(sue, frame...)
	note := c.note(c.ben, job)
	c.want(c.push(ben, note)[0], model.OutcomeHeld, model.ReasonMissing)
	c.push(c.office(), c.assign(job, c.ben))
	for range 3 {
		c.emptyJob()
	}
	c.want(c.push(ben, note)[0], model.OutcomeApplied, 0)
	c.want(c.push(sue, frame[0])[0], model.OutcomeHeld, model.ReasonMissing)
}

// TestD12_2_WhatHangsOnAJobCanAlwaysBeTakenAway: a job stops growing before one commit could not move it any more.
func TestD12_2_WhatHangsOnAJobCanAlwaysBeTakenAway(t *testing.T) {
	c := newCompanyOn(t, badger(t))
	job, asg := c.newJob(c.sue, 0)
	full := false
	for range 150 {
		a := c.push(c.office(), c.form(c.amy, job, 30<<10))[0]
		if full = a.Outcome == model.OutcomeHeld; full {
			c.want(a, model.OutcomeHeld, model.ReasonTooLarge)
			break
		}
	}
	if !full {
		t.Fatal("150 forms of 30 KiB all went into one job")
	}
	c.want(c.push(c.office(), c.withdraw(job, asg))[0], model.OutcomeApplied, 0)
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	c.sync(c.phone(c.sue, model.Subcontractor), nil, held)
	if held[job] != nil {
		t.Error("the job was not taken away")
	}
}

// TestD12_2_AssigneesCountToo: every assignee makes a job dearer to move; the one too many is held.
func TestD12_2_AssigneesCountToo(t *testing.T) {
	c := newCompanyOn(t, badger(t))
	job, asg := c.newJob(c.ben, 700)
	for i := range 20 {
		u, err := c.e.AddAccount(ctx, c.id, engine.NewAccount{Login: fmt.Sprint("u", i), Name: "u", Kind: model.Mobile}, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if a := c.push(c.office(), c.assign(job, u))[0]; a.Outcome != model.OutcomeApplied {
			c.want(a, model.OutcomeHeld, model.ReasonTooLarge)
		}
	}
	c.want(c.push(c.office(), c.withdraw(job, asg))[0], model.OutcomeApplied, 0)
}

// TestD11_ARecordHasALimit: an edit that would make a record larger than a page carries is held, and disturbs nothing.
func TestD11_ARecordHasALimit(t *testing.T) {
	c := newCompany(t)
	for i := range 10 {
		c.want(c.push(c.office(), c.change(c.amy, model.OpCreate, model.FieldDefinitions, model.RecordID(newChange(t)),
			set(2, model.Int(int64(model.Jobs))), set(3, model.Int(1<<20+int64(i))), set(4, model.Text(fmt.Sprint("sheet", i))),
			set(5, model.Int(int64(model.TypeData))), set(model.DefinitionClass, model.Text("work")),
			set(7, model.Text("optional"))))[0], model.OutcomeApplied, 0)
	}
	job, _ := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	tooLarge := 0
	for i := range 10 {
		hours := c.change(c.ben, model.OpCreate, model.TimesheetEvents, model.RecordID{}, set(model.TimeKind, model.Text("shift_start")))
		a := c.push(ben, c.edit(c.ben, job, model.FieldNo(1<<20+i), model.Bytes(make([]byte, 30<<10))), hours)
		c.want(a[1], model.OutcomeApplied, 0)
		if a[0].Outcome == model.OutcomeHeld {
			c.want(a[0], model.OutcomeHeld, model.ReasonTooLarge)
			tooLarge++
		}
	}
	if tooLarge != 6 {
		t.Errorf("%d of 10 fields of 30 KiB did not fit, want 6", tooLarge)
	}
}

// TestR1_WhatIsRefusedLaterKeepsItsContent: a change that had been held, and turns out malformed when what it waited for
// comes, is still there for the office.
func TestR1_WhatIsRefusedLaterKeepsItsContent(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	s := access.DefaultSets(model.Mobile)
	s.Mobile[access.MobileCreateJob] = access.On
	if err := c.e.SetLevels(ctx, c.id, c.ben, s.Encode(), c.now); err != nil {
		t.Fatal(err)
	}
	ben := c.phone(c.ben, model.Mobile)
	parent := model.RecordID(newChange(t))
	note := c.note(c.ben, parent)
	c.want(c.push(ben, note)[0], model.OutcomeHeld, model.ReasonMissing)
	c.push(c.office(), c.change(c.amy, model.OpCreate, model.Customers, parent, set(2, model.Text("ACME"))))
	if a := c.push(ben, note)[0]; a.Outcome != model.OutcomeRefused {
		t.Fatalf("a note on a customer = %v, want refused", a.Outcome)
	}
	err := store.View(ctx, c.id, func(r storage.Reader) error {
		if _, ok := r.Row(storage.TableHeld, string(note.ID[:])); !ok {
			t.Error("the note's content is gone")
		}
		for k := range r.Rows(storage.TableWaiting, "", "") {
			t.Errorf("%x still waits", k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestW5_AnAgedGroupIsNotReleased: sent member by member after its stubs are gone, it is held for the group; its age
// still keeps it from taking effect a second time.
func TestW5_AnAgedGroupIsNotReleased(t *testing.T) {
	c := newCompany(t).patient()
	job, _ := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	g := model.GroupID(newChange(t))
	var members []model.Change
	for _, f := range []model.FieldNo{model.JobDescription, model.JobTitle} {
		e := c.edit(c.ben, job, f, model.Text("old"))
		e.Group, e.GroupSize = g, 2
		c.contents[e.Body] = e
		members = append(members, e)
	}
	c.push(ben, members...)
	c.now += engine.KeepStubs + day
	c.sweep()
	c.push(ben, members[0])
	c.push(ben, members[1])
	if err := c.e.Release(ctx, c.id, members[0].ID, true, c.amy, c.now); err == nil {
		t.Error("the group was released: it takes effect twice")
	}
}

// TestW8_ACycleOfPredecessorsStopsNobody: predecessors that name each other inside a frame are taken in its order, and
// hours wait for nothing.
func TestW8_ACycleOfPredecessorsStopsNobody(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	a, b := c.note(c.ben, job), c.note(c.ben, job)
	a.After, b.After = []model.ChangeID{b.ID}, []model.ChangeID{a.ID}
	hours := c.change(c.ben, model.OpCreate, model.TimesheetEvents, model.RecordID{}, set(model.TimeKind, model.Text("shift_start")))
	hours.After = []model.ChangeID{newChange(t)}
	answers, err := c.e.Push(ctx, ben, []model.Submitted{{Change: a, Number: 1}, {Change: b, Number: 2}, {Change: hours, Number: 3}}, hours.After, c.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range answers {
		c.want(answer, model.OutcomeApplied, 0)
	}
}

// TestI6_AGroupIsOfOneAuthor: two users drew one group id; what the office does with one's group is not done to the
// other's.
func TestI6_AGroupIsOfOneAuthor(t *testing.T) {
	c := newCompany(t)
	ben, sue := c.phone(c.ben, model.Mobile), c.phone(c.sue, model.Subcontractor)
	g := model.GroupID(newChange(t))
	held := func(conn model.Connection) model.Change {
		n := c.note(conn.User, model.RecordID(newChange(t)))
		n.Group, n.GroupSize = g, 2
		c.contents[n.Body] = n
		c.want(c.push(conn, n)[0], model.OutcomeHeld, model.ReasonGroup)
		return n
	}
	b, s := held(ben), held(sue)
	if err := c.e.Dismiss(ctx, c.id, b.ID, c.amy, c.now); err != nil {
		t.Fatal(err)
	}
	c.want(c.push(sue, s)[0], model.OutcomeHeld, model.ReasonGroup)
}

// TestE2_AHeldEventKeepsItsTime: released hours later, an event stands at the time it had when it was received.
func TestE2_AHeldEventKeepsItsTime(t *testing.T) {
	c := newCompany(t)
	job := c.emptyJob()
	ben := c.phone(c.ben, model.Mobile)
	c.now += 1000
	note := c.note(c.ben, job)
	note.Occurred.Wall = c.now + 10*day // a clock far ahead: the estimate is bounded by receipt
	c.contents[note.Body] = note
	c.want(c.push(ben, note)[0], model.OutcomeHeld, model.ReasonMissing)
	received := c.now
	c.now += day
	c.push(c.office(), c.assign(job, c.ben))
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	c.sync(ben, nil, held)
	if at := model.Instant(held[model.RecordID(note.ID)][model.NoteAt].Int()); at != received {
		t.Errorf("the note stands at %d, want %d, when it was received", at, received)
	}
}

// TestW15_WhateverTheIDBeginsWith: what waits is found by the id it waits for, whatever its first byte is (found by seed
// 4959 of the writing simulation).
func TestW15_WhateverTheIDBeginsWith(t *testing.T) {
	for _, first := range []byte{0, '!', 'r', 'w', 0xff} {
		c := newCompany(t)
		job := model.RecordID(newChange(t))
		job[0] = first
		ben := c.phone(c.ben, model.Mobile)
		note := c.note(c.ben, job)
		c.want(c.push(ben, note)[0], model.OutcomeHeld, model.ReasonMissing)
		c.push(c.office(), c.change(c.amy, model.OpCreate, model.Jobs, job, set(model.JobTitle, model.Text("x"))), c.assign(job, c.ben))
		c.want(c.push(ben, note)[0], model.OutcomeApplied, 0)
	}
}

// TestD5_AFirstSyncSaysWhenItIsComplete: a first sync says when it is complete, also when its last step has nothing to show.
func TestD5_AFirstSyncSaysWhenItIsComplete(t *testing.T) {
	c := newCompany(t)
	c.newJob(c.ben, 0)
	gone := model.RecordID(newChange(t)) // the directory has a number, and nothing in it
	c.push(c.office(), c.change(c.amy, model.OpCreate, model.Customers, gone, set(2, model.Text("ACME"))))
	c.sync(c.phone(c.amy, model.Desktop), nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	del := c.change(c.amy, model.OpDelete, model.Customers, gone)
	del.Base = c.bases[c.amy]
	c.contents[del.Body] = del
	c.want(c.push(c.office(), del)[0], model.OutcomeApplied, 0)
	for _, conn := range []model.Connection{c.phone(c.amy, model.Desktop), c.phone(c.ben, model.Mobile)} {
		var cursor []byte
		more := true
		for range 10 {
			p, err := c.e.Pull(ctx, model.Pull{Connection: conn, Cursor: cursor}, c.now)
			if err != nil {
				t.Fatal(err)
			}
			if p == nil {
				break
			}
			if p.Checkpoint != nil {
				more = p.Checkpoint.More
			}
			cursor = p.Cursor
		}
		if more {
			t.Errorf("the first sync of %v never said that it was complete", conn.Kind)
		}
	}
}
