package client_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestF4_ATerminalEndStopsTheRetries: of every code there is. With one that stops, the phone does not call again in a day, and
// when its app is started again it still knows the end; with any other it comes back by itself.
func TestF4_ATerminalEndStopsTheRetries(t *testing.T) {
	for c := protocol.CodeRestart; c < 5000; c++ {
		if c.String() == "unknown" {
			continue
		}
		if wrong := ends(t, c, ""); wrong != "" {
			t.Error(wrong)
		}
	}
}

// TestPlantedEnds: a phone that forgets its end when its app is closed is found.
func TestPlantedEnds(t *testing.T) {
	if ends(t, protocol.CodeEnded, "end-not-kept") == "" {
		t.Error("end-not-kept was not found")
	}
}

// ends has a phone's second connection end with a code, and says what is wrong with what the phone does then.
func ends(t *testing.T, code protocol.Code, bug string) (wrong string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d, local := newDesk(t), replica.NewMemory()
		_, stop := d.start(bobs(t, local))
		_ = stop()
		d.refuse = func(int) *protocol.Bye {
			return &protocol.Bye{Code: code, Reason: model.EndOffice, By: "Amy", At: 7, Text: "ended", Fate: model.FateHandIn, Note: "bring it in"}
		}
		r, err := replica.Open(local, replica.Config{Random: rand.Reader, Plant: func(b string) bool { return b == bug }})
		if err != nil {
			t.Fatal(err)
		}
		c, stop := d.start(r)
		time.Sleep(25 * time.Hour)
		state, err := c.Status().State, stop()
		stopped, _ := errors.AsType[*client.StoppedError](err)
		calls := d.calls()
		switch {
		case code.Wipes() && (!errors.Is(err, client.ErrWiped) || calls != 2):
			wrong = fmt.Sprintf("%d %s: %v after %d calls, want a wipe", code, code, err, calls)
		case code.Wipes():
		case !code.Stops() && (state == client.StateStopped || calls < 3):
			wrong = fmt.Sprintf("%d %s: %s after %d calls, want more", code, code, state, calls)
		case !code.Stops():
		case stopped == nil || stopped.Code != code || calls != 2:
			wrong = fmt.Sprintf("%d %s: %v after %d calls, want no more", code, code, err, calls)
		case code == protocol.CodeRefused || code == protocol.CodeProtocol || code == protocol.CodeTooOld || code == protocol.CodeHandedIn:
			// the session is what it was; an app that is started again tries again
		default:
			wrong = stillKnown(t, d, local, code)
		}
	})
	return wrong
}

// stillKnown starts the app again, and says what is wrong with what it knows.
func stillKnown(t *testing.T, d *desk, local replica.Local, code protocol.Code) string {
	t.Helper()
	c, stop := d.start(bobs(t, local))
	time.Sleep(25 * time.Hour)
	_ = stop()
	want := replica.End{Code: code, Reason: model.EndOffice, By: "Amy", At: 7, Text: "ended", Fate: model.FateHandIn, Note: "bring it in"}
	if s := c.Status(); !s.Ended || s.End != want || d.calls() != 2 {
		return fmt.Sprintf("%d %s: started again the phone has called %d times, and knows %+v", code, code, d.calls(), s.End)
	}
	return ""
}
