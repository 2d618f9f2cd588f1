package engine

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/storage"
)

// Numbers that change with nearly every push: those that were set last stand in one row of their table, so that a commit
// writes one row for all its pushes; what was set longer ago than those stands in a row of its own.

// numbers is where some numbers of a table stand: together under the key, each of the others under the key and its id.
type numbers struct {
	table storage.Table
	key   string
}

var (
	highest    = numbers{storage.TableDevices, "n"} // by device: the highest number of its changes
	aggregates = numbers{storage.TableCounts, "a"}  // by job: what hangs on it
)

func (t *tx) latest(n numbers) storage.Latest {
	l, _ := get(t, n.table, n.key, storage.ParseLatest)
	return l
}

// numberOf is a number; 0 when it was never set.
func (t *tx) numberOf(n numbers, id [16]byte) uint64 {
	if number, ok := t.latest(n).Find(id); ok {
		return number
	}
	if raw, ok := t.row(n.table, n.key+string(id[:])); ok && len(raw) == 8 {
		return binary.BigEndian.Uint64(raw)
	}
	return 0
}

func (t *tx) setNumber(n numbers, id [16]byte, number uint64) {
	l, oldest, was, lost := t.latest(n).With(id, number)
	t.put(n.table, n.key, l)
	if lost && !planted("numbers-lost") {
		t.put(n.table, n.key+string(oldest[:]), binary.BigEndian.AppendUint64(nil, was))
	}
}

func (t *tx) forgetNumber(n numbers, id [16]byte) {
	if l := t.latest(n); len(l) > 0 {
		t.put(n.table, n.key, l.Without(id))
	}
	t.remove(n.table, n.key+string(id[:]))
}
