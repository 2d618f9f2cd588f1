package office

import (
	"context"
	"net/http"

	"github.com/fieldsync/fieldsync/sync/model"
)

// User is somebody of the company who may sign in. Levels are by set ("web", "mobile") and permission. Company is the id of
// the record they belong to, as of a [NewUser]; it is empty for whoever sees no customers.
type User struct {
	ID      model.UserID                 `json:"id"`
	Login   string                       `json:"login"`
	Name    string                       `json:"name"`
	Kind    string                       `json:"kind"`
	Active  bool                         `json:"active"`
	Company string                       `json:"company,omitempty"`
	Levels  map[string]map[string]string `json:"levels"`
}

// NewUser is a person to be added. Company is the id of a record; a portal user's client, a subcontractor's company.
type NewUser struct {
	Login    string     `json:"login"`
	Name     string     `json:"name,omitempty"`
	Kind     string     `json:"kind"`
	Role     string     `json:"role,omitempty"`
	Company  string     `json:"company,omitempty"`
	Password string     `json:"password,omitempty"`
	Levels   []LevelSet `json:"levels,omitempty"`
}

// LevelSet is some levels of one set, by permission.
type LevelSet struct {
	Set    string            `json:"set"`
	Levels map[string]string `json:"levels"`
}

// Permission is one of those that there are.
type Permission struct {
	Set    string   `json:"set"`
	Name   string   `json:"name"`
	Levels []string `json:"levels"`
}

type items[T any] struct{ Items []T }

// Users lists the company's people.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	var out items[User]
	err := c.Do(ctx, http.MethodGet, Path("users"), nil, &out)
	return out.Items, err
}

// AddUser adds a person. A login that is there already is a refusal with the code "taken".
func (c *Client) AddUser(ctx context.Context, u NewUser) (User, error) {
	var out User
	err := c.Do(ctx, http.MethodPost, Path("users"), u, &out)
	return out, err
}

// SetLevels changes some levels of one set of a person; the others stay.
func (c *Client) SetLevels(ctx context.Context, id model.UserID, l LevelSet) (User, error) {
	var out User
	err := c.Do(ctx, http.MethodPatch, Path("users", id.String(), "levels", l.Set), l.Levels, &out)
	return out, err
}

// Permissions lists the permissions there are, and what each may be set to.
func (c *Client) Permissions(ctx context.Context) ([]Permission, error) {
	var out items[Permission]
	err := c.Do(ctx, http.MethodGet, Path("levels"), nil, &out)
	return out.Items, err
}
