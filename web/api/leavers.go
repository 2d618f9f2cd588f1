package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// Left is a person who has left the company, and what that came to; of a dry run, what it would come to.
type Left struct {
	Person
	DryRun  bool    `json:"dry_run" doc:"Nothing was changed: it is what would happen."`
	Ended   []Ended `json:"ended" doc:"The sessions that end by it, and what was unsent there when it was last heard."`
	Jobs    int     `json:"jobs" doc:"Open jobs that this takes from them."`
	ToGo    int     `json:"jobs_to_go" doc:"How many of them are still to be taken: what is more than one step takes goes by and by, without anybody doing anything. Asking again says how far it is."`
	Links   int     `json:"links" doc:"Tickets and links of theirs that are void."`
	Revoked int     `json:"keys" doc:"Keys of back ends by their rights that are revoked."`
}

// Replaced is a person who has left the company, and who has taken their place.
type Replaced struct {
	Left
	Successor Person `json:"successor"`
}

// ResetLink is a one-time link by which a person sets a password, shown once.
type ResetLink struct {
	Link    web.Secret `json:"link" doc:"64 hexadecimal digits, for POST /v1/reset."`
	Page    string     `json:"page" example:"/reset#acme.0f…" doc:"What the person opens, on this server: a page that asks for the password."`
	Expires time.Time  `json:"expires"`
}

type linkOutput struct{ Body ResetLink }

// leavers adds the endpoints of people who leave, come back, or have forgotten their password.
func (s *service) leavers(h huma.API) {
	tag := []string{"people"}
	manage(s, h, huma.Operation{
		OperationID: "deactivate-user", Method: http.MethodPost, Path: "/v1/users/{id}/deactivate", Tags: tag,
		Summary: "Remove a person who leaves the company",
		Description: "Needs the level full of web.users. Their sessions end at once with the reason removed, they cannot sign in, their tickets, links and keys are void, and their open jobs are nobody's. " +
			"What they wrote and their levels are kept. Hours that their devices still hand in are taken, and everything else waits under /v1/held. The last administrator stays.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		UserInput
		Body web.Leaving
	},
	) (*struct{ Body Left }, error) {
		left, err := s.office.Deactivate(ctx, c, in.ID, in.Body)
		if err != nil {
			return nil, err
		}
		out, err := s.left(ctx, c, left)
		return &struct{ Body Left }{out}, err
	})
	manage(s, h, huma.Operation{
		OperationID: "replace-user", Method: http.MethodPost, Path: "/v1/users/{id}/replace", Tags: tag,
		Summary: "Put another person in the place of one who leaves",
		Description: "Needs the level full of web.users, and nobody gives levels that they do not have themselves. In one step the person is removed, as by deactivate, and the successor has their open jobs, their levels where those are higher, their categories and their company. " +
			"What they wrote, signed and worked stays under their name, and so does what their devices still hand in, which is taken by its own rules: it never pulls back a job that the successor works on.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		UserInput
		Body web.Replacement
	},
	) (*struct{ Body Replaced }, error) {
		done, err := s.office.Replace(ctx, c, in.ID, in.Body)
		if err != nil {
			return nil, err
		}
		left, err := s.left(ctx, c, done.Left)
		if err != nil {
			return nil, err
		}
		successor, err := s.persons(ctx, c, done.Successor)
		if err != nil {
			return nil, err
		}
		return &struct{ Body Replaced }{Replaced{left, successor[0]}}, nil
	})
	manage(s, h, huma.Operation{
		OperationID: "reactivate-user", Method: http.MethodPost, Path: "/v1/users/{id}/reactivate", Tags: tag,
		Summary: "Let a person who had left in again",
		Description: "Needs the level full of web.users. Their old password is void: the answer is a link by which they set a new one. " +
			"Their levels are what they were; their jobs are not given back, and what waits under /v1/held can be released as before. Of somebody who is active it is reset-link.",
	}, func(ctx context.Context, c model.Caller, in *UserInput) (*linkOutput, error) {
		return linked(s.office.Reactivate(ctx, c, in.ID))
	})
	manage(s, h, huma.Operation{
		OperationID: "make-reset-link", Method: http.MethodPost, Path: "/v1/users/{id}/reset-link", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Make a one-time link by which a person sets a password",
		Description: "Needs the level full of web.users. The link is good once, for as long as reset_link_hours says; a newer one makes it void. " +
			"Nothing changes before it is used: then every session of the person ends with the reason password_reset, and what is unsent on their devices stays there and comes in.",
	}, func(ctx context.Context, c model.Caller, in *UserInput) (*linkOutput, error) {
		return linked(s.office.ResetLink(ctx, c, in.ID))
	})
}

func (s *service) left(ctx context.Context, c model.Caller, l web.Left) (Left, error) {
	all, err := s.persons(ctx, c, l.User)
	if err != nil {
		return Left{}, err
	}
	return Left{Person: all[0], DryRun: l.DryRun, Ended: each(l.Ended, endedOf), Jobs: l.Jobs, ToGo: l.ToGo, Links: l.Tickets, Revoked: l.Keys}, nil
}

func linked(l web.ResetLink, err error) (*linkOutput, error) {
	if err != nil {
		return nil, err
	}
	return &linkOutput{ResetLink{Link: l.Secret, Page: l.Page(), Expires: *moment(l.Expires)}}, nil
}
