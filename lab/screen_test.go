package lab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/lab"
	"github.com/fieldsync/fieldsync/lab/tunnel"
)

// The pane in front, the pages that are only read, and what a key says that has no business here.
func TestPages(t *testing.T) {
	_, d := start(t)
	d.sees(0, "> 1 Ben Boyle")
	d.press(keyTab)
	d.sees(1, "> 2 Cal Craig")
	d.press("3")
	d.sees(2, "> 3 office")
	d.press("a")
	d.sees(below, "is for a phone; press 1 or 2 first")
	d.press("Z")
	d.sees(below, "Z does nothing here; ? shows the keys")
	d.press("1", "2", "\x1b[Z") // shift+tab
	d.sees(0, "> 1 Ben Boyle")
	d.press("?")
	var words []string
	for _, k := range lab.Keys() {
		words = append(words, k.Press+" "+k.Does)
	}
	d.sees(0, words...)
	d.press("b")
	d.sees(0, "> 1 Ben Boyle")
	d.press("l")
	d.sees(0, "What happened, the latest first", "Signed in on the first phone.")
	d.press(keyDown, keyUp, "l")
	d.sees(0, "> 1 Ben Boyle")
}

// up, down: another job is chosen, with its notes.
func TestChoose(t *testing.T) {
	g := openGateway(t)
	g.job("Alpha", "ben@acme.example")
	g.job("Beta", "ben@acme.example")
	d := sit(t, g, t.TempDir(), nil, lab.Terminal{})
	d.sees(0, "Jobs: 2", "Notes on")
	d.sees(1, "Jobs: 1") // the first of them was given to Cal, too
	chosen := func() string {
		for _, name := range []string{"Alpha", "Beta"} {
			for line := range strings.SplitSeq(part(d.now(), 0), "\n") {
				if strings.HasPrefix(line, ">") && strings.Contains(line, name) {
					return name
				}
			}
		}
		return ""
	}
	var first string
	d.until("a job is chosen", func(string) bool { first = chosen(); return first != "" })
	d.note("On the first one")
	d.sees(2, "On the first one")
	d.press(keyDown, keyUp, keyUp, keyDown)
	d.until("another job is chosen", func(string) bool { now := chosen(); return now != "" && now != first })
	d.sees(0, "none; n writes one")
	d.press(keyUp)
	d.sees(0, "On the first one")
}

// What is unsent when the lab is quit is there the next time, and nobody is asked for a password again.
func TestQuitAndComeBack(t *testing.T) {
	g, dir := openGateway(t), t.TempDir()
	d := sit(t, g, dir, nil, lab.Terminal{})
	d.ready()
	d.press("a")
	d.note("Written before the lab was quit")
	d.sees(0, "Unsent 1")
	d.press("q")
	d.stand()
	again := sit(t, g, dir, func(c *lab.Config) { c.Password = "not needed any more" }, lab.Terminal{})
	again.ready()
	again.sees(2, "Ben Boyle: Written before the lab was quit")
	again.sees(0, "[With the office]", "Unsent 0")
	again.press("l")
	again.sees(0, "What happened", "Written before the lab was quit")
	if strings.Contains(again.now(), "cannot sign in") {
		t.Errorf("somebody was to sign in again:\n%s", again.now())
	}
}

// The spare phone is the one in use when the lab was quit: it is the one that goes on.
func TestComeBackOnTheSparePhone(t *testing.T) {
	g, dir := openGateway(t), t.TempDir()
	d := sit(t, g, dir, nil, lab.Terminal{})
	d.ready()
	d.press("s")
	d.sees(below, "Sign in on the spare phone instead?")
	d.press(keyEnter)
	d.sees(0, "[stopped] You signed in on another phone")
	d.stand()
	again := sit(t, g, dir, nil, lab.Terminal{})
	again.sees(0, "Ben Boyle, spare phone", "[ready]", "Other first phone: session over")
}

func TestSignInFails(t *testing.T) {
	g := openGateway(t)
	d := sit(t, g, t.TempDir(), func(c *lab.Config) { c.Password = "wrong" }, lab.Terminal{})
	d.sees(below, "cannot sign in on the")
	d.sees(0, "[stopped] Nobody is signed in here. i signs in.")
	d.sees(2, "Nobody is signed in here. i signs in.")
	d.press("n")
	d.sees(below, "there is no job here")
	d.press("k")
	d.sees(below, "the office has no list of the sessions")
}

// A folder of an earlier lab whose gateway was thrown away.
func TestFolderOfAnotherCompany(t *testing.T) {
	dir := t.TempDir()
	d := sit(t, openGateway(t), dir, nil, lab.Terminal{})
	d.ready()
	d.stand()
	again := sit(t, openGateway(t), dir, nil, lab.Terminal{})
	again.press("i")
	again.sees(below, "--fresh starts over")
}

// Whoever signs in while another program has the session is asked at the start.
func TestActiveElsewhereAtTheStart(t *testing.T) {
	g := openGateway(t)
	first := sit(t, g, t.TempDir(), nil, lab.Terminal{})
	first.ready()
	d := sit(t, g, t.TempDir(), nil, lab.Terminal{})
	for range 3 {
		d.sees(below, "is active on the", "Sign in on the")
		d.press(keyEnter)
		d.until("the next question or none", func(string) bool { return true })
	}
	d.sees(0, "[ready]")
	d.sees(1, "[ready]")
	d.sees(2, "Connected")
	first.sees(0, "[stopped] You signed in on another phone")
	first.sees(2, "This desk's session has ended")
}

// failing is a board that cannot be reached.
type failing struct{ board }

var errBoard = errors.New("the board is out of order")

func (failing) Sessions(context.Context, client.Identity) ([]lab.Session, error) {
	return nil, errBoard
}

func TestBoardFails(t *testing.T) {
	g := openGateway(t)
	d := sit(t, g, t.TempDir(), func(c *lab.Config) { c.Board = failing{board{g}} }, lab.Terminal{})
	d.sees(2, "Signed in: 0", "the board is out of order")
	d.press("3", "k")
	d.sees(below, "the office has no list of the sessions: the board is out of order")
}

// What people typed cannot draw.
func TestTextIsPlain(t *testing.T) {
	g := openGateway(t)
	g.job("Evil\u202e title\u200b of a job", "ben@acme.example", "cal@acme.example") // what a screen obeys, the model refuses
	d := sit(t, g, t.TempDir(), nil, lab.Terminal{})
	d.sees(0, "Evil title of a job")
	d.sees(2, "Evil title of a job")
}

// A narrow terminal shows one place below a line of all; one that is too small says so; and every screen is exactly as
// large as the terminal.
func TestSizes(t *testing.T) {
	g := openGateway(t)
	for _, size := range [][2]int{{80, 24}, {109, 30}, {110, 24}, {200, 60}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			width, height := size[0], size[1]
			var d *driver
			var mu sync.Mutex
			odd := ""
			d = sit(t, g, t.TempDir(), func(c *lab.Config) {
				tell := c.Watch
				c.Watch = func(screen string) {
					if text := misfit(screen, width, height); text != "" && screen != "" {
						mu.Lock()
						odd = text + "\n" + screen
						mu.Unlock()
					}
					tell(screen)
				}
			}, lab.Terminal{Width: width, Height: height})
			for range 3 { // the runs before this one had the sessions
				d.until("a question or three places", func(s string) bool {
					return strings.Contains(s, "instead?") || strings.Contains(s, "[ready]") && strings.Contains(s, "Jobs: 1")
				})
				if strings.Contains(d.now(), "instead?") {
					d.press(keyEnter)
				}
			}
			d.until("the first phone", func(s string) bool {
				return strings.Contains(s, "[ready]") && strings.Contains(s, ">1 Ben") == (width < 110)
			})
			for _, k := range lab.Keys() { // all that can be done is below
				if k.Press != "1 2 3" && k.Press != "up down" && k.Press != "p" && !strings.Contains(strings.Join(strings.Fields(d.now()), " "), k.Press+" "+k.Does) {
					t.Errorf("%s %s is not in the bar:\n%s", k.Press, k.Does, d.now())
				}
			}
			d.press("3")
			d.until("the office", func(s string) bool { return strings.Contains(s, "Signed in: 3") })
			for _, step := range []struct{ press, shows string }{
				{"?", "next pane"},
				{"b", "Signed in: 3"},
				{"l", "What happened"},
				{"b", "Signed in: 3"},
				{"k", "Whose session"},
				{keyEsc, "? help"},
				{"n", "Note on"},
				{strings.Repeat("long ", 30), "long long"},
				{keyEsc, "? help"},
				{"1", "kill app"},
				{"s", "instead?"},
				{keyEsc, "Nothing was changed"},
			} {
				d.press(step.press)
				d.until(step.shows, func(s string) bool { return strings.Contains(s, step.shows) })
			}
			d.press("Z")
			d.until("all keys were taken", func(s string) bool { return strings.Contains(s, "Z does nothing here") })
			mu.Lock()
			defer mu.Unlock()
			if odd != "" {
				t.Error(odd)
			}
		})
	}
	d := sit(t, g, t.TempDir(), nil, lab.Terminal{Width: 79, Height: 24})
	d.until("the size", func(s string) bool { return strings.Contains(s, "The lab needs 80 by 24; this terminal has 79 by 24.") })
}

// now is the screen at the moment.
func (d *driver) now() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.screen
}

// misfit says what of a screen does not fit its terminal.
func misfit(screen string, width, height int) string {
	lines := strings.Split(screen, "\n")
	if len(lines) != height {
		return fmt.Sprintf("%d lines instead of %d", len(lines), height)
	}
	for i, line := range lines {
		if w := lipgloss.Width(line); w != width {
			return fmt.Sprintf("line %d is %d wide instead of %d", i+1, w, width)
		}
	}
	return ""
}

// NO_COLOR: nothing is coloured, and all is said. Otherwise something is.
func TestNoColor(t *testing.T) {
	g := openGateway(t)
	for _, c := range []struct {
		env     []string
		colours bool
	}{
		{[]string{"TERM=xterm-256color", "TTY_FORCE=1", "NO_COLOR=1"}, false},
		{[]string{"TERM=xterm-256color", "TTY_FORCE=1"}, true},
	} {
		out := new(sharedBuffer)
		d := sit(t, g, t.TempDir(), nil, lab.Terminal{Out: out, Env: c.env})
		d.sees(0, "[")
		d.stand()
		text := out.String()
		if !strings.Contains(text, "Ben Boyle") && !strings.Contains(text, "ben@acme") {
			t.Errorf("%v: nothing was drawn: %q", c.env, text)
		}
		if has := strings.Contains(text, "\x1b[3") && hasColour(text); has != c.colours {
			t.Errorf("%v: colours: %v, want %v", c.env, has, c.colours)
		}
	}
}

// hasColour says whether a text sets a foreground colour.
func hasColour(text string) bool {
	for _, sequence := range strings.Split(text, "\x1b[")[1:] {
		parameters, _, ok := strings.Cut(sequence, "m")
		if !ok || strings.Trim(parameters, "0123456789;:") != "" {
			continue
		}
		for p := range strings.SplitSeq(parameters, ";") {
			if len(p) == 2 && p[0] == '3' && p != "39" {
				return true
			}
		}
	}
	return false
}

// sharedBuffer may be written while it is read.
type sharedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *sharedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// Nothing of a lab is left when it was quit in the middle of everything.
func TestNothingIsLeft(t *testing.T) {
	g := openGateway(t)
	before := runtime.NumGoroutine()
	d := sit(t, g, t.TempDir(), nil, lab.Terminal{})
	d.ready()
	d.press("t", "2", "h", "3", "k")
	d.sees(below, "Whose session is to end?")
	d.press(keyEnter)
	d.sees(below, "End the session of Ben")
	d.press(keyEnter)
	d.stand()
	late := time.Now().Add(patience)
	for runtime.NumGoroutine() > before { // the gateway's ends of the connections go by themselves
		if time.Now().After(late) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}

// The end of a context ends the lab, and is no error.
func TestContextEnds(t *testing.T) {
	g := openGateway(t)
	l, err := lab.Open(t.Context(), config(g, t.TempDir()))
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, keys := io.Pipe()
	defer keys.Close()
	if err := l.Show(ctx, lab.Terminal{In: in, Out: io.Discard, Width: 100, Height: 30}); err != nil {
		t.Errorf("Show = %v", err)
	}
	check(t, l.Close())
}

func config(g *gateway, dir string) lab.Config {
	return lab.Config{
		Dir: dir, Server: g.address, Tenant: "acme", Password: password, Phones: [2]string{"ben@acme.example", "cal@acme.example"},
		Desk: "amy@acme.example", Board: board{g}, Bad: bad, Seed: 1, Ping: 300 * time.Millisecond, App: "test",
	}
}

func TestOpenRefuses(t *testing.T) {
	g := openGateway(t)
	cases := []struct {
		why  string
		edit func(*lab.Config)
		want string
	}{
		{"no board", func(c *lab.Config) { c.Board = nil }, "needs a Board"},
		{"no address", func(c *lab.Config) { c.Server = "ftp://x" }, "http://HOST:PORT"},
		{"one person twice", func(c *lab.Config) { c.Phones[1] = "BEN@acme.example" }, "three people"},
		{"a desk with a phone", func(c *lab.Config) { c.Desk = c.Phones[0] }, "three people"},
		{"no such weather", func(c *lab.Config) { c.Bad = tunnel.Weather{Mode: tunnel.Bad, Loss: 2} }, "loss"},
		{"a folder that is a file", func(c *lab.Config) {
			c.Dir = filepath.Join(t.TempDir(), "file")
			check(t, os.WriteFile(c.Dir, nil, 0o600))
		}, "folder of a device"},
	}
	for _, c := range cases {
		cfg := config(g, t.TempDir())
		c.edit(&cfg)
		l, err := lab.Open(t.Context(), cfg)
		if err == nil {
			check(t, l.Close())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

// Two labs cannot have one folder.
func TestFolderInUse(t *testing.T) {
	g, dir := openGateway(t), t.TempDir()
	d := sit(t, g, dir, nil, lab.Terminal{})
	d.ready()
	if l, err := lab.Open(t.Context(), config(g, dir)); err == nil || !strings.Contains(err.Error(), "is another lab running on it?") {
		if err == nil {
			check(t, l.Close())
		}
		t.Errorf("a second lab on the folder: %v", err)
	}
}

// A terminal that is too small says so in as much room as it has, and takes no key whose doing nobody would see.
func TestTooSmall(t *testing.T) {
	lines, taken := lab.Small(40, 10, 'q')
	if taken {
		t.Error("q is taken where nothing of the lab is seen")
	}
	text := strings.Join(lines, " ")
	if want := "this terminal has 40 by 10. Make it larger, or press ctrl+c to leave."; !strings.Contains(text, want) {
		t.Errorf("it says %q, want %q in it", text, want)
	}
	for _, line := range lines {
		if w := lipgloss.Width(line); w > 40 {
			t.Errorf("%q is %d wide", line, w)
		}
	}
	if _, taken := lab.Small(80, 24, 'q'); !taken {
		t.Error("q is not taken where there is room")
	}
}

// Where there is too little room, every title still has something below it.
func TestNoTitleAlone(t *testing.T) {
	lines := lab.Drawn(12, []string{"One", "Two", "Three"}, 5)
	text := strings.Join(lines, "\n")
	if n := strings.Count(text, "a line"); len(lines) != 12 || n < 7 || strings.Contains(strings.TrimSpace(lines[11]), "Three") {
		t.Errorf("%d lines, %d of them below titles:\n%s", len(lines), n, text)
	}
	for _, title := range []string{"One", "Two", "Three"} {
		if _, below, _ := strings.Cut(text, title); !strings.Contains(strings.Join(strings.SplitN(below, "\n", 3)[1:2], ""), "a line") {
			t.Errorf("there is nothing below %s:\n%s", title, text)
		}
	}
}

// What somebody decides on is seen in full, the others in a line each.
func TestChosenInFull(t *testing.T) {
	long := "conflict: title of 4711 Boiler, Ben Boyle; lost: \"Boiler and both pumps\", stands: \"Boiler\""
	text := strings.Join(lab.Asked(40, long, long), "\n")
	if n := strings.Count(text, "stands:"); n != 1 {
		t.Errorf("the end of a choice is seen %d times, want once, of the chosen one:\n%s", n, text)
	}
}
