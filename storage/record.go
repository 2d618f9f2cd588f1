package storage

import (
	"bytes"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Bits of a write's flags.
const (
	writeOffice = 1 << iota
	writeOrig
	writeOver
	writeBits = iota
)

// The fewest bytes of an element, which bound what a count may claim.
const (
	minWrite      = 1 + 1 + 16 + 1 + 16
	minCell       = 1 + 1 + 1
	minMembership = 1 + 1
	minInterval   = 1 + 1 + 1
)

// AppendRecord appends the row of a record. The record must be in order: cells ascending by field, memberships by
// audience, every cell's write in the table (see [WriteSet.Check]); else the row cannot be read back.
func AppendRecord(b []byte, r *model.Record) []byte {
	b = slices.Grow(b, guess(r))
	b = append(b, rowVersion, bits(r.Deleted))
	b = append(b, r.ID[:]...)
	b = appendNumber(b, r.Collection)
	b = appendNumber(b, r.Seq)
	b = appendNumber(b, uint64(len(r.Memberships)))
	for _, m := range r.Memberships {
		b = appendNumber(b, m.Audience)
		b = appendNumber(b, uint64(len(m.Intervals)))
		for _, iv := range m.Intervals {
			b = appendNumber(b, iv.First)
			b = appendNumber(b, iv.In)
			b = appendNumber(b, iv.Out)
		}
	}
	b = appendNumber(b, uint64(len(r.Writes)))
	for i := range r.Writes {
		b = appendWrite(b, &r.Writes[i])
	}
	b = appendNumber(b, uint64(len(r.Cells)))
	for _, c := range r.Cells {
		b = appendNumber(b, c.Field)
		b = appendNumber(b, c.Write)
		b = appendValue(b, c.Value)
	}
	return appendPosition(b, r.Told)
}

// guess is about as many bytes as a record takes, rather too many.
func guess(r *model.Record) int {
	n := 64 + 64*len(r.Writes) + 16*len(r.Memberships)
	for i := range r.Cells {
		n += 8 + r.Cells[i].Value.Size()
	}
	return n
}

// ParseRecord is the inverse of [AppendRecord]. The record shares no memory with b; its texts share one string.
func ParseRecord(b []byte) (*model.Record, error) {
	d := decode(b)
	r := d.outline()
	r.Writes = list(d, minWrite, d.write)
	r.Cells = d.cells(len(r.Writes))
	r.Told = d.position()
	return finish(d, r, "record")
}

// ParseOutline reads of a record's row what stands before its writes and cells: enough to tell whether it is shown.
func ParseOutline(b []byte) (*model.Record, error) {
	d := decode(b)
	r := d.outline()
	d.at = len(d.b) // what follows is not looked at
	return finish(d, r, "record")
}

// CutOutline is a copy of what [ParseOutline] needs of a record's row.
func CutOutline(b []byte) (line []byte, ok bool) {
	d := decode(b)
	d.outline()
	if d.bad {
		return nil, false
	}
	return bytes.Clone(b[:d.at]), true
}

func (d *decoder) outline() *model.Record {
	r := &model.Record{Deleted: d.flags(1) == 1}
	d.fixed(r.ID[:])
	r.Collection = number[model.Collection](d)
	r.Seq = number[model.Seq](d)
	r.Memberships = d.memberships()
	return r
}

func appendPosition(b []byte, p model.Position) []byte {
	return appendNumber(appendNumber(b, p.Seq), p.Index)
}

func (d *decoder) position() model.Position {
	return model.Position{Seq: number[model.Seq](d), Index: number[uint32](d)}
}

func appendWrite(b []byte, w *model.Write) []byte {
	orig := w.Orig != model.Stamp{}
	b = append(b, bits(w.Office, orig, len(w.Over) > 0))
	b = appendNumber(b, w.Seq)
	b = append(b, w.Change[:]...)
	b = appendSigned(b, w.Occurred)
	b = append(b, w.Author[:]...)
	if orig {
		b = appendStamp(b, w.Orig)
	}
	if len(w.Over) > 0 {
		b = appendNumber(b, uint64(len(w.Over)))
		for i := range w.Over {
			b = append(b, w.Over[i][:]...)
		}
	}
	return b
}

func (d *decoder) write() (w model.Write) {
	f := d.flags(writeBits)
	w.Office = f&writeOffice != 0
	w.Seq = number[model.Seq](d)
	d.fixed(w.Change[:])
	w.Occurred = signed[model.Instant](d)
	d.fixed(w.Author[:])
	if f&writeOrig != 0 {
		if w.Orig = d.stamp(); w.Orig == (model.Stamp{}) {
			d.fail() // would be written without it
		}
	}
	if f&writeOver != 0 {
		if w.Over = list(d, 16, d.change); w.Over == nil {
			d.fail()
		}
	}
	return w
}

func (d *decoder) change() (id model.ChangeID) {
	d.fixed(id[:])
	return id
}

func appendStamp(b []byte, s model.Stamp) []byte {
	return appendNumber(appendNumber(b, s.Incarnation), s.Seq)
}

func (d *decoder) stamp() model.Stamp {
	return model.Stamp{Incarnation: number[model.Incarnation](d), Seq: number[model.Seq](d)}
}

func (d *decoder) cells(writes int) []model.Cell {
	last := int64(-1)
	return list(d, minCell, func() (c model.Cell) {
		c.Field = number[model.FieldNo](d)
		c.Write = number[uint16](d)
		c.Value = d.value()
		if int64(c.Field) <= last || int(c.Write) >= writes {
			d.fail()
		}
		last = int64(c.Field)
		return c
	})
}

func (d *decoder) memberships() []model.Membership {
	n := d.count(minMembership)
	if n == 0 {
		return nil
	}
	out := make([]model.Membership, 0, n)
	room := make([]model.Interval, 0, n) // of all of them: nearly every membership has one
	last := int64(-1)
	for range n {
		if d.bad {
			return nil
		}
		m := model.Membership{Audience: number[model.Audience](d)}
		if int64(m.Audience) <= last {
			d.fail()
		}
		last = int64(m.Audience)
		if k := d.count(minInterval); k > 0 {
			start := len(room)
			for range k {
				room = append(room, d.interval())
			}
			m.Intervals = room[start:len(room):len(room)]
		}
		out = append(out, m)
	}
	return out
}

func (d *decoder) interval() model.Interval {
	return model.Interval{First: number[model.Seq](d), In: number[model.Seq](d), Out: number[model.Seq](d)}
}

func appendValue(b []byte, v model.Value) []byte {
	b = append(b, byte(v.Kind()))
	switch v.Kind() {
	case model.KindBool:
		b = append(b, bits(v.Bool()))
	case model.KindInt:
		b = appendSigned(b, v.Int())
	case model.KindText, model.KindBytes:
		b = appendText(b, v.Raw())
	case model.KindNull:
	}
	return b
}

func (d *decoder) value() model.Value {
	switch model.Kind(d.byte()) {
	case model.KindNull:
		return model.Null()
	case model.KindBool:
		return model.Bool(d.flags(1) == 1)
	case model.KindInt:
		return model.Int(signed[int64](d))
	case model.KindText:
		return model.Text(d.text())
	case model.KindBytes:
		n := d.count(1)
		d.at += n
		return model.Bytes(d.b[d.at-n : d.at])
	default:
		d.fail()
		return model.Null()
	}
}
