package hook_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/hook"
)

// bubble runs a test of a world whose clock is fake.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t)) })
}

// pass lets time pass, and all that is due happen.
func pass(d time.Duration) {
	time.Sleep(d) // of the bubble
	synctest.Wait()
}

func TestPatterns(t *testing.T) {
	cases := []struct {
		patterns string
		kind     string
		want     bool
		why      string
	}{
		{"", "jobs.created", true, "none are all"},
		{"*", "jobs.created", true, "all"},
		{"jobs.*", "jobs.created", true, "of a collection"},
		{"jobs.*", "jobs_cards.created", false, "of another collection"},
		{"jobs.created", "jobs.created", true, "this one"},
		{"jobs.created", "jobs.deleted", false, "another one"},
		{"notes.* jobs.created", "jobs.created", true, "any of them"},
	}
	for _, c := range cases {
		patterns := strings.Fields(c.patterns)
		if got := hook.Matches(patterns, c.kind); got != c.want {
			t.Errorf("Matches(%q, %q) = %v: %s", patterns, c.kind, got, c.why)
		}
		for _, p := range patterns {
			if err := hook.CheckPattern(p); err != nil {
				t.Errorf("CheckPattern(%q): %v", p, err)
			}
		}
	}
	for _, p := range []string{"", "jobs", ".", "jobs.", ".created", "*.created", "jobs.created.now", "jobs.**", "Jobs.created", "jobs. created"} {
		if hook.CheckPattern(p) == nil {
			t.Errorf("CheckPattern(%q) lets it pass", p)
		}
	}
}

// A hook is told of what it asked for and of nothing else, in order, signed, and from where it was added.
func TestTells(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.write(1, "jobs.created")
		r, h := w.receiver(1, "erp.example", "jobs.*", "notes.created")
		w.start()
		synctest.Wait()
		want := w.write(2, "jobs.created", "jobs.updated")
		w.write(3, "visits.created")
		want = append(want, w.write(4, "notes.created")...)
		w.write(4, "notes.updated")
		pass(time.Second)
		wantAll(t, r, want)
		m := r.attempts()[0]
		for name, value := range map[string]string{
			"Content-Type": "application/json", "User-Agent": "fieldsync/1.2.3",
			"Webhook-Id": hook.MessageText(hook.MessageID(h.ID, want[0])),
		} {
			if got := m.header.Get(name); got != value {
				t.Errorf("%s is %q, want %q", name, got, value)
			}
		}
		for _, name := range []string{"Idempotency-Key", "Accept-Encoding", "Cookie", "Authorization"} {
			if got, ok := m.header[name]; ok {
				t.Errorf("%s is sent: %q", name, got)
			}
		}
		if live, dead := w.deliveries(h.ID); len(live)+len(dead) > 0 {
			t.Errorf("%d messages are kept", len(live)+len(dead))
		}
	})
}

// An idle hook is told at once; a busy one costs a commit for many messages (a page, or a quarter of a second).
func TestOneCommitForMany(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		w.start()
		pass(time.Second)
		began := time.Now()
		w.write(0, "jobs.created")
		synctest.Wait()
		if n := len(r.got()); n != 1 || time.Since(began) != 0 {
			t.Errorf("%d messages after %s, want the first at once", n, time.Since(began))
		}
		pass(time.Minute)
		before := len(w.recorded(h.ID))
		var want []model.MessageID
		for i := range 1000 {
			want = append(want, w.write(byte(i), "jobs.created")...)
		}
		pass(3 * time.Second)
		if n := len(r.got()); n != 1001 {
			t.Errorf("%d messages arrived, want 1001", n)
		}
		if n := len(w.recorded(h.ID)) - before; n > 1000/hook.PageSize+1 {
			t.Errorf("%d commits for 1000 messages at once", n)
		}
		before = len(w.recorded(h.ID))
		for i := range 200 { // 20 a second for ten seconds
			want = append(want, w.write(byte(i), "jobs.updated")...)
			pass(50 * time.Millisecond)
		}
		pass(time.Second)
		if n := len(w.recorded(h.ID)) - before; n > 45 {
			t.Errorf("%d commits in ten seconds", n)
		}
		wantAll(t, r, append([]model.MessageID{r.got()[0]}, want...))
	})
}

// Of one record messages keep their order, though several go at once and the network is uneven.
func TestOrderOfARecord(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, _ := w.receiver(1, "erp.example")
		var mu sync.Mutex
		under, most := 0, 0
		r.answer = func(_ http.ResponseWriter, m message) {
			mu.Lock()
			under++
			most = max(most, under)
			mu.Unlock()
			time.Sleep(time.Duration(m.event[7]%7) * 30 * time.Millisecond)
			mu.Lock()
			under--
			mu.Unlock()
		}
		byRecord := map[model.RecordID][]model.MessageID{}
		for i := range 200 {
			record := byte(i * i % 5)
			byRecord[model.RecordID{record}] = append(byRecord[model.RecordID{record}], w.write(record, "jobs.updated")...)
		}
		w.start()
		pass(time.Minute)
		got := map[model.RecordID][]model.MessageID{}
		for _, m := range r.attempts() {
			got[m.record] = append(got[m.record], m.event)
		}
		for record, want := range byRecord {
			if !slices.Equal(got[record], want) {
				t.Errorf("of record %s arrived %v, want %v", record, got[record], want)
			}
		}
		if most < 2 || most > 4 {
			t.Errorf("%d requests at once, want 2 to 4", most)
		}
	})
}

// A message that takes long is not left far behind.
func TestLead(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, _ := w.receiver(1, "erp.example")
		want := w.write(99, "jobs.created")
		r.answer = func(_ http.ResponseWriter, m message) {
			if m.event == want[0] {
				time.Sleep(15 * time.Second)
			}
		}
		for i := range 90 {
			want = append(want, w.write(byte(i), "jobs.created")...)
		}
		w.start()
		pass(time.Second)
		if n := len(r.got()); n != hook.MaxLead-1 {
			t.Errorf("%d messages overtook one, want %d", n, hook.MaxLead-1)
		}
		pass(time.Minute)
		wantAll(t, r, want)
	})
}

// While two secrets are valid there are two signatures; then the older one is gone.
func TestRotation(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example") // it knows the older secret alone
		young := slices.Repeat([]byte{7}, 32)
		w.change(h.ID, func(h *model.Hook) {
			h.Secrets = [][]byte{young, h.Secrets[0]}
			h.Until = model.Instant(time.Now().Add(24 * time.Hour).UnixMilli())
		})
		w.start()
		synctest.Wait()
		w.write(1, "jobs.created")
		pass(time.Second)
		if n := len(strings.Fields(r.attempts()[0].header.Get("webhook-signature"))); n != 2 {
			t.Errorf("%d signatures while two secrets are valid", n)
		}
		pass(24 * time.Hour)
		r.secret = young
		w.write(1, "jobs.updated")
		pass(time.Second)
		if n := len(strings.Fields(r.attempts()[1].header.Get("webhook-signature"))); n != 1 {
			t.Errorf("%d signatures when the older secret is over", n)
		}
	})
}

// A slow receiver delays nobody else, of its own company neither, and is waited for as long as the timeout says.
func TestSlowReceiver(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		slow, hung := w.receiver(1, "slow.example")
		slow.answer = func(http.ResponseWriter, message) { time.Sleep(time.Minute) }
		quick, _ := w.receiver(2, "quick.example")
		w.start()
		synctest.Wait()
		var want []model.MessageID
		for i := range 50 {
			want = append(want, w.write(byte(i), "jobs.created")...)
		}
		pass(time.Second)
		wantAll(t, quick, want)
		pass(30 * time.Second)
		live, _ := w.deliveries(hung.ID)
		if len(live) == 0 || live[0].Error != "no answer within 20s" || live[0].Status != 0 {
			t.Errorf("kept: %+v, want messages without an answer", live)
		}
		if n := len(slow.attempts()); n > 12 {
			t.Errorf("the slow receiver was tried %d times", n)
		}
	})
}

// Each kind of answer is what it is.
func TestAnswers(t *testing.T) {
	for status, taken := range map[int]bool{
		200: true, 201: true, 202: true, 204: true, 299: true, 301: false, 304: false, 400: false, 401: false, 404: false,
		422: false, 429: false, 500: false, 502: false, 503: false,
	} {
		bubble(t, func(t *testing.T, w *world) {
			r, h := w.receiver(1, "erp.example")
			r.answer = func(rw http.ResponseWriter, _ message) {
				rw.Header().Set("Location", "http://erp.example/elsewhere")
				rw.WriteHeader(status)
			}
			w.start()
			synctest.Wait()
			w.write(1, "jobs.created")
			pass(time.Second)
			live, dead := w.deliveries(h.ID)
			if kept := len(live) == 1; kept == taken || len(dead) > 0 || len(r.attempts()) != 1 {
				t.Errorf("after %d: %d tries, %d kept, %d dead", status, len(r.attempts()), len(live), len(dead))
			} else if kept && (live[0].Status != status || live[0].Attempts != 1 || live[0].Type != "jobs.created") {
				t.Errorf("after %d is kept %+v", status, live[0])
			}
			if failing := w.hook(h.ID).Failing != 0; failing == taken {
				t.Errorf("after %d the hook is failing = %v", status, failing)
			}
		})
	}
}

// An answer's body is thrown away, however much or slowly it comes.
func TestEndlessAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, _ := w.receiver(1, "erp.example")
		r.answer = func(rw http.ResponseWriter, m message) {
			rw.WriteHeader(http.StatusOK)
			for range 100 {
				if _, err := rw.Write(make([]byte, 100)); err != nil {
					return
				}
				_ = http.NewResponseController(rw).Flush()
				time.Sleep(time.Second)
			}
		}
		w.start()
		synctest.Wait()
		began := time.Now()
		w.write(1, "jobs.created", "jobs.updated", "jobs.updated")
		for len(r.attempts()) < 3 && time.Since(began) < time.Minute {
			pass(time.Second)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("three messages took %s", took)
		}
		pass(2 * time.Minute)
	})
}

// A test message is signed like any other and recorded nowhere.
func TestTest(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r, h := w.receiver(1, "erp.example")
		w.start()
		synctest.Wait()
		calls := w.reader.count()
		if status, err := w.d.Test(t.Context(), h); status != http.StatusOK || err != nil {
			t.Errorf("Test = %d, %v", status, err)
		}
		time.Sleep(time.Second)
		r.answer = func(rw http.ResponseWriter, _ message) { rw.WriteHeader(http.StatusTeapot) }
		if status, err := w.d.Test(t.Context(), h); status != http.StatusTeapot || err == nil {
			t.Errorf("Test = %d, %v", status, err)
		}
		w.set("erp.example", false)
		if status, err := w.d.Test(t.Context(), model.Hook{URL: "http://nobody.example/?secret=1"}); status != 0 || err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Test = %d, %v", status, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.d.Test(ended, h); err == nil {
			t.Error("a test that was given up is one that got through")
		}
		tries := r.attempts()
		if tries[0].kind != hook.TestType || tries[0].id == tries[1].id || !strings.HasPrefix(tries[0].id, "msg_") {
			t.Errorf("test messages %+v", tries)
		}
		if w.reader.count() != calls {
			t.Error("a test message was recorded")
		}
	})
}

// Over TLS and a real network, with an authority of one's own.
func TestOverTLS(t *testing.T) {
	l := newLedger()
	r := &receiver{t: t}
	arrived := make(chan struct{}, 1)
	r.answer = func(http.ResponseWriter, message) { arrived <- struct{}{} }
	server := httptest.NewTLSServer(r)
	defer server.Close()
	h := l.add(1, server.URL)
	r.secret = h.Secrets[0]
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	var observed sync.Map
	d, err := hook.New(hook.Config{
		Source: &reader{ledger: l}, Private: true, Roots: roots,
		Observe: func(result string, _ time.Duration) { observed.Store(result, true) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	want := l.write(1, "jobs.created")
	<-arrived
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wantOrder(t, r, want)
	if _, ok := observed.Load("delivered"); !ok {
		t.Error("the delivery was not observed")
	}
	if rounds := l.recorded(h.ID); len(rounds) != 1 {
		t.Errorf("%d rounds were recorded, want that of the message though the process was ending", len(rounds))
	}
	strict, err := hook.New(hook.Config{Source: &reader{ledger: l}, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := strict.Test(t.Context(), h); err == nil || !strings.Contains(err.Error(), "authority") {
		t.Errorf("a certificate of nobody: %v", err)
	}
}

// A connection that was kept open and turns out to be closed is no failure: the message goes on a new one.
func TestConnectionThatWasClosed(t *testing.T) {
	on, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer on.Close()
	go func() {
		for {
			c, err := on.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(c)
			if q, err := http.ReadRequest(in); err == nil {
				_, _ = io.Copy(io.Discard, q.Body)
				_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			}
			_, _ = http.ReadRequest(in) // the next one is not answered
			c.Close()
		}
	}()
	d, err := hook.New(hook.Config{Source: &reader{ledger: newLedger()}, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		status, err := d.Test(t.Context(), model.Hook{URL: "http://" + on.Addr().String(), Secrets: [][]byte{make([]byte, 32)}})
		if status != http.StatusNoContent || err != nil {
			t.Errorf("Test = %d, %v", status, err)
		}
	}
}

func TestUserAgent(t *testing.T) {
	for version, want := range map[string]string{"": "fieldsync", "1.2.3": "fieldsync/1.2.3", "(devel)": "fieldsync/devel"} {
		var got string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.UserAgent() }))
		d, err := hook.New(hook.Config{Source: &reader{ledger: newLedger()}, Private: true, Version: version})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Test(t.Context(), model.Hook{URL: server.URL}); err != nil {
			t.Error(err)
		}
		if server.Close(); got != want {
			t.Errorf("version %q is User-Agent %q, want %q", version, got, want)
		}
	}
}

func TestNewWantsASource(t *testing.T) {
	if _, err := hook.New(hook.Config{}); err == nil {
		t.Error("a deliverer without a source")
	}
}
