package reading

import (
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestPurge: what ended by the horizon is gone, in commits that stay small, and what ended later is not.
func TestPurge(t *testing.T) {
	play(t, options(t), func(s *script) {
		s.may(func(r *rights) { r.enabled = false }) // nothing of it is for this device
		var ids []model.RecordID
		s.write(func(d *draft) {
			for i := range 1200 {
				ids = append(ids, model.RecordID{byte(i >> 8), byte(i), 1})
				d.create(ids[i], model.Jobs, model.RecordID{}, []audience{s.work, s.crew})
			}
		})
		s.write(func(d *draft) {
			for i, id := range ids[:1100] {
				if i%2 == 0 {
					d.remove(id)
				} else {
					d.place(id, []audience{s.crew})
				}
			}
		})
		horizon := s.truth.seq
		s.write(func(d *draft) { d.place(ids[1199], nil) })
		heard := s.store.heard
		s.store.heard = func(tenant model.TenantID, seq model.Seq, w *storage.WriteSet) {
			if n := len(w.Records) + len(w.Forget); n > engine.PurgeBatch {
				s.fail("bounds", "a commit of %d records", n)
			}
			heard(tenant, seq, w)
		}
		if n := must(s.eng.Purge(s.ctx, s.tenant, horizon, s.now)); n != 1100 {
			s.fail("purge", "%d records, want 1100", n)
		}
		if n := must(s.eng.Purge(s.ctx, s.tenant, horizon, s.now)); n != 0 {
			s.fail("purge", "%d records the second time, want 0", n)
		}
		check(s.store.View(s.ctx, s.tenant, func(r storage.Reader) error {
			for i, id := range ids {
				rec, ok := r.Record(id)
				if dead := i < 1100 && i%2 == 0; ok == dead {
					s.fail("purge", "record %d there: %v", i, ok)
				}
				s.remembered(rec, horizon)
			}
			return nil
		}))
	})
}

func (s *script) remembered(r *model.Record, horizon model.Seq) {
	if r == nil {
		return
	}
	for _, m := range r.Memberships {
		for _, iv := range m.Intervals {
			if iv.Out != 0 && iv.Out <= horizon {
				s.fail("purge", "%s remembers what ended at %d", short(r.ID), iv.Out)
			}
		}
	}
}
