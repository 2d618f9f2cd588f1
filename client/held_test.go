package client_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Where the app is when the office decides.
const (
	away      = "away"
	restarted = "restarted"
	connected = "connected"
)

// What the office decides of a held edit reaches its author, at once when the app is connected and also when it was not running
// (issue 6, outcomes): a released edit is a problem no more, a dismissed one is shown as such.
func TestI3_TheAuthorLearnsWhatBecameOfAHeldEdit(t *testing.T) {
	for _, released := range []bool{true, false} {
		for _, app := range []string{away, restarted, connected} {
			t.Run(fmt.Sprintf("released=%v %s", released, app), func(t *testing.T) {
				if wrong := decidedEdit(t, "", released, app); wrong != "" {
					t.Error(wrong)
				}
			})
		}
		if decidedEdit(t, "held-for-ever", released, restarted) == "" || decidedEdit(t, "held-for-ever", released, connected) == "" {
			t.Error("a phone that never asks again is not found")
		}
	}
}

// decidedEdit has an edit held and decided, and says what the phone shows wrongly in the end.
func decidedEdit(t *testing.T, plant string, released bool, app string) (wrong string) {
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
		comes := func() {
			if err := phone.signIn("bob", 0); err != nil { // the rights that were taken ended the session
				t.Fatal(err)
			}
			phone.run()
		}
		if app == connected {
			comes()
		}
		want, left := c.decides(edit, released)
		if app == restarted {
			phone.open()
		}
		if app == connected {
			time.Sleep(3 * time.Second)
		} else {
			comes()
		}
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

// decides lets a held edit in, or decides against it, and gives the outcome and how many problems the phone is left with.
func (c *company) decides(edit model.ChangeID, released bool) (want model.Outcome, left int) {
	c.t.Helper()
	decide := c.engine.Dismiss
	if want, left = model.OutcomeDismissed, 1; released {
		want, left = model.OutcomeApplied, 0
		decide = func(ctx context.Context, t model.TenantID, edit model.ChangeID, by model.UserID, now model.Instant) error {
			return c.engine.Release(ctx, t, edit, false, by, now)
		}
	}
	if err := decide(c.t.Context(), c.tenant, edit, c.users["olga"], model.Instant(time.Now().UnixMilli())); err != nil {
		c.t.Fatal(err)
	}
	return want, left
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
