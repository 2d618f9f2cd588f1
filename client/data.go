package client

import (
	"fmt"
	"io"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Identity is who is signed in, as a sign-in says.
type Identity = replica.Identity

// Moment is what the clocks of the phone say.
type Moment = replica.Moment

// Draft is one thing a user does.
type Draft = replica.Draft

// Saved is a change that is safe on this device.
type Saved = replica.Saved

// Record is a record as the user sees it.
type Record = replica.Record

// Entry is one change of the user's.
type Entry = replica.Entry

// Problem is a change that did not simply go through.
type Problem = replica.Problem

// ProblemKind is what is wrong with it.
type ProblemKind = replica.ProblemKind

// Notice is something that happened to the session.
type Notice = replica.Notice

// NoticeKind is what it is about.
type NoticeKind = replica.NoticeKind

// The kinds of problems and notices.
const (
	ProblemHeld      = replica.ProblemHeld
	ProblemRefused   = replica.ProblemRefused
	ProblemDismissed = replica.ProblemDismissed
	ProblemGone      = replica.ProblemGone

	NoticeEnded    = replica.NoticeEnded
	NoticeIdentity = replica.NoticeIdentity
)

// ErrOtherUser refuses a sign-in: the partition is another user's.
var ErrOtherUser = replica.ErrOtherUser

// ErrLocked says that the device was without a contact for longer than the company lets one show what it holds. Saving goes on.
var ErrLocked = replica.ErrLocked

// SignedIn takes the identity of a sign-in. The same user's queue stays, and goes up; another user's sign-in is
// refused with ErrOtherUser.
func (c *Client) SignedIn(who Identity) error {
	return c.write(func(r *replica.Replica) error { return r.SignedIn(who) })
}

// Save keeps what the user did: all drafts or none. When it returns without an error they are on the disk, connected
// or not. Several drafts are one inseparable group.
func (c *Client) Save(drafts ...Draft) ([]Saved, error) {
	c.mu.Lock()
	saved, err := c.r.Save(c.cfg.Clock(), drafts...)
	c.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("save: %w", err)
	}
	c.tell()
	ring(c.wake)
	return saved, nil
}

// Show is one record as the user sees it; ok is false when they do not. ErrLocked.
func (c *Client) Show(id model.RecordID) (rec Record, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.r.Locked(c.cfg.Clock()) {
		return Record{}, false, ErrLocked
	}
	return c.r.Show(id)
}

// List is what the user sees of a collection, ascending by id; under a parent when it is not zero. ErrLocked.
func (c *Client) List(of model.Collection, parent model.RecordID) ([]Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.r.Locked(c.cfg.Clock()) {
		return nil, ErrLocked
	}
	return c.r.List(of, parent)
}

// Outbox is every change of the user's that this device still keeps, oldest first.
func (c *Client) Outbox() []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Outbox()
}

// Unsent is how many changes the server has not answered for, and when the oldest was saved.
func (c *Client) Unsent() (int, model.Instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Unsent()
}

// Problems is what did not simply go through, with the user's copy of it and what they can do.
func (c *Client) Problems() ([]Problem, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Problems()
}

// CloseProblem takes a problem off the list: the user has seen it.
func (c *Client) CloseProblem(id model.ChangeID) error {
	return c.write(func(r *replica.Replica) error { return r.CloseProblem(id) })
}

// Notices is what happened to the session, oldest first.
func (c *Client) Notices() []Notice {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Notices()
}

// CloseNotice forgets a notice the user has seen.
func (c *Client) CloseNotice(number uint64) error {
	return c.write(func(r *replica.Replica) error { return r.CloseNotice(number) })
}

// Export writes the outbox as JSON lines, in the clear: for a user who asked for their own work.
func (c *Client) Export(w io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Export(w)
}

// Who is signed in here, or was last.
func (c *Client) Who() replica.Identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Who()
}

// SignOut ends the session. With unsent work it refuses with *replica.UnsentError unless forced; the queue stays on
// this device, sealed, for the next sign-in or for HandIn. The server is told when there is a connection; Run then
// hands in what is unsent, and ends by itself.
func (c *Client) SignOut(force bool) error {
	err := c.write(func(r *replica.Replica) error { return r.SignOut(force) })
	ring(c.wake)
	ring(c.woken)
	return err
}

// write changes the replica and tells.
func (c *Client) write(f func(*replica.Replica) error) error {
	c.mu.Lock()
	err := f(c.r)
	c.mu.Unlock()
	c.tell()
	return err
}
