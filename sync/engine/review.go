package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Kinds of review items: what a person of the office must look at. The flags of the workflow are the others.
const (
	ReviewConflict = "conflict" // two writers met in a field; the losing value is here
	ReviewHeld     = "held"     // a change waits for the office
	ReviewClaim    = "claim"    // a claim was recorded, not applied
	ReviewAlarm    = "alarm"    // one id came with two contents
)

// review is an item to be raised.
type review struct {
	kind   string
	change model.ChangeID
	record model.RecordID
	of     model.Collection // of the record
	author model.UserID
	reason model.Reason
	salt   []byte // tells apart items of one change
	more   []model.Assign
}

// reviewID is the item's record: derived, so that judging the same thing twice raises one item, and with the tenant's
// secret, so that nobody takes the id first.
func (t *tx) reviewID(v review) (id model.RecordID) {
	h := hmac.New(sha256.New, t.tenant.Secret[:])
	h.Write([]byte("review " + v.kind))
	h.Write(v.change[:])
	h.Write(v.salt)
	copy(id[:], h.Sum(nil))
	return id
}

// review raises an item for the office.
func (f *frame) review(v review) {
	id := f.reviewID(v)
	if f.record(id) != nil {
		return
	}
	r := f.edit(id)
	r.Collection = model.ReviewItems
	w := model.Write{Seq: f.seq(), Change: v.change, Occurred: f.now, Author: v.author}
	r.Set(model.FieldParent, model.Null(), w)
	r.Set(model.ReviewKind, model.Text(v.kind), w)
	r.Set(model.ReviewSubject, model.Ref(v.record), w)
	r.Set(model.ReviewAuthor, model.Ref(v.author), w)
	r.Set(model.ReviewAt, model.Int(int64(f.now)), w)
	r.Set(model.ReviewChange, model.Ref(v.change), w)
	r.Set(model.ReviewState, model.Text("open"), w)
	r.Set(model.ReviewReason, model.Int(int64(v.reason)), w)
	r.Set(model.ReviewOf, model.Int(int64(v.of)), w)
	for _, x := range v.more {
		r.Set(x.Field, x.Value, w)
	}
	f.place(r)
}

// resolve closes an item, when it is there.
func (f *frame) resolve(v review, w model.Write) {
	id := f.reviewID(v)
	if f.live(id) == nil {
		return
	}
	f.edit(id).Set(model.ReviewState, model.Text("resolved"), w)
}

// loss is a value that lost in a conflict.
type loss struct {
	record   *model.Record
	field    *model.Field
	value    model.Value
	by       model.Write // who had written it
	beatenBy model.ChangeID
}

// lose keeps a losing value, with who, when and what beat it (domain R7). It stands in the field of its own class, so
// that a conflict report goes through the one projection like any record (S8).
func (f *frame) lose(l loss) {
	if planted("loser-dropped") {
		return
	}
	f.review(review{
		kind: ReviewConflict, change: l.by.Change, record: l.record.ID, of: l.record.Collection, author: l.by.Author,
		salt: binary.BigEndian.AppendUint32(l.record.ID[:len(l.record.ID):len(l.record.ID)], uint32(l.field.No)),
		more: []model.Assign{
			{Field: model.ReviewField, Value: model.Int(int64(l.field.No))},
			{Field: model.ReviewBeatenBy, Value: model.Ref(l.beatenBy)},
			{Field: model.ReviewLost + model.FieldNo(l.field.Class), Value: l.value},
		},
	})
}
