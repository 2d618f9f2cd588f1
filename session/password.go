package session

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of a hash: OWASP's first choice for argon2id. Stored hashes carry their own, so it may be raised.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// Bounds of a password. The upper one keeps a sign-in from being a way to make the server hash megabytes.
const (
	MaxPassword = 1024 // bytes
	MinPassword = 8    // characters
)

// Errors of passwords.
var (
	ErrPasswordLong  = errors.New("the password is longer than 1,024 bytes")
	ErrPasswordShort = errors.New("the password is shorter than 8 characters")
	// ErrBusy says that too many sign-ins wait already; the caller should say when to come back.
	ErrBusy = errors.New("too many sign-ins at once")
)

// maxWaiting bounds the sign-ins that wait for a hash. At 20 ms each on one core the last waits about a second.
const maxWaiting = 64

// Passwords hashes and verifies passwords as argon2id PHC strings, at most one a core at a time: a flood of sign-ins
// costs neither memory nor the cores that serve devices.
type Passwords struct {
	slots   chan struct{}
	waiting atomic.Int32
	hashed  atomic.Uint64
	dummy   phc // what an unknown user's password is compared with, so that it takes as long; it costs what a new hash does
}

// NewPasswords makes a hasher; parallel 0 is one hash a core.
func NewPasswords(parallel int) *Passwords { return newPasswords(parallel, argonMemory, argonTime) }

// CheapPasswords makes a hasher whose hashes cost nothing, and keep nothing secret: for tests, which hash the same words all day.
func CheapPasswords() *Passwords { return newPasswords(0, 8, 1) }

func newPasswords(parallel int, memory, time uint32) *Passwords {
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	dummy := phc{memory: memory, time: time, threads: argonThreads, salt: make([]byte, argonSalt), key: make([]byte, argonKey)}
	rand.Read(dummy.salt) // never fails
	rand.Read(dummy.key)  // never fails
	return &Passwords{slots: make(chan struct{}, parallel), dummy: dummy}
}

// Hash makes a PHC string of a password.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxPassword {
		return "", ErrPasswordLong
	}
	if utf8.RuneCountInString(password) < MinPassword {
		return "", ErrPasswordShort
	}
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	h := p.dummy
	h.salt = make([]byte, argonSalt)
	rand.Read(h.salt) // never fails
	h.key = h.derive(password, argonKey)
	return h.String(), nil
}

// Verify says whether the password is the one of the PHC string. An empty or unreadable string takes as long as a
// good one and is never right; so is a password that is too long.
func (p *Passwords) Verify(ctx context.Context, stored, password string) (bool, error) {
	h, err := parsePHC(stored)
	known := err == nil
	if !known {
		h = p.dummy
	}
	if len(password) > MaxPassword {
		password, known = "", false
	}
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	same := subtle.ConstantTimeCompare(h.derive(password, uint32(len(h.key))), h.key) == 1
	return same && known, nil
}

func (p *Passwords) enter(ctx context.Context) error {
	if p.waiting.Add(1) > maxWaiting {
		p.waiting.Add(-1)
		return ErrBusy
	}
	defer p.waiting.Add(-1)
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Passwords) leave() {
	p.hashed.Add(1)
	<-p.slots
}

// Load says how many passwords have been hashed so far, and how many callers wait now for a core to do so.
func (p *Passwords) Load() (hashed uint64, waiting int) {
	return p.hashed.Load(), int(p.waiting.Load())
}

// phc is a parsed "$argon2id$v=19$m=19456,t=2,p=1$salt$key".
type phc struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

var errPHC = errors.New("not an argon2id PHC string")

func (h phc) derive(password string, size uint32) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, size)
}

// String is the inverse of parsePHC.
func (h phc) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		enc.EncodeToString(h.salt), enc.EncodeToString(h.key))
}

// parsePHC reads a stored hash. It refuses costs beyond 64 MiB and 10 passes: a row that was tampered with must not
// be a way to stop the server.
func parsePHC(s string) (h phc, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return h, errPHC
	}
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return h, errPHC
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return h, errPHC
	}
	sane := h.memory <= 64*1024 && h.time >= 1 && h.time <= 10 && h.threads >= 1 && h.threads <= 4 &&
		len(h.salt) >= 8 && len(h.key) >= 16 && len(h.key) <= 64
	if !sane {
		return phc{}, errPHC
	}
	return h, nil
}
