package storage

import (
	"bytes"
	"encoding/binary"
)

// Latest is a row of the numbers in a table that were set last, the newest at the end, [LatestMax] at most. What changes
// with every push would be a row a push otherwise; so those that commits change together are written together.
// After the version and their count, a byte, each is an id (16 bytes) and a number (8, big-endian).
type Latest []byte

// LatestMax is how many numbers stand in one row: more than devices are usually busy at a time, and little to write anew.
const LatestMax = 100

const (
	latestHead = 1 + 1
	latestID   = 16
	latestSize = latestID + 8
)

// ParseLatest reads the row, which it shares.
func ParseLatest(b []byte) (Latest, error) {
	d := decode(b)
	if n := int(d.byte()); n > LatestMax || d.left() != n*latestSize {
		d.fail()
	}
	d.at = len(d.b)
	return finish(d, Latest(b), "latest numbers")
}

// Append appends the row.
func (l Latest) Append(b []byte) []byte { return append(b, l.whole()...) }

// whole is the row; that of no numbers when it is not there.
func (l Latest) whole() Latest {
	if len(l) == 0 {
		return Latest{rowVersion, 0}
	}
	return l
}

// find is where an id stands; len(l) when it does not.
func (l Latest) find(id [16]byte) int {
	for at := latestHead; at < len(l); at += latestSize {
		if bytes.Equal(l[at:at+latestID], id[:]) {
			return at
		}
	}
	return len(l)
}

// Find is the number of an id.
func (l Latest) Find(id [16]byte) (number uint64, ok bool) {
	at := l.find(id)
	if at == len(l) {
		return 0, false
	}
	return binary.BigEndian.Uint64(l[at+latestID:]), true
}

// Without is the row without an id.
func (l Latest) Without(id [16]byte) Latest {
	l = l.whole()
	return l.cut(l.find(id))
}

// cut is a copy of the row without the number at a place, which may be the end, and with room for one more.
func (l Latest) cut(at int) Latest {
	out := append(make(Latest, 0, len(l)+latestSize), l[:at]...)
	if at < len(l) {
		out = append(out, l[at+latestSize:]...)
		out[1]--
	}
	return out
}

// With is the row with the number of an id at its end. A row that was full loses its oldest, if that is another.
func (l Latest) With(id [16]byte, number uint64) (out Latest, oldest [16]byte, was uint64, lost bool) {
	l = l.whole()
	at := l.find(id)
	if lost = at == len(l) && l[1] == LatestMax; lost {
		at = latestHead
		copy(oldest[:], l[at:])
		was = binary.BigEndian.Uint64(l[at+latestID:])
	}
	out = append(l.cut(at), id[:]...)
	out[1]++
	return binary.BigEndian.AppendUint64(out, number), oldest, was, lost
}
