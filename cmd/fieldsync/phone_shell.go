package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"text/tabwriter"

	"golang.org/x/term"
)

// shell reads commands, a line each, and shows what they answer. News may come at any time and goes between lines.
type shell struct {
	in    *bufio.Scanner
	verbs []verb
	tty   bool   // somebody types: there is a prompt
	news  func() // called before each command, so that it answers with what was told; may be nil

	mu     sync.Mutex // guards the fields below
	out    io.Writer
	asking bool // a prompt is on the screen
}

// verb is one command of a shell.
type verb struct {
	name string
	args string
	help string
	run  func(w io.Writer, args []string) error
}

// errQuit ends a shell in order.
var errQuit = errors.New("quit")

func newShell(std stdio) *shell {
	s := &shell{in: bufio.NewScanner(std.in), out: fitting(std.out)}
	s.in.Buffer(nil, 64<<10)
	if file, ok := std.in.(*os.File); ok {
		s.tty = term.IsTerminal(int(file.Fd()))
	}
	return s
}

// say shows a line between the prompts.
func (s *shell) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ") // what somebody wrote is not to look like a line of ours
	if s.asking {
		fmt.Fprintf(s.out, "\r%s\n> ", line)
		return
	}
	fmt.Fprintln(s.out, line)
}

// lines reads the input. Nothing ends a read of a terminal, so that this goroutine may outlive the shell, by as much as
// the process does.
func (s *shell) lines() <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		for s.in.Scan() {
			out <- s.in.Text()
		}
	}()
	return out
}

// loop runs commands until quit, the end of the input, or the end of ctx. What a command says was wrong is shown; the next one runs.
// Where nobody types, the first error is kept: a script must not look as if all had gone well.
func (s *shell) loop(ctx context.Context) error {
	var first error
	lines := s.lines()
	for {
		s.prompt(s.tty)
		var line string
		var ok bool
		select {
		case line, ok = <-lines:
		case <-ctx.Done():
		}
		s.prompt(false)
		if !ok {
			return first
		}
		if s.news != nil {
			s.news()
		}
		err := s.command(line)
		if errors.Is(err, errQuit) {
			return first
		}
		if err != nil {
			s.print(func(w io.Writer) { fmt.Fprintf(w, "! %v\n", err) })
			if first == nil && !s.tty {
				first = fmt.Errorf("%s: %w", strings.TrimSpace(line), err)
			}
		}
	}
}

// prompt shows the prompt, or notes that it has been answered.
func (s *shell) prompt(show bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking = show; show {
		fmt.Fprint(s.out, "> ")
	}
}

// print shows what f writes, in one piece.
func (s *shell) print(f func(w io.Writer)) {
	var text strings.Builder
	f(&text)
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprint(s.out, text.String())
}

// command runs one line. Its output is gathered first, so that no news comes between.
func (s *shell) command(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return nil
	}
	v, err := s.verb(strings.ToLower(words[0]))
	if err != nil {
		return err
	}
	if v == nil {
		s.print(s.help)
		return nil
	}
	var text strings.Builder
	err = v.run(&text, words[1:])
	s.print(func(w io.Writer) { fmt.Fprint(w, text.String()) })
	return err
}

// verb finds a command by its name, or by a beginning that only one has; nil for help.
func (s *shell) verb(name string) (*verb, error) {
	if name == "help" || name == "?" {
		return nil, nil
	}
	var found []*verb
	var names []string
	for i := range s.verbs {
		v := &s.verbs[i]
		if v.name == name {
			return v, nil
		}
		if strings.HasPrefix(v.name, name) {
			found = append(found, v)
		}
		names = append(names, v.name)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return nil, fmt.Errorf("no command %q%s; help lists them", name, nearest(name, names))
}

func (s *shell) help(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, v := range s.verbs {
		fmt.Fprintf(t, "  %s\t%s\n", strings.TrimSpace(v.name+" "+v.args), v.help)
	}
	_ = t.Flush() // to the shell's own writer
}

// rest is the words from the n-th on as one text; an error when there are none.
func rest(args []string, n int, what string) (string, error) {
	if len(args) <= n {
		return "", fmt.Errorf("%s is missing", what)
	}
	return strings.Join(args[n:], " "), nil
}

// password takes a password from FIELDSYNC_PASSWORD or asks for it; never from the command line, which others see.
func password(std stdio, login string) (string, error) {
	if text, ok := os.LookupEnv("FIELDSYNC_PASSWORD"); ok {
		return text, nil
	}
	terminal, ok := std.in.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return "", usagef("there is no terminal to ask for the password of %s at; set FIELDSYNC_PASSWORD", login)
	}
	fmt.Fprintf(std.err, "Password of %s: ", login)
	text, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(std.err)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(text), nil
}
