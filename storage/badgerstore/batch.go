package badgerstore

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/dgraph-io/badger/v4"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// errNoRoom says that a decision fits a commit but not what is left of this one.
var errNoRoom = errors.New("no room in this commit")

// batch is one commit being made: what the calls of any number of tenants have decided.
type batch struct {
	snap    *snapshot
	under   *batch // the commit that is being written, which is not in snap; nil: none is
	lives   []model.Incarnation
	tenants map[model.TenantID]*draft
	order   []*draft // of tenants, by first call
	bytes   int      // keys, contents and RowCost of what is pending

	calls []*call // that have decided
	errs  []error // of calls
}

// draft is a tenant's part of a batch. It reads as the tenant's state with what is pending.
type draft struct {
	reader
	tenant model.TenantID
	wrote  bool
	undo   []undo // what the present call has changed
	bytes  int    // what the present call has added to the batch
}

// undo is what stood in the pending map before.
type undo struct {
	key     string
	content []byte
	pending bool
}

func newBatch(snap *snapshot, under *batch, lives []model.Incarnation) *batch {
	return &batch{snap: snap, under: under, lives: lives, tenants: map[model.TenantID]*draft{}}
}

// draft is a tenant's part of the batch.
func (b *batch) draft(t model.TenantID) *draft {
	if d := b.tenants[t]; d != nil {
		return d
	}
	d := &draft{reader: *newReader(b.snap, t, b.lives), tenant: t}
	d.pending = newOverlay()
	if b.under != nil {
		if u := b.under.tenants[t]; u != nil && u.wrote {
			d.under, d.head = u.pending, b.under.head(t)
		}
	}
	b.tenants[t] = d
	b.order = append(b.order, d)
	return d
}

// run lets one call decide and takes what it writes, whole or not at all.
func (b *batch) run(c *call) error {
	d := b.draft(c.tenant)
	if d.err != nil { // the head cannot be read
		return d.err
	}
	err := d.decide(c.decide, storage.MaxCommitBytes-b.bytes)
	if err != nil {
		d.rollback()
	}
	b.bytes += d.bytes
	d.undo, d.bytes = d.undo[:0], 0
	return err
}

// head is a tenant's head after the commit.
func (b *batch) head(t model.TenantID) storage.Head {
	d := b.tenants[t]
	h := d.head
	if d.wrote {
		h.Seq++
	}
	return h
}

// answer answers every call that has no answer yet.
func (b *batch) answer(doubt error) {
	for i, c := range b.calls {
		err := b.errs[i]
		if doubt != nil {
			err = doubt
		}
		c.answer(b.head(c.tenant), err)
	}
	b.calls, b.errs = nil, nil
}

// empty says whether there is nothing to commit.
func (b *batch) empty() bool {
	for _, d := range b.order {
		if d.wrote {
			return false
		}
	}
	return true
}

// rows are what the batch writes; nil content: the key is removed.
func (b *batch) rows(yield func(key string, content []byte) bool) {
	for _, d := range b.order {
		if !d.wrote {
			continue
		}
		for key, content := range d.pending.sorted.Prefix("", "") {
			if !yield(key, content) {
				return
			}
		}
		if !yield(d.prefix+partHead, b.head(d.tenant).Append(nil)) {
			return
		}
	}
}

// write commits the batch. An error leaves the commit in doubt.
func (b *batch) write(db *badger.DB) error {
	arena := make([]byte, 0, b.bytes+len(b.order)*(storage.RowCost+storage.MaxKeyBytes)) // Badger keeps what it is given until the end
	txn := db.NewTransaction(true)
	defer txn.Discard()
	for key, content := range b.rows {
		start := len(arena)
		arena = append(arena, key...)
		whole := arena[start:len(arena):len(arena)]
		var err error
		if content == nil {
			err = txn.Delete(whole)
		} else {
			start = len(arena)
			arena = seal(arena, whole, content)
			err = txn.Set(whole, arena[start:len(arena):len(arena)])
		}
		if err != nil {
			return err
		}
	}
	return txn.Commit()
}

// decide runs a decision and takes what it writes; room is what is left of the commit, in bytes.
func (d *draft) decide(decide storage.Decide, room int) error {
	w, err := guarded(decide, &d.reader)
	if d.err != nil {
		// A damaged row fails whoever looks at it, not the tenant's other calls.
		err, d.err = d.err, nil
	}
	if err != nil || w == nil {
		return err
	}
	if err := w.Check(d.tenant, d.head); err != nil {
		return err
	}
	if err := d.take(w); err != nil {
		return err
	}
	if err := storage.CheckSize(d.bytes); err != nil {
		return err
	}
	if d.bytes > room {
		return errNoRoom
	}
	d.wrote, d.head = true, d.head.With(w.Head)
	d.turn++
	return nil
}

// guarded turns a panic into an error, so that one decision cannot take the committer with it.
func guarded(decide storage.Decide, r storage.Reader) (w *storage.WriteSet, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decide panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return decide(r)
}

// take puts a write set among what is pending.
func (d *draft) take(w *storage.WriteSet) error {
	for _, r := range w.Records {
		row := storage.AppendRecord(nil, r)
		if err := storage.CheckValue(len(row)); err != nil {
			return err
		}
		if err := d.replace(r.ID, row, storage.IndexOf(r)); err != nil {
			return err
		}
	}
	for _, id := range w.Forget {
		if err := d.replace(id, nil, storage.Index{}); err != nil {
			return err
		}
	}
	for _, row := range w.Rows {
		d.set(appendRow(d.key(), row.Table, row.Key), row.Value)
	}
	return nil
}

// replace puts a record's row, or removes it when row is nil, and the difference of its index rows.
func (d *draft) replace(id model.RecordID, row []byte, now storage.Index) error {
	have, ok := d.Record(id)
	if d.err != nil {
		err := d.err
		d.err = nil
		return err
	}
	if !ok && row == nil {
		return nil
	}
	d.set(appendRecord(d.key(), id), row)
	old := storage.IndexOf(have)
	if old.Parent != now.Parent || old.Of != now.Of {
		if old.Of != 0 {
			d.set(appendPlace(d.key(), old, id), nil)
		}
		if now.Of != 0 {
			d.set(appendPlace(d.key(), now, id), []byte{})
		}
	}
	d.reindex(id, old, now)
	return nil
}

// reindex writes the difference of a record's audience rows. A row that stays is not written again.
func (d *draft) reindex(id model.RecordID, old, now storage.Index) {
	for _, was := range old.Rows {
		is, stays := now.Find(was.Audience)
		if !stays || is.Seq != was.Seq {
			d.set(appendChange(d.key(), was, id), nil)
		}
		if was.Member && !is.Member {
			d.set(appendMember(d.key(), was.Audience, id), nil)
		}
	}
	for _, is := range now.Rows {
		was, had := old.Find(is.Audience)
		if !had || was.Seq != is.Seq {
			d.set(appendChange(d.key(), is, id), []byte{})
		}
		if is.Member && !was.Member {
			d.set(appendMember(d.key(), is.Audience, id), []byte{})
		}
	}
}

// set puts content under a whole key, or removes the key when content is nil.
func (d *draft) set(whole, content []byte) {
	key := string(whole)
	old, pending := d.pending.set(key, content)
	if pending {
		d.bytes -= cost(key, old)
	}
	d.undo = append(d.undo, undo{key, old, pending})
	d.bytes += cost(key, content)
}

func cost(key string, content []byte) int { return len(key) + len(content) + storage.RowCost }

// rollback takes back what the present call has set.
func (d *draft) rollback() {
	for i := len(d.undo) - 1; i >= 0; i-- {
		u := d.undo[i]
		if u.pending {
			d.pending.set(u.key, u.content)
		} else {
			d.pending.remove(u.key)
		}
	}
	d.bytes = 0
}
