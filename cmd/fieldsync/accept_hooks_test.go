package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/fieldsync/fieldsync/web/api"
)

// backOfficeDoor is where a back office hears of events: it verifies every message by the official library, and keeps
// what it was told while its server is killed and comes back.
type backOfficeDoor struct {
	t       *testing.T
	server  *http.Server
	address string

	mu     sync.Mutex // guards the fields below
	secret string
	told   map[string]string // event id → message id
	faults []string
}

// open opens the door, at its old address if it has one.
func (d *backOfficeDoor) open() {
	d.t.Helper()
	if d.address == "" {
		d.address = "127.0.0.1:0"
	}
	on, err := net.Listen("tcp", d.address)
	check(d.t, err)
	d.address = on.Addr().String()
	d.server = &http.Server{Handler: d}
	go func(server *http.Server) { _ = server.Serve(on) }(d.server)
}

// kill cuts every connection, in the middle of whatever it is.
func (d *backOfficeDoor) kill() {
	d.t.Helper()
	check(d.t, d.server.Close())
}

func (d *backOfficeDoor) url() string { return "http://" + d.address + "/fieldsync" }

func (d *backOfficeDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var m struct {
		Type string
		Data struct{ ID, Record string }
	}
	verifier, err := standardwebhooks.NewWebhook(d.secret)
	if err == nil {
		err = verifier.Verify(body, r.Header)
	}
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	id := r.Header.Get("webhook-id")
	if before := d.told[m.Data.ID]; err == nil && before != "" && before != id {
		err = fmt.Errorf("event %s came as message %s, and as %s", m.Data.ID, before, id)
	}
	if err != nil {
		d.faults = append(d.faults, err.Error())
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.told[m.Data.ID] = id
	w.WriteHeader(http.StatusNoContent)
}

// missing is how many of these events have not arrived.
func (d *backOfficeDoor) missing(events []string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range events {
		if d.told[id] == "" {
			n++
		}
	}
	return n
}

// erp changes things over the API of a program, and reads its change feed.
type erp struct {
	*program
	key    string
	cursor string
	events []string // ids, of all that the feed told
}

// addCustomers makes so many, as far as the server is there; it says how many were made.
func (e *erp) addCustomers(n int) (made int) {
	e.t.Helper()
	for i := range n {
		status, _, err := e.ask(http.MethodPost, "/v1/customers", fmt.Sprintf(`{"name":"Customer %d"}`, i))
		if err != nil {
			return made
		}
		if status != http.StatusCreated {
			e.t.Fatalf("a customer was answered %d", status)
		}
		made++
	}
	return made
}

// follow reads the feed to its end.
func (e *erp) follow() {
	e.t.Helper()
	for more := true; more; {
		status, body, err := e.ask(http.MethodGet, "/v1/changes?collections=customers&since="+e.cursor, "")
		check(e.t, err)
		if status != http.StatusOK {
			e.t.Fatalf("the feed answered %d %s", status, body)
		}
		var page struct {
			Events []struct{ ID string }
			Cursor string
			More   bool
		}
		check(e.t, json.Unmarshal(body, &page))
		for _, x := range page.Events {
			e.events = append(e.events, x.ID)
		}
		e.cursor, more = page.Cursor, page.More
	}
}

func (e *erp) ask(method, path, body string) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(e.t.Context(), method, "http://"+e.address+path, strings.NewReader(body))
	check(e.t, err)
	request.Header.Set("Authorization", "Bearer "+e.key)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// TestAcceptWebhooksLoseNothing: a back office's server is killed and comes back, the gateway is killed in the middle of
// its work, and the back office moves to another address. In the end it was told of every event of the change feed, each
// under one message id, and every message verifies.
func TestAcceptWebhooksLoseNothing(t *testing.T) {
	t.Parallel()
	p := startProgram(t, shortDir(t), "FIELDSYNC_WEBHOOKS_PRIVATE=true") // its address is on this machine
	must(t, "", "tenants", "add", "acme", "--data", p.data)
	must(t, acceptPassword+"\n", "users", "add", "amy@acme.test", "--kind", "desktop", "--role", "admin", "--password-stdin", "--tenant", "acme", "--data", p.data)
	e := &erp{program: p}
	e.key = strings.TrimSpace(must(t, "", "keys", "add", "ERP", "--as", "amy@acme.test", "--scope", "read,write,manage", "--tenant", "acme", "--data", p.data))
	door := &backOfficeDoor{t: t, told: map[string]string{}}
	door.open()
	t.Cleanup(door.kill)
	var made api.SecretWebhook
	check(t, json.Unmarshal([]byte(must(t, "", "webhooks", "add", door.url(), "--as", "amy@acme.test", "--events", "customers.*", "--json", "--tenant", "acme", "--data", p.data)), &made))
	door.secret = made.Secret
	arrived := func(when string) {
		t.Helper()
		e.follow()
		p.eventually("every event arrives "+when, func() bool { return door.missing(e.events) == 0 })
	}

	e.addCustomers(20)
	arrived("while all is well")

	door.kill()
	e.addCustomers(3) // few and quick: what fails now is tried again in five seconds
	door.open()
	arrived("when the back office is there again")

	done := make(chan int)
	go func() { done <- e.addCustomers(1 << 20) }() // until the gateway is gone
	p.eventually("it is in full swing", func() bool {
		door.mu.Lock()
		defer door.mu.Unlock()
		return len(door.told) > 100
	})
	check(t, p.cmd.Process.Kill())
	<-done
	p.again()
	p.eventually("the gateway is there again", func() bool {
		status, _, err := e.ask(http.MethodGet, "/readyz", "")
		return err == nil && status == http.StatusOK
	})
	e.addCustomers(20)
	arrived("though the gateway died")

	door.kill()
	e.addCustomers(50)
	failed := func() (all []api.Delivery) {
		var list struct{ Items []api.Delivery }
		status, body, err := e.ask(http.MethodGet, "/v1/webhooks/"+made.ID.String()+"/failed", "")
		check(t, err)
		if check(t, json.Unmarshal(body, &list)); status != http.StatusOK {
			t.Fatalf("what failed was answered %d %s", status, body)
		}
		return list.Items
	}
	p.eventually("the receiver counts as down", func() bool { return len(failed()) >= 5 })
	door.address = ""
	door.open()
	body, err := json.Marshal(map[string]string{"url": door.url()})
	check(t, err)
	if status, answer, err := e.ask(http.MethodPatch, "/v1/webhooks/"+made.ID.String(), string(body)); err != nil || status != http.StatusOK {
		t.Fatalf("the new address was answered %d %s, %v", status, answer, err)
	}
	arrived("at its new address, at once")
	p.eventually("nothing is kept any more", func() bool { return len(failed()) == 0 })

	door.mu.Lock()
	defer door.mu.Unlock()
	if len(door.faults) > 0 {
		t.Errorf("%d messages were wrong, the first: %s", len(door.faults), door.faults[0])
	}
	slices.Sort(e.events)
	if n := len(slices.Compact(e.events)); n < 100+20+50 || len(door.told) != n {
		t.Errorf("the back office was told of %d events, the feed has %d", len(door.told), n)
	}
	if strings.Contains(p.log.String(), made.Secret) || bytes.Contains(p.log.Bytes(), []byte(door.url())) {
		t.Error("the log holds a secret")
	}
}
