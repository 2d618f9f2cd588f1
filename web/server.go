package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Config is what the public side is made of.
type Config struct {
	Gate     *session.Gate   // required
	Sessions *session.Server // required
	Log      *slog.Logger    // nil discards
	Ready    func() error    // nil error: the store is open and nothing is draining; nil func: always ready
	API      http.Handler    // the office's API: /openapi.json and what of /v1 is not served here; nil: none
	Portal   http.Handler    // the clients' entrance: what is below /portal/; nil: none
	Metrics  http.Handler    // /metrics; nil: none

	// Lifetime ends conversations that did not end by themselves after the hub's shutdown; nil: never.
	Lifetime context.Context // it governs hijacked connections, which outlive their requests
	// Origins are the origins of web pages that may sign in and open a WebSocket, as "https://office.example". Comparing with the
	// host instead would let in a page that points its own name here. A client without an origin is no web page.
	Origins []string
	// Hosts are the names this server is reached by, with a port only when it is not 443. Devices sign the host they
	// meant; with no list the request's own host is believed, which is for networks one trusts.
	Hosts []string
	// ProxyHeader names the header in which a trusted proxy appends the client's address, as X-Forwarded-For; empty:
	// no proxy.
	ProxyHeader string
	// Conn is put around the connection of every device, to count what goes over it; nil: nothing is.
	Conn func(protocol.Conn) protocol.Conn
}

// Server is the public side.
type Server struct {
	cfg       Config
	admission admission
}

// New makes the public side.
func New(cfg Config) (*Server, error) {
	if cfg.Gate == nil || cfg.Sessions == nil {
		return nil, errors.New("the web server needs Gate and Sessions")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Lifetime == nil {
		cfg.Lifetime = context.Background()
	}
	if cfg.Conn == nil {
		cfg.Conn = func(conn protocol.Conn) protocol.Conn { return conn }
	}
	if cfg.Ready == nil {
		cfg.Ready = func() error { return nil }
	}
	return &Server{cfg: cfg}, nil
}

// Handler is the routes.
func (s *Server) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(problem.Identify, secure, asSent, s.origin)
	r.NotFound(s.elsewhere)
	r.MethodNotAllowed(notAllowed(r, s.cfg.Log, s.elsewhere))
	r.Get("/", s.index)
	r.Get(ResetPath, s.resetForm)
	r.Get("/livez", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, status{"alive"}) })
	r.Get("/readyz", s.ready)
	r.Handle(strings.TrimSuffix(problem.Path, "/"), problem.Pages())
	r.Handle(problem.Path+"*", problem.Pages())
	if s.cfg.Metrics != nil {
		r.Handle("/metrics", s.cfg.Metrics)
	}
	r.Route("/v1", func(r chi.Router) {
		r.Get("/ws", s.upgrade)
		r.Group(func(r chi.Router) {
			r.Use(s.allowed, patience)
			r.Post("/sign-in", s.signIn)
			r.Post("/sign-in/ticket", s.signInTicket)
			r.Post("/sign-out", s.signOut)
			r.Post("/connect-ticket", s.connectTicket)
		})
		r.With(s.ownPage, patience).Post("/reset", s.reset)
	})
	return r
}

// elsewhere is what is not served here: the API's, or nobody's.
func (s *Server) elsewhere(w http.ResponseWriter, r *http.Request) {
	if s.cfg.API != nil && office(r.URL.Path) {
		s.cfg.API.ServeHTTP(w, afresh(r))
		return
	}
	if s.cfg.Portal != nil && strings.HasPrefix(r.URL.Path, "/portal/") {
		handler := s.cfg.Portal
		if entrance(r) {
			handler = s.allowed(handler)
		}
		handler.ServeHTTP(w, afresh(r.WithContext(context.WithValue(r.Context(), addressKey{}, s.address(r)))))
		return
	}
	problem.Write(w, r, s.cfg.Log, problem.New("not_found", "See / for what is here."))
}

type addressKey struct{}

// Address is where a request that the public side handed on came from, without a port.
func Address(r *http.Request) string {
	address, _ := r.Context().Value(addressKey{}).(string)
	return address
}

// notAllowed answers a request by a method that its address does not have. A method that chi has never heard of comes
// here whatever the address is, so an address that has none at all is handed on.
func notAllowed(router chi.Router, log *slog.Logger, elsewhere http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		has := func(method string) bool { return router.Match(chi.NewRouteContext(), method, r.URL.EscapedPath()) }
		if !slices.ContainsFunc([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, has) {
			elsewhere(w, r)
			return
		}
		problem.NotAllowed(w, r, log, has)
	}
}

// asSent has requests routed by their path as it was sent. Where the path's escapes are the usual ones, net/url keeps the
// unescaped path alone; routers unescape its parts again, and "a%252Fb" would name a/b and not a%2Fb.
func asSent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawPath == "" && strings.Contains(r.URL.Path, "%") {
			sent, address := *r, *r.URL
			address.RawPath = address.EscapedPath()
			sent.URL = &address
			r = &sent
		}
		next.ServeHTTP(w, r)
	})
}

// office says whether a path is the API's.
func office(path string) bool {
	return strings.HasPrefix(path, "/v1/") || path == "/v1" || path == "/openapi.json" || path == "/openapi.yaml"
}

// afresh is a request that another router may route from the beginning.
func afresh(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, nil))
}

// index is what is here, for whoever opens the bare address.
type index struct {
	Name    string `json:"name"`
	Live    string `json:"live"`
	Ready   string `json:"ready"`
	Sync    string `json:"sync"`
	SignIn  string `json:"sign_in"`
	API     string `json:"api,omitempty"`
	Portal  string `json:"portal,omitempty"`
	Metrics string `json:"metrics,omitempty"`
	Errors  string `json:"errors"`
}

func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	here := index{
		Name: "fieldsync", Live: "/livez", Ready: "/readyz", Sync: "/v1/ws", SignIn: "/v1/sign-in",
		Errors: problem.Path,
	}
	if s.cfg.API != nil {
		here.API = "/openapi.json"
	}
	if s.cfg.Portal != nil {
		here.Portal = "/portal/v1/openapi.json"
	}
	if s.cfg.Metrics != nil {
		here.Metrics = "/metrics"
	}
	reply(w, http.StatusOK, here)
}

type status struct {
	Status string `json:"status"`
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.cfg.Ready(); err != nil {
		problem.Write(w, r, s.cfg.Log, problem.New("not_ready", err.Error()))
		return
	}
	reply(w, http.StatusOK, status{"ready"})
}

// secure sets the headers that every answer carries: this is no page, and nobody keeps it.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// readPatience is how long a request's body may take.
const readPatience = 10 * time.Second

// patience bounds the time a body takes.
func patience(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readPatience)) // a recorder in a test has none
		next.ServeHTTP(w, r)
	})
}

// writePatience is how long a request may take in all: a takeover that lets the other device finish first, and more.
// What is upgraded is bound no more.
const writePatience = 90 * time.Second

// whole is a request's body, which takes every bound off the connection when it has come whole. Whoever reads bodies bounds the time
// they take; a bound that is left would end the request while it waits for something, as for a device that finishes first, and
// every later one on the same connection.
type whole struct {
	io.ReadCloser
	bound *http.ResponseController
}

// Read reads the body.
func (b *whole) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && !planted("bounds-stay") { // after anything else the bound stands
		_ = b.bound.SetReadDeadline(time.Time{}) // a recorder in a test has none
	}
	return n, err
}

// unbound has handlers read whole bodies.
func unbound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &whole{r.Body, http.NewResponseController(w)}
		next.ServeHTTP(w, r)
	})
}

// HTTP is a server with the limits of DESIGN §11 around a handler. The caller gives it its listener and ends it.
func HTTP(handler http.Handler, log *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:           unbound(handler),
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      writePatience,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	if log != nil {
		server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	}
	return server
}

// address is where a request came from, without a port.
func (s *Server) address(r *http.Request) string {
	if s.cfg.ProxyHeader != "" {
		values := r.Header.Values(s.cfg.ProxyHeader)
		if len(values) > 0 {
			parts := strings.Split(values[len(values)-1], ",")
			return strings.TrimSpace(parts[len(parts)-1])
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// host is the host a request meant, as devices sign it; ok is false when it is none of ours.
func (s *Server) host(r *http.Request) (string, bool) {
	host := strings.TrimSuffix(strings.ToLower(r.Host), ":443")
	if len(s.cfg.Hosts) == 0 {
		return host, true
	}
	return host, slices.Contains(s.cfg.Hosts, host)
}
