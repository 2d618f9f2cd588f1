package main

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// saidAll checks that a talk has all of these.
func saidAll(t *testing.T, talk string, want ...string) {
	t.Helper()
	for _, one := range want {
		if !strings.Contains(talk, one) {
			t.Errorf("it did not say %q:\n%s", one, talk)
		}
	}
}

// TestImport_Mistakes: cells that show an error are bad in whatever column, and named once.
func TestImport_Mistakes(t *testing.T) {
	p := openPapers(t)
	file := p.write("customers.csv", "No,Name,Phone\n1,One,1\n#N/A,Two,2\n#N/A,Three,3\n4,#REF!,4\n5,Five,#NV\n")
	counts, talk, err := p.tally(file)
	if err == nil || counts != "customers 1 0 0 4 0" {
		t.Errorf("%s, %v", counts, err)
	}
	saidAll(t, talk, "customers.csv:3: No: the cell shows no value but #N/A", "customers.csv:5: Name: the cell shows no value but #REF!", "customers.csv:6: Phone: ")
	for _, no := range []string{"is empty", "another content"} {
		if strings.Contains(talk, no) {
			t.Errorf("it said %q of a cell that shows an error:\n%s", no, talk)
		}
	}
	sites := p.write("sites.csv", "No,Customer,Name\nS1,#N/A,Works\n")
	if counts, talk, err := p.tally(sites); err == nil || counts != "sites 0 0 0 1 0" || strings.Contains(talk, "in none of the files") {
		t.Errorf("a reference: %s, %v\n%s", counts, err, talk)
	}
}

// TestImport_ColumnsThatMeanNothing may be there twice; those that mean something may not.
func TestImport_ColumnsThatMeanNothing(t *testing.T) {
	t.Parallel()
	p := openPapers(t)
	if counts, talk, err := p.tally(p.write("a-customers.csv", "No,Name,Zorg,Zorg\n1,One,x,y\n")); err != nil || counts != "customers 1 0 0 0 0" {
		t.Errorf("%s, %v\n%s", counts, err, talk)
	}
	if _, _, err := p.tally(p.write("b-customers.csv", "No,Name,Phone,Phone\n1,One,x,y\n")); exitCode(err) != exitUsage || !strings.Contains(err.Error(), `the column "Phone" is there twice; rename`) {
		t.Errorf("a column twice: %v", err)
	}
	if _, _, err := p.tally(p.write("c-customers.csv", "Customers of ACME\n\nNo,Name\n1,One\n")); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "--header") {
		t.Errorf("a title above the names: %v", err)
	}
	if _, _, err := p.tally(p.dir); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
}

// TestImport_QuietNamesBadRows: a bad row is a result.
func TestImport_QuietNamesBadRows(t *testing.T) {
	t.Parallel()
	p := openPapers(t)
	files := []string{p.write("customers.csv", "No,Name\n1,One\n2,\n3,\x1b[2J\n"), p.write("sites.csv", "No,Customer,Name\nS1,x\x1b[2J,Works\n")}
	_, talk, err := p.tally(append(files, "--quiet")...)
	if err == nil || !strings.Contains(talk, "bad: ") || strings.Contains(talk, "columns:") || strings.Contains(talk, "\x1b") {
		t.Errorf("%v\n%q", err, talk)
	}
}

// TestImport_OverAndUnreadable: a job that is over is left out, whatever else its row says.
func TestImport_OverAndUnreadable(t *testing.T) {
	t.Parallel()
	p := openPapers(t)
	out, talk, err := p.said("import", "--zone", "UTC", p.write("jobs.csv", "No,Title,Start,Status\n1,a,yesterday,closed\n2,b,2026-03-30 08:30:00+02,open\n"))
	if err != nil || !strings.Contains(out, "1         0         0           0     0            1") {
		t.Errorf("%v\n%s%s", err, out, talk)
	}
	if job := p.only("jobs", "import:2"); job["window_start"] != "2026-03-30T06:30:00.000Z" {
		t.Errorf("job = %v", job)
	}
}

// TestImport_RehearsalTellsTheTruth: what a dry run says is what the run then does, also of what refers to what comes with it
// and of people.
func TestImport_RehearsalTellsTheTruth(t *testing.T) {
	t.Parallel()
	p := openPapers(t)
	first := []string{
		p.write("customers.csv", "No,Name\n1,One\n"), p.write("sites.csv", "No,Customer,Name\nS1,1,Works\n"),
		p.write("contacts.csv", "No,Customer,Name\nK1,1,Kim\n"), p.write("jobs.csv", "No,Title,Site\nJ1,Fix,S1\n"),
	}
	if _, talk, err := p.tally(first...); err != nil {
		t.Fatal(err, talk)
	}
	files := []string{
		p.write("customers.csv", "No,Name\n1,One\n2,Two\n"), p.write("sites.csv", "No,Customer,Name\nS1,2,Works\nS2,2,Shop\n"),
		p.write("contacts.csv", "No,Customer,Site,Name\nK1,1,S2,Kim\nK2,2,S2,Lee\n"), p.write("jobs.csv", "No,Title,Customer,Site\nJ1,Fix,2,S2\nJ2,Mend,2,S2\n"),
		p.write("users.csv", "login,kind,role,company,levels\npia@acme,portal,,2,\nleo@acme,mobile,admin,,\n"+
			"lea@acme,mobile,,,fly=on\nlou@acme,mobile,,,customers=maybe\nlin@acme,portal,,99,\n"),
	}
	for _, how := range [][]string{{"--only-new"}, nil} {
		dry, talk, dryErr := p.tally(append(append(files, "--dry-run"), how...)...)
		real, realTalk, realErr := p.tally(append(files, how...)...)
		if dry != real || (dryErr == nil) != (realErr == nil) || !strings.Contains(real, "users ") {
			t.Errorf("%q: rehearsed %s, %v\n%s\nand done %s, %v\n%s", how, dry, dryErr, talk, real, realErr, realTalk)
		}
		saidAll(t, talk, `"admin" is no role of a mobile user`, "there is no permission mobile.fly", `mobile.customers is never "maybe"`, "import:99 is in none of the files")
	}
}

// TestImport_CompanyOfAUser: who is there belongs where they belong, and a file that says otherwise is told so.
func TestImport_CompanyOfAUser(t *testing.T) {
	p := openPapers(t)
	customers := p.write("customers.csv", "No,Name,External ID\n,One,sap:1\n,Two,sap:2\n")
	if _, talk, err := p.tally(customers, p.write("users.csv", "login,kind,company_external_id\npia@acme,portal,sap:1\n")); err != nil {
		t.Fatal(err, talk)
	}
	one := p.all("customers", url.Values{"external_id": {"sap:1"}})[0]["id"]
	users, err := p.client().Users(t.Context())
	check(t, err)
	for _, u := range users {
		if u.Login == "pia@acme" && u.Company != one {
			t.Errorf("pia belongs to %q, want %q", u.Company, one)
		}
	}
	if _, talk, err := p.said("export", "users", "--out", p.dir, "--replace"); err != nil {
		t.Fatal(err, talk)
	}
	if got := exported(t, filepath.Join(p.dir, "users.csv"))["pia@acme"]; !strings.Contains(got, "company_external_id=sap:1\x00") {
		t.Errorf("exported alone: %q", got)
	}
	for _, how := range []string{"--dry-run", "--strict"} {
		counts, talk, err := p.tally(p.write("users.csv", "login,kind,company_external_id\npia@acme,portal,sap:2\n"), how)
		if err != nil || counts != "users 0 0 1 0 0" {
			t.Errorf("%s: %s, %v", how, counts, err)
		}
		saidAll(t, talk, "users.csv:2: company_external_id: pia@acme belongs to another company here, and stays so")
	}
}
