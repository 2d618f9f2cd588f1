package replica

import (
	"bytes"
	"cmp"

	"github.com/fieldsync/fieldsync/sync/model"
)

// item is one change of this user and what is known of it. It has three lives: in the overlay (until a checkpoint
// names it), in the outbox (until every backup of the server has it), and as a problem (until the user closes it).
// When all are over, the item goes. Items are never changed in place.
type item struct {
	number   uint64
	change   model.Change
	saved    model.Instant // wall clock
	answered bool          // the present life of the store has answered for it
	included bool          // a checkpoint has named it
	released bool          // it need not be offered ever again
	closed   bool          // the user has seen its problem
	outcome  model.Outcome // the last answer, also of an earlier life of the store; OutcomeRetry: none
	reason   model.Reason
	receipt  model.Receipt // of that answer
	acked    model.Instant // server time of that answer
	ackedBy  [8]byte       // the life of the store that gave it
}

const layoutItem = 1

func (it *item) encode() []byte {
	w := diskWriter{buf: make([]byte, 0, 160+len(it.change.Body))}
	w.uint(layoutItem)
	w.uint(it.number)
	w.int(int64(it.saved))
	for _, flag := range []bool{it.answered, it.included, it.released, it.closed} {
		w.bool(flag)
	}
	w.uint(uint64(it.outcome))
	w.uint(uint64(it.reason))
	w.raw(it.receipt[:])
	w.int(int64(it.acked))
	w.raw(it.ackedBy[:])
	w.uint(uint64(len(it.change.Blobs)))
	for _, b := range it.change.Blobs {
		w.text(b)
	}
	w.text(it.change.Body)
	return w.buf
}

func decodeItem(id model.ChangeID, b []byte) (*item, error) {
	d := diskReader{buf: b}
	if d.uint() != layoutItem {
		return nil, errDisk
	}
	it := &item{number: d.uint(), saved: model.Instant(d.int())}
	it.answered, it.included, it.released, it.closed = d.bool(), d.bool(), d.bool(), d.bool()
	it.outcome = model.Outcome(d.uint())
	it.reason = model.Reason(d.uint())
	d.fixed(it.receipt[:])
	it.acked = model.Instant(d.int())
	d.fixed(it.ackedBy[:])
	blobs := make([]string, d.count())
	for i := range blobs {
		blobs[i] = d.text()
	}
	body := d.text()
	if err := d.end(); err != nil {
		return nil, err
	}
	it.change = openChange(body, blobs)
	if it.change.Fault != model.ReasonNone || it.change.ID != id {
		return nil, errDisk
	}
	return it, nil
}

// size is what the item takes of a frame, rounded up, without its blobs.
func (it *item) size() int { return len(it.change.Body) + len(it.receipt) + 32 }

// bytes is what the item takes of the disk, about.
func (it *item) bytes() int {
	n := it.size() + 64
	for _, b := range it.change.Blobs {
		n += len(b)
	}
	return n
}

// gone says that nothing keeps the item on the disk any more.
func (it *item) gone() bool { return it.released && it.included && !it.troubled() }

// troubled says that the answer is one the user must see and has not closed.
func (it *item) troubled() bool {
	return !it.closed && (it.outcome == model.OutcomeHeld || it.outcome == model.OutcomeRefused || it.outcome == model.OutcomeDismissed)
}

// grouped says whether the change shares its fate with others.
func (it *item) grouped() bool { return !it.change.Group.IsZero() }

// subject is the record whose order the change is part of: of a fact that hangs on something, that something.
func (it *item) subject() model.RecordID {
	c := &it.change
	if c.Op == model.OpCreate && c.Record == model.RecordID(c.ID) {
		for _, a := range c.Fields {
			if a.Field == model.FieldParent && !a.Value.IsNull() {
				return model.RefOf(a.Value)
			}
		}
	}
	return c.Record
}

// assigns finds the value the change gives a field.
func (it *item) assigns(f model.FieldNo) (model.Assign, bool) {
	for _, a := range it.change.Fields {
		if a.Field == f {
			return a, true
		}
	}
	return model.Assign{}, false
}

func byNumber(a, b *item) int {
	return cmp.Or(cmp.Compare(a.number, b.number), bytes.Compare(a.change.ID[:], b.change.ID[:]))
}
