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

// NumbersKept sets so many numbers, each in a decision of its own, and says which of them are not there afterwards.
func (e *Engine) NumbersKept(id model.TenantID, count int) (wrong []int) {
	of := func(i int) [16]byte { return [16]byte{byte(i), byte(i >> 8), 1} }
	for i := range count {
		_ = e.apply(context.Background(), id, 1, 0, func(t *tx) error {
			t.setNumber(highest, of(i), uint64(i+1))
			return nil
		})
	}
	_ = e.read(context.Background(), id, func(t *tx) error {
		for i := range count {
			if t.numberOf(highest, of(i)) != uint64(i+1) {
				wrong = append(wrong, i)
			}
		}
		return nil
	})
	return wrong
}

// RowCount is how many rows a table has.
func (e *Engine) RowCount(id model.TenantID, table storage.Table) (n int) {
	_ = e.read(context.Background(), id, func(t *tx) error {
		n = len(t.keys(table, ""))
		return nil
	})
	return n
}

// SetPiles bounds what searches keep, and gives what undoes it.
func SetPiles(one, all int) (undo func()) {
	was, wasAll := maxPile, maxPiles
	maxPile, maxPiles = one, all
	return func() { maxPile, maxPiles = was, wasAll }
}

// PilesSize is the bytes that all piles take.
func (e *Engine) PilesSize() (n int) {
	e.piles.mu.Lock()
	defer e.piles.mu.Unlock()
	for _, k := range e.piles.kept {
		n += k.size
	}
	return n
}

// ForgetPiles forgets what searches keep.
func (e *Engine) ForgetPiles() {
	e.piles.mu.Lock()
	defer e.piles.mu.Unlock()
	clear(e.piles.kept)
}

// ByPerson says whether a person ended a session.
func ByPerson(why model.EndReason) bool { return byPerson(why) }

// Proven is when the user of a session last showed their password for it.
func (e *Engine) Proven(id model.TenantID, session model.SessionID) (at model.Instant) {
	_ = e.read(context.Background(), id, func(t *tx) error {
		s, _, _ := t.session(session)
		at = s.Proven
		return nil
	})
	return at
}

// ScanRecordHistory is what [Engine.RecordHistory] gives, found in all lines that are kept.
func (e *Engine) ScanRecordHistory(c model.Caller, of model.Collection, id model.RecordID) (out model.Events, err error) {
	err = e.at(context.Background(), c, func(d *desk) error {
		out = d.events(model.Position{}, func(e *storage.HistoryEvent) bool { return e.Record == id && e.Collection == of }, 1<<20)
		return nil
	})
	return out, err
}
