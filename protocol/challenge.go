package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Challenge opens a connection.
type Challenge struct {
	Oldest, Newest uint64 // versions the server speaks
	Nonce          [32]byte
	Time           model.Instant // server time
	Store          [8]byte       // opaque name of the store's present life
}

// Type is TypeChallenge.
func (*Challenge) Type() Type { return TypeChallenge }

func (m *Challenge) encode(w *writer) {
	w.uint(m.Oldest)
	w.uint(m.Newest)
	w.bytes(m.Nonce[:])
	w.int(int64(m.Time))
	w.bytes(m.Store[:])
}

func (m *Challenge) decode(r *reader) {
	m.Oldest = r.uint(math.MaxUint64)
	m.Newest = r.uint(math.MaxUint64)
	r.fixed(m.Nonce[:])
	m.Time = model.Instant(r.instant())
	r.fixed(m.Store[:])
}
