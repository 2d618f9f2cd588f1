package replica

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/search"
)

// Search finds records by words in what the user sees here: base with their own changes on top, so that what they wrote a
// moment ago is found too. The best come first; more says that there are more than the limit.
func (r *Replica) Search(q model.Search) (out []Record, more bool, err error) {
	asked, ok := search.Ask(q.Words)
	if !ok {
		return nil, false, nil
	}
	of := map[model.Collection]bool{}
	for _, c := range search.Collections(q.Of) {
		of[c] = true
	}
	ids := map[model.RecordID]bool{}
	for id, p := range r.dir {
		if of[p.collection] {
			ids[id] = true
		}
	}
	for _, it := range r.order {
		if of[it.change.Collection] && !it.included {
			ids[it.change.Record] = true
		}
	}
	type found struct {
		search.Hit
		record Record
	}
	var all []found
	err = r.local.View(func(rd Reader) error {
		v := r.view(rd)
		var text []byte
		for id := range ids {
			rec, ok, err := v.show(id)
			if err != nil {
				return err
			}
			text = search.Text(text[:0], rec.Row)
			if rank, fits := asked.Rank(text); ok && fits {
				all = append(all, found{search.Hit{Record: id, Rank: rank}, rec})
			}
		}
		return nil
	})
	slices.SortFunc(all, func(a, b found) int { return a.Compare(b.Hit) })
	limit := min(max(q.Limit, 1), search.MaxLimit)
	for _, f := range all[:min(limit, len(all))] {
		out = append(out, f.record)
	}
	return out, len(all) > limit, err
}
