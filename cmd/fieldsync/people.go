package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/fieldsync/fieldsync/web"
)

// asking are the flags of the commands that ask the server.
type asking struct {
	tenant string
	json   bool
}

func (a *asking) define(f *flag.FlagSet) {
	f.StringVar(&a.tenant, "tenant", "", "`name` of the company; not needed when there is one")
	f.BoolVar(&a.json, "json", false, "answer in JSON")
}

// with dials, finds the company and runs f.
func (c *call) with(ctx context.Context, a *asking, f func(cl *client, tenant string) error) (err error) {
	cl, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	tenant, err := cl.tenantOf(ctx, a.tenant)
	if err != nil {
		return err
	}
	return f(cl, tenant)
}

// print shows an answer as JSON, or as the table that f writes.
func (c *call) print(asJSON bool, answer any, f func(w io.Writer)) error {
	if asJSON {
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		return e.Encode(answer)
	}
	t := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', 0)
	f(t)
	return t.Flush()
}

func tenantsAdd(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) (err error) {
		if err := c.want(1, 1, "NAME"); err != nil {
			return err
		}
		cl, err := c.dial(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		var t web.Tenant
		if err := cl.do(ctx, http.MethodPost, "/tenants", web.Tenant{Name: c.args[0]}, &t); err != nil {
			return err
		}
		return c.print(a.json, t, func(w io.Writer) { fmt.Fprintf(w, "%s\t%s\n", t.Name, t.ID) })
	}
}

func tenantsList(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) (err error) {
		cl, err := c.dial(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cl.close()) }()
		var all []web.Tenant
		if err := cl.do(ctx, http.MethodGet, "/tenants", nil, &all); err != nil {
			return err
		}
		return c.print(a.json, all, func(w io.Writer) {
			for _, t := range all {
				fmt.Fprintf(w, "%s\t%s\n", t.Name, t.ID)
			}
		})
	}
}

func usersAdd(f *flag.FlagSet) action {
	var a asking
	var p secret
	var u web.NewUser
	a.define(f)
	p.define(f)
	f.StringVar(&u.Name, "name", "", "the person's `name`; empty: the login")
	f.StringVar(&u.Kind, "kind", "mobile", "desktop, mobile, portal or subcontractor")
	f.StringVar(&u.Role, "role", "", "of a desktop user: admin, planner, manager or support")
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "LOGIN"); err != nil {
			return err
		}
		u.Login = c.args[0]
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			made, err := p.read(c)
			if err != nil {
				return err
			}
			u.Password = p.password
			var user web.User
			if err := cl.do(ctx, http.MethodPost, path("tenants", tenant, "users"), u, &user); err != nil {
				return err
			}
			if err := c.print(a.json, user, func(w io.Writer) { showUsers(w, []web.User{user}) }); err != nil {
				return err
			}
			p.show(c, made)
			return nil
		})
	}
}

func usersList(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var all []web.User
			if err := cl.do(ctx, http.MethodGet, path("tenants", tenant, "users"), nil, &all); err != nil {
				return err
			}
			return c.print(a.json, all, func(w io.Writer) { showUsers(w, all) })
		})
	}
}

func showUsers(w io.Writer, users []web.User) {
	for _, u := range users {
		state := u.Kind
		if !u.Active {
			state += ", inactive"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", u.Login, u.Name, state, levelsText(u.Levels))
	}
}

func usersPassword(f *flag.FlagSet) action {
	var a asking
	var p secret
	a.define(f)
	p.define(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "LOGIN"); err != nil {
			return err
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			made, err := p.read(c)
			if err != nil {
				return err
			}
			body := web.Password{Password: p.password}
			if err := cl.do(ctx, http.MethodPut, path("tenants", tenant, "users", c.args[0], "password"), body, &struct{}{}); err != nil {
				return err
			}
			p.show(c, made)
			return nil
		})
	}
}

// secret is a password that is never on the command line.
type secret struct {
	stdin, prompt bool
	password      string
}

func (s *secret) define(f *flag.FlagSet) {
	f.BoolVar(&s.stdin, "password-stdin", false, "read the password from standard input, one line")
	f.BoolVar(&s.prompt, "ask", false, "ask for the password; without either flag one is generated and shown once")
}

// read takes the password from where the flags say; made is true when it was generated.
func (s *secret) read(c *call) (made bool, err error) {
	switch {
	case s.stdin:
		line, err := bufio.NewReader(io.LimitReader(c.in, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("read the password: %w", err)
		}
		s.password = strings.TrimRight(line, "\r\n")
	case s.prompt:
		terminal, ok := c.in.(*os.File)
		if !ok || !term.IsTerminal(int(terminal.Fd())) {
			return false, usagef("there is no terminal to ask at; use --password-stdin")
		}
		fmt.Fprint(c.err, "Password: ")
		text, err := term.ReadPassword(int(terminal.Fd()))
		fmt.Fprintln(c.err)
		if err != nil {
			return false, fmt.Errorf("read the password: %w", err)
		}
		s.password = string(text)
	default:
		var raw [10]byte // 80 bits, 16 letters
		rand.Read(raw[:])
		s.password = strings.ToLower(base32.StdEncoding.EncodeToString(raw[:]))
		return true, nil
	}
	return false, nil
}

// show tells a generated password, once, on standard error: what is piped on is not a place for it.
func (s *secret) show(c *call, made bool) {
	if made {
		fmt.Fprintf(c.err, "password (shown once): %s\n", s.password)
	}
}
