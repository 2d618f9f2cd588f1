package model

import "errors"

// Partner is a company outside whose people may sign in: a client's, who use the portal, or a subcontractor's (domain W18,
// W24). It is a record of customers, and these people's accounts are linked to it.
type Partner struct {
	Company RecordID
	Closed  Instant  // when its access was closed; 0: it is open
	By      UserID   // who closed it; zero with Closed: the operator
	People  []UserID // by id
}

// Visitor is who a portal session speaks for (domain W18, W21).
type Visitor struct {
	User    UserID
	Login   string
	Name    string
	Company RecordID
	Linked  []RecordID // the clients that the office has linked to it
}

// Errors of partners.
var (
	ErrPartner = errors.New("no such company, or not for you")
	ErrInside  = errors.New("only portal users and subcontractors belong to a company")
)
