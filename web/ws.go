package web

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Connections that have not said a good hello. All phones of a company may stand behind one address, and they all come
// back at once after a restart; what a hello costs is one signature.
const (
	maxStrangers           = 1000
	maxStrangersPerAddress = 100
)

// upgrade opens a WebSocket and holds the conversation on the request's goroutine.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	host, ok := s.host(r)
	if !ok {
		fail(w, r, s.cfg.Log, problem(http.StatusMisdirectedRequest, "wrong_host", "this server has another name", "Connect by the name in the invitation; operators set --hosts."))
		return
	}
	address := s.address(r)
	release, ok := s.admission.enter(address)
	if !ok {
		p := problem(http.StatusServiceUnavailable, "too_many_connections", "too many connections are being opened", "Try again in a few seconds.")
		p.retry = 5
		fail(w, r, s.cfg.Log, p)
		return
	}
	defer release()
	if err := s.cfg.Ready(); err != nil {
		p := problem(http.StatusServiceUnavailable, "not_ready", "not ready", err.Error())
		p.retry = 5
		fail(w, r, s.cfg.Log, p)
		return
	}
	var tenant model.TenantID
	_ = tenant.UnmarshalText([]byte(r.URL.Query().Get("tenant"))) // the hello decides; this only names the store
	conn, err := wsconn.Accept(w, r, wsconn.Config{Origins: s.cfg.Origins, AllowNoOrigin: true})
	if err != nil {
		s.cfg.Log.Debug("not upgraded", slog.String("address", address), slog.String("error", err.Error()))
		return
	}
	peer := session.Peer{Tenant: tenant, Host: host, Address: address, Admitted: release}
	// The conversation ends by the hub's word, not with the request: what it has begun is finished first.
	if err := s.cfg.Sessions.Serve(s.cfg.Lifetime, conn, peer); err != nil {
		s.cfg.Log.Warn("conversation failed", slog.String("address", address), slog.String("error", err.Error()))
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
