package main

import (
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestAcceptRevocationFirst: a right that is taken away is the next thing a connected device hears of, by mask and
// retract; nothing that is hidden follows, nothing is closed, and its edit of what it saw is answered as of what never
// was (DESIGN I10, domain f.6, S2).
func TestAcceptRevocationFirst(t *testing.T) {
	s := openStage(t, brisk)
	level := func(customers access.Level) {
		t.Helper()
		sets := access.DefaultSets(model.Mobile)
		sets.Mobile[access.MobileCreateJob], sets.Mobile[access.MobileCustomers] = access.On, customers
		check(t, s.engine.SetLevels(t.Context(), s.tenants["acme"], s.users["ben@acme"], sets.Encode(), s.operator.now()))
	}
	level(access.Full)
	customer := randomRecord()
	s.office("acme", made(model.Customers, customer, textOf(2, "ACME Bakery")))
	w := s.handset("acme", "ben").connect()
	var l ledger
	l.settle(w)
	l.until(w, func() bool { return l.rows[customer] }) // the directory comes last
	l.quiet(w)
	from := len(l.pages)
	level(access.Hidden)
	s.office("acme", made(model.Customers, randomRecord(), textOf(2, "ACME Bakery II")))
	l.until(w, func() bool { return !l.rows[customer] })
	l.quiet(w)
	for i, page := range l.pages[from:] {
		body, err := protocol.DecodePageBody(page.Body, page.Compressed)
		check(t, err)
		if i == 0 && len(body.Retracts) == 0 {
			t.Error("the first page after it retracts nothing")
		}
		for _, row := range body.Rows {
			if row.Collection == model.Customers {
				t.Errorf("page %d still has a customer", i)
			}
		}
	}
	said := map[string]string{}
	for name, id := range map[string]model.RecordID{"what was seen": customer, "what never was": randomRecord()} {
		c := withBase(change(model.OpEdit, model.Customers, id, textOf(4, "028")), l.base)
		push := w.h.pushOf(c)
		push.Number = 1
		w.say(push)
		frame, err := w.frame()
		check(t, err)
		said[name] = faceless(t, frame) + "; " + l.after(w, c.ID)
	}
	alike(t, "an edit after the right was lost", said)
	level(access.Full)
	l.until(w, func() bool { return l.rows[customer] })
}

// TestAcceptStrangersDoNotKeepOthersOut: connections that never say hello are bounded, and those beyond are told when to come
// back; who is welcomed counts no more, and a stranger that leaves makes room.
func TestAcceptStrangersDoNotKeepOthersOut(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	b := s.bystander("acme", "ben")
	var strangers []*rawSocket
	for {
		conn := s.rawDial()
		m, err := protocol.Decode(conn.message())
		check(t, err)
		if bye, full := m.(*protocol.Bye); full {
			if bye.Code != protocol.CodeTooMany || bye.After == 0 {
				t.Errorf("where there is no room one hears %+v", bye)
			}
			break
		}
		if strangers = append(strangers, conn); len(strangers) > 1000 {
			t.Fatal("strangers are not bounded")
		}
	}
	if len(strangers) < 50 {
		t.Errorf("%d connections and nobody comes in any more: the phones of a company share an address", len(strangers))
	}
	b.undisturbed(t) // who is in is not counted
	strangers[0].conn.Close()
	late := s.handset("acme", "sue") // HTTP is not WebSockets
	for {
		w, first := late.answered()
		c, room := first.(*protocol.Challenge)
		if !room {
			continue // the server has not noticed yet
		}
		w.say(late.hello(c, nil))
		heard[*protocol.Welcome](w)
		break
	}
}

// TestAcceptTheBoardIsTheOffices: who is signed in is told, and ended, by a live token of the office alone (domain F14).
func TestAcceptTheBoardIsTheOffices(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	ben, amy, foreign := s.handset("acme", "ben"), s.handset("acme", "amy"), s.handset("other", "amy")
	ask := func(method, path, token string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+path, http.NoBody)
		check(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set(api.TenantHeader, s.tenants["acme"].String())
		answer, err := http.DefaultClient.Do(r)
		check(t, err)
		answer.Body.Close()
		return answer.StatusCode
	}
	for name, c := range map[string]struct {
		token string
		want  int
	}{
		"the office": {amy.in.Token, http.StatusOK}, "a phone": {ben.in.Token, http.StatusUnauthorized},
		"another company's office": {foreign.in.Token, http.StatusUnauthorized}, "nobody": {hex.EncodeToString(make([]byte, 32)), http.StatusUnauthorized},
	} {
		if got := ask(http.MethodGet, "/v1/sessions", c.token); got != c.want {
			t.Errorf("%s looks at the board: %d, want %d", name, got, c.want)
		}
	}
	w := ben.connect()
	old := amy.in
	again := s.newHandset("acme", "amy")
	if answer, body := again.signIn(old.Epoch, nil); answer.StatusCode != http.StatusOK {
		t.Fatalf("takeover: %s", body)
	}
	if got := ask(http.MethodGet, "/v1/sessions", old.Token); got != http.StatusUnauthorized {
		t.Errorf("a token of a session that ended looks at the board: %d", got)
	}
	w.say(&protocol.Ping{})
	heard[*protocol.Pong](w)
}
