package office_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/office"
)

// serve answers with f and gives a client of it that repeats at once, twice.
func serve(t *testing.T, f http.HandlerFunc) *office.Client {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	c, err := office.New(office.Config{Base: s.URL + "/", Key: "fsk_secret", Pauses: []time.Duration{0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRepeats: what did not get through is sent again under the same key, and what was answered is not.
func TestRepeats(t *testing.T) {
	var mu sync.Mutex // an aborted answer orders nothing between two handlers
	var keys []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		body, _ := io.ReadAll(r.Body)
		switch {
		case string(body) != `{"name":"One"}` || r.Header.Get("Authorization") != "Bearer fsk_secret":
			t.Errorf("asked with %s, %v", body, r.Header)
		case len(keys) < 3:
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, `{"id":"1"}`)
	})
	var out struct{ ID string }
	if err := c.Do(t.Context(), "POST", office.Path("customers"), map[string]string{"name": "One"}, &out); err != nil || out.ID != "1" {
		t.Errorf("%+v, %v", out, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(keys) != 3 || keys[0] == "" || keys[0] != keys[1] || keys[1] != keys[2] {
		t.Errorf("asked under %q, want three times the same key", keys)
	}
}

func TestGivesUp(t *testing.T) {
	var n atomic.Int64 // the client does not see when the handler is done
	c := serve(t, func(http.ResponseWriter, *http.Request) { n.Add(1); panic(http.ErrAbortHandler) })
	if err := c.Do(t.Context(), "GET", office.Path("jobs"), nil, nil); !errors.Is(err, office.ErrUnreachable) || n.Load() != 3 {
		t.Errorf("%v after %d requests, want unreachable after 3", err, n.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Do(ctx, "GET", office.Path("jobs"), nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want it to be canceled", err)
	}
}

func TestRefusal(t *testing.T) {
	n := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		w.WriteHeader(http.StatusServiceUnavailable)
		if r.URL.Path == "/v1/jobs" {
			fmt.Fprint(w, `{"code":"busy","status":503,"title":"busy","detail":"Wait.","errors":[{"location":"body","message":"is long"}]}`)
			return
		}
		fmt.Fprint(w, "<html>")
	})
	err := c.Do(t.Context(), "GET", office.Path("jobs"), nil, nil)
	no, ok := errors.AsType[*office.Refusal](err)
	if !ok || no.Code != "busy" || no.Status != 503 || n != 1 || err.Error() != "busy; body is long. Wait. [busy]" {
		t.Errorf("%v after %d requests", err, n)
	}
	if err := c.Do(t.Context(), "GET", office.Path("sites"), nil, nil); !errors.Is(err, office.ErrAnswer) {
		t.Errorf("a page of something else: %v", err)
	}
}

func TestList(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("status") != "active" || q.Get("limit") != "500" {
			t.Errorf("asked for %s", r.URL)
		}
		if r.URL.Query().Get("after") == "" {
			fmt.Fprint(w, `{"items":[{"id":"1"},{"id":"2"}],"next":"2"}`)
			return
		}
		fmt.Fprint(w, `{"items":[{"id":"3"}]}`)
	})
	var all []string
	for d, err := range c.List(t.Context(), "customers", url.Values{"status": {"active"}}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(d))
	}
	if got := strings.Join(all, ""); got != `{"id":"1"}{"id":"2"}{"id":"3"}` {
		t.Errorf("listed %s", got)
	}
	for range c.List(t.Context(), "customers", url.Values{"status": {"active"}}) {
		break // nobody wants more
	}
}

// TestSnapshotThatBreaksOff is an error, wherever it breaks off.
func TestSnapshotThatBreaksOff(t *testing.T) {
	const whole = `{"collection":"jobs","id":"1"}` + "\n" + `{"collection":"jobs","id":"2"}` + "\n" + `{"cursor":"abc"}` + "\n"
	for _, c := range []struct {
		text string
		n    int
		fine bool
	}{
		{whole, 2, true}, {whole[:31], 1, false}, {whole[:40], 1, false}, {"", 0, false}, {whole[:62], 2, false}, {whole[:70], 2, false},
	} {
		cl := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("collections") != "jobs,sites" {
				t.Errorf("asked for %s", r.URL)
			}
			fmt.Fprint(w, c.text)
		})
		n := 0
		cursor, err := cl.Snapshot(t.Context(), []string{"jobs", "sites"}, func(of string, d office.Document) error {
			if n++; of != "jobs" || !strings.Contains(string(d), fmt.Sprintf(`"id":"%d"`, n)) {
				t.Errorf("%s: %s", of, d)
			}
			return nil
		})
		if n != c.n || (err == nil) != c.fine || c.fine && cursor != "abc" || !c.fine && !errors.Is(err, office.ErrUnreachable) {
			t.Errorf("%q: %d documents, %q, %v", c.text, n, cursor, err)
		}
	}
}

// TestBulkAnswersForAll: an answer for another number of operations is none.
func TestBulkAnswersForAll(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"results":[{"status":"created"}]}`) })
	op := office.Operation{Op: "create", Collection: "jobs", Fields: office.Document(`{}`)}
	if r, err := c.Bulk(t.Context(), office.Bulk{Operations: []office.Operation{op}}); err != nil || r[0].Status != office.Created {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := c.Bulk(t.Context(), office.Bulk{Operations: []office.Operation{op, op}}); err == nil {
		t.Error("one answer for two operations is taken")
	}
}

// TestKeysStaySecret: a key is sent to nobody who could read it on the way, and not to where an answer leads on to.
func TestKeysStaySecret(t *testing.T) {
	for base, fine := range map[string]bool{
		"https://sync.example": true, "http://sync.example": false, "http://localhost:8080": true, "http://127.0.0.1": true,
		"http://[::1]:80": true, "http://127.evil.example": false, "ftp://x": false, "sync.example": false, "": false,
	} {
		if _, err := office.New(office.Config{Base: base, Key: "fsk_secret"}); (err == nil) != fine {
			t.Errorf("%s: %v", base, err)
		} else if err != nil && strings.Contains(err.Error(), "fsk_") {
			t.Errorf("%s: the error tells the key", base)
		}
	}
	if _, err := office.New(office.Config{Base: "http://sync.example"}); err != nil {
		t.Errorf("without a key: %v", err)
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("it followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	if err := c.Do(t.Context(), "GET", office.Path("jobs"), nil, nil); !errors.Is(err, office.ErrAnswer) {
		t.Errorf("an answer that leads on: %v", err)
	}
}
