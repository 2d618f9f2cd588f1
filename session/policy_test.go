package session_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// mobilePolicy sets what a second phone meets.
func (w *world) mobilePolicy(p model.SlotPolicy) {
	w.t.Helper()
	_, err := w.engine.Configure(w.t.Context(), w.tenant, engine.SettingsChange{Change: func(s *model.Settings) error {
		s.Sessions.Policies[model.Mobile-1] = p
		return nil
	}}, w.now())
	check(w.t, err)
}

// TestF2_WhereNobodyIsAskedTheOldDeviceDrainsToo, and is told that it was superseded.
func TestF2_WhereNobodyIsAskedTheOldDeviceDrainsToo(t *testing.T) {
	if wrong := drainedUnasked(t); wrong != "" {
		t.Error(wrong)
	}
}

func drainedUnasked(t *testing.T) (wrong string) {
	bubble(t, func(t *testing.T, w *world) {
		w.mobilePolicy(model.SlotTakeover)
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		l := older.connect(false)
		done := make(chan error, 1)
		go func() { done <- newer.signIn(0) }()
		synctest.Wait()
		m := l.recv()
		if _, ok := m.(*protocol.Drain); !ok {
			wrong = fmt.Sprintf("the old device is told %+v first, want a drain", m)
			check(t, <-done)
			return
		}
		l.emptied(protocol.CodeSuperseded)
		check(t, <-done)
	})
	return wrong
}

// TestF2_ARefusedSignInDrainsNobody: the live device hears nothing of it, whatever epoch the other one names.
func TestF2_ARefusedSignInDrainsNobody(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.mobilePolicy(model.SlotRefuse)
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		l := older.connect(false)
		for _, over := range []model.Epoch{0, older.in.Epoch} {
			if err := newer.signIn(over); err == nil {
				t.Fatal("it is let in")
			}
		}
		l.silent()
		check(t, older.signIn(0)) // the same device again
	})
}

// TestF18_WhatIsGivenDuringADrain comes to the new device alone.
func TestF18_WhatIsGivenDuringADrain(t *testing.T) {
	if wrong := givenMeanwhile(t); wrong != "" {
		t.Error(wrong)
	}
}

func givenMeanwhile(t *testing.T) (wrong string) {
	bubble(t, func(t *testing.T, w *world) {
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		l := older.connect(false)
		var old, fresh replica
		l.send(&protocol.Resume{Follow: true})
		old.settle(l)
		done := make(chan error, 1)
		go func() { done <- newer.signIn(older.in.Epoch) }()
		expect[*protocol.Drain](l)
		job := w.job(w.ben, 0)
		time.Sleep(time.Second)
		l.send(&protocol.Ping{Report: model.Report{Unsent: 0}})
		check(t, <-done)
		for over := false; !over; {
			switch m := l.recv().(type) {
			case *protocol.Page:
				wrong = "the device that drains is sent a page"
			case *protocol.Bye:
				over = true
			default:
				_ = m
			}
		}
		n := newer.connect(false)
		n.send(&protocol.Resume{Follow: true})
		fresh.settle(n)
		if !fresh.rows[job] {
			t.Error("the new device does not have the job")
		}
		n.hangUp()
	})
	return wrong
}

// TestF6_APasswordThatIsReplacedDuringADrain lets nobody in: the reset has ended every session that it opened, and must not be
// followed by one more.
func TestF6_APasswordThatIsReplacedDuringADrain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.mobilePolicy(model.SlotTakeover)
		older, newer := w.newPhone(), w.newPhone()
		check(t, older.signIn(0))
		l := older.connect(false)
		done := make(chan error, 1)
		go func() { done <- newer.signIn(0) }()
		expect[*protocol.Drain](l)
		ended, err := w.engine.SetPassword(t.Context(), w.tenant, w.ben, "$new", w.amy, w.now())
		check(t, err)
		w.gate.Tell(ended...)
		l.closed(protocol.CodeReset)
		if err := <-done; !errors.Is(err, model.ErrSignIn) {
			t.Errorf("SignIn by the password that was replaced = %v, want ErrSignIn", err)
		}
	})
}
