// Package sorted is a map of byte strings kept in order: the tables of memstore and the pending writes of
// badgerstore's commits. It does not lock.
//
// It is a list of sorted chunks, which for up to some millions of keys is as fast as a B-tree and a page long.
//
// Invariant: no chunk is empty, none is longer than chunkMax, and keys ascend within and across chunks.
package sorted

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// chunkMax bounds what an insertion moves: 256 keys and values, some kilobytes.
const chunkMax = 256

type entry[V any] struct {
	key   string
	value V
}

// Map is a sorted map. The zero Map is empty and ready. It must not be changed while it is walked.
type Map[V any] struct {
	chunks [][]entry[V]
	count  int
}

// Len is the number of keys.
func (m *Map[V]) Len() int { return m.count }

// seek finds the chunk that holds key or would hold it, and key's place in it.
func (m *Map[V]) seek(key string) (chunk, at int, found bool) {
	chunk, found = slices.BinarySearchFunc(m.chunks, key, func(c []entry[V], key string) int {
		return cmp.Compare(c[0].key, key)
	})
	if found || chunk == 0 {
		return chunk, 0, found
	}
	chunk--
	at, found = slices.BinarySearchFunc(m.chunks[chunk], key, func(e entry[V], key string) int {
		return cmp.Compare(e.key, key)
	})
	return chunk, at, found
}

// Get finds the value of a key.
func (m *Map[V]) Get(key string) (value V, ok bool) {
	c, i, ok := m.seek(key)
	if !ok {
		return value, false
	}
	return m.chunks[c][i].value, true
}

// Set gives a key a value.
func (m *Map[V]) Set(key string, value V) {
	c, i, found := m.seek(key)
	if found {
		m.chunks[c][i].value = value
		return
	}
	m.count++
	if len(m.chunks) == 0 {
		m.chunks = append(m.chunks, []entry[V]{{key, value}})
		return
	}
	m.chunks[c] = slices.Insert(m.chunks[c], i, entry[V]{key, value})
	if n := len(m.chunks[c]); n > chunkMax {
		half := n / 2
		if c == len(m.chunks)-1 && i == n-1 {
			half = n - 1 // keys that arrive in order fill their chunks
		}
		upper := append(make([]entry[V], 0, chunkMax+1), m.chunks[c][half:]...)
		clear(m.chunks[c][half:])
		m.chunks[c] = m.chunks[c][:half]
		m.chunks = slices.Insert(m.chunks, c+1, upper)
	}
}

// Delete removes a key and says whether it was there.
func (m *Map[V]) Delete(key string) bool {
	c, i, found := m.seek(key)
	if !found {
		return false
	}
	m.count--
	m.chunks[c] = slices.Delete(m.chunks[c], i, i+1)
	if len(m.chunks[c]) == 0 {
		m.chunks = slices.Delete(m.chunks, c, c+1)
	}
	return true
}

// Clone is a map of its own with the same values.
func (m *Map[V]) Clone() Map[V] {
	out := Map[V]{chunks: make([][]entry[V], len(m.chunks)), count: m.count}
	for i, c := range m.chunks {
		out.chunks[i] = slices.Clone(c)
	}
	return out
}

// Prefix walks the keys from prefix+from on that begin with prefix, in order.
func (m *Map[V]) Prefix(prefix, from string) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		c := m.Seek(prefix + from)
		for key, value, ok := c.Next(); ok && strings.HasPrefix(key, prefix); key, value, ok = c.Next() {
			if !yield(key, value) {
				return
			}
		}
	}
}

// Cursor is a place in a map, for whoever walks two things at once.
type Cursor[V any] struct {
	m         *Map[V]
	chunk, at int
}

// Seek is the place of the first key that is not below key.
func (m *Map[V]) Seek(key string) Cursor[V] {
	c, i, _ := m.seek(key)
	return Cursor[V]{m, c, i}
}

// Next is the entry at the cursor, which moves on; ok is false at the end.
func (c *Cursor[V]) Next() (key string, value V, ok bool) {
	if c.chunk < len(c.m.chunks) && c.at == len(c.m.chunks[c.chunk]) {
		c.chunk, c.at = c.chunk+1, 0
	}
	if c.chunk >= len(c.m.chunks) {
		return "", value, false
	}
	e := &c.m.chunks[c.chunk][c.at]
	c.at++
	return e.key, e.value, true
}
