package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The ordinary day: greet, download, work, upload, report.
func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		c, stop := d.start(bobs(t, replica.NewMemory()))
		if s := c.Status(); s.State != client.StateConnected || s.Downloading {
			t.Errorf("Status() = %+v, want connected, and downloaded", s)
		}
		rec, ok, err := c.Show(model.RecordID{1})
		if err != nil || !ok || rec.Value(model.JobTitle).Text() != "one" {
			t.Errorf("Show = %+v, %v, %v", rec, ok, err)
		}
		if _, err := c.Save(newJob("new")); err != nil {
			t.Error(err)
		}
		d.look(func() {
			if len(d.pushes) != 1 || d.gots != 1 || !d.resumes[0].Follow {
				t.Errorf("%d pushes, %d gots", len(d.pushes), d.gots)
			}
		})
		if s := c.Status(); s.Unsent != 0 {
			t.Errorf("%d unsent", s.Unsent)
		}
		select {
		case <-c.Changed():
		default:
			t.Error("nobody was told")
		}
		time.Sleep(5 * time.Minute)
		d.look(func() {
			if n := len(d.reports); n < 8 || n > 16 || d.reports[0].Version != "test 1" {
				t.Errorf("%d reports in 5 minutes, want one in 20 to 30 s", n)
			}
			if len(d.dials) != 1 {
				t.Errorf("%d connections", len(d.dials))
			}
		})
		if err := stop(); err != nil {
			t.Errorf("Run = %v, want nil when its context ends", err)
		}
	})
}

// Work done without a network is sent when there is one, in order and within what may be in flight.
func TestOfflineThenOnline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		local := replica.NewMemory()
		_, stop := d.start(bobs(t, local))
		_ = stop()
		d.down = true
		c, stop := d.start(bobs(t, local))
		for i := range 450 {
			if _, err := c.Save(newJob(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Minute)
		d.mu.Lock()
		tries := len(d.dials)
		d.down = false
		d.mu.Unlock()
		if tries < 5 || tries > 30 {
			t.Errorf("%d tries in 20 minutes without a network", tries)
		}
		if s := c.Status(); s.State != client.StateWaiting || s.Unsent != 450 || s.Trouble == "" || s.Retry.IsZero() {
			t.Errorf("Status() = %+v", s)
		}
		c.Wake()
		d.look(func() {
			var last uint64
			for _, p := range d.pushes {
				if len(p.Changes) > 200 {
					t.Errorf("%d changes in one push", len(p.Changes))
				}
				for _, ch := range p.Changes {
					if ch.Number <= last {
						t.Errorf("number %d after %d", ch.Number, last)
					}
					last = ch.Number
				}
			}
		})
		if s := c.Status(); s.Unsent != 0 || s.State != client.StateConnected {
			t.Errorf("Status() = %+v, want all sent", s)
		}
		_ = stop()
	})
}

// A code that says come back is obeyed with jitter, and not before the server's word; another connection of the same
// device is not fought.
func TestComesBack(t *testing.T) {
	cases := []struct {
		bye       protocol.Bye
		least     time.Duration
		most      time.Duration
		different bool
	}{
		{protocol.Bye{Code: protocol.CodeRestart}, 0, 30 * time.Second, true},
		{protocol.Bye{Code: protocol.CodeOverloaded, After: 77_000}, 77 * time.Second, 77 * time.Second, false},
		{protocol.Bye{Code: protocol.CodeReplaced}, 150 * time.Second, 300 * time.Second, true},
		{protocol.Bye{Code: 4099}, 0, 30 * time.Second, true},
	}
	for _, c := range cases {
		var delays []time.Duration
		for range 4 {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				_, stop := d.start(bobs(t, replica.NewMemory()))
				at := time.Now()
				d.say(&c.bye)
				time.Sleep(6 * time.Minute)
				d.look(func() {
					if len(d.dials) != 2 {
						t.Fatalf("%d connections after code %d, want 2", len(d.dials), c.bye.Code)
					}
					delays = append(delays, d.dials[1].Sub(at))
				})
				_ = stop()
			})
		}
		for _, delay := range delays {
			if delay < c.least || delay > c.most {
				t.Errorf("code %d: came back after %v, want %v to %v", c.bye.Code, delay, c.least, c.most)
			}
		}
		if slices.Sort(delays); c.different && len(slices.Compact(delays)) < 2 {
			t.Errorf("code %d: always after %v: all phones come back at once", c.bye.Code, delays[0])
		}
	}
}

// A terminal code stops the loop for good (domain F4); what is unsent is handed in, write-only, and then nothing more.
func TestStopsAndHandsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		local := replica.NewMemory()
		c, stop := d.start(bobs(t, local))
		d.mu.Lock()
		d.respond = func(m protocol.Message) []protocol.Message { // the session ends before the push is taken
			if _, ok := m.(*protocol.Push); ok && len(d.hellos) == 1 {
				return []protocol.Message{&protocol.Bye{Code: protocol.CodeSuperseded, Reason: model.EndSuperseded, Text: "signed in on Pixel"}}
			}
			return nil
		}
		d.mu.Unlock()
		if _, err := c.Save(newJob("unsent")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		d.look(func() {
			if len(d.hellos) != 2 || d.hellos[0].HandIn || !d.hellos[1].HandIn || len(d.pushes) != 1 || len(d.resumes) != 1 {
				t.Errorf("%d hellos, %d pushes, %d resumes", len(d.hellos), len(d.pushes), len(d.resumes))
			}
		})
		s := c.Status()
		if s.State != client.StateStopped || s.Unsent != 0 || !s.Ended || s.End.Reason != model.EndSuperseded || s.Notices != 1 {
			t.Errorf("Status() = %+v", s)
		}
		var stopped *client.StoppedError
		if err := stop(); !errors.As(err, &stopped) || stopped.Code != protocol.CodeSuperseded || stopped.Text != "signed in on Pixel" {
			t.Errorf("Run = %v", err)
		}

		// Started again it stays stopped, hands in what was made since, and connects again only after a sign-in.
		c, stop = d.start(bobs(t, local))
		if err := stop(); !errors.As(err, &stopped) {
			t.Errorf("Run = %v, want stopped", err)
		}
		d.look(func() {
			if len(d.dials) != 2 {
				t.Errorf("%d connections, want no more", len(d.dials))
			}
		})
		if _, err := c.Save(newJob("typed on")); err != nil {
			t.Error(err)
		}
		r := bobs(t, local)
		if err := r.SignedIn(bob); err != nil {
			t.Fatal(err)
		}
		c, stop = d.start(r)
		if s := c.Status(); s.State != client.StateConnected || s.Unsent != 0 {
			t.Errorf("after a new sign-in: %+v", s)
		}
		_ = stop()
	})
}

// A code that refuses the hand-in lane too is not answered by a hand-in; one that an update heals is tried again.
func TestStopsWithoutHandIn(t *testing.T) {
	for _, code := range []protocol.Code{protocol.CodeRefused, protocol.CodeProtocol, protocol.CodeTooOld} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			local := replica.NewMemory()
			_, stop := d.start(bobs(t, local))
			_ = stop()
			d.refuse = func(int) *protocol.Bye { return &protocol.Bye{Code: code} }
			c, stop := d.start(bobs(t, local))
			time.Sleep(time.Hour)
			d.look(func() {
				if len(d.dials) != 2 {
					t.Errorf("code %d: %d connections, want 2", code, len(d.dials))
				}
			})
			if s := c.Status(); s.State != client.StateStopped || s.Ended {
				t.Errorf("code %d: %+v", code, s)
			}
			_ = stop()
			d.refuse = nil
			if c, stop = d.start(bobs(t, local)); c.Status().State != client.StateConnected {
				t.Errorf("code %d: the app was started again, and does not try", code)
			}
			_ = stop()
		})
	}
}

// A stolen device is wiped.
func TestWipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		local := replica.NewMemory()
		c, stop := d.start(bobs(t, local))
		d.say(&protocol.Bye{Code: protocol.CodeStolen, Reason: model.EndRevoked})
		if err := stop(); !errors.Is(err, client.ErrWiped) {
			t.Errorf("Run = %v, want ErrWiped", err)
		}
		if s := c.Status(); s.State != client.StateWiped || !c.Who().User.IsZero() || !local.Equal(emptied(t)) {
			t.Errorf("Status() = %+v: something is left", s)
		}
	})
}

// emptied is what a wipe leaves: nobody's meta.
// brokenPipe is a connection on which the other side's last word and our next one cross.
type brokenPipe struct {
	protocol.Conn
	before func() // says the last word
}

func (b brokenPipe) Send(ctx context.Context, frame []byte) error {
	if m, err := protocol.Decode(frame); err == nil && m.Type() == protocol.TypePing {
		b.before()
		return errors.New("broken pipe")
	}
	return b.Conn.Send(ctx, frame)
}

// TestHearsTheLastWordThoughItCannotSpeak: a server that has said why it ends the connection may have closed it before
// the client sends what it was about to; what was said is heard all the same.
func TestHearsTheLastWordThoughItCannotSpeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.between = func(c protocol.Conn) protocol.Conn {
			return brokenPipe{c, func() {
				d.say(&protocol.Bye{Code: protocol.CodeStolen, Reason: model.EndRevoked})
			}}
		}
		local := replica.NewMemory()
		c, stop := d.start(bobs(t, local))
		time.Sleep(time.Minute) // until the first ping
		d.look(func() {
			if len(d.dials) != 1 {
				t.Errorf("%d connections, want no more than the first", len(d.dials))
			}
		})
		if s := c.Status(); s.State != client.StateWiped || !local.Equal(emptied(t)) {
			t.Errorf("Status() = %+v: what the server said was not heard", s)
		}
		if err := stop(); !errors.Is(err, client.ErrWiped) {
			t.Errorf("Run = %v, want ErrWiped", err)
		}
	})
}

// TestF6_NoSpaceIsNotUnknown: what a phone says of its space is what the board makes of it.
func TestF6_NoSpaceIsNotUnknown(t *testing.T) {
	says := func(n int64) func() int64 { return func() int64 { return n } }
	for name, c := range map[string]struct {
		space func() int64
		want  model.Storage
	}{
		"not asked": {nil, model.StorageUnknown}, "unknown": {says(-1), model.StorageUnknown},
		"none": {says(0), model.StorageFull}, "low": {says(100 << 20), model.StorageLow}, "fine": {says(1 << 30), model.StorageFine},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			d.space = c.space
			_, stop := d.start(bobs(t, replica.NewMemory()))
			time.Sleep(time.Minute)
			d.look(func() {
				if len(d.reports) == 0 || d.reports[0].Storage() != c.want {
					t.Errorf("%s: reports %+v; want storage %s", name, d.reports, c.want)
				}
			})
			_ = stop()
		})
	}
}

func emptied(t *testing.T) *replica.Memory {
	t.Helper()
	local := replica.NewMemory()
	if err := bobs(t, local).Wipe(); err != nil {
		t.Fatal(err)
	}
	return local
}

// A server that says nothing is left after two pings.
func TestDeadServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.silent = true
		_, stop := d.start(bobs(t, replica.NewMemory()))
		time.Sleep(3 * time.Minute)
		d.look(func() {
			if len(d.dials) < 2 {
				t.Error("the client waits for ever")
			}
		})
		_ = stop()
	})
}

// Drain: everything is sent, and then said that it is, at once (domain F2).
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		c, stop := d.start(bobs(t, replica.NewMemory()))
		d.say(&protocol.Drain{Reason: model.EndOffice, Millis: 30_000})
		d.look(func() {
			if len(d.reports) != 1 || d.reports[0].Unsent != 0 {
				t.Errorf("reports = %+v, want one of nothing unsent", d.reports)
			}
		})
		if !c.Status().Draining {
			t.Error("the status does not say so")
		}
		time.Sleep(45 * time.Second) // whoever wanted its place thought better of it
		if s := c.Status(); s.Draining || s.State != client.StateConnected {
			t.Errorf("after a drain without an end the status is %+v, want connected and not draining", s)
		}
		_ = stop()
	})
}

// The server cannot continue the cursor: the device lists what it holds and takes what it is then told.
func TestReconciles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		c, stop := d.start(bobs(t, replica.NewMemory()))
		d.mu.Lock()
		cursor := binary8(d.cursor)
		d.mu.Unlock()
		p := d.page(cursor, false)
		p.Header.Cursor, p.Header.Reconcile, p.Body = nil, true, nil
		d.say(p)
		d.look(func() {
			if !slices.Equal(d.held, []model.RecordID{{1}}) {
				t.Errorf("held = %v, want the one job", d.held)
			}
		})
		p = d.page(cursor, true)
		p.Body, p.Compressed = protocol.EncodePageBody(&protocol.PageBody{Retracts: []model.RecordID{{1}}}), false
		d.say(p)
		synctest.Wait()
		if _, ok, _ := c.Show(model.RecordID{1}); ok {
			t.Error("the retracted job is shown")
		}
		_ = stop()
	})
}

func binary8(n uint64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[7-i] = byte(n >> (8 * i))
	}
	return b
}

// Retry is no outcome: the change is sent again, after a moment, until it is decided.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		c, stop := d.start(bobs(t, replica.NewMemory()))
		tries := 0
		d.mu.Lock()
		d.respond = func(m protocol.Message) []protocol.Message {
			p, ok := m.(*protocol.Push)
			if tries++; !ok || tries > 3 {
				return nil
			}
			if tries == 2 {
				return []protocol.Message{&protocol.ErrorMessage{Code: protocol.CodeBusy, Ref: p.Number}}
			}
			return []protocol.Message{&protocol.Answers{Number: p.Number, Answers: make([]model.Answer, len(p.Changes))}}
		}
		d.mu.Unlock()
		if _, err := c.Save(newJob("x")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Second)
		if s := c.Status(); s.Unsent != 0 {
			t.Errorf("%d unsent", s.Unsent)
		}
		_ = stop()
	})
}

// Signing out tells the server, and leaves unsent work where it is until it is handed in (domain F13).
func TestSignOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		local := replica.NewMemory()
		c, stop := d.start(bobs(t, local))
		if err := c.SignOut(false); err != nil {
			t.Fatal(err)
		}
		d.look(func() {
			if len(d.byes) != 1 || d.byes[0].Reason != model.EndSignedOut {
				t.Errorf("byes = %+v", d.byes)
			}
		})
		var stopped *client.StoppedError
		if err := stop(); !errors.As(err, &stopped) {
			t.Errorf("Run = %v, want stopped", err)
		}
	})
}

// While somebody else uses the device, the first user's queue can still be handed in.
func TestHandInOfAnotherUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		local := replica.NewMemory()
		c, stop := d.start(bobs(t, local))
		_ = stop()
		if _, err := c.Save(newJob("unsent")); err != nil {
			t.Fatal(err)
		}
		var unsent *replica.UnsentError
		if err := c.SignOut(false); !errors.As(err, &unsent) {
			t.Errorf("SignOut = %v, want *UnsentError", err)
		}
		if err := c.SignOut(true); err != nil {
			t.Fatal(err)
		}
		if err := c.HandIn(t.Context()); err != nil {
			t.Errorf("HandIn = %v", err)
		}
		d.look(func() {
			if len(d.hellos) != 2 || !d.hellos[1].HandIn || len(d.pushes) != 1 {
				t.Errorf("%d hellos, %d pushes", len(d.hellos), len(d.pushes))
			}
		})
		var out bytes.Buffer
		if err := c.Export(&out); err != nil || !bytes.Contains(out.Bytes(), []byte(`"sent":true`)) {
			t.Errorf("export: %s, %v", out.Bytes(), err)
		}
	})
}

// A server that takes this device for another user's gets nothing.
func TestAnotherUsersServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		local := replica.NewMemory()
		r, err := replica.Open(local, replica.Config{Random: &zeros{}})
		if err != nil {
			t.Fatal(err)
		}
		other := bob
		other.User = model.UserID{99}
		if err := r.SignedIn(other); err != nil {
			t.Fatal(err)
		}
		_, stop := d.start(r)
		d.look(func() {
			if len(d.resumes)+len(d.pushes) != 0 {
				t.Error("something was said to a server that speaks to another user")
			}
		})
		var stopped *client.StoppedError
		if err := stop(); !errors.As(err, &stopped) {
			t.Errorf("Run = %v, want stopped", err)
		}
	})
}

type zeros struct{}

func (*zeros) Read(b []byte) (int, error) { return len(b), nil }
