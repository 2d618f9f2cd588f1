package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// flood measures what guessing at passwords costs the server in memory, and what others feel of it who push before and
// meanwhile.
func (r *runner) flood(ctx context.Context, s *side) error {
	p := &r.plan
	at := place{scenarioFlood, p.guessers, fmt.Sprintf("passwords guessed over %d connections", p.guessers)}
	return r.seated(ctx, s, func(seats Seats) error {
		push, leave, err := r.others(ctx, s, seats)
		if err != nil {
			return err
		}
		defer leave()
		quiet, err := push(span(p.guessing))
		if err != nil {
			return err
		}
		peak, err := watchMemory(s.usage)
		if err != nil {
			return err
		}
		var answers map[int]int
		stop, err := s.profile(ctx, scenarioFlood)
		if err != nil {
			return errors.Join(err, peak().err)
		}
		busy, err := push(func(ctx context.Context) (err error) {
			guessing, end := context.WithTimeout(ctx, p.guessing)
			defer end()
			answers, err = seats.Guess(guessing, p.guessers)
			return err
		})
		memory := peak()
		if err = errors.Join(err, stop(), memory.err); err != nil {
			return err
		}
		r.guessed(s, at, answers, busy.took)
		if memory.most > 0 {
			r.note(s, at, figureGrowth, float64(memory.most-memory.before)/(1<<20))
			r.note(s, at, figureWhole, float64(memory.most)/(1<<20))
		}
		r.slower(s, at, quiet, busy)
		return nil
	})
}

// guessed notes how guesses were answered; whatever lets one in, or says anything else, is wrong.
func (r *runner) guessed(s *side, at place, answers map[int]int, took time.Duration) {
	all, wrong := 0, []string(nil)
	for status, n := range answers {
		all += n
		switch status {
		case http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		default:
			wrong = append(wrong, fmt.Sprintf("%d guesses were answered with %d", n, status))
		}
	}
	r.note(s, at, figureAttempts, float64(all)/took.Seconds())
	r.note(s, at, figureWrong, float64(answers[http.StatusUnauthorized]))
	r.note(s, at, figureLimited, float64(answers[http.StatusTooManyRequests]))
	r.note(s, at, figureBusy, float64(answers[http.StatusServiceUnavailable]))
	if all == 0 {
		wrong = append(wrong, "no guess was answered at all")
	}
	r.report.check(s.target.Name(), checkGuessed, all, wrong)
}

// watched is the memory of a server, as it was and as it was at most; zero: this system does not tell.
type watched struct {
	before, most int64
	err          error
}

// lookEvery is how often the memory is looked at: a hash holds its own for longer.
const lookEvery = 10 * time.Millisecond

// watchMemory looks at a server's memory until the function it returns is called.
func watchMemory(server func() (Usage, error)) (end func() watched, err error) {
	first, err := server()
	if errors.Is(err, errUnknown) {
		return func() watched { return watched{} }, nil
	}
	if err != nil {
		return nil, err
	}
	out := watched{before: first.Memory, most: first.Memory}
	over := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			now, err := server()
			out.most, out.err = max(out.most, now.Memory), errors.Join(out.err, err)
		}
	})
	return func() watched {
		close(over)
		looking.Wait()
		return out
	}, nil
}
