package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// client speaks the operator's API: with the running server through the socket in the data directory, or, when none
// runs, with the same handler over the store opened here.
type client struct {
	base  string
	http  *http.Client
	close func() error
}

// dial finds the server of the data directory, or opens the store. The caller must close the client.
func (c *call) dial(ctx context.Context) (*client, error) {
	socket := socketPath(c.set.data)
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	switch {
	case err == nil:
		conn.Close()
		return &client{base: "http://fieldsync", http: overSocket(socket), close: func() error { return nil }}, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return c.open()
	}
	return nil, fmt.Errorf("%w: %s: %w", errUnreachable, socket, err)
}

func overSocket(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
}

// open opens the store in this process. A directory that is not there is only made by what adds the first company.
func (c *call) open() (*client, error) {
	if _, err := os.Stat(c.set.data); errors.Is(err, fs.ErrNotExist) && c.flags.Name() != "tenants add" {
		return nil, problem.New("no_data", fmt.Sprintf("There is no %s. Name it with --data, or begin with fieldsync tenants add NAME.", c.set.data))
	}
	log := slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	store, err := openStore(&c.set, log)
	if err != nil {
		return nil, err
	}
	h, err := newHouse(store, &c.set, log, time.Now)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &client{base: "http://fieldsync", http: &http.Client{Transport: inside{h.admin}}, close: store.Close}, nil
}

// inside is a transport to a handler in this process.
type inside struct{ handler http.Handler }

// RoundTrip calls the handler.
func (t inside) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.RequestURI = r.URL.RequestURI()
	t.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// path joins and escapes the parts of a path.
func path(parts ...string) string {
	var out strings.Builder
	for _, p := range parts {
		out.WriteString("/" + url.PathEscape(p))
	}
	return out.String()
}

// do asks with a JSON body (nil: none) and reads the answer into out (nil: there is nothing to read).
func (c *client) do(ctx context.Context, method, path string, body, out any) error {
	var send io.Reader
	kind := ""
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send, kind = bytes.NewReader(text), "application/json"
	}
	answer, err := c.raw(ctx, method, path, kind, send)
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

func (c *client) raw(ctx context.Context, method, path, kind string, body io.Reader) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return text, nil
	}
	p := new(problem.Problem)
	if err := json.Unmarshal(text, p); err != nil || p.Code == "" {
		return nil, fmt.Errorf("the server answered %s", answer.Status)
	}
	return nil, p
}

// logins are the logins of a company's people.
func (c *client) logins(ctx context.Context, tenant string) (map[model.UserID]string, error) {
	var all []web.User
	if err := c.do(ctx, http.MethodGet, path("tenants", tenant, "users"), nil, &all); err != nil {
		return nil, err
	}
	out := map[model.UserID]string{}
	for _, u := range all {
		out[u.ID] = u.Login
	}
	return out, nil
}

// userID is whom a login names.
func (c *client) userID(ctx context.Context, tenant, login string) (model.UserID, error) {
	logins, err := c.logins(ctx, tenant)
	if err != nil {
		return model.UserID{}, err
	}
	for id, name := range logins {
		if strings.EqualFold(name, strings.TrimSpace(login)) {
			return id, nil
		}
	}
	return model.UserID{}, problem.New("no_user", fmt.Sprintf("Nobody signs in as %q. See fieldsync users list.", login))
}

// tenantOf is the company named by the flag, or the only one there is.
func (c *client) tenantOf(ctx context.Context, flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	var tenants []web.Tenant
	if err := c.do(ctx, http.MethodGet, "/tenants", nil, &tenants); err != nil {
		return "", err
	}
	switch len(tenants) {
	case 0:
		return "", problem.New("no_tenant", "There is none yet. Begin with fieldsync tenants add NAME.")
	case 1:
		return tenants[0].Name, nil
	}
	var names []string
	for _, t := range tenants {
		names = append(names, t.Name)
	}
	return "", usagef("which company? Name it with --tenant: %s", strings.Join(names, ", "))
}

func socketPath(data string) string { return filepath.Join(data, "admin.sock") }
