package writing

import (
	"bytes"
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// start makes a world for a script; what the oracle finds fails the test, with the trace.
func start(t testing.TB, plant ...string) *World {
	t.Helper()
	var trace bytes.Buffer
	opt := Options{Seed: 1, Trace: &trace}
	opt.Plant = planted
	if len(plant) > 0 {
		opt.Plant = func(bug string) bool { return bug == plant[0] }
	}
	w := newWorld(opt)
	t.Cleanup(func() {
		for _, f := range w.fails {
			t.Error(f)
		}
		if t.Failed() && !muted {
			t.Log("\n" + trace.String())
		}
	})
	return w
}

// planted is the bug that a planted run plants; nil: none.
var planted func(bug string) bool

// muted keeps planted runs of the directed tests quiet.
var muted bool

// phone signs a user in on a new phone, which has everything.
func (w *World) phone(name string, u *user) *phone {
	p := w.newPhone(name, u)
	w.signIn(p, true, false)
	w.hello(p, false, false)
	w.sync(p)
	return p
}

// flush sends all that a phone has and lets it be answered.
func (w *World) flush(p *phone) {
	for range 20 {
		if !w.online(p) || !w.send(p, 200, 256<<10) {
			return
		}
		w.drain()
	}
}

// up is flush and sync.
func (w *World) up(p *phone) {
	w.flush(p)
	w.sync(p)
}

// fate is what became of a change; a change that was not decided fails the test.
func fateOf(t testing.TB, w *World, id model.ChangeID) (model.Outcome, model.Reason) {
	t.Helper()
	f := w.o.fates[id]
	if f == nil {
		t.Fatalf("%s was not decided", short(id))
	}
	return f.out, f.reason
}

func wantFate(t testing.TB, w *World, s replica.Saved, out model.Outcome, reason model.Reason) {
	t.Helper()
	if o, r := fateOf(t, w, s.Change); o != out || r != reason {
		t.Errorf("the change is %v %d, want %v %d", o, r, out, reason)
	}
}

func TestEverydayPath(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	w.save(p, 0, edit(job, give(model.JobTitle, w.value())))
	w.pass(minute)
	w.save(p, 0, happens(job, "accept"))
	w.pass(minute)
	w.save(p, 0, happens(job, "start"))
	w.save(p, 0, w.note(job))
	w.save(p, 0, worked(30))
	w.up(p)
	w.pass(minute)
	w.save(p, 0, w.task(job), w.task(job), worked(5))
	w.save(p, 0, happens(job, "done"))
	w.up(p)
	w.finish()
	if got, _ := w.o.recs[job].job.derive(); got != "completed" {
		t.Errorf("status = %q", got)
	}
	if len(w.o.fates) < 9 {
		t.Errorf("%d changes decided", len(w.o.fates))
	}
}
