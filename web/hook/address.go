package hook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// ErrURL says that an address cannot be a webhook's.
var ErrURL = errors.New("not an address for a webhook")

// maxURL bounds an address, in bytes: what every server takes.
const maxURL = 2048

// CheckURL says what is wrong with the address of a webhook. With private, plain http and this server's own network are
// right, for development. Where a name leads is not known here: that is checked at every connection.
func CheckURL(text string, private bool) error {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL:
		return fmt.Errorf("%w: it is longer than %d bytes", ErrURL, maxURL)
	case err != nil: // its text repeats the address, which may hold a secret
		return fmt.Errorf("%w: it cannot be read", ErrURL)
	case u.Scheme == "http" && !private:
		return fmt.Errorf("%w: it must begin with https://, since messages hold the company's data", ErrURL)
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%w: it must begin with https://", ErrURL)
	case u.Hostname() == "":
		return fmt.Errorf("%w: it names no host", ErrURL)
	case u.User != nil:
		return fmt.Errorf("%w: it must hold no user or password; messages are signed instead", ErrURL)
	case u.Fragment != "":
		return fmt.Errorf("%w: what follows # never reaches a server", ErrURL)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("%w: its port is none", ErrURL)
		}
	}
	if private {
		return nil
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return fmt.Errorf("%w: %w", ErrURL, errPrivate)
	}
	if a, err := netip.ParseAddr(host); err == nil && !public(a) {
		return fmt.Errorf("%w: %w", ErrURL, errPrivate)
	}
	return nil
}

// errPrivate is why a connection is not made. It does not say where a name led: that would tell of the inner network.
var errPrivate = errors.New("it leads to this server's own network, not to a public address")

// guard refuses connections to addresses that are not public. It is called with the address that is about to be
// connected to, after the name was resolved (net.Dialer.Control).
func guard(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) {
		return errPrivate
	}
	return nil
}

// public says whether an address is one of the internet at large. An IPv4 address inside an IPv6 one counts as itself.
func public(a netip.Addr) bool {
	if a = a.Unmap(); a.Zone() != "" {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.Is4() || unicast.Contains(a)
}

// unicast is all of IPv6 that is given to anybody: what is outside is local, multicast or reserved.
var unicast = netip.MustParsePrefix("2000::/3")

// special are the ranges inside that are not public (the registries of special-purpose addresses, RFC 6890), and those
// that lead to an IPv4 address in another way.
var special = prefixes(
	"0.0.0.0/8",       // this host
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // between a carrier and its customers; a cloud's metadata
	"127.0.0.0/8",     // loopback
	"168.63.129.16",   // a cloud's platform channel, though the address is public
	"169.254.0.0/16",  // link-local; metadata of most clouds
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments; a cloud's metadata
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // relays from IPv6, given up
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // measurements
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, broadcast
	"2001::/23",       // protocol assignments, with Teredo
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4: an IPv4 address inside
	"3fff::/20",       // documentation
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		if !strings.Contains(text, "/") {
			text += "/32"
		}
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}
