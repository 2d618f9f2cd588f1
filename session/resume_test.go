package session_test

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// replica is as much of a device's data as these tests need.
type replica struct {
	cursor []byte
	rows   map[model.RecordID]bool
	pages  int
}

// take applies a page and checks that it continues what the device holds.
func (r *replica) take(t *testing.T, page *protocol.Page) {
	t.Helper()
	if page.Header.Continues != protocol.CursorTag(r.cursor) {
		t.Fatal("the page continues another cursor")
	}
	body, err := protocol.DecodePageBody(page.Body, page.Compressed)
	check(t, err)
	if r.rows == nil {
		r.rows = map[model.RecordID]bool{}
	}
	for _, id := range body.Retracts {
		delete(r.rows, id)
	}
	for _, row := range body.Rows {
		r.rows[row.ID] = true
	}
	r.cursor = page.Header.Cursor
	r.pages++
}

// sync takes pages until a checkpoint and acknowledges each.
func (r *replica) sync(l *line) *protocol.Page {
	l.t.Helper()
	for {
		page := expect[*protocol.Page](l)
		r.take(l.t, page)
		l.send(&protocol.Got{Cursor: protocol.CursorTag(r.cursor)})
		if page.Header.Final {
			return page
		}
	}
}

// settle takes pages until there are no more: a first sync comes in tiers, each with its checkpoint.
func (r *replica) settle(l *line) {
	l.t.Helper()
	for range 3 {
		time.Sleep(time.Second) // fake: what is due is on the way
		l.send(&protocol.Ping{})
		for m := l.recv(); m.Type() != protocol.TypePong; m = l.recv() {
			page, ok := m.(*protocol.Page)
			if !ok {
				l.t.Fatalf("got a %s", m.Type())
			}
			r.take(l.t, page)
			l.send(&protocol.Got{Cursor: protocol.CursorTag(r.cursor)})
		}
	}
}

func TestFeedFollows(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		first := w.job(w.ben, 1)
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		var r replica
		l.send(&protocol.Resume{Follow: true})
		r.settle(l)
		if !r.rows[first] {
			t.Error("the first sync lacks the assigned job")
		}
		second := w.job(w.ben, 0)
		r.settle(l)
		if !r.rows[second] {
			t.Error("a new job did not arrive by itself")
		}
		change := p.hours("shift_start")
		l.send(p.pushOf(change))
		expect[*protocol.Answers](l)
		if page := r.sync(l); !slices.Contains(page.Header.Included, change.ID) {
			t.Errorf("the checkpoint names %v, want the device's own change", page.Header.Included)
		}
		r.settle(l)
		w.job(w.ben, 0)
		if page := r.sync(l); len(page.Header.Included) != 0 {
			t.Errorf("the next checkpoint names %v again", page.Header.Included)
		}
		l.hangUp()
	})
}

func TestW16_FieldWorkReachesTheOfficeByItself(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		desk := w.newPhone()
		r := desk.request()
		r.Login = "amy"
		var err error
		desk.in, err = w.gate.SignIn(t.Context(), r)
		check(t, err)
		office := desk.connect(false)
		var seen replica
		office.send(&protocol.Resume{Follow: true})
		seen.settle(office)

		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		event := p.hours("shift_start")
		l.send(p.pushOf(event))
		expect[*protocol.Answers](l)
		began := time.Now()
		seen.sync(office)
		if !seen.rows[event.Record] {
			t.Error("the office does not see the hours")
		}
		if waited := time.Since(began); waited > 2*time.Second {
			t.Errorf("the office saw it after %v", waited)
		}
		office.hangUp()
		l.hangUp()
	})
}

func TestI9_WhatADeviceMayNotSeeCostsNoFrame(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		var r replica
		l.send(&protocol.Resume{Follow: true})
		r.settle(l)
		w.office(w.change(w.amy, model.OpCreate, model.Jobs, model.RecordID{}, set(model.JobTitle, model.Text("secret"))))
		l.silent()
	})
}

// pokes counts the pokes that come now; nothing else may.
func (l *line) pokes() (n int) {
	l.t.Helper()
	time.Sleep(time.Second) // fake: what is due is on the way
	l.send(&protocol.Ping{})
	for m := l.recv(); m.Type() != protocol.TypePong; m = l.recv() {
		if m.Type() != protocol.TypePoke {
			l.t.Fatalf("got a %s, want pokes alone", m.Type())
		}
		n++
	}
	return n
}

func TestFeedPokesADeviceThatDoesNotFollow(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		var r replica
		for more := true; more; more = l.pokes() > 0 {
			l.send(&protocol.Resume{Cursor: r.cursor})
			r.sync(l)
		}
		w.office(w.change(w.amy, model.OpCreate, model.Jobs, model.RecordID{}, set(model.JobTitle, model.Text("secret"))))
		if n := l.pokes(); n != 0 {
			t.Errorf("%d pokes for what the device may not see", n)
		}
		job := w.job(w.ben, 0)
		w.job(w.ben, 0)
		if n := l.pokes(); n != 1 {
			t.Errorf("%d pokes for two jobs, want one", n)
		}
		for more := true; more; more = l.pokes() > 0 {
			l.send(&protocol.Resume{Cursor: r.cursor})
			r.sync(l)
		}
		if !r.rows[job] {
			t.Error("the job did not come after the poke")
		}
		l.hangUp()
	})
}

func TestFeedKeepsTheWindow(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		for range 10 {
			w.job(w.ben, 50) // 100 KB each
		}
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		var r replica
		l.send(&protocol.Resume{Follow: true})
		for range protocol.WindowPages {
			page := expect[*protocol.Page](l)
			if page.Header.Final {
				t.Fatal("too little data to fill the window")
			}
			r.take(t, page)
		}
		l.send(&protocol.Ping{}) // a page beyond the window would come before the pong
		expect[*protocol.Pong](l)
		l.send(&protocol.Got{Cursor: protocol.CursorTag(r.cursor)})
		r.settle(l)
		if len(r.rows) < 10+10+500 {
			t.Errorf("%d rows after the first sync", len(r.rows))
		}
		l.hangUp()
	})
}

func TestACursorAgesByTheClockAlone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		var r replica
		l.send(&protocol.Resume{Follow: true})
		r.settle(l)
		began := time.Now()
		for {
			time.Sleep(25 * time.Second) // fake
			l.send(&protocol.Ping{})
			m := l.recv()
			if page, ok := m.(*protocol.Page); ok {
				if r.take(t, page); !page.Header.Final {
					t.Error("a refresh is a checkpoint")
				}
				break
			}
		}
		if waited := time.Since(began); waited < time.Hour || waited > time.Hour+time.Minute {
			t.Errorf("refreshed after %v, want an hour", waited)
		}
		l.send(&protocol.Bye{})
		<-l.served
	})
}

func TestAForeignCursorIsReconciled(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		job := w.job(w.ben, 1)
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		foreign := make([]byte, 200)
		l.send(&protocol.Resume{Cursor: foreign, Follow: true})
		page := expect[*protocol.Page](l)
		if !page.Header.Reconcile || page.Header.Continues != protocol.CursorTag(foreign) {
			t.Fatalf("got %+v, want to be reconciled", page.Header)
		}
		gone := model.RecordID{1}
		l.send(&protocol.Holdings{Records: []model.RecordID{gone}})
		l.send(&protocol.Holdings{Records: []model.RecordID{job}, Last: true})
		r := replica{cursor: foreign, rows: map[model.RecordID]bool{gone: true, job: true}}
		r.settle(l)
		if r.rows[gone] || !r.rows[job] {
			t.Errorf("after reconciling: %v", r.rows)
		}
		l.send(&protocol.Holdings{Last: true})
		if m := expect[*protocol.ErrorMessage](l); m.Code != protocol.CodeUnexpected {
			t.Errorf("holdings nobody asked for = %+v", m)
		}
		l.hangUp()
	})
}

func TestACutOffDeviceGoesOnWhereItWas(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		job := w.job(w.ben, 60)
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		var r replica
		l.send(&protocol.Resume{Follow: true})
		r.take(t, expect[*protocol.Page](l))
		l.hangUp()
		l = p.connect(false)
		l.send(&protocol.Resume{Cursor: r.cursor, Follow: true})
		r.settle(l)
		if !r.rows[job] || len(r.rows) < 62 {
			t.Errorf("%d rows", len(r.rows))
		}
		l.hangUp()
	})
}

// reconcile resumes with a cursor that is none, lists what the device holds in frames of n ids, runs meanwhile before the
// last of them, and takes the pages up to the first with a new cursor, or as many as given.
func (r *replica) reconcile(l *line, n, pages int, meanwhile func()) (taken []*protocol.Page) {
	l.t.Helper()
	l.send(&protocol.Resume{Cursor: r.cursor, Follow: true})
	if page := expect[*protocol.Page](l); !page.Header.Reconcile {
		l.t.Fatalf("got %+v, want to be reconciled", page.Header)
	}
	held := slices.SortedFunc(maps.Keys(r.rows), model.RecordID.Compare)
	for len(held) > n {
		l.send(&protocol.Holdings{Records: held[:n]})
		held = held[n:]
	}
	l.send(&protocol.Ping{})
	expect[*protocol.Pong](l) // what was listed so far is heard
	if meanwhile != nil {
		meanwhile()
	}
	l.send(&protocol.Holdings{Records: held, Last: true})
	before := string(r.cursor)
	for string(r.cursor) == before && len(taken) < pages {
		page := expect[*protocol.Page](l)
		r.take(l.t, page)
		l.send(&protocol.Got{Cursor: protocol.CursorTag(r.cursor)})
		taken = append(taken, page)
	}
	return taken
}

// hoard is a device that holds records nobody knows, and these.
func hoard(n int, more ...model.RecordID) *replica {
	r := &replica{cursor: make([]byte, 200), rows: map[model.RecordID]bool{}}
	for _, id := range more {
		r.rows[id] = true
	}
	for len(r.rows) < n {
		var id model.RecordID
		rand.Read(id[:])
		r.rows[id] = true
	}
	return r
}

// TestI10_AnAnswerToHoldingsOfAnyLength: it comes in pages that fit a frame; masks come first and the cursor last. Cut
// off in the middle, the device begins again with less.
func TestI10_AnAnswerToHoldingsOfAnyLength(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		job := w.job(w.ben, 1)
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		r := hoard(40_000, job)
		foreign := string(r.cursor)
		if got := r.reconcile(l, protocol.MaxHoldings, 1, nil); len(got) != 1 || string(r.cursor) != foreign {
			t.Fatal("the first of several pages brings a cursor")
		}
		left := len(r.rows)
		if left == 40_000 || !r.rows[job] {
			t.Fatalf("%d records after the first page", left)
		}
		l.hangUp()
		l = p.connect(false)
		pages := r.reconcile(l, protocol.MaxHoldings, 100, nil)
		if len(pages) < 2 {
			t.Fatalf("%d pages for %d retracts", len(pages), left)
		}
		for i, page := range pages {
			body, err := protocol.DecodePageBody(page.Body, page.Compressed)
			check(t, err)
			if last := i == len(pages)-1; (len(body.Masks) > 0) != (i == 0) || len(body.Rows) > 0 || (string(page.Header.Cursor) != foreign) != last {
				t.Errorf("page %d of %d: %d masks, %d rows, new cursor %v", i+1, len(pages), len(body.Masks), len(body.Rows), string(page.Header.Cursor) != foreign)
			}
		}
		r.settle(l)
		if !r.rows[job] || len(r.rows) > 20 {
			t.Errorf("%d records in the end, the job among them: %v", len(r.rows), r.rows[job])
		}
		l.hangUp()
	})
}

// TestI10_WhatLeavesWhileADeviceLists: a record that is taken away between the first and the last frame of holdings, or
// between the pages that answer them, goes.
func TestI10_WhatLeavesWhileADeviceLists(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var jobs, assignments [3]model.RecordID
		for i := range jobs {
			job := w.change(w.amy, model.OpCreate, model.Jobs, model.RecordID{}, set(model.JobTitle, model.Text("Boiler")))
			give := w.change(w.amy, model.OpCreate, model.Assignments, model.RecordID{}, set(model.FieldParent, model.Ref(job.Record)), set(model.AssignmentUser, model.Ref(w.ben)))
			w.office(job, give)
			jobs[i], assignments[i] = job.Record, give.Record
		}
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		r := hoard(30_000, jobs[:]...)
		withdraw := func(i int) {
			w.office(w.change(w.amy, model.OpCreate, model.OfficeEvents, model.RecordID{}, set(model.FieldParent, model.Ref(jobs[i])),
				set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(assignments[i]))))
		}
		if got := r.reconcile(l, 1000, 1, func() { withdraw(0) }); len(got) != 1 {
			t.Fatalf("%d pages", len(got))
		}
		withdraw(1)
		r.settle(l)
		if r.rows[jobs[0]] || r.rows[jobs[1]] || !r.rows[jobs[2]] {
			t.Errorf("held: %v %v %v, want the last alone", r.rows[jobs[0]], r.rows[jobs[1]], r.rows[jobs[2]])
		}
		l.hangUp()
	})
}

// TestD8_MoreChangesWaitThanAPageNames: a page names as many as fit, and the next the rest.
func TestD8_MoreChangesWaitThanAPageNames(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		var r replica
		l.send(&protocol.Resume{Follow: true})
		r.settle(l)
		waiting := map[model.ChangeID]bool{}
		take := func(page *protocol.Page, acknowledge bool) {
			t.Helper()
			r.take(t, page)
			for _, id := range page.Header.Included {
				if !waiting[id] {
					t.Fatal("a change is named twice, or is nobody's")
				}
				delete(waiting, id)
			}
			if acknowledge {
				l.send(&protocol.Got{Cursor: protocol.CursorTag(r.cursor)})
			}
		}
		for len(waiting) < protocol.MaxIDs+1000 || r.pages == 0 {
			var changes []model.Change
			for range protocol.MaxChanges {
				c := p.hours("shift_start")
				waiting[c.ID] = true
				changes = append(changes, c)
			}
			l.send(p.pushOf(changes...))
			for {
				m := l.recv()
				if page, ok := m.(*protocol.Page); ok {
					take(page, false) // the window closes
					continue
				}
				if _, ok := m.(*protocol.Answers); !ok {
					t.Fatalf("got a %s", m.Type())
				}
				break
			}
		}
		l.send(&protocol.Got{Cursor: protocol.CursorTag(r.cursor)})
		for len(waiting) > 0 {
			take(expect[*protocol.Page](l), true)
		}
		l.hangUp()
	})
}

// TestA5_TheBiggestRecordFitsAPage: alone, in whatever form, beside everything that a header may hold.
func TestA5_TheBiggestRecordFitsAPage(t *testing.T) {
	fields := map[string]func(i int) model.Value{
		"one text after another":    func(int) model.Value { return model.Text(strings.Repeat("x", 16<<10)) },
		"numbers":                   func(i int) model.Value { return model.Int(int64(i) << 40) },
		"nothing but field numbers": func(int) model.Value { return model.Null() },
	}
	for name, value := range fields {
		rec := &model.Record{ID: model.RecordID{1}, Collection: model.Jobs}
		write := model.Write{Seq: 1, Change: model.ChangeID{1}}
		rec.Writes = []model.Write{write}
		row := model.Row{ID: rec.ID, Collection: rec.Collection}
		size := len(storage.AppendRecord(nil, rec))
		for i := 0; ; i++ {
			c := model.Cell{Field: model.FirstCustomField + model.FieldNo(i)*1000, Value: value(i)}
			more := len(storage.AppendRecord(nil, &model.Record{Writes: rec.Writes, Cells: []model.Cell{c}})) - len(storage.AppendRecord(nil, &model.Record{Writes: rec.Writes}))
			if size += more; size > storage.MaxRecordBytes {
				break
			}
			rec.Cells = append(rec.Cells, c)
			row.Fields = append(row.Fields, model.FieldValue{Field: c.Field, Value: c.Value})
		}
		page := &protocol.Page{
			Header: protocol.PageHeader{Cursor: make([]byte, protocol.MaxCursor), Base: make([]byte, protocol.MaxBase), Final: true, Included: make([]model.ChangeID, protocol.MaxIDs)},
			Body:   protocol.EncodePageBody(&protocol.PageBody{Rows: []model.Row{row}}),
		}
		if n := len(protocol.Encode(page)); n > protocol.MaxFrame {
			t.Errorf("%s: a record of %d bytes makes a frame of %d, over %d", name, storage.MaxRecordBytes, n, protocol.MaxFrame)
		}
		if body, err := protocol.DecodePageBody(page.Body, false); err != nil || len(body.Rows) != 1 || len(body.Rows[0].Fields) != len(row.Fields) {
			t.Errorf("%s: the body does not read back: %v", name, err)
		}
	}
}
