package fleet

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/client/replica"
)

// Company is the devices of one company.
type Company struct {
	Name   string
	Desk   *Device // of somebody who may make customers and jobs
	Phones []*Device
}

// Companies is who writes, hears, reads, crowds, holds what can be taken back, and moves between devices. They may be one and the same.
type Companies struct{ Work, Circle, Readers, Crowd, Holders, Seats Company }

// Device is a signed-in device. What it learns on a connection stays for the next.
type Device struct {
	replica.Identity
	Key *ecdsa.PrivateKey

	// Tickets each sign the device's user in once, in place of a password.
	Tickets [][32]byte

	used   bool   // it was connected before
	token  uint64 // connection token of the last welcome
	next   uint64 // number of the next change; 0: none yet
	cursor []byte
	base   []byte // base token of the last checkpoint
}

// Target is a gateway as something to be measured.
type Target struct {
	// Args are what this program is started with to be a gateway on a data directory, which is put behind them.
	Args []string
	// Server is the address of a gateway that runs already, as http://host:port; empty: one is started with Args.
	Server string
	// Enlist signs devices in: in a data directory that no server has open yet or, where Server is set and dir is nobody's,
	// at that server. Required.
	Enlist func(ctx context.Context, dir string, need bench.Need) (Companies, error)
	// Metrics reads what the server of a data directory counts, in Prometheus's text. Nil: nobody knows.
	Metrics func(ctx context.Context, dir string) ([]byte, error)
	// SetLevels sets levels of the phone of somebody of a company, at the server of a data directory. Nil: nobody may.
	SetLevels func(ctx context.Context, dir, company, login string, levels map[string]string) error

	// EndSession ends the session of somebody of a company at once, at the server of a data directory, as the office does.
	// Nil: nobody may.
	EndSession func(ctx context.Context, dir, company, login string) error

	dir       string
	companies Companies
}

// Name implements [bench.Target].
func (t *Target) Name() string { return "gateway" }

// Prepare implements [bench.Target].
func (t *Target) Prepare(ctx context.Context, dir string, need bench.Need) (args []string, err error) {
	t.dir = dir
	if t.companies, err = t.Enlist(ctx, dir, need); err != nil || t.Server != "" {
		return nil, err
	}
	return append(append([]string(nil), t.Args...), dir), nil
}

// Open implements [bench.Target].
func (t *Target) Open(ctx context.Context, address string) (bench.Driver, error) {
	server := t.Server
	if server == "" {
		server = "http://" + address
	}
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("the gateway's address %q is not like http://host:port", server)
	}
	ctx, end := context.WithCancel(ctx)
	return &driver{
		ctx: ctx, end: end, metrics: t.metrics(), setLevels: t.levels(), endSession: t.ending(), server: strings.TrimRight(server, "/"), companies: t.companies, ours: t.Server == "",
		writers: map[*Device]*writer{}, customers: map[bench.Key]bool{}, acked: map[bench.Key]noted{},
	}, nil
}

// metrics reads what the server that was prepared last counts; nil: nobody knows.
func (t *Target) metrics() func(context.Context) ([]byte, error) {
	dir := t.dir
	if t.Metrics == nil || t.Server != "" {
		return nil
	}
	return func(ctx context.Context) ([]byte, error) { return t.Metrics(ctx, dir) }
}

// levels sets levels at the server that was prepared last; nil: nobody may.
func (t *Target) levels() func(ctx context.Context, company, login string, levels map[string]string) error {
	dir := t.dir
	if t.SetLevels == nil || t.Server != "" {
		return nil
	}
	return func(ctx context.Context, company, login string, levels map[string]string) error {
		return t.SetLevels(ctx, dir, company, login, levels)
	}
}

// ending ends sessions at the server that was prepared last; nil: nobody may.
func (t *Target) ending() func(ctx context.Context, company, login string) error {
	dir := t.dir
	if t.EndSession == nil || t.Server != "" {
		return nil
	}
	return func(ctx context.Context, company, login string) error { return t.EndSession(ctx, dir, company, login) }
}

// driver drives one gateway.
type driver struct {
	ctx        context.Context // ends with Close: the life of every connection
	end        context.CancelFunc
	server     string
	metrics    func(context.Context) ([]byte, error)
	setLevels  func(ctx context.Context, company, login string, levels map[string]string) error
	endSession func(ctx context.Context, company, login string) error
	companies  Companies
	ours       bool // nobody else writes there: what is there and not in the books is wrong
	writers    map[*Device]*writer
	seats      []*seat   // nil: not made yet
	desks      []*Device // of the companies in which notes were written

	mu        sync.Mutex // guards the fields below
	customers map[bench.Key]bool
	acked     map[bench.Key]noted
}

// noted is what a note must say besides what its id tells.
type noted struct {
	job    bench.Key
	author bench.Key
}

// errDevices says that a scenario has more devices than were signed in.
var errDevices = errors.New("there are not enough devices")

// phones is the first n phones of a company.
func (c *Company) phones(n int) ([]*Device, error) {
	if n > len(c.Phones) || c.Desk == nil {
		return nil, fmt.Errorf("%w: %d phones and a desk are needed, there are %d", errDevices, n, len(c.Phones))
	}
	return c.Phones[:n], nil
}

// Close implements [bench.Driver].
func (d *driver) Close() error {
	d.end()
	return nil
}

// local says whether the server is on this machine.
func local(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Remark says what a reader of the report should know of a gateway that was not started here; empty: nothing.
func (t *Target) Remark() string {
	switch {
	case t.Server == "":
		return ""
	case local(t.Server):
		return "the gateway was not started by this run: its memory and processor time are not measured"
	default:
		return "the gateway is on another machine than the floor: the ratios compare machines and networks too"
	}
}
