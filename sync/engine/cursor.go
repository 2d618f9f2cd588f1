package engine

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// cursor is the whole state of a device (feed-verification §2). Sealed, it stands on the device, in the same local
// transaction as the data.
type cursor struct {
	incarnation model.Incarnation
	step        uint8     // how far the view has grown during a first sync (DESIGN §5, tiers)
	more        bool      // the last checkpoint said that it goes on growing: the device waits to hear that it is done
	s           model.Seq // cut: the base is the checkpoint at s

	// The floor: what the device surely has. floor is V(s) ∩ the views of all pages since s; h is the commit of the
	// latest page since s.
	floor model.View
	h     model.Seq

	// The ceiling: what it may have. A held record with a key in a range was shown by the range's audiences at its
	// commit. ceilFields is the classes it may hold.
	ceil       []ceiling
	ceilFields model.Reach
	rk         model.RecordID // where an unfinished retraction goes on

	l model.View // everything l shows in rows with at ≤ w is on the device, in base or staging
	w model.Seq

	pass  *pass // the running fill pass
	j     uint8 // how many passes began since the checkpoint
	clean bool  // no page since the checkpoint
}

// ceiling is one range of keys, up to and including upTo, from where the range before it ends.
type ceiling struct {
	upTo      model.RecordID
	seq       model.Seq
	audiences []model.Audience
}

// pass is a walk through all keys that fills what its target view shows. The target may only shrink.
type pass struct {
	target model.View
	n0     model.Seq      // the commit at its start
	k      model.RecordID // the last key sent
	begun  bool           // k means something
}

// lastKey is above every record id in use.
var lastKey = model.RecordID{
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
}

func oneRange(seq model.Seq, audiences []model.Audience) []ceiling {
	return []ceiling{{lastKey, seq, audiences}}
}

// freshCursor is of a device that holds nothing, at head n.
func freshCursor(inc model.Incarnation, n model.Seq) cursor {
	return cursor{incarnation: inc, h: n, ceil: oneRange(n, nil)}
}

// checkpointCursor is what a cursor collapses to at checkpoint n under v.
func checkpointCursor(inc model.Incarnation, n model.Seq, v model.View, step uint8) cursor {
	return cursor{
		incarnation: inc, step: step, s: n, floor: v, h: n, ceil: oneRange(n, v.Audiences), ceilFields: v.Classes,
		l: v, w: n, clean: true,
	}
}

// ceilingOf is the range a key falls in.
func (c *cursor) ceilingOf(id model.RecordID) ceiling {
	for _, g := range c.ceil {
		if id.Compare(g.upTo) <= 0 {
			return g
		}
	}
	return c.ceil[len(c.ceil)-1]
}

// oldest is the oldest retraction of the ceiling: what the horizon is compared with, never the cut (CE-15).
func (c *cursor) oldest() model.Seq {
	seq := c.ceil[0].seq
	for _, g := range c.ceil {
		seq = min(seq, g.seq)
	}
	return seq
}

// raise notes that every key above from, up to and including to, was checked: now is their ceiling. A walk goes round
// the end, so that to may be below from; equal ends are the whole round.
func (c *cursor) raise(from, to model.RecordID, now ceiling) {
	ends := []model.RecordID{from, to}
	for _, g := range c.ceil {
		ends = append(ends, g.upTo)
	}
	slices.SortFunc(ends, model.RecordID.Compare)
	var out []ceiling
	var start model.RecordID // no record has the zero id
	raised := false
	for _, end := range slices.Compact(ends) {
		if end == (model.RecordID{}) {
			continue
		}
		g := c.ceilingOf(end)
		above, below := start.Compare(from) >= 0, end.Compare(to) <= 0
		inside := above && below || to.Compare(from) <= 0 && (above || below)
		start = end
		// Only what is raised now becomes one range. Ranges of other pages stay as they are, though their commits may
		// be the same: the number of ranges shows in the cursor's length, and must not tell of hidden commits.
		n := len(out)
		one := inside && raised
		if raised = inside; inside {
			g = now
		}
		if planted("ranges-merged-by-commit") {
			one = n > 0 && out[n-1].seq == g.seq && slices.Equal(out[n-1].audiences, g.audiences)
		}
		if one {
			out[n-1].upTo = end
			continue
		}
		out = append(out, ceiling{end, g.seq, g.audiences})
	}
	c.ceil = out
}

// cursorVersion is the first byte of a cursor's plaintext.
const cursorVersion = 1

// cursorStep is what a cursor's plaintext is padded to, so that the sealed length says nothing about how much was
// written (feed-verification §5).
const cursorStep = 64

// encode writes a cursor with fixed-width numbers, padded.
func (c *cursor) encode() []byte {
	e := writer{}
	e.byte(cursorVersion)
	e.u64(uint64(c.incarnation))
	e.byte(c.step)
	e.bool(c.more)
	e.u64(uint64(c.s))
	if c.clean {
		e.byte(1)
		e.view(c.floor)
		if planted("leak-cursor-grows") {
			e.bytes(make([]byte, c.s))
		}
		return e.padded()
	}
	e.byte(0)
	e.u64(uint64(c.h))
	e.view(c.floor)
	e.byte(byte(len(c.ceil)))
	for _, g := range c.ceil {
		e.bytes(g.upTo[:])
		e.u64(uint64(g.seq))
		e.audiences(g.audiences)
	}
	e.classes(&c.ceilFields)
	e.bytes(c.rk[:])
	e.view(c.l)
	e.u64(uint64(c.w))
	e.byte(c.j)
	if c.pass == nil {
		e.byte(0)
		return e.padded()
	}
	e.byte(1)
	e.view(c.pass.target)
	e.u64(uint64(c.pass.n0))
	e.bytes(c.pass.k[:])
	e.bool(c.pass.begun)
	return e.padded()
}

// decodeCursor reads what encode wrote. The bytes were sealed by this server, so that only another version can fail.
func decodeCursor(b []byte) (cursor, bool) {
	d := reader{b: b}
	if d.byte() != cursorVersion {
		return cursor{}, false
	}
	c := cursor{incarnation: model.Incarnation(d.u64()), step: d.byte(), more: d.byte() == 1, s: model.Seq(d.u64())}
	if d.byte() == 1 {
		v := d.view()
		more := c.more
		c = checkpointCursor(c.incarnation, c.s, v, c.step)
		c.more = more
		return c, !d.bad
	}
	c.h = model.Seq(d.u64())
	c.floor = d.view()
	for range d.byte() {
		var g ceiling
		copy(g.upTo[:], d.bytes(16))
		g.seq = model.Seq(d.u64())
		g.audiences = d.audiences()
		c.ceil = append(c.ceil, g)
	}
	c.ceilFields = d.classes()
	copy(c.rk[:], d.bytes(16))
	c.l = d.view()
	c.w = model.Seq(d.u64())
	c.j = d.byte()
	if d.byte() == 1 {
		c.pass = &pass{target: d.view(), n0: model.Seq(d.u64())}
		copy(c.pass.k[:], d.bytes(16))
		c.pass.begun = d.byte() == 1
	}
	return c, !d.bad && len(c.ceil) > 0
}

// writer appends fixed-width parts.
type writer struct{ b []byte }

func (e *writer) byte(v byte)    { e.b = append(e.b, v) }
func (e *writer) bytes(v []byte) { e.b = append(e.b, v...) }
func (e *writer) u64(v uint64)   { e.b = binary.BigEndian.AppendUint64(e.b, v) }
func (e *writer) bool(v bool) {
	if v {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *writer) audiences(list []model.Audience) {
	e.b = binary.BigEndian.AppendUint16(e.b, uint16(len(list)))
	for _, a := range list {
		e.b = binary.BigEndian.AppendUint32(e.b, uint32(a))
	}
}

// classes writes the set that most collections have, which collections have it, and the others one by one.
func (e *writer) classes(m *model.Reach) {
	var count [1 << 8]uint8
	var common model.Classes
	for _, set := range m.All() {
		if count[set]++; count[set] > count[common] || count[set] == count[common] && set < common {
			common = set
		}
	}
	var with uint64
	var rest []model.Collection
	for c, set := range m.All() {
		if set == common {
			with |= 1 << c
		} else {
			rest = append(rest, c)
		}
	}
	e.byte(byte(common))
	e.u64(with)
	e.byte(byte(len(rest)))
	for _, c := range rest {
		e.b = binary.BigEndian.AppendUint16(e.b, uint16(c))
		e.byte(byte(m.Of(c)))
	}
}

func (e *writer) view(v model.View) {
	e.audiences(v.Audiences)
	e.classes(&v.Classes)
}

// padded is what was written, with its length in front, filled up to a multiple of cursorStep.
func (e *writer) padded() []byte {
	out := binary.BigEndian.AppendUint16(nil, uint16(len(e.b)))
	out = append(out, e.b...)
	if rest := len(out) % cursorStep; rest != 0 {
		out = append(out, bytes.Repeat([]byte{0}, cursorStep-rest)...)
	}
	return out
}

// unpadded is the inverse of padded.
func unpadded(b []byte) ([]byte, bool) {
	if len(b) < 2 {
		return nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if n > len(b)-2 {
		return nil, false
	}
	return b[2 : 2+n], true
}

// reader reads what a writer wrote; bad is set when there was too little.
type reader struct {
	b   []byte
	bad bool
}

func (d *reader) bytes(n int) []byte {
	if len(d.b) < n {
		d.bad, d.b = true, nil
		return make([]byte, n)
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *reader) byte() byte  { return d.bytes(1)[0] }
func (d *reader) u64() uint64 { return binary.BigEndian.Uint64(d.bytes(8)) }

func (d *reader) audiences() []model.Audience {
	n := int(binary.BigEndian.Uint16(d.bytes(2)))
	if n > len(d.b)/4 {
		d.bad = true
		return nil
	}
	list := make([]model.Audience, n)
	for i := range list {
		list[i] = model.Audience(binary.BigEndian.Uint32(d.bytes(4)))
	}
	return list
}

func (d *reader) classes() (m model.Reach) {
	common, with := model.Classes(d.byte()), d.u64()
	for c := range m {
		if with>>c&1 == 1 {
			m[c] = common
		}
	}
	for range d.byte() {
		c, set := int(binary.BigEndian.Uint16(d.bytes(2))), model.Classes(d.byte())
		if d.bad = d.bad || c >= len(m); !d.bad {
			m[c] = set
		}
	}
	return m
}

func (d *reader) view() model.View { return model.View{Audiences: d.audiences(), Classes: d.classes()} }
