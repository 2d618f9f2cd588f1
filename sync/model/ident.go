package model

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Ident is a random 128-bit identifier. K only tells kinds apart at compile time: a RecordID is not a UserID.
//
// Identifiers are drawn from a source of randomness, never counted and never derived from time, so that they tell
// nothing about anything else (domain S4, S6). They are immutable and never reused.
type Ident[K any] [16]byte

type (
	tenantKind  struct{}
	userKind    struct{}
	deviceKind  struct{}
	sessionKind struct{}
	recordKind  struct{}
	changeKind  struct{}
	groupKind   struct{}
	keyKind     struct{}
	hookKind    struct{}
	messageKind struct{}
	batchKind   struct{}
)

type (
	TenantID  = Ident[tenantKind]  // a field-service company
	UserID    = Ident[userKind]    // a named person; also the id of the person's record in People
	DeviceID  = Ident[deviceKind]  // an installation of an app, with its own key
	SessionID = Ident[sessionKind] // user + device + kind, from sign-in to its end
	RecordID  = Ident[recordKind]  // a record of any collection
	ChangeID  = Ident[changeKind]  // what a device asked for; drawn from the operating system when saved
	GroupID   = Ident[groupKind]   // changes that the app declares inseparable
	KeyID     = Ident[keyKind]     // a key of the office's API
	HookID    = Ident[hookKind]    // a webhook
	MessageID = Ident[messageKind] // a message to a webhook, the same for every attempt
	BatchID   = Ident[batchKind]   // a payroll batch; drawn by whoever asks for it
)

// ErrIdent says that a text is not an identifier: 32 hexadecimal digits.
var ErrIdent = errors.New("not an identifier: want 32 hexadecimal digits")

// ParseIdent is the inverse of [Ident.String].
func ParseIdent[K any](s string) (Ident[K], error) {
	var id Ident[K]
	if len(s) != 2*len(id) {
		return id, ErrIdent
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return Ident[K]{}, ErrIdent
	}
	return id, nil
}

// NewIdent draws an identifier from random, which must be the operating system's generator outside tests: a
// generator whose state is part of a backup repeats identifiers after a restore (write-verification CE-18).
func NewIdent[K any](random io.Reader) (Ident[K], error) {
	var id Ident[K]
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return id, fmt.Errorf("draw an identifier: %w", err)
	}
	return id, nil
}

// String is 32 hexadecimal digits, so that text order is byte order.
func (id Ident[K]) String() string { return hex.EncodeToString(id[:]) }

// IsZero says whether the identifier names nothing.
func (id Ident[K]) IsZero() bool { return id == Ident[K]{} }

// Compare orders identifiers by their bytes. The order means nothing but is the same everywhere.
func (id Ident[K]) Compare(other Ident[K]) int { return bytes.Compare(id[:], other[:]) }

// MarshalText and UnmarshalText make identifiers readable in JSON and configuration.
func (id Ident[K]) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (id *Ident[K]) UnmarshalText(text []byte) (err error) {
	*id, err = ParseIdent[K](string(text))
	return err
}
