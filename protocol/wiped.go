package protocol

import "math"

// Wiped says that this user's data are erased here. The proof of the hello is its signature.
type Wiped struct {
	Unsent uint64 // changes that no outcome was known of, and that went with them
}

// Type is TypeWiped.
func (*Wiped) Type() Type { return TypeWiped }

func (m *Wiped) encode(w *writer) { w.uint(m.Unsent) }

func (m *Wiped) decode(r *reader) { m.Unsent = r.uint(math.MaxUint64) }
