package hook

import (
	"encoding/binary"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// schedule is how long after an attempt that failed the next one comes, by the attempts so far: the first comes at
// once, the tenth and last after 75 hours (the example of the Standard Webhooks specification).
var schedule = [...]time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// maxAttempts is how often a message is tried before it is given up.
const maxAttempts = len(schedule) + 1

// maxRetryAfter bounds what a receiver may ask for with Retry-After: it should not stop its own messages for days by
// mistake.
const maxRetryAfter = time.Hour

// next is when a message is tried again that has failed so many times; ok is false when it is given up. At most a fifth
// more than the schedule says is added at random, so that what failed together does not come back together.
func (d *Deliverer) next(now time.Time, attempts int, retryAfter time.Duration) (at model.Instant, ok bool) {
	if attempts >= maxAttempts {
		return 0, false
	}
	wait := schedule[attempts-1]
	wait = max(wait+d.jitter(wait/5), retryAfter)
	return model.Instant(now.Add(wait).UnixMilli()), true
}

// jitter draws a time below the bound; without randomness it is none, since a retry must not depend on it.
func (d *Deliverer) jitter(bound time.Duration) time.Duration {
	var b [8]byte
	d.drawing.Lock()
	defer d.drawing.Unlock()
	if _, err := io.ReadFull(d.cfg.Random, b[:]); err != nil {
		return 0
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(bound))
}

// retryAfter is how long an answer asks to be left alone; 0: it does not.
func retryAfter(h http.Header, status int, now time.Time) time.Duration {
	var wait time.Duration
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	if status == http.StatusTooManyRequests {
		wait = max(wait, schedule[0]) // it asks for less in any case
	}
	return min(max(wait, 0), maxRetryAfter)
}

// backoff is how long to leave the source alone after so many failures in a row.
func backoff(failures int) time.Duration {
	return min(5*time.Second<<min(failures-1, 4), time.Minute)
}
