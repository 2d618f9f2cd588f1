package main

import (
	"context"
	"slices"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// telltale is a store that tells the hub what each commit touched, after it is durable, and the turner that there is something for it to do.
type telltale struct {
	storage.Store
	hub *session.Hub
	due chan<- struct{} // with room for one; nil: nobody waits
}

// Apply is the store's.
func (s telltale) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	var touched session.Touched
	wrote, due := false, false
	head, err := s.Store.Apply(ctx, t, weight, func(r storage.Reader) (*storage.WriteSet, error) {
		w, err := decide(r)
		w = plantLoss(w)
		touched, wrote, due = touchedBy(w), w != nil, leaves(w) // of the last time, when it has to be decided again
		return w, err
	})
	if err == nil && wrote {
		s.hub.Committed(t, touched)
		if due {
			select {
			case s.due <- struct{}{}:
			default: // it will look anyway, or nobody does
			}
		}
	}
	return head, err
}

// leaves says whether a write set leaves something to be moved by later commits.
func leaves(w *storage.WriteSet) bool {
	return w != nil && slices.ContainsFunc(w.Rows, func(r storage.RowWrite) bool {
		return (r.Table == storage.TableMerges || r.Table == storage.TableHandover) && r.Value != nil
	})
}

// touchedBy is what a write set touches: the audiences that its records are in or have left. What says who sees what
// stands in three tables; what an account says is of its user alone.
func touchedBy(w *storage.WriteSet) (t session.Touched) {
	if w == nil {
		return t
	}
	for _, r := range w.Records {
		for _, m := range r.Memberships {
			t.Audiences = append(t.Audiences, m.Audience)
		}
	}
	slices.Sort(t.Audiences)
	t.Audiences = slices.Compact(t.Audiences)
	for i := range w.Rows {
		switch w.Rows[i].Table {
		case storage.TableAccounts:
			t.Users = append(t.Users, model.UserID([]byte(w.Rows[i].Key)))
		case storage.TableTenant:
			t.Rights = true
		case storage.TableHeld: // a decision on held work is for a device that may see nothing of it
			if held, err := storage.ParseHeld(w.Rows[i].Value); w.Rows[i].Value == nil || err != nil {
				t.Rights = true // whose it was is told by nothing that is left
			} else {
				t.Held, t.Board = append(t.Held, held.Author), true
			}
		case storage.TableHistory:
			t.History = true
		case storage.TableSlots, storage.TableDevices:
			t.Board = true
		case storage.TableKeys: // who waits by one that is revoked is told
			t.History, t.Board = true, true
		}
	}
	return t
}
