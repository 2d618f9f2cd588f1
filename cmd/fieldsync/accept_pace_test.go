package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// instant is a company in fake time: Sue listens, and the office works.
type instant struct {
	t        *testing.T
	engine   core
	hub      *session.Hub
	tenant   model.TenantID
	amy, sue model.UserID
	conn     protocol.Conn

	mu   sync.Mutex // guards the field below
	said transcript
}

func newInstant(t *testing.T) *instant {
	t.Helper()
	m := &instant{t: t, said: transcript{t: t}, hub: session.NewHub()}
	store := memstore.New(1 << 32)
	e := engine.New(engine.Config{Store: telltale{store, m.hub, nil}, Random: rand.Reader, Decode: protocol.DecodeChange})
	m.engine = core{Engine: e, store: store}
	now := model.Instant(time.Now().UnixMilli())
	var err error
	m.tenant, err = e.AddTenant(t.Context(), "acme", now)
	check(t, err)
	m.amy, err = e.AddAccount(t.Context(), m.tenant, engine.NewAccount{Login: "amy", Name: "amy", Kind: model.Desktop, Levels: access.RoleSets(access.Admin).Encode()}, now)
	check(t, err)
	m.sue, err = e.AddAccount(t.Context(), m.tenant, engine.NewAccount{Login: "sue", Name: "sue", Kind: model.Subcontractor, Password: cheapHash, Levels: access.DefaultSets(model.Subcontractor).Encode()}, now)
	check(t, err)
	server, err := session.NewServer(session.Config{Engine: m.engine, Hub: m.hub, Sight: m.engine.Audiences, Search: m.engine.Search})
	check(t, err)
	gate, err := session.NewGate(session.GateConfig{Accounts: m.engine, Hub: m.hub, Passwords: session.NewPasswords(1)})
	check(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	public, err := protocol.PublicKey(key)
	check(t, err)
	in, err := gate.SignIn(t.Context(), session.SignInRequest{Tenant: "acme", Login: "sue", Password: acceptPassword, PublicKey: public})
	check(t, err)
	ours, theirs := protocol.Pipe()
	m.conn = ours
	go func() { _ = server.Serve(context.Background(), theirs, session.Peer{Tenant: m.tenant, Host: "here"}) }()
	frame, err := ours.Recv(t.Context())
	check(t, err)
	challenge, err := protocol.Decode(frame)
	check(t, err)
	hello := &protocol.Hello{Version: 1, Tenant: m.tenant, Device: in.Device, Secret: in.Token, Next: 1}
	check(t, protocol.SignHello(key, challenge.(*protocol.Challenge), hello, "here"))
	check(t, ours.Send(t.Context(), protocol.Encode(hello)))
	return m
}

// listen takes what comes, until the connection ends.
func (m *instant) listen() {
	for {
		frame, err := m.conn.Recv(context.Background())
		if err != nil {
			return
		}
		m.mu.Lock()
		m.said.heard(frame)
		m.mu.Unlock()
		if message, err := protocol.Decode(frame); err == nil && message.Type() == protocol.TypePage {
			_ = m.conn.Send(context.Background(), protocol.Encode(&protocol.Got{Cursor: protocol.CursorTag(message.(*protocol.Page).Header.Cursor)}))
		}
	}
}

func (m *instant) office(changes ...model.Change) {
	m.t.Helper()
	push := &protocol.Push{Number: 1}
	for i := range changes {
		changes[i].Author = m.amy
		body, blobs, err := protocol.EncodeChange(&changes[i])
		check(m.t, err)
		push.Add(protocol.PushedChange{Number: uint64(i) + 1, Body: body}, blobs)
	}
	_, err := m.engine.Push(m.t.Context(), model.Connection{Tenant: m.tenant, User: m.amy, Lane: model.LaneOffice},
		push.Submitted(), nil, model.Instant(time.Now().UnixMilli()))
	check(m.t, err)
}

// play is two jobs for Sue, one a moment after the other, with a customer of the office's a moment before, or without.
func (m *instant) play(before time.Duration) []string {
	m.t.Helper()
	var running sync.WaitGroup
	running.Go(m.listen)
	check(m.t, m.conn.Send(m.t.Context(), protocol.Encode(&protocol.Resume{Follow: true})))
	time.Sleep(10 * time.Second) // fake, as all in here
	time.Sleep(70*time.Millisecond - before)
	if before > 0 {
		m.office(made(model.Customers, randomRecord(), textOf(2, "ACME Bakery")))
	}
	time.Sleep(before)
	for _, title := range []string{"Lights", "Boiler"} {
		job := randomRecord()
		m.office(made(model.Jobs, job, textOf(model.JobTitle, title)),
			made(model.Assignments, randomRecord(), under(job), ref(model.AssignmentUser, model.RecordID(m.sue))))
		time.Sleep(15 * time.Millisecond)
	}
	time.Sleep(5 * time.Second)
	check(m.t, m.conn.Close(protocol.CodeNone, ""))
	running.Wait()
	return m.said.lines
}

// TestAcceptTwoWorldsInOneMoment: what Sue may not see does not even change how what she sees is packed. A server that
// rests after it looked in vain would send one page for two, and so tell of each commit of the company (DESIGN I9).
func TestAcceptTwoWorldsInOneMoment(t *testing.T) {
	played := func(before time.Duration) (lines []string) {
		synctest.Test(t, func(t *testing.T) { lines = newInstant(t).play(before) })
		return lines
	}
	empty := played(0)
	for _, before := range []time.Duration{10, 40, 69} {
		t.Run(fmt.Sprint(before, " ms before"), func(t *testing.T) { differ(t, empty, played(before*time.Millisecond)) })
	}
}
