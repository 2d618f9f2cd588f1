package replica

import (
	"bytes"
	"maps"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Applied says what a page did.
type Applied struct {
	Dropped    bool // it does not continue this device's cursor: nothing happened, and it is not acknowledged
	Reconcile  bool // the server asks for Holdings
	Checkpoint bool // what is shown has moved to a new state
	Retracted  int
	Rows       int
}

// ApplyPage takes one page of the feed, whole or not at all. Masks and retractions work at once, on base and on
// staging; rows wait in staging for the checkpoint; the cursor moves in the same transaction (feed-verification §2).
func (r *Replica) ApplyPage(head protocol.PageHeader, body protocol.PageBody) (Applied, error) {
	if head.Continues != protocol.CursorTag(r.meta.cursor) && !r.bug("late-page-accepted") {
		return Applied{Dropped: true}, nil // of an older connection (CE-20)
	}
	if head.Reconcile {
		return Applied{Reconcile: true}, nil
	}
	done := Applied{Checkpoint: head.Final, Rows: len(body.Rows)}
	err := r.update(func(t *txn) error {
		if head.Final || !r.bug("retract-only-at-checkpoint") {
			if err := t.mask(body.Masks); err != nil {
				return err
			}
			if err := t.retract(body.Retracts, &done); err != nil {
				return err
			}
		}
		for _, row := range body.Rows {
			for _, f := range row.Fields {
				t.meta.setHidden(row.Collection, f.Field, false)
			}
		}
		t.meta.cursor = bytes.Clone(head.Cursor)
		if head.Final {
			return t.checkpoint(head, body.Rows)
		}
		return t.stage(body.Rows)
	})
	if err != nil {
		return Applied{}, err
	}
	if r.bug("edit-base-from-staged-page") {
		r.staged = head.Base
	}
	return done, nil
}

// mask erases fields of whole collections. However many collections it names, the records are read once.
func (t *txn) mask(masks []model.Mask) error {
	if len(masks) == 0 {
		return nil
	}
	of := map[model.Collection][]model.Mask{}
	for _, m := range masks {
		of[m.Collection] = append(of[m.Collection], m)
		t.hide(m)
	}
	for _, b := range t.shownBuckets() {
		var hit []model.Row
		err := scanRows(t, b, func(row model.Row) error {
			before := len(row.Fields)
			for _, m := range of[row.Collection] {
				var gone []model.FieldNo
				row, gone = masked(row, m)
				for _, f := range gone {
					t.meta.setHidden(m.Collection, f, true)
				}
			}
			if len(row.Fields) < before {
				hit = append(hit, row)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, row := range hit {
			if b == BucketBase {
				err = t.putRow(row)
			} else {
				err = t.Put(b, Key(row.ID), encodeRow(row))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// hide notes what a mask hides besides what it erases: the user's own edits of these fields are not shown either. A mask
// that says what to keep says of all other fields that they are hidden, and of these that they are not.
func (t *txn) hide(m model.Mask) {
	for _, f := range m.Fields {
		t.meta.setHidden(m.Collection, f, !m.Keep)
	}
	if !m.Keep {
		return
	}
	for _, it := range t.r.order {
		if it.included || it.change.Collection != m.Collection || it.change.Op != model.OpEdit {
			continue
		}
		for _, a := range it.change.Fields {
			if !slices.Contains(m.Fields, a.Field) {
				t.meta.setHidden(m.Collection, a.Field, true)
			}
		}
	}
}

func (t *txn) shownBuckets() []Bucket {
	if t.r.bug("staging-not-retracted") {
		return []Bucket{BucketBase}
	}
	return []Bucket{BucketBase, BucketStaging}
}

// retract takes records back. The user's own changes of them stay in the outbox (domain F10, DESIGN §12.13).
func (t *txn) retract(ids []model.RecordID, done *Applied) error {
	for _, id := range ids {
		if _, ok := t.r.dir[id]; ok {
			done.Retracted++
		}
		t.dir[id] = nil
		for _, b := range t.shownBuckets() {
			if err := t.Delete(b, Key(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// stage lays rows over what is in staging already.
func (t *txn) stage(rows []model.Row) error {
	for _, row := range rows {
		under, _, err := readRow(t, BucketStaging, row.ID)
		if err != nil {
			return err
		}
		if err := t.Put(BucketStaging, Key(row.ID), encodeRow(merge(under, row))); err != nil {
			return err
		}
	}
	return nil
}

// checkpoint makes staging and the last page's rows the state that is shown. Merging is enough: what is hidden was
// masked, and what left was retracted.
func (t *txn) checkpoint(head protocol.PageHeader, last []model.Row) error {
	fresh := map[model.RecordID]model.Row{}
	var staged []model.RecordID
	err := scanRows(t, BucketStaging, func(row model.Row) error {
		fresh[row.ID] = row
		staged = append(staged, row.ID)
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range last {
		fresh[row.ID] = merge(fresh[row.ID], row)
	}
	for _, id := range slices.SortedFunc(maps.Keys(fresh), model.RecordID.Compare) {
		under, _, err := readRow(t, BucketBase, id)
		if err != nil {
			return err
		}
		if err := t.putRow(merge(under, fresh[id])); err != nil {
			return err
		}
	}
	for _, id := range staged {
		if err := t.Delete(BucketStaging, Key(id)); err != nil {
			return err
		}
	}
	t.meta.base, t.meta.more = bytes.Clone(head.Base), head.More
	for _, id := range head.Included {
		if it := t.item(id); it != nil {
			t.change(it, func(c *item) { c.included = true })
		}
	}
	return t.settle()
}

// settle closes the problems that solved themselves: a held creation whose record is there was released by the office. Of
// edits and deletions the record says nothing; they are asked about (asks).
func (t *txn) settle() error {
	for _, it := range t.r.order {
		if it = t.item(it.change.ID); it == nil || it.outcome != model.OutcomeHeld || !it.included || it.closed || it.change.Op != model.OpCreate {
			continue
		}
		there, err := t.Get(BucketBase, Key(it.change.Record))
		if err != nil {
			return err
		}
		if there != nil {
			t.change(it, func(c *item) { c.closed = true })
		}
	}
	return nil
}

// Holdings is the id of every record this device holds, shown or not, ascending: what a reconciliation asks for.
func (r *Replica) Holdings() ([]model.RecordID, error) {
	held := map[model.RecordID]bool{}
	err := r.local.View(func(rd Reader) error {
		for _, b := range []Bucket{BucketBase, BucketStaging} {
			err := rd.Scan(b, func(k Key, _ []byte) error {
				held[model.RecordID(k)] = true
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return slices.SortedFunc(maps.Keys(held), model.RecordID.Compare), err
}

// maxWaiting bounds what a resume names, so that it fits a frame.
const maxWaiting = protocol.MaxIDs

// Waiting is the ids of the user's changes that no checkpoint has named, those that are answered first.
func (r *Replica) Waiting() []model.ChangeID {
	var answered, open []model.ChangeID
	for _, it := range r.order {
		switch {
		case it.included:
		case it.answered:
			answered = append(answered, it.change.ID)
		default:
			open = append(open, it.change.ID)
		}
	}
	out := append(answered, open...)
	return out[:min(len(out), maxWaiting)]
}

// Resume is the message that asks for the feed from where this device stands.
func (r *Replica) Resume(follow bool) *protocol.Resume {
	held, _ := r.held()
	return &protocol.Resume{Cursor: r.meta.cursor, Waiting: r.Waiting(), Follow: follow, Held: held}
}
