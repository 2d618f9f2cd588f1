package engine

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/search"
)

// A pile is the texts of one collection as one shared audience sees them: what a search looks through from end to end,
// at some gigabytes a second. It is an index of nothing, so that a write costs nothing and a search costs what there is
// to see, whatever is found and whatever else there is. It is a memo: made of the store when somebody first searches, and
// brought to each search's snapshot by the index that the feed is read from.

// Bounds of the memory that piles take: their texts and 32 bytes a record, and as much again while one is made anew. A
// customer with an address is about 150 bytes.
var (
	// maxPile is of one pile: what is over it, in the order of ids, is not looked through, and the answer says so.
	maxPile = 64 << 20
	// maxPiles is of all piles of an engine: that which was searched longest ago is forgotten.
	maxPiles = 256 << 20
)

// maxFresh is how many changed records lie on top of a pile before it is put in order again.
const maxFresh = 1024

// pileID says whose texts a pile has: those of a collection's records that are in an audience, of the fields that some
// classes show.
type pileID struct {
	tenant     model.TenantID
	life       model.Incarnation
	audience   model.Audience
	collection model.Collection
	classes    model.Classes
}

// pile is immutable.
type pile struct {
	seq   model.Seq // of the snapshot it is of
	ids   []model.RecordID
	ends  []uint32 // where each record's text ends
	texts []byte
	fresh map[model.RecordID][]byte // in place of what is below; empty: nothing
	cut   bool                      // there is more than fits
}

// piles are those of an engine.
type piles struct {
	mu    sync.Mutex // guards the fields below
	kept  map[pileID]*keptPile
	turns uint64
}

type keptPile struct {
	mu   sync.Mutex // held while the pile is made: who wants it meanwhile waits
	pile *pile
	size int    // guarded by piles.mu
	turn uint64 // of its last use; guarded by piles.mu
}

// pile is a pile as of this snapshot.
func (t *tx) pile(ctx context.Context, id pileID) (*pile, error) {
	kept := t.e.piles.find(id)
	kept.mu.Lock()
	defer kept.mu.Unlock()
	p, err := t.brought(ctx, id, kept.pile)
	if err != nil {
		return nil, err
	}
	if t.r.Failed() {
		return nil, errFailed // what could not be read would be remembered as not there
	}
	if p != kept.pile {
		kept.pile = p
		t.e.piles.weigh(id, kept, p.size())
	}
	return p, nil
}

// brought is a pile brought to this snapshot.
func (t *tx) brought(ctx context.Context, id pileID, p *pile) (*pile, error) {
	switch {
	case p == nil || p.seq < t.head.Horizon: // of what was forgotten nobody can tell what became of it
		return t.heap(ctx, id)
	case p.seq > t.head.Seq:
		return nil, errBehind
	case p.seq == t.head.Seq || planted("search-stale"):
		return p, nil
	}
	next := *p
	next.seq = t.head.Seq
	next.fresh = maps.Clone(p.fresh)
	changed := false
	for record := range t.r.Since(id.audience, p.seq) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, ok := t.r.Record(record)
		if !ok || r.Collection != id.collection || p.cut && len(p.ids) > 0 && record.Compare(p.ids[len(p.ids)-1]) > 0 {
			continue
		}
		if next.fresh == nil {
			next.fresh = map[model.RecordID][]byte{}
		}
		next.fresh[record] = t.textIn(nil, id, r)
		changed = true
	}
	if changed && next.loose() {
		return next.ordered(), nil
	}
	return &next, nil
}

// loose says whether so much lies on top of a pile that it is to be put in order.
func (p *pile) loose() bool {
	size := 0
	for _, text := range p.fresh {
		size += len(text)
	}
	return len(p.fresh) > maxFresh || size > maxPile/16
}

// textIn is a record's text in a pile; empty when it has no place there.
func (t *tx) textIn(b []byte, id pileID, r *model.Record) []byte {
	if !access.Visible(r, model.View{Audiences: []model.Audience{id.audience}}) {
		return b
	}
	return t.text(b, r, id.classes)
}

// heap makes a pile of all there is. It walks the collection: of one that a shared audience reaches, that audience has
// every record.
func (t *tx) heap(ctx context.Context, id pileID) (*pile, error) {
	p := &pile{seq: t.head.Seq}
	records := slices.SortedFunc(t.r.Records(id.collection, model.Place{}), model.RecordID.Compare)
	for _, record := range records {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r, ok := t.r.Record(record); ok && !p.add(record, t.textIn(nil, id, r)) {
			break
		}
	}
	return p, nil
}

// add puts a text on the pile; false when it is full.
func (p *pile) add(id model.RecordID, text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if len(p.texts)+len(text) > maxPile {
		p.cut = true
		return false
	}
	p.texts = append(p.texts, text...)
	p.ids = append(p.ids, id)
	p.ends = append(p.ends, uint32(len(p.texts)))
	return true
}

// ordered is the same pile with nothing on top.
func (p *pile) ordered() *pile {
	out := &pile{seq: p.seq, cut: p.cut, texts: make([]byte, 0, len(p.texts)), ids: make([]model.RecordID, 0, len(p.ids)), ends: make([]uint32, 0, len(p.ends))}
	fresh := slices.SortedFunc(maps.Keys(p.fresh), model.RecordID.Compare)
	next := func(below model.RecordID, all bool) bool {
		for len(fresh) > 0 && (all || fresh[0].Compare(below) < 0) {
			if !out.add(fresh[0], p.fresh[fresh[0]]) {
				return false
			}
			fresh = fresh[1:]
		}
		return true
	}
	for i, id := range p.ids {
		if !next(id, false) {
			return out
		}
		if _, changed := p.fresh[id]; !changed && !out.add(id, p.text(i)) {
			return out
		}
	}
	next(model.RecordID{}, true)
	return out
}

func (p *pile) text(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = p.ends[i-1]
	}
	return p.texts[from:p.ends[i]]
}

// search names the records whose texts a question finds.
func (p *pile) search(q search.Question, found func(model.RecordID, search.Rank)) {
	needle := q.Needle()
	for i, at := 0, 0; at < len(p.texts); {
		hit := bytes.Index(p.texts[at:], needle)
		if hit < 0 {
			break
		}
		at += hit
		more, _ := slices.BinarySearch(p.ends[i:], uint32(at)+1)
		i += more
		if _, changed := p.fresh[p.ids[i]]; !changed {
			if rank, ok := q.Rank(p.text(i)); ok {
				found(p.ids[i], rank)
			}
		}
		at = int(p.ends[i])
	}
	for id, text := range p.fresh {
		if rank, ok := q.Rank(text); ok {
			found(id, rank)
		}
	}
}

// size is the bytes that a pile takes.
func (p *pile) size() int {
	n := cap(p.texts) + 32*cap(p.ids)
	for _, text := range p.fresh {
		n += 64 + len(text)
	}
	return n
}

// find is the place of a pile, made when there is none.
func (s *piles) find(id pileID) *keptPile {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[pileID]*keptPile{}
	}
	if s.kept[id] == nil {
		s.kept[id] = &keptPile{}
	}
	s.turns++
	s.kept[id].turn = s.turns
	return s.kept[id]
}

// weigh notes what a pile takes now, and forgets others until all have room.
func (s *piles) weigh(id pileID, kept *keptPile, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept.size = size; s.kept[id] != kept {
		return // it was forgotten meanwhile
	}
	sum := 0
	for _, k := range s.kept {
		sum += k.size + 256
	}
	for sum > maxPiles && len(s.kept) > 1 {
		oldest := id
		for other, k := range s.kept {
			if other != id && (oldest == id || k.turn < s.kept[oldest].turn) {
				oldest = other
			}
		}
		sum -= s.kept[oldest].size + 256
		delete(s.kept, oldest)
	}
}
