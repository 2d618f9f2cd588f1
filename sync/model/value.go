package model

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
)

// Kind is the shape of a value, on the wire and on disk. The table gives it a meaning ([Type]).
type Kind uint8

// The kinds. Their numbers stand on disk and are never changed.
const (
	KindNull Kind = iota
	KindBool
	KindInt
	KindText
	KindBytes
)

// Value is one value of a field. It is immutable and comparable: two values are the same when == says so.
// The zero Value is null.
type Value struct {
	kind Kind
	num  int64
	str  string
}

// Null is the absent value.
func Null() Value { return Value{} }

// Bool is a yes or a no.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBool, num: 1}
	}
	return Value{kind: KindBool}
}

// Int is a number: a count, minor units of money, minutes, or an instant in milliseconds since 1970 UTC.
func Int(n int64) Value { return Value{kind: KindInt, num: n} }

// Text is UTF-8 text; the table bounds its length in bytes.
func Text(s string) Value { return Value{kind: KindText, str: s} }

// Bytes is an opaque byte string; b is copied.
func Bytes(b []byte) Value { return Value{kind: KindBytes, str: string(b)} }

// Ref is a reference to a record, or null for the zero id.
func Ref[K any](id Ident[K]) Value {
	if id.IsZero() {
		return Null()
	}
	return Value{kind: KindBytes, str: string(id[:])}
}

// Kind is the value's shape.
func (v Value) Kind() Kind { return v.kind }

// IsNull says whether the value is absent.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Bool is the truth of a bool, false for any other kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.num != 0 }

// Int is the number of an int, 0 for any other kind.
func (v Value) Int() int64 {
	if v.kind != KindInt {
		return 0
	}
	return v.num
}

// Text is the text of a text, "" for any other kind.
func (v Value) Text() string {
	if v.kind != KindText {
		return ""
	}
	return v.str
}

// Raw is the content of a text or of bytes as a string that shares memory with the value.
func (v Value) Raw() string { return v.str }

// AsRef is the record a reference names; ok is false for anything but 16 bytes.
func AsRef[K any](v Value) (id Ident[K], ok bool) {
	if v.kind != KindBytes || len(v.str) != len(id) {
		return id, false
	}
	copy(id[:], v.str)
	return id, true
}

// RefOf is the record a reference names, or the zero id.
func RefOf(v Value) RecordID {
	id, _ := AsRef[recordKind](v)
	return id
}

// Size is what the value costs in an encoded record, in bytes, rounded up.
func (v Value) Size() int { return 10 + len(v.str) }

// String shows the value to a person: a debugging aid, not an encoding.
func (v Value) String() string {
	switch v.kind {
	case KindBool:
		return strconv.FormatBool(v.num != 0)
	case KindInt:
		return strconv.FormatInt(v.num, 10)
	case KindText:
		return v.str
	case KindBytes:
		return fmt.Sprintf("%x", v.str)
	default:
		return "–"
	}
}

// SeenHash is a short hash of a value, which an edit carries of the value it was made on. It is compared only where
// stamps cannot be, after a server was restored (write-verification, conflict).
type SeenHash uint64

// Hash is the value's SeenHash.
func (v Value) Hash() SeenHash {
	var b [9]byte
	b[0] = byte(v.kind)
	binary.BigEndian.PutUint64(b[1:], uint64(v.num))
	h := sha256.New()
	h.Write(b[:])
	h.Write([]byte(v.str))
	return SeenHash(binary.BigEndian.Uint64(h.Sum(nil)))
}
