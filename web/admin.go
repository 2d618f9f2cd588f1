package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Operator is what the operator's API does; cmd implements it over the engine. Companies go by name, people by login.
type Operator interface {
	Tenants(ctx context.Context) ([]Tenant, error)
	AddTenant(ctx context.Context, name string) (Tenant, error)
	Users(ctx context.Context, tenant string) ([]User, error)
	AddUser(ctx context.Context, tenant string, u NewUser) (User, error)
	ChangeLevels(ctx context.Context, tenant, login string, change LevelsRequest) (LevelsChanged, error)
	SetPassword(ctx context.Context, tenant, login, password string) error
	Sessions(ctx context.Context, tenant string) ([]Session, error)
	EndSession(ctx context.Context, tenant, login string, end EndSession) (Ended, error)
	Devices(ctx context.Context, tenant string) ([]Device, error)
	MarkDevice(ctx context.Context, tenant string, device model.DeviceID, mark DeviceMark) (Device, error)
}

// Tenant is a company.
type Tenant struct {
	ID   model.TenantID `json:"id"`
	Name string         `json:"name"`
}

// User is a person who may sign in. Levels are by set ("web", "mobile") and permission; a set the user does not have
// is absent.
type User struct {
	ID     model.UserID                 `json:"id"`
	Login  string                       `json:"login"`
	Name   string                       `json:"name"`
	Kind   string                       `json:"kind"`
	Active bool                         `json:"active"`
	Levels map[string]map[string]string `json:"levels"`
}

// NewUser is a person to be added.
type NewUser struct {
	Login    string         `json:"login"`
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`           // desktop, mobile, portal, subcontractor
	Role     string         `json:"role,omitempty"` // of the office: admin, planner, manager, support
	Company  model.RecordID `json:"company,omitzero"`
	Password string         `json:"password,omitempty"`
	Levels   []LevelsChange `json:"levels,omitempty"`
}

// Session is one line of the board of live sessions (domain F14). Instants are milliseconds since 1970 UTC.
type Session struct {
	Login    string          `json:"login"`
	Name     string          `json:"name"`
	Kind     string          `json:"kind"`
	User     model.UserID    `json:"user"`
	Device   model.DeviceID  `json:"device"`
	Label    string          `json:"label"`
	App      string          `json:"app"`
	Session  model.SessionID `json:"session"`
	Epoch    EpochText       `json:"epoch"`
	Since    int64           `json:"since"`
	Platform string          `json:"platform"`
	Stake
}

// Stake is what is on a device that may not come back, as it said when it was heard last (domain F6): what an end puts at stake.
type Stake struct {
	Seen    int64  `json:"seen"` // when that was
	Unsent  uint32 `json:"unsent"`
	Oldest  int64  `json:"oldest,omitempty"`  // when the oldest unsent change was saved
	Storage string `json:"storage,omitempty"` // "unknown", "fine", "low", "full"
	Skew    int64  `json:"skew,omitempty"`    // its clock minus the server's, milliseconds
}

// EndSession ends a user's session.
type EndSession struct {
	Epoch EpochText `json:"epoch,omitzero"` // the session that was looked at; absent: whichever is live
	// Choice is how: "drain" lets a device that can be reached send what it has first, "now" does not, and with "revoke" the
	// device is lost: what it still hands in is held, all but hours; then it is wiped. Empty: drain.
	Choice string `json:"choice,omitempty"`
	Stolen bool   `json:"stolen,omitempty"` // of revoke: the device is stolen; nothing is taken from it, and it is wiped
	Reason string `json:"reason,omitempty"` // for the user to read
	DryRun bool   `json:"dry_run,omitempty"`
	// Device that is lost or stolen, signed in or not; absent: the one of the epoch, or else of the live session. It
	// must be the user's, and its last session of the epoch, if there is one.
	Device model.DeviceID `json:"device,omitzero"`
}

// Device is a device of a user, signed in or not.
type Device struct {
	Device  model.DeviceID `json:"device"`
	Login   string         `json:"login"`
	User    model.UserID   `json:"user"`
	Label   string         `json:"label"`
	App     string         `json:"app"`
	State   string         `json:"state"` // "in use", "lost", "stolen"
	Epoch   EpochText      `json:"epoch"` // of its last session
	Ended   int64          `json:"ended,omitempty"`
	EndedBy string         `json:"ended_by,omitempty"` // name of the person who ended it
	How     End            `json:"how,omitzero"`       // its last session ended
	Wipe    Wipe           `json:"wipe,omitzero"`
	Rights  Confirmation   `json:"rights"`
	Stake
}

// Wipe is how far the erasing of a lost or stolen device has come.
type Wipe struct {
	Asked     int64  `json:"asked"`
	By        string `json:"by,omitempty"`        // name of the person; empty: the operator
	Delivered int64  `json:"delivered,omitempty"` // it was told
	Confirmed int64  `json:"confirmed,omitempty"` // it says that it has erased
	Erased    uint32 `json:"erased,omitempty"`    // unsent changes that went with it
}

// DeviceMark says of a device that it is lost, stolen, or found: in use again.
type DeviceMark struct {
	State  string    `json:"state"` // "lost", "stolen", "found"
	Epoch  EpochText `json:"epoch,omitzero"`
	Reason string    `json:"reason,omitempty"` // for the user to read
	// UnlessWiped, of found: only if nothing was erased on it.
	UnlessWiped bool `json:"unless_wiped,omitempty"`
}

// Ended says what was ended, or what would be.
type Ended struct {
	DryRun bool           `json:"dry_run,omitempty"`
	Device model.DeviceID `json:"device"`
	Label  string         `json:"label"`
	Epoch  EpochText      `json:"epoch"`
	At     int64          `json:"at"`
	End
	Stake
	Also []Ended `json:"also,omitempty"` // the person's other sessions, when no epoch named one
}

// End is how a session ended.
type End struct {
	Cause  string `json:"cause"`            // "office", "revoked", "superseded", …
	Choice string `json:"choice,omitempty"` // "drain", "now", "revoke"
	Reason string `json:"reason,omitempty"` // as somebody typed it for the user
	Fate   string `json:"fate,omitempty"`   // of what is unsent: "handed in", "held", "refused"
}

// AdminConfig is what the operator's API is made of.
type AdminConfig struct {
	Operator Operator // required
	// API answers a request of the office's API, under the paths it has in public, as a person of a company; nil: none.
	API func(tenant, login string, w http.ResponseWriter, r *http.Request)
	Log *slog.Logger // nil discards
}

// Bodies of the operator's API.
const maxAdmin = 64 << 10

// NewAdmin makes the operator's API. It checks no password: who can open the socket in the data directory can read
// the data too.
func NewAdmin(cfg AdminConfig) (http.Handler, error) {
	if cfg.Operator == nil {
		return nil, errors.New("the operator's API needs an Operator")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := admin{cfg}
	r := chi.NewRouter()
	r.Use(problem.Identify, secure, asSent, atTheMachine)
	unknown := func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, cfg.Log, problem.New("not_found", "The server may be of another version than this command."))
	}
	r.NotFound(unknown)
	r.MethodNotAllowed(notAllowed(r, cfg.Log, unknown))
	r.Get("/tenants", a.do(func(r *http.Request) (any, error) { return a.cfg.Operator.Tenants(r.Context()) }))
	r.Post("/tenants", handle(a, func(r *http.Request, t *Tenant) (any, error) {
		return a.cfg.Operator.AddTenant(r.Context(), t.Name)
	}))
	r.Route("/tenants/{tenant}", func(r chi.Router) {
		r.Get("/users", a.do(func(r *http.Request) (any, error) {
			return a.cfg.Operator.Users(r.Context(), part(r, "tenant"))
		}))
		r.Post("/users", handle(a, func(r *http.Request, u *NewUser) (any, error) {
			return a.cfg.Operator.AddUser(r.Context(), part(r, "tenant"), *u)
		}))
		r.Put("/users/{login}/levels", handle(a, func(r *http.Request, l *LevelsRequest) (any, error) {
			return a.cfg.Operator.ChangeLevels(r.Context(), part(r, "tenant"), part(r, "login"), *l)
		}))
		r.Put("/users/{login}/password", handle(a, func(r *http.Request, p *Password) (any, error) {
			return struct{}{}, a.cfg.Operator.SetPassword(r.Context(), part(r, "tenant"), part(r, "login"), p.Password)
		}))
		r.Handle("/as/{login}/*", http.HandlerFunc(a.office))
		r.Get("/sessions", a.do(func(r *http.Request) (any, error) {
			return a.cfg.Operator.Sessions(r.Context(), part(r, "tenant"))
		}))
		r.Post("/sessions/{login}/end", handle(a, func(r *http.Request, e *EndSession) (any, error) {
			return a.cfg.Operator.EndSession(r.Context(), part(r, "tenant"), part(r, "login"), *e)
		}))
		r.Get("/devices", a.do(func(r *http.Request) (any, error) {
			return a.cfg.Operator.Devices(r.Context(), part(r, "tenant"))
		}))
		r.Put("/devices/{device}/state", handle(a, func(r *http.Request, m *DeviceMark) (any, error) {
			var device model.DeviceID
			if err := device.UnmarshalText([]byte(part(r, "device"))); err != nil {
				return nil, problem.New("no_device", "A device goes by its id, 32 hexadecimal digits. See fieldsync devices list.")
			}
			return a.cfg.Operator.MarkDevice(r.Context(), part(r, "tenant"), device, *m)
		}))
	})
	return r, nil
}

// Password is the body of a password that is set.
type Password struct {
	Password string `json:"password"`
}

type admin struct{ cfg AdminConfig }

// handle reads a body, calls f, and answers with what it returns.
func handle[T any](a admin, f func(*http.Request, *T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body T
		if err := read(w, r, maxAdmin, &body); err != nil {
			problem.Write(w, r, a.cfg.Log, err)
			return
		}
		a.answer(w, r, func() (any, error) { return f(r, &body) })
	}
}

// do is handle for a request without a body.
func (a admin) do(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.answer(w, r, func() (any, error) { return f(r) })
	}
}

func (a admin) answer(w http.ResponseWriter, r *http.Request, f func() (any, error)) {
	out, err := f()
	if err != nil {
		problem.Write(w, r, a.cfg.Log, err)
		return
	}
	reply(w, http.StatusOK, out)
}

// office hands a request on to the office's API: what stands behind the person is its path there.
func (a admin) office(w http.ResponseWriter, r *http.Request) {
	rest, plain := "/"+chi.URLParam(r, "*"), "/"+part(r, "*")
	if a.cfg.API == nil || !office(plain) {
		problem.Write(w, r, a.cfg.Log, model.ErrUnknown)
		return
	}
	tenant, login := part(r, "tenant"), part(r, "login")
	r = afresh(r)
	address := *r.URL
	address.Path, address.RawPath = plain, rest
	r.URL = &address
	a.cfg.API(tenant, login, w, r)
}

// part is a part of the path, unescaped; asSent has seen to it that it was not before.
func part(r *http.Request, name string) string {
	text := chi.URLParam(r, name)
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
