package engine_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

var requestSeed = flag.Uint64("request-seed", 0, "seed of the random requests; 0: a few fixed ones")

// ledger is the oracle of the API: what customers there are by name, and what each request was told.
type ledger struct {
	names map[model.RecordID]string
	done  map[[16]byte]asked
	fault string // the first thing that was not as it must be
}

func (l *ledger) wrong(format string, args ...any) {
	if l.fault == "" {
		l.fault = fmt.Sprintf(format, args...)
	}
}

// asked is a request with what came of it.
type asked struct {
	request model.Request
	changes []model.Change
	dropped []bool
}

// TestI3_RandomRequestsAreExactlyOnceAndWhole plays random requests of the API against a ledger: units stand or fall whole,
// repeats do nothing, stale beliefs and rehearsals change nothing, and what fell left no trace.
func TestI3_RandomRequestsAreExactlyOnceAndWhole(t *testing.T) {
	seeds := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	if *requestSeed != 0 {
		seeds = []uint64{*requestSeed}
	}
	for _, seed := range seeds {
		if fault := playRequests(t, seed); fault != "" {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
}

// playRequests plays a seed's requests and says what went wrong, or nothing.
func playRequests(t *testing.T, seed uint64) string {
	rnd := rand.New(rand.NewPCG(seed, 1))
	c := newCompany(t)
	l := &ledger{names: map[model.RecordID]string{}, done: map[[16]byte]asked{}}
	for step := range 120 {
		if rnd.IntN(5) == 0 && len(l.done) > 0 {
			l.repeat(c, rnd)
		} else {
			l.fresh(c, rnd)
		}
		if diff := l.differ(c); diff != "" {
			l.wrong("%s", diff)
		}
		if l.fault != "" {
			return fmt.Sprintf("step %d: %s", step, l.fault)
		}
	}
	if held, _ := c.e.Held(context.Background(), c.id); len(held) != 0 {
		return fmt.Sprintf("%d changes are held", len(held))
	}
	return ""
}

// fresh sends a request that was never sent.
func (l *ledger) fresh(c *company, rnd *rand.Rand) {
	r := model.Request{Key: [16]byte{1, byte(rnd.Uint32()), byte(rnd.Uint32()), byte(rnd.Uint32()), byte(rnd.Uint32())}, Print: [16]byte{byte(rnd.Uint32())}}
	before := maps.Clone(l.names)
	after := maps.Clone(l.names)
	var changes []model.Change
	var dropped []bool
	for range 1 + rnd.IntN(3) {
		unit, good, next := l.unit(c, rnd, after, changes)
		r.Units = append(r.Units, len(unit))
		if changes = append(changes, unit...); good {
			after = next
		}
		for range unit {
			dropped = append(dropped, !good)
		}
	}
	stale := rnd.IntN(8) == 0 && len(before) > 0
	if stale {
		r.Expect = []model.Expectation{{Record: some(rnd, before), Tag: model.Tag{9}}}
	}
	r.Rehearse = rnd.IntN(8) == 0
	s, err := c.submit(c.caller(c.amy), r, changes...)
	switch _, isStale := errors.AsType[*model.StaleError](err); {
	case stale != isStale, !stale && err != nil:
		l.wrong("request = %v, want stale %v", err, stale)
	case stale:
	default:
		for i := range dropped {
			if s.Dropped[i] != dropped[i] {
				l.wrong("change %d of %v: dropped %v, want %v (%+v)", i, r.Units, s.Dropped[i], dropped[i], s.Answers[i])
			}
		}
		if !r.Rehearse {
			l.names = after
			l.done[r.Key] = asked{r, changes, dropped}
		}
	}
}

// unit makes changes that stand or fall together, and says which and what customers there are then.
func (l *ledger) unit(c *company, rnd *rand.Rand, names map[model.RecordID]string, before []model.Change) (unit []model.Change, good bool, next map[model.RecordID]string) {
	good, next = true, maps.Clone(names)
	for range 1 + rnd.IntN(3) {
		name := string(rune('a' + rnd.IntN(26)))
		switch k := rnd.IntN(6); {
		case k == 0: // a value of the wrong type
			bad := c.customer(name)
			bad.Fields[0].Value = model.Int(1)
			c.contents[bad.Body] = bad
			unit, good = append(unit, bad), false
		case k == 1: // nothing that is there
			unit, good = append(unit, c.rename(model.RecordID(newChange(c.t)), model.Customers, 2, name)), false
		case k == 2 && len(next) > 0: // there already
			again := c.customer(name)
			again.Record = some(rnd, next)
			c.contents[again.Body] = again
			unit, good = append(unit, again), false
		case k == 3 && len(names) > 0:
			id := some(rnd, names)
			edit := c.rename(id, model.Customers, 2, name)
			for _, ch := range slices.Concat(before, unit) { // it stands on what the request does before it
				if ch.Record == id {
					edit.Over = append(edit.Over, ch.ID)
				}
			}
			c.contents[edit.Body] = edit
			unit = append(unit, edit)
			next[id] = name
		default:
			create := c.customer(name)
			unit = append(unit, create)
			next[create.Record] = name
		}
	}
	return unit, good, next
}

// repeat sends a request again, or its key for another one.
func (l *ledger) repeat(c *company, rnd *rand.Rand) {
	for key, was := range l.done {
		if rnd.IntN(3) == 0 {
			other := was.request
			other.Print[15] ^= 1
			if _, err := c.submit(c.caller(c.amy), other, was.changes...); !errors.Is(err, model.ErrReused) {
				l.wrong("key %x for another request = %v, want ErrReused", key, err)
			}
			return
		}
		s, err := c.submit(c.caller(c.amy), was.request, was.changes...)
		if err != nil || !s.Repeat {
			l.wrong("a repeat = %+v, %v", s, err)
		}
		for i := range was.dropped {
			if err == nil && s.Dropped[i] != was.dropped[i] {
				l.wrong("a repeat's change %d: dropped %v, want %v", i, s.Dropped[i], was.dropped[i])
			}
		}
		return
	}
}

// differ compares the ledger with what the API lists.
func (l *ledger) differ(c *company) string {
	have := map[model.RecordID]string{}
	q := model.Query{Collection: model.Customers, Limit: 7}
	for {
		page, err := c.e.List(context.Background(), c.caller(c.amy), q)
		if err != nil {
			return err.Error()
		}
		for _, r := range page.Records {
			name, _ := r.Find(2)
			have[r.ID] = name.Text()
		}
		if q.After = page.Next; q.After.IsZero() {
			break
		}
	}
	for id, name := range l.names {
		if have[id] != name {
			return "customer " + id.String() + " is " + have[id] + ", want " + name
		}
	}
	if len(have) != len(l.names) {
		return "there are customers nobody was told of"
	}
	return ""
}

func some(rnd *rand.Rand, names map[model.RecordID]string) model.RecordID {
	n := rnd.IntN(len(names))
	var least model.RecordID
	for range n + 1 { // in id order, so that a seed says everything but the ids
		var next model.RecordID
		for id := range names {
			if id.Compare(least) > 0 && (next.IsZero() || id.Compare(next) < 0) {
				next = id
			}
		}
		least = next
	}
	return least
}
