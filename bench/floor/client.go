package floor

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// Ask is what a client says when it connects.
type Ask struct {
	User     uint64
	Since    uint64 // with Fetch: what is newer than this commit
	Fetch    bool   // send it
	Follow   bool   // send what comes
	Compress bool   // permessage-deflate
}

// Client is a connection as a device has it. One goroutine may put while another receives.
type Client struct {
	ws   *websocket.Conn
	read *atomic.Int64
	end  func() bool
}

var clientBuffers sync.Pool

// Dial connects to a floor at host:port and greets it. The connection ends with ctx.
func Dial(ctx context.Context, address string, ask Ask) (*Client, error) {
	return dial(ctx, address, ask, token(ask.User))
}

func dial(ctx context.Context, address string, ask Ask, proof []byte) (*Client, error) {
	c := &Client{read: new(atomic.Int64)}
	dialer := websocket.Dialer{
		ReadBufferSize: 4 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &clientBuffers, EnableCompression: ask.Compress,
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return counted{conn, c.read}, err
		},
	}
	ws, response, err := dialer.DialContext(ctx, "ws://"+address+"/", nil)
	if err != nil {
		return nil, fmt.Errorf("dial the floor: %w", err)
	}
	response.Body.Close()
	c.ws = ws
	c.end = context.AfterFunc(ctx, func() { _ = ws.Close() }) // it may be gone
	h := hello{user: ask.User, token: proof, since: ask.Since, fetch: ask.Fetch, follow: ask.Follow}
	if err := c.send(h.encode()); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// counted counts what is read.
type counted struct {
	net.Conn
	n *atomic.Int64
}

// Read reads and counts.
func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func (c *Client) send(frame []byte) error {
	if err := c.ws.WriteMessage(websocket.BinaryMessage, frame); err != nil {
		return fmt.Errorf("write to the floor: %w", err)
	}
	return nil
}

// Put hands records in, in one frame. Their answer carries ref.
func (c *Client) Put(ref uint64, records []Record) error { return c.send(encodePut(ref, records)) }

// Recv waits for the server's next word. The first is the welcome, an Event that holds only Upto.
func (c *Client) Recv() (Event, error) {
	_, frame, err := c.ws.ReadMessage()
	if err != nil {
		return Event{}, fmt.Errorf("read from the floor: %w", err)
	}
	return decodeEvent(frame)
}

// Received is how many bytes have come over the connection so far, headers and all.
func (c *Client) Received() int64 { return c.read.Load() }

// Close ends the connection without a word.
func (c *Client) Close() {
	c.end()
	_ = c.ws.Close() // it may be gone
}
