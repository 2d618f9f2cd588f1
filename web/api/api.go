package api

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
	"github.com/fieldsync/fieldsync/web/rest"
)

// Config is what the API is made of.
type Config struct {
	Office  Office           // required
	Log     *slog.Logger     // nil discards
	Clock   func() time.Time // nil: time.Now
	Random  io.Reader        // ids of changes and records; nil: the operating system's
	Version string           // of this server, for the document
	// As says whom a request acts for, where that is proven already: at the operator's socket. nil: by its bearer token.
	As func(*http.Request) (model.Caller, error)
	// Done ends requests that wait for something to happen, when the server shuts down; nil: never.
	Done <-chan struct{}
}

// service is the API at work. It keeps nothing between two requests.
type service struct {
	office Office
	log    *slog.Logger
	clock  func() time.Time
	random io.Reader
	as     func(*http.Request) (model.Caller, error)
	done   <-chan struct{}
}

// New makes the API: /v1/… and /openapi.json and .yaml.
func New(cfg Config) (http.Handler, error) {
	router, _, err := build(cfg)
	return router, err
}

// build makes the routes and the document that describes them.
func build(cfg Config) (http.Handler, *huma.OpenAPI, error) {
	if cfg.Office == nil {
		return nil, nil, errors.New("the API needs Office")
	}
	s := &service{office: cfg.Office, log: cfg.Log, clock: cfg.Clock, random: cfg.Random, as: cfg.As, done: cfg.Done}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if s.as == nil {
		s.as = s.bearer
	}
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		return nil, nil, err
	}
	r := chi.NewRouter()
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, s.log, problem.New("not_found", "There is nothing at this address; see /openapi.json."))
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, asked *http.Request) {
		problem.NotAllowed(w, asked, s.log, func(method string) bool {
			if method == http.MethodHead {
				method = http.MethodGet
			}
			return r.Match(chi.NewRouteContext(), method, asked.URL.Path)
		})
	})
	h := humachi.New(r, description(cfg.Version))
	h.UseMiddleware(s.authenticate)
	for _, spec := range table.Specs() {
		s.collection(h, table, spec)
	}
	s.serve(h, searchOperation(h), s.search)
	s.bulk(h, table)
	s.feed(h)
	s.held(h)
	s.review(h)
	s.history(h)
	s.people(h)
	s.leavers(h)
	s.tickets(h)
	s.insight(h)
	s.levels(h)
	s.categories(h)
	s.settings(h)
	s.partners(h)
	s.sessions(h)
	s.keys(h)
	s.hooks(h)
	s.hours(h)
	s.payroll(h)
	s.audit(h)
	return rest.Heads(r), h.OpenAPI(), nil
}

type callerKey struct{}

// authenticate finds out who calls, for every operation.
func (s *service) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	c, err := s.as(r)
	if err != nil {
		problem.Write(w, r, s.log, err)
		return
	}
	next(huma.WithContext(ctx, s.office.Fenced(context.WithValue(ctx.Context(), callerKey{}, c), c)))
}

// callerOf is who calls.
func callerOf(ctx context.Context) model.Caller {
	c, _ := ctx.Value(callerKey{}).(model.Caller)
	return c
}

// call is one request of an operation that this package answers itself, without huma's reading and writing of bodies.
type call struct {
	context.Context
	s *service
	w http.ResponseWriter
	r *http.Request
	model.Caller
	table *model.Table      // of the caller's company
	query map[string]string // the parameters, each of which the operation has
}

// serve adds an operation; what do says is told as a problem.
func (s *service) serve(h huma.API, op huma.Operation, do func(*call) error) {
	described(h, &op)
	h.OpenAPI().AddOperation(&op)
	h.Adapter().Handle(&op, h.Middlewares().Handler(func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		c := &call{Context: ctx.Context(), s: s, w: w, r: r, Caller: callerOf(ctx.Context())}
		table, err := s.office.Table(c, c.Tenant)
		if err == nil {
			c.table = table
			err = c.readQuery(&op)
		}
		if err == nil {
			err = do(c)
		}
		if err != nil {
			problem.Write(w, r.WithContext(c), s.log, err)
		}
	}))
}

// param is a part of the path.
func (c *call) param(name string) string { return pathPart(c.r, name) }

// id is the identifier in the path. What is none names nothing, like one that nobody has.
func (c *call) id() (id model.RecordID, err error) {
	if err := id.UnmarshalText([]byte(c.param("id"))); err != nil {
		return id, problem.New("not_found", "")
	}
	return id, nil
}
