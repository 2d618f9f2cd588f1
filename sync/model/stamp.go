package model

import "fmt"

// Seq is a tenant's commit number: one per commit, shared by the changes in it, growing by one. It never leaves the
// server in the clear, since it tells how much happens elsewhere (domain S6).
type Seq uint64

// String is fixed-width, so that text order is number order.
func (s Seq) String() string { return fmt.Sprintf("%016x", uint64(s)) }

// Incarnation names one life of a store: fresh for ever, never "stored + 1" (write-verification W4). A restored
// backup starts a new one.
type Incarnation uint64

// Stamp is a place in the history of one life of a store.
type Stamp struct {
	Incarnation Incarnation
	Seq         Seq
}

// Life is one entry of a store's lineage: from First on, the tenant's commits belong to Incarnation, until the next
// entry. A fresh store has one entry with First 0.
type Life struct {
	Incarnation Incarnation
	First       Seq
}

// Lineage is the lives of a store, oldest first, the present one last.
type Lineage []Life

// Present is the incarnation that writes now.
func (l Lineage) Present() Incarnation { return l[len(l)-1].Incarnation }

// Stamp places a commit of this lineage in the life it belongs to.
func (l Lineage) Stamp(s Seq) Stamp {
	for i := len(l) - 1; i > 0; i-- {
		if s >= l[i].First {
			return Stamp{l[i].Incarnation, s}
		}
	}
	return Stamp{l[0].Incarnation, s}
}

// Within turns a stamp of any life into the last commit of this lineage that it certainly includes. ok is false when
// the life is not part of this lineage: then nothing can be said by numbers (write-verification W2, CE-2).
func (l Lineage) Within(s Stamp) (seq Seq, ok bool) {
	for i, life := range l {
		if life.Incarnation != s.Incarnation {
			continue
		}
		if i+1 < len(l) && s.Seq >= l[i+1].First {
			return l[i+1].First - 1, true
		}
		return s.Seq, true
	}
	return 0, false
}

// Epoch is the fencing number of a user's slot. Its order is all that matters; it is fresh across restores because
// it starts from the store's incarnation (domain (f), write-verification W4).
type Epoch uint64

// Instant is a point in time: milliseconds since 1970-01-01 UTC. Durations are differences of instants (domain E4).
type Instant int64
