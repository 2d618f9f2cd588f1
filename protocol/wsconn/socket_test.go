package wsconn_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
)

// raw connects gorilla itself to an accepting server, to send what a Conn of ours never would.
func raw(t *testing.T, cfg wsconn.Config) (*websocket.Conn, protocol.Conn) {
	t.Helper()
	accepted := make(chan protocol.Conn, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := wsconn.Accept(w, r, cfg)
		if err != nil {
			t.Errorf("Accept = %v", err)
		}
		accepted <- c
	}))
	t.Cleanup(s.Close)
	dialer := websocket.Dialer{EnableCompression: true}
	ws, response, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("extensions %q, want none: compression is off", got)
	}
	c := <-accepted
	t.Cleanup(func() {
		ws.Close()
		c.Close(protocol.CodeNone, "")
	})
	return ws, c
}

// closeCode reads until the server's close frame.
func closeCode(t *testing.T, ws *websocket.Conn) int {
	t.Helper()
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			var closed *websocket.CloseError
			if !errors.As(err, &closed) {
				t.Fatalf("read = %v, want a close frame", err)
			}
			return closed.Code
		}
	}
}

func TestText(t *testing.T) {
	ws, c := raw(t, brisk)
	if err := ws.WriteMessage(websocket.TextMessage, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if frame, err := c.Recv(t.Context()); err == nil {
		t.Errorf("Recv = %q, want an error: binary only", frame)
	}
	if got := closeCode(t, ws); got != websocket.CloseUnsupportedData {
		t.Errorf("closed with %d, want 1003", got)
	}
}

func TestReadLimit(t *testing.T) {
	ws, c := raw(t, brisk)
	if err := ws.WriteMessage(websocket.BinaryMessage, make([]byte, protocol.MaxFrame+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recv(t.Context()); !errors.Is(err, websocket.ErrReadLimit) {
		t.Errorf("Recv = %v, want the read limit", err)
	}
	if got := closeCode(t, ws); got != websocket.CloseMessageTooBig {
		t.Errorf("closed with %d, want 1009", got)
	}
}

func TestPings(t *testing.T) {
	ws, c := raw(t, brisk)
	for range 50 {
		if err := ws.WriteMessage(websocket.PingMessage, nil); err != nil {
			break // the server has had enough
		}
	}
	if _, err := c.Recv(t.Context()); err == nil {
		t.Error("Recv = nil, want an error: a flood of pings")
	}
}

// TestVanished: a peer that goes without a word is no clean end.
func TestVanished(t *testing.T) {
	ws, c := raw(t, brisk)
	ws.NetConn().Close()
	if _, err := c.Recv(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Recv = %v, want io.ErrUnexpectedEOF", err)
	}
}

// TestSilent: a peer that does not answer a close does not hold us longer than Linger.
func TestSilent(t *testing.T) {
	_, c := raw(t, brisk)
	if err := c.Close(protocol.CodeStolen, strings.Repeat("é", 100)); err != nil {
		t.Errorf("Close = %v", err)
	}
}

func TestOrigin(t *testing.T) {
	listed := wsconn.Config{Origins: []string{"https://app.acme.io", "http://localhost:8080"}}
	native := wsconn.Config{Origins: listed.Origins, AllowNoOrigin: true}
	for _, row := range []struct {
		cfg    wsconn.Config
		origin []string
		ok     bool
		why    string
	}{
		{listed, []string{"https://app.acme.io"}, true, "listed"},
		{listed, []string{"HTTPS://APP.acme.io"}, true, "case says nothing"},
		{listed, []string{"http://localhost:8080"}, true, "listed with a port"},
		{listed, []string{"http://app.acme.io"}, false, "another scheme"},
		{listed, []string{"https://app.acme.io:8443"}, false, "another port"},
		{listed, []string{"https://app.acme.io.evil.example"}, false, "another host"},
		{listed, []string{"null"}, false, "a sandboxed page"},
		{listed, []string{""}, false, "an empty one"},
		{listed, []string{"https://app.acme.io", "https://evil.example"}, false, "two of them"},
		{listed, nil, false, "none, and browsers only"},
		{native, nil, true, "none, from a native app"},
		{native, []string{"https://evil.example"}, false, "a browser all the same"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c, err := wsconn.Accept(w, r, row.cfg); err == nil {
				c.Close(protocol.CodeNone, "")
			}
		}))
		header := http.Header{}
		if row.origin != nil {
			header["Origin"] = row.origin
		}
		c, err := wsconn.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), header, brisk)
		if (err == nil) != row.ok {
			t.Errorf("%s: Dial = %v, want ok %t", row.why, err, row.ok)
		}
		if err == nil {
			c.Close(protocol.CodeNone, "")
		} else if !strings.Contains(err.Error(), "403") {
			t.Errorf("%s: Dial = %v, want 403", row.why, err)
		}
		s.Close()
	}
}

// TestHowAWriteFails: a peer that takes nothing is slow, one that has gone is a broken connection; who holds the
// conversation tells them apart from trouble of our own.
func TestHowAWriteFails(t *testing.T) {
	frame := make([]byte, protocol.MaxFrame)
	fail := func(c protocol.Conn) error {
		for range 10_000 { // more than any buffer holds
			if err := c.Send(t.Context(), frame); err != nil {
				return err
			}
		}
		return nil
	}
	hasty := brisk
	hasty.WriteTimeout = 50 * time.Millisecond
	_, c := raw(t, hasty)
	if err := fail(c); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("to a peer that takes nothing: Send = %v, want os.ErrDeadlineExceeded", err)
	}
	ws, c := raw(t, brisk)
	if err := ws.NetConn().(*net.TCPConn).SetLinger(0); err != nil { // gone without a word: the kernel resets
		t.Fatal(err)
	}
	ws.NetConn().Close()
	if err := fail(c); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("to a peer that has gone: Send = %v, want io.ErrUnexpectedEOF", err)
	}
}
