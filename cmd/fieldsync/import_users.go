package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// users adds the people who are not there yet, and lists everybody. People are no changes: only the operator's API
// makes them, and rights are not a field that merges.
func (im *importer) users(ctx context.Context, sheets []*sheet) ([]web.User, error) {
	var all []web.User
	if err := im.client.do(ctx, http.MethodGet, path("tenants", im.tenant, "users"), nil, &all); err != nil {
		return nil, err
	}
	im.people = map[string]model.UserID{}
	for _, u := range all {
		im.people[u.Login] = u.ID
	}
	for _, s := range sheets {
		if s.kind != "users" {
			continue
		}
		for _, r := range s.rows {
			u, err := im.user(ctx, r)
			if err != nil {
				return nil, err
			}
			if u != nil {
				all = append(all, *u)
				im.people[u.Login] = u.ID
			}
		}
	}
	return all, nil
}

// user adds one; nil when the person is there, or the row has a fault, which is noted. The error is of the server.
func (im *importer) user(ctx context.Context, r row) (*web.User, error) {
	u, err := newUser(r)
	if err != nil {
		im.faults = append(im.faults, err)
		return nil, nil
	}
	if _, there := im.people[u.Login]; there {
		im.tally("users").Known++
		return nil, nil
	}
	if im.check { // nobody is added; any id does for looking at the jobs
		return &web.User{ID: model.UserID{1}, Login: u.Login, Name: u.Name, Kind: u.Kind, Active: true}, nil
	}
	u.Password = im.password
	made := new(web.User)
	err = im.client.do(ctx, http.MethodPost, path("tenants", im.tenant, "users"), u, made)
	var problem *web.Problem
	switch {
	case errors.As(err, &problem) && problem.Status < http.StatusInternalServerError:
		im.faults = append(im.faults, r.faultf("%s: %s", problem.Title, problem.Detail))
		return nil, nil
	case err != nil:
		return nil, err
	}
	im.tally("users").Imported++
	if im.password == "" {
		im.fresh++
	}
	return made, nil
}

// newUser reads a row. Levels are words like "create_job=on customers=hidden", of the set that the kind has; of the
// office also "role=planner".
func newUser(r row) (web.NewUser, error) {
	u := web.NewUser{Login: strings.ToLower(r.cells["email"]), Name: r.cells["name"], Kind: strings.ToLower(r.cells["kind"])}
	kind, ok := model.ParseUserKind(u.Kind)
	switch {
	case !strings.Contains(u.Login, "@"):
		return u, r.faultf("email: %q is none", u.Login)
	case !ok:
		return u, r.faultf("kind: %q is none of desktop, mobile, portal, subcontractor", u.Kind)
	case u.Name == "":
		return u, r.faultf("name is missing")
	}
	set := access.Mobile
	if kind == model.Desktop {
		set = access.Web
	}
	levels := map[string]string{}
	for word := range strings.FieldsFuncSeq(r.cells["levels"], func(c rune) bool { return c == ' ' || c == '|' }) {
		name, level, ok := strings.Cut(word, "=")
		if !ok {
			return u, r.faultf("levels: %q: write PERMISSION=LEVEL, as customers=hidden", word)
		}
		if name == "role" {
			u.Role = level
			continue
		}
		if _, known := access.Lookup(set, name); !known {
			return u, r.faultf("levels: %s users have no permission %q", kind, name)
		}
		levels[name] = level
	}
	if len(levels) > 0 {
		u.Levels = []web.LevelsChange{{Set: set.String(), Levels: levels}}
	}
	return u, nil
}
