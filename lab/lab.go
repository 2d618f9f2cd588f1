package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/lab/tunnel"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Config is what a lab is made of.
type Config struct {
	Dir      string         // folder of the devices, made when it is not there; each has one of its own in it
	Server   string         // address of the gateway, "http://127.0.0.1:8080"
	Tenant   string         // name of the company
	Password string         // of all three people
	Phones   [2]string      // logins of whoever has the phones
	Desk     string         // login of whoever sits in the office
	Board    Board          // required
	Bad      tunnel.Weather // of the key for the bad tunnel; zero: tunnel.Train
	Seed     uint64         // of what the bad tunnel loses; a run with the same seed loses the same packets of each connection
	Ping     time.Duration  // how often the phones say that they are there; after two that nobody answers they know; 0: 3 s
	App      string         // version of the app, as the phones say it
	Log      *slog.Logger   // nil discards; must not write to the terminal
	Watch    func(string)   // hears every screen that is drawn, as text; nil: nobody does
}

// Session is a line of the office's board.
type Session struct {
	Login  string
	Name   string
	Kind   string
	Label  string        // of the device
	Epoch  model.Epoch   // names this session and no later one
	Seen   model.Instant // when the device was last heard
	Unsent int           // as the device last said
	Skew   time.Duration // by how much the device's clock is ahead, as it last said
}

// Board is what a desk asks of the gateway besides the feed. Each call says who asks, and must do no more than that
// person may.
type Board interface {
	// Sessions lists the live sessions, ordered by login.
	Sessions(ctx context.Context, who client.Identity) ([]Session, error)
	// End ends a session, and not another one that came meanwhile. A device that can be reached may send what it has
	// first.
	End(ctx context.Context, who client.Identity, s Session) error
	// Release lets a held change in, with its group.
	Release(ctx context.Context, who client.Identity, change model.ChangeID) error
	// Dismiss decides against a held change, with its group.
	Dismiss(ctx context.Context, who client.Identity, change model.ChangeID) error
}

// Lab is five devices: two for each phone's person, one of which sleeps, and the desk.
type Lab struct {
	cfg    Config
	phones [2]person
	desk   *device
}

// person has a phone and a spare one.
type person struct {
	login   string
	devices [2]*device
}

// Open opens the folders of the devices and a tunnel for each phone. The caller must close the lab.
func Open(ctx context.Context, cfg Config) (*Lab, error) {
	server, err := url.Parse(cfg.Server)
	switch {
	case cfg.Board == nil:
		return nil, errors.New("a lab needs a Board")
	case err != nil || server.Scheme != "http" || server.Host == "":
		return nil, fmt.Errorf("the gateway of a lab is at http://HOST:PORT, not at %q", cfg.Server)
	case strings.EqualFold(cfg.Phones[0], cfg.Phones[1]), strings.EqualFold(cfg.Phones[0], cfg.Desk), strings.EqualFold(cfg.Phones[1], cfg.Desk):
		return nil, errors.New("the two phones and the desk are of three people")
	}
	if cfg.Bad == (tunnel.Weather{}) {
		cfg.Bad = tunnel.Train
	}
	if err := cfg.Bad.Check(); err != nil {
		return nil, err
	}
	if cfg.Ping == 0 {
		cfg.Ping = pingEvery
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	l := &Lab{cfg: cfg}
	if err := l.open(ctx, server.Host); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// labels are what the phones of a person are called.
var labels = [2]string{"first phone", "spare phone"}

func (l *Lab) open(ctx context.Context, gateway string) error {
	for i, login := range l.cfg.Phones {
		l.phones[i].login = login
		for j, label := range labels {
			t, err := tunnel.Listen(ctx, gateway, l.cfg.Seed+uint64(2*i+j))
			if err != nil {
				return err
			}
			d := &device{
				cfg: &l.cfg, folder: l.folder(login, label), login: login, label: label, platform: "lab",
				base: "http://" + t.Addr().String(), tunnel: t, clock: newClock(),
			}
			if err := d.start(); err != nil {
				return errors.Join(err, t.Close())
			}
			l.phones[i].devices[j] = d
		}
	}
	d := &device{
		cfg: &l.cfg, folder: l.folder(l.cfg.Desk, "desk"), login: l.cfg.Desk, label: "desk", platform: "lab",
		base: strings.TrimSuffix(l.cfg.Server, "/"), clock: newClock(),
	}
	if err := d.start(); err != nil {
		return err
	}
	l.desk = d
	return nil
}

// folder is a device's own.
func (l *Lab) folder(login, label string) Folder {
	return Folder(filepath.Join(l.cfg.Dir, url.PathEscape(strings.ToLower(login)), url.PathEscape(label)))
}

// devices is all that are open.
func (l *Lab) devices() (all []*device) {
	for _, p := range l.phones {
		for _, d := range p.devices {
			if d != nil {
				all = append(all, d)
			}
		}
	}
	if l.desk != nil {
		all = append(all, l.desk)
	}
	return all
}

// Close ends every client and closes the folders.
func (l *Lab) Close() error {
	var errs []error
	for _, d := range l.devices() {
		errs = append(errs, d.close())
		if d.tunnel != nil {
			errs = append(errs, d.tunnel.Close())
		}
	}
	return errors.Join(errs...)
}
