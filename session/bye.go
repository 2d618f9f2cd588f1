package session

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// errVersion says that a device speaks no version that is spoken here.
var errVersion = errors.New("no common version of the protocol")

// byes maps what the engine says to what a device is told. Every other error is trouble: logged in full, told without
// detail, and nothing that was not answered is known to be in or out.
var byes = []struct {
	err  error
	code protocol.Code
	fate model.Fate
	text string
}{
	{ErrOlder, protocol.CodeReplaced, model.FateUnsaid, "this device opened another connection"},
	{model.ErrToken, protocol.CodeNotSignedIn, model.FateUnsaid, "this device is not signed in; sign in again, nothing unsent is lost"},
	{model.ErrLost, protocol.CodeRevoked, model.FateHeld, "this device was reported lost; what is unsent is still handed in"},
	{model.ErrNoLane, protocol.CodeDisabled, model.FateUnsaid, "this user has no access by a device; ask the office"},
	{errVersion, protocol.CodeTooOld, model.FateHandIn, "this version of the app is not spoken here; update it, nothing unsent is lost"},
}

// endTexts say to a person how his session ended.
var endTexts = map[model.EndReason]string{
	0:                   "this device signed in anew; nothing unsent is lost",
	model.EndSuperseded: "signed in on another device; what is unsent here is still handed in",
	model.EndOffice:     "the office ended this session; what is unsent is still handed in",
	model.EndReset:      "the password was reset; sign in with the new one, what is unsent is still handed in",
	model.EndRemoved:    "this user is no longer active; what is unsent is still handed in",
	model.EndRevoked:    "this device was reported lost; what is unsent is still handed in",
	model.EndSignedOut:  "signed out",
	model.EndDisabled:   "mobile access was switched off; what is unsent is still handed in",
	model.EndUnlinked:   "the company that this account belongs to is another one, or none; sign in again, or ask the office",
	model.EndIdentity:   "this device got a new identity",
	model.EndExpired:    "the sign-in is too old; sign in again, what is unsent is still handed in",
}

// endedBye tells how a session ended, and who ended it (domain F5).
func (c *conversation) endedBye(e model.Ended) *protocol.Bye {
	bye := &protocol.Bye{
		Code: protocol.CodeOf(e.Reason), Reason: e.Reason, At: e.At, Unsent: uint64(e.Unsent), Text: endTexts[e.Reason],
		Fate: e.Fate(), Note: e.Note,
	}
	if c.cfg.Name != nil && !e.By.IsZero() && e.By != e.User {
		bye.By = c.cfg.Name(e.Tenant, e.By)
	}
	return bye
}

func protocolBye(text string) *protocol.Bye {
	return &protocol.Bye{Code: protocol.CodeProtocol, Text: text}
}

// leavingBye says that this server is going away.
func (c *conversation) leavingBye() *protocol.Bye {
	return &protocol.Bye{
		Code: protocol.CodeRestart, After: c.later(c.cfg.Hub.away()), Text: "this server restarts; the device comes back by itself",
	}
}

// fullBye says that a device has handed in as much as it may for now, and when it may go on. All of them may again at another
// moment, so that no jitter is needed.
func (c *conversation) fullBye(full *model.QuotaError) *protocol.Bye {
	return &protocol.Bye{
		Code: protocol.CodeQuota, After: uint64(max(full.Until-c.now(), 1)), Fate: model.FateHandIn,
		Text: "this device has handed in as much as it may for now; it goes on by itself, nothing is lost",
	}
}

// trouble turns an error of the engine into the bye that is due. What is unexpected also becomes the error that Serve
// returns.
func (c *conversation) trouble(err error) error {
	var over *model.EndedError
	if errors.As(err, &over) {
		c.bye(c.endedBye(over.Ended))
		return nil
	}
	if errors.Is(err, model.ErrStolen) {
		switch ok, failed := c.erase(c.ctx, protocol.CodeStolen); {
		case ok:
			return nil
		case failed != nil:
			err = failed
		default: // it was found meanwhile: it comes back, and is let in
			c.bye(&protocol.Bye{Code: protocol.CodeTrouble, After: c.later(c.cfg.After), Text: "the device comes back by itself"})
			return nil
		}
	}
	if full, ok := errors.AsType[*model.QuotaError](err); ok {
		c.bye(c.fullBye(full))
		return nil
	}
	for _, b := range byes {
		if !errors.Is(err, b.err) {
			continue
		}
		c.bye(&protocol.Bye{Code: b.code, Text: b.text, Fate: b.fate})
		return nil
	}
	c.cause = err
	c.bye(&protocol.Bye{Code: protocol.CodeTrouble, After: c.later(c.cfg.After), Text: "the server has trouble; the device comes back by itself"})
	return nil
}

// speak gives the writer what is due, when it has nothing; errGone when the last word has been said.
func (c *conversation) speak(ctx context.Context) error {
	if !c.idle {
		return nil
	}
	if c.parted {
		return errGone
	}
	frame, err := c.next(ctx)
	if err != nil {
		return err
	}
	if frame != nil {
		c.give(frame)
	}
	return nil
}

// next encodes what is most urgent: answers, since work must not be sent twice for want of one, then control, then
// pages, then what was searched for.
func (c *conversation) next(ctx context.Context) ([]byte, error) {
	d := &c.due
	switch {
	case len(d.answers) > 0:
		first := d.answers[0]
		d.answers = d.answers[1:]
		d.changes -= len(first.Answers)
		return protocol.Encode(first), nil
	case len(d.refusals) > 0:
		first := d.refusals[0]
		d.refusals = d.refusals[1:]
		return protocol.Encode(first), nil
	case d.wipe != nil:
		wipe := d.wipe
		d.wipe = nil
		return protocol.Encode(wipe), nil
	case d.bye != nil:
		c.parted = true
		return protocol.Encode(d.bye), nil
	case d.pong != nil:
		pong := d.pong
		d.pong = nil
		return protocol.Encode(pong), nil
	case d.drain != nil:
		drain := d.drain
		d.drain = nil
		return protocol.Encode(drain), nil
	case len(d.busy) > 0:
		first := d.busy[0]
		d.busy = d.busy[1:]
		return protocol.Encode(&protocol.Found{Number: first, Code: protocol.CodeBusy}), nil
	}
	frame, err := c.fresh(ctx)
	if frame != nil || err != nil || d.bye == nil {
		return frame, err
	}
	c.parted = true
	return protocol.Encode(d.bye), nil
}

// fresh is what is looked up for the device only when it is about to be sent: a page, or else what became of held work, or an answer to
// a search. So
// nothing that was made under an old view waits here while the view narrows.
func (c *conversation) fresh(ctx context.Context) ([]byte, error) {
	if c.feed.wants() {
		if frame, err := c.page(ctx); frame != nil || err != nil || c.due.bye != nil {
			return frame, err
		}
	}
	if frame, err := c.decided(ctx); frame != nil || err != nil || c.due.bye != nil {
		return frame, err
	}
	if len(c.due.searches) == 0 {
		return nil, nil
	}
	oldest := c.due.searches[0]
	c.due.searches = c.due.searches[1:]
	return c.find(ctx, oldest)
}

// farewell closes the connection with the code of how it ended, and logs one line.
func (c *conversation) farewell(err error) {
	code := protocol.CodeNone
	switch {
	case c.parted:
		code = c.due.bye.Code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		code = protocol.CodeSlow
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
	case err != nil:
		code = protocol.CodeTrouble
	}
	_ = c.conn.Close(code, code.String()) // it may be closed already; then there is nobody to tell
	attrs := []any{
		slog.Int("code", int(code)), slog.String("why", code.String()), c.whoAttr(), slog.String("address", c.peer.Address),
		slog.Bool("hand_in", c.handIn), slog.Int("frames", c.counts.frames), slog.Int("changes", c.counts.changes),
		slog.Int("pages", c.counts.pages), slog.Duration("lasted", c.cfg.Clock().Sub(c.began)),
	}
	c.cfg.Log.Info("conversation ended", attrs...)
}

// whoAttr names the other side for the log: ids, no name and no text of a customer.
func (c *conversation) whoAttr() slog.Attr {
	return slog.Group("who", slog.String("tenant", c.who.Tenant.String()), slog.String("user", c.who.User.String()),
		slog.String("device", c.who.Device.String()), slog.Uint64("epoch", uint64(c.who.Epoch)))
}
