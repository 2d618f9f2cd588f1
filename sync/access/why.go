package access

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Audience says why the principal is in an audience, or is not.
func (r *Rights) Audience(name model.AudienceName) Ground {
	return r.first(func(l *line) bool { return l.classes == 0 && l.audience == name }, rule(RuleKind, false))
}

// Collection says why anything of a collection can be seen at all, or not: some of the audiences that its records can be
// in is given. What is not in a view is as if it did not exist.
func (r *Rights) Collection(c model.Collection) Ground {
	reach := reachable[c]
	return r.first(func(l *line) bool { return l.classes == 0 && slices.Contains(reach, l.audience.Kind) }, rule(RuleKind, false))
}

// Class says why fields of a class are seen in a collection, or are not.
func (r *Rights) Class(c model.Collection, class model.Class) Ground {
	if class == model.ClassStructure {
		return rule(RuleKind, true) // everybody who sees the record
	}
	return r.first(func(l *line) bool { return l.classes.Has(class) && (l.in == 0 || l.in == c) }, Ground{Rule: RuleClass, Class: class})
}

// first is the ground of the first of some lines that gives, or else of the first of them, or else another one.
func (r *Rights) first(of func(*line) bool, none Ground) Ground {
	g, found := none, false
	for i := range r.lines {
		l := &r.lines[i]
		if found && !l.ground.Allow || !of(l) {
			continue
		}
		if l.ground.Allow {
			return l.ground
		}
		g, found = l.ground, true
	}
	return g
}

// Inside says why a record is shown that is in an audience of the principal's.
func (r *Rights) Inside(name model.AudienceName) Ground {
	g := r.Audience(name)
	g.Through = name.Kind
	if by := belonging(name.Kind); by != "" {
		g.Rule = by
	}
	if g.Rule == RuleKind && name.Kind == model.AudienceReference {
		g.Rule = RuleAudience
	}
	return g
}

// belonging is why a record is in an audience of one user or one company.
func belonging(k model.AudienceKind) Rule {
	switch k {
	case model.AudienceWork, model.AudienceRefs, model.AudienceContacts, model.AudienceBills, model.AudienceCards, model.AudienceTravel,
		model.AudiencePeers, model.AudienceTeam, model.AudienceGear:
		return RuleAssignment
	case model.AudienceOwn, model.AudienceHours:
		return RuleOwner
	case model.AudienceCompany, model.AudienceCrew:
		return RuleCompany
	default:
		return ""
	}
}

// Outside says why a record is not shown that is in none of the principal's audiences; in are those that it is in, c the
// people around it. What the principal would be shown but for a level or a setting is told before whose the record is.
func (r *Rights) Outside(spec *model.Spec, in []model.AudienceName, c Circle) Ground {
	other := r.onAnotherDay(spec, c)
	if r.inAny(other) {
		g := Ground{Rule: RuleWindow}
		if len(c.Away) > 0 {
			g.Through = model.AudienceRefs
		}
		return g
	}
	in = append(in, other...)
	for i := range r.lines {
		if l := &r.lines[i]; l.classes == 0 && !l.ground.Allow && slices.Contains(in, l.audience) {
			return l.ground
		}
	}
	_, labelled := spec.Named("audience")
	if labelled && slices.Contains(c.Assignees, r.who.User) {
		return Ground{Rule: RuleAudience, Label: c.NoteAudience}
	}
	for _, kind := range scopeKinds[spec.Scope] {
		for i := range r.lines {
			l := &r.lines[i]
			if by := belonging(kind); by != "" && l.classes == 0 && l.audience.Kind == kind && l.ground.Allow {
				return rule(by, false)
			}
		}
	}
	return r.Collection(spec.No).and(rule(RuleKind, false))
}

// onAnotherDay is the audiences that a record would be in, were it not for the window.
func (r *Rights) onAnotherDay(spec *model.Spec, c Circle) names {
	var n names
	if c.Outside {
		c.Outside = false
		n = Audiences(spec, c)
	}
	kind := model.AudienceRefs
	if spec.Scope == model.ScopePeople {
		kind = model.AudiencePeers
	}
	n.users(kind, c.Away)
	return n
}

// inAny says whether the principal is in one of some audiences.
func (r *Rights) inAny(in []model.AudienceName) bool {
	return slices.ContainsFunc(r.lines, func(l line) bool {
		return l.classes == 0 && l.ground.Allow && slices.Contains(in, l.audience)
	})
}

// Enter says whether a user whose account is of a kind may have a session as a principal: of their own kind, or, as one
// of the office, of their mobile set. Web rights alone open no phone, and a phone that is switched off opens for nobody
// (domain W10, V1, V20). A portal account is linked before it opens anything (W31).
func Enter(own model.UserKind, p Principal) Ground {
	if p.Kind != own && (own != model.Desktop || p.Kind != model.Mobile) {
		return rule(RuleKind, false)
	}
	switch p.Kind {
	case model.Desktop:
		return rule(RuleAccount, p.Sets.Web != nil)
	case model.Mobile, model.Subcontractor:
		if p.Sets.Mobile == nil {
			return rule(RuleAccount, false)
		}
		return p.on(MobileEnabled)
	default:
		return rule(RuleUnlinked, !p.Company.IsZero())
	}
}
