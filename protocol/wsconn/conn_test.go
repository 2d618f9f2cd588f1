package wsconn_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
)

// brisk makes a test that waits for a silent peer quick.
var brisk = wsconn.Config{AllowNoOrigin: true, Linger: 50 * time.Millisecond}

// sockets makes both ends of a WebSocket over the loopback.
func sockets(tb testing.TB, cfg wsconn.Config) (server, client protocol.Conn) {
	tb.Helper()
	accepted := make(chan protocol.Conn, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := wsconn.Accept(w, r, cfg)
		if err != nil {
			tb.Errorf("Accept = %v", err)
			close(accepted)
			return
		}
		accepted <- c
	}))
	tb.Cleanup(s.Close)
	client, err := wsconn.Dial(tb.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), nil, cfg)
	if err != nil {
		tb.Fatalf("Dial = %v", err)
	}
	server = <-accepted
	tb.Cleanup(func() {
		client.Close(protocol.CodeNone, "")
		server.Close(protocol.CodeNone, "")
	})
	return server, client
}

// TestConn runs the contract of protocol.Conn over both implementations, from both ends.
func TestConn(t *testing.T) {
	for name, pair := range map[string]func(testing.TB) (protocol.Conn, protocol.Conn){
		"pipe": func(testing.TB) (protocol.Conn, protocol.Conn) { return protocol.Pipe() },
		"server": func(tb testing.TB) (protocol.Conn, protocol.Conn) {
			tb.Helper()
			return sockets(tb, brisk)
		},
		"client": func(tb testing.TB) (protocol.Conn, protocol.Conn) {
			tb.Helper()
			server, client := sockets(tb, brisk)
			return client, server
		},
	} {
		for what, test := range contract {
			t.Run(name+"/"+what, func(t *testing.T) {
				a, b := pair(t)
				test(t, a, b)
			})
		}
	}
}

// contract is what every Conn must do; a and b are the ends of one connection.
var contract = map[string]func(t *testing.T, a, b protocol.Conn){
	"order":            order,
	"both at once":     bothAtOnce,
	"send keeps none":  sendKeepsNone,
	"largest frame":    largestFrame,
	"clean close":      cleanClose,
	"close with code":  closeWithCode,
	"frames first":     framesFirst,
	"own close":        ownClose,
	"close twice":      closeTwice,
	"close wakes recv": closeWakesRecv,
	"send after close": sendAfterClose,
	"recv cancelled":   recvCancelled,
	"send cancelled":   sendCancelled,
	"both close":       bothClose,
}

func send(t *testing.T, c protocol.Conn, frame string) {
	t.Helper()
	if err := c.Send(t.Context(), []byte(frame)); err != nil {
		t.Fatalf("Send(%.20q) = %v", frame, err)
	}
}

func recv(t *testing.T, c protocol.Conn, want string) {
	t.Helper()
	if got, err := c.Recv(t.Context()); err != nil || string(got) != want {
		t.Fatalf("Recv = %.20q, %v, want %.20q", got, err, want)
	}
}

func recvErr(t *testing.T, c protocol.Conn) error {
	t.Helper()
	frame, err := c.Recv(t.Context())
	if err == nil {
		t.Fatalf("Recv = %.20q, want an error", frame)
	}
	return err
}

func order(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	for _, frame := range []string{"one", "", "three\x00\xff"} {
		send(t, a, frame)
	}
	for _, frame := range []string{"one", "", "three\x00\xff"} {
		recv(t, b, frame)
	}
}

func bothAtOnce(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	var all sync.WaitGroup
	for _, c := range []protocol.Conn{a, b} {
		all.Go(func() {
			for range 100 {
				if err := c.Send(t.Context(), []byte("x")); err != nil {
					t.Errorf("Send = %v", err)
				}
			}
		})
		all.Go(func() {
			for range 100 {
				if _, err := c.Recv(t.Context()); err != nil {
					t.Errorf("Recv = %v", err)
				}
			}
		})
	}
	all.Wait()
}

func sendKeepsNone(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	frame := []byte("mine")
	if err := a.Send(t.Context(), frame); err != nil {
		t.Fatal(err)
	}
	copy(frame, "null")
	recv(t, b, "mine")
	if string(frame) != "null" {
		t.Error("Send changed its argument afterwards")
	}
}

func largestFrame(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	frame := bytes.Repeat([]byte("0123456789abcdef"), protocol.MaxFrame/16)
	var sent sync.WaitGroup
	sent.Go(func() {
		if err := a.Send(t.Context(), frame); err != nil {
			t.Errorf("Send = %v", err)
		}
	})
	recv(t, b, string(frame))
	sent.Wait()
}

func cleanClose(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	var closed sync.WaitGroup
	closed.Go(func() { a.Close(protocol.CodeNone, "done") })
	if err := recvErr(t, b); !errors.Is(err, io.EOF) {
		t.Errorf("Recv = %v, want io.EOF", err)
	}
	closed.Wait()
}

func closeWithCode(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	var closed sync.WaitGroup
	closed.Go(func() { a.Close(protocol.CodeSuperseded, "by Ben's other phone") })
	var got *protocol.CloseError
	if err := recvErr(t, b); !errors.As(err, &got) || got.Code != protocol.CodeSuperseded || got.Reason != "by Ben's other phone" {
		t.Errorf("Recv = %v, want the code and reason", err)
	}
	closed.Wait()
	if err := recvErr(t, b); err == nil {
		t.Error("Recv after the close = nil")
	}
}

func framesFirst(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	send(t, a, "page")
	send(t, a, "bye")
	var closed sync.WaitGroup
	closed.Go(func() { a.Close(protocol.CodeEnded, "") })
	recv(t, b, "page")
	recv(t, b, "bye")
	var got *protocol.CloseError
	if err := recvErr(t, b); !errors.As(err, &got) || got.Code != protocol.CodeEnded {
		t.Errorf("Recv = %v, want the close after the frames", err)
	}
	closed.Wait()
}

func ownClose(t *testing.T, a, _ protocol.Conn) {
	t.Helper()
	a.Close(protocol.CodeIdle, "")
	if err := recvErr(t, a); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Recv = %v, want net.ErrClosed", err)
	}
	if err := a.Send(t.Context(), []byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send = %v, want net.ErrClosed", err)
	}
}

func closeTwice(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	var closed sync.WaitGroup
	closed.Go(func() {
		for _, code := range []protocol.Code{protocol.CodeSlow, protocol.CodeStolen} {
			if err := a.Close(code, ""); err != nil {
				t.Errorf("Close(%d) = %v", code, err)
			}
		}
	})
	var got *protocol.CloseError
	if err := recvErr(t, b); !errors.As(err, &got) || got.Code != protocol.CodeSlow {
		t.Errorf("Recv = %v, want the first code", err)
	}
	closed.Wait()
}

func closeWakesRecv(t *testing.T, a, _ protocol.Conn) {
	t.Helper()
	var woken sync.WaitGroup
	woken.Go(func() {
		if _, err := a.Recv(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Recv = %v, want net.ErrClosed", err)
		}
	})
	a.Close(protocol.CodeRestart, "")
	woken.Wait()
}

func sendAfterClose(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	var closed sync.WaitGroup
	closed.Go(func() { a.Close(protocol.CodeRestart, "") })
	_ = recvErr(t, b)
	closed.Wait()
	if err := b.Send(t.Context(), []byte("x")); err == nil {
		t.Error("Send to a closed end = nil")
	}
}

func recvCancelled(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var woken sync.WaitGroup
	woken.Go(func() {
		if _, err := a.Recv(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Recv = %v, want context.Canceled", err)
		}
	})
	cancel()
	woken.Wait()
	if err := recvErr(t, b); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the other end's Recv = %v, want io.ErrUnexpectedEOF", err)
	}
}

func sendCancelled(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	frame := make([]byte, protocol.MaxFrame)
	var sent sync.WaitGroup
	sent.Go(func() {
		for range 10_000 { // more than any buffer holds
			if err := a.Send(ctx, frame); err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Errorf("Send = %v, want context.Canceled", err)
				}
				return
			}
		}
		t.Error("Send never waited for the other end")
	})
	cancel()
	sent.Wait()
	for {
		if _, err := b.Recv(t.Context()); err != nil {
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the other end's Recv = %v, want io.ErrUnexpectedEOF", err)
			}
			return
		}
	}
}

func bothClose(t *testing.T, a, b protocol.Conn) {
	t.Helper()
	var closed sync.WaitGroup
	for _, c := range []protocol.Conn{a, b} {
		closed.Go(func() {
			if err := c.Close(protocol.CodeRestart, ""); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
	closed.Wait()
}
