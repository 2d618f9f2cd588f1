package badgerstore

import "github.com/dgraph-io/badger/v4"

// PlantSyncOff plants a store whose commits are not synced to disk.
func (c *Config) PlantSyncOff() { c.plant.syncOff = true }

// PlantAckFirst plants a store that answers before it writes.
func (c *Config) PlantAckFirst() { c.plant.ackFirst = true }

// PlantCommit plants something that happens before each commit is written; its error is the commit's.
func (c *Config) PlantCommit(f func() error) { c.plant.commit = f }

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
