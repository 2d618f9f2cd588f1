package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

func demoCommand(f *flag.FlagSet) action {
	var d demo
	f.BoolVar(&d.reset, "reset", false, "remove what an earlier demonstration made and start over")
	f.BoolVar(&d.idle, "no-work", false, "make the company as an office imports it: nobody has worked yet")
	f.BoolVar(&d.noStory, "no-story", false, "do not play the story")
	f.BoolVar(&d.story, "story", false, "play the story also where the company was made before")
	f.BoolVar(&d.once, "once", false, "play the story and end; the exit code tells whether it went as it must")
	return func(ctx context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		return d.run(ctx, c)
	}
}

// demo is a company, a gateway, and a story played on it.
type demo struct {
	reset, idle, noStory, story, once bool
}

// storyTime bounds the story: it takes a few seconds where everything works.
const storyTime = 55 * time.Second

// run opens the store, finds or makes the company, serves, and plays the story over real sockets.
func (d *demo) run(ctx context.Context, c *call) (err error) {
	if c.from["log-level"] == fromDefault {
		c.set.logLevel = "warn" // what the demonstration says is what is to be read
	}
	c.set.webhooksPrivate = true // so that a receiver on this machine can be tried
	s, err := startDemo(ctx, c, demoSettings{reset: d.reset, idle: d.idle, progress: c.out})
	if ctx.Err() != nil && err != nil {
		return ctx.Err() // somebody interrupted it; the next start begins again
	} else if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if !d.noStory && (d.once || d.story || s.fresh) {
		if err := s.tell(ctx, c.out); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			return fmt.Errorf("THE STORY FAILED, this build is broken: %w", err)
		}
	}
	if err := s.banner(ctx, c.out); err != nil || d.once {
		return err
	}
	fmt.Fprintf(c.out, "\nServing on %s until you press Ctrl-C.\n", s.address)
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

// demoSettings is how a demonstration starts.
type demoSettings struct {
	reset    bool      // start over
	idle     bool      // a company that is made has not worked yet
	progress io.Writer // hears what takes a while; nil: nobody does
}

// demoServer is a gateway with the demonstration's company.
type demoServer struct {
	*server
	store    storage.Store
	operator *client
	mark     *demoMark
	address  string // where devices and back ends reach it
	open     bool   // the doors are
	fresh    bool   // the company was made by this start
	took     time.Duration
}

// startDemo serves the demonstration's company in the call's data directory, and makes it where it is not. The caller
// must close what it returns.
func startDemo(ctx context.Context, c *call, set demoSettings) (d *demoServer, err error) {
	if set.progress == nil {
		set.progress = io.Discard
	}
	log, err := newLog(c.err, &c.set)
	if err != nil {
		return nil, err
	}
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	if err := c.makeRoom(ctx, set.reset, log); err != nil {
		return nil, err
	}
	d = new(demoServer)
	if err := d.furnish(c, log, time.Now); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.mark, err = findCompany(ctx, d.operator, c.set.data); err != nil {
		return d, err
	}
	if err := d.start(); err != nil {
		return d, err
	}
	d.open, d.address = true, c.address(d.server)
	if d.mark == nil {
		return d, d.make(ctx, c.set.data, set)
	}
	return d, nil
}

// furnish opens the store and furnishes the house; no door is open yet.
func (d *demoServer) furnish(c *call, log *slog.Logger, clock func() time.Time) (err error) {
	if d.store, err = openStore(&c.set, log); err != nil {
		return err
	}
	d.server = &server{set: &c.set, log: log, failed: make(chan error, 3)}
	if d.house, err = newHouse(watched{d.store, d.doubt}, &c.set, log, clock); err != nil {
		return errors.Join(err, d.store.Close())
	}
	d.operator = &client{base: "http://fieldsync", http: &http.Client{Transport: inside{d.house.admin}}}
	return nil
}

// close closes the doors and the store.
func (d *demoServer) close() error {
	var err error
	if d.open {
		err = d.stop()
	}
	return errors.Join(err, d.store.Close())
}

// deskLogin is the person of the company who may do everything there.
const deskLogin = "amy@fieldsync.example"

// make makes the company: its files are imported, and its people hand in what they did. Until the last line it is
// marked as not ready; whoever finds it so starts over.
func (d *demoServer) make(ctx context.Context, data string, set demoSettings) error {
	began := time.Now()
	d.fresh, d.mark = true, &demoMark{Made: began.Truncate(time.Second)}
	var made secret
	if _, err := made.read(nil); err != nil {
		return err
	}
	d.mark.Password = made.password
	if err := d.mark.write(data); err != nil {
		return err
	}
	fmt.Fprintf(set.progress, "Making the company of the demonstration in %s: importing its files\n", data)
	var tenant web.Tenant
	if err := d.operator.do(ctx, http.MethodPost, "/tenants", web.Tenant{Name: demoTenant}, &tenant); err != nil {
		return err
	}
	if err := d.fill(ctx, began); err != nil {
		return err
	}
	if !set.idle {
		fmt.Fprintf(set.progress, "Its people hand in a week of work\n")
		if err := d.work(ctx, began); err != nil {
			return fmt.Errorf("the people of the demonstration hand in their work: %w", err)
		}
	}
	var key api.MadeKey
	ask := api.NewKey{Name: "demonstration", Scopes: model.AllScopes()}
	if err := d.operator.do(ctx, http.MethodPost, officePath(demoTenant, deskLogin, "keys"), ask, &key); err != nil {
		return err
	}
	d.mark.Key, d.mark.Company, d.mark.Ready = key.Text, tenant.ID, true
	d.took = time.Since(began)
	return d.mark.write(data)
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
func (d *demoServer) tell(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "fieldsync-story-")
	if err != nil {
		return fmt.Errorf("make a folder for the story's phones: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder left in the system's own place for them does no harm
	ctx, cancel := context.WithTimeout(ctx, storyTime)
	defer cancel()
	return playStory(ctx, storySettings{
		server: d.address, tenant: demoTenant, password: d.mark.Password, dir: dir, out: fitting(out),
		levels: func(login, permission, level string) error {
			change := web.LevelsChange{Set: "mobile", Levels: map[string]string{permission: level}}
			return d.operator.do(ctx, http.MethodPut, path("tenants", demoTenant, "users", login, "levels"), change, &web.User{})
		},
	})
}
