package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// quotaDay is how long a device's hand-ins count together.
const quotaDay = model.Instant(24 * 3600 * 1000)

// spend counts what a frame of the hand-in lane brought against the device's quota of the day (domain f.3: the lane is no way to
// fill the store), repeats and what waits not counted; an error is *[model.QuotaError], and then nothing of the frame may be
// written. The first frame of a day is always taken, so that no quota stops an outbox for ever. By then the frame is judged, which
// alone tells what is a repeat.
func (f *frame) spend(changes []model.Submitted, answers []model.Answer) error {
	if f.conn.Lane != model.LaneHandIn && f.conn.Lane != model.LaneLost {
		return nil
	}
	used := f.device.HandIn
	if f.now-used.Since >= quotaDay {
		used = storage.HandIn{}
	}
	fresh := used
	for i, a := range answers {
		if a.Outcome == model.OutcomeRetry || a.Repeat && !planted("repeats-counted") {
			continue
		}
		fresh.Changes++
		fresh.Bytes += uint64(len(changes[i].Change.Body))
	}
	rules := &f.tenant.Settings.Sessions
	switch {
	case fresh == used:
		return nil
	case used.Changes > 0 && (fresh.Changes > rules.HandInChanges || fresh.Bytes > rules.HandInBytes) && !planted("quota-ignored"):
		return &model.QuotaError{Until: used.Since + quotaDay}
	case used.Changes == 0:
		fresh.Since = f.now
		f.audit(model.AuditEntry{Kind: model.AuditHandIn, Actor: f.doer(f.conn.User), Subject: toDevice(f.conn.Device, f.conn.User)})
	}
	f.device.HandIn = fresh
	f.put(storage.TableDevices, string(f.conn.Device[:]), f.device.Append(nil))
	return nil
}

// spent notes in the audit, once a day, that a device has met its quota. Until the day is over it has none left.
func (t *tx) spent(c model.Connection) {
	d, ok := t.device(c.Device)
	rules := &t.tenant.Settings.Sessions
	if !ok || d.HandIn.Changes >= rules.HandInChanges {
		return // it is noted
	}
	d.HandIn.Changes = rules.HandInChanges
	t.put(storage.TableDevices, string(c.Device[:]), d.Append(nil))
	t.audit(model.AuditEntry{Kind: model.AuditQuota, Actor: server, Subject: toDevice(c.Device, d.User)})
}
