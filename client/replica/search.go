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
	type found struct {
		search.Hit
		record Record
	}
	var all []found
	err = r.local.View(func(rd Reader) error {
		ids, err := r.mayFit(rd, asked, search.Collections(q.Of))
		if err != nil {
			return err
		}
		v := r.view(rd)
		for _, id := range ids {
			rec, ok, err := v.show(id)
			if err != nil {
				return err
			}
			if rank, fits := asked.Rank(search.Text(nil, rec.Row)); ok && fits {
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

// mayFit is what base has that fits, in one walk, and what has changes of the user's on top. Whether it is shown, and so, is
// looked at then.
func (r *Replica) mayFit(rd Reader, asked search.Question, of []model.Collection) (ids []model.RecordID, err error) {
	for id, over := range r.of {
		if slices.Contains(of, over[0].change.Collection) {
			ids = append(ids, id)
		}
	}
	var text []byte
	err = scanRows(rd, BucketBase, func(row model.Row) error {
		if len(r.of[row.ID]) > 0 || !slices.Contains(of, row.Collection) {
			return nil
		}
		text = search.Text(text[:0], row)
		if _, fits := asked.Rank(text); fits {
			ids = append(ids, row.ID)
		}
		return nil
	})
	return ids, err
}
