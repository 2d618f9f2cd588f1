package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// revoke measures what it takes to take records from devices and to give them back: from one, and from many while others
// push. A server that can take nothing back is left out. Once a device holds what it should not, nothing more is measured.
func (r *runner) revoke(ctx context.Context, s *side) error {
	p := &r.plan
	h, err := s.driver.Holders(ctx, p.revokes, p.taken)
	if errors.Is(err, ErrNone) {
		if !s.target.floor {
			r.report.remark("nothing was taken back: this run may set no levels at a gateway that it did not start")
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer h.Close()
	for range p.turns {
		if right, err := r.revokeOne(ctx, s, h); err != nil || !right {
			return err
		}
	}
	return r.revokeAll(ctx, s, h)
}

// given is where the figures of giving back stand.
const given = "_given"

// revokeOne takes the records from one device, and gives them back.
func (r *runner) revokeOne(ctx context.Context, s *side, h Holders) (right bool, err error) {
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
			return false, err
		}
		one := turns[0]
		r.note(s, turn.at, figureRequest, millis(one.Answered-one.Asked))
		r.note(s, turn.at, figureConfirm, millis(max(0, one.Confirmed-one.Answered))) // it may be faster than the answer
		r.sent(s, turn.at, turns)
		if !r.holds(s, h, turn.check) {
			return false, nil
		}
	}
	return true, nil
}

// holds says whether every device holds what it is to hold.
func (r *runner) holds(s *side, h Holders, check string) bool {
	checked, wrong := h.Wrong()
	r.report.check(s.target.Name(), check, checked, wrong)
	return len(wrong) == 0
}

// revokeAll takes the records from all devices while others push, and gives them back.
func (r *runner) revokeAll(ctx context.Context, s *side, h Holders) error {
	n := r.plan.revokes
	at := place{scenarioRevoke, n, fmt.Sprintf("%d records taken from %s", r.plan.taken, devices(n))}
	turns, used, err := r.takeAll(ctx, s, h, at)
	if err != nil {
		return err
	}
	r.confirmed(s, at, turns, used)
	if !r.holds(s, h, checkTaken) {
		return nil
	}
	end, err := meter(s.usage)
	if err != nil {
		return err
	}
	if turns, err = h.Give(ctx, n); err != nil {
		return err
	}
	if used, err = end(); err != nil {
		return err
	}
	at = place{scenarioRevoke + given, n, fmt.Sprintf("%d records given back to %s", r.plan.taken, devices(n))}
	r.confirmed(s, at, turns, used)
	r.holds(s, h, checkGiven)
	return nil
}

// takeAll takes the records from all devices, and notes what others feel of it who push before and meanwhile.
func (r *runner) takeAll(ctx context.Context, s *side, h Holders, at place) (turns []Turn, used metered, err error) {
	p := &r.plan
	push, leave, err := r.others(ctx, s, h)
	if err != nil {
		return nil, used, err
	}
	defer leave()
	quiet, err := push(span(p.span))
	if err != nil {
		return nil, used, err
	}
	stop, err := s.profile(ctx, scenarioRevoke)
	if err != nil {
		return nil, used, err
	}
	busy, err := push(func(ctx context.Context) (err error) {
		turns, err = h.Take(ctx, p.revokes)
		return err
	})
	if err = errors.Join(err, stop()); err != nil {
		return nil, used, err
	}
	r.slower(s, at, quiet, busy)
	return turns, busy.metered, nil
}

// others connects devices that only push, to notice what is done beside them: push has them push while something lasts, and
// leave ends them.
func (r *runner) others(ctx context.Context, s *side, of Besides) (push func(while func(context.Context) error) (loopResult, error), leave func(), err error) {
	p := &r.plan
	writers, err := of.Beside(ctx, p.beside, p.room(p.beside, 1))
	if err != nil {
		return nil, nil, err
	}
	push = func(while func(context.Context) error) (loopResult, error) {
		l := loop{writers: writers, outstanding: 1, warm: p.warm, while: while, server: s.usage}
		return l.run(ctx)
	}
	return push, func() {
		for _, w := range writers {
			w.Close()
		}
	}, nil
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
