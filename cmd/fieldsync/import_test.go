package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/intake"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// papers are files of an office, and a stage to import them on.
type papers struct {
	*stage
	dir string
}

func openPapers(t *testing.T) *papers {
	t.Helper()
	return &papers{openStage(t, nil), t.TempDir()}
}

// write writes a file and returns its path.
func (p *papers) write(name, text string) string {
	p.t.Helper()
	file := filepath.Join(p.dir, name)
	check(p.t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// said runs a command on the stage's company acme and returns what it said: out, and talk.
func (p *papers) said(args ...string) (out, talk string, err error) {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append(args, "--data", p.set.data, "--tenant", "acme")
	err = run(p.t.Context(), args, stdio{strings.NewReader(""), &stdout, &stderr})
	return stdout.String(), stderr.String(), err
}

// tally imports and returns the counts: "customers 2 0 1 0 0" for created, updated, unchanged, bad and duplicates.
func (p *papers) tally(args ...string) (counts, talk string, err error) {
	p.t.Helper()
	out, talk, err := p.said(append([]string{"import", "--zone", "Europe/London", "--json"}, args...)...)
	var report intake.Report
	if out != "" {
		check(p.t, json.Unmarshal([]byte(out), &report))
	}
	var lines []string
	for _, x := range report.Tallies {
		lines = append(lines, fmt.Sprintf("%s %d %d %d %d %d", x.Kind, x.Created, x.Updated, x.Unchanged, x.Bad, x.Duplicates))
	}
	return strings.Join(lines, "; "), talk, err
}

// client is a client of acme's amy.
func (p *papers) client() *office.Client {
	p.t.Helper()
	cl, err := office.New(office.Config{Base: "http://" + p.address, Key: p.newKey("amy@acme", model.AllScopes()...), Pauses: []time.Duration{}})
	check(p.t, err)
	return cl
}

// all are the documents of a collection.
func (p *papers) all(collection string, query url.Values) (out []map[string]any) {
	p.t.Helper()
	for d, err := range p.client().List(p.t.Context(), collection, query) {
		check(p.t, err)
		var x map[string]any
		check(p.t, json.Unmarshal(d, &x))
		out = append(out, x)
	}
	return out
}

// only is the one document of a collection with an external id.
func (p *papers) only(collection, external string) map[string]any {
	p.t.Helper()
	got := p.all(collection, url.Values{"external_id": {external}})
	if len(got) != 1 {
		p.t.Fatalf("%d %s are %s, want one", len(got), collection, external)
	}
	return got[0]
}

const (
	someCustomers = "Cust No;Customer Name;Phone;Street;Town;Postcode;Credit Limit;Fax\r\n" +
		"1;ACME Bakery Ltd;+44 28 9000;3 Mill Lane;Belfast;BT1;1.234,50;\r\n2;Bell & Sons;;4 Quay;Derry;;500;1\r\n"
	someSites = "Site No,Customer No,Site Name,Address,Access,Lat,Lon,Contact,Contact Phone\n" +
		"S1,1,Bakery,\"3 Mill Lane\nBelfast\",Key safe,54.36,-6.29,Anne,077\nS2,2,,4 Quay,,,,,\n"
	someContacts = "Customer,First Name,Surname,E-mail\n1,Anne,Orr,anne@x.example\n"
	someAssets   = "Tag,Site,Name,Install Date\nA1,S1,Oven,30/03/2019\n"
	someUsers    = "email,name,kind,levels,company\nben@acme,Ben,mobile,edit_job=on,\ncal@acme,Cal,mobile,,\nrita@acme,Rita,portal,,2\n"
	someJobs     = "Job No,Title,Site,Priority,Start Date,Start Time,Duration,Assigned To,Equipment\n" +
		"J1,Boiler,S1,high,30/03/2026,08:30,90,\"ben@acme, cal@acme\",Oven\nJ2,Leak,S2,low,03/04/2026,,,,\n"
)

// six writes a file of each kind.
func (p *papers) six() []string {
	return []string{
		p.write("jobs.csv", someJobs), p.write("users.csv", someUsers), p.write("Customers.csv", someCustomers),
		p.write("sites.csv", someSites), p.write("contacts.csv", someContacts), p.write("assets.csv", someAssets),
	}
}

const sixCreated = "customers 2 0 0 0 0; sites 2 0 0 0 0; contacts 1 0 0 0 0; assets 1 0 0 0 0; users 2 1 0 0 0; jobs 2 0 0 0 0"

func TestImport_SixKindsAtOnce(t *testing.T) {
	t.Parallel()
	p := openPapers(t)
	files := p.six()
	counts, talk, err := p.tally(append(files, "--dry-run")...)
	if err != nil || counts != sixCreated {
		t.Errorf("rehearsed: %s, %v\n%s", counts, err, talk)
	}
	if n := len(p.all("customers", nil)) + len(p.all("jobs", nil)); n != 0 {
		t.Errorf("a rehearsal made %d records", n)
	}
	if counts, talk, err = p.tally(files...); err != nil || counts != sixCreated {
		t.Fatalf("imported: %s, %v\n%s", counts, err, talk)
	}
	for _, want := range []string{"Cust No = key", "Street = billing_address", "Fax (not known", "Start Date = window_start (dates dmy)", "decimal comma", "in Europe/London", "2 new users cannot sign in"} {
		if !strings.Contains(talk, want) {
			t.Errorf("it did not say %q:\n%s", want, talk)
		}
	}
	customer := p.only("customers", "import:1")
	if got := fmt.Sprint(customer["name"], customer["billing_address"], customer["account"], customer["credit_limit"], customer["phone"]); got != "ACME Bakery Ltd3 Mill Lane, Belfast, BT111234.50+44 28 9000" {
		t.Errorf("customer = %v", customer)
	}
	site := p.only("sites", "import:S1")
	if site["customer"] != customer["id"] || site["geo"] != "54.36,-6.29" || site["address"] != "3 Mill Lane\nBelfast" {
		t.Errorf("site = %v", site)
	}
	if contact := p.only("contacts", "import:S1/contact"); contact["site"] != site["id"] || contact["name"] != "Anne" {
		t.Errorf("the site's contact = %v", contact)
	}
	if asset := p.only("assets", "import:A1"); asset["installed"] != "2019-03-30" || asset["site"] != site["id"] {
		t.Errorf("asset = %v", asset)
	}
	job := p.only("jobs", "import:J1")
	if job["window_start"] != "2026-03-30T07:30:00.000Z" || job["window_end"] != "2026-03-30T09:00:00.000Z" || job["customer"] != customer["id"] || job["status"] != "offered" {
		t.Errorf("job = %v", job)
	}
	card := p.only("job_cards", "import:J1")
	if card["address"] != site["address"] || card["access"] != "Key safe" || card["equipment"] != "Oven" || card["customer_name"] != "ACME Bakery Ltd" {
		t.Errorf("card = %v", card)
	}
	if contact := p.only("job_contacts", "import:J1"); contact["phone"] != "077" {
		t.Errorf("contact = %v", contact)
	}
	if lead := p.only("assignments", "import:J1/ben@acme"); lead["role"] != "lead" || lead["user"] != p.users["ben@acme"].String() {
		t.Errorf("assignment = %v", lead)
	}
	if helper := p.only("assignments", "import:J1/cal@acme"); helper["role"] != "helper" {
		t.Errorf("assignment = %v", helper)
	}
	day := p.only("jobs", "import:J2")
	if day["window_start"] != "2026-04-03T07:00:00.000Z" || day["window_end"] != "2026-04-03T16:00:00.000Z" {
		t.Errorf("a job of a day = %v, want it all day", day)
	}
	p.again(files)
}

// again imports the same files again, which changes nothing, and then with a change in one of them.
func (p *papers) again(files []string) {
	p.t.Helper()
	before := p.snapshot()
	counts, _, err := p.tally(files...)
	if err != nil || counts != "customers 0 0 2 0 0; sites 0 0 2 0 0; contacts 0 0 1 0 0; assets 0 0 1 0 0; users 0 0 3 0 0; jobs 0 0 2 0 0" {
		p.t.Errorf("imported again: %s, %v", counts, err)
	}
	if after := p.snapshot(); after != before {
		p.t.Errorf("an import that was repeated changed something: %s, before %s", after, before)
	}
	p.write("Customers.csv", strings.Replace(someCustomers, "+44 28 9000", "+44 28 9001", 1))
	if counts, _, err := p.tally(files...); err != nil || !strings.HasPrefix(counts, "customers 0 1 1 0 0;") {
		p.t.Errorf("with a change: %s, %v", counts, err)
	}
	if got := p.only("customers", "import:1"); got["phone"] != "+44 28 9001" || got["credit_limit"] != "1234.50" {
		p.t.Errorf("customer = %v", got)
	}
	p.write("Customers.csv", someCustomers)
	if counts, _, err := p.tally(append(files, "--only-new")...); err != nil || !strings.HasPrefix(counts, "customers 0 0 2 0 0;") {
		p.t.Errorf("only new ones: %s, %v", counts, err)
	}
	if got := p.only("customers", "import:1"); got["phone"] != "+44 28 9001" {
		p.t.Errorf("an import of new ones only changed an old one: %v", got)
	}
}

// snapshot is all there is, without the cursor at its end.
func (p *papers) snapshot() string {
	p.t.Helper()
	var out strings.Builder
	_, err := p.client().Snapshot(p.t.Context(), nil, func(_ string, d office.Document) error {
		out.Write(d)
		out.WriteByte('\n')
		return nil
	})
	check(p.t, err)
	return out.String()
}

// TestImport_BadRows: every bad row is named with its line and the reason, alone, and the others are imported.
func TestImport_BadRows(t *testing.T) {
	p := openPapers(t)
	check(t, os.WriteFile(filepath.Join(p.dir, "old.csv"), nil, 0o600))
	customers := p.write("customers.csv", "No,Name,Phone,Credit Limit,Status\n"+
		"1,One,,10,active\n"+ //                 2
		",Two,,,\n"+ //                          3 no key
		"3,,,,\n"+ //                            4 no name
		"4,Four,,ten,\n"+ //                     5 no number
		"5,Five,,,sleeping\n"+ //                6 no option
		"6,Six,"+strings.Repeat("9", 65)+",,\n"+ // 7 too long
		"7,Seven,a,,\n7,Seven,b,,\n"+ //         8, 9 of one key
		"8,Eight,,,\n8,Eight,,,\n"+ //           10, 11 the same twice
		"9,Nine, Sons,,,\n"+ //                  12 a comma too many
		"10,\"Ten\" Ltd,,,\n"+ //                13 a quote
		strings.Repeat("k", 200)+",Long,,,\n") // 14
	sites := p.write("sites.csv", "No,Customer,Name,Geo\nS1,1,One,\nS2,99,Nobody's,\nS3,4,OfABadOne,\nS4,1,Here,north\n")
	jobs := p.write("jobs.csv", "No,Title,Site,Start,Minutes,Assigned,Priority\nJ1,Fine,S1,2026-03-01 08:00,,,\n"+
		"J2,Bad,S1,2026-03-29 01:30,,,\n"+ // 3 the clocks are put forward
		"J3,Bad,S1,2026-13-01,,,\n"+ //      4
		"J4,Bad,S1,,,nobody@x,\n"+ //        5
		"J5,Bad,S1,,-5,,\n"+ //              6
		"J6,Bad,S1,,,,soon\n"+ //            7
		"J7,Bad,S2,,,,\n"+ //                8 its site is bad
		"J8,Twice,S1,2026-10-25 01:30,,,\n") // 9 a warning
	bad := filepath.Join(p.dir, "bad.csv")
	counts, talk, err := p.tally(customers, sites, jobs, "--errors", bad)
	if err == nil || exitCode(err) != exitFailed || !strings.Contains(err.Error(), "not imported: 19 rows") {
		t.Errorf("%v, exit %d; want it to fail for 19 rows", err, exitCode(err))
	}
	if counts != "customers 2 0 0 10 1; sites 1 0 0 3 0; jobs 2 0 0 6 0" {
		t.Errorf("counts = %s\n%s", counts, talk)
	}
	for _, want := range []string{
		"customers.csv:3: No: is empty", "customers.csv:4: Name: is empty; customers need name", `customers.csv:5: Credit Limit: "ten" is no number`,
		`customers.csv:6: Status: "sleeping" is none of active, inactive`, "customers.csv:7: Phone: ", "at most 64 bytes",
		"customers.csv:8: import:7 is also in ", "customers.csv:9: import:7 is also in ", "customers.csv:12: has 6 cells, and line 1 names 5",
		"customers.csv:13: has text behind a closing quote", "customers.csv:14: No: is too long for a key",
		"sites.csv:3: Customer: import:99 is in none of the files, and not in the company's customers",
		"sites.csv:4: Customer: import:4 is not in the company, and its row, " + customers + ":5, is bad", `sites.csv:5: Geo: "north"`,
		`jobs.csv:3: Start: "2026-03-29 01:30" is a time that there is not`, `jobs.csv:4: Start: "2026-13-01" is a day that there is not`,
		"jobs.csv:5: Assigned: nobody signs in as nobody@x", `jobs.csv:6: Minutes: "-5" is no time it takes`, "jobs.csv:7: Priority: ",
		"jobs.csv:8: Site: import:S2 is not in the company", `warning: ` + jobs + `:9: Start: "2026-10-25 01:30" is there twice`,
	} {
		if !strings.Contains(talk, want) {
			t.Errorf("it did not say %q:\n%s", want, talk)
		}
	}
	p.corrected(bad, sites)
}

// corrected checks a file of bad rows, corrects one, and imports it.
func (p *papers) corrected(bad, sites string) {
	p.t.Helper()
	name := strings.TrimSuffix(bad, ".csv") + "-sites.csv"
	raw, err := os.ReadFile(name)
	check(p.t, err)
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) != 4 || lines[0] != "problem,No,Customer,Name,Geo" || !strings.HasSuffix(lines[3], ",S4,1,Here,north") {
		p.t.Fatalf("the bad rows of %s are %q", sites, lines)
	}
	p.write("sites corrected.csv", lines[0]+"\n"+strings.TrimSuffix(lines[3], "north")+"54.1,-6.2\n")
	if counts, talk, err := p.tally(filepath.Join(p.dir, "sites corrected.csv")); err == nil || !strings.Contains(talk, "has 6 cells") {
		p.t.Errorf("an unquoted comma: %s, %v, %s", counts, err, talk)
	}
	p.write("sites corrected.csv", lines[0]+"\n"+strings.TrimSuffix(lines[3], "north")+"\"54.1,-6.2\"\n")
	if counts, talk, err := p.tally(filepath.Join(p.dir, "sites corrected.csv")); err != nil || counts != "sites 1 0 0 0 0" {
		p.t.Errorf("a corrected row: %s, %v, %s", counts, err, talk)
	}
}

func TestImport_Strict(t *testing.T) {
	p := openPapers(t)
	file := p.write("sites.csv", "No,Customer,Name\nS1,1,One\n")
	other := p.write("customers.csv", "No,Name\n1,One\n2,\n")
	if counts, _, err := p.tally(other, file, "--strict"); err == nil || counts != "customers 1 0 0 1 0; sites 1 0 0 0 0" {
		t.Errorf("strict: %s, %v", counts, err)
	}
	if n := len(p.all("customers", nil)) + len(p.all("sites", nil)); n != 0 {
		t.Errorf("a strict import with a bad row made %d records", n)
	}
	p.write("customers.csv", "No,Name\n1,One\n2,Two\n")
	if counts, _, err := p.tally(other, file, "--strict"); err != nil || counts != "customers 2 0 0 0 0; sites 1 0 0 0 0" {
		t.Errorf("strict without a bad row: %s, %v", counts, err)
	}
}

// TestImport_WhatCannotBeKnown is an error before anything is done.
func TestImport_WhatCannotBeKnown(t *testing.T) {
	t.Parallel()
	p := openPapers(t)
	for _, c := range []struct {
		why, name, text string
		args            []string
		want            string // empty: it goes well
	}{
		{"a file of anything", "list.csv", "A,B\n1,2\n", nil, "cannot tell what it holds; say it with --kind"},
		{"by its columns", "list1.csv", "Customer No,Site Name,Address,Access\n,a,b,c\n", []string{"--dry-run"}, "row would not be imported"},
		{"a kind that there is not", "list.csv", "A,B\n", []string{"--kind", "cats"}, `--kind "cats"`},
		{"no name", "customers.csv", "No,Phone\n1,2\n", nil, `no column is name, which customers need; the columns are "No", "Phone"`},
		{"two phones", "customers.csv", "No,Name,Phone,Mobile\n1,a,2,3\n", nil, `"Phone", "Mobile" all look like phone`},
		{"one of them left out", "customers.csv", "No,Name,Phone,Mobile\nm1,a,2,3\n", []string{"--map", "Mobile="}, ""},
		{"a column twice", "customers.csv", "No,Name,Name\n", nil, `the column "Name" is there twice`},
		{"a map to nothing", "customers.csv", "No,Name,X\n", []string{"--map", "X=colour"}, `have no column "colour"`},
		{"a map of nothing", "customers.csv", "No,Name\n", []string{"--map", "Y=phone"}, `no file has a column of that name`},
		{"a map that is none", "customers.csv", "No,Name\n", []string{"--map", "Y"}, `want COLUMN=FIELD`},
		{"a map", "customers.csv", "No,Name,Weird=Col\nm2,a,077\n", []string{"--map", "Weird=Col=phone"}, ""},
		{"two keys", "customers.csv", "ID,Cust No,Name\n1,2,a\n", nil, `"ID" and "Cust No" could both be the key`},
		{"a date of two days", "jobs.csv", "No,Title,Start\nJ1,a,01/02/2026\nJ2,b,03/04/2026\n", nil, `"01/02/2026" could be 1 February 2026 (dmy) or 2 January 2026 (mdy)`},
		{"as told", "jobs.csv", "No,Title,Start\nm3,a,01/02/2026\n", []string{"--dates", "mdy"}, ""},
		{"dates of both kinds", "jobs.csv", "No,Title,Start\nJ1,a,31/01/2026\nJ2,b,01/31/2026\n", nil, `is written in another way than in line 2`},
		{"an order that is none", "jobs.csv", "No,Title,Start\n", []string{"--dates", "ddmm"}, `is no order of dates`},
		{"a number of two", "customers.csv", "No,Name,Credit Limit\n1,a,\"1,234\"\n", nil, `"1,234" could be 1234 or 1.234`},
		{"as told", "customers.csv", "No,Name,Credit Limit\nm4,a,\"1,234\"\n", []string{"--decimal", "point"}, ""},
		{"a zone that there is not", "jobs.csv", "No,Title\n", []string{"--zone", "Mars"}, `there is no zone "Mars"`},
		{"an open quote far down", "customers.csv", "No,Name\n1,One\n2,\"Two\n", nil, "customers.csv:3: a quote is opened in this line and never closed"},
		{"no file", "", "", []string{"nowhere.csv"}, "no such file"},
		{"a source with a colon", "customers.csv", "No,Name\n", []string{"--source", "a:b"}, "without a colon"},
	} {
		args := []string{"import"}
		if c.name != "" {
			args = append(args, p.write(c.name, c.text))
		}
		before := len(p.all("customers", nil)) + len(p.all("jobs", nil))
		_, talk, err := p.said(append(args, c.args...)...)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v\n%s", c.why, err, talk)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || c.why != "by its columns" && exitCode(err) != exitUsage {
			t.Errorf("%s: %v, exit %d; want %q", c.why, err, exitCode(err), c.want)
		}
		if after := len(p.all("customers", nil)) + len(p.all("jobs", nil)); after != before {
			t.Errorf("%s: something was imported", c.why)
		}
	}
	for external, field := range map[string]string{"import:m1": "2", "import:m2": "077"} {
		if got := p.only("customers", external); got["phone"] != field {
			t.Errorf("%s = %v", external, got)
		}
	}
	if got := p.only("jobs", "import:m3"); got["window_start"] != "2026-01-02T08:00:00.000Z" {
		t.Errorf("a date as told = %v", got)
	}
	if got := p.only("customers", "import:m4"); got["credit_limit"] != "1234.00" {
		t.Errorf("a number as told = %v", got)
	}
}

// TestImport_WithoutKeys: a row without a key is known by what it is.
func TestImport_WithoutKeys(t *testing.T) {
	p := openPapers(t)
	file := p.write("customers.csv", "Name,Address,Phone\nOne,1 Mill Lane,1\nOne,2 Mill Lane,2\n")
	if counts, _, err := p.tally(file); err != nil || counts != "customers 2 0 0 0 0" {
		t.Errorf("%s, %v", counts, err)
	}
	p.write("customers.csv", "Name,Address,Phone\n\"ONE \",1  mill lane,11\nOne,2 Mill Lane,2\n")
	if counts, _, err := p.tally(file); err != nil || counts != "customers 0 1 1 0 0" {
		t.Errorf("in other letters, and with another phone: %s, %v", counts, err)
	}
	if counts, _, err := p.tally(file, "--source", "other"); err != nil || counts != "customers 2 0 0 0 0" {
		t.Errorf("of another source: %s, %v", counts, err)
	}
	p.write("customers.csv", "Name,Address,Phone\nOne,1 Mill Lane,\n")
	if counts, _, err := p.tally(file, "--clear"); err != nil || counts != "customers 0 1 0 0 0" {
		t.Errorf("with an empty cell: %s, %v", counts, err)
	}
	if cleared := len(p.all("customers", nil)) - len(p.all("customers", url.Values{"phone": {"1,11,2"}})); cleared != 1 {
		t.Errorf("%d customers have no phone, want the one whose cell is empty", cleared)
	}
}

// TestImport_ExistingJobs: a job that is there keeps its one card, whoever made it, and its people.
func TestImport_ExistingJobs(t *testing.T) {
	p := openPapers(t)
	b := p.backEnd("amy@acme", "read", "write")
	job := b.do(201, "POST", "/v1/jobs", fields{"title": "Boiler", "external_id": "import:J1"})["id"].(string)
	b.do(201, "POST", "/v1/job_cards", fields{"job": job, "address": "By hand", "access": "Ring"})
	b.do(201, "POST", "/v1/assignments", fields{"job": job, "user": p.users["ben@acme"].String()})
	file := p.write("jobs.csv", "No,Title,Address,Assigned\nJ1,Boiler,5 Mill Lane,ben@acme\n"+job+",Boiler,5 Mill Lane,\n")
	if counts, talk, err := p.tally(file); err != nil || counts != "jobs 0 2 0 0 0" && counts != "jobs 0 1 1 0 0" {
		t.Errorf("%s, %v\n%s", counts, err, talk)
	}
	cards := p.all("job_cards", nil)
	if len(cards) != 1 || cards[0]["address"] != "5 Mill Lane" || cards[0]["access"] != "Ring" {
		t.Errorf("cards = %v, want the one with the file's address", cards)
	}
	if n := len(p.all("assignments", nil)); n != 1 {
		t.Errorf("%d assignments, want the one", n)
	}
	over := p.write("jobs.csv", "No,Title,Status\nJ7,Old one,Completed\nJ8,Open,Scheduled\n")
	out, _, err := p.said("import", over)
	if err != nil || !strings.Contains(out, "OVER, LEFT OUT") || len(p.all("jobs", url.Values{"title[has]": {"Old"}})) != 0 {
		t.Errorf("a job that is over: %v\n%s", err, out)
	}
}

// TestImport_Preview shows the first rows as a table.
func TestImport_Preview(t *testing.T) {
	p := openPapers(t)
	var text strings.Builder
	text.WriteString("No,Name,Remarks\n")
	for i := range 30 {
		fmt.Fprintf(&text, "%d,Customer %d,\"a long remark that does not fit a column of a table, number %d\"\n", i, i, i)
	}
	out, _, err := p.said("import", p.write("customers.csv", text.String()), "--dry-run")
	check(t, err)
	lines := strings.Split(out, "\n")
	if !strings.Contains(lines[0], "the first 20 rows:") || strings.Join(strings.Fields(lines[1]), " ") != "LINE WHAT RECORD NAME REMARKS" ||
		strings.Join(strings.Fields(lines[21]), " ") != "21 created import:19 Customer 19 a long remark that does not…" || lines[22] != "" {
		t.Errorf("the preview is\n%s", out)
	}
	if !strings.Contains(out, "TO CREATE") {
		t.Errorf("a rehearsal does not say so:\n%s", out)
	}
}

// TestImport_FirstOfTheOffice: a company without anybody of the office gets one from the files.
func TestImport_FirstOfTheOffice(t *testing.T) {
	t.Parallel()
	data, dir := shortDir(t), t.TempDir()
	must(t, "", "tenants", "add", "acme", "--data", data)
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		check(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	customers := write("customers.csv", "No,Name\n1,One\n")
	if _, err := cli(t, "", "import", customers, "--data", data); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "nobody of the office yet") {
		t.Errorf("without anybody: %v", err)
	}
	users := write("users.csv", "email,name,kind,role\npia@x,Pia,desktop,planner\namy@x,Amy,desktop,admin\n")
	out := must(t, "", "import", customers, users, "--data", data)
	if got := strings.Join(strings.Fields(out), " "); !strings.Contains(got, "customers 1 0 0 0 0 users 1 0 1 0 0") {
		t.Errorf("imported %q", got)
	}
	var files []office.User
	check(t, json.Unmarshal([]byte(must(t, "", "users", "list", "--json", "--data", data)), &files))
	if len(files) != 2 || files[0].Levels["web"]["admin"] != "full" {
		t.Errorf("users = %+v", files)
	}
}

// TestImport_Users: who is there keeps what the file does not say, and nobody is renamed or made another kind of user.
func TestImport_Users(t *testing.T) {
	p := openPapers(t)
	file := p.write("users.csv", "login,name,kind,levels,zone,password\n"+
		"ben@acme,Benjamin,mobile,edit_job=on,Europe/Dublin,secret\n"+ // 2
		"sue@acme,,mobile,,,\n"+ // 3 another kind
		"new@acme,New,robot,,,\n"+ // 4
		"new2@acme,New,mobile,fly=on,,\n"+ // 5
		"new 3,New,mobile,,,\n"+ // 6
		"new4@acme,New,mobile,customers=hidden mobile.create_job=on,Europe/Paris,\n") // 7
	counts, talk, err := p.tally(file)
	if err == nil || counts != "users 1 1 0 4 0" {
		t.Errorf("%s, %v\n%s", counts, err, talk)
	}
	for _, want := range []string{
		"password (passwords are not taken from files", `users.csv:2: name: ben@acme is called "ben" here, and stays so`, "users.csv:3: kind: sue@acme is a subcontractor user",
		`users.csv:4: kind: "robot" is none of`, "users.csv:5: ", "fly", "users.csv:6: login: has spaces",
	} {
		if !strings.Contains(talk, want) {
			t.Errorf("it did not say %q:\n%s", want, talk)
		}
	}
	users, err := p.client().Users(t.Context())
	check(t, err)
	got := map[string]office.User{}
	for _, u := range users {
		got[u.Login] = u
	}
	if ben := got["ben@acme"]; ben.Name != "ben" || ben.Levels["mobile"]["edit_job"] != "on" || ben.Levels["mobile"]["enabled"] != "on" {
		t.Errorf("ben = %+v", ben)
	}
	if u := got["new4@acme"]; u.Levels["mobile"]["customers"] != "hidden" || u.Levels["mobile"]["create_job"] != "on" {
		t.Errorf("new4 = %+v", u)
	}
	if people := p.all("people", url.Values{"zone": {"Europe/Paris"}}); len(people) != 1 || people[0]["name"] != "New" {
		t.Errorf("people of Paris = %v", people)
	}
}

// TestImport_Rights: what the acting user may not do is not done, and said.
func TestImport_Rights(t *testing.T) {
	p := openPapers(t)
	sets := access.RoleSets(access.Planner)
	sets.Web[access.WebCustomers] = access.ReadOnly
	p.addUser("acme", "dan", model.Desktop, sets)
	file := p.write("customers.csv", "No,Name\n1,One\n")
	if counts, talk, err := p.tally(file, "--as", "dan@acme"); err == nil || counts != "customers 0 0 0 1 0" || !strings.Contains(talk, "[not_allowed]") {
		t.Errorf("%s, %v, %s", counts, err, talk)
	}
	if _, _, err := p.said("import", file, "--as", "ben@acme"); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "no office user") {
		t.Errorf("as an engineer: %v", err)
	}
	t.Setenv(keyVariable, p.newKey("amy@acme", "jobs:write"))
	abroad := []string{"import", file, "--server", "http://" + p.address}
	var out, talk bytes.Buffer
	if err := run(t.Context(), abroad, stdio{nil, &out, &talk}); exitCode(err) != exitNotAllowed {
		t.Errorf("with a key of another scope: %v, exit %d\n%s", err, exitCode(err), talk.String())
	}
	keyFile := p.write("key", p.newKey("amy@acme", "customers:write")+"\n")
	if err := run(t.Context(), append(abroad, "--key-file", keyFile), stdio{nil, &out, &talk}); err != nil || p.only("customers", "import:1")["name"] != "One" {
		t.Errorf("with a key from a file: %v\n%s", err, talk.String())
	}
	for _, bad := range [][]string{{"--as", "amy@acme"}, {"--key-file", "nowhere"}} {
		if err := run(t.Context(), append(abroad, bad...), stdio{nil, &out, &talk}); exitCode(err) != exitUsage {
			t.Errorf("%q: %v", bad, err)
		}
	}
	t.Setenv(keyVariable, "")
	if err := run(t.Context(), abroad, stdio{nil, &out, &talk}); exitCode(err) != exitUsage || !strings.Contains(err.Error(), keyVariable) {
		t.Errorf("without a key: %v", err)
	}
}

// manyText is a file of n customers.
func manyText(n int) []byte {
	var text bytes.Buffer
	text.WriteString("Account No,Customer Name,Phone,E-mail,Address 1,Town,Postcode,Notes\n")
	for i := range n {
		fmt.Fprintf(&text, "%d,Customer %d Ltd,01632 %06d,office%d@customer.example,\"%d Mill Lane, Unit %d\",Dunmarrow,BT%d %dAA,Pays on the %dth\n", i, i, i, i, i%200, i%7, i%40, i%9, i%28)
	}
	return text.Bytes()
}

// many is a table of n customers.
func many(t *testing.T, n int) intake.File {
	t.Helper()
	raw := manyText(n)
	table, err := sheet.Open("customers.csv", bytes.NewReader(raw), int64(len(raw)), sheet.Options{})
	check(t, err)
	return intake.File{Table: table}
}

var plainOptions = intake.Options{Source: "import", Zone: time.UTC, Now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}

// TestImport_ACutRunGoesOn: a run that was cut is run again, and then everything is there once.
func TestImport_ACutRunGoesOn(t *testing.T) {
	t.Parallel()
	p := openPapers(t)
	const n = 3000
	ctx, cut := context.WithCancel(t.Context())
	defer cut()
	im, err := intake.Prepare(ctx, p.client(), []intake.File{many(t, n)}, plainOptions)
	check(t, err)
	report, err := im.Run(ctx, intake.Run{Progress: func(done, _ int) {
		if done >= 1000 {
			cut()
		}
	}})
	if !errors.Is(err, context.Canceled) || report.Tallies[0].Created < 1000 || report.Tallies[0].Created == n {
		t.Fatalf("the cut run: %+v, %v", report, err)
	}
	there := len(p.all("customers", nil))
	if there < report.Tallies[0].Created || there == n {
		t.Fatalf("%d customers are there after %+v", there, report)
	}
	if report, err = im.Run(t.Context(), intake.Run{}); err != nil || report.Tallies[0].Created != n-there || report.Tallies[0].Unchanged != there {
		t.Errorf("the second run: %+v, %v; %d were there", report, err, there)
	}
	if got := len(p.all("customers", nil)); got != n {
		t.Errorf("%d customers, want %d", got, n)
	}
}

// TestImport_AKilledServer: the same for a server that is killed and started again.
func TestImport_AKilledServer(t *testing.T) {
	t.Parallel()
	data := shortDir(t)
	must(t, "", "tenants", "add", "acme", "--data", data)
	must(t, "", "users", "add", "amy@acme", "--kind", "desktop", "--role", "admin", "--data", data)
	key := strings.TrimSpace(must(t, "", "keys", "add", "k", "--as", "amy@acme", "--scope", "write", "--data", data))
	dial := func(p *program) *office.Client {
		cl, err := office.New(office.Config{Base: "http://" + p.address, Key: key, Pauses: []time.Duration{}})
		check(t, err)
		return cl
	}
	const n = 3000
	p := startProgram(t, data)
	im, err := intake.Prepare(t.Context(), dial(p), []intake.File{many(t, n)}, plainOptions)
	check(t, err)
	report, err := im.Run(t.Context(), intake.Run{Progress: func(done, _ int) {
		if done == 1000 {
			_ = p.cmd.Process.Kill()
		}
	}})
	if !errors.Is(err, office.ErrUnreachable) || len(report.Tallies) != 1 {
		t.Fatalf("the run into a killed server: %+v, %v", report, err)
	}
	_ = p.cmd.Wait()
	p = startProgram(t, data)
	if im, err = intake.Prepare(t.Context(), dial(p), []intake.File{many(t, n)}, plainOptions); err != nil {
		t.Fatal(err)
	}
	again, err := im.Run(t.Context(), intake.Run{})
	if err != nil || again.Tallies[0].Created+again.Tallies[0].Unchanged != n || again.Tallies[0].Unchanged < report.Tallies[0].Created {
		t.Errorf("the second run: %+v, %v; the first said %+v", again, err, report.Tallies)
	}
}

// BenchmarkImport is 50,000 customers into an empty company on a disk.
func BenchmarkImport(b *testing.B) {
	file := filepath.Join(b.TempDir(), "customers.csv")
	if err := os.WriteFile(file, manyText(50_000), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		data := filepath.Join(b.TempDir(), "data")
		ask := func(args ...string) {
			if err := run(b.Context(), append(args, "--data", data), stdio{nil, io.Discard, io.Discard}); err != nil {
				b.Fatal(err)
			}
		}
		ask("tenants", "add", "acme")
		ask("users", "add", "amy@x", "--kind", "desktop", "--role", "admin")
		b.StartTimer()
		ask("import", file)
	}
}

// TestImport_OwnFields: a company's own fields are columns like others, on both ways.
func TestImport_OwnFields(t *testing.T) {
	p := openPapers(t)
	b := p.backEnd("amy@acme", "read", "write")
	b.do(201, "POST", "/v1/field_definitions", fields{
		"extends": int(model.Assets), "number": 70_001, "name": "pressure", "type": int(model.TypeQuantity), "class": "work", "rights": "read_only", "label": "Pressure, bar",
	})
	files := []string{
		p.write("customers.csv", "No,Name\n1,One\n"), p.write("sites.csv", "No,Customer,Name\nS1,1,Works\n"),
		p.write("assets.csv", "No,Site,Name,Pressure\nA1,S1,Boiler,\"1,5\"\n"),
	}
	if counts, talk, err := p.tally(files...); err != nil || !strings.Contains(counts, "assets 1 0 0 0 0") || !strings.Contains(talk, "Pressure = custom.pressure") {
		t.Fatalf("%s, %v\n%s", counts, err, talk)
	}
	if custom, ok := p.only("assets", "import:A1")["custom"].(map[string]any); !ok || custom["pressure"] != "1.5" {
		t.Errorf("asset = %v", p.only("assets", "import:A1"))
	}
	if _, talk, err := p.said("export", "assets", "--out", p.dir, "--replace"); err != nil {
		t.Fatal(err, talk)
	}
	raw, err := os.ReadFile(filepath.Join(p.dir, "assets.csv"))
	if check(t, err); !strings.Contains(string(raw), ",custom.pressure\n") || !strings.Contains(string(raw), ",1.5\n") {
		t.Errorf("exported %s", raw)
	}
	if counts, _, err := p.tally(filepath.Join(p.dir, "assets.csv")); err != nil || counts != "assets 0 0 1 0 0" {
		t.Errorf("what was exported is imported: %s, %v", counts, err)
	}
}

// cutter is where a command talks to; it is interrupted when it says something.
type cutter struct {
	bytes.Buffer
	at  string
	cut func()
}

// Write takes what is said.
func (c *cutter) Write(b []byte) (int, error) {
	if strings.Contains(string(b), c.at) {
		c.cut()
	}
	return c.Buffer.Write(b)
}

// TestImport_Interrupted says that nothing is half done.
func TestImport_Interrupted(t *testing.T) {
	p := openPapers(t)
	ctx, cut := context.WithCancel(t.Context())
	defer cut()
	file := p.write("customers.csv", string(manyText(2000)))
	talk := &cutter{at: "times without an offset", cut: cut} // the last thing it says before it begins
	err := run(ctx, []string{"import", file, "--data", p.set.data, "--tenant", "acme"}, stdio{nil, io.Discard, talk})
	if exitCode(err) != exitInterrupted || !strings.Contains(talk.String(), "nothing is half done: run the same import again to go on") {
		t.Errorf("%v, exit %d\n%s", err, exitCode(err), talk.String())
	}
}

// TestPiped: an answer of a handler in this process comes as it is written, and one that is broken off is not taken for
// whole.
func TestPiped(t *testing.T) {
	first := make(chan struct{})
	through := &http.Client{Transport: piped{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "one")
		<-first
		if r.URL.Path == "/broken" {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "two")
	})}}
	for path, want := range map[string]string{"/whole": "two", "/broken": ""} {
		first = make(chan struct{})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://inside"+path, nil)
		check(t, err)
		answer, err := through.Do(r)
		check(t, err)
		begun := make([]byte, 3)
		if _, err := io.ReadFull(answer.Body, begun); err != nil || string(begun) != "one" || answer.StatusCode != http.StatusAccepted || answer.Header.Get("X-Path") != path {
			t.Errorf("%s: %s, %v, %d %v", path, begun, err, answer.StatusCode, answer.Header)
		}
		close(first)
		rest, err := io.ReadAll(answer.Body)
		if string(rest) != want || (err != nil) != (want == "") {
			t.Errorf("%s: then %q, %v", path, rest, err)
		}
		answer.Body.Close()
	}
}

// TestImport_TwinsOfABadRow: a row that is the same as one that was not taken is not taken either, and does not count as one
// that was.
func TestImport_TwinsOfABadRow(t *testing.T) {
	p := openPapers(t)
	file := p.write("sites.csv", "No,Customer,Name\nS1,99,x\nS1,99,x\n")
	if counts, talk, err := p.tally(file); err == nil || counts != "sites 0 0 0 2 0" || !strings.Contains(talk, "sites.csv:3: is the same as "+file+":2, which is bad") {
		t.Errorf("%s, %v\n%s", counts, err, talk)
	}
}

// TestImport_ASheetOfAWorkbook reads the one that is named, with dates that are cells.
func TestImport_ASheetOfAWorkbook(t *testing.T) {
	p := openPapers(t)
	var out bytes.Buffer
	w, err := sheet.NewWriter(&out, sheet.Dialect{Format: sheet.XLSX, Sheet: "Open jobs"}, false)
	check(t, err)
	check(t, w.Names([]string{"Job No", "Title", "Start Date", "Start Time"}))
	check(t, w.Write([]sheet.Cell{{Text: "17", Kind: sheet.Number}, {Text: "Boiler"}, {Text: "2026-03-04", Kind: sheet.Date}, {Text: "9:15"}}))
	check(t, w.Close())
	file := p.write("plan.xlsx", out.String())
	if _, _, err := p.tally(file, "--sheet", "Closed"); exitCode(err) != exitUsage || !strings.Contains(err.Error(), `no sheet "Closed"; there is "Open jobs"`) {
		t.Errorf("another sheet: %v", err)
	}
	if counts, talk, err := p.tally(file, "--sheet", "Open jobs", "--kind", "jobs"); err != nil || counts != "jobs 1 0 0 0 0" {
		t.Errorf("%s, %v\n%s", counts, err, talk)
	}
	if job := p.only("jobs", "import:17"); job["window_start"] != "2026-03-04T09:15:00.000Z" || job["window_end"] != "2026-03-04T11:15:00.000Z" {
		t.Errorf("job = %v", job)
	}
}
