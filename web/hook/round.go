package hook

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

const (
	pageSize = 100 // lines of the history, and kept messages, of one round at most
	inFlight = 4   // requests of one hook at once
	// roundTime is when a round begins no more requests, so that what got through is recorded soon.
	roundTime = 10 * time.Second
	// streakDown is how many answers in a row speak against a receiver until it counts as down.
	streakDown = 5
	// knock is how often a receiver that is down is tried with a new message.
	knock = 10 * time.Minute
	// maxKept is how many messages of one hook are kept and tried; with more the history keeps the rest.
	maxKept = 500
	// maxSkipping is how long a position that only went over other lines may stay unrecorded.
	maxSkipping = 10 * time.Minute
)

// Why a hook is switched off, for its owner.
const (
	whyGone = "The receiver answered 410: it wants no more messages. Switch the webhook on again when it does; it goes on from where it was."
	whyLate = "The history no longer reaches back to where this webhook stopped, so some events are in no message. Switch it " +
		"on again from the oldest event that is kept, then read a snapshot."
	whyLevel = "Its owner is gone or may not see events any more. Give the owner back the right, or add the webhook for another user."
)

// round is one round of one hook: what it reads, and what came of it.
type round struct {
	*company
	m     *memory
	hook  model.Hook
	began time.Time

	live []*model.Delivery // kept and not given up, in the order of their making
	page model.Events
	line int // of the page, to be looked at next

	down    bool // when it began
	quota   int  // new messages that may be tried
	halt    bool // no more requests
	over    bool // more kept messages are due than one round takes
	told    bool // something came of it
	settled []bool
	changed map[model.MessageID]*model.Delivery
	lines   map[model.MessageID]int // of the page, of those kept in this round
	out     Round
}

// round does one round. Its memory tells when the next one is due.
func (c *company) round(ctx context.Context, m *memory) {
	r := &round{company: c, m: m, hook: m.hook, began: c.cfg.Clock(), changed: map[model.MessageID]*model.Delivery{}, lines: map[model.MessageID]int{}}
	m.due, m.earlier = r.began.Add(lookAgain), r.began.Add(pace)
	if m.unsaved != nil {
		if r.save(ctx); m.unsaved == nil {
			m.due, m.earlier = r.began, r.began // what was listed of the hook is older than what is recorded now
		}
		return
	}
	r.out = Round{Hook: r.hook.ID, URL: r.hook.URL, From: m.base, Position: m.ahead, Failing: r.hook.Failing}
	if err := r.work(ctx); err != nil {
		r.fault(ctx, err)
	}
	r.record(ctx)
	if m.failures == 0 {
		r.plan()
	}
}

// work reads what there is to tell, and tells it.
func (r *round) work(ctx context.Context) error {
	if err := r.readKept(ctx); err != nil {
		return err
	}
	if err := r.readAhead(ctx); err != nil {
		return err
	}
	if planted("position-before-delivery") {
		r.out.Position, r.told = r.page.Position, true
		r.record(ctx)
		r.out.From, r.told = r.m.base, false
	}
	due := r.due()
	err := r.deliver(ctx, 1, func() (*letter, error) { // one at a time: of which records they are is not known
		if len(due) == 0 {
			return nil, nil
		}
		d := due[0]
		due = due[1:]
		return &letter{id: d.ID, kind: d.Type, body: d.Body, line: -1}, nil
	})
	if err == nil && !r.over {
		err = r.deliver(ctx, inFlight, func() (*letter, error) { return r.nextAhead(ctx) })
	}
	r.out.Position = r.position()
	if err == nil {
		r.m.failures = 0
	}
	return err
}

// readKept reads what is kept and what it says of the receiver.
func (r *round) readKept(ctx context.Context) error {
	m := r.m
	if m.keeps {
		kept, err := r.cfg.Source.Kept(ctx, r.tenant, r.hook.ID)
		if err != nil {
			return err
		}
		m.keeps = len(kept) > 0
		m.earlier = m.earlier.Add(min(time.Duration(len(kept))*paceKept, maxPace-pace))
		for i := range kept {
			if kept[i].Dead == 0 {
				r.live = append(r.live, &kept[i])
			}
		}
		slices.SortStableFunc(r.live, func(a, b *model.Delivery) int { return cmp.Compare(a.Made, b.Made) })
	}
	flush := map[model.MessageID]bool{}
	for _, d := range r.live {
		if !m.counted && r.ofOutage(d) && (answer{status: d.Status}).blames() {
			m.streak++
		}
		if m.moved || m.flush[d.ID] { // what a person removed is forgotten
			flush[d.ID] = true
		}
	}
	m.counted, m.moved, m.flush = true, false, flush
	r.down = m.streak >= streakDown
	return nil
}

// ofOutage says whether a kept message failed since the last one that got through.
func (r *round) ofOutage(d *model.Delivery) bool {
	return r.out.Failing != 0 && d.Made >= r.out.Failing
}

// readAhead reads the next page, a short one when nothing of it may be told: also before kept messages are tried, the
// source says whether the owner may see events at all.
func (r *round) readAhead(ctx context.Context) error {
	r.quota = pageSize
	if r.down {
		r.quota = 0
		if !r.began.Before(r.nextKnock()) {
			r.quota = 1
		}
	}
	limit := pageSize
	if r.quota == 0 || len(r.live) >= maxKept {
		limit = 1
	}
	h := r.hook
	h.Position = r.m.ahead
	page, err := r.cfg.Source.Ahead(ctx, r.tenant, h, limit)
	r.page, r.settled = page, make([]bool, len(page.Events))
	return err
}

// nextKnock is when a receiver that is down is tried with a new message.
func (r *round) nextKnock() time.Time {
	last := time.Time{}
	if n := len(r.live); n > 0 && r.ofOutage(r.live[n-1]) {
		last = instant(r.live[n-1].Made)
	}
	return last.Add(knock)
}

// due is the kept messages to be tried now, in order. Of a receiver that is down it is the oldest of the outage, and the
// oldest of what failed before it, or is replayed.
func (r *round) due() []*model.Delivery {
	now := model.Instant(r.began.UnixMilli())
	var out []*model.Delivery
	for _, d := range r.tried() {
		if d.Next <= now || r.m.flush[d.ID] {
			out = append(out, d)
		}
	}
	if len(out) > pageSize {
		out, r.over = out[:pageSize], true
	}
	return out
}

// tried is the kept messages whose schedule counts.
func (r *round) tried() []*model.Delivery {
	if r.m.streak < streakDown {
		return r.live
	}
	var out []*model.Delivery
	for i, d := range r.live {
		if i == 0 || r.ofOutage(d) && !r.ofOutage(r.live[i-1]) {
			out = append(out, d)
		}
	}
	return out
}

// nextAhead is the next line of the page that the hook wants, as a message; nil: there is none, or it may not be tried.
func (r *round) nextAhead(ctx context.Context) (*letter, error) {
	for ; r.line < len(r.page.Events); r.line++ {
		e := &r.page.Events[r.line]
		kind, body, err := r.cfg.Source.Render(ctx, r.tenant, *e)
		if err != nil {
			return nil, err
		}
		if !Matches(r.hook.Events, kind) {
			r.settled[r.line] = true
			continue
		}
		if r.quota == 0 || len(r.live) >= maxKept {
			return nil, nil
		}
		r.quota--
		l := &letter{id: messageID(r.hook.ID, e.ID), kind: kind, body: body, at: model.Position{Seq: e.Seq, Index: e.Index}, record: e.Record, line: r.line}
		r.line++
		return l, nil
	}
	return nil, nil
}

// position is behind the last line of which, and of all before it, something is known to have come.
func (r *round) position() model.Position {
	at, n := r.m.ahead, 0
	for n < len(r.settled) && r.settled[n] {
		at = model.Position{Seq: r.page.Events[n].Seq, Index: r.page.Events[n].Index}
		n++
	}
	if n == len(r.settled) && before(at, r.page.Position) {
		at = r.page.Position
	}
	return at
}

func before(a, b model.Position) bool { return a.Seq < b.Seq || a.Seq == b.Seq && a.Index < b.Index }

// fault takes an error of the source: it switches the hook off, or the source is asked again later.
func (r *round) fault(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, model.ErrGone):
		r.off(whyLate)
	case errors.Is(err, model.ErrLevel):
		r.off(whyLevel)
	default:
		r.cfg.Log.Error("webhooks: read what to tell", r.who(), slog.Any("error", err))
		r.m.failures++
		r.later(backoff(r.m.failures))
	}
}

// off switches the hook off.
func (r *round) off(why string) {
	r.halt, r.told, r.out.Off = true, true, why
	r.cfg.Log.Warn("a webhook is switched off", r.who(), slog.String("why", why))
}

// later has no round begin for so long, whatever is committed.
func (r *round) later(wait time.Duration) {
	r.m.due = r.cfg.Clock().Add(wait)
	r.m.earlier = r.m.due
}

func (r *round) who() slog.Attr {
	return slog.Group("webhook", slog.String("tenant", r.tenant.String()), slog.String("id", r.hook.ID.String()))
}

// record records what came of the round. A position that only went over lines that are not for this hook can wait: it
// costs no more than looking at them again.
func (r *round) record(ctx context.Context) {
	m, now := r.m, r.now()
	m.ahead = r.out.Position
	if !r.told {
		if m.ahead == m.base {
			return
		}
		if m.skipping == 0 {
			m.skipping = now
		}
		if instant(now).Before(instant(m.skipping).Add(maxSkipping)) {
			return
		}
	}
	for _, d := range r.changed {
		r.out.Put = append(r.out.Put, *d)
	}
	slices.SortFunc(r.out.Put, func(a, b model.Delivery) int { return cmp.Compare(a.Made, b.Made) })
	m.keeps = m.keeps || len(r.out.Put) > 0
	out := r.out // not the round, which holds a page
	m.unsaved = &out
	r.save(ctx)
}

// save records a round, also when ctx has ended. Until it succeeds nothing more is sent, so that a store that refuses
// is no reason to send the same again and again.
func (r *round) save(ctx context.Context) {
	m := r.m
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := r.cfg.Source.Record(ctx, r.tenant, *m.unsaved); err != nil {
		r.cfg.Log.Error("webhooks: record what was told", r.who(), slog.Any("error", err))
		m.failures++
		r.later(backoff(m.failures))
		return
	}
	m.base, m.skipping, m.unsaved, m.failures = m.unsaved.Position, 0, nil, 0
}

// plan says when the next round is due; a hook is looked at every minute in any case, which does for a knock and for a
// position that is to be recorded.
func (r *round) plan() {
	m := r.m
	down := m.streak >= streakDown
	left := r.page.More || slices.Contains(r.settled, false) // lines that were not told
	for _, d := range r.tried() {
		m.due = earliest(m.due, instant(d.Next))
	}
	if !down && (r.over || len(m.flush) > 0 || left && len(r.live) < maxKept) {
		m.due = r.began
	}
	if at := instant(m.resting); at.After(r.began) {
		m.due, m.earlier = latest(m.due, at), latest(m.earlier, at)
	}
}

func instant(i model.Instant) time.Time { return time.UnixMilli(int64(i)) }

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
