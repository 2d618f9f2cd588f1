package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/lab"
)

// A page may also show terminals, several at once. A block that is marked with the name of one is typed into it, and what
// the page shows must come:
//
//	<!-- terminal ben -->
//	```
//	$ fieldsync phone --as ben@fieldsync.example
//	* online
//	> jobs
//	1   3464977  08:00  scheduled  Boiler service
//	…
//	```
//
// Lines after > are typed, all others must be said after the block began, in any order. Digits stand for any digits,
// but a number of seven is a job's: the page's is taken for the one that came in its place.
var terminalBlock = regexp.MustCompile("(?s)<!-- terminal (\\w+) -->\n+```\n(.*?)\n```\n")

// terminals are those of a page.
type terminals struct {
	t      *testing.T
	d      *demoServer
	dir    string
	open   map[string]*openTerminal
	number map[string]string // of jobs: the page's → ours
}

// openTerminal is a phone or an office that somebody sits at.
type openTerminal struct {
	in   *io.PipeWriter
	done chan error

	mu   sync.Mutex // guards the fields below
	text strings.Builder
	said chan struct{} // closed, and replaced, at every word
}

// Write hears what the terminal says.
func (o *openTerminal) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.said)
	o.said = make(chan struct{})
	return o.text.Write(p)
}

// since is what was said from a place on, and what tells of more.
func (o *openTerminal) since(at int) (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()[at:], o.said
}

// runTerminals types what a page says into its terminals.
func runTerminals(t *testing.T, text, page string, d *demoServer) {
	t.Helper()
	s := &terminals{t: t, d: d, dir: shortDir(t), open: map[string]*openTerminal{}, number: map[string]string{}}
	t.Setenv("FIELDSYNC_PASSWORD", d.mark.Password)
	blocks := terminalBlock.FindAllStringSubmatchIndex(text, -1)
	if marks := strings.Count(text, "<!-- terminal "); marks != len(blocks) || marks < 7 {
		t.Fatalf("%s: %d marks, %d marked blocks, want 7", page, marks, len(blocks))
	}
	for _, b := range blocks {
		s.block(text[b[2]:b[3]], strings.Split(text[b[4]:b[5]], "\n"), 1+strings.Count(text[:b[4]], "\n"))
	}
	for name, o := range s.open {
		o.in.Close()
		if err := <-o.done; err != nil {
			t.Errorf("the terminal %s: %v", name, err)
		}
	}
}

// block types a block.
func (s *terminals) block(name string, lines []string, at int) {
	s.t.Helper()
	from := 0
	if o := s.open[name]; o != nil {
		all, _ := o.since(0)
		from = len(all)
		if !strings.HasPrefix(lines[0], ">") {
			from = 0 // nothing is typed: it has said so already, or will
		}
	}
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "$ "):
			s.start(name, line[2:])
		case strings.HasPrefix(line, "> "):
			if _, err := io.WriteString(s.open[name].in, s.ours(line[2:])+"\n"); err != nil {
				s.t.Fatalf("line %d: %v", at+i, err)
			}
		case squeeze(line) != "" && line != "…":
			s.expect(s.open[name], line, from, at+i)
		}
	}
}

// start opens a terminal with the page's command.
func (s *terminals) start(name, command string) {
	words := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(command, -1)
	data := "./" + words[1]
	for i := range words {
		words[i] = strings.Trim(words[i], `"`)
		if words[i] == "--data" {
			data = words[i+1]
		}
	}
	args := append(words[1:], "--server", s.d.address, "--data", filepath.Join(s.dir, data))
	r, w := io.Pipe()
	o := &openTerminal{in: w, done: make(chan error, 1), said: make(chan struct{})}
	s.open[name] = o
	go func() { o.done <- run(context.Background(), args, stdio{r, o, io.Discard}) }()
	s.t.Cleanup(func() { w.Close() })
}

var jobNumbers = regexp.MustCompile(`\b\d{7}\b`)

// ours puts our jobs' numbers in the place of the page's.
func (s *terminals) ours(line string) string {
	return jobNumbers.ReplaceAllStringFunc(line, func(n string) string {
		if mine, ok := s.number[n]; ok {
			return mine
		}
		return n
	})
}

// expect waits until a terminal has said a line of the page.
func (s *terminals) expect(o *openTerminal, line string, from, at int) {
	s.t.Helper()
	pattern := regexp.MustCompile(`(?m)^` + s.pattern(line) + ` ?$`)
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		text, more := o.since(from)
		if m := pattern.FindStringSubmatch(spaces.ReplaceAllString(text, " ")); m != nil {
			for i, n := range s.fresh(line) {
				s.number[n] = m[i+1]
			}
			return
		}
		select {
		case <-more:
		case err := <-o.done:
			s.t.Fatalf("line %d: the terminal ended (%v) without saying\n%s\nit said\n%s", at, err, line, text)
		case <-late.C:
			s.t.Fatalf("line %d: nobody said\n%s\nbut\n%s", at, line, text)
		}
	}
}

// fresh is the numbers of jobs in a line that we have none for yet.
func (s *terminals) fresh(line string) (out []string) {
	for _, n := range jobNumbers.FindAllString(line, -1) {
		if s.number[n] == "" {
			out = append(out, n)
		}
	}
	return out
}

var (
	spaces  = regexp.MustCompile(` +`) // columns are as wide as their widest cell
	digits  = regexp.MustCompile(`\d+`)
	dayName = regexp.MustCompile(`(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ [A-Z][a-z]{2} `)
)

// pattern is what a line of the page may be with us.
func (s *terminals) pattern(line string) string {
	var out strings.Builder
	rest := dayName.ReplaceAllString(spaces.ReplaceAllString(strings.TrimRight(line, " "), " "), "\x01")
	for len(rest) > 0 {
		loc := digits.FindStringIndex(rest)
		if loc == nil {
			out.WriteString(anyDay(rest))
			break
		}
		out.WriteString(anyDay(rest[:loc[0]]))
		switch n := rest[loc[0]:loc[1]]; {
		case len(n) == 7 && s.number[n] != "":
			out.WriteString(s.number[n])
		case len(n) == 7:
			out.WriteString(`(\d{7})`)
		default:
			out.WriteString(`\d+`)
		}
		rest = rest[loc[1]:]
	}
	return out.String()
}

// anyDay is a text as it stands, with any day for a day and anything for ….
func anyDay(text string) string {
	text = regexp.QuoteMeta(text)
	text = strings.ReplaceAll(text, "\x01", `(?:[A-Z][a-z]{2} \d+ [A-Z][a-z]{2} )?`)
	return strings.ReplaceAll(text, "…", ".*")
}

// keysBegin and keysEnd stand around the table of the lab's keys.
const (
	keysBegin = "<!-- the lab's keys, written by go test ./cmd/fieldsync -run TestDocsQuickstart -update -->\n"
	keysEnd   = "<!-- end of the lab's keys -->\n"
)

// checkLabKeys compares a page's table with the keys that the lab has, or writes it.
func checkLabKeys(t *testing.T, page string) {
	t.Helper()
	table := "| key | does | what is seen |\n|---|---|---|\n"
	for _, k := range lab.Keys() {
		table += "| `" + k.Press + "` | " + k.Does + " | " + k.Shows + " |\n"
	}
	text := readDoc(t, page)
	before, rest, ok := strings.Cut(text, keysBegin)
	there, after, ended := strings.Cut(rest, keysEnd)
	if !ok || !ended {
		t.Fatalf("%s has no place for the keys of the lab", page)
	}
	if there == table {
		return
	}
	if !*update {
		t.Errorf("%s: the lab's keys are others by now; run go test ./cmd/fieldsync -run TestDocsQuickstart -update", page)
		return
	}
	check(t, os.WriteFile(filepath.Join(docsDir, page), []byte(before+keysBegin+table+keysEnd+after), 0o600))
}

// TestDocsQuickstart does what the quickstart says: in the terminals, in the shell, and what it says of the lab's keys.
func TestDocsQuickstart(t *testing.T) {
	spare(t)
	const page = "quickstart.md"
	checkLabKeys(t, page)
	text := readDoc(t, page)
	d := serveDemoAlone(t)
	runTerminals(t, text, page, d)
	runDoc(t, page, 2, d)
}

// TestDocsLabTour does what the quickstart says to try first in the lab.
func TestDocsLabTour(t *testing.T) {
	t.Parallel()
	spare(t)
	l := sitDown(t, shortDir(t), nil)
	for place := range 2 {
		l.sees(place, "[ready]")
	}
	l.sees(2, "Amy Adair", "Connected", "Ben Boyle, first phone", "Both phones have")
	// 1: a note and a title without network
	l.press("a")
	l.sees(0, "Network airplane mode")
	l.press("n")
	l.sees(3, "Note on ")
	l.press("Written in an airplane\r")
	l.sees(0, "[Saved on this phone]", "Unsent 1")
	l.press("e")
	l.sees(3, "itle")
	l.press(" (Ben's)\r")
	l.sees(0, "Unsent 2", "(Ben's)")
	// 2: the office changes the same title
	l.press("3", "e")
	l.sees(3, "itle")
	l.press(" (the office's)\r")
	l.sees(1, "(the office's)")
	// 3: the network is back
	l.press("1", "a")
	l.sees(0, "[With the office]", "Unsent 0", "(the office's)")
	l.sees(2, "Written in an airplane", "lost: ", "(Ben's)")
	l.press("3", "r")
	l.sees(3, "enter: restore what lost")
	l.press("\x1b") // and nothing right after it, which would be another key
	l.sees(3, "tab next pane")
	// 4: a second sign-in
	l.press("1", "a")
	l.sees(0, "Network airplane mode")
	l.press("n")
	l.sees(3, "Note on ")
	l.press("Written before it was taken over\r")
	l.sees(0, "Unsent 1")
	l.press("s")
	l.sees(3, "first phone")
	l.press("\r")
	l.sees(3, "The spare phone is the one in use now")
	l.press("a")
	l.sees(0, "Ben Boyle, first phone", "[stopped] You signed in on another phone", "Unsent 0")
	l.sees(2, "Written before it was taken over")
	l.press("d")
	l.sees(0, "Ben Boyle, spare phone", "[ready]")
	l.quit()
}
