package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/web"
)

// TestCommandsWithoutAServer runs the operator's commands over the store itself.
func TestCommandsWithoutAServer(t *testing.T) {
	data := "--data=" + filepath.Join(shortDir(t), "d")
	if _, err := cli(t, "", "users", "list", data); exitCode(err) != exitNotFound {
		t.Errorf("users list without data = %v, want not found: a typing error must not make a store", err)
	}
	must(t, "", "tenants", "add", "acme", data)
	must(t, "", "users", "add", "ben@acme.test", data, "--name", "Ben")
	must(t, "", "users", "add", "--kind=desktop", "--role=admin", "amy@acme.test", data)
	out := must(t, "", "users", "levels", "ben@acme.test", "mobile", "customers=hidden", "create_job=on", data)
	if !strings.Contains(out, "create_job=on customers=hidden") {
		t.Errorf("users levels = %q", out)
	}
	var users []web.User
	check(t, json.Unmarshal([]byte(must(t, "", "users", "list", "--json", data)), &users))
	if len(users) != 2 || users[1].Levels["mobile"]["customers"] != "hidden" || users[0].Levels["web"]["admin"] != "full" {
		t.Errorf("users list = %+v", users)
	}
	for _, c := range []struct {
		args string
		exit int
		says string
	}{
		{"tenants add acme", exitConflict, "taken"},
		{"tenants add Ac/me", exitUsage, "name"},
		{"users add ben@acme.test", exitConflict, "taken"},
		{"users add x --kind robot", exitUsage, "subcontractor"},
		{"users add x --role admin", exitUsage, "role"},
		{"users levels ben@acme.test mobile custmers=hidden", exitUsage, "customers"},
		{"users levels ben@acme.test mobile customers=hiden", exitUsage, "hidden"},
		{"users levels ben@acme.test phone customers=hidden", exitUsage, "web and mobile"},
		{"users levels ben@acme.test mobile customers", exitUsage, "PERMISSION=LEVEL"},
		{"users password nobody@acme.test", exitNotFound, "nobody@acme.test"},
		{"users list --tenant other", exitNotFound, "other"},
		{"sessions end ben@acme.test", exitNotFound, "no live session"},
		{"users add", exitUsage, "LOGIN"},
		{"config", exitUsage, "config print"},
		{"usrs list", exitUsage, "no command"},
		{"serve --lisen :0", exitUsage, `did you mean "listen"`},
	} {
		args := strings.Fields(c.args)
		if c.args != "config" {
			args = append(args, data)
		}
		_, err := cli(t, "", args...)
		if exitCode(err) != c.exit || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("fieldsync %s = %v, exit %d; want exit %d and %q", c.args, err, exitCode(err), c.exit, c.says)
		}
	}
	must(t, "", "tenants", "add", "other", data)
	if _, err := cli(t, "", "users", "list", data); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "acme, other") {
		t.Errorf("with two companies: %v, want to be asked which", err)
	}
}

func TestSettingsHaveOneDefinitionAndAnOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fieldsync.conf")
	write := func(text string) { check(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("# a comment\n\nlisten = 10.0.0.1:1\nlog-format=json\nhosts = a.example, b.example\n")
	t.Setenv("FIELDSYNC_LISTEN", "10.0.0.2:2")
	t.Setenv("FIELDSYNC_STAY_AWAY", "7s")
	out := must(t, "", "config", "print", "--config", file, "--stay-away=9s")
	for _, want := range []string{
		"(from: environment)\nlisten = 10.0.0.2:2\n", "(from: file)\nlog-format = json\n", "(from: file)\nhosts = a.example,b.example\n",
		"(from: flag)\nstay-away = 9s\n", "(from: default)\ndata = ./data\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("config print lacks %q:\n%s", want, out)
		}
	}
	write(out)
	if again := must(t, "", "config", "print", "--config", file); !strings.Contains(again, "(from: file)\ndata = ./data\n") {
		t.Errorf("what config print prints is no file of settings:\n%s", again)
	}
	for _, c := range []struct{ text, says string }{
		{"lisen = x\n", `did you mean "listen"`},
		{"listen\n", "key = value"},
		{"data = a\ndata = b\n", "twice"},
		{"shutdown-wait = soon\n", "shutdown-wait"},
		{"config = other\n", "no other"},
	} {
		write(c.text)
		if _, err := cli(t, "", "config", "print", "--config", file); exitCode(err) != exitUsage || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q = %v, want %q", c.text, err, c.says)
		}
	}
	t.Setenv("FIELDSYNC_STAY_AWAY", "soon")
	if _, err := cli(t, "", "config", "print"); err == nil || !strings.Contains(err.Error(), "FIELDSYNC_STAY_AWAY") {
		t.Errorf("a bad variable = %v", err)
	}
}

func TestHelpShowsEverything(t *testing.T) {
	overview := must(t, "", "help")
	for _, cmd := range commands() {
		if !strings.Contains(overview, cmd.name) {
			t.Errorf("the overview lacks %s", cmd.name)
		}
		help := must(t, "", append(strings.Fields(cmd.name), "--help")...)
		for _, name := range settingNames() {
			if !strings.Contains(help, "--"+name) {
				t.Errorf("%s --help lacks --%s", cmd.name, name)
			}
		}
	}
}

func TestDecode(t *testing.T) {
	frame := protocol.Encode(&protocol.Pong{Time: 1_000_000, Wall: 5})
	file := filepath.Join(t.TempDir(), "frame")
	check(t, os.WriteFile(file, frame, 0o600))
	want := must(t, "", "decode", file)
	if !strings.Contains(want, "pong") {
		t.Errorf("decode = %q", want)
	}
	for _, in := range []string{
		string(frame), hex.EncodeToString(frame) + "\n", "0x" + strings.ToUpper(hex.EncodeToString(frame)),
		base64.StdEncoding.EncodeToString(frame), base64.RawURLEncoding.EncodeToString(frame),
	} {
		if got := must(t, in, "decode"); got != want {
			t.Errorf("decode of %q = %q, want %q", in, got, want)
		}
	}
	if _, err := cli(t, "ff", "decode"); exitCode(err) != exitFailed {
		t.Errorf("decode of no frame = %v", err)
	}
}
