package replica

import (
	"github.com/fieldsync/fieldsync/protocol"
)

// lease is how long a device may show what it holds without a contact, and when the last contact was (domain f.6): a phone that
// is found after weeks shows nothing. It takes nothing away: what the user saves is kept, what is unsent stays and goes up, and
// the next contact shows everything again.
type lease struct {
	millis int64 // 0: no bound
	boot   uint64
	wall   int64
	mono   int64
}

// leaseParts is how exactly the last contact is kept on the disk: to this part of the lease, and to an hour at most.
const leaseParts = 8

// contact notes that the server was heard.
func (t *txn) contact(now Moment) {
	l := &t.meta.lease
	if gone, ok := l.gone(now); ok && gone < min(markLife, l.millis/leaseParts) {
		return
	}
	l.boot, l.wall, l.mono = now.Boot, int64(now.Wall), now.Mono
}

// gone is how long ago the last contact was. Within one start of the phone its monotonic clock says so; after another start only
// the clock on the wall can, and ok is false when that has been put back behind the contact: then nobody knows.
func (l *lease) gone(now Moment) (millis int64, ok bool) {
	if l.boot == now.Boot && now.Mono >= l.mono {
		return now.Mono - l.mono, true
	}
	return int64(now.Wall) - l.wall, int64(now.Wall) >= l.wall
}

// Locked says whether the device was without a contact for longer than its lease. Whoever shows what it holds asks first.
func (r *Replica) Locked(now Moment) bool {
	l := &r.meta.lease
	if l.millis == 0 || r.bug("lease-forgotten") {
		return false
	}
	gone, ok := l.gone(now)
	return !ok || gone >= l.millis
}

// grant takes the lease that a welcome to the live lane gives.
func (t *txn) grant(w *protocol.Welcome, now Moment) {
	if w.HandIn {
		return // it reads nothing, so that it renews nothing
	}
	t.meta.lease.millis = int64(min(w.Lease, maxLease))
	t.contact(now)
}

// maxLease keeps a server from saying more than a clock can count.
const maxLease = 1 << 50

func (l *lease) encode(w *diskWriter) {
	w.int(l.millis)
	w.uint(l.boot)
	w.int(l.wall)
	w.int(l.mono)
}

func (l *lease) decode(d *diskReader) {
	l.millis, l.boot, l.wall, l.mono = d.int(), d.uint(), d.int(), d.int()
}
