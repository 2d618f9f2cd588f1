package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestAcceptHelp: the help of every command shows every flag it takes, its own and the settings that matter to it, what
// each is for, and what holds without it; how a setting is named in the environment and in a file; and an example.
func TestAcceptHelp(t *testing.T) {
	for _, cmd := range commands() {
		help := must(t, "", append(strings.Fields(cmd.name), "--help")...)
		for _, want := range []string{"FIELDSYNC_DATA", "--config", cmd.args, "\nExamples:\n", "fieldsync " + strings.Fields(cmd.name)[0]} {
			if !strings.Contains(help, want) {
				t.Errorf("%s --help lacks %q:\n%s", cmd.name, want, help)
			}
		}
		flags := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
		if cmd.serves {
			new(settings).define(flags)
		}
		cmd.define(flags)
		flags.VisitAll(func(f *flag.Flag) {
			_, usage := flag.UnquoteUsage(f)
			_, line, ok := strings.Cut(help, "\n  --"+f.Name+" ")
			line, _, _ = strings.Cut(line, "\n")
			if !ok || usage == "" || !strings.Contains(line, usage) {
				t.Errorf("%s --help does not say what --%s is for", cmd.name, f.Name)
			}
			if f.DefValue != "" && f.DefValue != "false" && !strings.Contains(line, "("+f.DefValue+")") {
				t.Errorf("%s --help does not say that --%s is %s", cmd.name, f.Name, f.DefValue)
			}
		})
		for _, word := range []string{"-h", "-help"} {
			if again := must(t, "", append(strings.Fields(cmd.name), word)...); again != help {
				t.Errorf("%s %s is not its --help", cmd.name, word)
			}
		}
	}
}

// TestAcceptMistakes: what was not understood is one line that says what to do, and a status that a script can tell.
func TestAcceptMistakes(t *testing.T) {
	for _, cmd := range commands() {
		_, err := cli(t, "", append(strings.Fields(cmd.name), "--nonsense")...)
		if exitCode(err) != exitUsage || !strings.Contains(err.Error(), "--help") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s --nonsense: %v, exit %d", cmd.name, err, exitCode(err))
		}
	}
	for _, c := range []struct {
		args, says string
		exit       int
	}{
		{"", "Usage", exitOK},
		{"--help", "Usage", exitOK},
		{"sevre", "serve", exitUsage},
		{"config prin", "config print", exitUsage},
		{"users ad", "users add", exitUsage},
		{"serve extra", "fieldsync serve", exitUsage},
		{"serve --drain-wait soon", "drain-wait", exitUsage},
		{"serve --data", "data", exitUsage},
		{"decode /nowhere/at/all", "nowhere", exitUsage},
		{"phone", "--as", exitUsage},
	} {
		var stdout, stderr bytes.Buffer
		p := exec.CommandContext(t.Context(), os.Args[0], strings.Fields(c.args)...)
		p.Env, p.Stdout, p.Stderr, p.Dir = append(os.Environ(), "FIELDSYNC_TEST_PROGRAM=1"), &stdout, &stderr, t.TempDir()
		err := p.Run()
		var failed *exec.ExitError
		exit := 0
		if errors.As(err, &failed) {
			exit = failed.ExitCode()
		}
		out := stderr.String()
		if c.exit == exitOK {
			out = stdout.String()
		}
		if exit != c.exit || !strings.Contains(out, c.says) || strings.Contains(out, "goroutine") {
			t.Errorf("fieldsync %s: exit %d, want %d and %q; it said %q and %q", c.args, exit, c.exit, c.says, stdout.String(), stderr.String())
		}
	}
}

// secretsOf is what of a frame nobody may read out of a log.
func secretsOf(frame []byte) (out [][]byte) {
	m, err := protocol.Decode(frame)
	if err != nil {
		return nil
	}
	number := func(n uint64) {
		out = append(out, []byte(strconv.FormatUint(n, 10)), []byte(strconv.FormatUint(n, 16)))
	}
	switch m := m.(type) {
	case *protocol.Hello:
		out = append(out, m.Secret[:], m.Signature)
		number(m.Token)
	case *protocol.Welcome:
		number(m.Token)
	case *protocol.Resume:
		out = append(out, m.Cursor)
	case *protocol.Page:
		out = append(out, m.Header.Cursor, m.Header.Base)
	case *protocol.Push:
		for i, s := range m.Submitted() {
			out = append(out, []byte(s.Change.Base), m.Changes[i].Receipt)
		}
	case *protocol.Answers:
		for _, a := range m.Answers {
			if a.Receipt != (model.Receipt{}) {
				out = append(out, a.Receipt[:])
			}
		}
	}
	return out
}

// TestAcceptDecode: fieldsync decode prints every vector as its file says, refuses the others with a status, and shows
// no secret in any form.
func TestAcceptDecode(t *testing.T) {
	good := 0
	for _, v := range vectorFiles(t) {
		if v.kind != "frame" {
			continue
		}
		var stdout, stderr bytes.Buffer
		err := run(context.Background(), []string{"decode"}, stdio{strings.NewReader(hex.EncodeToString(v.data)), &stdout, &stderr})
		said := stdout.String() + stderr.String()
		if _, bad := protocol.Decode(v.data); (bad == nil) != (err == nil) {
			t.Errorf("%s: decode = %v", v.name, err)
		}
		if len(v.data) > 0 && !strings.HasPrefix(said, strconv.Itoa(len(v.data))+" byte") {
			t.Errorf("%s: it does not even say how long it is: %q", v.name, said)
		}
		if v.means != nil {
			good++
			if want := strings.Join(v.means, "\n") + "\n"; stdout.String() != want {
				t.Errorf("%s is printed as\n%s\nwant\n%s", v.name, stdout.String(), want)
			}
		}
		for _, secret := range secretsOf(v.data) {
			for _, form := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret)} {
				if len(form) > 4 && strings.Contains(strings.ToLower(said), strings.ToLower(form)) {
					t.Errorf("%s: decode prints a secret of %d bytes", v.name, len(secret))
				}
			}
		}
	}
	if good < 15 {
		t.Errorf("%d frames that mean something", good)
	}
}
