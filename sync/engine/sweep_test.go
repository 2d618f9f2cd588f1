package engine_test

import (
	"context"
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

const day = 24 * 3600 * 1000

func (c *company) sweep() {
	c.t.Helper()
	for part := range 256 {
		if err := c.e.Sweep(context.Background(), c.id, byte(part), c.now); err != nil {
			c.t.Fatal(err)
		}
	}
}

// TestI13_AStubOutlivesTheAgeOfABase: a change offered again is a repeat as long as its base is young enough to be
// judged at all, and afterwards it is held for its age, never taken twice.
func TestI13_AStubOutlivesTheAgeOfABase(t *testing.T) {
	c := newCompany(t).patient()
	job, _ := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	edit := c.edit(c.ben, job, model.JobDescription, model.Text("x"))
	first := c.push(ben, edit)[0]

	c.now += engine.KeepStubs - day
	c.sweep()
	if again := c.push(ben, edit)[0]; again.Outcome != first.Outcome || !again.Repeat {
		t.Errorf("before the stub's end = %+v, want a repeat of %v", again, first.Outcome)
	}
	c.now += 2 * day
	c.sweep()
	if late := c.push(ben, edit)[0]; late.Outcome != model.OutcomeHeld || late.Reason != model.ReasonAge {
		t.Errorf("after the stub's end = %+v, want held for its age", late)
	}
}

// TestI13_ExitsAreForgottenAndTheDeviceIsReconciled: a device that was away for longer than exits are kept is asked what
// it holds, and is not wiped.
func TestI13_ExitsAreForgottenAndTheDeviceIsReconciled(t *testing.T) {
	c := newCompany(t).patient()
	job, asg := c.newJob(c.ben, 3)
	ben := c.phone(c.ben, model.Mobile)
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	cursor := c.sync(ben, nil, held)
	for range 3 { // a mark a day, and a commit after each
		c.sweep()
		c.push(c.office(), c.change(c.amy, model.OpCreate, model.Customers, model.RecordID(newChange(t)), set(2, model.Text("c"))))
		c.now += day
	}
	c.push(c.office(), c.change(c.amy, model.OpCreate, model.OfficeEvents, model.RecordID{}, set(model.FieldParent, model.Ref(job)),
		set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(asg))))
	c.now += day
	c.sweep()
	c.now += engine.KeepExits + day
	c.sweep()
	page, err := c.e.Pull(context.Background(), model.Pull{Connection: ben, Cursor: cursor}, c.now)
	if err != nil || page == nil || !page.Reconcile {
		t.Fatalf("Pull = %+v, %v, want to be reconciled", page, err)
	}
	var ids []model.RecordID
	for id := range held {
		ids = append(ids, id)
	}
	if page, err = c.e.Reconcile(context.Background(), ben, ids, c.now); err != nil {
		t.Fatal(err)
	}
	for _, id := range page.Retracts {
		delete(held, id)
	}
	c.sync(ben, page.Cursor, held)
	if held[job] != nil {
		t.Error("the job is still held, though it was withdrawn while the device was away")
	}
}
