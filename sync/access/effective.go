package access

import (
	"github.com/fieldsync/fieldsync/sync/model"
)

// Why is what decided a right: what the user's set says, and the setting of the company that caps it, if one does.
type Why struct {
	Level   Level // as set; Absent: the set does not have the permission, or the user has no such set
	Setting model.Feature
	State   model.FeatureState // of that setting
}

// Capped says whether the setting gives less than the set.
func (w Why) Capped() bool { return w.Setting != model.FeatureNone }

// Effective is the right that a permission gives: the level of the user's set and what the company's settings leave of
// it, whichever is less (domain V17). It is the only place where the two meet. Absent means that there is no such right
// to have: the feature is switched off (domain V7), or the user does not have the set.
func Effective(s Sets, settings model.Settings, p Permission) (Level, Why) {
	set := s.Mobile
	if p >= firstWeb {
		set = s.Web
	}
	w := Why{Level: set[p]}
	feature := features[p]
	state := settings.Feature(feature)
	got := capped(w.Level, state)
	if got == w.Level && state <= model.FeatureReadOnly {
		return got, w
	}
	w.Setting, w.State = feature, state
	return got, w
}

// capped is what a feature's state leaves of a level.
func capped(l Level, s model.FeatureState) Level {
	switch {
	case s == model.FeatureOn, planted("settings-forgotten"), s == model.FeatureReadOnly && !l.Reads():
		return l
	case s == model.FeatureReadOnly:
		return ReadOnly
	default:
		return Absent
	}
}

// features is the feature of every permission.
var features = func() (out [256]model.Feature) {
	for _, e := range catalogue {
		out[e.Permission] = e.Feature
	}
	return out
}()
