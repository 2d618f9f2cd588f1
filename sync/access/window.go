package access

import "github.com/fieldsync/fieldsync/sync/model"

// Dates is what of a job decides when phones carry it, as days in the zone of the company's window.
type Dates struct {
	Planned model.Day // the day it is planned for; NoDay: it has no date
	Ended   model.Day // the day it was completed, closed or cancelled; NoDay: it is open
	Begun   bool      // somebody is on the way, or has started
}

// Span is a job's place in the window.
type Span struct {
	In    bool      // phones carry it today
	Since model.Day // the first day it is carried; NoDay: it always was
	Until model.Day // the last day it is carried; NoDay: as long as it is open
	Due   model.Day // the first day on which In is another, if nothing happens to the job; NoDay: it stays so
}

// InWindow says whether phones carry a job on a day (issue 4, DESIGN §12.13): an open one always, but for one planned
// beyond the window that nobody has begun, which comes in when its time comes; one that is over for some days after it
// ended, unless it was called off before it ever came in.
func InWindow(w model.Window, d Dates, today model.Day) Span {
	s := Span{In: true, Since: model.NoDay, Until: model.NoDay, Due: model.NoDay}
	if w == (model.Window{}) {
		return s
	}
	if d.Planned != model.NoDay && !d.Begun {
		s.Since = d.Planned - model.Day(w.Future)
	}
	if d.Ended == model.NoDay {
		if s.In = s.Since <= today; !s.In {
			s.Due = s.Since
		}
		return s
	}
	if s.Since > d.Ended {
		return Span{Since: model.NoDay, Until: model.NoDay, Due: model.NoDay}
	}
	s.Until = d.Ended + model.Day(w.Past)
	if s.In = today <= s.Until; s.In {
		s.Due = s.Until + 1
	}
	return s
}

// Windowed says whether the audiences of a kind are of the field's devices, which carry the work of their time alone.
// The office, portals and what is a person's own are not Windowed.
func Windowed(k model.AudienceKind) bool {
	switch k {
	case model.AudienceWork, model.AudienceRefs, model.AudienceCards, model.AudienceContacts, model.AudienceTravel,
		model.AudienceBills, model.AudienceCrew, model.AudienceTeam:
		return true
	default:
		return false
	}
}
