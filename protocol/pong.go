package protocol

import "github.com/fieldsync/fieldsync/sync/model"

// Pong answers a ping.
type Pong struct {
	Time model.Instant
	Wall model.Instant // echoed
}

// Type is TypePong.
func (*Pong) Type() Type { return TypePong }

func (m *Pong) encode(w *writer) {
	w.int(int64(m.Time))
	w.int(int64(m.Wall))
}

func (m *Pong) decode(r *reader) {
	m.Time = model.Instant(r.instant())
	m.Wall = model.Instant(r.instant())
}
