package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/lab"
	"github.com/fieldsync/fieldsync/lab/tunnel"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// labRun is the phone lab: a gateway with the demonstration's company in this process, and package lab over it.
type labRun struct {
	fresh  bool
	phones list
	desk   string
	loss   float64
	delay  time.Duration
	seed   uint64

	watch func(screen string) // hears every screen; tests set it
}

// Defaults of the lab.
const (
	labData      = "./lab-data"
	labDrainWait = 5 * time.Second // somebody is looking
	labDelay     = 3 * time.Second // there and back: a railway's tunnel
)

func labCommand(f *flag.FlagSet) action {
	l := labRun{phones: list{"ben@fieldsync.example", "dan@fieldsync.example"}}
	f.BoolVar(&l.fresh, "fresh", false, "start over: remove the company and the phones of earlier times")
	f.Var(&l.phones, "phones", "`logins` of the two people with phones, with a comma between; sue@fieldsync.example is a subcontractor who sees no customers")
	f.StringVar(&l.desk, "desk", deskLogin, "`login` of who sits in the office")
	f.Float64Var(&l.loss, "loss", tunnel.Train.Loss, "the `part` of the packets that the bad tunnel loses, 0 to 0.9")
	f.DurationVar(&l.delay, "delay", labDelay, "how long the bad tunnel takes, there and back")
	f.Uint64Var(&l.seed, "seed", 1, "of what the bad tunnel loses")
	return func(ctx context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		if !onTerminal(c.stdio) {
			return usagef("the lab is drawn on a terminal, and this is none; in a script run fieldsync demo, and with it fieldsync phone and fieldsync office, which read commands from standard input")
		}
		return l.run(ctx, c, lab.Terminal{In: c.in, Out: c.out})
	}
}

// onTerminal says whether somebody types and looks.
func onTerminal(std stdio) bool {
	for _, end := range []any{std.in, std.out} {
		file, ok := end.(*os.File)
		if !ok || !term.IsTerminal(int(file.Fd())) {
			return false
		}
	}
	return true
}

// weather is the bad tunnel that the flags ask for: an eighth of the way takes now longer, now less long.
func (l *labRun) weather() (tunnel.Weather, error) {
	w := tunnel.Train
	w.Loss, w.Jitter = l.loss, l.delay/8
	w.Latency = (l.delay - w.Jitter) / 2
	if err := w.Check(); err != nil {
		return w, usagef("the bad tunnel: %v", err)
	}
	return w, nil
}

// run starts the gateway, and shows the lab until the user quits.
func (l *labRun) run(ctx context.Context, c *call, t lab.Terminal) (err error) {
	bad, err := l.weather()
	if err != nil {
		return err
	}
	if len(l.phones) != 2 {
		return usagef("--phones %s: want two logins with a comma between", l.phones.String())
	}
	dir := labData
	if c.from["data"] == fromFlag {
		dir = c.set.data
	}
	phones := filepath.Join(dir, "phones")
	if l.fresh {
		if err := os.RemoveAll(phones); err != nil {
			return fmt.Errorf("remove the phones of an earlier lab: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the lab's directory: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(dir, "gateway.log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open the lab's log: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	d, err := startDemo(ctx, l.gateway(c, dir, log), demoSettings{reset: l.fresh, progress: c.out})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	return l.show(ctx, d, lab.Config{
		Dir: phones, Server: d.address, Tenant: demoTenant, Password: d.mark.Password, Phones: [2]string{l.phones[0], l.phones[1]},
		Desk: l.desk, Board: labBoard{d}, Bad: bad, Seed: l.seed, App: appName(), Log: d.log, Watch: l.watch,
	}, t)
}

// gateway is the call that starts the gateway: in a directory of its own, on a free port of this computer, without TLS
// and with a log that is not on the screen. What a server's settings say of its address, its names and its directory is
// not for the lab.
func (l *labRun) gateway(c *call, dir string, log *os.File) *call {
	own := *c
	own.err = log
	own.set.data, own.set.listen, own.set.metricsListen = filepath.Join(dir, "gateway"), "127.0.0.1:0", ""
	own.set.tlsCert, own.set.tlsKey, own.set.hosts, own.set.proxyHeader = "", "", nil, ""
	own.set.drainWait = labDrainWait
	return &own
}

// show opens the lab and shows it. A gateway that fails ends it.
func (l *labRun) show(ctx context.Context, d *demoServer, cfg lab.Config, t lab.Terminal) (err error) {
	open, err := lab.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	over := make(chan struct{})
	defer func() { <-over }()
	quit := make(chan struct{})
	defer close(quit)
	go func() {
		defer close(over)
		select {
		case err := <-d.failed:
			d.log.Error("the gateway failed", slog.Any("error", err))
			cancel(fmt.Errorf("the gateway failed: %w", err))
		case <-quit:
		}
	}()
	if err := open.Show(ctx, t); err != nil {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// labBoard is the office's board in the gateway of this process: what the API does for the desk's session, with that
// person's rights. It implements lab.Board.
type labBoard struct{ *demoServer }

func (b labBoard) office() backOffice { return backOffice{operator: b.house.operator, hooks: b.hooks} }

func (b labBoard) caller(ctx context.Context, who device.Identity) (model.Caller, error) {
	return b.office().SessionCaller(ctx, who.Tenant, sha256.Sum256(who.Secret[:]))
}

// Sessions lists who is signed in.
func (b labBoard) Sessions(ctx context.Context, who device.Identity) ([]lab.Session, error) {
	caller, err := b.caller(ctx, who)
	if err != nil {
		return nil, err
	}
	all, err := b.office().Sessions(ctx, caller)
	if err != nil {
		return nil, err
	}
	out := make([]lab.Session, 0, len(all))
	for _, s := range all {
		out = append(out, lab.Session{
			Login: s.Login, Name: s.Name, Kind: s.Kind, Label: s.Label, Epoch: model.Epoch(s.Epoch), Seen: model.Instant(s.Seen),
			Unsent: int(s.Unsent), Skew: time.Duration(s.Skew) * time.Millisecond,
		})
	}
	return out, nil
}

// End ends a session in the name of whoever sits at the desk.
func (b labBoard) End(ctx context.Context, who device.Identity, s lab.Session) error {
	caller, err := b.caller(ctx, who)
	if err != nil {
		return err
	}
	all, err := b.office().Sessions(ctx, caller)
	if err != nil {
		return err
	}
	for _, live := range all {
		if strings.EqualFold(live.Login, s.Login) {
			_, err = b.office().EndSession(ctx, caller, live.User, web.EndSession{Epoch: web.EpochText(s.Epoch), Reason: "k was pressed in the lab"})
			return err
		}
	}
	return fmt.Errorf("%s has no live session", s.Login)
}

// Release lets a held change in.
func (b labBoard) Release(ctx context.Context, who device.Identity, change model.ChangeID) error {
	caller, err := b.caller(ctx, who)
	if err != nil {
		return err
	}
	return b.office().Rule(ctx, caller, model.Request{}, model.Ruling{Change: change})
}

// Dismiss decides against a held change.
func (b labBoard) Dismiss(ctx context.Context, who device.Identity, change model.ChangeID) error {
	caller, err := b.caller(ctx, who)
	if err != nil {
		return err
	}
	return b.office().Rule(ctx, caller, model.Request{}, model.Ruling{Change: change, Dismiss: true})
}
