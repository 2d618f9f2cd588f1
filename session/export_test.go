package session

import "github.com/fieldsync/fieldsync/sync/model"

// Join makes a connection known that only counts how often it is rung; looks says that it looks for what is new.
func (h *Hub) Join(c model.Connection, ring func()) (looks func()) {
	m, _ := h.enter(ring)
	h.name(m, c)
	return func() { h.looks(m) }
}

// Live makes a connection known that counts how often it is rung, until it leaves.
func (h *Hub) Live(c model.Connection, ring func()) (leave func()) {
	m, _ := h.enter(ring)
	h.name(m, c)
	return func() { h.leave(m) }
}

// Occupy takes the one slot of a hasher until the function it returns is called.
func (p *Passwords) Occupy() (leave func()) {
	p.slots <- struct{}{}
	return p.leave
}

// Watches counts who waits for a commit.
func (h *Hub) Watches() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, set := range h.watches {
		n += len(set)
	}
	return n
}

// Attempts is how many buckets a gate's limits take, and may take.
func (g *Gate) Attempts() (have, most int) {
	g.limit.mu.Lock()
	defer g.limit.mu.Unlock()
	return len(g.limit.buckets), maxBuckets
}
