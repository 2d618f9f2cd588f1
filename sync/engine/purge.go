package engine

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Bounds of one commit of a purge: follow-up commits stay small, so that they never stand in the way of a user's change
// (DESIGN §12.2).
const (
	PurgeBatch   = 500     // records rewritten
	purgeBytes   = 1 << 20 // written
	purgeLooksAt = 10_000  // records looked at: more than one commit ever touches, so that it always gets on
)

// Purge forgets memberships that ended at or before a commit, and tombstones that nothing is remembered of any more.
// The horizon is raised in the first commit, before anything is gone that a cursor could need: a device whose
// retraction is older is reconciled. It says how many records it rewrote or forgot.
func (e *Engine) Purge(ctx context.Context, id model.TenantID, horizon model.Seq, now model.Instant) (int, error) {
	total := 0
	for at := (purged{}); !at.done; {
		var next purged
		_, err := e.cfg.Store.Apply(ctx, id, 1, func(r storage.Reader) (*storage.WriteSet, error) {
			p := &purge{r: r, horizon: min(horizon, r.Head().Seq), at: at, seen: map[model.RecordID]bool{}}
			ws := p.batch()
			ws.Head = &storage.HeadChange{Time: max(now, r.Head().Time), Horizon: p.horizon}
			if next = p.at; p.horizon <= r.Head().Horizon && len(ws.Records)+len(ws.Forget) == 0 {
				return nil, nil
			}
			return ws, nil
		})
		if err != nil {
			return total, err
		}
		total += next.rewrote
		at = next
	}
	return total, nil
}

// purged is how far a purge has come.
type purged struct {
	key     string // of the audience it is in
	seq     model.Seq
	rewrote int // by the last batch
	done    bool
}

// purge is one commit of it.
type purge struct {
	r       storage.Reader
	horizon model.Seq
	at      purged
	seen    map[model.RecordID]bool
	bytes   int
}

// batch goes on through the audiences, and through each in commit order: what it rewrites comes again at the end,
// with nothing left to forget.
func (p *purge) batch() *storage.WriteSet {
	ws := &storage.WriteSet{}
	from := p.at
	p.at = purged{done: true}
	for key, raw := range p.r.Rows(storage.TableAudiences, "", "") {
		if len(raw) != 4 || key == "" || key < from.key {
			continue
		}
		a := model.Audience(binary.BigEndian.Uint32(raw))
		var after model.Seq
		if key == from.key {
			after = from.seq
		}
		for id := range p.r.Since(a, after) {
			if p.seen[id] {
				continue
			}
			p.seen[id] = true
			rec, ok := p.r.Record(id)
			if !ok {
				continue
			}
			if p.trim(ws, rec) {
				p.at.rewrote++
			}
			if p.at.rewrote == PurgeBatch || p.bytes > purgeBytes || len(p.seen) == purgeLooksAt {
				p.at = purged{key: key, seq: place(rec, a) - 1, rewrote: p.at.rewrote}
				return ws
			}
		}
	}
	return ws
}

// place is the commit at which the index names a record of an audience.
func place(r *model.Record, a model.Audience) model.Seq {
	for _, row := range storage.IndexOf(r).Rows {
		if row.Audience == a {
			return row.Seq
		}
	}
	return 1
}

// trim forgets what ended of one record; false when nothing did.
func (p *purge) trim(ws *storage.WriteSet, r *model.Record) bool {
	ended := func(iv model.Interval) bool { return iv.Out != 0 && iv.Out <= p.horizon }
	if !slices.ContainsFunc(r.Memberships, func(m model.Membership) bool { return slices.ContainsFunc(m.Intervals, ended) }) {
		return false
	}
	was := r
	r = r.Clone()
	for i := range r.Memberships {
		r.Memberships[i].Intervals = slices.DeleteFunc(r.Memberships[i].Intervals, ended)
	}
	r.Memberships = slices.DeleteFunc(r.Memberships, func(m model.Membership) bool { return len(m.Intervals) == 0 })
	if r.Deleted && len(r.Memberships) == 0 {
		ws.Forget = append(ws.Forget, r.ID)
		return true
	}
	r.Seq = p.r.Head().Next()
	p.bytes += storage.Cost(was, r)
	ws.Records = append(ws.Records, r)
	return true
}
