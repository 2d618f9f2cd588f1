package protocol

import "math"

// ErrorMessage says that a frame was not taken.
type ErrorMessage struct {
	Code Code
	Ref  uint64 // number of the push it is about, if one was readable
	Text string
}

// Type is TypeError.
func (*ErrorMessage) Type() Type { return TypeError }

func (m *ErrorMessage) encode(w *writer) {
	w.uint(uint64(m.Code))
	w.uint(m.Ref)
	w.text(m.Text, maxText)
}

func (m *ErrorMessage) decode(r *reader) {
	m.Code = Code(r.uint(math.MaxUint16))
	m.Ref = r.uint(math.MaxUint64)
	m.Text = r.text(maxText)
}
