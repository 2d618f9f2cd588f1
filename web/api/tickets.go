package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// NewTicket asks for a ticket by which a person signs in.
type NewTicket struct {
	User      model.UserID `json:"user" doc:"Whom it signs in."`
	Kind      string       `json:"kind,omitempty" enum:"desktop,mobile,portal,subcontractor" doc:"Of the session it opens. Absent: the account's own."`
	PublicKey string       `json:"public_key,omitempty" maxLength:"88" doc:"Of the one device that may use it, an uncompressed P-256 point in base64. Absent: any."`
}

// NewSignInTicket is a ticket, shown once.
type NewSignInTicket struct {
	Ticket  web.Secret `json:"ticket" doc:"64 hexadecimal digits. It takes the place of login and password in one sign-in."`
	Expires time.Time  `json:"expires"`
}

// tickets adds the endpoint by which the office lets somebody in.
func (s *service) tickets(h huma.API) {
	manage(s, h, huma.Operation{
		OperationID: "make-sign-in-ticket", Method: http.MethodPost, Path: "/v1/sign-in/ticket", Tags: []string{"people"}, DefaultStatus: http.StatusCreated,
		Summary: "Let a person sign in once without their password",
		Description: "For a back end that knows its people by another sign-in. Needs the level full of web.users, and nobody lets in who has more levels than themselves. " +
			"The ticket is good once, for as long as sign_in_ticket_seconds says. The session it opens has shown no password: acts that need a recent one want it first. " +
			"Without an Authorization the same address takes a person's own login and password.",
	}, func(ctx context.Context, c model.Caller, in *struct{ Body NewTicket }) (*struct{ Body NewSignInTicket }, error) {
		kind, _ := model.ParseUserKind(in.Body.Kind) // its word has been checked
		key, err := web.Named(in.Body.PublicKey)
		if err != nil {
			return nil, err
		}
		secret, expires, err := s.office.SignInTicket(ctx, c, in.Body.User, kind, key)
		if err != nil {
			return nil, err
		}
		return &struct{ Body NewSignInTicket }{NewSignInTicket{Ticket: secret, Expires: *moment(expires)}}, nil
	})
}
