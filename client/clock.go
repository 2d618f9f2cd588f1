package client

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// SystemClock is the clock of this process. Go cannot see when the phone was started, and its monotonic clock may
// stand still while a phone sleeps: an app should give its own (Android: elapsedRealtime and BOOT_COUNT; iOS:
// mach_continuous_time and kern.bootsessionuuid). Here each process is a boot of its own, which is only less precise.
func SystemClock() func() replica.Moment {
	start := time.Now()
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	boot := binary.BigEndian.Uint64(b[:])
	return func() replica.Moment {
		now := time.Now()
		_, offset := now.Zone()
		return replica.Moment{
			Wall: model.Instant(now.UnixMilli()), Mono: now.Sub(start).Milliseconds(), Boot: boot,
			Offset: offset / 60, Zone: zone(now.Location()),
		}
	}
}

// zone is the IANA name of a location, where Go knows it.
func zone(l *time.Location) string {
	if name := l.String(); name != "Local" {
		return name
	}
	return ""
}
