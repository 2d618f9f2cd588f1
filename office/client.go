package office

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrUnreachable says that the server did not answer, or broke off.
var ErrUnreachable = errors.New("the server does not answer")

// ErrAnswer says that what came back is not of this API.
var ErrAnswer = errors.New("the answer is not of the office's API; is the address right?")

// Refusal is what the server says of a request, or an operation, that it does not fulfil (RFC 9457).
type Refusal struct {
	Type      string  `json:"type"`
	Code      string  `json:"code"` // stable; programs branch on it
	Status    int     `json:"status"`
	Title     string  `json:"title"`
	Detail    string  `json:"detail"`
	Errors    []Fault `json:"errors"`
	RequestID string  `json:"request_id"`
}

// Fault is one thing that is wrong in a request.
type Fault struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error says what happened, where, and what to do.
func (r *Refusal) Error() string {
	text := r.Title
	for _, f := range r.Errors {
		text += "; " + strings.TrimSpace(f.Location+" "+f.Message)
	}
	if r.Detail != "" {
		text += ". " + r.Detail
	}
	return text + " [" + r.Code + "]"
}

// Config is what a client is made of.
type Config struct {
	// Base is the address without /v1: "https://sync.example", or a path on the operator's socket. Required.
	Base string
	// Key is a key of the API. It is sent over TLS or to this machine only. Empty: none.
	Key string
	// HTTP is used for the requests; nil: a client of its own, which follows no redirects, so that the key goes nowhere else.
	HTTP *http.Client
	// Pauses are how long is waited before each repetition of a request that did not get through; nil: half a second to
	// four, four times. An empty list repeats nothing.
	Pauses []time.Duration
}

// Client speaks with one server for one user. It may be used by many goroutines.
type Client struct {
	base   string
	key    string
	http   *http.Client
	pauses []time.Duration
}

// New makes a client. It does not connect.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.Base)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("the server's address is an http or https URL, as https://sync.example; not %q", cfg.Base)
	}
	if cfg.Key != "" && base.Scheme == "http" && !local(base.Hostname()) {
		return nil, fmt.Errorf("a key is not sent to %s without TLS; use https", base.Host)
	}
	c := &Client{base: strings.TrimRight(cfg.Base, "/"), key: cfg.Key, http: cfg.HTTP, pauses: cfg.Pauses}
	if c.http == nil {
		c.http = &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if c.pauses == nil {
		c.pauses = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}
	}
	return c, nil
}

// local says whether a host is this machine.
func local(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// Path joins and escapes the parts of a path under /v1.
func Path(parts ...string) string {
	var out strings.Builder
	out.WriteString("/v1")
	for _, p := range parts {
		out.WriteString("/" + url.PathEscape(p))
	}
	return out.String()
}

// maxAnswer bounds an answer, in bytes: a page of 500 of the largest records is smaller.
const maxAnswer = 256 << 20

// Do asks with a JSON body (nil: none) and reads the answer into out (nil: it is not wanted). path begins with /v1.
func (c *Client) Do(ctx context.Context, method, path string, body, out any) error {
	var text []byte
	header := http.Header{}
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode a request: %w", err)
		}
		header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		header.Set("Idempotency-Key", newKey())
	}
	var answer []byte
	err := c.repeat(ctx, func() error {
		response, err := c.send(ctx, method, path, text, header)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		return nil
	})
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%w: %s %s: %w", ErrAnswer, method, path, err)
	}
	return nil
}

// newKey is an Idempotency-Key: 128 random bits.
func newKey() string {
	var raw [16]byte
	rand.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// repeat does something again while it does not get through.
func (c *Client) repeat(ctx context.Context, do func() error) error {
	for n := 0; ; n++ {
		err := do()
		if err != nil && ctx.Err() != nil {
			return ctx.Err() // what was broken off only looks unreachable
		}
		if !errors.Is(err, ErrUnreachable) || n == len(c.pauses) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(c.pauses[n]):
		}
	}
}

// send sends one request. The answer is one that went well, and the caller closes its body; else the error is what the
// server said.
func (c *Client) send(ctx context.Context, method, path string, body []byte, header http.Header) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	no := &Refusal{}
	if err := json.Unmarshal(text, no); err != nil || no.Code == "" {
		return nil, fmt.Errorf("%w: %s %s answered %s", ErrAnswer, method, path, response.Status)
	}
	return nil, no
}

// File reads an answer that is no JSON, or whose very bytes matter. path begins with /v1.
func (c *Client) File(ctx context.Context, path string) (text []byte, err error) {
	err = c.repeat(ctx, func() error {
		response, err := c.send(ctx, http.MethodGet, path, nil, nil)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if text, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		return nil
	})
	return text, err
}
