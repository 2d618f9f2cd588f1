package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// TestMain is the program itself when a test starts it as a process of its own. Most tests wait for sockets, disks and processes
// more than they work, so that more of them may run side by side than there are processors; -parallel says otherwise.
func TestMain(m *testing.M) {
	newPasswords = session.CheapPasswords
	if os.Getenv("FIELDSYNC_TEST_PROGRAM") != "" {
		main()
	}
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		panic(err) // go test has no such flag any more
	}
	os.Exit(m.Run())
}

// inEarnest is how passwords are hashed outside of tests.
var inEarnest = newPasswords

// TestPasswordsAreHashedInEarnest: the house that is shipped hashes at full cost, though that of the tests does not.
func TestPasswordsAreHashedInEarnest(t *testing.T) {
	hash, err := inEarnest().Hash(t.Context(), acceptPassword)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %q, %v", hash, err)
	}
}

// program is fieldsync serve as a process.
type program struct {
	t       *testing.T
	data    string
	cmd     *exec.Cmd
	address string // where devices find it
	behind  string // where it listens itself
	log     *bytes.Buffer
}

// startProgram starts it on a free port, with settings of the environment. dir is short: a socket's path has its limit.
func startProgram(t *testing.T, dir string, env ...string) *program {
	t.Helper()
	p := &program{t: t, data: dir, log: new(bytes.Buffer)}
	hidden := newCanaries(t)
	p.asleep(hidden.hide)
	p.cmd = exec.CommandContext(context.Background(), os.Args[0], "serve", "--data", dir, "--listen", "127.0.0.1:0")
	p.cmd.Env = append(append(os.Environ(), "FIELDSYNC_TEST_PROGRAM=1"), env...)
	p.cmd.Stderr = io.MultiWriter(p.log, hidden)
	out, err := p.cmd.StdoutPipe()
	check(t, err)
	check(t, p.cmd.Start())
	t.Cleanup(func() {
		metrics := p.metrics()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		p.asleep(func(h *house) { hidden.check(h, metrics) })
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		t.Fatalf("serve said nothing: %v\n%s", err, p.log)
	}
	p.behind = strings.TrimSpace(strings.TrimPrefix(line, "fieldsync listens on "))
	p.address = hidden.relay(p.behind)
	return p
}

// asleep opens the house of a program that does not run.
func (p *program) asleep(do func(*house)) {
	p.t.Helper()
	set := &settings{data: p.data, drainWait: -1}
	log := slog.New(slog.DiscardHandler)
	store, err := openStore(set, log)
	check(p.t, err)
	h, err := newHouse(store, set, log, time.Now)
	check(p.t, err)
	do(h)
	h.leave()
	check(p.t, store.Close())
}

// metrics is what the operator reads of a program that still runs, or a word that it does not.
func (p *program) metrics() string {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://fieldsync"+metricsPath, http.NoBody)
	check(p.t, err)
	answer, err := overSocket(socketPath(p.data)).Do(r)
	if err != nil {
		return "gone"
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(p.t, err)
	return string(text)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cli runs a command in this process and returns what it wrote.
func cli(t *testing.T, stdin string, args ...string) (out string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err = run(t.Context(), args, stdio{strings.NewReader(stdin), &stdout, &stderr})
	return stdout.String(), err
}

// must is cli that must go well.
func must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, err := cli(t, stdin, args...)
	if err != nil {
		t.Fatalf("fieldsync %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// shortDir is a temporary directory with a short name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fs") //nolint:usetesting // the names of t.TempDir are longer than a socket's may be
	check(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// pixel is a phone of Ben.
type pixel struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	in     web.SignInAnswer
	conn   protocol.Conn
	number uint64
}

func (p *program) signIn() *pixel {
	p.t.Helper()
	d := &pixel{t: p.t}
	var err error
	d.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(p.t, err)
	public, err := protocol.PublicKey(d.key)
	check(p.t, err)
	body, err := json.Marshal(web.SignInRequest{
		Tenant: "acme", Login: "ben@acme.test", Password: "correct horse", PublicKey: base64.StdEncoding.EncodeToString(public), Label: "Pixel",
	})
	check(p.t, err)
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, "http://"+p.address+"/v1/sign-in", bytes.NewReader(body))
	check(p.t, err)
	answer, err := http.DefaultClient.Do(r)
	check(p.t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		p.t.Fatalf("sign-in: %s", answer.Status)
	}
	check(p.t, json.NewDecoder(answer.Body).Decode(&d.in))
	return d
}

// connect opens the live lane.
func (d *pixel) connect(p *program) {
	d.t.Helper()
	conn, err := wsconn.Dial(d.t.Context(), "ws://"+p.address+"/v1/ws", nil, wsconn.Config{})
	check(d.t, err)
	d.conn = conn
	d.t.Cleanup(func() { _ = conn.Close(protocol.CodeNone, "") })
	challenge := d.recv().(*protocol.Challenge)
	hello := &protocol.Hello{Version: protocol.Version, Tenant: d.in.Tenant, Device: d.in.Device, Next: 1}
	secret, err := hex.DecodeString(d.in.Token)
	check(d.t, err)
	copy(hello.Secret[:], secret)
	check(d.t, protocol.SignHello(d.key, challenge, hello, p.address))
	check(d.t, conn.Send(d.t.Context(), protocol.Encode(hello)))
	if _, ok := d.recv().(*protocol.Welcome); !ok {
		d.t.Fatal("not welcome")
	}
}

func (d *pixel) recv() protocol.Message {
	d.t.Helper()
	frame, err := d.conn.Recv(d.t.Context())
	check(d.t, err)
	m, err := protocol.Decode(frame)
	check(d.t, err)
	return m
}

// toTheEnd hears what is said until the connection is closed.
func (d *pixel) toTheEnd() {
	for {
		if _, err := d.conn.Recv(d.t.Context()); err != nil {
			return
		}
	}
}

// push sends one fact and returns its id; the push has the fact's number.
func (d *pixel) push() (model.ChangeID, error) {
	d.t.Helper()
	c := model.Change{
		Author: d.in.User, Op: model.OpCreate, Collection: model.TimesheetEvents,
		Fields: []model.Assign{{Field: model.TimeKind, Value: model.Text("shift_start")}},
	}
	rand.Read(c.ID[:])
	c.Record = model.RecordID(c.ID)
	c.Occurred.Wall = model.Instant(time.Now().UnixMilli())
	body, blobs, err := protocol.EncodeChange(&c)
	check(d.t, err)
	d.number++
	push := &protocol.Push{Number: d.number}
	push.Add(protocol.PushedChange{Number: d.number, Body: body}, blobs)
	return c.ID, d.conn.Send(d.t.Context(), protocol.Encode(push))
}

// pushUntilTheEnd pushes without waiting for answers, calls after once that many are answered, and goes on until the
// connection ends. It returns what was acknowledged and the last word.
func (d *pixel) pushUntilTheEnd(after int, then func()) (acked []model.ChangeID, bye *protocol.Bye) {
	d.t.Helper()
	sent := make(chan model.ChangeID, 100_000) // in the order of their pushes
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range cap(sent) {
			select {
			case <-stop:
				return
			default:
			}
			id, err := d.push()
			if err != nil {
				return
			}
			sent <- id
		}
	}()
	defer func() { close(stop); <-done }()
	for {
		frame, err := d.conn.Recv(d.t.Context())
		if err != nil {
			return acked, bye
		}
		m, err := protocol.Decode(frame)
		check(d.t, err)
		switch m := m.(type) {
		case *protocol.Answers:
			for range m.Answers {
				acked = append(acked, <-sent)
			}
			if len(acked) >= after && then != nil {
				then()
				then = nil
			}
		case *protocol.Bye:
			bye = m
		}
	}
}

// setUp adds a company and Ben, through the running server's socket.
func (p *program) setUp() *pixel {
	p.t.Helper()
	must(p.t, "", "tenants", "add", "acme", "--data", p.data)
	must(p.t, "correct horse\n", "users", "add", "ben@acme.test", "--name", "Ben", "--password-stdin", "--tenant", "acme", "--data", p.data)
	d := p.signIn()
	d.connect(p)
	return d
}

// stored checks that every acknowledged change has its outcome in the store, once the process is gone.
func stored(t *testing.T, dir string, tenant model.TenantID, acked []model.ChangeID) {
	t.Helper()
	store, err := openStore(&settings{data: dir}, slog.New(slog.DiscardHandler))
	check(t, err)
	defer func() { check(t, store.Close()) }()
	check(t, store.View(t.Context(), tenant, func(r storage.Reader) error {
		lost := 0
		for _, id := range acked {
			if _, ok := r.Row(storage.TableOutcomes, string(id[:])); !ok {
				lost++
			}
			if _, ok := r.Record(model.RecordID(id)); !ok {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("%d of %d acknowledged changes are not whole in the store", lost, len(acked))
		}
		return nil
	}))
}

func TestProgramFinishesWhatBeganOnTerm(t *testing.T) {
	t.Parallel()
	p := startProgram(t, shortDir(t))
	d := p.setUp()
	acked, bye := d.pushUntilTheEnd(20, func() { check(t, p.cmd.Process.Signal(syscall.SIGTERM)) })
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("exit: %v\n%s", err, p.log)
	}
	if bye == nil || bye.Code != protocol.CodeRestart || bye.After == 0 {
		t.Errorf("the last word = %+v, want to come back later", bye)
	}
	if len(acked) < 20 {
		t.Fatalf("%d acknowledged", len(acked))
	}
	stored(t, p.data, d.in.Tenant, acked)
	if _, err := os.Stat(socketPath(p.data)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestProgramKeepsWhatItAcknowledgedWhenKilled(t *testing.T) {
	t.Parallel()
	p := startProgram(t, shortDir(t))
	d := p.setUp()
	acked, _ := d.pushUntilTheEnd(20, func() { check(t, p.cmd.Process.Kill()) })
	_ = p.cmd.Wait() // killed, as asked
	if len(acked) < 20 {
		t.Fatalf("%d acknowledged", len(acked))
	}
	stored(t, p.data, d.in.Tenant, acked)

	again := startProgram(t, p.data) // a socket is left over, and the store is as a crash left it
	if out := must(t, "", "users", "list", "--tenant", "acme", "--data", p.data); !strings.Contains(out, "ben@acme.test") {
		t.Errorf("users list after the crash = %q", out)
	}
	d.connect(again) // the session outlives the process
	check(t, again.cmd.Process.Signal(os.Interrupt))
	d.toTheEnd()
	if err := again.cmd.Wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, again.log)
	}
}

func TestProgramEndsASession(t *testing.T) {
	t.Parallel()
	p := startProgram(t, shortDir(t))
	d := p.setUp()
	var list []web.Session
	check(t, json.Unmarshal([]byte(must(t, "", "sessions", "list", "--json", "--tenant", "acme", "--data", p.data)), &list))
	if len(list) != 1 || list[0].Login != "ben@acme.test" || list[0].Label != "Pixel" {
		t.Fatalf("sessions list = %+v", list)
	}
	must(t, "", "sessions", "end", "ben@acme.test", "--now", "--tenant", "acme", "--data", p.data)
	if bye, ok := d.recv().(*protocol.Bye); !ok || bye.Code != protocol.CodeEnded {
		t.Errorf("the device heard %+v, want that the office ended its session", bye)
	}
	d.toTheEnd()
	if _, err := cli(t, "", "sessions", "end", "ben@acme.test", "--tenant", "acme", "--data", p.data); exitCode(err) != exitNotFound {
		t.Errorf("ending nothing = %v, exit %d", err, exitCode(err))
	}
	d = p.signIn()
	d.connect(p)
	must(t, "new password\n", "users", "password", "ben@acme.test", "--password-stdin", "--tenant", "acme", "--data", p.data)
	if bye, ok := d.recv().(*protocol.Bye); !ok || bye.Code != protocol.CodeReset {
		t.Errorf("the device heard %+v, want that the password was reset", bye)
	}
	d.toTheEnd()
	check(t, p.cmd.Process.Signal(syscall.SIGTERM))
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, p.log)
	}
}
