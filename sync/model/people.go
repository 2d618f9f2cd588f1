package model

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
	AutoAccept     bool // assignments need no answer
	CompletionRule CompletionRule
	SlotPerKind    bool  // one slot per user and kind instead of per user (domain A6)
	HandInWindow   int64 // milliseconds after the end of an epoch; later hand-ins are held
}

// DefaultSettings is what a new company starts with.
func DefaultSettings() Settings {
	return Settings{HiddenJobCard: CardSiteOnly, CompletionRule: CompleteLead, HandInWindow: 14 * 24 * 3600 * 1000}
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

// CompletionRule says when a job with several workers is complete (domain (d)).
type CompletionRule uint8

// The rules.
const (
	CompleteLead CompletionRule = iota + 1
	CompleteAll
	CompleteAny
)
