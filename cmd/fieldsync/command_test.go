package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/web"
)

// TestCommandsWithoutAServer runs the operator's commands over the store itself.
func TestCommandsWithoutAServer(t *testing.T) {
	t.Parallel()
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
		{"config nothing", exitUsage, "config print"},
		{"usrs list", exitUsage, "no command"},
		{"serve --lisen :0", exitUsage, `did you mean "--listen"`},
	} {
		args := strings.Fields(c.args)
		args = append(args, data)
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
		"(from: environment FIELDSYNC_LISTEN)\nlisten = 10.0.0.2:2\n", "(from: file " + file + ":4)\nlog-format = json\n",
		"(from: file " + file + ":5)\nhosts = a.example,b.example\n", "(from: flag --stay-away)\nstay-away = 9s\n",
		"(from: default)\ndata = ./data\n", "(from: default)\norigins =\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("config print lacks %q:\n%s", want, out)
		}
	}
	if alone := must(t, "", "config", "--config", file, "--stay-away=9s"); alone != out {
		t.Errorf("fieldsync config is not its print:\n%s", alone)
	}
	var all []setting
	check(t, json.Unmarshal([]byte(must(t, "", "config", "--json", "--config", file)), &all))
	for _, want := range []setting{
		{Key: "listen", Value: "10.0.0.2:2", From: fromEnv, Where: "FIELDSYNC_LISTEN", Default: "127.0.0.1:8080", Variable: "FIELDSYNC_LISTEN"},
		{Key: "log-format", Value: "json", From: fromFile, Where: file + ":4", Default: "text", Variable: "FIELDSYNC_LOG_FORMAT"},
		{Key: "config", Value: file, From: fromFlag, Where: "--config", Variable: "FIELDSYNC_CONFIG"},
		{Key: "drain-wait", Value: "30s", From: fromDefault, Default: "30s", Variable: "FIELDSYNC_DRAIN_WAIT"},
	} {
		i := slices.IndexFunc(all, func(s setting) bool { return s.Key == want.Key })
		if i < 0 {
			t.Errorf("config --json lacks %s", want.Key)
			continue
		}
		if want.Means = all[i].Means; want.Means == "" || all[i] != want {
			t.Errorf("config --json has %+v, want %+v", all[i], want)
		}
	}
	write(out)
	if again := must(t, "", "config", "print", "--config", file); !strings.Contains(again, "(from: file "+file+":") {
		t.Errorf("what config print prints is no file of settings:\n%s", again)
	}
	for _, c := range []struct{ text, says string }{
		{"lisen = x\n", `did you mean "listen"`},
		{"listen\n", "key = value"},
		{"data = a\ndata = b\n", "twice"},
		{"shutdown-wait = soon\n", "want a time such as"},
		{"webhooks-private = perhaps\n", "want true or false"},
		{"config = other\n", "no other"},
	} {
		write(c.text)
		if _, err := cli(t, "", "config", "print", "--config", file); exitCode(err) != exitUsage || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), file+":") {
			t.Errorf("%q = %v, want %q and the line", c.text, err, c.says)
		}
	}
	t.Setenv("FIELDSYNC_STAY_AWAY", "soon")
	if _, err := cli(t, "", "config", "print"); err == nil || !strings.Contains(err.Error(), "FIELDSYNC_STAY_AWAY") {
		t.Errorf("a bad variable = %v", err)
	}
}

// TestConfigCheck tells everything that is wrong at once, and where.
func TestConfigCheck(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "fieldsync.conf")
	check(t, os.WriteFile(file, []byte("lisen = :1\ndrain-wait = soon\nlisten = nowhere\nlog-level = loud\nhosts = Sync.example\n"), 0o600))
	t.Setenv("FIELDSYNC_SHUTDOWN_WAIT", "later")
	t.Setenv("FIELDSYNC_ORIGINS", "https://office.example/path")
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), []string{
		"config", "--lisen", ":0", "check", "--config", file, "--tls-cert", filepath.Join(dir, "chain.pem"), "--stay-away", "-1s",
		"--webhooks-private=perhaps", "-listen=:0", "--metrics-listen=:noport", "--data",
	}, stdio{strings.NewReader(""), &stdout, &stderr})
	if exitCode(err) != exitUsage || !strings.Contains(err.Error(), "14 things are wrong") {
		t.Errorf("config check = %v, exit %d", err, exitCode(err))
	}
	for _, want := range []string{
		file + `:1: no setting "lisen"; did you mean "listen"?`, file + ":2: drain-wait", file + ":3: listen", file + ":4: log-level",
		file + ":5: hosts", "FIELDSYNC_SHUTDOWN_WAIT: shutdown-wait", "FIELDSYNC_ORIGINS: origins", "--tls-cert: tls-cert and tls-key go together",
		"--stay-away: stay-away", "--metrics-listen: metrics-listen", `--lisen: no such flag; did you mean "--listen"?`,
		`--webhooks-private: webhooks-private = "perhaps": want true or false`, "-listen=:0: flags have two dashes: write --listen",
		"flags: flag needs an argument: --data",
	} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("config check does not say %q:\n%s", want, stderr.String())
		}
	}
	for _, c := range []struct{ flag, says string }{
		{"--tls-cert=" + file + ",--tls-key=" + file, "the certificate or its key cannot be used"},
		{"--tls-key=" + file, "go together"},
		{"--config=" + filepath.Join(dir, "nothing"), "no such file"},
		{"--log-format=xml", "log-format"},
	} {
		stderr.Reset()
		t.Setenv("FIELDSYNC_SHUTDOWN_WAIT", "1s")
		t.Setenv("FIELDSYNC_ORIGINS", "https://office.example")
		args := append([]string{"config", "check"}, strings.Split(c.flag, ",")...)
		err := run(t.Context(), args, stdio{strings.NewReader(""), &stdout, &stderr})
		if exitCode(err) != exitUsage || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("config check %s = %v: %s", c.flag, err, stderr.String())
		}
	}
	check(t, os.WriteFile(file, []byte("listen = :443\nhosts = sync.example\n"), 0o600))
	if out := must(t, "", "config", "check", "--config", file, "--metrics-listen", "127.0.0.1:9100"); !strings.Contains(out, "nothing is wrong: 6 settings are set") {
		t.Errorf("config check = %q", out)
	}
}

// TestConfigCheckHasHelp: it forgives every flag, and its help is one.
func TestConfigCheckHasHelp(t *testing.T) {
	for _, flag := range []string{"--help", "-h", "-help"} {
		if out := must(t, "", "config", "check", flag, "--lisen"); !strings.Contains(out, "Usage: fieldsync config check") {
			t.Errorf("config check %s = %q", flag, out)
		}
	}
}

// TestStoreOfAnotherFormat is named once.
func TestStoreOfAnotherFormat(t *testing.T) {
	dir := shortDir(t)
	check(t, os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("fieldsync badgerstore 99\n"), 0o600))
	_, err := cli(t, "", "users", "list", "--data", dir)
	if err == nil || strings.Count(err.Error(), dir) != 1 {
		t.Errorf("users list with a store of another format = %v, want it named once", err)
	}
}

func TestConfigExplain(t *testing.T) {
	t.Setenv("FIELDSYNC_DRAIN_WAIT", "7s")
	for _, name := range []string{"drain-wait", "FIELDSYNC_DRAIN_WAIT"} {
		out := must(t, "", "config", "explain", name)
		for _, want := range []string{"before a takeover", "7s", "30s", "environment FIELDSYNC_DRAIN_WAIT", "drain-wait = duration"} {
			if !strings.Contains(out, want) {
				t.Errorf("config explain %s lacks %q:\n%s", name, want, out)
			}
		}
	}
	if _, err := cli(t, "", "config", "explain", "drain-wiat"); exitCode(err) != exitUsage || !strings.Contains(err.Error(), `did you mean "drain-wait"`) {
		t.Errorf("config explain of nothing = %v", err)
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
			matters := cmd.serves || slices.Contains(common, name)
			if strings.Contains(help, "\n  --"+name+" ") != matters {
				t.Errorf("%s --help shows --%s: %v, want %v", cmd.name, name, !matters, matters)
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
