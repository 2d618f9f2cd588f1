package access

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Sets is a user's two permission sets. A session uses one of them: web rights never leak into a mobile session and
// vice versa (domain V20). A nil map is a set the user does not have.
type Sets struct {
	Web, Mobile map[Permission]Level
	Workers     []model.UserID // whom MobileAssignJobs lets them assign; empty: anyone
}

// MaxWorkers is how many people a list of whom somebody may assign names at most: more is anyone, or a company that is
// better divided. It is asked when the list is made.
const MaxWorkers = 200

// Errors of permission sets.
var (
	// ErrSets says that stored sets cannot be read: the rights are unknown, not absent.
	ErrSets = errors.New("not permission sets of a known version")
	// ErrLevel says that a permission does not have this level.
	ErrLevel = errors.New("no such level of this permission")
	// ErrPermission says that there is no such permission.
	ErrPermission = errors.New("no such permission")
)

const setsVersion = 1

// Encode is the sets as bytes for the disk: version, then each set as its size plus one (0: the user has no such
// set) and pairs of permission and level ascending by permission, then the workers. Equal sets encode equally.
func (s Sets) Encode() []byte {
	out := []byte{setsVersion}
	for _, set := range []map[Permission]Level{s.Web, s.Mobile} {
		if set == nil {
			out = append(out, 0)
			continue
		}
		at := len(out)
		out = append(out, 1)
		for _, p := range slices.Sorted(maps.Keys(set)) {
			if set[p] != Absent {
				out = append(out, byte(p), byte(set[p]))
				out[at]++
			}
		}
	}
	workers := slices.Clone(s.Workers)
	slices.SortFunc(workers, model.UserID.Compare)
	for _, w := range slices.Compact(workers) {
		if !w.IsZero() {
			out = append(out, w[:]...)
		}
	}
	return out
}

// ParseSets is the inverse of [Sets.Encode].
func ParseSets(data []byte) (Sets, error) {
	var s Sets
	if len(data) == 0 || data[0] != setsVersion {
		return s, ErrSets
	}
	rest := data[1:]
	var ok bool
	if s.Web, rest, ok = parseSet(rest, Web); !ok {
		return Sets{}, ErrSets
	}
	if s.Mobile, rest, ok = parseSet(rest, Mobile); !ok {
		return Sets{}, ErrSets
	}
	var last model.UserID
	for ; len(rest) >= len(last); rest = rest[len(last):] {
		w := model.UserID(rest[:len(last)])
		if bytes.Compare(w[:], last[:]) <= 0 {
			return Sets{}, ErrSets
		}
		s.Workers, last = append(s.Workers, w), w
	}
	if len(rest) != 0 {
		return Sets{}, ErrSets
	}
	return s, nil
}

func parseSet(data []byte, which Set) (set map[Permission]Level, rest []byte, ok bool) {
	if len(data) == 0 {
		return nil, nil, false
	}
	n := int(data[0]) - 1
	data = data[1:]
	if n < 0 {
		return nil, data, true
	}
	if len(data) < 2*n {
		return nil, nil, false
	}
	set = make(map[Permission]Level, n)
	last := -1
	for i := range n {
		p, l := Permission(data[2*i]), Level(data[2*i+1])
		if int(p) <= last || !p.fits(which, l) {
			return nil, nil, false
		}
		set[p], last = l, int(p)
	}
	return set, data[2*n:], true
}

// ParseLevel reads the value of a permission as a person or an API writes it: "full", "read-only", "none",
// "edit-own", "hidden", "on", "off". A level that the permission does not have is refused by name (domain V2, V8, V9).
func ParseLevel(e Entry, text string) (Level, error) {
	for _, l := range e.Values {
		if l.String() == text {
			return l, nil
		}
	}
	return Absent, fmt.Errorf("%s.%s: %q is none of %v: %w", e.Set, e.Name, text, e.Values, ErrLevel)
}

// With is the sets with some permissions of one set changed, by name. An unknown permission or an illegal level is
// refused and names itself; then nothing is changed (domain V2).
func (s Sets) With(set Set, values map[string]string) (Sets, error) {
	out := s.Clone()
	m := out.of(set)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		e, ok := Lookup(set, name)
		if !ok {
			return s, fmt.Errorf("%s.%s: the set %s has %s: %w", set, name, set, strings.Join(namesOf(set), ", "), ErrPermission)
		}
		l, err := ParseLevel(e, values[name])
		if err != nil {
			return s, err
		}
		m[e.Permission] = l
	}
	return out, nil
}

// Bulk is the sets with every permission of one set set to one level (domain b.3, V13–V15): None of mobile customers is
// Hidden, checkboxes are on for Full and off for the others. Permissions of features that are switched off stay absent;
// nothing else stays as it was. Hidden and Edit Own are no targets, and a set that the user does not have is [ErrNoSet].
func (s Sets) Bulk(set Set, level Level, settings model.Settings) (Sets, error) {
	if level != Full && level != ReadOnly && level != None && !planted("any-level-for-all") {
		return s, fmt.Errorf("set all to %s: there are full, read-only and none: %w", level, ErrLevel)
	}
	if set == Web && s.Web == nil || set == Mobile && s.Mobile == nil {
		return s, fmt.Errorf("set all of %s: %w", set, ErrNoSet)
	}
	out := s.Clone()
	m := out.of(set)
	for _, e := range catalogue {
		if e.Set == set && (settings.Feature(e.Feature) != model.FeatureOff || planted("absent-set-too")) {
			m[e.Permission] = bulk(e, level)
		}
	}
	return out, nil
}

// namesOf are the permissions of a set.
func namesOf(set Set) (out []string) {
	for _, e := range catalogue {
		if e.Set == set {
			out = append(out, e.Name)
		}
	}
	return out
}

func bulk(e Entry, level Level) Level {
	switch {
	case slices.Contains(e.Values, level):
		return level
	case e.Control == Checkbox && (level == Full || level == ReadOnly && planted("read-only-keeps-boxes")):
		return On
	case e.Control == Checkbox:
		return Off
	case slices.Contains(e.Values, Hidden) && !planted("none-of-customers"):
		return Hidden
	default:
		return None // of None and Full alone, such as admin: what is not Full is None
	}
}

// Clone is a copy that shares nothing with s.
func (s Sets) Clone() Sets {
	return Sets{Web: maps.Clone(s.Web), Mobile: maps.Clone(s.Mobile), Workers: slices.Clone(s.Workers)}
}

// of is the map of a set, made when it is not there.
func (s *Sets) of(set Set) map[Permission]Level {
	m := &s.Mobile
	if set == Web {
		m = &s.Web
	}
	if *m == nil {
		*m = map[Permission]Level{}
	}
	return *m
}
