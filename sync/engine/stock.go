package engine

import (
	"encoding/binary"
	"iter"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/merge"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What is left of a part at a place is a record, kept with each line of the ledger: nobody adds the ledger up (domain (c), parts used
// on job, stock take). What moved after the last stock take is found in rows of its own, in the order in which it happened, for
// the next one to count from. Whoever takes more than there is has taken it: the office is told, the phone is not.

// keepStock brings the stock in line with a new movement.
func (f *frame) keepStock(c *model.Change, r *model.Record, w model.Write) {
	m := movementOf(r)
	id := f.stockID(r.Value(model.MovementSKU).Text(), r.Value(model.MovementPlace).Text())
	was := levelOf(f.record(id))
	now := was.Add(m, func(cut model.Instant) int64 { return f.movedSince(id, cut) })
	if !m.Count && !was.Covers(m.At) {
		f.put(storage.TableStock, string(id[:])+instantKey(m.At)+string(m.Change[:]), binary.AppendVarint(nil, m.Quantity))
	}
	if now == was && f.record(id) != nil {
		return
	}
	f.putStock(id, r, now, w)
	item := review{kind: model.InboxStock, change: c.ID, record: id, of: model.Stock, same: id[:]}
	switch {
	case now.OnHand < 0 && !planted("negative-unflagged"):
		f.review(item)
	case was.OnHand < 0 && !planted("negative-for-ever"):
		f.settleItem(item, "not below zero any more, by what came since")
	}
}

// putStock writes what a movement left.
func (f *frame) putStock(id model.RecordID, movement *model.Record, l merge.Level, w model.Write) {
	made := f.record(id) == nil
	s := f.edit(id)
	s.Collection = model.Stock
	if made {
		s.Set(model.FieldParent, model.Null(), w)
		s.Set(model.StockSKU, movement.Value(model.MovementSKU), w)
		s.Set(model.StockPlace, movement.Value(model.MovementPlace), w)
	}
	set := func(field model.FieldNo, v model.Value) {
		if made || s.Value(field) != v { // or everything was written by whoever moved something last
			s.Set(field, v, w)
		}
	}
	set(model.StockOnHand, model.Int(l.OnHand))
	if !l.Count.IsZero() {
		set(model.StockCount, model.Ref(l.Count))
		set(model.StockCounted, model.Int(int64(l.Cut)))
	}
	f.place(s)
}

// stockID names the stock of a part at a place.
func (t *tx) stockID(sku, place string) model.RecordID {
	return t.derived("stock", binary.AppendUvarint(nil, uint64(len(sku))), []byte(sku), []byte(place))
}

// movementOf is a line of the ledger. One that counts moves nothing besides.
func movementOf(r *model.Record) merge.Movement {
	m := merge.Movement{
		Change: model.ChangeID(r.ID), At: model.Instant(r.Value(model.MovementAt).Int()), Quantity: r.Value(model.MovementQuantity).Int(),
	}
	if counted := r.Value(model.MovementCounted); !counted.IsNull() {
		m.Count, m.Quantity = true, counted.Int()
	}
	return m
}

// levelOf is what a stock says; nil: nothing moved yet.
func levelOf(s *model.Record) merge.Level {
	if s == nil {
		return merge.Level{}
	}
	return merge.Level{
		OnHand: s.Value(model.StockOnHand).Int(), Count: model.ChangeID(model.RefOf(s.Value(model.StockCount))),
		Cut: model.Instant(s.Value(model.StockCounted).Int()),
	}
}

// movedSince adds up what moved after a moment.
func (t *tx) movedSince(stock model.RecordID, cut model.Instant) (sum int64) {
	if planted("count-forgets-later") {
		return 0
	}
	for _, raw := range t.rowsFrom(storage.TableStock, string(stock[:]), instantKey(cut+1)) {
		n, _ := binary.Varint(raw)
		sum += n
	}
	return sum
}

// rowsFrom walks the rows whose keys begin with prefix, from the key prefix + from on: those of this decision behind the store's.
func (t *tx) rowsFrom(table storage.Table, prefix, from string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, raw := range t.r.Rows(table, prefix, from) {
			if _, changed := t.rows[rowKey{table, key}]; !changed && !yield(key, raw) {
				return
			}
		}
		for k, raw := range t.rows {
			here := k.table == table && raw != nil && len(k.key) >= len(prefix) && k.key[:len(prefix)] == prefix
			if here && k.key >= prefix+from && !yield(k.key, raw) {
				return
			}
		}
	}
}

// settleItem closes the item of what is not so any more, unless somebody has closed it.
func (f *frame) settleItem(v review, why string) {
	first := f.reviewID(v, 0)
	raw, _ := f.row(storage.TableCounts, countItems+string(first[:]))
	n, _ := binary.Uvarint(raw)
	r := f.live(f.reviewID(v, n))
	if r == nil || r.Value(model.ReviewState).Text() != "open" {
		return
	}
	w := model.Write{Seq: f.seq(), Change: v.change, Occurred: f.now, Office: true}
	e := f.edit(r.ID)
	e.Set(model.ReviewResolution, model.Text(why), w)
	e.Set(model.ReviewState, model.Text("resolved"), w)
}
