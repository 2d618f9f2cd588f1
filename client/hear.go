package client

import (
	"context"
	"errors"
	"time"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// hear takes one frame of the server.
func (l *link) hear(ctx context.Context, frame []byte) error {
	message, err := protocol.Decode(frame)
	if err != nil {
		var bad *protocol.FrameError
		if errors.As(err, &bad) && bad.Code == protocol.CodeUnknownMessage {
			return nil // a newer server's; it does not need an answer
		}
		return errors.Join(errBadServer, err)
	}
	switch m := message.(type) {
	case *protocol.Page:
		return l.page(ctx, m)
	case *protocol.Answers:
		return l.answers(m)
	case *protocol.Poke:
		return l.resume(ctx)
	case *protocol.Pong:
		return l.pong(ctx, m)
	case *protocol.Drain:
		l.drain(m)
		return nil
	case *protocol.Decided:
		return l.local(func(r *replica.Replica) error { r.Decided(m.Changes); return nil })
	case *protocol.Found:
		return l.found(m)
	case *protocol.Wipe:
		return l.wipe(ctx, m)
	case *protocol.Bye:
		return l.parted(m)
	case *protocol.ErrorMessage:
		return l.refused(m)
	default:
		return errBadServer
	}
}

// staleLimit is how many pages may continue another cursor before the connection is given up.
const staleLimit = 4

// page makes a page durable and says so. One that does not continue this device's cursor is dropped, and the feed
// asked for anew.
func (l *link) page(ctx context.Context, m *protocol.Page) error {
	body := &protocol.PageBody{}
	if len(m.Body) > 0 {
		var err error
		if body, err = protocol.DecodePageBody(m.Body, m.Compressed); err != nil {
			return errors.Join(errBadServer, err)
		}
	}
	var done replica.Applied
	var held []model.RecordID
	err := l.local(func(r *replica.Replica) (err error) {
		if done, err = r.ApplyPage(m.Header, *body); err == nil && done.Reconcile {
			held, err = r.Holdings()
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case done.Reconcile:
		return l.holdings(ctx, held)
	case done.Dropped:
		if l.stale++; l.stale > staleLimit {
			return errBadServer
		}
		return l.resume(ctx)
	}
	l.c.set(func(s *liveStatus) {
		if s.Rows += done.Rows; done.Checkpoint {
			s.Rows = 0
		}
	})
	return l.send(ctx, &protocol.Got{Cursor: protocol.CursorTag(m.Header.Cursor)})
}

// holdingsFrame is how many ids go into one frame.
const holdingsFrame = 4096

func (l *link) holdings(ctx context.Context, held []model.RecordID) error {
	for {
		n := min(len(held), holdingsFrame)
		if err := l.send(ctx, &protocol.Holdings{Records: held[:n], Last: n == len(held)}); err != nil || n == len(held) {
			return err
		}
		held = held[n:]
	}
}

// answers makes answers durable. What was not decided is sent again after a moment.
func (l *link) answers(m *protocol.Answers) error {
	var done replica.AnswersDone
	err := l.local(func(r *replica.Replica) (err error) {
		done, err = r.Answered(m)
		return err
	})
	if errors.Is(err, replica.ErrAnswers) {
		return errors.Join(errBadServer, replica.ErrAnswers)
	}
	if err != nil {
		return err
	}
	if done.Again > 0 {
		l.pause()
	}
	l.c.tell()
	return nil
}

// pause lets a moment pass before anything is pushed again.
func (l *link) pause() {
	const moment = time.Second
	l.resting = true
	l.rest.Reset(moment + spread(l.c.cfg.Random, 2*moment))
}

func (l *link) pong(ctx context.Context, m *protocol.Pong) error {
	l.missed = 0
	now := l.c.cfg.Clock()
	l.skew = int64(now.Wall - m.Time)
	if err := l.local(func(r *replica.Replica) error { return r.Pong(m, now) }); err != nil {
		return err
	}
	if l.handIn && l.emptied {
		return l.handedIn(ctx)
	}
	return nil
}

// refused hears that one frame was not taken.
func (l *link) refused(m *protocol.ErrorMessage) error {
	if m.Code == protocol.CodeOver {
		return l.parted(&protocol.Bye{Code: protocol.CodeNotSignedIn, Text: m.Text})
	}
	err := l.local(func(r *replica.Replica) error {
		r.Returned(m.Ref)
		return nil
	})
	if err != nil {
		return err
	}
	if m.Code < 100 {
		l.pause()
		return nil
	}
	l.barred = true
	l.c.set(func(s *liveStatus) { s.Code, s.Trouble = m.Code, m.Text })
	return nil
}

// pump sends what may be sent: the user's sign-out, changes within what may be in flight, searches, and word that all is
// sent.
func (l *link) pump(ctx context.Context) error {
	if err := l.leave(ctx); err != nil || l.leaving {
		return err
	}
	for !l.resting && !l.barred {
		var push *protocol.Push
		err := l.local(func(r *replica.Replica) (err error) {
			changes, bytes := r.InFlight()
			push, err = r.NextPush(l.maxChanges-changes, l.maxBytes-bytes)
			return err
		})
		if err != nil {
			return err
		}
		if push == nil {
			break
		}
		l.emptied = false
		if !l.reported { // the server estimates when things happened by the offset of this connection (domain E2)
			if err := l.report(ctx); err != nil {
				return err
			}
		}
		if err := l.send(ctx, push); err != nil {
			return err
		}
	}
	if err := l.search(ctx); err != nil {
		return err
	}
	return l.empty(ctx)
}

// leave tells the server that the user signed out here.
func (l *link) leave(ctx context.Context) error {
	if l.leaving || l.handIn {
		return nil
	}
	l.c.mu.Lock()
	off := l.c.r.SignedOff()
	l.c.mu.Unlock()
	if !off {
		return nil
	}
	l.leaving = true
	return l.send(ctx, &protocol.Bye{Code: protocol.CodeSignedOut, Reason: model.EndSignedOut})
}

// empty tells a server that waits for it that everything is sent.
func (l *link) empty(ctx context.Context) error {
	if l.emptied || !l.handIn && !l.draining {
		return nil
	}
	if n, _ := l.c.Unsent(); n > 0 {
		return nil
	}
	l.emptied = true
	return l.report(ctx)
}
