package protocol

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// PageBody is what can be shared.
type PageBody struct {
	Masks    []model.Mask
	Retracts []model.RecordID
	Rows     []model.Row // on the wire grouped by collection and set of fields, so that field numbers travel once
}

// EncodePageBody encodes a body: masks, retracts, and groups of rows with the same collection and set of fields, in
// the order in which each first appears. The order of rows means nothing, and is kept only within a group.
func EncodePageBody(b *PageBody) []byte {
	return write(func(w *writer) {
		w.list(3)
		w.list(len(b.Masks))
		for i := range b.Masks {
			w.mask(&b.Masks[i])
		}
		writeIDs(w, b.Retracts)
		groups := groupRows(b.Rows)
		w.list(len(groups))
		for _, g := range groups {
			w.group(g)
		}
	})
}

// mask writes [collection, fields, keep], without the last where it is false.
func (w *writer) mask(m *model.Mask) {
	if m.Keep {
		w.list(3)
	} else {
		w.list(2)
	}
	w.uint(uint64(m.Collection))
	w.fields(m.Fields)
	if m.Keep {
		w.bool(true)
	}
}

func (r *reader) mask() (m model.Mask) {
	n := r.list(2, math.MaxInt)
	m.Collection, m.Fields = r.collection(), r.fields(math.MaxInt)
	if n > 2 {
		m.Keep = r.bool()
		if !m.Keep {
			r.fail() // false is said by leaving it out
		}
		r.extra(n - 3)
	}
	return m
}

// groupRows gathers rows by collection and set of fields.
func groupRows(rows []model.Row) [][]*model.Row {
	var groups [][]*model.Row
	index := make(map[string]int)
	var key []byte
	for i := range rows {
		key = groupKey(key[:0], rows[i].Collection, rows[i].Fields)
		at, ok := index[string(key)]
		if !ok {
			at = len(groups)
			index[string(key)] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], &rows[i])
	}
	return groups
}

// groupKey names what the rows of one group have in common.
func groupKey(key []byte, c model.Collection, fields []model.FieldValue) []byte {
	key = binary.BigEndian.AppendUint16(key, uint16(c))
	for i := range fields {
		key = binary.BigEndian.AppendUint32(key, uint32(fields[i].Field))
	}
	return key
}

// group writes rows of one collection and set of fields: [collection, fields, ids, values].
func (w *writer) group(rows []*model.Row) {
	w.list(4)
	w.uint(uint64(rows[0].Collection))
	w.list(len(rows[0].Fields))
	for i := range rows[0].Fields {
		w.uint(uint64(rows[0].Fields[i].Field))
	}
	_ = w.enc.EncodeBytesLen(16 * len(rows))
	for _, row := range rows {
		w.raw(row.ID[:])
	}
	w.list(len(rows) * len(rows[0].Fields))
	for _, row := range rows {
		for i := range row.Fields {
			w.value(row.Fields[i].Value)
		}
	}
}

// DecodePageBody checks and reads a body; an empty one has nothing in it. Besides the body itself, decompressed, it
// allocates at most 64 bytes an element and 64 a row.
func DecodePageBody(body []byte, compressed bool) (*PageBody, error) {
	b := new(PageBody)
	if len(body) == 0 && !compressed {
		return b, nil
	}
	if compressed {
		var err error
		if body, err = expand(body); err != nil {
			return nil, fmt.Errorf("page body: %w", err)
		}
	}
	if err := Check(body, PageBodyLimits); err != nil {
		return nil, fmt.Errorf("page body: %w", err)
	}
	if err := read(body, b.decode); err != nil {
		return nil, fmt.Errorf("page body: %w", err)
	}
	return b, nil
}

func (b *PageBody) decode(r *reader) {
	r.list(3, math.MaxInt)
	if n := r.list(0, math.MaxUint16); n > 0 {
		b.Masks = make([]model.Mask, n)
	}
	for i := range b.Masks {
		b.Masks[i] = r.mask()
	}
	ids(r, &b.Retracts, MaxPageBody)
	seen := make(map[string]bool)
	for range r.list(0, math.MaxInt) {
		b.group(r, seen)
		if r.err != nil {
			return
		}
	}
}

// group reads rows of one collection and set of fields. Two groups of the same would have been one.
func (b *PageBody) group(r *reader, seen map[string]bool) {
	n := r.list(4, math.MaxInt)
	collection, fields := r.collection(), r.fields(math.MaxInt)
	var list []model.RecordID
	ids(r, &list, MaxPageBody)
	cells := r.list(0, math.MaxInt)
	if len(list) == 0 || cells != len(list)*len(fields) {
		r.fail()
		return
	}
	key := binary.BigEndian.AppendUint16(nil, uint16(collection))
	for _, f := range fields {
		key = binary.BigEndian.AppendUint32(key, uint32(f))
	}
	if seen[string(key)] {
		r.fail()
		return
	}
	seen[string(key)] = true
	values := make([]model.FieldValue, cells)
	for i := range values {
		values[i] = model.FieldValue{Field: fields[i%len(fields)], Value: r.value()}
	}
	if b.Rows == nil {
		b.Rows = make([]model.Row, 0, len(list)) // most pages are one group: exactly what it takes
	}
	for i, id := range list {
		row := model.Row{ID: id, Collection: collection}
		if k := len(fields); k > 0 {
			row.Fields = values[i*k : (i+1)*k : (i+1)*k]
		}
		b.Rows = append(b.Rows, row)
	}
	r.extra(n - 4)
}
