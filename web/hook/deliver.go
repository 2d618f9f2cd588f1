package hook

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// deliver sends letters in their order, so many at once, until there are none or the round halts. All that it began
// has an answer when it returns.
func (r *round) deliver(ctx context.Context, width int, next func() (*letter, error)) error {
	var (
		flying  []*letter
		waiting *letter // drawn and not sent; when the round halts it stays where it is, kept or ahead
		failed  error
	)
	answers, ending := make(chan *letter), ctx.Done()
	for {
		r.halt = r.halt || ctx.Err() != nil || r.cfg.Clock().Sub(r.began) >= roundTime
		if waiting == nil && !r.halt && failed == nil {
			waiting, failed = next()
		}
		if waiting != nil && !r.halt && len(flying) < width && waiting.follows(flying) {
			flying = append(flying, waiting)
			go r.carry(waiting, answers)
			waiting = nil
			continue
		}
		if len(flying) == 0 {
			return failed
		}
		select {
		case l := <-answers:
			flying = slices.DeleteFunc(flying, func(f *letter) bool { return f == l })
			r.take(l)
		case <-ending:
			ending = nil
		}
	}
}

// carry brings one letter to the receiver.
func (r *round) carry(l *letter, answers chan<- *letter) {
	began := r.cfg.Clock()
	l.answer = r.post(r.sending, &r.hook, MessageText(l.id), l.kind, l.body)
	l.took = r.cfg.Clock().Sub(began)
	answers <- l
}

// take files what came of a letter.
func (r *round) take(l *letter) {
	switch a := l.answer; {
	case a.cut:
		r.halt = true
		return
	case a.status == http.StatusGone: // the letter stays where it is
		r.cfg.Observe("gone", l.took)
		if r.out.Off == "" {
			r.off(whyGone)
		}
		return
	case a.delivered():
		r.cfg.Observe("delivered", l.took)
		r.delivered(l)
	default:
		r.failed(l)
	}
	r.told = true
	if l.line >= 0 {
		r.settled[l.line] = true
	}
}

// delivered files a letter that got through: whatever failed since the one before it is due at once.
func (r *round) delivered(l *letter) {
	m := r.m
	if m.streak >= streakDown {
		r.halt = true // what is kept goes first
		r.cfg.Log.Info("a webhook's receiver is back", r.who())
	}
	m.streak = 0
	if i := r.find(l.id); i >= 0 {
		r.out.Done = append(r.out.Done, l.id)
		r.live = slices.Delete(r.live, i, i+1)
		delete(r.changed, l.id)
		delete(m.flush, l.id)
	}
	for _, d := range r.live {
		if r.ofOutage(d) {
			m.flush[d.ID] = true
		}
	}
	r.out.Failing = 0
}

// failed files a letter that did not get through: it is kept, or given up.
func (r *round) failed(l *letter) {
	m, a, now := r.m, l.answer, r.now()
	i := r.find(l.id)
	outage := now
	if i >= 0 {
		outage = max(now, r.live[i].Made+1) // this one failed before it
	} else {
		made := now
		if n := len(r.live); n > 0 {
			made = max(now, r.live[n-1].Made+1) // it tells their order
		}
		r.live = append(r.live, &model.Delivery{Hook: r.hook.ID, ID: l.id, Type: l.kind, At: l.at, Body: l.body, Made: made})
		r.keepOrder(l)
		i = r.find(l.id)
	}
	d := r.live[i]
	if r.out.Failing == 0 {
		r.out.Failing = outage
	}
	d.Attempts++
	d.Status, d.Error = a.status, a.text
	r.changed[d.ID] = d
	delete(m.flush, d.ID)
	result, again := "failed", false
	if d.Next, again = r.next(instant(now), d.Attempts, a.retryAfter); !again {
		result, d.Dead = "dead", now
		r.live = slices.Delete(r.live, i, i+1)
		r.cfg.Log.Warn("a webhook's message is given up", r.who(), slog.String("message", MessageText(d.ID)),
			slog.String("type", d.Type), slog.String("why", d.Error))
	}
	r.cfg.Observe(result, l.took)
	if a.retryAfter > 0 {
		m.resting, r.halt = now+model.Instant(a.retryAfter.Milliseconds()), true
	}
	if !a.blames() {
		m.streak = 0 // it is there
		return
	}
	if m.streak++; m.streak >= streakDown {
		r.halt = true
	}
	if m.streak == streakDown {
		r.cfg.Log.Warn("a webhook's receiver is down", r.who(), slog.String("why", d.Error))
	}
}

// keepOrder puts the message that was kept last before those of this round that come after it in the history: several
// are under way at once, and they fail in any order.
func (r *round) keepOrder(l *letter) {
	r.lines[l.id] = l.line
	for i := len(r.live) - 1; i > 0; i-- {
		a, b := r.live[i-1], r.live[i]
		if line, mine := r.lines[a.ID]; !mine || line < l.line {
			return
		}
		a.Made, b.Made = b.Made, a.Made
		r.live[i-1], r.live[i] = b, a
	}
}

// find is where a message is among those kept; negative: it is not. A new message can be kept already: when a person
// set the position back.
func (r *round) find(id model.MessageID) int {
	return slices.IndexFunc(r.live, func(d *model.Delivery) bool { return d.ID == id })
}
