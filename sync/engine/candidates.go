package engine

import (
	"iter"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// The index only proposes; what is sent is decided by a record's stamps and intervals alone (DESIGN §4). Both sets
// must contain everything the rules select: a test compares them with a full walk.

// leaving proposes what may have to be retracted, in key order: of the audiences of the ceiling that the view still
// has, what moved since; of those it has lost, everything in the ranges of which they are.
func (r *reading) leaving() []model.RecordID {
	oldest := map[model.Audience]model.Seq{}
	for _, g := range r.c.ceil {
		for _, a := range g.audiences {
			if seq, ok := oldest[a]; !ok || g.seq < seq {
				oldest[a] = g.seq
			}
		}
	}
	var ids []model.RecordID
	for a, seq := range oldest {
		for id := range r.r.Since(a, seq) {
			ids = append(ids, id)
		}
		if !r.view.In(a) && !planted("lost-audience-not-walked") {
			for id := range r.r.Members(a, model.RecordID{}) {
				if _, shown := slices.BinarySearch(r.c.ceilingOf(id).audiences, a); shown {
					ids = append(ids, id)
				}
			}
		}
	}
	if planted("leak-deletions-told") {
		if office, ok := r.number(model.AudienceName{Kind: model.AudienceOffice}); ok {
			ids = slices.AppendSeq(ids, r.r.Since(office, r.c.s))
		}
	}
	return sortedIDs(ids)
}

func sortedIDs(ids []model.RecordID) []model.RecordID {
	slices.SortFunc(ids, model.RecordID.Compare)
	return slices.Compact(ids)
}

// candidates proposes what a pass may have to send, in key order after its position: of the audiences delivered
// already, what changed since; of those gained, everything; of all, everything when a class was gained.
func (r *reading) candidates(p *pass) iter.Seq[model.RecordID] {
	return func(yield func(model.RecordID) bool) {
		var changed []model.RecordID
		var walks []model.Audience
		gained := r.gainedClass(p) && !planted("gained-class-not-walked")
		for _, a := range p.target.Audiences {
			if gained || !r.c.l.In(a) && !planted("gained-audience-not-walked") {
				walks = append(walks, a)
				continue
			}
			for id := range r.r.Since(a, r.c.w) {
				if !p.begun || id.Compare(p.k) > 0 {
					changed = append(changed, id)
				}
			}
		}
		next := []func() (model.RecordID, bool){fromSlice(sortedIDs(changed))}
		for _, a := range walks {
			pull, stop := iter.Pull(r.r.Members(a, p.k))
			defer stop()
			next = append(next, pull)
		}
		mergeIDs(next, yield)
	}
}

// gainedClass says whether the pass shows a class of some collection that was not delivered.
func (r *reading) gainedClass(p *pass) bool {
	return p.target.Classes.And(r.c.l.Classes) != p.target.Classes
}

func fromSlice(ids []model.RecordID) func() (model.RecordID, bool) {
	return func() (id model.RecordID, ok bool) {
		if len(ids) == 0 {
			return id, false
		}
		id, ids = ids[0], ids[1:]
		return id, true
	}
}

// mergeIDs yields the ids of ascending sources in order, each once.
func mergeIDs(next []func() (model.RecordID, bool), yield func(model.RecordID) bool) {
	type head struct {
		id model.RecordID
		ok bool
	}
	heads := make([]head, len(next))
	for i, n := range next {
		heads[i].id, heads[i].ok = n()
	}
	for {
		low := -1
		for i, h := range heads {
			if h.ok && (low < 0 || h.id.Compare(heads[low].id) < 0) {
				low = i
			}
		}
		if low < 0 {
			return
		}
		id := heads[low].id
		for i := range heads {
			if heads[i].ok && heads[i].id == id {
				heads[i].id, heads[i].ok = next[i]()
			}
		}
		if !yield(id) {
			return
		}
	}
}
