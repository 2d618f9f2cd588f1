package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// CursorLength is the plaintext length of a checkpoint's cursor under a view.
func CursorLength(v model.View) int {
	c := checkpointCursor(1<<60, 1<<40, v, lastStep)
	return len(c.encode())
}

// EnteredByRefer is what comes into an audience when a job's references are counted as if for the first time, in order.
func (e *Engine) EnteredByRefer(id model.TenantID, job model.RecordID) (entered []model.RecordID) {
	_ = e.read(context.Background(), id, func(t *tx) error {
		for _, k := range t.keys(storage.TableCounts, "j"+string(job[:])) {
			t.count(k[17:], -1)
			t.remove(storage.TableCounts, k)
		}
		t.entered = nil
		t.refer(job)
		entered = t.entered
		return nil
	})
	return entered
}

// Seq is the number of a company's last commit.
func (e *Engine) Seq(id model.TenantID) (n model.Seq) {
	_ = e.read(context.Background(), id, func(t *tx) error {
		n = t.head.Seq
		return nil
	})
	return n
}

// RowCount is how many rows a table has.
func (e *Engine) RowCount(id model.TenantID, table storage.Table) (n int) {
	_ = e.read(context.Background(), id, func(t *tx) error {
		n = len(t.keys(table, ""))
		return nil
	})
	return n
}
