package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// RecordHistory reads what happened to one record from a cursor ("": from the oldest line kept), in commit order, as the caller's
// present view shows it: line by line what [Engine.Events] gives of it, and what was said of it and lost against something else. model.ErrUnknown when the caller
// does not see the record and never saw it go, model.ErrGone and model.ErrHistory as there.
//
// It follows the record's own lines, back from the latest. Of a record whose tombstone is forgotten before its history it looks through
// all that is kept.
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
		if r == nil {
			out = d.events(at, func(e *storage.HistoryEvent) bool { return e.Record == id && e.Collection == of }, limit)
		} else if r.Collection == of {
			out = d.lines(ctx, r, at, limit)
		}
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

// lines is the lines of a record after a place, as far as they are kept and the caller sees them. It goes back to the place by what each line
// says of the one before, and keeps of those it passes where they are.
func (d *desk) lines(ctx context.Context, r *model.Record, after model.Position, limit int) model.Events {
	var passed []model.Position // the latest first
	for at := r.Told; after.Before(at); {
		if err := ctx.Err(); err != nil {
			d.fail(err) // half of the way is another page
			break
		}
		e, ok := d.line(at)
		if !ok {
			break // forgotten, and so is what was before
		}
		passed = append(passed, at)
		at = e.Before
	}
	out := model.Events{Position: after}
	for _, at := range slices.Backward(passed) {
		line, _ := d.line(at)
		e, ok := d.event(&line, at)
		if ok && len(out.Events) == limit {
			out.More = true
			break
		}
		if out.Position = at; ok {
			out.Events = append(out.Events, e)
		}
	}
	return out
}

// line is one line of history.
func (d *desk) line(at model.Position) (e storage.HistoryEvent, ok bool) {
	row, ok := d.row(storage.TableHistory, historyKey(at.Seq, at.Index/storage.MaxHistoryEvents))
	if !ok {
		return e, false
	}
	e, ok, err := storage.HistoryLine(row, int(at.Index%storage.MaxHistoryEvents))
	if err != nil {
		d.fail(fmt.Errorf("read a line of history: %w", err))
	}
	return e, ok
}
