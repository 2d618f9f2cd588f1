package client

import (
	"time"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// State is what a client is doing.
type State string

// The states.
const (
	StateOff        State = ""           // Run is not running
	StateConnecting State = "connecting" // dialling, or greeting
	StateConnected  State = "connected"
	StateHandIn     State = "hand-in" // the session is over; what is unsent goes out
	StateWaiting    State = "waiting" // for the next try
	StateStopped    State = "stopped" // until a person acts
	StateWiped      State = "wiped"
)

// liveStatus is what the connection knows and the replica does not.
type liveStatus struct {
	State    State
	Rows     int // received since the last checkpoint
	Draining bool
	Retry    time.Time
	Code     protocol.Code
	Trouble  string
	searches bool // the server answers searches
}

// Status is what a user wants to know.
type Status struct {
	State       State
	Downloading bool          // a state is coming in
	Rows        int           // received of it
	Draining    bool          // the session is about to end; everything is being sent
	Retry       time.Time     // of the next try, when waiting
	Code        protocol.Code // why it stopped, or why the last connection ended
	Trouble     string        // in words, for a person; may be empty
	Unsent      int           // changes the server has not answered for
	Oldest      model.Instant // when the oldest of them was saved
	Problems    int           // changes that did not simply go through: Problems lists them
	Locked      bool          // what is here is not shown until the next contact; saving goes on
	Ended       bool          // the session is over: sign in again
	End         replica.End
	Notices     int // things that happened to the session: Notices lists them
}

// Status is how things stand.
func (c *Client) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Status{
		State: c.live.State, Downloading: c.live.Rows > 0 || !c.r.Complete(), Rows: c.live.Rows, Draining: c.live.Draining,
		Retry: c.live.Retry, Code: c.live.Code, Trouble: c.live.Trouble, Notices: len(c.r.Notices()),
	}
	s.Unsent, s.Oldest = c.r.Unsent()
	s.Locked = c.r.Locked(c.cfg.Clock())
	s.End, s.Ended = c.r.Ended()
	if problems, err := c.r.Problems(); err == nil {
		s.Problems = len(problems)
	} else {
		s.Trouble = err.Error()
	}
	return s
}

// Changed tells, any number of changes at once, that the status or the data changed: look again.
func (c *Client) Changed() <-chan struct{} { return c.notify }

// set changes the live status and tells.
func (c *Client) set(f func(*liveStatus)) {
	c.mu.Lock()
	f(&c.live)
	c.mu.Unlock()
	c.tell()
}

func (c *Client) tell() { ring(c.notify) }

func ring(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Wake says that there may be a network again, or that the user looks: a waiting client connects at once.
func (c *Client) Wake() { ring(c.woken) }
