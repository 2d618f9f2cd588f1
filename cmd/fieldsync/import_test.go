package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

func TestReadSheet(t *testing.T) {
	for _, row := range []struct {
		why, kind, text string
		rows            int
		fault, err      string
	}{
		{"plain", "customers", "code,name\nC-1,Acme\nC-2,Bell\n", 2, "", ""},
		{"byte order mark, and names in any case with spaces", "sites", "\xef\xbb\xbfCODE,Customer,Address,Contact Phone\nS-1,C-1,Here,077\n", 1, "", ""},
		{"semicolons", "customers", "code;name\nC-1;Acme, Sons & Daughters\n", 1, "", ""},
		{"empty lines, and a line of empty fields", "customers", "code,name\n\nC-1,Acme\n,\n", 1, "", ""},
		{"a quoted line break", "sites", "code,customer,address\nS-1,C-1,\"3 Mill Lane\nBelfast\"\n", 1, "", ""},
		{"a field too many", "customers", "code,name\nC-1,Acme\nC-2,Bell, Sons\n", 1, "list.csv:3: 3 fields, but the first line names 2 columns", ""},
		{"no file", "customers", "", 0, "", "list.csv: is empty"},
		{"a missing column", "customers", "code,phone\nC-1,1\n", 0, "", `list.csv:1: there is no column "name"`},
		{"a column twice", "customers", "code,name,Name\n", 0, "", `list.csv:1: the column "Name" is there twice`},
		{"Latin-1", "customers", "code,name\nC-1,Caf\xe9\n", 0, "", "list.csv: not UTF-8"},
		{"an open quote", "customers", "code,name\nC-1,\"Acme\n", 0, "", "list.csv:"},
	} {
		s, faults, err := readSheet(row.kind, "list.csv", strings.NewReader(row.text))
		if row.err != "" {
			if err == nil || !strings.Contains(err.Error(), row.err) {
				t.Errorf("%s: error %v, want %q", row.why, err, row.err)
			}
			continue
		}
		if err != nil || len(s.rows) != row.rows {
			t.Errorf("%s: %v, %+v; want %d rows", row.why, err, s, row.rows)
			continue
		}
		if (row.fault == "") != (len(faults) == 0) || row.fault != "" && !strings.Contains(faults[0].Error(), row.fault) {
			t.Errorf("%s: faults %v, want %q", row.why, faults, row.fault)
		}
	}
}

// sheets reads files of the kinds given as "kind", "text" pairs.
func sheetsOf(t *testing.T, pairs ...string) (out []*sheet) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		s, faults, err := readSheet(pairs[i], pairs[i]+".csv", strings.NewReader(pairs[i+1]))
		if err != nil || len(faults) > 0 {
			t.Fatalf("read %s: %v %v", pairs[i], err, faults)
		}
		out = append(out, s)
	}
	return out
}

func newPlanner() *planner {
	return &planner{
		table: builtin(), tenant: model.TenantID{1}, actor: model.UserID{2}, people: map[string]model.UserID{"ben@x": {3}},
		today: time.Date(2026, 3, 28, 15, 0, 0, 0, time.UTC),
	}
}

const (
	oneCustomer = "code,name\nC-1,Acme\n"
	oneSite     = "code,customer,name,address,access,contact\nS-1,C-1,Acme,3 Mill Lane,key at reception,Anne\n"
)

func TestPlanRows(t *testing.T) {
	job := func(rest string) string {
		return "code,title,site,priority,day,hour,start,minutes,assigned\n" + rest + "\n"
	}
	for _, row := range []struct{ why, text, fault string }{
		{"everything", job("J-1,Boiler,S-1,high,1,9,,90,Ben@X"), ""},
		{"only what is needed", job("J-1,Boiler,S-1,,,,,,"), ""},
		{"a start", job("J-1,Boiler,S-1,2,,,2026-03-29 08:30,,"), ""},
		{"no code", job(",Boiler,S-1,,,,,,"), "jobs.csv:2: code is missing"},
		{"a code twice", job("J-1,Boiler,S-1,,,,,,\nJ-1,Pump,S-1,,,,,,"), "jobs.csv:3: code J-1 stands on line 2 already"},
		{"an unknown site", job("J-1,Boiler,S-9,,,,,,"), `jobs.csv:2: site "S-9" is not in the sites' file`},
		{"nobody of this name", job("J-1,Boiler,S-1,,,,,,cal@x"), "jobs.csv:2: assigned: nobody signs in as cal@x"},
		{"a priority in no words", job("J-1,Boiler,S-1,soon,,,,,"), "jobs.csv:2: priority:"},
		{"a priority out of bounds", job("J-1,Boiler,S-1,7,,,,,"), "jobs.csv:2: priority: 7 is not between 1 and 5"},
		{"no time", job("J-1,Boiler,S-1,,,,tomorrow,,"), "jobs.csv:2: start:"},
		{"no hour", job("J-1,Boiler,S-1,,1,25,,,"), "jobs.csv:2: hour:"},
		{"no minutes", job("J-1,Boiler,S-1,,1,9,,-5,"), "jobs.csv:2: minutes:"},
		{"a title too long", job("J-1," + strings.Repeat("x", 201) + ",S-1,,,,,,"), "jobs.csv:2: title: is too long: 201 bytes, at most 200"},
	} {
		p := newPlanner()
		p.plan(sheetsOf(t, "customers", oneCustomer, "sites", oneSite, "jobs", row.text))
		switch {
		case row.fault == "" && len(p.faults) > 0:
			t.Errorf("%s: %v", row.why, p.faults)
		case row.fault != "" && (len(p.faults) != 1 || !strings.Contains(p.faults[0].Error(), row.fault)):
			t.Errorf("%s: faults %v, want %q", row.why, p.faults, row.fault)
		}
	}
}

// TestPlanIsOneGroup: a job comes with its card, its contact and its assignment, or not at all, and the same files make
// the same changes.
func TestPlanIsOneGroup(t *testing.T) {
	files := sheetsOf(t, "customers", oneCustomer, "sites", oneSite, "jobs", "code,title,site,day,hour,assigned\nJ-1,Boiler,S-1,1,9,ben@x\n")
	bundles := newPlanner().plan(files)
	again := newPlanner().plan(files)
	if len(bundles) != 3 {
		t.Fatalf("%d bundles, want 3", len(bundles))
	}
	job := bundles[2].changes
	if len(job) != 4 || job[0].Collection != model.Jobs || job[3].Collection != model.Assignments {
		t.Fatalf("the job became %v", job)
	}
	for i, c := range job {
		if c.GroupSize != 4 || c.Group != job[0].Group || c.Group.IsZero() {
			t.Errorf("change %d is of group %s of %d", i, c.Group, c.GroupSize)
		}
		if c.ID != again[2].changes[i].ID || c.Record != again[2].changes[i].Record {
			t.Errorf("change %d is another the second time", i)
		}
	}
	for _, a := range job[0].Fields {
		if want := time.Date(2026, 3, 29, 9, 0, 0, 0, time.UTC); a.Field == model.JobWindowStart && a.Value.Int() != want.UnixMilli() {
			t.Errorf("the job starts at %s, want %s", time.UnixMilli(a.Value.Int()).UTC(), want)
		}
	}
	other := newPlanner()
	other.key[0] = 1
	if other.plan(files)[2].changes[0].Record == job[0].Record {
		t.Error("the ids do not depend on the key: who sees one could guess the code")
	}
}

// TestImport imports into a store, twice, and once more with another row.
func TestImport(t *testing.T) {
	data, dir := shortDir(t), t.TempDir()
	must(t, "", "tenants", "add", "acme", "--data", data)
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		check(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	args := []string{
		"import", "--data", data, write("Customers export.csv", oneCustomer), write("sites.csv", oneSite),
		write("users.csv", "Email,Name,Kind,Levels\namy@x,Amy,desktop,role=admin\nben@x,Ben,mobile,create_job=on\n"),
		write("jobs.csv", "code,title,site,assigned\nJ-1,Boiler,S-1,ben@x\n"),
	}
	fields := func(out string) string { return strings.Join(strings.Fields(out), " ") }
	if out := fields(must(t, "", args...)); !strings.Contains(out, "users 2 imported 0 already there customers 1 imported 0 already there sites 1 imported 0 already there jobs 1 imported") {
		t.Errorf("the first import said %q", out)
	}
	if out := fields(must(t, "", args...)); !strings.Contains(out, "users 0 imported 2 already there customers 0 imported 1 already there sites 0 imported 1 already there jobs 0 imported 1 already there") {
		t.Errorf("the second import said %q", out)
	}
	write("jobs.csv", "code,title,site,assigned\nJ-1,Boiler,S-1,ben@x\nJ-2,Pump,S-7,\nJ-3,Door,S-1,\n")
	out, err := cli(t, "", args...)
	if err == nil || !strings.HasPrefix(err.Error(), "not imported: 1 row;") || !strings.Contains(fields(out), "jobs 1 imported 1 already there") {
		t.Errorf("an import with a bad row: %q, %v", out, err)
	}
	if _, err := cli(t, "", "import", "--data", data, write("list.csv", "")); err == nil || !strings.Contains(err.Error(), "cannot tell what it holds") {
		t.Errorf("a file that could be anything: %v", err)
	}
}
