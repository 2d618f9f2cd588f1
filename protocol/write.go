package protocol

import (
	"slices"
	"strings"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/fieldsync/fieldsync/sync/model"
)

// keptBuffer is the largest buffer a writer keeps for its next use. The pool holds few, and none for long.
const keptBuffer = 2 * MaxFrame

// writer appends elements through the msgpack library's encoder, each in its shortest form. Writing to memory cannot
// fail, so errors of the library are not looked at.
type writer struct {
	buf []byte
	enc *msgpack.Encoder
}

// Write and WriteByte are for the library.
func (w *writer) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	return len(p), nil
}

// WriteByte is for the library.
func (w *writer) WriteByte(c byte) error {
	w.buf = append(w.buf, c)
	return nil
}

var writers = sync.Pool{New: func() any {
	w := new(writer)
	w.enc = msgpack.NewEncoder(w)
	return w
}}

// write encodes what f writes.
func write(f func(*writer)) []byte {
	w := writers.Get().(*writer)
	w.buf = w.buf[:0]
	f(w)
	out := slices.Clone(w.buf)
	if cap(w.buf) > keptBuffer {
		w.buf = nil
	}
	writers.Put(w)
	return out
}

func (w *writer) list(n int)       { _ = w.enc.EncodeArrayLen(n) }
func (w *writer) uint(n uint64)    { _ = w.enc.EncodeUint(n) }
func (w *writer) int(n int64)      { _ = w.enc.EncodeInt(n) }
func (w *writer) bool(b bool)      { _ = w.enc.EncodeBool(b) }
func (w *writer) null()            { _ = w.enc.EncodeNil() }
func (w *writer) raw(p []byte)     { w.buf = append(w.buf, p...) }
func (w *writer) rawText(s string) { w.buf = append(w.buf, s...) }

// bytes writes a byte string, never a nil.
func (w *writer) bytes(b []byte) {
	_ = w.enc.EncodeBytesLen(len(b))
	w.raw(b)
}

// text writes a text for people, shortened to most bytes.
func (w *writer) text(s string, most int) { _ = w.enc.EncodeString(clip(s, most)) }

// value writes a field's value.
func (w *writer) value(v model.Value) {
	switch v.Kind() {
	case model.KindBool:
		w.bool(v.Bool())
	case model.KindInt:
		w.int(v.Int())
	case model.KindText:
		_ = w.enc.EncodeString(strings.ToValidUTF8(v.Raw(), "\uFFFD"))
	case model.KindBytes:
		_ = w.enc.EncodeBytesLen(len(v.Raw()))
		w.rawText(v.Raw())
	default:
		w.null()
	}
}

// writeIDs writes a list of identifiers as one byte string.
func writeIDs[K any](w *writer, list []model.Ident[K]) {
	_ = w.enc.EncodeBytesLen(16 * len(list))
	for i := range list {
		w.raw(list[i][:])
	}
}

func (w *writer) fields(list []model.FieldNo) {
	w.list(len(list))
	for _, f := range list {
		w.uint(uint64(f))
	}
}
