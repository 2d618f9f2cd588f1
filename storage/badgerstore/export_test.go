package badgerstore

import (
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/fieldsync/fieldsync/storage"
)

// PlantSyncOff plants a store whose commits are not synced to disk.
func (c *Config) PlantSyncOff() { c.plant.syncOff = true }

// PlantAckFirst plants a store that answers before it writes.
func (c *Config) PlantAckFirst() { c.plant.ackFirst = true }

// PlantCommit plants something that happens before each commit is written; its error is the commit's.
func (c *Config) PlantCommit(f func() error) { c.plant.commit = f }

// PlantBegin plants something that happens before each commit takes its snapshot; last waits for the commit before.
func (c *Config) PlantBegin(f func(last func() error)) { c.plant.begin = f }

// PlantUnderIgnored plants a store that decides without what is being written.
func (c *Config) PlantUnderIgnored() { c.plant.underIgnored = true }

// PlantChildrenKept plants a store that remembers children that were written since.
func (c *Config) PlantChildrenKept() { c.plant.childrenKept = true }

// PlantMembersKept plants a store that remembers members of audiences that were written since.
func (c *Config) PlantMembersKept() { c.plant.membersKept = true }

// PlantOutlinesKept plants a store that remembers outlines of records that were written since.
func (c *Config) PlantOutlinesKept() { c.plant.outlinesKept = true }

// PlantLatelyShort plants a store that has forgotten what was written, and takes it for unwritten.
func (c *Config) PlantLatelyShort() { c.plant.latelyShort, c.plant.generation = true, 2000 }

// PlantLearnsLate plants a store that remembers what an old snapshot says.
func (c *Config) PlantLearnsLate() { c.plant.learnsLate = true }

// PlantBoundLowered plants a store that takes the last row written for an audience's last change.
func (c *Config) PlantBoundLowered() { c.plant.boundLowered = true }

// PlantGeneration plants a store that remembers so many bytes for a generation.
func (c *Config) PlantGeneration(bytes int) { c.plant.generation = bytes }

// PlantFree plants a volume with so much free space.
func (c *Config) PlantFree(f func(string) (uint64, error)) { c.plant.free = f }

// Badger is the database beneath the store.
func (s *Store) Badger() *badger.DB { return s.db }

// Queued is the number of calls that no commit has taken.
func (s *Store) Queued() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.calls)
}

// Closing says whether the store takes no more calls.
func (s *Store) Closing() bool {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return s.queue.closed
}

// Forget makes the store read everything anew.
func (s *Store) Forget() { s.snapshots.recent.forget() }

// Anew is a reader of the same moment as one of this store's, which remembers nothing: it reads everything anew.
func Anew(r storage.Reader) storage.Reader {
	anew := *r.(*reader)
	anew.snap = &snapshot{txn: anew.snap.txn, recent: &recent{}, number: anew.snap.number}
	return &anew
}

// Weighed says what is wrong with the weight of what is remembered.
func (s *Store) Weighed() error {
	r := &s.snapshots.recent
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, m := range []*memory{&r.rows, &r.walks, &r.lines} {
		young, old := weight(m.young), weight(m.old)
		const largest = 2 << 10
		if young != m.bytes || max(young, old) > m.most+largest {
			return fmt.Errorf("remembered: %d bytes (counted %d) and %d, of %d at most each", young, m.bytes, old, m.most)
		}
		for key := range m.young {
			if _, twice := m.old[key]; twice {
				return fmt.Errorf("%q is remembered twice", key)
			}
		}
	}
	return nil
}

func weight(of map[string]kept) (bytes int) {
	for key, k := range of {
		bytes += len(key) + len(k.content) + keptCost
	}
	return bytes
}
