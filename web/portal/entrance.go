package portal

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// SignIn is who wants in.
type SignIn struct {
	Tenant   string            `json:"tenant" maxLength:"128" example:"acme" doc:"Name of the field-service company whose portal it is."`
	Login    string            `json:"login" maxLength:"256" example:"cora@bakery.example"`
	Password string            `json:"password" maxLength:"2048"`
	Label    string            `json:"label,omitempty" maxLength:"128" example:"Firefox on the office PC" doc:"What the office and the person see of this session; absent: portal."`
	TakeOver problem.EpochText `json:"takeover,omitzero" doc:"The epoch of the 409 active_elsewhere that is being answered with yes; digits as a text."`
}

// SignedIn is a session.
type SignedIn struct {
	Token   string            `json:"token" doc:"Send it as Authorization: Bearer. It is shown here and never again."`
	Session model.SessionID   `json:"session"`
	Epoch   problem.EpochText `json:"epoch" doc:"Of the person's slot; digits as a text."`
	Name    string            `json:"name"`
}

// Me is who is signed in, and for whom.
type Me struct {
	Login   string           `json:"login"`
	Name    string           `json:"name"`
	Company model.RecordID   `json:"company" doc:"Their company: one of the companies."`
	Linked  []model.RecordID `json:"linked" doc:"Companies that are linked to it, whose jobs and cards they see too."`
}

// maxSignIn bounds a sign-in's body: a password of 1 KiB, escaped, and the rest.
const maxSignIn = 8 << 10

// entrance adds signing in and out, and who one is.
func (s *service) entrance(h huma.API) {
	tag := []string{"session"}
	operate(s, h, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: Base + "/sign-in", Tags: tag, MaxBodyBytes: maxSignIn,
		Summary:     "Sign in",
		Description: "A person has one live session. Another one is 409 active_elsewhere; repeated with its epoch as takeover, this one takes its place and that one ends. The company may have it take its place unasked, or refuse it until the other one has ended (409 release_first).",
		Security:    []map[string][]string{{}},
		Middlewares: huma.Middlewares{addressed(s)},
	}, s.signIn)
	s.behind(h, "sign-out", http.MethodPost, "/sign-out", tag, "Sign out", func(h huma.API, op huma.Operation) {
		op.DefaultStatus = http.StatusNoContent
		operate(s, h, op, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			return nil, s.Clients.SignOut(ctx, visitOf(ctx))
		})
	})
	s.behind(h, "get-me", http.MethodGet, "/me", tag, "Who is signed in, and for which company", func(h huma.API, op huma.Operation) {
		operate(s, h, op, func(ctx context.Context, _ *struct{}) (*struct{ Body Me }, error) {
			v, err := s.Clients.Visitor(ctx, visitOf(ctx))
			linked := v.Linked
			if linked == nil {
				linked = []model.RecordID{}
			}
			return &struct{ Body Me }{Me{Login: v.Login, Name: v.Name, Company: v.Company, Linked: linked}}, err
		})
	})
}

// behind describes an operation behind the door.
func (s *service) behind(h huma.API, id, method, path string, tags []string, summary string, add func(huma.API, huma.Operation)) {
	add(h, huma.Operation{
		OperationID: id, Method: method, Path: Base + path, Tags: tags, Summary: summary, Middlewares: huma.Middlewares{s.visit},
	})
}

type addressKey struct{}

// addressed keeps where a request came from.
func addressed(s *service) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, _ := unwrap(ctx)
		next(huma.WithValue(ctx, addressKey{}, s.Address(r)))
	}
}

func (s *service) signIn(ctx context.Context, in *struct{ Body SignIn }) (*struct{ Body SignedIn }, error) {
	b := in.Body
	if b.Label == "" {
		b.Label = "portal"
	}
	address, _ := ctx.Value(addressKey{}).(string)
	got, err := s.Clients.SignIn(ctx, session.SignInRequest{
		Tenant: b.Tenant, Login: b.Login, Password: b.Password, Label: b.Label, Platform: "portal", TakeOver: model.Epoch(b.TakeOver), Address: address,
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body SignedIn }{SignedIn{
		Token: Token(got.Tenant, got.Token), Session: got.Session, Epoch: problem.EpochText(got.Epoch), Name: got.Name,
	}}, nil
}
