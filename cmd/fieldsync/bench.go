package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/bench/fleet"
	"github.com/fieldsync/fieldsync/bench/floor"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// benchFlags are what a benchmark can be told.
type benchFlags struct {
	quick, json, bars, serve bool
	scenario                 list
	span                     time.Duration
	repeat                   int
	profile                  string
	server                   string
	tenant                   string
	users                    string
}

// benchCommand measures the gateway beside the floor, or is the gateway that is measured.
func benchCommand(f *flag.FlagSet) action {
	b := new(benchFlags)
	b.define(f)
	f.BoolVar(&b.bars, "bars", false, "fail when a figure is below its bar, too")
	f.StringVar(&b.server, "server", "", "`address` of a gateway that runs already, as http://host:port; empty: one is started")
	f.StringVar(&b.tenant, "tenant", "", "with --server: `name` of a company that is there for the benchmark alone")
	f.StringVar(&b.users, "users", "", "with --server: `file` of its people, a line each: login password. One is of the office, the others have phones and the directory")
	f.BoolVar(&b.serve, "serve", false, "be the gateway that is measured, until standard input ends; a benchmark starts it so")
	return func(ctx context.Context, c *call) error {
		if b.serve {
			return serveBench(ctx, c)
		}
		return b.run(ctx, c, true)
	}
}

// benchFloor measures what the floor reaches by itself, or is one.
func benchFloor(f *flag.FlagSet) action {
	b := new(benchFlags)
	b.define(f)
	f.BoolVar(&b.serve, "serve", false, "be a floor that is measured, until standard input ends; a benchmark starts it so")
	return func(ctx context.Context, c *call) error {
		if b.serve {
			plantBench()
			return serveFloor(ctx, c.set.data, c.in, c.out)
		}
		return b.run(ctx, c, false)
	}
}

// define declares what both measure by.
func (b *benchFlags) define(f *flag.FlagSet) {
	f.BoolVar(&b.quick, "quick", false, "small and short: it shows that everything works, and no figure means anything")
	f.BoolVar(&b.json, "json", false, "answer in JSON")
	f.Var(&b.scenario, "scenario", "`names` of what to measure, comma-separated: "+strings.Join(bench.Scenarios(), ", ")+"; empty: all")
	f.DurationVar(&b.span, "for", 0, "how long each closed loop is measured; 0: 3s")
	f.IntVar(&b.repeat, "repeat", 1, "`times` that everything is measured; shown are the medians")
	f.StringVar(&b.profile, "profile", "", "`directory` for processor and memory profiles of the servers")
}

// errBenchWrong says that what was measured is not so.
var errBenchWrong = fmt.Errorf("%w: work that was acknowledged is lost or wrong, or a download is not what was put in", errChecks)

// run measures, shows, and says what is wrong.
func (b *benchFlags) run(ctx context.Context, c *call, whole bool) error {
	if err := c.want(0, 0, "[--flags]"); err != nil {
		return err
	}
	cfg, remark, err := b.config(c, whole)
	if err != nil {
		return err
	}
	report, err := bench.Run(ctx, cfg)
	if errors.Is(err, bench.ErrConfig) {
		return usagef("%v", err)
	}
	if err != nil {
		return err
	}
	report.Version = version()
	if remark != "" {
		report.Notes = append(report.Notes, remark)
	}
	if b.json {
		err = report.JSON(c.out)
	} else {
		err = report.Table(c.out)
	}
	switch {
	case err != nil:
		return err
	case len(report.Wrong()) > 0:
		return errBenchWrong
	case b.bars && len(report.Missed()) > 0:
		return fmt.Errorf("%w: below the bar: %s", errChecks, strings.Join(report.Missed(), "; "))
	}
	return nil
}

// config is what to measure, and what a reader of the report should know of it.
func (b *benchFlags) config(c *call, whole bool) (cfg bench.Config, remark string, err error) {
	self, err := os.Executable()
	if err != nil {
		return cfg, "", fmt.Errorf("find this program: %w", err)
	}
	cfg = bench.Config{
		Floor:   floor.Target{Args: []string{"bench", "floor", "--serve", "--data"}},
		Program: []string{self}, Env: benchEnv(), Scenarios: b.scenario, For: b.span, Repeat: b.repeat, Quick: b.quick,
		Profile: b.profile, Progress: c.err,
	}
	if !whole {
		return cfg, "", nil
	}
	crew := &benchCrew{server: b.server, tenant: b.tenant}
	target := &fleet.Target{
		Args: []string{"bench", "--serve", "--data"}, Server: b.server, Enlist: crew.local, Metrics: benchMetrics, SetLevels: benchLevels,
		EndSession: benchEnd,
	}
	cfg.Gateway = target
	switch {
	case b.server == "" && (b.tenant != "" || b.users != ""):
		return cfg, "", usagef("--tenant and --users are of a gateway that runs already: name it with --server")
	case b.server == "":
		return cfg, "", nil
	case b.tenant == "":
		return cfg, "", usagef("name the company with --tenant")
	}
	if crew.people, err = benchPeople(b.users); err != nil {
		return cfg, "", err
	}
	target.Enlist, cfg.Devices = crew.remote, len(crew.people)-1
	return cfg, target.Remark(), nil
}

// benchEnv is the environment of the servers that are measured: no setting of whoever measures is theirs.
func benchEnv() []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "FIELDSYNC_") && !strings.HasPrefix(entry, "FIELDSYNC_TEST_")
	})
	return append(env, envName("listen")+"=127.0.0.1:0", envName("log-level")+"=warn")
}

// benchMetrics reads what the gateway of a data directory counts.
func benchMetrics(ctx context.Context, dir string) ([]byte, error) {
	cl := &client{base: "http://fieldsync", http: overSocket(socketPath(dir))}
	return cl.raw(ctx, http.MethodGet, "/metrics", "", nil)
}

// benchLevels sets levels of somebody's phone at the gateway of a data directory, as whoever holds the machine does.
func benchLevels(ctx context.Context, dir, company, login string, levels map[string]string) error {
	cl := &client{base: "http://fieldsync", http: overSocket(socketPath(dir))}
	defer cl.http.CloseIdleConnections()
	change := web.LevelsRequest{Set: access.Mobile.String(), Levels: levels, Confirm: true}
	return cl.do(ctx, http.MethodPut, path("tenants", company, "users", login, "levels"), change, nil)
}

// benchEnd ends somebody's session at the gateway of a data directory, at once.
func benchEnd(ctx context.Context, dir, company, login string) error {
	cl := &client{base: "http://fieldsync", http: overSocket(socketPath(dir))}
	defer cl.http.CloseIdleConnections()
	end := web.EndSession{Choice: model.EndNow.String(), Reason: "benchmark"}
	return cl.do(ctx, http.MethodPost, path("tenants", company, "sessions", login, "end"), end, nil)
}

// serveBench is fieldsync serve, which also follows the orders of a benchmark and ends when that has gone.
func serveBench(ctx context.Context, c *call) error {
	log, err := newLog(c.err, &c.set)
	if err != nil {
		return err
	}
	ctx, gone := context.WithCancel(ctx)
	defer gone()
	go func() {
		defer gone()
		bench.Obey(c.in, c.out)
	}()
	plantBench()
	return serve(ctx, c, log)
}

// serveFloor serves on a free port of loopback.
func serveFloor(ctx context.Context, dir string, in io.Reader, out io.Writer) error {
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ctx, gone := context.WithCancel(ctx)
	defer gone()
	fmt.Fprintf(out, "floor listens on %s\n", on.Addr())
	go func() {
		defer gone()
		bench.Obey(in, out)
	}()
	return floor.Serve(ctx, on, dir)
}
