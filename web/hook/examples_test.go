package hook_test

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/hook"
)

// aroundGo makes a program of the example in Go, which is one function.
const aroundGo = `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("WEBHOOK_SECRET"), "whsec_"))
	http.ListenAndServe("127.0.0.1:9102", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !verify(key, r.Header, body) {
			w.WriteHeader(401)
		}
	}))
}

`

// The examples of docs/how-to/webhooks.md take what we send, by either secret of a rotation, and nothing else.
func TestExamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/how-to/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		language, file, port, around string
		run                          string
	}{
		{"go", "example.go", "9102", aroundGo, "go"},
		{"js", "example.mjs", "9100", "", "node"},
		{"python", "example.py", "9101", "", "python3"},
	} {
		t.Run(c.language, func(t *testing.T) {
			if _, err := exec.LookPath(c.run); err != nil {
				t.Skipf("%s is not here", c.run)
			}
			_, example, _ := strings.Cut(string(page), "```"+c.language+"\n")
			example, _, ok := strings.Cut(example, "\n```")
			if !ok {
				t.Fatal("the page has no example")
			}
			address := freeAddress(t)
			_, port, _ := net.SplitHostPort(address)
			file := filepath.Join(t.TempDir(), c.file)
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(c.around+example, c.port, port)), 0o600); err != nil {
				t.Fatal(err)
			}
			secret := bytes.Repeat([]byte{5}, 32)
			command := []string{c.run, file}
			if c.language == "go" {
				command = []string{file + ".bin"}
				if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", command[0], file).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			runExample(t, command, "WEBHOOK_SECRET="+hook.FormatSecret(secret))
			waitFor(t, address)
			tryExample(t, "http://"+address+"/", secret)
		})
	}
}

// tryExample sends messages that are right and messages that are not.
func tryExample(t *testing.T, url string, secret []byte) {
	t.Helper()
	now, other := time.Now(), bytes.Repeat([]byte{6}, 32)
	for _, c := range []struct {
		what    string
		secrets [][]byte
		at      time.Time
		want    bool
	}{
		{"signed", [][]byte{secret}, now, true},
		{"signed with the new secret too", [][]byte{other, secret}, now, true},
		{"signed by somebody else", [][]byte{other}, now, false},
		{"not signed", nil, now, false},
		{"old", [][]byte{secret}, now.Add(-10 * time.Minute), false},
		{"of the future", [][]byte{secret}, now.Add(10 * time.Minute), false},
	} {
		d, err := hook.New(hook.Config{Source: &reader{ledger: newLedger()}, Private: true, Clock: func() time.Time { return c.at }})
		if err != nil {
			t.Fatal(err)
		}
		h := model.Hook{URL: url, Secrets: c.secrets, Until: model.Instant(now.Add(time.Hour).UnixMilli())}
		if status, err := d.Test(t.Context(), h); (err == nil) != c.want || !c.want && status != http.StatusUnauthorized {
			t.Errorf("a message %s: %d, %v", c.what, status, err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	on, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer on.Close()
	return on.Addr().String()
}

// runExample runs an example until the test ends.
func runExample(t *testing.T, command []string, variable string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), variable)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// waitFor waits until somebody listens.
func waitFor(t *testing.T, address string) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for range 3000 {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			c.Close()
			return
		}
		<-look.C
	}
	t.Fatal("the example does not listen")
}
