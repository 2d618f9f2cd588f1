package badgerstore

import (
	"cmp"
	"sync"
)

// recent remembers what stands in the newest snapshot: rows and short walks that were read or written lately. The calls
// of a company read the same settings, accounts, slots, devices, jobs and crews, and every device of it does when it
// looks for what is new; a read of Badger looks into every memtable and level, most of all for what is not there.
//
// Nothing is in it that is not on the disk: a commit enters what it wrote when it is synced, and before anybody reads
// its snapshot.
type recent struct {
	plant plant

	mu     sync.RWMutex // guards the fields below
	newest uint64       // number of the newest snapshot, or of the one that is about to be
	rows   memory       // contents by whole key; nil: it is not there
	walks  memory       // what keys.go calls remembered walks, by prefix
	lines  memory       // outlines of records by whole key; a phone that loses thousands looks at each of them, and hundreds do
	lately lately       // what was written
}

// memory is a bounded map in two generations: what is not used for the life of one is forgotten.
type memory struct {
	young, old map[string]kept
	bytes      int // of young
	most       int // bytes of a generation
}

// kept is what stands somewhere since a snapshot.
type kept struct {
	content []byte
	since   uint64
}

const (
	// maxGeneration bounds each generation, in bytes: six of them are what a store remembers.
	maxGeneration = 4 << 20
	// keptCost is what an entry costs besides its key and content.
	keptCost = 96
)

// forget makes the memory empty.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := cmp.Or(r.plant.generation, maxGeneration)
	r.lately.most = maxLately
	if r.plant.generation > 0 {
		r.lately.most = r.plant.generation / keptCost
	}
	r.rows, r.walks, r.lines = memory{most: most}, memory{most: most}, memory{most: most}
}

// find looks something up at a snapshot. What is known is shared: it must not be changed.
func (r *recent) find(of *memory, key []byte, at uint64) (content []byte, ok bool) {
	r.mu.RLock()
	k, ok := of.young[string(key)]
	aged := false
	if !ok {
		k, aged = of.old[string(key)]
		ok = aged
	}
	r.mu.RUnlock()
	if !ok || k.since > at {
		return nil, false
	}
	if aged {
		r.mu.Lock()
		if again, still := of.old[string(key)]; still {
			of.keep(string(key), again)
		}
		r.mu.Unlock()
	}
	return k.content, true
}

// learn enters what a read at a snapshot found, unless something may have been written since.
func (r *recent) learn(of *memory, key string, content []byte, at uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at == r.newest || (of != &r.walks || partOf(key) == partMember) && r.lately.before(key, at, r.plant.latelyShort) || r.plant.learnsLate {
		of.keep(key, kept{content, at})
	}
}

// wrote enters what a commit wrote, whose snapshot has the number.
func (r *recent) wrote(number uint64, rows func(yield func(key string, content []byte) bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest = number
	for key, content := range rows {
		r.lately.wrote(key, number)
		switch partOf(key) {
		case partHead:
			r.rows.keep(key, kept{content, number})
		case partRecord:
			r.rows.keep(key, kept{content, number})
			if !r.plant.outlinesKept {
				r.lines.forget(key)
			}
		case partTable:
			if _, ok := r.rows.get(key); ok { // history, outcomes: most rows are written to be there, and hardly read
				r.rows.keep(key, kept{content, number})
			}
			r.walks.forget(wholeTable(key))
		case partPlace:
			if r.plant.childrenKept {
				continue
			}
			r.walks.forget(familyOf(key))
		case partMember:
			if r.plant.membersKept {
				continue
			}
			r.walks.forget(audienceOf(key))
			r.lately.wrote(audienceOf(key), number)
		case partChanged:
			if content != nil {
				r.changed(audienceOf(key), seqOf(key), number)
			}
		}
	}
}

// changed notes a row among an audience's changes. It may be of an earlier commit than others there are: what entered
// and left again within one commit stands where it left before. So what is known moves on only, and what is not known
// is not learned from it.
func (r *recent) changed(audience, seq string, number uint64) {
	known, ok := r.walks.get(audience)
	if ok && string(known.content) < seq || r.plant.boundLowered {
		r.walks.keep(audience, kept{[]byte(seq), number})
	}
}

func (m *memory) get(key string) (k kept, ok bool) {
	if k, ok = m.young[key]; !ok {
		k, ok = m.old[key]
	}
	return k, ok
}

func (m *memory) keep(key string, k kept) {
	if before, ok := m.young[key]; ok {
		m.bytes -= len(key) + len(before.content) + keptCost
	}
	if m.young == nil || m.bytes > m.most {
		m.old, m.young, m.bytes = m.young, make(map[string]kept, len(m.young)), 0
	}
	m.young[key] = k
	m.bytes += len(key) + len(k.content) + keptCost
	delete(m.old, key)
}

func (m *memory) forget(key string) {
	if before, ok := m.young[key]; ok {
		m.bytes -= len(key) + len(before.content) + keptCost
		delete(m.young, key)
	}
	delete(m.old, key)
}
