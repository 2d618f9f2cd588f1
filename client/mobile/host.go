package mobile

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
)

// Host is what the app does. Its methods are called from any thread, also at once.
type Host interface {
	// Dial opens a WebSocket with binary messages of at most 256 KiB, without compression, or fails within some 10 s.
	Dial(url string) (Socket, error)
	// Sign signs the SHA-256 of proof with the device's P-256 key: ECDSA, ASN.1 (DER).
	Sign(proof []byte) ([]byte, error)
	// Changed says that the status or the data changed: look again. It should return at once.
	Changed()
	// ElapsedMillis is the time since the phone was started, sleep included; it never jumps.
	ElapsedMillis() int64
	// Boot names this start of the phone: another text after each restart.
	Boot() string
	// ZoneName is the IANA name of the phone's time zone, and ZoneOffset its distance from UTC now, in minutes east.
	ZoneName() string
	ZoneOffset() int
	// FreeBytes is the space left on the phone; -1: unknown.
	FreeBytes() int64
}

// Socket is one WebSocket. One thread receives while another sends.
type Socket interface {
	// Send sends one binary message.
	Send(frame []byte) error
	// Receive waits for the next binary message. It fails when the connection is over, and after Close.
	Receive() ([]byte, error)
	// CloseCode is the code the server closed with, after Receive failed; 0: none.
	CloseCode() int
	// Close ends the connection; code 0 is an ordinary close (1000). It may be called more than once.
	Close(code int, reason string)
}

// conn makes a protocol.Conn of a Socket.
type conn struct{ s Socket }

// Send sends. A socket that takes no deadline is closed when ctx ends first.
func (c *conn) Send(ctx context.Context, frame []byte) error {
	stop := context.AfterFunc(ctx, func() { c.s.Close(0, "") })
	defer stop()
	return c.s.Send(frame)
}

// Recv receives.
func (c *conn) Recv(ctx context.Context) ([]byte, error) {
	stop := context.AfterFunc(ctx, func() { c.s.Close(0, "") })
	defer stop()
	frame, err := c.s.Receive()
	if err == nil {
		return frame, nil
	}
	switch code := c.s.CloseCode(); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case code == 1000:
		return nil, io.EOF
	case code > 0 && code <= 0xffff:
		return nil, &protocol.CloseError{Code: protocol.Code(code)}
	default:
		return nil, io.ErrUnexpectedEOF
	}
}

// Close closes.
func (c *conn) Close(code protocol.Code, reason string) error {
	c.s.Close(int(code), reason)
	return nil
}

// signer signs with the key that the host holds.
type signer struct{ host Host }

// Sign implements [client.Signer].
func (s signer) Sign(proof []byte) ([]byte, error) {
	signature, err := s.host.Sign(proof)
	if err != nil {
		return nil, fmt.Errorf("sign with the phone's key: %w", err)
	}
	return signature, nil
}

// clock is the phone's clock.
func clock(host Host) func() client.Moment {
	return func() client.Moment {
		h := fnv.New64a()
		_, _ = h.Write([]byte(host.Boot())) // never fails
		return client.Moment{
			Wall: instant(time.Now()), Mono: host.ElapsedMillis(), Boot: h.Sum64(),
			Offset: host.ZoneOffset(), Zone: host.ZoneName(),
		}
	}
}
