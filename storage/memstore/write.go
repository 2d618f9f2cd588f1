package memstore

import (
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// write applies a write set whole, or answers an error and leaves everything as it was.
func (t *tenant) write(id model.TenantID, head storage.Head, w *storage.WriteSet) error {
	if err := w.Check(id, head); err != nil {
		return err
	}
	encoded, err := t.encode(w)
	if err != nil {
		return err
	}
	for i, r := range w.Records {
		if err := t.put(r.ID, encoded[i], storage.IndexOf(r)); err != nil {
			return err
		}
	}
	for _, id := range w.Forget {
		if err := t.put(id, nil, storage.Index{}); err != nil {
			return err
		}
	}
	for _, row := range w.Rows {
		key := rowKey(row.Table, row.Key)
		if row.Value == nil {
			t.rows.Delete(key)
		} else {
			t.rows.Set(key, slices.Clone(row.Value))
		}
	}
	return nil
}

// encode makes the rows of the records, and checks their size and the whole's, index rows included, as drivers with a
// disk count them.
func (t *tenant) encode(w *storage.WriteSet) ([][]byte, error) {
	rows := make([][]byte, len(w.Records))
	cost := 0
	for i, r := range w.Records {
		rows[i] = storage.AppendRecord(nil, r)
		if err := storage.CheckValue(len(rows[i])); err != nil {
			return nil, err
		}
		var old *model.Record
		if have, ok := t.records[r.ID]; ok {
			var err error
			if old, err = storage.ParseRecord(have); err != nil {
				return nil, err
			}
		}
		cost += len(r.ID) + len(rows[i]) + storage.RowCost + storage.IndexCost(storage.IndexOf(old), storage.IndexOf(r))
	}
	for _, row := range w.Rows {
		cost += len(row.Key) + len(row.Value) + storage.RowCost
	}
	return rows, storage.CheckSize(cost)
}

// put replaces a record by an encoded one, or forgets it when row is nil, and its index rows with it.
func (t *tenant) put(id model.RecordID, row []byte, now storage.Index) error {
	var old storage.Index
	if have, ok := t.records[id]; ok {
		r, err := storage.ParseRecord(have)
		if err != nil {
			return err
		}
		old = storage.IndexOf(r)
	}
	if row == nil {
		delete(t.records, id)
	} else {
		t.records[id] = row
	}
	t.unindex(id, old)
	t.index(id, now)
	return nil
}

func (t *tenant) unindex(id model.RecordID, x storage.Index) {
	if x.Of != 0 {
		t.places.Delete(placeKey(x, id))
	}
	for _, row := range x.Rows {
		t.since.Delete(sinceKey(row.Audience, row.Seq, id))
		if row.Member {
			t.members.Delete(memberKey(row.Audience, id))
		}
	}
}

func (t *tenant) index(id model.RecordID, x storage.Index) {
	if x.Of != 0 {
		t.places.Set(placeKey(x, id), struct{}{})
	}
	for _, row := range x.Rows {
		t.since.Set(sinceKey(row.Audience, row.Seq, id), struct{}{})
		if row.Member {
			t.members.Set(memberKey(row.Audience, id), struct{}{})
		}
	}
}
