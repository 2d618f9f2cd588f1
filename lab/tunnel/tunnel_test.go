package tunnel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/lab/tunnel"
)

// hall is a listener without sockets, so that time in a bubble is fake.
type hall struct {
	calls chan net.Conn
	shut  chan struct{}
	once  sync.Once
}

func newHall() *hall { return &hall{calls: make(chan net.Conn), shut: make(chan struct{})} }

func (h *hall) Accept() (net.Conn, error) {
	select {
	case c := <-h.calls:
		return c, nil
	case <-h.shut:
		return nil, net.ErrClosed
	}
}

func (h *hall) Close() error {
	h.once.Do(func() { close(h.shut) })
	return nil
}

func (h *hall) Addr() net.Addr { return &net.UnixAddr{} }

// call connects to the hall.
func (h *hall) call() net.Conn {
	here, there := net.Pipe()
	h.calls <- there
	return here
}

// world is a tunnel between phones of a test and a gateway that answers every byte with itself.
type world struct {
	*tunnel.Tunnel
	phones   *hall
	gateways chan net.Conn // the gateway's end of each connection that reached it; nobody echoes on it when echo is false
}

// open runs a tunnel until the test ends, and waits for the last of its goroutines. It runs in a bubble, which fails
// when one is left.
func open(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{phones: newHall(), gateways: make(chan net.Conn, 64)}
	tun, err := tunnel.New(tunnel.Config{Listener: w.phones, Seed: seed, Dial: func(context.Context) (net.Conn, error) {
		here, there := net.Pipe()
		w.gateways <- there
		return here, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Tunnel = tun
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := tun.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return w
}

func (w *world) set(t *testing.T, weather tunnel.Weather) {
	t.Helper()
	if err := w.Set(weather); err != nil {
		t.Fatal(err)
	}
}

// say writes, and hears what comes back at the other end.
func say(t *testing.T, from, to net.Conn, words string) {
	t.Helper()
	go func() { _, _ = from.Write([]byte(words)) }()
	got := make([]byte, len(words))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != words {
		t.Fatalf("heard %q, %v; want %q", got, err, words)
	}
}

// deaf says whether nothing comes within a long time.
func deaf(t *testing.T, c net.Conn) bool {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(time.Hour))
	_, err := c.Read(make([]byte, 1))
	_ = c.SetReadDeadline(time.Time{})
	var late net.Error
	return errors.As(err, &late) && late.Timeout()
}

// gone says whether a connection is closed from the other side.
func gone(c net.Conn) bool {
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

func TestClearCarriesBothWaysAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		phone := w.phones.call()
		gate := <-w.gateways
		began := time.Now()
		say(t, phone, gate, "up")
		say(t, gate, phone, "down")
		if d := time.Since(began); d != 0 {
			t.Errorf("it took %v", d)
		}
		phone.Close()
		if !gone(gate) {
			t.Error("the gateway does not learn that the phone hung up")
		}
		synctest.Wait()
		if s := w.Stats(); s != (tunnel.Stats{Opened: 1, Up: 2, Down: 4}) {
			t.Errorf("Stats() = %+v", s)
		}
	})
}

func TestGatewayHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		phone := w.phones.call()
		(<-w.gateways).Close()
		if !gone(phone) {
			t.Error("the phone does not learn that the gateway hung up")
		}
	})
}

func TestAirplaneBreaksAndRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		phone := w.phones.call()
		gate := <-w.gateways
		w.set(t, tunnel.Weather{Mode: tunnel.Airplane})
		if !gone(phone) {
			t.Error("an open connection does not break")
		}
		if !deaf(t, gate) {
			t.Error("the gateway is told that the phone has no network")
		}
		if !gone(w.phones.call()) {
			t.Error("a new connection is not refused")
		}
		w.set(t, tunnel.Weather{})
		phone = w.phones.call()
		say(t, phone, <-w.gateways, "back")
		if s := w.Stats(); s.Opened != 3 || s.Broken != 1 || s.Open != 1 {
			t.Errorf("Stats() = %+v", s)
		}
	})
}

// The gateway cannot be left with any number of ends that lead nowhere.
func TestDesertedEndsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		var gates []net.Conn
		for range 20 {
			w.set(t, tunnel.Weather{})
			w.phones.call()
			gates = append(gates, <-w.gateways)
			synctest.Wait()
			w.set(t, tunnel.Weather{Mode: tunnel.Airplane})
		}
		for i, g := range gates {
			if deaf(t, g) != (i >= 4) {
				t.Errorf("end %d: deaf = %v", i, i < 4)
			}
		}
	})
}

func TestManyAreDesertedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		var gates []net.Conn
		for range 20 {
			w.phones.call()
			gates = append(gates, <-w.gateways)
		}
		synctest.Wait()
		w.set(t, tunnel.Weather{Mode: tunnel.Airplane})
		open := 0
		for _, g := range gates {
			if deaf(t, g) {
				open++
			}
		}
		if open != 16 {
			t.Errorf("of 20 ends that lead nowhere %d are open, want 16", open)
		}
	})
}

func TestSilentSwallows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		phone := w.phones.call()
		gate := <-w.gateways
		w.set(t, tunnel.Weather{Mode: tunnel.Silent})
		for range 3 { // it is taken in, however much
			if _, err := phone.Write(make([]byte, 100_000)); err != nil {
				t.Fatal(err)
			}
		}
		if !deaf(t, gate) || !deaf(t, phone) {
			t.Error("something got through")
		}
		fresh := w.phones.call()
		if _, err := fresh.Write([]byte("hello")); err != nil {
			t.Errorf("a new connection is not taken: %v", err)
		}
		if len(w.gateways) > 0 {
			t.Error("the gateway hears of a new connection")
		}
		w.set(t, tunnel.Weather{})
		if !gone(phone) || !gone(fresh) {
			t.Error("a connection with a hole in it lives on")
		}
	})
}

// What is said into a silent network is lost, also behind something that is late and comes after the silence.
func TestSilentSwallowsWhatIsSaidMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		late := tunnel.Weather{Mode: tunnel.Bad, Latency: 10 * time.Second}
		w.set(t, late)
		phone := w.phones.call()
		gate := <-w.gateways
		_, _ = phone.Write([]byte("before"))
		synctest.Wait()
		w.set(t, tunnel.Weather{Mode: tunnel.Silent})
		_, _ = phone.Write([]byte("meanwhile"))
		synctest.Wait()
		w.set(t, late)
		if !gone(phone) || !deaf(t, gate) {
			t.Error("a connection with a hole in it lives on")
		}
	})
}

// A phone that gives up in a silent network hangs up for itself alone.
func TestSilentHidesTheFarewell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		phone := w.phones.call()
		gate := <-w.gateways
		w.set(t, tunnel.Weather{Mode: tunnel.Silent})
		phone.Close()
		if !deaf(t, gate) {
			t.Error("the gateway learns that the phone hung up")
		}
	})
}

// Nothing was swallowed of a connection that nobody used meanwhile: it goes on.
func TestSilentSparesWhoSaidNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		phone := w.phones.call()
		gate := <-w.gateways
		w.set(t, tunnel.Weather{Mode: tunnel.Silent})
		w.set(t, tunnel.Weather{})
		say(t, phone, gate, "still here")
	})
}

func TestBadIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		w.set(t, tunnel.Weather{Mode: tunnel.Bad, Latency: 2 * time.Second})
		phone := w.phones.call()
		gate := <-w.gateways
		began := time.Now()
		say(t, phone, gate, "up")
		say(t, gate, phone, "down")
		if d := time.Since(began); d != 4*time.Second {
			t.Errorf("there and back took %v, want 4 s", d)
		}
	})
}

func TestBadIsNarrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		w.set(t, tunnel.Weather{Mode: tunnel.Bad, Rate: 1000})
		phone := w.phones.call()
		gate := <-w.gateways
		began := time.Now()
		say(t, phone, gate, string(make([]byte, 60_000)))
		if d := time.Since(began).Round(time.Millisecond); d != time.Minute {
			t.Errorf("60,000 bytes at 1,000 in a second took %v", d)
		}
	})
}

// Weather that clears does not let what comes later overtake.
func TestClearingKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		w.set(t, tunnel.Weather{Mode: tunnel.Bad, Latency: 10 * time.Second})
		phone := w.phones.call()
		gate := <-w.gateways
		_, _ = phone.Write([]byte("first, "))
		synctest.Wait()
		w.set(t, tunnel.Weather{})
		_, _ = phone.Write([]byte("second"))
		got := make([]byte, len("first, second"))
		if _, err := io.ReadFull(gate, got); err != nil || string(got) != "first, second" {
			t.Errorf("heard %q, %v", got, err)
		}
	})
}

// What comes later waits for what comes before, whatever each would have taken alone; and it all arrives, once.
func TestBadKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 7)
		w.set(t, tunnel.Weather{Mode: tunnel.Bad, Latency: 10 * time.Millisecond, Jitter: time.Second, Loss: 0.2})
		phone := w.phones.call()
		gate := <-w.gateways
		var sent []byte
		for i := range 200 {
			sent = append(sent, byte(i))
		}
		go func() {
			for _, b := range sent {
				_, _ = phone.Write([]byte{b})
			}
		}()
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(gate, got); err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("got %v, %v", got, err)
		}
		if w.Stats().Lost == 0 {
			t.Error("nothing was lost of 200 packets, a fifth of which must be")
		}
	})
}

// journey is when each of 50 packets of a phone arrives, until the connection breaks.
func journey(t *testing.T, seed uint64) (times []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := open(t, seed)
		w.set(t, tunnel.Weather{Mode: tunnel.Bad, Latency: time.Second, Jitter: time.Second, Loss: 0.8})
		phone := w.phones.call()
		gate := <-w.gateways
		began := time.Now()
		for range 50 {
			if _, err := phone.Write([]byte{1}); err != nil {
				break
			}
			_ = gate.SetReadDeadline(time.Now().Add(time.Hour))
			if _, err := gate.Read(make([]byte, 1)); err != nil {
				break
			}
			times = append(times, time.Since(began))
		}
		synctest.Wait()
		if s := w.Stats(); s.Broken != 1 {
			t.Errorf("of 50 packets none was lost seven times: Stats() = %+v", s)
		}
		if _, err := phone.Write([]byte{1}); err == nil {
			t.Error("the phone's end of a broken connection still takes something")
		}
	})
	return times
}

func TestFateFollowsFromTheSeed(t *testing.T) {
	first, again, other := journey(t, 5), journey(t, 5), journey(t, 6)
	if len(first) == 0 || len(first) >= 50 {
		t.Fatalf("%d of 50 packets arrived; the test wants some", len(first))
	}
	if !equal(first, again) {
		t.Errorf("the same seed: %v, then %v", first, again)
	}
	if equal(first, other) {
		t.Errorf("two seeds: %v", first)
	}
}

func equal(a, b []time.Duration) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestCutEndsBothSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, 1)
		phone := w.phones.call()
		gate := <-w.gateways
		w.Cut()
		if !gone(phone) || !gone(gate) {
			t.Error("an end stays open")
		}
		if !gone(w.phones.call()) {
			t.Error("a new connection is not refused")
		}
		w.set(t, w.Weather())
		say(t, w.phones.call(), <-w.gateways, "again")
	})
}

// A process that dies in a silent network, or after its network went away, is not heard to die.
func TestCutIsNotHeardEverywhere(t *testing.T) {
	for _, mode := range []tunnel.Mode{tunnel.Silent, tunnel.Airplane} {
		t.Run(mode.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, 1)
				phone := w.phones.call()
				gate := <-w.gateways
				synctest.Wait()
				w.set(t, tunnel.Weather{Mode: mode})
				w.Cut()
				if !gone(phone) || !deaf(t, gate) {
					t.Error("the gateway hears of it")
				}
			})
		})
	}
}

// Ends while everything is under way: the bubble fails when a goroutine is left.
func TestRunLeavesNothingBehind(t *testing.T) {
	for _, mode := range []tunnel.Mode{tunnel.Clear, tunnel.Bad, tunnel.Silent, tunnel.Airplane} {
		t.Run(mode.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, 1)
				phone := w.phones.call()
				gate := <-w.gateways
				w.set(t, tunnel.Weather{Mode: mode, Latency: time.Minute, Loss: 0.5})
				go func() { _, _ = phone.Write(make([]byte, 1<<20)) }()
				go func() { _, _ = gate.Write(make([]byte, 1<<20)) }()
				synctest.Wait()
				phone.Close()
				_ = gate.SetDeadline(time.Now())
			})
		})
	}
}

func TestGatewayThatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phones := newHall()
		tun, err := tunnel.New(tunnel.Config{Listener: phones, Dial: func(context.Context) (net.Conn, error) { return nil, errors.New("nobody") }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tun.Run(ctx) }()
		if !gone(phones.call()) {
			t.Error("the phone is not told that nobody is there")
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestListenerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phones := newHall()
		tun, err := tunnel.New(tunnel.Config{Listener: phones, Dial: func(context.Context) (net.Conn, error) { return nil, errors.New("nobody") }})
		if err != nil {
			t.Fatal(err)
		}
		phones.Close()
		if err := tun.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Run = %v, want what the listener says", err)
		}
	})
}

func TestNewWantsItsParts(t *testing.T) {
	if _, err := tunnel.New(tunnel.Config{Listener: newHall()}); err == nil {
		t.Error("a tunnel that leads nowhere was made")
	}
	if _, err := tunnel.New(tunnel.Config{}); err == nil {
		t.Error("a tunnel without a mouth was made")
	}
}

func TestWeatherCheck(t *testing.T) {
	cases := []struct {
		w   tunnel.Weather
		ok  bool
		why string
	}{
		{tunnel.Weather{}, true, "clear"},
		{tunnel.Train, true, "the one that is offered"},
		{tunnel.Weather{Mode: 9}, false, "no such mode"},
		{tunnel.Weather{Mode: tunnel.Bad, Loss: 0.95}, false, "nothing would ever arrive"},
		{tunnel.Weather{Mode: tunnel.Bad, Loss: -0.1}, false, "less than nothing"},
		{tunnel.Weather{Mode: tunnel.Bad, Latency: -1}, false, "before it was sent"},
		{tunnel.Weather{Mode: tunnel.Bad, Latency: time.Hour}, false, "longer than anybody waits"},
		{tunnel.Weather{Mode: tunnel.Bad, Jitter: -1}, false, "before it was sent"},
		{tunnel.Weather{Mode: tunnel.Bad, Rate: -1}, false, "backwards"},
	}
	for _, c := range cases {
		if err := c.w.Check(); (err == nil) != c.ok {
			t.Errorf("Check(%+v) = %v: %s", c.w, err, c.why)
		}
	}
	tun, err := tunnel.New(tunnel.Config{Listener: newHall(), Dial: func(context.Context) (net.Conn, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := tun.Set(tunnel.Weather{Mode: 9}); err == nil || tun.Weather() != (tunnel.Weather{}) {
		t.Errorf("Set of what is not = %v, and it is %+v now", err, tun.Weather())
	}
}

// Over real sockets: a network that goes away resets the phone's end, which a mere close would not.
func TestSockets(t *testing.T) {
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer on.Close()
	tun, err := tunnel.Listen(t.Context(), on.Addr().String(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = tun.Run(ctx) })
	defer running.Wait()
	defer cancel()
	phone, err := net.Dial("tcp", tun.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	gate, err := on.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	say(t, phone, gate, "up")
	say(t, gate, phone, "down")
	if err := tun.Set(tunnel.Weather{Mode: tunnel.Airplane}); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the phone reads %v, want a reset", err)
	}
	refused, err := net.Dial("tcp", tun.Addr().String())
	if err == nil { // the kernel takes it before we do
		defer refused.Close()
		_, err = refused.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a new connection gives %v, want a reset", err)
	}
}
