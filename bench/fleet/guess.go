package fleet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/fieldsync/fieldsync/bench"
	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
)

// newKey draws a device's key.
func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a device key: %w", err)
	}
	return key, nil
}

// guessesPerAddress is how many guesses come from one address: twice as many as a gateway lets one try at once, so that
// some are worth a hash and some are not.
const guessesPerAddress = 64

// guesser guesses over one connection at a time.
type guesser struct {
	d       *driver
	public  []byte
	answers map[int]int
}

// Guess implements [bench.Seats].
func (h *seats) Guess(ctx context.Context, n int) (map[int]int, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	public, err := protocol.PublicKey(key)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex // guards all
	all := map[int]int{}
	err = bench.Each(context.WithoutCancel(ctx), n, n, func(i int) error {
		g := &guesser{d: h.d, public: public, answers: map[int]int{}}
		for ctx.Err() == nil {
			from := &net.TCPAddr{} // the system's own: half of them guess from the same
			if i%2 == 0 {
				from = address()
			}
			g.from(ctx, from)
		}
		mu.Lock()
		defer mu.Unlock()
		for status, count := range g.answers {
			all[status] += count
		}
		return nil
	})
	return all, err
}

// address draws one of this machine's own; where a system has but one, dialling from another fails and the system's is taken.
func address() *net.TCPAddr {
	ip := net.IPv4(127, 0, 0, 0).To4()
	rand.Read(ip[1:]) // never fails
	ip[3] |= 1        // not the network's own
	return &net.TCPAddr{IP: ip}
}

// from guesses from one address.
func (g *guesser) from(ctx context.Context, address *net.TCPAddr) {
	dial := func(ctx context.Context, network, to string) (net.Conn, error) {
		conn, err := (&net.Dialer{LocalAddr: address}).DialContext(ctx, network, to)
		if err != nil {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, to)
		}
		return conn, err
	}
	via := &http.Client{Transport: &http.Transport{DialContext: dial, MaxConnsPerHost: 1}, Timeout: patience}
	defer via.CloseIdleConnections()
	for i := 0; i < guessesPerAddress && ctx.Err() == nil; i++ {
		g.guess(context.WithoutCancel(ctx), via, i) // what was asked is answered
	}
}

// guess makes one attempt: as somebody who is there, or as nobody.
func (g *guesser) guess(ctx context.Context, via *http.Client, i int) {
	c := g.d.companies.Seats
	var secret [8]byte
	rand.Read(secret[:]) // never fails
	login, word := "nobody"+hex.EncodeToString(secret[:]), hex.EncodeToString(secret[:])
	if i%2 == 0 {
		login = c.Phones[int(secret[0])%len(c.Phones)].Name
	}
	_, err := device.SignIn(ctx, via, g.d.server, device.Credentials{
		Tenant: c.Name, Login: login, Password: word, PublicKey: g.public, Label: "guess", Platform: "bench", App: "bench",
	})
	refused, ok := errors.AsType[*device.SignInError](err)
	switch {
	case ok:
		g.answers[refused.Status]++
	case err == nil:
		g.answers[http.StatusOK]++
	default:
		g.answers[0]++
	}
}
