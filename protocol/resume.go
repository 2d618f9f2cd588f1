package protocol

import "github.com/fieldsync/fieldsync/sync/model"

// Resume asks for the feed. Follow asks for pages as they come, else the server stops at the checkpoint and pokes.
type Resume struct {
	Cursor  []byte // empty: a fresh device
	Waiting []model.ChangeID
	Follow  bool
	Held    []model.ChangeID // answered as held, as far as the device knows: it asks which of them are decided
}

// Type is TypeResume.
func (*Resume) Type() Type { return TypeResume }

func (m *Resume) encode(w *writer) {
	w.bytes(m.Cursor)
	writeIDs(w, m.Waiting)
	w.bool(m.Follow)
	writeIDs(w, m.Held)
}

func (m *Resume) decode(r *reader) {
	m.Cursor = r.bytes(0, MaxCursor)
	ids(r, &m.Waiting, MaxIDs)
	m.Follow = r.bool()
	ids(r, &m.Held, MaxIDs)
}
