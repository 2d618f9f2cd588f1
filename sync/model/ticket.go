package model

import "errors"

// Errors of tickets. One that is not known, was spent, has expired, was made void or is another company's is one error, so that
// nobody learns what a ticket they found was.
var (
	ErrTicket = errors.New("the ticket is not good, or not any more")
	ErrLink   = errors.New("the link is not good, or not any more")
)

// ErrProof says that an act wants the password again.
var ErrProof = errors.New("the password was not shown lately")

// NewTicket is a ticket to be made. Whoever asks for it draws its secret: what it is kept by is all that comes here.
type NewTicket struct {
	Kind    TicketKind
	Hash    [32]byte // SHA-256 of what its bearer shows
	User    UserID
	Session SessionID // of TicketConnect: whose connection it opens
	As      UserKind  // of TicketSignIn: the kind of the session; 0: the user's own
	Key     [32]byte  // of TicketSignIn: SHA-256 of the one public key that may spend it; zero: any
	By      UserID    // who asks; zero: the operator
	// Proven says when the user themselves showed their password for it; 0: they did not, and somebody who manages people asks.
	Proven Instant
	// Checked is the PHC string that they showed it against, which must be theirs still; empty: none was looked at.
	Checked string
}
