package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// takeovers measures how long it takes that a person moves to another device, from the yes to the question until the old
// device has had its last frame and the new one is current.
func (r *runner) takeovers(ctx context.Context, s *side) error {
	at := place{scenarioTakeover, r.plan.seats * r.plan.moves, fmt.Sprintf("takeovers, %d, one at a time", r.plan.seats*r.plan.moves)}
	return r.moves(ctx, s, at, Seats.TakeOver, func(m Move) time.Duration { return max(m.Last, m.Current) })
}

// kicks measures how long an old device hears anything after the office asked to end its session.
func (r *runner) kicks(ctx context.Context, s *side) error {
	at := place{scenarioKick, r.plan.seats * r.plan.moves, fmt.Sprintf("sessions ended by the office, %d, one at a time", r.plan.seats*r.plan.moves)}
	return r.moves(ctx, s, at, Seats.Kick, func(m Move) time.Duration { return m.Last })
}

// seated runs something with people who have two devices each; a server that has none such is left out.
func (r *runner) seated(ctx context.Context, s *side, do func(Seats) error) error {
	seats, err := s.driver.Seats(ctx, r.plan.seats)
	if errors.Is(err, ErrNone) {
		if !s.target.floor {
			r.report.remark("nobody changed devices: at a gateway that this run did not start nobody signs in without a password")
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer seats.Close()
	return do(seats)
}

// moves has everybody move in turn, and notes what took how long.
func (r *runner) moves(ctx context.Context, s *side, at place, move func(Seats, context.Context, int) (Move, error), whole func(Move) time.Duration) error {
	return r.seated(ctx, s, func(seats Seats) error {
		all, questions, answers := newLatencies(), newLatencies(), newLatencies()
		end, err := meter(s.usage)
		if err != nil {
			return err
		}
		stop, err := s.profile(ctx, at.scenario)
		if err != nil {
			return err
		}
		for n := 0; n < r.plan.seats*r.plan.moves && err == nil; n++ {
			var m Move
			if m, err = move(seats, ctx, n%r.plan.seats); err == nil {
				record(all, whole(m))
				record(questions, m.Question)
				record(answers, m.Answered)
			}
		}
		if err = errors.Join(err, stop()); err != nil {
			return err
		}
		used, err := end()
		if err != nil {
			return err
		}
		r.report.disturbed(used.others)
		r.note(s, at, figureP50, millis(time.Duration(all.ValueAtQuantile(50))))
		r.note(s, at, figureP99, millis(time.Duration(all.ValueAtQuantile(99))))
		r.note(s, at, figureAnswered, millis(time.Duration(answers.ValueAtQuantile(50))))
		if at.scenario == scenarioTakeover {
			r.note(s, at, figureQuestion, millis(time.Duration(questions.ValueAtQuantile(50))))
		}
		checked, wrong := seats.Wrong()
		r.report.check(s.target.Name(), checkMoved, checked, wrong)
		return nil
	})
}

func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(int64(d)) // beyond the range it is cut off there
}
