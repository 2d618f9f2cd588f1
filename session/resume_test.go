package session_test

import (
	"slices"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
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
