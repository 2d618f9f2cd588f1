package protocol

import "github.com/fieldsync/fieldsync/sync/model"

// Holdings lists what the device holds, for reconciling; several frames, the last with Last.
type Holdings struct {
	Records []model.RecordID
	Last    bool
}

// Type is TypeHoldings.
func (*Holdings) Type() Type { return TypeHoldings }

func (m *Holdings) encode(w *writer) {
	writeIDs(w, m.Records)
	w.bool(m.Last)
}

func (m *Holdings) decode(r *reader) {
	ids(r, &m.Records, MaxHoldings)
	m.Last = r.bool()
}
