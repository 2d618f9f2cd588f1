package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// scene is the program with a company, in which Amy of the office and Ben do on real devices what a scenario of domain (g)
// says. Each step is a sentence; one that says what must be so fails the test when it is not.
type scene struct{ *program }

// someone is somebody at a device.
type someone struct {
	*station
	s     *scene
	tape  *tape
	dials atomic.Int32

	mu   sync.Mutex // guards the field below
	conn protocol.Conn
}

// openScene starts the built program with Ben and Amy in it. The short run goes without: its phones take some seconds each.
func openScene(t *testing.T) *scene {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs the built program and its phones for some seconds")
	}
	p := startProgram(t, shortDir(t))
	must(t, "", "tenants", "add", "acme", "--data", p.data)
	must(t, acceptPassword+"\n", "users", "add", "ben@acme.test", "--name", "Ben", "--password-stdin", "--tenant", "acme", "--data", p.data)
	must(t, acceptPassword+"\n", "users", "add", "amy@acme.test", "--name", "Amy", "--kind", "desktop", "--role", "admin", "--password-stdin", "--tenant", "acme", "--data", p.data)
	return &scene{p}
}

// at is somebody at a device on which nobody signed in yet.
func (s *scene) at(login, label string) *someone {
	s.t.Helper()
	p := &someone{s: s, tape: &tape{}}
	var err error
	p.station, err = openStation(stationSettings{
		server: "http://" + s.address, tenant: "acme", login: login + "@acme.test", dir: shortDir(s.t), label: label,
		log: slog.New(slog.DiscardHandler), tap: p.hears, dialled: func() { p.dials.Add(1) },
	})
	check(s.t, err)
	s.t.Cleanup(func() {
		if err := p.close(); err != nil {
			s.t.Error(err)
		}
	})
	return p
}

func (p *someone) hears(conn protocol.Conn) protocol.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn = conn
	return p.tape.over(conn)
}

// dropsTheLine as in a tunnel: nobody says a word.
func (p *someone) dropsTheLine() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.conn.Close(protocol.CodeNone, "")
}

// command is the operator's.
func (s *scene) command(args ...string) string {
	s.t.Helper()
	return must(s.t, "", append(args, "--tenant", "acme", "--data", s.data)...)
}

// board is who is signed in, by what the office sees.
func (s *scene) board() map[string]web.Session {
	s.t.Helper()
	var all []web.Session
	check(s.t, json.Unmarshal([]byte(s.command("sessions", "list", "--json")), &all))
	out := map[string]web.Session{}
	for _, one := range all {
		out[one.Login] = one
	}
	return out
}

// signsIn is let in without a question, and gets everything.
func (p *someone) signsIn() {
	p.s.t.Helper()
	check(p.s.t, p.signIn(p.s.t.Context(), acceptPassword, ""))
	p.isLive()
}

// isAskedAbout is not let in before a question about another device.
func (p *someone) isAskedAbout(other *someone) *device.ActiveError {
	p.s.t.Helper()
	err := p.signIn(p.s.t.Context(), acceptPassword, "")
	active, ok := errors.AsType[*device.ActiveError](err)
	if !ok || active.Device != other.set.label || active.LastSeen == 0 {
		p.s.t.Fatalf("%s is told %v; want a question about %s, with when it was seen", p.set.label, err, other.set.label)
	}
	return active
}

// saysYes to a question, and is live.
func (p *someone) saysYes(to *device.ActiveError) {
	p.s.t.Helper()
	check(p.s.t, p.signIn(p.s.t.Context(), acceptPassword, to.Epoch))
	p.isLive()
}

func (p *someone) isLive() {
	p.s.t.Helper()
	p.s.eventually(p.set.label+" is live and has everything", func() bool {
		st := p.Status()
		return st.State == device.StateConnected && !st.Downloading && !st.Ended
	}, p.station)
}

// gives a new job to somebody, whose device shows it.
func (p *someone) gives(title string, to *someone) device.Record {
	p.s.t.Helper()
	saved, err := p.Save(create(model.Jobs, val(model.JobTitle, model.Text(title))))
	check(p.s.t, err)
	_, err = p.Save(create(model.Assignments, val(model.FieldParent, model.Ref(saved[0].Record)), val(model.AssignmentUser, model.Ref(to.Who().User))))
	check(p.s.t, err)
	var job device.Record
	p.s.eventually(title+" on "+to.set.label, func() (ok bool) {
		job, ok, err = to.Show(saved[0].Record)
		return ok && err == nil
	}, p.station, to.station)
	return job
}

// writes so many notes on a job, and gives their texts.
func (p *someone) writes(n int, on device.Record) (texts []string) {
	p.s.t.Helper()
	for i := range n {
		texts = append(texts, p.says(on, i))
	}
	return texts
}

// says something on a job, and gives the text.
func (p *someone) says(on device.Record, number int) string {
	p.s.t.Helper()
	text := fmt.Sprintf("%s, remark %d", p.set.label, number)
	_, err := p.Save(noteOn(on, text))
	check(p.s.t, err)
	return text
}

// hasUnsent waits for nothing: what is unsent is known on the device.
func (p *someone) hasUnsent(n int) {
	p.s.t.Helper()
	if got := p.Status().Unsent; got != n {
		p.s.t.Fatalf("%s has %d unsent, want %d", p.set.label, got, n)
	}
}

// isSettled says that all is sent, answered, and shown as the office has it.
func (p *someone) isSettled() {
	p.s.t.Helper()
	p.s.eventually(p.set.label+" is settled", func() bool { ok, err := p.settled(); return ok && err == nil }, p.station)
}

// stops by itself, and says why.
func (p *someone) stops(code protocol.Code) replica.End {
	p.s.t.Helper()
	var err error
	p.s.eventually(p.set.label+" stops", func() bool {
		var running bool
		err, running = p.ended()
		return !running
	}, p.station)
	stopped, ok := errors.AsType[*device.StoppedError](err)
	if !ok || stopped.Code != code || stopped.Text == "" {
		p.s.t.Fatalf("%s ended with %v; want %d and words for a person", p.set.label, err, code)
	}
	return stopped.End
}

// hasReceiptsFor texts, one each, all of them in.
func (p *someone) hasReceiptsFor(texts []string) {
	p.s.t.Helper()
	in := map[string]int{}
	for _, e := range p.Outbox() {
		for _, f := range e.Fields {
			if e.Answered && e.Outcome.In() && f.Field == model.NoteText {
				in[f.Value.Text()]++
			}
		}
	}
	for _, text := range texts {
		if in[text] != 1 {
			p.s.t.Errorf("%s has %d receipts for %q", p.set.label, in[text], text)
		}
	}
	p.hasUnsent(0)
}

// readsNothing says that since a moment on the tape the device was told of no data: no page, and none of these texts.
func (p *someone) readsNothing(since int, texts []string) {
	p.s.t.Helper()
	for _, frame := range p.tape.from(since) {
		m, err := protocol.Decode(frame)
		check(p.s.t, err)
		if m.Type() == protocol.TypePage || m.Type() == protocol.TypePoke {
			p.s.t.Errorf("%s was sent a %s", p.set.label, m.Type())
		}
		if slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(frame, []byte(text)) }) {
			p.s.t.Errorf("%s was sent what it had written: %s", p.set.label, protocol.Describe(frame))
		}
	}
}

// shows exactly these notes on a job, each once.
func (p *someone) shows(texts []string, on device.Record) {
	p.s.t.Helper()
	want := slices.Sorted(slices.Values(texts))
	var got []string
	p.s.eventually(fmt.Sprintf("%d notes on %s", len(want), p.set.label), func() bool {
		list, err := p.List(model.Notes, on.ID)
		check(p.s.t, err)
		got = got[:0]
		for _, rec := range list {
			for _, f := range rec.Fields {
				if f.Field == model.NoteText {
					got = append(got, f.Value.Text())
				}
			}
		}
		return len(got) >= len(want)
	}, p.station)
	if slices.Sort(got); !slices.Equal(got, want) {
		p.s.t.Errorf("%s shows %d notes, which are not the %d that were written once each", p.set.label, len(got), len(want))
	}
}

// staysAway after its last word: it calls no more, whoever wakes it.
func (p *someone) staysAway(calls int32) {
	p.s.t.Helper()
	p.Wake()
	if again := p.dials.Load() - calls; again > 2 {
		p.s.t.Errorf("%s called %d times: to be told, to hand in, and for what else?", p.set.label, again)
	}
	if err := p.Run(context.WithoutCancel(p.s.t.Context())); err == nil {
		p.s.t.Errorf("%s goes on", p.set.label)
	}
}
