package session_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestF7_OverTheQuotaIsNoAnswer: a push that goes beyond a device's quota is answered by nothing but a bye that says when to come
// back.
func TestF7_OverTheQuotaIsNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		_, err := w.engine.Configure(t.Context(), w.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
			s.Sessions.HandInChanges = 1
			return nil
		}}, w.now())
		check(t, err)
		p := w.newPhone()
		check(t, p.signIn(0))
		_, err = w.engine.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice, By: w.amy}, w.now())
		check(t, err)
		l := p.connect(true)
		l.send(p.pushOf(p.hours("shift_start")))
		expect[*protocol.Answers](l)
		l.send(p.pushOf(p.hours("shift_end")))
		const day = 24 * 3600 * 1000
		if bye := l.closed(protocol.CodeQuota); bye.After != day || bye.Fate != model.FateHandIn || bye.Text == "" {
			t.Errorf("bye = %+v, want one day and that it is handed in", bye)
		}
	})
}
