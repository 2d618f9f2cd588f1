package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// assignable takes out of a change of levels whom assign_jobs lets somebody assign: those they have, where it says nothing of it. People
// are named by their ids or their logins.
func (t *tx) assignable(c access.Change, had []model.UserID) (access.Change, []model.UserID, error) {
	text, said := c.Levels[access.AssignTo]
	if c.Set != access.Mobile || !said {
		return c, had, nil
	}
	c.Levels = maps.Clone(c.Levels)
	delete(c.Levels, access.AssignTo)
	if text == access.Anyone {
		return c, nil, nil
	}
	var out []model.UserID
	for who := range strings.SplitSeq(text, ",") {
		u, ok := t.called(strings.TrimSpace(who))
		if !ok {
			return c, had, fmt.Errorf("%s: want logins or ids of people of the company, or %s: %w", access.AssignTo, access.Anyone, access.ErrLevel)
		}
		out = append(out, u)
	}
	slices.SortFunc(out, model.UserID.Compare) // as [access.Sets.Encode] keeps them
	return c, slices.Compact(out), nil
}

// called finds a person by their id or their login.
func (t *tx) called(who string) (u model.UserID, ok bool) {
	if u.UnmarshalText([]byte(who)) != nil {
		raw, _ := t.row(storage.TableLogins, strings.ToLower(who))
		copy(u[:], raw)
	}
	_, ok = t.row(storage.TableAccounts, string(u[:]))
	return u, ok
}
