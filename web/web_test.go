package web_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// gateway is the engine as session wants it.
type gateway struct {
	*engine.Engine
	store storage.Store
}

func (g gateway) Bearer(ctx context.Context, t model.TenantID, hash [32]byte) (c model.Connection, err error) {
	err = g.store.View(ctx, t, func(r storage.Reader) error {
		row, ok := r.Row(storage.TableTokens, string(hash[:]))
		if !ok {
			return model.ErrToken
		}
		s, err := storage.ParseSession(row)
		c = model.Connection{Tenant: t, User: s.User, Device: s.Device, Session: s.ID, Epoch: s.Epoch}
		return err
	})
	return c, err
}

// site is a server over memory with one company, acme, and one user, ben.
func site(t *testing.T, change func(*web.Config)) *httptest.Server {
	t.Helper()
	store := memstore.New(1 << 32)
	g := gateway{engine.New(engine.Config{Store: store, Random: rand.Reader, Decode: protocol.DecodeChange}), store}
	passwords := session.NewPasswords(0)
	phc, err := passwords.Hash(t.Context(), "correct horse")
	check(t, err)
	tenant, err := g.AddTenant(t.Context(), "acme", 1)
	check(t, err)
	_, err = g.AddAccount(t.Context(), tenant, engine.NewAccount{
		Login: "ben", Name: "Ben", Kind: model.Mobile, Levels: access.DefaultSets(model.Mobile).Encode(), Password: phc,
	}, 1)
	check(t, err)
	hub := session.NewHub()
	gate, err := session.NewGate(session.GateConfig{Accounts: g, Hub: hub, Passwords: passwords, Drain: -1})
	check(t, err)
	sessions, err := session.NewServer(session.Config{Engine: g, Hub: hub, Sight: g.Audiences, Search: g.Search})
	check(t, err)
	cfg := web.Config{Gate: gate, Sessions: sessions}
	if change != nil {
		change(&cfg)
	}
	s, err := web.New(cfg)
	check(t, err)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		check(t, hub.Shutdown(context.Background(), 0))
		server.Close()
	})
	return server
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends a request and decodes a JSON answer.
func ask(t *testing.T, method, url, body string, out any, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	check(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	check(t, err)
	defer answer.Body.Close()
	if out != nil {
		check(t, json.NewDecoder(answer.Body).Decode(out))
	}
	return answer
}

func newKey(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	public, err := protocol.PublicKey(key)
	check(t, err)
	return key, base64.StdEncoding.EncodeToString(public)
}

func signInBody(key string, more string) string {
	return `{"tenant":"acme","login":"ben","password":"correct horse","label":"Pixel","public_key":"` + key + `"` + more + `}`
}

func TestSignIn(t *testing.T) {
	s := site(t, nil)
	_, key := newKey(t)
	var in web.SignInAnswer
	answer := ask(t, "POST", s.URL+"/v1/sign-in", signInBody(key, ""), &in)
	if answer.StatusCode != http.StatusOK || len(in.Token) != 64 || in.Kind != "mobile" || in.Name != "Ben" || in.Epoch == 0 {
		t.Fatalf("sign-in = %s, %+v", answer.Status, in)
	}
	if got := answer.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q: a token must not be kept by anybody", got)
	}

	_, other := newKey(t)
	var p problem.Problem
	answer = ask(t, "POST", s.URL+"/v1/sign-in", signInBody(other, ""), &p)
	if answer.StatusCode != http.StatusConflict || p.Code != "active_elsewhere" || p.Device != "Pixel" || p.Unsent == nil || p.Epoch == nil || *p.Epoch != in.Epoch {
		t.Fatalf("the second device = %s, %+v", answer.Status, p)
	}
	if got := answer.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q", got)
	}
	epoch, _ := p.Epoch.MarshalText()
	answer = ask(t, "POST", s.URL+"/v1/sign-in", signInBody(other, `,"takeover":"`+string(epoch)+`"`), &in)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("takeover = %s", answer.Status)
	}
	tenant := `{"tenant":"` + in.Tenant.String() + `"}`
	for _, c := range []struct {
		bearer string
		want   int
	}{{"", 401}, {"Bearer 00", 401}, {"Bearer " + strings.Repeat("00", 33), 401}, {"Bearer " + in.Token, 204}} {
		if answer := ask(t, "POST", s.URL+"/v1/sign-out", tenant, nil, "Authorization", c.bearer); answer.StatusCode != c.want {
			t.Errorf("sign-out with %.12q = %s, want %d", c.bearer, answer.Status, c.want)
		}
	}
}

func TestProblems(t *testing.T) {
	s := site(t, nil)
	_, key := newKey(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"POST", "/v1/sign-in", strings.Replace(signInBody(key, ""), "correct", "wrong", 1), 401, "sign_in_failed"},
		{"POST", "/v1/sign-in", strings.Replace(signInBody(key, ""), "ben", "bob", 1), 401, "sign_in_failed"},
		{"POST", "/v1/sign-in", signInBody("AAAA", ""), 400, "bad_key"},
		{"POST", "/v1/sign-in", signInBody(key, `,"admin":true`), 400, "bad_request"},
		{"POST", "/v1/sign-in", signInBody(key, "") + "{}", 400, "bad_request"},
		{"POST", "/v1/sign-in", `{"label":"` + strings.Repeat("x", 129) + `"}`, 400, "bad_request"},
		{"POST", "/v1/sign-in", `{"password":"` + strings.Repeat("x", 20_000) + `"}`, 413, "body_too_large"},
		{"GET", "/v1/sign-in", "", 405, "method_not_allowed"},
		{"GET", "/etc/passwd", "", 404, "not_found"},
	} {
		var p problem.Problem
		if answer := ask(t, c.method, s.URL+c.path, c.body, &p); answer.StatusCode != c.status || p.Code != c.code || p.Status != c.status {
			t.Errorf("%s %s %.40s = %s, %+v; want %d %s", c.method, c.path, c.body, answer.Status, p, c.status, c.code)
		}
	}
	var p problem.Problem
	for range 10 {
		answer := ask(t, "POST", s.URL+"/v1/sign-in", strings.Replace(signInBody(key, ""), "correct", "wrong", 1), &p)
		if answer.StatusCode == http.StatusTooManyRequests {
			if answer.Header.Get("Retry-After") == "" {
				t.Error("a limit without Retry-After")
			}
			return
		}
	}
	t.Error("guessing is not limited")
}

func TestWebSocket(t *testing.T) {
	var ready error
	s := site(t, func(c *web.Config) {
		c.Origins = []string{"https://office.example"}
		c.Ready = func() error { return ready }
	})
	key, public := newKey(t)
	var in web.SignInAnswer
	ask(t, "POST", s.URL+"/v1/sign-in", signInBody(public, ""), &in)
	address := "ws" + strings.TrimPrefix(s.URL, "http") + "/v1/ws"
	for _, origin := range []string{"https://evil.example", s.URL, "null"} {
		if _, err := wsconn.Dial(t.Context(), address, http.Header{"Origin": {origin}}, wsconn.Config{}); err == nil {
			t.Errorf("a page of %s may connect", origin)
		}
	}
	conn, err := wsconn.Dial(t.Context(), address+"?tenant="+in.Tenant.String(), http.Header{"Origin": {"https://office.example"}}, wsconn.Config{})
	check(t, err)
	defer conn.Close(protocol.CodeNone, "")
	challenge := recv[*protocol.Challenge](t, conn)
	hello := &protocol.Hello{Version: 1, Tenant: in.Tenant, Device: in.Device, Next: 1}
	token, err := hex.DecodeString(in.Token)
	check(t, err)
	copy(hello.Secret[:], token)
	check(t, protocol.SignHello(key, challenge, hello, strings.TrimPrefix(s.URL, "http://")))
	check(t, conn.Send(t.Context(), protocol.Encode(hello)))
	if welcome := recv[*protocol.Welcome](t, conn); welcome.User != in.User || welcome.Store != challenge.Store {
		t.Errorf("welcome = %+v", welcome)
	}

	ready = errors.New("draining")
	if answer := ask(t, "GET", s.URL+"/readyz", "", nil); answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz while draining = %s", answer.Status)
	}
	if answer := ask(t, "GET", s.URL+"/livez", "", nil); answer.StatusCode != http.StatusOK {
		t.Errorf("livez while draining = %s", answer.Status)
	}
	if _, err := wsconn.Dial(t.Context(), address, nil, wsconn.Config{}); err == nil {
		t.Error("a connection was taken while draining")
	}
}

func TestAWrongHostIsTurnedAway(t *testing.T) {
	s := site(t, func(c *web.Config) { c.Hosts = []string{"sync.example"} })
	var p problem.Problem
	if answer := ask(t, "GET", s.URL+"/v1/ws", "", &p); answer.StatusCode != http.StatusMisdirectedRequest || p.Code != "wrong_host" {
		t.Errorf("another host = %s, %+v", answer.Status, p)
	}
}

func TestStrangersAreCounted(t *testing.T) {
	s := site(t, nil)
	address := "ws" + strings.TrimPrefix(s.URL, "http") + "/v1/ws"
	for range 100 {
		conn, err := wsconn.Dial(t.Context(), address, nil, wsconn.Config{})
		check(t, err)
		defer conn.Close(protocol.CodeNone, "")
		recv[*protocol.Challenge](t, conn)
	}
	conn, err := wsconn.Dial(t.Context(), address, nil, wsconn.Config{})
	check(t, err)
	defer conn.Close(protocol.CodeNone, "")
	if bye := recv[*protocol.Bye](t, conn); bye.Code != protocol.CodeTooMany || bye.After == 0 {
		t.Errorf("the 101st connection without a hello from one address is told %+v", bye)
	}
}

// TestStrangersAreNotAllHeard: those on top of whom the window of hellos turns away are not upgraded.
func TestStrangersAreNotAllHeard(t *testing.T) {
	if one, all := web.Strangers(); one != 200 || all != 2000 {
		t.Errorf("%d are heard from one address and %d from all, want 200 and 2000", one, all)
	}
}

func recv[M protocol.Message](t *testing.T, conn protocol.Conn) M {
	t.Helper()
	frame, err := conn.Recv(t.Context())
	check(t, err)
	m, err := protocol.Decode(frame)
	check(t, err)
	got, ok := m.(M)
	if !ok {
		t.Fatalf("got %s", protocol.Describe(frame))
	}
	return got
}
