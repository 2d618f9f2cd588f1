package engine

import (
	"context"
	"errors"
	"math"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// ErrWipeDone says that a wipe cannot be called off any more: the device was told.
var ErrWipeDone = errors.New("the device was told to erase what it holds already")

// askWipe has a device erase what it holds of its user, when it next makes contact: it was reported lost or stolen (domain
// f.5). One that was asked before goes on.
func (t *tx) askWipe(d *storage.Device, m DeviceMark) {
	if d.State != DeviceInUse && d.Wipe.Asked != 0 {
		return
	}
	d.Wipe = storage.Wipe{Asked: t.now, By: m.By, Note: m.Note}
	t.audit(model.AuditEntry{Kind: model.AuditWipe, Actor: t.doer(m.By), Subject: toDevice(d.ID, d.User), Reason: StateName(m.State)})
}

// callOffWipe calls the wipe of a device off that was found, if the device was not told; else it stays, to be read.
func (t *tx) callOffWipe(d *storage.Device, m DeviceMark) {
	if d.Wipe.Asked == 0 || d.Wipe.Delivered != 0 {
		return
	}
	d.Wipe = storage.Wipe{}
	t.audit(model.AuditEntry{Kind: model.AuditWipeCancelled, Actor: t.doer(m.By), Subject: toDevice(d.ID, d.User)})
}

// untouched is an error when something was erased of what is on an installation, or nothing is to be.
func untouched(rows []storage.Device) error {
	asked := false
	for _, d := range rows {
		if d.Wipe.Delivered != 0 && !planted("wipe-called-off-late") {
			return ErrWipeDone
		}
		asked = asked || d.Wipe.Asked != 0
	}
	if !asked {
		return model.ErrUnknown
	}
	return nil
}

// Wipe says whether the device of a connection is to erase what it holds, and notes that it is told so now: from this commit
// on nobody calls it off. Whether the word arrives is only known when the device says [Engine.Wiped]; until then it is told
// again whenever it makes contact.
func (e *Engine) Wipe(ctx context.Context, c model.Connection, now model.Instant) (due bool, err error) {
	decide := func(t *tx) error {
		t.whence.from.Device = c.Device
		d, ok := t.device(c.Device)
		due = ok && d.User == c.User && d.State != DeviceInUse && d.Wipe.Asked != 0
		if !due || d.Wipe.Delivered != 0 {
			return nil
		}
		d.Wipe.Delivered = t.now
		t.putDevice(d)
		t.audit(model.AuditEntry{Kind: model.AuditWipeDelivered, Actor: server, Subject: toDevice(d.ID, d.User), Reason: StateName(d.State)})
		return nil
	}
	if err = e.read(ctx, c.Tenant, decide); err == nil && due {
		err = e.apply(ctx, c.Tenant, 1, now, decide)
	}
	return due, uniform(err)
}

// Wiped notes that a device says it has erased what it held of its user, on a connection that proved its key, and how many
// unsent changes went with it. It counts for this user's data alone: each partition of a shared device says so for itself.
func (e *Engine) Wiped(ctx context.Context, c model.Connection, erased uint64, now model.Instant) error {
	return uniform(e.apply(ctx, c.Tenant, 1, now, func(t *tx) error {
		t.whence.from.Device = c.Device
		d, ok := t.device(c.Device)
		if !ok || d.User != c.User || d.Wipe.Delivered == 0 || d.Wipe.Confirmed != 0 {
			return nil
		}
		d.Wipe.Confirmed, d.Wipe.Erased, d.Seen = t.now, uint32(min(erased, math.MaxUint32)), t.now
		t.putDevice(d)
		t.audit(model.AuditEntry{Kind: model.AuditWipeConfirmed, Actor: t.doer(c.User), Subject: toDevice(d.ID, d.User)})
		return nil
	}))
}
