package access

import (
	"fmt"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Rule names what a decision rests on. The texts are the API's, and are never changed.
type Rule string

// The rules.
const (
	RuleKind       Rule = "kind"           // what users of this kind are and are not given (domain b.2)
	RuleLevel      Rule = "level"          // what a permission is set to (b.1)
	RuleSetting    Rule = "setting"        // a setting of the company (V17, H3)
	RuleAssignment Rule = "assignment"     // who is assigned to the job, or made it (W11)
	RuleAudience   Rule = "audience"       // whom the record's label names (S10), or an audience that is everybody's
	RuleOwner      Rule = "owner"          // whom the record is about, or who said or made it
	RuleCompany    Rule = "company"        // the company it belongs to, or its crew (W21, W24)
	RuleUnlinked   Rule = "company_link"   // a portal user who is linked to no company (W31)
	RuleClosed     Rule = "company_closed" // the access of their company is closed (W50)
	RuleAccount    Rule = "account"        // a person who is not active, or has no permissions for such a session (W32, V1)
	RuleClass      Rule = "class"          // the class of a field, which nobody of the kind sees there
	RuleWriter     Rule = "writer"         // what the table of the model lets nobody of the kind write
	RuleParent     Rule = "parent"         // what it hangs on is not there for them
	RuleDeleted    Rule = "deleted"
	RuleMissing    Rule = "missing" // there is none
	RuleWindow     Rule = "window"  // the days in which phones carry the job
)

// Ground is a decision and what it rests on.
type Ground struct {
	Allow      bool
	Rule       Rule
	Permission Permission         // of RuleLevel, and wherever a level was needed besides; 0: none
	Level      Level              // what it is set to
	Setting    string             // of RuleSetting: its name
	State      string             // what it is set to
	Through    model.AudienceKind // the kind of audience it is shown through; of RuleWindow: AudienceRefs, where several jobs decide
	Label      string             // of RuleAudience: the record's
	Class      model.Class        // of RuleClass
	Since      string             // the first day on which phones carry the job; empty: they always did, or never will
	Until      string             // the last; empty: as long as it is open
}

// String says in words why.
func (g Ground) String() string {
	switch g.Rule {
	case RuleLevel:
		return fmt.Sprintf("%s is %s", g.Permission, g.Level)
	case RuleSetting:
		return "the company's setting " + g.Setting + " is " + g.State
	case RuleAssignment:
		return g.assignment()
	case RuleAudience:
		if g.Allow {
			return "it is for everybody"
		}
		return "it is for others: " + or(g.Label, LabelInternal)
	case RuleClass:
		return "fields of the class " + g.Class.String() + " are not theirs to see there"
	case RuleWindow:
		return g.window()
	default:
		return said[g.Rule][yes(g.Allow)]
	}
}

// window says when phones carry a job that they do not carry today.
func (g Ground) window() string {
	switch {
	case g.Through == model.AudienceRefs:
		return "it belongs to jobs of theirs that phones do not carry today"
	case g.Until != "":
		return "phones carried the job until " + g.Until
	case g.Since != "":
		return "phones carry the job from " + g.Since
	default:
		return "the job was called off before phones carried it"
	}
}

func (g Ground) assignment() string {
	text := "the job it belongs to is not theirs"
	if g.Allow {
		text = "the job it belongs to is theirs"
	}
	if g.Allow && g.Through == model.AudienceRefs {
		text = "it belongs to a job of theirs"
	}
	if g.Permission != 0 {
		text += fmt.Sprintf(", and %s is %s", g.Permission, g.Level)
	}
	return text
}

// said is what a rule says when it denies, and when it allows.
var said = map[Rule][2]string{
	RuleKind:     {"users of this kind are not given it", "users of this kind are given it"},
	RuleOwner:    {"it is somebody else's", "it is theirs: about them, or said or made by them"},
	RuleCompany:  {"it is another company's", "it is their company's"},
	RuleUnlinked: {"they are linked to no company yet", "they are linked to a company"},
	RuleClosed:   {"the access of their company is closed", ""},
	RuleAccount:  {"they may not sign in so: they are not active, or have no permissions for such a session", "they may sign in"},
	RuleWriter:   {"nobody of this kind writes it", "whoever sees it may write it"},
	RuleParent:   {"what it hangs on is not there for them", "what it hangs on is there for them"},
	RuleDeleted:  {"it is deleted", ""},
	RuleMissing:  {"there is none", ""},
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// levelled is a decision by a right, or by the setting of the company that takes it away (domain V17).
func (p Principal) levelled(perm Permission, allows func(Level) bool) Ground {
	l, why := Effective(p.Sets, p.Settings, perm)
	g := Ground{Allow: allows(l), Rule: RuleLevel, Permission: perm, Level: l}
	if why.Capped() && !g.Allow && allows(why.Level) {
		g.Rule, g.Level, g.Setting, g.State = RuleSetting, why.Level, why.Setting.String(), why.State.String()
	}
	return g
}

func (p Principal) reads(perm Permission) Ground { return p.levelled(perm, Level.Reads) }

func (p Principal) on(perm Permission) Ground {
	return p.levelled(perm, func(l Level) bool { return l == On })
}

func (p Principal) full(perm Permission) Ground {
	return p.levelled(perm, func(l Level) bool { return l == Full })
}

// card is a decision by the company's job-card setting.
func (p Principal) card(allow bool) Ground {
	return Ground{Allow: allow, Rule: RuleSetting, Setting: "hidden_job_card", State: p.Settings.HiddenJobCard.String()}
}

func rule(r Rule, allow bool) Ground { return Ground{Allow: allow, Rule: r} }

// and needs both: it is the first that denies, or else the second.
func (g Ground) and(h Ground) Ground {
	if g.Allow {
		return h
	}
	return g
}

// or needs one of two that are alike: the first is told when neither allows.
func (g Ground) or(h Ground) Ground {
	if !g.Allow && h.Allow {
		return h
	}
	return g
}

// otherwise needs one of two, the second where the first fails: then the second decides.
func (g Ground) otherwise(h Ground) Ground {
	if g.Allow {
		return g
	}
	return h
}

// not is the opposite, on the same ground.
func (g Ground) not() Ground {
	g.Allow = !g.Allow
	return g
}
