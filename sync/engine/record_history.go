package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// RecordHistory reads what happened to one record from a cursor ("": from the oldest line kept), in commit order, as the caller's
// present view shows it: line by line what [Engine.Events] gives of it, and what was said of it and lost against something else. model.ErrUnknown when the caller
// does not see the record and never saw it go, model.ErrGone and model.ErrHistory as there.
//
// It looks through all that is kept: a person asks, seldom, and an index by record would be paid for by every commit.
func (e *Engine) RecordHistory(ctx context.Context, c model.Caller, of model.Collection, id model.RecordID, cursor string, limit int) (model.Events, error) {
	var out model.Events
	err := e.at(ctx, c, func(d *desk) error {
		at, err := d.place(cursor)
		if err != nil {
			return err
		}
		r := d.record(id)
		_, shown := d.show(r)
		shown = shown && r.Collection == of
		out = d.events(at, func(e *storage.HistoryEvent) bool { return e.Record == id && e.Collection == of }, limit)
		if !shown && len(out.Events) == 0 {
			return model.ErrUnknown
		}
		out.Cursor = d.cursor(out.Position)
		return nil
	})
	if err != nil {
		return model.Events{}, err
	}
	return out, nil
}
