package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/web"
)

// pipes is a listener of connections in memory, so that a server can run in a bubble.
type pipes struct{ conns chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// slowly is a body that comes a byte every so often.
type slowly struct {
	text  *strings.Reader
	every time.Duration
}

func (s slowly) Read(b []byte) (int, error) {
	time.Sleep(s.every) // fake
	return s.text.Read(b[:min(len(b), 1)])
}

// typed reads a body as sign-ins do.
func typed(w http.ResponseWriter, r *http.Request) error {
	var body struct{ A string }
	return web.Read(w, r, 1000, &body)
}

func TestASlowBodyIsCutAndASlowAnswerIsNot(t *testing.T) {
	if wrong := slowAnswer(t, typed) + leftBound(t); wrong != "" {
		t.Error(wrong)
	}
}

// slowAnswer says what is wrong with an answer that takes 40 s, once the body has come, and with a body that takes longer.
func slowAnswer(t *testing.T, read func(http.ResponseWriter, *http.Request) error) (wrong string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		handler := web.Patience(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := read(w, r); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			select { // a takeover that waits for the other device
			case <-answer:
				_, _ = io.WriteString(w, "done")
			case <-r.Context().Done():
				http.Error(w, "cancelled", http.StatusInternalServerError)
			}
		}))
		server := web.HTTP(handler, nil)
		listener := pipes{make(chan net.Conn)}
		go func() { _ = server.Serve(listener) }()
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return listener.dial(), nil }}
		client := &http.Client{Transport: transport}
		post := func(body io.Reader) (string, error) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://pipe/", body)
			check(t, err)
			answer, err := client.Do(r)
			if err != nil {
				return "", err
			}
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			return string(text), err
		}
		time.AfterFunc(40*time.Second, func() { close(answer) })
		if got, err := post(bytes.NewReader([]byte(`{"A":"x"}`))); got != "done" || err != nil {
			wrong += fmt.Sprintf("an answer after 40 s = %q, %v", got, err)
		}
		began := time.Now()
		_, _ = post(slowly{strings.NewReader(`{"A":"` + strings.Repeat("x", 500) + `"}`), time.Second})
		if waited := time.Since(began); waited > 20*time.Second {
			wrong += fmt.Sprintf("a slow body was waited for %v", waited)
		}
		transport.CloseIdleConnections()
		close(listener.conns)
		check(t, server.Close())
		time.Sleep(time.Minute) // fake: the client's writer wakes up and sees that nobody listens
	})
	return wrong
}

// bounds is an answer that is written down, with the last bound that was put on its connection.
type bounds struct {
	*httptest.ResponseRecorder
	last time.Time
}

// SetReadDeadline is of the connection.
func (b *bounds) SetReadDeadline(at time.Time) error {
	b.last = at
	return nil
}

// leftBound says which bound stays on a connection when a body has come: of one who reads as generated operations do, which take
// nothing back. While it stands, a request that takes longer is given up, and so is all that comes on the connection later.
func leftBound(t *testing.T) string {
	t.Helper()
	for _, body := range []string{"", `{"A":"x"}`} {
		w := &bounds{ResponseRecorder: httptest.NewRecorder()}
		web.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Second))
			_, _ = io.ReadAll(r.Body)
		}), nil).Handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body)))
		if !w.last.IsZero() {
			return fmt.Sprintf("a bound stays on the connection after the body %q", body)
		}
	}
	return ""
}
