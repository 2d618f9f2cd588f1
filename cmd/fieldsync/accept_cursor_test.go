package main

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// forger stands between a client and its server and puts another cursor into the next resume; to the client the pages
// continue the one it has. So a real client meets what only a mistake, a restore or an attacker makes.
type forger struct {
	mu         sync.Mutex              // guards the fields below
	forge      func(own []byte) []byte // nil: nothing is forged
	bad, own   [8]byte
	reconciled int
}

func (f *forger) over(conn protocol.Conn) protocol.Conn { return &forged{Conn: conn, f: f} }

// next forges the next resume, and counts anew.
func (f *forger) next(forge func([]byte) []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forge, f.bad, f.own, f.reconciled = forge, [8]byte{}, [8]byte{}, 0
}

func (f *forger) reconciliations() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reconciled
}

type forged struct {
	protocol.Conn
	f *forger
}

func (c *forged) Send(ctx context.Context, frame []byte) error {
	m, err := protocol.Decode(frame)
	if resume, ok := m.(*protocol.Resume); ok && err == nil {
		c.f.mu.Lock()
		if c.f.forge != nil {
			bad := c.f.forge(resume.Cursor)
			c.f.bad, c.f.own, c.f.forge = protocol.CursorTag(bad), protocol.CursorTag(resume.Cursor), nil
			frame = protocol.Encode(&protocol.Resume{Cursor: bad, Waiting: resume.Waiting, Follow: resume.Follow})
		}
		c.f.mu.Unlock()
	}
	return c.Conn.Send(ctx, frame)
}

func (c *forged) Recv(ctx context.Context) ([]byte, error) {
	frame, err := c.Conn.Recv(ctx)
	if err != nil {
		return nil, err
	}
	m, err := protocol.Decode(frame)
	page, ok := m.(*protocol.Page)
	if !ok || err != nil {
		return frame, nil // the client is to see it
	}
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	if page.Header.Reconcile {
		c.f.reconciled++
	}
	if page.Header.Continues == c.f.bad && c.f.bad != [8]byte{} {
		page.Header.Continues = c.f.own
	}
	return protocol.Encode(page), nil
}

// terminal is a phone or a desk with the real client on a real disk, signed in and settled.
func (s *stage) terminal(tenant, login, label, takeOver string, tap func(protocol.Conn) protocol.Conn) *station {
	s.t.Helper()
	st, err := openStation(stationSettings{
		server: "http://" + s.address, tenant: tenant, login: login + "@" + tenant, dir: shortDir(s.t), label: label,
		log: slog.New(slog.DiscardHandler), tap: tap,
	})
	check(s.t, err)
	check(s.t, st.signIn(s.t.Context(), acceptPassword, takeOver))
	s.t.Cleanup(func() {
		if err := st.close(); err != nil {
			s.t.Error(err)
		}
	})
	id := model.RecordID(st.Who().User)
	s.comes(st, "the first download", func() (bool, error) {
		_, ok, err := st.Show(id)
		return ok, err
	})
	return st
}

// comes waits until something is so, whichever device makes it so.
func (s *stage) comes(st *station, what string, so func() (bool, error)) {
	s.t.Helper()
	late, look := time.NewTimer(acceptPatience), time.NewTicker(5*time.Millisecond)
	defer late.Stop()
	defer look.Stop()
	for {
		ok, err := so()
		check(s.t, err)
		if ok {
			return
		}
		select {
		case <-look.C:
		case <-late.C:
			s.t.Fatalf("in vain: %s; %+v", what, st.Status())
		}
	}
}

func (s *stage) saved(st *station, c model.Collection, fields ...model.FieldValue) model.RecordID {
	s.t.Helper()
	saved, err := st.Save(device.Draft{Op: model.OpCreate, Collection: c, Fields: fields})
	check(s.t, err)
	return saved[0].Record
}

// agree waits until a station shows exactly these jobs, and field for field what the office shows of everything.
func (s *stage) agree(desk, phone *station, jobs ...model.RecordID) {
	s.t.Helper()
	slices.SortFunc(jobs, model.RecordID.Compare)
	s.comes(phone, "the phone agrees with the office", func() (bool, error) {
		list, err := phone.List(model.Jobs, model.RecordID{})
		if err != nil {
			return false, err
		}
		var have []model.RecordID
		for _, rec := range list {
			have = append(have, rec.ID)
		}
		if settled, err := phone.settled(); !settled || err != nil || !slices.Equal(have, jobs) {
			return false, err
		}
		for _, spec := range builtin().Specs() {
			shown, err := phone.List(spec.No, model.RecordID{})
			if err != nil {
				return false, err
			}
			for _, rec := range shown {
				there, ok, err := desk.Show(rec.ID)
				if err != nil {
					return false, err
				}
				for _, f := range rec.Fields {
					if !ok || there.Value(f.Field) != f.Value {
						return false, nil
					}
				}
			}
		}
		return true, nil
	})
}

// allIn checks that the office has all that a station ever sent.
func allIn(t *testing.T, st *station) {
	t.Helper()
	for _, e := range st.Outbox() {
		if !e.Outcome.In() {
			t.Errorf("%+v in the outbox, want it in", e)
		}
	}
}

// changesTwo lets a desk delete one job and name another anew, and waits until both are in.
func (s *stage) changesTwo(desk *station, gone, named model.RecordID, title string) {
	s.t.Helper()
	for _, d := range []device.Draft{
		{Op: model.OpDelete, Collection: model.Jobs, Record: gone},
		{Op: model.OpEdit, Collection: model.Jobs, Record: named, Fields: []model.FieldValue{{Field: model.JobTitle, Value: model.Text(title)}}},
	} {
		_, err := desk.Save(d)
		check(s.t, err)
	}
	s.comes(desk, "the office's changes are in", desk.settled)
}

// TestAcceptACursorThatCannotBeContinued: whatever is wrong with a real phone's cursor, it is reconciled: what it may
// not hold goes, what is new comes, and what it has not sent yet is neither lost nor sent twice (DESIGN §5, I11).
func TestAcceptACursorThatCannotBeContinued(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	cursorOf := func(tenant, login string) (*handset, []byte) {
		h := s.handset(tenant, login)
		var l ledger
		l.settle(h.connect())
		return h, l.cursor
	}
	other, otherDevice := cursorOf("acme", "ben")
	_, otherUser := cursorOf("acme", "sue")
	_, otherCompany := cursorOf("other", "ben")
	epoch, err := other.in.Epoch.MarshalText()
	check(t, err)
	var f forger
	desk := s.terminal("acme", "amy", "desk", "", nil)
	phone := s.terminal("acme", "ben", "phone", string(epoch), f.over)
	stays, goes := s.newJobOf("ben", "acme", "stays"), s.newJobOf("ben", "acme", "goes")
	jobs := []model.RecordID{stays, goes}
	s.agree(desk, phone, jobs...)
	notes := 0
	for _, c := range []struct {
		why   string
		forge func(own []byte) []byte
		purge bool
	}{
		{"of the user's other device", func([]byte) []byte { return otherDevice }, false},
		{"of another user", func([]byte) []byte { return otherUser }, false},
		{"of another company", func([]byte) []byte { return otherCompany }, false},
		{"truncated", func(own []byte) []byte { return own[:len(own)-1] }, false},
		{"with a flipped bit", func(own []byte) []byte { own = slices.Clone(own); own[9] ^= 0x40; return own }, false},
		{"older than what is remembered", nil, true},
	} {
		phone.offline()
		note := s.saved(phone, model.Notes, model.FieldValue{Field: model.FieldParent, Value: model.Ref(stays)}, model.FieldValue{Field: model.NoteText, Value: model.Text(c.why)})
		s.saved(phone, model.TimesheetEvents, model.FieldValue{Field: model.TimeKind, Value: model.Text("shift_start")})
		fresh := s.newJobOf("ben", "acme", c.why)
		s.changesTwo(desk, goes, stays, "stays, "+c.why)
		if c.purge {
			_, err := s.engine.Purge(t.Context(), s.tenants["acme"], 1<<62, s.operator.now())
			check(t, err)
		}
		jobs, goes = append(slices.DeleteFunc(jobs, func(id model.RecordID) bool { return id == goes }), fresh), fresh
		f.next(c.forge)
		phone.online()
		s.agree(desk, phone, jobs...)
		if n := f.reconciliations(); n != 1 {
			t.Errorf("a cursor %s was reconciled %d times", c.why, n)
		}
		s.comes(desk, "the note at the office", func() (bool, error) {
			rec, ok, err := desk.Show(note)
			return ok && rec.Value(model.NoteText).Text() == c.why, err
		})
		notes++
		if list, err := desk.List(model.Notes, model.RecordID{}); err != nil || len(list) != notes+len(jobs) { // the office has one of its own on each job
			t.Errorf("%s: %d notes at the office, %v; want %d", c.why, len(list), err, notes+len(jobs))
		}
		allIn(t, phone)
	}
}
