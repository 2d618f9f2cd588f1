package wsconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/fieldsync/fieldsync/protocol"
)

// Conn is a protocol.Conn over a WebSocket.
type Conn struct {
	ws     *websocket.Conn
	cfg    Config
	closed atomic.Bool // Close was called, or a context ended the connection

	reading sync.Mutex // held by whoever reads ws: Recv, and Close while it waits for the other side
	pings   flood      // guarded by reading: gorilla calls the handler from a read

	closing  sync.Mutex // held by Close; taken before reading
	finished bool       // guarded by closing
}

var writeBuffers = new(sync.Pool)

// Accept upgrades a request. On failure it has answered the request already.
func Accept(w http.ResponseWriter, r *http.Request, cfg Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	upgrader := websocket.Upgrader{
		HandshakeTimeout: handshakeTimeout,
		ReadBufferSize:   acceptBuffer,
		WriteBufferSize:  bufferSize,
		WriteBufferPool:  writeBuffers,
		CheckOrigin:      cfg.permits,
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	return newConn(ws, cfg), nil
}

// Dial connects to a ws or wss URL.
func Dial(ctx context.Context, url string, header http.Header, cfg Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	dialer := websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: handshakeTimeout,
		ReadBufferSize:   bufferSize,
		WriteBufferSize:  bufferSize,
		WriteBufferPool:  writeBuffers,
		TLSClientConfig:  cfg.TLS,
	}
	ws, response, err := dialer.DialContext(ctx, url, header)
	if response != nil {
		defer response.Body.Close()
	}
	switch {
	case err == nil:
		return newConn(ws, cfg), nil
	case response != nil:
		return nil, fmt.Errorf("dial: %s: %w", response.Status, err)
	default:
		return nil, fmt.Errorf("dial: %w", err)
	}
}

func newConn(ws *websocket.Conn, cfg Config) *Conn {
	c := &Conn{ws: ws, cfg: cfg}
	ws.SetReadLimit(cfg.ReadLimit)
	ws.SetPingHandler(c.pong)
	return c
}

// pong answers a WebSocket ping. It runs inside a read.
func (c *Conn) pong(data string) error {
	if !c.pings.permits(time.Now()) {
		return errFlood
	}
	err := c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(c.cfg.WriteTimeout))
	if errors.Is(err, websocket.ErrCloseSent) {
		return nil
	}
	return err
}

// cut ends the connection without a word.
func (c *Conn) cut() {
	c.closed.Store(true)
	_ = c.ws.NetConn().Close()
}

// guard ends the connection when ctx ends before release is called. A context that never ends costs nothing: thousands
// of connections wait in Recv.
func (c *Conn) guard(ctx context.Context) (release func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, c.cut)
}

// Send writes a frame as one binary message. It fails with os.ErrDeadlineExceeded when that takes longer than WriteTimeout,
// and with io.ErrUnexpectedEOF when the connection broke.
func (c *Conn) Send(ctx context.Context, frame []byte) error {
	if ctx.Err() != nil { // before closed: a context that ended between two calls has closed it
		c.cut()
		return ctx.Err()
	}
	if c.closed.Load() {
		return net.ErrClosed
	}
	defer c.guard(ctx)()
	err := c.ws.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout))
	if err == nil {
		err = c.ws.WriteMessage(websocket.BinaryMessage, frame)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		c.cut()
		return ctx.Err()
	case c.closed.Load():
		return net.ErrClosed
	case errors.Is(err, websocket.ErrCloseSent):
		// The other side closed first; what it said is Recv's to tell.
		return io.ErrClosedPipe
	default:
		c.cut() // half a message may be out
		return writeError(err)
	}
}

// writeError turns gorilla's errors, which hide their causes, into what a caller tells apart: a peer that took too long
// from one that has gone.
func writeError(err error) error {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return fmt.Errorf("write: %w", os.ErrDeadlineExceeded)
	}
	return fmt.Errorf("write: %w: %w", io.ErrUnexpectedEOF, err)
}

// Recv reads the next binary message.
func (c *Conn) Recv(ctx context.Context) ([]byte, error) {
	if ctx.Err() != nil {
		c.cut()
		return nil, ctx.Err()
	}
	if c.closed.Load() {
		return nil, net.ErrClosed
	}
	defer c.guard(ctx)()
	c.reading.Lock()
	defer c.reading.Unlock()
	kind, frame, err := c.ws.ReadMessage()
	switch {
	case ctx.Err() != nil:
		c.cut()
		return nil, ctx.Err()
	case c.closed.Load():
		return nil, net.ErrClosed
	case err == nil && kind == websocket.BinaryMessage:
		return frame, nil
	case err == nil:
		c.sayClose(websocket.CloseUnsupportedData, "binary messages only")
		c.cut()
		return nil, errNotBinary
	default:
		if errors.Is(err, errFlood) {
			c.sayClose(int(protocol.CodeProtocol), errFlood.Error())
		}
		return nil, readError(err)
	}
}

var (
	errFlood     = errors.New("a flood of pings")
	errNotBinary = errors.New("a message that is not binary")
)

// readError turns gorilla's errors into the contract's.
func readError(err error) error {
	var closed *websocket.CloseError
	switch {
	case !errors.As(err, &closed):
		if errors.Is(err, websocket.ErrReadLimit) || errors.Is(err, errFlood) {
			return fmt.Errorf("read: %w", err)
		}
		return io.ErrUnexpectedEOF
	case closed.Code == websocket.CloseNormalClosure:
		return io.EOF
	case closed.Code == websocket.CloseAbnormalClosure:
		return io.ErrUnexpectedEOF
	default:
		return &protocol.CloseError{Code: protocol.Code(closed.Code), Reason: closed.Text}
	}
}

// maxReason is what a close frame holds besides its code.
const maxReason = 123

func (c *Conn) sayClose(code int, reason string) {
	message := websocket.FormatCloseMessage(code, strings.ToValidUTF8(reason[:min(len(reason), maxReason)], ""))
	_ = c.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(c.cfg.Linger))
}

// Close says the code to the other side, waits for its close at most for Linger, and ends the connection. What the
// other side had sent before is dropped: ending the connection with unread bytes in it would make the kernel throw
// away our close as well.
func (c *Conn) Close(code protocol.Code, reason string) error {
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.finished {
		return nil
	}
	c.finished = true
	defer c.cut()
	if c.closed.Swap(true) {
		return nil
	}
	number := int(code)
	if code == protocol.CodeNone {
		number = websocket.CloseNormalClosure
	}
	c.sayClose(number, reason)
	// The deadline is set below gorilla, whose own setter is for the reading goroutine alone; it wakes a Recv too.
	_ = c.ws.NetConn().SetReadDeadline(time.Now().Add(c.cfg.Linger))
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		if _, _, err := c.ws.NextReader(); err != nil {
			return nil
		}
	}
}
