package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// Partner is a company outside whose people may sign in: a client's, who use the portal, or a subcontractor's.
type Partner struct {
	ID       model.RecordID `json:"id" doc:"Of its record of customers."`
	Open     bool           `json:"open" doc:"Whether its people may sign in, as far as each of them may."`
	ClosedAt *time.Time     `json:"closed_at,omitempty"`
	ClosedBy model.UserID   `json:"closed_by,omitzero" doc:"Absent for the operator of the server."`
	People   []model.UserID `json:"people" doc:"Who is linked to it."`
	Ended    []Ended        `json:"ended,omitempty" doc:"The sessions that ended by this request."`
	// Effect is of a change alone.
	Effect *web.RightsEffect `json:"effect,omitempty" doc:"Of a change: what it does."`
}

// PartnerChanged is a company outside after a change of its access, or as it is when that was a dry run.
type PartnerChanged struct {
	model.Partner
	Ended  []web.Ended
	Effect web.RightsEffect
}

// PartnerAccess opens the access of a company outside, or closes it.
type PartnerAccess struct {
	Open bool `json:"open"`
	web.Ask
}

// Company links a person to a company outside.
type Company struct {
	Company *model.RecordID `json:"company" required:"true" nullable:"true" doc:"A record of customers; null: the person belongs to none."`
	web.Ask
}

// LinkedPerson is a person after a change of their company, or as they are when that was a dry run.
type LinkedPerson struct {
	Person
	Effect web.RightsEffect `json:"effect"`
}

type linkedOutput struct {
	ETag string `header:"ETag"`
	Body LinkedPerson
}

// partners adds the endpoints of companies outside.
func (s *service) partners(h huma.API) {
	tag := []string{"partners"}
	manage(s, h, huma.Operation{
		OperationID: "get-partner", Method: http.MethodGet, Path: "/v1/partners/{id}", Tags: tag,
		Summary:     "Get a company outside, and who is linked to it",
		Description: "A client, whose people use the portal, or a subcontractor: a record of customers. Needs the level read-only of web.users.",
	}, func(ctx context.Context, c model.Caller, in *PartnerInput) (*partnerOutput, error) {
		p, err := s.office.Partner(ctx, c, in.ID)
		return &partnerOutput{partnerOf(p, nil)}, err
	})
	manage(s, h, huma.Operation{
		OperationID: "set-partner-access", Method: http.MethodPut, Path: "/v1/partners/{id}/access", Tags: tag,
		Summary: "Close or open the access of a company outside",
		Description: "Needs the level full of web.users. Closing ends every session of its people at once, and nobody of them can sign in until it is opened again. " +
			"What is unsent on their devices still comes in. Their accounts, levels and work stay as they are.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		PartnerInput
		Body PartnerAccess
	},
	) (*partnerOutput, error) {
		done, err := s.office.SetPartner(ctx, c, in.ID, in.Body.Open, in.Body.Ask)
		out := &partnerOutput{partnerOf(done.Partner, done.Ended)}
		out.Body.Effect = &done.Effect
		return out, err
	})
	manage(s, h, huma.Operation{
		OperationID: "link-user", Method: http.MethodPut, Path: "/v1/users/{id}/company", Tags: tag,
		Summary: "Link a portal user or a subcontractor to the company they belong to",
		Description: "Needs the level full of web.users. A portal user sees nothing but what belongs to that company, and cannot sign in without one. " +
			"Linking a portal user elsewhere ends their session.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		UserInput
		Body Company
	},
	) (*linkedOutput, error) {
		var company model.RecordID
		if in.Body.Company != nil {
			company = *in.Body.Company
		}
		u, effect, err := s.office.Link(ctx, c, in.ID, company, in.Body.Ask)
		if err != nil {
			return nil, err
		}
		all, err := s.persons(ctx, c, u)
		if err != nil {
			return nil, err
		}
		return &linkedOutput{ETag: tagOf(all[0]), Body: LinkedPerson{all[0], effect}}, nil
	})
}

// PartnerInput is the part of a path that names a company outside.
type PartnerInput struct {
	ID model.RecordID `path:"id" doc:"Of its record of customers."`
}

type partnerOutput struct{ Body Partner }

func partnerOf(p model.Partner, ended []web.Ended) Partner {
	out := Partner{ID: p.Company, Open: p.Closed == 0, ClosedAt: moment(p.Closed), ClosedBy: p.By, People: p.People}
	if out.People == nil {
		out.People = []model.UserID{}
	}
	for _, e := range ended {
		out.Ended = append(out.Ended, endedOf(e))
	}
	return out
}
