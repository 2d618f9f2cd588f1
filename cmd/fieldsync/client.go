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

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/web"
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
		return nil, web.NewProblem(http.StatusNotFound, "no_data", fmt.Sprintf("there is no data directory %s", c.set.data),
			"Name it with --data, or begin with fieldsync tenants add NAME.")
	}
	log := slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	store, err := openStore(&c.set, log)
	if err != nil {
		return nil, err
	}
	h, err := newHouse(store, &c.set, log)
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

// do asks with a JSON body (nil: none) and reads the answer into out.
func (c *client) do(ctx context.Context, method, path string, body, out any) error {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(text)
	}
	answer, err := c.raw(ctx, method, path, send)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// Changes pushes one frame of changes as an office user and returns the answers.
func (c *client) changes(ctx context.Context, tenant, login string, push *protocol.Push) (*protocol.Answers, error) {
	raw, err := c.raw(ctx, http.MethodPost, path("tenants", tenant, "users", login, "changes"), bytes.NewReader(protocol.Encode(push)))
	if err != nil {
		return nil, err
	}
	message, err := protocol.Decode(raw)
	if err != nil {
		return nil, err
	}
	answers, ok := message.(*protocol.Answers)
	if !ok {
		return nil, fmt.Errorf("the server answered with a %s", message.Type())
	}
	return answers, nil
}

func (c *client) raw(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
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
	if answer.StatusCode == http.StatusOK {
		return text, nil
	}
	problem := new(web.Problem)
	if err := json.Unmarshal(text, problem); err != nil || problem.Code == "" {
		return nil, fmt.Errorf("the server answered %s", answer.Status)
	}
	return nil, problem
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
		return "", web.NewProblem(http.StatusNotFound, "no_tenant", "there is no company yet", "Begin with fieldsync tenants add NAME.")
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
