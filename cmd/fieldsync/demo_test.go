package main

import (
	"bytes"
	"strings"
	"testing"
)

// playDemo runs the demonstration once, on a free port.
func playDemo(t *testing.T, dir string) (out string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err = run(t.Context(), []string{"demo", "--once", "--data", dir, "--listen", "127.0.0.1:0"}, stdio{strings.NewReader(""), &stdout, &stderr})
	return stdout.String() + stderr.String(), err
}

// TestDemo plays the story on a new store, and once more on the same one.
func TestDemo(t *testing.T) {
	dir := shortDir(t)
	for _, want := range []string{"imported: 4 users, 12 customers, 16 sites, 24 jobs", "found again: 4 users, 12 customers, 16 sites, 24 jobs"} {
		out, err := playDemo(t, dir)
		if err != nil {
			t.Fatalf("the demonstration failed: %v\n%s", err, out)
		}
		for _, line := range []string{want, "Everybody's password is ", "checks passed"} {
			if !strings.Contains(out, line) {
				t.Errorf("the demonstration did not say %q:\n%s", line, out)
			}
		}
	}
}

// TestDemoLeavesOthersAlone: a store that holds a company is not a demonstration's.
func TestDemoLeavesOthersAlone(t *testing.T) {
	dir := shortDir(t)
	must(t, "", "tenants", "add", "acme", "--data", dir)
	if out, err := playDemo(t, dir); err == nil || !strings.Contains(err.Error(), "another company") {
		t.Fatalf("demo over another company's data: %v\n%s", err, out)
	}
}
