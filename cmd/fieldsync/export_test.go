package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// exported is what a file has: its rows by the column that names them, without the columns that no two companies share.
func exported(t *testing.T, file string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(file)
	check(t, err)
	table, err := sheet.Open(file, bytes.NewReader(raw), int64(len(raw)), sheet.Options{})
	check(t, err)
	out := map[string]string{}
	for row, err := range table.Rows() {
		check(t, err)
		if row.Fault != "" {
			t.Errorf("%s:%d %s", file, row.Line, row.Fault)
		}
		var cells []string
		name := ""
		for i, c := range row.Cells {
			switch column := table.Columns[i]; {
			case column == "id" || column == "job_number" || column == "possible_duplicate":
				continue
			case column == "external_id" && c.Text == "":
				c.Text = "import:" + row.Cells[0].Text // what has no name elsewhere goes by its id in another company
			case strings.HasSuffix(column, "_external_id") && len(c.Text) == 32 && !strings.Contains(c.Text, ":"):
				c.Text = "import:" + c.Text
			}
			if column := table.Columns[i]; column == "external_id" || column == "login" {
				name = c.Text
			}
			cells = append(cells, table.Columns[i]+"="+c.Text)
		}
		if _, twice := out[name]; twice {
			t.Errorf("%s: two rows are %q", file, name)
		}
		out[name] = strings.Join(cells, "\x00")
	}
	return out
}

// TestExport_RoundTrip: what is exported and imported into an empty company is exported again as it was, up to ids.
func TestExport_RoundTrip(t *testing.T) {
	t.Parallel()
	p := openPapers(t)
	if _, talk, err := p.tally(p.six()...); err != nil {
		t.Fatal(err, talk)
	}
	b := p.backEnd("amy@acme", "read", "write")
	b.do(201, "PUT", "/v1/customers/by-external-id/sap:1", fields{
		"name": "=HYPERLINK(\"http://x\")", "phone": "+44 1", "remarks": " two\nlines \t", "account": "-7", "credit_limit": "-12.50",
		"email": "@home", "billing_address": "'=quoted, \"and\" more; and | more", "group": fields{"external_id": "import:1"}, "status": "inactive",
	})
	b.do(201, "PUT", "/v1/sites/by-external-id/sap:s", fields{"customer": fields{"external_id": "sap:1"}, "name": "Sydney", "geo": "-33.86,151.2", "address": "x"})
	b.do(201, "PUT", "/v1/jobs/by-external-id/sap:j", fields{
		"title": "Leak", "site": fields{"external_id": "sap:s"}, "window_start": "2026-10-25T00:30:00.250Z", "draft": true, "planned_minutes": 45,
		"answer_by": "2026-10-25T01:30:00Z", "instructions": "1. Look\n2. Mend", "order_number": "0042",
	})
	unnamed := b.do(201, "POST", "/v1/customers", fields{"name": "Without a name elsewhere"})["id"].(string)
	b.do(201, "POST", "/v1/sites", fields{"customer": unnamed, "name": "Its site", "address": "y"})
	for _, format := range []string{"csv", "xlsx"} {
		t.Run(format, func(t *testing.T) { p.roundTrip(t, format) })
	}
}

func (p *papers) roundTrip(t *testing.T, format string) {
	t.Helper()
	kinds := []string{"customers", "sites", "contacts", "assets", "users", "jobs"}
	first, second := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	if _, talk, err := p.said(append([]string{"export", "--out", first, "--format", format, "--zone", "Europe/London"}, kinds...)...); err != nil {
		t.Fatal(err, talk)
	}
	data := shortDir(t)
	must(t, "", "tenants", "add", "acme", "--data", data)
	args := []string{"import", "--data", data, "--zone", "America/New_York"}
	for _, kind := range kinds {
		args = append(args, filepath.Join(first, kind+"."+format))
	}
	var out, talk bytes.Buffer
	if err := run(t.Context(), args, stdio{nil, &out, &talk}); err != nil {
		t.Fatal(err, talk.String())
	}
	must(t, "", append([]string{"export", "--data", data, "--out", second, "--format", format, "--zone", "Europe/London"}, kinds...)...)
	if rita := exported(t, filepath.Join(first, "users."+format))["rita@acme"]; !strings.Contains(rita, "company_external_id=import:2\x00") {
		t.Errorf("the portal's user is exported as %q, without her company", rita)
	}
	for _, kind := range kinds {
		was, is := exported(t, filepath.Join(first, kind+"."+format)), exported(t, filepath.Join(second, kind+"."+format))
		if len(was) == 0 || len(was) != len(is) {
			t.Errorf("%s: %d rows were exported, and %d came back", kind, len(was), len(is))
		}
		for name, row := range was {
			if format == "xlsx" { // which has no spaces around a text
				row = strings.ReplaceAll(row, "remarks= two\nlines \t", "remarks=two\nlines")
			}
			if is[name] != row {
				t.Errorf("%s %q came back as\n%q, was\n%q", kind, name, is[name], row)
			}
		}
	}
}

// TestExport_ForPeople: a CSV does nothing when it is opened in a spreadsheet, and one for programs is as it is.
func TestExport_ForPeople(t *testing.T) {
	p := openPapers(t)
	b := p.backEnd("amy@acme", "read", "write")
	b.do(201, "POST", "/v1/customers", fields{"name": "=1+1", "phone": "+44", "credit_limit": "-5.00"})
	dir := t.TempDir()
	read := func(args ...string) string {
		_, talk, err := p.said(append([]string{"export", "customers", "--out", dir, "--replace"}, args...)...)
		if err != nil {
			t.Fatal(err, talk)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "customers.csv"))
		check(t, err)
		return string(raw)
	}
	if got := read(); !strings.Contains(got, ",'=1+1,,'+44,") || !strings.Contains(got, ",-5.00,") || strings.HasPrefix(got, "\ufeff") {
		t.Errorf("for people: %q", got)
	}
	if got := read("--bom", "--separator", "semicolon"); !strings.HasPrefix(got, "\ufeffid;external_id;name;") || !strings.Contains(got, "\r\n") {
		t.Errorf("for Excel: %q", got)
	}
	if got := read("--plain"); !strings.Contains(got, ",=1+1,,+44,") {
		t.Errorf("for programs: %q", got)
	}
	if _, _, err := p.said("export", "customers", "--out", dir); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "--replace") {
		t.Errorf("over a file that is there: %v", err)
	}
	left, err := os.ReadDir(dir)
	check(t, err)
	if len(left) != 1 {
		t.Errorf("%d files are there, want the one", len(left))
	}
	for _, bad := range [][]string{
		{"export", "--out", dir},
		{"export", "customers"},
		{"export", "--all", "customers", "--out", dir},
		{"export", "cats", "--out", dir},
		{"export", "--all", "--out", dir, "--format", "pdf"},
		{"export", "--all", "--out", dir, "--separator", "dot"},
		{"export", "--all", "--out", dir, "--zone", "Mars"},
	} {
		if _, _, err := p.said(bad...); exitCode(err) != exitUsage {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestExport_IsAsSeen: an export has what its user sees and nothing else, and NDJSON is what the API says.
func TestExport_IsAsSeen(t *testing.T) {
	p := openPapers(t)
	if _, talk, err := p.tally(p.six()...); err != nil {
		t.Fatal(err, talk)
	}
	sets := access.RoleSets(access.Planner)
	sets.Web[access.WebCustomers] = access.None
	p.addUser("acme", "dan", model.Desktop, sets)
	for _, format := range []string{"csv", "ndjson"} {
		whole, seen := filepath.Join(t.TempDir(), "amy"), filepath.Join(t.TempDir(), "dan")
		for as, dir := range map[string]string{"amy@acme": whole, "dan@acme": seen} {
			if _, talk, err := p.said("export", "--all", "--out", dir, "--format", format, "--as", as); err != nil {
				t.Fatal(err, talk)
			}
		}
		files, err := filepath.Glob(filepath.Join(seen, "*"))
		check(t, err)
		if len(files) != len(model.Builtin())+1 {
			t.Errorf("%d files, want one for every collection and the users", len(files))
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			check(t, err)
			for _, secret := range []string{"ACME", "Bell & Sons", "credit", "1234.50"} {
				if bytes.Contains(raw, []byte(secret)) && !(secret == "credit" && format == "csv") { // the column's name
					t.Errorf("%s has %q", file, secret)
				}
			}
		}
		if raw, err := os.ReadFile(filepath.Join(whole, "customers."+format)); err != nil || !bytes.Contains(raw, []byte("ACME")) {
			t.Errorf("amy's customers: %s, %v", raw, err)
		}
		if format == "ndjson" {
			p.isTheSnapshot(whole)
		}
	}
}

// isTheSnapshot compares files of documents with what the API says.
func (p *papers) isTheSnapshot(dir string) {
	p.t.Helper()
	want := strings.Split(strings.TrimSpace(p.snapshot()), "\n")
	var got []string
	files, err := filepath.Glob(filepath.Join(dir, "*.ndjson"))
	check(p.t, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		check(p.t, err)
		if filepath.Base(file) == "users.ndjson" {
			if n := bytes.Count(raw, []byte("\n")); n != 6 {
				p.t.Errorf("%d users, want 6", n)
			}
			continue
		}
		for line := range strings.Lines(string(raw)) {
			got = append(got, strings.TrimSpace(line))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		p.t.Errorf("%d documents were exported, and the API has %d, or others", len(got), len(want))
	}
}

// TestReport_W8 counts jobs by what they are, with a window that is half-open also where clocks are changed.
func TestReport_W8(t *testing.T) {
	p := openPapers(t)
	jobs := p.write("jobs.csv", "No,Title,Start,Minutes,Customer,Assigned\n"+
		"1,a,2026-03-28T23:59:59Z,60,1,ben@acme\n"+ // the day before
		"2,b,2026-03-29T00:00:00Z,60,1,\"ben@acme, cal@acme\"\n"+ // its first instant
		"3,c,2026-03-29T22:59:59.999Z,30,2,\n"+ // its last: the day has 23 hours
		"4,d,2026-03-29T23:00:00Z,30,,ben@acme\n"+ // the next day
		"5,e,,30,1,ben@acme\n") // without a plan
	if _, talk, err := p.tally(p.write("customers.csv", "No,Name\n1,One\n2,=Two\n"), p.write("users.csv", "login,kind,name\ncal@acme,mobile,Cal\n"), jobs); err != nil {
		t.Fatal(err, talk)
	}
	report := func(args ...string) string {
		out, talk, err := p.said(append([]string{"report", "jobs", "--from", "2026-03-29", "--to", "2026-03-30", "--zone", "Europe/London"}, args...)...)
		if err != nil {
			t.Fatal(err, talk)
		}
		return out
	}
	const statuses = ",jobs,planned_minutes,draft,unassigned,offered,scheduled,travelling,in_progress,paused,completed,closed,cancelled\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "day" + statuses + "2026-03-29,2,90,0,1,1,0,0,0,0,0,0,0\n"},
		{[]string{"--to", "2026-04-01"}, "day" + statuses + "2026-03-29,2,90,0,1,1,0,0,0,0,0,0,0\n2026-03-30,1,30,0,0,1,0,0,0,0,0,0,0\n2026-03-31,0,0,0,0,0,0,0,0,0,0,0,0\n"},
		{[]string{"--by", "week"}, "week" + statuses + "2026-W13,2,90,0,1,1,0,0,0,0,0,0,0\n"},
		{[]string{"--by", "month", "--from", "2026-03-01", "--to", "2026-05-01"}, "month" + statuses + "2026-03,4,180,0,1,3,0,0,0,0,0,0,0\n2026-04,0,0,0,0,0,0,0,0,0,0,0,0\n"},
		{[]string{"--by", "person"}, "person,name" + statuses + "cal@acme,Cal,1,60,0,0,1,0,0,0,0,0,0,0\nben@acme,ben,1,60,0,0,1,0,0,0,0,0,0,0\n,(nobody),1,30,0,1,0,0,0,0,0,0,0,0\n"},
		{[]string{"--by", "customer"}, "customer,name" + statuses + "import:2,'=Two,1,30,0,1,0,0,0,0,0,0,0,0\nimport:1,One,1,60,0,0,1,0,0,0,0,0,0,0\n"},
		{[]string{"--by", "day", "--on", "completed"}, "day" + statuses + "2026-03-29,0,0,0,0,0,0,0,0,0,0,0,0\n"},
		{[]string{"--zone", "UTC"}, "day" + statuses + "2026-03-29,3,120,0,1,2,0,0,0,0,0,0,0\n"},
	} {
		if got := report(c.args...); got != c.want {
			t.Errorf("%q =\n%s, want\n%s", c.args, got, c.want)
		}
	}
	var rows []map[string]any
	check(t, json.Unmarshal([]byte(report("--json", "--by", "customer")), &rows))
	if len(rows) != 2 || rows[1]["name"] != "One" || rows[1]["jobs"] != 1.0 {
		t.Errorf("as JSON: %v", rows)
	}
	p.reportRights(report)
}

// reportRights: a report has what its user sees, and one that cannot be is an error.
func (p *papers) reportRights(report func(args ...string) string) {
	p.t.Helper()
	sets := access.RoleSets(access.Planner)
	sets.Web[access.WebCustomers] = access.None
	p.addUser("acme", "dan", model.Desktop, sets)
	if got := report("--as", "dan@acme"); !strings.Contains(got, "2026-03-29,2,90") {
		p.t.Errorf("dan's report by day = %s", got)
	}
	days := []string{"report", "jobs", "--from", "2026-03-29", "--to", "2026-03-30"}
	if _, _, err := p.said(append(days, "--by", "customer", "--as", "dan@acme")...); exitCode(err) != exitNotAllowed || !strings.Contains(err.Error(), "web.customers") {
		p.t.Errorf("dan's report by customer: %v, exit %d", err, exitCode(err))
	}
	out := filepath.Join(p.dir, "march.xlsx")
	report("--out", out, "--by", "customer")
	raw, err := os.ReadFile(out)
	check(p.t, err)
	if table, err := sheet.Open(out, bytes.NewReader(raw), int64(len(raw)), sheet.Options{}); err != nil || table.Dialect.Format != sheet.XLSX || table.Columns[1] != "name" {
		p.t.Errorf("a workbook of a report: %+v, %v", table, err)
	}
	for _, bad := range [][]string{
		{"report", "jobs"},
		{"report", "jobs", "--from", "2026-03-29", "--to", "2026-03-29"},
		{"report", "jobs", "--from", "2026-03-29", "--to", "29.3."},
		append(days, "--by", "cat"), append(days, "--on", "friday"), append(days, "--zone", "Mars"),
		{"report", "jobs", "--from", "1026-01-01", "--to", "2026-01-01"},
	} {
		if _, _, err := p.said(bad...); exitCode(err) != exitUsage {
			p.t.Errorf("%q: %v", bad, err)
		}
	}
}
