package protocol

import (
	"errors"
	"fmt"
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Found answers a search. What it brings is shown and forgotten: it is no part of the device's copy, and no cursor knows
// of it.
type Found struct {
	Number     uint64           // of the search
	Code       Code             // why nothing was looked for, below 200; 0: it was
	More       bool             // there are more
	Partial    bool             // not all there is was looked through
	Records    []model.RecordID // the best first
	Compressed bool             // the body is zstd
	Body       []byte           // their rows, as the body of a page has them; empty for none
}

// Type is TypeFound.
func (*Found) Type() Type { return TypeFound }

func (m *Found) encode(w *writer) {
	w.uint(m.Number)
	w.uint(uint64(m.Code))
	w.bool(m.More)
	w.bool(m.Partial)
	writeIDs(w, m.Records)
	w.bool(m.Compressed)
	w.bytes(m.Body)
}

func (m *Found) decode(r *reader) {
	m.Number = r.uint(math.MaxUint64)
	m.Code = Code(r.uint(maxRefusal))
	m.More = r.bool()
	m.Partial = r.bool()
	ids(r, &m.Records, MaxFound)
	m.Compressed = r.bool()
	m.Body = r.bytes(0, MaxFrame)
}

// maxRefusal is the end of the codes that say that one frame was not taken.
const maxRefusal = 199

// SetRows puts what was found into the answer, the best first.
func (m *Found) SetRows(rows []model.Row, compress bool) {
	for _, row := range rows {
		m.Records = append(m.Records, row.ID)
	}
	if len(rows) > 0 {
		m.Body = EncodePageBody(&PageBody{Rows: rows})
	}
	if compress {
		if packed, ok := Compress(m.Body); ok {
			m.Body, m.Compressed = packed, true
		}
	}
}

// errFound says that an answer's rows are not those that it names.
var errFound = errors.New("the rows of an answer are not the records that it names")

// Rows is what was found, the best first.
func (m *Found) Rows() ([]model.Row, error) {
	body, err := DecodePageBody(m.Body, m.Compressed)
	if err != nil {
		return nil, fmt.Errorf("found: %w", err)
	}
	rows := make(map[model.RecordID]model.Row, len(body.Rows))
	for _, row := range body.Rows {
		rows[row.ID] = row
	}
	if len(rows) != len(m.Records) || len(body.Rows) != len(m.Records) || len(body.Masks)+len(body.Retracts) > 0 {
		return nil, errFound
	}
	out := make([]model.Row, len(m.Records))
	for i, id := range m.Records {
		row, ok := rows[id]
		if !ok {
			return nil, errFound
		}
		out[i] = row
		delete(rows, id)
	}
	return out, nil
}
