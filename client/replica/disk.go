package replica

import (
	"encoding/binary"
	"errors"

	"github.com/fieldsync/fieldsync/sync/model"
)

// What is on the local disk is written field by field: unsigned varints, zigzag varints, and byte strings after their
// length. Each value begins with the number of its layout, so that a newer app can read an older one's.

var errDisk = errors.New("the local database holds something this app cannot read")

type diskWriter struct{ buf []byte }

func (w *diskWriter) uint(n uint64) { w.buf = binary.AppendUvarint(w.buf, n) }
func (w *diskWriter) int(n int64)   { w.buf = binary.AppendVarint(w.buf, n) }
func (w *diskWriter) raw(b []byte)  { w.buf = append(w.buf, b...) }

func (w *diskWriter) bytes(b []byte) {
	w.uint(uint64(len(b)))
	w.buf = append(w.buf, b...)
}

func (w *diskWriter) text(s string) {
	w.uint(uint64(len(s)))
	w.buf = append(w.buf, s...)
}

func (w *diskWriter) bool(b bool) {
	if b {
		w.uint(1)
	} else {
		w.uint(0)
	}
}

func (w *diskWriter) value(v model.Value) {
	w.uint(uint64(v.Kind()))
	switch v.Kind() {
	case model.KindBool:
		w.bool(v.Bool())
	case model.KindInt:
		w.int(v.Int())
	case model.KindText, model.KindBytes:
		w.text(v.Raw())
	}
}

// diskReader reads what a diskWriter wrote. After the first fault everything it reads is zero, and bad is set.
type diskReader struct {
	buf []byte
	bad bool
}

func (r *diskReader) fail() { r.buf, r.bad = nil, true }

func (r *diskReader) uint() uint64 {
	n, size := binary.Uvarint(r.buf)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *diskReader) int() int64 {
	n, size := binary.Varint(r.buf)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *diskReader) span(n uint64) []byte {
	if n > uint64(len(r.buf)) {
		r.fail()
		return nil
	}
	b := r.buf[:n:n]
	r.buf = r.buf[n:]
	return b
}

func (r *diskReader) bytes() []byte { return r.span(r.uint()) }
func (r *diskReader) text() string  { return string(r.bytes()) }
func (r *diskReader) bool() bool    { return r.uint() != 0 }

// fixed fills dst.
func (r *diskReader) fixed(dst []byte) { copy(dst, r.span(uint64(len(dst)))) }

// count reads a number of elements, each at least one byte long.
func (r *diskReader) count() int {
	n := r.uint()
	if n > uint64(len(r.buf)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *diskReader) value() model.Value {
	switch model.Kind(r.uint()) {
	case model.KindNull:
		return model.Null()
	case model.KindBool:
		return model.Bool(r.bool())
	case model.KindInt:
		return model.Int(r.int())
	case model.KindText:
		return model.Text(r.text())
	case model.KindBytes:
		return model.Bytes(r.bytes())
	default:
		r.fail()
		return model.Null()
	}
}

// end is the error of what was read: something was missing, wrong, or left over.
func (r *diskReader) end() error {
	if r.bad || len(r.buf) > 0 {
		return errDisk
	}
	return nil
}
