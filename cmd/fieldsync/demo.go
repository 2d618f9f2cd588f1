package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"github.com/fieldsync/fieldsync/web"
)

func demoCommand(f *flag.FlagSet) action {
	var d demo
	f.BoolVar(&d.noStory, "no-story", false, "only serve")
	f.BoolVar(&d.once, "once", false, "end after the story; the exit code tells whether it went as it must")
	return func(ctx context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		return d.run(ctx, c)
	}
}

// demo is a company, a gateway, and a story played on it.
type demo struct {
	noStory, once bool
}

// storyTime bounds the story: it takes a few seconds where everything works.
const storyTime = 55 * time.Second

// run opens the store, finds or makes the company, serves, and plays the story over real sockets.
func (d *demo) run(ctx context.Context, c *call) (err error) {
	if c.from["log-level"] == fromDefault {
		c.set.logLevel = "warn" // the story is what is to be read
	}
	log, err := newLog(c.err, &c.set)
	if err != nil {
		return err
	}
	store, err := openStore(&c.set, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s := &server{set: &c.set, log: log, failed: make(chan error, 3)}
	if s.house, err = newHouse(watched{store, s.doubt}, &c.set, log); err != nil {
		return err
	}
	inner := &client{base: "http://fieldsync", http: &http.Client{Transport: inside{s.house.admin}}}
	m, err := openCompany(ctx, inner, c.set.data)
	if err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return fmt.Errorf("%w; does another one run? Name another address with --listen, or 127.0.0.1:0 for any", err)
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	address := c.address(s)
	d.banner(c.out, c, m, address)
	if !d.noStory {
		if err := d.tell(ctx, c, inner, m, address); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			return fmt.Errorf("THE STORY FAILED, this build is broken: %w", err)
		}
	}
	if d.once {
		return nil
	}
	fmt.Fprintf(c.out, "\nServing on %s until you press Ctrl-C.\n", address)
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

// address is where devices reach the server.
func (c *call) address(s *server) string {
	scheme := "http"
	if c.set.tlsCert != "" {
		scheme = "https"
	}
	return scheme + "://" + s.public.Addr().String()
}

// tell plays the story in a folder of its own.
func (d *demo) tell(ctx context.Context, c *call, operator *client, m *company, address string) error {
	dir, err := os.MkdirTemp("", "fieldsync-story-")
	if err != nil {
		return fmt.Errorf("make a folder for the story's phones: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder left in the system's own place for them does no harm
	ctx, cancel := context.WithTimeout(ctx, storyTime)
	defer cancel()
	return playStory(ctx, storySettings{
		server: address, tenant: demoTenant, password: m.password, dir: dir, out: c.out,
		levels: func(login, permission, level string) error {
			change := web.LevelsChange{Set: "mobile", Levels: map[string]string{permission: level}}
			return operator.do(ctx, http.MethodPut, path("tenants", demoTenant, "users", login, "levels"), change, &web.User{})
		},
	})
}

// banner says what there is and how to come in.
func (d *demo) banner(w io.Writer, c *call, m *company, address string) {
	fmt.Fprintf(w, "fieldsync %s, demonstration\n\n", version())
	fmt.Fprintf(w, "  address   %s   (change it with --listen)\n", address)
	fmt.Fprintf(w, "  data      %s   (delete it to start over)\n", c.set.data)
	fmt.Fprintf(w, "  company   %s, %s\n\n", demoTenant, m.summary())
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, u := range m.users {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", u.Login, u.Name, u.Kind)
	}
	_ = t.Flush() // to the terminal
	server := ""
	if address != "http://127.0.0.1:8080" {
		server = " --server " + address
	}
	fmt.Fprintf(w, "\n  Everybody's password is %s. In other terminals:\n\n", m.password)
	fmt.Fprintf(w, "    fieldsync office --as amy@fieldsync.example%s\n", server)
	fmt.Fprintf(w, "    fieldsync phone --as ben@fieldsync.example%s\n", server)
	fmt.Fprintf(w, "\n  Not for production: demonstration people and no TLS.\n")
}
