package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/lab/tunnel"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/sync/model"
)

// device is an installation of the app for one person: a phone behind its tunnel, or a desk on a cable.
type device struct {
	*Runner
	cfg      *Config
	folder   Folder
	login    string
	label    string // what its owner calls it
	platform string
	base     string         // the address it calls
	tunnel   *tunnel.Tunnel // nil: a cable
	clock    *clock
	http     *http.Client
	seal     []byte
	key      *client.SoftKey

	turn sync.Mutex // held by whoever signs in, goes on or off line, kills or closes

	swap   sync.RWMutex // guards the two fields below: held for writing while they are replaced
	client *client.Client
	local  *client.SQLite
}

// How a lab's clients wait: less long than a phone's, since somebody is looking.
const (
	firstDelay = 500 * time.Millisecond
	maxDelay   = 3 * time.Second
	pingEvery  = 3 * time.Second
	patience   = 20 * time.Second // a bad tunnel takes its time
)

// start opens the folder. It connects to nothing.
func (d *device) start() (err error) {
	d.Runner = NewRunner()
	// Connections are not kept: one that a tunnel broke meanwhile would fail the next sign-in.
	d.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if d.seal, d.key, err = d.folder.Open(); err != nil {
		return err
	}
	return d.openDatabase()
}

// openDatabase opens what the disk has, and puts a client on it.
func (d *device) openDatabase() (err error) {
	local, err := client.OpenSQLite(d.folder.Database(), d.seal)
	if err != nil {
		return fmt.Errorf("%w; is another lab running on it?", err)
	}
	c, err := d.over(local)
	if err != nil {
		return errors.Join(err, local.Close())
	}
	d.local, d.client = local, c
	return nil
}

func (d *device) over(local *client.SQLite) (*client.Client, error) {
	r, err := replica.Open(local, replica.Config{Table: builtin(), Random: rand.Reader})
	if err != nil {
		return nil, err
	}
	_, host, err := client.SocketURL(d.base, model.TenantID{})
	if err != nil {
		return nil, err
	}
	return client.New(client.Config{
		Replica: r, Dial: d.dial, Signer: d.key, Host: host, Clock: d.clock.moment, Log: d.cfg.Log, App: d.cfg.App,
		FirstDelay: firstDelay, MaxDelay: maxDelay, PingEvery: d.cfg.Ping, Patience: patience,
	})
}

func (d *device) dial(ctx context.Context) (protocol.Conn, error) {
	address, _, err := client.SocketURL(d.base, d.now().Who().Tenant)
	if err != nil {
		return nil, err
	}
	return wsconn.Dial(ctx, address, http.Header{}, wsconn.Config{})
}

// now is the client there is at the moment.
func (d *device) now() *client.Client {
	d.swap.RLock()
	defer d.swap.RUnlock()
	return d.client
}

// use calls f with the client, which stays until f returns.
func (d *device) use(f func(c *client.Client) error) error {
	d.swap.RLock()
	defer d.swap.RUnlock()
	return f(d.client)
}

// save keeps what the person did.
func (d *device) save(drafts ...client.Draft) error {
	err := d.use(func(c *client.Client) error {
		_, err := c.Save(drafts...)
		return err
	})
	if errors.Is(err, replica.ErrNothing) {
		return errors.New("nothing has been downloaded yet; once that is done everything works without a connection")
	}
	return err
}

// signIn takes the person's slot and goes online. The error is *client.ActiveError when another device is live and
// takeOver is not its epoch.
func (d *device) signIn(ctx context.Context, takeOver string) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	public, err := d.key.Public()
	if err != nil {
		return err
	}
	who, err := client.SignIn(ctx, d.http, d.base, client.Credentials{
		Tenant: d.cfg.Tenant, Login: d.login, Password: d.cfg.Password, Device: d.now().Who().Device, PublicKey: public,
		Label: d.label, Platform: d.platform, App: d.cfg.App, TakeOver: takeOver,
	})
	if err != nil {
		return err
	}
	d.Stop()
	if err := d.now().SignedIn(who); errors.Is(err, replica.ErrOtherUser) {
		return errors.New("this device holds the work of an earlier lab, whose gateway is not there any more; --fresh starts over")
	} else if err != nil {
		return err
	}
	d.online()
	return nil
}

// wake starts the client, unless it runs.
func (d *device) wake() {
	d.turn.Lock()
	defer d.turn.Unlock()
	d.online()
}

func (d *device) online() { d.Start(d.now().Run) }

// ended is what the last Run returned; nil while one goes on.
func (d *device) ended() error {
	err, _ := d.Ended()
	return err
}

// weather changes what is between a phone and the gateway. When there is a network again the phone's system says so to
// the app.
func (d *device) weather(w tunnel.Weather) error {
	if err := d.tunnel.Set(w); err != nil {
		return err
	}
	if w.Mode != tunnel.Airplane {
		d.now().Wake()
	}
	d.Ring()
	return nil
}

// kill ends the app as its system would, in the middle of whatever it does: its sockets are closed before the client can
// say goodbye, nothing is written any more. Then it is opened again on what the disk has.
func (d *device) kill() error {
	d.turn.Lock()
	defer d.turn.Unlock()
	d.tunnel.Cut()
	d.Stop()
	if err := d.reopen(); err != nil {
		return err
	}
	if err := d.tunnel.Set(d.tunnel.Weather()); err != nil {
		return err
	}
	if !d.now().Who().User.IsZero() {
		d.online()
	}
	d.Ring()
	return nil
}

func (d *device) reopen() error {
	d.swap.Lock()
	defer d.swap.Unlock()
	if err := d.folder.crash(d.local); err != nil {
		return err
	}
	return d.openDatabase()
}

// close ends everything; the folder is good for the next time.
func (d *device) close() error {
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.tunnel != nil {
		d.tunnel.Cut() // nobody waits for a farewell through a bad tunnel
	}
	d.Stop()
	d.swap.Lock()
	defer d.swap.Unlock()
	return d.local.Close()
}

// follow passes on the word of the client, until ctx ends.
func (d *device) follow(ctx context.Context) {
	d.Follow(ctx, func() <-chan struct{} { return d.now().Changed() })
}

// until waits for something of the client to be so.
func (d *device) until(ctx context.Context, so func(c *client.Client) (bool, error)) error {
	return d.Until(ctx, func() (ok bool, err error) {
		err = d.use(func(c *client.Client) error {
			ok, err = so(c)
			return err
		})
		return ok, err
	})
}

// downloaded says whether a first download is complete: the person's own record is among the first that come.
func downloaded(c *client.Client) (bool, error) {
	_, ok, err := c.Show(model.RecordID(c.Who().User))
	return ok && !c.Status().Downloading, err
}

// builtin is the table of collections and fields.
var builtin = sync.OnceValue(func() *model.Table {
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		panic(err) // the table is ours, and a test of sync/model proves it
	}
	return table
})
