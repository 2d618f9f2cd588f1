package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fieldsync/fieldsync/office"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

// stories are the flags of story run.
type stories struct {
	server, tenant, keyFile string
	patience                time.Duration
	brief                   bool
}

// storyPatience is how long a story waits for one thing to become so, unless it is told otherwise. Nothing that is right takes
// more than a moment; the rest is for machines that are busy with other things.
const storyPatience = 30 * time.Second

func storyRun(f *flag.FlagSet) action {
	var r stories
	f.StringVar(&r.server, "server", "", "`address` of a gateway elsewhere, as https://sync.example; then it is played in the company of --tenant, which must be empty, by the key of its administrator, from "+keyVariable+" or --key-file")
	f.StringVar(&r.tenant, "tenant", "", "`name` of the company there")
	f.StringVar(&r.keyFile, "key-file", "", "`file` with a key of the API, of an administrator")
	f.DurationVar(&r.patience, "patience", storyPatience, "how long what is expected may take to become so")
	f.BoolVar(&r.brief, "brief", false, "show only the titles, and what is not as it must be")
	return func(ctx context.Context, c *call) error {
		if len(c.args) == 0 {
			return usagef("which story? Name files, as docs/stories/*.story")
		}
		if r.patience <= 0 {
			return usagef("--patience %s: want more than nothing", r.patience)
		}
		return r.run(ctx, c)
	}
}

func storyCheck(*flag.FlagSet) action {
	return func(_ context.Context, c *call) error {
		if len(c.args) == 0 {
			return usagef("which story? Name files, as docs/stories/*.story")
		}
		all, err := readStories(c.args)
		for _, s := range all {
			fmt.Fprintf(c.out, "%s: %s, %s\n", s.File, s.Title, counted(len(s.Steps), "sentence"))
		}
		return err
	}
}

func storyForms(*flag.FlagSet) action {
	return func(_ context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		tellForms(c.out)
		return nil
	}
}

// tellForms lists every sentence, with what stands in its slots.
func tellForms(w io.Writer) {
	heading := map[bool]string{false: "Under Given and When, what happens:", true: "Under Then, what must be so:"}
	for _, expects := range []bool{false, true} {
		fmt.Fprintf(w, "%s\n\n", heading[expects])
		for _, f := range script.Forms() {
			if f.Expects == expects {
				fmt.Fprintf(w, "  %s\n      %s\n", f.Pattern, f.Help)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "[…] may be left out, (one|another) is one of them, and words in capitals are:\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range script.Slots {
		fmt.Fprintf(t, "  %s\t%s\n", s.Slot, s.Help)
	}
	_ = t.Flush() // to a terminal or nowhere
}

// readStories reads files. What is wrong with any of them is told for all of them at once, as a usage error.
func readStories(files []string) (all []*script.Story, err error) {
	var faults []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		s, err := script.Parse(file, text)
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		all = append(all, s)
	}
	if faults != nil {
		return all, usagef("%s", strings.Join(faults, "\n"))
	}
	return all, nil
}

// run reads all stories before it plays the first one.
func (r *stories) run(ctx context.Context, c *call) error {
	all, err := readStories(c.args)
	if err != nil {
		return err
	}
	if r.server != "" && len(all) > 1 {
		return usagef("a company elsewhere is for one story alone; name one file")
	}
	began, t := time.Now(), tally{stories: len(all)}
	for _, s := range all {
		held, err := r.play(ctx, c, s)
		t.held += held
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if wrong, ok := errors.AsType[*storyError](err); ok {
			t.failed++
			if r.brief {
				fmt.Fprintf(c.out, "✗ %s: %s\n  %s\n", filepath.Base(s.File), s.Title, wrong)
			}
			continue
		}
		if err != nil {
			return err
		}
		if r.brief {
			fmt.Fprintf(c.out, "✓ %s: %s\n", filepath.Base(s.File), s.Title)
		} else {
			fmt.Fprintf(c.out, "  %s, all held\n\n", counted(held, "expectation"))
		}
	}
	t.took = time.Since(began)
	t.tell(c.out)
	if t.failed > 0 {
		return fmt.Errorf("%w: %s not go as written", errChecks, map[bool]string{true: "a story did", false: "some stories did"}[t.failed == 1])
	}
	return nil
}

// play plays one story in a company of its own: on a gateway of its own, unless there is one elsewhere.
func (r *stories) play(ctx context.Context, c *call, s *script.Story) (held int, err error) {
	dir, err := os.MkdirTemp("", "fs") // short: a socket's path has its limit
	if err != nil {
		return 0, fmt.Errorf("make a folder for the story: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder left in the system's own place for them does no harm
	set := storySettings{server: r.server, tenant: r.tenant, dir: dir, out: c.out}
	if r.brief {
		set.out = io.Discard
	}
	if r.server != "" {
		if isTimed(s) {
			return 0, usagef("%s says what time it is, and a gateway elsewhere keeps its own; play it without --server", s.File)
		}
		chief, err := r.elsewhere(ctx, c)
		if err != nil {
			return 0, err
		}
		return playTale(ctx, s, set, chief, r.patience)
	}
	if set.clock, err = townClockOf(s); err != nil {
		return 0, usagef("%s: %v", s.File, err)
	}
	d, chief, err := ownGateway(ctx, c, dir, administrator(s), set.clock.now)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	set.server, set.tenant = d.address, storyTenant
	return playTale(ctx, s, set, chief, r.patience)
}

// administrator is who the company's administrator is: the first that the story names, or nobody of it.
func administrator(s *script.Story) string {
	for _, m := range s.Steps[0].Arg(script.People, 0).People {
		if m.Role == "administrator" {
			return m.Name
		}
	}
	return "The office"
}

// storyTenant is the company of a story on a gateway of its own.
const storyTenant = "story"

// ownGateway starts a gateway in a folder, with an empty company, and returns it with the API as the company's
// administrator, and goes by the clock. The caller closes it.
func ownGateway(ctx context.Context, c *call, dir, chiefName string, clock func() time.Time) (d *demoServer, chief *office.Client, err error) {
	quiet := *c
	quiet.err = io.Discard
	own := (&labRun{}).gateway(&quiet, dir, nil)
	own.err = io.Discard
	log, err := newLog(own.err, &own.set)
	if err != nil {
		return nil, nil, err
	}
	d = new(demoServer)
	if err := os.MkdirAll(own.set.data, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make a folder for the gateway: %w", err)
	}
	if err := d.furnish(own, log, clock); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if err := d.start(); err != nil {
		return nil, nil, err
	}
	d.open, d.address = true, own.address(d.server)
	if err := d.operator.do(ctx, http.MethodPost, "/tenants", web.Tenant{Name: storyTenant}, nil); err != nil {
		return nil, nil, err
	}
	boss := web.NewUser{Login: "office@" + storyTenant + ".example", Name: chiefName, Kind: model.Desktop.String(), Role: "admin"}
	if err := d.operator.do(ctx, http.MethodPost, path("tenants", storyTenant, "users"), boss, nil); err != nil {
		return nil, nil, err
	}
	var key api.MadeKey
	ask := api.NewKey{Name: "story", Scopes: model.AllScopes()}
	if err := d.operator.do(ctx, http.MethodPost, officePath(storyTenant, boss.Login, "keys"), ask, &key); err != nil {
		return nil, nil, err
	}
	chief, err = office.New(office.Config{Base: d.address, Key: key.Text})
	return d, chief, err
}

// elsewhere is the API of a gateway elsewhere, in a company that nobody else uses.
func (r *stories) elsewhere(ctx context.Context, c *call) (*office.Client, error) {
	if r.tenant == "" {
		return nil, usagef("in which company? Name it with --tenant, as phones sign in by it")
	}
	o, err := (&road{server: r.server, keyFile: r.keyFile}).afar(c)
	if err != nil {
		return nil, err
	}
	users, err := o.Users(ctx)
	if err != nil {
		return nil, apiError(err)
	}
	for _, collection := range []string{"jobs", "customers"} {
		for _, err := range o.List(ctx, collection, nil) {
			if err != nil {
				return nil, apiError(err)
			}
			return nil, usagef("the company %s has %s already; a story is played in one that is empty, and for the story alone", r.tenant, collection)
		}
	}
	if len(users) != 1 {
		return nil, usagef("%d people are at %s; a story is played in a company with nobody but its administrator, and for the story alone", len(users), r.tenant)
	}
	return o.Client, nil
}
