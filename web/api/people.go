package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Person is somebody of the company who may sign in, with what they may do. Their record, which the whole company shares,
// is the one of the collection people with the same id.
type Person struct {
	ID     model.UserID `json:"id"`
	Login  string       `json:"login" example:"ben@acme.example"`
	Name   string       `json:"name"`
	Kind   string       `json:"kind" enum:"desktop,mobile,portal,subcontractor"`
	Active bool         `json:"active" doc:"Whether they may sign in."`
	// Company is in the account and not in the record, which colleagues see.
	Company model.RecordID               `json:"company,omitzero" doc:"Of a portal user or a subcontractor: the customer's record, or the company's they belong to. Shown to whoever sees customers."`
	Levels  map[string]map[string]string `json:"levels" doc:"By set (web, mobile) and permission. A set that the person does not have is absent. See /v1/levels."`
}

// NewPerson is a person to be added.
type NewPerson struct {
	Login    string         `json:"login" minLength:"1" maxLength:"256" pattern:"^[^\\x00-\\x1f\\x7f]*$" doc:"What they sign in with; unique in the company."`
	Name     string         `json:"name,omitempty" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" doc:"Absent: the login."`
	Kind     string         `json:"kind" enum:"desktop,mobile,portal,subcontractor"`
	Role     string         `json:"role,omitempty" enum:"admin,planner,manager,support" doc:"Of a desktop user: the levels to start with; absent: a planner's."`
	Company  model.RecordID `json:"company,omitzero" doc:"Of a portal user or a subcontractor: the customer's record, or the company's they belong to."`
	Password string         `json:"password,omitempty" maxLength:"1024" doc:"8 to 1,024 bytes; absent: they cannot sign in until they have one."`
	Levels   []LevelSet     `json:"levels,omitempty" maxItems:"2" doc:"Changes to the levels to start with."`
}

// LevelSet is some levels of one set.
type LevelSet struct {
	Set    string            `json:"set" enum:"web,mobile"`
	Levels map[string]string `json:"levels" doc:"Level by permission." example:"{\"customers\": \"hidden\"}"`
}

// Items is a list that is never so long that it needs pages.
type Items[T any] struct {
	Items []T `json:"items"`
}

type itemsOutput[T any] struct{ Body Items[T] }

func items[T any](all []T) *itemsOutput[T] {
	if all == nil {
		all = []T{}
	}
	return &itemsOutput[T]{Body: Items[T]{Items: all}}
}

// UserInput is the part of a path that names a person.
type UserInput struct {
	ID model.UserID `path:"id" doc:"Of the person."`
}

// people adds the endpoints of people and levels.
func (s *service) people(h huma.API) {
	tag := []string{"people"}
	manage(s, h, huma.Operation{
		OperationID: "list-users", Method: http.MethodGet, Path: "/v1/users", Tags: tag,
		Summary: "List the people of the company", Description: "Needs the level read-only of web.users.",
	}, func(ctx context.Context, c model.Caller, _ *struct{}) (*itemsOutput[Person], error) {
		all, err := s.office.Users(ctx, c)
		if err != nil {
			return nil, err
		}
		people, err := s.persons(ctx, c, all...)
		return items(people), err
	})
	manage(s, h, huma.Operation{
		OperationID: "add-user", Method: http.MethodPost, Path: "/v1/users", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary:     "Add a person",
		Description: "Needs the level full of web.users. Nobody gives a web level that they do not have themselves. A login that is there already is 409.",
	}, s.addUser)
	manage(s, h, huma.Operation{
		OperationID: "get-user", Method: http.MethodGet, Path: "/v1/users/{id}", Tags: tag,
		Summary: "Get a person", Description: "Needs the level read-only of web.users.",
		Responses: map[string]*huma.Response{"304": answer("It is what is known already", nil, "ETag")},
	}, s.user)
	manage(s, h, huma.Operation{
		OperationID: "set-user-password", Method: http.MethodPut, Path: "/v1/users/{id}/password", Tags: tag, DefaultStatus: http.StatusNoContent,
		Summary: "Give a person a new password", Description: "Needs the level full of web.users. The session they have ends; what is unsent on its device still comes in.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		UserInput
		Body web.Password
	},
	) (*struct{}, error) {
		return nil, s.office.SetPassword(ctx, c, in.ID, in.Body.Password)
	})
}

// persons are people as the caller sees them.
func (s *service) persons(ctx context.Context, c model.Caller, all ...web.User) ([]Person, error) {
	companies, err := s.office.Companies(ctx, c)
	if err != nil {
		return nil, err
	}
	return each(all, func(u web.User) Person {
		return Person{ID: u.ID, Login: u.Login, Name: u.Name, Kind: u.Kind, Active: u.Active, Company: companies[u.ID], Levels: u.Levels}
	}), nil
}

// person answers with one of them.
func (s *service) person(ctx context.Context, c model.Caller, status int, u web.User) (*personOutput, error) {
	all, err := s.persons(ctx, c, u)
	if err != nil {
		return nil, err
	}
	return &personOutput{Status: status, ETag: tagOf(all[0]), Body: all[0]}, nil
}

type personOutput struct {
	Status   int
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Person
}

func (s *service) addUser(ctx context.Context, c model.Caller, in *struct{ Body NewPerson }) (*personOutput, error) {
	if strings.TrimSpace(in.Body.Login) == "" {
		return nil, problem.New("bad_request", "Nothing was changed.", problem.Fault{Location: "body.login", Message: "want a login that is not blank"})
	}
	n := web.NewUser{
		Login: in.Body.Login, Name: in.Body.Name, Kind: in.Body.Kind, Role: in.Body.Role, Company: in.Body.Company, Password: in.Body.Password,
	}
	for _, l := range in.Body.Levels {
		n.Levels = append(n.Levels, web.LevelsChange(l))
	}
	u, err := s.office.AddUser(ctx, c, n)
	if err != nil {
		return nil, err
	}
	out, err := s.person(ctx, c, http.StatusCreated, u)
	if err == nil {
		out.Location = "/v1/users/" + u.ID.String()
	}
	return out, err
}

func (s *service) user(ctx context.Context, c model.Caller, in *struct {
	UserInput
	IfNoneMatch string `header:"If-None-Match" doc:"ETags of what is known already; 304 when it is still one of them."`
},
) (*personOutput, error) {
	all, err := s.office.Users(ctx, c)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(u web.User) bool { return u.ID == in.ID })
	if i < 0 {
		return nil, problem.New("no_user", "")
	}
	out, err := s.person(ctx, c, http.StatusOK, all[i])
	if err == nil && listed([]string{in.IfNoneMatch}, out.ETag) {
		return &personOutput{Status: http.StatusNotModified, ETag: out.ETag}, nil
	}
	return out, err
}

// tagOf is the ETag of what is shown.
func tagOf(shown any) string {
	text, err := json.Marshal(shown)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// each maps a list.
func each[A, B any](all []A, f func(A) B) []B {
	out := make([]B, 0, len(all))
	for _, one := range all {
		out = append(out, f(one))
	}
	return out
}

// moment is an instant as the API tells it; nil for none.
func moment(i model.Instant) *time.Time {
	if i == 0 {
		return nil
	}
	t := time.UnixMilli(int64(i)).UTC()
	return &t
}
