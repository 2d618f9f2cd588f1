package protocol

import (
	"context"
	"fmt"
)

// Conn carries frames. One goroutine may send while another receives. The bytes Recv returns belong to the caller;
// Send does not keep its argument.
//
// Frames arrive whole and in order, and those sent before a Close arrive before it. Recv returns io.EOF after a clean
// close by the other side (CodeNone), a [*CloseError] when it came with a code, io.ErrUnexpectedEOF when the
// connection broke, and net.ErrClosed after this side's own Close. A Send or Recv that its context cuts short returns
// the context's error and ends the connection: half a frame cannot be taken back.
type Conn interface {
	Send(ctx context.Context, frame []byte) error
	Recv(ctx context.Context) ([]byte, error)
	// Close ends the connection with a code; it may be called at any time and more than once.
	Close(code Code, reason string) error
}

// CloseError is why the other side closed. Codes below 4000 are the transport's own.
type CloseError struct {
	Code   Code
	Reason string // for a log; what a person reads is in Bye
}

// Error says so.
func (e *CloseError) Error() string {
	return fmt.Sprintf("closed by the other side: %d %s %s", e.Code, e.Code, e.Reason)
}
