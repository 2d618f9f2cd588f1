package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// An id that comes with a second content is an alarm: a phone was copied, or restored with its generator's state. What the second one
// says may be work that nothing else has. So it is a change of its own, held, under an id that is made of the first one's and of its
// hash: it has one outcome, which a retry gets, and the office lets it in or decides against it like any other (I3, I4). Letting
// it in makes records of their own ids, or they would be those of the first.

// Rows of second contents in TableReview.
const (
	reviewSecond  = "s" // + the id that it has: where it is held
	reviewSeconds = "t" // + where it is held: empty
)

// secondKey is where a content is held that came under an id after another one: its first half is that id.
func secondKey(c *model.Change) string { return string(c.ID[:]) + string(c.Hash[:8]) }

// secondID is the id that what is held there has.
func (t *tx) secondID(key string) model.ChangeID {
	return model.ChangeID(t.derived("second content", []byte(key)))
}

// heldKey is where a change is held.
func (t *tx) heldKey(id model.ChangeID) string {
	if key, second := t.row(storage.TableReview, reviewSecond+string(id[:])); second {
		return string(key)
	}
	return string(id[:])
}

// heldOf is a change that is held, or of which the content is kept.
func (t *tx) heldOf(id model.ChangeID) (storage.Held, bool) {
	return get(t, storage.TableHeld, t.heldKey(id), storage.ParseHeld)
}

// again answers a change whose id another content has: as it was answered before, or by holding it, with an alarm.
func (f *frame) again(s *model.Submitted) model.Answer {
	c, key := &s.Change, secondKey(&s.Change)
	id := f.secondID(key)
	o, repeat := f.outcome(id)
	if !repeat || planted("second-decided-again") {
		o = storage.Outcome{Hash: [16]byte(c.Hash[:16]), Code: model.OutcomeHeld, Reason: model.ReasonContent, At: f.here(), Written: f.here(), Time: f.now}
		f.holdSecond(s, key, id, o)
	}
	return model.Answer{Outcome: o.Code, Reason: o.Reason, Repeat: repeat, Receipt: f.e.receipt(f.tx, c, o)}
}

// holdSecond keeps a second content, and shows it to the office: as an alarm, and as work that waits.
func (f *frame) holdSecond(s *model.Submitted, key string, id model.ChangeID, o storage.Outcome) {
	c := &s.Change
	f.hold(key, id, s, held(model.ReasonContent))
	f.put(storage.TableOutcomes, string(id[:]), o.Append(nil))
	f.put(storage.TableReview, reviewSecond+string(id[:]), []byte(key))
	f.put(storage.TableReview, reviewSeconds+key, nil)
	v := review{kind: model.InboxAlarm, change: c.ID, record: c.Record, of: c.Collection, author: c.Author, reason: model.ReasonContent, more: f.guarded(c)}
	v.same = guardedBy(v.more)
	f.review(v)
	own := asSecond(*c, id)
	v.kind, v.change, v.record, v.same = model.InboxHeld, id, own.Record, nil
	f.review(v)
}

// asSecond is a second content as a change of its own. What it makes is a record of its own.
func asSecond(c model.Change, id model.ChangeID) model.Change {
	if c.ID = id; c.Op == model.OpCreate {
		c.Record = model.RecordID(id)
	}
	return c
}

// contentOf is what a held change says.
func (e *Engine) contentOf(h storage.Held) model.Change {
	c := e.cfg.Decode(h.Body, h.Blobs)
	if c.ID != h.Change && !c.ID.IsZero() {
		return asSecond(c, h.Change)
	}
	return c
}

// outlives says whether the outcome of another content of a change is still remembered: then that of the first is too, or what came
// second would be taken for the first when it is sent once more, and take effect twice.
func (t *tx) outlives(first string) bool {
	for _, k := range t.keys(storage.TableReview, reviewSeconds+first) {
		if _, remembered := t.outcome(t.secondID(k[len(reviewSeconds):])); remembered && !planted("second-outlives-first") {
			return true
		}
		t.remove(storage.TableReview, k)
	}
	return false
}

// forgetSecond forgets where a second content was held.
func (t *tx) forgetSecond(id string) {
	if key, second := t.row(storage.TableReview, reviewSecond+id); second {
		t.remove(storage.TableReview, reviewSecond+id)
		t.remove(storage.TableHeld, string(key))
	}
}
