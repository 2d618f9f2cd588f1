package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestHoursByCommand: a worker's hours come from a phone, are looked at, corrected, approved and exported on the server's
// machine, and what comes afterwards is an adjustment (domain E17 to E19, W8).
func TestHoursByCommand(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	at := []string{"--data", s.set.data, "--tenant", "acme"}
	do := func(args ...string) string { t.Helper(); return must(t, "", append(args, at...)...) }
	ben := s.handset("acme", "ben").connect()
	today := time.Now().UTC()
	days := []string{"--from", today.AddDate(0, 0, -2).Format(time.DateOnly), "--to", today.AddDate(0, 0, 3).Format(time.DateOnly)}
	manual := func(minutes int64) {
		t.Helper()
		c := made(model.TimesheetEvents, model.RecordID{}, textOf(model.TimeKind, "manual_entry"), model.Assign{Field: model.TimeAmount, Value: model.Int(minutes)})
		if a := ben.push(c); a[0].Outcome != model.OutcomeApplied {
			t.Fatalf("%d minutes = %+v", minutes, a)
		}
	}
	manual(90)
	var sheets []api.Timesheet
	list := func() api.Timesheet {
		t.Helper()
		check(t, json.Unmarshal([]byte(do(append([]string{"timesheets", "list", "--worker", "ben@acme", "--json"}, days...)...)), &sheets))
		return sheets[0]
	}
	if got := list(); got.Paid != 90*60_000 || got.State != "open" || len(got.Events) != 1 {
		t.Fatalf("ben's timesheet = %+v", got)
	}
	if got := do(append([]string{"timesheets", "list"}, days...)...); !strings.Contains(got, "1:30") || !strings.Contains(got, "manual") {
		t.Errorf("timesheets list = %s", got)
	}
	do("timesheets", "correct", "--event", sheets[0].Events[0].ID.String(), "--minutes", "60", "--reason", "the break was not")
	if got := list(); got.Paid != 60*60_000 || got.Worked != 90*60_000 || len(got.Corrections) != 1 || !got.Corrections[0].Stands {
		t.Errorf("corrected = %+v", got)
	}
	do(append([]string{"timesheets", "submit", "ben@acme"}, days...)...)
	do(append([]string{"timesheets", "reopen", "ben@acme", "--note", "Friday is missing"}, days...)...)
	if _, err := cli(t, "", append(append([]string{"payroll", "export"}, days...), at...)...); err == nil || !strings.Contains(err.Error(), "nothing to export") {
		t.Errorf("exporting what nobody approved: %v", err)
	}
	do(append([]string{"timesheets", "approve", "ben@acme"}, days...)...)
	file := filepath.Join(t.TempDir(), "week.csv")
	const id = "0d4c9a52b1f04b8f9d2a6c1e7f3b8d40"
	do(append([]string{"payroll", "export", "--id", id, "--out", file}, days...)...)
	text, err := os.ReadFile(file)
	check(t, err)
	if !strings.Contains(string(text), ",manual,3600,3600\n") {
		t.Errorf("the file is\n%s", text)
	}
	if again := do(append([]string{"payroll", "export", "--id", id}, days...)...); again != string(text) {
		t.Errorf("asked again it is\n%s", again)
	}
	var files []api.PayrollFile
	check(t, json.Unmarshal([]byte(do("payroll", "list", "--json")), &files))
	if sum := sha256.Sum256(text); len(files) != 1 || files[0].Hash != hex.EncodeToString(sum[:]) {
		t.Errorf("payroll list = %+v; want the hash of the CSV", files)
	}
	manual(30)
	if got := list(); got.State != "exported" || got.Late != 30*60_000 {
		t.Errorf("after the export = %+v; want 30 min late", got)
	}
	late := do(append([]string{"payroll", "export"}, days...)...)
	if !strings.Contains(late, ",adjustment,") || !strings.Contains(late, ",manual,1800,1800\n") {
		t.Errorf("the next file is\n%s", late)
	}
	if got := do("payroll", "get", id); got != string(text) {
		t.Errorf("the first file is now\n%s", got)
	}
	if got := do(append([]string{"report", "hours", "--by", "person"}, days...)...); !strings.Contains(got, ",ben,5400,0,0,5400,0,0\n") {
		t.Errorf("report hours =\n%s", got)
	}
}

// TestE25_HoursOnThePhone: a worker sees their own hours on the phone, and disputes one.
func TestE25_HoursOnThePhone(t *testing.T) {
	p := startPeople(t)
	p.shows("phone", "ben", "pixel", []string{"offline", "hours start", "hours"}, "shift start", "not sent yet")
	p.shows("phone", "ben", "pixel", []string{"wait", "hours dispute 1 it was earlier", "wait", "hours"},
		"all sent", "you: at ", "it was earlier")
}
