package replica_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Write CE-7: every member carries the size; a frame never cuts a group; hours among the drafts stand alone (CE-8).
func TestGroup(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	p.save(newJob("alone"))
	saved := p.save(retitle(model.RecordID{1}, "a"), hours("travel_start"), note(model.RecordID{1}, "b"))
	a, h, b := p.change(saved[0].Change), p.change(saved[1].Change), p.change(saved[2].Change)
	if a.Group.IsZero() || a.Group != b.Group || a.GroupSize != 2 || b.GroupSize != 2 || !h.Group.IsZero() || h.GroupSize != 0 {
		t.Errorf("groups: %v/%d %v/%d %v/%d", a.Group, a.GroupSize, h.Group, h.GroupSize, b.Group, b.GroupSize)
	}
	push, err := p.NextPush(2, 1<<16)
	p.must(err)
	if len(push.Changes) != 1 {
		t.Errorf("%d changes in a frame for two, want the group not cut", len(push.Changes))
	}
	if push, _ = p.NextPush(3, 1<<16); len(push.Changes) != 3 {
		t.Errorf("%d changes, want the group and the hours", len(push.Changes))
	}
	if c := p.save(newJob("x"), hours("work_start")); !p.change(c[0].Change).Group.IsZero() {
		t.Error("one change and hours are no group")
	}
}

// The planted bugs of groups do what they say.
func TestGroupPlanted(t *testing.T) {
	p := newPhone(t, "group-cut-by-frames")
	p.checkpoint()
	p.save(newJob("a"), newJob("b"))
	if push, _ := p.NextPush(1, 1<<16); len(push.Changes) != 1 {
		t.Error("the planted bug does not cut")
	}
	if p = newPhone(t, "group-two-local-writes"); true {
		p.checkpoint()
		if s := p.save(newJob("a"), newJob("b")); p.change(s[1].Change).GroupSize != 2 {
			t.Error("the planted bug forgets the size")
		}
	}
}

// Write CE-19: what could never leave the phone is refused when it is saved, whole.
func TestLimits(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	many := make([]replica.Draft, replica.MaxGroup+1)
	for i := range many {
		many[i] = newJob("x")
	}
	big := make([]replica.Draft, 4)
	for i := range big {
		big[i] = newJob(strings.Repeat("x", 60<<10))
	}
	cases := []struct {
		drafts []replica.Draft
		why    string
	}{
		{many, "too many changes"},
		{big, "too many bytes together"},
		{[]replica.Draft{newJob(strings.Repeat("x", 65<<10))}, "one change too long"},
	}
	for _, c := range cases {
		_, err := p.Save(p.clock, c.drafts...)
		var limit *replica.LimitError
		if !errors.As(err, &limit) {
			t.Errorf("%s: err = %v, want *LimitError", c.why, err)
		}
	}
	if n, _ := p.Unsent(); n != 0 {
		t.Errorf("%d changes were saved", n)
	}
	p.save(many[:replica.MaxGroup]...)
	if push, _ := p.NextPush(protocol.MaxChanges, protocol.MaxFrame); len(push.Changes) != replica.MaxGroup {
		t.Error("the largest group does not fit a frame")
	}
}

// Write CE-10, CE-11: have names the predecessors that are neither in this frame nor answered, and no others.
func TestHave(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	id := model.RecordID{1}
	first := p.save(retitle(id, "a"))[0].Change
	p.save(retitle(id, "b"))
	one, err := p.NextPush(1, 1<<16)
	p.must(err)
	two, err := p.NextPush(1, 1<<16)
	p.must(err)
	if len(one.Have) != 0 || !slices.Equal(two.Have, []model.ChangeID{first}) {
		t.Errorf("Have = %v and %v, want none and the first", one.Have, two.Have)
	}
	p.Disconnected()
	p.answer(model.OutcomeRetry, 5)
	if n, _ := p.Unsent(); n != 2 {
		t.Errorf("%d unsent after retry, want 2: nothing was decided", n)
	}
	if push := p.answer(model.OutcomeApplied, 5); len(push.Have) != 0 || len(push.Changes) != 2 || len(push.Blobs) != 2 {
		t.Errorf("push = %d changes, %d blobs, have %v", len(push.Changes), len(push.Blobs), push.Have)
	}
	p.save(retitle(id, "c"))
	if push := p.answer(model.OutcomeApplied, 5); len(push.Have) != 0 {
		t.Errorf("Have = %v, want none: the predecessor is answered", push.Have)
	}
}

// An item leaves the outbox at a contact alone: when the store that answered is the one that is met, and says that
// every backup it may be restored from contains it (write-verification W3, CE-4).
func TestRelease(t *testing.T) {
	cases := []struct {
		store byte
		safe  model.Instant
		want  int
		why   string
	}{
		{1, 0, 1, "no backup contains it"},
		{1, 100, 1, "acknowledged at the very moment of the backup"},
		{1, 101, 0, "every backup contains it"},
		{2, 999, 1, "another life of the store knows nothing of it"},
	}
	for _, c := range cases {
		p := newPhone(t)
		p.checkpoint(job(1, "one"))
		id := p.save(retitle(model.RecordID{1}, "mine"))[0].Change
		p.answer(model.OutcomeApplied, 100)
		p.include(id)
		p.store = c.store
		p.welcome(c.safe)
		if got := len(p.Outbox()); got != c.want {
			t.Errorf("store %d safe %d: %d in the outbox, want %d: %s", c.store, c.safe, got, c.want, c.why)
		}
	}
}

// However long the server takes to have a backup, what is kept for it takes only so much of the phone: the oldest
// answered changes go first, and what is not answered never (write-verification §2, "or a size cap").
func TestReleaseBySize(t *testing.T) {
	p := newPhone(t)
	p.cfg.Keep = 2000
	p.open()
	p.hello()
	p.checkpoint(job(1, "one"))
	var ids []model.ChangeID
	for range 10 {
		ids = append(ids, p.save(retitle(model.RecordID{1}, strings.Repeat("x", 300)))[0].Change)
		p.answer(model.OutcomeApplied, 100)
	}
	p.include(ids...)
	unsent := p.save(retitle(model.RecordID{1}, strings.Repeat("y", 5000)))[0].Change
	p.welcome(0)
	out := p.Outbox()
	if n := len(out); n < 3 || n > 9 || out[n-1].Change != unsent || out[n-2].Change != ids[9] {
		t.Errorf("%d are in the outbox, want the newest of ten that take 2000 bytes, and the unsent one", len(out))
	}
}

// Released before a checkpoint names it, a change stays on the screen and nowhere else.
func TestReleasedBeforeIncluded(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	id := p.save(retitle(model.RecordID{1}, "mine"))[0].Change
	p.answer(model.OutcomeApplied, 100)
	p.welcome(200)
	p.open()
	if got := p.title(model.RecordID{1}); got != "mine" {
		t.Errorf("shown %q: flicker", got)
	}
	p.store = 2
	if g := p.welcome(0); g.Offered != 0 {
		t.Error("a released change was offered again")
	}
	p.include(id)
	if len(p.Outbox()) != 0 {
		t.Error("nothing keeps it any more")
	}
}

// A group leaves as one.
func TestGroupIsReleasedAsOne(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	s := p.save(retitle(model.RecordID{1}, "mine"), note(model.RecordID{1}, "b"))
	push, err := p.NextPush(10, 1<<16)
	p.must(err)
	_, err = p.Answered(&protocol.Answers{Number: push.Number, Time: 100, Answers: []model.Answer{{Outcome: model.OutcomeApplied}, {}}})
	p.must(err)
	if g := p.welcome(200); g.Released != 0 {
		t.Error("half a group was released")
	}
	if push, _ = p.NextPush(10, 1<<16); len(push.Changes) != 2 {
		t.Errorf("%d changes, want the whole group: an incomplete one would be held", len(push.Changes))
	}
	_, err = p.Answered(&protocol.Answers{Number: push.Number, Time: 150, Answers: []model.Answer{{Outcome: model.OutcomeApplied, Repeat: true}, {Outcome: model.OutcomeApplied}}})
	p.must(err)
	if g := p.welcome(200); g.Released != len(s) {
		t.Errorf("%d released, want the group", g.Released)
	}
}

// After a restore of the server, what is kept is offered again with its receipt, and lies on the screen again.
func TestOfferedAgain(t *testing.T) {
	for plant, want := range map[string]int{"": 1, "no-reoffer": 0} {
		p := newPhone(t, plant)
		p.checkpoint(job(1, "one"))
		id := p.save(retitle(model.RecordID{1}, "mine"))[0].Change
		p.answer(model.OutcomeApplied, 100)
		p.include(id)
		p.store = 2
		if g := p.hello(); g.Offered != want {
			t.Errorf("planted %q: %d offered, want %d", plant, g.Offered, want)
		}
		if want == 0 {
			continue
		}
		p.checkpoint(job(1, "one"))
		if got := p.title(model.RecordID{1}); got != "mine" {
			t.Errorf("shown %q, want the user's work", got)
		}
		if push := p.answer(model.OutcomeApplied, 300); !bytes.Equal(push.Changes[0].Receipt, append([]byte{9}, make([]byte, 15)...)) {
			t.Errorf("receipt = %x", push.Changes[0].Receipt)
		}
	}
}

// Domain F12: a new identity renumbers the outbox; the changes stay what they are.
func TestNewIdentity(t *testing.T) {
	p := newPhone(t)
	p.checkpoint()
	for range 3 {
		p.save(newJob("x"))
	}
	p.answer(model.OutcomeApplied, 100)
	p.welcome(200)
	a := p.save(newJob("y"))[0].Change
	body := p.change(a).Body
	g, err := p.Welcome(&protocol.Welcome{Device: model.DeviceID{99}, Token: 5, Store: [8]byte{1}}, p.clock)
	p.must(err)
	p.open()
	h := p.Hello(false)
	if !g.NewIdentity || h.Device != (model.DeviceID{99}) || h.Token != 5 || h.Next != 5 {
		t.Errorf("hello = %+v, want the new identity and the next number after 4 kept changes", h)
	}
	if p.change(a).Body != body {
		t.Error("the body changed")
	}
	if n := p.Notices(); len(n) != 1 || n[0].Kind != replica.NoticeIdentity {
		t.Errorf("Notices() = %v", n)
	}
}

// Nothing but a release takes work out of the outbox (domain F10, F13, F20).
func TestWhatKeepsTheOutbox(t *testing.T) {
	p := newPhone(t)
	p.checkpoint()
	p.save(newJob("work"))
	keep := func(what string) {
		t.Helper()
		p.open()
		if n, oldest := p.Unsent(); n != 1 || oldest == 0 {
			t.Fatalf("after %s: %d unsent, want 1", what, n)
		}
	}
	p.must(p.Bye(&protocol.Bye{Code: protocol.CodeNotSignedIn}))
	keep("a refused token")
	p.must(p.Bye(&protocol.Bye{Code: protocol.CodeEnded, Reason: model.EndOffice, By: "Olga"}))
	keep("a kick")
	if end, ok := p.Ended(); !ok || end.By != "Olga" {
		t.Errorf("Ended() = %+v", end)
	}
	var unsent *replica.UnsentError
	if err := p.SignOut(false); !errors.As(err, &unsent) || unsent.Count != 1 {
		t.Errorf("SignOut(false) = %v, want *UnsentError of 1", err)
	}
	p.must(p.SignOut(true))
	keep("a forced sign-out")
	if _, err := p.Save(p.clock, newJob("x")); !errors.Is(err, replica.ErrSignedOut) {
		t.Errorf("Save = %v, want ErrSignedOut", err)
	}
	if err := p.SignedIn(replica.Identity{Tenant: alice.Tenant, User: model.UserID{42}}); !errors.Is(err, replica.ErrOtherUser) {
		t.Errorf("SignedIn of another user = %v, want ErrOtherUser", err)
	}
	keep("another user's sign-in")
	again := alice
	again.Device, again.Secret = model.DeviceID{7}, [32]byte{1}
	p.must(p.SignedIn(again))
	keep("a sign-in under a new device id")
	if push := p.answer(model.OutcomeHeld, 5); push.Changes[0].Number != 1 {
		t.Errorf("number %d, want 1 under the new identity", push.Changes[0].Number)
	}
}

// The planted bug deletes with the answer.
func TestAckDeletesPlanted(t *testing.T) {
	p := newPhone(t, "ack-deletes-item")
	p.checkpoint()
	p.save(newJob("x"))
	p.answer(model.OutcomeApplied, 5)
	if len(p.Outbox()) != 0 {
		t.Error("the planted bug deletes nothing")
	}
}

// The planted generator repeats itself after the phone is restored from a backup; the real one does not (CE-18).
func TestBackedUpGeneratorPlanted(t *testing.T) {
	for plant, same := range map[string]bool{"": false, "ids-from-backed-up-generator": true} {
		p := newPhone(t, plant)
		p.checkpoint()
		backup := p.local.Clone()
		first := p.save(newJob("a"))[0].Change
		p.local = backup
		p.open()
		if again := p.save(newJob("b"))[0].Change; (again == first) != same {
			t.Errorf("planted %q: the id repeats = %v, want %v", plant, again == first, same)
		}
	}
}

// Held and refused work stays visible, with its content, until the user closes it; it is not the outbox item.
func TestTrouble(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	id := p.save(retitle(model.RecordID{1}, "mine"))[0].Change
	push, err := p.NextPush(10, 1<<16)
	p.must(err)
	_, err = p.Answered(&protocol.Answers{Number: push.Number, Time: 5, Answers: []model.Answer{{Outcome: model.OutcomeHeld, Reason: model.ReasonRight}}})
	p.must(err)
	p.include(id)
	p.welcome(900)
	all, err := p.Problems()
	p.must(err)
	if len(all) != 1 || all[0].Kind != replica.ProblemHeld || all[0].Why == "" || all[0].Next == "" || all[0].Fields[0].Value.Text() != "mine" {
		t.Fatalf("Problems() = %+v", all)
	}
	p.must(p.CloseProblem(id))
	if len(p.Outbox()) != 0 {
		t.Error("closed, released and included: nothing keeps it")
	}
}

// Answers of another connection, or of the wrong length, change nothing.
func TestStrayAnswers(t *testing.T) {
	p := newPhone(t)
	p.checkpoint()
	p.save(newJob("x"))
	push, err := p.NextPush(10, 1<<16)
	p.must(err)
	if _, err := p.Answered(&protocol.Answers{Number: push.Number}); !errors.Is(err, replica.ErrAnswers) {
		t.Errorf("err = %v, want ErrAnswers", err)
	}
	p.hello()
	done, err := p.Answered(&protocol.Answers{Number: push.Number, Answers: []model.Answer{{Outcome: model.OutcomeApplied}}})
	if n, _ := p.Unsent(); err != nil || done.Known || n != 1 {
		t.Errorf("a late answer: %+v, %v, %d unsent", done, err, n)
	}
}

// An export is the user's own work, in the clear, one change a line.
func TestExport(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	p.save(note(model.RecordID{1}, "leak under the sink"))
	p.answer(model.OutcomeHeld, 5)
	p.save(hours("shift_end"))
	var out bytes.Buffer
	p.must(p.Export(&out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2", len(lines))
	}
	var first struct {
		Collection, Outcome string
		Fields              map[string]string
		Sent                bool
	}
	p.must(json.Unmarshal([]byte(lines[0]), &first))
	if first.Collection != "notes" || first.Outcome != "held" || !first.Sent || first.Fields["text"] != "leak under the sink" {
		t.Errorf("first line = %+v", first)
	}
}

// A wipe leaves nothing.
func TestWipe(t *testing.T) {
	p := newPhone(t)
	p.checkpoint(job(1, "one"))
	p.save(newJob("x"))
	p.must(p.Wipe())
	p.open()
	if all, _ := p.Shown(); len(all)+len(p.Outbox()) != 0 || !p.Who().User.IsZero() || len(p.Cursor()) != 0 {
		t.Error("something is left")
	}
}

// What the server would refuse is refused while the user still knows what they meant.
func TestChecksValues(t *testing.T) {
	full, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		t.Fatal(err)
	}
	create := func(c model.Collection, f ...model.FieldValue) replica.Draft {
		return replica.Draft{Op: model.OpCreate, Collection: c, Fields: f}
	}
	cases := []struct {
		draft replica.Draft
		ok    bool
		why   string
	}{
		{create(model.TimesheetEvents, model.FieldValue{Field: model.TimeKind, Value: model.Text("shift_start")}), true, "hours"},
		{create(model.TimesheetEvents), false, "a required field is missing"},
		{create(model.TimesheetEvents, model.FieldValue{Field: model.TimeKind, Value: model.Text("siesta")}), false, "no such option"},
		{create(model.Jobs, model.FieldValue{Field: model.JobNumber, Value: model.Int(1)}), false, "the server's field"},
		{create(model.Jobs, model.FieldValue{Field: 60_000, Value: model.Int(1)}), false, "no such field"},
		{create(model.Jobs, model.FieldValue{Field: 70_000, Value: model.Int(1)}, model.FieldValue{Field: model.JobTitle, Value: model.Text("x")}), true, "a company's own field"},
		{create(999, model.FieldValue{Field: 5}), true, "a collection this app does not know"},
	}
	for _, c := range cases {
		p := newPhone(t)
		p.cfg.Table = full
		p.open()
		p.checkpoint()
		_, err := p.Save(p.clock, c.draft)
		var bad *replica.ValueError
		if (err == nil) != c.ok || err != nil && !errors.As(err, &bad) {
			t.Errorf("%s: err = %v, want ok = %v", c.why, err, c.ok)
		}
	}
}

// What is held and has no room in the list is asked about once on each connection.
func TestAskedBeyondTheList(t *testing.T) {
	const more = 3
	for plant, want := range map[string]int{"": more, "held-unlisted": 0} {
		p := newPhone(t, plant)
		p.checkpoint()
		days := make([]replica.Draft, replica.MaxGroup)
		for i := range days {
			days[i] = hours("shift_start")
		}
		var newest []model.ChangeID
		for left := protocol.MaxIDs + more; left > 0; left -= len(days) {
			newest = nil
			for _, saved := range p.save(days[:min(left, len(days))]...) {
				newest = append(newest, saved.Change)
			}
			p.answer(model.OutcomeHeld, 5)
		}
		for range 2 {
			p.Disconnected()
			p.welcome(0)
			if listed := p.Resume(true).Held; len(listed) != protocol.MaxIDs || slices.Contains(listed, newest[len(newest)-1]) {
				t.Errorf("planted %q: %d are listed", plant, len(listed))
			}
			asked := 0
			for push, _ := p.NextPush(200, 256<<10); push != nil; push, _ = p.NextPush(200, 256<<10) {
				asked += len(push.Changes)
			}
			if asked != want {
				t.Errorf("planted %q: %d are asked about, want %d", plant, asked, want)
			}
		}
	}
}

// What is held is listed at every resume, and asked about once the office has decided it, behind new work: a line that breaks after
// one frame brings the work.
func TestAskedBehindNewWork(t *testing.T) {
	for plant, work := range map[string]bool{"": true, "asks-before-work": false} {
		p := newPhone(t, plant)
		p.checkpoint(job(1, "one"))
		p.welcome(0)
		held := p.save(retitle(model.RecordID{1}, "held"))[0].Change
		p.answer(model.OutcomeHeld, 5)
		fresh := p.save(note(model.RecordID{1}, "new"))[0].Change
		p.Disconnected()
		p.welcome(0)
		if listed := p.Resume(true).Held; !slices.Equal(listed, []model.ChangeID{held}) {
			t.Errorf("planted %q: listed as held: %v", plant, listed)
		}
		p.Decided([]model.ChangeID{held})
		push, err := p.NextPush(1, 1<<16)
		p.must(err)
		if got := p.change(fresh).Body == string(push.Changes[0].Body); got != work {
			t.Errorf("planted %q: the new work goes first = %v, want %v", plant, got, work)
		}
		if push, err = p.NextPush(1, 1<<16); err != nil || push == nil {
			t.Errorf("planted %q: the other is not sent: %v", plant, err)
		}
		if push, err = p.NextPush(1, 1<<16); err != nil || push != nil {
			t.Errorf("planted %q: asked twice about one decision: %v", plant, err)
		}
	}
}
