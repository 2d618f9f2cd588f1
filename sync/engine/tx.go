package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// tx is one decision: the tenant's state with what the decision has written so far on top. It is the scratch copy
// that groups are judged in: [tx.fork] and [tx.drop].
type tx struct {
	e      *Engine
	id     model.TenantID
	r      storage.Reader
	head   storage.Head
	now    model.Instant // committed time of this commit: never before the last one
	asked  model.Instant // when a read was asked for; 0: at the committed time
	raw    []byte        // the tenant's row as the store has it
	tenant storage.Tenant
	table  *model.Table

	records   map[model.RecordID]*model.Record
	loaded    map[model.RecordID]*model.Record // what the store said; nil: it has none
	crews     map[model.RecordID]crew          // of jobs, until an assignment or their place in the window changes
	calendar  *storage.Calendar                // nil: not read yet
	joined    []model.RecordID                 // records that this decision made
	weights   map[*model.Record]int            // of those of them that were looked at, in bytes
	rows      map[rowKey][]byte                // nil: removed
	entered   []model.RecordID                 // records that came to be or came into an audience: what waits for them is judged again
	decided   []model.ChangeID                 // changes whose held outcome ended
	tenanted  bool                             // the tenant row changed
	resettled bool                             // by what everybody's rights depend on: settings, links of clients
	dropped   int                              // how often something was thrown away
	sources   map[model.ChangeID]source        // how the changes of this decision came in
	deaths    map[model.RecordID]model.Write   // who deleted what
	lost      []storage.HistoryEvent           // values that lost in a conflict
	whence    whence                           // where it was asked from
	acts      model.UserID                     // whose changes are being decided
	turns     bool                             // it is time that moves records, and nobody
	err       error
}

type rowKey struct {
	table storage.Table
	key   string
}

// begin opens a decision. A tenant that does not exist is model.ErrUnknown.
func (e *Engine) begin(ctx context.Context, id model.TenantID, r storage.Reader, now model.Instant) (*tx, error) {
	t := &tx{
		e: e, id: id, r: r, head: r.Head(), whence: whenceOf(ctx),
		records: map[model.RecordID]*model.Record{}, loaded: map[model.RecordID]*model.Record{},
		crews: map[model.RecordID]crew{}, rows: map[rowKey][]byte{},
		weights: map[*model.Record]int{}, sources: map[model.ChangeID]source{}, deaths: map[model.RecordID]model.Write{},
	}
	t.now = max(now, t.head.Time)
	raw, ok := r.Row(storage.TableTenant, "")
	if !ok {
		return nil, model.ErrUnknown
	}
	c, err := e.company(id, raw)
	if err != nil {
		return nil, err
	}
	t.raw, t.tenant, t.table = raw, c.tenant, c.table
	return t, nil
}

// fail notes the first thing that went wrong inside; the decision then writes nothing.
func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// seq is the number of the commit being decided.
func (t *tx) seq() model.Seq { return t.head.Next() }

// record finds a record or tombstone as this decision has it. It must not be changed; see edit.
func (t *tx) record(id model.RecordID) *model.Record {
	if r, ok := t.records[id]; ok {
		return r
	}
	return t.stored(id)
}

// live finds a record that is not a tombstone.
func (t *tx) live(id model.RecordID) *model.Record {
	if r := t.record(id); r != nil && !r.Deleted {
		return r
	}
	return nil
}

// edit gives a copy of a record to change, which is part of the decision from now on.
func (t *tx) edit(id model.RecordID) *model.Record {
	r := t.record(id)
	if r == nil {
		r = &model.Record{ID: id}
		t.joined = append(t.joined, id)
	} else {
		r = r.Clone()
	}
	r.Seq = t.seq()
	t.records[id] = r
	if r.Collection == model.Assignments {
		clear(t.crews)
	}
	return r
}

// offspring lists the records of every collection that hang on a record.
func (t *tx) offspring(r *model.Record) (ids []model.RecordID) {
	for _, spec := range t.table.Specs() {
		if spec.Parent == r.Collection {
			ids = append(ids, t.children(r.ID, spec.No)...)
		}
	}
	return ids
}

// children lists the records of one collection that hang on a record, in id order.
func (t *tx) children(parent model.RecordID, c model.Collection) []model.RecordID {
	belongs := func(r *model.Record) bool {
		return !r.Deleted && r.Parent() == parent && r.Collection == c
	}
	var ids []model.RecordID
	for id := range t.r.Children(parent, c) {
		if r, changed := t.records[id]; !changed || belongs(r) {
			ids = append(ids, id)
		}
	}
	for _, id := range t.joined {
		if belongs(t.records[id]) {
			ids = append(ids, id)
		}
	}
	return sortedIDs(ids)
}

// below gives the records of one collection that hang on a record, in id order.
func (t *tx) below(parent model.RecordID, c model.Collection) []*model.Record {
	var out []*model.Record
	for _, id := range t.children(parent, c) {
		out = append(out, t.record(id))
	}
	return out
}

// row finds a row as this decision has it.
func (t *tx) row(table storage.Table, key string) ([]byte, bool) {
	if v, ok := t.rows[rowKey{table, key}]; ok {
		return v, v != nil
	}
	return t.r.Row(table, key)
}

// keys lists the keys of a table that begin with prefix, in order.
func (t *tx) keys(table storage.Table, prefix string) []string {
	var keys []string
	for k := range t.r.Rows(table, prefix, "") {
		if _, changed := t.rows[rowKey{table, k}]; !changed {
			keys = append(keys, k)
		}
	}
	for k, v := range t.rows {
		if k.table == table && v != nil && len(k.key) >= len(prefix) && k.key[:len(prefix)] == prefix {
			keys = append(keys, k.key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (t *tx) put(table storage.Table, key string, value []byte) {
	if value == nil {
		value = []byte{}
	}
	t.rows[rowKey{table, key}] = value
}

func (t *tx) remove(table storage.Table, key string) { t.rows[rowKey{table, key}] = nil }

// get parses a row; ok is false when it is not there.
func get[T any](t *tx, table storage.Table, key string, parse func([]byte) (T, error)) (row T, ok bool) {
	raw, ok := t.row(table, key)
	if !ok {
		return row, false
	}
	row, err := parse(raw)
	if err != nil {
		t.fail(fmt.Errorf("read a row of table %d: %w", table, err))
		return row, false
	}
	return row, true
}

// savepoint is the state of a decision to go back to.
type savepoint struct {
	records             map[model.RecordID]*model.Record
	rows                map[rowKey][]byte
	entered             []model.RecordID
	joined              []model.RecordID
	decided             []model.ChangeID
	lost                []storage.HistoryEvent
	err                 error
	tenant              storage.Tenant
	tenanted, resettled bool
	table               *model.Table
}

// fork remembers the decision as it is. Records in it are replaced, never changed in place, once they were forked:
// edit clones.
func (t *tx) fork() savepoint {
	m := savepoint{
		records: make(map[model.RecordID]*model.Record, len(t.records)), rows: make(map[rowKey][]byte, len(t.rows)),
		entered: slices.Clone(t.entered), joined: slices.Clone(t.joined), decided: slices.Clone(t.decided), lost: slices.Clip(t.lost), err: t.err, tenant: t.tenant, tenanted: t.tenanted, resettled: t.resettled, table: t.table,
	}
	for k, v := range t.records {
		m.records[k] = v
	}
	for k, v := range t.rows {
		m.rows[k] = v
	}
	return m
}

// drop throws away what was decided since the fork.
func (t *tx) drop(m savepoint) {
	t.records, t.rows, t.tenant, t.tenanted, t.resettled, t.table = m.records, m.rows, m.tenant, m.tenanted, m.resettled, m.table
	t.entered, t.decided, t.joined, t.lost, t.err = m.entered, m.decided, m.joined, m.lost, m.err
	t.dropped++
	clear(t.crews)
}

// writes is what the decision came to, in a fixed order.
func (t *tx) writes() (*storage.WriteSet, error) {
	if t.err != nil {
		return nil, t.err
	}
	t.keepAggregates()
	t.chronicle()
	for id, r := range t.records {
		t.keepInbox(t.stored(id), r)
	}
	if t.tenanted {
		t.put(storage.TableTenant, "", t.tenant.Append(nil))
	}
	if len(t.records) == 0 && len(t.rows) == 0 {
		return nil, nil
	}
	ws := &storage.WriteSet{Head: &storage.HeadChange{Time: t.now}}
	for _, r := range t.records {
		ws.Records = append(ws.Records, r)
	}
	slices.SortFunc(ws.Records, func(a, b *model.Record) int { return a.ID.Compare(b.ID) })
	for k, v := range t.rows {
		ws.Rows = append(ws.Rows, storage.RowWrite{Table: k.table, Key: k.key, Value: v})
	}
	slices.SortFunc(ws.Rows, func(a, b storage.RowWrite) int {
		if a.Table != b.Table {
			return int(a.Table) - int(b.Table)
		}
		return bytes.Compare([]byte(a.Key), []byte(b.Key))
	})
	return ws, nil
}

// seqKey is a commit number as a key, so that key order is commit order.
func seqKey(s model.Seq) string { return string(binary.BigEndian.AppendUint64(nil, uint64(s))) }
