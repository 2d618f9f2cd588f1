package model

// Op is what a change does.
type Op uint8

// The operations. Their numbers stand on the wire and on disk.
const (
	OpCreate Op = 1 // a new record with a client-made id
	OpEdit   Op = 2 // new values for fields of a record
	OpDelete Op = 3 // a tombstone; never for facts of other people
)

// Assign gives one field a value.
type Assign struct {
	Field FieldNo
	Value Value
	Seen  SeenHash // hash of the value the edit was made on; 0 in a creation
}

// Change is what a device asks for, as decoded from its immutable body. Facts and creations are keyed by their own
// ids in the state; every change is keyed by ID in the outcomes.
type Change struct {
	ID         ChangeID
	Author     UserID
	Op         Op
	Collection Collection
	Record     RecordID // of an appended fact: the same 16 bytes as ID
	Fields     []Assign // ascending by Field
	Base       string   // sealed base token: the last applied checkpoint when the bottom pending edit was made
	Over       []ChangeID
	After      []ChangeID // this author's previous change on the record (and on the parent, for a creation)
	Group      GroupID    // zero: alone
	GroupSize  int        // members of the group; 0 when alone
	AfterEnd   bool       // made after the device learnt that a person had ended its session (domain F11)
	Occurred   Occurrence

	Body  string   // the bytes that were hashed and are stored as sent
	Blobs []string // the shared byte strings that Body refers to: base token, clock
	Hash  ContentHash
	Fault Reason // what makes it malformed, or 0; then only ID, Body and Hash are sure
}

// ContentHash is the SHA-256 of a change's body.
type ContentHash [32]byte

// Occurrence is when something happened as the device saw it. The server keeps it raw beside its estimate (domain E2).
type Occurrence struct {
	Wall    Instant // the phone's clock
	Elapsed int64   // monotonic milliseconds since the server-time mark of the clock context
	Clock   Clock   // shared by all changes of one boot and mark
}

// Clock is the context in which a device told the time.
type Clock struct {
	User   UserID  // who was signed in: part of what is hashed, so that a queue stays its author's (domain F13)
	Boot   uint64  // random per boot; elapsed time is comparable within one
	Mark   Instant // server time last heard under this boot; 0: none yet
	Offset int     // minutes east of UTC
	Zone   string  // IANA name, or empty
}

// Submitted is a change with its envelope, which is not hashed.
type Submitted struct {
	Change  Change
	Number  uint64 // the device's own count: order only, and a hint of roll-backs
	Receipt []byte // the answer to it that the device already holds, if any
}

// Lane is the road a change comes by. What becomes of a change depends on the lane at commit, not at capture.
type Lane uint8

// The lanes.
const (
	LaneLive   Lane = iota // the user's one live session
	LaneHandIn             // write-only: a device that lost its session (domain F7)
	LaneLost               // a device reported lost: everything but hours is held
	LaneOffice             // no device: the office's API and imports, judged by the acting user's web rights
)

// Connection is who speaks: proven at hello, and checked again inside every commit.
type Connection struct {
	Tenant  TenantID
	User    UserID
	Device  DeviceID
	Session SessionID
	Kind    UserKind // which permission set is in force (domain V20)
	Epoch   Epoch
	Token   uint64 // renewed at every hello; reveals twins and rolled-back phones (write-verification CE-14)
	Lane    Lane
	Skew    int64 // of the device's clock, as this connection last reported it, milliseconds; 0: not yet (domain E2)
}
