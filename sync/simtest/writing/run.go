package writing

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// Result is what became of a history.
type Result struct {
	Fails  []string // empty: nothing was found
	Steps  int      // steps run
	Counts Counts
}

// Run runs one history: its steps, and the checks when all is quiet.
func Run(opt Options) Result { return run(opt, nil) }

// Shrink looks for a shorter history that still fails: the numbers of the steps it takes. Every step draws from its own
// stream, so that leaving one out leaves the others as they are.
func Shrink(opt Options) []int {
	opt.Trace = nil
	whole := run(opt, nil)
	class, runs := "", 0
	if len(whole.Fails) > 0 {
		class, runs = kind(whole.Fails[0]), maxRuns
	}
	return numbers(history.Shrink(whole.Steps, runs, func(at []int) (int, bool) {
		r := run(opt, numbers(at))
		return len(at), len(r.Fails) > 0 && kind(r.Fails[0]) == class
	}))
}

// maxRuns is how often a history is played to make it short.
const maxRuns = 3000

// numbers is the numbers of the steps at some places: they count from 1.
func numbers(at []int) []int {
	out := slices.Clone(at)
	for i := range out {
		out[i]++
	}
	return out
}

// names are what differs between two failures of one kind: numbers, ids, values.
var names = regexp.MustCompile(`\b[0-9a-f]{6,}\b|\bv?[0-9]+\b`)

func kind(fail string) string { return names.ReplaceAllString(fail, "#") }

// Replay runs some steps of a history alone, as Shrink gave them.
func Replay(opt Options, steps []int) Result { return run(opt, steps) }

// run runs the steps of a history; nil: all of them.
func run(opt Options, steps []int) (r Result) {
	w := newWorld(opt)
	defer func() {
		if p := recover(); p != nil {
			w.failf("panic: %v", p)
		}
		r.Fails, r.Steps, r.Counts = w.fails, w.step, w.counts
	}()
	w.populate()
	if steps == nil {
		for i := range opt.Steps {
			steps = append(steps, i+1)
		}
	}
	for _, n := range steps {
		w.step = n
		w.rng = rand.New(rand.NewPCG(opt.Seed, uint64(n)))
		w.stepOnce()
		if len(w.fails) > 0 {
			return r
		}
	}
	w.finish()
	return r
}

// populate is the company every history begins with.
func (w *World) populate() {
	desk := w.newPhone("console", w.amy)
	w.signIn(desk, true, false)
	w.hello(desk, false, false)
	w.sync(desk)
	customer := w.create(model.Customers, set(customerName, w.value()), set(customerPhone, w.value()))
	w.office(noCrash, customer)
	for _, u := range []*user{w.ben, w.sue, w.ben} {
		w.newJob(u)
	}
	w.sync(desk)
	defer w.heir()
	for i, u := range []*user{w.ben, w.sue, w.ben, w.sue} {
		p := w.newPhone(fmt.Sprintf("%s-%d", u.name, i/2+1), u)
		if i == 3 { // a kiosk: ben-2 and sue-2 are one piece of hardware
			p.beside = w.phones[len(w.phones)-2]
			p.beside.beside, p.key = p, p.beside.key
		}
		if i < 2 {
			w.signIn(p, true, false)
			w.hello(p, false, false)
			w.sync(p)
		}
	}
}

// heir gives a phone to whoever takes somebody's place.
func (w *World) heir() {
	if w.cal != nil {
		p := w.newPhone("cal-1", w.cal)
		w.signIn(p, true, false)
		w.hello(p, false, false)
		w.sync(p)
	}
}

// dice is one chance in n.
func (w *World) dice(n int) bool { return w.rng.IntN(n) == 0 }

func pick[T any](w *World, list []T) T { return list[w.rng.IntN(len(list))] }

// stepOnce is one thing that happens.
func (w *World) stepOnce() {
	w.pass(w.rng.Int64N(2 * minute))
	switch {
	case w.dice(250):
		w.pass(day)
	case w.dice(700):
		w.pass(16 * day)
	case w.opt.Seed%4 == 3 && w.dice(150):
		w.pass(170 * day)
	}
	p := pick(w, w.phones)
	if w.dice(15) { // whatever commits first in this step
		w.store.next = crashBefore + crash(w.rng.IntN(2))
	}
	defer func() { w.store.next = noCrash }()
	if w.stands > 0 && w.dice(4) {
		w.lapse()
	}
	w.heirStep()
	switch n := w.rng.IntN(100); {
	case n < 24:
		w.saveSomething(p)
	case n < 30:
		w.contact(p)
	case n < 37:
		w.online(p)
		w.pull(p, 1+w.rng.IntN(6))
	case n < 53:
		w.online(p)
		w.send(p, 1+w.rng.IntN(6), 256<<10)
	case n < 67:
		w.arriveOne()
	case n < 79:
		w.receiveOne()
	case n < 80:
		w.dropOne()
	case n < 91:
		w.officeStep()
	case n < 94:
		w.reviewStep()
	case n < 98:
		w.sessionStep(p)
	default:
		w.phoneStep(p)
	}
}

func (w *World) contact(p *phone) {
	switch {
	case p.Who().User.IsZero(), p.strange, w.dice(4):
		if w.signIn(p, w.dice(2), w.dice(8)) {
			w.hello(p, false, w.dice(8))
		}
	default:
		_, over := p.Ended()
		w.hello(p, over, w.dice(6))
	}
}

func (w *World) arriveOne() {
	if len(w.frames) == 0 {
		return
	}
	i := 0
	if w.dice(3) {
		i = w.rng.IntN(len(w.frames))
	}
	f := w.frames[i]
	if !w.dice(6) { // else it comes once more
		w.frames = slices.Delete(w.frames, i, i+1)
	}
	c := noCrash
	if w.dice(8) {
		c = crashBefore + crash(w.rng.IntN(2))
	}
	if w.dice(20) {
		u := pick(w, w.users)
		w.store.before = func() { w.kick(u, model.EndOffice) }
	}
	if len(w.frames) > 0 && c == noCrash && w.store.before == nil && w.dice(4) {
		k := w.rng.IntN(len(w.frames))
		other := w.frames[k]
		w.frames = slices.Delete(w.frames, k, k+1)
		w.store.share = func() { w.arrive(other, noCrash) }
	}
	w.arrive(f, c)
	w.store.before, w.store.share = nil, nil
}

func (w *World) receiveOne() {
	if len(w.replies) > 0 {
		i := w.rng.IntN(len(w.replies))
		r := w.replies[i]
		w.replies = slices.Delete(w.replies, i, i+1)
		w.receive(r)
	}
}

func (w *World) dropOne() {
	switch {
	case w.dice(2) && len(w.frames) > 0:
		w.frames = slices.Delete(w.frames, 0, 1)
	case len(w.replies) > 0:
		w.replies = slices.Delete(w.replies, 0, 1)
	}
}

// Add sums up counts; of rounds the most.
func (c *Counts) Add(d Counts) {
	c.Saved += d.Saved
	c.Commits += d.Commits
	c.Crashed += d.Crashed
	c.Applied += d.Applied
	c.Conflicts += d.Conflicts
	c.Held += d.Held
	c.Released += d.Released
	c.Takeovers += d.Takeovers
	c.Rolled += d.Rolled
	c.Twins += d.Twins
	c.Repeats += d.Repeats
	c.Rejudged += d.Rejudged
	c.Shared += d.Shared
	c.Lapsed += d.Lapsed
	c.Replaced += d.Replaced
	c.Rounds = max(c.Rounds, d.Rounds)
}
