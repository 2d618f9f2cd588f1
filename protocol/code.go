package protocol

import "github.com/fieldsync/fieldsync/sync/model"

// Code is a close or error code. Its range says what a device must do, so that an old device knows what to do with a
// new code; SPEC.md §10 says what each means to a person.
//
//	4000–4099  reconnect by itself, with jitter, not before After
//	4100–4199  stop and tell a person; no automatic reconnection
//	4200–4299  wipe this user's data, then stop
//	1–99       (error) this frame was not taken; send it again later
//	100–199    (error) this frame will never be taken; go on without it
type Code uint16

// CodeNone closes a connection on which everything has been said. Recv of the other side returns io.EOF.
const CodeNone Code = 0

// Close codes: come back.
const (
	CodeRestart    Code = 4000 // this server is going away
	CodeSlow       Code = 4001 // the device does not take what is sent to it
	CodeIdle       Code = 4002 // no frame for too long
	CodeOverloaded Code = 4003 // this server has too much to do
	CodeTooMany    Code = 4004 // too many connections or hellos from there
	CodeReplaced   Code = 4005 // a newer connection of this device; the older one must not answer it by a third
	CodeRestored   Code = 4006 // the store begins a new life: re-offer what is kept
	CodeAged       Code = 4007 // the connection is old enough to be moved
	CodeTrouble    Code = 4008 // something inside is wrong; nothing is known of what was not answered
	CodeQuota      Code = 4009 // as much was handed in as may be for now: not before After
)

// Close codes: stop and tell a person. All but CodeRefused and CodeProtocol leave the hand-in lane open.
const (
	CodeSuperseded   Code = 4100 // by the user's other device
	CodeEnded        Code = 4101 // by the office
	CodeReset        Code = 4102 // the password was reset
	CodeRemoved      Code = 4103 // the user is no longer with the company
	CodeRevoked      Code = 4104 // the device was reported lost
	CodeSignedOut    Code = 4105 // by the user, here
	CodeDisabled     Code = 4106 // mobile access is switched off
	CodeUnlinked     Code = 4107 // the portal account is not linked
	CodeTooOld       Code = 4108 // this version is not spoken here any more
	CodeNotSignedIn  Code = 4109 // token or key are not known here: sign in
	CodeRefused      Code = 4110 // another device is live, and the company wants it released first
	CodeProtocol     Code = 4111 // what was sent is not this protocol
	CodeReidentified Code = 4112 // this device got a new identity; say hello with it
	CodeHandedIn     Code = 4113 // everything is handed in; nothing more to do here
	CodeExpired      Code = 4114 // the token is too old: sign in
)

// Close codes: wipe this user's data, then stop.
const (
	CodeStolen    Code = 4200 // nothing is taken from this device
	CodeLostTaken Code = 4201 // reported lost, and what it had is handed in
)

// Error codes: this frame again, later.
const (
	CodeBusy        Code = 1 // too much in flight
	CodeUnavailable Code = 2 // the store does not answer
	CodeOver        Code = 3 // the session has ended meanwhile: hand the changes in
)

// Error codes: this frame never.
const (
	CodeUnknownMessage Code = 100 // a number this server does not know
	CodeLane           Code = 101 // not on this lane: the hand-in lane reads nothing
	CodeTooManyChanges Code = 102 // more than MaxChanges: send them in several
	CodeUnexpected     Code = 103 // not now: a message of the other side, or out of turn
)

var codeNames = map[Code]string{
	CodeNone:    "done",
	CodeRestart: "restart", CodeSlow: "slow", CodeIdle: "idle", CodeOverloaded: "overloaded", CodeTooMany: "too many",
	CodeReplaced: "replaced", CodeRestored: "restored", CodeAged: "aged", CodeTrouble: "trouble",
	CodeQuota:      "hand-in quota",
	CodeSuperseded: "superseded", CodeEnded: "ended by the office", CodeReset: "password reset",
	CodeRemoved: "user removed", CodeRevoked: "device lost", CodeSignedOut: "signed out",
	CodeDisabled: "mobile access off", CodeUnlinked: "not linked", CodeTooOld: "too old",
	CodeNotSignedIn: "not signed in", CodeRefused: "active elsewhere", CodeProtocol: "protocol error",
	CodeReidentified: "new identity", CodeHandedIn: "handed in", CodeExpired: "expired",
	CodeStolen: "device stolen", CodeLostTaken: "lost and handed in",
	CodeBusy: "busy", CodeUnavailable: "unavailable", CodeOver: "session over",
	CodeUnknownMessage: "unknown message", CodeLane: "wrong lane", CodeTooManyChanges: "too many changes",
	CodeUnexpected: "unexpected message",
}

// String is the code's name in words.
func (c Code) String() string {
	if name, ok := codeNames[c]; ok {
		return name
	}
	return "unknown"
}

// Reconnects says that the device comes back by itself. A close without a code of ours is one of these too: it says
// nothing about the session.
func (c Code) Reconnects() bool { return c != CodeNone && (c < 4100 || c > 4299) }

// Stops says that the device must not come back by itself and tells a person why.
func (c Code) Stops() bool { return c >= 4100 && c <= 4299 }

// Wipes says that the device erases this user's data, the outbox included.
func (c Code) Wipes() bool { return c >= 4200 && c <= 4299 }

var endCodes = map[model.EndReason]Code{
	model.EndSuperseded: CodeSuperseded,
	model.EndOffice:     CodeEnded,
	model.EndReset:      CodeReset,
	model.EndRemoved:    CodeRemoved,
	model.EndRevoked:    CodeRevoked,
	model.EndSignedOut:  CodeSignedOut,
	model.EndDisabled:   CodeDisabled,
	model.EndUnlinked:   CodeUnlinked,
	model.EndIdentity:   CodeReidentified,
	model.EndExpired:    CodeExpired,
}

// CodeOf is the close code for the end of a session. A stolen device is closed with CodeStolen instead, which no
// reason says, since the difference is the office's choice about the device (domain F.5). A reason without a code of
// its own is not signed in: stop, and ask for a sign-in.
func CodeOf(reason model.EndReason) Code {
	if code, ok := endCodes[reason]; ok {
		return code
	}
	return CodeNotSignedIn
}
