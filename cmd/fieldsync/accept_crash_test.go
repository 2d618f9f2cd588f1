package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// again starts the program anew on its data and its old address, so that devices find it.
func (p *program) again() {
	p.t.Helper()
	_ = p.cmd.Wait()
	log, env := p.cmd.Stderr, p.cmd.Env
	p.cmd = exec.CommandContext(context.Background(), os.Args[0], "serve", "--data", p.data, "--listen", p.behind)
	p.cmd.Stderr, p.cmd.Env = log, env
	check(p.t, p.cmd.Start())
	started := p.cmd.Process
	p.t.Cleanup(func() { _ = started.Kill(); _ = p.cmd.Wait() })
}

// terminal is a phone or a desk that is signed in at the program.
func (p *program) terminal(login, label string) *station {
	p.t.Helper()
	st, err := openStation(stationSettings{
		server: "http://" + p.address, tenant: "acme", login: login, dir: shortDir(p.t), label: label, log: slog.New(slog.DiscardHandler),
	})
	check(p.t, err)
	p.t.Cleanup(func() {
		if err := st.close(); err != nil {
			p.t.Error(err)
		}
	})
	check(p.t, st.signIn(p.t.Context(), acceptPassword, ""))
	return st
}

// eventually waits until something is so, and wakes the devices that wait for a server.
func (p *program) eventually(what string, so func() bool, devices ...*station) {
	p.t.Helper()
	late, look := time.NewTimer(acceptPatience), time.NewTicker(5*time.Millisecond)
	defer late.Stop()
	defer look.Stop()
	for !so() {
		select {
		case <-look.C:
			for _, d := range devices {
				if d.Status().State == device.StateWaiting {
					d.Wake()
				}
			}
		case <-late.C:
			text := "in vain: " + what
			for _, d := range devices {
				text += fmt.Sprintf("\n%s: %+v", d.set.label, d.Status())
			}
			p.t.Fatal(text)
		}
	}
}

// held is the ids of the notes that a device shows, ascending.
func (p *program) notes(st *station) (ids []model.RecordID) {
	p.t.Helper()
	list, err := st.List(model.Notes, model.RecordID{})
	check(p.t, err)
	for _, rec := range list {
		ids = append(ids, rec.ID)
	}
	slices.SortFunc(ids, model.RecordID.Compare)
	return ids
}

// TestAcceptNothingIsLostOrDoubled: the process dies in the middle of a phone's work, twice by kill -9 and once in
// order, and is started again. The phone goes on by itself; in the end the office has everything once, and both
// devices show the same (DESIGN I3, I4, I5).
func TestAcceptNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	p := startProgram(t, shortDir(t))
	must(t, "", "tenants", "add", "acme", "--data", p.data)
	must(t, acceptPassword+"\n", "users", "add", "ben@acme.test", "--password-stdin", "--tenant", "acme", "--data", p.data)
	must(t, acceptPassword+"\n", "users", "add", "amy@acme.test", "--kind", "desktop", "--role", "admin", "--password-stdin", "--tenant", "acme", "--data", p.data)
	desk, phone := p.terminal("amy@acme.test", "desk"), p.terminal("ben@acme.test", "phone")
	p.eventually("the desk has all there is", func() bool {
		ok, err := desk.settled()
		return ok && err == nil
	}, desk)
	saved, err := desk.Save(device.Draft{Op: model.OpCreate, Collection: model.Jobs, Fields: []model.FieldValue{{Field: model.JobTitle, Value: model.Text("Boiler")}}})
	check(t, err)
	job := saved[0].Record
	_, err = desk.Save(device.Draft{Op: model.OpCreate, Collection: model.Assignments, Fields: []model.FieldValue{
		{Field: model.FieldParent, Value: model.Ref(job)}, {Field: model.AssignmentUser, Value: model.Ref(phone.Who().User)},
	}})
	check(t, err)
	p.eventually("the job on the phone", func() bool {
		_, ok, err := phone.Show(job)
		return ok && err == nil
	}, desk, phone)
	var want []model.RecordID
	for _, signal := range []os.Signal{os.Kill, syscall.SIGTERM, os.Kill} {
		after := len(want) + 30
		for len(want) < after+30 {
			saved, err := phone.Save(device.Draft{Op: model.OpCreate, Collection: model.Notes, Fields: []model.FieldValue{
				{Field: model.FieldParent, Value: model.Ref(job)}, {Field: model.NoteText, Value: model.Text(fmt.Sprint(len(want)))}, {Field: model.NoteAudience, Value: model.Text("field")},
			}})
			check(t, err)
			if want = append(want, saved[0].Record); len(want) == after {
				check(t, p.cmd.Process.Signal(signal)) // with the last of it still on the way
			}
		}
		p.again()
		p.eventually("everything is answered and confirmed", func() bool {
			ok, err := phone.settled()
			return ok && err == nil
		}, desk, phone)
	}
	slices.SortFunc(want, model.RecordID.Compare)
	p.eventually("the office has everything once, as the phone", func() bool {
		return slices.Equal(p.notes(desk), want) && slices.Equal(p.notes(phone), want)
	}, desk, phone)
	for _, e := range phone.Outbox() {
		if e.Outcome != model.OutcomeApplied {
			t.Errorf("%+v, want applied", e)
		}
	}
	if n := len(phone.Notices()); n != 0 {
		t.Errorf("the phone was told %d things of its session", n)
	}
}
