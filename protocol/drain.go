package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Drain asks the device to send what it has: its session ends in Millis, or when it is empty.
type Drain struct {
	Reason model.EndReason
	Millis uint64
}

// Type is TypeDrain.
func (*Drain) Type() Type { return TypeDrain }

func (m *Drain) encode(w *writer) {
	w.uint(uint64(m.Reason))
	w.uint(m.Millis)
}

func (m *Drain) decode(r *reader) {
	m.Reason = model.EndReason(r.uint(math.MaxUint8))
	m.Millis = r.uint(maxTime)
}
