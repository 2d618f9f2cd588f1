package hook_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/hook"
)

// hours lets so many hours pass, with one event every ten minutes; it gives their ids.
func (w *world) hours(n int) (want []model.MessageID) {
	for i := range n * 6 {
		want = append(want, w.write(byte(i), "jobs.updated")...)
		pass(10 * time.Minute)
	}
	return want
}

// A receiver that is down for a day, or for three, loses nothing; it is not flooded meanwhile, found soon when it is
// back, and told in order.
func TestDownForDays(t *testing.T) {
	for _, days := range []int{1, 3} {
		bubble(t, func(t *testing.T, w *world) {
			r, h := w.receiver(1, "erp.example")
			w.start()
			want := w.hours(1)
			w.set("erp.example", false)
			want = append(want, w.hours(24*days)...)
			if n := w.refused(); n > 24*days*6+20 {
				t.Errorf("%d attempts in %d days", n, days)
			}
			if failing := time.Since(time.UnixMilli(int64(w.hook(h.ID).Failing))); failing < time.Duration(days)*24*time.Hour-time.Hour {
				t.Errorf("failing for %s after %d days", failing, days)
			}
			live, dead := w.deliveries(h.ID)
			if len(dead) > 0 || len(live) > hook.MaxKept {
				t.Errorf("%d kept, %d dead", len(live), len(dead))
			}
			w.set("erp.example", true)
			want = append(want, w.hours(1)...)
			wantAll(t, r, want)
			back := 0
			for i, m := range r.got() {
				if i > 0 && slices.Index(want, m) < slices.Index(want, r.got()[i-1]) {
					back++
				}
			}
			if back > 1 { // the first that gets through is a new one; all that is kept follows in order, then the rest
				t.Errorf("the order breaks %d times", back)
			}
			if w.hook(h.ID).Failing != 0 {
				t.Error("the hook is still failing")
			}
			if live, dead := w.deliveries(h.ID); len(live)+len(dead) > 0 {
				t.Errorf("%d still kept, %d dead", len(live), len(dead))
			}
		})
	}
}

// A receiver is found again by the schedule of the oldest message when there is nothing new, and then gets all at once.
func TestQuietCompany(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		w.start()
		synctest.Wait()
		w.set("erp.example", false)
		var want []model.MessageID
		for i := range 20 {
			want = append(want, w.write(byte(i), "jobs.created")...)
		}
		pass(hook.Knock - time.Minute)
		if live, _ := w.deliveries(h.ID); len(live) > hook.StreakDown+3 {
			t.Errorf("%d messages were tried at once", len(live))
		}
		pass(hook.Knock)
		if live, _ := w.deliveries(h.ID); len(live) > hook.StreakDown+4 {
			t.Errorf("%d messages were tried, want one more", len(live))
		}
		pass(4 * time.Hour)
		live, _ := w.deliveries(h.ID)
		if len(live) != 20 || live[0].Attempts != 5 || live[19].Attempts != 1 {
			t.Fatalf("%d are kept, the oldest was tried %d times, the latest %d times", len(live), live[0].Attempts, live[len(live)-1].Attempts)
		}
		for i := range 20 { // these the history keeps; one is tried before the oldest is due
			want = append(want, w.write(byte(i), "jobs.updated")...)
		}
		w.set("erp.example", true)
		pass(time.Until(time.UnixMilli(int64(live[0].Next))) + time.Second)
		wantAll(t, r, want)
		if got := r.got(); !slices.Equal(got[1:21], want[:20]) { // the first that got through is the knock
			t.Errorf("what was kept arrived as %v, want %v", got[1:21], want[:20])
		}
	})
}

// One bad message does not block the others, is tried by the schedule, and ends as a dead letter; replayed, it goes
// through.
func TestPoison(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		bad := true
		r.answer = func(rw http.ResponseWriter, m message) {
			if bad && m.kind == "notes.created" {
				rw.WriteHeader(http.StatusInternalServerError)
			}
		}
		w.start()
		pass(time.Second)
		both := w.write(1, "notes.created", "jobs.created") // of one record: one after the other, and in one millisecond
		pass(time.Second)
		poison, want := both[:1], both[1:]
		for i := range 100 {
			sent := w.write(byte(i), "jobs.updated")
			pass(time.Second)
			if got := r.got(); len(got) != i+2 || got[i+1] != sent[0] {
				t.Fatalf("message %d did not pass the bad one", i)
			}
			want = append(want, sent...)
		}
		pass(100 * time.Hour)
		_, dead := w.deliveries(h.ID)
		if len(dead) != 1 || dead[0].ID != hook.MessageID(h.ID, poison[0]) || dead[0].Attempts != hook.MaxAttempts ||
			dead[0].Next != 0 || dead[0].Dead == 0 || dead[0].Status != 500 {
			t.Fatalf("dead letters: %+v", dead)
		}
		var tries []message
		for _, m := range r.attempts() {
			if m.event == poison[0] {
				tries = append(tries, m)
			}
		}
		if len(tries) != hook.MaxAttempts {
			t.Fatalf("the bad message was tried %d times", len(tries))
		}
		exact := 0
		for i, least := range hook.Schedule() {
			if i == 0 {
				continue // the success after it made it due at once
			}
			if tries[i+1].at.Sub(tries[i].at) == least {
				exact++
			}
			if wait := tries[i+1].at.Sub(tries[i].at); wait < least || wait > least+least/5+time.Second {
				t.Errorf("attempt %d came after %s, want %s and up to a fifth", i+2, wait, least)
			}
			if tries[i+1].id != tries[0].id {
				t.Error("the attempts have several ids")
			}
		}
		if exact > 2 {
			t.Errorf("%d attempts came exactly when the schedule says", exact)
		}
		if now := time.Now(); now.Sub(tries[9].at) < time.Hour || tries[9].header.Get("webhook-timestamp") == tries[0].header.Get("webhook-timestamp") {
			t.Error("the attempts have one timestamp")
		}
		bad = false
		if n := w.replay(h.ID); n != 1 {
			t.Errorf("%d replayed", n)
		}
		pass(time.Second)
		wantAll(t, r, append(want, poison...))
		if live, dead := w.deliveries(h.ID); len(live)+len(dead) > 0 {
			t.Errorf("%d kept, %d dead", len(live), len(dead))
		}
	})
}

// Nor do many: whatever is wrong with a run of messages, others get through within the hour, and each bad one is tried
// by its schedule.
func TestRunOfPoison(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		r.answer = func(rw http.ResponseWriter, m message) {
			if m.kind == "notes.created" {
				rw.WriteHeader(http.StatusInternalServerError)
			}
		}
		w.start()
		pass(time.Second)
		for i := range 10 {
			w.write(byte(i), "notes.created")
		}
		want := w.write(1, "jobs.created")
		pass(time.Hour)
		wantAll(t, r, want)
		for range 100 { // from now on they are told at once
			want = append(want, w.write(1, "jobs.updated")...)
			pass(time.Second)
		}
		wantAll(t, r, want)
		live, _ := w.deliveries(h.ID)
		if len(live) != 10 {
			t.Errorf("%d kept, want the 10 bad ones", len(live))
		}
		for _, d := range live {
			if d.Attempts > 5 {
				t.Errorf("a bad message was tried %d times in an hour", d.Attempts)
			}
		}
	})
}

// What a receiver says of messages is not held against it: those behind are told at once. When very many are kept the
// history keeps the rest.
func TestUnwantedMessages(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		wanted := false
		r.answer = func(rw http.ResponseWriter, m message) {
			if !wanted && m.kind != "jobs.created" {
				rw.WriteHeader(http.StatusUnprocessableEntity)
			}
		}
		w.start()
		pass(time.Second)
		var rest []model.MessageID
		for i := range 100 {
			rest = append(rest, w.write(byte(i), "customers.created")...)
		}
		want := w.write(1, "jobs.created")
		pass(10 * time.Second)
		wantAll(t, r, want)
		for i := range 1000 {
			rest = append(rest, w.write(byte(i), "customers.created")...)
		}
		pass(time.Hour)
		var reads atomic.Int64
		w.reader.watch(func(method string) {
			if method == "Kept" {
				reads.Add(1)
			}
		})
		for range 100 {
			rest = append(rest, w.write(1, "customers.updated")...)
			pass(time.Second)
		}
		if n := reads.Load(); n == 0 || n > 30 {
			t.Errorf("what is kept was read %d times in 100 seconds", n)
		}
		pass(10 * time.Hour)
		live, dead := w.deliveries(h.ID)
		if len(live) < hook.MaxKept || len(live) > hook.MaxKept+4 || len(dead) > 0 {
			t.Errorf("%d kept and %d dead, want about %d", len(live), len(dead), hook.MaxKept)
		}
		wanted = true
		pass(24 * time.Hour)
		wantAll(t, r, append(want, rest...))
	})
}

// A receiver that asks to be left alone is, for an hour at most.
func TestRetryAfter(t *testing.T) {
	cases := []struct {
		status    int
		header    string
		least, at time.Duration
		why       string
	}{
		{503, "120", 2 * time.Minute, 3 * time.Minute, "in seconds"},
		{429, "120", 2 * time.Minute, 3 * time.Minute, "any status"},
		{503, "DATE", 2*time.Minute - time.Second, 3 * time.Minute, "as a date"},
		{503, "1", 5 * time.Second, 6 * time.Second, "not sooner than the schedule says"},
		{429, "", 5 * time.Second, 7 * time.Second, "too many requests, however many"},
		{503, "99999999", time.Hour, time.Hour + 13*time.Minute, "a day would be a mistake"},
		{503, "soon", 5 * time.Second, 6 * time.Second, "no time"},
		{503, "-5", 5 * time.Second, 6 * time.Second, "no time"},
		{503, "Mon, 01 Jan 1990 00:00:00 GMT", 5 * time.Second, 6 * time.Second, "long ago"},
	}
	for _, c := range cases {
		bubble(t, func(t *testing.T, w *world) {
			r, _ := w.receiver(1, "erp.example")
			first := true
			r.answer = func(rw http.ResponseWriter, _ message) {
				if !first {
					return
				}
				first = false
				header := c.header
				if header == "DATE" {
					header = time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat)
				}
				rw.Header().Set("Retry-After", header)
				rw.WriteHeader(c.status)
			}
			w.start()
			pass(time.Second)
			want := w.write(1, "jobs.created")
			pass(c.at)
			tries := r.attempts()
			if len(tries) != 2 {
				t.Fatalf("%d %q: %d attempts: %s", c.status, c.header, len(tries), c.why)
			}
			if wait := tries[1].at.Sub(tries[0].at); wait < c.least {
				t.Errorf("%d %q: tried again after %s: %s", c.status, c.header, wait, c.why)
			}
			wantAll(t, r, want)
		})
	}
	bubble(t, func(t *testing.T, w *world) { // new messages wait too
		r, _ := w.receiver(1, "erp.example")
		busy := true
		r.answer = func(rw http.ResponseWriter, _ message) {
			if busy {
				rw.Header().Set("Retry-After", "600")
				rw.WriteHeader(http.StatusServiceUnavailable)
			}
		}
		w.start()
		pass(time.Second)
		want := w.write(1, "jobs.created")
		pass(time.Second)
		busy = false
		for range 60 {
			want = append(want, w.write(1, "jobs.updated")...)
			pass(9 * time.Second)
		}
		if n := len(r.attempts()); n != 1 {
			t.Errorf("%d attempts while the receiver wants none", n)
		}
		pass(5 * time.Minute)
		wantAll(t, r, want)
	})
}

// An answer 410 switches the hook off. Switched on again, it goes on from where it was.
func TestGone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		gone := false
		r.answer = func(rw http.ResponseWriter, _ message) {
			if gone {
				rw.WriteHeader(http.StatusGone)
			}
		}
		w.start()
		pass(time.Second)
		want := w.write(1, "jobs.created")
		pass(time.Second)
		gone = true
		for range 30 {
			want = append(want, w.write(1, "jobs.updated")...)
			pass(time.Minute)
		}
		if now := w.hook(h.ID); now.State != model.HookOff || !strings.Contains(now.Why, "410") {
			t.Errorf("state %d, %q", now.State, now.Why)
		}
		if n := len(r.attempts()); n != 2 {
			t.Errorf("%d attempts, want none after the answer 410", n)
		}
		gone = false
		w.change(h.ID, func(h *model.Hook) { h.State, h.Why = model.HookOn, "" })
		pass(time.Second)
		wantOrder(t, r, want)
	})
}

// An owner who may not see events, and a history that does not reach back, switch the hook off and tell nothing, what
// is kept neither.
func TestOff(t *testing.T) {
	cases := map[string]struct {
		take func(w *world, h model.Hook)
		why  string
	}{
		"level": {func(w *world, h model.Hook) { w.rights(h.Owner, false) }, "may not see"},
		"gone":  {func(w *world, _ model.Hook) { w.forget() }, "snapshot"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				r, h := w.receiver(1, "erp.example")
				r.answer = func(rw http.ResponseWriter, _ message) { rw.WriteHeader(http.StatusInternalServerError) }
				w.start()
				pass(time.Second)
				w.write(1, "jobs.created")
				pass(time.Second)
				w.stop()
				w.write(1, "jobs.updated", "jobs.updated")
				c.take(w, h)
				tries := len(r.attempts())
				w.start()
				pass(time.Hour)
				if now := w.hook(h.ID); now.State != model.HookOff || !strings.Contains(now.Why, c.why) {
					t.Errorf("state %d, %q", now.State, now.Why)
				}
				if n := len(r.attempts()); n != tries {
					t.Errorf("%d attempts after that", n-tries)
				}
				live, _ := w.deliveries(h.ID)
				if len(live) != 1 {
					t.Errorf("%d kept, want what was", len(live))
				}
			})
		})
	}
}

// A person who gives the hook another address, or switches it on again, need not wait for the schedule.
func TestPutRight(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		w.start()
		pass(time.Second)
		w.change(h.ID, func(h *model.Hook) { h.URL = "http://wrong.example/hook" })
		want := w.write(1, "jobs.created")
		pass(5 * time.Hour)
		w.change(h.ID, func(h *model.Hook) { h.URL = "http://erp.example/hook" })
		pass(time.Second)
		wantAll(t, r, want)

		w.set("erp.example", false)
		want = append(want, w.write(1, "jobs.updated")...)
		pass(5 * time.Hour)
		w.change(h.ID, func(h *model.Hook) { h.State = model.HookOff })
		w.set("erp.example", true)
		pass(time.Minute)
		w.change(h.ID, func(h *model.Hook) { h.State = model.HookOn })
		pass(time.Second)
		wantAll(t, r, want)
	})
}

// A hook that is switched off or removed is not told, from the moment it is.
func TestSwitchedOff(t *testing.T) {
	for name, end := range map[string]func(w *world, id model.HookID){
		"off":     func(w *world, id model.HookID) { w.change(id, func(h *model.Hook) { h.State = model.HookOff }) },
		"removed": func(w *world, id model.HookID) { w.remove(id) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				r, h := w.receiver(1, "erp.example")
				r.answer = func(http.ResponseWriter, message) { time.Sleep(time.Second) }
				w.start()
				pass(time.Second)
				for range 100 {
					w.write(1, "jobs.updated")
				}
				pass(2500 * time.Millisecond)
				end(w, h.ID)
				pass(time.Second)
				n := len(r.attempts())
				pass(time.Hour)
				if len(r.attempts()) != n || n > 5 {
					t.Errorf("%d attempts, %d later", n, len(r.attempts()))
				}
			})
		})
	}
}

// A process that starts while a receiver is down knows it: it does not try many messages anew.
func TestRestartsWhileDown(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		w.set("erp.example", false)
		var want []model.MessageID
		for i := range 100 {
			want = append(want, w.write(byte(i), "jobs.created")...)
		}
		for range 20 {
			w.start()
			pass(time.Second)
			w.stop()
		}
		live, _ := w.deliveries(h.ID)
		if len(live) > hook.StreakDown+4 {
			t.Errorf("%d kept after 20 starts", len(live))
		}
		w.set("erp.example", true)
		pass(time.Hour) // by now the oldest is due, and a new one may be tried
		w.start()
		pass(time.Second)
		wantAll(t, r, want)
		if got := r.got(); !slices.Equal(got[:len(live)], want[:len(live)]) {
			t.Errorf("arrived %v first, want what was kept: %v", got[:len(live)], want[:len(live)])
		}
	})
}

// Of a receiver that takes its time, what got through is recorded all the same, long before a page is through.
func TestSlowAndSteady(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		r.answer = func(http.ResponseWriter, message) { time.Sleep(3 * time.Second) }
		w.start()
		pass(time.Second)
		var want []model.MessageID
		for range 50 {
			want = append(want, w.write(1, "jobs.updated")...)
		}
		pass(time.Minute)
		if n := len(w.recorded(h.ID)); n < 4 {
			t.Errorf("%d rounds were recorded in a minute", n)
		}
		pass(2 * time.Minute)
		wantOrder(t, r, want)
		if n := len(r.attempts()); n != len(want) {
			t.Errorf("%d attempts for %d messages", n, len(want))
		}
	})
}

// Five failures in a row make a receiver down, not five in all: an answer that speaks of the message shows it is there.
func TestNotInARow(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, _ := w.receiver(1, "erp.example")
		r.answer = func(rw http.ResponseWriter, m message) {
			switch m.kind {
			case "notes.created":
				rw.WriteHeader(http.StatusInternalServerError)
			case "notes.updated":
				rw.WriteHeader(http.StatusUnprocessableEntity)
			}
		}
		w.start()
		pass(time.Second)
		for range 10 { // of one record: one after the other
			w.write(1, "notes.created", "notes.created", "notes.updated")
		}
		want := w.write(1, "jobs.created")
		pass(time.Second)
		wantAll(t, r, want)
	})
}
