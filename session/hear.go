package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// hear takes one frame of a device that has been welcomed. What is wrong with it is filed in SPEC.md as fatal,
// discard or respond.
func (c *conversation) hear(ctx context.Context, frame []byte) error {
	c.counts.frames++
	c.drain.answer()
	message, err := protocol.Decode(frame)
	if err != nil {
		return c.misheard(err)
	}
	switch m := message.(type) {
	case *protocol.Push:
		return c.push(ctx, m)
	case *protocol.Ping:
		return c.ping(ctx, m)
	case *protocol.Bye:
		return c.leave(ctx, m)
	case *protocol.Resume, *protocol.Got, *protocol.Holdings, *protocol.Search:
		if c.handIn {
			c.refuse(protocol.CodeLane, 0, "the hand-in lane takes changes and answers with receipts; it reads nothing")
			return nil
		}
		return c.readingHalf(ctx, m)
	case *protocol.Wiped:
		return c.wiped(ctx, m)
	case *protocol.Hello:
		c.bye(protocolBye("a second hello"))
	default:
		c.refuse(protocol.CodeUnexpected, 0, "a device does not send this message")
	}
	return nil
}

// readingHalf takes the messages of the reading half.
func (c *conversation) readingHalf(ctx context.Context, message protocol.Message) error {
	switch m := message.(type) {
	case *protocol.Resume:
		c.resume(ctx, m)
	case *protocol.Got:
		c.got(ctx, m)
	case *protocol.Holdings:
		return c.holdings(ctx, m)
	case *protocol.Search:
		return c.search(ctx, m)
	}
	return nil
}

// misheard answers a frame that did not decode as its fate says.
func (c *conversation) misheard(err error) error {
	var bad *protocol.FrameError
	if !errors.As(err, &bad) {
		return err
	}
	switch bad.Fate {
	case protocol.Discard:
	case protocol.Respond:
		c.refuse(bad.Code, bad.Ref, bad.Error())
	default:
		c.bye(protocolBye(bad.Error()))
	}
	return nil
}

// refuse says that one frame was not taken.
func (c *conversation) refuse(code protocol.Code, ref uint64, text string) {
	c.due.refusals = append(c.due.refusals, &protocol.ErrorMessage{Code: code, Ref: ref, Text: text})
}

// push hands a frame of changes to the engine. Its answers wait in order; nothing is answered that the engine did not
// answer.
func (c *conversation) push(ctx context.Context, m *protocol.Push) error {
	if len(m.Changes) > protocol.MaxChanges {
		c.refuse(protocol.CodeTooManyChanges, m.Number, fmt.Sprintf("send at most %d changes at once", protocol.MaxChanges))
		return nil
	}
	changes := m.Submitted()
	if planted("leak-log") {
		c.cfg.Log.Info("changes", slog.Any("changes", changes))
	}
	answers, err := c.decide(ctx, changes, m.Have)
	switch {
	case errors.Is(err, ErrLater):
		c.refuse(protocol.CodeUnavailable, m.Number, "the server takes no changes now; they stay on the device and are sent again")
		return nil
	case err != nil:
		return c.trouble(err)
	}
	c.counts.changes += len(changes)
	c.due.changes += len(changes)
	c.due.answers = append(c.due.answers, &protocol.Answers{Number: m.Number, Time: c.now(), Answers: answers})
	if len(changes) > 0 {
		c.remember(changes, answers)
		c.feed.await(changes)
		c.stir() // what became of them is news here, whatever it is elsewhere
	}
	return nil
}

// decide has changes accepted, and pages that take long make room meanwhile.
func (c *conversation) decide(ctx context.Context, changes []model.Submitted, have []model.ChangeID) ([]model.Answer, error) {
	c.long.pushing.Add(1)
	defer c.long.pushing.Add(-1)
	who := c.who
	if c.report != nil {
		who.Skew = c.report.Skew
	}
	return c.cfg.Engine.Push(ctx, who, changes, have, c.now())
}

// ping answers with the server's time and keeps the device's report.
func (c *conversation) ping(ctx context.Context, m *protocol.Ping) error {
	c.due.pong = &protocol.Pong{Time: c.now(), Wall: m.Wall}
	if m.Report.Unsent == 0 {
		c.drain.finish()
	}
	c.report = &m.Report
	err := c.cfg.Engine.Note(ctx, c.who, c.feed.stands(model.Note{Report: c.report}), c.now())
	var over *model.EndedError
	switch {
	case errors.As(err, &over) && c.handIn: // no news on this lane: another session has followed on the device, and speaks for it
	case errors.As(err, &over), errors.Is(err, model.ErrStolen):
		return c.trouble(err)
	case err != nil:
		c.cfg.Log.Warn("a device's report was not kept", slog.String("error", err.Error()), c.whoAttr())
	}
	return nil
}

// leave hears the device's last word. Only the user's own sign-out ends the session; everything else is a socket. A
// device that was lost and has handed everything in is told to wipe what it holds (domain f.5).
func (c *conversation) leave(ctx context.Context, m *protocol.Bye) error {
	if c.handIn && m.Code == protocol.CodeHandedIn {
		switch ok, err := c.erase(ctx, protocol.CodeLostTaken); {
		case err != nil:
			return c.trouble(err)
		case ok:
			return nil
		}
	}
	if m.Reason != model.EndSignedOut || c.handIn {
		return errGone
	}
	ended, err := c.cfg.Engine.End(ctx, c.who.Tenant, model.Ending{User: c.who.User, Epoch: c.who.Epoch, Reason: model.EndSignedOut, By: c.who.User}, c.now())
	if err != nil {
		return c.trouble(err)
	}
	for _, e := range ended {
		c.cfg.Hub.Ended(e)
		c.bye(c.endedBye(e))
		return nil
	}
	return errGone
}
