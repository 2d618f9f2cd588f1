package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// revoke measures what it takes to take records from devices and to give them back: from one, and from many at once while
// others push. A server that can take nothing back is left out.
func (r *runner) revoke(ctx context.Context, s *side) error {
	p := &r.plan
	h, err := s.driver.Holders(ctx, p.revokes, p.taken)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	defer h.Close()
	for range p.turns {
		if err := r.revokeOne(ctx, s, h); err != nil {
			return err
		}
	}
	return r.revokeAll(ctx, s, h)
}

// given is where the figures of giving back stand.
const given = "_given"

// revokeOne takes the records from one device, and gives them back.
func (r *runner) revokeOne(ctx context.Context, s *side, h Holders) error {
	for _, turn := range []struct {
		at    place
		f     func(context.Context, int) ([]Turn, error)
		check string
	}{
		{place{scenarioRevoke, 1, fmt.Sprintf("%d records taken from 1 device", r.plan.taken)}, h.Take, checkTaken},
		{place{scenarioRevoke + given, 1, fmt.Sprintf("%d records given back to 1 device", r.plan.taken)}, h.Give, checkGiven},
	} {
		turns, err := turn.f(ctx, 1)
		if err != nil {
			return err
		}
		one := turns[0]
		r.note(s, turn.at, figureRequest, millis(one.Answered-one.Asked))
		r.note(s, turn.at, figureConfirm, millis(max(0, one.Confirmed-one.Answered))) // it may be faster than the answer
		r.sent(s, turn.at, turns)
		checked, wrong := h.Wrong()
		r.report.check(s.target.Name(), turn.check, checked, wrong)
	}
	return nil
}

// revokeAll takes the records from all devices at once while others push, and gives them back.
func (r *runner) revokeAll(ctx context.Context, s *side, h Holders) error {
	p := &r.plan
	writers, err := h.Beside(ctx, p.beside, p.room(p.beside, 1))
	if err != nil {
		return err
	}
	defer func() {
		for _, w := range writers {
			w.Close()
		}
	}()
	push := func(while func(context.Context) error) (loopResult, error) {
		l := loop{writers: writers, outstanding: 1, warm: p.warm, while: while, server: s.usage}
		return l.run(ctx)
	}
	quiet, err := push(span(p.span))
	if err != nil {
		return err
	}
	stop, err := s.profile(ctx, scenarioRevoke)
	if err != nil {
		return err
	}
	var turns []Turn
	busy, err := push(func(ctx context.Context) (err error) {
		turns, err = h.Take(ctx, p.revokes)
		return err
	})
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	at := place{scenarioRevoke, p.revokes, fmt.Sprintf("%d records taken from %s at once", p.taken, devices(p.revokes))}
	r.confirmed(s, at, turns, busy.metered)
	r.slower(s, at, quiet, busy)
	checked, wrong := h.Wrong()
	r.report.check(s.target.Name(), checkTaken, checked, wrong)

	end, err := meter(s.usage)
	if err != nil {
		return err
	}
	if turns, err = h.Give(ctx, p.revokes); err != nil {
		return err
	}
	used, err := end()
	if err != nil {
		return err
	}
	at = place{scenarioRevoke + given, p.revokes, fmt.Sprintf("%d records given back to %s at once", p.taken, devices(p.revokes))}
	r.confirmed(s, at, turns, used)
	checked, wrong = h.Wrong()
	r.report.check(s.target.Name(), checkGiven, checked, wrong)
	return nil
}

// confirmed notes when many devices had confirmed, and what it took.
func (r *runner) confirmed(s *side, at place, turns []Turn, used metered) {
	r.report.disturbed(used.others)
	when := make([]time.Duration, len(turns))
	for i, t := range turns {
		when[i] = t.Confirmed
	}
	slices.Sort(when)
	r.note(s, at, figureLastConfirmed, when[len(when)-1].Seconds())
	r.note(s, at, figureHalfConfirmed, when[(len(when)-1)/2].Seconds())
	r.sent(s, at, turns)
	if used.server.CPU > 0 {
		r.note(s, at, figureServerSeconds, used.server.CPU.Seconds())
		r.note(s, at, figureClientSeconds, used.client.CPU.Seconds())
	}
}

// sent notes what the devices were sent, which is to be in proportion to the records.
func (r *runner) sent(s *side, at place, turns []Turn) {
	var bytes int64
	for _, t := range turns {
		bytes += t.Bytes
	}
	r.note(s, at, figureSent, float64(bytes))
	r.note(s, at, figureBytes, float64(bytes)/float64(len(turns)*r.plan.taken))
}

// slower notes what others felt of it.
func (r *runner) slower(s *side, at place, quiet, busy loopResult) {
	r.report.disturbed(quiet.others)
	before, meanwhile := quiet.latency.ValueAtQuantile(50), busy.latency.ValueAtQuantile(50)
	r.note(s, at, figureQuietP50, millis(time.Duration(before)))
	r.note(s, at, figurePushP50, millis(time.Duration(meanwhile)))
	r.note(s, at, figureQuietP99, millis(time.Duration(quiet.latency.ValueAtQuantile(99))))
	r.note(s, at, figurePushP99, millis(time.Duration(busy.latency.ValueAtQuantile(99))))
	r.note(s, at, figurePushSlower, float64(meanwhile)/float64(before))
}
