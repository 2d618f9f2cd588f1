package protocol

import (
	"errors"
	"fmt"
	"math"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// Fate is what becomes of a bad frame, as SPEC.md files it.
type Fate uint8

// The fates.
const (
	Fatal   Fate = iota // the connection ends with CodeProtocol
	Discard             // the frame is passed over
	Respond             // an [ErrorMessage] is the answer, and the connection goes on
)

// FrameError says why a frame was not decoded and what is to become of it.
type FrameError struct {
	Type Type // 0: not readable
	Fate Fate
	Code Code   // of the answer, when Fate is Respond
	Ref  uint64 // number of the push, when it was readable
	Err  error
}

// Error says so without any content of the frame.
func (e *FrameError) Error() string { return fmt.Sprintf("%s frame: %v", e.Type, e.Err) }

// Unwrap is the defect.
func (e *FrameError) Unwrap() error { return e.Err }

// Encode makes the frame of a message. It never fails: texts for people are shortened, everything else is the
// caller's to keep within the limits, and what is not is refused by the other side's [Decode].
func Encode(m Message) []byte {
	return write(func(w *writer) {
		w.list(1 + kinds[m.Type()].fields)
		w.uint(uint64(m.Type()))
		m.encode(w)
	})
}

// Decode checks a frame and reads its message. The error is always a [*FrameError]. The message shares memory with
// the frame. Apart from that it allocates at most 4 KiB and twice the frame.
func Decode(frame []byte) (Message, error) {
	if err := Check(frame, FrameLimits); err != nil {
		return nil, &FrameError{Type: peek(frame), Err: err}
	}
	t := peek(frame)
	if t == 0 {
		return nil, &FrameError{Err: ErrShape}
	}
	if t.String() == "unknown" {
		return nil, &FrameError{Type: t, Fate: Respond, Code: CodeUnknownMessage, Err: ErrUnknown}
	}
	k := &kinds[t]
	if len(frame) > k.max {
		return nil, &FrameError{Type: t, Err: ErrTooLong}
	}
	m := k.fresh()
	err := read(frame, func(r *reader) {
		r.list(1+k.fields, math.MaxInt)
		r.uint(math.MaxUint8)
		m.decode(r)
	})
	if err == nil {
		return m, nil
	}
	if bad, ok := errors.AsType[*FrameError](err); ok {
		return nil, bad
	}
	return nil, &FrameError{Type: t, Err: err}
}

// peek reads the number of a frame's message, 0 when there is none.
func peek(frame []byte) Type {
	at := 1
	switch {
	case len(frame) == 0:
		return 0
	case msgpcode.IsFixedArray(frame[0]):
	case frame[0] == msgpcode.Array16:
		at = 3
	default:
		return 0
	}
	if at >= len(frame) || frame[at] > 0x7f {
		return 0
	}
	return Type(frame[at])
}
