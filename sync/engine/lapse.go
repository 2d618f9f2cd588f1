package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A session lapses when its token is older, or was not used for longer, than the company lets one be (domain f.6,
// reliability-security S11). That is time's doing and nobody's: it is asked where the session is, in every commit and every
// read, and written down when somebody signs in after it, or by the sweep. It never takes unsent work: what the device made is
// handed in as after any other end.

// lapses is when a session does that began and was last used then.
func (t *tx) lapses(began, used model.Instant) model.Instant {
	r := t.tenant.Settings.Sessions
	return min(began+model.Instant(r.Absolute), max(began, used)+model.Instant(r.Idle))
}

// lapsed says whether time has passed a session's end by now.
func (t *tx) lapsed(began, used model.Instant) bool {
	return max(t.now, t.asked) >= t.lapses(began, used) && !planted("tokens-for-ever")
}

// slotLapsed says so of the session that a slot has.
func (t *tx) slotLapsed(s storage.Slot) bool {
	d, _ := t.device(s.Device)
	return s.Live && t.lapsed(s.Since, d.Seen)
}

// lapse writes down which sessions of a user have lapsed.
func (t *tx) lapse(u model.UserID) {
	for _, s := range t.slots(u) {
		if !t.slotLapsed(s) {
			continue
		}
		t.vacate(u, s.Kind, model.Ending{Reason: model.EndExpired})
		t.audit(model.AuditEntry{Kind: model.AuditEnd, Actor: server, Subject: toDevice(s.Device, u), Reason: model.EndExpired.String()})
	}
}
