package floor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/vmihailenco/msgpack/v5"
)

// conn is a connection as the server has it. One goroutine reads it; another writes while there is something to write.
type conn struct {
	ws   *websocket.Conn
	user uint64

	mu      sync.Mutex // guards the fields below
	frames  [][]byte   // to be written
	acks    []uint64   // to be written, all in one frame
	writing bool

	out sync.Mutex // held by whoever writes ws
}

// key signs tokens. They are there to cost what they cost, not to keep anybody out.
var key = []byte("the floor keeps nobody out")

// token proves a user.
func token(user uint64) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(binary.BigEndian.AppendUint64(nil, user))
	return m.Sum(nil)
}

// send queues a frame, which must not be changed any more.
func (c *conn) send(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames = append(c.frames, frame)
	c.wake()
}

// ack queues an answer; those that wait together go in one frame.
func (c *conn) ack(ref uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acks = append(c.acks, ref)
	c.wake()
}

// wake starts a writer, unless there is one. The caller holds mu.
func (c *conn) wake() {
	if !c.writing {
		c.writing = true
		go c.drain()
	}
}

// drain writes what is queued, and ends.
func (c *conn) drain() {
	for {
		c.mu.Lock()
		frames, acks := c.frames, c.acks
		c.frames, c.acks = nil, nil
		if len(frames)+len(acks) == 0 {
			c.writing = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if len(acks) > 0 {
			frames = append(frames, encodeAcks(acks))
		}
		for _, f := range frames {
			if c.write(f) != nil {
				return // the reader sees the same end; writing stays, so that nobody tries again
			}
		}
	}
}

func (c *conn) write(frame []byte) error {
	c.out.Lock()
	defer c.out.Unlock()
	return c.ws.WriteMessage(websocket.BinaryMessage, frame)
}

// serve reads the connection until it ends.
func (s *server) serve(c *conn) {
	defer func() { _ = c.ws.Close() }() // it may be gone
	if err := s.greet(c); err != nil {
		return
	}
	defer s.forget(c)
	for {
		_, frame, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		var p put
		err = decode(frame, func(d *msgpack.Decoder, kind, _ int) error {
			if kind != kindPut {
				return errFrame
			}
			return p.decode(d)
		})
		if err != nil {
			return
		}
		s.commits.add(call{c, p.ref, p.records})
	}
}

// greet hears the hello, checks the token, and sends what the device asks for.
func (s *server) greet(c *conn) error {
	_, frame, err := c.ws.ReadMessage()
	if err != nil {
		return err
	}
	var h hello
	err = decode(frame, func(d *msgpack.Decoder, kind, _ int) error {
		if kind != kindHello {
			return errFrame
		}
		return h.decode(d)
	})
	if err != nil || !hmac.Equal(h.token, token(h.user)) {
		return errFrame
	}
	c.user = h.user
	if h.follow {
		s.listen(c)
	}
	if err := c.write(encodeWelcome(s.commits.present())); err != nil || !h.fetch {
		return err
	}
	return s.store.fetch(h.since, func(upto uint64, final bool, count int, records []byte) error {
		return c.write(encodeRecords(upto, final, count, records))
	})
}
