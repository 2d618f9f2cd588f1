package wsconn

import "time"

// A WebSocket ping costs its sender nothing and us a write. Some at once are a network that was slow; more are not.
const (
	pingBurst = 10
	pingEvery = time.Second
)

// flood counts pings: a bucket of pingBurst that regains one each pingEvery.
type flood struct {
	full time.Time // when the bucket will be full again
}

func (f *flood) permits(now time.Time) bool {
	if f.full.Before(now) {
		f.full = now
	}
	if f.full.Sub(now) >= pingBurst*pingEvery {
		return false
	}
	f.full = f.full.Add(pingEvery)
	return true
}
