package metrics

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fieldsync/fieldsync/protocol"
)

// frameKinds is above every message's number; 0 is what is no message of ours.
const frameKinds = int(protocol.LastType) + 1

// wire counts what goes over the connections of devices.
type wire struct {
	in, out           [frameKinds]prometheus.Counter
	bytesIn, bytesOut prometheus.Counter
	took              prometheus.Observer
	ends              *prometheus.CounterVec
}

func newWire(m *Metrics) wire {
	var w wire
	frames := m.counter("fieldsync_frames_total", "Frames over WebSockets, by direction as the gateway sees it and by message.", "dir", "kind")
	for kind := range frameKinds {
		name := protocol.Type(kind).String()
		w.in[kind], w.out[kind] = frames.WithLabelValues("in", name), frames.WithLabelValues("out", name)
	}
	size := m.counter("fieldsync_frame_bytes_total", "Bytes of the frames over WebSockets, by direction.", "dir")
	w.bytesIn, w.bytesOut = size.WithLabelValues("in"), size.WithLabelValues("out")
	w.took = m.histogram("fieldsync_send_duration_seconds", "Time until a device's socket took a frame: where it grows, devices are slower "+
		"than what they are sent.", quick).WithLabelValues()
	w.ends = m.counter("fieldsync_connection_ends_total", "Connections that the gateway closed, by the close code's meaning; "+
		"slow: the device did not take what it was sent in time; done: the device went away by itself.", "code")
	for _, code := range []protocol.Code{protocol.CodeNone, protocol.CodeSlow, protocol.CodeIdle, protocol.CodeRestart, protocol.CodeReplaced, protocol.CodeTrouble} {
		w.ends.WithLabelValues(label(code))
	}
	return w
}

// label is a code's name as the value of a label.
func label(c protocol.Code) string {
	text := []byte(c.String())
	for i, b := range text {
		if b == ' ' {
			text[i] = '_'
		}
	}
	return string(text)
}

// kindOf reads which message a frame is, 0 when it is none: a frame is an array of less than 16 elements, the first of
// which is the message's number (SPEC.md).
func kindOf(frame []byte) int {
	if len(frame) < 2 || frame[0]&0xf0 != 0x90 || int(frame[1]) >= frameKinds {
		return 0
	}
	return int(frame[1])
}

// Conn counts what goes over a connection. It takes the connection's place.
func (m *Metrics) Conn(conn protocol.Conn) protocol.Conn { return &counted{conn: conn, w: &m.wire} }

// counted is a connection that is counted.
type counted struct {
	conn   protocol.Conn
	w      *wire
	closed atomic.Bool
}

// Send counts a frame when it was taken, and the time until then either way.
func (c *counted) Send(ctx context.Context, frame []byte) error {
	begun := time.Now()
	err := c.conn.Send(ctx, frame)
	c.w.took.Observe(time.Since(begun).Seconds())
	if err == nil {
		c.w.out[kindOf(frame)].Inc()
		c.w.bytesOut.Add(float64(len(frame)))
	}
	return err
}

// Recv counts a frame that came.
func (c *counted) Recv(ctx context.Context) ([]byte, error) {
	frame, err := c.conn.Recv(ctx)
	if err == nil {
		c.w.in[kindOf(frame)].Inc()
		c.w.bytesIn.Add(float64(len(frame)))
	}
	return frame, err
}

// Close counts the first close.
func (c *counted) Close(code protocol.Code, reason string) error {
	if c.closed.CompareAndSwap(false, true) {
		c.w.ends.WithLabelValues(label(code)).Inc()
	}
	return c.conn.Close(code, reason)
}
