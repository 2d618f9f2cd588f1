package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// Permission is one line of the catalogue of permissions.
type Permission struct {
	Set      string   `json:"set" enum:"web,mobile"`
	Name     string   `json:"name" example:"customers"`
	Kind     string   `json:"kind" enum:"checkbox,level" doc:"A checkbox is off or on; a level is one of several."`
	Levels   []string `json:"levels" doc:"What it may be set to."`
	Default  string   `json:"default" doc:"What it starts with, where no role or kind says otherwise."`
	Optional bool     `json:"optional" doc:"It is absent where its feature is switched off."`
	Setting  string   `json:"setting,omitempty" doc:"The setting that says whether the feature is there, and how much of it. See /v1/settings."`
}

// LevelForAll asks for a whole set to be set to one level.
type LevelForAll struct {
	Level   string `json:"level" enum:"full,read-only,none" doc:"Checkboxes are on for full and off else; none of the mobile customers is hidden."`
	Confirm bool   `json:"confirm,omitempty" doc:"Show customers to a subcontractor from whom they were hidden, and take much from devices; else that is 409 (widens_contractor, takes_much)."`
	DryRun  bool   `json:"dry_run,omitempty" doc:"Change nothing, and say what would change."`
}

// CategoryLevel asks for it for everybody who has a label.
type CategoryLevel struct {
	Category string `json:"category" minLength:"1" maxLength:"320" example:"Electricians"`
	LevelForAll
}

// ChangedPerson is a person after a change of levels, or as they would be, and what it does.
type ChangedPerson struct {
	Person
	Effect web.LevelsEffect `json:"effect"`
}

type changedOutput struct {
	ETag string `header:"ETag"`
	Body ChangedPerson
}

// AskInput is how a change of rights is asked for.
type AskInput struct {
	Confirm bool `query:"confirm" doc:"Take much from devices; else that is 409 (takes_much)."`
	DryRun  bool `query:"dry_run" doc:"Change nothing, and say what would change."`
}

func (a AskInput) ask() web.Ask { return web.Ask(a) }

// LevelsInput is the part of a path that names a set of a person.
type LevelsInput struct {
	UserInput
	Set string `path:"set" enum:"web,mobile"`
}

// levels adds the endpoints of what people may do.
func (s *service) levels(h huma.API) {
	tag := []string{"people"}
	manage(s, h, huma.Operation{
		OperationID: "set-user-levels", Method: http.MethodPatch, Path: "/v1/users/{id}/levels/{set}", Tags: tag,
		Summary: "Change what a person may do",
		Description: "Needs the level full of web.users, and of everything that is given and that the person has on the web. Permissions that are not named stay. " +
			"Of the mobile set assign_to says whom assign_jobs lets the person assign: logins or ids of people who can be given work, 200 at most, apart by commas, or anyone (400 bad_assign_to). " +
			"What the person may see no more is taken back from their devices; only when enabled is switched off does the session of their phone end. The last administrator stays one.",
	}, s.setLevels)
	manage(s, h, huma.Operation{
		OperationID: "set-all-user-levels", Method: http.MethodPut, Path: "/v1/users/{id}/levels/{set}", Tags: tag,
		Summary: "Set all that a person may do to one level",
		Description: "Of one set, in one commit; needs what changing levels needs. With none and with read-only the mobile set has enabled off: " +
			"the person's session on a phone ends, once it has sent what it has if it can be reached, and what is unsent then is still handed in. A dry run says so before.",
	}, s.setAll)
	manage(s, h, huma.Operation{
		OperationID: "set-category-levels", Method: http.MethodPut, Path: "/v1/categories/levels/{set}", Tags: tag,
		Summary: "Set all that the people of a category may do to one level",
		Description: "One person after the other, each whole or refused whole, as if asked for alone; it may be repeated. What takes records from more devices than the settings let pass is refused as one, before anybody is changed. Needs the scope people:read besides. " +
			"Nobody has the label: the list is empty.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		Set  string `path:"set" enum:"web,mobile"`
		Body CategoryLevel
	},
	) (*itemsOutput[web.LevelsResult], error) {
		all, err := s.office.ChangeCategoryLevels(ctx, c, in.Body.Category, in.Body.request(in.Set))
		if err != nil {
			return nil, err
		}
		return items(all), nil
	})
	manage(s, h, huma.Operation{
		OperationID: "list-user-rights", Method: http.MethodGet, Path: "/v1/users/{id}/rights", Tags: tag,
		Summary: "List what a person may, permission by permission, and what decides it", Description: "Needs the level read-only of web.users.",
	}, func(ctx context.Context, c model.Caller, in *UserInput) (*itemsOutput[web.Right], error) {
		all, err := s.office.Rights(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		return items(all), nil
	})
	manage(s, h, huma.Operation{
		OperationID: "list-levels", Method: http.MethodGet, Path: "/v1/levels", Tags: tag,
		Summary: "List the permissions there are, and the levels each may have",
	}, func(context.Context, model.Caller, *struct{}) (*itemsOutput[Permission], error) {
		return items(s.office.Levels()), nil
	})
}

func (l LevelForAll) request(set string) web.LevelsRequest {
	return web.LevelsRequest{Set: set, All: l.Level, Confirm: l.Confirm, DryRun: l.DryRun}
}

func (s *service) setLevels(ctx context.Context, c model.Caller, in *struct {
	LevelsInput
	AskInput
	Body map[string]string `doc:"Level by permission."`
},
) (*changedOutput, error) {
	return s.changeLevels(ctx, c, in.ID, web.LevelsRequest{Set: in.Set, Levels: in.Body, Confirm: in.Confirm, DryRun: in.DryRun})
}

func (s *service) setAll(ctx context.Context, c model.Caller, in *struct {
	LevelsInput
	Body LevelForAll
},
) (*changedOutput, error) {
	return s.changeLevels(ctx, c, in.ID, in.Body.request(in.Set))
}

func (s *service) changeLevels(ctx context.Context, c model.Caller, user model.UserID, r web.LevelsRequest) (*changedOutput, error) {
	done, err := s.office.ChangeLevels(ctx, c, user, r)
	if err != nil {
		return nil, err
	}
	all, err := s.persons(ctx, c, done.User)
	if err != nil {
		return nil, err
	}
	return &changedOutput{ETag: tagOf(all[0]), Body: ChangedPerson{Person: all[0], Effect: done.Effect}}, nil
}
