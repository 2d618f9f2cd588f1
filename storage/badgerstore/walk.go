package badgerstore

import (
	"encoding/binary"
	"sort"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// walk is one walk over keys that may be remembered.
type walk struct {
	prefix, from string
	found        []byte   // what is remembered of it
	news         []string // its keys, when they are an audience's changes
	keys         int
	odd          bool // a key is not as long as the others: it is damaged
}

const (
	// maxWalk bounds how many keys a remembered walk has.
	maxWalk = 64
	// maxMembers bounds how many records of an audience are remembered: 128 KiB. When a right goes, hundreds of devices look at
	// the same ones.
	maxMembers = 8192
)

// most is how many keys of the walk may be remembered.
func (w *walk) most() int {
	if w.part() == partMember {
		return maxMembers
	}
	return maxWalk
}

// fromStart says whether a walk of an audience's members has left none out: no record has the id zero.
func (w *walk) fromStart() bool { return strings.Trim(w.from, "\x00") == "" }

// step is how long the keys of a remembered walk are behind their prefix, when all are alike.
func (w *walk) step() int {
	switch len(w.prefix) {
	case afterFamily, afterAud:
		return len(model.RecordID{})
	}
	return 0
}

func (w *walk) part() string {
	if len(w.prefix) <= atPart {
		return ""
	}
	return partOf(w.prefix)
}

// met notes a key of the walk.
func (w *walk) met(key string) {
	if w.keys++; w.keys > w.most() {
		return
	}
	switch w.part() {
	case partMember:
		if !w.fromStart() {
			w.odd = true
			return
		}
		fallthrough
	case partPlace:
		w.odd = w.odd || len(key) != len(w.prefix)+w.step()
		w.found = append(w.found, key[len(w.prefix):]...)
	case partChanged:
		if w.odd = w.odd || len(key) < afterSeq; !w.odd {
			w.found = append(w.found[:0], key[afterAud:afterSeq]...)
			w.news = append(w.news, key)
		}
	}
}

// worth says whether a walk that came to its end is to be remembered, and completes what is.
func (w *walk) worth() bool {
	if w.odd {
		return false
	}
	switch w.part() {
	case partPlace:
		return w.from == "" && w.step() > 0 && w.keys <= maxWalk
	case partMember:
		return w.fromStart() && len(w.prefix) == afterAud && w.keys <= maxMembers
	case partTable:
		return w.from == "" && len(w.prefix) == afterTable && w.keys == 0
	case partChanged:
		if len(w.prefix) != afterAud || len(w.from) != afterSeq-afterAud || w.keys > maxWalk {
			return false
		}
		if w.keys == 0 { // nothing from there on: the last change is before it
			before := binary.BigEndian.Uint64([]byte(w.from)) - 1 // a walk begins above a number
			w.found = binary.BigEndian.AppendUint64(nil, before)
		}
		return true
	}
	return false
}

// again does a walk as it is remembered. It says no when that does not tell.
func (w *walk) again(known []byte, yield func(key string, content []byte) bool) bool {
	switch w.part() {
	case partTable:
		return true // it is empty
	case partChanged:
		return len(w.from) == len(known) && w.from > string(known)
	}
	if w.part() == partMember {
		step := w.step()
		known = known[step*sort.Search(len(known)/step, func(i int) bool { return string(known[i*step:(i+1)*step]) >= w.from }):]
	} else if w.from != "" {
		return false
	}
	for ; len(known) > 0; known = known[w.step():] {
		if !yield(w.prefix+string(known[:w.step()]), []byte{}) {
			break
		}
	}
	return true
}
