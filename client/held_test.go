package client_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What the office decides of a held edit reaches its author, also when the app was not running then (issue 6, outcomes): a
// released edit is a problem no more, a dismissed one is shown as such.
func TestI3_TheAuthorLearnsWhatBecameOfAHeldEdit(t *testing.T) {
	for _, released := range []bool{true, false} {
		for _, restarted := range []bool{true, false} {
			t.Run(fmt.Sprintf("released=%v restarted=%v", released, restarted), func(t *testing.T) {
				if wrong := decidedEdit(t, "", released, restarted); wrong != "" {
					t.Error(wrong)
				}
			})
		}
	}
	if decidedEdit(t, "held-for-ever", true, true) == "" || decidedEdit(t, "held-for-ever", false, true) == "" {
		t.Error("a phone that never asks again is not found")
	}
}

// decidedEdit has an edit held and decided, and says what the phone shows wrongly in the end.
func decidedEdit(t *testing.T, plant string, released, restarted bool) (wrong string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t)
		c.plant = plant
		office, phone := c.device("olga"), c.device("bob")
		job := office.assigned(phone.Who().User)
		c.level(access.ReadOnly)
		time.Sleep(3 * time.Second)
		_ = phone.stop()
		edit := phone.heldEdit(job)
		phone.run()
		if p, err := phone.Problems(); err != nil || len(p) != 1 || p[0].Outcome != model.OutcomeHeld {
			t.Fatalf("problems %+v, %v, outbox %+v: want one held edit", p, err, phone.Outbox())
		}
		c.level(access.Full)
		_ = phone.stop()
		now, want, left := model.Instant(time.Now().UnixMilli()), model.OutcomeDismissed, 1
		var err error
		if released {
			want, left = model.OutcomeApplied, 0
			err = c.engine.Release(t.Context(), c.tenant, edit, false, c.users["olga"], now)
		} else {
			err = c.engine.Dismiss(t.Context(), c.tenant, edit, c.users["olga"], now)
		}
		if err != nil {
			t.Fatal(err)
		}
		if restarted {
			phone.open()
		}
		if err := phone.signIn("bob", 0); err != nil { // the rights that were taken ended the session
			t.Fatal(err)
		}
		phone.run()
		p, err := phone.Problems()
		if err != nil || len(p) != left {
			wrong = fmt.Sprintf("problems %+v, %v: want %d", p, err, left)
		}
		for _, e := range phone.Outbox() {
			if e.Change == edit && e.Outcome != want {
				wrong = fmt.Sprintf("the edit is %v, want %v", e.Outcome, want)
			}
		}
		_, _ = phone.stop(), office.stop()
		time.Sleep(time.Minute)
	})
	return wrong
}

// level gives the phone's user one level everywhere.
func (c *company) level(l access.Level) {
	c.t.Helper()
	change := engine.LevelsChange{User: c.users["bob"], Change: access.Change{Set: access.Mobile, All: l}}
	if _, err := c.engine.ChangeLevels(c.t.Context(), c.tenant, change, model.Instant(time.Now().UnixMilli())); err != nil {
		c.t.Fatal(err)
	}
}

func (d *device) heldEdit(job model.RecordID) model.ChangeID {
	d.of.t.Helper()
	saved, err := d.Save(client.Draft{Op: model.OpEdit, Record: job, Collection: model.Jobs, Fields: []model.FieldValue{
		{Field: model.JobDescription, Value: model.Text("leaks")},
	}})
	if err != nil {
		d.of.t.Fatal(err)
	}
	return saved[0].Change
}
