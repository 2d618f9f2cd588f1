package model

import "slices"

// Page is one answer of the feed, before it is encoded. Its parts apply in this order: masks, retracts, rows,
// checkpoint. feed-verification §2 is normative.
type Page struct {
	Reconcile  bool       // the cursor cannot be continued: list what you hold; nothing else is in the page
	Masks      []Mask     // erase these fields everywhere, in base and staging
	Retracts   []RecordID // drop these records, in base and staging
	Rows       []Row      // to staging
	Checkpoint *Checkpoint
	Cursor     []byte // sealed; replaces the device's cursor in the same local transaction
}

// Mask names fields of one collection that the device must erase, one by one because a device does not know classes. The
// engine sends masks with Keep alone, since what was lost may have names that the device must not hear.
type Mask struct {
	Collection Collection
	Fields     []FieldNo // ascending
	Keep       bool      // the other way round: erase every field of the collection but these
}

// Row is a record, or part of one, as this device may see it.
type Row struct {
	ID         RecordID
	Collection Collection
	Fields     []FieldValue // ascending by Field
}

// Find is the value of a field, when the row has it.
func (r Row) Find(f FieldNo) (Value, bool) {
	i, ok := slices.BinarySearchFunc(r.Fields, f, func(v FieldValue, f FieldNo) int { return int(int64(v.Field) - int64(f)) })
	if !ok {
		return Value{}, false
	}
	return r.Fields[i].Value, true
}

// FieldValue is a field as projected: no stamp, no writer.
type FieldValue struct {
	Field FieldNo
	Value Value
}

// Checkpoint ends a consistent state: staging becomes base.
type Checkpoint struct {
	Included []ChangeID // those of the device's waiting changes that this state contains
	Base     []byte     // sealed base token for edits made on this state
	More     bool       // the view of a first sync has yet to grow (DESIGN §5)
}
