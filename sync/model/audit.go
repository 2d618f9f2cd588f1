package model

import (
	"context"
	"slices"
)

// AuditKind is what happened, of a line of the audit. The number stands on disk and is never used again.
type AuditKind uint16

// The kinds. Those of a part of the product stand together, with room for more.
const (
	// sessions
	AuditSignIn        AuditKind = 1 // detail: the device's label
	AuditSignInRefused AuditKind = 2 // reason: why; detail: how often
	AuditSignOut       AuditKind = 3
	AuditTakeover      AuditKind = 4 // detail: the device before; the end of its session has a line of its own
	AuditEnd           AuditKind = 5 // reason: the end's; detail: what was typed
	AuditIdentity      AuditKind = 6 // detail: the identity before
	AuditHandIn        AuditKind = 7 // a device begins to hand in, at most once a day
	AuditQuota         AuditKind = 8 // a device has handed in as much as it may for now
	AuditSlots         AuditKind = 9 // of an earlier release: every session ended, since slots were kept by another rule
	AuditTicket        AuditKind = 10
	AuditTicketSpent   AuditKind = 11

	// devices
	AuditDevice        AuditKind = 20 // reason: lost, stolen, in use
	AuditWipe          AuditKind = 21 // requested
	AuditWipeDelivered AuditKind = 22
	AuditWipeConfirmed AuditKind = 23
	AuditWipeCancelled AuditKind = 24

	// people
	AuditAddUser    AuditKind = 40
	AuditPassword   AuditKind = 41
	AuditDeactivate AuditKind = 42
	AuditReactivate AuditKind = 43
	AuditReplace    AuditKind = 44 // detail: who takes over
	AuditReset      AuditKind = 45 // a link was made
	AuditResetUsed  AuditKind = 46
	AuditLink       AuditKind = 47 // detail: the company
	AuditClose      AuditKind = 48
	AuditOpen       AuditKind = 49

	// rights
	AuditLevels    AuditKind = 60
	AuditFeatures  AuditKind = 61
	AuditSent      AuditKind = 62
	AuditConfirmed AuditKind = 63
	AuditExposure  AuditKind = 64
	AuditViewAs    AuditKind = 65
	AuditSettings  AuditKind = 66 // detail: what was and what is

	// the office's API
	AuditAddKey     AuditKind = 80
	AuditRevokeKey  AuditKind = 81
	AuditAddHook    AuditKind = 82
	AuditRemoveHook AuditKind = 83
	AuditRead       AuditKind = 84 // somebody read the audit itself; detail: what of it

	// the server
	AuditTurn AuditKind = 100 // of a day

	// hours
	AuditTimesheet AuditKind = 120 // reason: submit, approve, reopen; detail: its days
	AuditPayroll   AuditKind = 121 // detail: the file and its days

	// held work
	AuditRelease AuditKind = 140 // reason: forced, where it wins over what stands; detail: the change
	AuditDismiss AuditKind = 141 // detail: the change

	// items of review; reason: why, as it was typed; detail: the item's kind and id
	AuditRestore AuditKind = 142 // a value that lost stands again
	AuditAdopt   AuditKind = 143 // what the field proposed stands
	AuditPutAway AuditKind = 144
)

var auditNames = map[AuditKind]string{
	AuditSignIn: "sign-in", AuditSignInRefused: "sign-in refused", AuditSignOut: "sign-out", AuditTakeover: "takeover",
	AuditEnd: "end", AuditIdentity: "new identity", AuditHandIn: "hand-in", AuditQuota: "hand-in quota", AuditSlots: "slots",
	AuditTicket: "ticket", AuditTicketSpent: "ticket spent",
	AuditDevice: "device state", AuditWipe: "wipe", AuditWipeDelivered: "wipe delivered", AuditWipeConfirmed: "wipe confirmed",
	AuditWipeCancelled: "wipe cancelled",
	AuditAddUser:       "add user", AuditPassword: "password", AuditDeactivate: "deactivate", AuditReactivate: "reactivate",
	AuditReplace: "replace", AuditReset: "reset link", AuditResetUsed: "reset link used", AuditLink: "link user",
	AuditClose: "close partner", AuditOpen: "open partner",
	AuditLevels: "levels", AuditFeatures: "features", AuditSent: "rights sent", AuditConfirmed: "rights confirmed",
	AuditExposure: "exposure", AuditViewAs: "view as", AuditSettings: "settings",
	AuditAddKey: "add key", AuditRevokeKey: "revoke key", AuditAddHook: "add webhook", AuditRemoveHook: "remove webhook",
	AuditRead:      "audit read",
	AuditTurn:      "turn",
	AuditTimesheet: "timesheet", AuditPayroll: "payroll",
	AuditRelease: "release", AuditDismiss: "dismiss",
	AuditRestore: "restore", AuditAdopt: "adopt", AuditPutAway: "put away",
}

// String is the kind's name. It is told, and never changed.
func (k AuditKind) String() string { return auditNames[k] }

// ParseAuditKind is the inverse of String; ok is false for any other text.
func ParseAuditKind(text string) (AuditKind, bool) {
	for k, name := range auditNames {
		if name == text {
			return k, true
		}
	}
	return 0, false
}

// AuditKinds is every kind there is, ascending.
func AuditKinds() []AuditKind {
	out := make([]AuditKind, 0, len(auditNames))
	for k := range auditNames {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Actor is who did something: a user, by a key of theirs where Key says so; else whoever holds the machine, or nobody but
// the server.
type Actor struct {
	Kind ActorKind
	User UserID // of ActorUser
	Key  KeyID  // that the user's rights were used by; zero: none
}

// ActorKind is what an actor is. The number stands on disk.
type ActorKind uint8

// The kinds of actors.
const (
	ActorUser     ActorKind = 1
	ActorOperator ActorKind = 2 // whoever holds the machine
	ActorServer   ActorKind = 3 // time, and nobody
)

// Subject is what something was done to.
type Subject struct {
	Kind SubjectKind
	ID   [16]byte // zero where the kind has none
	User UserID   // whose it is; of a user themselves too. Zero: nobody's
}

// SubjectKind is what a subject is. The number stands on disk.
type SubjectKind uint8

// The kinds of subjects.
const (
	SubjectCompany SubjectKind = 1 // the company itself
	SubjectUser    SubjectKind = 2
	SubjectDevice  SubjectKind = 3
	SubjectPartner SubjectKind = 4 // a company outside, by its record of customers
	SubjectKey     SubjectKind = 5
	SubjectHook    SubjectKind = 6
)

// Origin is where a request came from, as far as it is known.
type Origin struct {
	Address string   // of the network, without a port
	Device  DeviceID // that asked, where a device did
	Client  string   // what the caller says it is, at most MaxClient bytes
}

// MaxClient bounds what is kept of what a caller says it is, in bytes.
const MaxClient = 96

type originKey struct{}

// WithOrigin notes where a request came from. It rides in the context on every road that leads to a decision, as a caller
// does, so that each line of the audit has it.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf is where a request came from; zero when nobody noted it.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// AuditEntry is one line of the audit: who did what to whom, when, from where and why. It names people, devices and keys by
// their ids, which are for ever, so that it survives them; it holds no secret and no customer text.
type AuditEntry struct {
	Time    Instant
	Kind    AuditKind
	Actor   Actor
	Subject Subject
	From    Origin
	Reason  string // a word of the kind's own, or what somebody typed
	Detail  string
}
