package protocol

import "github.com/fieldsync/fieldsync/sync/model"

// Decided says of changes that the device knows as held that they wait for the office no more: the device asks what became of them
// by sending them once more.
type Decided struct {
	Changes []model.ChangeID
}

// Type is TypeDecided.
func (*Decided) Type() Type { return TypeDecided }

func (m *Decided) encode(w *writer) { writeIDs(w, m.Changes) }

func (m *Decided) decode(r *reader) { ids(r, &m.Changes, MaxIDs) }
