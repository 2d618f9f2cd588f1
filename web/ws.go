package web

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Connections that have not said a good hello: twice as many as the window of hellos has room for, so that as many again can be told
// when to come back. Whoever comes on top of these is not even heard.
const (
	maxStrangers           = 2000
	maxStrangersPerAddress = 200
)

// upgrade opens a WebSocket and begins the conversation. The request ends with that, and its goroutine and buffers with
// it: thousands of connections say nothing most of the time.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	host, ok := s.host(r)
	if !ok {
		problem.Write(w, r, s.cfg.Log, problem.New("wrong_host", ""))
		return
	}
	address := s.address(r)
	release, ok := s.admission.enter(address)
	if !ok {
		problem.Write(w, r, s.cfg.Log, problem.New("too_many_connections", ""))
		return
	}
	begun := false
	defer func() {
		if !begun {
			release()
		}
	}()
	if err := s.cfg.Ready(); err != nil {
		problem.Write(w, r, s.cfg.Log, problem.New("not_ready", err.Error()))
		return
	}
	var tenant model.TenantID
	_ = tenant.UnmarshalText([]byte(r.URL.Query().Get("tenant"))) // the hello decides; this only names the store
	conn, err := wsconn.Accept(w, r, wsconn.Config{Origins: s.cfg.Origins, AllowNoOrigin: true})
	if err != nil {
		s.cfg.Log.Debug("not upgraded", slog.String("address", address), slog.String("error", err.Error()))
		return
	}
	// What is kept as long as the connection must not be a piece of the request's header, which would be kept with it.
	peer := session.Peer{Tenant: tenant, Host: strings.Clone(host), Address: strings.Clone(address), Admitted: release}
	begun = true
	go s.converse(s.cfg.Conn(conn), peer)
}

// converse holds a conversation. It ends by the hub's word, not with a request, and the hub waits for it when the
// process leaves: what it has begun is finished first.
func (s *Server) converse(conn protocol.Conn, peer session.Peer) {
	defer peer.Admitted()
	if err := s.cfg.Sessions.Serve(s.cfg.Lifetime, conn, peer); err != nil {
		s.cfg.Log.Warn("conversation failed", slog.String("address", peer.Address), slog.String("error", err.Error()))
	}
}

// admission counts the connections that have not said a good hello. The zero value is ready.
type admission struct {
	mu        sync.Mutex // guards the fields below
	total     int
	addresses map[string]int
}

// enter admits a connection; release may be called more than once.
func (a *admission) enter(address string) (release func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.total >= maxStrangers || a.addresses[address] >= maxStrangersPerAddress {
		return nil, false
	}
	if a.addresses == nil {
		a.addresses = map[string]int{}
	}
	a.total++
	a.addresses[address]++
	return sync.OnceFunc(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.total--
		if a.addresses[address]--; a.addresses[address] == 0 {
			delete(a.addresses, address)
		}
	}), true
}
