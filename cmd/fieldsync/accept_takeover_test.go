package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// elsewhere is the answer that another device is active.
func elsewhere(t *testing.T, answer *http.Response, body []byte) problem.Problem {
	t.Helper()
	var p problem.Problem
	if answer.StatusCode != http.StatusConflict || json.Unmarshal(body, &p) != nil || p.Code != "active_elsewhere" || p.Epoch == nil {
		t.Fatalf("sign-in: %s %s; want active_elsewhere with an epoch", answer.Status, body)
	}
	return p
}

// TestAcceptTakeover: the second device is told who is active and asked; with yes it takes the place. The first is
// told why, is never answered on the live lane again, and hands in, write-only (domain F1-F11).
func TestAcceptTakeover(t *testing.T) {
	s := openStage(t, nil)
	first, second := s.handset("acme", "ben"), s.newHandset("acme", "ben")
	old := first.connect()
	var l ledger
	l.settle(old)
	old.say(&protocol.Ping{Report: model.Report{Unsent: 3}})
	heard[*protocol.Pong](old)
	second.takesOver(t)
	late := first.pushOf(shift("shift_start"))
	_ = old.conn.Send(t.Context(), protocol.Encode(late)) // it may be closed by now
	bye, _ := old.ends(protocol.CodeSuperseded)
	if bye.Reason != model.EndSuperseded || !bye.Code.Stops() || bye.At == 0 || bye.Unsent != 3 || bye.Text == "" {
		t.Errorf("bye = %+v; want why, when, and what is unsent", bye)
	}
	w, c := first.dial()
	w.say(first.hello(c, nil))
	w.ends(protocol.CodeSuperseded) // the live lane is closed to it for good

	now := second.connect()
	var m ledger
	m.settle(now)
	job := s.newJobOf("ben", "acme", "Boiler") // a page for whoever may read
	in := first.handIn()
	var said []protocol.Type
	in.seen = func(frame []byte) {
		message, err := protocol.Decode(frame)
		check(t, err)
		said = append(said, message.Type())
	}
	in.say(late)
	if a := heard[*protocol.Answers](in).Answers; len(a) != 1 || !a[0].Outcome.In() || a[0].Receipt == (model.Receipt{}) || a[0].Repeat {
		t.Errorf("handed in: %+v; want it taken for the first time, with a receipt", a)
	}
	for _, reading := range []protocol.Message{&protocol.Resume{Follow: true}, &protocol.Got{}, &protocol.Holdings{Last: true}} {
		in.say(reading)
		if e := heard[*protocol.ErrorMessage](in); e.Code != protocol.CodeLane {
			t.Errorf("%s on the hand-in lane: %+v", reading.Type(), e)
		}
	}
	m.until(now, func() bool { return m.rows[job] })
	for range 20 {
		in.say(&protocol.Ping{})
		heard[*protocol.Pong](in)
	}
	in.say(&protocol.Bye{Code: protocol.CodeHandedIn})
	_, _ = in.frame()
	for _, kind := range said {
		if kind == protocol.TypePage || kind == protocol.TypePoke {
			t.Errorf("a %s on the hand-in lane", kind)
		}
	}
	if a := now.push(shift("shift_end")); !a[0].Outcome.In() {
		t.Errorf("the new device pushes: %+v", a)
	}
}

// takesOver is told who is active, with three unsent, and says yes to exactly that.
func (h *handset) takesOver(t *testing.T) {
	t.Helper()
	answer, body := h.signIn(0, nil)
	p := elsewhere(t, answer, body)
	if p.Device != "Pixel" || p.Unsent == nil || *p.Unsent != 3 || p.LastSeen == 0 {
		t.Errorf("active elsewhere: %s; want the device, when it was seen and what is unsent", body)
	}
	if answer, body := h.signIn(*p.Epoch+1, nil); elsewhere(t, answer, body).Epoch == nil {
		t.Error("an epoch that was not shown takes over")
	}
	if answer, body := h.signIn(*p.Epoch, nil); answer.StatusCode != http.StatusOK || h.in.Epoch <= *p.Epoch {
		t.Fatalf("takeover: %s %s", answer.Status, body)
	}
}

// TestAcceptTakeoverRace: of two that say yes to the same question exactly one comes in, and the other is asked anew,
// about the winner (domain F1, S1).
func TestAcceptTakeoverRace(t *testing.T) {
	s := openStage(t, nil)
	s.handset("acme", "ben")
	for round := range 5 {
		asker := s.newHandset("acme", "ben")
		answer, body := asker.signIn(0, nil)
		epoch := *elsewhere(t, answer, body).Epoch
		var both sync.WaitGroup
		var answers [2]*http.Response
		var bodies [2][]byte
		hands := [2]*handset{s.newHandset("acme", "ben"), s.newHandset("acme", "ben")}
		for i, h := range hands {
			h.label = []string{"left", "right"}[i]
			both.Go(func() { answers[i], bodies[i] = h.signIn(epoch, nil) })
		}
		both.Wait()
		winner := 0
		if answers[1].StatusCode == http.StatusOK {
			winner = 1
		}
		loser := 1 - winner
		if answers[winner].StatusCode != http.StatusOK {
			t.Fatalf("round %d: nobody won: %s %s", round, bodies[0], bodies[1])
		}
		p := elsewhere(t, answers[loser], bodies[loser])
		if p.Device != hands[winner].label || *p.Epoch != hands[winner].in.Epoch {
			t.Errorf("round %d: the loser is told %s; want the winner's name and epoch", round, bodies[loser])
		}
	}
}

// TestAcceptReconnectingHashesNoPassword: a phone that comes back proves its key.
func TestAcceptReconnectingHashesNoPassword(t *testing.T) {
	s := openStage(t, nil)
	h := s.handset("acme", "ben")
	before, _ := s.operator.passwords.Load()
	for range 40 {
		w := h.connect()
		w.say(&protocol.Bye{})
		_, _ = w.frame()
	}
	if after, _ := s.operator.passwords.Load(); after != before {
		t.Errorf("40 connections hashed %d passwords", after-before)
	}
	h.signIn(0, func(r *web.SignInRequest) { r.Login = "nobody@acme" })
	if after, _ := s.operator.passwords.Load(); after != before+1 {
		t.Errorf("a sign-in of nobody hashed %d passwords, want one", after-before)
	}
}

// TestAcceptTakeoverLetsTheOldDeviceFinish: a device that can be reached is asked to send what it has, and the sign-in
// waits for its word that nothing is left, not for the clock (domain F2).
func TestAcceptTakeoverLetsTheOldDeviceFinish(t *testing.T) {
	s := openPatientStage(t, acceptPatience, nil)
	first, second := s.handset("acme", "ben"), s.newHandset("acme", "ben")
	w := first.connect()
	in := make(chan *http.Response, 1)
	go func() {
		answer, _ := second.signIn(first.in.Epoch, nil)
		in <- answer
	}()
	if drain := heard[*protocol.Drain](w); drain.Reason != model.EndSuperseded || drain.Millis == 0 {
		t.Errorf("drain = %+v", drain)
	}
	if a := w.push(shift("shift_start")); !a[0].Outcome.In() || a[0].Reason != model.ReasonNone {
		t.Errorf("pushed while draining: %+v; want it taken as live work", a[0])
	}
	w.say(&protocol.Ping{Report: model.Report{Unsent: 1}})
	heard[*protocol.Pong](w)
	select {
	case answer := <-in:
		t.Fatalf("the sign-in did not wait: %s", answer.Status)
	default:
	}
	w.say(&protocol.Ping{})
	w.endsAfter(protocol.CodeSuperseded) // its pong may be overtaken by the bye
	if answer := <-in; answer.StatusCode != http.StatusOK {
		t.Errorf("the sign-in: %s", answer.Status)
	}
}

// TestAcceptTwoTakeoversWaitTogether: a second person who says yes does not cut short what the first one waits for.
func TestAcceptTwoTakeoversWaitTogether(t *testing.T) {
	s := openPatientStage(t, acceptPatience, nil)
	first := s.handset("acme", "ben")
	w := first.connect()
	in := make(chan *http.Response, 2)
	for range 2 {
		h := s.newHandset("acme", "ben")
		go func() {
			answer, _ := h.signIn(first.in.Epoch, nil)
			in <- answer
		}()
		heard[*protocol.Drain](w)
	}
	if a := w.push(shift("shift_start")); !a[0].Outcome.In() || a[0].Reason != model.ReasonNone {
		t.Errorf("pushed while both wait: %+v; want it taken as live work", a[0])
	}
	select {
	case answer := <-in:
		t.Errorf("a sign-in did not wait: %s", answer.Status)
	default:
	}
	w.say(&protocol.Ping{})
	heard[*protocol.Pong](w)
	w.ends(protocol.CodeSuperseded)
	if a, b := <-in, <-in; a.StatusCode+b.StatusCode != http.StatusOK+http.StatusConflict {
		t.Errorf("the sign-ins: %s, %s; want one in and one asked anew", a.Status, b.Status)
	}
}

// TestAcceptSignOut ends the session it is asked to end and tells the device; a token that is not exactly one opens
// nothing, and signing out twice is no mistake.
func TestAcceptSignOut(t *testing.T) {
	s := openStage(t, nil)
	h := s.handset("acme", "ben")
	w := h.connect()
	out := func(bearer string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/v1/sign-out", strings.NewReader(`{"tenant":"`+h.in.Tenant.String()+`"}`))
		check(t, err)
		r.Header.Set("Authorization", bearer)
		answer, err := http.DefaultClient.Do(r)
		check(t, err)
		answer.Body.Close()
		return answer.StatusCode
	}
	for _, bad := range []string{"", h.in.Token, "Bearer", "Bearer " + h.in.Token + "00", "Bearer " + h.in.Token[2:], "Bearer " + strings.Repeat("0", 64)} {
		if status := out(bad); status != http.StatusUnauthorized {
			t.Errorf("%q: %d", bad, status)
		}
	}
	if status := out("Bearer " + h.in.Token); status != http.StatusNoContent {
		t.Errorf("signed out: %d", status)
	}
	w.ends(protocol.CodeSignedOut)
	if status := out("Bearer " + h.in.Token); status != http.StatusNoContent {
		t.Errorf("signed out twice: %d", status)
	}
	l, c := h.dial()
	l.say(h.hello(c, nil))
	l.ends(protocol.CodeSignedOut)
}

// TestAcceptSameDeviceAgain: a device that signs in anew while it is connected is a resume and no question (domain F3);
// its older connection is ended with a word that a person can read.
func TestAcceptSameDeviceAgain(t *testing.T) {
	s := openStage(t, nil)
	h := s.handset("acme", "ben")
	old := h.connect()
	if answer, body := h.signIn(0, nil); answer.StatusCode != http.StatusOK {
		t.Fatalf("sign-in: %s %s", answer.Status, body)
	}
	old.say(h.pushOf(shift("shift_start")))
	if bye, _ := old.ends(protocol.CodeNotSignedIn); bye.Text == "" {
		t.Errorf("bye = %+v, want a text", bye)
	}
	if a := h.connect().push(shift("shift_end")); !a[0].Outcome.In() {
		t.Errorf("after it: %+v", a)
	}
}

// TestAcceptAFlappingPhone: a phone whose connections break at any moment, before the welcome, after it, or with a push
// on the way, stays itself, and what it sends again and again is taken once (CE-14, CE-24, I4).
func TestAcceptAFlappingPhone(t *testing.T) {
	s := openStage(t, nil)
	h := s.handset("acme", "ben")
	was := h.in.Device
	c := shift("shift_start")
	push := h.pushOf(c)
	for i := range 30 {
		w, challenge := h.dial()
		w.say(h.hello(challenge, nil))
		if i%3 > 0 { // else the welcome is lost
			welcome := heard[*protocol.Welcome](w)
			if h.token = welcome.Token; welcome.Device != was {
				t.Fatalf("after %d connections the phone is taken for another", i)
			}
		}
		if i%3 > 1 {
			w.say(push)
		}
		_ = w.conn.Close(protocol.CodeNone, "")
	}
	w := h.connect()
	w.say(push)
	if a := heard[*protocol.Answers](w).Answers; a[0].Outcome != model.OutcomeApplied {
		t.Errorf("in the end: %+v", a)
	}
	if h.in.Device != was {
		t.Error("the phone is taken for another")
	}
	office := s.handset("acme", "amy").connect()
	var l ledger
	l.settle(office)
	l.until(office, func() bool { return l.rows[c.Record] })
}
