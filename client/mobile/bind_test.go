package mobile_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Everything exported can be bound for both languages: gobind passes over nothing. It is a tool of go.mod.
func TestBinds(t *testing.T) {
	if testing.Short() {
		t.Skip("gobind type-checks everything below the facade")
	}
	if err := exec.CommandContext(t.Context(), "go", "tool", "-n", "gobind").Run(); err != nil {
		t.Fatal("gobind is not a tool of go.mod: go get -tool golang.org/x/mobile/cmd/gobind")
	}
	out := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "gobind", "-lang=go,java,objc", "-outdir="+out, ".")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("gobind: %v\n%s", err, said)
	}
	bound := 0
	err = filepath.WalkDir(out, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for line := range bytes.Lines(raw) {
			if text := string(line); strings.Contains(text, "skipped ") {
				t.Errorf("%s: %s", filepath.Base(file), strings.TrimSpace(text))
			}
		}
		bound += bytes.Count(raw, []byte("closeProblem"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if bound == 0 {
		t.Error("nothing was bound: closeProblem is nowhere in what gobind wrote")
	}
}
