package replica

import (
	"bytes"
	"maps"
	"slices"
)

// Memory is a Local in memory: the reference, and what the simulator runs on. Its Clone is a phone's backup.
type Memory struct {
	buckets map[Bucket]map[Key][]byte // values are never changed in place
	closed  bool
}

// NewMemory makes an empty one.
func NewMemory() *Memory {
	m := &Memory{buckets: make(map[Bucket]map[Key][]byte, len(Buckets))}
	for _, b := range Buckets {
		m.buckets[b] = map[Key][]byte{}
	}
	return m
}

// Clone is a copy as of the last Update. It shares values, which nobody changes; it is open even when m is closed.
func (m *Memory) Clone() *Memory {
	c := &Memory{buckets: make(map[Bucket]map[Key][]byte, len(m.buckets))}
	for b, keys := range m.buckets {
		c.buckets[b] = maps.Clone(keys)
	}
	return c
}

// Equal says whether both hold the same.
func (m *Memory) Equal(other *Memory) bool {
	for _, b := range Buckets {
		if !maps.EqualFunc(m.buckets[b], other.buckets[b], bytes.Equal) {
			return false
		}
	}
	return true
}

// View implements [Local].
func (m *Memory) View(f func(Reader) error) error {
	if m.closed {
		return ErrClosed
	}
	return f(&memoryTx{m: m})
}

// Update implements [Local]. A panic in f undoes what f wrote, as a crash would.
func (m *Memory) Update(f func(Tx) error) error {
	if m.closed {
		return ErrClosed
	}
	tx := &memoryTx{m: m}
	done := false
	defer func() {
		if !done {
			tx.rollback()
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	done = true
	return nil
}

// Close implements [Local].
func (m *Memory) Close() error {
	m.closed = true
	return nil
}

// memoryTx writes in place and remembers what was there.
type memoryTx struct {
	m    *Memory
	undo []undo
}

type undo struct {
	b   Bucket
	k   Key
	was []byte // nil: was not there
}

func (t *memoryTx) rollback() {
	for _, u := range slices.Backward(t.undo) {
		if u.was == nil {
			delete(t.m.buckets[u.b], u.k)
		} else {
			t.m.buckets[u.b][u.k] = u.was
		}
	}
}

func (t *memoryTx) Get(b Bucket, k Key) ([]byte, error) { return t.m.buckets[b][k], nil }

func (t *memoryTx) Scan(b Bucket, f func(Key, []byte) error) error {
	keys := make([]Key, 0, len(t.m.buckets[b]))
	for k := range t.m.buckets[b] {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b Key) int { return bytes.Compare(a[:], b[:]) })
	for _, k := range keys {
		if err := f(k, t.m.buckets[b][k]); err != nil {
			return err
		}
	}
	return nil
}

func (t *memoryTx) Put(b Bucket, k Key, v []byte) error {
	t.undo = append(t.undo, undo{b, k, t.m.buckets[b][k]})
	t.m.buckets[b][k] = v
	return nil
}

func (t *memoryTx) Delete(b Bucket, k Key) error {
	if was, ok := t.m.buckets[b][k]; ok {
		t.undo = append(t.undo, undo{b, k, was})
		delete(t.m.buckets[b], k)
	}
	return nil
}
