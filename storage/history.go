package storage

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/sync/model"
)

// History is a row of what decisions did, for people: who changed what, when. It is never the feed of a device, and
// expires (DESIGN §4). Decisions of one commit share a row, and a decision of much is several.
type History []HistoryEvent

// MaxHistoryEvents is how many events a row holds at most, so that a row and a place in it make one number.
const MaxHistoryEvents = 1 << 8

// HistoryEvent is what one change did to one record.
type HistoryEvent struct {
	Time       model.Instant // committed
	Op         model.Op
	Collection model.Collection
	Record     model.RecordID
	Change     model.ChangeID
	Author     model.UserID
	Device     model.DeviceID
	Lane       model.Lane
	Office     bool
	Lost       bool // the change's values did not stand: fields have what lost before, and what stood instead after
	Occurred   model.Instant
	Before     model.Position // the line before of the same record: they are a chain from [model.Record.Told] on; zero: this is the first
	Fields     []model.EventField
	// Shown is of a deletion: the audiences that were shown the record, and those that were shown each record it hung on. Who
	// was in one of every list had it. The records themselves are forgotten before their history.
	Shown [][]model.Audience
}

// Bits of an event's flags.
const (
	eventOffice = 1 << iota
	eventDevice
	eventLost
	eventBits = iota
)

// The fewest bytes of an element.
const (
	minEventField = 1 + 1 + 1
)

// eventHead is what stands before an event: how many bytes it has, big-endian, so that a row is extended without reading it.
const eventHead = 4

// Append appends the row of a piece of history.
func (h History) Append(b []byte) []byte { return append(b, h.Extend(nil)...) }

// Extend is a row with a piece of history at its end; no row is an empty one. The row itself is not changed, but what it has
// room for behind its end may be: of two extensions of one row the later one is good. So a commit's decisions, of which each
// extends what the last one that stands has left, copy little.
func (h History) Extend(row []byte) []byte {
	if len(row) == 0 {
		row = append(make([]byte, 0, 1+len(h)*historyGuess), rowVersion)
	}
	for i := range h {
		start := len(row)
		row = h[i].append(append(row, make([]byte, eventHead)...))
		binary.BigEndian.PutUint32(row[start:], uint32(len(row)-start-eventHead))
	}
	return row
}

// historyGuess is about what an event takes that somebody typed.
const historyGuess = 512

// HistoryLen is how many events a row of history has, without reading them.
func HistoryLen(row []byte) (n int) {
	for at := 1; at+eventHead <= len(row); n++ {
		at += eventHead + int(binary.BigEndian.Uint32(row[at:]))
	}
	return n
}

// HistoryLine reads one event of a row by its place in it, and none of the others; ok is false when there is none.
func HistoryLine(row []byte, n int) (e HistoryEvent, ok bool, err error) {
	at := 1
	for ; n > 0 && at+eventHead <= len(row); n-- {
		at += eventHead + int(binary.BigEndian.Uint32(row[at:]))
	}
	if at+eventHead > len(row) {
		return e, false, nil
	}
	d := decode(row)
	d.at = at + eventHead
	end := d.at + int(binary.BigEndian.Uint32(row[at:]))
	e = d.event()
	if d.at != end {
		d.fail()
	}
	d.at = len(d.b) // the others are not looked at
	e, err = finish(d, e, "history")
	return e, err == nil, err
}

func (e *HistoryEvent) append(b []byte) []byte {
	b = append(b, bits(e.Office, !e.Device.IsZero(), e.Lost), byte(e.Op))
	b = appendSigned(b, e.Time)
	b = appendNumber(b, e.Collection)
	b = append(b, e.Record[:]...)
	b = append(b, e.Change[:]...)
	b = append(b, e.Author[:]...)
	if !e.Device.IsZero() {
		b = append(b, e.Device[:]...)
	}
	b = append(b, byte(e.Lane))
	b = appendSigned(b, e.Occurred)
	b = appendPosition(b, e.Before)
	b = appendNumber(b, uint64(len(e.Fields)))
	for _, f := range e.Fields {
		b = appendNumber(b, f.Field)
		b = appendValue(b, f.Before)
		b = appendValue(b, f.After)
	}
	b = appendNumber(b, uint64(len(e.Shown)))
	for _, list := range e.Shown {
		b = appendNumber(b, uint64(len(list)))
		for _, a := range list {
			b = appendNumber(b, a)
		}
	}
	return b
}

// ParseHistory is the inverse of [History.Append].
func ParseHistory(b []byte) (History, error) {
	d := decode(b)
	var h History
	for !d.bad && d.left() > 0 {
		var head [eventHead]byte
		d.fixed(head[:])
		end := d.at + int(binary.BigEndian.Uint32(head[:]))
		h = append(h, d.event())
		if d.at != end {
			d.fail()
		}
	}
	return finish(d, h, "history")
}

func (d *decoder) event() (e HistoryEvent) {
	flags := d.flags(eventBits)
	e.Op = model.Op(d.byte())
	e.Time = signed[model.Instant](d)
	e.Collection = number[model.Collection](d)
	d.fixed(e.Record[:])
	d.fixed(e.Change[:])
	d.fixed(e.Author[:])
	if flags&eventDevice != 0 {
		if d.fixed(e.Device[:]); e.Device.IsZero() {
			d.fail()
		}
	}
	e.Lane, e.Office, e.Lost = model.Lane(d.byte()), flags&eventOffice != 0, flags&eventLost != 0
	e.Occurred = signed[model.Instant](d)
	e.Before = d.position()
	e.Fields = list(d, minEventField, func() model.EventField {
		return model.EventField{Field: number[model.FieldNo](d), Before: d.value(), After: d.value()}
	})
	e.Shown = list(d, 1, func() []model.Audience {
		return list(d, 1, func() model.Audience { return number[model.Audience](d) })
	})
	return e
}
