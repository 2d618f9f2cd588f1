package protocol

// Got says that a page is durable on the device. At most WindowPages pages are on the way unacknowledged.
type Got struct {
	Cursor [8]byte // CursorTag of the page's cursor
}

// Type is TypeGot.
func (*Got) Type() Type { return TypeGot }

func (m *Got) encode(w *writer) { w.bytes(m.Cursor[:]) }

func (m *Got) decode(r *reader) { r.fixed(m.Cursor[:]) }
