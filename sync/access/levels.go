package access

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Errors of changes of levels.
var (
	// ErrNoSet says that everything of a set is to be set to a level, and the user does not have the set.
	ErrNoSet = errors.New("the person has no such permission set")
	// ErrOff says that a permission belongs to a feature that is switched off: it is absent, and cannot be set (domain V7).
	ErrOff = errors.New("its feature is switched off")
)

// Change is what is to become of one set: one or more permissions set by name, or the whole set to one level.
type Change struct {
	Set    Set
	Levels map[string]string // by the permission's name; nothing else changes
	All    Level             // Full, ReadOnly or None, and Levels is nil; Absent: what Levels says
}

// AssignTo is the name by which a change of mobile levels says whom assign_jobs lets somebody assign ([Sets.Workers]): people apart by
// commas, or Anyone. It names people, so that it is for the engine to read.
const (
	AssignTo = "assign_to"
	Anyone   = "anyone"
)

// Change is the sets with a change made, under the company's settings: whole, or an error that names what is wrong and
// the sets as they were (domain V2, V13).
func (s Sets) Change(c Change, settings model.Settings) (Sets, error) {
	if c.All != Absent {
		return s.Bulk(c.Set, c.All, settings)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Levels)) {
		if e, ok := Lookup(c.Set, name); ok && settings.Feature(e.Feature) == model.FeatureOff {
			return s, fmt.Errorf("%s: the setting %s is off: %w", e.Permission, e.Feature, ErrOff)
		}
	}
	return s.With(c.Set, c.Levels)
}

// Step is one permission that a change sets otherwise. A level that the set does not have is Absent.
type Step struct {
	Permission Permission
	From, To   Level
}

// Steps is what differs between two states of a user's sets, in the catalogue's order.
func Steps(before, after Sets) []Step {
	var out []Step
	for _, e := range catalogue {
		from, to := before.At(e.Permission), after.At(e.Permission)
		if from != to {
			out = append(out, Step{e.Permission, from, to})
		}
	}
	return out
}

// At is the level that a permission is set to; see [Effective] for what it gives.
func (s Sets) At(p Permission) Level {
	if p >= firstWeb {
		return s.Web[p]
	}
	return s.Mobile[p]
}

// SwitchedOff says whether the principal works in the field and mobile access is off (domain b.3, 2).
func (p Principal) SwitchedOff() bool {
	return (p.Kind == model.Mobile || p.Kind == model.Subcontractor) && p.Sets.Mobile != nil && p.Sets.At(MobileEnabled) != On
}

// SwitchedOn is the principal with mobile access, and otherwise with what they have now.
func (p Principal) SwitchedOn() Principal {
	p.Sets = p.Sets.Clone()
	p.Sets.Mobile[MobileEnabled] = On
	return p
}

// EndsMobile says whether a change of levels ends mobile access: enabled was on and is not any more (domain b.3, 2).
func EndsMobile(before, after Sets) bool {
	return before.At(MobileEnabled) == On && after.At(MobileEnabled) != On
}

// Widens says whether a change of levels shows customers to a contractor from whom they were hidden (domain b.3, 3). A
// level that the set does not have hides them too.
func Widens(kind model.UserKind, before, after Sets) bool {
	return kind == model.Subcontractor && !before.At(MobileCustomers).Reads() && after.At(MobileCustomers).Reads()
}

// BeyondError says that levels are higher on the web than those of whoever would give them, or change their holder.
type BeyondError struct {
	Permission Permission
	Level      Level
}

// Error names the level.
func (e *BeyondError) Error() string {
	return fmt.Sprintf("it takes the level %s of %s", e.Level, e.Permission)
}

// Within checks that the web levels of s are no higher than own: whoever gives levels, or acts for their holder, must not
// gain by it. What a feature brings is an administrator's to give: when it is switched on, nobody has it yet. The error
// is a *[BeyondError].
func (s Sets) Within(own Sets) error {
	for _, e := range catalogue {
		if e.Feature != model.FeatureNone && own.Web[WebAdmin] == Full {
			continue
		}
		if e.Set == Web && s.Web[e.Permission].rank() > own.Web[e.Permission].rank() {
			return &BeyondError{e.Permission, s.Web[e.Permission]}
		}
	}
	return nil
}

// Join is the sets with the levels of another where those are higher, as for whoever takes somebody's place: they lose nothing
// by it. A set that they do not have is the other's.
func (s Sets) Join(other Sets) Sets {
	out := s.Clone()
	assigned, assigns := s.At(MobileAssignJobs) == On, other.At(MobileAssignJobs) == On
	switch {
	case !assigned && assigns:
		out.Workers = slices.Clone(other.Workers)
	case assigned && assigns && (len(s.Workers) == 0 || len(other.Workers) == 0):
		out.Workers = nil // anybody
	case assigned && assigns:
		out.Workers = append(out.Workers, other.Workers...) // Encode keeps each once
	}
	out.Web, out.Mobile = higher(out.Web, other.Web), higher(out.Mobile, other.Mobile)
	return out
}

func higher(own, other map[Permission]Level) map[Permission]Level {
	if own == nil {
		return maps.Clone(other)
	}
	for p, l := range other {
		if l.rank() > own[p].rank() {
			own[p] = l
		}
	}
	return own
}

// rank orders levels by what they let do.
func (l Level) rank() int {
	switch l {
	case ReadOnly:
		return 1
	case EditOwn:
		return 2
	case Full, On:
		return 3
	default:
		return 0
	}
}

// Settle is the sets as they are under the company's settings: the permissions of a feature that is switched off are
// absent, and those of one that is there and was absent take their default (domain V7, b.3, 6). A set that the user does
// not have stays so.
func (s Sets) Settle(settings model.Settings) Sets {
	out := s.Clone()
	for _, e := range catalogue {
		m := out.Mobile
		if e.Set == Web {
			m = out.Web
		}
		switch {
		case m == nil || e.Feature == model.FeatureNone:
		case settings.Feature(e.Feature) == model.FeatureOff:
			delete(m, e.Permission)
		case m[e.Permission] == Absent:
			m[e.Permission] = e.Default
		}
	}
	return out
}
