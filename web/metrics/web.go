package metrics

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
)

// webRequests counts HTTP requests.
type webRequests struct {
	total *prometheus.CounterVec
	took  *prometheus.HistogramVec
	open  prometheus.Gauge
}

func newWebRequests(m *Metrics) webRequests {
	return webRequests{
		total: m.counter("fieldsync_http_requests_total", "HTTP requests, by the pattern of their route; unmatched: there is no such route.",
			"method", "route", "status"),
		took: m.histogram("fieldsync_http_request_duration_seconds", "Time to answer an HTTP request. What became a WebSocket is left out; "+
			"a look into the change feed may wait on purpose.", patient, "method", "route"),
		open: m.gauge("fieldsync_http_requests_open", "HTTP requests that are being answered, WebSockets left out.").WithLabelValues(),
	}
}

// The routes whose answers are counted as sign-ins as well.
const (
	SignInRoute       = "/v1/sign-in"
	PortalSignInRoute = "/portal/v1/sign-in"
)

// routeKey is where the outermost handler keeps the route that an inner one found.
type routeKey struct{}

// HTTP counts the requests of a chi router, which it is put around. A router that hands requests on to another one has
// both inside an HTTP of their own: each request is counted once, by the route that answered it. What a stranger sends
// never becomes a label.
func (m *Metrics) HTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route := chi.NewRouteContext() // the router takes it for its own, and we read it afterwards
		ctx := context.WithValue(r.Context(), chi.RouteCtxKey, route)
		if outer, ok := r.Context().Value(routeKey{}).(*string); ok {
			next.ServeHTTP(w, r.WithContext(ctx))
			*outer = route.RoutePattern()
			return
		}
		var inner string
		answer := &recorder{ResponseWriter: w}
		m.web.open.Inc()
		begun := time.Now()
		answer.finish = func(status int) {
			m.web.open.Dec()
			if inner == "" {
				inner = route.RoutePattern()
			}
			m.answered(r.Method, inner, status, time.Since(begun))
		}
		defer answer.end()
		next.ServeHTTP(answer, r.WithContext(context.WithValue(ctx, routeKey{}, &inner)))
	})
}

func (m *Metrics) answered(method, route string, status int, took time.Duration) {
	method, route = methodLabel(method), routeLabel(route)
	m.web.total.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if status != http.StatusSwitchingProtocols {
		m.web.took.WithLabelValues(method, route).Observe(took.Seconds())
	}
	if (route == SignInRoute || route == PortalSignInRoute) && method == http.MethodPost {
		m.sessions.signedIn(status)
	}
}

func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func routeLabel(route string) string {
	if route == "" || route == "/*" {
		return "unmatched"
	}
	return route
}

// recorder notes how a request is answered.
type recorder struct {
	http.ResponseWriter
	status int
	finish func(status int) // nil: it has been told
}

// end tells how the request was answered, unless its connection was given away. A panic goes on to the server, which
// ends the connection.
func (a *recorder) end() {
	finish := a.finish
	if finish == nil {
		return
	}
	if a.status == 0 {
		a.status = http.StatusOK
		if p := recover(); p != nil {
			a.status = http.StatusInternalServerError
			defer panic(p)
		}
	}
	finish(a.status)
}

// WriteHeader notes the final status.
func (a *recorder) WriteHeader(status int) {
	if a.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write is an answer 200 when no status was written.
func (a *recorder) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] find what the writer beneath can do.
func (a *recorder) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Flush sends what is written, where the writer beneath can.
func (a *recorder) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Hijack gives the connection away: the request is answered, and what goes on is no request.
func (a *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err == nil && a.finish != nil {
		a.finish(http.StatusSwitchingProtocols)
		a.finish = nil
	}
	return conn, rw, err
}
