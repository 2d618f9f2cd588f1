package protocol

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
)

// pipeFrames is how many frames a pipe holds in each direction before Send blocks, as the kernel's buffers would.
const pipeFrames = 16

// Pipe makes both ends of a connection in memory. It behaves as a WebSocket does, but starts no goroutine and reads no
// clock, so that a test in a synctest bubble may use it.
func Pipe() (Conn, Conn) {
	there, back := make(chan []byte, pipeFrames), make(chan []byte, pipeFrames)
	a, b := newEnding(), newEnding()
	return &pipeEnd{in: back, out: there, own: a, other: b}, &pipeEnd{in: there, out: back, own: b, other: a}
}

// ending is how one side ended the connection.
type ending struct {
	done chan struct{} // closed when err is set
	once sync.Once
	err  error // what the other side's Recv returns
}

func newEnding() *ending { return &ending{done: make(chan struct{})} }

func (e *ending) end(err error) {
	e.once.Do(func() {
		e.err = err
		close(e.done)
	})
}

func (e *ending) over() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

type pipeEnd struct {
	in         <-chan []byte
	out        chan<- []byte
	own, other *ending
}

// Send hands a copy of the frame to the other end.
func (p *pipeEnd) Send(ctx context.Context, frame []byte) error {
	switch {
	case ctx.Err() != nil:
		p.own.end(io.ErrUnexpectedEOF)
		return ctx.Err()
	case p.own.over():
		return net.ErrClosed
	case p.other.over():
		return io.ErrClosedPipe
	}
	select {
	case p.out <- slices.Clone(frame):
		return nil
	case <-p.own.done:
		return net.ErrClosed
	case <-p.other.done:
		return io.ErrClosedPipe
	case <-ctx.Done():
		p.own.end(io.ErrUnexpectedEOF)
		return ctx.Err()
	}
}

// Recv waits for the next frame. What was sent before the other side closed comes before its close.
func (p *pipeEnd) Recv(ctx context.Context) ([]byte, error) {
	if ctx.Err() != nil {
		p.own.end(io.ErrUnexpectedEOF)
		return nil, ctx.Err()
	}
	if p.own.over() {
		return nil, net.ErrClosed
	}
	select {
	case frame := <-p.in:
		return frame, nil
	case <-p.own.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		p.own.end(io.ErrUnexpectedEOF)
		return nil, ctx.Err()
	case <-p.other.done:
	}
	select {
	case frame := <-p.in:
		return frame, nil
	default:
		return nil, p.other.err
	}
}

// Close ends the connection; only the first counts.
func (p *pipeEnd) Close(code Code, reason string) error {
	if code == CodeNone {
		p.own.end(io.EOF)
	} else {
		p.own.end(&CloseError{Code: code, Reason: reason})
	}
	return nil
}
