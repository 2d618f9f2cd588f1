package hook_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/hook"
)

// crashes is a random history: messages of several records, a receiver that fails now and then, and a process that is
// gone after any call of its source, again and again. It says what is wrong: an event that never arrived, or one that
// arrived under two ids.
func crashes(t *testing.T, seed uint64) (fault error) {
	t.Helper()
	bubble(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(seed, 1))
		var mu sync.Mutex
		answers := rand.New(rand.NewPCG(seed, 2))
		dice := func(n int) int {
			mu.Lock()
			defer mu.Unlock()
			return answers.IntN(n)
		}
		r, h := w.receiver(1, "erp.example")
		r.answer = func(rw http.ResponseWriter, _ message) {
			time.Sleep(time.Duration(dice(50)) * time.Millisecond)
			switch dice(10) {
			case 0:
				rw.WriteHeader(http.StatusInternalServerError)
			case 1:
				rw.WriteHeader(http.StatusUnprocessableEntity)
			}
		}
		var want []model.MessageID
		for range 15 {
			w.reader = &reader{ledger: w.ledger, limit: 1 + random.IntN(40)}
			w.start()
			for range random.IntN(20) {
				want = append(want, w.write(byte(random.IntN(4)), "jobs.updated", "jobs.updated")...)
				pass(time.Duration(random.IntN(400)) * time.Millisecond)
			}
			w.stop()
		}
		r.answer = nil
		w.reader = nil
		w.start()
		pass(80 * time.Hour)
		got, ids := r.got(), map[model.MessageID]string{}
		for _, id := range want {
			if !slices.Contains(got, id) {
				fault = fmt.Errorf("event %s did not arrive", id)
			}
		}
		for _, m := range r.attempts() {
			if ids[m.event] != "" && ids[m.event] != m.id {
				fault = fmt.Errorf("event %s arrived under two ids", m.event)
			}
			ids[m.event] = m.id
		}
		if live, dead := w.deliveries(h.ID); len(live)+len(dead) > 0 {
			fault = fmt.Errorf("%d are kept, %d dead", len(live), len(dead))
		}
	})
	return fault
}

const seeds = 20

// Whenever the process ends, nothing is lost: what is not recorded is sent again under the same id.
func TestCrashLosesNothing(t *testing.T) {
	for seed := range uint64(seeds) {
		if err := crashes(t, seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// A crash between delivery and record: the message comes again, under the same id, and then no more.
func TestCrashBeforeRecord(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		w.start()
		pass(time.Second)
		w.reader.watch(func(method string) {
			if method == "Record" {
				w.reader.mu.Lock()
				w.reader.limit = 1
				w.reader.mu.Unlock()
			}
		})
		want := w.write(1, "jobs.created")
		pass(time.Second)
		w.stop()
		if n := len(w.recorded(h.ID)); n != 0 {
			t.Fatalf("%d rounds were recorded", n)
		}
		w.reader = nil
		w.start()
		pass(time.Second)
		w.stop()
		w.reader = nil
		w.start()
		pass(time.Hour)
		tries := r.attempts()
		if len(tries) != 2 || tries[0].id != tries[1].id || tries[0].id != hook.MessageText(hook.MessageID(h.ID, want[0])) {
			t.Errorf("attempts: %+v, want two of one id", tries)
		}
	})
}

// A process that ends records what it knows: what was taken does not come again. What hangs is cut off.
func TestShutdown(t *testing.T) {
	for name, c := range map[string]struct {
		answers     time.Duration
		least, most int // that come again: those that hang, and those that overtook them
	}{"within the grace": {hook.Grace / 2, 0, 0}, "hung": {time.Hour, 4, hook.MaxLead + 3}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				r, h := w.receiver(1, "erp.example")
				var calls atomic.Int32
				r.answer = func(http.ResponseWriter, message) {
					if n := calls.Add(1); n > 10 && n <= 14 {
						time.Sleep(c.answers)
					}
				}
				w.start()
				pass(time.Second)
				var want []model.MessageID
				for i := range 50 {
					want = append(want, w.write(byte(i), "jobs.created")...)
				}
				pass(100 * time.Millisecond)
				began := time.Now()
				w.stop()
				if took := time.Since(began); took > hook.Grace+100*time.Millisecond {
					t.Errorf("the end took %s", took)
				}
				if live, dead := w.deliveries(h.ID); len(live)+len(dead) > 0 {
					t.Errorf("%d kept, %d dead", len(live), len(dead))
				}
				w.start()
				pass(time.Minute)
				if n := len(r.attempts()) - len(want); n < c.least || n > c.most {
					t.Errorf("%d came again, want %d to %d", n, c.least, c.most)
				}
				pass(2 * time.Hour)
				wantAll(t, r, want)
			})
		})
	}
}

// While nothing can be recorded nothing is sent either: a full disk is no flood for the receiver.
func TestRecordFails(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		w.start()
		pass(time.Second)
		w.reader.mu.Lock()
		w.reader.refuse = map[string]int{"Record": 20}
		w.reader.mu.Unlock()
		var want []model.MessageID
		for i := range 150 {
			want = append(want, w.write(byte(i), "jobs.created")...)
		}
		pass(10 * time.Minute)
		if n := len(r.attempts()); n > hook.PageSize {
			t.Errorf("%d messages were sent and not recorded", n)
		}
		pass(30 * time.Minute)
		wantAll(t, r, want)
		if n := len(r.attempts()); n != len(want) {
			t.Errorf("%d attempts for %d messages", n, len(want))
		}
		if n := len(w.recorded(h.ID)); n == 0 {
			t.Error("nothing was recorded")
		}
	})
}

// Whatever the source refuses for a while, nothing is lost and nobody works himself to death.
func TestSourceFails(t *testing.T) {
	for _, method := range []string{"Tenants", "Hooks", "Ahead", "Kept", "Render", "Record"} {
		t.Run(method, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				r, _ := w.receiver(1, "erp.example")
				w.reader = &reader{ledger: w.ledger, refuse: map[string]int{method: 10}}
				w.start()
				pass(time.Second)
				var want []model.MessageID
				for range 100 {
					want = append(want, w.write(1, "jobs.updated")...)
					pass(time.Second)
				}
				pass(10 * time.Minute)
				if w.reader.refuse[method] != 0 {
					t.Errorf("%s was called less than ten times", method)
				}
				wantAll(t, r, want)
			})
		})
	}
}

// A person who sets the position back has the events told again, also while a round is under way.
func TestPositionSetBack(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		r.answer = func(http.ResponseWriter, message) { time.Sleep(100 * time.Millisecond) }
		w.start()
		pass(time.Second)
		var want []model.MessageID
		for range 20 {
			want = append(want, w.write(1, "jobs.updated")...)
		}
		pass(5 * time.Second)
		wantOrder(t, r, want)
		want = append(want, w.write(1, "jobs.updated", "jobs.updated", "jobs.updated", "jobs.updated")...)
		pass(250 * time.Millisecond) // a round is under way
		w.change(h.ID, func(now *model.Hook) { now.Position = h.Position })
		pass(10 * time.Second)
		times := map[model.MessageID]int{}
		for _, m := range r.attempts() {
			times[m.event]++
		}
		for i, id := range want {
			if times[id] != 2 {
				t.Errorf("event %d came %d times, want twice", i, times[id])
			}
		}
	})
}

// A hook that wants nothing of what happens costs no commits, and yet its position does not fall behind the history.
func TestPositionOfAQuietHook(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example", "invoices.created")
		w.start()
		pass(time.Second)
		for range 3600 {
			w.write(1, "jobs.updated", "hidden.updated")
			pass(time.Second)
		}
		pass(hook.MaxSkipping + time.Minute)
		if n := len(w.recorded(h.ID)); n == 0 || n > 8 {
			t.Errorf("%d commits in an hour, want one every ten minutes", n)
		}
		w.forget()
		want := w.write(1, "invoices.created")
		pass(time.Second)
		wantOrder(t, r, want)
	})
}

// An idle deliverer hardly looks.
func TestIdle(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receiver(1, "erp.example")
		w.receiver(2, "crm.example")
		w.start()
		pass(time.Minute)
		w.write(1, "jobs.created")
		pass(time.Minute)
		calls := w.reader.count()
		pass(time.Hour)
		if n := w.reader.count() - calls; n > 720+60*3 { // the companies every five seconds, the hooks every minute
			t.Errorf("%d calls in an idle hour", n)
		}
	})
}

// A hook that is added while the deliverer runs is told.
func TestAddedLater(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.start()
		pass(time.Minute)
		r, _ := w.receiver(1, "erp.example")
		want := w.write(1, "jobs.created")
		pass(time.Second)
		wantOrder(t, r, want)
	})
}
