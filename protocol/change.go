package protocol

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// The body of a change, an array whose first 8 elements are always there. The last five are left out from the end as
// long as they are empty, so that an ordinary change costs nothing for what it does not use.
//
//	0 id          bytes 16
//	1 op          1 create, 2 edit, 3 delete
//	2 collection  uint
//	3 record      bytes 16; nil: the same as the id
//	4 fields      create: [field, value, …]; edit: [field, value, seen, …]; delete: []; ascending by field
//	5 refs        bytes 8: the clock's tag; bytes 16: the base token's tag and the clock's
//	6 skew        int: wall clock − (mark + elapsed), milliseconds
//	7 elapsed     int: monotonic milliseconds since the clock's mark
//	8 after       ids
//	9 over        ids
//	10 group      bytes 16, or nil: alone
//	11 size       uint: members of the group
//	12 flags      uint: bit 0 made after the end
const (
	changeFields = 8
	changeTail   = 5
)

const flagAfterEnd = 1

// A fault is what makes a change malformed, on its way out of a decoder.
type fault model.Reason

func (f fault) Error() string { return fmt.Sprintf("fault %d", uint16(f)) }

// ErrChange says that a change cannot be said in a body: its own code is at fault.
var ErrChange = errors.New("not a change that can be sent")

// EncodeChange makes the immutable body of a change and the blobs it refers to: the base token, when it has one, and
// the clock. Do it once, when the change is saved, and keep body and blobs: what is hashed is never made again. Only
// what [DecodeChange] reads back without a fault is encoded.
func EncodeChange(c *model.Change) (body []byte, blobs [][]byte, err error) {
	clock := c.Occurred.Clock
	if clock.User.IsZero() {
		clock.User = c.Author
	}
	var refs []byte
	if c.Base != "" {
		blobs = append(blobs, []byte(c.Base))
	}
	blobs = append(blobs, encodeClock(&clock))
	for _, b := range blobs {
		tag := BlobTag(b)
		refs = append(refs, tag[:]...)
	}
	body = write(func(w *writer) { w.change(c, refs, int64(c.Occurred.Wall)-int64(clock.Mark)-c.Occurred.Elapsed) })

	back := DecodeChange(string(body), blobTexts(blobs))
	switch {
	case back.Fault != model.ReasonNone:
		return nil, nil, fmt.Errorf("%w: reason %d", ErrChange, back.Fault)
	case !c.Author.IsZero() && back.Author != c.Author:
		return nil, nil, fmt.Errorf("%w: the clock is another user's", ErrChange)
	case back.Record != c.Record || back.Occurred.Wall != c.Occurred.Wall || !slices.Equal(back.Fields, c.Fields):
		return nil, nil, fmt.Errorf("%w: it reads back as another", ErrChange)
	}
	return body, blobs, nil
}

func blobTexts(blobs [][]byte) []string {
	out := make([]string, len(blobs))
	for i, b := range blobs {
		out[i] = string(b)
	}
	return out
}

func (w *writer) change(c *model.Change, refs []byte, skew int64) {
	var flags uint64
	if c.AfterEnd {
		flags |= flagAfterEnd
	}
	tail := changeTail
	for i, empty := range []bool{flags == 0, c.GroupSize == 0, c.Group.IsZero(), len(c.Over) == 0, len(c.After) == 0} {
		if !empty {
			break
		}
		tail = changeTail - 1 - i
	}
	w.list(changeFields + tail)
	w.bytes(c.ID[:])
	w.uint(uint64(c.Op))
	w.uint(uint64(c.Collection))
	w.idOrNull(c.Record, c.Record == model.RecordID(c.ID))
	w.assigns(c)
	w.bytes(refs)
	w.int(skew)
	w.int(c.Occurred.Elapsed)
	for i := range tail {
		switch i {
		case 0:
			writeIDs(w, c.After)
		case 1:
			writeIDs(w, c.Over)
		case 2:
			w.idOrNull(model.RecordID(c.Group), c.Group.IsZero())
		case 3:
			w.uint(uint64(max(c.GroupSize, 0)))
		case 4:
			w.uint(flags)
		}
	}
}

func (w *writer) idOrNull(id model.RecordID, null bool) {
	if null {
		w.null()
		return
	}
	w.bytes(id[:])
}

// assigns writes the fields flat: an array a field would cost a byte each, and a seen hash in a creation nine.
func (w *writer) assigns(c *model.Change) {
	width := assignWidth(c.Op)
	w.list(width * len(c.Fields))
	for i := range c.Fields {
		w.uint(uint64(c.Fields[i].Field))
		w.value(c.Fields[i].Value)
		if width == 3 {
			w.uint(uint64(c.Fields[i].Seen))
		}
	}
}

func assignWidth(op model.Op) int {
	if op == model.OpEdit {
		return 3
	}
	return 2
}

// DecodeChange reads a change from its body and the blobs it refers to; others do no harm. It never fails: what is
// wrong is in Fault, and then ID (when it was readable), Body, Blobs and Hash are all there is. It allocates at most
// 4 KiB, twice the body and blobs, and 48 bytes a field.
func DecodeChange(body string, blobs []string) model.Change {
	index := make(map[[8]byte]string, len(blobs))
	for _, b := range blobs {
		index[BlobTag([]byte(b))] = b
	}
	c := decodeChange(body, index)
	c.Blobs = blobs
	return c
}

func decodeChange(body string, blobs map[[8]byte]string) model.Change {
	data := []byte(body)
	bare := model.Change{ID: readableID(data), Body: body, Hash: sha256.Sum256(data)}
	c := bare
	err := Check(data, ChangeLimits)
	if err == nil {
		err = read(data, func(r *reader) { r.change(&c, blobs) })
	}
	if err == nil {
		return c
	}
	bare.Blobs = c.Blobs
	bare.Fault = faultOf(err)
	return bare
}

// faultOf turns a defect of a body into the reason of its refusal.
func faultOf(err error) model.Reason {
	if f, ok := errors.AsType[fault](err); ok {
		return model.Reason(f)
	}
	switch {
	case errors.Is(err, ErrShape):
		return model.ReasonShape
	case errors.Is(err, ErrTooLong), errors.Is(err, ErrElements):
		return model.ReasonTooLarge
	default:
		return model.ReasonBody
	}
}

// readableID is the id of a body whatever else is wrong with it, so that an answer and an alarm can name it.
func readableID(data []byte) (id model.ChangeID) {
	at := 1
	if len(data) > 0 && data[0] == 0xdc {
		at = 3
	} else if len(data) == 0 || data[0]&0xf0 != 0x90 {
		return id
	}
	if len(data) >= at+18 && data[at] == 0xc4 && data[at+1] == 16 {
		copy(id[:], data[at+2:])
	}
	return id
}

func (r *reader) fault(reason model.Reason) {
	if r.err == nil {
		r.err = fault(reason)
	}
}

func (r *reader) change(c *model.Change, blobs map[[8]byte]string) {
	n := r.list(changeFields, math.MaxInt)
	r.fixed(c.ID[:])
	if c.ID.IsZero() {
		r.fail()
	}
	op := r.uint(math.MaxUint64)
	if op < uint64(model.OpCreate) {
		r.fail()
	} else if op > uint64(model.OpDelete) {
		r.fault(model.ReasonUnknown) // a newer peer's
	}
	c.Op = model.Op(op)
	c.Collection = r.collection()
	c.Record = model.RecordID(c.ID)
	if !r.null() {
		r.fixed(c.Record[:])
		if c.Record.IsZero() || c.Record == model.RecordID(c.ID) {
			r.fail() // nil says it shorter
		}
	}
	r.assigns(c)
	refs := r.bytes(8, 16)
	skew := r.instant()
	c.Occurred.Elapsed = r.instant()
	r.changeTail(c, n-changeFields)
	if r.err == nil {
		r.resolve(c, refs, blobs)
	}
	if r.err == nil {
		c.Occurred.Wall = c.Occurred.Clock.Mark + model.Instant(c.Occurred.Elapsed+skew)
		if c.Occurred.Wall > maxTime || c.Occurred.Wall < -maxTime {
			r.fail()
		}
	}
}

func (r *reader) assigns(c *model.Change) {
	n, width := r.list(0, math.MaxInt), assignWidth(c.Op)
	if n > width*MaxAssigns {
		r.fault(model.ReasonTooLarge)
	}
	if n%width != 0 || (c.Op == model.OpEdit) && n == 0 || c.Op == model.OpDelete && n > 0 {
		r.fail()
	}
	if r.err != nil || n == 0 {
		return
	}
	c.Fields = make([]model.Assign, n/width)
	for i := range c.Fields {
		a := &c.Fields[i]
		a.Field = r.field()
		a.Value = r.value()
		if width == 3 {
			a.Seen = model.SeenHash(r.uint(math.MaxUint64))
		}
		if i > 0 && a.Field <= c.Fields[i-1].Field {
			r.fail()
		}
	}
}

// changeTail reads the n elements after those that are always there. The last one that we know must not be empty:
// then it would have been left out.
func (r *reader) changeTail(c *model.Change, n int) {
	empty := false
	if n > 0 {
		r.idList(&c.After, MaxAfter)
		empty = len(c.After) == 0
	}
	if n > 1 {
		r.idList(&c.Over, MaxOver)
		empty = len(c.Over) == 0
	}
	if n > 2 {
		empty = r.null()
		if !empty {
			r.fixed(c.Group[:])
			if c.Group.IsZero() {
				r.fail()
			}
		}
	}
	if n > 3 {
		size := r.uint(math.MaxUint32)
		if size > MaxGroup {
			r.fault(model.ReasonTooLarge)
		}
		c.GroupSize, empty = int(size), size == 0
	}
	if n > 4 {
		flags := r.uint(math.MaxUint64)
		if flags&^flagAfterEnd != 0 {
			r.fault(model.ReasonUnknown) // a newer peer's: what it means must not be guessed
		}
		c.AfterEnd, empty = flags&flagAfterEnd != 0, flags == 0
	}
	if empty && n <= changeTail || c.Group.IsZero() != (c.GroupSize == 0) {
		r.fail()
	}
	r.extra(n - changeTail)
}

func (r *reader) idList(dst *[]model.ChangeID, most int) {
	ids(r, dst, math.MaxUint16)
	if len(*dst) > most {
		r.fault(model.ReasonTooLarge)
	}
}

// resolve finds the blobs that refs names.
func (r *reader) resolve(c *model.Change, refs []byte, blobs map[[8]byte]string) {
	if len(refs)%8 != 0 {
		r.fail()
		return
	}
	if len(refs) == 16 {
		base, ok := blobs[[8]byte(refs)]
		if !ok || len(base) < MinBlob || len(base) > MaxBase {
			r.fail()
			return
		}
		c.Base, refs = base, refs[8:]
		c.Blobs = append(c.Blobs, base)
	}
	clock, ok := blobs[[8]byte(refs)]
	if !ok {
		r.fail()
		return
	}
	c.Blobs = append(c.Blobs, clock)
	if err := decodeClock([]byte(clock), &c.Occurred.Clock); err != nil {
		r.fail()
		return
	}
	c.Author = c.Occurred.Clock.User
}
