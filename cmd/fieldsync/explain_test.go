package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestV18_ExplainByCommand: in words for a person, in JSON for a program; and what somebody's phone is shown.
func TestV18_ExplainByCommand(t *testing.T) {
	s := openStage(t, nil)
	job, foreign := s.newJobOf("sue", "acme", "Boiler"), s.newJobOf("ben", "acme", "Flue")
	s.office("acme", change(model.OpCreate, model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "go"), textOf(model.NoteAudience, "field")))
	at := []string{"--as", "amy@acme", "--data", s.set.data, "--tenant", "acme"}
	do := func(args ...string) string { t.Helper(); return must(t, "", append(args, at...)...) }
	for _, row := range []struct {
		args []string
		says []string
	}{
		{[]string{"explain", "sue@acme", job.String()}, []string{
			"sue@acme may see jobs " + job.String() + ", as subcontractor: the job it belongs to is theirs (assignment)", "FIELD", "title", "yes",
		}},
		{[]string{"explain", "SUE@acme", foreign.String()}, []string{"may not see", "not theirs (assignment)"}},
		{[]string{"explain", "sue@acme", "--collection", "customers"}, []string{"sue@acme may not see customers", "mobile.customers is hidden (level)"}},
		{[]string{"explain", "sue@acme", job.String(), "--action", "edit"}, []string{"may not edit jobs", "mobile.edit_job is off (level)"}},
		{[]string{"explain", "sue@acme", job.String(), "--action", "create", "--collection", "notes"}, []string{"may create notes below " + job.String()}},
		{[]string{"explain", "sue@acme", randomRecord().String()}, []string{"may not see", "there is none (missing)"}},
		{[]string{"explain", "amy@acme", job.String(), "--session", "mobile"}, []string{"as mobile", "(account)"}},
		{[]string{"view-as", "sue@acme", "jobs"}, []string{job.String(), `status "offered"`, `title "Boiler"`}},
	} {
		got := do(row.args...)
		for _, want := range row.says {
			if !strings.Contains(got, want) {
				t.Errorf("%v lacks %q:\n%s", row.args, want, got)
			}
		}
		if strings.Contains(got, "Flue") {
			t.Errorf("%v tells of another's job:\n%s", row.args, got)
		}
	}
	var e api.Explanation
	check(t, json.Unmarshal([]byte(do("explain", "sue@acme", job.String(), "--json")), &e))
	if !e.Allow || e.Rule != "assignment" || e.Record != job {
		t.Errorf("explain --json = %+v", e)
	}
	var jobs []fields
	check(t, json.Unmarshal([]byte(do("view-as", "sue@acme", "jobs", "--json")), &jobs))
	if len(jobs) != 1 || jobs[0]["id"] != job.String() {
		t.Errorf("view-as --json = %v", jobs)
	}
	for _, c := range []struct {
		args string
		exit int
		says string
	}{
		{"explain sue@acme " + job.String(), exitUsage, "--as"},
		{"explain sue@acme --as amy@acme", exitUsage, "--collection"},
		{"explain --as amy@acme", exitUsage, "LOGIN"},
		{"explain nobody@acme " + job.String() + " --as amy@acme", exitNotFound, "nobody@acme"},
		{"explain sue@acme x --as amy@acme", exitUsage, "32 hexadecimal"},
		{"explain sue@acme " + job.String() + " --action steal --as amy@acme", exitUsage, "want see"},
		{"view-as sue@acme nothing --as amy@acme", exitUsage, "collection"},
		{"view-as sue@acme --as amy@acme", exitUsage, "COLLECTION"},
	} {
		_, err := cli(t, "", append(strings.Fields(c.args), "--data", s.set.data, "--tenant", "acme")...)
		var says strings.Builder
		complain(&says, err)
		if exitCode(err) != c.exit || err == nil || !strings.Contains(says.String(), c.says) {
			t.Errorf("%s: %s, exit %d; want exit %d and %q", c.args, says.String(), exitCode(err), c.exit, c.says)
		}
	}
}
