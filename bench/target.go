package bench

import (
	"context"
	"time"
)

// Target is a kind of server that can be measured.
type Target interface {
	// Name is "gateway" or "floor".
	Name() string
	// Prepare makes in dir, which is empty, what a server needs for scenarios of this size, and gives the arguments this
	// program is to be started with to be that server. No arguments: the server runs already, and is not ours.
	Prepare(ctx context.Context, dir string, need Need) (args []string, err error)
	// Open makes a driver of a server that listens on address, HOST:PORT. The driver's connections end with ctx.
	Open(ctx context.Context, address string) (Driver, error)
}

// Need is what a server must have room for.
type Need struct {
	Writers   int // devices that write
	Listeners int // devices that hear what one writes
	Readers   int // devices that download, one at a time
	Crowd     int // devices that are connected all at once
	Seats     int // people of one company who move between two devices, and those that write there meanwhile
	Tickets   int // sign-ins without a password that each of them makes
	Holders   int // devices of one company from which records are taken, and those that write there meanwhile
}

// Key names a change or a record.
type Key [16]byte

// Driver speaks to one server. It keeps books of what it was told to write and what was acknowledged.
type Driver interface {
	// Writers connects n devices of which each may write room changes. Those that follow are told meanwhile of all that
	// they may see, their own changes with it; ErrNone when the server has none such.
	Writers(ctx context.Context, n, room int, follow bool) ([]Writer, error)
	// Circle connects a device that writes, and n that hear it.
	Circle(ctx context.Context, n int) (Writer, []Listener, error)
	// Fill writes n records for readers to download.
	Fill(ctx context.Context, n int) error
	// Fetch downloads everything a reader may see, as a device that has nothing. ErrNone when the server has no such mode.
	Fetch(ctx context.Context, mode Mode) (Download, error)
	// Crowd gives n devices that are not connected yet.
	Crowd(ctx context.Context, n int) (Crowd, error)
	// Holders connects n devices that each hold the same records. ErrNone when this server can take nothing back.
	Holders(ctx context.Context, n, records int) (Holders, error)
	// Seats connects n people, each on one of their two devices. ErrNone when this server does not keep a person to one
	// device, or lets nobody in without a password.
	Seats(ctx context.Context, n int) (Seats, error)
	// Audit reads back all that writers were acknowledged, over another road, and compares it with the books. It says how
	// many changes it compared and what is wrong, in words; many of a kind are told once.
	Audit(ctx context.Context) (checked int, wrong []string, err error)
	// Close hangs up what is still connected.
	Close() error
}

// Writer is a device that writes. One goroutine uses it.
type Writer interface {
	// Send sends n fresh changes in one frame, and names them in order.
	Send(n int) ([]Key, error)
	// Recv waits for the server's next word and says how many changes it acknowledges, of those that were sent first; 0
	// when it is about something else. A change that was not taken as it is, is an error.
	Recv() (acked int, err error)
	// Close hangs up.
	Close()
}

// Listener is a device that hears. One goroutine uses it.
type Listener interface {
	// Hear waits for the server's next word and names the changes in it whose content is right.
	Hear() ([]Key, error)
	// Close hangs up.
	Close()
}

// Mode is how a download is made.
type Mode string

// The modes.
const (
	Plain   Mode = "plain"      // received and decoded in memory
	Packed  Mode = "compressed" // the same, compressed on the way
	Durable Mode = "durable"    // into the client's own database on disk, page by page
)

// Download is what a fetch brought.
type Download struct {
	Records int
	Bytes   int64           // on the wire, as sent; 0: not known
	Took    time.Duration   // from the dial to the last record
	Wrong   func() []string // compares it with what was to be sent; not part of what is timed
}

// Crowd is many devices, each with a replica it has kept.
type Crowd interface {
	// Connect connects the devices from up to to, and waits until each is current and follows.
	Connect(ctx context.Context, from, to int) error
	// Leave hangs up all of them.
	Leave(ctx context.Context) error
	// Publish writes n records that everybody is to get. Nobody need be connected.
	Publish(ctx context.Context, n int) error
	// Return connects the first n at once; current is called, from anywhere, when a device has what was published.
	Return(ctx context.Context, n int, current func()) error
	// Wrong compares what the devices got since they left with what was published.
	Wrong() []string
	// Hashes is how many passwords the server has hashed since it was started; ok is false when it does not tell.
	Hashes(ctx context.Context) (n int64, ok bool)
}

// Besides is a company with room for others than those that are measured.
type Besides interface {
	// Beside connects n other devices of the company, of which each may write room changes.
	Beside(ctx context.Context, n, room int) ([]Writer, error)
}

// Holders are devices that are connected and hold records, which the office may take from them and give back.
type Holders interface {
	// Take takes the records from the first n devices, from one after the other, and waits until each has confirmed that they are gone. A device that
	// confirms nothing is told of by Wrong.
	Take(ctx context.Context, n int) ([]Turn, error)
	// Give gives them back, and waits until each has confirmed that it has them.
	Give(ctx context.Context, n int) ([]Turn, error)
	Besides
	// Wrong compares what every device holds with what it is to hold now. It says how many it compared.
	Wrong() (checked int, wrong []string)
	// Close hangs up.
	Close()
}

// Turn is a change of what one device may hold. Times are since the first device's was asked for.
type Turn struct {
	Asked     time.Duration // the office asks
	Answered  time.Duration // the office has its answer
	Confirmed time.Duration // the device has said that it stored what came
	Bytes     int64         // of the pages that came, on the wire
}

// Seats are people who may be on one device at a time and have two, of which one is connected and current.
type Seats interface {
	// TakeOver signs a person in on the device that they are not on: it takes the other's place. No password is hashed.
	TakeOver(ctx context.Context, person int) (Move, error)
	// Kick has the office end a person's session at once, and then signs them in on the other device.
	Kick(ctx context.Context, person int) (Move, error)
	// Guess tries to sign in over n connections, from as many addresses as there are, with wrong passwords and as people who
	// are not there, until ctx ends. It counts the answers by status; 0 is none.
	Guess(ctx context.Context, n int) (answers map[int]int, err error)
	Besides
	// Wrong says whose device was left and not told, or wrote or came in afterwards, of those that moved since it was last
	// asked.
	Wrong() (checked int, wrong []string)
	// Close hangs up.
	Close()
}

// Move is a person's move to another device. Times but the first are since the request that ends the old one.
type Move struct {
	Question time.Duration // the sign-in before it, that was answered with who is active
	Answered time.Duration // the request has its answer
	Last     time.Duration // the old device got its last frame
	Current  time.Duration // the new one is connected and has everything
}
