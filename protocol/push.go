package protocol

import (
	"crypto/sha256"
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Push hands in changes. Blobs are shared byte strings that bodies refer to by the first 8 bytes of their SHA-256:
// base tokens and clocks, once a frame.
type Push struct {
	Number  uint64 // of the push, echoed in Answers
	Blobs   [][]byte
	Have    []model.ChangeID // predecessors the device still has unacknowledged and does not send in this frame
	Changes []PushedChange
}

// PushedChange is a change in its envelope.
type PushedChange struct {
	Number  uint64
	Body    []byte
	Receipt []byte // 16 bytes or none
}

// pushMargin is what a push costs besides blobs, ids and changes: the array, its number, the headers.
const pushMargin = 32

// Add puts a change and the blobs it refers to into the push, each blob once. ok is false when it would not fit into
// one frame; then the push is as before.
func (m *Push) Add(c PushedChange, blobs [][]byte) (ok bool) {
	size := pushMargin + 18*len(m.Have) + changeCost(&c)
	for i := range m.Changes {
		size += changeCost(&m.Changes[i])
	}
	for _, b := range m.Blobs {
		size += 3 + len(b)
	}
	fresh := m.Blobs
	for _, b := range blobs {
		if _, have := findBlob(fresh, BlobTag(b)); !have {
			fresh = append(fresh, b)
			size += 3 + len(b)
		}
	}
	if size > MaxFrame || len(m.Changes) == MaxChanges || len(fresh) > MaxBlobs {
		return false
	}
	m.Blobs = fresh
	m.Changes = append(m.Changes, c)
	return true
}

func changeCost(c *PushedChange) int { return 1 + 9 + 5 + len(c.Body) + 2 + len(c.Receipt) }

// BlobTag is how a body refers to a blob: the first 8 bytes of its SHA-256.
func BlobTag(blob []byte) (tag [8]byte) {
	sum := sha256.Sum256(blob)
	copy(tag[:], sum[:])
	return tag
}

func findBlob(blobs [][]byte, tag [8]byte) ([]byte, bool) {
	for _, b := range blobs {
		if BlobTag(b) == tag {
			return b, true
		}
	}
	return nil, false
}

// Submitted decodes the changes of the push, each with the blobs it refers to. What is wrong with a change is in its
// Fault and concerns no other. Blobs are shared by the changes that refer to them.
func (m *Push) Submitted() []model.Submitted {
	blobs := make(map[[8]byte]string, len(m.Blobs))
	for _, b := range m.Blobs {
		blobs[BlobTag(b)] = string(b)
	}
	out := make([]model.Submitted, len(m.Changes))
	for i, c := range m.Changes {
		out[i] = model.Submitted{Change: decodeChange(string(c.Body), blobs), Number: c.Number, Receipt: c.Receipt}
	}
	return out
}

// Type is TypePush.
func (*Push) Type() Type { return TypePush }

func (m *Push) encode(w *writer) {
	w.uint(m.Number)
	w.list(len(m.Blobs))
	for _, b := range m.Blobs {
		w.bytes(b)
	}
	writeIDs(w, m.Have)
	w.list(len(m.Changes))
	for i := range m.Changes {
		w.pushed(&m.Changes[i])
	}
}

// pushed writes [number, body, receipt], without the receipt where there is none.
func (w *writer) pushed(c *PushedChange) {
	n := 3
	if len(c.Receipt) == 0 {
		n = 2
	}
	w.list(n)
	w.uint(c.Number)
	w.bytes(c.Body)
	if n == 3 {
		w.bytes(c.Receipt)
	}
}

func (m *Push) decode(r *reader) {
	m.Number = r.uint(math.MaxUint64)
	if n := r.list(0, MaxBlobs); n > 0 {
		m.Blobs = make([][]byte, n)
	}
	for i := range m.Blobs {
		m.Blobs[i] = r.bytes(MinBlob, MaxBlob)
	}
	ids(r, &m.Have, MaxIDs)
	n := r.list(0, math.MaxInt)
	if r.err == nil && n > MaxChanges {
		r.err = &FrameError{Type: TypePush, Fate: Respond, Code: CodeTooManyChanges, Ref: m.Number, Err: ErrElements}
		return
	}
	if n > 0 {
		m.Changes = make([]PushedChange, n)
	}
	for i := range m.Changes {
		r.pushed(&m.Changes[i])
	}
}

func (r *reader) pushed(c *PushedChange) {
	n := r.list(2, math.MaxInt)
	c.Number = r.uint(math.MaxUint64)
	c.Body = r.bytes(MinChange, MaxFrame)
	if n > 2 {
		c.Receipt = r.bytes(16, 16)
		r.extra(n - 3)
	}
}
