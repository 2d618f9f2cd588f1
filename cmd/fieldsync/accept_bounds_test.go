package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestAcceptReconcilesALargeDevice: a device holds more records that it may not see any more than fit into one page,
// as a desk does that becomes a phone. It is reconciled once, and has its work afterwards.
func TestAcceptReconcilesALargeDevice(t *testing.T) {
	s := openStage(t, nil)
	h := s.handset("acme", "ben")
	job := s.newJobOf("ben", "acme", "Boiler")
	w := h.connect()
	l := ledger{cursor: make([]byte, 200), rows: map[model.RecordID]bool{}, taken: map[model.ChangeID]bool{}}
	w.say(&protocol.Resume{Cursor: l.cursor, Follow: true})
	if page := heard[*protocol.Page](w); !page.Header.Reconcile || page.Header.Continues != protocol.CursorTag(l.cursor) {
		t.Fatalf("heard %+v, want to be reconciled", page.Header)
	}
	const most = 16_000
	for i := range 3 {
		held := make([]model.RecordID, most)
		for k := range held {
			held[k] = randomRecord()
			l.rows[held[k]] = true
		}
		w.say(&protocol.Holdings{Records: held, Last: i == 2})
	}
	l.until(w, func() bool { return l.base != nil })
	l.quiet(w)
	if !l.rows[job] || len(l.rows) > 10 {
		t.Errorf("%d records after the reconciliation, Ben's job %v", len(l.rows), l.rows[job])
	}
	for _, page := range l.pages {
		if page.Header.Reconcile {
			t.Error("reconciled twice")
		}
	}
}

// TestAcceptACheckpointNamesNoMoreThanItMay: a device that pushes much while it is slow to take pages is told of all
// of it, in pages that SPEC.md allows.
func TestAcceptACheckpointNamesNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	h := s.handset("acme", "ben")
	w := h.connect()
	var l ledger
	l.settle(w)
	var waiting []*protocol.Page
	for range protocol.WindowPages { // a window full of pages that are not acknowledged
		w.say(h.pushOf(shift("shift_start")))
		heard[*protocol.Answers](w)
		waiting = append(waiting, heard[*protocol.Page](w))
	}
	want := map[model.ChangeID]bool{}
	for range protocol.MaxIDs/protocol.MaxChanges + 2 {
		var many []model.Change
		for range protocol.MaxChanges {
			many = append(many, shift("shift_start"))
			want[many[len(many)-1].ID] = true
		}
		for _, a := range w.push(many...) {
			if !a.Outcome.In() {
				t.Fatalf("hours: %+v", a)
			}
		}
	}
	for _, page := range waiting {
		l.take(w, page)
	}
	l.until(w, func() bool {
		for id := range want {
			if l.taken[id] {
				delete(want, id)
			}
		}
		return len(want) == 0
	})
}

// define adds a field of the company's to jobs, for long texts.
func (s *stage) defineLong(no model.FieldNo) {
	s.t.Helper()
	s.office("acme", made(model.FieldDefinitions, randomRecord(), model.Assign{Field: 2, Value: model.Int(int64(model.Jobs))},
		model.Assign{Field: 3, Value: model.Int(int64(no))}, textOf(4, fmt.Sprint("field ", no)), model.Assign{Field: 5, Value: model.Int(int64(model.TypeLong))},
		textOf(model.DefinitionClass, "work"), textOf(8, "label"), model.Assign{Field: 10, Value: model.Int(model.DefaultData)}))
}

// TestAcceptTheLargestRecord: a record may grow until a change to it is held, never until a change finds no answer; and
// the largest there is reaches a device, even when the checkpoint has changes of its own to name.
func TestAcceptTheLargestRecord(t *testing.T) {
	s := openStage(t, nil)
	job := s.newJobOf("ben", "acme", "Boiler")
	const first, fields = model.FieldNo(2 << 20), 12
	for no := first; no < first+fields; no++ {
		s.defineLong(no)
	}
	desk, h := s.handset("acme", "amy").connect(), s.handset("acme", "ben")
	var amys, l ledger
	amys.settle(desk)
	w := h.connect()
	l.settle(w)
	var many []model.Change
	var ids []model.ChangeID
	for range protocol.MaxChanges {
		many = append(many, shift("shift_start"))
		ids = append(ids, many[len(many)-1].ID)
	}
	w.push(many...)
	l.until(w, func() bool { return len(l.taken) == len(ids) })
	l.quiet(w)
	_ = w.conn.Close(protocol.CodeNone, "")
	length := 0
	for size, no := 32_500, first; size > 0 && no < first+fields; {
		c := withBase(change(model.OpEdit, model.Jobs, job, textOf(no, strings.Repeat("x", size))), amys.base)
		switch a := amys.answer(desk, desk.h.pushOf(c))[0]; {
		case a.Outcome.In():
			length += size
			no++
		case a.Outcome == model.OutcomeHeld && a.Reason == model.ReasonTooLarge:
			size /= 2
		default:
			t.Fatalf("a change that makes the record too large: %+v", a)
		}
	}
	if length < 100<<10 {
		t.Errorf("a record holds %d bytes", length)
	}
	w = h.connect()
	w.say(&protocol.Resume{Cursor: l.cursor, Follow: true, Waiting: ids}) // the checkpoint that named them was lost
	clear(l.taken)
	large := false
	l.until(w, func() bool {
		large = large || len(l.pages[len(l.pages)-1].Body) > length
		return large && len(l.taken) == len(ids)
	})
}

// answer pushes and takes pages until it is answered.
func (l *ledger) answer(w *wire, push *protocol.Push) []model.Answer {
	w.t.Helper()
	w.say(push)
	for {
		switch m := w.next().(type) {
		case *protocol.Answers:
			return m.Answers
		case *protocol.Page:
			l.take(w, m)
		case *protocol.Bye:
			w.t.Fatalf("pushing ended the connection: %+v", m)
		}
	}
}

// deaf is a connection whose other side takes nothing after the welcome.
type deaf struct {
	protocol.Conn
	frames int
}

func (d *deaf) Send(ctx context.Context, frame []byte) error {
	if d.frames++; d.frames > 2 {
		<-ctx.Done()
		return ctx.Err()
	}
	return d.Conn.Send(ctx, frame)
}

// TestAcceptPushesOfNothingAreBounded: a device that hears nothing and pushes nothing, again and again, is not read
// from for ever: what waits to be answered is bounded in frames as well as in changes.
func TestAcceptPushesOfNothingAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openPipedStage(t)
		h := s.handset("acme", "ben")
		ours, theirs := protocol.Pipe()
		served := make(chan error, 1)
		go func() {
			served <- s.sessions.Serve(context.WithoutCancel(t.Context()), &deaf{Conn: theirs}, session.Peer{Tenant: h.in.Tenant, Host: s.address})
		}()
		w := &wire{t: t, h: h, conn: ours}
		w.say(h.hello(heard[*protocol.Challenge](w), nil))
		heard[*protocol.Welcome](w)
		taken := 0
		for taken < 5000 && ours.Send(t.Context(), protocol.Encode(&protocol.Push{Number: 1})) == nil {
			taken++
		}
		if taken > 2*protocol.MaxChanges {
			t.Errorf("%d pushes were taken from a device that hears nothing", taken)
		}
		_ = ours.Close(protocol.CodeNone, "")
		if err := <-served; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Serve = %v, want that the device was too slow", err)
		}
	})
}

// TestAcceptW38_AnAppOfAnotherTime: an app of another time is told to update, and hands in what it has all the same (domain W38).
func TestAcceptW38_AnAppOfAnotherTime(t *testing.T) {
	s := openStage(t, nil)
	h := s.handset("acme", "ben")
	for _, version := range []uint64{protocol.Oldest - 1, protocol.Version + 1, 1 << 40} {
		w, c := h.dial()
		w.say(h.hello(c, func(hello *protocol.Hello) { hello.Version = version }))
		if bye, _ := w.ends(protocol.CodeTooOld); !bye.Code.Stops() || bye.Text == "" {
			t.Errorf("version %d: %+v, want to be stopped and told why", version, bye)
		}
		w = h.enter(func(hello *protocol.Hello) { hello.HandIn, hello.Version = true, version })
		if a := w.push(shift("shift_start")); !a[0].Outcome.In() || a[0].Receipt == (model.Receipt{}) {
			t.Errorf("version %d hands in: %+v", version, a[0])
		}
		w.say(&protocol.Bye{Code: protocol.CodeHandedIn})
	}
}
