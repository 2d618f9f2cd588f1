package model

import (
	"slices"
	"strings"
)

// UserKind is what a user is; one kind per session (domain W1).
type UserKind uint8

// The kinds. Their numbers stand on the wire and on disk.
const (
	Desktop       UserKind = 1
	Mobile        UserKind = 2
	Portal        UserKind = 3 // an external customer
	Subcontractor UserKind = 4
)

var userKindNames = [...]string{"", "desktop", "mobile", "portal", "subcontractor"}

// String is the kind's name.
func (k UserKind) String() string {
	if int(k) >= len(userKindNames) {
		return ""
	}
	return userKindNames[k]
}

// ParseUserKind is the inverse of String; ok is false for any other text.
func ParseUserKind(s string) (UserKind, bool) {
	for k := Desktop; k <= Subcontractor; k++ {
		if userKindNames[k] == s {
			return k, true
		}
	}
	return 0, false
}

// Settings are the company's general settings as far as they change rights and sessions (domain V17, W45).
type Settings struct {
	HiddenJobCard  JobCardRule
	AutoAccept     bool  // assignments need no answer
	OfferStands    int64 // milliseconds after which an offer that nobody answered declines itself (domain T4); 0: it stands
	CompletionRule CompletionRule
	SlotPerKind    bool  // one slot per user and kind instead of per user (domain A6)
	PortalNames    bool  // portals show who comes, by display name (domain W22)
	NoLocations    bool  // where somebody was is kept with nothing (domain E28)
	HoursKeep      int64 // milliseconds that hours, approvals and payroll files are kept; 0: for ever (domain E26)
	HandInWindow   int64 // milliseconds after the end of an epoch; later hand-ins are held
	HistoryKeep    int64 // milliseconds that the history of changes is kept: how long a back office may be away
	// What of a feature there is caps what levels of its permissions give (domain V7, V17).
	Invoices     FeatureState
	Optimization FeatureState
	Window       Window // of the field's work that phones carry
	// A change of rights that takes more than AskShare percent of what a device holds, and at least AskRecords, or takes
	// something from more than AskDevices devices, wants to be confirmed.
	AskShare   uint8
	AskRecords uint32
	AskDevices uint32
	Sessions   SessionRules
	Pay        Pay // how hours are counted
}

// Feature is how much of a feature the company uses; [FeatureNone] is always on.
func (s Settings) Feature(f Feature) FeatureState {
	switch f {
	case FeatureInvoices:
		return s.Invoices
	case FeatureOptimization:
		return s.Optimization
	default:
		return FeatureOn
	}
}

// Feature is a part of the product that a company may do without.
type Feature uint8

// The features. FeatureNone is what a permission belongs to that is always there.
const (
	FeatureNone         Feature = 0
	FeatureInvoices     Feature = 1 // invoices, and the prices of jobs with them: a finance setting
	FeatureOptimization Feature = 2 // route optimization: a general setting
)

var featureNames = [...]string{"", "invoices", "optimization"}

// String is the feature's name, which is that of its setting.
func (f Feature) String() string {
	if int(f) >= len(featureNames) {
		return ""
	}
	return featureNames[f]
}

// FeatureState is how much of a feature a company uses. The number stands on disk.
type FeatureState uint8

// The states.
const (
	FeatureOn       FeatureState = 0
	FeatureReadOnly FeatureState = 1 // it is kept elsewhere, and only looked at here
	FeatureOff      FeatureState = 2 // the permissions that belong to it are absent, which is not None
)

var stateNames = [...]string{"on", "read_only", "off"}

// String is the state's name.
func (s FeatureState) String() string {
	if int(s) >= len(stateNames) {
		return ""
	}
	return stateNames[s]
}

// ParseFeatureState is the inverse of String; ok is false for any other text.
func ParseFeatureState(text string) (FeatureState, bool) {
	i := slices.Index(stateNames[:], text)
	return FeatureState(max(i, 0)), i >= 0
}

// Labels takes a text of labels with commas between apart, as people's categories are kept: each once, in their order.
func Labels(v Value) (out []string) {
	if v.Kind() != KindText {
		return nil
	}
	for label := range strings.SplitSeq(v.Text(), ",") {
		if label = strings.TrimSpace(label); label != "" && !slices.Contains(out, label) {
			out = append(out, label)
		}
	}
	return out
}

// DefaultSettings is what a new company starts with.
func DefaultSettings() Settings {
	return Settings{
		HiddenJobCard: CardSiteOnly, CompletionRule: CompleteLead, HandInWindow: 14 * 24 * 3600 * 1000,
		HistoryKeep: 90 * 24 * 3600 * 1000, Window: DefaultWindow(),
		AskShare: 50, AskRecords: 100, AskDevices: 20, Sessions: DefaultSessionRules(), Pay: DefaultPay(),
	}
}

// JobCardRule says what a user with customers Hidden sees of the site of an assigned job (domain H3).
type JobCardRule uint8

// The rules.
const (
	CardSiteOnly JobCardRule = iota + 1
	CardSiteAndContact
	CardAddressOnTravel // the site, once the user has said that they travel there or have started
	CardFull
)

var jobCardNames = [...]string{"", "site_only", "site_and_contact", "address_on_travel", "full"}

// String is the rule's name.
func (r JobCardRule) String() string {
	if int(r) >= len(jobCardNames) {
		return ""
	}
	return jobCardNames[r]
}

// ParseJobCardRule is the inverse of String; ok is false for any other text.
func ParseJobCardRule(s string) (JobCardRule, bool) {
	for r := CardSiteOnly; r <= CardFull; r++ {
		if jobCardNames[r] == s {
			return r, true
		}
	}
	return 0, false
}

// CompletionRule says when a job with several workers is complete (domain (d)).
type CompletionRule uint8

// The rules.
const (
	CompleteLead CompletionRule = iota + 1
	CompleteAll
	CompleteAny
)
