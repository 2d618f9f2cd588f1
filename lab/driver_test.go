package lab_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/lab"
	"github.com/fieldsync/fieldsync/lab/tunnel"
)

// patience bounds every wait of a test; nothing measures how long one took.
const patience = 30 * time.Second

// driver is somebody at the terminal of a lab: presses keys and looks at the screen.
type driver struct {
	t    *testing.T
	lab  *lab.Lab
	keys *io.PipeWriter
	done chan error
	once sync.Once

	mu     sync.Mutex // guards the fields below
	screen string
	seen   chan struct{} // closed, and replaced, at every screen
}

// bad is a tunnel that is bad enough to be seen, and not so bad that a test waits long.
var bad = tunnel.Weather{Mode: tunnel.Bad, Latency: 20 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.2, Rate: 1 << 20}

// sit opens a lab on a folder and sits down at it; the test stands up at its end at the latest.
func sit(t *testing.T, g *gateway, dir string, edit func(*lab.Config), terminal lab.Terminal) *driver {
	t.Helper()
	d := &driver{t: t, done: make(chan error, 1), seen: make(chan struct{})}
	cfg := config(g, dir)
	cfg.Watch = d.watch
	if edit != nil {
		edit(&cfg)
	}
	var err error
	d.lab, err = lab.Open(t.Context(), cfg)
	check(t, err)
	in, keys := io.Pipe()
	d.keys = keys
	if terminal.In = in; terminal.Out == nil {
		terminal.Out = io.Discard
	}
	if terminal.Width == 0 {
		terminal.Width, terminal.Height = 160, 50
	}
	go func() { d.done <- d.lab.Show(context.Background(), terminal) }()
	t.Cleanup(d.stand)
	return d
}

// stand quits, and waits until everything of the lab has ended.
func (d *driver) stand() {
	d.t.Helper()
	d.once.Do(func() {
		d.press("\x03")
		select {
		case err := <-d.done:
			if err != nil {
				d.t.Errorf("Show: %v", err)
			}
		case <-time.After(patience):
			d.t.Error("the lab does not end")
		}
		d.keys.Close()
		check(d.t, d.lab.Close())
	})
}

func (d *driver) watch(screen string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.screen = screen
	close(d.seen)
	d.seen = make(chan struct{})
}

// press sends keys, as a terminal does.
func (d *driver) press(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		if _, err := d.keys.Write([]byte(k)); err != nil {
			d.t.Fatalf("press %q: %v", k, err)
		}
	}
}

// Keys that are more than a letter.
const (
	keyTab   = "\t"
	keyEnter = "\r"
	keyEsc   = "\x1b"
	keyUp    = "\x1b[A"
	keyDown  = "\x1b[B"
	keyClear = "\x15"
)

// until waits for a screen.
func (d *driver) until(what string, so func(screen string) bool) {
	d.t.Helper()
	late := time.After(patience)
	for {
		d.mu.Lock()
		screen, next := d.screen, d.seen
		d.mu.Unlock()
		if so(screen) {
			return
		}
		select {
		case <-next:
		case err := <-d.done:
			d.done <- err
			d.t.Fatalf("the lab ended (%v) before %s; the screen was\n%s", err, what, screen)
		case <-late:
			d.t.Fatalf("never: %s; the screen is\n%s", what, screen)
		}
	}
}

// sees waits until a place shows all words. Places are 0 and 1, the phones, 2, the office, and 3, below the panes.
func (d *driver) sees(place int, words ...string) {
	d.t.Helper()
	d.until("place "+string(rune('0'+place))+" shows "+strings.Join(words, " and "), func(screen string) bool {
		return hasAll(part(screen, place), words)
	})
}

// below is the place of questions and answers.
const below = 3

func hasAll(text string, words []string) bool {
	text = strings.Join(strings.Fields(text), " ") // however it is broken into lines
	for _, w := range words {
		if !strings.Contains(text, strings.TrimSpace(w)) {
			return false
		}
	}
	return true
}

// part is what a place shows, one row a line.
func part(screen string, place int) string {
	panes, foot, _ := strings.Cut(screen, "──────")
	if place == below {
		return foot
	}
	var out strings.Builder
	for line := range strings.SplitSeq(panes, "\n") {
		if columns := strings.Split(line, "│"); place < len(columns) {
			out.WriteString(columns[place] + "\n")
		}
	}
	return out.String()
}

// ready waits until all three have downloaded, and have a job in common.
func (d *driver) ready() {
	d.t.Helper()
	for place := range 2 {
		d.sees(place, "[ready]", "Jobs: 1")
	}
	d.sees(2, "Connected", "Jobs: 1", "Ben Boyle, first phone", "Cal Craig, first phone")
}
