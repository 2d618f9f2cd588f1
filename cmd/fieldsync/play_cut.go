package main

import (
	"context"

	"github.com/fieldsync/fieldsync/protocol"
)

// cutConn is a connection that may be cut at any time, or is after every answer.
type cutConn struct {
	protocol.Conn

	by *scissors
}

// Recv is the connection's. An answer is still delivered: what comes after it is cut off.
func (c *cutConn) Recv(ctx context.Context) ([]byte, error) {
	frame, err := c.Conn.Recv(ctx)
	if err != nil || !c.by.breaking() {
		return frame, err
	}
	if m, err := protocol.Decode(frame); err == nil && m.Type() == protocol.TypeAnswers {
		_ = c.Close(protocol.CodeNone, "") // it is cut, whatever it says
	}
	return frame, nil
}
