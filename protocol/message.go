package protocol

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Version is the newest version of the protocol this package speaks; Oldest is the oldest it still understands on the
// live lane. A hand-in is understood from every version there ever was (domain W38).
const (
	Version = 1
	Oldest  = 1
)

// Type is the number of a message: the first element of a frame.
type Type uint8

// The messages. Numbers are never reused.
const (
	TypeChallenge Type = 1  // server → device, first of all
	TypeHello     Type = 2  // device → server
	TypeWelcome   Type = 3  // server → device
	TypeResume    Type = 4  // device → server: send what is new after this cursor
	TypePage      Type = 5  // server → device
	TypeGot       Type = 6  // device → server: the page is durable here
	TypePush      Type = 7  // device → server: changes
	TypeAnswers   Type = 8  // server → device: what became of the changes of one push
	TypePoke      Type = 9  // server → device: something is new; ask when it suits you
	TypePing      Type = 10 // device → server, with the device's report
	TypePong      Type = 11 // server → device, with the server's time
	TypeDrain     Type = 12 // server → device: your session is about to end; send what you have
	TypeBye       Type = 13 // either way: why the connection ends; the last frame before the close
	TypeError     Type = 14 // server → device: one frame was not understood; the connection goes on
	TypeHoldings  Type = 15 // device → server: the ids it holds, when it is to be reconciled
)

// Message is any of the messages below.
type Message interface{ Type() Type }

// Challenge opens a connection.
type Challenge struct {
	Oldest, Newest uint64 // versions the server speaks
	Nonce          [32]byte
	Time           model.Instant // server time
	Store          [8]byte       // opaque name of the store's present life
}

// Hello proves who the device is. Signature is over [HelloProof].
type Hello struct {
	Version   uint64
	Tenant    model.TenantID
	Device    model.DeviceID
	Secret    [32]byte // the session token
	Token     uint64   // connection token of the last welcome, 0: none
	Next      uint64   // number of the device's next change
	HandIn    bool
	Features  uint64 // bits: FeatureZstd
	App       string // version of the app
	Signature []byte // P-256, ASN.1
}

// FeatureZstd says that page bodies may be compressed with zstd.
const FeatureZstd = 1

// Welcome answers a hello.
type Welcome struct {
	Version    uint64
	Device     model.DeviceID // differs from the hello's when the device must take a new identity
	User       model.UserID
	Name       string
	Kind       model.UserKind
	HandIn     bool
	Token      uint64 // connection token: give it at the next hello
	Time       model.Instant
	Store      [8]byte
	Safe       model.Instant
	Features   uint64
	MaxChanges uint64 // in flight
	MaxBytes   uint64 // in flight
}

// Resume asks for the feed. Follow asks for pages as they come, else the server stops at the checkpoint and pokes.
type Resume struct {
	Cursor  []byte // empty: a fresh device
	Waiting []model.ChangeID
	Follow  bool
}

// Page carries a page of the feed. Header is the device's own; Body may be shared by all devices with the same
// projection (DESIGN §12.7).
type Page struct {
	Header     PageHeader
	Body       []byte // encoded PageBody, as compressed says
	Compressed bool
}

// PageHeader is what only this device gets.
type PageHeader struct {
	Continues [8]byte // first bytes of the SHA-256 of the cursor this page continues; of the empty string for a fresh device
	Cursor    []byte
	Reconcile bool
	Final     bool // a checkpoint: staging becomes base
	Included  []model.ChangeID
	Base      []byte // base token; with Final
}

// PageBody is what can be shared.
type PageBody struct {
	Masks    []model.Mask
	Retracts []model.RecordID
	Rows     []model.Row // on the wire grouped by collection and set of fields, so that field numbers travel once
}

// Got says that a page is durable on the device. At most WindowPages pages are on the way unacknowledged.
type Got struct{ Cursor [8]byte }

// WindowPages is how many pages the server sends ahead.
const WindowPages = 4

// Push hands in changes. Blobs are shared byte strings that bodies refer to by the first 8 bytes of their SHA-256:
// base tokens and clocks, once a frame.
type Push struct {
	Number  uint64 // of the push, echoed in Answers
	Blobs   [][]byte
	Have    []model.ChangeID // predecessors the device still has unacknowledged and does not send in this frame
	Changes []PushedChange
}

// PushedChange is a change in its envelope.
type PushedChange struct {
	Number  uint64
	Body    []byte
	Receipt []byte // 16 bytes or none
}

// Answers says what became of the changes of one push, in its order.
type Answers struct {
	Number  uint64
	Time    model.Instant
	Answers []model.Answer
}

// Poke says that there is something to fetch.
type Poke struct{}

// Ping carries the device's report.
type Ping struct {
	Report model.Report
	Wall   model.Instant
}

// Pong answers a ping.
type Pong struct {
	Time model.Instant
	Wall model.Instant // echoed
}

// Drain asks the device to send what it has: its session ends in Millis, or when it is empty.
type Drain struct {
	Reason model.EndReason
	Millis uint64
}

// Bye is the last word. The close frame that follows carries the same code.
type Bye struct {
	Code   Code
	Reason model.EndReason
	By     string // display name of the person who ended it, if one did
	At     model.Instant
	Unsent uint64 // as last reported
	After  uint64 // do not come back before, milliseconds
	Text   string // for a person
}

// ErrorMessage says that a frame was not taken.
type ErrorMessage struct {
	Code Code
	Ref  uint64 // number of the push it is about, if one was readable
	Text string
}

// Holdings lists what the device holds, for reconciling; several frames, the last with Last.
type Holdings struct {
	Records []model.RecordID
	Last    bool
}

// Type methods: the number of each message.
func (*Challenge) Type() Type    { return TypeChallenge }
func (*Hello) Type() Type        { return TypeHello }
func (*Welcome) Type() Type      { return TypeWelcome }
func (*Resume) Type() Type       { return TypeResume }
func (*Page) Type() Type         { return TypePage }
func (*Got) Type() Type          { return TypeGot }
func (*Push) Type() Type         { return TypePush }
func (*Answers) Type() Type      { return TypeAnswers }
func (*Poke) Type() Type         { return TypePoke }
func (*Ping) Type() Type         { return TypePing }
func (*Pong) Type() Type         { return TypePong }
func (*Drain) Type() Type        { return TypeDrain }
func (*Bye) Type() Type          { return TypeBye }
func (*ErrorMessage) Type() Type { return TypeError }
func (*Holdings) Type() Type     { return TypeHoldings }

// Code is a close or error code. Its range says what a device must do; see SPEC.md.
//
//	4000–4099  reconnect by itself, with jitter, not before After
//	4100–4199  stop and tell a person; no automatic reconnection
//	4200–4299  wipe this user's data, then stop
//	1–99       (error) this frame was not taken; send it again later
//	100–199    (error) this frame will never be taken; go on without it
type Code uint16

// Conn carries frames. One goroutine may send while another receives. Recv returns io.EOF after a clean close by the
// other side and a [*CloseError] when it came with a code. The bytes Recv returns belong to the caller; Send does not
// keep its argument.
type Conn interface {
	Send(ctx context.Context, frame []byte) error
	Recv(ctx context.Context) ([]byte, error)
	// Close ends the connection with a code; it may be called at any time and more than once.
	Close(code Code, reason string) error
}
