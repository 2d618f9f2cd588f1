package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrRow says that bytes are not what this build writes for a row: cut, padded, out of range, or of a version it does
// not know.
var ErrRow = errors.New("not a row this build can read")

// rowVersion is the first byte of every row. A row whose layout changes takes the next number, and its Parse goes on
// reading the old one. Layouts are the order of the calls in Append, made of:
//
//	number    uvarint, shortest form
//	signed    zigzag uvarint, shortest form
//	flags     one byte, unknown bits are an error
//	text      length as a number, then the bytes
//	id, hash  the bytes
//	list      count as a number, then the elements
//
// There is one encoding of each value, so rows can be compared and hashed as bytes.
const rowVersion = 1

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendNumber[N ~uint8 | ~uint16 | ~uint32 | ~uint64](b []byte, n N) []byte {
	return binary.AppendUvarint(b, uint64(n))
}

func appendSigned[N ~int64](b []byte, n N) []byte { return binary.AppendVarint(b, int64(n)) }

// bits packs flags, the first in the lowest bit.
func bits(flags ...bool) (b byte) {
	for i, f := range flags {
		if f {
			b |= 1 << i
		}
	}
	return b
}

// decoder reads a row. A read beyond the end or out of range makes it bad; from then on every read answers zero, so
// that callers look at the error once, in finish. It never allocates more than a small multiple of the row.
type decoder struct {
	b   []byte
	at  int
	s   string // b as a string, made by the first text, so that all texts of a row share one allocation
	bad bool
}

// decode starts reading a row of the present version.
func decode(b []byte) *decoder {
	d := &decoder{b: b}
	if d.byte() != rowVersion {
		d.fail()
	}
	return d
}

// finish is the value when the row was read whole and to its end, else the zero value and an error.
func finish[T any](d *decoder, v T, what string) (T, error) {
	if d.bad || d.at != len(d.b) {
		var zero T
		return zero, fmt.Errorf("%s: %w", what, ErrRow)
	}
	return v, nil
}

func (d *decoder) fail() {
	d.bad = true
	d.at = len(d.b)
}

func (d *decoder) left() int { return len(d.b) - d.at }

func (d *decoder) byte() byte {
	if d.left() == 0 {
		d.fail()
		return 0
	}
	d.at++
	return d.b[d.at-1]
}

// flags reads a byte of which only the lowest n bits may be set.
func (d *decoder) flags(n int) byte {
	f := d.byte()
	if f>>n != 0 {
		d.fail()
		return 0
	}
	return f
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.b[d.at:])
	if size <= 0 || size > 1 && d.b[d.at+size-1] == 0 { // a zero last byte: not the shortest form
		d.fail()
		return 0
	}
	d.at += size
	return n
}

// number reads a number that fits N.
func number[N ~uint8 | ~uint16 | ~uint32 | ~uint64](d *decoder) N {
	n := d.uvarint()
	if uint64(N(n)) != n {
		d.fail()
		return 0
	}
	return N(n)
}

func signed[N ~int64](d *decoder) N {
	n := d.uvarint()
	return N(n>>1) ^ -N(n&1)
}

// count reads the length of a list whose elements take at least size bytes each. What cannot fit is an error, so the
// caller may allocate the list at once.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(d.left()/size) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.count(1)
	if n == 0 {
		return ""
	}
	if d.s == "" {
		d.s = string(d.b)
	}
	d.at += n
	return d.s[d.at-n : d.at]
}

// bytes reads a text as bytes of its own; nil when it is empty.
func (d *decoder) bytes() []byte {
	n := d.count(1)
	if n == 0 {
		return nil
	}
	d.at += n
	return append([]byte(nil), d.b[d.at-n:d.at]...)
}

// fixed fills dst.
func (d *decoder) fixed(dst []byte) {
	if d.left() < len(dst) {
		d.fail()
		return
	}
	d.at += copy(dst, d.b[d.at:])
}

func (d *decoder) hash() (h [32]byte) {
	d.fixed(h[:])
	return h
}

// list reads a list whose elements take at least size bytes each; nil when it is empty.
func list[T any](d *decoder, size int, read func() T) []T {
	n := d.count(size)
	if n == 0 {
		return nil
	}
	out := make([]T, 0, n)
	for range n {
		if d.bad {
			return nil
		}
		out = append(out, read())
	}
	return out
}
