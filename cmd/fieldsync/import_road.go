package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// keyVariable is where a key of the API is taken from, unless it is in a file. A key is never a flag's value, which every
// process of the machine may read.
const keyVariable = "FIELDSYNC_KEY"

// road are the flags of the commands that go through the office's API: by the operator's socket as a person of the office, or
// to any server with a key.
type road struct {
	asking
	as      string
	server  string
	keyFile string
}

func (r *road) define(f *flag.FlagSet) {
	r.asking.define(f)
	f.StringVar(&r.as, "as", "", "`login` of the office user whose rights it is done with; empty: an administrator")
	f.StringVar(&r.server, "server", "", "`address` of a server elsewhere, as https://sync.example; then a key is needed, from "+keyVariable+" or --key-file")
	f.StringVar(&r.keyFile, "key-file", "", "`file` with a key of the API")
}

// opened is a way to the office's API that is open.
type opened struct {
	*office.Client
	login  string  // whom it acts as; empty: whose the key is
	inner  *client // the operator's; nil for a server elsewhere
	tenant string
	close  func() error
}

// open opens the way. On the operator's, nobody of the office may be there yet: then the client is nil.
func (r *road) open(ctx context.Context, c *call) (*opened, error) {
	if r.server != "" {
		return r.afar(c)
	}
	if r.keyFile != "" {
		return nil, usagef("--key-file is for a server elsewhere; name it with --server")
	}
	cl, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	o := &opened{inner: cl, close: cl.close}
	if o.tenant, err = cl.tenantOf(ctx, r.tenant); err == nil {
		err = o.actAs(ctx, r.as)
	}
	if err != nil {
		return nil, errors.Join(err, cl.close())
	}
	return o, nil
}

// afar is the way to a server elsewhere.
func (r *road) afar(c *call) (*opened, error) {
	if r.as != "" || r.tenant != "" {
		return nil, usagef("a key acts for its own user and company; leave out --as and --tenant")
	}
	key := os.Getenv(keyVariable)
	if r.keyFile != "" {
		raw, err := os.ReadFile(r.keyFile)
		if err != nil {
			return nil, usagef("read the key: %v", err)
		}
		key = strings.TrimSpace(string(raw))
	}
	if key == "" {
		return nil, usagef("a server elsewhere wants a key: put it into %s, or into a file and name that with --key-file; fieldsync keys add makes one", keyVariable)
	}
	cl, err := office.New(office.Config{Base: r.server, Key: key})
	if err != nil {
		return nil, usagef("%v", err)
	}
	return &opened{Client: cl, close: func() error { return nil }}, nil
}

// actAs chooses whom the operator acts as.
func (o *opened) actAs(ctx context.Context, login string) error {
	var users []web.User
	if err := o.inner.do(ctx, http.MethodGet, path("tenants", o.tenant, "users"), nil, &users); err != nil {
		return err
	}
	users = slices.DeleteFunc(users, func(u web.User) bool { return !u.Active || u.Kind != model.Desktop.String() })
	slices.SortStableFunc(users, func(a, b web.User) int { return adminFirst(a) - adminFirst(b) })
	for _, u := range users {
		if login == "" || strings.EqualFold(u.Login, login) {
			return o.become(u.Login)
		}
	}
	if login != "" {
		return usagef("--as %s is no office user of %s; see fieldsync users list", login, o.tenant)
	}
	return nil
}

// adminFirst puts administrators first.
func adminFirst(u web.User) int {
	if u.Levels["web"]["admin"] == "full" {
		return 0
	}
	return 1
}

// become makes the client of a person of the office.
func (o *opened) become(login string) (err error) {
	o.login = login
	o.Client, err = o.inner.acting(o.tenant, login)
	return err
}

// acting is a client of the office's API as a person of a company; as nobody it only manages.
func (c *client) acting(tenant, login string) (*office.Client, error) {
	through := *c.http
	if within, ok := through.Transport.(inside); ok {
		through.Transport = piped(within)
	}
	return office.New(office.Config{Base: c.base + path("tenants", tenant, "as", login), HTTP: &through})
}

// piped is a transport to a handler in this process that holds no answer whole, as inside does.
type piped struct{ handler http.Handler }

// RoundTrip calls the handler in a goroutine of its own, which ends with the answer's body.
func (t piped) RoundTrip(r *http.Request) (*http.Response, error) {
	in, out := io.Pipe()
	w := &pipeWriter{header: http.Header{}, out: out, begun: make(chan struct{})}
	asked := r.Clone(r.Context())
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	asked.RequestURI = r.URL.RequestURI()
	go func() {
		err := error(nil)
		defer func() {
			if recover() != nil { // as a server does with what breaks an answer off
				err = io.ErrUnexpectedEOF
			}
			w.WriteHeader(http.StatusOK)
			_ = out.CloseWithError(err) // it has none
		}()
		t.handler.ServeHTTP(w, asked)
	}()
	select {
	case <-w.begun:
	case <-r.Context().Done():
		_ = in.CloseWithError(r.Context().Err()) // the handler's next word tells it
		return nil, r.Context().Err()
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: in, ContentLength: -1, Request: r,
	}, nil
}

// pipeWriter is the answer of a handler on its way.
type pipeWriter struct {
	header, sent http.Header
	status       int
	out          *io.PipeWriter
	begun        chan struct{} // closed when header and status are known
}

// Header is the answer's, until it is written.
func (w *pipeWriter) Header() http.Header { return w.header }

// WriteHeader begins the answer; later calls do nothing.
func (w *pipeWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
		close(w.begun)
	}
}

// Write writes to whoever reads the answer's body.
func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.out.Write(b)
}

// apiError is an error of the API's client as commands tell it, with its exit code.
func apiError(err error) error {
	var no *office.Refusal
	if errors.As(err, &no) {
		p := &problem.Problem{Type: no.Type, Code: no.Code, Status: no.Status, Title: no.Title, Detail: no.Detail, RequestID: no.RequestID}
		for _, f := range no.Errors {
			p.Errors = append(p.Errors, problem.Fault{Location: f.Location, Message: f.Message})
		}
		return p
	}
	if errors.Is(err, office.ErrUnreachable) && !errors.Is(err, errUnreachable) {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	return err
}
