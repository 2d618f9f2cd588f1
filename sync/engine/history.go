package engine

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The history is the time-ordered stream for people and back offices (DESIGN §4): what every decision did to records,
// derived from the difference that the decision makes, so that no road around it exists. No device reads it; it expires.

// source is how a change came in.
type source struct {
	device model.DeviceID
	lane   model.Lane
	by     model.UserID // who did it, when what is written stays somebody else's; zero: who wrote
}

// maxEventBytes is what the fields of one event take at most; a row of history must stay within a value of the store,
// and the largest field, before and after, must fit.
const maxEventBytes = 112 << 10

// Decisions of one commit share rows, since a row costs more than what a small change puts into it: so many in turn, until
// a row has so many bytes. It is little, because whoever joins writes the row anew.
const (
	historySharers = 16
	sharedHistory  = 6 << 10
)

// maxHistoryRows is how many rows one decision may write: more than any commit takes, and few enough that the rows of a
// commit's decisions, and the events in them, make numbers of 32 bits.
const maxHistoryRows = 1 << 32 / storage.MaxCommitChanges / storage.MaxHistoryEvents

// chronicle adds what the decision did to records to the history.
func (t *tx) chronicle() {
	events := t.happened()
	if len(events) == 0 {
		return
	}
	no, row := t.openHistory()
	if planted("history-replaced") {
		row = nil
	}
	piece, n, size := storage.History(nil), storage.HistoryLen(row), len(row)
	flush := func() {
		if len(piece) > 0 {
			t.put(storage.TableHistory, historyKey(t.seq(), no), piece.Extend(row))
		}
	}
	for i := range events {
		more := eventSize(&events[i])
		if n == storage.MaxHistoryEvents || n > 0 && size+more > maxEventBytes {
			flush()
			no, row, piece, n, size = no+1, nil, nil, 0, 0
		}
		t.chain(&events[i], model.Position{Seq: t.seq(), Index: no*storage.MaxHistoryEvents + uint32(n)})
		piece, n, size = append(piece, events[i]), n+1, size+more
	}
	flush()
}

// chain puts a line behind the last one of its record: a reader of one record follows that back, and looks at no other's. Of a record to
// which nothing happened but that a value lost only this is written, so that no device is told of it.
func (t *tx) chain(e *storage.HistoryEvent, here model.Position) {
	r := t.records[e.Record]
	if r == nil {
		r = t.edit(e.Record)
	}
	if e.Before = r.Told; !planted("history-unchained") {
		r.Told = here
	}
}

// openHistory is the row in which the decision's history goes on, and its number. The rows of one commit are numbered by
// those who share them, so that hardly any is looked for; and by place within theirs.
func (t *tx) openHistory() (no uint32, row []byte) {
	turn := t.r.Turn()
	no = uint32(turn/historySharers*historySharers) * maxHistoryRows
	if turn%historySharers == 0 {
		return no, nil // nobody has shared it yet
	}
	for {
		row, ok := t.row(storage.TableHistory, historyKey(t.seq(), no))
		if !ok || len(row) < sharedHistory {
			return no, row
		}
		no++
	}
}

func historyKey(s model.Seq, row uint32) string {
	return string(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(s)), row))
}

// happened is what the decision did to records, parents before what hangs on them: collections are numbered that way. What
// lost comes behind what became of its record.
func (t *tx) happened() []storage.HistoryEvent {
	var events []storage.HistoryEvent
	for id, now := range t.records {
		events = append(events, t.eventsOf(t.stored(id), now)...)
	}
	events = append(events, t.lost...)
	slices.SortStableFunc(events, func(a, b storage.HistoryEvent) int {
		return cmp.Or(cmp.Compare(a.Collection, b.Collection), a.Record.Compare(b.Record))
	})
	return events
}

// eventsOf is what became of one record, an event for each change that wrote to it.
func (t *tx) eventsOf(was, now *model.Record) []storage.HistoryEvent {
	lived := was != nil && !was.Deleted
	switch {
	case now.Deleted && (!lived || planted("deletions-unchronicled")):
		return nil
	case now.Deleted:
		e := t.event(model.OpDelete, was, t.deaths[was.ID])
		e.Shown = t.showedTo(was)
		return []storage.HistoryEvent{e} // of what is gone only that it went is told
	}
	var events []storage.HistoryEvent
	changed := differences(was, now)
	for i, w := range now.Writes {
		fields := changed
		if len(now.Writes) > 1 {
			fields = writtenBy(now, i, changed)
		}
		if len(fields) == 0 {
			continue
		}
		op := model.OpEdit
		if !lived && len(events) == 0 {
			op = model.OpCreate
		}
		events = append(events, t.split(t.event(op, now, w), fields)...)
	}
	if !lived && len(events) == 0 { // a record of nothing but its parent
		events = append(events, t.event(model.OpCreate, now, now.Writes[0]))
	}
	return events
}

// showedTo is the audiences that were shown a record before this decision, and those that were shown what it hung on.
func (t *tx) showedTo(r *model.Record) [][]model.Audience {
	var out [][]model.Audience
	for range 5 { // the table nests no deeper
		open := []model.Audience{}
		if r != nil {
			for _, m := range r.Memberships {
				if m.Open() {
					open = append(open, m.Audience)
				}
			}
		}
		out = append(out, open)
		if r == nil || r.Parent().IsZero() || planted("orphans-told") {
			break
		}
		r = t.stored(r.Parent())
	}
	return out
}

func (t *tx) event(op model.Op, r *model.Record, w model.Write) storage.HistoryEvent {
	from := t.sources[w.Change]
	e := storage.HistoryEvent{
		Time: t.now, Op: op, Collection: r.Collection, Record: r.ID, Change: w.Change, Author: w.Author, Device: from.device,
		Lane: from.lane, Office: w.Office, Occurred: w.Occurred,
	}
	if !from.by.IsZero() {
		e.Author, e.Office, e.Occurred = from.by, true, t.now
	}
	return e
}

// writtenBy is those of a record's differences that one of its writes made.
func writtenBy(r *model.Record, write int, changed []model.EventField) (out []model.EventField) {
	for _, d := range changed {
		if cell, _ := r.Cell(d.Field); int(cell.Write) == write {
			out = append(out, d)
		}
	}
	return out
}

// split gives an event its fields; what is too much for one becomes several of the same change.
func (t *tx) split(e storage.HistoryEvent, fields []model.EventField) (out []storage.HistoryEvent) {
	from, size := 0, 0
	for i, f := range fields {
		n := f.Before.Size() + f.After.Size()
		if i > from && size+n > maxEventBytes {
			e.Fields = fields[from:i]
			out = append(out, e)
			from, size = i, 0
			if e.Op == model.OpCreate {
				e.Op = model.OpEdit
			}
		}
		size += n
	}
	e.Fields = fields[from:]
	return append(out, e)
}

// differences is the fields in which two states of a record differ; nil is a record of nothing. A null of either side
// is no value.
func differences(was, now *model.Record) (out []model.EventField) {
	var a, b []model.Cell
	if was != nil && !was.Deleted {
		a = was.Cells
	}
	if now != nil {
		b = now.Cells
	}
	if len(a) == 0 {
		out = make([]model.EventField, 0, len(b))
	}
	for len(a)+len(b) > 0 {
		var d model.EventField
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Field < b[0].Field:
			d, a = model.EventField{Field: a[0].Field, Before: a[0].Value}, a[1:]
		case len(a) == 0 || b[0].Field < a[0].Field:
			d, b = model.EventField{Field: b[0].Field, After: b[0].Value}, b[1:]
		default:
			d, a, b = model.EventField{Field: a[0].Field, Before: a[0].Value, After: b[0].Value}, a[1:], b[1:]
		}
		if d.Before != d.After {
			out = append(out, d)
		}
	}
	return out
}

func eventSize(e *storage.HistoryEvent) int {
	n := 116
	for _, list := range e.Shown {
		n += 1 + 5*len(list)
	}
	for _, f := range e.Fields {
		n += 5 + f.Before.Size() + f.After.Size()
	}
	return n
}

// chronicled is what the history of a record's change takes in a commit.
func (t *tx) chronicled(r *model.Record) int {
	n := 0
	for _, e := range t.eventsOf(t.stored(r.ID), r) {
		n += eventSize(&e) + storage.RowCost
	}
	return n
}
