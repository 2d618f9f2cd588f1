package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// States of a device (domain f.5).
const (
	DeviceInUse uint8 = iota
	DeviceLost
	DeviceStolen
)

// StateName is the word for a state.
func StateName(state uint8) string {
	if state > DeviceStolen {
		return "unknown"
	}
	return [...]string{"in use", "lost", "stolen"}[state]
}

// device is a device's row.
func (t *tx) device(id model.DeviceID) (storage.Device, bool) {
	return get(t, storage.TableDevices, string(id[:]), storage.ParseDevice)
}

// putDevice writes a device's row, and the index by which the other rows of its key are found.
func (t *tx) putDevice(d storage.Device) {
	t.put(storage.TableDevices, string(d.ID[:]), d.Append(nil))
	if key := keyOf(d.PublicKey) + string(d.ID[:]); !t.has(storage.TableDevices, key) {
		t.put(storage.TableDevices, key, nil)
	}
}

func (t *tx) has(table storage.Table, key string) bool {
	_, ok := t.row(table, key)
	return ok
}

// keyOf begins the keys of the index by public key. It is longer than a device's id, so that it begins no row's.
func keyOf(public []byte) string {
	sum := sha256.Sum256(public)
	return "k" + string(sum[:])
}

// sameHardware is the rows of every device with this key: one installation has a row for each of its users, and for
// each identity it had.
func (t *tx) sameHardware(public []byte) []storage.Device {
	var out []storage.Device
	prefix := keyOf(public)
	for _, k := range t.keys(storage.TableDevices, prefix) {
		if d, ok := get(t, storage.TableDevices, k[len(prefix):], storage.ParseDevice); ok {
			out = append(out, d)
		}
	}
	return out
}

// deviceFor finds the row of the device that signs in, or makes one. A device is known by its key, not by its word; a
// row is one user's alone, or the token and the numbers of two users' queues would pass for those of a twin (F13).
func (t *tx) deviceFor(s model.SignIn, rnd draws) storage.Device {
	d, ok := t.device(s.Device)
	if !ok || d.User != s.User || !bytes.Equal(d.PublicKey, s.PublicKey) {
		d = storage.Device{ID: rnd.device, User: s.User, PublicKey: s.PublicKey}
		rows := slices.DeleteFunc(t.sameHardware(s.PublicKey), func(d storage.Device) bool { return d.User != s.User })
		if len(rows) > 0 {
			d = slices.MaxFunc(rows, func(a, b storage.Device) int { return cmp.Compare(a.Seen, b.Seen) })
		}
	}
	d.Label, d.Platform, d.App = s.Label, s.Platform, s.App
	d.Wipe = storage.Wipe{} // it was found, and begins anew
	return d
}

// barred is why a device may not read: it is reported lost or stolen; nil when it is in use.
func (t *tx) barred(c model.Connection) error {
	d, _ := t.device(c.Device)
	switch d.State {
	case DeviceStolen:
		return model.ErrStolen
	case DeviceLost:
		return &model.EndedError{Ended: t.endOf(d, c.Session)} // with who marked it, and when
	}
	return nil
}

// barredKey is why nobody may sign in on an installation.
func (t *tx) barredKey(public []byte) error {
	var worst uint8
	for _, d := range t.sameHardware(public) {
		worst = max(worst, d.State)
	}
	switch worst {
	case DeviceStolen:
		return model.ErrStolen
	case DeviceLost:
		return model.ErrLost
	}
	return nil
}

// DeviceMark is what somebody says of a device.
type DeviceMark struct {
	Device model.DeviceID
	Epoch  model.Epoch // of its last session, ended or not, as it was looked at; 0: whichever
	State  uint8
	By     model.UserID    // who manages people; zero: the operator
	Choice model.EndChoice // by which a session was ended with it; 0: none was
	Note   string          // what they typed for the user to read, at most model.MaxNote bytes

	Untouched bool // of DeviceInUse: only if nothing was erased there; else ErrWipeDone
	Rehearse  bool // nothing is written: the answer is what would end
}

// SetDeviceState marks a device in use, lost or stolen (domain f.5), and ends every session on it, durably before it
// returns. It is the hardware that is lost: whoever else uses it is marked with it. What a lost device hands in is held;
// from a stolen one nothing is taken. Either is told to erase what it holds when it next makes contact, a lost one after it has
// handed in; who has it again before that calls it off. model.ErrUnknown says that there is no such device, or that it has had another
// session since somebody looked; model.ErrToken or *[access.BeyondError], that who marks it does not manage people;
// model.ErrReason.
func (e *Engine) SetDeviceState(ctx context.Context, id model.TenantID, m DeviceMark, now model.Instant) ([]model.Ended, error) {
	var out []model.Ended
	decide := func(t *tx) error {
		out = nil
		if err := t.manages(m.By); err != nil && !planted("marks-unfenced") {
			return err
		}
		d, ok := t.device(m.Device)
		if !ok || m.State > DeviceStolen {
			return model.ErrUnknown
		}
		if s, _, ok := t.session(d.Session); m.Epoch != 0 && (!ok || s.Epoch != m.Epoch) {
			return model.ErrUnknown
		}
		rows := t.sameHardware(d.PublicKey)
		if m.Untouched {
			if err := untouched(rows); err != nil {
				return err
			}
		}
		if err := t.reasonedMark(rows, m); err != nil {
			return err
		}
		for _, d := range rows {
			if planted("wipe-of-one-user") && d.ID != m.Device {
				d.State = m.State
				t.putDevice(d)
				continue
			}
			if m.State == DeviceInUse {
				t.callOffWipe(&d, m)
			} else {
				t.askWipe(&d, m)
				out = append(out, t.vacateDevice(d, model.Ending{Reason: model.EndRevoked, By: m.By, Choice: m.Choice, Note: m.Note})...)
			}
			d.State = m.State
			t.putDevice(d)
		}
		t.audit(model.AuditEntry{Kind: model.AuditDevice, Actor: t.doer(m.By), Subject: toDevice(m.Device, d.User), Reason: StateName(m.State), Detail: m.Note})
		return nil
	}
	if m.Rehearse {
		err := e.read(ctx, id, decide)
		return out, err
	}
	err := e.apply(ctx, id, 1, now, decide)
	return out, err
}

// reasonedMark says that a mark wants a reason, as an end of a session on one of these devices would.
func (t *tx) reasonedMark(rows []storage.Device, m DeviceMark) error {
	if m.State == DeviceInUse {
		return nil
	}
	for _, d := range rows {
		on := func(s storage.Slot) bool { return s.Device == d.ID }
		if err := t.reasoned(model.Ending{User: d.User, Reason: model.EndRevoked, Note: m.Note}, on); err != nil {
			return err
		}
	}
	return nil
}

// vacateDevice ends whatever session is live on a device.
func (t *tx) vacateDevice(d storage.Device, e model.Ending) []model.Ended {
	var out []model.Ended
	for _, s := range t.slots(d.User) {
		if s.Live && s.Device == d.ID {
			out = append(out, *t.vacate(d.User, s.Kind, e))
		}
	}
	return out
}

// Devices lists the devices of a tenant's people with their last sessions, live or ended: what the office marks lost or
// stolen is often not signed in any more.
func (e *Engine) Devices(ctx context.Context, id model.TenantID) ([]model.KnownDevice, error) {
	var out []model.KnownDevice
	err := e.read(ctx, id, func(t *tx) error {
		out = nil
		for _, k := range t.keys(storage.TableDevices, "") {
			if len(k) != len(model.DeviceID{}) {
				continue // of the index
			}
			if d, ok := t.known(model.DeviceID([]byte(k))); ok {
				out = append(out, d)
			}
		}
		return nil
	})
	return out, err
}

// Device is one of [Engine.Devices]; model.ErrUnknown when it is none of them.
func (e *Engine) Device(ctx context.Context, id model.TenantID, device model.DeviceID) (out model.KnownDevice, err error) {
	err = e.read(ctx, id, func(t *tx) error {
		var ok bool
		if out, ok = t.known(device); !ok {
			return model.ErrUnknown
		}
		return nil
	})
	return out, err
}

// FindDevice is the device of a person that is named, or whose last session had the epoch, or, with neither, one that they are
// signed in on; model.ErrUnknown when there is none.
func (e *Engine) FindDevice(ctx context.Context, id model.TenantID, u model.UserID, device model.DeviceID, epoch model.Epoch) (out model.KnownDevice, err error) {
	err = e.read(ctx, id, func(t *tx) error {
		var ok bool
		if out, ok = t.findDevice(u, device, epoch); !ok {
			return model.ErrUnknown
		}
		return nil
	})
	return out, err
}

func (t *tx) findDevice(u model.UserID, device model.DeviceID, epoch model.Epoch) (model.KnownDevice, bool) {
	if !device.IsZero() {
		d, ok := t.known(device)
		return d, ok && d.User == u
	}
	for _, s := range t.slots(u) {
		if epoch == 0 && s.Live || epoch != 0 && s.Epoch == epoch {
			if d, ok := t.known(s.Device); ok {
				return d, true
			}
		}
	}
	if epoch == 0 {
		return model.KnownDevice{}, false
	}
	for _, k := range t.keys(storage.TableDevices, "") { // somebody else has the slot since, which is rare
		if len(k) != len(model.DeviceID{}) {
			continue // of the index
		}
		if d, ok := t.known(model.DeviceID([]byte(k))); ok && d.User == u && d.Epoch == epoch {
			return d, true
		}
	}
	return model.KnownDevice{}, false
}

// known is a device with its last session. An identity that went on under another one is none.
func (t *tx) known(id model.DeviceID) (model.KnownDevice, bool) {
	d, ok := t.device(id)
	if !ok {
		return model.KnownDevice{}, false
	}
	s, _, ok := t.session(d.Session)
	if !ok || s.Device != d.ID {
		return model.KnownDevice{}, false
	}
	fate := t.endedAs(d, s).Fate()
	if d.State == DeviceStolen {
		fate = model.FateRefused
	}
	return model.KnownDevice{
		Device: d.ID, User: d.User, Label: d.Label, App: d.App, State: d.State, Seen: d.Seen,
		Session: s.ID, Epoch: s.Epoch, Ended: s.Ended, Reason: s.Reason, By: s.By, Choice: s.Choice, Note: s.Note, Fate: fate, Report: d.Report, Wipe: model.Wipe(d.Wipe),
		Confirmation: t.confirmation(d),
	}, true
}
