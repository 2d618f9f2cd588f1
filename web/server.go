package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/session"
)

// Config is what the public side is made of.
type Config struct {
	Gate     *session.Gate   // required
	Sessions *session.Server // required
	Log      *slog.Logger    // nil discards
	Ready    func() error    // nil error: the store is open and nothing is draining; nil func: always ready
	Board    Board           // nil: no /v1/sessions

	// Lifetime ends conversations that did not end by themselves after the hub's shutdown; nil: never.
	Lifetime context.Context // it governs hijacked connections, which outlive their requests
	// Origins are the origins of web pages that may open a WebSocket, as "https://office.example". Comparing with the
	// host instead would let in a page that points its own name here. A client without an origin is no web page.
	Origins []string
	// Hosts are the names this server is reached by, with a port only when it is not 443. Devices sign the host they
	// meant; with no list the request's own host is believed, which is for networks one trusts.
	Hosts []string
	// ProxyHeader names the header in which a trusted proxy appends the client's address, as X-Forwarded-For; empty:
	// no proxy.
	ProxyHeader string
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
	if cfg.Ready == nil {
		cfg.Ready = func() error { return nil }
	}
	return &Server{cfg: cfg}, nil
}

// Handler is the routes.
func (s *Server) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(secure)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, s.cfg.Log, problem(http.StatusNotFound, "not_found", "there is nothing here", "See /livez, /readyz, /v1/sign-in, /v1/sign-out and /v1/ws."))
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, s.cfg.Log, problem(http.StatusMethodNotAllowed, "method_not_allowed", "not by this method", ""))
	})
	r.Get("/livez", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, status{"alive"}) })
	r.Get("/readyz", s.ready)
	r.Route("/v1", func(r chi.Router) {
		r.Get("/ws", s.upgrade)
		r.Group(func(r chi.Router) {
			r.Use(patience)
			r.Post("/sign-in", s.signIn)
			r.Post("/sign-out", s.signOut)
			s.board(r)
		})
	})
	return r
}

type status struct {
	Status string `json:"status"`
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.cfg.Ready(); err != nil {
		fail(w, r, s.cfg.Log, problem(http.StatusServiceUnavailable, "not_ready", "not ready", err.Error()))
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

// patience bounds the time a body takes; read takes the bound away again, since a takeover waits longer than that.
func patience(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readPatience)) // a recorder in a test has none
		next.ServeHTTP(w, r)
	})
}

// writePatience is how long a request may take in all: a takeover that lets the other device finish first, and more.
// What is upgraded is bound no more.
const writePatience = 90 * time.Second

// HTTP is a server with the limits of DESIGN §11 around a handler. The caller gives it its listener and ends it.
func HTTP(handler http.Handler, log *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:           handler,
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
