package sheet_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/office/sheet"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func open(t testing.TB, name string, content []byte, o sheet.Options) (*sheet.Table, error) {
	t.Helper()
	return sheet.Open(name, bytes.NewReader(content), int64(len(content)), o)
}

// dump is all that is read of a file.
func dump(t *sheet.Table) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\nbom %t, crlf %t\n%d %q\n", t.Dialect, t.Dialect.BOM, t.Dialect.CRLF, t.Line, t.Columns)
	for row, err := range t.Rows() {
		if err != nil {
			fmt.Fprintf(&out, "error: %v\n", err)
			break
		}
		fmt.Fprintf(&out, "%d", row.Line)
		for _, c := range row.Cells {
			fmt.Fprintf(&out, " %s%q", [...]string{"", "number ", "date ", "time ", "bool ", "error "}[c.Kind], c.Text)
		}
		if row.Fault != "" {
			fmt.Fprintf(&out, " FAULT %s", row.Fault)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// TestOddities reads every file of testdata, each of which shows what some program writes.
func TestOddities(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			table, err := open(t, filepath.Base(file), content, sheet.Options{})
			got := fmt.Sprintln("error:", err)
			if err == nil {
				got = dump(table)
				if again := dump(table); again != got {
					t.Errorf("the second time it reads\n%s, the first time\n%s", again, got)
				}
			}
			if *update {
				if err := os.WriteFile(file+".golden", []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("read\n%s, want\n%s", got, want)
			}
		})
	}
}
