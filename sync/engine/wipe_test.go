package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// wipes is how far the wipe of each device has come, by its owner.
func (c *company) wipes() map[model.UserID]model.Wipe {
	c.t.Helper()
	all, err := c.e.Devices(c.t.Context(), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	out := map[model.UserID]model.Wipe{}
	for _, d := range all {
		out[d.User] = d.Wipe
	}
	return out
}

// TestF5_AWipeIsAskedToldAndConfirmed: by every user of the hardware for itself, and only by a device that was told.
func TestF5_AWipeIsAskedToldAndConfirmed(t *testing.T) { found(t, wipedEach(t)) }

func wipedEach(t *testing.T) string {
	c := newCompany(t)
	ben, sue := c.hand(c.ben, model.Mobile, "k"), c.hand(c.sue, model.Subcontractor, "k")
	b, s := ben.online().Connection, sue.online().Connection
	if due, err := c.e.Wipe(t.Context(), b, c.now); due || err != nil {
		return fmt.Sprintf("a device in use is to be wiped: %v, %v", due, err)
	}
	m := engine.DeviceMark{Device: ben.device, State: engine.DeviceLost, By: c.amy, Note: "left on the train"}
	if _, err := c.e.SetDeviceState(t.Context(), c.id, m, c.now); err != nil {
		t.Fatal(err)
	}
	want := model.Wipe{Asked: c.now, By: c.amy, Note: "left on the train"}
	for who, w := range c.wipes() {
		if w != want {
			return fmt.Sprintf("of %v it is asked %+v, want %+v", who, w, want)
		}
	}
	if err := c.e.Wiped(t.Context(), b, 3, c.now); err != nil || c.wipes()[c.ben] != want {
		return fmt.Sprintf("it was not told, and has confirmed %+v, %v", c.wipes()[c.ben], err)
	}
	c.now += 1000
	if due, err := c.e.Wipe(t.Context(), b, c.now); !due || err != nil {
		return fmt.Sprintf("Wipe = %v, %v", due, err)
	}
	want.Delivered = c.now
	c.now += 1000
	if due, err := c.e.Wipe(t.Context(), b, c.now); !due || err != nil || c.wipes()[c.ben] != want {
		return fmt.Sprintf("told again: %v, %v, %+v", due, err, c.wipes()[c.ben])
	}
	if err := c.e.Wiped(t.Context(), b, 3, c.now); err != nil {
		t.Fatal(err)
	}
	want.Confirmed, want.Erased = c.now, 3
	if got := c.wipes(); got[c.ben] != want || got[c.sue].Delivered != 0 {
		return fmt.Sprintf("the wipes are %+v, want Ben's confirmed and Sue's untold", got)
	}
	if due, err := c.e.Wipe(t.Context(), s, c.now); !due || err != nil {
		return fmt.Sprintf("Sue's partition is told %v, %v", due, err)
	}
	return ""
}

// TestF5_AWipeIsCalledOffBeforeContact: who has the device again before it was told calls the wipe off; afterwards that is
// refused, and the device is found all the same, empty.
func TestF5_AWipeIsCalledOffBeforeContact(t *testing.T) { found(t, calledOff(t)) }

func calledOff(t *testing.T) string {
	c := newCompany(t)
	h := c.hand(c.ben, model.Mobile, "k")
	conn := h.online().Connection
	callOff := func() error {
		_, err := c.e.SetDeviceState(t.Context(), c.id, engine.DeviceMark{Device: h.device, State: engine.DeviceInUse, By: c.amy, Untouched: true}, c.now)
		return err
	}
	if err := callOff(); !errors.Is(err, model.ErrUnknown) {
		return fmt.Sprintf("nothing is to be wiped: %v", err)
	}
	c.mark(h.device, engine.DeviceLost)
	if err := callOff(); err != nil || c.wipes()[c.ben] != (model.Wipe{}) {
		return fmt.Sprintf("before contact: %v, %+v", err, c.wipes()[c.ben])
	}
	if due, err := c.e.Wipe(t.Context(), conn, c.now); due || err != nil {
		return fmt.Sprintf("it was called off, and the device is told %v, %v", due, err)
	}
	c.mark(h.device, engine.DeviceLost)
	if due, err := c.e.Wipe(t.Context(), conn, c.now); !due || err != nil {
		return fmt.Sprintf("Wipe = %v, %v", due, err)
	}
	if err := callOff(); !errors.Is(err, engine.ErrWipeDone) {
		return fmt.Sprintf("called off after it was told: %v", err)
	}
	if _, err := h.signIn(model.DeviceID{}, 0); !errors.Is(err, model.ErrLost) {
		return fmt.Sprintf("the refused call-off let the device in: %v", err)
	}
	c.mark(h.device, engine.DeviceInUse)
	if c.wipes()[c.ben].Delivered == 0 {
		return "the wipe that was told is forgotten"
	}
	h.online()
	if c.wipes()[c.ben] != (model.Wipe{}) {
		return "the device begins anew, and is still called wiped"
	}
	return ""
}

// TestF5_AStolenDeviceIsToldAtItsHello: who it is comes with the refusal, so that the wipe can be told.
func TestF5_AStolenDeviceIsToldAtItsHello(t *testing.T) {
	c := newCompany(t)
	h := c.hand(c.ben, model.Mobile, "k")
	h.online()
	c.mark(h.device, engine.DeviceStolen)
	g, err := h.hello(false)
	if !errors.Is(err, model.ErrStolen) || g.Connection.Device != h.device || g.Connection.User != c.ben {
		t.Fatalf("hello = %+v, %v", g, err)
	}
	if due, err := c.e.Wipe(t.Context(), g.Connection, c.now); !due || err != nil {
		t.Errorf("Wipe = %v, %v", due, err)
	}
	subs := []model.Submitted{{Change: c.shift(c.ben), Number: 1}}
	if a, err := c.e.Push(t.Context(), g.Connection, subs, nil, c.now); !errors.Is(err, model.ErrStolen) {
		t.Errorf("of a stolen device it takes %+v, %v", a, err)
	}
}
