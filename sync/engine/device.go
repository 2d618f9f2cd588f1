package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// SetDeviceState marks a device in use, lost or stolen (domain f.5), and ends the session it has, durably before it
// returns; nil when it had none. What a lost device hands in is held; from a stolen one nothing is taken.
func (e *Engine) SetDeviceState(ctx context.Context, id model.TenantID, device model.DeviceID, state uint8, by model.UserID, now model.Instant) (*model.Ended, error) {
	var out *model.Ended
	err := e.apply(ctx, id, 1, now, func(t *tx) error {
		out = nil
		key := string(device[:])
		d, ok := get(t, storage.TableDevices, key, storage.ParseDevice)
		if !ok || state > DeviceStolen {
			return model.ErrUnknown
		}
		if state != DeviceInUse {
			for _, kind := range t.kinds(d.User) {
				if s := t.slot(d.User, kind); s.Live && s.Device == device {
					out = t.vacate(d.User, s.Kind, model.EndRevoked, by)
				}
			}
			d, _ = get(t, storage.TableDevices, key, storage.ParseDevice) // vacate wrote the end into it
		}
		d.State = state
		t.put(storage.TableDevices, key, d.Append(nil))
		t.audit(by, "device state", device.String(), [...]string{"in use", "lost", "stolen"}[state])
		return nil
	})
	return out, err
}
