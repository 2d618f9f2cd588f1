package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/fieldsync/fieldsync/web/problem"
)

// TestFlagsStandAnywhere: before the command, among its arguments and after them; -- ends them.
func TestFlagsStandAnywhere(t *testing.T) {
	data := filepath.Join(shortDir(t), "d")
	must(t, "", "--data", data, "tenants", "add", "acme")
	must(t, "", "users", "--data="+data, "add", "--name", "Ben", "ben@acme.test", "--kind=mobile")
	if out := must(t, "", "users", "--json", "--data", data); !strings.Contains(out, `"ben@acme.test"`) {
		t.Errorf("users = %q, want the list", out)
	}
	_, err := cli(t, "", "users", "add", "--data", data, "--", "--name", "x")
	if exitCode(err) != exitUsage || !strings.Contains(err.Error(), "want: fieldsync users add LOGIN") {
		t.Errorf("two arguments after -- = %v", err)
	}
}

func TestWhatWasMeant(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"sevre", `did you mean "serve"?`},
		{"x", `no command "x". See fieldsync --help`},
		{"hlep", `did you mean "help"?`},
		{"report jobs --by moon", `--by "moon": want one of day, week, month, person, customer`}, // before it asks for days
		{"report jobs --by mont", `; did you mean "month"`},
		{"report jobs --on friday", `--on "friday": want one of planned, created, completed`},
		{"users ad", `did you mean "users add"?`},
		{"users lst --json", `did you mean "users list"?`},
		{"users x", "there is: users add, users deactivate, users levels, users link, users list, users password, users reactivate, users replace, users reset-link, users rights, users set-all."},
		{"help usrs", `did you mean "users"?`},
		{"help users ad", `did you mean "users add"?`},
		{"serve --lisen :0", `no flag --lisen; did you mean "--listen"? See fieldsync serve --help`},
		{"serve -listen :0", "flags have two dashes: write --listen"},
		{"serve -listen=:0", "flags have two dashes: write --listen"},
		{"phone --listen :0", "no flag --listen. See fieldsync phone --help"}, // a phone opens no door
		{"serve --drain-wait soon", `--drain-wait "soon": want a time such as`},
		{"serve --webhooks-private=perhaps", "want true or false"},
		{"serve --data", "needs an argument: --data"},
	} {
		_, err := cli(t, "", strings.Fields(c.args)...)
		if exitCode(err) != exitUsage || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("fieldsync %s = %v, exit %d; want %q", c.args, err, exitCode(err), c.says)
		}
	}
}

// TestHelpOfFamilies: a family's help shows its commands, and help COMMAND is COMMAND --help.
func TestHelpOfFamilies(t *testing.T) {
	out := must(t, "", "users", "--help")
	for _, want := range []string{"Commands:\n  users add", "users levels", "Examples:"} {
		if !strings.Contains(out, want) {
			t.Errorf("users --help lacks %q:\n%s", want, out)
		}
	}
	for _, name := range []string{"users", "users add", "serve"} {
		if must(t, "", append([]string{"help"}, strings.Fields(name)...)...) != must(t, "", append(strings.Fields(name), "-h")...) {
			t.Errorf("help %s is not %s -h", name, name)
		}
	}
}

// TestFamilies: whatever the order of the table, a family is one command: what its own row says, or its list, or a word
// about what there is.
func TestFamilies(t *testing.T) {
	row := func(name string) command {
		return command{name: name, define: func(*flag.FlagSet) action {
			return func(_ context.Context, c *call) error {
				fmt.Fprintln(c.out, name)
				return nil
			}
		}}
	}
	table := []command{row("bench floor"), row("bench"), row("keys add"), row("keys list"), row("held release"), row("held dismiss")}
	for args, want := range map[string]string{
		"bench": "bench", "bench floor": "bench floor", "keys": "keys list", "keys add": "keys add", "keys list": "keys list",
		"held": "held what? There is: held dismiss, held release", "bench flor": `no command "bench flor"; did you mean "bench floor"?`,
	} {
		var out bytes.Buffer
		c := &call{stdio: stdio{strings.NewReader(""), &out, &out}}
		c.settings = flag.NewFlagSet("", flag.ContinueOnError)
		root := &cobra.Command{Use: "fieldsync", SilenceErrors: true, SilenceUsage: true}
		c.grow(root, table)
		root.SetArgs(strings.Fields(args))
		err := root.ExecuteContext(t.Context())
		if err != nil {
			fmt.Fprintln(&out, err)
		}
		if !strings.HasPrefix(out.String(), want) {
			t.Errorf("fieldsync %s says %q, want %q", args, out.String(), want)
		}
	}
}

// TestCommandsSayEnough: every command has an example that begins as it is called, and says in one line what it does.
func TestCommandsSayEnough(t *testing.T) {
	for _, cmd := range commands() {
		if cmd.short == "" || strings.HasSuffix(cmd.short, ".") || strings.Contains(cmd.short, "\n") {
			t.Errorf("%s: %q is no line of an overview", cmd.name, cmd.short)
		}
		if !strings.Contains(cmd.example, "fieldsync "+cmd.name) && !strings.Contains(cmd.example, "fieldsync "+strings.Fields(cmd.name)[0]) {
			t.Errorf("%s has no example", cmd.name)
		}
	}
}

// TestExamplesAreUnderstood: an example that is not understood helps nobody.
func TestExamplesAreUnderstood(t *testing.T) {
	for _, cmd := range commands() {
		for line := range strings.SplitSeq(cmd.example, "\n") {
			_, line, ok := strings.Cut(line, "fieldsync ")
			if !ok {
				continue
			}
			for _, end := range []string{" | ", ")", " > "} {
				line, _, _ = strings.Cut(line, end)
			}
			args := exampleWords(line)
			root := newTree(&call{})
			found, rest, err := root.Find(args)
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("%s: the example %q: %v", cmd.name, line, err)
			}
			if name := strings.TrimPrefix(found.CommandPath(), "fieldsync "); !strings.HasPrefix(cmd.name, name) {
				t.Errorf("%s: the example %q is of %s", cmd.name, line, name)
			}
		}
	}
}

// exampleWords splits a line as a shell does, quotes taken away.
func exampleWords(line string) []string {
	quoted := rune(0)
	return strings.FieldsFunc(strings.Map(func(r rune) rune {
		switch {
		case r == quoted:
			quoted = 0
			return -1
		case quoted == 0 && (r == '\'' || r == '"'):
			quoted = r
			return -1
		case quoted != 0 && r == ' ':
			return '_'
		}
		return r
	}, line), func(r rune) bool { return r == ' ' })
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("anything"), 1},
		{usagef("no"), 2},
		{problem.New("bad_request", ""), 2},
		{problem.New("body_too_large", ""), 2},
		{problem.New("not_found", ""), 3},
		{problem.New("history_gone", ""), 3},
		{problem.New("not_allowed", ""), 4},
		{problem.New("not_signed_in", ""), 4},
		{fmt.Errorf("%w: no socket", errUnreachable), 5},
		{problem.New("stale", ""), 6},
		{problem.New("taken", ""), 6},
		{problem.New("active_elsewhere", ""), 6},
		{problem.New("busy", ""), 7},
		{problem.New("too_many_attempts", ""), 7},
		{fmt.Errorf("%w: %w", errUnreachable, context.DeadlineExceeded), 7},
		{fmt.Errorf("%w: three of ten", errChecks), 8},
		{fmt.Errorf("%w: %w", errUnreachable, context.Canceled), 130},
		{problem.New("internal", ""), 1},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exit code of %v is %d, want %d", c.err, got, c.want)
		}
	}
	if got := exitStatus(http.StatusPreconditionRequired); got != 6 {
		t.Errorf("exit code of 428 is %d, want 6", got)
	}
}

// TestComplain: what, where, why, what to do, and the code.
func TestComplain(t *testing.T) {
	var out bytes.Buffer
	complain(&out, fmt.Errorf("import: %w", problem.New("bad_request", "Nothing was changed.",
		problem.Fault{Location: "body.name", Message: "too long"}, problem.Fault{Message: "no body"})))
	title := problem.New("bad_request", "").Title
	if want := "fieldsync: import: " + title + "\n  body.name: too long\n  no body\n  Nothing was changed. [bad_request]\n"; out.String() != want {
		t.Errorf("complaint = %q, want %q", out.String(), want)
	}
	out.Reset()
	complain(&out, errors.New("the disk is on fire"))
	if out.String() != "fieldsync: the disk is on fire\n" {
		t.Errorf("complaint = %q", out.String())
	}
}

// offered are the words that a shell would be offered after the last argument, without their descriptions.
func offered(t *testing.T, args ...string) (out []string) {
	t.Helper()
	text := must(t, "", append([]string{"__complete"}, args...)...)
	for line := range strings.Lines(text) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !strings.HasPrefix(word, ":") {
			out = append(out, word)
		}
	}
	return out
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	p := startProgram(t, shortDir(t))
	p.setUp()
	must(t, "", "users", "add", "amy@acme.test", "--kind", "desktop", "--role", "admin", "--tenant", "acme", "--data", p.data)
	for _, c := range []struct {
		args string
		want []string // all of them, or, with … at the end, these first
	}{
		{"us", []string{"users"}},
		{"users l", []string{"levels", "link", "list"}},
		{"config c", []string{"check"}},
		{"serve --drain", []string{"--drain-wait"}},
		{"phone --lis", nil},
		{"help users a", []string{"add"}},
		{"help us", []string{"users"}},
		{"completion ", []string{"bash", "zsh", "fish", "powershell"}},
		{"completion bash ", nil},
		{"serve --log-level w", []string{"warn"}},
		{"users add x --kind ", []string{"desktop", "mobile", "portal", "subcontractor"}},
		{"import --kind ", []string{"assets", "contacts", "customers", "jobs", "sites", "users"}},
		{"import --dates ", []string{"dmy", "mdy", "ymd"}},
		{"import --decimal p", []string{"point"}},
		{"export --format x", []string{"xlsx"}},
		{"export --separator s", []string{"semicolon"}},
		{"export users use", []string{"users"}},
		{"report jobs --by w", []string{"week"}},
		{"report jobs --on c", []string{"completed", "created"}},
		{"users levels --tenant acme --data " + p.data + " ", []string{"amy@acme.test", "ben@acme.test"}},
		{"users levels --tenant acme --data " + p.data + " b", []string{"ben@acme.test"}},
		{"sessions end --tenant acme --data " + p.data + " b", []string{"ben@acme.test"}},
		{"sessions end --tenant other --data " + p.data + " b", nil},
		{"users levels ben@acme.test w", []string{"web"}},
		{"users levels ben@acme.test mobile customers=h", []string{"customers=hidden"}},
		{"users levels ben@acme.test mobile customers=hidden create_job=", []string{"create_job=off", "create_job=on"}},
		{"users set-all ben@acme.test mobile r", []string{"read-only"}},
		{"users list --data " + p.data + " --tenant a", []string{"acme"}},
		{"devices mark x ", []string{"lost", "stolen", "found"}},
		{"config explain shut", []string{"shutdown-wait"}},
		{"users levels --data " + filepath.Join(p.data, "nothing") + " ", nil}, // no server, no wait, no store
	} {
		got := offered(t, strings.Split(c.args, " ")...)
		slices.Sort(got)
		want := slices.Sorted(slices.Values(c.want))
		if !slices.Equal(got, want) {
			t.Errorf("after %q there is offered %q, want %q", c.args, got, want)
		}
	}
	devices := offered(t, "devices", "mark", "--tenant", "acme", "--data", p.data, "")
	if len(devices) != 1 || len(devices[0]) != 32 {
		t.Errorf("devices mark offers %q, want one device", devices)
	}
	if got := offered(t, "keys", "add", "x", "--scope", "jobs:read,customers:w"); !slices.Equal(got, []string{"jobs:read,customers:write"}) {
		t.Errorf("scopes: %q", got)
	}
	if out := must(t, "", "__complete", "decode", ""); !strings.HasSuffix(out, ":0\n") {
		t.Errorf("decode does not offer files: %q", out)
	}
	if out := must(t, "", "__complete", "serve", "--data", ""); !strings.HasSuffix(out, ":16\n") {
		t.Errorf("--data does not offer directories: %q", out)
	}
	if out := must(t, "", "__complete", "tenants", "add", ""); !strings.HasSuffix(out, ":4\n") {
		t.Errorf("the name of a company offers files: %q", out)
	}
}

// TestCompletionScripts: each shell's script is made, and is one where the shell is here to tell.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range strings.Split(shells, "|") {
		script := must(t, "", "completion", shell)
		if !strings.Contains(script, "__complete") || !strings.Contains(script, "fieldsync") {
			t.Errorf("the script of %s is %d bytes of something else", shell, len(script))
		}
		path, err := exec.LookPath(shell)
		if err != nil || shell == "powershell" {
			continue
		}
		parse := exec.CommandContext(t.Context(), path, "-n")
		parse.Stdin = strings.NewReader(script)
		if out, err := parse.CombinedOutput(); err != nil {
			t.Errorf("%s does not read its script: %v\n%s", shell, err, out)
		}
	}
	if _, err := cli(t, "", "completion", "tcsh"); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "powershell") {
		t.Errorf("completion of tcsh = %v", err)
	}
}
