package model

import (
	"errors"
	"fmt"
	"slices"
)

// SignIn asks for a user's slot. The password has been checked by then, or is stood for by a ticket.
type SignIn struct {
	Tenant    TenantID
	User      UserID
	Kind      UserKind
	Device    DeviceID // zero: a device that is new here; else the device that proves PublicKey
	PublicKey []byte   // P-256, uncompressed point
	Label     string   // what its owner calls it: "Pixel 9"
	Platform  string
	App       string
	TokenHash [32]byte // SHA-256 of the session token; the token itself is never stored
	TakeOver  Epoch    // the epoch the user was told about; 0: ask first (write-verification W18)
	Rehearse  bool     // nothing is written: the answer is what would come of it now
	Ticket    [32]byte // SHA-256 of the ticket that stands for the password, spent with this; zero: the password was checked
	Checked   string   // PHC string that the password was checked against, which must be the user's still; empty with a ticket
}

// SignedIn is a slot taken.
type SignedIn struct {
	Device  DeviceID
	Session SessionID
	Epoch   Epoch
	Ended   []Ended // the sessions that ended by it; more than one only after the company made do with one slot for all kinds
}

// Ended is a session that is over: who is to be told.
type Ended struct {
	Tenant  TenantID
	User    UserID
	Device  DeviceID
	Session SessionID
	Epoch   Epoch
	Reason  EndReason
	By      UserID // the person who ended it; zero: nobody did
	At      Instant
	Unsent  uint32 // as last reported
	Note    string // what whoever ended it typed for the user to read; may be empty
	Waits   bool   // what is handed in now is not decided by the rules, whatever ended the session: it waits for the office
}

// Fate is what happens to what is unsent. A stolen device's is FateRefused, which no end says: that is the office's choice about
// the device (domain f.5).
func (e Ended) Fate() Fate {
	switch {
	case e.Waits:
		return FateHeld
	case e.Reason == EndNone:
		return FateUnsaid
	default:
		return FateHandIn
	}
}

// EndReason says why a session ended, in a device's words of domain F5. Close codes are SPEC.md's.
type EndReason uint8

// The reasons. Their numbers stand on the wire and on disk.
const (
	EndNone       EndReason = 0
	EndSuperseded EndReason = 1  // by the user's other device
	EndOffice     EndReason = 2  // ended by the office
	EndReset      EndReason = 3  // password reset
	EndRemoved    EndReason = 4  // user removed
	EndRevoked    EndReason = 5  // device lost or stolen
	EndSignedOut  EndReason = 6  // by the user, on this device
	EndDisabled   EndReason = 7  // mobile access switched off
	EndUnlinked   EndReason = 8  // portal account not linked
	EndIdentity   EndReason = 9  // the device got a new identity: a clone or a phone restored from a backup
	EndExpired    EndReason = 10 // the token is older, or was quiet longer, than the company lets one be
)

var endNames = [...]string{
	"", "superseded", "office", "password_reset", "removed", "revoked", "signed_out", "disabled", "unlinked", "new_identity",
	"expired",
}

// String is the reason's name. It is told, and never changed.
func (r EndReason) String() string {
	if int(r) >= len(endNames) {
		return ""
	}
	return endNames[r]
}

// LastEnd is the highest reason there is.
const LastEnd = EndExpired

// Fate says what happens to the unsent work of a device whose session has ended (domain F5, W42).
type Fate uint8

// The fates. Their numbers stand on the wire.
const (
	FateUnsaid  Fate = 0 // it is not known here: the code's range says what a device does
	FateHandIn  Fate = 1 // it is handed in, and decided by the rules
	FateHeld    Fate = 2 // it is handed in, and waits for the office, all but hours
	FateRefused Fate = 3 // nothing is taken from this device
)

var fateNames = [...]string{"", "handed in", "held", "refused"}

// String is the fate's name; empty when it is not known.
func (f Fate) String() string {
	if int(f) >= len(fateNames) {
		return ""
	}
	return fateNames[f]
}

// EndChoice is how the office ends a session (domain F14).
type EndChoice uint8

// The choices. Their numbers stand on disk.
const (
	EndDrain  EndChoice = 1 // a device that can be reached sends what it has first
	EndNow    EndChoice = 2
	EndRevoke EndChoice = 3 // at once, and the device is lost: nobody signs in on it until it is found
)

var choiceNames = [...]string{"", "drain", "now", "revoke"}

// String is the choice's name.
func (c EndChoice) String() string {
	if int(c) >= len(choiceNames) {
		return ""
	}
	return choiceNames[c]
}

// ParseEndChoice is the inverse of String; ok is false for any other text.
func ParseEndChoice(text string) (EndChoice, bool) {
	i := slices.Index(choiceNames[:], text)
	return EndChoice(max(i, 0)), i > 0
}

// Ending is an end that somebody asks for.
type Ending struct {
	User     UserID
	Epoch    Epoch // 0: every live session of the user
	Reason   EndReason
	By       UserID    // the person who asks; zero: the operator, or nobody
	Choice   EndChoice // of the office; 0: none was made
	Note     string    // what they typed for the user to read, at most MaxNote bytes
	Rehearse bool      // nothing is written: the answer is what would end
}

// MaxNote bounds what somebody types as the reason of an end, in bytes.
const MaxNote = 256

// Active is the error of a sign-in that another live device stands in the way of.
type Active struct {
	Policy SlotPolicy // of SlotRefuse there is nothing to say yes to
	Epoch  Epoch      // to be repeated as TakeOver
	Device string
	Seen   Instant
	Unsent uint32
}

// Error says who is active.
func (a *Active) Error() string { return fmt.Sprintf("active elsewhere: %s", a.Device) }

// EndedError is the error of a live request under an epoch that is over.
type EndedError struct{ Ended Ended }

// Error says so.
func (e *EndedError) Error() string { return "the session has ended" }

// QuotaError is the error of a frame on the hand-in lane when the device has handed in as much as it may for now.
type QuotaError struct{ Until Instant }

// Error says so.
func (e *QuotaError) Error() string { return "the device has handed in as much as it may for now" }

// Hello is a connection's beginning, its proof of the device key checked by then.
type Hello struct {
	Tenant    TenantID
	Device    DeviceID
	TokenHash [32]byte // SHA-256 of the session's token, or of a connect ticket
	Token     uint64   // connection token of the last welcome; 0: none
	Next      uint64   // the number of the device's next change
	HandIn    bool     // write-only: the device knows that its session is over
}

// Greeted is what a hello opens.
type Greeted struct {
	Connection Connection
	Kind       UserKind
	Name       string  // of the user
	Reidentify bool    // the device is a twin or restored from a backup: it must take the identity of Connection
	Store      [8]byte // opaque name of the store's present life
	Safe       Instant // changes acknowledged before, by this life of the store, are in every backup that may be restored
	Ended      *Ended  // on the hand-in lane: how the session ended
	Lease      int64   // without a contact for longer, milliseconds, the device shows nothing until it has one
	Until      Instant // when the session ends of itself, at the latest
	Lost       bool    // the device is reported lost: it is wiped when it has handed everything in
}

// KnownDevice is one device of a user, signed in or not.
type KnownDevice struct {
	Device  DeviceID
	User    UserID
	Label   string
	App     string
	State   uint8 // in use, lost, stolen
	Seen    Instant
	Session SessionID // its last
	Epoch   Epoch
	Ended   Instant // of that session
	Reason  EndReason
	By      UserID
	Choice  EndChoice
	Note    string
	Fate    Fate // of what it has unsent, if that session is over
	Report  Report
	Wipe    Wipe
	Confirmation
}

// Wipe is how far the erasing of a device has come that was reported lost or stolen (domain f.5). With no Asked there is none.
type Wipe struct {
	Asked     Instant
	By        UserID  // who asked; zero: the operator
	Note      string  // why, as they typed it
	Delivered Instant // the device was told; it may not have heard. 0: not yet
	Confirmed Instant // the device says that it has erased; 0: it has not
	Erased    uint32  // unsent changes that went with it, as it said
}

// LiveSession is one line of the office's board (domain F14).
type LiveSession struct {
	User     UserID
	Name     string
	Kind     UserKind
	Device   DeviceID
	Label    string
	App      string // its version, as the device said last
	Platform string
	Session  SessionID
	Epoch    Epoch
	Since    Instant
	Seen     Instant
	Report   Report
}

// Storage says whether a device has room for what is made on it: a phone that is full loses work before it is saved, and one
// that runs full may have it thrown away (domain F6, F14).
type Storage uint8

// The states of a device's storage.
const (
	StorageUnknown Storage = iota // it does not say
	StorageFine
	StorageLow  // less than LowSpace is free
	StorageFull // less than FullSpace is free
)

// Free bytes below which a device's storage is a risk. A photograph has some MiB, and a day of work a few dozen.
const (
	LowSpace  = 512 << 20
	FullSpace = 64 << 20
)

var storageNames = [...]string{"unknown", "fine", "low", "full"}

// String is the state's name.
func (s Storage) String() string {
	if int(s) >= len(storageNames) {
		return ""
	}
	return storageNames[s]
}

// Storage is what the free space of a report says.
func (r Report) Storage() Storage {
	switch {
	case r.Space <= 0:
		return StorageUnknown
	case r.Space < FullSpace:
		return StorageFull
	case r.Space < LowSpace:
		return StorageLow
	default:
		return StorageFine
	}
}

// Report is what a device says of itself with every ping (domain F6).
type Report struct {
	Unsent  uint32
	Oldest  Instant // when the oldest unsent change was saved; 0: none
	Space   int64   // free bytes
	Skew    int64   // the phone's clock minus the server's, milliseconds
	Version string
}

// Errors of signing in and of connecting. Unknown tenants, users, devices and tokens are one error: nothing tells
// them apart (domain S2, reliability-security 4.1).
var (
	ErrSignIn   = errors.New("tenant, name or password is wrong")
	ErrToken    = errors.New("not signed in")
	ErrNoLane   = errors.New("this user kind has no field channel")
	ErrNoPortal = errors.New("this user kind has no portal")
	ErrNoKind   = errors.New("this person has no session of that kind")
	ErrNoLink   = errors.New("the account is linked to no company")
	ErrReason   = errors.New("the end of the last administrator's only session wants a reason")
	ErrClosed   = errors.New("the access of this person's company is closed")
	ErrStolen   = errors.New("the device is reported stolen")
	ErrLost     = errors.New("the device is reported lost")
	ErrUnknown  = errors.New("no such record, or not for you")
)

// Login is what signing in looks up by tenant and name.
type Login struct {
	User     UserID
	Name     string
	Kind     UserKind
	Password string // PHC string
	Active   bool
}

// Pull asks for the next page of the feed.
type Pull struct {
	Connection Connection
	Cursor     []byte     // empty: a fresh device
	Waiting    []ChangeID // acknowledged by nobody or not yet named by a checkpoint
	Budget     int        // bytes of rows, at most; 0: the default
	Refresh    bool       // send a checkpoint even when nothing is new: the cursor ages

	// Long is called after every [PullBreath] records that are looked at, from the goroutine that asks: a page that takes long
	// lets others go before it. nil: it does not.
	Long func()
}

// PullBreath is how many records a page looks at in one go: some fractions of a millisecond.
const PullBreath = 128
