package main

import (
	"context"
	"sync"

	"github.com/fieldsync/fieldsync/protocol"
)

// cutConn is a connection that may be cut at any time, or is after every answer; and one that may be slow.
type cutConn struct {
	protocol.Conn

	by *scissors

	mu   sync.Mutex // guards the field below, and has one speak at a time
	late [][]byte   // what is still on its way, in its order
}

// typeOf is what a frame says; 0 when it says nothing.
func typeOf(frame []byte) (t protocol.Type) {
	if m, err := protocol.Decode(frame); err == nil {
		t = m.Type()
	}
	return t
}

// Send is the connection's. On a slow one what is pushed stays on its way; everything else gets through.
func (c *cutConn) Send(ctx context.Context, frame []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by.lagging() && typeOf(frame) == protocol.TypePush {
		c.late = append(c.late, frame)
		return nil
	}
	return c.Conn.Send(ctx, frame)
}

// arrive lets everything through that was on its way.
func (c *cutConn) arrive(ctx context.Context) error {
	c.by.set(func(s *scissors) { s.slow = false })
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, frame := range c.late {
		if err := c.Conn.Send(ctx, frame); err != nil {
			return err
		}
	}
	c.late = nil
	return nil
}

// Recv is the connection's. An answer is still delivered: what comes after it is cut off.
func (c *cutConn) Recv(ctx context.Context) ([]byte, error) {
	frame, err := c.Conn.Recv(ctx)
	if err != nil || !c.by.breaking() && !c.by.lagging() {
		return frame, err
	}
	switch kind := typeOf(frame); {
	case kind == protocol.TypeAnswers && c.by.breaking():
		_ = c.Close(protocol.CodeNone, "") // it is cut, whatever it says
	case kind == protocol.TypeDrain:
		return frame, c.arrive(ctx)
	}
	return frame, nil
}
