package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
)

// pipes is a door of connections in memory, for a server in a bubble.
type pipes struct {
	conns chan net.Conn
	shut  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), shut: make(chan struct{})} }

func (p *pipes) dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.shut:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.shut:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.shut) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// rawSocket is a WebSocket written by hand, to do what no library would.
type rawSocket struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// Opcodes of RFC 6455.
const (
	opMore   = 0x0
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	finBit   = 0x80
	rsvBit   = 0x40 // compressed, if that had been agreed
)

// knock asks for a WebSocket; nil when there is no room for a stranger.
func (s *stage) knock() *rawSocket {
	s.t.Helper()
	conn, err := s.dial()
	check(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	check(s.t, conn.SetDeadline(time.Now().Add(acceptPatience)))
	r := &rawSocket{t: s.t, conn: conn, in: bufio.NewReader(conn)}
	_, err = io.WriteString(conn, "GET /v1/ws HTTP/1.1\r\nHost: "+s.address+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
	check(s.t, err)
	answer, err := http.ReadResponse(r.in, nil)
	check(s.t, err)
	switch {
	case answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != "":
		return nil
	case answer.StatusCode != http.StatusSwitchingProtocols || answer.Header.Get("Sec-WebSocket-Extensions") != "":
		s.t.Fatalf("upgrade: %s, extensions %q", answer.Status, answer.Header.Get("Sec-WebSocket-Extensions"))
	}
	return r
}

// rawDial is a WebSocket on which nothing was said yet.
func (s *stage) rawDial() *rawSocket {
	s.t.Helper()
	r := s.knock()
	if r == nil {
		s.t.Fatal("there is no room")
	}
	return r
}

// rawConnect is a handset's connection, welcomed, by hand.
func (h *handset) rawConnect() *rawSocket {
	h.t.Helper()
	r := h.s.rawDial()
	r.welcome(h)
	return r
}

func (r *rawSocket) welcome(h *handset) {
	r.t.Helper()
	m, err := protocol.Decode(r.message())
	check(r.t, err)
	r.send(finBit|opBinary, protocol.Encode(h.hello(m.(*protocol.Challenge), nil)))
	m, err = protocol.Decode(r.message())
	check(r.t, err)
	welcome, ok := m.(*protocol.Welcome)
	if !ok {
		r.t.Fatalf("heard a %s, want a welcome", m.Type())
	}
	h.token, h.in.Device = welcome.Token, welcome.Device
}

// head is the header of a frame that a client sends, with a mask of zeros.
func head(first byte, length int) []byte {
	b := []byte{first}
	switch {
	case length < 126:
		b = append(b, 0x80|byte(length))
	case length < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(length))
	}
	return append(b, 0, 0, 0, 0)
}

func (r *rawSocket) send(first byte, payload []byte) {
	r.t.Helper()
	if err := r.try(append(head(first, len(payload)), payload...)); err != nil {
		r.t.Fatal(err)
	}
}

// try writes bytes; what the server does not take any more is no mistake of the test.
func (r *rawSocket) try(b []byte) error {
	_, err := r.conn.Write(b)
	return err
}

// frame reads one frame of the server's.
func (r *rawSocket) frame() (op byte, payload []byte, err error) {
	var b [10]byte
	if _, err := io.ReadFull(r.in, b[:2]); err != nil {
		return 0, nil, err
	}
	n := uint64(b[1])
	switch n {
	case 126:
		_, err = io.ReadFull(r.in, b[2:4])
		n = uint64(binary.BigEndian.Uint16(b[2:4]))
	case 127:
		_, err = io.ReadFull(r.in, b[2:10])
		n = binary.BigEndian.Uint64(b[2:10])
	}
	if err != nil || n > protocol.MaxFrame {
		return 0, nil, errors.Join(err, errors.New("too long"))
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r.in, payload)
	return b[0] & 0x0f, payload, err
}

// message is the next binary message.
func (r *rawSocket) message() []byte {
	r.t.Helper()
	op, payload, err := r.frame()
	check(r.t, err)
	if op != opBinary {
		r.t.Fatalf("opcode %d, want a message", op)
	}
	return payload
}

// asks says something and hears what comes next.
func (r *rawSocket) asks(m protocol.Message) protocol.Message {
	r.t.Helper()
	r.send(finBit|opBinary, protocol.Encode(m))
	heard, err := protocol.Decode(r.message())
	check(r.t, err)
	return heard
}

// end reads to the end and returns the codes of the bye and of the close, 0 where there was none.
func (r *rawSocket) end() (bye, closed protocol.Code) {
	r.t.Helper()
	return r.endBy(func(payload []byte) {
		_ = r.try(append(head(finBit|opClose, len(payload)), payload...)) // as a peer should; it may be gone
	})
}

// hungUp is end by somebody who does not answer a close, but hangs up.
func (r *rawSocket) hungUp() (bye, closed protocol.Code) {
	r.t.Helper()
	return r.endBy(func([]byte) { _ = r.conn.Close() })
}

func (r *rawSocket) endBy(answer func(payload []byte)) (bye, closed protocol.Code) {
	r.t.Helper()
	for {
		op, payload, err := r.frame()
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			r.t.Fatal("the connection never ended")
		case err != nil:
			return bye, closed
		case op == opClose && len(payload) >= 2:
			closed = protocol.Code(binary.BigEndian.Uint16(payload))
			answer(payload)
		case op == opBinary:
			if m, err := protocol.Decode(payload); err == nil && m.Type() == protocol.TypeBye {
				bye = m.(*protocol.Bye).Code
			}
		}
	}
}
