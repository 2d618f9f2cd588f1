package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Levels is every permission there is.
func (b backOffice) Levels() []api.Permission {
	var out []api.Permission
	for _, e := range access.Catalogue() {
		p := api.Permission{
			Set: e.Set.String(), Name: e.Name, Kind: e.Control.String(), Default: e.Default.String(),
			Optional: e.Feature != model.FeatureNone, Setting: e.Feature.String(),
		}
		for _, l := range e.Values {
			p.Levels = append(p.Levels, l.String())
		}
		out = append(out, p)
	}
	return out
}

// ChangeLevels changes one set of a person.
func (b backOffice) ChangeLevels(ctx context.Context, c model.Caller, user model.UserID, change web.LevelsRequest) (web.LevelsChanged, error) {
	ctx = engine.Sensitive(ctx)
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return web.LevelsChanged{}, err
	}
	by := maker(ctx, c)
	b.letFinish(ctx, c.Tenant, change, by, user)
	return b.changeLevels(ctx, c.Tenant, user, change, by, 0)
}

// ChangeCategoryLevels changes one set of everybody who has a label, one person after the other. Each is done whole or
// refused whole; it may be repeated.
func (b backOffice) ChangeCategoryLevels(ctx context.Context, c model.Caller, category string, change web.LevelsRequest) ([]web.LevelsResult, error) {
	ctx = engine.Sensitive(ctx)
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return nil, err
	}
	if people, _ := builtin().Spec(model.People); !c.Scopes.Reads(people.Name) {
		return nil, model.ErrScoped // or it would tell who has the label
	}
	if _, err := changeOf(change); err != nil {
		return nil, err
	}
	labelled, err := b.engine.Labelled(ctx, c, category)
	if err != nil {
		return nil, err
	}
	if !change.DryRun && !change.Confirm {
		dry := change
		dry.DryRun = true
		would, err := b.changeEach(ctx, c, labelled, dry)
		if err != nil {
			return nil, err
		}
		if err := b.touchesMany(ctx, c, would); err != nil {
			return nil, err
		}
	}
	var all []model.UserID
	for _, a := range labelled {
		all = append(all, a.User)
	}
	b.letFinish(ctx, c.Tenant, change, maker(ctx, c), all...)
	return b.changeEach(ctx, c, labelled, change)
}

// touchesMany refuses, before the first person is changed, what takes something from more devices than may pass unasked. Each
// change counts those before it inside its own commit too, so that no race lets more pass.
func (b backOffice) touchesMany(ctx context.Context, c model.Caller, would []web.LevelsResult) error {
	var all web.Toll
	for _, r := range would {
		if r.Effect != nil {
			all.Devices = append(all.Devices, r.Effect.Takes.Devices...)
		}
	}
	settings, err := b.engine.Settings(ctx, c.Tenant)
	if err != nil || uint64(len(all.Devices)) <= uint64(settings.AskDevices) {
		return err
	}
	return muchProblem(all)
}

// changeEach changes one set of some people.
func (b backOffice) changeEach(ctx context.Context, c model.Caller, people []storage.Account, change web.LevelsRequest) ([]web.LevelsResult, error) {
	out := []web.LevelsResult{}
	already := 0
	for _, a := range people {
		r := web.LevelsResult{ID: a.User, Login: a.Login, Status: "unchanged"}
		done, err := b.changeLevels(ctx, c.Tenant, a.User, change, maker(ctx, c), already)
		already += len(done.Effect.Takes.Devices)
		switch refused := (*problem.Problem)(nil); {
		case errors.As(err, &refused) && refused.Status < 500:
			r.Status, r.Problem = "refused", refused
		case err != nil:
			return nil, err
		default:
			r.Effect = &done.Effect
			if len(done.Effect.Changes) > 0 || done.Effect.AssignTo != "" {
				r.Status = "changed"
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// Rights is what a person may, permission by permission, and what decides it (domain V17).
func (b backOffice) Rights(ctx context.Context, c model.Caller, user model.UserID) ([]web.Right, error) {
	if err := b.manages(ctx, c, access.WebUsers, access.ReadOnly); err != nil {
		return nil, err
	}
	a, err := b.person(ctx, c.Tenant, func(a storage.Account) bool { return a.User == user })
	if errors.Is(err, model.ErrUnknown) {
		return nil, problem.New("no_user", "")
	}
	if err != nil {
		return nil, err
	}
	sets, err := access.ParseSets(a.Levels)
	if err != nil {
		return nil, fmt.Errorf("read the levels of a user: %w", err)
	}
	settings, err := b.engine.Settings(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	var out []web.Right
	for _, e := range access.Catalogue() {
		gives, why := access.Effective(sets, settings, e.Permission)
		r := web.Right{Set: e.Set.String(), Name: e.Name, Level: why.Level.String(), Gives: gives.String()}
		if why.Capped() {
			r.Setting, r.State = why.Setting.String(), why.State.String()
		}
		out = append(out, r)
	}
	return out, nil
}

// ChangeLevels changes one set of a person, for whoever holds the machine.
func (o *operator) ChangeLevels(ctx context.Context, tenant, login string, change web.LevelsRequest) (web.LevelsChanged, error) {
	t, a, err := o.account(ctx, tenant, login)
	if err != nil {
		return web.LevelsChanged{}, err
	}
	o.letFinish(ctx, t, change, model.UserID{}, a.User)
	return o.changeLevels(ctx, t, a.User, change, model.UserID{}, 0)
}

// letFinish has the phones whose sessions a change of levels will end send what they have first (domain scenario 17). A change
// that is going to be refused disturbs nobody; why it is, the change itself says.
func (o *operator) letFinish(ctx context.Context, t model.TenantID, r web.LevelsRequest, by model.UserID, users ...model.UserID) {
	change, err := changeOf(r)
	if err != nil || r.DryRun {
		return
	}
	var ending []model.Ended
	for _, user := range users {
		would, err := o.engine.ChangeLevels(ctx, t, engine.LevelsChange{
			User: user, By: by, Change: change, Ask: engine.Ask{Confirmed: r.Confirm, Rehearse: true, Strict: true},
		}, o.now())
		if err == nil {
			ending = append(ending, would.Ended...)
		}
	}
	o.gate.Drain(ctx, t, ending...)
}

// changeLevels changes levels in the name of an office user; nobody's is the operator's. The devices whose sessions end
// by it are told when it is durable. already is how many devices the same request has taken from before.
func (o *operator) changeLevels(ctx context.Context, t model.TenantID, user model.UserID, r web.LevelsRequest, by model.UserID, already int) (web.LevelsChanged, error) {
	change, err := changeOf(r)
	if err != nil {
		return web.LevelsChanged{}, err
	}
	done, err := o.engine.ChangeLevels(ctx, t, engine.LevelsChange{
		User: user, By: by, Change: change, Ask: askOf(web.Ask{Confirm: r.Confirm, DryRun: r.DryRun}), Already: already,
	}, o.now())
	if errors.Is(err, model.ErrUnknown) {
		return web.LevelsChanged{}, problem.New("no_user", "")
	}
	if err != nil {
		return web.LevelsChanged{}, told(err)
	}
	if !r.DryRun {
		o.gate.Tell(done.Ended...)
	}
	out := web.LevelsChanged{Effect: web.LevelsEffect{
		DryRun: r.DryRun, Changes: []web.LevelStep{}, EndsMobile: done.EndsMobile, Widens: done.Widens, SessionsEnded: len(done.Ended),
		Takes: tollOf(done.Toll, true),
	}}
	for _, s := range done.Steps {
		out.Effect.Changes = append(out.Effect.Changes, web.LevelStep{Permission: s.Permission.String(), From: s.From.String(), To: s.To.String()})
	}
	if done.Reassigns {
		out.Effect.AssignTo = mayAssign(done.AssignTo)
	}
	out.User, err = userOf(done.Account)
	return out, err
}

// mayAssign is whom somebody may assign, in the form in which it is asked for.
func mayAssign(workers []model.UserID) string {
	if len(workers) == 0 {
		return access.Anyone
	}
	var ids []string
	for _, u := range workers {
		ids = append(ids, u.String())
	}
	return strings.Join(ids, ",")
}

// changeOf reads a request for levels. What its values may be is for [access.Sets.Change] to say.
func changeOf(r web.LevelsRequest) (access.Change, error) {
	set, ok := access.ParseSet(r.Set)
	if !ok {
		return access.Change{}, badRequest("no permission set %q; there are web and mobile", r.Set)
	}
	switch {
	case r.All != "" && r.Levels != nil:
		return access.Change{}, badRequest("it names both levels and a level for all; which is meant?")
	case r.All == "":
		return access.Change{Set: set, Levels: r.Levels}, nil
	}
	for _, l := range []access.Level{access.Full, access.ReadOnly, access.None} {
		if l.String() == r.All {
			return access.Change{Set: set, All: l}, nil
		}
	}
	return access.Change{}, problem.New("bad_level", fmt.Sprintf("Nothing was changed: all of a set can be full, read-only or none, and not %q.", r.All))
}

// levelsProblem is what is told of a change of levels that was refused; nil for any other error.
func levelsProblem(err error) *problem.Problem {
	var beyond *access.BeyondError
	var much *engine.TollError
	var list *engine.AssignToError
	switch {
	case errors.As(err, &list):
		return problem.New("bad_assign_to", "Nothing was changed: "+list.Error()+".")
	case errors.As(err, &beyond):
		return problem.New("not_allowed", fmt.Sprintf("It takes the level %s of %s, which you do not have yourself.", beyond.Level, beyond.Permission))
	case errors.Is(err, access.ErrLevel), errors.Is(err, access.ErrPermission), errors.Is(err, access.ErrOff):
		return problem.New("bad_level", "Nothing was changed: "+err.Error()+".")
	case errors.Is(err, access.ErrNoSet):
		return problem.New("no_set", "")
	case errors.Is(err, engine.ErrLastAdmin):
		return problem.New("last_admin", "")
	case errors.As(err, &much):
		return muchProblem(tollOf(much.Toll, true))
	case errors.Is(err, engine.ErrWidens):
		return problem.New("widens_contractor", "")
	}
	return nil
}
