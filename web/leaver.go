package web

import (
	"encoding/json"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Leaving removes a person from the company.
type Leaving struct {
	Reason string `json:"reason,omitempty" maxLength:"256" doc:"Why, for the person to read on the device."`
	DryRun bool   `json:"dry_run,omitempty" doc:"Change nothing, and say what would change."`
}

// Left is what it comes to that a person leaves, or would.
type Left struct {
	User    User
	DryRun  bool
	Ended   []Ended
	Jobs    int // open jobs that this takes from them
	ToGo    int // of those, how many are still to be taken
	Tickets int // tickets and links that are void
	Keys    int // keys of back ends that are revoked
}

// Replacement puts a person in the place of another one, who leaves.
type Replacement struct {
	Successor model.UserID `json:"successor" doc:"Who takes their place: an active person of the same kind, and of the same company outside."`
	Reason    string       `json:"reason,omitempty" maxLength:"256" doc:"Why, for the person who leaves to read on the device."`
	Ask
}

// Replaced is what it comes to that a person takes the place of another one, or would.
type Replaced struct {
	Left
	Successor User
}

// ResetLink is a one-time link by which a person sets a password. It is told once.
type ResetLink struct {
	Tenant  string        // name of the company
	Secret  Secret        // of POST /v1/reset
	Expires model.Instant // milliseconds since 1970 UTC
}

// ResetPath is where a person opens a link. What names it stands behind the #, which a browser sends to nobody.
const ResetPath = "/reset"

// Page is the path that a person opens with the link, on this server.
func (l ResetLink) Page() string {
	text, _ := json.Marshal(l.Secret) // hexadecimal digits in quotes
	return ResetPath + "#" + l.Tenant + "." + string(text[1:len(text)-1])
}
