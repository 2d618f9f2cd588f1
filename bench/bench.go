package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Config is what a run is made of.
type Config struct {
	Gateway   Target        // what is measured; nil: the floor alone
	Floor     Target        // required: what it is measured against
	Program   []string      // required: how this program is started, to be a target's server
	Env       []string      // of these processes; nil: as this process has it
	Scenarios []string      // empty: all, see [Scenarios]
	For       time.Duration // of each closed loop; 0: 3 s
	Repeat    int           // times that everything is measured; the report has medians. 0: once
	Devices   int           // that the gateway has at most; 0: as many as are needed
	Quick     bool          // small and short: it shows that everything works, and no figure means anything
	Profile   string        // directory for profiles of the servers; empty: none
	Progress  io.Writer     // hears what is being measured; nil: nobody
}

// longest bounds one repetition, whatever goes wrong.
const longest = 10 * time.Minute

// Run measures, and returns when all servers it started are gone. An error means that something could not be measured;
// what was measured and is wrong is in the report.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	p, notes, err := newPlan(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Floor == nil || len(cfg.Program) == 0 {
		return nil, errors.New("a benchmark needs Floor and Program")
	}
	if cfg.Progress == nil {
		cfg.Progress = io.Discard
	}
	if cfg.Profile != "" {
		if cfg.Profile, err = filepath.Abs(cfg.Profile); err == nil {
			err = os.MkdirAll(cfg.Profile, 0o700)
		}
		if err != nil {
			return nil, fmt.Errorf("make the folder for profiles: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "fsb")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the servers: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the system's own place for what nobody needs
	repeat := max(cfg.Repeat, 1)
	ctx, cancel := context.WithTimeout(ctx, time.Duration(repeat)*longest)
	defer cancel()
	r := &runner{cfg: cfg, plan: p, dir: dir, report: newReport(repeat, p, notes)}
	for n := range repeat {
		if err := r.repetition(ctx, n); err != nil {
			return nil, err
		}
	}
	r.report.finish()
	return r.report, nil
}

// runner is one run.
type runner struct {
	cfg    Config
	plan   plan
	dir    string
	report *Report
	number int // of the repetition, from 0
}

// repetition measures everything once.
func (r *runner) repetition(ctx context.Context, number int) error {
	r.number = number
	if r.plan.workNeed() != (Need{}) {
		if err := r.work(ctx); err != nil {
			return err
		}
	}
	if r.plan.crowdNeed() == (Need{}) {
		return nil
	}
	for _, t := range r.targets() {
		if err := r.crowd(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// contender is a target and its part in the comparison.
type contender struct {
	Target
	floor bool
}

// targets is both, the other one first every other time: what a machine does in the meantime hits both alike.
func (r *runner) targets() []contender {
	both := []contender{{r.cfg.Gateway, false}, {r.cfg.Floor, true}}
	if r.cfg.Gateway == nil {
		return both[1:]
	}
	if r.number%2 == 1 {
		slices.Reverse(both)
	}
	return both
}

// side is a server that runs.
type side struct {
	r      *runner
	target contender
	driver Driver
	child  *child // nil: it is not ours
}

// start makes a server and a driver for it.
func (r *runner) start(ctx context.Context, t contender, need Need) (*side, error) {
	r.tell("preparing the %s", t.Name())
	dir, err := folder(r.dir, t.Name()[:1])
	if err != nil {
		return nil, err
	}
	args, err := t.Prepare(ctx, dir, need)
	if err != nil {
		return nil, fmt.Errorf("prepare the %s: %w", t.Name(), err)
	}
	s := &side{r: r, target: t}
	address := ""
	if len(args) > 0 {
		if s.child, err = startChild(ctx, t.Name(), r.cfg.Env, append(slices.Clone(r.cfg.Program), args...)); err != nil {
			return nil, err
		}
		address = s.child.address
	}
	if s.driver, err = t.Open(ctx, address); err != nil {
		return nil, errors.Join(fmt.Errorf("open the %s: %w", t.Name(), err), s.stop())
	}
	return s, nil
}

// stop ends a side.
func (s *side) stop() (err error) {
	if s.driver != nil {
		err = s.driver.Close()
	}
	if s.child != nil {
		err = errors.Join(err, s.child.stop())
	}
	return err
}

// usage is what the server has used; of a server that is not ours nobody knows.
func (s *side) usage() (Usage, error) {
	if s.child == nil {
		return Usage{}, errUnknown
	}
	return s.child.usage()
}

// profile begins a profile of the server's processor; the function it returns ends it.
func (s *side) profile(ctx context.Context, name string) (end func() error, err error) {
	if s.r.cfg.Profile == "" || s.child == nil {
		return func() error { return nil }, nil
	}
	file := s.profileFile(name, "cpu")
	if err := s.child.order(ctx, "cpu", file); err != nil {
		return nil, err
	}
	return func() error { return s.child.order(ctx, "cpu", "-") }, nil
}

// heap writes what the server has in memory.
func (s *side) heap(ctx context.Context, name string) error {
	if s.r.cfg.Profile == "" || s.child == nil {
		return nil
	}
	return s.child.order(ctx, "heap", s.profileFile(name, "heap"))
}

func (s *side) profileFile(name, kind string) string {
	return filepath.Join(s.r.cfg.Profile, fmt.Sprintf("%s-%s-%d.%s", s.target.Name(), name, s.r.number+1, kind))
}

// tell says what is being done.
func (r *runner) tell(format string, args ...any) {
	fmt.Fprintf(r.cfg.Progress, "bench: "+format+"\n", args...)
}
