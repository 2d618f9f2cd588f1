package engine

import (
	"cmp"
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Sessions is the office's board: the live sessions of a tenant, and what their devices said of themselves last (domain F6, F14).
func (e *Engine) Sessions(ctx context.Context, id model.TenantID) ([]model.LiveSession, error) {
	var out []model.LiveSession
	err := e.read(ctx, id, func(t *tx) error {
		for _, k := range t.keys(storage.TableSlots, "") {
			s, ok := get(t, storage.TableSlots, k, storage.ParseSlot)
			if !ok || !s.Live {
				continue
			}
			u := model.UserID([]byte(k[:16]))
			account, _ := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount)
			d, _ := t.device(s.Device)
			out = append(out, model.LiveSession{
				User: u, Name: account.Name, Kind: s.Kind, Device: s.Device, Label: d.Label, Platform: d.Platform, App: cmp.Or(d.Report.Version, d.App),
				Session: s.Session, Epoch: s.Epoch, Since: s.Since, Seen: d.Seen, Report: d.Report,
			})
		}
		return nil
	})
	return out, err
}
