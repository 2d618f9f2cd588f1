package replica_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestF6_ALeaseLocksAndTakesNothing: without a contact for a week a device says that it is locked; it saves as ever, and the
// next contact opens it with all that it held.
func TestF6_ALeaseLocksAndTakesNothing(t *testing.T) {
	if wrong := leased(t); wrong != "" {
		t.Error(wrong)
	}
	if leased(t, "lease-forgotten") == "" {
		t.Error("the planted bug lease-forgotten was not found")
	}
}

func leased(t *testing.T, plant ...string) string {
	const day = 24 * 3600 * 1000
	p := newPhone(t, plant...)
	p.checkpoint()
	greet := func(handIn bool) {
		_, err := p.Welcome(&protocol.Welcome{Device: alice.Device, Token: 5, Store: [8]byte{1}, Time: p.clock.Wall, Lease: 7 * day, HandIn: handIn}, p.clock)
		p.must(err)
	}
	pass := func(millis int64) {
		p.clock.Mono, p.clock.Wall = p.clock.Mono+millis, p.clock.Wall+model.Instant(millis)
	}
	restart := func() { p.clock.Boot, p.clock.Mono = p.clock.Boot+1, 10 }
	if pass(400 * day); p.Locked(p.clock) {
		return "a server that gave no lease bounds nothing"
	}
	greet(false)
	saved := p.save(replica.Draft{Op: model.OpCreate, Collection: model.TimesheetEvents, Fields: []model.FieldValue{{Field: model.TimeKind, Value: model.Text("shift_start")}}})
	for _, step := range []struct {
		why    string
		do     func()
		locked bool
	}{
		{"six days", func() { pass(6 * day) }, false},
		{"the clock on the wall is put on by a year, and the phone was not restarted", func() { p.clock.Wall += 365 * day }, false},
		{"a week", func() { p.clock.Wall -= 365 * day; pass(day) }, true},
		{"it is put back", func() { p.clock.Wall -= 20 * day }, true},
		{"and restarted", restart, true},
		{"a hand-in is no contact that reads", func() { greet(true) }, true},
		{"a contact", func() { greet(false) }, false},
		{"a restart", restart, false},
		{"a week without", func() { pass(7 * day) }, true},
		{"a crash", p.open, true},
		{"a contact again", func() { greet(false) }, false},
		{"a connection of a fortnight", func() {
			for range 14 * 24 {
				pass(3600 * 1000)
				p.must(p.Pong(&protocol.Pong{Time: p.clock.Wall}, p.clock))
			}
		}, false},
		{"and six days more", func() { pass(6 * day) }, false},
	} {
		if step.do(); p.Locked(p.clock) != step.locked {
			return step.why + ": locked, or not, the other way round"
		}
	}
	pass(30 * day)
	again := p.save(replica.Draft{Op: model.OpCreate, Collection: model.TimesheetEvents, Fields: []model.FieldValue{{Field: model.TimeKind, Value: model.Text("shift_end")}}})
	if n, _ := p.Unsent(); n != 2 || len(saved) != 1 || len(again) != 1 {
		t.Errorf("%d unsent, want 2: a lock takes nothing and saving goes on", n)
	}
	return ""
}
