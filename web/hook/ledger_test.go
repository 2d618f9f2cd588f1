package hook_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/hook"
)

// ledger is a company's books in memory: the contract of hook.Source, with state of its own that outlives whoever
// reads it, as a store on disk does.
type ledger struct {
	mu     sync.Mutex
	tenant model.TenantID
	seq    model.Seq
	lines  []line
	gone   model.Position // lines up to here are forgotten
	hooks  map[model.HookID]model.Hook
	kept   map[model.HookID]map[model.MessageID]model.Delivery
	level  map[model.UserID]bool // who may not see events
	woken  chan struct{}
	rounds []hook.Round // recorded, in order
}

type line struct {
	event model.Event
	kind  string
}

func newLedger() *ledger {
	return &ledger{
		tenant: model.TenantID{1}, hooks: map[model.HookID]model.Hook{}, level: map[model.UserID]bool{},
		kept: map[model.HookID]map[model.MessageID]model.Delivery{}, woken: make(chan struct{}),
	}
}

// commit raises the seq and wakes whoever waits. The lock is held.
func (l *ledger) commit() {
	l.seq++
	close(l.woken)
	l.woken = make(chan struct{})
}

// write commits one event of each kind, in one commit, all of one record; it gives their ids. Kinds that begin with
// "hidden." are shown to nobody.
func (l *ledger) write(record byte, kinds ...string) []model.MessageID {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commit()
	var ids []model.MessageID
	for i, kind := range kinds {
		e := model.Event{Seq: l.seq, Index: uint32(i), Time: model.Instant(time.Now().UnixMilli()), Record: model.RecordID{record}}
		binary.BigEndian.PutUint64(e.ID[:], uint64(l.seq))
		e.ID[15] = byte(i)
		l.lines = append(l.lines, line{e, kind})
		ids = append(ids, e.ID)
	}
	return ids
}

// add adds a hook that is told of what is committed from now on.
func (l *ledger) add(id byte, url string, events ...string) model.Hook {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := model.Hook{
		ID: model.HookID{id}, URL: url, Name: "ERP", Owner: model.UserID{id}, Events: events, State: model.HookOn,
		Secrets: [][]byte{slices.Repeat([]byte{id}, 32)}, Position: model.Position{Seq: l.seq, Index: 1<<32 - 1},
	}
	l.hooks[h.ID], l.kept[h.ID] = h, map[model.MessageID]model.Delivery{}
	l.commit()
	return h
}

// change is a person changing a hook.
func (l *ledger) change(id model.HookID, change func(*model.Hook)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hooks[id]
	change(&h)
	l.hooks[id] = h
	l.commit()
}

func (l *ledger) remove(id model.HookID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.hooks, id)
	delete(l.kept, id)
	l.commit()
}

func (l *ledger) hook(id model.HookID) model.Hook {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hooks[id]
}

// replay has what was given up tried again, as the engine does it.
func (l *ledger) replay(id model.HookID) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for m, d := range l.kept[id] {
		if d.Dead != 0 {
			d.Dead, d.Next, d.Attempts = 0, model.Instant(time.Now().UnixMilli()), 0
			l.kept[id][m] = d
			n++
		}
	}
	l.commit()
	return n
}

// deliveries is what is kept of a hook, by the order of making: what is still tried, and what was given up.
func (l *ledger) deliveries(id model.HookID) (live, dead []model.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.kept[id] {
		if d.Dead == 0 {
			live = append(live, d)
		} else {
			dead = append(dead, d)
		}
	}
	for _, s := range [][]model.Delivery{live, dead} {
		slices.SortFunc(s, func(a, b model.Delivery) int { return cmp.Compare(a.Made, b.Made) })
	}
	return live, dead
}

// forget drops the history up to now.
func (l *ledger) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.lines[len(l.lines)-1].event
	l.lines, l.gone = nil, model.Position{Seq: last.Seq, Index: last.Index}
}

// rights takes the right to see events from a user.
func (l *ledger) rights(u model.UserID, may bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.level[u] = !may
	l.commit()
}

// recorded is the rounds of a hook so far.
func (l *ledger) recorded(id model.HookID) (out []hook.Round) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.rounds {
		if r.Hook == id {
			out = append(out, r)
		}
	}
	return out
}

var (
	errClosed  = errors.New("the store is closed")
	errRefused = errors.New("the disk is full")
)

// reader is one process's way to the ledger.
type reader struct {
	*ledger
	mu     sync.Mutex
	calls  int
	limit  int            // after so many calls the process is gone: nothing it does counts; 0: never
	refuse map[string]int // calls by method that fail
	before func(method string)
}

// watch has f called before every call.
func (r *reader) watch(f func(method string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = f
}

// enter counts a call and says whether it is answered.
func (r *reader) enter(ctx context.Context, method string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.mu.Lock()
	before := r.before
	r.mu.Unlock()
	if before != nil {
		before(method)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.limit > 0 && r.calls > r.limit {
		return errClosed
	}
	if r.refuse[method] > 0 {
		r.refuse[method]--
		return errRefused
	}
	return nil
}

func (r *reader) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

func (r *reader) Tenants(ctx context.Context) ([]model.TenantID, error) {
	return []model.TenantID{r.tenant}, r.enter(ctx, "Tenants")
}

func (r *reader) Hooks(ctx context.Context, _ model.TenantID) ([]model.Hook, error) {
	if err := r.enter(ctx, "Hooks"); err != nil {
		return nil, err
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	return slices.Collect(maps.Values(r.hooks)), nil
}

func (r *reader) Ahead(ctx context.Context, _ model.TenantID, h model.Hook, limit int) (out model.Events, err error) {
	if err := r.enter(ctx, "Ahead"); err != nil {
		return out, err
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	if r.level[h.Owner] {
		return out, model.ErrLevel
	}
	if before(h.Position, r.gone) {
		return out, model.ErrGone
	}
	out.Position = h.Position
	for _, l := range r.lines {
		at := model.Position{Seq: l.event.Seq, Index: l.event.Index}
		if !before(h.Position, at) {
			continue
		}
		if len(out.Events) == limit {
			out.More = true
			return out, nil
		}
		out.Position = at
		if strings.HasPrefix(l.kind, "hidden.") {
			continue // not for this owner's eyes
		}
		out.Events = append(out.Events, l.event)
	}
	return out, nil
}

func before(a, b model.Position) bool { return a.Seq < b.Seq || a.Seq == b.Seq && a.Index < b.Index }

func (r *reader) Kept(ctx context.Context, _ model.TenantID, h model.HookID) ([]model.Delivery, error) {
	if err := r.enter(ctx, "Kept"); err != nil {
		return nil, err
	}
	live, dead := r.deliveries(h)
	return append(dead, live...), nil
}

func (r *reader) Record(ctx context.Context, _ model.TenantID, x hook.Round) error {
	if err := r.enter(ctx, "Record"); err != nil {
		return err
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	h, ok := r.hooks[x.Hook]
	if !ok {
		return nil
	}
	if h.Position == x.From && before(h.Position, x.Position) {
		h.Position = x.Position
	}
	if h.Failing = x.Failing; x.Off != "" {
		h.State, h.Why = model.HookOff, x.Off
	}
	r.hooks[x.Hook] = h
	for _, d := range x.Put {
		r.kept[x.Hook][d.ID] = d
	}
	for _, id := range x.Done {
		delete(r.kept[x.Hook], id)
	}
	r.rounds = append(r.rounds, x)
	r.commit()
	return nil
}

func (r *reader) Render(ctx context.Context, _ model.TenantID, e model.Event) (string, []byte, error) {
	if err := r.enter(ctx, "Render"); err != nil {
		return "", nil, err
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	for _, l := range r.lines {
		if l.event.ID == e.ID {
			body, err := json.Marshal(map[string]any{"type": l.kind, "data": map[string]any{
				"event": e.ID, "record": e.Record, "seq": e.Seq,
			}})
			return l.kind, body, err
		}
	}
	return "", nil, errClosed
}

func (r *reader) Woken(model.TenantID) (<-chan struct{}, func()) {
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	return r.woken, func() {}
}
