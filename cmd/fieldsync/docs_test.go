package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A page of docs/ whose commands are run by a test marks them, and what they print, by comments that a reader of the
// page does not see. Commands of one page run in one shell, one block after the other; in what they print … stands for
// anything, and white space for none.
//
//	<!-- run -->
//	```sh
//	…
//	```
//	<!-- prints -->
//	```json
//	…
//	```
var docBlock = regexp.MustCompile("(?s)<!-- (run|prints) -->\n+```[a-z]*\n(.*?)\n```\n")

// docsDir is where the pages are, seen from this package.
const docsDir = "../../docs"

// TestDocsIntegrate runs every command of the page for whoever connects a back end.
func TestDocsIntegrate(t *testing.T) {
	t.Parallel()
	runDoc(t, "how-to/integrate-a-back-end.md", 12, serveDemoAlone(t))
}

// TestDocsPortal runs every command of the page about the clients' entrance.
func TestDocsPortal(t *testing.T) {
	t.Parallel()
	runDoc(t, "how-to/client-portal.md", 8, serveDemoAlone(t))
}

// TestDocsClient runs every command of the page for whoever writes a client.
func TestDocsClient(t *testing.T) {
	t.Parallel()
	runDoc(t, "how-to/write-a-client.md", 6, serveDemoAlone(t))
}

// runDoc runs the marked commands of a page against a demonstration, at least so many blocks.
func runDoc(t *testing.T, page string, least int, d *demoServer) {
	t.Helper()
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("THE COMMANDS OF %s WERE NOT RUN: there is no %s on this machine", page, tool)
		}
	}
	text := readDoc(t, page)
	blocks := docBlock.FindAllStringSubmatchIndex(text, -1)
	if marks := strings.Count(text, "<!-- run -->") + strings.Count(text, "<!-- prints -->"); marks != len(blocks) || len(blocks) < least {
		t.Fatalf("%s: %d marks, %d marked blocks, want at least %d", page, marks, len(blocks), least)
	}
	shell := newDocShell(t, d)
	line := func(at int) int { return 1 + strings.Count(text[:at], "\n") }
	printed := ""
	for _, b := range blocks {
		kind, body := text[b[2]:b[3]], text[b[4]:b[5]]
		if kind == "run" {
			printed = shell.run(t, page, line(b[4]), strings.ReplaceAll(body, "http://127.0.0.1:8080", d.address))
			continue
		}
		if !like(body).MatchString(squeeze(printed)) {
			t.Errorf("%s:%d says that this is printed:\n%s\nand this was:\n%s", page, line(b[4]), body, printed)
		}
	}
}

func readDoc(t *testing.T, page string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(docsDir, page))
	check(t, err)
	return string(raw)
}

// squeeze takes all white space out of a text.
func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

// like matches what a page says is printed.
func like(text string) *regexp.Regexp {
	parts := strings.Split(squeeze(text), "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$")
}

// docShell is the shell in which a page's blocks are run.
type docShell struct {
	in  io.Writer
	out *bufio.Reader
}

// blockEnd is what the shell says after each block.
const blockEnd = "-- end of block --"

// newDocShell is a shell with the program on its path, in a folder of its own.
func newDocShell(t *testing.T, d *demoServer) *docShell {
	t.Helper()
	dir := t.TempDir()
	program, err := filepath.Abs(os.Args[0])
	check(t, err)
	bin := filepath.Join(dir, "bin")
	check(t, os.Mkdir(bin, 0o700))
	wrapper := "#!/bin/sh\nFIELDSYNC_TEST_PROGRAM=1 exec '" + program + "' \"$@\"\n"
	check(t, os.WriteFile(filepath.Join(bin, "fieldsync"), []byte(wrapper), 0o700)) //nolint:gosec // it is to be run
	protocol, err := filepath.Abs("../../protocol")
	check(t, err)
	check(t, os.Symlink(protocol, filepath.Join(dir, "protocol"))) // pages name files as they are seen from the repository
	cmd := exec.CommandContext(t.Context(), "sh", "-eu")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "FIELDSYNC_DATA="+d.set.data,
		"FIELDSYNC_PASSWORD="+d.mark.Password)
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	cmd.Stderr = cmd.Stdout
	check(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // a block that failed has been told
	})
	return &docShell{in, bufio.NewReader(out)}
}

// run runs a block and returns what it printed. A command that fails ends the shell.
func (s *docShell) run(t *testing.T, page string, line int, block string) string {
	t.Helper()
	if _, err := io.WriteString(s.in, block+"\necho\necho '"+blockEnd+"'\n"); err != nil {
		t.Fatalf("%s:%d: %v", page, line, err)
	}
	var printed strings.Builder
	for {
		text, err := s.out.ReadString('\n')
		if strings.TrimSpace(text) == blockEnd {
			return printed.String()
		}
		printed.WriteString(text)
		if err != nil {
			t.Fatalf("%s:%d: this ended the shell:\n%s\nafter it had printed\n%s", page, line, block, printed.String())
		}
	}
}
