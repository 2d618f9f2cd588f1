package portal

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
	"github.com/fieldsync/fieldsync/web/rest"
)

// Base is where all of it is.
const Base = "/portal/v1"

// Clients is what the portal asks of the program.
type Clients interface {
	// SignIn takes a client's slot; the errors of session.Gate.SignInPortal.
	SignIn(ctx context.Context, r session.SignInRequest) (session.SignedIn, error)
	SignOut(ctx context.Context, c model.Connection) error
	// Visit finds a live session by the SHA-256 of its token: *model.EndedError when it is over, model.ErrToken when the
	// token is no portal session's. What is read under the connection gives the same errors.
	Visit(ctx context.Context, t model.TenantID, token [32]byte) (model.Connection, error)
	Visitor(ctx context.Context, c model.Connection) (model.Visitor, error)
	// Table is the collections of a company. It must not be changed.
	Table(ctx context.Context, t model.TenantID) (*model.Table, error)
	Visited(ctx context.Context, c model.Connection, q model.Query) (model.Listing, error)
	// VisitedOne finds a record of a collection; model.ErrUnknown when there is none for them.
	VisitedOne(ctx context.Context, c model.Connection, of model.Collection, id model.RecordID) (model.Shown, error)
	// Pull is the feed's next page; nil when there is nothing to tell.
	Pull(ctx context.Context, p model.Pull) (*model.Page, error)
	// Woken is closed when something may have changed after the call.
	Woken(t model.TenantID) (woken <-chan struct{}, stop func())
}

// Config is what the portal is made of.
type Config struct {
	Clients Clients                    // required
	Log     *slog.Logger               // nil discards
	Version string                     // of this server, for the document
	Done    <-chan struct{}            // ends requests that wait, when the server shuts down; nil: never
	Address func(*http.Request) string // where a request came from, for limits; nil: all are from one place
}

// service is the portal at work. Between two requests it keeps only how many of each session wait.
type service struct {
	Config
	table *model.Table // of the built-in fields, for the document

	mu      sync.Mutex // guards waiting
	waiting map[model.SessionID]int
}

// New makes the portal: /portal/v1/… with its document at /portal/v1/openapi.json and .yaml.
func New(cfg Config) (http.Handler, error) {
	if cfg.Clients == nil {
		return nil, errors.New("the portal needs Clients")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Address == nil {
		cfg.Address = func(*http.Request) string { return "" }
	}
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		return nil, err
	}
	s := &service{Config: cfg, table: table, waiting: map[model.SessionID]int{}}
	r := chi.NewRouter()
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, s.Log, problem.New("not_found", "There is nothing at this address; see "+Base+"/openapi.json."))
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, asked *http.Request) {
		problem.NotAllowed(w, asked, s.Log, func(method string) bool {
			if method == http.MethodHead {
				method = http.MethodGet
			}
			return r.Match(chi.NewRouteContext(), method, asked.URL.Path)
		})
	})
	h := humachi.New(r, description(cfg.Version))
	s.entrance(h)
	s.records(h)
	s.feed(h)
	return rest.Heads(r), nil
}

type visitKey struct{}

// visit finds out who calls, for the operations behind the door.
func (s *service) visit(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	tenant, token, ok := ParseToken(r.Header.Get("Authorization"))
	c, err := model.Connection{}, model.ErrToken
	if ok {
		c, err = s.Clients.Visit(r.Context(), tenant, hash(token))
	}
	if err != nil {
		problem.Write(w, r, s.Log, err)
		return
	}
	next(huma.WithValue(ctx, visitKey{}, c))
}

// visitOf is who calls.
func visitOf(ctx context.Context) model.Connection {
	c, _ := ctx.Value(visitKey{}).(model.Connection)
	return c
}

// operate adds an operation; what do says is told as a problem.
func operate[I, O any](s *service, h huma.API, op huma.Operation, do func(context.Context, *I) (*O, error)) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{
		Description: "A problem", Content: map[string]*huma.MediaType{problem.MediaType: {Schema: schemaOf[problem.Problem](h, "Problem")}},
	}
	huma.Register(h, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, rest.Told(ctx, s.Log, err)
		}
		return out, nil
	})
}
