package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// FromNow is the cursor of a change feed that begins with the next commit.
const FromNow = "now"

// lastIndex is a place behind every line of a commit.
const lastIndex = 1<<32 - 1

// Events reads the change feed from a cursor ("": from the oldest line kept; [FromNow]), in commit order, as the caller's
// present view shows it; of names collections (none: all). model.ErrGone when the line after the cursor is forgotten, or
// the caller's rights are others by now: what was not shown then would be missed. model.ErrHistory when it is no cursor.
//
// A page is short only when the history ends: where it would end for what is not shown would tell how much that is (S6).
func (e *Engine) Events(ctx context.Context, c model.Caller, cursor string, of []model.Collection, limit int) (model.Events, error) {
	var out model.Events
	err := e.at(ctx, c, func(d *desk) error {
		at, err := d.place(cursor)
		if err != nil {
			return err
		}
		out = d.events(at, among(of), limit)
		out.Cursor = d.cursor(out.Position)
		return nil
	})
	return out, err
}

// Ahead reads the history after a webhook's position, as its owner's present view shows it. model.ErrLevel when the
// owner is not one of the office any more, model.ErrGone when the history does not reach back that far.
func (e *Engine) Ahead(ctx context.Context, id model.TenantID, h model.Hook, limit int) (model.Events, error) {
	var out model.Events
	err := e.read(ctx, id, func(t *tx) error {
		d, err := t.desk(model.Caller{Tenant: id, User: h.Owner, Scopes: h.Scopes})
		if errors.Is(err, model.ErrToken) {
			return model.ErrLevel
		} else if err != nil {
			return err
		}
		if d.forgotten(h.Position) {
			return model.ErrGone
		}
		out = d.events(h.Position, among(nil), limit)
		return nil
	})
	return out, err
}

// events looks at the history after a place until it has limit lines to show, and then for one more: what is not shown must
// not decide whether there is more (I9).
func (d *desk) events(at model.Position, wanted func(*storage.HistoryEvent) bool, limit int) model.Events {
	out := model.Events{Position: at}
	for key, raw := range d.r.Rows(storage.TableHistory, "", historyKey(at.Seq, at.Index/storage.MaxHistoryEvents)) {
		if len(key) != 12 {
			continue // how far it is forgotten
		}
		h, err := storage.ParseHistory(raw)
		if err != nil {
			d.fail(fmt.Errorf("read the history: %w", err))
			return out
		}
		seq := model.Seq(binary.BigEndian.Uint64([]byte(key)))
		first := binary.BigEndian.Uint32([]byte(key[8:])) * storage.MaxHistoryEvents
		for i := range h {
			here := model.Position{Seq: seq, Index: first + uint32(i)}
			if here.Seq == at.Seq && here.Index <= at.Index {
				continue
			}
			var e model.Event
			ok := wanted(&h[i])
			if ok {
				e, ok = d.event(&h[i], here)
			}
			if ok && len(out.Events) == limit {
				out.More = true
				return out
			}
			if len(out.Events) < limit {
				out.Position = here
			}
			if ok {
				out.Events = append(out.Events, e)
			}
		}
		if len(d.loaded) > maxScan { // records that were looked at
			clear(d.loaded)
		}
	}
	return out
}

// among is the lines about records of some collections; none: of all. What lost changed nothing, so that who follows the
// records is not told of it; see [Engine.RecordHistory].
func among(of []model.Collection) func(*storage.HistoryEvent) bool {
	return func(e *storage.HistoryEvent) bool {
		return !e.Lost && (len(of) == 0 || slices.Contains(of, e.Collection))
	}
}

// event is a line of the history as the view shows it, through the one projection; ok is false when it shows nothing of
// it. A line of a record that lives is shown to whoever sees the record now; of one that is gone, only that it went, to
// whoever saw it then.
func (d *desk) event(e *storage.HistoryEvent, at model.Position) (model.Event, bool) {
	if d.view.Classes.Of(e.Collection) == 0 {
		return model.Event{}, false
	}
	out := model.Event{
		ID: d.eventID(at), Time: e.Time, Seq: at.Seq, Index: at.Index, Occurred: e.Occurred, Op: e.Op, Collection: e.Collection,
		Record: e.Record, Change: e.Change, Author: e.Author, Device: e.Device, Office: e.Office, Lane: e.Lane, Lost: e.Lost,
	}
	if e.Op == model.OpDelete {
		for _, list := range e.Shown {
			if !slices.ContainsFunc(list, d.view.In) {
				return out, false
			}
		}
		return out, len(e.Shown) > 0
	}
	if !d.shown(d.record(e.Record)) && !planted("feed-of-everybody") {
		return model.Event{}, false
	}
	before, after := d.side(e, true), d.side(e, false)
	for _, f := range e.Fields {
		_, had := before.Find(f.Field)
		_, has := after.Find(f.Field)
		if had || has || planted("feed-unprojected") {
			out.Fields = append(out.Fields, f)
		}
	}
	return out, len(out.Fields) > 0 || e.Op == model.OpCreate
}

// side is one side of an event's fields as a record, projected.
func (d *desk) side(e *storage.HistoryEvent, before bool) model.Row {
	r := model.Record{ID: e.Record, Collection: e.Collection}
	for _, f := range e.Fields {
		v := f.After
		if before {
			v = f.Before
		}
		r.Cells = append(r.Cells, model.Cell{Field: f.Field, Value: v})
	}
	return access.Project(d.table, &r, d.view, nil)
}

// eventID names an event to the outside: always the same, and telling nothing of how much lies between two.
func (d *desk) eventID(at model.Position) (id model.MessageID) {
	m := hmac.New(sha256.New, d.tenant.Secret[:])
	m.Write([]byte("event"))
	life := d.head.Lineage.Stamp(at.Seq).Incarnation // numbers are given again after a restore, and a receiver drops what it knows
	m.Write(binary.BigEndian.AppendUint64([]byte(historyKey(at.Seq, at.Index)), uint64(life)))
	copy(id[:], m.Sum(nil))
	return id
}

// cursor seals a place in the history with the rights it was read under.
func (d *desk) cursor(at model.Position) string {
	life := d.head.Lineage.Stamp(at.Seq).Incarnation
	b := binary.BigEndian.AppendUint64([]byte(historyKey(at.Seq, at.Index)), uint64(life))
	b = append(b, d.rights[:]...)
	return string(d.e.seal().Seal(d.tenant.Keys, d.binding(), b))
}

func (d *desk) binding() Binding {
	return Binding{Purpose: PurposeHistory, Tenant: d.id, User: d.caller.User}
}

// place opens a cursor.
func (d *desk) place(cursor string) (at model.Position, err error) {
	switch cursor {
	case "":
		return d.oldest(), nil
	case FromNow:
		return d.newest(), nil
	}
	b, ok := d.e.seal().Open(d.tenant.Keys, d.binding(), []byte(cursor))
	if !ok || len(b) != 20+len(d.rights) {
		return at, model.ErrHistory
	}
	at = parsePlace(b)
	// A place in a life of the store that was rolled back is none in this one: numbers were given again since (I5).
	seen, ok := d.head.Lineage.Within(model.Stamp{Incarnation: model.Incarnation(binary.BigEndian.Uint64(b[12:])), Seq: at.Seq})
	rolled := (!ok || seen < at.Seq || at.Seq > d.head.Seq) && !planted("feed-of-another-life")
	if [16]byte(b[20:]) != d.rights || rolled || d.forgotten(at) {
		return at, model.ErrGone
	}
	return at, nil
}

func parsePlace(b []byte) model.Position {
	return model.Position{Seq: model.Seq(binary.BigEndian.Uint64(b)), Index: binary.BigEndian.Uint32(b[8:])}
}

// newest is the place behind the last line there is.
func (t *tx) newest() model.Position { return model.Position{Seq: t.head.Seq, Index: lastIndex} }

// oldest is the place before the first line that is kept.
func (t *tx) oldest() (at model.Position) {
	if raw, ok := t.row(storage.TableHistory, ""); ok && len(raw) == 12 {
		return parsePlace(raw)
	}
	return at
}

// forgotten says whether lines after a place are gone.
func (t *tx) forgotten(at model.Position) bool {
	gone := t.oldest()
	return at.Seq < gone.Seq || at.Seq == gone.Seq && at.Index < gone.Index
}

// historyBatch is how many rows one commit of the sweep forgets.
const historyBatch = 1000

// forgetHistory drops the history's oldest rows and says whether there may be more to drop.
func (t *tx) forgetHistory() bool {
	left := historyBatch
	for key, raw := range t.r.Rows(storage.TableHistory, "", "") {
		if len(key) != 12 {
			continue
		}
		h, err := storage.ParseHistory(raw)
		if err != nil {
			t.fail(fmt.Errorf("read the history: %w", err))
			return false
		}
		if len(h) > 0 && t.now-h[len(h)-1].Time <= model.Instant(t.tenant.Settings.HistoryKeep) {
			return false
		}
		if left--; left < 0 {
			return true
		}
		row := binary.BigEndian.Uint32([]byte(key[8:]))
		// The place of the last line that goes, and no further: who has read everything stands there, and has missed nothing.
		last := row*storage.MaxHistoryEvents + uint32(max(len(h), 1)) - 1
		gone := historyKey(model.Seq(binary.BigEndian.Uint64([]byte(key))), last)
		t.remove(storage.TableHistory, key)
		t.put(storage.TableHistory, "", []byte(gone))
	}
	return false
}
