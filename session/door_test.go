package session_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
)

// knocks opens a connection from an address and gives the first frame.
func (w *world) knocks(address string) (*line, protocol.Message) {
	w.t.Helper()
	ours, theirs := protocol.Pipe()
	l := &line{t: w.t, conn: ours, served: make(chan error, 1)}
	go func() {
		l.served <- w.server.Serve(context.Background(), theirs, session.Peer{Tenant: w.tenant, Host: host, Address: address})
	}()
	return l, l.recv()
}

// inWindow opens connections from an address until one is turned away, or so many are in.
func (w *world) inWindow(address string, most int) (in []*line, bye *protocol.Bye) {
	w.t.Helper()
	for len(in) < most {
		l, first := w.knocks(address)
		if bye, ok := first.(*protocol.Bye); ok {
			return in, bye
		}
		in = append(in, l)
	}
	return in, nil
}

// crowded fills the window from one address, and says what is wrong with how those who find it full are sent away.
func crowded(t *testing.T) (wrong string) {
	t.Helper()
	bubble(t, func(t *testing.T, w *world) {
		in, bye := w.inWindow("10.0.0.1", 300)
		if bye == nil {
			wrong = "hellos in progress are not bounded"
			hangAllUp(in)
			return
		}
		const more = 400 // at 200 a second they are back over two seconds more
		seen := map[uint64]bool{}
		var last *protocol.Bye
		for range more {
			_, first := w.knocks("10.0.0.1")
			last = first.(*protocol.Bye)
			seen[last.After] = true
		}
		switch {
		case bye.Code != protocol.CodeTooMany || bye.After < 1000 || bye.After > 2010:
			wrong = fmt.Sprintf("the first one too many is told %+v", bye)
		case last.After < 3000 || last.After > 6020:
			wrong = fmt.Sprintf("after %d others one is asked to stay away for %d ms", more, last.After)
		case len(seen) < more/2:
			wrong = fmt.Sprintf("%d devices come back at %d moments", more, len(seen))
		}
		hangAllUp(in)
	})
	return wrong
}

func hangAllUp(lines []*line) {
	for _, l := range lines {
		l.hangUp()
	}
}

// TestTheWindowOfHellos: how many say hello at a time is bounded, and who finds no room comes back later the more they are.
func TestTheWindowOfHellos(t *testing.T) {
	if wrong := crowded(t); wrong != "" {
		t.Error(wrong)
	}
}

// TestTheWindowHasRoomAgain: a good hello, a hang-up and one that never comes each make room; another address has its own.
func TestTheWindowHasRoomAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		in, bye := w.inWindow("10.0.0.1", 300)
		if bye == nil {
			t.Fatal("it is never full")
		}
		other, _ := w.inWindow("10.0.0.2", 1)
		if len(other) != 1 {
			t.Error("another address is kept out")
		}
		in[0].hangUp()
		synctest.Wait()
		one, bye := w.inWindow("10.0.0.1", 2)
		if len(one) != 1 || bye == nil {
			t.Errorf("after one hung up %d came in", len(one))
		}
		time.Sleep(time.Minute) // fake: no hello came in time, and those are told so
		synctest.Wait()
		for _, l := range append(append(in[1:], other...), one...) {
			l.closed(protocol.CodeIdle)
		}
		again, _ := w.inWindow("10.0.0.1", 300)
		if len(again) != len(in) {
			t.Errorf("there is room for %d, and was for %d", len(again), len(in))
		}
		hangAllUp(again)
	})
}

// TestTheWindowOfTheServer: many addresses together are bounded too, and the crowd that is away is forgotten with time.
func TestTheWindowOfTheServer(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var in []*line
		full := func(from int) (bye *protocol.Bye) {
			for i := from; bye == nil && i < from+30; i++ {
				var some []*line
				some, bye = w.inWindow(fmt.Sprintf("10.0.1.%d", i), 50)
				in = append(in, some...)
			}
			return bye
		}
		if bye := full(0); bye == nil || bye.Code != protocol.CodeOverloaded || bye.After < 1000 {
			t.Errorf("with %d in the window one is told %+v", len(in), bye)
		}
		hangAllUp(in)
		in = nil
		time.Sleep(time.Minute) // fake
		if bye := full(100); bye == nil || bye.After > 2010 {
			t.Errorf("a minute later one is told %+v, as if the crowd were there still", bye)
		}
		hangAllUp(in)
	})
}
