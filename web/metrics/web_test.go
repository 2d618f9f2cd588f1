package metrics_test

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/web/metrics"
)

// site is a router that hands what it does not know on to another one, as the gateway does with its API.
func site(m *metrics.Metrics) http.Handler {
	api := chi.NewRouter()
	api.Get("/v1/customers/{id}", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("a customer")) })
	api.Post("/v1/customers", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusCreated)
	})
	inner := m.HTTP(api)

	r := chi.NewRouter()
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, nil)))
			return
		}
		http.NotFound(w, r)
	})
	r.Get("/livez", func(http.ResponseWriter, *http.Request) {})
	r.Post("/panic", func(http.ResponseWriter, *http.Request) { panic("a mistake") })
	r.Get("/ws", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		conn.Close()
	})
	r.Get("/slow", func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Hour))
		io.WriteString(w, "part")
		w.(http.Flusher).Flush()
	})
	status := 0
	r.Post(metrics.SignInRoute, func(w http.ResponseWriter, r *http.Request) {
		for _, b := range r.URL.Query().Get("status") {
			status = status*10 + int(b-'0')
		}
		w.WriteHeader(status)
		status = 0
	})
	return m.HTTP(r)
}

// TestHTTP: requests are counted by the pattern of the route that answered them, and nothing of what a stranger sends
// becomes a label.
func TestHTTP(t *testing.T) {
	m := newMetrics(t, &gauges{})
	var running sync.WaitGroup // an answer is there before its handler has ended and was counted
	handler := site(m)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Done()
		handler.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the panic
	server.Start()
	defer server.Close()
	ask := func(method, path string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return // of a panic
		}
		answer.Body.Close()
	}
	for _, id := range []string{"1", "2", "3"} {
		ask(http.MethodGet, "/v1/customers/"+id)
	}
	ask(http.MethodPost, "/v1/customers")
	ask(http.MethodGet, "/v1/nothing")
	ask(http.MethodGet, "/secret-of-a-stranger")
	ask("SECRET", "/livez")
	ask(http.MethodGet, "/livez")
	ask(http.MethodPost, "/panic")
	ask(http.MethodGet, "/slow")
	for _, status := range []string{"200", "401", "409", "418"} {
		ask(http.MethodPost, metrics.SignInRoute+"?status="+status)
	}
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	running.Wait()
	out := scrape(t, m)
	if strings.Contains(strings.ToLower(out), "secret") {
		t.Error("what a stranger sent became a label")
	}
	wants(t, out, map[string]string{
		`fieldsync_http_requests_total{method="GET",route="/v1/customers/{id}",status="200"}`:    "3",
		`fieldsync_http_requests_total{method="POST",route="/v1/customers",status="201"}`:        "1",
		`fieldsync_http_requests_total{method="GET",route="unmatched",status="404"}`:             "2",
		`fieldsync_http_requests_total{method="other",route="/livez",status="405"}`:              "",
		`fieldsync_http_requests_total{method="GET",route="/livez",status="200"}`:                "1",
		`fieldsync_http_requests_total{method="POST",route="/panic",status="500"}`:               "1",
		`fieldsync_http_requests_total{method="GET",route="/slow",status="200"}`:                 "1",
		`fieldsync_http_requests_total{method="GET",route="/ws",status="101"}`:                   "1",
		`fieldsync_http_request_duration_seconds_count{method="GET",route="/v1/customers/{id}"}`: "3",
		`fieldsync_http_request_duration_seconds_count{method="GET",route="/ws"}`:                "",
		`fieldsync_http_requests_open`:                        "0",
		`fieldsync_sign_ins_total{result="ok"}`:               "1",
		`fieldsync_sign_ins_total{result="wrong"}`:            "1",
		`fieldsync_sign_ins_total{result="active_elsewhere"}`: "1",
		`fieldsync_sign_ins_total{result="error"}`:            "1",
		`fieldsync_sign_ins_total{result="malformed"}`:        "0",
	})
}
