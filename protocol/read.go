package protocol

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/fieldsync/fieldsync/sync/model"
)

// What a message that passed Check may still lack.
var (
	// ErrShape says that an element is missing, of another type than the table of the message says, or out of bounds.
	ErrShape = errors.New("not of the shape of its message")
	// ErrUnknown says that the number of the message is none this peer knows.
	ErrUnknown = errors.New("unknown message")
)

// reader reads the elements of a value that passed [Check], through the msgpack library. After the first error it
// reads zeros, so that decoders need not look after each element. Byte strings share memory with the data.
type reader struct {
	data []byte
	src  bytes.Reader
	dec  *msgpack.Decoder
	err  error
}

var readers = sync.Pool{New: func() any {
	r := new(reader)
	r.dec = msgpack.NewDecoder(&r.src)
	return r
}}

// read decodes checked data with f.
func read(data []byte, f func(*reader)) error {
	r := readers.Get().(*reader)
	r.data, r.err = data, nil
	r.src.Reset(data)
	r.dec.Reset(&r.src) // a bytes.Reader scans bytes itself, so the library puts no buffer before it
	f(r)
	err := r.err
	r.data = nil
	r.src.Reset(nil)
	readers.Put(r)
	return err
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = ErrShape
	}
}

// code is the code of the next element, or nil's after an error.
func (r *reader) code() byte {
	if r.err != nil {
		return msgpcode.Nil
	}
	c, err := r.dec.PeekCode()
	if err != nil {
		r.fail()
		return msgpcode.Nil
	}
	return c
}

// at is how far the reader has come.
func (r *reader) at() int { return len(r.data) - r.src.Len() }

// list goes into an array of at least least elements and at most most.
func (r *reader) list(least, most int) int {
	c := r.code()
	if !msgpcode.IsFixedArray(c) && c != msgpcode.Array16 && c != msgpcode.Array32 {
		r.fail()
		return 0
	}
	n, err := r.dec.DecodeArrayLen()
	if err != nil || n < least || n > most {
		r.fail()
		return 0
	}
	return n
}

// extra passes over n elements that a newer peer has added.
func (r *reader) extra(n int) {
	for range n {
		if r.err != nil {
			return
		}
		from := r.at()
		end, err := skip(r.data, from)
		if err != nil {
			r.fail()
			return
		}
		r.span(end - from)
	}
}

// uint reads a number from 0 to most.
func (r *reader) uint(most uint64) uint64 {
	c := r.code()
	if c > 0x7f && (c < msgpcode.Uint8 || c > msgpcode.Uint64) {
		r.fail()
		return 0
	}
	n, err := r.dec.DecodeUint64()
	if err != nil || n > most {
		r.fail()
		return 0
	}
	return n
}

// int reads any 64-bit signed number.
func (r *reader) int() int64 {
	c := r.code()
	switch {
	case msgpcode.IsFixedNum(c), c >= msgpcode.Int8 && c <= msgpcode.Int64:
		n, err := r.dec.DecodeInt64()
		if err != nil {
			r.fail()
		}
		return n
	default:
		return int64(r.uint(math.MaxInt64))
	}
}

// instant reads a point in time or a duration in milliseconds, of 53 bits so that every language can hold it.
func (r *reader) instant() int64 {
	n := r.int()
	if n > maxTime || n < -maxTime {
		r.fail()
		return 0
	}
	return n
}

func (r *reader) bool() bool {
	if c := r.code(); c != msgpcode.True && c != msgpcode.False {
		r.fail()
		return false
	}
	b, err := r.dec.DecodeBool()
	if err != nil {
		r.fail()
	}
	return b
}

// null passes over a nil; ok is false when the next element is something else.
func (r *reader) null() (ok bool) {
	if r.err != nil || r.code() != msgpcode.Nil {
		return false
	}
	if err := r.dec.DecodeNil(); err != nil {
		r.fail()
	}
	return r.err == nil
}

// span takes the next n bytes as they are.
func (r *reader) span(n int) []byte {
	from := r.at()
	if r.err != nil || n < 0 || n > r.src.Len() {
		r.fail()
		return nil
	}
	if _, err := r.src.Seek(int64(n), io.SeekCurrent); err != nil {
		r.fail()
		return nil
	}
	return r.data[from : from+n : from+n]
}

// bytes reads a byte string of least to most bytes; an empty one is nil.
func (r *reader) bytes(least, most int) []byte {
	c := r.code()
	if !msgpcode.IsBin(c) {
		r.fail()
		return nil
	}
	n, err := r.dec.DecodeBytesLen()
	if err != nil || n < least || n > most {
		r.fail()
		return nil
	}
	if n == 0 {
		return nil
	}
	return r.span(n)
}

// fixed fills dst with a byte string of exactly its length.
func (r *reader) fixed(dst []byte) { copy(dst, r.bytes(len(dst), len(dst))) }

// text reads a text of at most most bytes.
func (r *reader) text(most int) string {
	c := r.code()
	if !msgpcode.IsString(c) {
		r.fail()
		return ""
	}
	n, err := r.dec.DecodeBytesLen()
	if err != nil || n > most {
		r.fail()
		return ""
	}
	return string(r.span(n))
}

// value reads a field's value.
func (r *reader) value() model.Value {
	switch c := r.code(); {
	case c == msgpcode.Nil:
		r.null()
		return model.Null()
	case c == msgpcode.True, c == msgpcode.False:
		return model.Bool(r.bool())
	case msgpcode.IsString(c):
		return model.Text(r.text(math.MaxInt))
	case msgpcode.IsBin(c):
		return model.Bytes(r.bytes(0, math.MaxInt))
	default:
		return model.Int(r.int())
	}
}

// ids reads a list of identifiers: one byte string, 16 bytes each. An empty list is nil.
func ids[K any](r *reader, dst *[]model.Ident[K], most int) {
	b := r.bytes(0, 16*most)
	if len(b)%16 != 0 {
		r.fail()
		return
	}
	if len(b) == 0 {
		*dst = nil
		return
	}
	list := make([]model.Ident[K], len(b)/16)
	for i := range list {
		copy(list[i][:], b[16*i:])
	}
	*dst = list
}

// fields reads an ascending list of field numbers.
func (r *reader) fields(most int) []model.FieldNo {
	n := r.list(0, most)
	if n == 0 {
		return nil
	}
	list := make([]model.FieldNo, n)
	for i := range list {
		list[i] = r.field()
		if i > 0 && list[i] <= list[i-1] {
			r.fail()
		}
	}
	return list
}

func (r *reader) field() model.FieldNo {
	n := r.uint(math.MaxUint32)
	if n == 0 {
		r.fail()
	}
	return model.FieldNo(n)
}

func (r *reader) collection() model.Collection {
	n := r.uint(math.MaxUint16)
	if n == 0 {
		r.fail()
	}
	return model.Collection(n)
}

// clip shortens a text for people to most bytes, at a character, and makes it UTF-8: nothing a person typed may make
// a frame of ours one that the other side must refuse.
func clip(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
