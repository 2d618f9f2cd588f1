package client

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// wipe erases what this device holds of its user, and says so when it is durable. What was saved after everything was handed
// in is handed in first where it may be: the device was lost, not stolen.
func (l *link) wipe(ctx context.Context, m *protocol.Wipe) error {
	if !m.Code.Wipes() {
		return errBadServer
	}
	var unsent int
	var done bool
	err := l.local(func(r *replica.Replica) (err error) {
		unsent, done, err = r.Erase(m.Code == protocol.CodeLostTaken)
		return err
	})
	if err != nil {
		return err
	}
	if !done {
		l.emptied, l.said, l.missed = false, false, 0
		return nil
	}
	l.c.tell()
	return l.send(ctx, &protocol.Wiped{Unsent: uint64(unsent)})
}

// handedIn says to the server that there is no more to hand in, and waits for its last word: it may be that the device is to
// erase what it holds.
func (l *link) handedIn(ctx context.Context) error {
	if l.said {
		return nil
	}
	l.said, l.missed = true, 2
	l.ping.Reset(l.c.cfg.Patience) // then it is dead
	return l.send(ctx, &protocol.Bye{Code: protocol.CodeHandedIn})
}

// errHandedIn ends a connection of the hand-in lane on which everything has been said.
var errHandedIn = errors.New("everything is handed in")

// owes says that the server has to be heard once more though nothing is unsent: the device was reported lost, so that it will
// be told to erase what it holds; or it has, and has to say so.
func (c *Client) owes(why *StoppedError) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return why.End.Reason == model.EndRevoked || c.r.Erased()
}
