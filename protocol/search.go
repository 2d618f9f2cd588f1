package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Search asks for the records that have some words, in what this device's user may see. It is for what is too much to be
// on the device; what is there is searched there.
type Search struct {
	Number      uint64 // of the search, echoed in Found
	Words       string // as they were typed
	Collections []model.Collection
	Limit       uint64 // records at most, 1 to MaxFound
}

// Type is TypeSearch.
func (*Search) Type() Type { return TypeSearch }

func (m *Search) encode(w *writer) {
	w.uint(m.Number)
	w.text(m.Words, maxWords)
	w.list(len(m.Collections))
	for _, c := range m.Collections {
		w.uint(uint64(c))
	}
	w.uint(m.Limit)
}

func (m *Search) decode(r *reader) {
	m.Number = r.uint(math.MaxUint64)
	m.Words = r.text(maxWords)
	if n := r.list(0, MaxSearched); n > 0 {
		m.Collections = make([]model.Collection, n)
	}
	for i := range m.Collections {
		m.Collections[i] = r.collection()
	}
	if m.Limit = r.uint(MaxFound); m.Limit == 0 {
		r.fail()
	}
}
