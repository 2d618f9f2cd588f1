package client_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A phone that has more to hand in than its quota of a day waits as long as it is told, and goes on by itself: everything comes in,
// nothing is held (domain F7).
func TestF7_APhoneWaitsForItsQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t)
		now := func() model.Instant { return model.Instant(time.Now().UnixMilli()) }
		_, err := c.engine.Configure(t.Context(), c.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
			s.Sessions.HandInChanges = 250
			return nil
		}}, now())
		if err != nil {
			t.Fatal(err)
		}
		phone := c.device("bob")
		_ = phone.stop()
		for range 600 {
			phone.do(create(model.TimesheetEvents, model.FieldValue{Field: model.TimeKind, Value: model.Text("shift_start")}))
		}
		if _, err := c.engine.End(t.Context(), c.tenant, model.Ending{User: phone.Who().User, Reason: model.EndOffice, By: model.UserID{}}, now()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		phone.run()
		left := 600
		for day := 0; left > 0; day++ {
			s := phone.Status()
			if s.Unsent == left || day > 4 {
				t.Fatalf("day %d: %+v, %d before", day, s, left)
			}
			if left = s.Unsent; left > 0 && s.Code != protocol.CodeQuota {
				t.Errorf("day %d: the last word was %d, want %d", day, s.Code, protocol.CodeQuota)
			}
			time.Sleep(24*time.Hour + time.Minute)
		}
		var stopped *client.StoppedError
		if err := phone.stop(); !errors.As(err, &stopped) || stopped.Code != protocol.CodeEnded {
			t.Errorf("Run = %v, want that the office ended it", err)
		}
		for _, e := range phone.Outbox() {
			if e.Outcome != model.OutcomeApplied {
				t.Fatalf("%+v after %v: want applied", e, time.Since(began))
			}
		}
	})
}
