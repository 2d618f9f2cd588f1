package fieldsync_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fieldsync/fieldsync/"

// Outside dependencies, by the name the table uses. Each has one home, except where the table says otherwise.
var outside = map[string]string{
	"bubbletea": "charm.land/bubbletea/v2",
	"excelize":  "github.com/xuri/excelize/v2",
	"hdr":       "github.com/HdrHistogram/hdrhistogram-go",
	"huma":      "github.com/danielgtaylor/huma/v2",
	"humachi":   "github.com/danielgtaylor/huma/v2/adapters/humachi",
	"lipgloss":  "charm.land/lipgloss/v2",
	"prom":      "github.com/prometheus/client_golang/prometheus",
	"promcoll":  "github.com/prometheus/client_golang/prometheus/collectors",
	"promhttp":  "github.com/prometheus/client_golang/prometheus/promhttp",
	"text":      "golang.org/x/text/encoding",
	"textmap":   "golang.org/x/text/encoding/charmap",
	"textuni":   "golang.org/x/text/encoding/unicode",
	"textnorm":  "golang.org/x/text/unicode/norm",
	"textform":  "golang.org/x/text/transform",
	"argon2":    "golang.org/x/crypto/argon2",
	"badger":    "github.com/dgraph-io/badger/v4",
	"badgeropt": "github.com/dgraph-io/badger/v4/options",
	"porcupine": "github.com/anishathalye/porcupine",
	"chi":       "github.com/go-chi/chi/v5",
	"gorilla":   "github.com/gorilla/websocket",
	"msgpack":   "github.com/vmihailenco/msgpack/v5",
	"msgpcode":  "github.com/vmihailenco/msgpack/v5/msgpcode",
	"sqlite":    "modernc.org/sqlite",
	"sqlitelib": "modernc.org/sqlite/lib",
	"zstd":      "github.com/klauspost/compress/zstd",
}

// simulation may import all that runs without a disk, a socket or HTTP.
const simulation = "sync/simtest/history sync/model sync/access sync/search sync/merge sync/workflow sync/payroll sync/engine storage storage/memstore storage/storagetest protocol session client client/replica"

// policy is what we decided each package may import besides the standard library (DESIGN §10). It does not follow the
// code; the code follows it. A red build is no reason to widen it: a widening is a commit of its own, with its reason.
var policy = map[string]string{
	".":                       "",
	"sync/model":              "",
	"sync/access":             "sync/model",
	"sync/merge":              "sync/model",
	"sync/workflow":           "sync/model",
	"sync/payroll":            "sync/model sync/workflow", // lines and bytes of what entries pay
	"sync/search":             "sync/model textnorm",      // what words find; server and phone must find the same
	"sync/engine":             "sync/model sync/access sync/merge sync/workflow sync/payroll sync/search storage",
	"sync/simtest/history":    "", // what random histories of all three share
	"sync/simtest/reading":    simulation,
	"sync/simtest/writing":    simulation,
	"sync/simtest/worlds":     simulation,
	"sync/simtest/races":      simulation + " porcupine", // whether one register explains a history; nothing that ships imports it
	"storage":                 "sync/model",
	"storage/internal/sorted": "", // ordered maps that the drivers share
	"storage/memstore":        "storage storage/internal/sorted sync/model",
	"storage/badgerstore":     "storage storage/internal/sorted sync/model badger badgeropt",
	"storage/storagetest":     "storage sync/model",
	"protocol":                "sync/model msgpack msgpcode zstd",
	"protocol/wsconn":         "protocol gorilla",
	"session":                 "protocol sync/model argon2",
	"client":                  "client/replica protocol sync/model sync/merge sync/workflow sync/search sqlite sqlitelib",
	"client/replica":          "protocol sync/model sync/merge sync/workflow sync/search", // the synchronous core, which simtest drives
	"client/mobile":           "client protocol sync/model",                               // the gomobile facade: only types that gomobile can bind
	"web":                     "session protocol protocol/wsconn sync/model web/problem chi",
	"web/problem":             "session sync/model",                                                    // the one catalogue of what can go wrong; every part that answers HTTP tells it
	"web/document":            "sync/model",                                                            // a record as JSON: what the API, webhooks, exports and imports have in common
	"web/portal":              "session web/document web/problem web/rest sync/model chi huma humachi", // the clients' entrance, which the office's API does not know
	"web/rest":                "sync/model web/document web/problem huma",                              // what the APIs have in common
	"web/api":                 "web web/document web/hook web/problem web/rest protocol sync/model chi huma humachi",
	"web/hook":                "sync/model", // the deliverer knows the core by an interface of its own
	"web/metrics":             "protocol session storage sync/model chi prom promcoll promhttp",
	"office":                  "sync/model", // the API's client
	"office/sheet":            "excelize text textmap textuni textform",
	"office/intake":           "office office/shape office/sheet web/document web/problem sync/model",
	"office/shape":            "sync/model web/document",
	"office/export":           "office office/shape office/sheet web/document sync/model",
	"office/report":           "office office/sheet sync/model",
	"story":                   "sync/model", // stories as text: it reads them, and cmd plays them
	"lab":                     "client client/replica lab/tunnel protocol protocol/wsconn sync/model bubbletea lipgloss",
	"lab/tunnel":              "",
	"bench":                   "hdr",
	"bench/fleet":             "bench client client/replica protocol protocol/wsconn sync/model",
	"bench/floor":             "bench gorilla badger msgpack", // the same stack without our logic: it must not stand on our homes of them
	"cmd/fieldsync":           "*",                            // it introduces everybody to everybody
}

// impure is what a package that decides may not import, though it is standard: plumbing comes in as arguments
// (DESIGN §10). The clock functions of time are forbidden by forbidigo in .golangci.yml.
var impure = []string{
	"crypto/rand", "database/sql", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec",
	"os/signal", "sync", "sync/atomic", "syscall",
}

// excused are the exceptions, each with its reason.
var excused = map[string]string{
	"sync/engine sync": "memos of tables and of texts, which cost more to make than most decisions; they are no state: they may be dropped at any time",
}

// pure are the packages that only decide.
var pure = []string{"sync/model", "sync/access", "sync/merge", "sync/workflow", "sync/payroll", "sync/search", "sync/engine"}

func TestImportPolicy(t *testing.T) {
	seen := map[string]bool{}
	walkSources(t, func(file, dir string) {
		allow, ok := policy[dir]
		if !ok && !seen[dir] {
			t.Errorf("%s: package is not in the policy; give it a row in arch_test.go, with a reason", dir)
		}
		if seen[dir] = true; !ok {
			return
		}
		for _, imp := range imports(t, file) {
			if !allowed(dir, allow, imp) {
				t.Errorf("%s must not import %s", file, imp)
			}
		}
	})
	for dir := range seen {
		if dir == "sync" {
			t.Errorf("sync/ must hold no Go files: a package named sync would shadow the standard one")
		}
	}
	if !seen["sync/model"] {
		t.Error("no Go file of sync/model was found: does this test run in the module's root?")
	}
}

// TestOnlyTestsHashForNothing: nothing that is shipped asks for hashes of passwords that keep nothing secret.
func TestOnlyTestsHashForNothing(t *testing.T) {
	const cheap = "CheapPasswords("
	made := false
	walkSources(t, func(file, _ string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := strings.Count(string(text), cheap)
		if strings.Contains(string(text), "func "+cheap) {
			made, n = true, n-1
		}
		if n > 0 {
			t.Errorf("%s hashes passwords for nothing", file)
		}
	})
	if !made {
		t.Errorf("session has no %s) any more: this test looks for nothing", cheap)
	}
}

func TestPolicyRefuses(t *testing.T) {
	cases := []struct {
		dir, imp string
		want     bool
		why      string
	}{
		{"sync/model", "fmt", true, "the standard library is free"},
		{"sync/engine", "net/http", false, "decisions have no sockets"},
		{"sync/merge", "sync", false, "decisions have no locks"},
		{"sync/engine", module + "protocol", false, "decisions know nothing of the wire"},
		{"session", module + "storage", false, "a conversation sees the engine through its own interface"},
		{"web", "github.com/gorilla/websocket", false, "gorilla has one home"},
		{"protocol/wsconn", "github.com/gorilla/websocket", true, "this is it"},
		{"cmd/fieldsync", module + "storage/badgerstore", true, "cmd introduces everybody"},
	}
	for _, c := range cases {
		if got := allowed(c.dir, policy[c.dir], c.imp); got != c.want {
			t.Errorf("allowed(%q, %q) = %v, want %v: %s", c.dir, c.imp, got, c.want, c.why)
		}
	}
}

// allowed says whether a package may import imp.
func allowed(dir, allow, imp string) bool {
	if slices.Contains(pure, dir) && slices.Contains(impure, imp) {
		return excused[dir+" "+imp] != ""
	}
	host, _, _ := strings.Cut(imp, "/")
	if allow == "*" || !strings.Contains(host, ".") {
		return true
	}
	for _, name := range strings.Fields(allow) {
		if imp == module+name || imp == outside[name] {
			return true
		}
	}
	return false
}

// walkSources visits every Go file that is not a test. It reads the files itself and asks no tool: the test cache
// does not see what a child process reads.
func walkSources(t *testing.T, visit func(file, dir string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && file != "."):
			return filepath.SkipDir
		case strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go"):
			visit(file, path.Dir(filepath.ToSlash(file)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func imports(t *testing.T, file string) (out []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, imp)
	}
	return out
}
