package session_test

import (
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// mark reports a device, and has its connections told.
func (p *phone) mark(state uint8) {
	p.w.t.Helper()
	ended, err := p.w.engine.SetDeviceState(p.w.t.Context(), p.w.tenant, engine.DeviceMark{Device: p.in.Device, State: state, By: p.w.amy}, p.w.now())
	check(p.w.t, err)
	p.w.gate.Tell(ended...)
}

// wipe is how far the wipe of the phone has come.
func (p *phone) wipe() model.Wipe {
	p.w.t.Helper()
	all, err := p.w.engine.Devices(p.w.t.Context(), p.w.tenant)
	check(p.w.t, err)
	return all[0].Wipe
}

// answering opens a connection of a phone that answers a wipe, up to its hello.
func (p *phone) answering(handIn bool) *line {
	p.w.t.Helper()
	l, c := p.dial()
	l.send(p.hello(c, func(h *protocol.Hello) { h.HandIn, h.Features = handIn, protocol.FeatureWipe }))
	return l
}

// TestF5_ALostDeviceConfirmsItsWipe: it hands in first; then it is told, says that it has erased, and only then counts as
// wiped. A device that cannot answer is wiped by the bye, and nobody claims that it was.
func TestF5_ALostDeviceConfirmsItsWipe(t *testing.T) {
	if wrong := confirmsWipe(t); wrong != "" {
		t.Error(wrong)
	}
}

func confirmsWipe(t *testing.T) (wrong string) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.answering(false)
		welcome := expect[*protocol.Welcome](l)
		p.token = welcome.Token
		l.send(&protocol.Wiped{Unsent: 1})
		if m := expect[*protocol.ErrorMessage](l); m.Code != protocol.CodeUnexpected {
			t.Errorf("wiped, where nothing is to be: %+v", m)
		}
		p.mark(engine.DeviceLost)
		l.closed(protocol.CodeRevoked)

		l = p.answering(true)
		p.token = expect[*protocol.Welcome](l).Token
		l.send(p.pushOf(p.hours("shift_start")))
		expect[*protocol.Answers](l)
		if p.wipe().Delivered != 0 {
			t.Error("it was told to erase before it handed everything in")
		}
		l.send(&protocol.Bye{Code: protocol.CodeHandedIn})
		if m := expect[*protocol.Wipe](l); m.Code != protocol.CodeLostTaken {
			t.Errorf("wipe = %+v", m)
		}
		if got := p.wipe(); got.Delivered == 0 || got.Confirmed != 0 {
			wrong = fmt.Sprintf("it was told, and has not answered: %+v", got)
		}
		l.send(p.pushOf(p.hours("shift_end"))) // saved meanwhile
		expect[*protocol.Answers](l)
		l.send(&protocol.Bye{Code: protocol.CodeHandedIn})
		expect[*protocol.Wipe](l)
		l.send(&protocol.Wiped{})
		l.closed(protocol.CodeLostTaken)
		if got := p.wipe(); got.Confirmed == 0 {
			t.Errorf("it has answered: %+v", got)
		}
	})
	return wrong
}

// TestF5_AStolenDeviceIsWiped: where it stands, or at its hello, whichever comes first; nothing is taken from it meanwhile.
func TestF5_AStolenDeviceIsWiped(t *testing.T) {
	for _, connected := range []bool{true, false} {
		bubble(t, func(t *testing.T, w *world) {
			p := w.newPhone()
			check(t, p.signIn(0))
			l := p.answering(false)
			p.token = expect[*protocol.Welcome](l).Token
			if !connected {
				l.hangUp()
			}
			p.mark(engine.DeviceStolen)
			if !connected {
				l = p.answering(true)
			}
			if m := expect[*protocol.Wipe](l); m.Code != protocol.CodeStolen {
				t.Errorf("wipe = %+v", m)
			}
			l.send(p.pushOf(p.hours("shift_start")))
			expect[*protocol.Wipe](l) // and no answers
			l.send(&protocol.Wiped{Unsent: 7})
			if bye := l.closed(protocol.CodeStolen); bye.Fate != model.FateRefused {
				t.Errorf("bye = %+v", bye)
			}
			if got := p.wipe(); got.Confirmed == 0 || got.Erased != 7 {
				t.Errorf("connected %v: %+v, want 7 changes erased", connected, got)
			}
		})
	}
}

// TestF5_AnOlderAppIsWipedUnconfirmed: the bye alone tells it.
func TestF5_AnOlderAppIsWipedUnconfirmed(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		p.mark(engine.DeviceStolen)
		l, c := p.dial()
		l.send(p.hello(c, nil))
		l.closed(protocol.CodeStolen)
		if got := p.wipe(); got.Delivered == 0 || got.Confirmed != 0 {
			t.Errorf("%+v, want it told and not confirmed", got)
		}
	})
}
