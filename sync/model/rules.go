package model

import "slices"

// SessionRules are a company's rules of sessions, tokens and hand-ins (domain (f), W45). Times are milliseconds.
type SessionRules struct {
	// Policies are what a second device of a user meets, by the kind of the session that it wants; see [SessionRules.Policy].
	Policies [4]SlotPolicy

	// What a device may hand in on the hand-in lane in a day, repeats not counted. What is more stays on the device and is
	// taken the next day.
	HandInChanges uint32
	HandInBytes   uint64
	// ApplyBegun lets in what a removed user's device hands in when it was begun before the removal, instead of holding it
	// (domain f.6). Hours are let in always.
	ApplyBegun bool

	OfflineLease int64 // without contact for longer, a device shows nothing until it has one; it goes on capturing
	Idle         int64 // a token that was not used for longer opens nothing
	Absolute     int64 // nor does one that is older
	Sensitive    int64 // how long after a password a sensitive act needs no other

	SignInTicket  int64 // life of a ticket that stands for a password, once
	ConnectTicket int64 // life of a ticket that opens one connection of a browser
	ResetLink     int64 // life of a link to set a password
}

// Policy is what a second device meets that wants a session of a kind.
func (r *SessionRules) Policy(kind UserKind) SlotPolicy {
	if kind < Desktop || int(kind) > len(r.Policies) {
		return SlotConfirm
	}
	return r.Policies[kind-1]
}

// DefaultSessionRules is what a new company starts with.
func DefaultSessionRules() SessionRules {
	const (
		second = 1000
		hour   = 3600 * second
		day    = 24 * hour
	)
	return SessionRules{
		Policies:      [4]SlotPolicy{SlotConfirm, SlotConfirm, SlotConfirm, SlotConfirm},
		HandInChanges: 20_000, HandInBytes: 64 << 20,
		OfflineLease: 7 * day, Idle: 30 * day, Absolute: 90 * day, Sensitive: 900 * second,
		SignInTicket: 600 * second, ConnectTicket: 30 * second, ResetLink: 24 * hour,
	}
}

// SlotPolicy says what happens when a second device wants a slot (domain f.2). The number stands on disk.
type SlotPolicy uint8

// The policies.
const (
	SlotConfirm  SlotPolicy = 1 // it is told of the first, and its user says yes
	SlotTakeover SlotPolicy = 2 // it has it
	SlotRefuse   SlotPolicy = 3 // it waits until the first signs out, or the office releases it
)

var slotPolicyNames = [...]string{"", "confirm", "takeover", "refuse"}

// String is the policy's name.
func (p SlotPolicy) String() string {
	if int(p) >= len(slotPolicyNames) {
		return ""
	}
	return slotPolicyNames[p]
}

// ParseSlotPolicy is the inverse of String; ok is false for any other text.
func ParseSlotPolicy(text string) (SlotPolicy, bool) {
	i := slices.Index(slotPolicyNames[:], text)
	return SlotPolicy(max(i, 0)), i > 0
}

// TicketKind is what a ticket is good for, once. The number stands on disk.
type TicketKind uint8

// The kinds of tickets.
const (
	TicketSignIn  TicketKind = 1 // a sign-in without the password
	TicketConnect TicketKind = 2 // one connection under a session that is there, for a browser
	TicketReset   TicketKind = 3 // setting a password: the one-time link of domain W30, W36
)

var ticketNames = [...]string{"", "sign-in", "connect", "reset"}

// String is the kind's name.
func (k TicketKind) String() string {
	if int(k) >= len(ticketNames) {
		return ""
	}
	return ticketNames[k]
}
