//go:build plant

package writing

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
)

// bugs are the planted bugs of the write path: of the engine, of the replica and of the machine itself (a session that
// acknowledges what is not durable). Bugs that need a restored server are not here.
var bugs = []string{
	"author-replaced", "expiry-beats-acceptance", "visits-stay-open", "arrival-orders", "last-upload-wins", "whole-record",
	"acknowledged-before-commit", "closed-over-held", "age-held-released", "conflict-by-writer", "dedupe-by-number", "epoch-outside-commit",
	"epochs-without-incarnation", "group-incomplete-taken", "group-split", "half-group-released", "handin-claims-applied",
	"held-creation-ignored", "loser-dropped", "no-age-limit", "no-connection-fence", "order-ignored",
	"release-splits-group", "release-wins", "repeat-applied-again", "same-id-silent", "shown-token-forgotten",
	"stack-on-held-applied", "twins-not-reidentified", "waits-for-unknown",
	"ack-deletes-item", "edit-base-at-upload", "edit-base-not-inherited", "group-cut-by-frames", "group-two-local-writes",
	"ids-from-backed-up-generator", "over-without-creation",
}

// doubled are bugs that show only together with another: the state itself deduplicates what the outcomes did not.
var doubled = map[string]string{
	"group-cut-by-frames":          "group-incomplete-taken",
	"group-two-local-writes":       "group-incomplete-taken",
	"ids-from-backed-up-generator": "same-id-silent",
}

const plantVariable = "FIELDSYNC_PLANT"

// TestMain plants the bug that the environment names in every test of this run.
func TestMain(m *testing.M) {
	if bug := os.Getenv(plantVariable); bug != "" {
		plant(bug)
		muted = true
	}
	os.Exit(m.Run())
}

// plant plants a bug and the one that it needs.
func plant(bug string) func(string) bool {
	names := []string{bug, doubled[bug]}
	planted = func(name string) bool { return slices.Contains(names, name) }
	engine.Plant = planted
	return planted
}

// TestPlanted: random histories or a script must find every planted bug.
func TestPlanted(t *testing.T) {
	if os.Getenv(plantVariable) != "" {
		t.Skip("a bug is planted already")
	}
	for _, bug := range bugs {
		t.Run(bug, func(t *testing.T) {
			history := firstFailing(bug)
			scripts := failingScripts(t, bug)
			if history == "" && len(scripts) == 0 {
				t.Error("nothing finds it")
			}
			t.Logf("%-28s | %s | %s", bug, history, strings.Join(scripts, " "))
		})
	}
}

// firstFailing runs histories until one fails, and says which and as what.
func firstFailing(bug string) string {
	opt := Options{Steps: *steps, Plant: plant(bug)}
	defer func() { planted, engine.Plant = nil, nil }()
	for i := range min(*seeds, 150) {
		opt.Seed = *seed + uint64(i)
		if r := Run(opt); len(r.Fails) > 0 {
			return fmt.Sprintf("seed %d: %s", i+1, kind(r.Fails[0]))
		}
	}
	return ""
}

var failed = regexp.MustCompile(`--- FAIL: Test(\w+)`)

// failingScripts runs the scripts in a process of their own, with the bug planted.
func failingScripts(t *testing.T, bug string) (names []string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^Test(CE|R|D|W|F|E|Everyday)", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), plantVariable+"="+bug)
	out, _ := cmd.CombinedOutput() // failing is what is hoped for
	for _, m := range failed.FindAllStringSubmatch(string(out), -1) {
		names = append(names, m[1])
	}
	if strings.Contains(string(out), "panic:") {
		names = append(names, "(panic)")
	}
	return names
}
