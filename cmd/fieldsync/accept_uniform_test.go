package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// alike checks that all of what was said is the same.
func alike(t *testing.T, what string, said map[string]string) {
	t.Helper()
	first, from := "", ""
	for name, text := range said {
		if first == "" {
			first, from = text, name
		}
		if text != first {
			t.Errorf("%s: %s and %s can be told apart:\n%s\n%s", what, name, from, text, first)
		}
	}
}

// TestAcceptSignInIsRefusedInOneWay: a company, a name and a password that are wrong are one answer, headers included.
func TestAcceptSignInIsRefusedInOneWay(t *testing.T) {
	s := openStage(t, nil)
	known := s.handset("acme", "ben")
	said := map[string]string{}
	for name, edit := range map[string]func(*web.SignInRequest){
		"wrong password":          func(r *web.SignInRequest) { r.Password = "wrong horse" },
		"unknown user":            func(r *web.SignInRequest) { r.Login = "nobody@acme" },
		"user of another company": func(r *web.SignInRequest) { r.Login = "ben@other" },
		"unknown company":         func(r *web.SignInRequest) { r.Tenant = "nowhere" },
		"no password":             func(r *web.SignInRequest) { r.Password = "" },
		"a password too long":     func(r *web.SignInRequest) { r.Password = strings.Repeat("x", 2000) },
		"of a known device":       func(r *web.SignInRequest) { r.Device, r.Password = known.in.Device, "wrong horse" },
		"of an unknown device":    func(r *web.SignInRequest) { r.Device, r.Password = model.DeviceID{1}, "wrong horse" },
	} {
		answer, body := known.signIn(0, func(r *web.SignInRequest) { r.Device = model.DeviceID{}; edit(r) })
		answer.Header.Del("Date")
		said[name] = fmt.Sprint(answer.Status, answer.Header, string(body))
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
	alike(t, "a refused sign-in", said)
}

// TestAcceptHelloIsRefusedInOneWay: whatever is not right about who a device says it is, the bye and the close are the
// same bytes, on both lanes.
func TestAcceptHelloIsRefusedInOneWay(t *testing.T) {
	s := openStage(t, nil)
	h, sue, foreign := s.handset("acme", "ben"), s.handset("acme", "sue"), s.handset("other", "ben")
	secret := func(of *handset) func(*protocol.Hello) {
		return func(hello *protocol.Hello) {
			raw, err := hex.DecodeString(of.in.Token)
			check(t, err)
			copy(hello.Secret[:], raw)
		}
	}
	said := map[string]string{}
	for name, edit := range map[string]func(*protocol.Hello){
		"unknown token":               func(m *protocol.Hello) { m.Secret[31] ^= 1 },
		"token of another company":    secret(foreign),
		"token of another device":     secret(sue),
		"unknown device":              func(m *protocol.Hello) { m.Device[15] ^= 1 },
		"device of another company":   func(m *protocol.Hello) { m.Device = foreign.in.Device },
		"another's device":            func(m *protocol.Hello) { m.Device = sue.in.Device },
		"unknown company":             func(m *protocol.Hello) { m.Tenant[15] ^= 1 },
		"another company":             func(m *protocol.Hello) { m.Tenant = foreign.in.Tenant },
		"all of a device but its key": func(m *protocol.Hello) { m.Device = sue.in.Device; secret(sue)(m) },
	} {
		for _, handIn := range []bool{false, true} {
			w, c := h.dial()
			w.say(h.hello(c, func(m *protocol.Hello) { m.HandIn = handIn; edit(m) }))
			_, said[fmt.Sprint(name, ", hand-in ", handIn)] = w.ends(protocol.CodeNotSignedIn)
		}
	}
	w, c := h.dial()
	tampered := h.hello(c, nil)
	tampered.Next++
	w.say(tampered)
	_, said["a hello that was changed"] = w.ends(protocol.CodeNotSignedIn)
	w, _ = h.dial()
	w.say(h.hello(&protocol.Challenge{Nonce: [32]byte{1}}, nil))
	_, said["a hello of another challenge"] = w.ends(protocol.CodeNotSignedIn)
	alike(t, "a refused hello", said)
}

// faceless is an answers frame without what is opaque and of one length: receipts, the time and the number.
func faceless(t *testing.T, frame []byte) string {
	t.Helper()
	m, err := protocol.Decode(frame)
	check(t, err)
	a, ok := m.(*protocol.Answers)
	if !ok {
		t.Fatalf("heard a %s, want answers", m.Type())
	}
	a.Time, a.Number = 0, 0
	for i := range a.Answers {
		if a.Answers[i].Receipt == (model.Receipt{}) {
			t.Error("an answer without a receipt")
		}
		a.Answers[i].Receipt = model.Receipt{1}
	}
	return fmt.Sprintf("%d bytes, %x", len(frame), protocol.Encode(a))
}

// after is what a device is sent once a change is decided, until its checkpoint: sizes of pages and what is in them.
func (l *ledger) after(w *wire, done model.ChangeID) string {
	w.t.Helper()
	from := len(l.pages)
	l.until(w, func() bool { return l.taken[done] })
	l.quiet(w)
	var said []string
	for _, page := range l.pages[from:] {
		said = append(said, fmt.Sprintf("page of %d bytes, body %x, final %t, %d included",
			len(protocol.Encode(page)), page.Body, page.Header.Final, len(page.Header.Included)))
	}
	return strings.Join(said, "; ")
}

// TestAcceptWhatOneMayNotSeeIsNotThere: a change of, under, or by a reference to a record that never was, that is
// hidden, deleted or another company's has one outcome with the same bytes, and the same pages follow (domain S2).
func TestAcceptWhatOneMayNotSeeIsNotThere(t *testing.T) {
	s := openStage(t, brisk)
	sets := access.DefaultSets(model.Mobile)
	sets.Mobile[access.MobileEditJob], sets.Mobile[access.MobileCreateJob] = access.On, access.On
	check(t, s.engine.SetLevels(t.Context(), s.tenants["acme"], s.users["ben@acme"], sets.Encode(), s.operator.now()))
	mine, gone := s.newJobOf("ben", "acme", "Mine"), s.newJobOf("ben", "acme", "Boiler")
	records := map[string]model.RecordID{
		"never was": randomRecord(), "hidden": s.newJobOf("sue", "acme", "Boiler"), "deleted": gone,
		"another company's": s.newJobOf("ben", "other", "Boiler"),
	}
	w := s.handset("acme", "ben").connect()
	var l ledger
	l.settle(w)
	if !l.rows[gone] {
		t.Fatal("Ben never had the job that is to be deleted")
	}
	s.office("acme", withBase(change(model.OpDelete, model.Jobs, gone), s.amysBase(t)))
	l.until(w, func() bool { return !l.rows[gone] })
	l.quiet(w)
	for what, of := range map[string]func(model.RecordID) model.Change{
		"edit": func(id model.RecordID) model.Change {
			return change(model.OpEdit, model.Jobs, id, textOf(model.JobTitle, "New"))
		},
		"delete": func(id model.RecordID) model.Change { return change(model.OpDelete, model.Jobs, id) },
		"note under": func(id model.RecordID) model.Change {
			return made(model.Notes, model.RecordID{}, under(id), textOf(model.NoteText, "x"))
		},
		"event under": func(id model.RecordID) model.Change {
			return made(model.VisitEvents, model.RecordID{}, under(id), textOf(model.VisitEventKind, "start"))
		},
		"assignment under": func(id model.RecordID) model.Change {
			return made(model.Assignments, randomRecord(), under(id), ref(model.AssignmentUser, model.RecordID(w.h.in.User)))
		},
		"moved under": func(id model.RecordID) model.Change {
			return change(model.OpEdit, model.Jobs, mine, ref(model.JobCustomer, id))
		},
		"edit as another collection": func(id model.RecordID) model.Change {
			return change(model.OpEdit, model.Customers, id, textOf(2, "New"))
		},
	} {
		said := map[string]string{}
		for name, id := range records {
			c := withBase(of(id), l.base)
			push := w.h.pushOf(c)
			push.Number = 1
			w.say(push)
			frame, err := w.frame()
			check(t, err)
			said[name] = faceless(t, frame) + "; " + l.after(w, c.ID)
		}
		alike(t, what, said)
	}
}

// withBase lets a change stand on a checkpoint, and the fields it edits on what was never shown.
func withBase(c model.Change, base []byte) model.Change {
	c.Base = string(base)
	for i := range c.Fields {
		if c.Op == model.OpEdit {
			c.Fields[i].Seen = model.Null().Hash()
		}
	}
	return c
}

// amysBase is a base token of the office's, as her desk gets it.
func (s *stage) amysBase(t *testing.T) []byte {
	t.Helper()
	w := s.handset("acme", "amy").connect()
	var l ledger
	l.settle(w)
	return l.base
}

// TestAcceptHiddenUserNamesACustomer: a job of a Hidden user's that names a customer is answered alike whether there
// is such a customer or not, by id as in words, and what follows is alike (domain S1, S2, H4).
func TestAcceptHiddenUserNamesACustomer(t *testing.T) {
	s := openStage(t, brisk)
	sets := access.DefaultSets(model.Subcontractor)
	sets.Mobile[access.MobileCreateJob] = access.On
	check(t, s.engine.SetLevels(t.Context(), s.tenants["acme"], s.users["sue@acme"], sets.Encode(), s.operator.now()))
	customer, foreign := randomRecord(), randomRecord()
	s.office("acme", made(model.Customers, customer, textOf(2, "ACME Bakery")))
	s.office("other", made(model.Customers, foreign, textOf(2, "ACME Bakery")))
	w := s.handset("acme", "sue").connect()
	var l ledger
	l.settle(w)
	for what, fields := range map[string]map[string]model.Assign{
		"by id":        {"there is one": ref(model.JobCustomer, customer), "there is none": ref(model.JobCustomer, randomRecord()), "another company's": ref(model.JobCustomer, foreign)},
		"in the title": {"there is one": textOf(model.JobTitle, "ACME Bakery"), "there is none": textOf(model.JobTitle, "Zeta Makers")},
	} {
		said := map[string]string{}
		for name, field := range fields {
			assigns := []model.Assign{field}
			if field.Field != model.JobTitle {
				assigns = []model.Assign{textOf(model.JobTitle, "Leak"), field}
			}
			c := withBase(made(model.Jobs, randomRecord(), assigns...), l.base)
			push := w.h.pushOf(c)
			push.Number = 1
			w.say(push)
			frame, err := w.frame()
			check(t, err)
			said[name] = faceless(t, frame) + "; " + sizes(l.after(w, c.ID))
		}
		alike(t, what, said)
	}
}

// sizes leaves out of what after says the content, which has ids and a job number in it.
func sizes(said string) string {
	var out []string
	for part := range strings.SplitSeq(said, ", ") {
		if body, ok := strings.CutPrefix(part, "body "); ok {
			part = fmt.Sprintf("body of %d digits", len(body))
		}
		out = append(out, part)
	}
	return strings.Join(out, ", ")
}

// TestAcceptForeignCursors: a cursor that is not this device's own is no cursor, and nothing says whose it is.
func TestAcceptForeignCursors(t *testing.T) {
	s := openStage(t, brisk)
	cursorOf := func(tenant, login string) []byte {
		w := s.handset(tenant, login).connect()
		var l ledger
		l.settle(w)
		return l.cursor
	}
	older := s.handset("acme", "ben")
	w := older.connect()
	var l ledger
	l.settle(w)
	h := s.newHandset("acme", "ben")
	if answer, body := h.signIn(older.in.Epoch, nil); answer.StatusCode != http.StatusOK {
		t.Fatalf("takeover: %s", body)
	}
	w = h.connect()
	var own ledger
	own.settle(w)
	flipped := slices.Clone(own.cursor)
	flipped[len(flipped)/2] ^= 1
	said := map[string]string{}
	for name, cursor := range map[string][]byte{
		"of the user's other device": l.cursor, "of another user": cursorOf("acme", "sue"), "of another company": cursorOf("other", "ben"),
		"truncated": own.cursor[:len(own.cursor)-1], "one byte": {1}, "with a flipped bit": flipped, "doubled": bytes.Repeat(own.cursor, 2),
		"a base token": own.base, "garbage": bytes.Repeat([]byte{7}, 4096),
	} {
		w.say(&protocol.Resume{Cursor: cursor, Follow: true})
		page := heard[*protocol.Page](w)
		if !page.Header.Reconcile || page.Header.Continues != protocol.CursorTag(cursor) {
			t.Errorf("a cursor %s: %+v, want to be reconciled", name, page.Header)
		}
		page.Header.Continues = [8]byte{}
		said[name] = fmt.Sprintf("%x", protocol.Encode(page))
	}
	alike(t, "a cursor that is none", said)
	w.say(&protocol.Resume{Cursor: own.cursor, Follow: true})
	if page := heard[*protocol.Page](w); page.Header.Reconcile {
		t.Error("the device's own cursor is no good any more")
	}
}
