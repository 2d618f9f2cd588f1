package replica

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

const layoutRow = 1

func encodeRow(r model.Row) []byte {
	size := 8
	for _, f := range r.Fields {
		size += 5 + f.Value.Size()
	}
	w := diskWriter{buf: make([]byte, 0, size)}
	w.uint(layoutRow)
	w.uint(uint64(r.Collection))
	w.uint(uint64(len(r.Fields)))
	for _, f := range r.Fields {
		w.uint(uint64(f.Field))
		w.value(f.Value)
	}
	return w.buf
}

func decodeRow(id model.RecordID, b []byte) (model.Row, error) {
	d := diskReader{buf: b}
	if d.uint() != layoutRow {
		return model.Row{}, errDisk
	}
	r := model.Row{ID: id, Collection: model.Collection(d.uint())}
	n := d.count()
	r.Fields = make([]model.FieldValue, 0, n)
	for range n {
		f := model.FieldNo(d.uint())
		r.Fields = append(r.Fields, model.FieldValue{Field: f, Value: d.value()})
	}
	return r, d.end()
}

// readRow reads a record of base or staging; ok is false when it is not there.
func readRow(rd Reader, b Bucket, id model.RecordID) (row model.Row, ok bool, err error) {
	v, err := rd.Get(b, Key(id))
	if err != nil || v == nil {
		return model.Row{}, false, err
	}
	row, err = decodeRow(id, v)
	return row, err == nil, err
}

// scanRows calls f with every record of base or staging.
func scanRows(rd Reader, b Bucket, f func(model.Row) error) error {
	return rd.Scan(b, func(k Key, v []byte) error {
		row, err := decodeRow(model.RecordID(k), v)
		if err != nil {
			return err
		}
		return f(row)
	})
}

func byField(f model.FieldValue, no model.FieldNo) int { return cmp.Compare(f.Field, no) }

// field finds a field of a row.
func field(r model.Row, no model.FieldNo) (model.Value, bool) {
	i, ok := slices.BinarySearchFunc(r.Fields, no, byField)
	if !ok {
		return model.Null(), false
	}
	return r.Fields[i].Value, true
}

// setField gives a field of a row a value; r.Fields must be the caller's own.
func setField(r *model.Row, no model.FieldNo, v model.Value) {
	i, ok := slices.BinarySearchFunc(r.Fields, no, byField)
	if ok {
		r.Fields[i].Value = v
		return
	}
	r.Fields = slices.Insert(r.Fields, i, model.FieldValue{Field: no, Value: v})
}

// merge lays a part of a record over what is there of it.
func merge(under, over model.Row) model.Row {
	out := model.Row{ID: over.ID, Collection: over.Collection, Fields: slices.Clone(under.Fields)}
	for _, f := range over.Fields {
		setField(&out, f.Field, f.Value)
	}
	return out
}

// masked is a row without what a mask erases, and which fields that was.
func masked(r model.Row, m model.Mask) (out model.Row, gone []model.FieldNo) {
	keep := make([]model.FieldValue, 0, len(r.Fields))
	for _, f := range r.Fields {
		if slices.Contains(m.Fields, f.Field) == m.Keep {
			keep = append(keep, f)
		} else {
			gone = append(gone, f.Field)
		}
	}
	r.Fields = keep
	return r, gone
}

func parentOf(r model.Row) model.RecordID {
	v, _ := field(r, model.FieldParent)
	return model.RefOf(v)
}
