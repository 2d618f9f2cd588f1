package engine

import (
	"container/heap"
	"context"
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/search"
)

// Search finds the records that have some words, as a live device's user sees them. The session, the rights and the data
// are those of one snapshot, as in a page: errors are those of [Engine.Pull].
func (e *Engine) Search(ctx context.Context, c model.Connection, q model.Search) (model.Found, error) {
	var out model.Found
	err := e.searching(ctx, c.Tenant, func(t *tx) error {
		r, err := t.reading(c)
		if err != nil {
			return err
		}
		out, err = t.search(ctx, r.person.who, r.viewAt(lastStep), q)
		return err
	})
	return out, err
}

// SearchAs finds the records that have some words, as a caller of the office's API sees them.
func (e *Engine) SearchAs(ctx context.Context, c model.Caller, q model.Search) (model.Sighted, error) {
	var out model.Sighted
	err := e.searching(ctx, c.Tenant, func(t *tx) error {
		d, err := t.desk(c)
		if err != nil {
			return err
		}
		found, err := t.search(ctx, d.who, d.view, q)
		if err != nil {
			return err
		}
		out = model.Sighted{More: found.More, Partial: found.Partial}
		for _, row := range found.Rows {
			out.Records = append(out.Records, d.render(d.record(row.ID), d.view))
		}
		return nil
	})
	return out, err
}

// errBehind says that somebody else made a pile of a snapshot that is newer than this one.
var errBehind = errors.New("the snapshot is behind the texts")

// searching runs a search on one snapshot, or on the next one when it came too late to the texts.
func (e *Engine) searching(ctx context.Context, id model.TenantID, look func(*tx) error) error {
	for {
		err := e.read(ctx, id, look)
		if !errors.Is(err, errBehind) || ctx.Err() != nil {
			return err
		}
	}
}

// search finds what a view shows. Everything is decided over what it shows: a word is found in the text of a projected
// row alone, and a record in an audience of the view (domain S3, S5, V11). What a view does not show costs nothing: no
// text of it is made or looked through. A collection that the view does not have is one that is not there.
func (t *tx) search(ctx context.Context, who access.Principal, v model.View, q model.Search) (out model.Found, err error) {
	asked, ok := search.Ask(q.Words)
	if !ok {
		return out, nil
	}
	s := &seeking{tx: t, ctx: ctx, view: v, asked: asked}
	names, err := t.namesIn(who)
	if err != nil {
		return out, err
	}
	of := search.Collections(q.Of)
	for _, a := range v.Audiences {
		if err := s.audience(a, names[a], of); err != nil {
			return out, err
		}
	}
	if planting {
		s.looksTooFar(of)
	}
	out.Partial = s.partial
	s.take(q, &out)
	return out, nil
}

// namesIn is what the audiences of a principal's view are called.
func (t *tx) namesIn(who access.Principal) (map[model.Audience]model.AudienceName, error) {
	names := map[model.Audience]model.AudienceName{}
	_, err := access.NewView(who, func(n model.AudienceName) (model.Audience, bool) {
		a, ok := t.number(n)
		if ok {
			names[a] = n
		}
		return a, ok
	})
	return names, err
}

// seeking is one search at work.
type seeking struct {
	*tx
	ctx     context.Context
	view    model.View
	asked   search.Question
	hits    hits
	partial bool
}

// audience looks through what is in one audience. The texts of one that many are in are kept; what is one person's or one
// company's is read anew: it is little, and there are many of them.
func (s *seeking) audience(a model.Audience, name model.AudienceName, of []model.Collection) error {
	of = slices.DeleteFunc(slices.Clone(of), func(c model.Collection) bool {
		return s.view.Classes.Of(c) == 0 || !access.Reaches(name.Kind, c)
	})
	if len(of) == 0 {
		return nil
	}
	if !name.Of.IsZero() {
		return s.own(a, of)
	}
	for _, c := range of {
		p, err := s.pile(s.ctx, pileID{s.id, s.head.Lineage.Present(), a, c, s.view.Classes.Of(c)})
		if err != nil {
			return err
		}
		s.partial = s.partial || p.cut
		p.search(s.asked, func(id model.RecordID, rank search.Rank) { s.hit(id, c, rank) })
	}
	return nil
}

// own looks through an audience of one person or company.
func (s *seeking) own(a model.Audience, of []model.Collection) error {
	var text []byte
	for id := range s.r.Members(a, model.RecordID{}) {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		r, ok := s.tx.r.Record(id)
		if !ok || !slices.Contains(of, r.Collection) {
			continue
		}
		text = s.text(text[:0], r, s.view.Classes.Of(r.Collection))
		if rank, ok := s.asked.Rank(text); ok {
			s.hit(id, r.Collection, rank)
		}
	}
	return nil
}

// text is what is looked through of a record, under some classes.
func (t *tx) text(b []byte, r *model.Record, classes model.Classes) []byte {
	if planted("leak-search-hidden-field") {
		classes = model.AllClasses
	}
	v := model.View{}
	v.Classes[r.Collection] = classes
	return search.Text(b, access.Project(t.table, r, v, nil))
}

func (s *seeking) hit(id model.RecordID, c model.Collection, rank search.Rank) {
	s.hits = append(s.hits, search.Hit{Record: id, Collection: c, Rank: rank})
}

// take gives the best of what was met that is shown: what hangs on a record that is not shown is not, as on a device.
func (s *seeking) take(q model.Search, out *model.Found) {
	limit := min(max(q.Limit, 1), search.MaxLimit)
	heap.Init(&s.hits)
	if planted("leak-search-counted") {
		out.More = s.everybodys(q) > limit
	}
	last := search.Hit{}
	for size := 0; len(s.hits) > 0; {
		hit := heap.Pop(&s.hits).(search.Hit)
		if hit == last {
			continue // met in two audiences, with the same text: a view shows the same of it wherever it comes from
		}
		last = hit
		r := s.record(hit.Record)
		if _, not := s.sight(r, s.view); not != "" && !(planted("leak-search-unseen") && r != nil) {
			continue
		}
		row := access.Project(s.table, r, s.view, nil)
		if size += bytesOf(row); len(out.Rows) == limit || q.Bytes > 0 && size > q.Bytes && len(out.Rows) > 0 {
			out.More = true
			return
		}
		out.Rows = append(out.Rows, row)
	}
}

// bytesOf is what a row takes in a frame, at most.
func bytesOf(row model.Row) int {
	n := 32
	for _, f := range row.Fields {
		n += 5 + f.Value.Size()
	}
	return n
}

// hits is a heap, the best on top.
type hits []search.Hit

// Len, Less, Swap, Push and Pop are for container/heap.
func (h hits) Len() int           { return len(h) }
func (h hits) Less(i, j int) bool { return h[i].Compare(h[j]) < 0 }
func (h hits) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is for container/heap.
func (h *hits) Push(x any) { *h = append(*h, x.(search.Hit)) }

// Pop is for container/heap.
func (h *hits) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
