package problem_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/web/problem"
)

func TestCatalogue(t *testing.T) {
	all := problem.Catalogue()
	if !slices.IsSortedFunc(all, func(a, b problem.Entry) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("the catalogue is not sorted, so codes are not found in it")
	}
	name := regexp.MustCompile(`^[a-z][a-z_]*[a-z]$`)
	for i, e := range all {
		if !name.MatchString(e.Code) || http.StatusText(e.Status) == "" || e.Status < 400 {
			t.Errorf("%s %d: want a word and a status of failure", e.Code, e.Status)
		}
		if e.Title == "" || !strings.HasSuffix(e.Means, ".") || !strings.HasSuffix(e.Do, ".") {
			t.Errorf("%s lacks a title, a meaning or an advice", e.Code)
		}
		if i > 0 && all[i-1].Code == e.Code {
			t.Errorf("%s is there twice", e.Code)
		}
	}
}

// TestEveryCodeIsInTheCatalogue reads the sources for the codes that are told, and finds each there, and no other.
func TestEveryCodeIsInTheCatalogue(t *testing.T) {
	used := map[string]bool{}
	for _, root := range []string{"..", "../../cmd/fieldsync"} {
		for at, code := range codesIn(t, root) {
			used[code] = true
			if _, ok := problem.Lookup(code); !ok {
				t.Errorf("%s: the catalogue does not have %q", at, code)
			}
		}
	}
	if len(used) < 10 {
		t.Fatalf("found only %d codes: does this test read the sources?", len(used))
	}
	for _, e := range problem.Catalogue() {
		if !used[e.Code] {
			t.Errorf("nothing tells %q", e.Code)
		}
	}
}

// codesIn finds the first arguments of problem.New under a folder, and the codes that this package maps errors to.
func codesIn(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files := token.NewFileSet()
	add := func(e ast.Expr) {
		at := files.Position(e.Pos()).String()
		literal, ok := e.(*ast.BasicLit)
		if !ok {
			return
		}
		text, err := strconv.Unquote(literal.Value)
		check(t, err)
		out[at] = text
	}
	check(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		own := file.Name.Name == "problem"
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if called(n.Fun, own) && len(n.Args) > 0 {
					add(n.Args[0])
				}
			case *ast.AssignStmt: // of what is told later
				for i, to := range n.Lhs {
					if name, ok := to.(*ast.Ident); ok && name.Name == "code" && i < len(n.Rhs) {
						add(n.Rhs[i])
					}
				}
			case *ast.ValueSpec: // the reasons of the committer, each with its code
				if n.Names[0].Name == "refusals" && len(n.Values) == 1 {
					for _, e := range n.Values[0].(*ast.CompositeLit).Elts {
						add(e.(*ast.KeyValueExpr).Value.(*ast.CompositeLit).Elts[0])
					}
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "code" {
					add(n.Value)
				}
			}
			return true
		})
		return nil
	}))
	return out
}

// called says whether a function is New or Lookup of this package.
func called(fun ast.Expr, own bool) bool {
	switch f := fun.(type) {
	case *ast.Ident:
		return own && (f.Name == "New" || f.Name == "Lookup")
	case *ast.SelectorExpr:
		of, ok := f.X.(*ast.Ident)
		return ok && of.Name == "problem" && (f.Sel.Name == "New" || f.Sel.Name == "Lookup")
	}
	return false
}

var update = flag.Bool("update", false, "rewrite docs/reference/errors.md")

const reference = "../../docs/reference/errors.md"

// TestReference keeps docs/reference/errors.md what the catalogue says. Read the diff before committing it.
func TestReference(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Error codes

Every answer that is not a success is an RFC 9457 problem, ` + "`application/problem+json`" + `, with a stable ` + "`code`" + `. The
server has a page for each: ` + "`GET /docs/e/CODE`" + `. The title is always the code's; the detail says what of this request.
` + "`errors`" + ` lists what is wrong where, and ` + "`request_id`" + ` names the request in the server's log.

Written by a test from the catalogue in ` + "`web/problem`" + `; do not edit: ` + "`go test ./web/problem -run TestReference -update`" + `.
`)
	for _, e := range problem.Catalogue() {
		fmt.Fprintf(&b, "\n## %s\n\n%d: %s.\n\n%s\n\nWhat to do: %s\n", e.Code, e.Status, e.Title, e.Means, e.Do)
	}
	if *update {
		check(t, os.WriteFile(reference, []byte(b.String()), 0o600))
		return
	}
	got, err := os.ReadFile(reference)
	check(t, err)
	if string(got) != b.String() {
		t.Errorf("%s is stale; run: go test ./web/problem -run TestReference -update", reference)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
