package replica

import (
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// markLife is how old a server-time mark may become before the next contact renews it, in milliseconds: a quartz that
// is wrong by 50 parts in a million is then wrong by a fifth of a second.
const markLife = 3600 * 1000

// SignedIn makes this the replica of a user, or resumes it after a new sign-in of the same user: the queue stays, is
// judged under the new session, and keeps its change ids. It refuses another user's (domain F13, F20).
func (r *Replica) SignedIn(who Identity) error {
	old := r.meta.who
	if !old.User.IsZero() && (old.Tenant != who.Tenant || old.User != who.User) {
		return ErrOtherUser
	}
	return r.update(func(t *txn) error {
		t.meta.who = who
		t.meta.ended, t.meta.end, t.meta.signedOut = false, End{}, false
		t.meta.erased, t.meta.gone = false, 0 // the device was found: everything comes again
		if !old.Device.IsZero() && old.Device != who.Device {
			t.reidentify()
		}
		return nil
	})
}

// reidentify gives the outbox numbers under a new device identity. The change ids stay (domain F12).
func (t *txn) reidentify() {
	t.meta.token, t.meta.next = 0, 1
	for _, it := range t.r.order {
		t.change(it, func(c *item) { c.number = t.meta.next })
		t.meta.next++
	}
}

// Hello is what this device says first, without its signature.
func (r *Replica) Hello(handIn bool) *protocol.Hello {
	return &protocol.Hello{
		Version: protocol.Version, Tenant: r.meta.who.Tenant, Device: r.meta.who.Device, Secret: r.meta.who.Secret,
		Token: r.meta.token, Next: r.meta.next, HandIn: handIn,
	}
}

// Greeted says what a welcome changed.
type Greeted struct {
	NewIdentity bool
	Offered     int // answered changes that are offered again: the server was restored
	Released    int // changes whose copy is not needed any more
}

// Welcome begins a connection: the new connection token is kept, the server's time noted, and the outbox compared with
// what the server says of its backups. Here alone an item may leave the outbox (write-verification W3).
func (r *Replica) Welcome(w *protocol.Welcome, now Moment) (done Greeted, err error) {
	err = r.update(func(t *txn) error {
		if w.Device != t.meta.who.Device {
			done.NewIdentity = true
			t.meta.who.Device = w.Device
			t.reidentify()
			t.note(Notice{Kind: NoticeIdentity, End: End{At: w.Time}})
		}
		t.meta.token = w.Token
		if w.Name != "" {
			t.meta.who.Name, t.meta.who.Kind = w.Name, w.Kind
		}
		t.heard(w.Time, now)
		t.grant(w, now)
		done.Offered = t.offerAgain(w.Store)
		done.Released = t.release(w.Store, w.Safe)
		t.meta.store = w.Store
		return nil
	})
	if err != nil {
		return Greeted{}, err
	}
	r.land()
	return done, nil
}

// heard keeps the server's time: the first one under a boot, and then one an hour.
func (t *txn) heard(server model.Instant, now Moment) {
	m := t.meta.mark
	if m.server != 0 && m.boot == now.Boot && now.Mono >= m.mono && now.Mono-m.mono < markLife {
		return
	}
	t.meta.mark = mark{boot: now.Boot, server: server, mono: now.Mono}
}

// clock is the occurrence of what happens now.
func (t *txn) clock(now Moment) model.Occurrence {
	o := model.Occurrence{Wall: now.Wall, Elapsed: now.Mono, Clock: model.Clock{
		User: t.meta.who.User, Boot: now.Boot, Offset: now.Offset, Zone: now.Zone,
	}}
	if m := t.meta.mark; m.server != 0 && m.boot == now.Boot && now.Mono >= m.mono {
		o.Clock.Mark, o.Elapsed = m.server, now.Mono-m.mono
	}
	return o
}

// offerAgain opens every kept item that an earlier life of the store answered: the present one may not know it. What
// had taken its place lies on the screen again until a checkpoint of this life names it.
func (t *txn) offerAgain(store [8]byte) (n int) {
	if t.r.bug("no-reoffer") {
		return 0
	}
	for _, it := range t.r.order {
		if it = t.item(it.change.ID); it.released || !it.answered || it.ackedBy == store {
			continue
		}
		n++
		t.change(it, func(c *item) {
			c.answered = false
			if c.outcome == model.OutcomeApplied || c.outcome == model.OutcomeMerged {
				c.included = false
			}
		})
	}
	return n
}

// release lets go of what every backup that may still be restored contains, or of the oldest when all of it takes too
// much of the phone, whichever comes first (write-verification §2); a group as one.
func (t *txn) release(store [8]byte, safe model.Instant) (n int) {
	held := map[model.GroupID]bool{}
	over := t.tooMuch()
	covered := func(it *item) bool {
		return it.answered && it.ackedBy == store && (safe > it.acked || it.number < over)
	}
	for _, it := range t.r.order {
		if it = t.item(it.change.ID); it.grouped() && !it.released && !covered(it) {
			held[it.change.Group] = true
		}
	}
	for _, it := range t.r.order {
		it = t.item(it.change.ID)
		if it.released || !covered(it) || it.grouped() && held[it.change.Group] {
			continue
		}
		n++
		t.change(it, func(c *item) { c.released = true })
	}
	return n
}

// tooMuch is the number before which answered changes are more than a phone is to keep; 0: none are.
func (t *txn) tooMuch() (number uint64) {
	left := t.r.cfg.Keep
	if left == 0 {
		left = DefaultKeep
	}
	for _, it := range slices.Backward(t.r.order) {
		if it = t.item(it.change.ID); it.released || !it.answered {
			continue
		}
		if left -= it.bytes(); left < 0 {
			return it.number + 1
		}
	}
	return 0
}

// Pong keeps the server's time.
func (r *Replica) Pong(p *protocol.Pong, now Moment) error {
	return r.update(func(t *txn) error {
		t.heard(p.Time, now)
		if t.meta.lease.millis > 0 && !t.meta.ended {
			t.contact(now)
		}
		return nil
	})
}

// ends says whether a code ends the session for good. One that stops because of this app, or of the policy of the
// moment, is tried again when the app is started again.
func ends(c protocol.Code) bool {
	switch c {
	case protocol.CodeTooOld, protocol.CodeProtocol, protocol.CodeRefused, protocol.CodeHandedIn:
		return false
	default:
		return c.Stops()
	}
}

// Bye keeps the end of the session, when it is one: notice and mark in one transaction, so that what is saved from now
// on says that it was made after the end (domain F11). Nothing else changes; the outbox least of all.
func (r *Replica) Bye(b *protocol.Bye) error {
	r.land()
	if !ends(b.Code) || r.meta.ended && (r.meta.end.byPerson() || b.Reason == model.EndNone) {
		return nil
	}
	return r.update(func(t *txn) error {
		if r.bug("end-not-kept") {
			return nil
		}
		t.meta.ended = true
		t.meta.end = EndOf(b)
		t.note(Notice{Kind: NoticeEnded, End: t.meta.end})
		return nil
	})
}

// UnsentError says that signing out would leave work behind.
type UnsentError struct {
	Count  int
	Oldest model.Instant
}

// Error says so.
func (e *UnsentError) Error() string { return "there is work on this device that was not sent yet" }

// SignOut ends the user's presence on this device. With unsent work it refuses with *UnsentError unless forced; the
// queue stays where it is, for the next sign-in of the same user or for a hand-in.
func (r *Replica) SignOut(force bool) error {
	if n, oldest := r.Unsent(); n > 0 && !force {
		return &UnsentError{Count: n, Oldest: oldest}
	}
	return r.update(func(t *txn) error {
		t.meta.signedOut = true
		return nil
	})
}
