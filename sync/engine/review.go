package engine

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What is the same over and over is one item with a count, so that a device that flaps cannot fill the inbox (I13): the
// conflicts of one author in one field of one record and of one grade, one flag that one author raises on one job, one claim
// that one author makes again and again, one author's alarms in one collection, customers of one name or telephone that one
// author makes. It tells the latest of them. Nothing is lost by it: a value that lost is a line of its record's history, as are
// those of all before it, for as long as history is kept, and the latest stays in the item; an event that was flagged is a
// record, and so is a customer; claims that are folded ask for the same; what came under a taken id is listed as held work is.
// Held work is never folded: each change is for somebody to decide, and how much of it a device may hand in has a bound of its own; nor
// is what was typed of a job's customer, since each job wants its own link, and is there to be seen all the same. Once
// somebody has decided an item, the next of the same begins another one.

// review is an item to be raised.
type review struct {
	kind   string
	change model.ChangeID
	record model.RecordID
	of     model.Collection // of the record
	author model.UserID
	reason model.Reason
	same   []byte // what it is folded by, with its kind, collection and author; nil: it stands alone
	more   []model.Assign
}

// reviewID is the item's record, so that judging the same thing twice raises one item. Of what is folded it is that of the nth.
func (t *tx) reviewID(v review, n uint64) model.RecordID {
	if v.same == nil {
		return t.derived("review "+v.kind, v.change[:])
	}
	which := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64([]byte(" of "), n), uint16(v.of))
	return t.derived("review "+v.kind, which, v.author[:], v.same)
}

// countItems is what rows of counts begin with that say which item of one thing is the last.
const countItems = "f"

// lastOf is the last item of a thing, and which it is: the nth. key is where that stands.
func (t *tx) lastOf(v review) (id model.RecordID, key string, n uint64) {
	id = t.reviewID(v, 0)
	if v.same == nil {
		return id, "", 0
	}
	key = countItems + string(id[:])
	if raw, counted := t.row(storage.TableCounts, key); counted {
		n, _ = binary.Uvarint(raw)
		id = t.reviewID(v, n)
	}
	return id, key, n
}

// lastItem is the item that a thing belongs into: the last of its sort while nobody has decided it, or a new one.
func (t *tx) lastItem(v review) model.RecordID {
	id, key, n := t.lastOf(v)
	if v.same == nil {
		return id
	}
	if r := t.live(id); r == nil || r.Value(model.ReviewState).Text() == "open" {
		return id
	}
	t.put(storage.TableCounts, key, binary.AppendUvarint(nil, n+1))
	return t.reviewID(v, n+1)
}

// lastAsked is the item that a thing was put into last; nil: there is none.
func (t *tx) lastAsked(v review) *model.Record {
	id, _, _ := t.lastOf(v)
	return t.live(id)
}

// openItem is that item when nobody has decided it; nil: there is none.
func (t *tx) openItem(v review) *model.Record {
	if r := t.lastAsked(v); r != nil && r.Value(model.ReviewState).Text() == "open" {
		return r
	}
	return nil
}

// review raises an item for the office, or folds it into the one there is.
func (t *tx) review(v review) {
	id := t.lastItem(v)
	w := model.Write{Seq: t.seq(), Change: v.change, Occurred: t.now, Author: v.author}
	if have := t.record(id); have != nil {
		if v.same != nil && model.ChangeID(model.RefOf(have.Value(model.ReviewChange))) != v.change {
			t.fold(have, v, w)
		}
		return
	}
	r := t.edit(id)
	r.Collection = model.ReviewItems
	r.Set(model.FieldParent, model.Null(), w)
	r.Set(model.ReviewKind, model.Text(v.kind), w)
	r.Set(model.ReviewAuthor, model.Ref(v.author), w)
	r.Set(model.ReviewState, model.Text("open"), w)
	r.Set(model.ReviewOf, model.Int(int64(v.of)), w)
	v.tell(r, t.now, w)
	t.place(r)
}

// tell has an item tell of a thing.
func (v review) tell(r *model.Record, now model.Instant, w model.Write) {
	r.Set(model.ReviewSubject, model.Ref(v.record), w)
	r.Set(model.ReviewAt, model.Int(int64(now)), w)
	r.Set(model.ReviewChange, model.Ref(v.change), w)
	r.Set(model.ReviewReason, model.Int(int64(v.reason)), w)
	for _, x := range v.more {
		r.Set(x.Field, x.Value, w)
	}
}

// fold adds one more of the same to an item. Who sees the item sees all that is folded: by what they are told apart, they
// are of one collection and one field.
func (t *tx) fold(have *model.Record, v review, w model.Write) {
	r := t.edit(have.ID)
	if have.Value(model.ReviewFirst).IsNull() {
		r.Set(model.ReviewFirst, have.Value(model.ReviewAt), w)
	}
	r.Set(model.ReviewCount, model.Int(max(1, have.Value(model.ReviewCount).Int())+1), w)
	v.tell(r, t.now, w)
}

// ruled is who decided held work, how and why; nobody did when what it waited for came.
type ruled struct {
	by       model.UserID
	decision string
	why      string
}

// guarded is the field by which it is decided who is shown an item about a change: of an edit of nothing but fields that want a
// right of their own, the first of them. Whoever sees none of its fields is not told that there is such an edit (H1, S8).
func (f *frame) guarded(c *model.Change) []model.Assign {
	spec, ok := f.table.Spec(c.Collection)
	if !ok || c.Op != model.OpEdit || len(c.Fields) == 0 || planted("guarded-told") {
		return nil
	}
	for _, x := range c.Fields {
		if field, ok := spec.Field(x.Field); !ok || !access.Guarded(field.Class) {
			return nil
		}
	}
	return []model.Assign{{Field: model.ReviewField, Value: model.Int(int64(c.Fields[0].Field))}}
}

// guardedBy tells items apart that different people are shown.
func guardedBy(more []model.Assign) []byte {
	out := []byte{}
	for _, x := range more {
		out = binary.BigEndian.AppendUint64(out, uint64(x.Value.Int()))
	}
	return out
}

// resolve closes the item of held work, when it is there.
func (f *frame) resolve(v review) {
	id := f.reviewID(v, 0)
	if f.live(id) == nil {
		return
	}
	w := model.Write{Seq: f.seq(), Change: v.change, Occurred: f.now, Office: true}
	r := f.edit(id)
	if f.ruled != nil {
		w.Author = f.ruled.by
		r.Set(model.ReviewDecision, model.Text(f.ruled.decision), w)
		if f.ruled.why != "" {
			r.Set(model.ReviewResolution, model.Text(f.ruled.why), w)
		}
	}
	r.Set(model.ReviewState, model.Text("resolved"), w)
}

// loss is a value that lost in a conflict.
type loss struct {
	record *model.Record
	field  *model.Field
	value  model.Value
	by     model.Write // who had written it
	stands model.Value
	beaten model.Write // who wrote what stands
	grade  string
}

// lose keeps a losing value, with who, when and what beat it (domain R7). It stands in the field of its own class, so
// that a conflict report goes through the one projection like any record (S8); and in the history of its record, where all of
// them are that were folded into one item.
func (f *frame) lose(l loss) {
	if planted("loser-dropped") {
		return
	}
	if !planted("fold-drops-content") {
		f.lost = append(f.lost, f.lossEvent(l))
	}
	same := binary.BigEndian.AppendUint32(l.record.ID[:len(l.record.ID):len(l.record.ID)], uint32(l.field.No))
	more := []model.Assign{
		{Field: model.ReviewField, Value: model.Int(int64(l.field.No))},
		{Field: model.ReviewBeatenBy, Value: model.Ref(l.beaten.Change)},
		{Field: model.ReviewGrade, Value: model.Text(l.grade)},
		{Field: model.ReviewLost + model.FieldNo(l.field.Class), Value: l.value},
		{Field: model.ReviewSaid, Value: model.Int(int64(l.by.Occurred))},
		{Field: model.ReviewWinner, Value: model.Ref(l.beaten.Author)},
		{Field: model.ReviewWon, Value: model.Int(int64(l.beaten.Occurred))},
		{Field: model.ReviewProposal, Value: model.Bool(l.proposes())},
	}
	f.review(review{
		kind: model.InboxConflict, change: l.by.Change, record: l.record.ID, of: l.record.Collection, author: l.by.Author,
		same: append(same, l.grade...), more: more,
	})
}

// proposes says whether what lost is a proposal: what somebody in the field says of what is the office's to say (domain (c)).
func (l *loss) proposes() bool {
	office := l.field.Policy == model.PolicyOffice || l.field.Policy == model.PolicyThreeWay
	return office && !l.by.Office && l.beaten.Office
}

// lossEvent is the line of history of a value that lost.
func (f *frame) lossEvent(l loss) storage.HistoryEvent {
	e := f.event(model.OpEdit, l.record, l.by)
	e.Lost = true
	e.Fields = []model.EventField{{Field: l.field.No, Before: l.value, After: l.stands}}
	return e
}

// grade is how an edit and what it met came to meet.
func (f *frame) grade(k fieldCase, d decision) string {
	switch job := f.jobOf(k.r); {
	case f.handed:
		return model.GradeReplaced
	case job != nil && !k.open:
		return model.GradeLate
	case d.conflict && !k.ask.force:
		return model.GradeParallel
	default:
		return model.GradeConflict
	}
}
