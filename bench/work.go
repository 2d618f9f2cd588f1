package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// work is the scenarios of few devices that have much to do: both servers run, and each point is measured on one after
// the other.
func (r *runner) work(ctx context.Context) (err error) {
	var sides []*side
	defer func() {
		for _, s := range sides {
			err = errors.Join(err, s.stop())
		}
	}()
	for _, t := range r.targets() {
		s, err := r.start(ctx, t, r.plan.workNeed())
		if err != nil {
			return err
		}
		sides = append(sides, s)
	}
	for _, point := range r.points() {
		for _, s := range sides {
			r.tell("%s: %s", s.target.Name(), point.title)
			if err := point.run(ctx, s); err != nil {
				return fmt.Errorf("%s, %s: %w", s.target.Name(), point.title, err)
			}
		}
	}
	for _, s := range sides {
		if err := r.audit(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// point is one thing to measure.
type point struct {
	title string
	run   func(ctx context.Context, s *side) error
}

func (r *runner) points() (out []point) {
	p := &r.plan
	if p.has(scenarioPush) {
		for _, n := range p.push {
			at := place{scenarioPush, n, fmt.Sprintf("durable pushes, %s", devices(n))}
			out = append(out, point{at.title, func(ctx context.Context, s *side) error { return r.loop(ctx, s, at, loopSize{n, 1, false}) }})
		}
		at := place{scenarioPush + "_following", p.follow, fmt.Sprintf("durable pushes, %s that follow the feed", devices(p.follow))}
		out = append(out, point{at.title, func(ctx context.Context, s *side) error { return r.loop(ctx, s, at, loopSize{p.follow, 1, true}) }})
	}
	if p.has(scenarioDrain) {
		at := place{scenarioDrain, p.drain, fmt.Sprintf("outboxes draining, %s, %d on the way each", devices(p.drain), p.window)}
		out = append(out, point{at.title, func(ctx context.Context, s *side) error {
			return r.loop(ctx, s, at, loopSize{p.drain, p.window, false})
		}})
	}
	if p.has(scenarioSync) {
		out = append(out, point{fmt.Sprintf("writing %d records", p.records), func(ctx context.Context, s *side) error {
			return s.driver.Fill(ctx, p.records)
		}})
		for _, m := range []Mode{Plain, Packed, Durable} {
			at := place{scenarioSync, p.records, fmt.Sprintf("first sync of %d records, %s", p.records, m)}
			out = append(out, point{at.title, func(ctx context.Context, s *side) error { return r.download(ctx, s, at, m) }})
		}
	}
	if p.has(scenarioListen) {
		at := place{scenarioListen, p.listeners, fmt.Sprintf("push to %d listeners", p.listeners)}
		out = append(out, point{at.title, func(ctx context.Context, s *side) error { return r.listen(ctx, s, at) }})
	}
	if p.has(scenarioRevoke) {
		out = append(out, point{fmt.Sprintf("%d customers taken from %s", p.taken, devices(p.revokes)), r.revoke})
	}
	if p.has(scenarioTakeover) {
		out = append(out, point{fmt.Sprintf("%d takeovers", p.seats*p.moves), r.takeovers})
	}
	if p.has(scenarioKick) {
		out = append(out, point{fmt.Sprintf("%d sessions ended", p.seats*p.moves), r.kicks})
	}
	if p.has(scenarioFlood) {
		out = append(out, point{fmt.Sprintf("passwords guessed over %d connections", p.guessers), r.flood})
	}
	return out
}

func devices(n int) string {
	if n == 1 {
		return "1 device"
	}
	return fmt.Sprintf("%d devices", n)
}

// loopSize is how big a closed loop is: devices, changes on the way of each, and whether they follow the feed.
type loopSize struct {
	n, window int
	follow    bool
}

// loop measures a closed loop. One that the server does not have is left out.
func (r *runner) loop(ctx context.Context, s *side, at place, size loopSize) error {
	writers, err := s.driver.Writers(ctx, size.n, r.plan.room(size.n, size.window), size.follow)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() {
		for _, w := range writers {
			w.Close()
		}
	}()
	end, err := s.profile(ctx, fmt.Sprintf("%s-%d", at.scenario, size.n))
	if err != nil {
		return err
	}
	l := loop{writers: writers, outstanding: size.window, warm: r.plan.warm, while: span(r.plan.span), server: s.usage}
	got, err := l.run(ctx)
	if err = errors.Join(err, end()); err != nil {
		return err
	}
	r.report.disturbed(got.others)
	seconds := got.took.Seconds()
	r.note(s, at, figureRate, float64(got.acked)/seconds)
	r.note(s, at, figureP50, millis(time.Duration(got.latency.ValueAtQuantile(50))))
	r.note(s, at, figureP99, millis(time.Duration(got.latency.ValueAtQuantile(99))))
	if got.server.CPU > 0 {
		r.note(s, at, figureServer, got.server.CPU.Seconds()/seconds)
		r.note(s, at, figureClient, got.client.CPU.Seconds()/seconds)
		r.note(s, at, figureCost, millis(got.server.CPU)/float64(got.acked))
	}
	return nil
}

// download measures first syncs in one mode. A mode that the server does not have is left out.
func (r *runner) download(ctx context.Context, s *side, at place, m Mode) error {
	at.scenario += "_" + string(m)
	for range r.plan.downloads {
		end, err := meter(s.usage)
		if err != nil {
			return err
		}
		stop, err := s.profile(ctx, at.scenario)
		if err != nil {
			return err
		}
		got, err := s.driver.Fetch(ctx, m)
		err = errors.Join(err, stop())
		if errors.Is(err, ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		used, err := end()
		if err != nil {
			return err
		}
		r.note(s, at, figureTime, got.Took.Seconds())
		r.note(s, at, figureRecords, float64(got.Records)/got.Took.Seconds())
		if got.Bytes > 0 {
			r.note(s, at, figureBytes, float64(got.Bytes)/float64(got.Records))
		}
		if used.server.CPU > 0 {
			r.note(s, at, figureServerTime, millis(used.server.CPU))
			r.note(s, at, figureClientTime, millis(used.client.CPU))
		}
		r.report.check(s.target.Name(), checkSync, got.Records, got.Wrong())
	}
	return nil
}

// ErrNone says that a server has no such mode.
var ErrNone = errors.New("not on this server")

// listen measures how long a change takes from its writer to each who may see it.
func (r *runner) listen(ctx context.Context, s *side, at place) error {
	writer, listeners, err := s.driver.Circle(ctx, r.plan.listeners)
	if err != nil {
		return err
	}
	c := newCircle(len(listeners))
	var hearing sync.WaitGroup
	for _, l := range listeners {
		hearing.Go(func() { c.hear(l) })
	}
	stop, err := s.profile(ctx, at.scenario)
	if err == nil {
		err = errors.Join(c.rounds(ctx, writer, r.plan.rounds, r.plan.beat), stop())
	}
	c.end()
	writer.Close()
	for _, l := range listeners {
		l.Close()
	}
	hearing.Wait()
	if err != nil {
		return err
	}
	r.note(s, at, figureP50, millis(time.Duration(c.each.ValueAtQuantile(50))))
	r.note(s, at, figureP99, millis(time.Duration(c.each.ValueAtQuantile(99))))
	r.note(s, at, figureLast, millis(time.Duration(c.last.ValueAtQuantile(50))))
	r.note(s, at, figureAck, millis(time.Duration(c.ack.ValueAtQuantile(50))))
	r.report.check(s.target.Name(), checkHeard, r.plan.rounds*len(listeners), c.wrong)
	return nil
}

// audit reads back what was acknowledged.
func (r *runner) audit(ctx context.Context, s *side) error {
	r.tell("%s: reading back what was acknowledged", s.target.Name())
	checked, wrong, err := s.driver.Audit(ctx)
	if err != nil {
		return fmt.Errorf("%s, reading back: %w", s.target.Name(), err)
	}
	r.report.check(s.target.Name(), checkAcked, checked, wrong)
	return nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
