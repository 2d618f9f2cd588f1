package hook

import (
	"context"
	"log/slog"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

const (
	// lookAgain is how often a company's webhooks are looked at when nothing wakes us and nothing is due.
	lookAgain = time.Minute
	// pace is the shortest time between two looks at a company, and between two rounds of a hook that are not full: a
	// busy company costs a few commits a second and not one a message.
	pace = 250 * time.Millisecond
	// paceKept is how much longer that is for each message a hook keeps, since a round reads them all, up to maxPace.
	paceKept = 10 * time.Millisecond
	maxPace  = 5 * time.Second
)

// company owns what is remembered of one company's webhooks. Its goroutine starts rounds; each has its own.
type company struct {
	*Deliverer
	tenant  model.TenantID
	sending context.Context // governs requests under way, which may outlive Run's context by the grace
	hooks   map[model.HookID]*memory
	ended   chan *memory // rounds that are over
	busy    int          // rounds that are not

	woken       <-chan struct{} // nil: something was committed since the last look
	unsubscribe func()
	commits     uint64    // wake-ups so far
	looked      time.Time // when the last look began
	listed      bool      // the hooks have been listed before
	failures    int       // of looking, in a row
}

// memory is what is remembered of a hook that is on, between rounds. A round owns it while it is busy. Losing it costs
// time alone: it is made again of what is recorded.
type memory struct {
	hook    model.Hook
	stop    context.CancelFunc // ends the round; nil: none is under way
	began   uint64             // company.commits when the last round began
	due     time.Time          // when there is something to do, whatever is committed
	earlier time.Time          // a commit is no reason for a round before this

	base     model.Position // as recorded
	ahead    model.Position // looked at up to here: base, or lines behind it that are not for this hook
	skipping model.Instant  // since when ahead is not recorded; 0: it is
	unsaved  *Round         // could not be recorded yet
	failures int            // of the source, in a row

	counted bool                     // streak is known
	streak  int                      // answers in a row that speak against the receiver
	resting model.Instant            // it asked to be left alone until then
	moved   bool                     // a person put it right: all that is kept is tried at once
	keeps   bool                     // some messages may be kept
	flush   map[model.MessageID]bool // to be tried at once, since the receiver is back
}

func (d *Deliverer) newCompany(sending context.Context, t model.TenantID) *company {
	return &company{Deliverer: d, tenant: t, sending: sending, hooks: map[model.HookID]*memory{}, ended: make(chan *memory)}
}

// run works until ctx ends and all rounds have.
func (c *company) run(ctx context.Context) {
	for ctx.Err() == nil {
		c.look(ctx)
		c.wait(ctx)
	}
	for ; c.busy > 0; c.busy-- {
		<-c.ended
	}
	if c.unsubscribe != nil {
		c.unsubscribe()
	}
}

// look lists the hooks and starts a round of each that has something to do.
func (c *company) look(ctx context.Context) {
	if c.woken == nil { // before anything is read, so that no commit after it is missed
		if c.unsubscribe != nil {
			c.unsubscribe()
		}
		c.woken, c.unsubscribe = c.cfg.Source.Woken(c.tenant)
	}
	c.looked = c.cfg.Clock()
	hooks, err := c.cfg.Source.Hooks(ctx, c.tenant)
	if err != nil {
		if c.failures++; ctx.Err() == nil {
			c.cfg.Log.Error("webhooks: list those of a company", slog.String("tenant", c.tenant.String()), slog.Any("error", err))
		}
		return
	}
	c.failures = 0
	on := map[model.HookID]bool{}
	for _, h := range hooks {
		if h.State == model.HookOn {
			on[h.ID] = true
			c.tell(ctx, h)
		}
	}
	c.listed = true
	for id, m := range c.hooks {
		switch {
		case on[id]:
		case m.stop != nil:
			m.stop() // a hook that is off is not told
		default:
			delete(c.hooks, id)
		}
	}
}

// tell starts a round of a hook, if it is idle and has something to do.
func (c *company) tell(ctx context.Context, h model.Hook) {
	m := c.hooks[h.ID]
	if m == nil {
		// A hook that appears while we run is new, or was switched on by a person who has put its receiver right.
		m = &memory{hook: h, base: h.Position, ahead: h.Position, due: c.looked, keeps: true, counted: c.listed, moved: c.listed}
		c.hooks[h.ID] = m
	}
	if m.stop != nil {
		return
	}
	m.adopt(h, c.looked)
	if c.looked.Before(m.next(c.commits)) {
		return
	}
	m.began = c.commits
	ctx, m.stop = context.WithCancel(ctx)
	c.busy++
	go func() {
		c.round(ctx, m)
		c.ended <- m
	}()
}

// adopt takes what a person changed of a hook.
func (m *memory) adopt(h model.Hook, now time.Time) {
	if h.Position != m.base {
		m.base, m.ahead, m.skipping = h.Position, h.Position, 0
		m.due = now
	}
	if h.URL != m.hook.URL { // the receiver is another one, of which nothing bad is known
		m.counted, m.streak, m.resting = true, 0, 0
		m.due, m.moved = now, true
	}
	m.hook = h
}

// next is when the hook's next round may begin, when so many commits have been heard of.
func (m *memory) next(commits uint64) time.Time {
	if m.began < commits && m.earlier.Before(m.due) {
		return m.earlier
	}
	return m.due
}

// wait waits until there is a reason to look again.
func (c *company) wait(ctx context.Context) {
	for {
		timer := time.NewTimer(c.until().Sub(c.cfg.Clock()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			return
		case <-c.woken:
			c.woken = nil
			c.commits++
		case m := <-c.ended:
			c.busy--
			m.stop()
			m.stop = nil
		}
		timer.Stop()
	}
}

// until is when to look again.
func (c *company) until() time.Time {
	at := c.looked.Add(lookAgain)
	if c.failures > 0 {
		return c.looked.Add(backoff(c.failures))
	}
	for _, m := range c.hooks {
		if m.stop == nil {
			at = earliest(at, m.next(c.commits))
		}
	}
	if c.woken == nil {
		at = earliest(at, c.looked.Add(pace))
	}
	return at
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
