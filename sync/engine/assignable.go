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

// AssignToError says what is wrong with a list of whom somebody may assign. Nothing was changed.
type AssignToError struct {
	Who string // as they were named; empty: it is the list
	Why string
}

// Error says it in words.
func (e *AssignToError) Error() string {
	if e.Who == "" {
		return access.AssignTo + " " + e.Why
	}
	return fmt.Sprintf("%s names %s, who %s", access.AssignTo, e.Who, e.Why)
}

// assignable takes out of a change of levels whom assign_jobs lets somebody assign: those they have, where it says nothing of it. People
// are named by their ids or their logins. Who has left may stay on a list, and is put on none: they are given nothing
// (domain f.6), and to take them off one that names nobody else would make it anyone. The error is an *[AssignToError].
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
	if n := strings.Count(text, ",") + 1; n > access.MaxWorkers && !planted("list-unbounded") { // before anybody is looked for
		return c, had, tooManyWorkers(n)
	}
	var out []model.UserID
	for who := range strings.SplitSeq(text, ",") {
		who = strings.TrimSpace(who)
		u, why := t.called(who, had)
		if why != "" {
			return c, had, &AssignToError{who, why}
		}
		out = append(out, u)
	}
	slices.SortFunc(out, model.UserID.Compare) // as [access.Sets.Encode] keeps them
	return c, slices.Compact(out), nil
}

// called finds a person by their id or their login, or says why they are on no list. had is who is on it.
func (t *tx) called(who string, had []model.UserID) (u model.UserID, why string) {
	if u.UnmarshalText([]byte(who)) != nil {
		raw, _ := t.row(storage.TableLogins, strings.ToLower(who))
		copy(u[:], raw)
	}
	switch a, ok := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount); {
	case !ok:
		return u, "is nobody of the company"
	case planted("anybody-listed"):
		return u, ""
	case a.Kind == model.Portal:
		return u, "is a client's user of the portal, and is given no work"
	case !a.Active && !slices.Contains(had, u):
		return u, "has left, and is given no work"
	}
	return u, ""
}

// joined are the lists of two people, for the one who takes the other's place.
func joined(workers []model.UserID) ([]model.UserID, error) {
	out := slices.Clone(workers)
	slices.SortFunc(out, model.UserID.Compare)
	if out = slices.Compact(out); len(out) > access.MaxWorkers {
		return workers, tooManyWorkers(len(out))
	}
	return out, nil
}

func tooManyWorkers(n int) error {
	return &AssignToError{"", fmt.Sprintf("names %d people, and at most %d can be named", n, access.MaxWorkers)}
}

// assignTo is whom a person may assign by a list that they have, as who asks is shown them; none: anyone, or they assign nobody.
func (s *subject) assignTo() (out []model.Assignable) {
	if s.who.Sets.At(access.MobileAssignJobs) != access.On || s.who.Kind == model.Desktop {
		return nil
	}
	for _, u := range s.who.Sets.Workers {
		r, shown := s.desk.show(s.record(model.RecordID(u)))
		if !shown {
			continue
		}
		name, _ := r.Find(model.PersonName)
		active, _ := r.Find(model.PersonActive)
		out = append(out, model.Assignable{User: u, Name: name.Text(), Active: active != model.Bool(false)})
	}
	return out
}

// maxNamed is how many people of a list are named in words.
const maxNamed = 5

// assignText says in words whom a list names. Who has left is on it, and is given nothing.
func assignText(list []model.Assignable) string {
	text := fmt.Sprintf("%s is %s, and %s names whom: ", access.MobileAssignJobs, access.On, access.AssignTo)
	for i, one := range list {
		switch {
		case i == maxNamed:
			return text + fmt.Sprintf(" and %d more", len(list)-maxNamed)
		case i > 0:
			text += ", "
		}
		if text += one.Name; !one.Active {
			text += " (has left, and is given nothing)"
		}
	}
	return text
}
