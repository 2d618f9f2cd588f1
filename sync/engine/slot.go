package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// slotKey names a slot. There is one for each kind of session whatever the company's rule is, which says who stands in whose
// way ([tx.rivals]) and not where a session is kept: another rule moves no slot and ends no session.
func slotKey(u model.UserID, kind model.UserKind) string {
	return string(u[:]) + string([]byte{byte(kind)})
}

// slot is a user's slot; the zero Slot when they never signed in.
func (t *tx) slot(u model.UserID, kind model.UserKind) storage.Slot {
	s, _ := get(t, storage.TableSlots, slotKey(u, kind), storage.ParseSlot)
	if s.Live {
		return s
	}
	// An earlier release kept the one slot of a user by the user alone.
	if old, ok := get(t, storage.TableSlots, string(u[:]), storage.ParseSlot); ok && old.Kind == kind && old.Epoch > s.Epoch {
		return old
	}
	return s
}

// slots is every slot a user has or had.
func (t *tx) slots(u model.UserID) (out []storage.Slot) {
	for _, k := range t.keys(storage.TableSlots, string(u[:])) {
		if s, ok := get(t, storage.TableSlots, k, storage.ParseSlot); ok {
			out = append(out, s)
		}
	}
	return out
}

func (t *tx) putSlot(u model.UserID, kind model.UserKind, s storage.Slot) {
	t.put(storage.TableSlots, slotKey(u, kind), s.Append(nil))
	if old, ok := get(t, storage.TableSlots, string(u[:]), storage.ParseSlot); ok && old.Kind == kind {
		t.remove(storage.TableSlots, string(u[:]))
	}
}

// rivals is the live sessions of a user that one of a kind cannot stand beside (domain f.1, A6).
func (t *tx) rivals(u model.UserID, kind model.UserKind) (out []storage.Slot) {
	for _, s := range t.slots(u) {
		if s.Live && (s.Kind == kind || !t.tenant.Settings.SlotPerKind || planted("slots-without-kind")) {
			out = append(out, s)
		}
	}
	return out
}

// holds says whether the connection's session is the one live session of its slot.
func (f *frame) holds(s storage.Slot) bool {
	return s.Live && s.Epoch == f.conn.Epoch && s.Device == f.conn.Device && s.Session == f.conn.Session && !f.slotLapsed(s)
}

// nextEpoch is an epoch above every one the user's slots ever had, in this life of the store or an earlier one: the high half
// is the store's incarnation, which is fresh for ever (write-verification W4).
func (t *tx) nextEpoch(u model.UserID) model.Epoch {
	var last model.Epoch
	for _, s := range t.slots(u) { // of all slots of the user, so that an epoch names one of them
		last = max(last, s.Epoch)
	}
	if planted("epochs-without-incarnation") {
		return last + 1
	}
	life := model.Epoch(t.head.Lineage.Present()) &^ (1<<32 - 1)
	return max(last, life) + 1
}

// vacate ends whatever session a slot has: durably before anybody is told, since it is part of the commit. The session's
// own row keeps how it ended, for as long as its token is known.
func (t *tx) vacate(u model.UserID, kind model.UserKind, e model.Ending) *model.Ended {
	s := t.slot(u, kind)
	if !s.Live {
		return nil
	}
	ended := model.Ended{
		Tenant: t.id, User: u, Device: s.Device, Session: s.Session, Epoch: s.Epoch, Reason: e.Reason, By: e.By, At: t.now, Note: e.Note,
	}
	if d, ok := t.device(s.Device); ok {
		ended.Unsent = d.Report.Unsent
	}
	ended.Waits = t.waits(ended, DeviceInUse) || e.Reason == model.EndRevoked // it is marked in the same commit
	t.lastShown(u, s)
	if session, token, ok := t.session(s.Session); ok {
		session.Ended, session.Reason, session.By, session.Choice, session.Note = t.now, e.Reason, e.By, e.Choice, e.Note
		t.put(storage.TableTokens, token, session.Append(nil))
	}
	s.Live, s.Ended, s.Reason, s.By = false, t.now, e.Reason, e.By
	s.Epoch = t.nextEpoch(u)
	t.putSlot(u, kind, s)
	return &ended
}

// endSessions ends the live sessions of a user, those that which says (nil: all), with a line in the audit for each.
func (t *tx) endSessions(e model.Ending, which func(storage.Slot) bool) (out []model.Ended) {
	u := e.User
	for _, s := range t.slots(u) {
		if !s.Live || which != nil && !which(s) {
			continue
		}
		out = append(out, *t.vacate(u, s.Kind, e))
		t.auditEnd(u, s.Device, e)
	}
	return out
}

// endText is what the audit says of how somebody ended a session: their choice, and what they typed.
func endText(e model.Ending) string {
	if e.Choice == 0 || e.Note == "" {
		return e.Choice.String() + e.Note
	}
	return e.Choice.String() + ": " + e.Note
}

// occupy gives a slot to a device.
func (t *tx) occupy(u model.UserID, kind model.UserKind, d model.DeviceID, session model.SessionID) model.Epoch {
	s := t.slot(u, kind)
	s.Epoch = t.nextEpoch(u)
	s.Live, s.Device, s.Session, s.Kind, s.Since = true, d, session, kind, t.now
	if c, ok := t.confirmed(d); ok && c.Until != 0 && !planted("exposure-ends-with-the-first-session") { // it is sent to again
		c.Until = 0
		t.putConfirmed(d, c)
	}
	t.putSlot(u, kind, s)
	return s.Epoch
}

// since sets when the session of a slot began: a new identity makes no token younger.
func (t *tx) since(u model.UserID, kind model.UserKind, at model.Instant) {
	s := t.slot(u, kind)
	s.Since = at
	t.putSlot(u, kind, s)
}

// endOf is how a session of a device ended. One that is not remembered ended long ago, by nobody.
func (t *tx) endOf(d storage.Device, session model.SessionID) model.Ended {
	if s, _, ok := t.session(session); ok {
		return t.endedAs(d, s)
	}
	out := model.Ended{Tenant: t.id, User: d.User, Device: d.ID, Session: session, Unsent: d.Report.Unsent}
	out.Waits = t.waits(out, d.State)
	return out
}

// endedAs is how a session that is remembered ended for a device: for the old identity of one, when it goes on under another.
func (t *tx) endedAs(d storage.Device, s storage.Session) model.Ended {
	out := model.Ended{Tenant: t.id, User: d.User, Device: d.ID, Session: s.ID, Unsent: d.Report.Unsent}
	switch {
	case s.Reason == model.EndNone && s.Device != d.ID:
		out.Epoch, out.Reason, out.At = s.Epoch, model.EndIdentity, s.Seen
	case s.Reason == model.EndNone && t.lapsed(s.Created, d.Seen):
		out.Epoch, out.Reason, out.At = s.Epoch, model.EndExpired, t.lapses(s.Created, d.Seen)
	default:
		out.Epoch, out.Reason, out.By, out.At, out.Note = s.Epoch, s.Reason, s.By, s.Ended, s.Note
	}
	out.Waits = t.waits(out, d.State)
	return out
}

// goesOn says whether what comes late of a person is judged by the rules: they are active, again perhaps, or somebody took their
// place. Else it waits for the office.
func goesOn(a storage.Account) bool {
	return a.Active || !a.Heir.IsZero()
}

// late says whether a hand-in comes when what a session left is not awaited any more.
func (t *tx) late(ended model.Instant) bool {
	return ended != 0 && t.now-ended > model.Instant(t.tenant.Settings.HandInWindow)
}

// waits says whether all that a device has unsent, but hours, waits for the office as things are now: what a device is told is what
// [frame.lane] does with its work, and the reason of the end does not say that. Whoever left afterwards, or whose phone is lost, was
// perhaps only superseded; and who was removed may be back.
func (t *tx) waits(e model.Ended, state uint8) bool {
	if planted("fate-of-the-reason") {
		return e.Reason == model.EndRemoved || e.Reason == model.EndRevoked
	}
	a, _ := get(t, storage.TableAccounts, string(e.User[:]), storage.ParseAccount)
	return state == DeviceLost || !goesOn(a) || t.late(e.At)
}

// byPerson says whether a person ended the session: then what is made after the device learnt of it is held. A restore
// of the server, a new identity or an expired token is no such end (write-verification W14).
func byPerson(why model.EndReason) bool {
	if why == model.EndExpired {
		return planted("expiry-is-a-person")
	}
	return why != model.EndNone && why != model.EndIdentity
}
