package protocol

import "math"

// Wipe tells a device to erase this user's data, the outbox included, and to answer with [Wiped] when that is done.
type Wipe struct {
	Code Code // of the bye that follows: CodeStolen or CodeLostTaken
}

// Type is TypeWipe.
func (*Wipe) Type() Type { return TypeWipe }

func (m *Wipe) encode(w *writer) { w.uint(uint64(m.Code)) }

func (m *Wipe) decode(r *reader) { m.Code = Code(r.uint(math.MaxUint16)) }
