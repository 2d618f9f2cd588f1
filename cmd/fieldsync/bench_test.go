package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/bench"
)

// benchRun runs a benchmark whose servers are this test.
func benchRun(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	benchPlace(t)
	t.Setenv("FIELDSYNC_LISTEN", "192.0.2.1:1") // no setting of whoever measures is the servers'
	return cli(t, "", append([]string{"bench"}, args...)...)
}

// benchPlace gives a benchmark a place for temporary files of its own, and makes this test its servers.
func benchPlace(t *testing.T) {
	t.Helper()
	t.Setenv("TMPDIR", shortDir(t))
	t.Setenv("FIELDSYNC_TEST_PROGRAM", "1")
}

// nothingLeft says whether a benchmark took everything away with it.
func nothingLeft(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// clean says whether nothing was wrong in what a report checked, and everything was checked.
func clean(t *testing.T, r *bench.Report, checks map[string]int) {
	t.Helper()
	for target, want := range checks {
		checked := 0
		for _, c := range r.Checks {
			if c.Target != target {
				continue
			}
			if checked++; c.Checked == 0 || len(c.Wrong) > 0 {
				t.Errorf("%s: %s: %d compared, %q", target, c.Name, c.Checked, c.Wrong)
			}
		}
		if checked != want {
			t.Errorf("%d things of the %s were checked, want %d: %+v", checked, target, want, r.Checks)
		}
	}
}

// TestBenchQuick plays every scenario, small, on real processes.
func TestBenchQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts servers and loads them for some seconds")
	}
	dir := t.TempDir()
	out, err := benchRun(t, "--quick", "--json", "--profile", dir)
	if err != nil {
		t.Fatal(err)
	}
	var r bench.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	clean(t, &r, map[string]int{"gateway": 8, "floor": 4})
	for _, name := range []string{"push", "drain", "sync_plain", "sync_compressed", "sync_durable", "listen", "revoke", "revoke_given", "takeover", "kick", "flood", "idle", "resume"} {
		i := slices.IndexFunc(r.Results, func(x bench.Result) bool { return x.Scenario == name })
		switch {
		case i < 0 && name == "idle" && runtime.GOOS != "linux":
		case i < 0:
			t.Errorf("nothing was measured of %s", name)
		case r.Results[i].Figures[0].Gateway == nil:
			t.Errorf("nothing was measured of the gateway in %s", name)
		case r.Results[i].Figures[0].Ratio == nil && !slices.Contains([]string{"sync_durable", "revoke", "revoke_given", "takeover", "kick", "flood"}, name):
			t.Errorf("there is no ratio in %s: %+v", name, r.Results[i].Figures[0])
		}
	}
	if runtime.GOOS == "linux" && !benchTells(&r, "resume", "password_hashes", 0) {
		t.Error("it is not measured that a resume hashes no password")
	}
	for _, file := range []string{"gateway-push-8-1.cpu", "floor-push-8-1.cpu"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("the profile %s: %v", file, err)
		}
	}
	nothingLeft(t)
}

// benchTells says whether a figure of the gateway is this.
func benchTells(r *bench.Report, scenario, name string, want float64) bool {
	for _, x := range r.Results {
		for _, f := range x.Figures {
			if x.Scenario == scenario && f.Name == name && f.Gateway != nil {
				return f.Gateway.Median == want
			}
		}
	}
	return false
}

func TestBenchFloorAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server and loads it")
	}
	out, err := benchRun(t, "floor", "--quick", "--scenario", "push,sync")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"durable pushes, 8 devices", "first sync of 500 records, plain", "ok: floor: every acknowledged change"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "gateway: ") {
		t.Errorf("a gateway was measured:\n%s", out)
	}
}

// TestBenchOfARunningGateway measures one that somebody else started.
func TestBenchOfARunningGateway(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts servers and loads them")
	}
	dir := shortDir(t)
	p := startProgram(t, dir)
	must(t, "", "tenants", "add", "bench", "--data", dir)
	must(t, "correct horse\n", "users", "add", "amy@bench.test", "--kind", "desktop", "--role", "planner", "--password-stdin", "--tenant", "bench", "--data", dir)
	people := "# the benchmark's\namy@bench.test correct horse\n"
	for _, login := range []string{"ben@bench.test", "sue@bench.test", "tom@bench.test"} {
		must(t, "correct horse\n", "users", "add", login, "--password-stdin", "--tenant", "bench", "--data", dir)
		must(t, "", "users", "levels", login, "mobile", "create_job=on", "--tenant", "bench", "--data", dir)
		people += login + " correct horse\n"
	}
	file := filepath.Join(t.TempDir(), "people.txt")
	check(t, os.WriteFile(file, []byte(people), 0o600))
	args := []string{"--quick", "--json", "--server", "http://" + p.address, "--tenant", "bench", "--users", file}
	for range 2 { // the second finds what the first left, and its sessions
		out, err := benchRun(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		var r bench.Report
		check(t, json.Unmarshal([]byte(out), &r))
		clean(t, &r, map[string]int{"gateway": 4, "floor": 4}) // it may set no levels there
		if notes := strings.Join(r.Notes, "; "); !strings.Contains(notes, "3 devices") || !strings.Contains(notes, "was not started by this run") {
			t.Errorf("a reader is told %q", notes)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	one := filepath.Join(t.TempDir(), "one.txt")
	check(t, os.WriteFile(one, []byte("amy@bench.test secret\n"), 0o600))
	odd := filepath.Join(t.TempDir(), "odd.txt")
	check(t, os.WriteFile(odd, []byte("amy@bench.test secret\nben@bench.test\n"), 0o600))
	cases := []struct {
		args []string
		want string
	}{
		{[]string{"push"}, `no command "bench push"`},
		{[]string{"floor", "push"}, "want: fieldsync bench floor"},
		{[]string{"--scenario", "pull"}, "there are push, drain, sync, listen, revoke, takeover, kick, flood, idle, resume"},
		{[]string{"--for", "1h"}, "at most 1m0s"},
		{[]string{"--repeat", "1000"}, "at most 100"},
		{[]string{"--tenant", "acme"}, "name it with --server"},
		{[]string{"--server", "http://127.0.0.1:1"}, "--tenant"},
		{[]string{"--server", "http://127.0.0.1:1", "--tenant", "acme"}, "--users"},
		{[]string{"--server", "http://127.0.0.1:1", "--tenant", "acme", "--users", one}, "at least one phone"},
		{[]string{"--server", "http://127.0.0.1:1", "--tenant", "acme", "--users", odd}, "odd.txt:2"},
		{[]string{"--server", "http://127.0.0.1:1", "--tenant", "acme", "--users", one + ".none"}, "read the people"},
	}
	for _, c := range cases {
		_, err := cli(t, "", append([]string{"bench"}, c.args...)...)
		var usage *usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("bench %v = %v, want a usage error with %q", c.args, err, c.want)
		}
	}
}

// TestBenchEndsWithItsContext: an interrupted benchmark leaves no server behind.
func TestBenchEndsWithItsContext(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts servers")
	}
	benchPlace(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var out bytes.Buffer
	progress := writerFunc(func(b []byte) (int, error) {
		if bytes.Contains(b, []byte("durable pushes")) {
			interrupt()
		}
		return len(b), nil
	})
	err := run(ctx, []string{"bench", "--scenario", "push", "--for", "1m"}, stdio{strings.NewReader(""), &out, progress})
	if exitCode(err) != exitInterrupted {
		t.Errorf("an interrupted benchmark = %v, exit code %d, want %d", err, exitCode(err), exitInterrupted)
	}
	nothingLeft(t)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestBenchExitCodes(t *testing.T) {
	if code := exitCode(errBenchWrong); code != exitChecks {
		t.Errorf("work that is lost ends with %d, want %d", code, exitChecks)
	}
}
