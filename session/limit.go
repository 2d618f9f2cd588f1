package session

import (
	"container/list"
	"sync"
	"time"
)

// rate is a token bucket: burst at once, then one every interval.
type rate struct {
	burst    int
	interval time.Duration
}

// The limits of guessing. The one of an account alone is wide; a device that is known has a limit of its own alone.
var (
	rateDevice         = rate{burst: 5, interval: 20 * time.Second}  // a known device whose user has forgotten
	rateAddress        = rate{burst: 30, interval: 2 * time.Second}  // an office behind one address signs in at eight
	rateAccountAddress = rate{burst: 5, interval: 20 * time.Second}  // one person who has forgotten
	rateAccount        = rate{burst: 100, interval: 5 * time.Second} // guessing from many addresses
)

// rateSearch is how fast a device may search: somebody types eight letters a second, and is answered after each.
var rateSearch = rate{burst: 20, interval: 100 * time.Millisecond}

// maxBuckets bounds the memory of a limiter; the bucket that was idle longest makes room.
const maxBuckets = 20_000

// limiter holds buckets by key. The zero value is ready.
type limiter struct {
	mu      sync.Mutex // guards the fields below
	buckets map[string]*list.Element
	recent  list.List // of *bucket, used last first
}

type bucket struct {
	key    string
	tokens float64
	at     time.Time
}

// take takes one token of each key, or none and says how long to wait.
func (l *limiter) take(now time.Time, asks ...ask) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range asks {
		b := l.bucket(a, now)
		if b.tokens < 1 {
			wait = max(wait, time.Duration((1-b.tokens)*float64(a.rate.interval)))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, a := range asks {
		l.bucket(a, now).tokens--
	}
	return 0
}

// give returns what take took: a sign-in that was right costs nothing.
func (l *limiter) give(now time.Time, asks ...ask) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range asks {
		b := l.bucket(a, now)
		b.tokens = min(b.tokens+1, float64(a.rate.burst))
	}
}

// ask names a bucket and how it fills.
type ask struct {
	key  string
	rate rate
}

func (l *limiter) bucket(a ask, now time.Time) *bucket {
	if l.buckets == nil {
		l.buckets = map[string]*list.Element{}
	}
	e, ok := l.buckets[a.key]
	if !ok {
		if l.recent.Len() >= maxBuckets {
			oldest := l.recent.Back()
			delete(l.buckets, l.recent.Remove(oldest).(*bucket).key)
		}
		e = l.recent.PushFront(&bucket{key: a.key, tokens: float64(a.rate.burst), at: now})
		l.buckets[a.key] = e
	}
	l.recent.MoveToFront(e)
	b := e.Value.(*bucket)
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.tokens+float64(passed)/float64(a.rate.interval), float64(a.rate.burst))
		b.at = now
	}
	return b
}
