package storage

import "github.com/fieldsync/fieldsync/sync/model"

// Tenant is a company's own settings, keys and fields. One row per tenant.
type Tenant struct {
	Name     string
	Keys     []Key    // ring of sealing keys, newest last
	Secret   [32]byte // for job numbers and uniform answers; never leaves the server
	Settings model.Settings
	Custom   []model.Custom
	Views    uint64 // how often something came, or went, that what people see depends on and no account says: an audience of somebody's, a link between clients
}

// Key is one key of the ring. A token names the key that sealed it; an old cursor key means reconcile.
type Key struct {
	ID     uint8
	Secret [32]byte
}

// Account is a person who may sign in. The person's record in People shares its id.
type Account struct {
	User     model.UserID
	Login    string // lower-case e-mail
	Name     string
	Kind     model.UserKind
	Company  model.RecordID
	Levels   []byte // encoded by sync/access: the web and the mobile permission set
	Password string // argon2id, PHC string; empty: none set
	Active   bool
	Version  uint64 // raised by every change of rights

	Removed   model.Instant // when they ceased to be active; 0: they are
	RemovedBy model.UserID  // zero: the operator
	Heir      model.UserID  // who replaced them; zero: nobody
}

// Slot is a user's one live device. Every live commit compares its epoch (domain (f), DESIGN §7).
type Slot struct {
	Epoch   model.Epoch
	Live    bool
	Device  model.DeviceID
	Session model.SessionID
	Kind    model.UserKind
	Since   model.Instant
	Ended   model.Instant // when the epoch before this one ended
	Reason  model.EndReason
	By      model.UserID // who ended it, when a person did
}

// Device is an installation of an app in one user's hands: two users of one phone have a row each, with the same key.
type Device struct {
	ID        model.DeviceID
	User      model.UserID
	PublicKey []byte // P-256, uncompressed
	Label     string
	Platform  string
	App       string
	Token     uint64        // connection token of the last hello
	Previous  uint64        // the one before, good until the new one is used; 0: none
	Unheard   []uint64      // others that were given meanwhile, oldest first: any of them may be the one the device heard of
	Seen      model.Instant // to a minute
	Report    model.Report
	State     uint8           // in use, lost, stolen
	Session   model.SessionID // the last one given to it; an earlier one is forgotten
	Wipe      Wipe
	HandIn    HandIn
}

// Wipe is how far the erasing of a device has come that was reported lost or stolen (domain f.5). With no Asked there is none.
type Wipe struct {
	Asked     model.Instant
	By        model.UserID  // who asked; zero: the operator
	Note      string        // why, as they typed it
	Delivered model.Instant // the device was told; 0: not yet
	Confirmed model.Instant // the device says that it has erased; 0: it has not
	Erased    uint32        // unsent changes that went with it, as it confirmed
}

// HandIn is what a device has handed in on the hand-in lane since a moment, repeats not counted.
type HandIn struct {
	Since   model.Instant
	Changes uint32
	Bytes   uint64
}

// Session is what a token opens. It outlives its end, which the hand-in window is measured from.
type Session struct {
	ID      model.SessionID
	User    model.UserID
	Device  model.DeviceID
	Kind    model.UserKind
	Epoch   model.Epoch // the epoch it was given
	Created model.Instant
	Proven  model.Instant // when the user last showed their password for it; 0: never, the office let them in
	Seen    model.Instant
	Ended   model.Instant
	Reason  model.EndReason // EndNone: it has not ended
	By      model.UserID    // who ended it, when a person did
	Choice  model.EndChoice // how they did; 0: none was made
	Note    string          // what they typed for the user to read
}

// Ticket is good for one thing, once, until it expires. It is kept under the SHA-256 of what its bearer shows.
type Ticket struct {
	Kind    model.TicketKind
	User    model.UserID
	Session model.SessionID // of TicketConnect: whose connection it opens
	As      model.UserKind  // of TicketSignIn: the kind of the session
	Key     [32]byte        // of TicketSignIn: SHA-256 of the one public key that may spend it; zero: any
	Made    model.Instant
	Proven  model.Instant // when its user showed their password for it; 0: they did not
	By      model.UserID  // who made it; zero: the operator
	Expires model.Instant
}

// Outcome is what became of a change, kept under its id.
type Outcome struct {
	Hash    [16]byte // first half of the content hash
	Code    model.Outcome
	Reason  model.Reason
	At      model.Stamp   // position of the decision
	Written model.Stamp   // position of the write, when it took effect; later than At when it was released
	Time    model.Instant // committed time of the final decision: the stub's clock
	Group   model.GroupID
}

// Held is a change that waits for the office, with all that is needed to judge it again.
type Held struct {
	Change model.ChangeID
	Body   string
	Blobs  []string
	Lane   model.Lane
	Kind   model.UserKind
	Author model.UserID
	Device model.DeviceID
	Number uint64
	Since  model.Instant // when it was received
	Skew   int64         // of the phone's clock then, milliseconds
	Reason model.Reason
	Waits  []string // keys of TableWaiting it stands under: what it waits for, 16 bytes each
}

// Closed says that nobody of a partner may sign in.
type Closed struct {
	At model.Instant
	By model.UserID // zero: the operator
}

// Handover is open work of a person who has left, from then until it is taken from them.
type Handover struct {
	By   model.UserID // who removed them; zero: the operator
	Heir model.UserID // who gets it; zero: nobody
}

// Rights is the last change of what a user may see, other than of the data themselves.
type Rights struct {
	Seq  model.Seq // the commit of it
	At   model.Instant
	By   model.UserID // zero: the operator, or what the company works by
	What string
}

// Confirmed is the last checkpoint that a device has shown to hold. It is what the device's own cursor says there: what was
// sent to the device is written down nowhere. With no Seq it has shown to hold none.
type Confirmed struct {
	Seq   model.Seq // the device holds what View shows of this commit
	View  model.View
	Also  model.View // what else its user was shown after that, before a change of rights or an end: it may have been sent
	At    model.Instant
	Until model.Seq // the commit in which its session ended; 0: it has not
	// Of changes of rights: the commit of the last one that it has confirmed, and of the last whose consequences were sent to it.
	Rights   model.Seq
	RightsAt model.Instant
	Sent     model.Seq
	SentAt   model.Instant
}

// AuditEntry is the row of one line of the audit.
type AuditEntry model.AuditEntry
