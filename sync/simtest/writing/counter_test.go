package writing

import (
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The counterexamples of write-verification §3, as scripts.

// CE-1: an edit of a record that was made offline does not conflict with the record's own creation.
func TestCE1_EditOnOwnCreation(t *testing.T) {
	w := start(t)
	p := w.phone("pixel", w.ben)
	job := w.save(p, 0, create(model.Jobs, give(model.JobTitle, w.value())))[0].Record
	e := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	p.SignOut(true)
	w.flush(p)
	wantFate(t, w, e, model.OutcomeApplied, 0)
	w.finish()
}

// CE-5: a restored backup cannot issue an epoch again.
func TestCE5_EpochsAreFreshAcrossRestores(t *testing.T) {
	w := start(t)
	backup := w.store.Clone()
	p := w.phone("pixel", w.ben)
	before := p.conn.Epoch
	w.store.Store = backup
	if err := w.store.NewLife(1 << 40); err != nil {
		t.Fatal(err)
	}
	clear(w.slots)
	q := w.newPhone("other", w.ben)
	w.signIn(q, true, false)
	w.hello(q, false, false)
	if q.conn.Epoch <= before {
		t.Errorf("epoch %x after a restore, %x was live before", q.conn.Epoch, before)
	}
}

// CE-6: what is held for its age is never released; the age is noted before every other reason.
func TestCE6_AgeIsFirstAndNotReleasable(t *testing.T) {
	for _, lost := range []bool{false, true} {
		w := start(t)
		job := w.newJob(w.ben)
		p := w.phone("pixel", w.ben)
		e := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
		h := w.save(p, 0, worked(20))[0]
		w.pass(401 * day)
		if lost {
			w.reported(p, engine.DeviceLost)
		}
		w.flush(p)
		wantFate(t, w, e, model.OutcomeHeld, model.ReasonAge)
		wantFate(t, w, h, model.OutcomeApplied, 0)
		if err := w.release(e.Change, false); err == nil {
			t.Error("an edit that was held for its age is released")
		}
		w.dismiss(e.Change)
		w.finish()
	}
}

// CE-6, the edge: a base of exactly the limit is in time.
func TestCE6_TheLimitIsExact(t *testing.T) {
	for extra, want := range map[int64]model.Outcome{0: model.OutcomeApplied, 1: model.OutcomeHeld} {
		w := start(t)
		job := w.newJob(w.ben)
		p := w.phone("pixel", w.ben)
		e := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
		w.now = w.o.bases[string(p.cut.base)].time + 400*day + model.Instant(extra)
		w.flush(p)
		if out, _ := fateOf(t, w, e.Change); out != want {
			t.Errorf("%d ms after the limit: %v, want %v", extra, out, want)
		}
	}
}

// CE-7: half a group is no group: it is held, it is not released, and the app that dies while saving one leaves none.
func TestCE7_HalfAGroup(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	if saved := w.save(p, 1, w.task(job), w.task(job)); len(saved) != 0 {
		t.Errorf("the app died while saving a group, and %d members are there", len(saved))
	}
	one := w.raw(p, model.Change{
		Op: model.OpCreate, Collection: model.Tasks, Base: string(p.cut.base), Group: model.GroupID{7}, GroupSize: 2,
		Record: ident[model.RecordID](w), Fields: []model.Assign{set(model.FieldParent, model.Ref(job)), set(taskTitle, w.value())},
	})
	w.online(p)
	w.save(p, 0, worked(1))
	w.flush(p)
	wantFate(t, w, replica.Saved{Change: one.c.ID}, model.OutcomeHeld, model.ReasonGroup)
	if err := w.release(one.c.ID, false); err == nil {
		t.Error("half a group is released")
	}
	w.finish()
}

// CE-7: a member that comes twice is not two members.
func TestCE7_OneMemberTwice(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	one := w.raw(p, model.Change{
		Op: model.OpCreate, Collection: model.Tasks, Base: string(p.cut.base), Group: model.GroupID{7}, GroupSize: 2,
		Record: ident[model.RecordID](w), Fields: []model.Assign{set(model.FieldParent, model.Ref(job)), set(taskTitle, w.value())},
	})
	s := model.Submitted{Change: one.c, Number: 1}
	w.online(p)
	answers, err := w.eng.Push(t.Context(), p.conn.Connection, []model.Submitted{s, s}, nil, w.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if a.Outcome.In() {
			t.Errorf("one member that came twice is %v as a group of two", a.Outcome)
		}
	}
}

// CE-8: hours in a group are decided alone, at once.
func TestCE8_HoursInAGroup(t *testing.T) {
	w := start(t)
	job := w.newJob(w.sue)
	p := w.phone("pixel", w.sue)
	w.pass(minute)
	w.reassign(job, w.ben)
	w.pass(minute)
	g := model.GroupID{8}
	event := w.raw(p, model.Change{
		Op: model.OpCreate, Collection: model.VisitEvents, Base: string(p.cut.base), Group: g, GroupSize: 2,
		Fields: []model.Assign{set(model.FieldParent, model.Ref(job)), set(model.VisitEventKind, model.Text("travel"))},
	})
	hours := w.raw(p, model.Change{
		Op: model.OpCreate, Collection: model.TimesheetEvents, Base: string(p.cut.base), Group: g, GroupSize: 2,
		Fields: []model.Assign{set(model.TimeKind, model.Text("manual_entry")), set(model.TimeAmount, model.Int(40))},
	})
	w.save(p, 0, worked(1))
	w.flush(p)
	wantFate(t, w, replica.Saved{Change: event.c.ID}, model.OutcomeHeld, model.ReasonRight)
	wantFate(t, w, replica.Saved{Change: hours.c.ID}, model.OutcomeApplied, 0)
	w.finish()
}

// CE-9: an edit on a held edit is held with it; after the release both are in, the last one on top.
func TestCE9_StackedOnHeld(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	first := w.save(p, 0, edit(job, give(model.JobTitle, w.value())), create(model.Notes, under(ident[model.RecordID](w)), give(model.NoteText, w.value())))
	second := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	other := w.save(p, 0, edit(job, give(model.JobDescription, w.value())))[0]
	w.flush(p)
	wantFate(t, w, first[0], model.OutcomeHeld, model.ReasonGroup)
	wantFate(t, w, second, model.OutcomeHeld, model.ReasonStacked)
	wantFate(t, w, other, model.OutcomeApplied, 0)
	w.dismiss(first[0].Change)
	wantFate(t, w, first[0], model.OutcomeDismissed, model.ReasonGroup)
	wantFate(t, w, second, model.OutcomeApplied, 0)
	w.finish()
}

// CE-10: order per record holds though frames overtake each other.
func TestCE10_FramesOvertake(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	w.online(p)
	first := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	w.send(p, 1, 64<<10)
	second := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	w.send(p, 1, 64<<10)
	w.frames[0], w.frames[1] = w.frames[1], w.frames[0]
	w.drain()
	if w.o.fates[second.Change] != nil {
		t.Error("the second edit is decided before the first")
	}
	w.flush(p)
	wantFate(t, w, first, model.OutcomeApplied, 0)
	wantFate(t, w, second, model.OutcomeApplied, 0)
	w.finish()
}

// CE-11: a predecessor that nobody has any more is not waited for.
func TestCE11_PredecessorIsNowhere(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	late := w.raw(p, model.Change{
		Op: model.OpCreate, Collection: model.Notes, Base: string(p.cut.base), After: []model.ChangeID{{1, 2, 3}},
		Fields: []model.Assign{set(model.FieldParent, model.Ref(job)), set(model.NoteText, w.value())},
	})
	w.save(p, 0, worked(1))
	w.flush(p)
	wantFate(t, w, replica.Saved{Change: late.c.ID}, model.OutcomeApplied, 0)
	w.finish()
}

// CE-12: E1 and E2 on it are held; released one after the other, the user's last value stands.
func TestCE12_ReleaseKeepsTheWriter(t *testing.T) {
	for _, secondFirst := range []bool{false, true} {
		w := start(t)
		job := w.newJob(w.ben)
		p := w.phone("pixel", w.ben)
		first := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
		second := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
		w.setLevel(w.ben, access.MobileEditJob, access.Off)
		w.flush(p)
		wantFate(t, w, first, model.OutcomeHeld, model.ReasonRight)
		order := []replica.Saved{first, second}
		if secondFirst {
			order = []replica.Saved{second, first}
		}
		for _, s := range order {
			w.release(s.Change, false)
		}
		if secondFirst {
			wantFate(t, w, first, model.OutcomeRecorded, model.ReasonOwnLater)
		} else {
			wantFate(t, w, first, model.OutcomeApplied, 0)
		}
		wantFate(t, w, second, model.OutcomeApplied, 0)
		w.finish()
	}
}

// CE-13: a held edit that is released is judged on its own base: what the office typed meanwhile is not gone, unless the
// reviewer saw it and says so; then it is kept as the loser.
func TestCE13_ReleaseAgainstNewer(t *testing.T) {
	for _, force := range []bool{false, true} {
		w := start(t)
		job := w.newJob(w.ben)
		p := w.phone("pixel", w.ben)
		desk := w.phone("console", w.amy)
		e := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
		w.setLevel(w.ben, access.MobileEditJob, access.Off)
		w.flush(p)
		w.sync(desk)
		w.office(noCrash, w.edits(model.Jobs, job, set(model.JobTitle, w.value())))
		w.release(e.Change, force)
		if force {
			wantFate(t, w, e, model.OutcomeMerged, 0)
		} else {
			wantFate(t, w, e, model.OutcomeRecorded, model.ReasonLater)
		}
		w.finish()
	}
}

// CE-14: a twin that shows a token which is neither the last nor the one before it gets an identity of its own.
func TestCE14_Twins(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	w.backup(p)
	q := w.twin(p, p.snaps[0])
	w.save(p, 0, edit(job, give(model.JobTitle, w.value())))
	w.save(q, 0, edit(job, give(model.JobTitle, w.value())))
	w.flush(p)
	w.flush(q)
	w.save(p, 0, edit(job, give(model.JobDescription, w.value())))
	w.flush(p)
	w.hangUp(p)
	w.flush(p)
	if p.Who().Device == q.Who().Device {
		t.Error("two phones go by one identity")
	}
	w.finish()
}

// CE-14, the fence: two twins with open connections; the older connection is not answered.
func TestCE14_TheOlderConnectionIsNotAnswered(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	w.backup(p)
	q := w.twin(p, p.snaps[0])
	w.hello(p, false, false)
	w.hello(q, false, false)
	w.save(p, 0, edit(job, give(model.JobTitle, w.value())))
	w.save(q, 0, edit(job, give(model.JobTitle, w.value())))
	w.send(p, 10, 64<<10)
	w.send(q, 10, 64<<10)
	w.drain()
	w.finish()
}

// CE-14: numbers that were seen and are still to be given reveal a roll-back.
func TestCE14_RollBack(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	w.backup(p)
	device := p.Who().Device
	w.save(p, 0, edit(job, give(model.JobTitle, w.value())))
	w.flush(p)
	w.rollBack(p, p.snaps[0])
	w.online(p)
	w.save(p, 0, w.note(job))
	w.up(p)
	if p.Who().Device == device {
		t.Error("a rolled-back phone keeps its identity")
	}
	w.finish()
}

// CE-17: what was held for a parent that was not there is judged again, by itself, when the parent comes.
func TestCE17_HeldUntilTheParentComes(t *testing.T) {
	w := start(t)
	p, q := w.phone("pixel", w.ben), w.newPhone("tablet", w.ben)
	job := w.save(p, 0, create(model.Jobs, give(model.JobTitle, w.value())))[0]
	note := w.save(p, 0, w.note(job.Record))[0]
	e := w.save(p, 0, edit(job.Record, give(model.JobTitle, w.value())))[0]
	_ = q
	w.online(p)
	push, err := p.NextPush(10, 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	all := push.Submitted()
	for _, only := range [][]model.Submitted{all[1:2], all[2:3], all[:1]} {
		if _, err := w.push(p.conn.Connection, p, only, nil, noCrash); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []replica.Saved{job, note, e} {
		wantFate(t, w, s, model.OutcomeApplied, 0)
	}
	w.finish()
}

// CE-17: more than one commit judges again follow with the next commits, in their order.
func TestCE17_ManyWait(t *testing.T) {
	w := start(t)
	p := w.phone("pixel", w.ben)
	job := w.save(p, 0, create(model.Jobs, give(model.JobTitle, w.value())))[0]
	var notes []replica.Saved
	for range 450 {
		notes = append(notes, w.save(p, 0, w.note(job.Record))...)
	}
	w.online(p)
	var all []model.Submitted
	for {
		push, err := p.NextPush(150, 256<<10)
		if err != nil {
			t.Fatal(err)
		}
		if push == nil {
			break
		}
		all = append(all, push.Submitted()...)
	}
	w.o.crowded = true // not all of them are judged by one commit
	for _, only := range [][]model.Submitted{all[1:200], all[200:400], all[400:], all[:1], nil, nil, nil, nil, nil} {
		if _, err := w.push(p.conn.Connection, p, only, nil, noCrash); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range notes {
		wantFate(t, w, s, model.OutcomeApplied, 0)
	}
	w.o.crowded = false
	w.finish()
}

// CE-18: one id with two contents is an alarm; the second content is held, not dropped, and does not block the outbox.
func TestCE18_SameIDOtherContent(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	first := w.save(p, 0, w.note(job))[0]
	w.flush(p)
	w.raw(p, model.Change{
		ID: first.Change, Op: model.OpCreate, Collection: model.Notes, Base: string(p.cut.base),
		Fields: []model.Assign{set(model.FieldParent, model.Ref(job)), set(model.NoteText, w.value())},
	})
	after := w.save(p, 0, w.note(job))[0]
	w.flush(p)
	wantFate(t, w, after, model.OutcomeApplied, 0)
	if !p.raws[0].done {
		t.Error("the second content is not acknowledged")
	}
	alarms := w.countReviews("alarm")
	if alarms != 1 {
		t.Errorf("%d alarms, want 1", alarms)
	}
	w.finish()
}

// CE-18: a phone that was restored with its generator's state makes the same ids again.
func TestCE18_IdsFromTheBackup(t *testing.T) {
	w := start(t, "ids-from-backed-up-generator")
	p := w.phone("pixel", w.ben)
	w.backup(p)
	w.save(p, 0, worked(10))
	w.flush(p)
	w.rollBack(p, p.snaps[0])
	w.save(p, 0, worked(20))
	w.flush(p)
	if len(w.o.second) != 1 || w.countReviews("alarm") != 1 {
		t.Errorf("%d second contents and %d alarms, want one of each", len(w.o.second), w.countReviews("alarm"))
	}
	w.finish()
}

// CE-19: a group must fit into what may be in flight; a larger one is refused when it is saved.
func TestCE19_GroupsFitTheWindow(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	var many []replica.Draft
	for range 101 {
		many = append(many, w.task(job))
	}
	if saved := w.save(p, 0, many...); saved != nil {
		t.Error("a group of 101 is saved")
	}
	saved := w.save(p, 0, many[:100]...)
	w.up(p)
	for _, s := range saved {
		wantFate(t, w, s, model.OutcomeApplied, 0)
	}
	w.finish()
}

// CE-20: a frame that was received before the end of the session and is committed after it is not taken.
func TestCE20_EpochInTheCommit(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	e := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	w.online(p)
	w.send(p, 10, 64<<10)
	w.store.before = func() { w.kick(w.ben, model.EndOffice) }
	w.drain()
	if w.o.fates[e.Change] != nil {
		t.Error("a change is decided under an epoch that had ended")
	}
	w.flush(p)
	wantFate(t, w, e, model.OutcomeRecorded, model.ReasonHandedIn)
	w.finish()
}

// CE-22: yes to the question about one phone does not end the session of another.
func TestCE22_TakeoverNamesTheEpoch(t *testing.T) {
	w := start(t)
	x := w.phone("x", w.ben)
	asked := x.conn.Epoch
	y := w.phone("y", w.ben)
	z := w.newPhone("z", w.ben)
	_, err := w.eng.SignIn(t.Context(), model.SignIn{
		Tenant: w.tenant, User: w.ben.id, Kind: model.Mobile, PublicKey: z.key, TakeOver: asked, TokenHash: [32]byte{9},
	}, w.now)
	w.watchSlots()
	if _, ok := err.(*model.Active); !ok { //nolint:errorlint // it is returned bare
		t.Errorf("the takeover of a session that is over = %v, want another question", err)
	}
	if s := w.slots[string(w.ben.id[:])+string([]byte{byte(model.Mobile)})]; s.Epoch != y.conn.Epoch {
		t.Error("y is ended unasked")
	}
}

// CE-24: a phone whose answers to hello were lost is no clone, however often they were lost.
func TestCE24_LostAnswersToHello(t *testing.T) {
	for _, times := range []int{1, 2, 3} {
		w := start(t)
		job := w.newJob(w.ben)
		p := w.phone("pixel", w.ben)
		w.save(p, 0, w.note(job))
		w.flush(p)
		device := p.Who().Device
		for range times {
			w.hello(p, false, true)
		}
		w.hello(p, false, false)
		if p.Who().Device != device {
			t.Errorf("after %d lost answers a healthy phone is taken for a clone", times)
		}
		w.save(p, 0, w.note(job))
		w.flush(p)
		w.finish()
	}
}

// CE-24: the same for the very first hello of a sign-in.
func TestCE24_LostAnswersToTheFirstHello(t *testing.T) {
	w := start(t)
	p := w.newPhone("pixel", w.ben)
	w.signIn(p, true, false)
	device := p.Who().Device
	for range 3 {
		w.hello(p, false, true)
	}
	w.hello(p, false, false)
	if p.Who().Device != device {
		t.Error("a new phone is taken for a clone")
	}
}

// countReviews counts review items of a kind.
func (w *World) countReviews(kind string) (n int) {
	w.view(func(rd storage.Reader) {
		for _, r := range w.reviews(rd) {
			if r.Value(model.ReviewKind).Text() == kind {
				n++
			}
		}
	})
	return n
}
