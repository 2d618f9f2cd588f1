package wsconn

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
)

// Config is how connections are made and kept.
type Config struct {
	// ReadLimit is the longest message taken, in bytes; a longer one ends the connection. 0: protocol.MaxFrame.
	ReadLimit int64
	// WriteTimeout is how long one message may take to be handed to the network. 0: 10 s, since a phone that takes
	// longer has gone, and a write that waits holds a goroutine.
	WriteTimeout time.Duration
	// Linger is how long Close waits for the other side's close. 0: 5 s; shorter, and a slow phone would not hear why.
	Linger time.Duration
	// Origins are the origins (scheme://host[:port]) whose pages may connect. Accept only.
	Origins []string
	// AllowNoOrigin lets clients connect that send no Origin: native apps. A browser always sends one. Accept only.
	AllowNoOrigin bool
	// TLS is how a server is proven. nil: the system's roots. Dial only.
	TLS *tls.Config
}

const (
	defaultWriteTimeout = 10 * time.Second
	defaultLinger       = 5 * time.Second
	handshakeTimeout    = 10 * time.Second // as a hello's

	// bufferSize is of what is written, from a pool, and of what a device reads.
	bufferSize = 4 << 10
	// acceptBuffer is what each of a server's connections holds to read with, as long as it is there: what most devices
	// send at once. Longer frames are read past it.
	acceptBuffer = 1 << 10
)

func (c Config) withDefaults() Config {
	if c.ReadLimit == 0 {
		c.ReadLimit = protocol.MaxFrame
	}
	if c.WriteTimeout == 0 {
		c.WriteTimeout = defaultWriteTimeout
	}
	if c.Linger == 0 {
		c.Linger = defaultLinger
	}
	return c
}

func (c Config) permits(r *http.Request) bool { return Permits(r, c.Origins, c.AllowNoOrigin) }

// Permits says whether a request comes from a page of one of the origins, or, where that is allowed, from no page at all.
// Comparing with the Host header would let a page through that has pointed its own name at us (DNS rebinding), so there is
// only the list.
func Permits(r *http.Request, listed []string, allowNone bool) bool {
	origins := r.Header["Origin"]
	if len(origins) == 0 {
		return allowNone
	}
	u, err := url.Parse(origins[0])
	if err != nil || len(origins) > 1 || u.Host == "" {
		return false
	}
	have := strings.ToLower(u.Scheme + "://" + u.Host)
	return slices.ContainsFunc(listed, func(o string) bool { return strings.ToLower(o) == have })
}
