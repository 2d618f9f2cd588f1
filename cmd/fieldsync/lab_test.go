package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/lab"
)

// labTable is somebody at the lab's terminal.
type labTable struct {
	t    *testing.T
	keys *io.PipeWriter
	done chan error

	mu     sync.Mutex // guards the fields below
	screen string
	seen   chan struct{} // closed, and replaced, at every screen
}

// labCall is a call of the lab as the command line makes it, with the settings of a server in its configuration.
func labCall(t *testing.T, dir string) *call {
	t.Helper()
	c := &call{stdio: stdio{strings.NewReader(""), io.Discard, io.Discard}, from: map[string]string{"data": fromFlag}}
	c.set.define(flag.NewFlagSet("lab", flag.ContinueOnError))
	// Of a server's settings, which the lab leaves alone: none of these could be used.
	c.set.listen, c.set.tlsCert, c.set.tlsKey, c.set.hosts, c.set.metricsListen = "192.0.2.1:1", "no", "no", list{"sync.example"}, "192.0.2.1:2"
	c.set.data = dir
	return c
}

// sitDown opens the lab on a directory.
func sitDown(t *testing.T, dir string, edit func(*labRun)) *labTable {
	t.Helper()
	table := &labTable{t: t, done: make(chan error, 1), seen: make(chan struct{})}
	l := labRun{phones: list{"ben@fieldsync.example", "dan@fieldsync.example"}, desk: deskLogin, loss: 0.2, delay: 50 * time.Millisecond, seed: 1, watch: table.watch}
	if edit != nil {
		edit(&l)
	}
	in, keys := io.Pipe()
	table.keys = keys
	c := labCall(t, dir)
	go func() {
		table.done <- l.run(context.Background(), c, lab.Terminal{In: in, Out: io.Discard, Width: 180, Height: 60})
	}()
	t.Cleanup(func() { keys.Close() })
	return table
}

func (l *labTable) watch(screen string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.screen = screen
	close(l.seen)
	l.seen = make(chan struct{})
}

func (l *labTable) press(keys ...string) {
	l.t.Helper()
	for _, k := range keys {
		if _, err := l.keys.Write([]byte(k)); err != nil {
			l.t.Fatalf("press %q: %v", k, err)
		}
	}
}

// sees waits until a pane (0, 1: the phones, 2: the office, 3: below them) shows all words, however they are broken into
// lines.
func (l *labTable) sees(place int, words ...string) {
	l.t.Helper()
	late := time.After(3 * acceptPatience)
	for {
		l.mu.Lock()
		screen, next := l.screen, l.seen
		l.mu.Unlock()
		text := labPane(screen, place)
		missing := ""
		for _, w := range words {
			if !strings.Contains(text, w) {
				missing = w
			}
		}
		if missing == "" {
			return
		}
		select {
		case <-next:
		case err := <-l.done:
			l.t.Fatalf("the lab ended (%v); the screen was\n%s", err, screen)
		case <-late:
			l.t.Fatalf("place %d never shows %q; the screen is\n%s", place, missing, screen)
		}
	}
}

func labPane(screen string, place int) string {
	panes, foot, _ := strings.Cut(screen, "──────")
	if place == 3 {
		return strings.Join(strings.Fields(foot), " ")
	}
	var out strings.Builder
	for line := range strings.SplitSeq(panes, "\n") {
		if columns := strings.Split(line, "│"); place < len(columns) {
			out.WriteString(columns[place] + " ")
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// quit leaves the lab and waits for its end.
func (l *labTable) quit() {
	l.t.Helper()
	l.press("q")
	if err := <-l.done; err != nil {
		l.t.Fatalf("the lab ended with %v", err)
	}
}

// TestLab: the demonstration's company on two phones and a desk, a note from an airplane, a session that the office
// ends, and the same lab again the next day.
func TestLab(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	l := sitDown(t, dir, nil)
	for place, name := range []string{"Ben Boyle", "Dan Doran"} {
		l.sees(place, name, "[ready]")
	}
	l.sees(2, "Amy Adair", "Connected", "Ben Boyle, first phone", "Dan Doran, first phone", "Both phones have")
	l.press("a")
	l.sees(0, "Network airplane mode")
	l.press("n")
	l.sees(3, "Note on ")
	l.press("Written in an airplane\r")
	l.sees(0, "Offline. 1 change saved on this phone", "[Saved on this phone]")
	l.press("a")
	l.sees(0, "[With the office]", "Unsent 0")
	l.sees(1, "Written in an airplane")
	l.sees(2, "Ben Boyle: Written in an airplane")
	l.press("k")
	l.sees(3, "End the session of Ben Boyle on the first phone?")
	l.press("\r")
	l.sees(0, "The office (Amy Adair) ended this session", "Nothing is lost")
	l.press("i")
	l.sees(3, "Signed in on the first phone")
	l.sees(0, "[ready]", "Gateway connected") // it may be connected for a moment after its session has ended
	l.press("a")
	l.sees(0, "Network airplane mode")
	l.press("n")
	l.sees(3, "Note on ")
	l.press("Written before it was quit\r")
	l.sees(0, "Unsent 1")
	l.quit()
	again := sitDown(t, dir, nil)
	again.sees(2, "Ben Boyle: Written before it was quit")
	again.quit()
	fresh := sitDown(t, dir, func(l *labRun) { l.fresh = true })
	fresh.sees(0, "[ready]", "nothing was done here yet")
	fresh.sees(2, "Connected")
	fresh.quit()
	if log, err := os.ReadFile(filepath.Join(dir, "gateway.log")); err != nil || !bytes.Contains(log, []byte("shut down")) {
		t.Errorf("the gateway's log is not in the lab's directory: %v\n%s", err, log)
	}
}

// TestLabRefuses: without a terminal, and with what it cannot do, it says so and what to do.
func TestLabRefuses(t *testing.T) {
	for _, c := range []struct {
		why, want string
		run       func(c *call) error
	}{
		{"no terminal", "fieldsync phone", func(c *call) error {
			return labCommand(flag.NewFlagSet("lab", flag.ContinueOnError))(t.Context(), c)
		}},
		{"one phone", "want two logins", func(c *call) error {
			return (&labRun{phones: list{"ben@fieldsync.example"}}).run(t.Context(), c, lab.Terminal{})
		}},
		{"nothing would get through", "loss", func(c *call) error {
			return (&labRun{loss: 1}).run(t.Context(), c, lab.Terminal{})
		}},
	} {
		c0 := labCall(t, shortDir(t))
		c0.flags = flag.NewFlagSet("lab", flag.ContinueOnError)
		err := c.run(c0)
		if err == nil || exitCode(err) != exitUsage || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (exit %d), want %q and the exit code of usage", c.why, err, exitCode(err), c.want)
		}
		if left, _ := os.ReadDir(c0.set.data); len(left) > 0 {
			t.Errorf("%s: it left %v", c.why, left)
		}
	}
}
