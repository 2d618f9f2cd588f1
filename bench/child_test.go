package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is a server when a test starts it as one.
func TestMain(m *testing.M) {
	switch os.Getenv("BENCH_TEST_SERVER") {
	case "":
		os.Exit(m.Run())
	case "good":
		go func() { // as main ends when it is told to
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
			defer stop()
			<-ctx.Done()
			os.Exit(0)
		}()
		fmt.Println("server listens on 127.0.0.1:1234")
		Obey(os.Stdin, os.Stdout)
	case "strange":
		fmt.Println("hello")
		Obey(os.Stdin, os.Stdout)
	case "short":
		fmt.Println("server listens on 127.0.0.1:1234")
		fmt.Fprintln(os.Stderr, "the disk is full")
		os.Exit(3)
	case "dead":
		fmt.Fprintln(os.Stderr, "no such directory")
		os.Exit(1)
	}
	os.Exit(0)
}

func server(ctx context.Context, kind string) (*child, error) {
	return startChild(ctx, "server", append(os.Environ(), "BENCH_TEST_SERVER="+kind), []string{os.Args[0]})
}

func TestAChildIsStartedMeasuredAndEnded(t *testing.T) {
	c, err := server(t.Context(), "good")
	if err != nil {
		t.Fatal(err)
	}
	if c.address != "127.0.0.1:1234" {
		t.Errorf("address = %q", c.address)
	}
	if use, err := c.usage(); err != nil && !errors.Is(err, errUnknown) || err == nil && use.Memory < 1<<20 {
		t.Errorf("usage = %+v, %v", use, err)
	}
	dir := t.TempDir()
	for _, order := range [][]string{
		{"cpu", filepath.Join(dir, "cpu")}, {"cpu", "-"}, {"heap", filepath.Join(dir, "a heap")},
	} {
		if err := c.order(t.Context(), order...); err != nil {
			t.Errorf("order %v: %v", order, err)
		}
	}
	for _, file := range []string{"cpu", "a heap", "a heap.txt"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("the profile %s: %v", file, err)
		}
	}
	if err := c.order(t.Context(), "dance"); err == nil || !strings.Contains(err.Error(), "no such order") {
		t.Errorf("an order that there is not = %v", err)
	}
	if err := c.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if c.cmd.ProcessState == nil || !c.cmd.ProcessState.Exited() {
		t.Error("the process is still there")
	}
}

func TestAChildEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := server(ctx, "good")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-c.ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the process outlives its context")
	}
}

func TestAChildThatIsNoServer(t *testing.T) {
	cases := []struct{ kind, want string }{
		{"strange", `it said "hello"`},
		{"dead", "no such directory"},
	}
	for _, c := range cases {
		if _, err := server(t.Context(), c.kind); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %v, want %q in it", c.kind, err, c.want)
		}
	}
	if _, err := startChild(t.Context(), "server", nil, []string{filepath.Join(t.TempDir(), "nothing")}); err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestAChildThatEndsByItselfIsTold(t *testing.T) {
	c, err := server(t.Context(), "short")
	if err != nil {
		t.Fatal(err)
	}
	<-c.ended
	if err := c.stop(); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("stop = %v, want its last words", err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var words tail
	fmt.Fprint(&words, strings.Repeat("x", 3*tailSize), "the end")
	if got := words.String(); len(got) != tailSize || !strings.HasSuffix(got, "the end") {
		t.Errorf("kept %d bytes, ending in %q", len(got), got[len(got)-10:])
	}
}

func TestObeyEndsItsProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu")
	var out bytes.Buffer
	Obey(strings.NewReader("cpu "+file+"\n"), &out)
	if got := out.String(); got != obeyed+"\n" {
		t.Errorf("Obey said %q", got)
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("the profile was not ended: %v", err)
	}
}
