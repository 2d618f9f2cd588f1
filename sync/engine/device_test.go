package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// mark says of a device that it is lost, stolen or found, and gives the sessions that ended by it.
func (c *company) mark(d model.DeviceID, state uint8) []model.Ended {
	c.t.Helper()
	ended, err := c.e.SetDeviceState(c.t.Context(), c.id, engine.DeviceMark{Device: d, State: state, By: c.amy}, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	return ended
}

// TestF5_AStolenPhoneIsStolenForEveryUser: two users work on one phone. Whichever of its rows is marked, both sessions
// end, both connections read nothing, and nobody signs in on it under any row.
func TestF5_AStolenPhoneIsStolenForEveryUser(t *testing.T) {
	c := newCompany(t)
	c.newJob(c.ben, 0)
	ben, sue := c.hand(c.ben, model.Mobile, "k"), c.hand(c.sue, model.Subcontractor, "k")
	b, s := ben.online(), sue.online()
	other := c.hand(c.amy, model.Desktop, "desk")
	desk := other.online()
	if ended := c.mark(sue.device, engine.DeviceStolen); len(ended) != 2 {
		t.Errorf("ended %+v, want the sessions of both", ended)
	}
	for _, conn := range []model.Connection{b.Connection, s.Connection} {
		if _, err := c.e.Pull(t.Context(), model.Pull{Connection: conn}, c.now); !errors.Is(err, model.ErrStolen) {
			t.Errorf("Pull = %v, want ErrStolen", err)
		}
		if _, err := c.e.Reconcile(t.Context(), conn, nil, c.now); !errors.Is(err, model.ErrStolen) {
			t.Errorf("Reconcile = %v, want ErrStolen", err)
		}
	}
	for _, h := range []*hand{ben, sue, c.hand(c.ben, model.Mobile, "k")} {
		if _, err := h.signIn(model.DeviceID{}, 0); !errors.Is(err, model.ErrStolen) {
			t.Errorf("sign-in on the stolen phone = %v", err)
		}
	}
	if _, err := ben.hello(true); !errors.Is(err, model.ErrStolen) {
		t.Errorf("hand-in of the stolen phone = %v", err)
	}
	if _, err := c.e.Pull(t.Context(), model.Pull{Connection: desk.Connection}, c.now); err != nil {
		t.Errorf("another device: %v", err)
	}
	if live, err := c.e.Sessions(t.Context(), c.id); err != nil || len(live) != 1 {
		t.Errorf("live = %v, %v, want the desk alone", live, err)
	}
}

// TestF5_ALostDeviceHandsInAndSignsInAgainWhenItIsFound: it is blocked until the office says otherwise, and its hand-in
// is held.
func TestF5_ALostDeviceHandsInAndSignsInAgainWhenItIsFound(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	h := c.hand(c.ben, model.Mobile, "k")
	g := h.online()
	c.mark(h.device, engine.DeviceLost)
	_, err := c.e.Pull(t.Context(), model.Pull{Connection: g.Connection}, c.now)
	if over, ok := errors.AsType[*model.EndedError](err); !ok || over.Ended.Reason != model.EndRevoked || over.Ended.By != c.amy {
		t.Errorf("Pull = %v, want ended by Amy", err)
	}
	if _, err := h.signIn(model.DeviceID{}, 0); !errors.Is(err, model.ErrLost) {
		t.Errorf("sign-in = %v, want ErrLost", err)
	}
	in, err := h.hello(true)
	if err != nil || !in.Lost {
		t.Fatalf("hand-in = %+v, %v, want it taken and the device to be wiped", in, err)
	}
	c.want(c.push(in.Connection, c.note(c.ben, job))[0], model.OutcomeHeld, model.ReasonLost)
	c.mark(h.device, engine.DeviceInUse)
	h.next = 2
	if in, err = h.hello(true); err != nil || in.Lost {
		t.Errorf("found, before it came by: %+v, %v, want no wipe", in, err)
	}
	back := h.online()
	if p, err := c.e.Pull(t.Context(), model.Pull{Connection: back.Connection}, c.now); err != nil || p == nil {
		t.Errorf("Pull after it was found = %v, %v", p, err)
	}
}

// TestF5_ADeviceIsMarkedByItsIDAndEpoch: a phone whose session ended long ago can be marked; the one that took its place
// is left alone; and with an epoch, only as long as its last session is the one that was looked at.
func TestF5_ADeviceIsMarkedByItsIDAndEpoch(t *testing.T) {
	c := newCompany(t)
	old, now := c.hand(c.ben, model.Mobile, "old"), c.hand(c.ben, model.Mobile, "new")
	first := old.online().Connection.Epoch
	if _, err := now.signIn(model.DeviceID{}, first); err != nil {
		t.Fatal(err)
	}
	live, err := now.hello(false)
	if err != nil {
		t.Fatal(err)
	}
	set := func(d model.DeviceID, epoch model.Epoch) error {
		_, err := c.e.SetDeviceState(t.Context(), c.id, engine.DeviceMark{Device: d, Epoch: epoch, State: engine.DeviceStolen, By: c.amy}, c.now)
		return err
	}
	if err := set(now.device, first); !errors.Is(err, model.ErrUnknown) {
		t.Errorf("the epoch of another device = %v", err)
	}
	if err := set(old.device, live.Connection.Epoch); !errors.Is(err, model.ErrUnknown) {
		t.Errorf("a later epoch = %v", err)
	}
	if err := set(old.device, first); err != nil {
		t.Errorf("the device that was looked at = %v", err)
	}
	if _, err := old.hello(true); !errors.Is(err, model.ErrStolen) {
		t.Errorf("the old phone = %v, want ErrStolen", err)
	}
	if _, err := c.e.Pull(t.Context(), model.Pull{Connection: live.Connection}, c.now); err != nil {
		t.Errorf("the new phone = %v", err)
	}
}

// TestF5_OneDeviceIsLookedUp: to find one costs the same however many there are.
func TestF5_OneDeviceIsLookedUp(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	cost := func(device model.DeviceID) int {
		w := &watched{Store: store}
		if _, err := c.on(w).e.FindDevice(t.Context(), c.id, c.ben, device, 0); err != nil {
			t.Fatal(err)
		}
		return w.lookups
	}
	ben := c.hand(c.ben, model.Mobile, "k")
	ben.online()
	for _, device := range []model.DeviceID{ben.device, {}} {
		few := cost(device)
		for i := range 20 {
			login := fmt.Sprint("worker ", i, device)
			c.hand(c.worker(login, model.Mobile, access.DefaultSets(model.Mobile)), model.Mobile, login).online()
		}
		if many := cost(device); many != few {
			t.Errorf("finding a device looks up %d things, and %d with more of others", few, many)
		}
	}
}
