package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a server in a process of its own.
type child struct {
	cmd     *exec.Cmd
	name    string
	address string
	in      io.WriteCloser
	out     *bufio.Reader
	stderr  *tail
	ended   chan struct{} // closed when the process is gone
	err     error         // how it ended; set before ended is closed
}

// Times of a child.
const (
	startTime = 30 * time.Second
	stopTime  = 30 * time.Second
)

// ready is what a server writes before its address, in its first line.
const ready = "listens on "

// startChild starts a program that is to be a server, and waits until it listens. The process ends with ctx.
func startChild(ctx context.Context, name string, env, program []string) (*child, error) {
	c := &child{name: name, cmd: exec.CommandContext(ctx, program[0], program[1:]...), stderr: &tail{}, ended: make(chan struct{})}
	c.cmd.Env, c.cmd.Stderr = env, c.stderr
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	c.cmd.WaitDelay = stopTime
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		c.in, err = c.cmd.StdinPipe()
	}
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start the %s: %w", name, err)
	}
	c.out = bufio.NewReader(out)
	line, err := c.line(ctx, startTime)
	_, address, ok := strings.Cut(line, ready)
	if err == nil && !ok {
		err = fmt.Errorf("it said %q", line)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	if err != nil {
		return nil, fmt.Errorf("start the %s: %w", name, errors.Join(err, c.stop()))
	}
	c.address = strings.TrimSpace(address)
	return c, nil
}

// line reads a line of the child's, within a time.
func (c *child) line(ctx context.Context, within time.Duration) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := c.out.ReadString('\n')
		got <- answer{strings.TrimSuffix(line, "\n"), err}
	}()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case a := <-got:
		if errors.Is(a.err, io.EOF) {
			return a.line, errors.New("it ended")
		}
		return a.line, a.err
	case <-timer.C:
		return "", fmt.Errorf("it said nothing for %s", within)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// order has the child do something for the measurement ([Obey]).
func (c *child) order(ctx context.Context, words ...string) error {
	if _, err := fmt.Fprintln(c.in, strings.Join(words, " ")); err != nil {
		return fmt.Errorf("%s the %s: %w", words[0], c.name, err)
	}
	line, err := c.line(ctx, startTime)
	if err == nil && line != obeyed {
		err = errors.New(line)
	}
	if err != nil {
		return fmt.Errorf("%s the %s: %w", words[0], c.name, err)
	}
	return nil
}

// usage is what the process has used.
func (c *child) usage() (Usage, error) { return usageOf(c.cmd.Process.Pid) }

// stop ends the process and waits for it. An error says how it had ended by itself, with its last words.
func (c *child) stop() error {
	select {
	case <-c.ended:
		return fmt.Errorf("the %s ended by itself: %w\n%s", c.name, c.err, c.stderr)
	default:
	}
	_ = c.in.Close()                           // whoever obeys ends by that
	_ = c.cmd.Process.Signal(syscall.SIGTERM)  // it may be gone by now
	timer := time.AfterFunc(stopTime, func() { // by its own process id, never by name
		_ = c.cmd.Process.Kill() // it may be gone by now
	})
	defer timer.Stop()
	<-c.ended
	if c.err != nil && !errors.Is(c.err, context.Canceled) {
		return fmt.Errorf("end the %s: %w\n%s", c.name, c.err, c.stderr)
	}
	return nil
}

// tail keeps the last words of a process.
type tail struct {
	mu   sync.Mutex // guards text
	text []byte
}

const tailSize = 4 << 10

// Write keeps what fits.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

// String is what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// folder makes a fresh directory under dir.
func folder(dir, name string) (string, error) {
	path, err := os.MkdirTemp(dir, name)
	if err != nil {
		return "", fmt.Errorf("make a folder for the %s: %w", name, err)
	}
	return path, nil
}
