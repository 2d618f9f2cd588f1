package bench

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The scenarios.
const (
	scenarioPush     = "push"     // durable changes, one on the way per device
	scenarioDrain    = "drain"    // outboxes being emptied
	scenarioSync     = "sync"     // first downloads
	scenarioListen   = "listen"   // a change on its way to those who may see it
	scenarioTakeover = "takeover" // a person moves to another device
	scenarioKick     = "kick"     // the office ends a session
	scenarioFlood    = "flood"    // strangers guess at passwords
	scenarioIdle     = "idle"     // what a connection costs that says nothing
	scenarioRevoke   = "revoke"   // rights are taken back and given again
	scenarioResume   = "resume"   // everybody comes back at once
)

// Scenarios are the names that [Config.Scenarios] takes, in the order in which they run.
func Scenarios() []string {
	return []string{scenarioPush, scenarioDrain, scenarioSync, scenarioListen, scenarioRevoke, scenarioTakeover, scenarioKick, scenarioFlood, scenarioIdle, scenarioResume}
}

// plan is how big everything is.
type plan struct {
	names      []string
	warm, span time.Duration // of a closed loop: not counted, counted
	push       []int         // devices
	follow     int           // devices that follow the feed while they push
	drain      int           // devices
	window     int           // changes on the way of each that drains
	records    int           // of a first download
	downloads  int           // of each mode
	listeners  int
	rounds     int
	beat       time.Duration // from one round to the next: longer than the gateway's pace, so that each stands alone
	taken      int           // records that a device loses
	turns      int           // times that one device loses them
	revokes    int           // devices that lose them at once
	beside     int           // devices that push meanwhile
	seats      int           // people who move between two devices
	moves      int           // times that each does so, in each scenario
	guessers   int           // connections from which passwords are guessed
	guessing   time.Duration // for how long
	idle       []int         // connections, ascending
	settle     time.Duration // from the last connect to the look at the memory
	resumes    int
	news       int  // records that each gets when it comes back
	judged     bool // big enough for the bars to mean something
}

// whole is what a run measures unless it is told otherwise.
func whole() plan {
	return plan{
		warm: 500 * time.Millisecond, span: 3 * time.Second,
		push: []int{1, 16, 64, 256}, follow: 64, drain: 64, window: 16,
		records: 10_000, downloads: 5,
		listeners: 100, rounds: 80, beat: 150 * time.Millisecond,
		taken: 5000, turns: 5, revokes: 200, beside: 8,
		seats: 20, moves: 10, guessers: 128, guessing: 5 * time.Second,
		idle: []int{2000, 10_000}, settle: 10 * time.Second,
		resumes: 5000, news: 5, judged: true,
	}
}

// quick is as small as shows that everything works.
func quick() plan {
	return plan{
		warm: 50 * time.Millisecond, span: 250 * time.Millisecond,
		push: []int{1, 8}, follow: 8, drain: 8, window: 16,
		records: 500, downloads: 1,
		listeners: 10, rounds: 4, beat: 150 * time.Millisecond,
		taken: 200, turns: 1, revokes: 8, beside: 4,
		seats: 3, moves: 2, guessers: 8, guessing: 300 * time.Millisecond,
		idle: []int{25, 100}, settle: 200 * time.Millisecond,
		resumes: 100, news: 5,
	}
}

// Bounds of what may be asked for.
const (
	longestLoop = time.Minute
	maxRepeat   = 100
)

// spareFiles is what a process needs open besides one socket a device.
const spareFiles = 500

// newPlan is the plan of a configuration, cut down to what this system allows. The notes say what was.
func newPlan(cfg Config) (p plan, notes []string, err error) {
	if p = whole(); cfg.Quick {
		p = quick()
	}
	switch {
	case cfg.For < 0 || cfg.For > longestLoop:
		return p, nil, fmt.Errorf("%w: a loop of %s; at most %s", ErrConfig, cfg.For, longestLoop)
	case cfg.Repeat < 0 || cfg.Repeat > maxRepeat:
		return p, nil, fmt.Errorf("%w: %d times; at most %d", ErrConfig, cfg.Repeat, maxRepeat)
	case cfg.For > 0:
		p.span = cfg.For
	}
	p.names = cfg.Scenarios
	if len(p.names) == 0 {
		p.names = Scenarios()
	}
	for _, name := range p.names {
		if !slices.Contains(Scenarios(), name) {
			return p, nil, fmt.Errorf("%w: no scenario %q; there are %s", ErrConfig, name, strings.Join(Scenarios(), ", "))
		}
	}
	p.shrink(cfg.Devices, "the gateway has %d devices for it", &notes)
	if files := openFiles(); files > 0 {
		p.shrink(max(files-spareFiles, 1), fmt.Sprintf("this system allows %d open files a process: at most %%d devices", files), &notes)
	}
	return p, notes, nil
}

// ErrConfig says that a configuration asks for what there is not.
var ErrConfig = errors.New("this cannot be measured")

// shrink cuts every number of devices down to a limit; 0 is none.
func (p *plan) shrink(limit int, why string, notes *[]string) {
	if limit <= 0 {
		return
	}
	cut := false
	lower := func(n *int) {
		if *n > limit {
			*n, cut = limit, true
		}
	}
	for i := range p.push {
		lower(&p.push[i])
	}
	for i := range p.idle {
		lower(&p.idle[i])
	}
	lower(&p.follow)
	lower(&p.drain)
	lower(&p.listeners)
	lower(&p.revokes)
	lower(&p.beside)
	lower(&p.seats)
	lower(&p.resumes)
	p.push, p.idle = slices.Compact(p.push), slices.Compact(p.idle)
	if cut {
		*notes = append(*notes, "made smaller: "+fmt.Sprintf(why, limit))
	}
}

// has says whether a scenario is to run.
func (p *plan) has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(p.names, n) })
}

// workNeed is what the scenarios of work need of a server, and crowdNeed those of the crowd.
func (p *plan) workNeed() (n Need) {
	if p.has(scenarioPush) {
		n.Writers = max(slices.Max(p.push), p.follow)
	}
	if p.has(scenarioDrain) {
		n.Writers = max(n.Writers, p.drain)
	}
	if p.has(scenarioListen) {
		n.Listeners = p.listeners
	}
	if p.has(scenarioRevoke) {
		n.Holders = p.revokes + p.beside
	}
	if p.has(scenarioTakeover, scenarioKick, scenarioFlood) {
		n.Seats, n.Tickets = p.seats+p.beside, p.tickets()
	}
	if p.has(scenarioSync) {
		n.Readers = 1 + p.downloads // a durable client is a device that was never anywhere
	}
	return n
}

// tickets is how many sign-ins each person of the seats makes.
func (p *plan) tickets() (n int) {
	for _, scenario := range []string{scenarioTakeover, scenarioKick} {
		if p.has(scenario) {
			n += p.moves
		}
	}
	return n
}

func (p *plan) crowdNeed() (n Need) {
	if p.has(scenarioIdle) {
		n.Crowd = slices.Max(p.idle)
	}
	if p.has(scenarioResume) {
		n.Crowd = max(n.Crowd, p.resumes)
	}
	return n
}

// room is how many changes each of n devices may be able to make in one loop: more than any server here takes.
func (p *plan) room(n, window int) int {
	rate := min(12_000, 80_000/n)
	return int((p.warm+p.span).Seconds()*float64(rate)) + 2*window
}
