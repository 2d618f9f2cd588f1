package session_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestF14_AnEndSaysWhy: what whoever ends a session typed, and what becomes of the unsent work, is told to the device, at once
// and when it comes by later; a rehearsal ends nothing.
func TestF14_AnEndSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		end := model.Ending{User: w.ben, Reason: model.EndOffice, By: w.amy, Choice: model.EndNow, Note: "bring it in today", Rehearse: true}
		would, err := w.gate.End(t.Context(), w.tenant, end)
		if err != nil || len(would) != 1 || would[0].Epoch != p.in.Epoch {
			t.Fatalf("the rehearsal = %+v, %v", would, err)
		}
		l.send(&protocol.Ping{})
		expect[*protocol.Pong](l)
		end.Rehearse = false
		_, err = w.gate.End(t.Context(), w.tenant, end)
		check(t, err)
		now := l.closed(protocol.CodeEnded)
		l, c := p.dial()
		l.send(p.hello(c, nil))
		for when, bye := range map[string]*protocol.Bye{"at once": now, "later": l.closed(protocol.CodeEnded)} {
			if bye.Note != "bring it in today" || bye.Fate != model.FateHandIn || bye.By == "" {
				t.Errorf("%s it is told %+v", when, bye)
			}
		}
	})
}

// TestF14_AnEndThatIsRefusedDisturbsNobody: no device is asked to drain for somebody who may not end its session; without an
// epoch the one that is live drains.
func TestF14_AnEndThatIsRefusedDisturbsNobody(t *testing.T) {
	if wrong := refusedEnd(t); wrong != "" {
		t.Error(wrong)
	}
}

func refusedEnd(t *testing.T) (wrong string) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		end := model.Ending{User: w.ben, Epoch: p.in.Epoch, Reason: model.EndOffice, By: model.UserID{9}, Choice: model.EndDrain}
		done := make(chan error, 1)
		ending := func() {
			_, err := w.gate.End(t.Context(), w.tenant, end)
			done <- err
		}
		go ending()
		synctest.Wait()
		l.send(&protocol.Ping{Report: model.Report{Unsent: 1}})
		if m, ok := l.recv().(*protocol.Drain); ok {
			wrong = fmt.Sprintf("somebody who may not end the session has its device drain: %+v", m)
			expect[*protocol.Pong](l)
			l.send(&protocol.Ping{})
			expect[*protocol.Pong](l)
		}
		if err := <-done; !errors.Is(err, model.ErrToken) {
			t.Errorf("by nobody of the company: %v", err)
		}
		if wrong != "" {
			l.hangUp()
			return
		}
		end.By, end.Epoch = w.amy, 0
		go ending()
		expect[*protocol.Drain](l)
		l.emptied(protocol.CodeEnded)
		check(t, <-done)
	})
	return wrong
}
