package main

import (
	"slices"
	"strings"
	"testing"
)

// TestW19_PortalInATerminal: a client lists jobs and looks at one, and is told what changes.
func TestW19_PortalInATerminal(t *testing.T) {
	x := openTown(t)
	t.Setenv("FIELDSYNC_PASSWORD", acceptPassword)
	x.makes("sites", fields{"customer": x.bakery, "name": "Yard", "address": "1 Mill Lane"})
	job := x.makes("jobs", fields{"client_title": "Boiler service", "customer": x.bakery})
	x.makes("notes", fields{"job": job, "text": "Bring cake", "audience": "client"})
	number, _ := x.cora.do(200, "GET", "/portal/v1/jobs/"+job, nil)["number"].(string)
	args := []string{"portal", "--as", "cora@acme", "--tenant", "acme", "--server", "http://" + x.address}
	if _, err := cli(t, "", args...); exitCode(err) != exitConflict || !strings.Contains(err.Error(), "--takeover") {
		t.Errorf("where a session is live: %v, exit %d", err, exitCode(err))
	}
	out, err := cli(t, "jobs\nhistory\ncompany\njob "+number+"\nquit\n", append(args, "--takeover")...)
	for _, want := range []string{number, "planned", "Boiler service", "none", "Bakery", "Yard, 1 Mill Lane", "Bring cake"} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("the terminal lacks %q, %v:\n%s", want, err, out)
		}
	}
	for line, code := range map[string]int{"portal": exitUsage, "portal --as nobody@acme --tenant acme --server http://" + x.address: exitNotAllowed} {
		if _, err := cli(t, "", strings.Fields(line)...); exitCode(err) != code {
			t.Errorf("%s: %v, exit %d, want %d", line, err, exitCode(err), code)
		}
	}

	v := &visitor{base: "http://" + x.address}
	check(t, v.signIn(t.Context(), signInFlags{as: "cora@acme", tenant: "acme"}, acceptPassword))
	if news, err := v.update(t.Context(), 0); err != nil || news != nil {
		t.Errorf("what was there before is news: %v, %v", news, err)
	}
	note := x.makes("notes", fields{"job": job, "text": "Done", "audience": "client"})
	x.makes("office_events", fields{"job": job, "kind": "cancel"})
	news, err := v.update(t.Context(), 0)
	check(t, err)
	want := []string{"job " + number + " Boiler service: progress cancelled", "note on job " + number + " Boiler service: Done"}
	if slices.Sort(news); !slices.Equal(news, want) {
		t.Errorf("news = %q, want %q", news, want)
	}
	x.amy.send(204, "DELETE", "/v1/notes/"+note, nil)
	if news, err = v.update(t.Context(), 0); err != nil || !slices.Equal(news, []string{"note Done is gone"}) {
		t.Errorf("a note that was taken back is %q, %v", news, err)
	}
}
