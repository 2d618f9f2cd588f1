package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// playDemo runs the demonstration once, on a free port.
func playDemo(t *testing.T, dir string, flags ...string) (out string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := append([]string{"demo", "--once", "--data", dir, "--listen", "127.0.0.1:0"}, flags...)
	err = run(t.Context(), args, stdio{strings.NewReader(""), &stdout, &stderr})
	return stdout.String() + stderr.String(), err
}

// serveDemo serves the demonstration's company, as it is after a week of work, in this process, beside that of the canaries.
func serveDemo(t *testing.T, dir string) *demoServer {
	t.Helper()
	d, hidden := serveDemoSet(t, dir, demoSettings{})
	hidden.hide(d.house)
	return d
}

// serveDemoAlone serves it as a reader of the documents has it, whose commands name no company.
func serveDemoAlone(t *testing.T) *demoServer {
	t.Helper()
	d, _ := serveDemoSet(t, shortDir(t), demoSettings{})
	return d
}

// serveDemoSet serves it as the settings say.
func serveDemoSet(t *testing.T, dir string, set demoSettings) (*demoServer, *canaries) {
	t.Helper()
	hidden := newCanaries(t)
	c := &call{stdio: stdio{strings.NewReader(""), io.Discard, hidden}, set: settings{
		data: dir, listen: "127.0.0.1:0", logFormat: "text", logLevel: "debug", drainWait: time.Second, shutdownWait: 5 * time.Second, webhooksPrivate: true,
	}}
	d, err := startDemo(t.Context(), c, set)
	if err != nil {
		t.Fatal(err)
	}
	d.address = "http://" + hidden.relay(d.public.Addr().String())
	t.Cleanup(func() {
		hidden.check(d.house, "")
		check(t, d.close())
	})
	return d, hidden
}

// snapshot is every record that a caller of the demonstration's key sees, by collection.
func (d *demoServer) snapshot(t *testing.T) map[string][]fields {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.address+"/v1/snapshot", http.NoBody)
	check(t, err)
	r.Header.Set("Authorization", "Bearer "+d.mark.Key)
	answer, err := http.DefaultClient.Do(r)
	check(t, err)
	defer answer.Body.Close()
	all := map[string][]fields{}
	for lines := json.NewDecoder(answer.Body); ; {
		var rec fields
		if err := lines.Decode(&rec); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		name, _ := rec["collection"].(string)
		all[name] = append(all[name], rec)
	}
}

// having is how many records have a field with this value.
func having(all []fields, field string, value any) int {
	return len(slices.DeleteFunc(slices.Clone(all), func(f fields) bool { return f[field] != value }))
}

// TestDemoCompany: the company is as the issue wants it, made of the files, and everything in it came in as it does
// from real devices: with an author, a device and a time of its own.
func TestDemoCompany(t *testing.T) {
	t.Parallel()
	spare(t)
	d := serveDemo(t, shortDir(t))
	all := d.snapshot(t)
	for _, row := range []struct {
		what       string
		have, want int
	}{
		{"customers, with the subcontractors' company", len(all["customers"]), 61},
		{"sites", len(all["sites"]), 80},
		{"jobs", len(all["jobs"]), 120},
		{"people", len(all["people"]), 8},
		{"engineers", having(all["people"], "kind", "mobile"), 3},
		{"subcontractors", having(all["people"], "kind", "subcontractor"), 2},
		{"users of a client's portal", having(all["people"], "kind", "portal"), 1},
		{"notes", len(all["notes"]), 54},
		{"ends of a drive", having(all["timesheet_events"], "kind", "travel_end"), 43},
		{"jobs that are done", having(all["jobs"], "status", "completed") + having(all["jobs"], "status", "closed"), 53},
		{"jobs somebody works on", having(all["jobs"], "status", "in_progress"), 1},
		{"jobs somebody travels to", having(all["jobs"], "status", "travelling"), 1},
		{"jobs that wait for something", having(all["jobs"], "status", "paused"), 3},
		{"cancelled jobs", having(all["jobs"], "status", "cancelled"), 1},
		{"things to review", len(all["review_items"]), 2},
		{"conflicts that wait", having(all["review_items"], "kind", "conflict"), 2},
		{"open things to review", having(all["review_items"], "state", "open"), 2},
	} {
		if row.have != row.want {
			t.Errorf("%d %s, want %d", row.have, row.what, row.want)
		}
	}
	lost := map[any]bool{}
	for _, r := range all["review_items"] {
		lost[r["lost_work"]] = true
	}
	conflicts, err := companyRows("conflicts", time.Now())
	check(t, err)
	for _, c := range conflicts {
		if !lost[c["phone_text"]] {
			t.Errorf("what the phone said of %s is not kept for review: %v", c["job"], lost)
		}
	}
	d.checkTimes(t, all)
}

// checkTimes: the server estimated the times of a week ago, by the phones' clocks, and found nothing odd about them.
func (d *demoServer) checkTimes(t *testing.T, all map[string][]fields) {
	t.Helper()
	days := map[string]int{}
	for _, h := range all["timesheet_events"] {
		at, _ := h["at"].(string)
		days[at[:10]]++
		if flags := h["flags"]; flags != nil {
			t.Errorf("hours of %s are flagged %v", at, flags)
		}
	}
	if len(days) < 7 {
		t.Errorf("hours are of %d days, want a week: %v", len(days), days)
	}
	started := 0
	for _, j := range all["jobs"] {
		if at, ok := j["started"].(string); ok && at < d.mark.Made.UTC().Format(time.RFC3339) {
			started++
		}
	}
	if started != 57 {
		t.Errorf("%d jobs were begun before the company was made, want 57", started)
	}
}

// TestDemoHidesCustomers: the subcontractor's phone has her jobs with their cards, and no customer.
func TestDemoHidesCustomers(t *testing.T) {
	spare(t)
	d := serveDemo(t, shortDir(t))
	t.Setenv("FIELDSYNC_PASSWORD", d.mark.Password)
	p := &people{t: t, server: d.address, password: d.mark.Password, dir: shortDir(t)}
	s, err := openStation(stationSettings{server: d.address, tenant: demoTenant, login: "sue@fieldsync.example", dir: p.dir, label: "phone"})
	check(t, err)
	defer func() { check(t, s.close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.follow(ctx)
	check(t, s.signIn(ctx, d.mark.Password, ""))
	check(t, s.until(ctx, s.settled))
	jobs, err := s.jobs()
	check(t, err)
	cards, err := s.List(model.JobCards, model.RecordID{})
	check(t, err)
	if len(jobs) != 22 || len(cards) != 22 {
		t.Errorf("Sue's phone has %d jobs and %d cards, want 22 of each", len(jobs), len(cards))
	}
	for _, c := range []model.Collection{model.Customers, model.Sites, model.Contacts, model.Assets, model.JobContacts, model.TimesheetEvents, model.ReviewItems} {
		if all, err := s.List(c, model.RecordID{}); err != nil || len(all) > 0 {
			spec, _ := builtin().Spec(c)
			t.Errorf("Sue's phone has %d %s: %v", len(all), spec.Name, err)
		}
	}
}

// spare skips a test of the whole demonstration in the short run, which is the one under the race detector: TestDemo and TestLab
// play all of its code there, and each of the others would cost half a minute more.
func spare(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the short run plays the demonstration once")
	}
}

// TestDemo plays the story on a new store, and once more on the same one, in which nothing is made again.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	for _, want := range [][]string{
		{"Making the company", "(made in ", "8 users, 61 customers, 80 sites, 125 jobs", "2 conflicts"},
		{"(found again", "8 users, 61 customers, 80 sites, 130 jobs", "2 conflicts"}, // the story makes five jobs
	} {
		out, err := playDemo(t, dir)
		if err != nil {
			t.Fatalf("the demonstration failed: %v\n%s", err, out)
		}
		for _, line := range append(want, "password is ", "All 25 checks passed", "curl -H 'Authorization: Bearer fsk_") {
			if !strings.Contains(out, line) {
				t.Errorf("the demonstration did not say %q:\n%s", line, out)
			}
		}
	}
}

// TestDemoFoundAgain: a second start changes nothing, with a work week or without the story.
func TestDemoFoundAgain(t *testing.T) {
	t.Parallel()
	spare(t)
	dir := shortDir(t)
	first := map[string][]fields{}
	for i := range 2 {
		t.Run("", func(t *testing.T) {
			d := serveDemo(t, dir)
			if d.fresh == (i > 0) {
				t.Errorf("start %d: fresh is %v", i, d.fresh)
			}
			all := d.snapshot(t)
			delete(all, "") // the cursor
			if i == 0 {
				first = all
				return
			}
			for name := range first {
				if a, b := asText(t, first[name]), asText(t, all[name]); a != b {
					t.Errorf("%s are others after the second start:\n%s\n%s", name, a, b)
				}
			}
		})
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	check(t, err)
	return string(raw)
}

// TestDemoReset: starting over leaves nothing of before, and the mark of the directory.
func TestDemoReset(t *testing.T) {
	t.Parallel()
	spare(t)
	dir := shortDir(t)
	if out, err := playDemo(t, dir, "--no-work"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, err := readMark(dir)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, "letter.txt"), []byte("mine"), 0o600))
	out, err := playDemo(t, dir, "--no-work", "--no-story", "--reset")
	if err != nil || !strings.Contains(out, "120 jobs, 0 notes") {
		t.Fatalf("--reset: %v\n%s", err, out)
	}
	after, err := readMark(dir)
	check(t, err)
	if after.Password == before.Password || after.Company == before.Company || after.Key == before.Key {
		t.Errorf("before %+v, after %+v: not started over", before, after)
	}
	if _, err := os.ReadFile(filepath.Join(dir, "letter.txt")); err != nil {
		t.Errorf("a file that no demonstration made is gone: %v", err)
	}
	if out, err := playDemo(t, filepath.Join(dir, "new"), "--no-work", "--no-story", "--reset"); err != nil {
		t.Errorf("--reset where nothing is yet: %v\n%s", err, out)
	}
}

// TestDemoLeavesOthersAlone: a store that holds a company is not a demonstration's, whatever its name, and is neither
// used nor removed; nor is a demonstration's to which another company was added.
func TestDemoLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	spare(t)
	for _, row := range []struct {
		why   string
		make  func(t *testing.T, dir string)
		plain string // what a start without flags says; empty: it goes on
		reset string // what --reset says
	}{
		{"another company", func(t *testing.T, dir string) {
			must(t, "", "tenants", "add", "acme", "--data", dir)
		}, "another company", "was not made by a demonstration"},
		{"one of the demonstration's name", func(t *testing.T, dir string) {
			must(t, "", "tenants", "add", demoTenant, "--data", dir)
		}, "did not make", "was not made by a demonstration"},
		{"another company beside the demonstration's", func(t *testing.T, dir string) {
			_, err := playDemo(t, dir, "--no-work", "--no-story")
			check(t, err)
			must(t, "", "tenants", "add", "acme", "--data", dir)
		}, "", "another company, acme,"},
		{"another company in a demonstration that was cut off", func(t *testing.T, dir string) {
			check(t, (&demoMark{}).write(dir))
			must(t, "", "tenants", "add", "acme", "--data", dir)
		}, "another company, acme,", "another company, acme,"},
		{"a mark from elsewhere", func(t *testing.T, dir string) {
			must(t, "", "tenants", "add", demoTenant, "--data", dir)
			check(t, (&demoMark{Ready: true, Company: model.TenantID{1}}).write(dir))
		}, "did not make", "another company, demo,"},
		{"a damaged mark", func(t *testing.T, dir string) {
			must(t, "", "tenants", "add", "acme", "--data", dir)
			check(t, os.WriteFile(filepath.Join(dir, markFile), []byte("{"), 0o600))
		}, "read what marks", "read what marks"},
	} {
		t.Run(row.why, func(t *testing.T) {
			dir := shortDir(t)
			row.make(t, dir)
			tenants := must(t, "", "tenants", "list", "--data", dir)
			for _, try := range []struct {
				flags []string
				want  string
			}{{nil, row.plain}, {[]string{"--reset"}, row.reset}} {
				out, err := playDemo(t, dir, append(try.flags, "--no-work", "--no-story")...)
				if (err == nil) != (try.want == "") || err != nil && !strings.Contains(err.Error(), try.want) {
					t.Errorf("demo %v: %v, want %q\n%s", try.flags, err, try.want, out)
				}
			}
			if now := must(t, "", "tenants", "list", "--data", dir); now != tenants {
				t.Errorf("before %q, after %q", tenants, now)
			}
		})
	}
}

// TestDemoInUse: neither a second demonstration, nor --reset, nor a server touches a directory that another process has
// open; a server that cannot serve says why and makes nothing.
func TestDemoInUse(t *testing.T) {
	t.Parallel()
	spare(t)
	d := serveDemo(t, shortDir(t))
	for _, flags := range [][]string{nil, {"--reset"}} {
		out, err := playDemo(t, d.set.data, flags...)
		if err == nil || !strings.Contains(err.Error(), "a fieldsync is running on") {
			t.Errorf("demo %v: %v\n%s", flags, err, out)
		}
	}
	none := filepath.Join(shortDir(t), "none")
	for _, row := range []struct {
		want  string
		flags []string
	}{
		{"a fieldsync is running on", []string{"--data", d.set.data, "--listen", "127.0.0.1:0"}},
		{"is in use: does another fieldsync run there?", []string{"--data", shortDir(t), "--listen", d.public.Addr().String()}},
		{"want HOST:PORT", []string{"--data", none, "--listen", "nonsense"}},
		{"tls-cert and tls-key go together", []string{"--data", none, "--tls-cert", "x"}},
		{"takes no arguments", []string{"extra"}},
	} {
		err := run(t.Context(), append([]string{"serve"}, row.flags...), stdio{strings.NewReader(""), io.Discard, io.Discard})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("serve %v: %v, want %q", row.flags, err, row.want)
		}
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("serve made a directory though it cannot serve")
	}
	check(t, os.Rename(socketPath(d.set.data), socketPath(d.set.data)+".moved")) // only the store's own lock is left
	out, err := playDemo(t, d.set.data, "--reset")
	if err == nil || !strings.Contains(err.Error(), "nothing was removed") {
		t.Errorf("--reset under an open store: %v\n%s", err, out)
	}
	if n := len(d.snapshot(t)["jobs"]); n != 120 {
		t.Errorf("the running demonstration has %d jobs", n)
	}
}

// TestDemoCutOff: a demonstration that is killed while it makes its company is started over by the next start.
func TestDemoCutOff(t *testing.T) {
	t.Parallel()
	spare(t)
	for _, at := range []string{"importing its files", "hand in a week of work"} {
		t.Run(at, func(t *testing.T) {
			dir := shortDir(t)
			killDemo(t, dir, at)
			if mark, err := readMark(dir); err != nil || mark == nil || mark.Ready {
				t.Fatalf("the killed demonstration left the mark %+v, %v", mark, err)
			}
			out, err := playDemo(t, dir, "--no-story")
			if err != nil || !strings.Contains(out, "8 users, 61 customers, 80 sites, 120 jobs, 54 notes") {
				t.Errorf("the next start: %v\n%s", err, out)
			}
		})
	}
}

// killDemo starts a demonstration as a process and kills it when it says something.
func killDemo(t *testing.T, dir, at string) {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0], "demo", "--once", "--data", dir, "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "FIELDSYNC_TEST_PROGRAM=1")
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	var text bytes.Buffer
	for chunk := make([]byte, 4096); !strings.Contains(text.String(), at); {
		n, err := out.Read(chunk)
		text.Write(chunk[:n])
		if err != nil {
			t.Fatalf("the demonstration said %q and ended: %v", text.String(), err)
		}
	}
	check(t, cmd.Process.Kill())
	if cmd.Wait() == nil {
		t.Fatal("it ended before it was killed")
	}
}

// TestDemoEmptyingCutOff: emptying a directory may be cut off anywhere.
func TestDemoEmptyingCutOff(t *testing.T) {
	t.Parallel()
	spare(t)
	for _, row := range []struct {
		why string
		cut func(dir string) error
	}{
		{"before the store was moved", func(string) error { return nil }},
		{"when the store was moved", func(dir string) error {
			return os.Rename(filepath.Join(dir, "data"), filepath.Join(dir, leftovers))
		}},
		{"when all but the old store was gone", func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, "data"), filepath.Join(dir, leftovers)), os.Remove(filepath.Join(dir, "FORMAT")))
		}},
	} {
		t.Run(row.why, func(t *testing.T) {
			dir := shortDir(t)
			_, err := playDemo(t, dir, "--no-work", "--no-story")
			check(t, err)
			check(t, (&demoMark{}).write(dir))
			check(t, row.cut(dir))
			if out, err := playDemo(t, dir, "--no-work", "--no-story"); err != nil || !strings.Contains(out, "(made in ") {
				t.Errorf("%v\n%s", err, out)
			}
			if _, err := os.Stat(filepath.Join(dir, leftovers)); err == nil {
				t.Error("the old store is still there")
			}
		})
	}
}

// TestDemoOfOlderVersion: what the first demonstrations left is named, and started over when it is asked for.
func TestDemoOfOlderVersion(t *testing.T) {
	t.Parallel()
	spare(t)
	dir := shortDir(t)
	must(t, "", "tenants", "add", demoTenant, "--data", dir)
	check(t, os.WriteFile(filepath.Join(dir, oldMarkFile), []byte("secret\n"), 0o600))
	if out, err := playDemo(t, dir, "--no-work", "--no-story"); err == nil || !strings.Contains(err.Error(), "demo --reset starts over") {
		t.Errorf("demo over an older one: %v\n%s", err, out)
	}
	if out, err := playDemo(t, dir, "--no-work", "--no-story", "--reset"); err != nil {
		t.Errorf("--reset of an older one: %v\n%s", err, out)
	}
}

func TestFillDays(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 10, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"{day+0} 09:00,{day-1},{day+31}": "2026-03-01 09:00,2026-02-28,2026-04-01",
		"{now-20m}":                      "2026-02-28 23:50",
		"{day} {now} {day+} {hour+1}":    "{day} {now} {day+} {hour+1}",
	} {
		if got := string(fillDays([]byte(text), now)); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// companyTable reads one of the company's files as it lies there.
func companyTable(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	raw, err := companyFiles.ReadFile("company/" + name + ".csv")
	check(t, err)
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	check(t, err)
	for _, cells := range lines[1:] {
		row := map[string]string{}
		for i, column := range lines[0] {
			row[column] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestCompanyFiles: what the files must keep to, for the demonstration and its story to say what is true.
func TestCompanyFiles(t *testing.T) {
	named := map[[2]string]bool{}
	for _, j := range companyTable(t, "jobs") {
		if key := [2]string{j["title"], j["start"]}; named[key] {
			t.Errorf("job %s: there is another of its title and time, and devices find it by them", j["code"])
		} else {
			named[key] = true
		}
	}
	past := regexp.MustCompile(`^(\{day-\d+\} \d\d:\d\d|\{now-\d+m\})$`)
	for _, name := range []string{"visits", "hours", "notes", "conflicts"} {
		for i, row := range companyTable(t, name) {
			if !past.MatchString(row["at"]) {
				t.Errorf("%s.csv:%d: %q is not surely over when the demonstration is made", name, i+2, row["at"])
			}
		}
	}
	mailed := map[string]bool{}
	for _, name := range []string{"customers", "contacts", "users"} {
		for _, row := range companyTable(t, name) {
			if !strings.HasSuffix(row["email"], ".example") {
				t.Errorf("%s: %q is not of a domain for examples", name, row["email"])
			}
			if mailed[row["email"]] {
				t.Errorf("%s: %q is there twice", name, row["email"])
			}
			mailed[row["email"]] = true
		}
	}
	checkSecrets(t)
}

// checkSecrets: what a subcontractor is shown names no customer, site or contact. The story searches her frames for all
// of them, and text that somebody wrote would be no leak.
func checkSecrets(t *testing.T) {
	t.Helper()
	secrets := map[string]string{}
	for name, columns := range map[string][]string{
		"customers": {"name", "phone", "email", "billing_address", "remarks"}, "sites": {"name", "contact", "contact_phone"},
		"contacts": {"name", "role", "phone", "email"},
	} {
		for _, row := range companyTable(t, name) {
			for _, column := range columns {
				if len(row[column]) > 3 {
					secrets[row[column]] = name + "." + column
				}
			}
		}
	}
	for name, columns := range map[string][]string{
		"jobs": {"title", "description", "instructions"}, "sites": {"address", "access", "safety"}, "notes": {"text"},
		"visits": {"reason"}, "conflicts": {"phone_text", "desk_text"},
	} {
		for i, row := range companyTable(t, name) {
			for _, column := range columns {
				for secret, what := range secrets {
					if strings.Contains(row[column], secret) {
						t.Errorf("%s.csv:%d: %s tells the %s %q", name, i+2, column, what, secret)
					}
				}
			}
		}
	}
}
