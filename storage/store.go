package storage

import (
	"context"
	"errors"
	"iter"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Errors a caller branches on.
var (
	// ErrUnknown says that a commit may or may not be there: stop acknowledging and recover from disk. Devices offer
	// their changes again under the same ids, so nothing is lost or doubled.
	ErrUnknown = errors.New("commit in doubt")
	// ErrFull says that the store is near the end of its disk and takes no more changes; reads go on.
	ErrFull = errors.New("the store's disk is nearly full")
	// ErrTooBig says that one commit exceeds what the store writes at once (4 MiB).
	ErrTooBig = errors.New("the commit is too big")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("the store is closed")
)

// Limits of one commit. A tenant's changes that have queued while the last commit was written become one; the driver
// never waits for more. Above 256 latency grows for little gain (performance-anchors §2).
const (
	MaxCommitChanges = 256
	MaxCommitBytes   = 4 << 20
)

// Directory is the reserved tenant that holds the store's own rows: the tenants by name. It has no records.
var Directory model.TenantID

// Store is what a driver implements.
type Store interface {
	// Apply is the only way to write. The driver calls decide with the tenant's state, which already contains the
	// earlier decisions of the same commit, and writes what it returns; several calls may share one commit and one
	// sync to disk. Apply returns after the commit is durable.
	//
	// weight is the number of changes decide will bring, at least 1; a commit holds at most MaxCommitChanges, and a
	// call of more is ErrTooBig.
	// A nil WriteSet writes nothing and is answered with the present head. When decide returns an error, nothing of
	// it is written, the others of the commit are not disturbed, and Apply returns that error; a panic is an error.
	// Every answer waits for the commit, since it may rest on an earlier decision of it.
	//
	// A cancelled context takes the call out of the queue when it has not begun; otherwise it runs to its end.
	Apply(ctx context.Context, t model.TenantID, weight int, decide Decide) (Head, error)

	// View calls read with one consistent snapshot of committed state. It must see every commit that an Apply
	// answered before View was called. The snapshot ends when read returns. Neither read nor decide may call the store.
	View(ctx context.Context, t model.TenantID, read func(Reader) error) error

	// Close waits for what is being written and ends the store. Calls that have not begun get ErrClosed. It may be
	// called again.
	Close() error
}

// Decide computes what a commit writes. It must be pure: no clock, no socket, no randomness but what was handed to
// it, no memory between calls. A driver may call it several times and use the last result: what it looked up and
// the driver had not loaded yet is loaded, and it runs again.
type Decide func(Reader) (*WriteSet, error)

// Reader is a tenant's state at one moment. A lookup that fails (disk, checksum) answers "not there", and the driver
// must then fail the whole Apply or View with the cause, whatever the function returns. Iteration stops early in
// that case. What a Reader returns must not be changed, and may be kept.
type Reader interface {
	// Head is the last commit. Inside Apply its number is that of the commit before this one, while time and horizon
	// contain what earlier decisions of this commit made of them.
	Head() Head
	// Turn is how many earlier decisions of the tenant's the commit being made holds, each with something to write: what
	// the decisions of one commit number by it is nobody else's. 0 outside Apply; at most MaxCommitChanges - 1.
	Turn() int
	// Failed says whether a lookup has failed by now: then nothing that was made of what was looked up may be remembered.
	Failed() bool
	// Record finds a record or its tombstone.
	Record(id model.RecordID) (*model.Record, bool)
	// Outline finds a record or its tombstone without its writes and cells: what tells whether somebody may see it. It is for
	// looking at many, each once.
	Outline(id model.RecordID) (*model.Record, bool)
	// Row finds a row of a table.
	Row(t Table, key string) ([]byte, bool)
	// Rows walks the rows of a table whose keys begin with prefix, in key order, from the key prefix + from on.
	Rows(t Table, prefix, from string) iter.Seq2[string, []byte]
	// Records walks the records of a collection that live and stand behind after, in the order of their places, whoever
	// sees them.
	Records(c model.Collection, after model.Place) iter.Seq[model.RecordID]
	// Children walks the records of a collection whose parent is this one, in id order, tombstones left out.
	Children(parent model.RecordID, c model.Collection) iter.Seq[model.RecordID]
	// Members walks the records that are in the audience now and have ids above after, in id order.
	Members(a model.Audience, after model.RecordID) iter.Seq[model.RecordID]
	// Since walks the records of the audience that changed, entered, left or were deleted in commits above after, in
	// commit order, each once. It may name records that only seemed to change; it must not miss one.
	Since(a model.Audience, after model.Seq) iter.Seq[model.RecordID]
}

// WriteSet is what one decision writes. Everything in it belongs to the store once it is returned.
type WriteSet struct {
	Records []*model.Record  // whole, tombstones too; Record.Seq must be Head.Seq+1. The driver keeps the indexes
	Forget  []model.RecordID // records that vanish without a trace: tombstones nobody can need any more
	Rows    []RowWrite
	Head    *HeadChange // what else changes in the head; usually nil
}

// RowWrite puts a row, or removes it when Value is nil.
type RowWrite struct {
	Table Table
	Key   string
	Value []byte
}

// Head is a tenant's commit state.
type Head struct {
	Seq     model.Seq     // the last commit; 0 before the first
	Time    model.Instant // committed time: never goes back, whatever the clock does
	Horizon model.Seq     // membership that ended at or before this commit may be forgotten
	Lineage model.Lineage // the lives of the store, the present one last
}

// Next is the number of the commit that is being decided.
func (h Head) Next() model.Seq { return h.Seq + 1 }

// HeadChange changes a head; zero fields leave it as it is.
type HeadChange struct {
	Time    model.Instant // taken when it is later than Head.Time
	Horizon model.Seq     // taken when it is above Head.Horizon
}

// Table is a tenant's small tables, each with its row type in rows.go. The numbers stand on disk.
type Table uint8

// LastTable is the highest table there is.
const LastTable = TableHandover

// The tables and their keys (raw bytes as strings).
const (
	TableTenant    Table = 1  // "": Tenant
	TableAccounts  Table = 2  // user id: Account
	TableLogins    Table = 3  // lower-case e-mail: user id
	TableSlots     Table = 4  // user id + kind, or, of an earlier release, user id: Slot
	TableDevices   Table = 5  // device id: Device; "k" + SHA-256 of its key + device id: empty; "n": Latest, of the highest number each has given; "n" + device id: that number, 8 bytes, when it is not among those
	TableOutcomes  Table = 6  // change id: Outcome
	TableHeld      Table = 7  // change id: Held; change id + 8 bytes of hash for a second content, which has an id of its own
	TableWaiting   Table = 8  // "w" + what is waited for (record or change id) + time and number, 8 bytes each + change id: empty; "r" + what is waited for: how far judging again has come
	TableAudiences Table = 9  // kind byte + id: number, 4 bytes big-endian; 0 + number: kind byte + id; "": the last number that was given
	TableCounts    Table = 10 // "r" + record id + audience: how many jobs refer to it, "g" + site id + audience: how many are there, "w" + user id + audience: on how many they work, uvarints; "j" + job id + one of these: empty; "f" + id of the first of items of review of one thing: which of them is the last one, uvarint; "a": Latest, of how many records and bytes hang on a job, 4 bytes each; "a" + job id: those, when they are not among them
	TableNumbers   Table = 11 // job number: record id
	TableTokens    Table = 12 // SHA-256 of a session token: Session; "s" + session id: that hash
	TableGroups    Table = 13 // author + group id + change id: empty, while the group is held
	TableTenants   Table = 14 // of Directory; lower-case name: tenant id
	TableAudit     Table = 15 // seq + 2 bytes: AuditEntry
	TableMarks     Table = 16 // time, 8 bytes big-endian: the last commit by then, 8 bytes
	TableHistory   Table = 17 // commit, 8 bytes + number within it, 4 bytes, big-endian: History; "": how far it is forgotten, 12 bytes
	TableKeys      Table = 18 // SHA-256 of a key's secret: APIKey; "k" + key id: that hash
	TableRequests  Table = 19 // request key: Request; "t" + time, 8 bytes + request key: empty
	TableHooks     Table = 20 // hook id: Hook
	TableDelivery  Table = 21 // hook id + message id: Delivery
	TableClosed    Table = 22 // record id of a partner: Closed
	TableLinks     Table = 23 // "c" + record id of a client: that of the one it is linked to; "p" + that + the client's: empty
	TableWindows   Table = 24 // "": Calendar; "j" + job id: JobWindow, of those that are out or will be otherwise; "d" + day, 4 bytes in order + job id: empty
	TableRights    Table = 25 // user id: Rights
	TableConfirmed Table = 26 // device id: Confirmed
	TableTickets   Table = 27 // SHA-256 of a ticket: Ticket; "u" + user id + its kind + that hash: empty; "t" + when it expires, 8 bytes + that hash: empty
	TableTimes     Table = 28 // "t" + user id + instant, 8 bytes + id of a timesheet event or of a correction at that instant: empty; "d" + device id: Told
	TablePayroll   Table = 29 // "i" + batch id: PayrollBatch; "l" + batch id + user id + first day, 4 bytes: PayrollSheet; "a" + user id + begin of a timesheet, 8 bytes: the id of its approval + its end, 8 bytes; "p" + the same: Exported; "w" + user id: Latecomers
	TableOffers    Table = 30 // instant, 8 bytes + assignment id: empty, of what was to be answered by then
	TableAlike     Table = 31 // "c" or "t" + 16 bytes of a hash of a name or a telephone + id of a customer, or of what was typed of one: empty; "o" + that id: what comes before it in those of its rows
	TableStock     Table = 32 // record id of a stock + instant, 8 bytes + id of a movement at that instant: how much it moved, varint; none of what was in a stock take when it came
	TableFiles     Table = 33 // job id + user id + SHA-256: the id of the photo or document of a person on a job; the id of another one of the same bytes: that of the one that stays
	TableReview    Table = 34 // "o" + id of an open item of review: empty; "r" + when it came, 8 bytes of which all bits are turned, + id of a resolved one: empty; "j" + job id + change id: empty, of a change on the job that is held; "s" + id of a second content of a change: where it is held; "t" + where that is: empty
	TableMerges    Table = 35 // id of a customer who is another one now, of whom something is left to move: the last job that was looked at; id of a site that moved, where assets are left: the last that was moved
	TableHandover  Table = 36 // user id + assignment id: Handover, of open work of who has left that is still to be taken from them
)
