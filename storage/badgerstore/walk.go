package badgerstore

import "encoding/binary"

// walk is one walk over keys that may be remembered.
type walk struct {
	prefix, from string
	found        []byte   // what is remembered of it
	news         []string // its keys, when they are an audience's changes
	keys         int
	odd          bool // a key is not as long as the others: it is damaged
}

// maxWalk bounds how many keys a remembered walk has.
const maxWalk = 64

// step is how long the keys of a remembered walk are behind their prefix, when all are alike.
func (w *walk) step() int {
	switch len(w.prefix) {
	case afterID:
		return 2 + 16 // collection and id
	case afterKind:
		return 16
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
	if w.keys++; w.keys > maxWalk {
		return
	}
	switch w.part() {
	case partChild:
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
	case partChild:
		return w.from == "" && w.step() > 0 && w.keys <= maxWalk
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
	if w.from != "" {
		return false
	}
	for ; len(known) > 0; known = known[w.step():] {
		if !yield(w.prefix+string(known[:w.step()]), []byte{}) {
			break
		}
	}
	return true
}
