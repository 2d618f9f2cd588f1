package main

import (
	"bytes"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
)

// people is a demonstration's company on a running server.
type people struct {
	t        *testing.T
	server   string
	password string
	dir      string
}

// startPeople serves the demonstration's company, in which nobody has worked yet, on a free port.
func startPeople(t *testing.T) *people {
	t.Helper()
	d, hidden := serveDemoSet(t, shortDir(t), demoSettings{idle: true})
	hidden.hide(d.house)
	t.Setenv("FIELDSYNC_PASSWORD", d.mark.Password)
	return &people{t: t, server: d.address, password: d.mark.Password, dir: shortDir(t)}
}

// word is what follows a text, up to the next space.
func word(t *testing.T, text, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, after)
	if !ok {
		t.Fatalf("no %q in %q", after, text)
	}
	return strings.Fields(rest)[0]
}

// script runs a terminal on a device with commands, and returns what it showed.
func (p *people) script(kind, as, device string, commands ...string) (string, error) {
	p.t.Helper()
	var out bytes.Buffer
	in := strings.NewReader(strings.Join(commands, "\n") + "\n")
	err := run(p.t.Context(), []string{
		kind, "--as", as + "@fieldsync.example", "--server", p.server, "--data", filepath.Join(p.dir, device), "--label", device,
	}, stdio{in, &out, io.Discard})
	return out.String(), err
}

// shows runs a script that must go well and show each of the texts.
func (p *people) shows(kind, as, device string, commands []string, want ...string) string {
	p.t.Helper()
	out, err := p.script(kind, as, device, commands...)
	if err != nil {
		p.t.Fatalf("%s of %s: %v\n%s", kind, as, err, out)
	}
	for _, text := range want {
		if !strings.Contains(out, text) {
			p.t.Errorf("%s of %s did not show %q:\n%s", kind, as, text, out)
		}
	}
	return out
}

func TestPhoneAndOffice(t *testing.T) {
	p := startPeople(t)
	p.shows("phone", "ben", "pixel", []string{
		"jobs", "offline", "start 1", "note 1 Old burner was cracked.", "hours manual 45m 1 drive", "edit 1 description Burner replaced.",
		"new Gate stuck @ Zeta Makers, 9 Nowhere", "outbox", "status", "search cracked burn", "search nowhere",
	}, "downloaded, 34 jobs", "Boiler service", "7 changes unsent", "saved here, not sent yet", "Old burner was cracked.", "job origin  (new) Gate stuck, Zeta Makers, 9 Nowhere")
	p.shows("phone", "ben", "pixel", []string{"wait", "outbox", "job 1", "status"},
		"with the office", "in_progress", "Old burner was cracked.", "nothing unsent")
	p.shows("office", "amy", "desk", []string{"jobs", "sessions", "customers", "review"},
		"Ben Boyle", "in_progress", "Gate stuck", "pixel", "ACME Bakery Ltd", "nothing to review")
	p.shows("office", "amy", "desk", []string{"search zeta", "search acme bak", "search --server old burner", "search xyzzy", "search --server xyzzy"},
		"Zeta Makers, 9 Nowhere", "customer", "ACME Bakery Ltd", "Old burner was cracked.", "nothing on this device", "\nnothing\n")
	p.shows("office", "amy", "desk", []string{
		"new 5 Pump hums", "wait", "assign hums cal", "edit hums priority high", "cancel gate called off by the customer", "wait", "jobs", "end ben@fieldsync.example",
	}, "all sent", "Pump hums", "Cal Craig", "cancelled", "Ben Boyle is signed out on pixel")
	p.shows("office", "amy", "desk", []string{"tell ben ring me", "wait", "messages"}, "all sent", "Amy Adair to Ben Boyle", "not read yet")
	p.shows("phone", "ben", "pixel", []string{"takeover", "wait", "messages", "tell I did", "wait", "messages"}, "to Ben Boyle", "Ben Boyle to the office")
	p.shows("office", "amy", "desk", []string{"wait", "messages", "wait", "messages"}, "Ben Boyle to the office", "new", "read ", "I did")
	p.shows("phone", "cal", "moto", []string{"edit 1 description Cal's own", "wait", "outbox"}, "you may not change this now")
	p.shows("office", "amy", "other desk", []string{"takeover", "wait", "review"}, "Cal Craig", "they may not change this now")
	out := p.shows("phone", "ben", "pixel", []string{"takeover", "wait", "jobs"}, "online", "all sent")
	if strings.Contains(out, "Pump hums") {
		t.Errorf("Ben's phone shows Cal's job:\n%s", out)
	}
}

func TestPhoneTakeover(t *testing.T) {
	p := startPeople(t)
	job := word(t, p.shows("phone", "ben", "pixel", []string{"offline", "jobs", "note 2 unsent words"}, "saved on this device (1 change)"), "\n2")
	p.shows("phone", "ben", "spare", []string{"jobs", "takeover", "wait", "jobs"},
		"active elsewhere (pixel, last seen ", "signed in here", "Boiler service")
	p.shows("phone", "ben", "pixel", []string{"wait", "status"}, "with the office", "signed in on another device")
	p.shows("office", "amy", "desk", []string{"job " + job}, "unsent words")
	p.shows("phone", "ben", "spare", []string{"sign-out"}, "signed out")
}

func TestPhoneSaysWhatIsWrong(t *testing.T) {
	p := startPeople(t)
	file := filepath.Join(p.dir, "export")
	for _, row := range []struct{ command, want, why string }{
		{"job 99", "there is no job 99", "a job that is not there"},
		{"jbos", `did you mean "jobs"?`, "a slip"},
		{"start", "which job?", "no job named"},
		{"note 1", "the note's text is missing", "nothing to say"},
		{"search --server", "what to look for is missing", "nothing to look for"},
		{"edit 1 desription x", `did you mean "description"?`, "a slip in a field"},
		{"edit 1 status done", `no field "status" to edit`, "a field that the server derives"},
		{"edit 1 priority 9", "9 is not between 1 and 5", "a value out of bounds"},
		{"hours manual soon", "is no length of time", "no number"},
		{"export " + file + "/x", "no such file or directory", "nowhere to write"},
	} {
		out, err := p.script("phone", "ben", "pixel", row.command)
		if err == nil || !strings.Contains(out, row.want) {
			t.Errorf("%s (%s): error %v, output %q; want %q", row.command, row.why, err, out, row.want)
		}
	}
	p.shows("phone", "ben", "pixel", []string{"offline", "note 1 mine", "export " + file}, "written to")
	if raw, err := os.ReadFile(file); err != nil || !bytes.Contains(raw, []byte(`"mine"`)) {
		t.Errorf("the export holds %q, %v", raw, err)
	}
	out, err := p.script("phone", "ben", "pixel", "wait", "offline", "note 1 again", "sign-out")
	if err == nil || !strings.Contains(out, "1 change not sent yet") {
		t.Errorf("sign-out with unsent work: %v, %q", err, out)
	}
	t.Setenv("FIELDSYNC_PASSWORD", "wrong words")
	if out, err := p.script("phone", "cal", "moto", "jobs"); err == nil || !strings.Contains(err.Error(), "password") {
		t.Errorf("a wrong password: %v, %q", err, out)
	}
}

// What a terminal says of its connection and of a session that is over holds.
func TestPhoneSaysHowItStands(t *testing.T) {
	retry := time.Date(2026, 11, 26, 14, 35, 47, 0, time.UTC)
	for _, row := range []struct {
		st   device.Status
		want string
	}{
		{device.Status{State: device.StateWaiting, Trouble: noConnection, Retry: retry}, "no connection; trying again at 14:35:47, or now with online"},
		{device.Status{State: device.StateWaiting, Retry: retry}, "no connection; trying again at 14:35:47, or now with online"},
		{device.Status{State: device.StateWaiting, Trouble: "this server restarts", Retry: retry}, "no connection (this server restarts); trying again at 14:35:47, or now with online"},
	} {
		if got := stateLine(row.st); got != row.want {
			t.Errorf("stateLine: %q, want %q", got, row.want)
		}
	}
	for state, want := range map[device.State]string{
		device.StateHandIn:  "; 1 change will be handed in as soon as there is a connection",
		device.StateStopped: "; 1 change saved here since, to go in at the next sign-in", // nothing connects by itself any more
	} {
		if got := endLine(device.Status{State: state, Ended: true, Unsent: 1}); !strings.HasSuffix(got, want) {
			t.Errorf("endLine, %s: %q, want %q at its end", state, got, want)
		}
	}
}

// TestF6_AStationKnowsItsSpace: the office sees when a phone is about to be full, so it must know.
func TestF6_AStationKnowsItsSpace(t *testing.T) {
	dir := shortDir(t)
	s, err := openStation(stationSettings{server: "http://127.0.0.1:1", tenant: "acme", login: "ben@acme.test", dir: dir, label: "phone", log: slog.New(slog.DiscardHandler)})
	check(t, err)
	if free, err := badgerstore.FreeBytes(dir); err == nil && free <= math.MaxInt64 && s.space() <= 0 {
		t.Errorf("space() = %d, and %d bytes are free", s.space(), free)
	}
	s.set.dir += "/gone"
	if got := s.space(); got >= 0 {
		t.Errorf("space() of nowhere = %d, want it unknown", got)
	}
	s.set.dir = dir
	check(t, s.close())
}
