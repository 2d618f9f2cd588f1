package portal

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Limits of the feed.
const (
	// MaxWait is how long a request may wait for something to change.
	MaxWait = 60 * time.Second
	// maxWaiting is how many requests of one session may wait: a browser's tabs.
	maxWaiting = 4
	// maxRows is after how many changed records an answer is cut; what follows comes with the next.
	maxRows = 1000
	// pace is how long a request that waits rests between two looks: a busy company commits a hundred times a second.
	pace = 250 * time.Millisecond
)

// Updates is what changed since a cursor, for a page that keeps a copy: apply Reset, Keep, Removed and Changed in this order.
type Updates struct {
	Reset    bool      `json:"reset,omitempty" doc:"Forget what you have: the cursor could not be continued, and everything is here again."`
	Keep     []Keep    `json:"keep,omitempty" doc:"Of these collections forget every field but these: a right was taken back."`
	Removed  []Removed `json:"removed" doc:"Records that are gone, or not yours to see any more; which of them is not told."`
	Changed  []Changed `json:"changed" doc:"Records that are new or have changed, parents first."`
	Cursor   string    `json:"cursor" doc:"Where the next request goes on."`
	Complete bool      `json:"complete" doc:"What you have now is one moment's state. Else there is more to read at once."`
}

// Removed names a record that is gone.
type Removed struct {
	ID model.RecordID `json:"id"`
}

// Keep names what of a collection may be kept.
type Keep struct {
	Collection string   `json:"collection"`
	Fields     []string `json:"fields"`
}

// Changed is the fields of a record that are new.
type Changed struct {
	Collection string                     `json:"collection" enum:"companies,sites,contacts,assets,jobs,notes,files"`
	ID         model.RecordID             `json:"id"`
	Fields     map[string]json.RawMessage `json:"fields" doc:"By name, as in the record; null: it has no value any more. Those that are not here stay. The company's own fields are custom.NAME."`
}

func (s *service) feed(h huma.API) {
	s.behind(h, "get-updates", http.MethodGet, "/updates", []string{"feed"}, "What changed since a cursor", func(h huma.API, op huma.Operation) {
		op.Description = "Without since it is everything there is. With wait the answer comes when something that you see has changed, or when the time is over."
		operate(s, h, op, func(ctx context.Context, in *struct {
			Since string `query:"since" doc:"The cursor of the answer before."`
			Wait  string `query:"wait" example:"30s" doc:"When there is nothing yet, wait so long for it; at most 60s."`
		},
		) (*struct{ Body *Updates }, error) {
			u, err := s.updates(ctx, in.Since, in.Wait)
			return &struct{ Body *Updates }{u}, err
		})
	})
}

// updates answers with what changed; it waits for something when it was asked to.
func (s *service) updates(ctx context.Context, since, wait string) (*Updates, error) {
	c := visitOf(ctx)
	cursor, err := base64.RawURLEncoding.Strict().DecodeString(since)
	if err != nil || strings.ContainsAny(since, "\r\n") { // which base64 passes over
		return nil, problem.New("bad_cursor", "")
	}
	patience, err := time.ParseDuration(wait)
	if wait != "" && (err != nil || patience < 0 || patience > MaxWait) {
		return nil, problem.New("bad_request", "", problem.Fault{Location: "query.wait", Message: "want a duration of at most 60s, as 30s"})
	}
	if patience > 0 {
		leave, ok := s.queue(c.Session)
		if !ok {
			return nil, problem.New("too_many_waiting", "")
		}
		defer leave()
	}
	limit, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		woken, unwatch := s.Clients.Woken(c.Tenant) // before the look, or what comes in between is missed
		g := gathering{s: s, c: c, cursor: cursor, at: map[model.RecordID]int{}}
		err := g.gather(ctx)
		if err != nil || g.news() || patience == 0 || !s.sleep(limit, woken) {
			unwatch()
			return g.updates(), err
		}
		unwatch()
		cursor = g.cursor
	}
}

// queue takes one of a session's places for requests that wait.
func (s *service) queue(id model.SessionID) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[id] == maxWaiting {
		return nil, false
	}
	s.waiting[id]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.waiting[id]--; s.waiting[id] == 0 {
			delete(s.waiting, id)
		}
	}, true
}

// sleep waits for a reason to look again, and rests; false: it is time to answer.
func (s *service) sleep(ctx context.Context, woken <-chan struct{}) bool {
	select {
	case <-woken:
	case <-ctx.Done():
		return false
	case <-s.Done:
		return false
	}
	rest := time.NewTimer(pace)
	defer rest.Stop()
	select {
	case <-rest.C:
		return true
	case <-ctx.Done():
		return true // one last look
	case <-s.Done:
		return false
	}
}

// gathering is the pages of the feed becoming one answer.
type gathering struct {
	s      *service
	c      model.Connection
	table  *model.Table
	cursor []byte
	out    Updates
	at     map[model.RecordID]int // where a record stands in out.Changed
}

// gather reads pages until they come to a checkpoint, there are none, or it is enough for one answer.
func (g *gathering) gather(ctx context.Context) error {
	var err error
	if g.table, err = g.s.Clients.Table(ctx, g.c.Tenant); err != nil {
		return err
	}
	for len(g.out.Changed)+len(g.out.Removed) < maxRows {
		page, err := g.s.Clients.Pull(ctx, model.Pull{Connection: g.c, Cursor: g.cursor})
		switch {
		case err != nil:
			return err
		case page == nil:
			g.out.Complete = true
			return nil
		case page.Reconcile: // nobody knows what this page has: it begins anew
			g.cursor, g.out, g.at = nil, Updates{Reset: true}, map[model.RecordID]int{}
			continue
		}
		g.take(page)
		if g.out.Complete = page.Checkpoint != nil && !page.Checkpoint.More; g.out.Complete {
			return nil
		}
	}
	return nil
}

// take adds a page.
func (g *gathering) take(page *model.Page) {
	g.cursor = page.Cursor
	for _, m := range page.Masks {
		g.mask(m)
	}
	for _, id := range page.Retracts {
		if i, ok := g.at[id]; ok {
			g.out.Changed[i].Fields = nil
			delete(g.at, id)
		}
		g.out.Removed = append(g.out.Removed, Removed{id})
	}
	for i := range page.Rows {
		g.row(&page.Rows[i])
	}
}

func (g *gathering) mask(m model.Mask) {
	k, offered := kindOf(m.Collection)
	spec, ok := g.table.Spec(m.Collection)
	if !offered || !ok || !m.Keep {
		return
	}
	keep := Keep{Collection: k.name, Fields: []string{}}
	for _, no := range m.Fields {
		if f, ok := spec.Field(no); ok {
			if name := g.name(spec, f); name != "" {
				keep.Fields = append(keep.Fields, name)
			}
		}
	}
	for i := range g.out.Changed { // of what this answer has already
		if g.out.Changed[i].Collection == k.name {
			for name := range g.out.Changed[i].Fields {
				if !slices.Contains(keep.Fields, name) {
					delete(g.out.Changed[i].Fields, name)
				}
			}
		}
	}
	g.out.Keep = append(g.out.Keep, keep)
}

// name is what a field is called here.
func (g *gathering) name(spec *model.Spec, f *model.Field) string {
	name := document.Name(g.table, spec, f)
	if f.No >= model.FirstCustomField {
		return document.KeyCustom + "." + name
	}
	return name
}

func (g *gathering) row(r *model.Row) {
	k, offered := kindOf(r.Collection)
	spec, ok := g.table.Spec(r.Collection)
	if !offered || !ok {
		return
	}
	i, here := g.at[r.ID]
	if !here {
		i = len(g.out.Changed)
		g.at[r.ID] = i
		g.out.Changed = append(g.out.Changed, Changed{Collection: k.name, ID: r.ID, Fields: map[string]json.RawMessage{}})
	}
	for _, x := range r.Fields {
		f, ok := spec.Field(x.Field)
		if !ok {
			continue
		}
		name := g.name(spec, f)
		switch {
		case name == "":
		case x.Value.IsNull():
			g.out.Changed[i].Fields[name] = json.RawMessage("null")
		default:
			g.out.Changed[i].Fields[name] = document.AppendValue(nil, f, x.Value)
		}
	}
}

// news says whether there is anything to tell.
func (g *gathering) news() bool {
	return len(g.out.Changed)+len(g.out.Removed)+len(g.out.Keep) > 0 || g.out.Reset || !g.out.Complete
}

// updates is the answer: parents first, and nothing of what came and went within it.
func (g *gathering) updates() *Updates {
	out := g.out
	out.Changed = slices.DeleteFunc(out.Changed, func(c Changed) bool { return c.Fields == nil })
	slices.SortStableFunc(out.Changed, func(a, b Changed) int { return rank(a) - rank(b) })
	if out.Changed == nil {
		out.Changed = []Changed{}
	}
	if out.Removed == nil {
		out.Removed = []Removed{}
	}
	out.Cursor = base64.RawURLEncoding.EncodeToString(g.cursor)
	return &out
}

func rank(c Changed) int {
	return slices.IndexFunc(kinds, func(k kind) bool { return k.name == c.Collection })
}
