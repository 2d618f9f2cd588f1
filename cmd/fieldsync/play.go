package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
)

// play is a story of a file on its way: devices as those of the demonstration's story, real clients over real sockets; and
// the office over its API. It knows of neither side more than anybody outside could: what is expected is read from the API
// and from replicas.
type play struct {
	*story

	tale    *script.Story
	chief   *office.Client            // of the company's first administrator: what a story says of the office is read with it
	desks   map[string]*office.Client // of the people in the office
	members map[string]*member
	records map[string]model.RecordID // jobs and customers by their names in the story
	sites   map[string]model.RecordID // of customers
	table   *model.Table              // with the company's own fields
	wait    time.Duration             // for what is expected to become so

	refused *refusal
	effect  map[string]any            // of the last change of rights
	epochs  map[string]string         // of live sessions, as of the last When
	answers map[string][]string       // by job: what a phone was answered when it was written down
	heats   []heat                    // of the last race
	paid    []paidFile                // payroll files, in the order they were made
	echoes  int                       // calls that were waited for, to know that a phone has heard everything
	named   map[model.RecordID]string // the other way round
}

// member is somebody of the company.
type member struct {
	script.Member

	id       model.UserID
	login    string
	password string
	phones   [3]*mobile // as far as there are any
	used     int        // which of them they use
	visitor  *visitor   // of a client, once they looked
}

// refusal is what the API did not do.
type refusal struct {
	who  string
	line int
	no   *office.Refusal
}

// storyError says that something is not as a story expects it.
type storyError struct {
	step *script.Step
	file string
	seen string
	why  error // it could not be played; nil: it is not so
}

// Error begins with file and line, and says what was seen instead.
func (e *storyError) Error() string {
	if e.why != nil {
		return fmt.Sprintf("%s:%d: %s: %v", e.file, e.step.Line, e.step.Text, e.why)
	}
	return fmt.Sprintf("%s:%d: this is not so: %s; seen: %s", e.file, e.step.Line, e.step.Text, e.seen)
}

// Unwrap is why it could not be played.
func (e *storyError) Unwrap() error { return e.why }

// playTale plays a story in a company that is its own. It returns how many expectations held; the error is a *storyError
// where the story is to blame, or the gateway.
func playTale(ctx context.Context, tale *script.Story, set storySettings, chief *office.Client, wait time.Duration) (held int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := newPlay(ctx, tale, set, chief, wait)
	defer func() { err = errors.Join(err, p.leave()) }()
	fmt.Fprintf(p.out, "%s\n", tale.Title)
	for i := range tale.Steps {
		step := &tale.Steps[i]
		if err := p.step(step, i > 0 && tale.Steps[i-1].Block == step.Block); err != nil {
			fmt.Fprintf(p.out, "  ✗ %s\n", err)
			return p.checks, err
		}
	}
	return p.checks, p.still()
}

// newPlay is a play of which nothing was played yet; ctx is for all of it.
func newPlay(ctx context.Context, tale *script.Story, set storySettings, chief *office.Client, wait time.Duration) *play {
	return &play{
		story: &story{storySettings: set, ctx: ctx, changed: make(chan struct{})}, tale: tale, chief: chief, wait: wait, table: builtin(),
		desks: map[string]*office.Client{}, members: map[string]*member{}, records: map[string]model.RecordID{}, sites: map[string]model.RecordID{},
		epochs: map[string]string{}, answers: map[string][]string{}, named: map[model.RecordID]string{},
	}
}

// leave closes what is open.
func (p *play) leave() (err error) {
	for _, m := range p.phones() {
		m.stop()
		err = errors.Join(err, m.close())
	}
	p.running.Wait()
	return err
}

// step plays one sentence; begun says that it belongs to the same Given, When or Then as the one before it.
func (p *play) step(step *script.Step, begun bool) error {
	blame := func(seen string, why error) error { return &storyError{step, p.tale.File, seen, why} }
	if r := p.refused; r != nil && step.Form.Name != "refused" {
		return blame("", fmt.Errorf("in line %d %s was refused, and the story does not expect it: %w", r.line, r.who, r.no))
	}
	if step.Expects() {
		if !begun {
			if err := p.calm(); err != nil {
				return blame("", err)
			}
		}
		seen, so, err := p.expect(step, true)
		if err != nil || !so {
			return blame(seen, err)
		}
		p.checks++
		fmt.Fprintf(p.out, "  %-5s %s\n        ✓ %s\n", step.Keyword, step.Text, seen)
		return nil
	}
	if !begun {
		if err := p.mark(); err != nil {
			return blame("", err)
		}
	}
	act, ok := acts[step.Form.Name]
	if !ok {
		return blame("", errors.New("this program cannot play it"))
	}
	seen, err := act(p, step)
	if no, ok := errors.AsType[*office.Refusal](err); ok {
		p.refused, seen, err = &refusal{step.Arg(script.Person, 0).Person, step.Line, no}, "refused: "+no.Error(), nil
	}
	if err != nil {
		return blame("", err)
	}
	fmt.Fprintf(p.out, "  %-5s %s\n", step.Keyword, step.Text)
	if seen != "" {
		fmt.Fprintf(p.out, "          %s\n", seen)
	}
	return nil
}

// glance is how long is waited between two looks at what nobody tells of.
const glance = 20 * time.Millisecond

// until looks again and again, at whatever a phone tells of and at every glance, until something is so or it took too long;
// then so is false.
func (p *play) until(bound time.Duration, so func() (bool, error)) (bool, error) {
	late := time.NewTimer(bound)
	defer late.Stop()
	again := time.NewTicker(glance)
	defer again.Stop()
	for {
		next := p.next()
		if ok, err := so(); ok || err != nil {
			return ok, err
		}
		select {
		case <-next:
		case <-again.C:
		case <-late.C:
			return so()
		case <-p.ctx.Done():
			return false, p.ctx.Err()
		}
	}
}

// must is until for what has to become so before the story can go on. Whoever has no patience with expectations has it here:
// a slow machine is no reason to blame a story.
func (p *play) must(what string, so func() (bool, error)) error {
	ok, err := p.until(p.grace(), so)
	if err == nil && !ok {
		err = fmt.Errorf("waited %s in vain for this: %s", p.grace(), what)
	}
	return err
}

// grace is how long a story waits before it cannot go on.
func (p *play) grace() time.Duration { return max(p.wait, storyPatience) }

// expect looks whether something is so; patient: until it is, or for too long.
func (p *play) expect(step *script.Step, patient bool) (seen string, so bool, err error) {
	view, ok := views[step.Form.Name]
	if !ok {
		return "", false, errors.New("this program cannot look at it")
	}
	if step.Has(script.Phone, 0) {
		if err := p.hears(p.phone(step, 0)); err != nil {
			return "", false, err
		}
	}
	look := func() (bool, error) {
		var err error
		seen, so, err = view(p, step)
		return so, err
	}
	if patient {
		so, err = p.until(p.wait, look)
	} else {
		so, err = look()
	}
	return seen, so, err
}

// calm waits until all phones that have signal have sent all they have, so that what is expected of the office is judged by
// all that is on its way.
func (p *play) calm() error {
	for _, m := range p.phones() {
		if _, running := m.ended(); running {
			if err := p.settle(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// still looks at the last expectations once more, when everything has come to rest: what was so for a moment alone, or
// became more than it should, is found here.
func (p *play) still() error {
	if r := p.refused; r != nil {
		return fmt.Errorf("%s:%d: %s was refused, and the story does not expect it: %w", p.tale.File, r.line, r.who, r.no)
	}
	if err := p.calm(); err != nil {
		return err
	}
	last := p.tale.Steps[len(p.tale.Steps)-1].Block
	for i := range p.tale.Steps {
		step := &p.tale.Steps[i]
		if step.Block != last || !step.Expects() || step.Form.Name == "refused" {
			continue
		}
		if seen, so, err := p.expect(step, false); err != nil || !so {
			err = &storyError{step, p.tale.File, "at the end of the story, " + seen, err}
			fmt.Fprintf(p.out, "  ✗ %s\n", err)
			return err
		}
	}
	return nil
}

// mark notes how things are before something happens.
func (p *play) mark() error {
	for _, m := range p.phones() {
		m.marked = m.tape.length()
		m.listen()
	}
	all, err := p.sessions()
	if err != nil {
		return err
	}
	clear(p.epochs)
	for _, s := range all {
		p.epochs[s.Name] = fmt.Sprint(s.Epoch)
	}
	return nil
}

// phones is every phone that there is so far, in a fixed order.
func (p *play) phones() (out []*mobile) {
	for _, who := range p.tale.Steps[0].Arg(script.People, 0).People {
		if m := p.members[who.Name]; m != nil {
			for _, one := range m.phones {
				if one != nil {
					out = append(out, one)
				}
			}
		}
	}
	return out
}

// tally is the verdict over some stories.
type tally struct {
	stories, failed, held int
	took                  time.Duration
}

func (t tally) tell(w io.Writer) {
	word := func(n int, one string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, strings.TrimSuffix(one, "y")+map[bool]string{true: "ies", false: "s"}[strings.HasSuffix(one, "y")])
	}
	if t.failed > 0 {
		fmt.Fprintf(w, "VERDICT: FAILED, %d of %s; %s held. %.1f s\n", t.failed, word(t.stories, "story"), word(t.held, "expectation"), t.took.Seconds())
		return
	}
	fmt.Fprintf(w, "VERDICT: %s, %s, all held. %.1f s\n", word(t.stories, "story"), word(t.held, "expectation"), t.took.Seconds())
}
