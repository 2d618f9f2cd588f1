package metrics_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
)

// messages is one of each there is.
var messages = []protocol.Message{
	&protocol.Challenge{}, &protocol.Hello{}, &protocol.Welcome{}, &protocol.Resume{}, &protocol.Page{}, &protocol.Got{},
	&protocol.Push{}, &protocol.Answers{}, &protocol.Poke{}, &protocol.Ping{}, &protocol.Pong{}, &protocol.Drain{},
	&protocol.Bye{}, &protocol.ErrorMessage{}, &protocol.Holdings{},
}

// TestConn: every message is counted by its name in its direction, and the connection's end once.
func TestConn(t *testing.T) {
	m := newMetrics(t, &gauges{})
	ours, theirs := protocol.Pipe()
	counted := m.Conn(theirs)
	want := map[string]string{
		`fieldsync_frames_total{dir="in",kind="unknown"}`:      "3",
		`fieldsync_frames_total{dir="out",kind="unknown"}`:     "0",
		`fieldsync_connection_ends_total{code="new_identity"}`: "1",
		`fieldsync_connection_ends_total{code="done"}`:         "0",
		`fieldsync_connection_ends_total{code="slow"}`:         "0",
	}
	bytes := 0
	send := func(conn protocol.Conn, frame []byte) {
		t.Helper()
		if err := conn.Send(t.Context(), frame); err != nil {
			t.Fatal(err)
		}
	}
	for i, message := range messages {
		if message.Type() != protocol.Type(i+1) {
			t.Fatalf("message %d is a %s", i+1, message.Type())
		}
		frame := protocol.Encode(message)
		bytes += len(frame)
		send(ours, frame)
		if _, err := counted.Recv(t.Context()); err != nil {
			t.Fatal(err)
		}
		send(counted, frame)
		if _, err := ours.Recv(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{"in", "out"} {
			want[fmt.Sprintf(`fieldsync_frames_total{dir=%q,kind=%q}`, dir, message.Type())] = "1"
		}
	}
	want[`fieldsync_frame_bytes_total{dir="out"}`] = fmt.Sprint(bytes)
	want[`fieldsync_send_duration_seconds_count`] = fmt.Sprint(len(messages) + 1)
	for _, odd := range []string{"", "x", "\x92\x63"} {
		send(ours, []byte(odd))
		if _, err := counted.Recv(t.Context()); err != nil {
			t.Fatal(err)
		}
		bytes += len(odd)
	}
	want[`fieldsync_frame_bytes_total{dir="in"}`] = fmt.Sprint(bytes)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := counted.Send(gone, protocol.Encode(&protocol.Poke{})); err == nil {
		t.Error("a frame was sent without time to send it")
	}
	_ = counted.Close(protocol.CodeReidentified, "")
	_ = counted.Close(protocol.CodeNone, "")
	wants(t, scrape(t, m), want)
}
