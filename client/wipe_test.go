package client_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// mark reports the device of somebody.
func (d *device) mark(state uint8) {
	d.of.t.Helper()
	m := engine.DeviceMark{Device: d.Who().Device, State: state}
	ended, err := d.of.engine.SetDeviceState(context.Background(), d.of.tenant, m, model.Instant(time.Now().UnixMilli()))
	if err != nil {
		d.of.t.Fatal(err)
	}
	d.of.gate.Tell(ended...)
}

// theWipe is how far the one device of a company that is to be wiped has come.
func (c *company) theWipe() model.Wipe {
	c.t.Helper()
	all, err := c.engine.Devices(context.Background(), c.tenant)
	if err != nil || len(all) != 1 {
		c.t.Fatal(all, err)
	}
	return all[0].Wipe
}

func shift() client.Draft {
	return create(model.TimesheetEvents, model.FieldValue{Field: model.TimeKind, Value: model.Text("shift_start")})
}

// TestF5_APhoneIsWipedAndSaysSo: lost or stolen, connected or not, with work or without; the lost one hands its work in first.
func TestF5_APhoneIsWipedAndSaysSo(t *testing.T) {
	for _, state := range []uint8{engine.DeviceLost, engine.DeviceStolen} {
		for _, connected := range []bool{true, false} {
			for _, unsent := range []int{0, 2} {
				synctest.Test(t, func(t *testing.T) {
					c := newCompany(t)
					d := c.device("bob")
					if !connected {
						_ = d.stop()
						for range unsent {
							d.do(shift())
						}
					}
					d.mark(state)
					if !connected {
						d.run()
					}
					time.Sleep(time.Minute)
					what := fmt.Sprintf("%s, connected %v, %d unsent", engine.StateName(state), connected, unsent)
					if err := d.stop(); !errors.Is(err, client.ErrWiped) || !d.local.Equal(emptied(t)) {
						t.Errorf("%s: Run = %v, want it wiped", what, err)
					}
					erased := 0
					if state == engine.DeviceStolen && !connected {
						erased = unsent
					}
					if w := c.theWipe(); w.Confirmed == 0 || int(w.Erased) != erased {
						t.Errorf("%s: the wipe = %+v, want it confirmed, %d erased", what, w, erased)
					}
					held, err := c.engine.Held(t.Context(), c.tenant)
					if err != nil || state == engine.DeviceStolen && len(held) > 0 {
						t.Errorf("%s: %d are held, %v", what, len(held), err)
					}
				})
			}
		}
	}
}

// late saves something when the server tells the device to erase what it holds.
type late struct {
	protocol.Conn
	save func()
	once *bool
}

func (l late) Recv(ctx context.Context) ([]byte, error) {
	frame, err := l.Conn.Recv(ctx)
	if err != nil {
		return frame, err
	}
	if m, err := protocol.Decode(frame); err == nil && m.Type() == protocol.TypeWipe && !*l.once {
		*l.once = true
		l.save()
	}
	return frame, nil
}

// TestF5_WhatIsSavedBeforeTheWipeIsHandedIn: a lost device whose user goes on between its last word and the wipe loses nothing.
func TestF5_WhatIsSavedBeforeTheWipeIsHandedIn(t *testing.T) {
	if wrong := savedBeforeWipe(t, ""); wrong != "" {
		t.Error(wrong)
	}
	if wrong := savedBeforeWipe(t, "erases-unsent"); wrong == "" {
		t.Error("erases-unsent was not found")
	}
}

func savedBeforeWipe(t *testing.T, plant string) (wrong string) {
	synctest.Test(t, func(t *testing.T) {
		c, once := newCompany(t), false
		c.plant = plant
		d := c.device("bob")
		_ = d.stop()
		c.between = func(conn protocol.Conn) protocol.Conn {
			return late{conn, func() { d.do(noteOn(model.RecordID{7}, "by the way")) }, &once}
		}
		d.mark(engine.DeviceLost)
		d.run()
		time.Sleep(time.Minute)
		if err := d.stop(); !errors.Is(err, client.ErrWiped) || !once {
			t.Errorf("Run = %v, want it wiped", err)
		}
		held, err := c.engine.Held(t.Context(), c.tenant)
		if err != nil {
			t.Fatal(err)
		}
		if w := c.theWipe(); len(held) != 1 || w.Erased != 0 || w.Confirmed == 0 {
			wrong = fmt.Sprintf("%d are held, and the wipe = %+v; want the note held and nothing erased", len(held), w)
		}
	})
	return wrong
}

// TestF5_AFoundPhoneStartsAnew: it was erased, the server could not be told, and then it was found: everything comes again at
// the next sign-in.
func TestF5_AFoundPhoneStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t)
		d := c.device("bob")
		var cut atomic.Bool
		cut.Store(true)
		_ = d.stop()
		c.between = func(conn protocol.Conn) protocol.Conn { return cutting{conn, &cut} }
		d.mark(engine.DeviceLost)
		d.run()
		_ = d.stop()
		if w := c.theWipe(); w.Delivered == 0 || w.Confirmed != 0 {
			t.Fatalf("the wipe = %+v, want it told and unconfirmed", w)
		}
		if _, err := d.Save(shift()); err == nil {
			t.Error("something is saved after it was erased")
		}
		cut.Store(false)
		d.mark(engine.DeviceInUse)
		d.open() // the app is started again
		d.run()
		if err := d.stop(); errors.Is(err, client.ErrWiped) {
			t.Errorf("Run = %v: it was found", err)
		}
		if err := d.signIn("bob", 0); err != nil {
			t.Fatal(err)
		}
		d.run()
		d.do(shift())
		time.Sleep(5 * time.Second)
		if s := d.Status(); s.State != client.StateConnected || s.Unsent != 0 {
			t.Errorf("Status() = %+v", s)
		}
		_ = d.stop()
	})
}

// cutting is a connection that breaks when the device says that it has erased.
type cutting struct {
	protocol.Conn
	cut *atomic.Bool
}

func (c cutting) Send(ctx context.Context, frame []byte) error {
	if m, err := protocol.Decode(frame); err == nil && m.Type() == protocol.TypeWiped && c.cut.Load() {
		_ = c.Close(protocol.CodeNone, "")
		return errors.New("broken pipe")
	}
	return c.Conn.Send(ctx, frame)
}
