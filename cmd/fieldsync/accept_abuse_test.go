package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Codes of RFC 6455 that the transport itself closes with.
const (
	closeProtocolError = protocol.Code(1002)
	closeNotBinary     = protocol.Code(1003)
	closeTooLong       = protocol.Code(1009)
)

// TestAcceptBrokenTransport: whatever a peer does below the protocol ends its own connection, with the code that
// SPEC.md §2 gives it, and nobody else's.
func TestAcceptBrokenTransport(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	b := s.bystander("acme", "sue")
	h := s.handset("acme", "ben")
	ping := protocol.Encode(&protocol.Ping{})
	for _, c := range []struct {
		why         string
		do          func(r *rawSocket) error
		bye, closed protocol.Code
	}{
		{"a text message", func(r *rawSocket) error { return r.frames(finBit|opText, []byte("hello")) }, 0, closeNotBinary},
		{"20 MB in one frame", func(r *rawSocket) error { return r.frames(finBit|opBinary, make([]byte, 20<<20)) }, 0, closeTooLong},
		{"one byte over the limit", func(r *rawSocket) error { return r.frames(finBit|opBinary, make([]byte, protocol.MaxFrame+1)) }, 0, closeTooLong},
		{"a length of 2^63-1", func(r *rawSocket) error { return r.try(head(finBit|opBinary, 1<<63-1)) }, 0, closeTooLong},
		{"20 MB in small fragments", func(r *rawSocket) error {
			err := r.frames(opBinary, make([]byte, 1024))
			for range 20_000 {
				if err == nil {
					err = r.frames(opMore, make([]byte, 1024))
				}
			}
			return err
		}, 0, closeTooLong},
		{"a frame that says it is compressed", func(r *rawSocket) error { return r.frames(finBit|rsvBit|opBinary, ping) }, 0, closeProtocolError},
		{"a frame without a mask", func(r *rawSocket) error { return r.try(append([]byte{finBit | opBinary, byte(len(ping))}, ping...)) }, 0, closeProtocolError},
		{"an opcode nobody knows", func(r *rawSocket) error { return r.frames(finBit|0x3, ping) }, 0, closeProtocolError},
		{"a new message inside another", func(r *rawSocket) error { return r.frames(opBinary, ping, finBit|opBinary, ping) }, 0, closeProtocolError},
		{"a ping of 200 bytes", func(r *rawSocket) error { return r.frames(finBit|opPing, make([]byte, 200)) }, 0, closeProtocolError},
		{"a flood of pings", func(r *rawSocket) (err error) {
			for range 1000 {
				if err == nil {
					err = r.frames(finBit|opPing, []byte("x"))
				}
			}
			return err
		}, 0, protocol.CodeProtocol},
		{"a message of nothing", func(r *rawSocket) error { return r.frames(finBit|opBinary, []byte{}) }, protocol.CodeProtocol, protocol.CodeProtocol},
		{"the largest message, of nothing", func(r *rawSocket) error { return r.frames(finBit|opBinary, make([]byte, protocol.MaxFrame)) }, protocol.CodeProtocol, protocol.CodeProtocol},
		{"a close", func(r *rawSocket) error { return r.frames(finBit|opClose, []byte{0x03, 0xe8}) }, 0, 1000},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := h.rawConnect()
			_ = c.do(r) // the server may have closed before all of it was written
			if bye, closed := r.end(); bye != c.bye || closed != c.closed {
				t.Errorf("bye %d, close %d; want %d and %d", bye, closed, c.bye, c.closed)
			}
		})
	}
	b.undisturbed(t)
}

// frames sends frames of an opcode and a payload each.
func (r *rawSocket) frames(parts ...any) error {
	for i := 0; i < len(parts); i += 2 {
		var first byte
		switch op := parts[i].(type) {
		case int:
			first = byte(op)
		case byte:
			first = op
		}
		payload := parts[i+1].([]byte)
		if err := r.try(append(head(first, len(payload)), payload...)); err != nil {
			return err
		}
	}
	return nil
}

// TestAcceptSilence: who says nothing is left, before a hello and after it, even when bytes of a frame that never ends
// keep coming; who pings is not.
func TestAcceptSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openPipedStage(t)
		left := func(why string, r *rawSocket, after time.Duration) {
			t.Helper()
			began := time.Now()
			check(t, r.conn.SetDeadline(began.Add(time.Hour)))
			bye, closed := r.hungUp() // a lock that the server waits for would stop the bubble's clock
			if waited := time.Since(began).Round(time.Second); bye != protocol.CodeIdle || closed != protocol.CodeIdle || waited != after {
				t.Errorf("%s: bye %d, close %d after %v, want to be left after %v", why, bye, closed, waited, after)
			}
		}
		left("no hello", s.rawDial(), 10*time.Second)
		h := s.handset("acme", "ben")
		left("no frame", h.rawConnect(), time.Minute)

		dripping := h.rawConnect()
		check(t, dripping.try(head(opBinary, 1000)))
		var drips sync.WaitGroup
		drips.Go(func() {
			for dripping.try([]byte{0}) == nil {
				time.Sleep(time.Second) // fake, as all in here
			}
		})
		left("a frame without end", dripping, time.Minute)
		drips.Wait()

		pinging := h.rawConnect()
		check(t, pinging.conn.SetDeadline(time.Now().Add(time.Hour)))
		for range 3 {
			time.Sleep(59 * time.Second)
			if m := pinging.asks(&protocol.Ping{}); m.Type() != protocol.TypePong {
				t.Fatalf("who pings heard a %s; want a pong", m.Type())
			}
		}
	})
}

// TestAcceptASlowReaderIsLeft: a device that takes nothing of what it asked for is left, and costs nobody anything.
func TestAcceptASlowReaderIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openPipedStage(t)
		job := s.newJobOf("ben", "acme", "Boiler")
		var notes []model.Change
		for range 30 {
			notes = append(notes, made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, strings.Repeat("x", 4000)), textOf(model.NoteAudience, "field")))
		}
		s.office("acme", notes...)
		sue := s.handset("acme", "sue")
		beside := sue.rawConnect()
		check(t, beside.conn.SetDeadline(time.Now().Add(time.Hour)))
		slow := s.handset("acme", "ben").rawConnect()
		check(t, slow.conn.SetDeadline(time.Now().Add(time.Hour)))
		slow.send(finBit|opBinary, protocol.Encode(&protocol.Resume{}))
		for second := 0; s.hub.Connected() > 1; second++ {
			if second == 15 {
				t.Fatal("a device that takes nothing is still connected")
			}
			time.Sleep(time.Second) // fake
			c := shift("shift_start")
			if a, ok := beside.asks(sue.pushOf(c)).(*protocol.Answers); !ok || !a.Answers[0].Outcome.In() {
				t.Fatalf("who is beside it was answered %+v", a)
			}
		}
	})
}

// TestAcceptAFloodOfPushes: more than may be in flight is taken one after the other: each push is answered, in order,
// with answers or with busy, and nothing of it is lost.
func TestAcceptAFloodOfPushes(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	b := s.bystander("acme", "sue")
	h := s.handset("acme", "ben")
	w := h.connect()
	const pushes = 10
	sent := make(chan struct{})
	var frames [][]byte
	for range pushes {
		var many []model.Change
		for range protocol.MaxChanges {
			many = append(many, shift("shift_start"))
		}
		frames = append(frames, protocol.Encode(h.pushOf(many...)))
	}
	go func() {
		defer close(sent)
		for _, frame := range frames {
			if err := w.conn.Send(t.Context(), frame); err != nil {
				t.Error(err)
			}
		}
	}()
	for number := uint64(1); number <= pushes; number++ {
		switch m := w.next().(type) {
		case *protocol.Answers:
			for _, a := range m.Answers {
				if m.Number != number || !a.Outcome.In() || len(m.Answers) != protocol.MaxChanges {
					t.Fatalf("push %d: %d answers to push %d, %+v", number, len(m.Answers), m.Number, a)
				}
			}
		case *protocol.ErrorMessage:
			if m.Code != protocol.CodeBusy || m.Ref != number {
				t.Fatalf("push %d: %+v", number, m)
			}
		default:
			t.Fatalf("heard a %s", m.Type())
		}
	}
	<-sent
	b.undisturbed(t)
}

// TestAcceptDoors: what is no device of ours does not come in (RS-S12), and is told what it did wrong.
func TestAcceptDoors(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	for _, c := range []struct {
		why, method, path, body string
		header                  http.Header
		want                    int
	}{
		{"a web page of somebody else's", "GET", "/v1/ws", "", http.Header{"Origin": {"https://evil.example"}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"MDEyMzQ1Njc4OWFiY2RlZg=="}}, 403},
		{"a web page that names this host", "GET", "/v1/ws", "", http.Header{"Origin": {"http://" + s.address}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"MDEyMzQ1Njc4OWFiY2RlZg=="}}, 403},
		{"no WebSocket", "GET", "/v1/ws", "", nil, 400},
		{"no JSON", "POST", "/v1/sign-in", "{", nil, 400},
		{"a field nobody knows", "POST", "/v1/sign-in", `{"tenant":"acme","admin":true}`, nil, 400},
		{"two objects", "POST", "/v1/sign-in", `{}{}`, nil, 400},
		{"no key", "POST", "/v1/sign-in", `{"tenant":"acme","login":"ben@acme","password":"x"}`, nil, 400},
		{"a megabyte", "POST", "/v1/sign-in", `{"tenant":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413},
		{"an epoch that is no number", "POST", "/v1/sign-in", `{"takeover":"true"}`, nil, 400},
		{"another method", "GET", "/v1/sign-in", "", nil, 405},
		{"another path", "GET", "/v2", "", nil, 404},
		{"the board without a token", "GET", "/v1/sessions?tenant=" + s.tenants["acme"].String(), "", nil, 401},
		{"sign-out without a token", "POST", "/v1/sign-out", `{"tenant":"` + s.tenants["acme"].String() + `"}`, nil, 401},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+s.address+c.path, strings.NewReader(c.body))
		check(t, err)
		for key, value := range c.header {
			r.Header[key] = value
		}
		answer, err := http.DefaultClient.Do(r)
		check(t, err)
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", c.why, answer.Status, c.want)
		}
	}
}
