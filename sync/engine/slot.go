package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// States of a device (domain f.5).
const (
	DeviceInUse uint8 = iota
	DeviceLost
	DeviceStolen
)

// maxEnds is how many ended epochs a device's row remembers: the hand-in window is measured from the last ones.
const maxEnds = 4

func (t *tx) slotKey(u model.UserID, kind model.UserKind) string {
	if t.tenant.Settings.SlotPerKind {
		return string(u[:]) + string([]byte{byte(kind)})
	}
	return string(u[:])
}

// slot is a user's slot; the zero Slot when they never signed in.
func (t *tx) slot(u model.UserID, kind model.UserKind) storage.Slot {
	s, _ := get(t, storage.TableSlots, t.slotKey(u, kind), storage.ParseSlot)
	return s
}

// holds says whether the connection's session is the one live session of its slot.
func (f *frame) holds(s storage.Slot) bool {
	return s.Live && s.Epoch == f.conn.Epoch && s.Device == f.conn.Device && s.Session == f.conn.Session
}

// nextEpoch is an epoch above every one the slot ever had, in this life of the store or an earlier one: the high half
// is the store's incarnation, which is fresh for ever (write-verification W4).
func (t *tx) nextEpoch(s storage.Slot) model.Epoch {
	if planted("epochs-without-incarnation") {
		return s.Epoch + 1
	}
	life := model.Epoch(t.head.Lineage.Present()) &^ (1<<32 - 1)
	return max(s.Epoch, life) + 1
}

// vacate ends whatever session a slot has: durably before anybody is told, since it is part of the commit.
func (t *tx) vacate(u model.UserID, kind model.UserKind, why model.EndReason, by model.UserID) *model.Ended {
	s := t.slot(u, kind)
	if !s.Live {
		return nil
	}
	ended := model.Ended{
		Tenant: t.id, User: u, Device: s.Device, Session: s.Session, Epoch: s.Epoch, Reason: why, By: by, At: t.now,
	}
	if d, ok := get(t, storage.TableDevices, string(s.Device[:]), storage.ParseDevice); ok {
		ended.Unsent = d.Report.Unsent
		d.Ends = append(d.Ends, storage.End{Epoch: s.Epoch, At: t.now, Session: s.Session, Reason: why, By: by})
		if len(d.Ends) > maxEnds {
			d.Ends = d.Ends[len(d.Ends)-maxEnds:]
		}
		t.put(storage.TableDevices, string(s.Device[:]), d.Append(nil))
	}
	s.Live, s.Ended, s.Reason, s.By = false, t.now, why, by
	s.Epoch = t.nextEpoch(s)
	t.put(storage.TableSlots, t.slotKey(u, kind), s.Append(nil))
	return &ended
}

// occupy gives a slot to a device.
func (t *tx) occupy(u model.UserID, kind model.UserKind, d model.DeviceID, session model.SessionID) model.Epoch {
	s := t.slot(u, kind)
	s.Epoch = t.nextEpoch(s)
	s.Live, s.Device, s.Session, s.Kind, s.Since = true, d, session, kind, t.now
	t.put(storage.TableSlots, t.slotKey(u, kind), s.Append(nil))
	return s.Epoch
}

// endOf is how a session of a device ended. A session that is neither live nor remembered ended long ago, by nobody.
func (t *tx) endOf(d storage.Device, session model.SessionID) model.Ended {
	for i := len(d.Ends) - 1; i >= 0; i-- {
		if e := d.Ends[i]; e.Session == session {
			return model.Ended{
				Tenant: t.id, User: d.User, Device: d.ID, Session: session, Epoch: e.Epoch,
				Reason: e.Reason, By: e.By, At: e.At, Unsent: d.Report.Unsent,
			}
		}
	}
	return model.Ended{Tenant: t.id, User: d.User, Device: d.ID, Session: session, Reason: model.EndNone}
}

// byPerson says whether a person ended the session: then what is made after the device learnt of it is held. A restore
// of the server, a new identity or an expired token is no such end (write-verification W14).
func byPerson(why model.EndReason) bool {
	return why != model.EndNone && why != model.EndIdentity
}
