package writing

import (
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The ten rules of domain §0, the session rules of (f) and the edges they have, as scripts.

// R1: whatever was submitted has one durable outcome, however often it is asked for.
func TestR1_OneOutcome(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	e := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	w.online(p)
	w.send(p, 10, 64<<10)
	w.arrive(w.frames[0], crashAfter) // in doubt, and there
	w.arrive(w.frames[0], noCrash)
	w.arrive(w.frames[0], crashBefore)
	w.arrive(w.frames[0], noCrash)
	w.frames = nil
	wantFate(t, w, e, model.OutcomeApplied, 0)
	w.drain()
	if n, _ := p.Unsent(); n != 0 {
		t.Errorf("%d changes are unsent after the answers", n)
	}
	w.finish()
}

// R1, I3: nothing is acknowledged when the commit is in doubt.
func TestR1_InDoubtIsNotAcknowledged(t *testing.T) {
	w := start(t)
	p := w.phone("pixel", w.ben)
	w.save(p, 0, worked(10))
	w.online(p)
	w.send(p, 10, 64<<10)
	w.arrive(w.frames[0], crashBefore)
	w.frames = nil
	if len(w.replies) != 0 {
		t.Error("something is said though nothing is known")
	}
	w.drain()
	w.hangUp(p)
	w.finish()
}

// R2: of what a superseded device hands in facts are applied and claims are recorded, with their content (F7, F8).
func TestR2_FactsAndClaims(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	note, hours := w.save(p, 0, w.note(job))[0], w.save(p, 0, worked(10))[0]
	travel := w.save(p, 0, happens(job, "travel"))[0]
	accept, e := w.save(p, 0, happens(job, "accept"))[0], w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	made := w.save(p, 0, create(model.Jobs, give(model.JobTitle, w.value())))[0]
	w.phone("other", w.ben)
	w.hangUp(p)
	w.flush(p)
	for _, s := range []replica.Saved{note, hours, travel} {
		wantFate(t, w, s, model.OutcomeApplied, 0)
	}
	for _, s := range []replica.Saved{accept, e, made} {
		wantFate(t, w, s, model.OutcomeRecorded, model.ReasonHandedIn)
		w.view(func(r storage.Reader) { w.o.content(r, string(s.Change[:]), w.o.latest[s.Change].c.Body) })
	}
	w.finish()
}

// R3: the unit of conflict is the field: what two people changed in two fields is all there.
func TestR3_TheFieldIsTheUnit(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p, desk := w.phone("pixel", w.ben), w.phone("console", w.amy)
	e := w.save(p, 0, edit(job, give(model.JobDescription, w.value())))[0]
	w.sync(desk)
	w.office(noCrash, w.edits(model.Jobs, job, set(model.JobTitle, w.value())))
	w.flush(p)
	wantFate(t, w, e, model.OutcomeApplied, 0)
	w.finish()
}

// R4: arrival is not occurrence: a caption of 14:09 that arrives at 15:00 does not beat the one of 14:12.
func TestR4_ArrivalIsNotOccurrence(t *testing.T) {
	for _, lateIsLater := range []bool{false, true} {
		w := start(t)
		job := w.newJob(w.ben)
		p, desk := w.phone("pixel", w.ben), w.phone("console", w.amy)
		file := w.save(p, 0, w.photo(job))[0].Record
		w.up(p)
		w.sync(desk)
		if lateIsLater {
			w.pass(10 * minute)
		}
		caption := w.save(p, 0, edit(file, give(fileCaption, w.value())))[0]
		if !lateIsLater {
			w.pass(3 * minute)
		}
		office := w.does(model.Change{Op: model.OpEdit, Collection: model.Files, Record: file, Fields: []model.Assign{set(fileCaption, w.value())}})
		office.at -= 5 * minute * model.Instant(map[bool]int{true: 1}[lateIsLater])
		if lateIsLater { // said five minutes before the phone, by a clock that is right
			w.now -= 5 * minute
			office = w.does(model.Change{Op: model.OpEdit, Collection: model.Files, Record: file, Fields: []model.Assign{set(fileCaption, w.value())}})
			w.now += 5 * minute
		}
		w.office(noCrash, office)
		w.pass(48 * minute)
		w.flush(p)
		if lateIsLater {
			wantFate(t, w, caption, model.OutcomeMerged, 0)
		} else {
			wantFate(t, w, caption, model.OutcomeRecorded, model.ReasonLater)
		}
		w.finish()
	}
}

// R5, I11: a bad change never blocks the others, whatever is wrong with it.
func TestR5_ABadChangeBlocksNothing(t *testing.T) {
	parent := func(id model.RecordID) model.Assign { return set(model.FieldParent, model.Ref(id)) }
	cases := []struct {
		name string
		make func(job model.RecordID) model.Change
		out  model.Outcome
		why  model.Reason
	}{
		{"an event of no job", func(model.RecordID) model.Change {
			return model.Change{Op: model.OpCreate, Collection: model.VisitEvents, Fields: []model.Assign{set(model.VisitEventKind, model.Text("start"))}}
		}, model.OutcomeRefused, model.ReasonShape},
		{"an event of no kind", func(job model.RecordID) model.Change {
			return model.Change{Op: model.OpCreate, Collection: model.VisitEvents, Fields: []model.Assign{parent(job)}}
		}, model.OutcomeRefused, model.ReasonShape},
		{"an assignment to no job", func(model.RecordID) model.Change {
			return model.Change{Op: model.OpCreate, Collection: model.Assignments, Record: model.RecordID{9}, Fields: []model.Assign{set(model.AssignmentUser, model.Ref(model.UserID{1}))}}
		}, model.OutcomeRefused, model.ReasonShape},
		{"a status by hand", func(job model.RecordID) model.Change {
			return model.Change{Op: model.OpEdit, Collection: model.Jobs, Record: job, Fields: []model.Assign{set(model.JobStatus, model.Text("closed"))}}
		}, model.OutcomeRefused, model.ReasonReadonly},
		{"a number for a text", func(job model.RecordID) model.Change {
			return model.Change{Op: model.OpEdit, Collection: model.Jobs, Record: job, Fields: []model.Assign{set(model.JobTitle, model.Int(1))}}
		}, model.OutcomeRefused, model.ReasonValue},
		{"a collection to come", func(model.RecordID) model.Change {
			return model.Change{Op: model.OpCreate, Collection: 4000, Fields: []model.Assign{set(2, model.Int(1))}}
		}, model.OutcomeHeld, model.ReasonUnknown},
		{"a field to come", func(job model.RecordID) model.Change {
			return model.Change{Op: model.OpEdit, Collection: model.Jobs, Record: job, Fields: []model.Assign{set(1<<30, model.Int(1))}}
		}, model.OutcomeHeld, model.ReasonUnknown},
		{"a parent of another kind", func(job model.RecordID) model.Change {
			return model.Change{Op: model.OpCreate, Collection: model.TaskEvents, Fields: []model.Assign{parent(job), set(2, model.Text("done"))}}
		}, model.OutcomeRefused, model.ReasonShape},
		{"its own parent", func(model.RecordID) model.Change {
			return model.Change{Op: model.OpCreate, Collection: model.Tasks, Record: model.RecordID{7}, Fields: []model.Assign{parent(model.RecordID{7}), set(taskTitle, model.Text("x"))}}
		}, model.OutcomeHeld, model.ReasonMissing},
		{"an edit of nothing", func(model.RecordID) model.Change {
			return model.Change{Op: model.OpEdit, Collection: model.Jobs, Record: model.RecordID{8}, Fields: []model.Assign{set(model.JobTitle, model.Text("x"))}}
		}, model.OutcomeHeld, model.ReasonMissing},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := start(t)
			job := w.newJob(w.ben)
			p := w.phone("pixel", w.ben)
			change := c.make(job)
			change.Base = string(p.cut.base)
			k := w.raw(p, change)
			if c.why == model.ReasonShape {
				k.fault = c.why
			}
			good := w.save(p, 0, w.note(job))[0]
			w.flush(p)
			wantFate(t, w, good, model.OutcomeApplied, 0)
			wantFate(t, w, replica.Saved{Change: k.c.ID}, c.out, c.why)
			w.finish()
		})
	}
}

// R5: a body that does not decode is refused, and blocks nothing.
func TestR5_AnUnreadableBody(t *testing.T) {
	w := start(t)
	p := w.phone("pixel", w.ben)
	body := append([]byte{0x98, 0xc4, 16}, make([]byte, 40)...)
	for i := range 16 {
		body[3+i] = byte(i + 1)
	}
	c := protocol.DecodeChange(string(body), nil)
	k := &work{c: c, author: w.ben, at: w.now}
	w.o.know(k)
	p.raws = append(p.raws, raw{content: content{c.ID, c.Hash}, body: body})
	good := w.save(p, 0, worked(10))[0]
	w.flush(p)
	wantFate(t, w, good, model.OutcomeApplied, 0)
	if out, _ := fateOf(t, w, c.ID); out != model.OutcomeRefused {
		t.Errorf("an unreadable body is %v", out)
	}
	w.finish()
}

// R6: facts are judged by the work that was theirs, everything else by what they see now.
func TestR6_FactsByTheWorkThatWasTheirs(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	note, e := w.save(p, 0, w.note(job))[0], w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	task := w.save(p, 0, w.task(job))[0]
	w.pass(minute)
	w.reassign(job, w.sue)
	w.flush(p)
	wantFate(t, w, note, model.OutcomeApplied, 0)
	wantFate(t, w, e, model.OutcomeHeld, model.ReasonMissing)
	wantFate(t, w, task, model.OutcomeHeld, model.ReasonMissing)
	w.pass(minute)
	w.reassign(job, w.ben) // it is theirs again: what waited for it is judged by itself (W15)
	wantFate(t, w, e, model.OutcomeApplied, 0)
	wantFate(t, w, task, model.OutcomeApplied, 0)
	w.finish()
}

// R7: the losing value is kept, also when it is that somebody erased something.
func TestR7_TheLoserIsKept(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p, desk := w.phone("pixel", w.ben), w.phone("console", w.amy)
	text := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	erased := w.save(p, 0, edit(job, give(model.JobDescription, model.Null())))[0]
	w.sync(desk)
	w.office(noCrash, w.edits(model.Jobs, job, set(model.JobTitle, w.value()), set(model.JobDescription, w.value())))
	w.flush(p)
	wantFate(t, w, text, model.OutcomeRecorded, model.ReasonLater)
	wantFate(t, w, erased, model.OutcomeRecorded, model.ReasonLater)
	if len(w.o.losses) != 2 {
		t.Errorf("%d losses, want 2", len(w.o.losses))
	}
	w.finish()
}

// R8: a superseded device hands in and reads nothing; work made after it learnt of the end is held (F7, F11).
func TestR8_TheSupersededHandsIn(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	live := p.conn.Connection
	early := w.save(p, 0, w.note(job))[0]
	w.phone("other", w.ben)
	var over *model.EndedError
	if _, err := w.eng.Pull(t.Context(), model.Pull{Connection: live}, w.now); !errors.As(err, &over) {
		t.Errorf("a superseded device reads: %v", err)
	}
	w.hangUp(p)
	w.online(p)
	if _, err := w.eng.Pull(t.Context(), model.Pull{Connection: p.conn.Connection}, w.now); !errors.As(err, &over) {
		t.Errorf("the hand-in lane reads: %v", err)
	}
	late, hours := w.save(p, 0, w.note(job))[0], w.save(p, 0, worked(15))[0]
	w.flush(p)
	wantFate(t, w, early, model.OutcomeApplied, 0)
	wantFate(t, w, late, model.OutcomeHeld, model.ReasonAfterEnd)
	wantFate(t, w, hours, model.OutcomeApplied, 0)
	w.finish()
}

// R9: what is hidden, another company's and what never was are answered with the same bytes.
func TestR9_HiddenForeignNever(t *testing.T) {
	w := start(t)
	hidden := w.newJob(w.sue)
	other, err := w.eng.AddTenant(t.Context(), "rival", w.now)
	if err != nil {
		t.Fatal(err)
	}
	theirs := w.theirJob(t, other)
	p := w.phone("pixel", w.ben)
	w.online(p)
	for name, mk := range map[string]func(id model.RecordID) model.Change{
		"edit": func(id model.RecordID) model.Change {
			return model.Change{Op: model.OpEdit, Collection: model.Jobs, Record: id, Fields: []model.Assign{set(model.JobTitle, model.Text("x"))}}
		},
		"delete": func(id model.RecordID) model.Change {
			return model.Change{Op: model.OpDelete, Collection: model.Jobs, Record: id}
		},
		"note": func(id model.RecordID) model.Change {
			return model.Change{Op: model.OpCreate, Collection: model.Notes, Fields: []model.Assign{set(model.FieldParent, model.Ref(id)), set(model.NoteText, model.Text("x"))}}
		},
		"event": func(id model.RecordID) model.Change {
			return model.Change{Op: model.OpCreate, Collection: model.VisitEvents, Fields: []model.Assign{set(model.FieldParent, model.Ref(id)), set(model.VisitEventKind, model.Text("start"))}}
		},
		"other kind": func(id model.RecordID) model.Change {
			return model.Change{Op: model.OpEdit, Collection: model.Customers, Record: id, Fields: []model.Assign{set(customerPhone, model.Text("x"))}}
		},
	} {
		var first []byte
		for _, id := range []model.RecordID{ident[model.RecordID](w), hidden, theirs} {
			c := mk(id)
			c.Base = string(p.cut.base)
			change, _ := w.mint(w.ben, c)
			answers, err := w.eng.Push(t.Context(), p.conn.Connection, []model.Submitted{{Change: change}}, nil, w.now)
			if err != nil {
				t.Fatal(err)
			}
			answers[0].Receipt = model.Receipt{1} // sealed: 16 bytes that say nothing
			bytes := protocol.Encode(&protocol.Answers{Answers: answers})
			if first == nil {
				first = bytes
			}
			if string(first) != string(bytes) {
				t.Errorf("%s: %x and %x", name, first, bytes)
			}
		}
	}
	w.o.waited = nil
}

// theirJob is a job of another company.
func (w *World) theirJob(t testing.TB, other model.TenantID) model.RecordID {
	t.Helper()
	u, err := w.eng.AddAccount(t.Context(), other, engine.NewAccount{Login: "x", Name: "x", Kind: model.Desktop, Levels: access.RoleSets(access.Admin).Encode()}, w.now)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := w.mint(&user{id: u}, model.Change{Op: model.OpCreate, Collection: model.Jobs, Record: ident[model.RecordID](w), Fields: []model.Assign{set(model.JobTitle, model.Text("x"))}})
	conn := model.Connection{Tenant: other, User: u, Lane: model.LaneOffice}
	if _, err := w.eng.Push(t.Context(), conn, []model.Submitted{{Change: c}}, nil, w.now); err != nil {
		t.Fatal(err)
	}
	return c.Record
}

// R10, I8: nothing takes hours away: no cancellation, reassignment, lost right, ended session, lost phone or age.
func TestR10_HoursStand(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	onJob := create(model.TimesheetEvents, give(model.TimeKind, model.Text("manual_entry")), give(model.TimeAmount, model.Int(45)), give(model.TimeJob, model.Ref(job)))
	hours := []replica.Saved{w.save(p, 0, onJob)[0]}
	w.office(noCrash, w.orders(job, "cancel", model.RecordID{}))
	w.reassign(job, w.sue)
	w.setLevel(w.ben, access.MobileEnabled, access.Off)
	hours = append(hours, w.save(p, 0, onJob)...)
	w.kick(w.ben, model.EndRemoved)
	w.hangUp(p)
	w.online(p)
	hours = append(hours, w.save(p, 0, onJob)...)
	w.reported(p, engine.DeviceLost)
	w.pass(500 * day)
	w.flush(p)
	for _, h := range hours {
		wantFate(t, w, h, model.OutcomeApplied, 0)
	}
	w.finish()
}

// F5, F9: a lost device's work is held, but hours; from a stolen one nothing is taken; later than the window is held.
func TestF9_LostStolenLate(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	note := w.save(p, 0, w.note(job))[0]
	w.reported(p, engine.DeviceLost)
	w.hangUp(p)
	w.flush(p)
	wantFate(t, w, note, model.OutcomeHeld, model.ReasonLost)
	if err := w.release(note.Change, false); err != nil {
		t.Errorf("what a lost device handed in is not released: %v", err)
	}
	q := w.phone("second", w.ben)
	late := w.save(q, 0, w.note(job))[0]
	w.kick(w.ben, model.EndOffice)
	w.hangUp(q)
	w.pass(14*day + 1)
	w.flush(q)
	wantFate(t, w, late, model.OutcomeHeld, model.ReasonWindow)
	r := w.phone("third", w.ben)
	stolen := w.save(r, 0, w.note(job))[0]
	w.reported(r, engine.DeviceStolen)
	w.hangUp(r)
	w.flush(r)
	if w.o.fates[stolen.Change] != nil || !r.wiped {
		t.Error("a stolen device is heard, or not wiped")
	}
	w.finish()
}

// F10, F20, W37: the queue survives the end of the session; after a new sign-in of the same user it is judged live.
func TestF20_TheQueueSurvives(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	p := w.phone("pixel", w.ben)
	e := w.save(p, 0, edit(job, give(model.JobTitle, w.value())))[0]
	w.kick(w.ben, model.EndReset)
	w.hangUp(p)
	w.hello(p, false, false)
	w.signIn(p, false, false)
	w.hello(p, false, false)
	w.flush(p)
	wantFate(t, w, e, model.OutcomeApplied, 0)
	w.finish()
}

// F13: a queue is its author's: what another user's session sends of it is not taken as theirs.
func TestF13_AnothersQueue(t *testing.T) {
	w := start(t)
	p, q := w.phone("pixel", w.ben), w.phone("galaxy", w.sue)
	w.save(p, 0, worked(30))
	w.online(p)
	push, err := p.NextPush(10, 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := w.eng.Push(t.Context(), q.conn.Connection, push.Submitted(), nil, w.now)
	if err != nil {
		t.Fatal(err)
	}
	if answers[0].Outcome.In() {
		t.Errorf("ben's hours from sue's session are %v", answers[0].Outcome)
	}
}

// F1: of two simultaneous sign-ins one holds the epoch, the other is asked.
func TestF1_TwoSignIns(t *testing.T) {
	w := start(t)
	p, q := w.newPhone("a", w.ben), w.newPhone("b", w.ben)
	if !w.signIn(p, false, false) || w.signIn(q, false, false) {
		t.Error("of two sign-ins both or none are live")
	}
	if !w.signIn(p, false, false) {
		t.Error("the same device is a resume, not a question")
	}
}

// I11: a job that is full does not keep its worker's frames from being taken: what would make it more than one commit
// can move is held, and whoever has it can still leave it.
func TestI11_TooMuchBelow(t *testing.T) {
	w := start(t)
	job := w.newJob(w.ben)
	const most = engine.MaxAggregate / 10 * 8
	for left := most - 1; left > 0; left -= 190 { // the assignment is one too
		var notes []*work
		for range min(left, 190) {
			notes = append(notes, w.create(model.Notes, set(model.FieldParent, model.Ref(job)), set(model.NoteText, w.value()), set(model.NoteAudience, model.Text("field"))))
		}
		w.office(noCrash, notes...)
	}
	p := w.phone("pixel", w.ben)
	note, hours, decline := w.save(p, 0, w.note(job))[0], w.save(p, 0, worked(10))[0], w.save(p, 0, happens(job, "decline"))[0]
	w.o.latest[note.Change].stuck = model.ReasonTooLarge
	w.flush(p)
	wantFate(t, w, note, model.OutcomeHeld, model.ReasonTooLarge)
	wantFate(t, w, hours, model.OutcomeApplied, 0)
	wantFate(t, w, decline, model.OutcomeApplied, 0)
}

// A parent is given once, with the record: an edit of it is refused, whatever it names.
func TestR5_AnEditedParent(t *testing.T) {
	w := start(t)
	desk := w.phone("console", w.amy)
	loose := w.create(model.Tasks, set(taskTitle, w.value()))
	w.office(noCrash, loose)
	w.sync(desk)
	for _, parent := range []model.RecordID{loose.c.Record, {5}} {
		c, _ := w.mint(w.amy, model.Change{
			Op: model.OpEdit, Collection: model.Tasks, Record: loose.c.Record, Base: string(desk.cut.base),
			Fields: []model.Assign{set(model.FieldParent, model.Ref(parent))},
		})
		conn := model.Connection{Tenant: w.tenant, User: w.amy.id, Lane: model.LaneOffice}
		answers, err := w.eng.Push(t.Context(), conn, []model.Submitted{{Change: c}}, nil, w.now)
		if err != nil || answers[0].Outcome != model.OutcomeRefused {
			t.Errorf("hung on %s: %v, %v, want refused", short(parent), answers, err)
		}
	}
}

// R10: hours that a server does not understand yet wait for it, and are never dismissed.
func TestR10_HoursAreNeverDismissed(t *testing.T) {
	w := start(t)
	p := w.phone("pixel", w.ben)
	k := w.raw(p, model.Change{Op: model.OpCreate, Collection: model.TimesheetEvents, Base: string(p.cut.base), Fields: []model.Assign{
		set(model.TimeKind, model.Text("manual_entry")), set(model.TimeAmount, model.Int(9)), set(1<<20, model.Int(1)),
	}})
	w.save(p, 0, worked(1))
	w.flush(p)
	wantFate(t, w, replica.Saved{Change: k.c.ID}, model.OutcomeHeld, model.ReasonUnknown)
	if err := w.eng.Dismiss(t.Context(), w.tenant, k.c.ID, model.UserID{}, w.now); err == nil {
		t.Error("hours are dismissed")
	}
}
