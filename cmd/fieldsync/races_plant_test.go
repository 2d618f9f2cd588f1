//go:build plant

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/races"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

var (
	raceCount = flag.Int("races", 25, "how many races over sockets, one of 25 with a kill; 20 times as many are simulated")
	simulated = flag.Int("simulated", -1, "how many races are simulated; -1: 20 times those over sockets")
	raceSeed  = flag.Uint64("seed", 1, "the seed of the first race")
)

// The variables by which a test has its server fail.
const (
	plantVariable = "FIELDSYNC_TEST_PLANT"
	haltVariable  = "FIELDSYNC_TEST_HALT" // a file: while it is there, the next takeover stops between its commit and its notice
)

// halted is what a server says that has stopped.
const halted = "halted"

var _ = arm()

// arm gives a process that is a test's server the bug, and the stop, that the test asks for.
func arm() bool {
	halt := os.Getenv(haltVariable)
	if halt == "" {
		return false
	}
	bug := os.Getenv(plantVariable)
	engine.Plant = func(b string) bool { return b == bug }
	session.Plant = engine.Plant
	session.Reached = func(string) {
		if os.Remove(halt) == nil {
			fmt.Println(halted) // whoever reads it kills this process
			select {}
		}
	}
	return true
}

// track is the program as races are run on it: it may be killed, and comes back.
type track struct {
	t       *testing.T
	data    string
	bug     string
	address string
	amy     string // key of the office
	users   []model.UserID
	http    *http.Client
	up      sync.RWMutex // locked while the program is down; guards cmd
	cmd     *exec.Cmd

	races atomic.Int64
	kills atomic.Int64
	wrong atomic.Int64

	mu    sync.Mutex // guards facts
	facts []races.Fact
}

// lanes is how many races run at the same time, each of users of its own, who take turns: a user whose devices are thousands is slow
// to sign in.
const (
	lanes = 4
	turns = 25
)

func openTrack(t *testing.T, bug string) *track {
	t.Helper()
	k := &track{t: t, data: shortDir(t), bug: bug, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	var err error
	k.address, err = k.start("127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() {
		k.up.Lock()
		defer k.up.Unlock()
		_ = k.cmd.Process.Kill()
		_ = k.cmd.Wait()
	})
	must(t, "", "tenants", "add", "acme", "--data", k.data)
	must(t, acceptPassword+"\n", "users", "add", "amy@acme.test", "--kind", "desktop", "--role", "admin", "--password-stdin", "--tenant", "acme", "--data", k.data)
	k.amy = strings.TrimSpace(must(t, "", "keys", "add", "races", "--as", "amy@acme.test", "--scope", "read,write,manage", "--tenant", "acme", "--data", k.data))
	for n := range lanes * turns {
		var made struct{ ID model.UserID }
		k.office(http.MethodPost, "/v1/users", fields{"login": fmt.Sprintf("ben%d@acme.test", n), "kind": "mobile"}, &made)
		k.users = append(k.users, made.ID)
	}
	return k
}

// start starts the program and says where it listens. When it says that it stopped, it is killed and started again there.
func (k *track) start(listen string) (address string, err error) {
	k.cmd = exec.CommandContext(context.Background(), os.Args[0], "serve", "--data", k.data, "--listen", listen, "--drain-wait", "50ms")
	k.cmd.Env = append(os.Environ(), "FIELDSYNC_TEST_PROGRAM=1", plantVariable+"="+k.bug, haltVariable+"="+k.halt())
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := k.cmd.Start(); err != nil {
		return "", err
	}
	said := bufio.NewScanner(out)
	if !said.Scan() {
		return "", fmt.Errorf("serve said nothing: %w", io.ErrUnexpectedEOF)
	}
	address = strings.TrimPrefix(said.Text(), "fieldsync listens on ")
	go func() {
		for said.Scan() {
			if said.Text() == halted {
				k.kill()
				return
			}
		}
	}()
	return address, nil
}

// halt is the file that has the next takeover stop.
func (k *track) halt() string { return filepath.Join(k.data, "halt") }

// kill ends the program as nothing else does, and starts it again on its data. Some questions go first, so that a notice that was
// given too early is on its way.
func (k *track) kill() {
	k.up.Lock()
	defer k.up.Unlock()
	for range 20 {
		_, _, _ = k.call(context.Background(), http.MethodGet, "/v1/sessions", nil) // whatever it says
	}
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait()
	k.kills.Add(1)
	if _, err := k.start(k.address); err != nil {
		k.t.Errorf("it does not come back: %v", err)
	}
}

// call asks the API.
func (k *track) call(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+k.address+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+k.amy)
	r.Header.Set("Content-Type", "application/json")
	got, err := k.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer got.Body.Close()
	answer, err = io.ReadAll(got.Body)
	return got.StatusCode, answer, err
}

// office is call that must go well.
func (k *track) office(method, path string, body, into any) {
	k.t.Helper()
	status, answer, err := k.call(k.t.Context(), method, path, body)
	if err != nil || status/100 != 2 {
		k.t.Fatalf("%s %s: %d, %v\n%s", method, path, status, err, answer)
	}
	check(k.t, json.Unmarshal(answer, into))
}

// gate is the track as one user's devices come to it.
type gate struct {
	*track
	user model.UserID
}

// SignIn is at the doors.
func (g gate) SignIn(ctx context.Context, a races.Ask) (seat races.Seat, err error) {
	status, answer, err := g.call(ctx, http.MethodPost, "/v1/sign-in", web.SignInRequest{
		Tenant: "acme", Ticket: a.Ticket, Device: a.Device, PublicKey: base64.StdEncoding.EncodeToString(a.PublicKey), Label: "racer", TakeOver: web.EpochText(a.TakeOver),
	})
	var refused problem.Problem
	var in web.SignInAnswer
	switch {
	case err != nil:
		return seat, err
	case status == http.StatusConflict && json.Unmarshal(answer, &refused) == nil && refused.Code == "active_elsewhere":
		return seat, &races.Elsewhere{Epoch: uint64(*refused.Epoch)}
	case status != http.StatusOK || json.Unmarshal(answer, &in) != nil:
		return seat, fmt.Errorf("%d %s", status, answer)
	}
	seat = races.Seat{Tenant: in.Tenant, User: in.User, Device: in.Device, Epoch: uint64(in.Epoch)}
	_, err = hex.Decode(seat.Secret[:], []byte(in.Token))
	return seat, err
}

// Dial is at the doors.
func (g gate) Dial(ctx context.Context) (protocol.Conn, string, error) {
	conn, err := wsconn.Dial(ctx, "ws://"+g.address+"/v1/ws", nil, wsconn.Config{Linger: 100 * time.Millisecond})
	return conn, g.address, err
}

// End is at the doors.
func (g gate) End(ctx context.Context) (bool, error) {
	status, answer, err := g.call(ctx, http.MethodPost, "/v1/sessions/"+g.user.String()+"/end", fields{"choice": "now"})
	if err != nil || status != http.StatusOK && status != http.StatusNotFound || !json.Valid(answer) {
		return false, errors.Join(err, fmt.Errorf("%d %q", status, answer))
	}
	return status == http.StatusOK, nil
}

// Pause waits until the program is there.
func (g gate) Pause(context.Context, time.Duration) {
	g.up.RLock()
	defer g.up.RUnlock()
	runtime.Gosched()
}

// ticket is one of the office's. Without it, the race goes on and finds that nobody gets in.
func (g gate) ticket() [32]byte {
	var made struct{ Ticket web.Secret }
	status, answer, err := g.call(g.t.Context(), http.MethodPost, "/v1/sign-in/ticket", fields{"user": g.user})
	if err = errors.Join(err, json.Unmarshal(answer, &made)); err != nil || status != http.StatusCreated {
		g.wrong.Add(1)
		g.t.Errorf("a ticket: %d %s, %v", status, answer, err)
	}
	return made.Ticket
}

// race plays a race of a user of the track, with a kill between the raise of the epoch and the notice, or without.
func (k *track) race(seed uint64, lane int, kill bool) {
	g := gate{k, k.users[lane*turns+int(seed/lanes)%turns]}
	race, err := races.NewRace(g, seed, g.ticket)
	check(k.t, err)
	if kill {
		race.Dies()
		check(k.t, os.WriteFile(k.halt(), nil, 0o600))
	}
	race.Play(k.t.Context())
	_ = os.Remove(k.halt()) // it is there when nothing was taken over
	for _, f := range race.Faults() {
		k.complain(fmt.Sprintf("seed %d: %s", seed, f))
	}
	if n := k.races.Add(1); n%500 == 0 {
		fmt.Fprintf(os.Stderr, "%s: %d races over sockets\n", time.Now().Format(time.TimeOnly), n)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.facts = append(k.facts, race.Facts()...)
}

// run plays races side by side, and then some until there were so many kills, one after the other, since a kill is
// everybody's. In a few of them nobody takes over, and nobody dies.
func (k *track) run(seed uint64, plain, kills int) {
	var all sync.WaitGroup
	for lane := range lanes {
		all.Go(func() {
			for n := lane; n < plain; n += lanes {
				k.race(seed+uint64(n), lane, false)
			}
		})
	}
	all.Wait()
	enough := k.kills.Load() + int64(kills)
	for n := 0; n < 2*kills && k.kills.Load() < enough; n++ {
		k.race(seed+uint64(plain+n), 0, true)
	}
}

// readBack reads in which order facts were committed, and whether each that was acknowledged is there once.
func (k *track) readBack() {
	var committed []model.ChangeID
	for cursor, more := "", true; more; {
		var page struct {
			Events []struct{ Change model.ChangeID }
			Cursor string
			More   bool
		}
		k.office(http.MethodGet, "/v1/changes?collections=timesheet_events&limit=1000&since="+url.QueryEscape(cursor), nil, &page)
		for _, e := range page.Events {
			committed = append(committed, e.Change)
		}
		cursor, more = page.Cursor, page.More
	}
	if wrong := races.Order(k.facts, committed); wrong != "" {
		k.complain(wrong)
	}
}

// complain counts what is wrong, which is what a planted bug is for.
func (k *track) complain(wrong string) {
	if k.wrong.Add(1); k.bug == "" {
		k.t.Error(wrong)
		return
	}
	k.t.Logf("%s: %s", k.bug, wrong)
}

// TestRaces plays takeovers against the program over sockets, and 20 times as many in the simulation, and ends in a verdict.
func TestRaces(t *testing.T) {
	k, began := openTrack(t, ""), time.Now()
	kills := (*raceCount + 24) / 25
	k.run(*raceSeed, *raceCount-kills, kills)
	k.readBack()
	if *simulated < 0 {
		*simulated = 20 * *raceCount
	}
	live, wrong := races.Live(k.facts), k.wrong.Load()
	for seed := *raceSeed; seed < *raceSeed+uint64(*simulated); seed++ {
		if n := seed - *raceSeed; n > 0 && n%10_000 == 0 {
			fmt.Fprintf(os.Stderr, "%s: %d races simulated\n", time.Now().Format(time.TimeOnly), n)
		}
		faults, n := races.Simulate(t, seed)
		live, wrong = live+n, wrong+int64(len(faults))
		for _, f := range faults {
			t.Errorf("simulated, seed %d: %s", seed, f)
		}
	}
	if int(k.kills.Load()) < kills {
		t.Errorf("%d kills between a takeover and its notice, want %d", k.kills.Load(), kills)
	}
	fmt.Printf("races from seed %d: %d over sockets, %d of them with a kill, %d simulated; %d live commits and %d facts read back, in %v: %d violations\n",
		*raceSeed, k.races.Load(), k.kills.Load(), *simulated, live, len(k.facts), time.Since(began).Round(time.Second), wrong)
}

// TestPlantedRaces: over sockets, a clean-up that takes the new connection with the old one is found, and, by a kill, a notice
// before the end is durable. An epoch that is read outside the commit is the simulation's to find: between the read and the commit
// there are microseconds, which 3,000 races over sockets did not hit.
func TestPlantedRaces(t *testing.T) {
	for bug, kills := range map[string]int{"clean-up-by-user": 0, "notice-before-durability": 1} {
		k := openTrack(t, bug)
		for seed := uint64(1); seed <= 250 && k.wrong.Load() == 0; seed += lanes {
			k.run(seed, lanes*(1-kills), lanes*kills)
		}
		if k.wrong.Load() == 0 {
			t.Errorf("%s was not found", bug)
		}
	}
}
