package tunnel

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Mode is what a network does with what it is given.
type Mode uint8

// The modes.
const (
	Clear    Mode = iota // all gets through at once
	Airplane             // there is no network: what is open breaks, what is new is refused
	Bad                  // late, slowly and with losses, as the rest of the Weather says
	Silent               // connections stand and can be opened, and not a byte gets through either way
)

// String is the mode in a person's words.
func (m Mode) String() string {
	switch m {
	case Clear:
		return "clear"
	case Airplane:
		return "airplane mode"
	case Bad:
		return "bad tunnel"
	case Silent:
		return "silent"
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// Weather is the state of a network. Everything but the mode is for Bad alone.
type Weather struct {
	Mode    Mode
	Latency time.Duration // one way, of each packet
	Jitter  time.Duration // anything up to this is added to it
	Loss    float64       // the part of the packets that is lost, 0 to MaxLoss
	Rate    int           // bytes in a second, each way; 0: no bound
}

// MaxLoss is the most that may be lost: with more, hardly a connection would ever stand.
const MaxLoss = 0.9

// MaxLatency bounds Latency and Jitter.
const MaxLatency = time.Minute

// Train is the tunnel of a railway: three seconds there and back, four packets of ten are lost.
var Train = Weather{Mode: Bad, Latency: 1300 * time.Millisecond, Jitter: 400 * time.Millisecond, Loss: 0.4, Rate: 32 << 10}

// Check says what is wrong with a weather.
func (w Weather) Check() error {
	switch {
	case w.Mode > Silent:
		return fmt.Errorf("there is no %v", w.Mode)
	case w.Loss < 0 || w.Loss > MaxLoss || w.Loss != w.Loss:
		return fmt.Errorf("a loss of %v: want 0 to %v", w.Loss, MaxLoss)
	case w.Latency < 0 || w.Latency > MaxLatency || w.Jitter < 0 || w.Jitter > MaxLatency:
		return fmt.Errorf("a latency of %v and a jitter of %v: want 0 to %v", w.Latency, w.Jitter, MaxLatency)
	case w.Rate < 0:
		return errors.New("a rate cannot be negative")
	}
	return nil
}

// How TCP behaves, as far as it shows.
const (
	packetSize = 1400                   // what Ethernet carries of a stream at once
	firstRetry = 200 * time.Millisecond // Linux's least wait before a packet is sent again
	maxRetries = 6                      // then the connection is given up
)

// path is one direction of one connection: it decides what becomes of packets. It is pure but for its generator.
type path struct {
	random *rand.Rand
	free   time.Duration // when the road is free for the next packet
}

func newPath(seed, connection uint64, direction uint64) *path {
	return &path{random: rand.New(rand.NewPCG(seed, connection<<1|direction))}
}

// send decides on n bytes that are handed in now, in packets: when all of them have arrived, and how many packets were
// lost on the way; ok is false when one was lost too often. Times count from the beginning of the connection. What was
// handed in before is delivered before, however late it is: whoever delivers sees to that.
func (p *path) send(now time.Duration, n int, w Weather) (arrives time.Duration, lost int, ok bool) {
	for ; n > 0; n -= packetSize {
		at, again, ok := p.packet(now, min(n, packetSize), w)
		lost += again
		if !ok {
			return 0, lost, false
		}
		arrives = max(arrives, at)
	}
	return arrives, lost, true
}

func (p *path) packet(now time.Duration, size int, w Weather) (arrives time.Duration, lost int, ok bool) {
	p.free = max(p.free, now)
	if w.Rate > 0 {
		p.free += time.Duration(float64(time.Second) * float64(size) / float64(w.Rate))
	}
	arrives = p.free + w.Latency
	if w.Jitter > 0 {
		arrives += time.Duration(p.random.Int64N(int64(w.Jitter) + 1))
	}
	for wait := firstRetry; p.random.Float64() < w.Loss; wait *= 2 {
		if lost++; lost > maxRetries {
			return 0, lost, false
		}
		arrives += wait
	}
	return arrives, lost, true
}
