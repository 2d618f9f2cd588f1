package hook_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/hook"
)

func TestCheckURL(t *testing.T) {
	cases := []struct {
		url             string
		public, private bool
		why             string
	}{
		{"https://erp.example/hooks?k=1", true, true, "this is one"},
		{"https://erp.example:8443/hooks", true, true, "any port"},
		{"https://[2a00:1450::5]/", true, true, "a public address as it is"},
		{"http://erp.example/hooks", false, true, "the data would travel in the clear"},
		{"https://localhost/hooks", false, true, "this machine"},
		{"https://LocalHost.:8443/", false, true, "the same"},
		{"https://office.localhost/", false, true, "the same"},
		{"https://127.0.0.1/", false, true, "loopback"},
		{"https://[::1]/", false, true, "loopback"},
		{"https://[::ffff:127.0.0.1]/", false, true, "loopback, in another dress"},
		{"https://169.254.169.254/latest/meta-data", false, true, "a cloud's metadata"},
		{"https://10.1.2.3/", false, true, "private"},
		{"https://[fd00:ec2::254]/", false, true, "private"},
		{"https://user:secret@erp.example/", false, false, "a password would be in every log"},
		{"https://erp.example/#top", false, false, "a fragment is not sent"},
		{"https://erp.example:0/", false, false, "no port"},
		{"https://erp.example:70000/", false, false, "no port"},
		{"https:///hooks", false, false, "no host"},
		{"https:erp.example", false, false, "no host"},
		{"ftp://erp.example/", false, false, "not HTTP"},
		{"erp.example/hooks", false, false, "not absolute"},
		{"/hooks", false, false, "not absolute"},
		{"", false, false, "nothing"},
		{"https://erp.example/\x7f", false, false, "cannot be read"},
		{"https://erp.example/" + strings.Repeat("a", 2048), false, false, "too long"},
	}
	for _, c := range cases {
		if err := hook.CheckURL(c.url, false); (err == nil) != c.public {
			t.Errorf("CheckURL(%q) = %v: %s", c.url, err, c.why)
		}
		err := hook.CheckURL(c.url, true)
		if (err == nil) != c.private {
			t.Errorf("CheckURL(%q, private) = %v: %s", c.url, err, c.why)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("CheckURL(%q) tells what it was given: %v", c.url, err)
		}
	}
}

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "172.32.0.1": true, "192.0.1.1": true, "100.128.0.1": true, "2606:4700::1111": true,
		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.100.100.200": false, "127.8.8.8": false,
		"168.63.129.16": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.192": false,
		"192.168.1.1": false, "198.18.0.1": false, "224.0.0.1": false, "239.1.1.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::7f00:1": false,
		"64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001:0:1::1": false, "fc00::1": false,
		"fd00:ec2::254": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "ff02::1": false, "100::1": false,
		"2001:db8::1": false, "::ffff:8.8.8.8": true,
	} {
		if got := hook.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("public(%s) = %v, want %v", address, got, want)
		}
	}
}

// inner is a service of the inner network that counts who comes.
func inner(t *testing.T, network, address string) (port string, reached *atomic.Int32) {
	t.Helper()
	on, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("this machine has no %s: %v", address, err)
	}
	t.Cleanup(func() { on.Close() })
	reached = new(atomic.Int32)
	go func() {
		for {
			c, err := on.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			c.Close()
		}
	}()
	_, port, err = net.SplitHostPort(on.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, reached
}

// A connection to the inner network is refused when it is made, whatever led there.
func TestDialRefusesInnerAddresses(t *testing.T) {
	d, err := hook.New(hook.Config{Source: &reader{ledger: newLedger()}})
	if err != nil {
		t.Fatal(err)
	}
	port, reached := inner(t, "tcp4", "127.0.0.1:0")
	for _, host := range []string{"127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "localhost", "169.254.169.254"} {
		c, err := d.Dial(t.Context(), net.JoinHostPort(host, port))
		if err == nil {
			c.Close()
			t.Errorf("a connection to %s was made", host)
		} else if !strings.Contains(err.Error(), "own network") {
			t.Errorf("dial %s: %v, want a refusal", host, err)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the inner service was reached %d times", n)
	}
	port, reached = inner(t, "tcp6", "[::1]:0")
	if c, err := d.Dial(t.Context(), net.JoinHostPort("::1", port)); err == nil {
		c.Close()
		t.Error("a connection to ::1 was made")
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the inner service was reached %d times", n)
	}
}

// nameServer answers every question for an IPv4 address with the next of these, the last one for ever.
func nameServer(t *testing.T, answers ...[4]byte) *net.Resolver {
	t.Helper()
	on, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { on.Close() })
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := on.ReadFrom(b)
			if err != nil {
				return
			}
			end := 12
			for end < n && b[end] != 0 {
				end += int(b[end]) + 1
			}
			end += 5 // the root, type and class
			out := append([]byte{b[0], b[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, b[12:end]...)
			if b[end-3] == 1 { // an A record
				out[7] = 1
				out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
				out = append(out, answers[0][:]...)
				answers = answers[min(1, len(answers)-1):]
			}
			_, _ = on.WriteTo(out, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", on.LocalAddr().String())
	}}
}

// A name that resolves to the inner network is refused, by a whole delivery, and the owner is told nothing of where it
// led. CheckURL cannot see it.
func TestNameThatLeadsInside(t *testing.T) {
	d, err := hook.New(hook.Config{Source: &reader{ledger: newLedger()}})
	if err != nil {
		t.Fatal(err)
	}
	port, reached := inner(t, "tcp4", "127.0.0.1:0")
	d.SetResolver(nameServer(t, [4]byte{127, 0, 0, 1}))
	h := model.Hook{URL: "https://rebound.example:" + port + "/", Secrets: [][]byte{make([]byte, 32)}}
	if err := hook.CheckURL(h.URL, false); err != nil {
		t.Fatal(err)
	}
	status, err := d.Test(t.Context(), h)
	if err == nil || status != 0 || !strings.Contains(err.Error(), "own network") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("Test = %d, %v; want a refusal that names no address", status, err)
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the inner service was reached %d times", n)
	}
}

// What was registered in development is not told by a server that is not private, wherever it leads.
func TestPlainAddressIsRefusedAtSending(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.config.Private = false
		r, h := w.receiver(1, "erp.example")
		w.start()
		if status, err := w.d.Test(t.Context(), h); err == nil || status != 0 || len(r.attempts()) != 0 {
			t.Errorf("Test = %d, %v, and the receiver was told %d messages", status, err, len(r.attempts()))
		}
	})
}

// A redirect is a failure: following it would get around every check.
func TestRedirectIsNotFollowed(t *testing.T) {
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		outside := httptest.NewServer(http.RedirectHandler(inside.URL, status))
		defer outside.Close()
		d, err := hook.New(hook.Config{Source: &reader{ledger: newLedger()}, Private: true})
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Test(t.Context(), model.Hook{URL: outside.URL, Secrets: [][]byte{make([]byte, 32)}})
		if got != status || err == nil || reached.Load() != 0 {
			t.Errorf("Test = %d, %v, and the other server was reached %d times", got, err, reached.Load())
		}
	}
}
