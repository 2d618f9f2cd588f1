package model

// Type is the meaning of a field's values.
type Type uint8

// The types, the kind of value each takes, and what Max bounds.
const (
	TypeText     Type = iota + 1 // text, one line; Max bytes
	TypeLong                     // text, many lines; Max bytes
	TypeBool                     // bool
	TypeInt                      // int; Min to Max
	TypeMoney                    // int: minor units of the tenant's currency
	TypeQuantity                 // int: thousandths
	TypeMinutes                  // int: minutes
	TypeInstant                  // int: Instant
	TypeDate                     // text: YYYY-MM-DD
	TypeEnum                     // text: one of Options
	TypeRef                      // bytes: 16, a record of Ref
	TypeUser                     // bytes: 16, a UserID
	TypeGeo                      // text: "lat,lon" in decimal degrees
	TypeHash                     // bytes: 32, SHA-256
	TypeData                     // bytes; Max bytes: canonical JSON or msgpack the gateway does not look into
	TypeAny                      // any kind: a value of another field, kept (ReviewLost); Max bytes
)

// Policy says which value stands when two writers met in one field (domain (c)). The losing value is always kept.
type Policy uint8

// The policies.
const (
	PolicyOnce     Policy = iota + 1 // set once; later sets are recorded
	PolicyAppend                     // grow-only: the record is the fact
	PolicyField                      // the field side stands while the visit is open, then the office
	PolicyOffice                     // the office stands; the field's value becomes a proposal
	PolicyLatest                     // latest by estimated occurrence
	PolicyThreeWay                   // applies on an unchanged base, else the office stands
	PolicyState                      // a state machine decides (sync/workflow)
	PolicyDelta                      // a movement; movements add up in any order
	PolicyCompare                    // compare-and-set; refused when the base is stale; online only
	PolicyMax                        // the greatest there ever was; a lesser one is no loss
	PolicyServer                     // written by the server alone
)

// Nature tells facts from claims (domain R2).
type Nature uint8

// The natures.
const (
	Claim  Nature = iota + 1 // asks for the future; judged by the authority in force now
	Fact                     // says what happened; never refused for being late or unauthorised by now
	System                   // neither: the server says it
)

// Writers is who may write a field.
type Writers uint8

// The writers. What a level or a checkbox takes away of this is decided in sync/access.
const (
	WriterOffice    Writers = 1 << iota // desktop users, by level
	WriterAssignee                      // whoever is assigned to the job it hangs on
	WriterAuthor                        // whoever made the record
	WriterCreator                       // mobile users who may create jobs
	WriterEditor                        // mobile users who may edit jobs
	WriterPortal                        // a client's users
	WriterServer                        // the server alone
	WriterAddressee                     // whoever a message is to: its user, or of one to the office whoever of it reads it
)

// Scope says which audiences a collection's records are in; sync/access computes them.
type Scope uint8

// The scopes.
const (
	ScopeOffice     Scope = iota + 1 // the office alone, which is whoever of it sees jobs
	ScopeJob                         // the office, and whoever is assigned to the job
	ScopeContacts                    // the office, and the assignee by the job-card setting
	ScopeBills                       // whoever of the office sees invoices, and the assignee by the invoices level
	ScopeAssignee                    // the office, and the one user the record names
	ScopeDirectory                   // the directory, and (above Hidden) users whose jobs refer to it
	ScopePay                         // whoever sees everybody's hours, and the author
	ScopeMoney                       // whoever sees money
	ScopeReference                   // everybody
	ScopeOwn                         // the office, and the one user the record names
	ScopeDefinition                  // whoever sees the class of the field that the record describes
	ScopeCards                       // the office, and the assignee; by the job-card setting only once they have set out
	ScopeInbox                       // whoever of the office sees the record, and the field, that the record is about
	ScopeQuotes                      // whoever of the office sees quotes, and the assignee by the invoices level
	ScopeAssets                      // whoever of the office sees equipment, and (above Hidden) users whose jobs name it or are at its site
	ScopeParts                       // whoever of the office sees equipment, and the author
	ScopeRoutes                      // whoever of the office sees route optimizations
	ScopeMessages                    // whoever of the office sees messages, and both ends
	ScopePeople                      // whoever plans or manages people, the person, who works with them, and who hands out their company's work
	ScopeStock                       // whoever of the office sees equipment
)
